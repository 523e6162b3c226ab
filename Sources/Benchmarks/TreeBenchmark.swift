import CIntervalTreePeer
import IntervalTree

/// The interval tree against a C tree of pointers (see `interval_tree_peer.h`), both with room for all nodes beforehand and
/// both with nodes in one array in order of insertion, which is the best that can happen to pointers.
enum TreeBenchmark {
    /// The operations in the order in which a round times them.
    enum Operation: String, CaseIterable {
        case insert = "insert"
        case query = "query, ~4 hits"
        case removeInOrder = "remove, insertion order"
        case removeAtRandom = "remove, random order"

        /// What the kernel's own tree took on one of the project's machines, where that was measured.
        func kernelFigure(size: Int) -> Double? {
            switch (self, size) {
            case (.insert, 1000): 68
            case (.insert, 100_000): 161
            case (.insert, 1_000_000): 902
            case (.query, 1000): 76
            case (.query, 100_000): 312
            case (.query, 1_000_000): 1961
            case (.removeInOrder, 1000): 38
            case (.removeInOrder, 100_000): 47
            case (.removeInOrder, 1_000_000): 180
            default: nil
            }
        }
    }

    static func run() {
        var table = Table("operation", "nodes", "ours ns", "peer ns", "ratio", "kernel ns", "ours/kernel")
        // `mmuscope-bench tree 1000` is for tuning: that size alone.
        let asked = CommandLine.arguments.compactMap { Int($0) }.filter { $0 > 0 }
        for size in asked.isEmpty ? [1000, 100_000, 1_000_000] : asked {
            let samples = measure(size: size, rounds: size < 1_000_000 ? 11 : 5)
            for operation in Operation.allCases {
                guard let pair = samples[operation] else { continue }
                let kernel = operation.kernelFigure(size: size)
                let ours = pair.ours.median
                table.add(
                    operation.rawValue, String(size), ours.digits(0), pair.peer.median.digits(0), pair.ratio.digits(2),
                    kernel.map { $0.digits(0) } ?? "", kernel.map { (ours / $0).digits(2) } ?? "")
            }
        }
        table.print()
    }

    private static func measure(size: Int, rounds: Int) -> [Operation: PairedSamples] {
        // A round that is too short measures the clock; and one small load over and over would be learnt by the branch
        // predictor, so there are as many loads as repetitions.
        let loads = (0..<max(1, 200_000 / size)).map { Workload(size: size, seed: UInt64($0)) }
        var ours = OurTree(capacity: size)
        var peer = PeerTree(capacity: size)
        var samples: [Operation: PairedSamples] = [:]
        for round in 0...rounds {
            var ourTimes: [Operation: Double] = [:]
            var peerTimes: [Operation: Double] = [:]
            for load in loads {
                let found = time(&ours, load, into: &ourTimes)
                precondition(time(&peer, load, into: &peerTimes) == found, "the trees disagree")
            }
            // The first round meets cold caches and untouched pages.
            if round == 0 { continue }
            let operations = Double(size * loads.count)
            for (operation, ourTime) in ourTimes {
                guard let peerTime = peerTimes[operation] else { continue }
                samples[operation, default: PairedSamples()].add(
                    ours: ourTime / operations, peer: peerTime / operations)
            }
        }
        return samples
    }

    /// Adds up the times and returns what the queries found.
    private static func time(
        _ tree: inout some MeasuredTree, _ load: Workload, into times: inout [Operation: Double]
    ) -> UInt64 {
        var found: UInt64 = 0
        tree.clear()
        times[.insert, default: 0] += nanoseconds { tree.insert(load.ranges) }
        times[.query, default: 0] += nanoseconds { found = tree.query(load.queries) }
        times[.removeInOrder, default: 0] += nanoseconds { tree.remove(load.insertionOrder) }
        tree.clear()
        tree.insert(load.ranges)
        times[.removeAtRandom, default: 0] += nanoseconds { tree.remove(load.randomOrder) }
        return found
    }
}

