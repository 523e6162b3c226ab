import Language
import Machine
import Scene

extension Cursor {
    /// Makes a change act, before the step is taken.
    /// - Returns: why it can't, in words without a full stop; nothing has changed then.
    mutating func apply(_ change: Interventions.Change.Kind, seed: UInt64) -> String? {
        switch change {
        case .policy(let policy):
            self.change(to: policy, seed: seed)
            goOn()
        case .draining(let isDraining): machine.setDraining(isDraining)
        case .operation(let name, let arguments): return begin(name, arguments)
        case .fault(let name, let isOn):
            guard let fault = machine.program.faults.firstIndex(where: { $0.name == name }) else {
                let near = nearestName(to: name, among: machine.program.faults.map(\.name))
                return "there is no fault '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? "")
            }
            machine.setFault(fault, isOn: isOn)
        case .hold(let thread, let isHeld):
            guard lastSteps.indices.contains(thread) else { return "there is no thread \(thread)" }
            kept.hold(thread, isHeld)
        case .delay(let thread, let steps):
            guard lastSteps.indices.contains(thread) else { return "there is no thread \(thread)" }
            kept.delay(thread, until: step + max(0, min(steps, Self.longestDelay)))
        case .sequence(let mm, let distance):
            guard let record = machine.program.record(named: "MM"), machine.liveRecords(record).indices.contains(mm) else {
                return "there is no such address space now"
            }
            do throws(SequenceRefusal) { try machine.moveSequences(distance: distance) } catch { return error.description }
        }
        return nil
    }

    static let longestDelay = 1_000_000

    private mutating func begin(_ name: String, _ arguments: [PerturbationArgument]) -> String? {
        let operations = machine.program.operations
        guard let operation = operations.firstIndex(where: { $0.name == name }) else {
            if operations.isEmpty { return "this run was begun without operations" }
            let near = nearestName(to: name, among: operations.map(\.name))
            return "there is no operation '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? "")
        }
        do throws(OperationRefusal) {
            let thread = try machine.begin(operation: operation, arguments: arguments.map(OperationArgument.init))
            active |= 1 << UInt64(thread)
            // It is another one now: what it did or was told before is of no concern.
            kept.hold(thread, false)
            seeker.forget(thread)
            lastSteps[thread] = step
            begun.append(Begun(step: step, thread: thread, operation: operation))
            goOn()
            return nil
        } catch {
            return error.description
        }
    }

    /// Somebody can step again, perhaps.
    private mutating func goOn() { if end == .rest { end = nil } }
}

extension OperationArgument {
    init(_ argument: PerturbationArgument) {
        switch argument {
        case .number(let value): self = .number(value)
        case .flag(let isOn): self = .flag(isOn)
        case .range(let first, let last): self = .range(first: Int64(clamping: first), last: Int64(clamping: last))
        case .record(let name): self = .record(name)
        }
    }
}

extension Interventions.Change.Kind {
    /// `nil` for a policy that nobody knows.
    init?(_ perturbation: Perturbation) {
        switch perturbation {
        case .operation(let name, let arguments): self = .operation(name, arguments)
        case .fault(let name, let isOn): self = .fault(name, isOn: isOn)
        case .hold(let thread, let isHeld): self = .hold(thread.number, isHeld: isHeld)
        case .delay(let thread, let steps): self = .delay(thread.number, steps: steps)
        case .policy(let name):
            guard let policy = Policy(word: name) else { return nil }
            self = .policy(policy)
        case .sequenceNearWrap(let mm, let distance): self = .sequence(mm: mm, distance: distance)
        }
    }

    /// Whether the state of the machine is another right behind it.
    var changesState: Bool {
        switch self {
        case .operation, .fault, .sequence: true
        case .policy, .draining, .hold, .delay: false
        }
    }
}
