import Scene

/// Where in an mm's address space things happen: clusters of ranges and intervals, far apart from each other.
///
/// A window over a cluster stays put while one steps, where a window over what is in flight would jump.
struct Places: Sendable, Equatable {
    /// Intervals and ranges longer than this are over "everything" and say nothing of where.
    private static let wholeSpace: UInt64 = 1 << 36
    private static let bucketShift: UInt64 = 26

    struct Cluster: Sendable, Equatable {
        var range: AddressRange
        var uses: Int
    }

    private var buckets: [UInt64: Cluster] = [:]
    /// In ascending order.
    private(set) var clusters: [Cluster] = []

    static func isWhole(_ first: UInt64, _ last: UInt64) -> Bool { last &- first >= wholeSpace }

    mutating func add(_ first: UInt64, _ last: UInt64, isNotifier: Bool) {
        guard last >= first, !Places.isWhole(first, last) else { return }
        // A registered interval is what the recording is about; ranges elsewhere only pass by.
        let uses = isNotifier ? 1000 : 1
        let key = first >> Places.bucketShift
        if let cluster = buckets[key] {
            buckets[key] = Cluster(
                range: AddressRange(min(first, cluster.range.first), max(last, cluster.range.last)),
                uses: cluster.uses + uses)
        } else {
            buckets[key] = Cluster(range: AddressRange(first, last), uses: uses)
        }
    }

    /// Joins neighbouring buckets.
    mutating func finish() {
        clusters = []
        for key in buckets.keys.sorted() {
            guard let next = buckets[key] else { continue }
            if let last = clusters.last, next.range.first &- last.range.last < 1 << Places.bucketShift
                || last.range.overlaps(next.range)
            {
                clusters[clusters.count - 1].range = AddressRange(
                    last.range.first, max(last.range.last, next.range.last))
                clusters[clusters.count - 1].uses += next.uses
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

    /// What to show: where something is in flight, else where most happens.
    func window(inFlight: [ReplayState.OpenRange]) -> AddressRange? {
        let local = inFlight.last { !Places.isWhole($0.first, $0.last) }
        if let local, let cluster = clusters.first(where: { $0.range.contains(local.first) }) { return cluster.range }
        return clusters.max { $0.uses < $1.uses }?.range
    }
}
