/// Totals over a whole recording.
public struct TraceSummary: Sendable, Equatable {
    /// Kernel events.
    public var events = 0
    /// How often each event occurs, by its recorded name.
    public var eventsByName: [String: Int] = [:]
    /// range_start by what the invalidation is for: UNMAP, CLEAR, …
    public var ranges: [String: Int] = [:]
    /// A range started inside another of the same task and mm: "UNMAP>UNMAP".
    public var nested: [String: Int] = [:]
    /// hmm_range_fault by return value.
    public var rangeFaults: [Int: Int] = [:]
    /// Inserts into an idle mm, during full exclusion (deferred), and during partial exclusion.
    public var insertsIdle = 0
    public var insertsDeferred = 0
    public var insertsActive = 0
    /// Removes carried out at once, deferred, and cancelling a deferred insert.
    public var removesNow = 0
    public var removesDeferred = 0
    public var removesCancelling = 0
    /// mmu_interval_read_begin found a colliding invalidation.
    public var collisions = 0
    /// What mmu_interval_read_retry answered, where the driver told.
    public var retriesNeeded = 0
    public var retriesNotNeeded = 0
    /// The most invalidations active at once in one mm.
    public var maxActive = 0
    /// Starts that a callback refused (-EAGAIN).
    public var refusedStarts = 0
    public var mms = 0
    public var notifiers = 0
    public var tasks = 0
    /// Lines that are no events, and events that the kernel says it dropped.
    public var unknownLines = 0
    public var gaps = 0
    public var lostEvents = 0

    public init() {}

    /// The summary as lines of text, for people.
    public var lines: [String] {
        var lines = [
            "\(events) events; \(tasks) task\(tasks == 1 ? "" : "s"), \(mms) mm\(mms == 1 ? "" : "s"), "
                + "\(notifiers) interval notifier\(notifiers == 1 ? "" : "s")"
        ]
        func add(_ title: String, _ counts: [String: Int]) {
            guard !counts.isEmpty else { return }
            let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            lines.append(title + ": " + sorted.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
        }
        add("invalidations", ranges)
        add("nested in one task", nested)
        add(
            "hmm_range_fault",
            Dictionary(rangeFaults.map { ($0.key == 0 ? "0" : errorName(Int64($0.key)), $0.value) }) { $0 + $1 })
        lines.append(
            "inserts: \(insertsIdle) idle, \(insertsDeferred) deferred, \(insertsActive) while active but even")
        lines.append("removes: \(removesNow) at once, \(removesDeferred) deferred, \(removesCancelling) cancelling")
        lines.append("read_begin collided \(collisions); read_retry: \(retriesNeeded) yes, \(retriesNotNeeded) no")
        lines.append("at most \(maxActive) active at once; \(refusedStarts) starts refused")
        if gaps > 0 { lines.append("\(gaps) gaps, \(lostEvents) events lost") }
        if unknownLines > 0 { lines.append(unknownLines == 1 ? "1 line is no event" : "\(unknownLines) lines are no events") }
        return lines
    }
}

extension TraceSummary {
    /// Counts one event that was just carried out.
    mutating func count(_ event: Occurrence, _ fact: Fact) {
        events += 1
        let fields = event.fields
        switch event.kind {
        case .rangeStart: ranges[RangeEvent.name(fields[.event]), default: 0] += 1
        case .rangeStartReturn where fields.result == -11: refusedStarts += 1
        case .rangeFaultReturn: rangeFaults[Int(fields.result), default: 0] += 1
        case .insertUnderLock:
            if fields[.active] == 0 {
                insertsIdle += 1
            } else if fact.detail.contains(.postponed) {
                insertsDeferred += 1
            } else {
                insertsActive += 1
            }
        case .removeNow: removesNow += 1
        case .removeDeferred: removesDeferred += 1
        case .removeCancelling: removesCancelling += 1
        case .readBeginUnderLock where fact.row == .collide: collisions += 1
        case .observedReadRetry:
            if fields[.retry] == 0 { retriesNotNeeded += 1 } else { retriesNeeded += 1 }
        case .invStart: maxActive = max(maxActive, Int(clamping: fields[.active]))
        default: break
        }
    }
}
