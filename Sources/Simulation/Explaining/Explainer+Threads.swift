import Language
import Machine
import Scene

/// Why a thread waits, why it had to begin again, what it does.
extension Explainer {
    func explain(thread: Int, _ subject: Subject) -> Explanation {
        guard view.standings.indices.contains(thread) else {
            return Explanation(subject: nil, title: "There is no thread \(thread)", sentences: [])
        }
        var account = Account()
        var seeAlso: [String] = []
        let title: String
        tellHold(thread, &account)
        switch view.standings[thread] {
        case .finished:
            title = "\(name(thread)) has finished"
            tellEnd(thread, &account)
        case .blocked(let blockage):
            title = "Why \(name(thread)) \(blockage.cause == .sleep ? "sleeps" : "waits")"
            seeAlso += tellWait(thread, blockage, &account)
        case .ready(let choices):
            title = "What \(name(thread)) does"
            tellReady(thread, choices, &account)
        }
        tellOwnInvalidations(thread, &account)
        seeAlso += tellRetry(thread, &account)
        tellHeldLocks(thread, &account)
        return Explanation(subject: subject, title: title, sentences: account.sentences, seeAlso: seeAlso.uniqued())
    }

    // MARK: Not waiting

    private func tellHold(_ thread: Int, _ account: inout Account) {
        switch view.threads().rows.rows.first(where: { $0.id.number == thread })?.hold {
        case .untilReleased?: account.fact("It is held: it takes no step until it is released.")
        case .steps(let left)?: account.fact("It is delayed: it lets the others take \(Self.count(left, "more step")) first.")
        case nil: break
        }
    }

    private func tellEnd(_ thread: Int, _ account: inout Account) {
        let last = view.simulation.cursor.lastSteps[thread]
        account.fact("It has carried out everything; its last step was step \(last).", step: last > 0 ? last : nil)
        if let said = lastSaid(where: { $0.event.thread == thread && $0.event.kind != .finishes }) {
            account.fact("The last that was to be told of it: it \(machine.sentence(of: said.event)).", step: said.step)
        }
    }

    private func tellReady(_ thread: Int, _ choices: Int, _ account: inout Account) {
        if let place = view.sleepPlace(thread) {
            account.fact("It slept in \(place.words), was woken, and has not run yet.")
            account.consequence("When it runs it looks at its condition again, and sleeps again if that is not so: \(next(thread)).")
        } else {
            account.fact("It can go on. Next it does \(next(thread))\(placeWords(thread)).")
        }
        if choices > 1 { account.fact("It may go one of \(choices) ways there: the model leaves that open.") }
        let last = view.simulation.cursor.lastSteps[thread]
        if last == 0 {
            account.fact("It has taken no step yet.")
        } else if let said = lastSaid(where: { $0.event.thread == thread }), said.kind != .retry {
            account.fact("Last it \(machine.sentence(of: said.event)).", step: said.step)
        }
    }

    /// " (kernel/interval_notifier:87)".
    private func placeWords(_ thread: Int) -> String {
        guard let statement = machine.statement(of: thread).map({ program.statements[$0] }) else { return "" }
        return " (\(program.sources[statement.file].name):\(statement.line))"
    }

    private func tellOwnInvalidations(_ thread: Int, _ account: inout Account) {
        for mm in view.mms {
            for invalidation in inFlight(in: mm) where invalidation.thread == thread {
                account.fact(
                    "It has an invalidation in flight: \(invalidation.event) \(words(invalidation.range)), started \(when(invalidation.start)).",
                    step: invalidation.start?.step)
            }
        }
        for notifier in Self.calledBack(by: thread, machine) {
            account.fact("It is in the callback of \(machine.name(ofRecordAt: notifier)): the driver stops its device from using the range.")
        }
    }

    /// Notifiers whose callback a thread is in.
    static func calledBack(by thread: Int, _ machine: Machine) -> [Int] {
        machine.callStack(of: thread).compactMap { frame in
            let function = machine.program.functions[frame.function]
            guard let callback = function.callback, let owner = function.locals.first else { return nil }
            let offset = machine.program.callbacks[callback].implementations.values.first { $0.function == frame.function }?.ownerOffset
            return offset.map { Reference(bits: machine.value(of: owner, thread: thread)).address + $0 }
        }
    }

