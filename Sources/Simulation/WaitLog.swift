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

    /// How many are kept at least: far more than the history's last ten million steps have.
    static let capacity = 1 << 18

    /// By their last steps, ascending; those of one thread don't overlap.
    private(set) var spans: [Span] = []
    /// Of those who wait at the frontier the stretches so far; their last steps are not told.
    private var waiting: [Span] = []

    static func activity(_ cause: Blockage.Cause) -> TimelineCell.Activity {
        switch cause {
        case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite: .blocked
        case .sleep, .completion, .gracePeriod, .condition: .asleep
        case .teardown: .absent
        }
    }

    /// A thread went on behind these steps.
    mutating func note(_ thread: Int, _ cause: Blockage.Cause, steps: ClosedRange<Int>) {
        let span = Span(
            first: steps.lowerBound, last: steps.upperBound, thread: UInt8(truncatingIfNeeded: thread),
            activity: Self.activity(cause))
        // Only where a stretch that was passed over is run after all is it not the latest.
        if let last = spans.last, last.last > span.last {
            spans.insert(span, at: index(from: span.last + 1))
        } else {
            spans.append(span)
        }
        if spans.count >= 2 * Self.capacity { spans.removeFirst(Self.capacity) }
    }

    /// At the frontier others wait than did before.
    mutating func open(_ machine: Machine, behind steps: StepLog) {
        let mask = machine.foundWaiting
        waiting.removeAll { mask & (1 << UInt64($0.thread)) == 0 }
        for thread in 0..<machine.threadCount where mask & (1 << UInt64(thread)) != 0 {
            guard !waiting.contains(where: { $0.thread == thread }) else { continue }
            let first = steps.lastStep(of: thread, before: steps.count + 1) + 1
            waiting.append(
                Span(first: first, last: .max, thread: UInt8(thread), activity: Self.activity(machine.foundCause(of: thread))))
        }
    }

    /// Forgets what was behind a step: who went on there waits again.
    mutating func truncate(after step: Int) {
        let kept = index(from: step)
        waiting = (waiting + spans[kept...]).filter { $0.first <= step }
        spans.removeLast(spans.count - kept)
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
        var passed: UInt64 = 0
        for span in spans[index(from: first)...] {
            if span.first <= last { found.append(span) }
            // Of each thread the first that ends behind the stretch is the last that can reach into it.
            guard span.last >= last else { continue }
            passed |= 1 << UInt64(span.thread & 63)
            if passed.nonzeroBitCount >= 62 { break }
        }
        found += waiting.filter { $0.first <= last }
        return found
    }
}
