import Machine
import Scene

/// The same from far away: who stepped and who waited is noted of every step, the rest is concluded from what was said.
struct TimelineOutline {
    /// For each column the threads that did this, as masks.
    private var stepped: [UInt64]
    private var asleep: [UInt64]
    private var invalidating: [UInt64]
    private var isUnknown: [Bool]
    /// For each column, by thread: the steps in which it waited.
    private var waits: [[Int: ActivityCounts]]
    /// For each column, by thread.
    private var events: [[Int: EventKind]]
    /// For each thread, the step that it ended with.
    private var ends: [Int: Int] = [:]
    private let first: Int
    private let last: Int
    private let scale: Int

    init(_ simulation: Simulation, from first: Int, to last: Int, scale: Int, columns: Int) {
        self.first = first
        self.last = last
        self.scale = scale
        let log = simulation.chronicle.steps
        let masks = (0..<columns).map { column in
            let from = first + column * scale + 1
            return from > last ? 0 : log.threads(from: from, to: min(last, from + scale - 1))
        }
        stepped = masks
        isUnknown = masks.map { $0 & StepLog.unknownBit != 0 }
        asleep = [UInt64](repeating: 0, count: columns)
        invalidating = asleep
        events = [[Int: EventKind]](repeating: [:], count: columns)
        waits = [[Int: ActivityCounts]](repeating: [:], count: columns)
        // Where the furthest known place is, everybody's end is known.
        let far = simulation.checkpoints.nearest(to: max(simulation.frontier, simulation.step))
        let here = simulation.cursor
        for thread in here.lastSteps.indices {
            if let end = far.end(of: thread) { ends[thread] = end }
            if here.machine.hasFinished(thread) { ends[thread] = here.lastSteps[thread] }
        }
        for span in simulation.chronicle.waits.spans(from: first + 1, to: last) { add(span) }
        read(simulation.chronicle.events, to: last)
    }

    /// Counts the steps of a wait in the columns that it reaches into.
    private mutating func add(_ span: WaitLog.Span) {
        let from = max(span.first, first + 1)
        let to = min(span.last, last)
        guard from <= to else { return }
        for column in (from - 1 - first) / scale...(to - 1 - first) / scale where column < waits.count {
            let begin = first + column * scale + 1
            let steps = min(to, begin + scale - 1) - max(from, begin) + 1
            waits[column][Int(span.thread), default: ActivityCounts()].add(span.activity, steps)
        }
    }

    /// Goes through what was said before and in the stretch.
    private mutating func read(_ history: EventHistory, to last: Int) {
        var asleep: UInt64 = 0
        var depths = [Int](repeating: 0, count: 64)
        var invalidating: UInt64 = 0
        var column = 0
        func bit(_ thread: UInt8) -> UInt64 { 1 << UInt64(thread & 63) }
        for index in 0..<history.count(upTo: last) {
            let step = history.entries[index].step
            while column < stepped.count, step > first + (column + 1) * scale {
                close(&column, asleep, invalidating)
            }
            let tag = history.tags[index]
            let thread = Int(tag.thread & 63)
            if tag.woken != .max { asleep &= ~bit(tag.woken) }
            switch history.kind(index) {
            case .collide, .sleep: asleep |= bit(tag.thread)
            case .start: depths[thread] += 1
            case .end, .refuse: depths[thread] = max(0, depths[thread] - 1)
            case .thread: ends[thread] = ends[thread] ?? step
            default: break
            }
            // What was under way in a column at any time is told of it.
            if depths[thread] > 0 { invalidating |= bit(tag.thread) } else { invalidating &= ~bit(tag.thread) }
            guard step > first, column < stepped.count else { continue }
            if history.kind(index) == .start { self.invalidating[column] |= bit(tag.thread) }
            let kind = history.kind(index)
            if kind.weight >= events[column][thread]?.weight ?? -1 { events[column][thread] = kind }
        }
        while column < stepped.count { close(&column, asleep, invalidating) }
    }

    private mutating func close(_ column: inout Int, _ asleep: UInt64, _ invalidating: UInt64) {
        self.asleep[column] |= asleep
        self.invalidating[column] |= invalidating
        column += 1
        if column < stepped.count { self.invalidating[column] |= invalidating }
    }

    func cell(_ thread: Int, column: Int) -> TimelineCell {
        let bit: UInt64 = 1 << UInt64(thread & 63)
        var cell = TimelineCell(.absent, event: events[column][thread])
        if let end = ends[thread], end <= first + column * scale { return cell }
        cell.isInvalidating = invalidating[column] & bit != 0
        if stepped[column] & bit == 0, isUnknown[column] {
            cell.activity = .unknown
            return cell
        }
        let counts = counts(thread, column, bit)
        cell.activity = counts.activity
        if cell.activity == .absent { cell.isInvalidating = false }
        if let event = cell.event, !counts.shows(event) { cell.event = nil }
        return cell
    }

    /// As far as they are known: of the steps in which it did not wait it took one at least if it took any.
    private func counts(_ thread: Int, _ column: Int, _ bit: UInt64) -> ActivityCounts {
        let steps = min(scale, last - first - column * scale)
        var counts = waits[column][thread] ?? ActivityCounts()
        let rest = max(0, steps - counts.asleep - counts.blocked - counts.absent)
        if stepped[column] & bit != 0 {
            counts.stepped = max(1, rest)
        } else if counts.asleep + counts.blocked + counts.absent == 0, asleep[column] & bit != 0 {
            // Nobody asked it, but it said that it goes to sleep.
            counts.asleep = steps
        } else {
            counts.idle = rest
        }
        return counts
    }

    func isPresent(_ thread: Int) -> Bool { stepped.contains { $0 & (1 << UInt64(thread & 63)) != 0 } }
}
