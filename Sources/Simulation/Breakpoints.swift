import Language
import Machine
import Scene

/// What a run stops at. Nothing of it is looked at while there are none.
struct Breakpoints: Sendable {
    struct Entry: Sendable {
        var breakpoint: Breakpoint
        var hits = 0
        /// For a line: its statements, by number.
        var statements: Set<Int> = []
        /// For an expression.
        var condition: PreparedExpression?
        /// What was so when it was looked at last: a stop is where it becomes so, or ceases to be.
        var before: Bool?
    }

    var entries: [Entry] = []

    var isEmpty: Bool { entries.isEmpty }
}

extension Breakpoint {
    /// "kernel/interval_notifier:87".
    func words(_ machine: Machine) -> String {
        switch self {
        case .line(let file, let line): "\(file):\(line)"
        case .notifier(let id): Self.name(id, machine)
        case .sequence(let value): "invalidate_seq == \(value)"
        case .property(let name): name
        case .expression(let text): text
        }
    }

    private static func name(_ id: NotifierID, _ machine: Machine) -> String {
        guard id.number > 0, id.number < machine.program.threadBase else { return "a notifier that isn't one" }
        return machine.name(ofRecordAt: id.number)
    }
}

extension Simulation {
    // MARK: Setting

    mutating func toggle(_ breakpoint: Breakpoint) {
        if let index = breakpoints.entries.firstIndex(where: { $0.breakpoint == breakpoint }) {
            breakpoints.entries.remove(at: index)
            message = "no breakpoint at \(breakpoint.words(machine)) any more"
            return
        }
        var entry = Breakpoints.Entry(breakpoint: breakpoint)
        if let refusal = resolve(&entry) {
            message = refusal
            return
        }
        breakpoints.entries.append(entry)
        beginWatchingBreakpoints()
        message = "breakpoint at \(breakpoint.words(machine)): c runs to it"
    }

    mutating func clearBreakpoints() {
        let count = breakpoints.entries.count
        breakpoints.entries = []
        message = count == 0 ? "there are no breakpoints" : "\(count) breakpoint\(count == 1 ? " is" : "s are") gone"
    }

    /// - Returns: why it can't be one, in words.
    private func resolve(_ entry: inout Breakpoints.Entry) -> String? {
        switch entry.breakpoint {
        case .line(let file, let line):
            guard let number = program.sources.firstIndex(where: { $0.name == file }) else {
                return "there is no text '\(file)' here"
            }
            let all = program.statements.indices.filter { program.statements[$0].file == number }
            entry.statements = Set(all.filter { program.statements[$0].line == line })
            guard entry.statements.isEmpty else { return nil }
            let next = all.map { program.statements[$0].line }.filter { $0 > line }.min()
            return "no thread can stand at \(file):\(line)" + (next.map { "; the next line where one can is \($0)" } ?? "")
        case .notifier(let id):
            guard let record = schema.interval?.record, machine.liveRecords(record).contains(id.number) else {
                return "there is no such notifier now"
            }
        case .sequence:
            if schema.subscriptions == nil { return "this model has no invalidate_seq" }
        case .property(let name):
            return Self.isProperty(name, machine) ? nil : "no check has the name '\(name)'"
        case .expression(let text):
            do throws(EvaluationError) {
                entry.condition = try Evaluator(program).expression(text)
            } catch {
                return "'\(text)': \(error.description)"
            }
        }
        return nil
    }

    private static let machineProperties = [
        "no-use-after-free", "tree-stable", "lock-discipline", "refs-balanced", "pool-overflow", "assertion", "no-deadlock",
        "no-lost-wakeup", "no-stale-spte",
    ]

    private static func isProperty(_ name: String, _ machine: Machine) -> Bool {
        machineProperties.contains(name) || machine.program.checks.contains { $0.property == name }
    }

    // MARK: Stopping

    /// What is so now is no reason to stop: only what becomes so.
    mutating func beginWatchingBreakpoints() {
        for index in breakpoints.entries.indices { breakpoints.entries[index].before = isMet(breakpoints.entries[index]) }
    }

    /// Right behind a step while running.
    mutating func stopsAtBreakpoint() -> Bool {
        var reasons: [String] = []
        for index in breakpoints.entries.indices {
            let entry = breakpoints.entries[index]
            let now = isMet(entry)
            breakpoints.entries[index].before = now
            guard let reason = reason(to: entry, now) else { continue }
            breakpoints.entries[index].hits += 1
            reasons.append(reason)
        }
        guard !reasons.isEmpty else { return false }
        motion = .none
        message = reasons.joined(separator: "; ")
        return true
    }

    /// `nil` for what happens in a step rather than is so.
    private func isMet(_ entry: Breakpoints.Entry) -> Bool? {
        switch entry.breakpoint {
        case .line, .property: return nil
        case .notifier(let id): return isColliding(id.number)
        case .sequence(let value): return sequence.map { UInt64(bitPattern: $0) == value }
        case .expression: return entry.condition?.isTrue(in: machine)
        }
    }

    private func reason(to entry: Breakpoints.Entry, _ now: Bool?) -> String? {
        // In words only where it stops: this is asked at each step.
        var place: String { "breakpoint \(entry.breakpoint.words(machine))" }
        switch entry.breakpoint {
        case .line:
            guard let thread = cursor.lastThread, let statement = machine.statement(of: thread),
                entry.statements.contains(statement)
            else { return nil }
            return "\(place): \(name(of: thread)) stands there"
        case .notifier(let id):
            let isCalled = log.events.contains { event in
                machine.kindName(of: event) == "callback" && event.firstReference?.address == id.number
            }
            if isCalled { return "\(place): its callback begins" }
            guard let before = entry.before, let now, before != now else { return nil }
            return "\(place): it \(now ? "begins" : "ceases") to collide"
        case .sequence, .expression: return now == true && entry.before != true ? place : nil
        case .property(let name): return finding?.property == name ? "\(place) has failed: b steps back" : nil
        }
    }

    /// The invalidate_seq of the mm that is shown: of the first that has notifiers.
    private var sequence: Int64? {
        guard let schema = schema.subscriptions else { return nil }
        return shownSubscriptions.map { machine.slot($0 + schema.seq) }
    }

    private var shownSubscriptions: Int? {
        guard let mm = schema.mm, let offset = mm.subscriptions else { return nil }
        for address in machine.liveRecords(mm.record) {
            let reference = machine.reference(at: address + offset)
            if machine.isLive(reference) { return reference.address }
        }
        return nil
    }

    /// Whether a notifier's number is its mm's.
    private func isColliding(_ address: Int) -> Bool? {
        guard let interval = schema.interval, let subscriptions = schema.subscriptions, let mm = schema.mm?.subscriptions
        else { return nil }
        let owner = machine.reference(at: address + interval.mm)
        guard machine.isLive(owner) else { return false }
        let subs = machine.reference(at: owner.address + mm)
        guard machine.isLive(subs), machine.isInTree(address) else { return false }
        return machine.slot(address + interval.seq) == machine.slot(subs.address + subscriptions.seq)
    }

    var breakpointRows: [BreakpointRow] {
        breakpoints.entries.map {
            BreakpointRow(breakpoint: $0.breakpoint, words: $0.breakpoint.words(machine), hits: $0.hits)
        }
    }
}
