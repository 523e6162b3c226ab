// What a range is, and where it stands in the tree: for drawing and for walking.
extension IntervalTree {
    /// The range's first number.
    ///
    /// - Precondition: as everywhere below, the handle names a range of this tree.
    public func first(of handle: Handle) -> UInt64 {
        node(handle).first
    }

    /// The range's last number, which belongs to it.
    public func last(of handle: Handle) -> UInt64 {
        node(handle).last
    }

    /// The range.
    public func range(of handle: Handle) -> ClosedRange<UInt64> {
        let node = node(handle)
        return node.first...node.last
    }

    /// What ``insert(first:last:tag:)`` was given.
    public func tag(of handle: Handle) -> UInt32 {
        node(handle).tag
    }

    /// The node at the top.
    public var root: Handle? {
        used == 0 ? nil : handle(nodes[0].left)
    }

    /// The child before this node.
    public func left(of handle: Handle) -> Handle? {
        self.handle(node(handle).left)
    }

    /// The child behind this node.
    public func right(of handle: Handle) -> Handle? {
        self.handle(node(handle).right)
    }

    /// The node above; `nil` for the root.
    public func parent(of handle: Handle) -> Handle? {
        self.handle(node(handle).parent)
    }

    /// The node's colour in the red-black tree.
    public func isRed(_ handle: Handle) -> Bool {
        node(handle).isRed
    }

    /// The greatest last number in the node's subtree, itself included.
    public func subtreeMaximum(of handle: Handle) -> UInt64 {
        node(handle).subtreeMaximum
    }

    /// The first range in order: the least start and, of those, the one inserted first.
    public var minimum: Handle? {
        used == 0 ? nil : handle(nodes[0][neighbour: .right])
    }

    /// The next range in order.
    public func successor(of handle: Handle) -> Handle? {
        self.handle(node(handle)[neighbour: .right])
    }

    /// The range before it in order.
    public func predecessor(of handle: Handle) -> Handle? {
        self.handle(node(handle)[neighbour: .left])
    }

    private func node(_ handle: Handle) -> Node {
        precondition(contains(handle), "the handle names no range of this tree")
        return nodes[Int(handle.index)]
    }
}
