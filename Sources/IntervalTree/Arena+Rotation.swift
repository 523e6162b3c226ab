extension Arena {
    /// Lets `node` sink to the given side, and its child on the other side rise into its place.
    ///
    /// Keeps order, links and maxima right; colours are the caller's business.
    @inline(__always)
    func rotate(_ node: Link, down side: Side) {
        let other = side.opposite
        let riser = self[node][child: other]
        let middle = self[riser][child: side]
        let parent = self[node].parent

        self[node][child: other] = middle
        self[node][maximum: other] = self[riser][maximum: side]
        if middle != .none {
            self[middle].parent = node
        }
        // The parent's maximum stays: nothing enters or leaves the subtree.
        self[parent][child: self.side(of: node, under: parent)] = riser
        self[riser].parent = parent
        self[riser][child: side] = node
        self[riser][maximum: side] = self[node].subtreeMaximum
        self[node].parent = riser
    }
}
