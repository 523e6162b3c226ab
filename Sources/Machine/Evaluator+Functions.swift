import IntervalTree
import Language

/// What may be asked because it changes nothing.
extension Evaluation {
    func call(
        _ function: ResolvedExpression.Function, _ arguments: [ResolvedExpression], _ bound: [Int64]
    ) throws(EvaluationError) -> Item {
        func truth(_ value: Bool) -> Item { .value(value ? 1 : 0, .boolean) }
        let first = try item(arguments[0], bound)
        switch function {
        case .odd: return truth(try whole(first, arguments[0]) & 1 != 0)
        case .held, .isLocked: return truth(!holders(of: try lock(first, arguments[0])).isEmpty)
        case .refcountRead:
            guard case .place(let slot, .referenceCount) = first else { throw mismatch(arguments[0], "a reference count") }
            return .value(machine.slot(slot), .number)
        case .count: return .value(Int64(try count(first, arguments, bound)), .number)
        case .treeEmpty: return truth(machine.tree(at: try set(first, arguments[0]).slot).isEmpty)
        case .inTree:
            _ = try set(first, arguments[0])
            return truth(machine.isInTree(try element(arguments[1], bound)))
        case .treeFirst:
            let (slot, record) = try set(first, arguments[0])
            guard let (low, high) = try ends(arguments[1], arguments[2], bound) else { return .value(0, .reference(record)) }
            let tree = machine.tree(at: slot)
            return reference(to: tree.firstOverlap(first: low, last: high), in: tree, record)
        case .treeNext: return try next(first, arguments, bound)
        case .listEmpty: return truth(machine.slot(try list(first, arguments[0]).slot) == 0)
        case .listFirst:
            let (slot, record) = try list(first, arguments[0])
            return .value(machine.slot(slot), .reference(record))
        case .inList:
            let (slot, _) = try list(first, arguments[0])
            return truth(machine.list(at: slot).contains(try element(arguments[1], bound)))
        }
    }

    private func mismatch(_ expression: ResolvedExpression, _ wanted: String) -> EvaluationError {
        EvaluationError(.type, "'\(expression.text)' is not \(wanted)")
    }

    private func whole(_ item: Item, _ expression: ResolvedExpression) throws(EvaluationError) -> Int64 {
        switch item {
        case .value(let value, .integer): return value
        case .place(let slot, .referenceCount): return machine.slot(slot)
        default: throw mismatch(expression, "a number")
        }
    }

    private func lock(_ item: Item, _ expression: ResolvedExpression) throws(EvaluationError) -> (slot: Int, type: ValueType) {
        guard case .place(let slot, let type) = item, [.spinlock, .mutex, .pageLock, .semaphore].contains(type) else {
            throw mismatch(expression, "a lock")
        }
        return (slot, type)
    }

    private func set(_ item: Item, _ expression: ResolvedExpression) throws(EvaluationError) -> (slot: Int, record: Int) {
        guard case .place(let slot, .intervalSet(let record)) = item else { throw mismatch(expression, "an interval set") }
        return (slot, record)
    }

    private func list(_ item: Item, _ expression: ResolvedExpression) throws(EvaluationError) -> (slot: Int, record: Int) {
        guard case .place(let slot, .list(let record)) = item else { throw mismatch(expression, "a list") }
        return (slot, record)
    }

    /// The header of a live record.
    private func element(_ expression: ResolvedExpression, _ bound: [Int64]) throws(EvaluationError) -> Int {
        guard case .value(let bits, .reference) = try item(expression, bound) else { throw mismatch(expression, "a record") }
        let reference = Reference(bits: bits)
        if reference.isNone { throw EvaluationError(.state, "'\(expression.text)' is none") }
        guard machine.isLive(reference) else {
            throw EvaluationError(.state, "'\(expression.text)' leads to \(machine.name(of: reference)), which has been freed")
        }
        return reference.address
    }

    /// Both ends of a range; `nil` where there is nothing between them.
    private func ends(
        _ first: ResolvedExpression, _ last: ResolvedExpression, _ bound: [Int64]
    ) throws(EvaluationError) -> (UInt64, UInt64)? {
        let low = try whole(try item(first, bound), first)
        let high = try whole(try item(last, bound), last)
        return low <= high ? (UInt64(bitPattern: max(0, low)), UInt64(bitPattern: max(0, high))) : nil
    }

    private func reference(to handle: IntervalTree.Handle?, in tree: IntervalTree, _ record: Int) -> Item {
        guard let handle else { return .value(0, .reference(record)) }
        let address = Int(tree.tag(of: handle))
        return .value(
            Reference(generation: Header.generation(machine.slot(address)), address: address).bits, .reference(record))
    }

    private func next(_ item: Item, _ arguments: [ResolvedExpression], _ bound: [Int64]) throws(EvaluationError) -> Item {
        let (slot, record) = try set(item, arguments[0])
        let element = try element(arguments[1], bound)
        let tree = machine.tree(at: slot)
        let all = tree.overlaps(first: 0, last: .max)
        guard let handle = all.first(where: { (one: IntervalTree.Handle) -> Bool in Int(tree.tag(of: one)) == element }) else {
            throw EvaluationError(.state, "'\(arguments[1].text)' is not in '\(arguments[0].text)'")
        }
        guard let (low, high) = try ends(arguments[2], arguments[3], bound) else { return .value(0, .reference(record)) }
        return reference(to: tree.nextOverlap(after: handle, first: low, last: high), in: tree, record)
    }

