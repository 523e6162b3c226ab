import Language
import Machine
import Scene

/// Locks, wait queues and whatever else somebody holds or waits for; and who waits for each other in a circle.
extension Projection {
    /// Everything that somebody holds or waits for, in the order of its place in the state.
    func locks() -> (rows: Rows<LockRow>, cycles: [LockCycle]) {
        let table = lockTable()
        let window = request.locks
        let offset = max(0, min(window.offset, table.rows.count - window.count))
        return (
            Rows(Array(table.rows.dropFirst(offset).prefix(window.count)), offset: offset, total: table.rows.count),
            table.cycles
        )
    }

    /// All rows, and the circles.
    func lockTable() -> (rows: [LockRow], cycles: [LockCycle]) {
        var places = heldPlaces()
        addWaiters(&places)
        let circles = WaitGraph(waits(places)).circles()
        let closing = Set(circles.flatMap { $0.map(\.place) })
        let rows = places.values.sorted { $0.order < $1.order }.map { place in
            LockRow(
                name: place.name, kind: place.kind, holders: place.holders.map { user($0.thread, $0.manner) },
                waiters: place.waiters.sorted { since($0.thread) < since($1.thread) }.map {
                    user($0.thread, $0.manner, waiting: true, isWoken: $0.isWoken)
                },
                isInCycle: closing.contains(place.order))
        }
        let cycles = circles.map { circle in
            LockCycle(threads: circle.map { ThreadID($0.thread) }, sentence: sentence(circle, places))
        }
        return (rows, cycles)
    }

    /// The step since which a thread stands where it stands.
    private func since(_ thread: Int) -> Int { simulation.cursor.lastSteps[thread] }

    private func user(_ thread: Int, _ manner: String, waiting: Bool = false, isWoken: Bool = false) -> LockUser {
        LockUser(
            thread: ThreadID(thread), name: name(ofThread: thread), manner: manner,
            sinceStep: waiting ? since(thread) : nil, isWoken: isWoken)
    }

    /// A lock or queue that there is something to tell of.
    struct Place {
        struct User {
            var thread: Int
            var manner = ""
            var isWoken = false
        }

        var name: String
        var kind: LockRow.Kind
        var holders: [User] = []
        var waiters: [User] = []
        /// Its slot; conditions, which have none, come behind.
        var order: Int
    }

    // MARK: Who holds what

    private func heldPlaces() -> [Int: Place] {
        var places: [Int: Place] = [:]
        for record in program.records.indices {
            for field in program.records[record].fields {
                guard let kind = LockRow.Kind(field.type) else { continue }
                for address in machine.liveRecords(record) {
                    let slot = address + field.offset
                    let holders = holders(ofSlot: slot, kind)
                    guard !holders.isEmpty else { continue }
                    places[slot] = Place(name: machine.placeName(slot), kind: kind, holders: holders, order: slot)
                }
            }
        }
        return places
    }

    private func holders(ofSlot slot: Int, _ kind: LockRow.Kind) -> [Place.User] {
        switch kind {
        case .spinlock, .mutex:
            return machine.slot(slot) == 0 ? [] : [Place.User(thread: Int(machine.slot(slot)) - 1)]
        case .rwsem:
            if machine.slot(slot) != 0 { return [Place.User(thread: Int(machine.slot(slot)) - 1, manner: "for writing")] }
            let readers = machine.slot(slot + 1)
            return readers == 0
                ? [] : (0..<62).filter { readers & (1 << Int64($0)) != 0 }.map { Place.User(thread: $0, manner: "for reading") }
        case .gracePeriod:
            guard machine.slot(slot + 1) + machine.slot(slot + 2) > 0 else { return [] }
            return readers(ofSRCU: slot).map { Place.User(thread: $0, manner: "reads") }
        case .waitQueue, .completion, .condition: return []
        }
    }

    /// The threads that stand between srcu_read_lock and srcu_read_unlock of this domain. The state only counts them: who
    /// they are shows in what they are about to do.
    private func readers(ofSRCU slot: Int) -> [Int] {
        (0..<machine.threadCount).filter { thread in
            machine.callStack(of: thread).contains { frame in
                guard let statement = frame.statement else { return false }
                return program.readSections(of: frame.function).contains { section in
                    guard section.statements.contains(statement) else { return false }
                    let local = program.functions[frame.function].locals.first {
                        if case .reference = $0.type { $0.slot == section.recordSlot } else { false }
                    }
                    // A domain that was computed is taken for any that lies at this place of its record.
                    guard let local else { return section.offset == slot - headerAround(slot) }
                    let reference = Reference(bits: machine.value(of: local, thread: thread))
                    return reference.address + section.offset == slot
                }
            }
        }
    }

