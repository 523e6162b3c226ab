import Scene

/// A balanced search tree over members that are in order: what the kernel's tree holds, though not its shape.
struct RebuiltTree {
    struct Node {
        /// The member's index.
        var member: Int
        var maximum: UInt64
        var side: TreeRow.Side
        var continues: [Bool]
    }

    let members: [ReplayState.Member]

    /// The window's rows in drawing order: a node, its left subtree, its right.
    func rows(_ window: RowWindow) -> [Node] {
        var nodes: [Node] = []
        var passed = 0
        visit(0..<members.count, .root, [], window, &passed, &nodes)
        return nodes
    }

    private func visit(
        _ range: Range<Int>, _ side: TreeRow.Side, _ continues: [Bool], _ window: RowWindow,
        _ passed: inout Int, _ nodes: inout [Node]
    ) {
        guard !range.isEmpty, nodes.count < window.count else { return }
        // A subtree that lies before the window is passed over whole.
        if passed + range.count <= window.offset {
            passed += range.count
            return
        }
        let middle = range.lowerBound + range.count / 2
        if passed >= window.offset {
            let maximum = members[range].reduce(0) { max($0, $1.last) }
            nodes.append(Node(member: middle, maximum: maximum, side: side, continues: continues))
        }
        passed += 1
        let left = range.lowerBound..<middle
        let right = (middle + 1)..<range.upperBound
        visit(left, .left, continues + [!right.isEmpty], window, &passed, &nodes)
        visit(right, .right, continues + [false], window, &passed, &nodes)
    }
}
