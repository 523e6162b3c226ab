import Scene

/// Where in an mm's address space things happen: clusters of ranges and intervals, far apart from each other.
///
/// A window over a cluster stays put while one steps, where a window over what is in flight would jump.
struct Places: Sendable, Equatable {
    /// Intervals and ranges longer than this are over "everything" and say nothing of where.
    private static let wholeSpace: UInt64 = 1 << 36
    private static let bucketShift: UInt64 = 22

    struct Cluster: Sendable, Equatable {
        var range: AddressRange
        /// The hull of the notifiers' intervals in it.
        var notifiers: AddressRange?
        var uses: Int

        mutating func add(_ other: Cluster) {
            range = hull(range, other.range)
            uses += other.uses
            if let more = other.notifiers { notifiers = notifiers.map { hull($0, more) } ?? more }
        }
    }

    private var buckets: [UInt64: Cluster] = [:]
    /// In ascending order.
    private(set) var clusters: [Cluster] = []

    static func isWhole(_ first: UInt64, _ last: UInt64) -> Bool { last &- first >= wholeSpace }

    mutating func add(_ first: UInt64, _ last: UInt64, isNotifier: Bool) {
        guard last >= first, !Places.isWhole(first, last) else { return }
        // A registered interval is what the recording is about; ranges elsewhere only pass by.
        let uses = isNotifier ? 1000 : 1
        let range = AddressRange(first, last)
        let new = Cluster(range: range, notifiers: isNotifier ? range : nil, uses: uses)
        buckets[first >> Places.bucketShift, default: Cluster(range: range, uses: 0)].add(new)
    }

    /// Joins neighbouring buckets.
    mutating func finish() {
        clusters = []
        for key in buckets.keys.sorted() {
            guard let next = buckets[key] else { continue }
            if let last = clusters.last, next.range.first &- last.range.last < 1 << Places.bucketShift
                || last.range.overlaps(next.range)
            {
                clusters[clusters.count - 1].add(next)
            } else {
                clusters.append(next)
            }
        }
        buckets = [:]
    }

    /// The hull of everything.
    var extent: AddressRange? {
        guard let first = clusters.first else { return nil }
        return AddressRange(first.range.first, clusters.reduce(0) { max($0, $1.range.last) })
    }

    /// What to show: where something is in flight, else where most happens; intervals before ranges.
    func window(inFlight: [ReplayState.OpenRange]) -> AddressRange? {
        let busiest = clusters.max { $0.uses < $1.uses }
        guard let local = inFlight.last(where: { !Places.isWhole($0.first, $0.last) }),
            let cluster = clusters.first(where: { $0.range.contains(local.first) })
        else { return busiest?.notifiers ?? busiest?.range }
        guard let notifiers = cluster.notifiers else { return cluster.range }
        // A range that misses every interval by far isn't worth making them small.
        let both = hull(notifiers, AddressRange(local.first, local.last))
        let isNear = (both.last - both.first) / 2 <= notifiers.last - notifiers.first
        return isNear ? both : notifiers
    }
}

/// The least range that holds both.
private func hull(_ one: AddressRange, _ other: AddressRange) -> AddressRange {
    AddressRange(min(one.first, other.first), max(one.last, other.last))
}
