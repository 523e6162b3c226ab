import Foundation
import IntervalTree
import Testing

@Suite("Interval tree: random operations against a sorted array")
struct RandomOperationTests {
    /// How ranges are drawn: few values give many equal starts and long overlaps, many values few.
    enum Universe: CaseIterable {
        case sixteenValues
        case aThousandValues
        case pages
        case everything

        func range(_ generator: inout SeededGenerator) -> ClosedRange<UInt64> {
            let first: UInt64
            var length: UInt64
            switch self {
            case .sixteenValues:
                (first, length) = (.random(in: 0..<16, using: &generator), .random(in: 0..<8, using: &generator))
            case .aThousandValues:
                (first, length) = (.random(in: 0..<1000, using: &generator), .random(in: 0..<40, using: &generator))
            case .pages:
                first = 0x7f00_0000_0000 + 4096 * .random(in: 0..<5000, using: &generator)
                length = 4096 * .random(in: 1..<64, using: &generator) - 1
            case .everything:
                first = edge(&generator)
                length = edge(&generator)
            }
            length = min(length, UInt64.max - first)
            return first...(first + length)
        }

        /// Anything, often next to an end of the number line.
        private func edge(_ generator: inout SeededGenerator) -> UInt64 {
            switch UInt64.random(in: 0..<4, using: &generator) {
            case 0: .random(in: 0..<3, using: &generator)
            case 1: UInt64.max - .random(in: 0..<3, using: &generator)
            default: generator.next()
            }
        }
    }

    /// New for every run; `MMUSCOPE_TEST_SEED=…` runs a failure again from the seed that it printed.
    static let seed = ProcessInfo.processInfo.environment["MMUSCOPE_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)

    @Test("insert, remove, query; invariants after each", arguments: Universe.allCases, [12, 300])
    func operations(universe: Universe, population: Int) throws {
        var run = Run(universe: universe, population: population, seed: Self.seed)
        for step in 0..<800 {
            do {
                try run.step()
            } catch {
                Issue.record("\(universe), population \(population), seed \(Self.seed), step \(step): \(error)")
                return
            }
        }
    }

    @Test("the same operations give the same arena, slot for slot")
    func determinism() throws {
        var one = Run(universe: .aThousandValues, population: 100, seed: 7)
        var other = Run(universe: .aThousandValues, population: 100, seed: 7)
        for _ in 0..<2000 {
            try one.step(checking: false)
            try other.step(checking: false)
            try #require(one.tree == other.tree)
        }
    }
}

/// What differed from the model.
private struct Difference: Error {
    let what: String
}

/// A tree and its model side by side, under operations drawn from a seed.
private struct Run {
    let universe: RandomOperationTests.Universe
    let population: Int
    var generator: SeededGenerator
    var tree = IntervalTree()
    var model = SortedArrayModel()
    var nextTag: UInt32 = 0

    init(universe: RandomOperationTests.Universe, population: Int, seed: UInt64) {
        self.universe = universe
        self.population = population
        generator = SeededGenerator(seed: seed)
    }

    mutating func step(checking: Bool = true) throws {
        // Around the population, insertions and removals balance; the tree now and then empties when that is small.
        let size = model.entries.count
        if Int.random(in: 0..<(2 * population), using: &generator) >= size {
            insert()
        } else {
            try remove()
        }
        guard checking else { return }
        try tree.checkInvariants()
        try compare()
    }

    private mutating func insert() {
        let range = universe.range(&generator)
        let handle = tree.insert(first: range.lowerBound, last: range.upperBound, tag: nextTag)
        model.insert(.init(first: range.lowerBound, last: range.upperBound, tag: nextTag, handle: handle))
        nextTag += 1
    }

    private mutating func remove() throws {
        guard let victim = model.entries.randomElement(using: &generator)?.handle else { return }
        tree.remove(victim)
        model.remove(victim)
        try expect(!tree.contains(victim), "removed \(victim) is still there")
    }

    private mutating func compare() throws {
        try expect(tree.count == model.entries.count, "count")
        try expect(tree.entriesInOrder == model.entries, "order")
        for _ in 0..<4 {
            let range = universe.range(&generator)
            let (first, last) = (range.lowerBound, range.upperBound)
            let wanted = model.overlaps(first: first, last: last)
            try expect(tree.firstOverlap(first: first, last: last) == wanted.first, "first overlap of \(range)")
            try expect(Array(tree.overlaps(first: first, last: last)) == wanted, "overlaps of \(range)")
            // From any node, not only from one that overlaps.
            if let handle = model.entries.randomElement(using: &generator)?.handle {
                try expect(
                    tree.nextOverlap(after: handle, first: first, last: last)
                        == model.nextOverlap(after: handle, first: first, last: last),
                    "next overlap of \(range) after \(handle)")
            }
        }
    }

    private func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        if !holds { throw Difference(what: what()) }
    }
}
