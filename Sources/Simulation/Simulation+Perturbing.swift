import Language
import Machine
import Scene

/// What the user makes happen, and takes back.
extension Simulation {
    /// A thread as the scenario calls it, with its number where it is one for operations: "device", "P0 munmap".
    func name(of thread: Int) -> String { cursor.threadName(thread, at: cursor.step) }

    /// With its number: "T1 device".
    private func labelled(_ thread: Int) -> String { "\(cursor.label(thread)) \(cursor.plainName(thread, at: cursor.step))" }

    mutating func perturb(_ perturbation: Perturbation) {
        if let finding {
            message = "the run has stopped at \(finding.property): step back first (b)"
            return
        }
        guard let change = Interventions.Change.Kind(perturbation) else {
            if case .policy(let name) = perturbation {
                let names = Policy.allCases.map(\.word)
                message = "there is no policy '\(name)'; "
                    + (nearestName(to: name, among: names).map { "did you mean '\($0)'?" } ?? "there are \(names.joined(separator: ", "))")
            }
            return
        }
        if case .policy(let policy) = change { return setPolicy(policy) }
        if let obstacle = obstacle(change) {
            message = obstacle
            return
        }
        let begun = cursor.begun.count
        let furthest = frontier
        if let refusal = decide(change) {
            message = "\(words(change)): \(refusal)"
            return
        }
        message = told(change, isNew: cursor.begun.count > begun) + leftBehind(furthest)
    }

    mutating func setPolicy(_ policy: Policy) {
        guard policy != .pinned || !program.schedule.isEmpty else {
            message = "this scenario pins no schedule"
            return
        }
        let furthest = frontier
        decide(.policy(policy))
        message = "policy: \(policy.rawValue) from here on" + leftBehind(furthest)
    }

    mutating func nextPolicy() {
        let choices = policies
        let index = choices.firstIndex(of: cursor.policy) ?? 0
        setPolicy(choices[(index + 1) % choices.count])
    }

    /// Those that there are for this program.
    var policies: [Policy] { Policy.allCases.filter { $0 != .pinned || !program.schedule.isEmpty } }

    private func leftBehind(_ furthest: Int) -> String {
        let steps = furthest - cursor.step
        guard steps > 0, let left = branches.lastLeft else { return "" }
        return "; the \(steps) step\(steps == 1 ? "" : "s") run before behind this one \(steps == 1 ? "is" : "are") kept as '\(left)'"
    }

    // MARK: Refusals

    /// Why a change makes no sense here; what the machine refuses it says itself.
    private func obstacle(_ change: Interventions.Change.Kind) -> String? {
        switch change {
        case .hold(let thread, let isHeld):
            if let obstacle = threadObstacle(thread) { return obstacle }
            if isHeld == cursor.kept.isHeld(thread), isHeld || !cursor.kept.isKept(thread) {
                return isHeld ? "\(labelled(thread)) is held already" : "\(labelled(thread)) isn't held"
            }
        case .delay(let thread, let steps):
            if let obstacle = threadObstacle(thread) { return obstacle }
            guard (1...Cursor.longestDelay).contains(steps) else { return "a delay is 1 to \(Cursor.longestDelay) steps" }
        case .operation(let name, let arguments):
            if cursor.end == .rest { return "all threads have finished: step back to perturb them (b)" }
            if let beyond = beyondTheEnd(arguments) { return "\(name): \(beyond)" }
        case .fault(let name, let isOn):
            guard let fault = program.faults.firstIndex(where: { $0.name == name }) else { return nil }
            if machine.isOn(fault: fault) == isOn { return "\(name) is \(isOn ? "on" : "off") already" }
        case .sequence(_, let distance):
            if distance < 1 { return "the distance to the wrap is 1 or more" }
        case .policy, .draining: break
        }
        return nil
    }

    private func threadObstacle(_ thread: Int) -> String? {
        guard thread >= 0, thread < machine.threadCount else { return "there is no thread \(thread)" }
        return machine.hasFinished(thread) ? "\(labelled(thread)) has finished" : nil
    }

    /// An address that no page table has an entry for.
    private func beyondTheEnd(_ arguments: [PerturbationArgument]) -> String? {
        guard let pages = schema.mm?.pte?.count else { return nil }
        for case .range(_, let last) in arguments where last >= UInt64(pages) {
            return "0x\(String(last, radix: 16)) is beyond the last page, 0x\(String(pages - 1, radix: 16))"
        }
        return nil
    }

    // MARK: Words

    /// A change as a recording's line writes it: "munmap(mm#1,0x10..0x13)".
    func words(_ change: Interventions.Change.Kind) -> String {
        switch change {
        case .operation(let name, let arguments):
            "\(name)(\(PerturbationText.arguments(arguments, areAddresses: kinds(name, arguments.count))))"
        case .fault(let name, let isOn): "fault \(name) \(isOn ? "on" : "off")"
        case .hold(let thread, let isHeld): "\(isHeld ? "hold" : "release") \(threadWords(thread))"
        case .delay(let thread, let steps): "delay \(threadWords(thread)) \(steps)"
        case .policy(let policy): "policy \(policy.word)"
        case .draining(let isDraining): isDraining ? "drain" : "go on"
        case .sequence(_, let distance): "seq \(distance) before its wrap"
        }
    }

