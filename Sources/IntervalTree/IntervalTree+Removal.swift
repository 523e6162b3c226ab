extension IntervalTree {
    /// Removes the range; its slot will be reused by the next insertion.
    ///
    /// - Precondition: the handle names a range of this tree.
    public mutating func remove(_ handle: Handle) {
        let slot = slot(handle)
        let nextFree = freeHead
        nodes.withUnsafeMutableBufferPointer { buffer in
            let arena = Arena(buffer)
            arena.detach(slot)
            arena[slot] = .freeSlot(next: nextFree)
        }
        freeHead = slot
        count -= 1
    }
}

extension Arena {
    /// Takes a node out of the tree. Its slot keeps what it held.
    func detach(_ slot: UInt32) {
        let left = self[slot].left
        let right = self[slot].right
        guard left != Node.none && right != Node.none else {
            detachWithOneChild(slot, child: left == Node.none ? right : left)
            return
        }

        // The next node in order takes this one's place and colour. It has no left child, so the place that it leaves is
        // easy to close.
        var heir = right
        while self[heir].left != Node.none {
            heir = self[heir].left
        }
        let orphan = self[heir].right
        let heirWasRed = self[heir].isRed
        var hole = self[heir].parent
        if hole == slot {
            // The heir rises with its right side as it is.
            hole = heir
        } else {
            self[hole].left = orphan
            self[hole].leftMaximum = self[heir].rightMaximum
            if orphan != Node.none {
                self[orphan].parent = hole
            }
            self[heir].right = right
            self[heir].rightMaximum = self[slot].rightMaximum
            self[right].parent = heir
        }
        self[heir].left = left
        self[heir].leftMaximum = self[slot].leftMaximum
        self[left].parent = heir
        self[heir].parentAndColour = self[slot].parentAndColour
        replaceChild(slot, of: self[slot].parent, by: heir)

        // Two places changed: the hole, and the heir's, whose own end is another than the removed one.
        if hole != heir {
            refreshMaxima(above: hole, upTo: heir)
        }
        refreshMaxima(above: heir, upTo: Node.none)
        closeGap(leaverWasRed: heirWasRed, orphan: orphan, parent: hole, onLeft: hole != heir)
    }

    /// The easy case: at most one child, which takes the place.
    private func detachWithOneChild(_ slot: UInt32, child: UInt32) {
        let parent = self[slot].parent
        let wasRed = self[slot].isRed
        let wasLeft = self[parent].left == slot
        // A side without nodes counts 0, so this is the child's maximum or 0.
        let maximum = max(self[slot].leftMaximum, self[slot].rightMaximum)
        if wasLeft {
            self[parent].left = child
            self[parent].leftMaximum = maximum
        } else {
            self[parent].right = child
            self[parent].rightMaximum = maximum
        }
        if child != Node.none {
            self[child].parent = parent
        }
        refreshMaxima(above: parent, upTo: Node.none)
        closeGap(leaverWasRed: wasRed, orphan: child, parent: parent, onLeft: wasLeft)
    }

    /// Carries the maximum of `node`'s subtree up, until it is no news or `end` has heard it.
    private func refreshMaxima(above node: UInt32, upTo end: UInt32) {
        var child = node
        while child != end {
            let maximum = self[child].subtreeMaximum
            let parent = self[child].parent
            if self[parent].left == child {
                guard self[parent].leftMaximum != maximum else { return }
                self[parent].leftMaximum = maximum
            } else {
                guard self[parent].rightMaximum != maximum else { return }
                self[parent].rightMaximum = maximum
            }
            child = parent
        }
    }

    /// Restores "every way down passes as many black nodes" after a node left the given side of `parent`, with `orphan`,
    /// if any, in its place.
    private func closeGap(leaverWasRed: Bool, orphan: UInt32, parent: UInt32, onLeft: Bool) {
        if leaverWasRed { return }
        if orphan != Node.none {
            // The only child of a black node is red: it can make up for the black that left.
            self[orphan].isRed = false
        } else if parent != Node.none {
            fillShortSide(of: parent, isLeft: onLeft)
        }
    }

    /// Gives the side of `top` that has one black node too few another one, or makes the other sides on the way up as short.
    private func fillShortSide(of top: UInt32, isLeft: Bool) {
        var parent = top
        var shortIsLeft = isLeft
        while true {
            // The other side has a black node more than this one, so it isn't empty.
            var sibling = shortIsLeft ? self[parent].right : self[parent].left
            if self[sibling].isRed {
                // Lift it, and the short side gets a black sibling: one of its former children.
                rotate(parent, left: shortIsLeft)
                self[sibling].isRed = false
                self[parent].isRed = true
                sibling = shortIsLeft ? self[parent].right : self[parent].left
            }

            let near = shortIsLeft ? self[sibling].left : self[sibling].right
            let far = shortIsLeft ? self[sibling].right : self[sibling].left
            if far != Node.none && self[far].isRed {
                lift(sibling, over: parent, leftwards: shortIsLeft)
                self[far].isRed = false
                return
            }
            if near != Node.none && self[near].isRed {
                rotate(sibling, left: !shortIsLeft)
                lift(near, over: parent, leftwards: shortIsLeft)
                return
            }

            // Nothing red to borrow: shorten the sibling's side too, which makes the whole subtree short.
            self[sibling].isRed = true
            if self[parent].isRed {
                self[parent].isRed = false
                return
            }
            let child = parent
            parent = self[child].parent
            if parent == Node.none { return }
            shortIsLeft = self[parent].left == child
        }
    }

    /// Rotates `parent` down towards the short side; its child takes its colour, and it becomes the black that was missing.
    private func lift(_ child: UInt32, over parent: UInt32, leftwards: Bool) {
        rotate(parent, left: leftwards)
        self[child].isRed = self[parent].isRed
        self[parent].isRed = false
    }
}
