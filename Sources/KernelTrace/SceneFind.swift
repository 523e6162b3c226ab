import IntervalTree
import Playback
import Scene

/// Looking for something in the lists of a recording.
extension SceneBuilder {
    func find(_ query: FindQuery) -> Int? {
        let needle = Needle(query.text)
        let request = query.shown
        let mm = request.mmIndex.map { state.mms.indices.contains($0) ? $0 : nil } ?? state.currentMM
        func next(_ count: Int, _ isOne: (Int) -> Bool) -> Int? {
            needle.next(of: count, from: query.from, isForward: query.isForward, isOne)
        }
        switch query.list {
        case .tree:
            let members = treeOrder(mm)
            return next(members.count) { isMember(members[$0], needle) }
        case .notifiers:
            let members = mm.map { registered(state.mms[$0]) } ?? []
            return next(members.count) { isMember(members[$0], needle) }
        case .threads:
            let tasks = listedTasks(mm)
            return next(tasks.count) { isTask(tasks[$0], needle) }
        case .events:
            let shown = shownRows(request)
            return next(shown.count) { row in
                eventRow(Int(recording.rows[shown.row(row)])).contains {
                    needle.occurs(in: $0.threadLabel) || needle.occurs(in: $0.text)
                }
            }
        case .code:
            return next(recording.lineCount) { needle.occurs(in: recording.string(recording.lineRange($0))) }
        // A recording of notifiers has neither page-table entries nor locks.
        case .pages, .locks: return nil
        case .addresses: return mm.flatMap { findAddress(needle, query, state.mms[$0]) }
        }
    }

    private func isMember(_ member: ReplayState.Member, _ needle: Needle) -> Bool {
        needle.lies(from: member.first, to: member.last)
            || (state.notifiers[member.address].map { needle.occurs(in: name($0)) } ?? false)
    }

    private func isTask(_ task: Int, _ needle: Needle) -> Bool {
        needle.occurs(in: taskName(task)) || needle.occurs(in: activity(state.tasks[task]).1)
    }

    /// The tree's members in the order of its rows.
    private func treeOrder(_ index: Int?) -> [ReplayState.Member] {
        guard let mm = index.map({ state.mms[$0] }) else { return [] }
        var members: [IntervalTree.Handle: ReplayState.Member] = [:]
        for member in mm.members { if let node = member.node { members[node] = member } }
        var result: [ReplayState.Member] = []
        var stack = mm.tree.root.map { [$0] } ?? []
        while let node = stack.popLast() {
            if let member = members[node] { result.append(member) }
            if let right = mm.tree.right(of: node) { stack.append(right) }
            if let left = mm.tree.left(of: node) { stack.append(left) }
        }
        return result
    }

    /// On the axis an address is itself; a name is where what has it begins.
    private func findAddress(_ needle: Needle, _ query: FindQuery, _ mm: ReplayState.MM) -> Int? {
        if let address = needle.address { return Int(exactly: address) }
        var starts: Set<Int> = []
        for member in registered(mm) where isMember(member, needle) { starts.insert(Int(clamping: member.first)) }
        for range in mm.ranges
        where needle.occurs(in: RangeEvent.name(UInt64(range.event))) || needle.occurs(in: taskName(range.task)) {
            starts.insert(Int(clamping: range.first))
        }
        let sorted = starts.sorted()
        return query.isForward
            ? sorted.first { $0 > query.from } ?? sorted.first : sorted.last { $0 < query.from } ?? sorted.last
    }
}
