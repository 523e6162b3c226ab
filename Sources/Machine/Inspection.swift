import IntervalTree
import Language

/// Looking into a state without running anything: what a screen shows comes from here.
extension Machine {
    /// One function that a thread is in.
    public struct Frame: Sendable, Equatable {
        /// The function's number in the program.
        public var function: Int
        /// The statement that it stands at, or that called the next frame.
        public var statement: Int?
    }

    /// The functions that a thread is in, innermost first; empty when it has finished.
    public func callStack(of thread: Int) -> [Frame] {
        let base = block(of: thread)
        var pc = Int(state.slots[base])
        guard pc >= 0 else { return [] }
        var frames = [Frame(function: program.function(at: pc), statement: program.statement(at: pc))]
        // A call can't come round to a function again, so the stack is no deeper than there are functions.
        while frames.count <= program.functions.count, !code.isOutermost(frames[frames.count - 1].function) {
            let frame = program.functions[frames[frames.count - 1].function].frame
            pc = Int(state.slots[base + frame.lowerBound])
            guard pc > 0, pc < program.instructions.count else { break }
            frames.append(Frame(function: program.function(at: pc - 1), statement: program.caller(at: pc - 1)))
        }
        return frames
    }

    /// The value of a local of one of a thread's frames.
    public func value(of local: LocalInfo, thread: Int) -> Int64 { state.slots[block(of: thread) + local.slot] }

    /// Whether a local of one of a thread's frames has its value where the thread stands: its slot is others' elsewhere.
    public func hasValue(_ local: LocalInfo, in function: Int, thread: Int) -> Bool {
        place(of: thread, in: function).map(local.scope.contains) ?? false
    }

    /// The headers of the live instances of a record, in the order of their numbers.
    public func liveRecords(_ record: Int) -> [Int] {
        program.records[record].segments.flatMap { number -> [Int] in
            let segment = program.segments[number]
            return (0..<segment.count).lazy.map { segment.base + $0 * segment.stride }
                .filter { Header.isLive(state.slots[$0]) }
        }
    }

    public func isLive(_ reference: Reference) -> Bool {
        guard reference.address > 0, reference.address < program.threadBase else { return false }
        let header = state.slots[reference.address]
        return Header.isLive(header) && Header.generation(header) == reference.generation
    }

    /// Whether there is a live record whose header lies at this slot.
    public func isLiveRecord(at address: Int) -> Bool { Header.isLive(state.slots[address]) }

    public func slot(_ slot: Int) -> Int64 { state.slots[slot] }

    /// The reference that a slot holds; none when it leads to nothing live.
    public func reference(at slot: Int) -> Reference { Reference(bits: state.slots[slot]) }

    /// The tree of the interval set at a slot.
    public func tree(at slot: Int) -> IntervalTree { state.trees[Int(state.slots[slot])] }

    /// The elements of the list at a slot, first to last, by their headers.
    public func list(at slot: Int) -> [Int] {
        var result: [Int] = []
        var next = Reference(bits: state.slots[slot])
        while !next.isNone, result.count < state.slots.count {
            result.append(next.address)
            guard let link = recordInfo(at: next.address).linkOffset else { break }
            next = Reference(bits: state.slots[next.address + link])
        }
        return result
    }

    /// Whether the record at this header is in an interval set.
    public func isInTree(_ address: Int) -> Bool {
        recordInfo(at: address).nodeOffset.map { state.slots[address + $0] != 0 } ?? false
    }

    /// Whether the record at this header is on a list.
    public func isInList(_ address: Int) -> Bool {
        recordInfo(at: address).linkOffset.map { state.slots[address + $0 + 2] != 0 } ?? false
    }

    private func recordInfo(at address: Int) -> RecordInfo {
        program.records[program.segments[Header.segment(state.slots[address])].record]
    }

    /// Follows a device table's path from its record to the mm that it mirrors; none when it leads nowhere.
    public func mirrored(by table: DeviceTableInfo, at address: Int) -> Reference {
        var place = address
        for offset in table.mirrors.dropLast() {
            let next = Reference(bits: state.slots[place + offset])
            guard isLive(next) else { return Reference(bits: 0) }
            place = next.address
        }
        return Reference(generation: Header.generation(state.slots[place]), address: place)
    }

    /// The locks that are held, with their holders: a spinlock, a mutex, or an rwsem's writer or readers.
    public func heldLocks() -> [(slot: Int, holders: [Int])] {
        var result: [(Int, [Int])] = []
        for place in program.lockPlaces {
            for address in liveRecords(place.record) {
                let slot = address + place.offset
                if state.slots[slot] != 0 { result.append((slot, [Int(state.slots[slot]) - 1])) }
                guard place.isSemaphore, state.slots[slot + 1] != 0 else { continue }
                let mask = state.slots[slot + 1]
                result.append((slot, (0..<62).filter { mask & (1 << Int64($0)) != 0 }))
            }
        }
        return result
    }
}

extension Program {
    /// The function that an instruction belongs to.
    public func function(at pc: Int) -> Int {
        functions.firstIndex { $0.entry <= pc && pc < $0.end } ?? 0
    }

    /// The statement of a call, by the instruction of the call.
    func caller(at pc: Int) -> Int? {
        var index = pc
        while index >= 0 {
            if instructions[index].op == .statement { return Int(instructions[index].a) }
            index -= 1
        }
        return nil
    }

    /// Fields that are locks, by record.
    var lockPlaces: [(record: Int, offset: Int, type: ValueType, isSemaphore: Bool)] {
        records.indices.flatMap { record in
            records[record].fields.compactMap { field in
                switch field.type {
                case .spinlock, .mutex, .pageLock: (record, field.offset, field.type, false)
                case .semaphore: (record, field.offset, field.type, true)
                default: nil
                }
            }
        }
    }

    /// Where a field lies in each instance of its record, alive or not.
    func slots(of record: Int, offset: Int) -> [Int] {
        records[record].segments.flatMap { number in
            let segment = segments[number]
            return (0..<segment.count).map { segment.base + $0 * segment.stride + offset }
        }
    }

    /// A record by its name; a kernel record, that is of no driver.
    public func record(named name: String) -> Int? {
        records.firstIndex { $0.name == name && $0.driver == nil }
    }
}

extension Program {
    /// The header of the innermost record that a slot lies in.
    func header(around slot: Int) -> Int {
        var best = 0
        for segment in segments {
            let distance = slot - segment.base
            guard distance >= 0, distance < segment.stride * segment.count,
                distance % segment.stride < records[segment.record].size
            else { continue }
            best = max(best, segment.base + distance / segment.stride * segment.stride)
        }
        return best
    }
}

extension RecordInfo {
    /// A field's offset, by its name.
    public func offset(of field: String) -> Int? { fields.first { $0.name == field }?.offset }
}

extension Machine {
    /// Whether a thread stands where it sleeps until woken (awake already or not).
    public func isAtSleep(_ thread: Int) -> Bool {
        let pc = state.slots[block(of: thread)]
        guard pc >= 0 else { return false }
        var index = Int(pc) + 1
        while index < program.instructions.count, program.instructions[index].op != .statement {
            if program.instructions[index].op == .waitSleep { return true }
            if program.instructions[index].op == .jump { return false }
            index += 1
        }
        return false
    }
}
