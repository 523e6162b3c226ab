import Scene

/// How long each thread waited in each column of a stretch. What is known already isn't counted again: of a history that is
/// looked at from afar while it goes on, only what came since the last frame.
struct WaitColumns: Sendable {
    let first: Int
    let last: Int
    let scale: Int
    let columns: Int
    private let threads: Int
    /// By column, then by thread.
    private var counts: [ActivityCounts]
    /// How many of the log's spans were counted, dropped ones among them, and how many of its late ones.
    private var counted = (spans: 0, late: 0)

    private init(_ stretch: ClosedRange<Int>, scale: Int, columns: Int, threads: Int) {
        (first, last) = (stretch.lowerBound, stretch.upperBound)
        self.scale = scale
        self.columns = columns
        self.threads = threads
        counts = [ActivityCounts](repeating: ActivityCounts(), count: columns * threads)
    }

    /// Of the steps `first + 1 ... first + columns * scale`, as far as there are such.
    /// - Parameters:
    ///   - last: the last step that there is.
    ///   - found: see ``WaitLog/unfinished(to:among:)``.
    ///   - kept: what was counted last time, to go on from.
    init(_ log: WaitLog, first: Int, last: Int, scale: Int, columns: Int, threads: Int, found: UInt64 = .max, kept: inout WaitColumns?) {
        let stretch = first...(first + columns * scale)
        var sum = WaitColumns(stretch, scale: scale, columns: columns, threads: threads)
        let isSame = kept.map { $0.first == first && $0.scale == scale && $0.columns == columns && $0.threads == threads } ?? false
        if isSame, let known = kept.take(), known.counted.late <= log.late.count { sum = known }
        let behind = sum.counted.spans
        log.forEach(from: first + 1, to: sum.last, behind: behind) { sum.add($0, upTo: sum.last) }
        for span in log.late[sum.counted.late...] where span.last > first && span.first <= sum.last { sum.add(span, upTo: sum.last) }
        sum.counted = (log.dropped + log.spans.count, log.late.count)
        kept = sum
        // Those that have no end yet are another number each time.
        for span in log.unfinished(to: last, among: found) { sum.add(span, upTo: last) }
        self = sum
    }

    private mutating func add(_ span: WaitLog.Span, upTo last: Int) {
        let from = max(span.first, first + 1)
        let to = min(span.last, last)
        let thread = Int(span.thread)
        guard from <= to, thread < threads else { return }
        for column in (from - 1 - first) / scale...(to - 1 - first) / scale where column < columns {
            let begin = first + column * scale + 1
            let steps = min(to, begin + scale - 1) - max(from, begin) + 1
            counts[column * threads + thread].add(span.activity, steps)
        }
    }

    func counts(_ thread: Int, _ column: Int) -> ActivityCounts {
        thread < threads ? counts[column * threads + thread] : ActivityCounts()
    }
}