    private func threadWords(_ thread: Int) -> String {
        thread >= 0 && thread < machine.threadCount ? labelled(thread) : "thread \(thread)"
    }

    /// Whether each argument is an address.
    func kinds(_ operation: String, _ count: Int) -> [Bool] {
        let parameters = program.operations.first { $0.name == operation }?.parameters ?? []
        return (0..<count).map { index in
            guard index < parameters.count, case .address = parameters[index] else { return false }
            return true
        }
    }

    private func told(_ change: Interventions.Change.Kind, isNew: Bool) -> String {
        switch change {
        case .operation:
            guard isNew, let begun = cursor.begun.last else { return words(change) }
            let label = cursor.label(begun.thread)
            let waits = cursor.policy == .pinned || cursor.policy == .byHand
            return "\(words(change)) begins as \(label)" + (waits ? ": t lets it step" : "")
        case .fault(let name, let isOn):
            let note = program.faults.first { $0.name == name }?.note ?? ""
            return "\(name) is \(isOn ? "on" : "off")" + (isOn && !note.isEmpty ? ": \(note)" : "")
        case .hold(let thread, let isHeld):
            return isHeld ? "\(labelled(thread)) is held: H releases it" : "\(labelled(thread)) goes again"
        case .delay(let thread, let steps):
            return "\(labelled(thread)) lets \(steps) step\(steps == 1 ? "" : "s") of others go first"
        case .sequence:
            let epoch = program.epochs.first.flatMap { epoch in
                machine.liveRecords(epoch.record).first.map { $0 + program.records[epoch.record].fields[epoch.field].offset }
            }
            return "invalidate_seq is \(epoch.map { "\(UInt64(bitPattern: machine.slot($0)))" } ?? "moved") now"
        case .policy, .draining: return words(change)
        }
    }

    func keptWords(_ thread: Int) -> String {
        if cursor.kept.isHeld(thread) { return "\(labelled(thread)) is held: H releases it" }
        let left = (cursor.kept.delays[thread] ?? cursor.step) - cursor.step
        return "\(labelled(thread)) lets \(left) more step\(left == 1 ? "" : "s") of others go first: H ends that"
    }

    func heldWords() -> String {
        let held = (0..<machine.threadCount).filter { cursor.kept.isHeld($0) && !machine.hasFinished($0) }
        guard held.count != 1 else { return keptWords(held[0]) }
        return "\(held.map { labelled($0) }.joined(separator: ", ")) are held: H releases one"
    }

    // MARK: Undo

    /// Takes back the last thing that was decided by hand, and goes to its step.
    mutating func undo() {
        guard let last = interventions.lastDecision(upTo: cursor.step) else {
            message = "nothing was decided by hand up to here"
            return
        }
        let what = last.change.map(words) ?? "the choice of "
            + (interventions.packed(at: last.step).map { cursor.threadName($0.thread, at: last.step) } ?? "a thread")
        let furthest = frontier
        // What was run because of it alone is no way worth keeping.
        if furthest > last.step + 1 { leaveBranch(at: last.step, furthest: furthest) }
        var kept = interventions
        if last.change == nil {
            kept.removeSteps(from: last.step)
            kept.removeAll(from: last.step + 1)
        } else {
            kept.removeLastChange(at: last.step)
        }
        astray = nil
        track = nil
        interventions = kept
        checkpoints.truncate(after: last.step)
        trail.truncate(from: last.step)
        // It may stand at the very step, with the change in its state.
        restore(to: last.step)
        while cursor.step < last.step, stepForward() {}
        settle()
        forgetFuture(from: last.step, furthest: furthest)
        message = "taken back: \(what)" + (furthest > last.step + 1 ? leftBehind(furthest) : "")
    }
}

extension Simulation {
    /// A thread's name without its label in a stretch that ends with a step: one for operations has that of the operation
    /// that it is at then, or else comes to, wherever the cursor stands.
    func laneName(_ thread: Int, at step: Int) -> String {
        guard thread >= cursor.ownCount, thread < cursor.lastSteps.count else { return program.threads[thread].name }
        let own = chronicle.begun.filter { $0.thread == thread }
        let begun = own.last { $0.step <= step } ?? own.first
        return begun.map { program.operations[$0.operation].name } ?? cursor.plainName(thread, at: step)
    }
}

extension Cursor {
    /// "T1", "P0"; for the setup its name.
    func label(_ thread: Int) -> String {
        guard thread < lastSteps.count else { return "setup" }
        return thread < ownCount ? "T\(thread)" : "P\(thread - ownCount)"
    }

    /// The operation that a thread was at right behind a step, if any.
    func operation(of thread: Int, at step: Int) -> Int? {
        guard thread >= ownCount else { return nil }
        return (begun.last { $0.thread == thread && $0.step <= step } ?? begun.first { $0.thread == thread })?.operation
    }

    /// Without its label: "device", "munmap".
    func plainName(_ thread: Int, at step: Int) -> String {
        guard thread >= ownCount, thread < lastSteps.count else { return machine.program.threads[thread].name }
        return operation(of: thread, at: step).map { machine.program.operations[$0].name } ?? machine.program.threads[thread].name
    }

    /// "T1 device", "P0 munmap".
    func threadName(_ thread: Int, at step: Int) -> String {
        guard thread >= ownCount, thread < lastSteps.count else { return machine.program.threads[thread].name }
        return "\(label(thread)) \(plainName(thread, at: step))"
    }
}
