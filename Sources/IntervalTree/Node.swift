/// One slot of the arena: 56 bytes without padding, so equal trees are equal bytes.
///
/// A node keeps the maxima of its two *sides* rather than that of its own subtree. So a query sees whether to go
/// left without touching the left child, and a change on one side is carried up without touching the other: in a
/// tree larger than the caches both save misses.
///
/// It also knows its neighbours in order. Hits of a query are mostly neighbours, and from one to the next this is one step
/// instead of a way down or up that takes a turn at every node.
///
/// Slot 0 is the header. Its left child is the root and its left maximum that of the whole tree; behind it comes the
/// first node and before it the last one. So every node has a parent and neighbours, and no operation treats the
/// root or the ends specially.
struct Node: Sendable {
    /// What `parentAndColour` is in a free slot: red without a parent, which no node of a tree is.
    private static let free: UInt32 = 1

    // What is read together stands together: the start and the children on the way down of an insertion, the children and
    // the parent in a removal, the children and the left maximum in a query.
    var first: UInt64
    private var children: InlineArray<2, Link>
    /// The parent's link; links are even, and the lowest bit says red.
    private var parentAndColour: UInt32
    var tag: UInt32
    /// The greatest end on either side; 0 if there is nothing (which must therefore be asked of the children).
    private var maxima: InlineArray<2, UInt64>
    var last: UInt64
    /// The nodes before and behind it in order.
    private var neighbours: InlineArray<2, Link>

    /// How far into a node its children are; see `Arena.child(of:isRight:)`.
    static let bytesBeforeChildren = 8

    /// A red leaf.
    init(first: UInt64, last: UInt64, tag: UInt32, parent: Link = .none) {
        self.first = first
        self.last = last
        self.tag = tag
        children = [.none, .none]
        maxima = [0, 0]
        neighbours = [.none, .none]
        parentAndColour = parent.words | 1
    }

    /// The header of an empty tree. Black, because nothing should see a red root as red under red.
    static var header: Node {
        var node = Node(first: 0, last: 0, tag: 0)
        node.isRed = false
        return node
    }

    /// Makes the slot a free one. What else it held stays: that too is the same after the same operations.
    mutating func becomeFree(next: Link) {
        left = next
        parentAndColour = Node.free
    }

    var isFree: Bool { parentAndColour == Node.free }

    var parent: Link {
        get { Link(words: parentAndColour & ~1) }
        set { parentAndColour = newValue.words | parentAndColour & 1 }
    }

    var isRed: Bool {
        get { parentAndColour & 1 != 0 }
        set { parentAndColour = parentAndColour & ~1 | (newValue ? 1 : 0) }
    }

    /// Stands where the other does: under the same parent, in the same colour.
    mutating func takeParentAndColour(of other: Node) {
        parentAndColour = other.parentAndColour
    }

    /// The greatest end below the node. A side without nodes counts 0, which raises no maximum.
    var maximumBelow: UInt64 { max(maxima[0], maxima[1]) }

    /// The greatest end in the node's subtree.
    var subtreeMaximum: UInt64 { max(last, maximumBelow) }

    var left: Link {
        get { children[0] }
        set { children[0] = newValue }
    }

    var right: Link {
        get { children[1] }
        set { children[1] = newValue }
    }

    subscript(child side: Side) -> Link {
        get { children[unchecked: side.index] }
        set { children[unchecked: side.index] = newValue }
    }

    subscript(maximum side: Side) -> UInt64 {
        get { maxima[unchecked: side.index] }
        set { maxima[unchecked: side.index] = newValue }
    }

    /// The node before (left) or behind (right).
    subscript(neighbour side: Side) -> Link {
        get { neighbours[unchecked: side.index] }
        set { neighbours[unchecked: side.index] = newValue }
    }
}

extension Node: Equatable {
    static func == (one: Node, other: Node) -> Bool {
        one.first == other.first && one.last == other.last && one.tag == other.tag
            && one.parentAndColour == other.parentAndColour
            && [Side.left, .right].allSatisfy { side in
                one[child: side] == other[child: side] && one[maximum: side] == other[maximum: side]
                    && one[neighbour: side] == other[neighbour: side]
            }
    }
}

/// How nodes name each other: the distance from the start of the arena in words of 4 bytes.
///
/// Not the slot's number, because a multiplication by 56 would stand between every two nodes of a path; a distance
/// in words is what processors can add while they load. Links are multiples of 14, so the lowest bit is free
/// for a colour.
struct Link: Hashable, Sendable {
    /// No node. (As a distance it is the header's, which is nobody's child.)
    static let none = Link(words: 0)
    private static let wordsPerNode: UInt32 = 14
    /// The most slots that a tree can have, the header included.
    static let maximumSlots = Int(UInt32.max / wordsPerNode)

    var words: UInt32
    var bytes: Int { Int(words) &* 4 }

    init(words: UInt32) {
        self.words = words
    }

    init(slot: UInt32) {
        words = slot &* Link.wordsPerNode
    }

    var slot: UInt32 { words / Link.wordsPerNode }

    /// Whether a node of an arena with so many slots begins there.
    func isValid(slots: Int) -> Bool {
        words.isMultiple(of: Link.wordsPerNode) && Int(slot) < slots
    }
}

/// Left or right. What is done on one side is done mirrored on the other; with the side as a number there is one
/// text for both, and no branch between them, which could not be foreseen.
struct Side: Equatable {
    static let left = Side(index: 0)
    static let right = Side(index: 1)

    /// 0 or 1.
    let index: Int

    private init(index: Int) {
        self.index = index
    }

    /// Right if it is true.
    init(isRight: Bool) {
        index = isRight ? 1 : 0
    }

    var opposite: Side { Side(index: 1 &- index) }
}
