import IntervalTree
import Language
import Machine
import Playback
import Scene

extension Simulation {
    /// Looks for something in one of the lists as the screen shows them, and replies.
    mutating func find(_ query: FindQuery) {
        let row = Projection(simulation: self, request: query.shown).find(query)
        replies.give(row.map { .found(query, row: $0) } ?? .notFound(query))
    }
}

/// Looking for something in the lists.
extension Projection {
    func find(_ query: FindQuery) -> Int? {
        let needle = Needle(query.text)
        func next(_ count: Int, _ isOne: (Int) -> Bool) -> Int? {
            needle.next(of: count, from: query.from, isForward: query.isForward, isOne)
        }
        switch query.list {
        case .tree:
            let nodes = treeOrder()
            return next(nodes.count) { isNotifier(Int(nodes[$0].tag), needle) }
        case .notifiers:
            let all = listedNotifiers()
            return next(all.count) { isNotifier(all[$0], needle) }
        case .threads:
            let threads = (0..<machine.threadCount).filter(isShown)
            return next(threads.count) { isThread(threads[$0], needle) }
        case .events:
            let events = shownEvents(FilteredEvents.Filter(kinds: request.eventKinds, text: request.eventText))
            return next(events.count) { isEvent(events.entry($0), needle) }
        case .code:
            let lines = codeLines()
            return next(lines.count) { needle.occurs(in: lines[$0]) }
        case .pages: return findPage(needle, next)
        case .locks:
            let rows = lockTable().rows
            return next(rows.count) { isLock(rows[$0], needle) }
        case .addresses: return findAddress(needle, query)
        }
    }

    /// Its name; or its range, where an address is looked for.
    private func isNotifier(_ address: Int, _ needle: Needle) -> Bool {
        let range = range(ofNotifier: address)
        return needle.lies(from: range.first, to: range.last) || needle.occurs(in: machine.name(ofRecordAt: address))
    }

    /// The tree's nodes in the order of its rows.
    private func treeOrder() -> [(handle: IntervalTree.Handle, tag: UInt32)] {
        guard let subs = subscriptions, let schema = schema.subscriptions else { return [] }
        let tree = machine.tree(at: subs + schema.tree)
        var result: [(IntervalTree.Handle, UInt32)] = []
        result.reserveCapacity(tree.count)
        var stack = tree.root.map { [$0] } ?? []
        while let node = stack.popLast() {
            result.append((node, tree.tag(of: node)))
            if let right = tree.right(of: node) { stack.append(right) }
            if let left = tree.left(of: node) { stack.append(left) }
        }
        return result
    }

    private func isThread(_ thread: Int, _ needle: Needle) -> Bool {
        needle.occurs(in: name(ofThread: thread)) || needle.occurs(in: doing(thread))
            || needle.occurs(in: words(status(of: thread).0))
    }

    private func words(_ status: ThreadStatus) -> String {
        switch status {
        case .ready: "ready"
        case .asleep(let place): "asleep \(place)"
        case .blocked(let place, let holder): "blocked \(place) \(holder ?? "")"
        case .waiting(let words): words
        case .finished: "finished"
        case .unseen: ""
        }
    }

    private func isLock(_ row: LockRow, _ needle: Needle) -> Bool {
        needle.occurs(in: row.name) || needle.occurs(in: row.kind.rawValue)
            || (row.holders + row.waiters).contains { needle.occurs(in: $0.name) || needle.occurs(in: $0.manner) }
    }

    private func findPage(_ needle: Needle, _ next: (Int, (Int) -> Bool) -> Int?) -> Int? {
        guard let mm, let mmSchema = schema.mm, let pte = mmSchema.pte else { return nil }
        let devices = shownDevices(of: mm)
        let pages = listedPages(mm, mmSchema, pte, devices)
        if let address = needle.address {
            return next(pages.count) { UInt64(pages[$0]) == address }
        }
        let writer = PageWriter(self, mm, mmSchema, devices)
        return next(pages.count) { index in
            let row = writer.row(pages[index])
            return [row.cpu.page, row.cpu.note, row.cpu.owner ?? ""].contains { needle.occurs(in: $0) }
                || row.devices.contains { needle.occurs(in: $0.page) || needle.occurs(in: $0.reason) }
        }
    }

    /// On the axis an address is itself; a name is where what has it begins.
    private func findAddress(_ needle: Needle, _ query: FindQuery) -> Int? {
        let space = addressSpace()
        if let address = needle.address {
            return space.extent.map { $0.contains(address) } ?? false ? Int(clamping: address) : nil
        }
        var starts: Set<Int> = []
        for address in listedNotifiers() where isNotifier(address, needle) {
            starts.insert(Int(clamping: range(ofNotifier: address).first))
        }
        for vma in mm.map({ vmas(of: $0, in: machine) }) ?? [] where needle.occurs(in: vma.label) {
            starts.insert(Int(clamping: vma.range.first))
        }
        for span in invalidations() where needle.occurs(in: span.event) || needle.occurs(in: span.threadName) {
            starts.insert(Int(clamping: span.range.first))
        }
        let sorted = starts.sorted()
        return query.isForward
            ? sorted.first { $0 > query.from } ?? sorted.first : sorted.last { $0 < query.from } ?? sorted.last
    }
}
