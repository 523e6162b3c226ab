extension IntervalTree {
    /// Adds the range from `first` to `last`, both included, behind the ranges that have the same start.
    ///
    /// - Precondition: `first <= last`.
    @discardableResult
    public mutating func insert(first: UInt64, last: UInt64, tag: UInt32) -> Handle {
        precondition(first <= last, "a range ends before it starts")
        if freeHead == .none && used >= nodes.count || used == 0 {
            makeRoom()
        }
        let reused = freeHead
        let link = reused == .none ? Link(slot: UInt32(truncatingIfNeeded: used)) : reused
        let nextFree = nodes.withUnsafeMutableBufferPointer { buffer in
            let arena = Arena(buffer)
            let nextFree = arena[link].left
            arena.attach(link, first: first, last: last, tag: tag)
            arena.repairAfterInsertion(of: link)
            return nextFree
        }
        if reused == .none {
            used += 1
        } else {
            freeHead = nextFree
        }
        count += 1
        return Handle(index: link.slot)
    }

    /// Sets up the header, if there is none, and leaves room for another range.
    @inline(never)
    private mutating func makeRoom() {
        if used == nodes.count {
            // Half as much again; the first ranges come four by four.
            let slots = min(used + max(4, used / 2), Link.maximumSlots)
            precondition(used < slots, "more ranges than a tree can hold")
            reserveCapacity(slots - 1)
        }
        if used == 0 {
            nodes[0] = .header
            used = 1
            if nodes.count == 1 { makeRoom() }
        }
    }
}

extension Arena {
    /// Hangs a new red leaf where it belongs, and tells the nodes above it about its end.
    ///
    /// Equal starts go right, behind those that are there: that makes the order of insertion the order among equals.
    fileprivate func attach(_ leaf: Link, first: UInt64, last: UInt64, tag: UInt32) {
        // An empty tree too: the root is the header's left child.
        var parent = Link.none
        var goesRight = false
        var child = self[parent].left
        if self[parent][maximum: .left] < last {
            self[parent][maximum: .left] = last
        }
        while child != .none {
            parent = child
            goesRight = self[parent].first <= first
            child = self.child(of: parent, isRight: goesRight)
            let side = Side(isRight: goesRight)
            if self[parent][maximum: side] < last {
                self[parent][maximum: side] = last
            }
        }
        // A leaf comes between its parent and what was the parent's neighbour on that side.
        let side = Side(isRight: goesRight)
        let outer = self[parent][neighbour: side]
        self[leaf] = Node(first: first, last: last, tag: tag, parent: parent)
        self[leaf][neighbour: side] = outer
        self[leaf][neighbour: side.opposite] = parent
        self[outer][neighbour: side.opposite] = leaf
        self[parent][neighbour: side] = leaf
        self[parent][child: side] = leaf
    }

    /// Restores "no red node has a red parent" after a red leaf was attached.
    fileprivate func repairAfterInsertion(of leaf: Link) {
        var node = leaf
        while true {
            let parent = self[node].parent
            guard parent != .none else {
                self[node].isRed = false
                return
            }
            guard isRed(parent) else { return }

            // A red node is not the root, so there is a grandparent, and it is black.
            let grandparent = self[parent].parent
            let side = self.side(of: parent, under: grandparent)
            let uncle = self[grandparent][child: side.opposite]
            guard isRed(uncle) else {
                separate(node, from: parent, under: grandparent, side)
                return
            }

            // Both below the grandparent are red: they take its black, and it may now clash with its own parent.
            self[parent].isRed = false
            self[uncle].isRed = false
            self[grandparent].isRed = true
            node = grandparent
        }
    }

    /// Turns red under red under black, with a black uncle, into a black node over two red ones.
    @inline(__always)
    private func separate(_ node: Link, from parent: Link, under grandparent: Link, _ side: Side) {
        var top = parent
        if self[parent][child: side] != node {
            rotate(parent, down: side)
            top = node
        }
        rotate(grandparent, down: side.opposite)
        self[top].isRed = false
        self[grandparent].isRed = true
    }
}
