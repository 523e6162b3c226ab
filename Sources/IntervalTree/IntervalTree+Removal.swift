extension IntervalTree {
    /// Removes the range; its slot will be reused by the next insertion.
    ///
    /// - Precondition: the handle names a range of this tree.
    public mutating func remove(_ handle: Handle) {
        let link = link(handle)
        let nextFree = freeHead
        nodes.withUnsafeMutableBufferPointer { buffer in
            let arena = Arena(buffer)
            arena.detach(link)
            arena[link].becomeFree(next: nextFree)
        }
        freeHead = link
        count -= 1
    }
}

extension Arena {
    /// Takes a node out of the tree. Its slot keeps what it held.
    fileprivate func detach(_ node: Link) {
        let left = self[node].left
        let right = self[node].right
        let before = self[node][neighbour: .left]
        let behind = self[node][neighbour: .right]
        self[before][neighbour: .right] = behind
        self[behind][neighbour: .left] = before
        if left == .none || right == .none {
            // One of the two is none, which is 0.
            detachWithOneChild(node, child: Link(words: left.words | right.words))
        } else {
            detachWithTwoChildren(node, heir: behind)
        }
    }

    /// The easy case: at most one child, which takes the place.
    private func detachWithOneChild(_ node: Link, child: Link) {
        let parent = self[node].parent
        let side = self.side(of: node, under: parent)
        self[parent][child: side] = child
        if child != .none {
            self[child].parent = parent
        }
        setMaximum(self[node].maximumBelow, side, of: parent, upTo: .none)
        if !isRed(node) {
            replaceBlack(side, of: parent, orphan: child)
        }
    }

    /// The node behind it takes the place and the colour. It has no left child, so what it leaves is easy to close.
    private func detachWithTwoChildren(_ node: Link, heir: Link) {
        let left = self[node].left
        let right = self[node].right
        let orphan = self[heir].right
        let heirWasRed = isRed(heir)
        let hole = self[heir].parent
        let maximumBefore = self[node].subtreeMaximum
        if hole != node {
            self[hole].left = orphan
            if orphan != .none {
                self[orphan].parent = hole
            }
            setMaximum(self[heir][maximum: .right], .left, of: hole, upTo: node)
            self[heir].right = right
            self[heir][maximum: .right] = self[node][maximum: .right]
            self[right].parent = heir
        }
        self[heir].left = left
        self[heir][maximum: .left] = self[node][maximum: .left]
        self[left].parent = heir

        let parent = self[node].parent
        let side = self.side(of: node, under: parent)
        self[heir].takeParentAndColour(of: self[node])
        self[parent][child: side] = heir
        let maximum = self[heir].subtreeMaximum
        if maximum != maximumBefore {
            setMaximum(maximum, side, of: parent, upTo: .none)
        }
        if !heirWasRed {
            // If the hole was the removed node's, then the heir rose with its right side, which now misses it.
            replaceBlack(hole == node ? .right : .left, of: hole == node ? heir : hole, orphan: orphan)
        }
    }

    /// Changes the maximum of a side of `bottom`, and of sides above it up to `top`'s, as far as it makes a difference.
    private func setMaximum(_ new: UInt64, _ bottomSide: Side, of bottom: Link, upTo top: Link) {
        var node = bottom
        var side = bottomSide
        var maximum = new
        while true {
            let before = self[node].subtreeMaximum
            self[node][maximum: side] = maximum
            maximum = self[node].subtreeMaximum
            if maximum == before || node == top { return }
            let parent = self[node].parent
            side = self.side(of: node, under: parent)
            node = parent
        }
    }

    /// Restores "every way down passes as many black nodes" after a black node left the given side of `parent`, with `orphan`,
    /// if any, in its place.
    private func replaceBlack(_ side: Side, of parent: Link, orphan: Link) {
        if orphan != .none {
            // The only child of a black node is red: it can make up for the black that left.
            self[orphan].isRed = false
        } else if parent != .none {
            fillShortSide(side, of: parent)
        }
    }

    /// Gives the side of `top` that has one black node too few another one, or makes the other sides on the way up as short.
    private func fillShortSide(_ shortSide: Side, of top: Link) {
        var parent = top
        var short = shortSide
        while true {
            // The other side has a black node more than this one, so it isn't empty.
            var sibling = self[parent][child: short.opposite]
            if isRed(sibling) {
                // Lift it, and the short side gets a black sibling: one of its former children.
                rotate(parent, down: short)
                self[sibling].isRed = false
                self[parent].isRed = true
                sibling = self[parent][child: short.opposite]
            }

            let far = self[sibling][child: short.opposite]
            if isRed(far) {
                lift(sibling, over: parent, short)
                self[far].isRed = false
                return
            }
            let near = self[sibling][child: short]
            if isRed(near) {
                rotate(sibling, down: short.opposite)
                lift(near, over: parent, short)
                return
            }

            // Nothing red to borrow: shorten the sibling's side too, which makes the whole subtree short.
            self[sibling].isRed = true
            let child = parent
            if isRed(child) {
                self[child].isRed = false
                return
            }
            parent = self[child].parent
            if parent == .none { return }
            short = side(of: child, under: parent)
        }
    }

    /// Rotates `parent` down to the short side; its child takes its colour, and it becomes the black that was missing.
    @inline(__always)
    private func lift(_ child: Link, over parent: Link, _ short: Side) {
        rotate(parent, down: short)
        self[child].isRed = self[parent].isRed
        self[parent].isRed = false
    }
}
