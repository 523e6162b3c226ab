extension IntervalTree {
    /// The first range, in ascending order of starts, that has a number in common with `first`...`last`.
    ///
    /// - Precondition: `first <= last`.
    public func firstOverlap(first: UInt64, last: UInt64) -> Handle? {
        precondition(first <= last, "a range ends before it starts")
        return reading { $0.firstOverlap(first: first, last: last) }
    }

    /// The next such range behind this one.
    ///
    /// The order is that of ``firstOverlap(first:last:)``, and insertion order among equal starts; the handle need not itself
    /// overlap. O(log n), and usually a few nodes.
    ///
    /// - Precondition: the handle names a range of this tree, and `first <= last`.
    public func nextOverlap(after handle: Handle, first: UInt64, last: UInt64) -> Handle? {
        precondition(first <= last, "a range ends before it starts")
        let link = link(handle)
        return reading { $0.nextOverlap(after: link, first: first, last: last) }
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
    private func reading(_ search: (ArenaReader) -> Link) -> Handle? {
        nodes.withUnsafeBufferPointer { buffer in
            guard let reader = ArenaReader(buffer) else { return nil }
            return handle(search(reader))
        }
    }
}

extension ArenaReader {
    fileprivate func firstOverlap(first: UInt64, last: UInt64) -> Link {
        let root = self[.none].left
        guard root != .none && self[.none][maximum: .left] >= first else { return .none }
        let found = earliestEnding(atOrAfter: first, under: root)
        return self[found].first <= last ? found : .none
    }

    @inline(__always)
    fileprivate func nextOverlap(after start: Link, first: UInt64, last: UInt64) -> Link {
        // Hits are mostly neighbours, so the next few are looked at before the tree is asked.
        var node = start
        for _ in 0..<4 {
            node = self[node][neighbour: .right]
            if node == .none || self[node].first > last { return .none }
            if self[node].last >= first { return node }
        }
        return distantOverlap(after: node, first: first, last: last)
    }

    /// The next overlap by the structure of the tree, which passes over any number of nodes that end too early.
    private func distantOverlap(after start: Link, first: UInt64, last: UInt64) -> Link {
        var node = start
        while true {
            // Everything behind `node`: its right side, then the nodes above that have it on their left.
            let right = self[node].right
            if right != .none && self[node][maximum: .right] >= first {
                let found = earliestEnding(atOrAfter: first, under: right)
                return self[found].first <= last ? found : .none
            }
            var child = node
            node = self[child].parent
            while node != .none && self[node].right == child {
                child = node
                node = self[child].parent
            }
            // From here on everything starts at `node`'s start or later.
            if node == .none || self[node].first > last { return .none }
            if self[node].last >= first { return node }
        }
    }

    /// The first node in order, under `top`, that ends at `bound` or later. There must be one.
    ///
    /// Whether it overlaps is for the caller to see: if it starts too late, then so do all behind it, and those before
    /// it end too early.
    private func earliestEnding(atOrAfter bound: UInt64, under top: Link) -> Link {
        var node = top
        while true {
            let left = self[node].left
            if left != .none && self[node][maximum: .left] >= bound {
                node = left
            } else if self[node].last >= bound {
                return node
            } else {
                // Neither on the left nor here: it is on the right, because the subtree's maximum promises one.
                node = self[node].right
            }
        }
    }
}
