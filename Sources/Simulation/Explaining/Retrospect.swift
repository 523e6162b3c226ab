import Language
import Machine

/// What became of some slots on the way to the cursor: found by running the last stretch of the run again, so that it is
/// what happened and not what the log says of it.
struct Retrospect: Sendable {
    /// A step that changed one of the slots.
    struct Change: Sendable, Equatable {
        var step: Int
        /// Who took the step.
        var thread: Int
        var slot: Int
        var old: Int64
        var new: Int64
    }

    /// Every change behind this step is known.
    let knownFrom: Int
    /// By slot, oldest first.
    private let changes: [Int: [Change]]

    /// How many steps are looked at again at least, where there were so many. What came before is told as such.
    private static let reach = 4_096
    /// A workload's state may have thousands of notifiers; what somebody asks about is few.
    private static let slotLimit = 2_048

    init(_ simulation: Simulation, _ slots: some Sequence<Int>) {
        let watched = Array(Set(slots.lazy.filter { $0 > 0 && $0 < simulation.program.slotCount })).prefix(Self.slotLimit)
        let end = simulation.step
        // A copy: the run itself stands where it stands.
        var copy = simulation
        copy.jump(to: simulation.checkpoints.nearest(to: max(0, end - Self.reach)).step)
        knownFrom = copy.step
        var values = watched.map { copy.machine.slot($0) }
        var found: [Int: [Change]] = [:]
        while copy.step < end, copy.stepForward() {
            let machine = copy.machine
            for (index, slot) in watched.enumerated() {
                let new = machine.slot(slot)
                guard new != values[index] else { continue }
                let change = Change(step: copy.step, thread: copy.lastThread ?? 0, slot: slot, old: values[index], new: new)
                found[slot, default: []].append(change)
                values[index] = new
            }
        }
        changes = found
    }

    /// The changes of a slot, oldest first.
    func all(of slot: Int) -> [Change] { changes[slot] ?? [] }

    /// The last change of a slot; `nil` when it has been so since before ``knownFrom``.
    func last(of slot: Int) -> Change? { changes[slot]?.last }

    /// The last change that made something so.
    func last(of slot: Int, where isSo: (Change) -> Bool) -> Change? { changes[slot]?.last(where: isSo) }
}

extension Simulation {
    /// The machine before a step and behind it, and who took it; `nil` outside of what was run.
    func around(step: Int) -> (before: Machine, after: Machine, thread: Int)? {
        guard step > 0, step <= max(frontier, cursor.step) else { return nil }
        var copy = self
        copy.jump(to: step - 1)
        guard copy.step == step - 1 else { return nil }
        let before = copy.machine
        guard copy.stepForward(), let thread = copy.lastThread else { return nil }
        return (before, copy.machine, thread)
    }
}
