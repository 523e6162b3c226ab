import IntervalTree
import Language
import Machine
import Scene

extension Simulation {
    /// What there is to see at the cursor.
    public func scene(for request: SceneRequest) -> Scene {
        let view = Projection(simulation: self, request: request)
        let notifiers = view.notifiers()
        let threads = view.threads()
        var scene = Scene(
            title: program.scenario.name, source: .simulation, position: view.position(),
            header: view.header(asleep: threads.asleep.count), addressSpace: view.addressSpace(),
            tree: view.tree(), deferred: view.deferred(), sleepers: threads.asleep, notifiers: notifiers,
            threads: threads.rows, code: view.code(), events: view.events(), finding: view.finding(),
            message: message)
        view.addSession(to: &scene)
        scene.reply = replies.reply
        scene.timeline = view.timeline()
        scene.pageTables = view.pageTables()
        scene.watches = view.watches()
        scene.explanation = request.explain.map { Explainer(self, request).explanation(of: $0) }
        if request.locks.count > 0 { (scene.locks, scene.lockCycles) = view.locks() }
        return scene
    }
}

/// One look at a simulation: a state put into the values that panes draw.
struct Projection {
    let simulation: Simulation
    let request: SceneRequest
    let machine: Machine
    let program: Program
    let schema: Schema
    /// The headers of the live mms.
    let mms: [Int]
    /// The mm that is shown.
    let mm: Int?
    /// Its subscriptions, once it has some.
    let subscriptions: Int?
    /// For each mm notifier thread, the notifiers whose callback runs now.
    let visited: Set<Int>
    /// What each thread could do now.
    let standings: [Standing]
    let pageFields: PageFields

    init(simulation: Simulation, request: SceneRequest) {
        self.simulation = simulation
        self.request = request
        machine = simulation.machine
        program = simulation.program
        schema = simulation.schema
        mms = schema.mm.map { simulation.machine.liveRecords($0.record) } ?? []
        mm = Self.shown(of: mms, request.mmIndex, simulation.machine, schema)
        subscriptions = Self.subscriptions(of: mm, simulation.machine, schema)
        visited = Self.visited(simulation.machine)
        standings = simulation.machine.standings()
        pageFields = PageFields(simulation.program)
    }

    /// The mm that was asked for; where none was, the first that somebody has notifiers in.
    private static func shown(of mms: [Int], _ index: Int?, _ machine: Machine, _ schema: Schema) -> Int? {
        if let index, !mms.isEmpty { return mms[min(max(0, index), mms.count - 1)] }
        return mms.first { subscriptions(of: $0, machine, schema) != nil } ?? mms.first
    }

    private static func subscriptions(of mm: Int?, _ machine: Machine, _ schema: Schema) -> Int? {
        guard let mm, let offset = schema.mm?.subscriptions else { return nil }
        let reference = machine.reference(at: mm + offset)
        return machine.isLive(reference) ? reference.address : nil
    }

    /// Notifiers whose callback is on some thread's stack.
    private static func visited(_ machine: Machine) -> Set<Int> {
        var result: Set<Int> = []
        for thread in 0..<machine.threadCount {
            for frame in machine.callStack(of: thread) {
                let function = machine.program.functions[frame.function]
                guard let callback = function.callback, let owner = function.locals.first else { continue }
                let reference = Reference(bits: machine.value(of: owner, thread: thread))
                let offset = machine.program.callbacks[callback].implementations.values
                    .first { $0.function == frame.function }?.ownerOffset
                if let offset { result.insert(reference.address + offset) }
            }
        }
        return result
    }

    // MARK: Where we are

    func position() -> Position {
        let cursor = simulation.cursor
        var stopped: String?
        switch cursor.end {
        case .rest?: stopped = "all threads have finished"
        case .finding(let finding)?: stopped = finding.property
        case nil: break
        }
        return Position(
            step: cursor.step, last: max(simulation.frontier, cursor.step), isOpenEnded: cursor.end == nil,
            isRunning: simulation.isRunning, speed: simulation.speed, policy: cursor.policy.rawValue,
            seed: simulation.seed, stopped: stopped)
    }

    func finding() -> Finding? {
        simulation.finding.map { finding in
            let place = finding.place(in: program)
            return Finding(
                property: finding.property, sentence: finding.sentence, step: simulation.step,
                thread: ThreadID(finding.thread), threadLabel: threadLabel(finding.thread, at: simulation.step - 1),
                place: place.map { "\(program.sources[$0.file].name):\($0.line)" } ?? "")
        }
    }

    func header(asleep: Int) -> Header {
        let counters = simulation.cursor.counters
        var header = Header(
            mm: mm.map { machine.name(ofRecordAt: $0) }, mmCount: mms.count,
            mmIndex: mm.flatMap { mms.firstIndex(of: $0) } ?? 0, asleep: asleep,
            counters: Counters(
                invalidations: counters.invalidations, collisions: counters.collisions, retries: counters.retries))
        guard let subs = subscriptions, let schema = schema.subscriptions else {
            header.hasIntervalTree = mm == nil ? .unknown : .known(false)
            return header
        }
        let seq = machine.slot(subs + schema.seq)
        let active = Int(machine.slot(subs + schema.active))
        header.seq = .known(UInt64(bitPattern: seq))
        header.active = .known(active)
        header.exclusion = .known(active == 0 ? .idle : seq & 1 != 0 ? .full : .partial)
        header.hasIntervalTree = .known(machine.slot(subs + schema.hasTree) != 0)
        header.subscriptions = machine.tree(at: subs + schema.tree).count
        for entry in deferred() {
            if entry.change == .insert { header.deferredInserts += 1 } else { header.deferredRemovals += 1 }
        }
        return header
    }

