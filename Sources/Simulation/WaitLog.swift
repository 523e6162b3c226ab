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

    /// The frontier's step was taken, and others wait behind it than did before.
    mutating func note(_ cursor: Cursor) {
        let now = cursor.machine.foundWaiting
        if let thread = cursor.lastThread, mask & ~now & (1 << UInt64(thread)) != 0 {
            append(thread, open[thread].activity, steps: open[thread].first...max(open[thread].first, cursor.step - 1))
        }
        var begun = now & ~mask
        while begun != 0 {
            let thread = begun.trailingZeroBitCount
            open[thread] = (cursor.lastSteps[thread] + 1, Self.activity(cursor.machine.foundCause(of: thread)))
            begun &= begun - 1
        }
        mask = now
    }

    /// A thread went on behind these steps.
    mutating func append(_ thread: Int, _ activity: TimelineCell.Activity, steps: ClosedRange<Int>) {
        let span = Span(
            first: steps.lowerBound, last: steps.upperBound, thread: UInt8(truncatingIfNeeded: thread), activity: activity)
        // Only where a stretch that was passed over is run after all is it not the latest.
        if let last = spans.last, last.last > span.last {
            spans.insert(span, at: index(from: span.last + 1))
        } else {
            spans.append(span)
        }
        latest[Int(span.thread & 63)] = max(latest[Int(span.thread & 63)], span.last)
        if spans.count >= 2 * Self.capacity { spans.removeFirst(Self.capacity) }
    }

    /// Forgets what was behind a step: who went on there waits again.
    mutating func truncate(after step: Int) {
        for thread in 0..<64 where open[thread].first > step { mask &= ~(1 << UInt64(thread)) }
        let kept = index(from: step)
        for span in spans[kept...] where span.first <= step {
            open[Int(span.thread & 63)] = (span.first, span.activity)
            mask |= 1 << UInt64(span.thread & 63)
        }
        spans.removeLast(spans.count - kept)
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

    /// Those that reach into the steps `first ... last`, those of who waits still without an end.
    func spans(from first: Int, to last: Int) -> [Span] {
        var found: [Span] = []
        // Of each thread the first that ends behind the stretch is the last that can reach into it.
        var missing = latest.indices.reduce(UInt64(0)) { $0 | (latest[$1] >= last ? 1 << UInt64($1) : 0) }
        for span in spans[index(from: first)...] {
            if span.first <= last { found.append(span) }
            guard span.last >= last else { continue }
            missing &= ~(1 << UInt64(span.thread & 63))
            if missing == 0 { break }
        }
        for thread in 0..<64 where mask & (1 << UInt64(thread)) != 0 && open[thread].first <= last {
            found.append(Span(first: open[thread].first, last: .max, thread: UInt8(thread), activity: open[thread].activity))
        }
        return found
    }
}