    private func tellHeldLocks(_ thread: Int, _ account: inout Account) {
        for (slot, holders) in machine.heldLocks() where holders.contains(thread) {
            let since = hold(of: slot, by: thread)
            let waiting = view.standings.indices.filter { other in
                if case .blocked(let blockage) = view.standings[other] { blockage.slot == slot && other != thread } else { false }
            }
            let behind = waiting.isEmpty ? "" : "; \(names(waiting)) wait\(waiting.count == 1 ? "s" : "") for it"
            account.fact("It holds \(machine.placeName(slot)), taken \(when(since))\(behind).", step: since?.step)
        }
    }

    /// The change by which a thread came to hold a lock.
    func hold(of slot: Int, by thread: Int) -> Retrospect.Change? {
        let bit = Int64(1) << Int64(thread)
        return past.last(of: slot) { $0.new == Int64(thread + 1) } ?? past.last(of: slot + 1) { $0.new & bit != 0 && $0.old & bit == 0 }
    }

    // MARK: Waiting

    private func tellWait(_ thread: Int, _ blockage: Blockage, _ account: inout Account) -> [String] {
        let since = view.simulation.cursor.lastSteps[thread]
        switch blockage.cause {
        case .sleep:
            if let slot = blockage.slot, let subs = subscriptions(around: slot), schema.subscriptions != nil {
                return tellSleep(thread, subs, since, &account)
            }
            let place = blockage.slot.map { machine.placeName($0) } ?? "a wait queue"
            account.fact("It sleeps on \(place) since step \(since), until somebody wakes it and this is so: \(next(thread)).", step: since)
        case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite:
            account.fact("It \(waitWords(blockage)) since step \(since), in \(next(thread))\(placeWords(thread)).", step: since)
            tellQueuedWriters(blockage, &account)
            tellChain(from: thread, &account)
            return []
        case .completion:
            account.fact("It waits for a completion, \(blockage.slot.map { machine.placeName($0) } ?? "") (\(next(thread))): somebody has to complete it.")
        case .gracePeriod:
            account.fact("It waits for a grace period: until everybody who reads under \(blockage.slot.map { machine.placeName($0) } ?? "SRCU") by now has come out.")
            tellChain(from: thread, &account)
        case .condition: account.fact("It waits for the scenario's condition: \(next(thread)).")
        case .teardown: account.fact("It is the teardown: it waits until all others have finished.")
        }
        return []
    }

    func waitWords(_ blockage: Blockage) -> String {
        let place = blockage.slot.map { machine.placeName($0) } ?? "a lock"
        return switch blockage.cause {
        case .semaphoreRead: "waits to hold \(place) for reading"
        case .semaphoreWrite: "waits to hold \(place) for writing"
        default: "waits for \(place)"
        }
    }

    /// Readers that are kept although only readers hold the lock.
    private func tellQueuedWriters(_ blockage: Blockage, _ account: inout Account) {
        guard blockage.cause == .semaphoreRead, let slot = blockage.slot, machine.slot(slot) == 0 else { return }
        let queued = (0..<machine.threadCount).filter { machine.slot(slot + 2) & (1 << Int64($0)) != 0 }
        guard !queued.isEmpty else { return }
        account.cause("Nobody holds it for writing, but \(names(queued)) queue\(queued.count == 1 ? "s" : "") for that.")
        account.rule("A writer that queues keeps new readers out, so that readers can't starve it.")
    }

    /// Who holds it, what that one waits for, and so on to the end or around.
    func tellChain(from thread: Int, _ account: inout Account) {
        var path = [thread]
        while path.count <= machine.threadCount {
            let current = path[path.count - 1]
            guard case .blocked(let blockage) = view.standings[current] else {
                return tellFree(current, isInvalidating: path.count == 2 && isAsleep(thread), &account)
            }
            let keepers = keepers(of: current, blockage)
            guard let keeper = keepers.first(where: { !path.contains($0) }) ?? keepers.first else {
                account.consequence("Nobody is known who would let \(name(current)) go on.")
                return
            }
            if let slot = blockage.slot, blockage.cause != .sleep, blockage.cause != .gracePeriod {
                let since = hold(of: slot, by: keeper)
                let verb = since == nil && machine.slot(slot + 2) & (1 << Int64(keeper)) != 0 && blockage.cause == .semaphoreRead
                    ? "queued for" : "held"
                account.fact("\(machine.placeName(slot)) is \(verb) by \(name(keeper)), since \(since.map { "step \($0.step)" } ?? when(nil)).", step: since?.step)
            } else if blockage.cause == .sleep, current != thread {
                account.fact("\(name(current)) sleeps until the invalidation of \(name(keeper)) ends.")
            }
            if let start = path.firstIndex(of: keeper) {
                let circle = (path[start...] + [keeper]).map(name)
                return account.consequence(
                    "They wait in a circle: \(circle.joined(separator: " → ")). None of them can ever go on: a deadlock.")
            }
            if case .blocked(let other) = view.standings[keeper], other.cause != .sleep {
                account.fact("\(name(keeper)) itself \(waitWords(other)), in \(next(keeper)).", step: view.simulation.cursor.lastSteps[keeper])
            }
            path.append(keeper)
        }
    }

