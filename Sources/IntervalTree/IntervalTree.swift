// IntervalTree: which of these ranges touch that one?
//
// What it is. A set of inclusive ranges of 64-bit numbers, each with a 32-bit tag of yours, that answers
// "which of them overlap [a, b]?" in O(log n + hits), in ascending order of their starts. Ranges may overlap,
// repeat and reach UInt64.max. It is a red-black tree ordered by start in which every node also knows the
// greatest end on either side below it, so that a search passes over whole subtrees that end too early. Linux
// keeps its MMU interval notifiers in such a tree; this one shows its insides (colours, children, maxima)
// for drawing.
//
// Why one more. Its nodes live in one array and name each other by index. So a tree is a value: copying it is
// copying memory, two copies share nothing, the same operations give the same bytes on any machine, and a handle
// is a number that can be stored in flat state. There is no object per range and no reference counting
// inside an operation.
//
// Example:
//
//     var tree = IntervalTree()
//     let heap = tree.insert(first: 0x1000, last: 0x4fff, tag: 1)
//     tree.insert(first: 0x3000, last: 0x3fff, tag: 2)
//
//     for handle in tree.overlaps(first: 0x3800, last: 0x9000) {
//         print(tree.tag(of: handle))          // 1, then 2: ascending starts
//     }
//
//     tree.remove(heap)
//     tree.firstOverlap(first: 0, last: 0x2fff)  // nil: nothing touches it any more
//
// Handles. `insert` returns one; it names the range until that is removed, whatever else happens to the tree, and
// it means the same in every copy made meanwhile. Slots of removed ranges are reused, so an old handle may come to name
// another range: forget handles of what you remove. Index 0 is never a handle: use it for "none" in flat state.
//
// What it does not offer: half-open or empty ranges, finding a range by its value, changing a range in place
// (remove and insert), other key types, shrinking the arena, or sharing between threads (it is a value: guard it
// or copy it). At most 300 million ranges.

/// A set of inclusive ranges, each with a tag, that answers which of them overlap a given range.
///
/// Ranges may overlap and repeat. Everything that is answered in order comes in ascending order of starts and, among
/// equal starts, in order of insertion.
public struct IntervalTree: Sendable, Equatable {
    /// Names one range of a tree from its insertion to its removal.
    public struct Handle: Hashable, Sendable {
        /// The range's slot in the arena: at least 1, small, reused after removal.
        public let index: UInt32

        /// The handle that has this ``index``.
        public init(index: UInt32) {
            self.index = index
        }
    }

    /// Slot 0 is the header, the others below `used` are ranges or free, the rest is room. Empty until there is a range.
    ///
    /// The array is longer than what is used, and not extended range by range, so that an insertion asks only once whether
    /// the array is its own.
    var nodes: [Node]
    /// How many slots have been used, the header included; 0 if there is no header.
    var used: Int
    /// The first free slot, 0 if there is none; the others hang from it by `left`.
    var freeHead: Link
    /// How many ranges there are.
    public internal(set) var count: Int

    /// An empty tree, which owns no memory yet.
    public init() {
        nodes = []
        used = 0
        freeHead = .none
        count = 0
    }

    /// An empty tree with room for so many ranges before it has to allocate again.
    public init(minimumCapacity: Int) {
        self.init()
        reserveCapacity(minimumCapacity)
    }

    /// Makes room for so many ranges in all.
    public mutating func reserveCapacity(_ minimumCapacity: Int) {
        let missing = minimumCapacity + 1 - nodes.count
        if missing > 0 {
            nodes.append(contentsOf: repeatElement(.header, count: missing))
        }
    }

    /// Whether there are no ranges.
    public var isEmpty: Bool { count == 0 }

    /// Removes every range, and forgets the order in which slots were freed: what follows is as in a new tree.
    public mutating func removeAll(keepingCapacity: Bool = false) {
        if !keepingCapacity {
            nodes = []
        } else if !nodes.isEmpty {
            // The header leads to the root: a search looks there whatever `used` says.
            nodes[0] = .header
        }
        used = 0
        freeHead = .none
        count = 0
    }

    /// Whether the handle names a range now.
    ///
    /// False for a removed range, until its slot is reused: then the handle names the new range.
    public func contains(_ handle: Handle) -> Bool {
        handle.index != 0 && Int(handle.index) < used
            && !nodes[Int(handle.index)].isFree
    }

    /// The link to the node of a handle that must be alive.
    ///
    /// Every entry point passes through here, so the code behind it can rely on the link.
    func link(_ handle: Handle) -> Link {
        precondition(contains(handle), "the handle names no range of this tree")
        return Link(slot: handle.index)
    }

    /// A link as a handle.
    func handle(_ link: Link) -> Handle? {
        link == .none ? nil : Handle(index: link.slot)
    }

    /// Whether the two have the same ranges in the same slots and the same shape, and will take the same slots next; how much room
    /// they have beyond that doesn't matter.
    public static func == (one: IntervalTree, other: IntervalTree) -> Bool {
        one.count == other.count && one.freeHead == other.freeHead && one.used == other.used
            && one.nodes.prefix(one.used) == other.nodes.prefix(other.used)
    }
}
