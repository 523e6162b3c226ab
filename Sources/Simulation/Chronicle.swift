import Language
import Machine

/// What was seen of a run, up to its frontier, wherever the cursor stands: who took each step, what was said, how it ended.
struct Chronicle: Sendable {
    private(set) var steps = StepLog()
    private(set) var events: EventHistory
    /// Who waited, and when.
    private(set) var waits = WaitLog()
    /// The operations that were begun, also ahead of the cursor.
    private(set) var begun: [Cursor.Begun] = []
    /// The finding that this run comes to.
    private(set) var finding: (step: Int, property: String)?
    /// What was worked out for the screen. Another one after each change of what had been: copies of a simulation may share
    /// it only for as long as they run the same.
    private(set) var sketches = Sketches()
    /// What the setup said: it belongs to the start, where nothing is run again.
    private let setup: [MachineEvent]

    init(_ program: Program, setup: [MachineEvent]) {
        self.setup = setup
        events = EventHistory(program)
        events.cover(step: 0, setup)
    }

    /// A step was taken, for the first time or again.
    @inline(__always)
    mutating func note(step: Int, thread: Int?, _ said: [MachineEvent], _ end: Cursor.End?) {
        if let thread { steps.note(step: step, thread: thread) }
        events.cover(step: step, said)
        if case .finding(let found)? = end { finding = (step, found.property) }
    }

    /// A step is about to be noted before or behind which others wait than on its other side.
    /// - Parameter before: who had been found waiting before it.
    mutating func noteWaits(before: UInt64, _ cursor: Cursor) {
        if cursor.step > steps.count { return waits.note(cursor, before: before, steps) }
        // What is run again is known already, but where it had been passed over.
        guard steps.thread(ofStep: cursor.step) == nil, let thread = cursor.lastThread, before & (1 << UInt64(thread)) != 0
        else { return }
        let first = steps.lastStep(of: thread, before: cursor.step) + 1
        let activity = WaitLog.activity(cursor.machine.foundCause(of: thread))
        waits.append(thread, activity, steps: first...max(first, cursor.step - 1))
    }

    /// No step was taken, but others were found to wait than before.
    mutating func noteStandstill(_ cursor: Cursor) {
        if cursor.step == steps.count { waits.note(cursor, before: 0, steps) }
    }

    /// Operations may have been begun.
    mutating func noteBegun(_ cursor: Cursor) {
        if cursor.begun.count > begun.count { begun = cursor.begun }
    }

    /// The cursor is about to go to a step, by way of a checkpoint.
    mutating func prepare(jumpTo target: Int, by checkpoint: Int) {
        // Before what is covered the log begins anew; inside of it nothing is said twice.
        guard target < events.coveredFrom || checkpoint > events.coveredTo else { return }
        events.restart(before: checkpoint == 0 ? 0 : checkpoint + 1)
        if checkpoint == 0 { events.cover(step: 0, setup) }
    }

    /// What came after a step is no more.
    mutating func forget(after step: Int) {
        steps.truncate(after: step)
        waits.truncate(after: step)
        // What is begun at the step itself may be another now, and is noted again.
        begun.removeAll { $0.step >= step }
        events.truncate(after: step)
        if let found = finding, found.step > step { finding = nil }
        sketches = Sketches()
    }
}

extension Simulation {
    /// What was said up to the cursor.
    var history: HistoryView {
        HistoryView(
            entries: chronicle.events.entries[..<chronicle.events.count(upTo: cursor.step)],
            dropped: chronicle.events.dropped)
    }
}

/// The events at or before the cursor.
struct HistoryView {
    /// Oldest first; indices begin at 0.
    var entries: ArraySlice<EventHistory.Entry>
    /// Events before the first kept one.
    var dropped: Int
}
