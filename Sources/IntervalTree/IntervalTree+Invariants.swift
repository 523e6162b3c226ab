extension IntervalTree {
    /// What ``IntervalTree/checkInvariants()`` found wrong.
    public struct BrokenInvariant: Error, Sendable, Equatable, CustomStringConvertible {
        /// The rule and where it is broken.
        public let description: String
    }

    /// Throws the first rule found broken: links in range and consistent, every slot a node or free, order, colours,
    /// black heights, maxima, count.
    ///
    /// O(n). For tests and for doubting: no sequence of operations should make it throw.
    public func checkInvariants() throws(BrokenInvariant) {
        guard used > 0, used <= nodes.count else {
            try demand(used == 0 && count == 0 && freeHead == .none, "an arena without slots has ranges")
            return
        }
        let header = nodes[0]
        var expected = Node.header
        expected.left = header.left
        expected[maximum: .left] = header[maximum: .left]
        expected[neighbour: .left] = header[neighbour: .left]
        expected[neighbour: .right] = header[neighbour: .right]
        try demand(header == expected, "the header holds more than the root and the ends")

        var state = [SlotState](repeating: .unknown, count: used)
        state[0] = .reached
        try checkFreeList(&state)
        try checkSubtrees(&state)
        for (slot, state) in state.enumerated() {
            try demand(state != .unknown, "slot \(slot) is neither in the tree nor free")
        }
        try checkOrder()
    }

    private enum SlotState {
        case unknown
        case free
        case reached
    }

    private func demand(_ holds: Bool, _ rule: @autoclosure () -> String) throws(BrokenInvariant) {
        if !holds { throw BrokenInvariant(description: rule()) }
    }

    private func checkFreeList(_ state: inout [SlotState]) throws(BrokenInvariant) {
        var link = freeHead
        while link != .none {
            let slot = Int(link.slot)
            try demand(link.isValid(slots: used), "the free list leads out of the arena, to \(slot)")
            try demand(state[slot] == .unknown, "the free list comes to \(slot) twice")
            state[slot] = .free
            try demand(nodes[slot].isFree, "slot \(slot) is in the free list but not marked as free")
            link = nodes[slot].left
        }
    }

    /// Visits every node before its children, listing them; backwards, that list has children before their parents.
    private func checkSubtrees(_ state: inout [SlotState]) throws(BrokenInvariant) {
        var waiting = [(link: nodes[0].left, parent: Link.none)]
        var topDown: [Int] = []
        while let (link, parent) = waiting.popLast() {
            if link == .none { continue }
            let slot = Int(link.slot)
            try demand(link.isValid(slots: used), "\(parent.slot) has a link out of the arena, to \(slot)")
            try demand(state[slot] == .unknown, "\(parent.slot) has a link to \(slot), which is free or has another parent")
            state[slot] = .reached
            let node = nodes[slot]
            try demand(!node.isFree, "\(slot) is in the tree but marked as free")
            try demand(node.parent == parent, "\(slot) names \(node.parent.slot) as its parent, which is \(parent.slot)")
            try demand(
                !(node.isRed && (parent == .none || nodes[Int(parent.slot)].isRed)),
                "red \(slot) is the root or has a red parent")
            topDown.append(slot)
            waiting.append((node.left, link))
            waiting.append((node.right, link))
        }
        try demand(topDown.count == count, "the tree counts \(count) ranges and has \(topDown.count)")
        try checkSums(topDown)
    }

    /// Black heights and maxima, from the leaves up.
    private func checkSums(_ topDown: [Int]) throws(BrokenInvariant) {
        var blackHeight = [Int](repeating: 0, count: used)
        var maximum = [UInt64](repeating: 0, count: used)
        for slot in topDown.reversed() {
            let node = nodes[slot]
            let (left, right) = (Int(node.left.slot), Int(node.right.slot))
            try demand(
                blackHeight[left] == blackHeight[right],
                "\(slot) has \(blackHeight[left]) black nodes on the left and \(blackHeight[right]) on the right")
            // Slot 0 stands for no node: its height and maximum stay 0 throughout.
            try demand(node[maximum: .left] == maximum[left], "\(slot) has the wrong maximum on the left")
            try demand(node[maximum: .right] == maximum[right], "\(slot) has the wrong maximum on the right")
            blackHeight[slot] = blackHeight[left] + (node.isRed ? 0 : 1)
            maximum[slot] = max(node.last, max(maximum[left], maximum[right]))
        }
        try demand(nodes[0][maximum: .left] == maximum[Int(nodes[0].left.slot)], "the tree has the wrong maximum")
    }

    /// Neighbours are those in the tree's order, and starts ascend. The children are known to be good by now, so the walk ends.
    private func checkOrder() throws(BrokenInvariant) {
        var previous = Link.none
        var above: [Link] = []
        var next = nodes[0].left
        while next != .none || !above.isEmpty {
            while next != .none {
                above.append(next)
                next = nodes[Int(next.slot)].left
            }
            let link = above.removeLast()
            let node = nodes[Int(link.slot)]
            try checkNeighbours(previous, link)
            try demand(node.first <= node.last, "\(link.slot) ends before it starts")
            try demand(
                previous == .none || nodes[Int(previous.slot)].first <= node.first,
                "\(link.slot) stands behind \(previous.slot) but starts before")
            previous = link
            next = node.right
        }
        try checkNeighbours(previous, .none)
    }

    private func checkNeighbours(_ one: Link, _ other: Link) throws(BrokenInvariant) {
        try demand(
            nodes[Int(one.slot)][neighbour: .right] == other && nodes[Int(other.slot)][neighbour: .left] == one,
            "\(one.slot) and \(other.slot) stand next to each other and don't name each other as neighbours")
    }
}