/// Ranges, as many queries with about four hits each, and two orders to remove in.
struct Workload {
    let ranges: [ClosedRange<UInt64>]
    let queries: [ClosedRange<UInt64>]
    let insertionOrder: [Int]
    let randomOrder: [Int]

    init(size: Int, seed: UInt64) {
        var generator = SeededGenerator(state: seed << 32 + UInt64(size))
        // One start per page on average; a range and a query together span four pages.
        let space = UInt64(size) * 4096
        func spans(_ lengths: ClosedRange<UInt64>) -> [ClosedRange<UInt64>] {
            (0..<size).map { _ in
                let first = UInt64.random(in: 0..<space, using: &generator)
                return first...(first + .random(in: lengths, using: &generator))
            }
        }
        ranges = spans(0...8191)
        queries = spans(8192...16383)
        insertionOrder = Array(0..<size)
        randomOrder = insertionOrder.shuffled(using: &generator)
    }
}

/// What is timed. Each call does all the work of an operation, so that no dispatch is measured.
protocol MeasuredTree {
    mutating func clear()
    mutating func insert(_ ranges: [ClosedRange<UInt64>])
    /// Something that depends on every hit.
    mutating func query(_ queries: [ClosedRange<UInt64>]) -> UInt64
    /// By number of insertion.
    mutating func remove(_ order: [Int])
}

struct OurTree: MeasuredTree {
    private var tree: IntervalTree

    init(capacity: Int) {
        tree = IntervalTree(minimumCapacity: capacity)
    }

    mutating func clear() {
        tree.removeAll(keepingCapacity: true)
    }

    mutating func insert(_ ranges: [ClosedRange<UInt64>]) {
        for range in ranges {
            tree.insert(first: range.lowerBound, last: range.upperBound, tag: 0)
        }
    }

    mutating func query(_ queries: [ClosedRange<UInt64>]) -> UInt64 {
        var sum: UInt64 = 0
        for query in queries {
            let (first, last) = (query.lowerBound, query.upperBound)
            var hit = tree.firstOverlap(first: first, last: last)
            while let handle = hit {
                sum &+= UInt64(handle.index)
                hit = tree.nextOverlap(after: handle, first: first, last: last)
            }
        }
        return sum
    }

    mutating func remove(_ order: [Int]) {
        for number in order {
            // Slots are given out in order, from 1.
            tree.remove(IntervalTree.Handle(index: UInt32(number + 1)))
        }
    }
}

struct PeerTree: MeasuredTree {
    private var tree = peer_tree()
    /// Never freed: the process ends soon.
    private let nodes: UnsafeMutableBufferPointer<peer_node>

    init(capacity: Int) {
        nodes = .allocate(capacity: capacity)
        nodes.initialize(repeating: peer_node())
    }

    mutating func clear() {
        tree.root = nil
    }

    mutating func insert(_ ranges: [ClosedRange<UInt64>]) {
        guard var node = nodes.baseAddress else { return }
        for range in ranges {
            node.pointee.first = range.lowerBound
            node.pointee.last = range.upperBound
            peer_insert(&tree, node)
            node += 1
        }
    }

    mutating func query(_ queries: [ClosedRange<UInt64>]) -> UInt64 {
        guard let base = nodes.baseAddress else { return 0 }
        var sum: UInt64 = 0
        for query in queries {
            let (first, last) = (query.lowerBound, query.upperBound)
            var hit = peer_first_overlap(&tree, first, last)
            while let node = hit {
                // The number that our tree's handle has.
                sum &+= UInt64(node - base + 1)
                hit = peer_next_overlap(node, first, last)
            }
        }
        return sum
    }

    mutating func remove(_ order: [Int]) {
        guard let base = nodes.baseAddress else { return }
        for number in order {
            peer_remove(&tree, base + number)
        }
    }
}
