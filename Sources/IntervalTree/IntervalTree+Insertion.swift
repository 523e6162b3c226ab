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
            arena.attach(slot, first: first, last: last, tag: tag)
            arena.raiseMaxima(above: slot, to: last)
            arena.repairAfterInsertion(of: slot)
        }
        count += 1
        return Handle(index: slot)
    }

    /// A slot to fill: the one freed last, else a new one at the end.
    private mutating func takeSlot() -> UInt32 {
        if freeHead != Node.none {
            let slot = freeHead
            freeHead = nodes[Int(slot)].left
            return slot
        }
        if nodes.isEmpty {
            nodes.append(.header)
        }
        precondition(nodes.count < Node.maximumSlots, "more ranges than a tree can hold")
        nodes.append(.header)
        return UInt32(nodes.count - 1)
    }
}

extension Arena {
    /// Hangs a new red leaf where it belongs.
    ///
    /// Equal starts go right, behind those that are there: that makes the order of insertion the order among equals.
    func attach(_ slot: UInt32, first: UInt64, last: UInt64, tag: UInt32) {
        var parent = Node.none
        var goesRight = false
        var place = self[Node.none].left
        while place != Node.none {
            parent = place
            goesRight = self[place].first <= first
            place = goesRight ? self[place].right : self[place].left
        }
        self[slot] = Node(first: first, last: last, tag: tag, parent: parent)
        if goesRight {
            self[parent].right = slot
        } else {
            // An empty tree too: the root is the header's left child.
            self[parent].left = slot
        }
    }

    /// Tells the nodes above a new leaf about its end, as far up as it is news.
    ///
    /// The way back up, and not the way down, because most ends are news to few: the side maxima are read on a level or
    /// two, not on all.
    func raiseMaxima(above slot: UInt32, to last: UInt64) {
        var child = slot
        repeat {
            let parent = self[child].parent
            if self[parent].left == child {
                guard self[parent].leftMaximum < last else { return }
                self[parent].leftMaximum = last
            } else {
                guard self[parent].rightMaximum < last else { return }
                self[parent].rightMaximum = last
            }
            child = parent
        } while child != Node.none
    }

    /// Restores "no red node has a red parent" after a red leaf was attached.
    func repairAfterInsertion(of slot: UInt32) {
        var node = slot
        while true {
            let parent = self[node].parent
            guard parent != Node.none else {
                self[node].isRed = false
                return
            }
            guard self[parent].isRed else { return }

            // A red node is not the root, so there is a grandparent, and it is black.
            let grandparent = self[parent].parent
            let parentIsLeft = self[grandparent].left == parent
            let uncle = parentIsLeft ? self[grandparent].right : self[grandparent].left
            guard uncle != Node.none && self[uncle].isRed else {
                rotateRedPairApart(node: node, parent: parent, grandparent: grandparent, parentIsLeft: parentIsLeft)
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
    private func rotateRedPairApart(node: UInt32, parent: UInt32, grandparent: UInt32, parentIsLeft: Bool) {
        var top = parent
        if parentIsLeft {
            if self[parent].right == node {
                rotateLeft(parent)
                top = node
            }
            rotateRight(grandparent)
        } else {
            if self[parent].left == node {
                rotateRight(parent)
                top = node
            }
            rotateLeft(grandparent)
        }
        self[top].isRed = false
        self[grandparent].isRed = true
    }
}
