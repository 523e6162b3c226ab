import IntervalTree
import Testing

@Suite("Interval tree: what it promises")
struct BehaviourTests {
    @Test("an empty tree answers nothing")
    func empty() throws {
        let tree = IntervalTree()
        #expect(tree.isEmpty && tree.count == 0)
        #expect(tree.root == nil && tree.minimum == nil)
        #expect(tree.firstOverlap(first: 0, last: .max) == nil)
        #expect(!tree.contains(.init(index: 0)) && !tree.contains(.init(index: 1)))
        try tree.checkInvariants()
        #expect(tree == IntervalTree(minimumCapacity: 100))
    }

    @Test("handles have an index above 0")
    func noHandleIsZero() {
        var tree = IntervalTree()
        let handles = (0..<10).map { tree.insert(first: $0, last: $0, tag: 0) }
        #expect(handles.map(\.index) == Array(1...10))
        #expect(!tree.contains(.init(index: 0)))
    }

    @Test("equal starts keep the order of insertion, whatever their ends, also when one leaves and comes back")
    func orderAmongEquals() throws {
        var tree = IntervalTree()
        var handles: [IntervalTree.Handle] = []
        for tag in UInt32(0)..<20 {
            handles.append(tree.insert(first: 50, last: 50 + UInt64(tag * 7 % 20), tag: tag))
            tree.insert(first: 10 + UInt64(tag), last: 20 + UInt64(tag), tag: 100 + tag)
            tree.insert(first: 60 + UInt64(tag), last: 100, tag: 200 + tag)
        }
        #expect(tree.overlappingTags(50, 50) == Array(0..<20))

        tree.remove(handles[4])
        tree.insert(first: 50, last: 50, tag: 4)
        try tree.checkInvariants()
        #expect(tree.overlappingTags(50, 50) == Array(0..<4) + Array(5..<20) + [4])
    }

    @Test("identical ranges are all kept, and removed one by one")
    func duplicates() throws {
        var tree = IntervalTree()
        var handles = (UInt32(0)..<9).map { tree.insert(first: 7, last: 9, tag: $0) }
        #expect(tree.overlappingTags(9, 9) == Array(0..<9))
        while let handle = handles.popLast() {
            tree.remove(handle)
            try tree.checkInvariants()
            #expect(tree.overlappingTags(7, 7) == Array(0..<UInt32(handles.count)))
        }
        #expect(tree.isEmpty)
    }

    @Test("ranges include both ends, up to UInt64.max")
    func ends() throws {
        var tree = IntervalTree()
        let all = tree.insert(first: 0, last: .max, tag: 0)
        tree.insert(first: .max, last: .max, tag: 1)
        tree.insert(first: 0, last: 0, tag: 2)
        tree.insert(first: 100, last: 199, tag: 3)
        try tree.checkInvariants()
        #expect(tree.overlappingTags(0, .max) == [0, 2, 3, 1])
        #expect(tree.overlappingTags(.max, .max) == [0, 1])
        #expect(tree.overlappingTags(0, 0) == [0, 2])
        #expect(tree.overlappingTags(1, 99) == [0])
        #expect(tree.overlappingTags(199, 200) == [0, 3])
        #expect(tree.range(of: all) == 0...UInt64.max)

        tree.remove(all)
        try tree.checkInvariants()
        #expect(tree.overlappingTags(1, 99) == [])
        #expect(tree.overlappingTags(99, 100) == [3])
        #expect(tree.overlappingTags(200, .max) == [1])
    }

    @Test("a tree of nothing but 0...0, where missing and present maxima are the same number")
    func zeros() throws {
        var tree = IntervalTree()
        for tag in UInt32(0)..<30 {
            tree.insert(first: 0, last: 0, tag: tag)
            try tree.checkInvariants()
        }
        #expect(tree.overlappingTags(0, 0) == Array(0..<30))
        #expect(tree.overlappingTags(1, .max) == [])
    }

    @Test("freed slots are reused, the last one first, and only then do stale handles name something again")
    func slotReuse() {
        var tree = IntervalTree()
        let handles = (UInt32(0)..<4).map { tree.insert(first: UInt64($0), last: 9, tag: $0) }
        tree.remove(handles[1])
        tree.remove(handles[2])
        #expect(handles.map(tree.contains) == [true, false, false, true])

        let reused = tree.insert(first: 5, last: 6, tag: 42)
        #expect(reused == handles[2])
        #expect(handles.map(tree.contains) == [true, false, true, true])
        #expect(tree.tag(of: handles[2]) == 42)
        #expect(tree.insert(first: 5, last: 6, tag: 43) == handles[1])
        #expect(tree.insert(first: 5, last: 6, tag: 44).index == 5)
    }

