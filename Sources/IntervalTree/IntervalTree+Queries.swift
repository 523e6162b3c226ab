extension IntervalTree {
    /// The first range, in ascending order of starts, that has a number in common with `first`...`last`.
    ///
    /// - Precondition: `first <= last`.
    public func firstOverlap(first: UInt64, last: UInt64) -> Handle? {
        precondition(first <= last, "a range ends before it starts")
        return handle(reading { $0.firstOverlap(first: first, last: last) })
    }

    /// The next such range behind this one.
    ///
    /// The order is that of ``firstOverlap(first:last:)``, and insertion order among equal starts; the handle need not itself
    /// overlap. O(log n), and usually a few nodes.
    ///
    /// - Precondition: the handle names a range of this tree, and `first <= last`.
    public func nextOverlap(after handle: Handle, first: UInt64, last: UInt64) -> Handle? {
        precondition(first <= last, "a range ends before it starts")
        let slot = slot(handle)
        return self.handle(reading { $0.nextOverlap(after: slot, first: first, last: last) })
    }

    /// Every range that has a number in common with `first`...`last`, in ascending order of starts.
    ///
    /// The sequence has its own copy of the tree (by reference, until one of the two changes).
    ///
    /// - Precondition: `first <= last`.
    public func overlaps(first: UInt64, last: UInt64) -> Overlaps {
        precondition(first <= last, "a range ends before it starts")
        return Overlaps(tree: self, first: first, last: last)
    }

    /// The ranges of a tree that overlap a given one, in ascending order of starts.
    public struct Overlaps: Sequence, IteratorProtocol, Sendable {
        private let tree: IntervalTree
        private let first: UInt64
        private let last: UInt64
        private var upcoming: Handle?

        init(tree: IntervalTree, first: UInt64, last: UInt64) {
            self.tree = tree
            self.first = first
            self.last = last
            upcoming = tree.firstOverlap(first: first, last: last)
        }

        /// The next overlapping range.
        public mutating func next() -> Handle? {
            guard let current = upcoming else { return nil }
            upcoming = tree.nextOverlap(after: current, first: first, last: last)
            return current
        }
    }

    /// Runs a search on the arena; in a tree that never had a range there is none, and nothing to find.
    private func reading(_ search: (ArenaReader) -> UInt32) -> UInt32 {
        nodes.withUnsafeBufferPointer { buffer in
            guard let reader = ArenaReader(buffer) else { return Node.none }
            return search(reader)
        }
    }
}

/// The arena while it is searched: as ``Arena``, with the same argument for its bounds, but for reading.
struct ArenaReader {
    private let nodes: UnsafePointer<Node>
    private let count: Int

    /// `nil` for an arena without a header, in which there is nothing to read.
    init?(_ buffer: UnsafeBufferPointer<Node>) {
        guard let base = buffer.baseAddress, !buffer.isEmpty else { return nil }
        nodes = base
        count = buffer.count
    }

    private subscript(slot: UInt32) -> Node {
        unsafeAddress {
            assert(slot < count)
            return nodes + Int(slot)
        }
    }

    func firstOverlap(first: UInt64, last: UInt64) -> UInt32 {
        let root = self[Node.none].left
        guard root != Node.none && self[Node.none].leftMaximum >= first else { return Node.none }
        let found = earliestEnding(atOrAfter: first, under: root)
        return self[found].first <= last ? found : Node.none
    }

    func nextOverlap(after slot: UInt32, first: UInt64, last: UInt64) -> UInt32 {
        var node = slot
        while true {
            // Everything behind `node`: its right side, then the nodes above that have it on their left.
            let right = self[node].right
            if right != Node.none && self[node].rightMaximum >= first {
                let found = earliestEnding(atOrAfter: first, under: right)
                return self[found].first <= last ? found : Node.none
            }
            var child = node
            node = self[child].parent
            while node != Node.none && self[node].right == child {
                child = node
                node = self[child].parent
            }
            // From here on everything starts at `node`'s start or later.
            if node == Node.none || self[node].first > last { return Node.none }
            if self[node].last >= first { return node }
        }
    }

    /// The first node in order, under `top`, that ends at `bound` or later. There must be one.
    ///
    /// Whether it overlaps is for the caller to see: if it starts too late, then so do all behind it, and those before
    /// it end too early. Leaving the starts out keeps the way down to two comparisons a level, only the last of which is a
    /// branch that can't be foreseen.
    private func earliestEnding(atOrAfter bound: UInt64, under top: UInt32) -> UInt32 {
        var node = top
        while true {
            let goesLeft = self[node].left != Node.none && self[node].leftMaximum >= bound
            if !goesLeft && self[node].last >= bound { return node }
            // Neither on the left nor here: it is on the right, because the subtree's maximum promises one.
            node = goesLeft ? self[node].left : self[node].right
        }
    }
}