    /// How many a set holds (over a range), a list, or how many entries of a table are something.
    private func count(_ item: Item, _ arguments: [ResolvedExpression], _ bound: [Int64]) throws(EvaluationError) -> Int {
        let hasRange = arguments.count == 3
        let range = hasRange ? try ends(arguments[1], arguments[2], bound) : (0, .max)
        switch item {
        case .place(let slot, .intervalSet):
            guard let (low, high) = range else { return 0 }
            let tree = machine.tree(at: slot)
            return hasRange ? Array(tree.overlaps(first: low, last: high)).count : tree.count
        case .place(let slot, .list):
            if hasRange { throw EvaluationError(.type, "'\(arguments[0].text)' is a list: it has no range") }
            return machine.list(at: slot).count
        case .place(let slot, .table(_, let count)):
            guard let (low, high) = range, low < UInt64(count) else { return 0 }
            let entries = Int(low)...Int(min(high, UInt64(count - 1)))
            return entries.reduce(0) { $0 + (machine.slot(slot + $1) != 0 ? 1 : 0) }
        default: throw mismatch(arguments[0], "a set, a list or a table")
        }
    }

    // MARK: In words

    func text(of item: Item) -> String {
        switch item {
        case .value(let value, let type): machine.text(of: value, as: type)
        case .thread(let thread): "\(name(thread)): \(words(for: machine.standing(of: thread)))"
        case .place(let slot, let type): text(at: slot, type)
        }
    }

    private func name(_ thread: Int) -> String {
        guard program.threads.indices.contains(thread) else { return "T\(thread)" }
        return "T\(thread) \(program.threads[thread].name)"
    }

    private func words(for standing: Standing) -> String {
        switch standing {
        case .ready: "can go on"
        case .finished: "has finished"
        case .blocked(let blockage): machine.describe(blockage)
        }
    }

    private func text(at slot: Int, _ type: ValueType) -> String {
        switch type {
        case .spinlock, .mutex, .pageLock, .semaphore: return text(ofLock: (slot, type))
        case .waitQueue:
            let asleep = threads(in: machine.slot(slot))
            return asleep.isEmpty ? "nobody waits" : "\(asleep.joined(separator: ", ")) wait\(asleep.count == 1 ? "s" : "")"
        case .completion: return machine.slot(slot) != 0 ? "completed" : "not completed"
        case .referenceCount: return "\(machine.slot(slot))"
        case .srcu: return "\(machine.slot(slot + 1) + machine.slot(slot + 2)) readers"
        case .intervalSet:
            let tree = machine.tree(at: slot)
            return shortened(tree.overlaps(first: 0, last: .max).lazy.map { handle in
                "\(machine.name(ofRecordAt: Int(tree.tag(of: handle)))) \(hex(tree.first(of: handle)))..\(hex(tree.last(of: handle)))"
            }, tree.count)
        case .list:
            let all = machine.list(at: slot)
            return shortened(all.lazy.map { machine.name(ofRecordAt: $0) }, all.count)
        case .table(let entry, let count): return text(ofTable: slot, entry, count)
        default: return "?"
        }
    }

    private func hex(_ value: UInt64) -> String { "0x\(String(value, radix: 16))" }

    /// The threads of a mask.
    private func threads(in mask: Int64) -> [String] { (0..<62).filter { mask & (1 << Int64($0)) != 0 }.map(name) }

    private func holders(of lock: (slot: Int, type: ValueType)) -> [String] {
        let holder = machine.slot(lock.slot)
        if holder != 0 { return [name(Int(holder) - 1)] }
        return lock.type == .semaphore ? threads(in: machine.slot(lock.slot + 1)) : []
    }

    private func text(ofLock lock: (slot: Int, type: ValueType)) -> String {
        let holders = holders(of: lock)
        let queued = lock.type == .semaphore ? threads(in: machine.slot(lock.slot + 2)) : []
        let manner = lock.type != .semaphore ? "" : machine.slot(lock.slot) != 0 ? " for writing" : " for reading"
        let held = holders.isEmpty ? "free" : "held\(manner) by \(holders.joined(separator: ", "))"
        return held + (queued.isEmpty ? "" : "; \(queued.joined(separator: ", ")) wait\(queued.count == 1 ? "s" : "") to write")
    }

    /// What fits into a line.
    private static let shown = 6

    private func shortened(_ all: some Sequence<String>, _ count: Int) -> String {
        guard count > 0 else { return "empty" }
        let first = all.prefix(Self.shown).joined(separator: ", ")
        return "\(count): \(first)\(count > Self.shown ? ", …" : "")"
    }

    /// A table's entries that are something, by their index.
    private func text(ofTable slot: Int, _ entry: ValueType, _ count: Int) -> String {
        let used = (0..<count).filter { machine.slot(slot + $0) != 0 }
        guard !used.isEmpty else { return "\(count) entries, all \(machine.text(of: 0, as: entry))" }
        let first = used.prefix(Self.shown)
            .map { "\(hex(UInt64($0))): \(machine.text(of: machine.slot(slot + $0), as: entry))" }.joined(separator: ", ")
        return "\(used.count) of \(count): \(first)\(used.count > Self.shown ? ", …" : "")"
    }
}