    /// The end of a chain: somebody who can go on, or never will.
    private func tellFree(_ thread: Int, isInvalidating: Bool, _ account: inout Account) {
        if view.standings[thread] == .finished {
            account.consequence("\(name(thread)) has finished and holds it still: nobody will let go of it.")
        } else {
            account.consequence("\(name(thread)) can go on: next it does \(next(thread))\(placeWords(thread)), and \(isInvalidating ? "ends its invalidation" : "lets go of it") later.")
        }
    }

    private func isAsleep(_ thread: Int) -> Bool {
        if case .blocked(let blockage) = view.standings[thread] { blockage.cause == .sleep } else { false }
    }

    /// The threads that have to do something before this one can go on.
    func keepers(of thread: Int, _ blockage: Blockage) -> [Int] {
        switch blockage.cause {
        case .sleep:
            guard let slot = blockage.slot, let subs = subscriptions(around: slot), let mm = mm(ofSubscriptions: subs) else { return [] }
            return Array(Set(inFlight(in: mm).compactMap(\.thread))).sorted()
        case .gracePeriod:
            let place = blockage.slot.map { machine.placeName($0) }
            let row = view.lockTable().rows.first { $0.name == place }
            return (row?.holders.map(\.thread.number) ?? []).filter { $0 != thread }
        default: return blockage.holders
        }
    }

    // MARK: Asleep on seq

    private func tellSleep(_ thread: Int, _ subs: Int, _ since: Int, _ account: inout Account) -> [String] {
        guard let schema = schema.subscriptions else { return [] }
        let place = view.sleepPlace(thread)
        let isRemoval = place?.words.hasPrefix("interval_remove") ?? false
        let seq = machine.slot(subs + schema.seq)
        let wanted = seqLocal(of: thread) ?? seq
        account.fact("It sleeps in \(place?.words ?? "a wait") since step \(since), until the mm's invalidate_seq is no longer \(number(wanted)).", step: since)
        if let notifier = place?.notifier.map({ machine.name(ofRecordAt: $0.number) }) {
            if isRemoval {
                account.cause("It wants to remove \(notifier), but seq was odd: the tree may not change then, so the removal stands on the deferred list.")
                account.rule("When remove returns no callback may run, nor ever will: so it waits until the removal has been applied.")
            } else {
                account.cause("It wants to read what \(notifier) covers, but the notifier's seq is \(number(wanted)), as the mm's was: an invalidation that may overlap it was in flight, and what it would read could change under it.")
            }
        }
        guard seq == wanted else {
            let change = past.last(of: subs + schema.seq)
            account.cause("By now invalidate_seq is \(number(seq)): \(who(change)) made it so \(when(change)), and its next steps wake all sleepers.", step: change?.step)
            return ["odp-vs-munmap"]
        }
        if inFlightIsEmpty(subs) {
            tellOdd(subs, &account)
            tellWhoEnds(subs, &account)
            return ["oom-mixed-reader-sleeps"]
        }
        tellOdd(subs, &account)
        tellWhoEnds(subs, &account)
        if let mm = mm(ofSubscriptions: subs), !inFlight(in: mm).isEmpty { tellChain(from: thread, &account) }
        return isRemoval ? ["remove-in-flight"] : ["odp-vs-munmap", "collide"]
    }

    private func inFlightIsEmpty(_ subs: Int) -> Bool { mm(ofSubscriptions: subs).map { inFlight(in: $0).isEmpty } ?? true }

    /// The number that a sleeper compares with: a variable of the function that it sleeps in.
    private func seqLocal(of thread: Int) -> Int64? {
        guard let frame = machine.callStack(of: thread).first else { return nil }
        let local = program.functions[frame.function].locals.last { $0.type.sequenceBits != nil || $0.name == "seq" }
        return local.map { machine.value(of: $0, thread: thread) }
    }