    /// The header of the innermost live record that a slot lies in.
    private func headerAround(_ slot: Int) -> Int {
        var best = 0
        for record in program.records.indices {
            for address in machine.liveRecords(record)
            where address <= slot && slot < address + program.records[record].size && address > best { best = address }
        }
        return best
    }

    // MARK: Who waits for what

    private func addWaiters(_ places: inout [Int: Place]) {
        for thread in 0..<machine.threadCount {
            switch standings[thread] {
            case .finished: continue
            case .ready:
                // Awake again, and still where it slept.
                guard let queue = machine.sleepQueue(of: thread) else { continue }
                add(thread, manner: sleepPlace(thread)?.words ?? "", isWoken: true, to: queue, .waitQueue, &places)
            case .blocked(let blockage):
                guard blockage.cause != .teardown else { continue }
                guard let slot = blockage.slot else {
                    addCondition(of: thread, &places)
                    continue
                }
                add(thread, manner: manner(blockage, thread), to: slot, LockRow.Kind(blockage.cause), &places)
            }
        }
    }

    private func add(
        _ thread: Int, manner: String, isWoken: Bool = false, to slot: Int, _ kind: LockRow.Kind,
        _ places: inout [Int: Place]
    ) {
        let user = Place.User(thread: thread, manner: manner, isWoken: isWoken)
        places[slot, default: Place(name: machine.placeName(slot), kind: kind, order: slot)].waiters.append(user)
    }

    /// Those that wait at the same line wait for the same.
    private func addCondition(of thread: Int, _ places: inout [Int: Place]) {
        guard let statement = machine.statement(of: thread) else { return }
        let order = machine.program.slotCount + statement
        let new = Place(name: doing(thread), kind: .condition, order: order)
        places[order, default: new].waiters.append(Place.User(thread: thread))
    }

    private func manner(_ blockage: Blockage, _ thread: Int) -> String {
        switch blockage.cause {
        case .semaphoreRead: "for reading"
        case .semaphoreWrite: "for writing"
        case .sleep, .completion: sleepPlace(thread)?.words ?? ""
        default: ""
        }
    }

    // MARK: Circles

    private func waits(_ places: [Int: Place]) -> [WaitGraph.Wait] {
        var result: [WaitGraph.Wait] = []
        for thread in 0..<machine.threadCount {
            guard case .blocked(let blockage) = standings[thread], let slot = blockage.slot else { continue }
            var others = Set(blockage.holders)
            switch blockage.cause {
            case .gracePeriod:
                // Whoever runs the grace period is not kept by itself, but by the readers.
                others.remove(thread)
                others.formUnion(places[slot]?.holders.map(\.thread) ?? [])
            case .sleep: others = invalidators(waking: slot)
            default: break
            }
            result += others.sorted().map { WaitGraph.Wait(thread: thread, other: $0, place: slot) }
        }
        return result
    }

    /// Who has to end an invalidation before the sleepers of a queue can be woken: known of the queue that an mm's
    /// subscriptions have for their readers, where the last end wakes all.
    private func invalidators(waking slot: Int) -> Set<Int> {
        guard let range = schema.range, let mmSchema = schema.mm, let offset = mmSchema.subscriptions,
            let subscriptions = schema.subscriptions,
            let mm = mms.first(where: { mm in
                let reference = machine.reference(at: mm + offset)
                return machine.isLive(reference) && program.isWaitQueue(at: slot - reference.address, of: "Subscriptions")
                    && machine.slot(reference.address + subscriptions.active) > 0
            })
        else { return [] }
        let owners = machine.liveRecords(range.record).filter {
            machine.slot($0 + range.inFlight) != 0 && machine.reference(at: $0 + range.mm).address == mm
        }
        return Set(owners.compactMap { RangeOwners.owner(ofRange: $0, machine, schema) })
    }

