import IntervalTree
import Testing

@Suite("Interval tree: what one has other than another")
struct TreeDifferenceTests {
    @Test("becomes the other again, in shape, slots and what comes next", arguments: [0, 3, 200])
    func becomes(initial: Int) throws {
        let seed = RandomOperationTests.seed
        var generator = SeededGenerator(seed: seed)
        var base = IntervalTree()
        var handles = Self.grow(&base, by: initial, &generator)
        var tree = base
        var kept: [(IntervalTree, IntervalTree.Difference)] = []
        for _ in 0..<30 {
            handles += Self.grow(&tree, by: Int.random(in: 0..<12, using: &generator), &generator)
            for _ in 0..<Int.random(in: 0..<12, using: &generator) where !handles.isEmpty {
                tree.remove(handles.remove(at: Int.random(in: 0..<handles.count, using: &generator)))
            }
            kept.append((tree, tree.difference(from: base)))
        }
        for _ in 0..<60 {
            let (wanted, difference) = kept[Int.random(in: 0..<kept.count, using: &generator)]
            tree.become(difference, from: base)
            try #require(tree == wanted, "MMUSCOPE_TEST_SEED=\(seed)")
            var (one, other) = (tree, wanted)
            let (first, second) = (one.insert(first: 7, last: 9, tag: 1), other.insert(first: 7, last: 9, tag: 1))
            try #require(first == second && one == other, "MMUSCOPE_TEST_SEED=\(seed)")
        }
    }

    @Test("nothing is kept of two that are the same")
    func same() {
        var generator = SeededGenerator(seed: 1)
        var tree = IntervalTree()
        _ = Self.grow(&tree, by: 50, &generator)
        #expect(tree.difference(from: tree).byteCount == 0)
        let before = tree
        let handle = tree.insert(first: 1, last: 2, tag: 3)
        tree.remove(handle)
        var other = IntervalTree()
        other.become(tree.difference(from: before), from: before)
        #expect(other == tree)
    }

    private static func grow(_ tree: inout IntervalTree, by count: Int, _ generator: inout SeededGenerator) -> [IntervalTree.Handle] {
        (0..<count).map { _ in
            let first = UInt64.random(in: 0..<1_000, using: &generator)
            return tree.insert(first: first, last: first + .random(in: 0..<50, using: &generator), tag: 1)
        }
    }
}
