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
        guard let header = nodes.first else {
            try demand(count == 0 && freeHead == .none, "an arena without slots has ranges")
            return
        }
        var expected = Node.header
        expected.left = header.left
        expected[maximum: .left] = header[maximum: .left]
        try demand(header == expected, "the header holds more than the root")

        var state = [SlotState](repeating: .unknown, count: nodes.count)
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
            try demand(link.isValid(slots: nodes.count), "the free list leads out of the arena, to \(slot)")
            try demand(state[slot] == .unknown, "the free list comes to \(slot) twice")
            state[slot] = .free
            let next = nodes[slot].left
            try demand(nodes[slot] == .freeSlot(next: next), "free slot \(slot) holds data")
            link = next
        }
    }

    /// Visits every node before its children, listing them; backwards, that list has children before their parents.
    private func checkSubtrees(_ state: inout [SlotState]) throws(BrokenInvariant) {
        var waiting = [(link: nodes[0].left, parent: Link.none)]
        var topDown: [Int] = []
        while let (link, parent) = waiting.popLast() {
            if link == .none { continue }
            let slot = Int(link.slot)
            try demand(link.isValid(slots: nodes.count), "\(parent.slot) has a link out of the arena, to \(slot)")
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
        var blackHeight = [Int](repeating: 0, count: nodes.count)
        var maximum = [UInt64](repeating: 0, count: nodes.count)
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

    /// Starts ascend from each node to the next. The links are known to be good by now, so the walk ends.
    private func checkOrder() throws(BrokenInvariant) {
        guard var current = minimum else { return }
        try demand(first(of: current) <= last(of: current), "\(current.index) ends before it starts")
        while let next = successor(of: current) {
            try demand(first(of: current) <= first(of: next), "\(next.index) stands behind \(current.index) but starts before")
            try demand(first(of: next) <= last(of: next), "\(next.index) ends before it starts")
            current = next
        }
    }
}
