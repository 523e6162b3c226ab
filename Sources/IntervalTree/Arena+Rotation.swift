// Rotations keep order, links and maxima right; colours are their callers' business.
extension Arena {
    /// Lifts the right child of `node` into its place.
    func rotateLeft(_ node: UInt32) {
        let riser = self[node].right
        let middle = self[riser].left
        self[node].right = middle
        self[node].rightMaximum = self[riser].leftMaximum
        if middle != Node.none {
            self[middle].parent = node
        }
        replaceChild(node, of: self[node].parent, by: riser)
        self[riser].left = node
        self[riser].leftMaximum = self[node].subtreeMaximum
        self[node].parent = riser
    }

    /// Lifts the left child of `node` into its place.
    func rotateRight(_ node: UInt32) {
        let riser = self[node].left
        let middle = self[riser].right
        self[node].left = middle
        self[node].leftMaximum = self[riser].rightMaximum
        if middle != Node.none {
            self[middle].parent = node
        }
        replaceChild(node, of: self[node].parent, by: riser)
        self[riser].right = node
        self[riser].rightMaximum = self[node].subtreeMaximum
        self[node].parent = riser
    }

    /// One of the two.
    func rotate(_ node: UInt32, left: Bool) {
        if left {
            rotateLeft(node)
        } else {
            rotateRight(node)
        }
    }

    /// Makes `parent` (or the header) point to `new`, which exists, where it pointed to `old`.
    ///
    /// The parent's maximum of that side stays: a rotation moves nothing into the subtree and nothing out of it. A removal
    /// corrects it afterwards.
    func replaceChild(_ old: UInt32, of parent: UInt32, by new: UInt32) {
        if self[parent].left == old {
            self[parent].left = new
        } else {
            self[parent].right = new
        }
        self[new].parent = parent
    }
}
