extension IntervalTree {
    /// What one tree has other than another, slot by slot: how the many trees of a run are kept.
    public struct Difference: Sendable {
        fileprivate var indices: [UInt32] = []
        fileprivate var nodes: [Node] = []
        fileprivate let used: Int
        fileprivate let freeHead: Link
        fileprivate let count: Int

        /// Bytes that it takes at most.
        public var byteCount: Int { indices.count * MemoryLayout<UInt32>.stride + nodes.count * MemoryLayout<Node>.stride }
    }

    /// What this tree has other than `base`: ``become(_:from:)`` makes it from that again. O(slots).
    public func difference(from base: IntervalTree) -> Difference {
        var result = Difference(used: used, freeHead: freeHead, count: count)
        nodes.withUnsafeBufferPointer { own in
            base.nodes.withUnsafeBufferPointer { base in
                // Mostly they are one and the same.
                if own.baseAddress == base.baseAddress { return }
                for index in 0..<used where index >= base.count || own[index] != base[index] {
                    result.indices.append(UInt32(index))
                    result.nodes.append(own[index])
                }
            }
        }
        // Thousands of these are kept: what the arrays were grown with isn't.
        result.indices = result.indices.withUnsafeBufferPointer { Array($0) }
        result.nodes = result.nodes.withUnsafeBufferPointer { Array($0) }
        return result
    }

    /// Becomes the tree that the difference was taken of. What lies behind its last slot may be another than there: nobody looks.
    /// - Parameter base: what it was taken from.
    public mutating func become(_ difference: Difference, from base: IntervalTree) {
        if difference.nodes.isEmpty, difference.used <= base.nodes.count {
            nodes = base.nodes
        } else {
            reserveCapacity(max(difference.used, base.nodes.count) - 1)
            nodes.withUnsafeMutableBufferPointer { own in
                base.nodes.withUnsafeBufferPointer { base in
                    // In bounds: there is room for as many, by the line above.
                    for index in base.indices { own[index] = base[index] }
                    for (index, node) in zip(difference.indices, difference.nodes) { own[Int(index)] = node }
                }
            }
        }
        used = difference.used
        freeHead = difference.freeHead
        count = difference.count
    }
}
