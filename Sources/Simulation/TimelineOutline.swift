import Machine
import Scene

/// The same from far away: who stepped and who waited is noted of every step, the rest is concluded from what was said.
struct TimelineOutline {
    /// For each column the threads that did this, as masks.
    private var stepped: [UInt64]
    private var asleep: [UInt64]
    private var invalidating: [UInt64]
    private var isUnknown: [Bool]
    /// The steps in which threads waited; `nil` where nobody asks for them.
    private var waits: WaitColumns?
    /// For each column, by thread.
    private var events: [[Int: EventKind]]
    /// For each thread, the step that it ended with.
    private var ends: [Int: Int] = [:]
    /// For each thread of operations, when it had one: behind the first step, up to and with the last.
    private var operations: [Int: [(begin: Int, end: Int)]] = [:]
    private let first: Int
    private let last: Int
    private let scale: Int

    /// - Parameter wantsWaits: whether who waited is to be told from who could have gone on.
    init(_ simulation: Simulation, from first: Int, to last: Int, scale: Int, columns: Int, wantsWaits: Bool) {
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
        // Where the furthest known place is, everybody's end is known.
        let far = simulation.checkpoints.nearest(to: max(simulation.frontier, simulation.step))
        let here = simulation.cursor
        for thread in here.lastSteps.indices {
            let known = [far.end(of: thread), here.machine.hasFinished(thread) ? here.lastSteps[thread] : nil]
            ends[thread] = known.compactMap(\.self).max()
        }
        findOperations(simulation)
        if wantsWaits {
            let threads = here.lastSteps.count
            waits = simulation.chronicle.sketches.waits.withLock { kept in
                WaitColumns(
                    simulation.chronicle.waits, first: first, last: last, scale: scale, columns: columns, threads: threads,
                    found: here.step >= simulation.frontier ? here.machine.foundWaiting : .max, kept: &kept)
            }
        }
        read(simulation.chronicle.events, to: last)
    }

    /// A thread for operations has one after the other, and its end may be one of several.
    private mutating func findOperations(_ simulation: Simulation) {
        let cursor = simulation.cursor
        for thread in cursor.ownCount..<cursor.lastSteps.count {
            let begins = simulation.chronicle.begun.filter { $0.thread == thread }.map(\.step)
            let end = ends.removeValue(forKey: thread) ?? 0
            operations[thread] = begins.enumerated().map { index, begin in
                guard index + 1 == begins.count else {
                    return (begin, simulation.chronicle.steps.lastStep(of: thread, before: begins[index + 1] + 1))
                }
                return (begin, end > begin ? end : .max)
            }
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
            case .thread: if operations[thread] == nil { ends[thread] = ends[thread] ?? step }
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
        if !isThere(thread, column) { return cell }
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

    private func isThere(_ thread: Int, _ column: Int) -> Bool {
        let begin = first + column * scale
        if let lives = operations[thread] { return lives.contains { $0.begin < begin + scale && $0.end > begin } }
        return ends[thread].map { $0 > begin } ?? true
    }

    /// As far as they are known: of the steps in which it did not wait it took one at least if it took any.
    private func counts(_ thread: Int, _ column: Int, _ bit: UInt64) -> ActivityCounts {
        let steps = min(scale, last - first - column * scale)
        var counts = waits?.counts(thread, column) ?? ActivityCounts()
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
