import Language
import Machine

/// Which steps of a counterexample tell something: those through which its threads act on each other, those that say
/// something, and those at its end.
struct Relevance {
    /// By step: another thread's step depends on it, or it on another thread's.
    private(set) var conflicts: [Bool]
    /// By step: a lock is taken or let go that another thread could have come across meanwhile.
    private(set) var guards: [Bool]

    /// A record that is made where another was freed has nothing to do with it.
    private struct Place: Hashable {
        var slot: Int
        var generation: Int64
    }

    private struct Access {
        var step: Int
        var thread: Int
        var isWrite: Bool
    }

    init(_ example: Counterexample) {
        conflicts = [Bool](repeating: false, count: example.steps.count)
        guards = conflicts
        var accesses: [Place: [Access]] = [:]
        let places = Places(example.program)
        // Asking the property again is no deed of the kernel's.
        for (index, step) in example.steps.enumerated() where !step.text.hasPrefix("recheck(") {
            let footprint = Footprint(of: step.thread, in: example.machines[index])
            // What is stored where it was already changes nothing for anybody; nor does making a record: nobody knows it yet.
            let changed = step.changes.filter { !places.isHeader($0.slot) || $0.new & 1 == 0 }.map(\.slot)
            let writes = footprint.linkWrites.union(changed)
            // What a check asks matters when it is the check that fails.
            let reads = index == example.steps.count - 1 ? footprint.looked : footprint.reads
            for slot in writes.union(reads).union(footprint.records) where places.isTold(slot) {
                let header = places.root(of: slot).map { example.machines[index + 1].slot($0) >> 32 }
                accesses[Place(slot: slot, generation: header ?? 0), default: []].append(
                    Access(step: index, thread: step.thread, isWrite: writes.contains(slot)))
            }
        }
        var orders: [Order] = []
        for list in accesses.values {
            for (index, access) in list.enumerated() { Self.collect(access, list[(index + 1)...], into: &orders) }
        }
        mark(orders, example)
        markCauses(example, places)
        markGuards(example, places)
    }

    /// One step comes before another of another thread, and it matters.
    private struct Order: Hashable {
        var first: Int
        var second: Int
    }

    /// A write with what other threads first see or do of it, a read with the write that overtakes it.
    private static func collect(_ access: Access, _ later: ArraySlice<Access>, into orders: inout [Order]) {
        var seen: Set<Int> = [access.thread]
        for next in later {
            if access.isWrite || next.isWrite, seen.insert(next.thread).inserted {
                orders.append(Order(first: access.step, second: next.step))
            }
            if next.isWrite { return }
        }
    }

    /// Of all that has to come in this order only what doesn't follow from the rest: when the one thread is held to it by a later
    /// step of its own and the other by an earlier one, nothing more needs to be said.
    private mutating func mark(_ orders: [Order], _ example: Counterexample) {
        let thread = { example.steps[$0].thread }
        for order in orders {
            let follows = orders.contains { other in
                other != order && thread(other.first) == thread(order.first) && thread(other.second) == thread(order.second)
                    && other.first >= order.first && other.second <= order.second
            }
            guard !follows else { continue }
            conflicts[order.first] = true
            conflicts[order.second] = true
        }
    }

    /// The last writes to what the failing step looks at, where it is that which fails: one thread alone may have made them.
    private mutating func markCauses(_ example: Counterexample, _ places: Places) {
        guard example.isFoundByWrites, let last = example.steps.indices.last else { return }
        for slot in Footprint(of: example.steps[last].thread, in: example.machines[last]).looked
        where places.isTold(slot) && !places.isHeader(slot) {
            let writer = example.steps[..<last].lastIndex { $0.changes.contains { $0.slot == slot } }
            if let writer { conflicts[writer] = true }
        }
    }

    /// Locks that are held while another thread goes on.
    private mutating func markGuards(_ example: Counterexample, _ places: Places) {
        var taken: [Int: Int] = [:]
        for (index, step) in example.steps.enumerated() {
            for change in step.changes where places.isLock(change.slot) {
                if change.old == 0 {
                    taken[change.slot] = index
                } else if change.new == 0, let first = taken.removeValue(forKey: change.slot),
                    example.steps[first...index].contains(where: { $0.thread != step.thread })
                {
                    guards[first] = true
                    guards[index] = true
                }
            }
        }
        for first in taken.values where example.steps[first...].contains(where: { $0.thread != example.steps[first].thread }) {
            guards[first] = true
        }
    }
}

/// What the slots of a program are.
struct Places {
    private let program: Program
    /// By slot: the field that it belongs to; nil for what is hidden.
    private var fields: [Int: (address: Int, record: Int, field: Int)] = [:]
    private var headers: Set<Int> = []
    /// By slot: the header of the outermost record that it lies in.
    private var roots: [Int: Int] = [:]

    init(_ program: Program) {
        self.program = program
        for segment in program.segments {
            for instance in 0..<segment.count {
                let address = segment.base + instance * segment.stride
                headers.insert(address)
                if segment.parent == nil {
                    for offset in 0..<program.records[segment.record].size { roots[address + offset] = address }
                }
                for (number, field) in program.records[segment.record].fields.enumerated() {
                    // A record inside of another has fields of its own.
                    if case .embedded = field.type { continue }
                    for index in 0..<max(1, field.count) {
                        fields[address + field.offset + index] = (address, segment.record, number)
                    }
                }
            }
        }
    }

    func root(of slot: Int) -> Int? { roots[slot] }

    /// Whether what a slot belongs to is there.
    func isLive(_ slot: Int, in machine: Machine) -> Bool {
        root(of: slot).map(machine.isLiveRecord) ?? program.globals.contains { $0.slot == slot }
    }

    func isHeader(_ slot: Int) -> Bool { headers.contains(slot) }

    func field(at slot: Int) -> (address: Int, record: Int, info: FieldInfo)? {
        fields[slot].map { ($0.address, $0.record, program.records[$0.record].fields[$0.field]) }
    }

    func isLock(_ slot: Int) -> Bool {
        guard let type = field(at: slot)?.info.type else { return false }
        return [.spinlock, .mutex, .pageLock, .semaphore].contains(type)
    }

    /// Whether an access to it is worth telling: no lock, and nothing that the machine keeps for itself.
    func isTold(_ slot: Int) -> Bool {
        if isHeader(slot) || program.globals.contains(where: { $0.slot == slot }) { return slot != Program.drainingSlot }
        return field(at: slot) != nil && !isLock(slot)
    }

    /// The type of the values in a slot.
    func type(at slot: Int) -> ValueType? {
        if let global = program.globals.first(where: { $0.slot == slot }) { return global.type }
        guard let type = field(at: slot)?.info.type else { return nil }
        if case .table(let entry, _) = type { return entry }
        return type
    }

    /// "mm#1.pte[0x2]", "umem#1.mtt[0x3]", "child".
    func name(of slot: Int, in machine: Machine) -> String {
        if let global = program.globals.first(where: { $0.slot == slot }) { return global.name }
        guard let (address, _, info) = field(at: slot) else {
            return isHeader(slot) ? machine.name(ofRecordAt: slot) : machine.placeName(slot)
        }
        let index = info.count > 1 ? "[0x\(String(slot - address - info.offset, radix: 16))]" : ""
        return "\(machine.name(ofRecordAt: address)).\(info.name)\(index)"
    }
}
