import Machine
import Scene

/// When threads waited: stretches of steps, from the one behind which a thread stood at what kept it to the one before it
/// went on.
///
/// It is known of whoever was asked to step meanwhile, as every policy does with all that it chooses among. Nothing is done
/// for steps in which nobody begins to wait or goes on.
struct WaitLog: Sendable {
    struct Span: Sendable, Equatable {
        /// The first and the last step that it waited in.
        var first: Int
        var last: Int
        var thread: UInt8
        /// ``TimelineCell/Activity/asleep``, blocked, or absent: what has nothing to do yet has not begun.
        var activity: TimelineCell.Activity
    }

    /// How many are kept at least: the workloads have no more in ten million steps.
    static let capacity = 1 << 18

    /// By their last steps, ascending; those of one thread don't overlap.
    private(set) var spans: [Span] = []
    /// How many were dropped at the front.
    private(set) var dropped = 0
    /// Those of stretches that had been passed over and were run after all, in no order.
    private(set) var late: [Span] = []
    /// For each thread a step that none of its spans ends behind.
    private var latest = [Int](repeating: 0, count: 64)
    /// Who waits at the frontier, as bits.
    private var mask: UInt64 = 0
    /// For each of these the first step that it waits in, and how.
    private var open = [(first: Int, activity: TimelineCell.Activity)](repeating: (0, .blocked), count: 64)

    static func activity(_ cause: Blockage.Cause) -> TimelineCell.Activity {
        switch cause {
        case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite: .blocked
        case .sleep, .completion, .gracePeriod, .condition: .asleep
        case .teardown: .absent
        }
    }

    /// The frontier's step was taken, or tried, and others wait behind it than did before.
    /// - Parameter before: who had been found waiting before it.
    mutating func note(_ cursor: Cursor, before: UInt64, _ steps: StepLog) {
        let now = cursor.machine.foundWaiting
        if let thread = cursor.lastThread, before & ~now & (1 << UInt64(thread)) != 0 {
            let first = steps.lastStep(of: thread, before: cursor.step) + 1
            let activity = Self.activity(cursor.machine.foundCause(of: thread))
            append(thread, activity, steps: first...max(first, cursor.step - 1))
        }
        mask = now
        var rest = now
        while rest != 0 {
            let thread = rest.trailingZeroBitCount
            open[thread] = (cursor.lastSteps[thread] + 1, Self.activity(cursor.machine.foundCause(of: thread)))
            rest &= rest - 1
        }
    }

    /// A thread went on behind these steps.
    mutating func append(_ thread: Int, _ activity: TimelineCell.Activity, steps: ClosedRange<Int>) {
        let span = Span(
            first: steps.lowerBound, last: steps.upperBound, thread: UInt8(truncatingIfNeeded: thread), activity: activity)
        if let last = spans.last, last.last > span.last {
            late.append(span)
            if late.count >= 2 * Self.capacity { late.removeFirst(Self.capacity) }
            return
        }
        spans.append(span)
        latest[thread & 63] = max(latest[thread & 63], span.last)
        guard spans.count >= 2 * Self.capacity else { return }
        spans.removeFirst(Self.capacity)
        dropped += Self.capacity
    }

    /// Forgets what was behind a step: who went on there waits again.
    mutating func truncate(after step: Int) {
        for thread in 0..<64 where open[thread].first > step { mask &= ~(1 << UInt64(thread)) }
        let kept = index(from: step)
        for span in spans[kept...] + late.filter({ $0.last >= step }) where span.first <= step {
            open[Int(span.thread & 63)] = (span.first, span.activity)
            mask |= 1 << UInt64(span.thread & 63)
        }
        spans.removeLast(spans.count - kept)
        late.removeAll { $0.last >= step }
        for thread in latest.indices { latest[thread] = min(latest[thread], step) }
    }

    /// Where those begin that end at a step or behind it.
    func index(from step: Int) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].last < step { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Calls for each of those that reach into the steps `first ... last` and whose thread has gone on since.
    /// - Parameter known: of ``spans``, dropped ones among them, how many need not be told again.
    func forEach(from first: Int, to last: Int, behind known: Int = 0, _ body: (Span) -> Void) {
        // Of each thread the first that ends behind the stretch is the last that can reach into it.
        var missing = latest.indices.reduce(UInt64(0)) { $0 | (latest[$1] >= last ? 1 << UInt64($1) : 0) }
        for span in spans[max(index(from: first), min(spans.count, known - dropped))...] {
            if span.first <= last { body(span) }
            guard span.last >= last else { continue }
            missing &= ~(1 << UInt64(span.thread & 63))
            if missing == 0 { break }
        }
    }

    /// Those of who waits still, without an end.
    /// - Parameter found: whom the machine has found waiting where it stands at the frontier: of what was once run behind it
    ///   some may be left.
    func unfinished(to last: Int, among found: UInt64 = .max) -> [Span] {
        (0..<64).filter { mask & found & (1 << UInt64($0)) != 0 && open[$0].first <= last }.map {
            Span(first: open[$0].first, last: .max, thread: UInt8($0), activity: open[$0].activity)
        }
    }
}
