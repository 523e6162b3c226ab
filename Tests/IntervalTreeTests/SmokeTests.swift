import IntervalTree
import Testing

@Test func smoke() throws {
    var tree = IntervalTree()
    let a = tree.insert(first: 1, last: 4, tag: 1)
    tree.insert(first: 3, last: 3, tag: 2)
    try tree.checkInvariants()
    #expect(tree.overlaps(first: 2, last: 9).map { tree.tag(of: $0) } == [1, 2])
    tree.remove(a)
    try tree.checkInvariants()
    #expect(tree.firstOverlap(first: 0, last: 2) == nil)
}
