/// One slot of the arena: 48 bytes without padding, so equal trees are equal bytes.
///
/// The fields stand in three groups of 16 bytes, and a slot begins at a multiple of 16, so no group is split between two cache
/// lines: an insertion's way down reads the first group only, a query's the first two.
///
/// A node keeps the maxima of its two *sides* rather than that of its own subtree. So a query sees whether to go
/// left without touching the left child, and a change on one side is carried up without touching the other: in a
/// tree larger than the caches both save a miss a level.
///
/// Slot 0 is the header. Its left child is the root and its left maximum that of the whole tree, so the
/// root has a parent like any other node and no operation treats it specially. As a *link*, 0 means "no node".
struct Node: Sendable, Equatable {
    /// The link to no node. As a slot it is the header's.
    static let none: UInt32 = 0
    /// What `parentAndColour` is in a free slot; no live node has it, as slots stay below 2³¹ − 1.
    static let free: UInt32 = .max
    /// The most slots that a tree can have, the header included.
    static let maximumSlots = Int(UInt32.max >> 1)

    var first: UInt64
    var left: UInt32
    var right: UInt32

    /// The greatest end on the left; 0 if there is nothing (which must therefore be asked of `left`).
    var leftMaximum: UInt64
    var last: UInt64

    /// The greatest end on the right; 0 if there is nothing.
    var rightMaximum: UInt64
    /// The parent's slot shifted by one; the lowest bit says red.
    var parentAndColour: UInt32
    var tag: UInt32

    /// A red leaf.
    init(first: UInt64, last: UInt64, tag: UInt32, parent: UInt32) {
        self.first = first
        self.last = last
        self.tag = tag
        left = Node.none
        right = Node.none
        leftMaximum = 0
        rightMaximum = 0
        parentAndColour = parent << 1 | 1
    }

    /// The header of an empty tree. Black, because a red root has to be noticed by no one.
    static var header: Node {
        var node = Node(first: 0, last: 0, tag: 0, parent: none)
        node.isRed = false
        return node
    }

    /// A free slot, zeroed so that what was there doesn't make equal trees unequal.
    static func freeSlot(next: UInt32) -> Node {
        var node = Node(first: 0, last: 0, tag: 0, parent: none)
        node.parentAndColour = free
        node.left = next
        return node
    }

    var isFree: Bool { parentAndColour == Node.free }

    var parent: UInt32 {
        get { parentAndColour >> 1 }
        set { parentAndColour = newValue << 1 | parentAndColour & 1 }
    }

    var isRed: Bool {
        get { parentAndColour & 1 != 0 }
        set { parentAndColour = parentAndColour & ~1 | (newValue ? 1 : 0) }
    }

    /// The greatest end in the node's subtree. A side without nodes counts 0, which raises no maximum.
    var subtreeMaximum: UInt64 { max(last, max(leftMaximum, rightMaximum)) }
}

/// The arena while an operation changes it.
///
/// The operations follow links, and a link is the slot of a node of the same arena or 0, which is the header's slot: that is the
/// first invariant of the tree (see `checkInvariants`), kept by every operation because links are only ever copied
/// from other links or are the slot that the operation was given and has checked. So every subscript is in bounds
/// as long as the arena has its header, and the arena doesn't grow while one of these exists. Debug builds check
/// it; release builds leave the check out, which is what this type is for.
struct Arena {
    /// Never empty: whoever makes one has a node to work on, hence a header too.
    private let nodes: UnsafeMutablePointer<Node>
    private let count: Int

    init(_ buffer: UnsafeMutableBufferPointer<Node>) {
        nodes = buffer.baseAddress.unsafelyUnwrapped
        count = buffer.count
    }

    /// The node itself, not a copy: fields are read and written in place.
    subscript(slot: UInt32) -> Node {
        unsafeAddress {
            assert(slot < count)
            return UnsafePointer(nodes + Int(slot))
        }
        nonmutating unsafeMutableAddress {
            assert(slot < count)
            return nodes + Int(slot)
        }
    }
}
