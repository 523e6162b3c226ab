extension IntervalTree {
    /// Adds the range from `first` to `last`, both included, behind the ranges that have the same start.
    ///
    /// - Precondition: `first <= last`.
    @discardableResult
    public mutating func insert(first: UInt64, last: UInt64, tag: UInt32) -> Handle {
        precondition(first <= last, "a range ends before it starts")
        let slot = takeSlot()
        nodes.withUnsafeMutableBufferPointer { buffer in
            let arena = Arena(buffer)
            let link = Link(slot: slot)
            arena[link] = Node(
                first: first, last: last, tag: tag, parent: arena.attach(link, first: first, last: last))
            arena.repairAfterInsertion(of: link)
        }
        count += 1
        return Handle(index: slot)
    }

    /// A slot to fill: the one freed last, else a new one at the end.
    private mutating func takeSlot() -> UInt32 {
        if freeHead != .none {
            let slot = freeHead.slot
            freeHead = nodes[Int(slot)].left
            return slot
        }
        if nodes.isEmpty {
            nodes.append(.header)
        }
        precondition(nodes.count < Link.maximumSlots, "more ranges than a tree can hold")
        nodes.append(.header)
        return UInt32(truncatingIfNeeded: nodes.count - 1)
    }
}

extension Arena {
    /// Hangs a new leaf where it belongs, tells the nodes above it about its end, and returns its parent.
    ///
    /// Equal starts go right, behind those that are there: that makes the order of insertion the order among equals.
    fileprivate func attach(_ leaf: Link, first: UInt64, last: UInt64) -> Link {
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
            child = self[parent].child(isRight: goesRight)
            let side = Side(isRight: goesRight)
            if self[parent][maximum: side] < last {
                self[parent][maximum: side] = last
            }
        }
        self[parent][child: Side(isRight: goesRight)] = leaf
        return parent
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