    /// Which invalidation made seq odd, in which step.
    func tellOdd(_ subs: Int, _ account: inout Account) {
        guard let schema = schema.subscriptions, machine.slot(subs + schema.seq) & 1 != 0 else { return }
        let change = past.last(of: subs + schema.seq)
        let said = change.flatMap { self.said(by: $0, [.odd]) }
        let words = said.map { told($0) }
            ?? "\(who(change)) made invalidate_seq odd\(change.map { ": \(number($0.old)) → \(number($0.new))" } ?? "")"
        account.cause("\(change.map { "In \(place($0, said))" } ?? "Before step \(past.knownFrom)") \(words).", step: change?.step)
    }

    /// Who has to leave before seq is even again.
    func tellWhoEnds(_ subs: Int, _ account: inout Account) {
        guard let schema = schema.subscriptions, machine.slot(subs + schema.seq) & 1 != 0, let mm = mm(ofSubscriptions: subs) else {
            return
        }
        let flying = inFlight(in: mm)
        let active = Int(machine.slot(subs + schema.active))
        for invalidation in flying {
            account.fact("In flight: \(words(invalidation)), started \(when(invalidation.start)).", step: invalidation.start?.step)
        }
        if flying.isEmpty, active > 0 {
            account.consequence("active is \(active), but no invalidation is in flight any more: one was refused after the tree had counted it, and calls no end. Nobody will ever make seq even.")
            return
        }
        if let threads = Self.threads(of: flying) {
            let verb = threads.count == 1 ? "has" : "have"
            account.consequence(
                active <= 1 && threads.count == 1
                    ? "\(names(threads)) has to end it: that end makes seq even and wakes everybody who sleeps on it."
                    : "The last of them to end makes seq even, and wakes everybody who sleeps on it: \(names(threads)) \(verb) an end to make.")
        }
        account.rule("Sleepers wait for an odd number to be over. When no invalidation is left seq becomes even, so every such sleep ends, even if seq wraps.")
    }

    private static func threads(of invalidations: [InFlight]) -> [Int]? {
        let threads = Set(invalidations.compactMap(\.thread)).sorted()
        return threads.isEmpty ? nil : threads
    }

    // MARK: Retries

    /// Tells of the retry that a thread's last read came to, if it did.
    private func tellRetry(_ thread: Int, _ account: inout Account) -> [String] {
        let reading: Set<EventKind> = [.begin, .collide, .wake, .retry, .success]
        guard let last = lastSaid(where: { $0.event.thread == thread && reading.contains($0.kind) }) else { return [] }
        // It may have begun anew meanwhile: then why it did is still worth telling.
        guard let retry = last.kind == .retry ? last : [.begin, .collide].contains(last.kind)
            ? lastSaid(where: { $0.event.thread == thread && $0.step < last.step && reading.contains($0.kind) }) : nil,
            retry.kind == .retry
        else { return [] }
        account.fact("\(last.kind == .retry ? "It has to begin again" : "Before, it had to begin again"): it \(machine.sentence(of: retry.event)).", step: retry.step)
        guard let interval = schema.interval, let reference = retry.event.firstReference, retry.event.value(2) != nil,
            let began = retry.event.value(1)
        else { return ["odp-vs-munmap"] }
        let slot = reference.address + interval.seq
        let sub = machine.name(ofRecordAt: reference.address)
        if let begin = lastSaid(where: {
            $0.event.thread == thread && [.begin, .collide].contains($0.kind) && $0.step < retry.step
                && $0.event.firstReference == reference
        }) {
            account.cause("It had begun to read in step \(begin.step), when \(sub)'s invalidate_seq was \(number(began)).", step: begin.step)
        }
        if let change = past.last(of: slot, where: { $0.step <= retry.step && $0.new != began }) {
            account.cause("In step \(change.step), in between, \(name(change.thread)) set it to \(number(change.new)), from the callback, under the driver's lock.", step: change.step)
            if let call = lastSaid(where: {
                $0.kind == .callback && $0.event.thread == change.thread && $0.step <= change.step && $0.event.firstReference == reference
            }) {
                account.cause("That callback: \(told(call)).", step: call.step)
            }
        }
        account.rule("Another number than at the beginning means that an invalidation over the notifier came in between: what was read from the CPU's page table may be stale, and is thrown away.")
        return ["odp-vs-munmap", "two-invalidations"]
    }
}

extension [String] {
    /// Each once, in order.
    fileprivate func uniqued() -> [String] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