    // MARK: Notifiers

    func range(ofNotifier address: Int) -> AddressRange {
        guard let schema = schema.interval else { return AddressRange(0, 0) }
        return AddressRange(
            UInt64(bitPattern: machine.slot(address + schema.start)),
            UInt64(bitPattern: machine.slot(address + schema.last)))
    }

    func state(ofNotifier address: Int) -> NotifierState {
        let inTree = machine.isInTree(address)
        if machine.isInList(address), !isBeingApplied(address) { return inTree ? .removalDeferred : .insertDeferred }
        guard inTree, let interval = schema.interval, let subs = subscriptions, let schema = schema.subscriptions else {
            return .detached
        }
        return machine.slot(address + interval.seq) == machine.slot(subs + schema.seq) ? .colliding : .idle
    }

    func seq(ofNotifier address: Int) -> Known<UInt64> {
        schema.interval.map { .known(UInt64(bitPattern: machine.slot(address + $0.seq))) } ?? .unknown
    }

    /// The notifiers of the mm, in the order of their records; only the window's rows are made.
    func notifiers() -> Rows<NotifierRow> {
        let all = listedNotifiers()
        let window = request.notifiers
        let offset = max(0, min(window.offset, all.count - window.count))
        let rows = all.dropFirst(offset).prefix(window.count).map { address in
            NotifierRow(
                id: NotifierID(address), name: machine.name(ofRecordAt: address),
                range: range(ofNotifier: address), seq: seq(ofNotifier: address),
                state: state(ofNotifier: address), callbacks: .known(simulation.callbacks(of: address)),
                sleepers: sleepers(of: address))
        }
        return Rows(Array(rows), offset: offset, total: all.count)
    }

    /// The headers of the shown mm's notifiers, in the order of their rows.
    func listedNotifiers() -> [Int] {
        guard let schema = schema.interval, let mm else { return [] }
        return machine.liveRecords(schema.record).filter { machine.reference(at: $0 + schema.mm).address == mm }
    }

    /// The last end has carried the change out in the tree, and has not taken the notifier off the list yet.
    private func isBeingApplied(_ address: Int) -> Bool {
        let events = simulation.chronicle.events
        let last = events.count(upTo: simulation.step)
        // It is the next step of who holds the lock; others say little meanwhile.
        let latest = (max(0, last - 16)..<last).last { index in
            [.apply, .defer].contains(events.kind(index)) && events.entries[index].event.firstReference?.address == address
        }
        return latest.map { events.kind($0) == .apply } ?? false
    }

    func deferred() -> [DeferredEntry] {
        guard let subs = subscriptions, let schema = schema.subscriptions else { return [] }
        return machine.list(at: subs + schema.deferred).filter { !isBeingApplied($0) }.map { address in
            DeferredEntry(
                change: machine.isInTree(address) ? .removal : .insert, id: NotifierID(address),
                name: machine.name(ofRecordAt: address), range: range(ofNotifier: address))
        }
    }

    // MARK: The tree

    /// A node, its left subtree, its right one; rows before the window are walked over, not made.
    func tree() -> Rows<TreeRow> {
        guard let subs = subscriptions, let schema = schema.subscriptions else { return Rows() }
        let tree = machine.tree(at: subs + schema.tree)
        let window = request.tree
        let offset = max(0, min(window.offset, tree.count - window.count))
        var rows: [TreeRow] = []
        var index = 0
        var stack: [(handle: IntervalTree.Handle, side: TreeRow.Side, continues: [Bool])] = []
        if let root = tree.root { stack.append((root, .root, [])) }
        while let node = stack.popLast(), rows.count < window.count {
            if index >= offset { rows.append(row(node.handle, tree, node.side, node.continues)) }
            index += 1
            let right = tree.right(of: node.handle)
            if let right { stack.append((right, .right, node.continues + [false])) }
            if let left = tree.left(of: node.handle) { stack.append((left, .left, node.continues + [right != nil])) }
        }
        return Rows(rows, offset: offset, total: tree.count)
    }

    private func row(
        _ handle: IntervalTree.Handle, _ tree: IntervalTree, _ side: TreeRow.Side, _ continues: [Bool]
    ) -> TreeRow {
        let address = Int(tree.tag(of: handle))
        return TreeRow(
            id: NotifierID(address), name: machine.name(ofRecordAt: address),
            range: AddressRange(tree.first(of: handle), tree.last(of: handle)),
            subtreeMaximum: tree.subtreeMaximum(of: handle), colour: .known(tree.isRed(handle) ? .red : .black),
            side: side, depth: continues.count, continues: continues, isVisited: visited.contains(address),
            state: state(ofNotifier: address))
    }
}
