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
            try demand(count == 0 && freeHead == Node.none, "an arena without slots has ranges")
            return
        }
        var expected = Node.header
        expected.left = header.left
        expected.leftMaximum = header.leftMaximum
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
        var slot = freeHead
        while slot != Node.none {
            let index = Int(slot)
            try demand(index < nodes.count, "the free list leads out of the arena, to \(slot)")
            try demand(state[index] == .unknown, "the free list comes to \(slot) twice")
            state[index] = .free
            let next = nodes[index].left
            try demand(nodes[index] == .freeSlot(next: next), "free slot \(slot) holds data")
            slot = next
        }
    }

    /// Visits every node before its children, listing them; backwards, that list has children before their parents.
    private func checkSubtrees(_ state: inout [SlotState]) throws(BrokenInvariant) {
        let root = nodes[0].left
        var waiting = [(slot: root, parent: Node.none)]
        var topDown: [UInt32] = []
        while let (slot, parent) = waiting.popLast() {
            if slot == Node.none { continue }
            let index = Int(slot)
            try demand(index < nodes.count, "\(parent) has a link out of the arena, to \(slot)")
            try demand(state[index] == .unknown, "\(parent) has a link to \(slot), which is free or has another parent")
            state[index] = .reached
            let node = nodes[index]
            try demand(!node.isFree, "\(slot) is in the tree but marked as free")
            try demand(node.parent == parent, "\(slot) names \(node.parent) as its parent, which is \(parent)")
            try demand(
                !(node.isRed && (parent == Node.none || nodes[Int(parent)].isRed)),
                "red \(slot) is the root or has a red parent")
            topDown.append(slot)
            waiting.append((node.left, slot))
            waiting.append((node.right, slot))
        }
        try demand(topDown.count == count, "the tree counts \(count) ranges and has \(topDown.count)")
        try checkSums(topDown)
    }

    /// Black heights and maxima, from the leaves up.
    private func checkSums(_ topDown: [UInt32]) throws(BrokenInvariant) {
        var blackHeight = [Int](repeating: 0, count: nodes.count)
        var maximum = [UInt64](repeating: 0, count: nodes.count)
        for slot in topDown.reversed() {
            let node = nodes[Int(slot)]
            let (left, right) = (Int(node.left), Int(node.right))
            try demand(
                blackHeight[left] == blackHeight[right],
                "\(slot) has \(blackHeight[left]) black nodes on the left and \(blackHeight[right]) on the right")
            // Slot 0 stands for no node: its height and maximum stay 0 throughout.
            try demand(node.leftMaximum == maximum[left], "\(slot) has the wrong maximum on the left")
            try demand(node.rightMaximum == maximum[right], "\(slot) has the wrong maximum on the right")
            blackHeight[Int(slot)] = blackHeight[left] + (node.isRed ? 0 : 1)
            maximum[Int(slot)] = max(node.last, max(maximum[left], maximum[right]))
        }
        try demand(nodes[0].leftMaximum == maximum[Int(nodes[0].left)], "the tree has the wrong maximum")
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