    @Test("other handles survive insertions and removals around them")
    func handleStability() {
        var tree = IntervalTree()
        let kept = tree.insert(first: 500, last: 600, tag: 7)
        var others = (UInt64(0)..<1000).map { tree.insert(first: $0, last: $0 + 3, tag: 0) }
        while let other = others.popLast() {
            tree.remove(other)
            if others.count % 100 == 0 {
                #expect(tree.contains(kept) && tree.range(of: kept) == 500...600 && tree.tag(of: kept) == 7)
            }
        }
        #expect(tree.root == kept && tree.count == 1)
    }

    @Test("copies are independent, and equal until one changes")
    func copies() throws {
        var tree = IntervalTree()
        let handles = (UInt32(0)..<50).map { tree.insert(first: UInt64($0), last: UInt64($0) + 5, tag: $0) }
        var copy = tree
        #expect(copy == tree)

        copy.remove(handles[10])
        tree.insert(first: 1000, last: 2000, tag: 99)
        try tree.checkInvariants()
        try copy.checkInvariants()
        #expect(copy != tree)
        #expect(tree.contains(handles[10]) && !copy.contains(handles[10]))
        #expect(copy.firstOverlap(first: 1500, last: 1500) == nil)
        #expect(tree.count == 51 && copy.count == 49)
    }

    @Test("a sequence of overlaps goes on over the tree as it was")
    func overlapsAreASnapshot() {
        var tree = IntervalTree()
        for tag in UInt32(0)..<10 {
            tree.insert(first: UInt64(tag), last: 20, tag: tag)
        }
        var tags: [UInt32] = []
        for handle in tree.overlaps(first: 0, last: 100) {
            tags.append(tree.tag(of: handle))
            tree.remove(handle)
        }
        #expect(tags == Array(0..<10))
        #expect(tree.isEmpty)
    }

    @Test("removing everything makes a new tree", arguments: [false, true])
    func removeAll(keepingCapacity: Bool) throws {
        var tree = IntervalTree()
        let handles = (UInt64(0)..<20).map { tree.insert(first: $0, last: $0, tag: 0) }
        tree.remove(handles[3])
        tree.removeAll(keepingCapacity: keepingCapacity)
        #expect(tree.firstOverlap(first: 0, last: .max) == nil)
        try tree.checkInvariants()
        #expect(tree == IntervalTree())
        #expect(!tree.contains(handles[0]))
        #expect(tree.insert(first: 1, last: 2, tag: 3).index == 1)
    }

    @Test("the structure can be walked: order, parents, maxima, heights")
    func structure() throws {
        var tree = IntervalTree()
        for tag in UInt32(0)..<100 {
            tree.insert(first: UInt64(tag * 37 % 100), last: UInt64(tag * 37 % 100 + tag % 7), tag: tag)
        }
        let root = try #require(tree.root)
        #expect(tree.parent(of: root) == nil && !tree.isRed(root))
        var depths: [Int] = []
        func visit(_ handle: IntervalTree.Handle, depth: Int) -> (tags: [UInt32], maximum: UInt64) {
            depths.append(depth)
            var tags: [UInt32] = []
            var maximum = tree.last(of: handle)
            if let left = tree.left(of: handle) {
                #expect(tree.parent(of: left) == handle)
                let below = visit(left, depth: depth + 1)
                tags += below.tags
                maximum = max(maximum, below.maximum)
            }
            tags.append(tree.tag(of: handle))
            if let right = tree.right(of: handle) {
                #expect(tree.parent(of: right) == handle)
                let below = visit(right, depth: depth + 1)
                tags += below.tags
                maximum = max(maximum, below.maximum)
            }
            #expect(tree.subtreeMaximum(of: handle) == maximum)
            return (tags, maximum)
        }
        #expect(visit(root, depth: 1).tags == tree.tagsInOrder)
        #expect(depths.count == 100)
        // Twice the logarithm of the size bounds a red-black tree's height.
        #expect(depths.max() ?? 0 <= 13)
    }
}