    /// "T0 waits for umem#1.mutex, held by T1, which waits for mm#1.mmap_sem, held by T0".
    private func sentence(_ circle: [WaitGraph.Wait], _ places: [Int: Place]) -> String {
        var words = name(ofThread: circle[0].thread)
        for (index, wait) in circle.enumerated() {
            let place = places[wait.place]
            let name = place?.name ?? machine.placeName(wait.place)
            if index > 0 { words += ", which" }
            let manner = switch place?.kind {
            case .waitQueue: " sleeps on \(name) until the end of the invalidation of"
            case .gracePeriod where place?.holders.contains { $0.thread == wait.other } == true:
                " waits for the readers of \(name), one of them"
            case .gracePeriod: " waits for the grace period of \(name), begun by"
            default: " waits for \(name), held by"
            }
            words += manner
            words += wait.other == wait.thread ? " itself" : " \(self.name(ofThread: wait.other))"
        }
        return words
    }
}

/// Who waits for whom.
struct WaitGraph {
    struct Wait: Hashable {
        var thread: Int
        var other: Int
        /// The slot of what it waits for.
        var place: Int
    }

    private let waits: [Int: [Wait]]

    init(_ waits: [Wait]) { self.waits = Dictionary(grouping: waits, by: \.thread) }

    /// Each circle once, begun with its lowest thread; the shortest where several close over the same one.
    func circles() -> [[Wait]] {
        var result: [[Wait]] = []
        for start in waits.keys.sorted() {
            guard let circle = shortest(from: start) else { continue }
            let members = Set(circle.map(\.thread))
            if members.min() == start || !result.contains(where: { Set($0.map(\.thread)) == members }) {
                guard !result.contains(where: { Set($0.map(\.thread)) == members }) else { continue }
                result.append(circle)
            }
        }
        return result
    }

    private func shortest(from start: Int) -> [Wait]? {
        var paths: [[Wait]] = (waits[start] ?? []).map { [$0] }
        var seen: Set<Int> = []
        while !paths.isEmpty {
            var longer: [[Wait]] = []
            for path in paths {
                guard let last = path.last else { continue }
                if last.other == start { return path }
                guard seen.insert(last.other).inserted else { continue }
                longer += (waits[last.other] ?? []).map { path + [$0] }
            }
            paths = longer
        }
        return nil
    }
}

extension LockRow.Kind {
    init?(_ type: ValueType) {
        switch type {
        case .spinlock: self = .spinlock
        case .mutex, .pageLock: self = .mutex
        case .semaphore: self = .rwsem
        case .srcu: self = .gracePeriod
        default: return nil
        }
    }

    init(_ cause: Blockage.Cause) {
        switch cause {
        case .spinlock: self = .spinlock
        case .mutex: self = .mutex
        case .semaphoreRead, .semaphoreWrite: self = .rwsem
        case .sleep: self = .waitQueue
        case .completion: self = .completion
        case .gracePeriod: self = .gracePeriod
        case .condition, .teardown: self = .condition
        }
    }
}

extension Program {
    /// A stretch of a function between srcu_read_lock and srcu_read_unlock.
    struct ReadSection {
        /// Statements at which a thread that stands there is inside.
        var statements: Range<Int>
        /// The slot of the thread's block that the domain's record is in.
        var recordSlot: Int
        /// Where in that record the domain is.
        var offset: Int
    }

    func readSections(of function: Int) -> [ReadSection] {
        var sections: [ReadSection] = []
        var statement = 0
        for pc in functions[function].entry..<functions[function].end {
            let instruction = instructions[pc]
            switch instruction.op {
            case .statement: statement = Int(instruction.a)
            case .srcuLock:
                sections.append(
                    ReadSection(
                        statements: (statement + 1)..<(statement + 1), recordSlot: Int(instruction.b),
                        offset: Int(instruction.c)))
            case .srcuUnlock where !sections.isEmpty:
                // The last one counts: an earlier one is that of a way out.
                let first = sections[sections.count - 1].statements.lowerBound
                sections[sections.count - 1].statements = first..<max(first, statement + 1)
            default: break
            }
        }
        return sections
    }

    /// Whether a record of the kernel's has a wait queue at an offset.
    func isWaitQueue(at offset: Int, of name: String) -> Bool {
        guard let record = record(named: name) else { return false }
        return records[record].fields.contains { $0.offset == offset && $0.type == .waitQueue }
    }
}
