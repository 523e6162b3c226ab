import IntervalTree
import Testing

@Suite("Interval tree: every small case")
struct ExhaustiveTests {
    /// Ranges over 0...11 that nest, touch, repeat a start and repeat altogether.
    static let ranges: [ClosedRange<UInt64>] = [2...3, 0...9, 4...4, 4...8, 6...11, 4...4, 10...10]

    @Test(
        "every insertion order, every query, and every removal order",
        arguments: [1, 2, 3, 4, 5])
    func everyOrder(size: Int) throws {
        let chosen = Array(Self.ranges.prefix(size).enumerated())
        let removals = permutations(Array(0..<size))
        for order in permutations(chosen) {
            var tree = IntervalTree()
            var model = SortedArrayModel()
            for (tag, range) in order {
                Self.insert(range, tag: UInt32(tag), into: &tree, and: &model)
                try tree.checkInvariants()
            }
            try #require(tree.entriesInOrder == model.entries, "inserted in order \(order)")
            try Self.compareQueries(tree, model, "inserted in order \(order)")

            let handles = model.entries.map(\.handle)
            for removal in removals {
                var (tree, model) = (tree, model)
                for index in removal {
                    tree.remove(handles[index])
                    model.remove(handles[index])
                    try tree.checkInvariants()
                    try #require(tree.entriesInOrder == model.entries, "inserted \(order), removed \(removal)")
                }
                try #require(tree.isEmpty && tree.root == nil)
            }
        }
    }

    @Test("seven ranges: every insertion order, then each one removed")
    func sevenRanges() throws {
        let chosen = Array(Self.ranges.enumerated())
        for order in permutations(chosen) {
            var tree = IntervalTree()
            var model = SortedArrayModel()
            for (tag, range) in order {
                Self.insert(range, tag: UInt32(tag), into: &tree, and: &model)
            }
            try tree.checkInvariants()
            try #require(tree.entriesInOrder == model.entries, "inserted in order \(order)")
            for entry in model.entries {
                var tree = tree
                tree.remove(entry.handle)
                try tree.checkInvariants()
                try #require(tree.count == 6)
            }
        }
    }

    @Test("trees of 1 to 40 ranges in three orders: each one removed, then all queries")
    func deeperRemovals() throws {
        for size in 1...40 {
            let starts = Array(0..<UInt64(size))
            for order in [starts, starts.reversed(), starts.map { $0 &* 29 % 41 }] {
                var tree = IntervalTree()
                var handles: [IntervalTree.Handle] = []
                for start in order {
                    handles.append(tree.insert(first: start, last: start + start % 3, tag: UInt32(start)))
                }
                for handle in handles {
                    var tree = tree
                    tree.remove(handle)
                    try tree.checkInvariants()
                    try #require(!tree.contains(handle) && tree.count == size - 1)
                }
            }
        }
    }

    private static func insert(
        _ range: ClosedRange<UInt64>, tag: UInt32, into tree: inout IntervalTree, and model: inout SortedArrayModel
    ) {
        let handle = tree.insert(first: range.lowerBound, last: range.upperBound, tag: tag)
        model.insert(.init(first: range.lowerBound, last: range.upperBound, tag: tag, handle: handle))
    }

    private static func compareQueries(
        _ tree: IntervalTree, _ model: SortedArrayModel, _ what: @autoclosure () -> String
    ) throws {
        for first in UInt64(0)...12 {
            for last in first...12 {
                try #require(
                    Array(tree.overlaps(first: first, last: last)) == model.overlaps(first: first, last: last),
                    "\(what()), asked for \(first)...\(last)")
            }
        }
    }
}
