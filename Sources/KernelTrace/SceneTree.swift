import IntervalTree
import Scene

extension SceneBuilder {
    /// The window's part of an mm's interval tree, in drawing order.
    func tree(_ index: Int?, _ window: RowWindow) -> Rows<TreeRow> {
        guard let index else { return Rows() }
        let mm = state.mms[index]
        guard window.count > 0, let root = mm.tree.root else { return Rows([], total: mm.members.count) }
        var members: [IntervalTree.Handle: ReplayState.Member] = [:]
        for member in mm.members { if let node = member.node { members[node] = member } }
        let visited = visitedNotifiers
        let start = min(max(0, window.offset), mm.members.count)
        let end = min(mm.members.count, start.addingReportingOverflow(window.count).partialValue)
        var rows: [TreeRow] = []
        var passed = 0
        var stack = [TreePlace(node: root, side: .root, continues: [])]
        while passed < end, let place = stack.popLast() {
            if passed >= start, let member = members[place.node] {
                rows.append(row(place, member, mm, isVisited: visited.contains(member.address)))
            }
            passed += 1
            let left = mm.tree.left(of: place.node)
            let right = mm.tree.right(of: place.node)
            if let right {
                stack.append(TreePlace(node: right, side: .right, continues: place.continues + [false]))
            }
            if let left {
                stack.append(TreePlace(node: left, side: .left, continues: place.continues + [right != nil]))
            }
        }
        return Rows(rows, offset: start, total: mm.members.count)
    }

    private func row(
        _ place: TreePlace, _ member: ReplayState.Member, _ mm: ReplayState.MM, isVisited: Bool
    ) -> TreeRow {
        let number = state.notifiers[member.address]?.number
        // Where the recording holds every insert and remove, the shape and colours are the kernel's own.
        let colour: Known<TreeRow.Colour> =
            mm.isComplete ? .known(mm.tree.isRed(place.node) ? .red : .black) : .unknown
        return TreeRow(
            id: NotifierID(number ?? -1), name: recording.notifierName(number: number, member.address),
            range: AddressRange(member.first, member.last),
            subtreeMaximum: mm.tree.subtreeMaximum(of: place.node), colour: colour, side: place.side,
            depth: place.continues.count, continues: place.continues, isVisited: isVisited)
    }

    /// The addresses of the notifiers whose callback is running.
    private var visitedNotifiers: Set<UInt64> {
        var visited: Set<UInt64> = []
        for task in state.tasks {
            for call in task.calls where call.kind.isCallback { visited.insert(call.address) }
        }
        return visited
    }
}

/// A node that is still to be drawn.
private struct TreePlace {
    var node: IntervalTree.Handle
    var side: TreeRow.Side
    var continues: [Bool]
}
