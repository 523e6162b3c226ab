import Scene

/// What a scene says, as sentences.
enum PlainWords {
    static func range(_ range: AddressRange) -> String {
        range.first == range.last ? address(range.first) : "\(address(range.first)) to \(address(range.last))"
    }

    static func address(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    /// One sentence of the log.
    static func event(_ event: EventRow, _ names: [ThreadID: String]) -> String {
        var who = event.threadLabel
        if let thread = event.thread, let name = names[thread], !who.contains(name) { who += " \(name)" }
        let time = event.clock.map { " (\($0))" } ?? ""
        return "Step \(event.step)\(time): \(who.isEmpty ? "" : who + " ")\(ended(event.text))"
    }

    /// With a full stop, if nothing ends it.
    static func ended(_ text: String) -> String {
        guard let last = text.last, !".!?:".contains(last) else { return text }
        return text + "."
    }

    static func finding(_ finding: Finding) -> String {
        ended("Finding at step \(finding.step): \(finding.property) fails: \(finding.sentence)") + " It is at \(finding.place)."
    }

    static func position(_ scene: Scene) -> String {
        let position = scene.position
        var words = "At step \(position.step) of \(position.last)\(position.isOpenEnded ? " so far" : "")"
        if let clock = position.clock { words += ", time \(clock)" }
        if let policy = position.policy { words += ", policy \(policy)" }
        if let seed = position.seed { words += ", seed \(seed)" }
        return words + "." + (position.stopped.map { " \(ended($0))" } ?? "")
    }

    static func header(_ header: Header) -> [String] {
        guard let mm = header.mm else { return ["No mm is known yet."] }
        let exclusion =
            switch header.exclusion {
            case .unknown: "whether anything is in flight is unknown"
            case .known(.idle): "even: nothing in flight"
            case .known(.partial): "even: partially excluded"
            case .known(.full): "odd: fully excluded"
            }
        return [
            "mm \(mm): seq \(header.seq), \(exclusion). \(header.active) invalidations in flight, "
                + "\(header.subscriptions) notifiers in the tree, \(header.deferredInserts) inserts and "
                + "\(header.deferredRemovals) removals deferred, \(header.asleep) asleep, \(header.plainNotifiers) plain notifiers.",
            "So far: \(header.counters.invalidations) invalidations, \(header.counters.collisions) collisions, "
                + "\(header.counters.retries) retries.",
        ]
    }

    static func thread(_ row: ThreadRow, _ source: Scene.Source) -> String {
        let status: String =
            switch row.status {
            case .ready: "ready"
            case .asleep(let reason): "asleep: \(reason)"
            case .blocked(let lock, let holder): "blocked on \(lock)" + (holder.map { ", held by \($0)" } ?? "")
            case .waiting(let condition): condition.hasPrefix("waits") ? condition : "waiting: \(condition)"
            case .finished: "finished"
            case .unseen: "nothing under way"
            }
        var words = "\(row.label) \(row.name)\(row.isCurrent ? " (took the last step)" : ""): \(status)"
        if !row.doing.isEmpty { words += "; \(source == .simulation ? "about to do " : "")\(row.doing)" }
        if !row.holds.isEmpty { words += "; holds \(row.holds.joined(separator: ", "))" }
        switch row.hold {
        case .untilReleased?: words += "; held by you"
        case .steps(let steps)?: words += "; delayed for \(steps) steps"
        case nil: break
        }
        return ended(words)
    }

    static func state(_ state: NotifierState) -> String {
        switch state {
        case .idle: "idle"
        case .colliding: "colliding"
        case .insertDeferred: "insert deferred"
        case .removalDeferred: "removal deferred"
        case .detached: "not registered"
        }
    }

    static func notifier(_ row: NotifierRow) -> String {
        var words = "\(row.name), \(range(row.range)): \(state(row.state)), seq \(row.seq)"
        if let callbacks = row.callbacks.value { words += ", \(callbacks) callbacks" }
        if row.sleepers > 0 { words += ", \(row.sleepers) asleep on it" }
        return ended(words)
    }

    static func tree(_ row: TreeRow) -> String {
        let side =
            switch row.side {
            case .root: "root"
            case .left: "left"
            case .right: "right"
            }
        let colour = row.colour.value.map { $0 == .red ? "red, " : "black, " } ?? ""
        return "Level \(row.depth), \(side): \(row.name), \(range(row.range)), \(colour)greatest end below "
            + "\(address(row.subtreeMaximum)), \(state(row.state))\(row.isVisited ? ", its callback is running" : "")."
    }

    static func deferred(_ entry: DeferredEntry) -> String {
        "Deferred \(entry.change == .insert ? "insert" : "removal"): \(entry.name), \(range(entry.range))."
    }

    static func page(_ row: PageRow, _ devices: [String]) -> String {
        var parts = ["CPU \(row.cpu.cell.words)"]
        if !row.cpu.page.isEmpty { parts[0] += " \(row.cpu.page)" }
        if !row.cpu.note.isEmpty { parts[0] += " (\(row.cpu.note))" }
        if let owner = row.cpu.owner { parts[0] += " for \(owner)" }
        for (device, entry) in zip(devices, row.devices) where entry.cell.entry != .none || entry.cell.isStale {
            var words = "\(device) \(entry.cell.entry.words)"
            if !entry.page.isEmpty { words += " \(entry.page)" }
            if entry.cell.isStale { words += ", stale\(entry.reason.isEmpty ? "" : ": \(entry.reason)")" }
            parts.append(words)
        }
        return "\(address(row.address)): \(parts.joined(separator: "; "))."
    }

    static func lock(_ row: LockRow) -> String {
        func user(_ user: LockUser) -> String { user.name + (user.manner.isEmpty ? "" : " \(user.manner)") }
        var words = "\(row.name) (\(row.kind.rawValue))"
        if !row.holders.isEmpty { words += ", held by \(row.holders.map(user).joined(separator: ", "))" }
        if !row.waiters.isEmpty { words += ", awaited by \(row.waiters.map(user).joined(separator: ", "))" }
        return words + (row.isInCycle ? ": part of a circle." : ".")
    }

    static func operation(_ info: OperationInfo) -> String {
        let parameters = info.parameters.map { parameter -> String in
            switch parameter {
            case .address(let name): " \(name)=0x…"
            case .range(let name): " \(name)=0x…..0x…"
            case .record(let name, let instances):
                instances.count < 2 ? "" : " \(name)=\(instances.joined(separator: "|"))"
            case .flag(let name): " \(name)=yes|no"
            case .number(let name): " \(name)=N"
            }
        }
        return "\(info.name)\(parameters.joined()): \(ended(info.words))" + (info.obstacle.map { " Not now: \(ended($0))" } ?? "")
    }
}
