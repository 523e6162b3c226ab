import Language

/// States and events in words.
extension Machine {
    /// "umem#1": the label of the outermost record that a reference leads into, and its number from 1.
    public func name(of reference: Reference) -> String {
        guard !reference.isNone, reference.address < program.threadBase else { return "none" }
        return name(ofRecordAt: reference.address)
    }

    /// The name of the record whose header lies at this slot.
    public func name(ofRecordAt address: Int) -> String {
        var segment = Header.segment(state.slots[address])
        var address = address
        while let parent = program.segments[segment].parent {
            address -= program.segments[segment].offset
            segment = parent
        }
        let info = program.segments[segment]
        let number = (address - info.base) / info.stride + 1
        return "\(program.records[info.record].label)#\(number)"
    }

    /// "mm#1.mmap_sem": a field by its slot.
    public func placeName(_ slot: Int) -> String {
        guard let segment = program.segments.indices.filter({ contains(slot, $0) }).last else { return "slot \(slot)" }
        let info = program.segments[segment]
        let address = info.base + (slot - info.base) / info.stride * info.stride
        let fields = program.records[info.record].fields
        let field = fields.last { $0.offset <= slot - address }?.name ?? "?"
        return "\(name(ofRecordAt: address)).\(field)"
    }

    /// Whether a slot lies in an instance of the segment; inner segments come after outer ones.
    private func contains(_ slot: Int, _ segment: Int) -> Bool {
        let info = program.segments[segment]
        guard slot >= info.base, slot < info.base + info.stride * info.count else { return false }
        return (slot - info.base) % info.stride < program.records[info.record].size
    }

    /// "page#1.lock is held by migrate", by a slot that shows it.
    func holding(_ slot: Int) -> String {
        guard let segment = program.segments.indices.filter({ contains(slot, $0) }).last else { return "a lock is held" }
        let info = program.segments[segment]
        let offset = (slot - info.base) % info.stride
        guard let field = program.records[info.record].fields.last(where: { $0.offset <= offset }) else { return "a lock is held" }
        let place = placeName(slot)
        let value = state.slots[slot]
        switch field.type {
        case .srcu: return "somebody is inside of a reader's section of \(place)"
        case .semaphore where offset > field.offset:
            let readers = (0..<62).filter { value & (1 << Int64($0)) != 0 }.map(holderName)
            return "\(place) is held by \(readers.joined(separator: ", "))"
        case .pageLock: return "\(place) is locked, by \(holderName(Int(value) - 1))"
        default: return "\(place) is held by \(holderName(Int(value) - 1))"
        }
    }

    private func holderName(_ thread: Int) -> String { thread < threadCount ? threadName(thread) : "the setup" }

    /// A value as a user reads it.
    public func text(of value: Int64, as type: ValueType) -> String {
        switch type {
        case .boolean: value != 0 ? "true" : "false"
        case .enumeration(let index):
            program.enumerations[index].cases.indices.contains(Int(value))
                ? program.enumerations[index].cases[Int(value)] : "\(value)"
        case .reference: name(of: Reference(bits: value))
        case .null: "none"
        // What a kernel function gives back: its error by name.
        case .integer(let width) where width.isSigned && value < 0 && program.errorNames[0 &- value] != nil:
            "-\(program.errorNames[0 &- value] ?? "")"
        case .integer(let width) where width.isHex: "0x\(String(value, radix: 16))"
        case .integer(let width) where width.wraps: "\(UInt64(bitPattern: value))"
        default: "\(value)"
        }
    }

    func sentence(_ number: Int, _ values: SIMD8<Int64>) -> String {
        var index = 0
        var result = ""
        for part in program.sentences[number].parts {
            switch part {
            case .text(let text): result += text
            case .value(let type):
                result += index < 8 ? text(of: values[index], as: type) : "…"
                index += 1
            }
        }
        return result
    }

    /// An event's sentence, without its subject.
    public func sentence(of event: MachineEvent) -> String {
        switch event.kind {
        case .sentence(let number): sentence(number, event.values)
        case .wakes(let thread): "wakes \(threadName(thread))"
        case .finishes: "has finished"
        }
    }

    /// The name of an event's kind: one of ``EventName``.
    public func kindName(of event: MachineEvent) -> String {
        switch event.kind {
        case .sentence(let number): program.sentences[number].kind
        case .wakes: "wake"
        case .finishes: "thread"
        }
    }

    /// "waits for mm#1.mmap_sem, held by munmap".
    public func describe(_ blockage: Blockage) -> String {
        let holders = blockage.holders.map(threadName).joined(separator: ", ")
        let place = blockage.slot.map(placeName) ?? ""
        let held = holders.isEmpty ? "" : ", held by \(holders)"
        return switch blockage.cause {
        case .spinlock, .mutex: "waits for \(place)\(held)"
        // A reader also waits for writers that have only queued.
        case .semaphoreRead where blockage.slot.map({ state.slots[$0] == 0 && state.slots[$0 + 1] == 0 }) == true && !holders.isEmpty:
            "waits to read-lock \(place), behind \(holders), which waits to write-lock it"
        case .semaphoreRead: "waits to read-lock \(place)\(held)"
        case .semaphoreWrite: "waits to write-lock \(place)\(held)"
        case .sleep: "sleeps on \(place)"
        case .completion: "waits for the completion \(place)"
        case .gracePeriod: "waits for a grace period of \(place)"
        case .condition: "waits for its condition"
        case .teardown: "waits for the others to finish"
        }
    }
}
