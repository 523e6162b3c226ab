import IntervalTree
import Language

extension Interpreter {
    // MARK: Pools

    /// A fresh record: the lowest that is free, so that the same steps give the same state.
    func make(_ instruction: Instruction) throws(Fault) {
        let record = Int(instruction.c)
        guard let number = program.records[record].segments.first(where: { program.segments[$0].parent == nil })
        else { throw fault(.poolOverflow(record)) }
        let segment = program.segments[number]
        // Everything below the hint is live: a pool of thousands is not searched from its start each time.
        for instance in Int(slots[segment.hintSlot])..<segment.count {
            let address = segment.base + instance * segment.stride
            guard !Header.isLive(slots[address]) else { continue }
            slots[segment.hintSlot] = Int64(instance + 1)
            let generation = Header.generation(slots[address]) + 1
            clear(address, segment)
            slots[address] = Header.make(generation: generation, segment: number, live: true)
            for (inner, offset) in segment.inner {
                slots[address + offset] = Header.make(generation: generation, segment: inner, live: true)
            }
            return set(instruction.a, Reference(generation: generation, address: address).bits)
        }
        throw fault(.poolOverflow(record))
    }

    /// Zero, but for the numbers of the interval sets and the headers inside.
    private func clear(_ address: Int, _ segment: SegmentInfo) {
        let keep = Set(
            segment.sets + segment.inner.flatMap { inner in
                [inner.offset] + program.segments[inner.segment].sets.map { inner.offset + $0 }
            })
        for offset in 1..<program.records[segment.record].size where !keep.contains(offset) {
            slots[address + offset] = 0
        }
    }

    func free(_ instruction: Instruction) throws(Fault) {
        let reference = Reference(bits: value(instruction.b))
        let address = try record(instruction.b)
        let number = Header.segment(slots[address])
        let segment = program.segments[number]
        guard segment.parent == nil else { throw fault(.freeOfPart(reference)) }
        try refuseIfLinked(address, segment.record, reference)
        for (inner, offset) in segment.inner {
            try refuseIfLinked(address + offset, program.segments[inner].record, reference)
        }
        slots[address] &= ~1
        let instance = Int64((address - segment.base) / segment.stride)
        slots[segment.hintSlot] = min(slots[segment.hintSlot], instance)
        for (_, offset) in segment.inner { slots[address + offset] &= ~1 }
    }

    /// Freed memory that a tree or a list still leads to is a use after free that waits to happen.
    private func refuseIfLinked(_ address: Int, _ record: Int, _ reference: Reference) throws(Fault) {
        let info = program.records[record]
        if let node = info.nodeOffset, slots[address + node] != 0 { throw fault(.freeWhileInTree(reference)) }
        if let link = info.linkOffset, slots[address + link + 2] != 0 { throw fault(.freeWhileInList(reference)) }
    }

    /// a ← the live record after a, segment by segment.
    func nextLive(_ instruction: Instruction) {
        let after = Reference(bits: value(instruction.a)).address
        for number in program.records[Int(instruction.c)].segments {
            let segment = program.segments[number]
            let end = segment.base + segment.stride * segment.count
            var address = segment.base
            if after >= end { continue }
            if after >= segment.base { address = after + segment.stride }
            while address < end {
                if Header.isLive(slots[address]) {
                    let generation = Header.generation(slots[address])
                    return set(instruction.a, Reference(generation: generation, address: address).bits)
                }
                address += segment.stride
            }
        }
        set(instruction.a, 0)
    }

    // MARK: Interval sets

    /// A set is two slots: its tree's number, and whether it is frozen. An element knows its handle.
    func tree(_ instruction: Instruction) throws(Fault) {
        let set = try record(instruction.b) &+ Int(instruction.c)
        let number = Int(slots[set])
        switch instruction.op {
        case .treeFreeze: slots[set + 1] = 1
        case .treeThaw: slots[set + 1] = 0
        case .treeEmpty: self.set(instruction.a, trees[number].isEmpty ? 1 : 0)
        case .treeFirst:
            let found = overlap(instruction.d, number) { trees[number].firstOverlap(first: $0, last: $1) }
            self.set(instruction.a, found)
        default: try treeElement(instruction, set, number)
        }
    }

    private func treeElement(_ instruction: Instruction, _ set: Int, _ number: Int) throws(Fault) {
        let element = try record(instruction.d)
        guard let offset = program.records[program.segments[Header.segment(slots[element])].record].nodeOffset
        else { return }
        let node = element + offset
        switch instruction.op {
        case .inTree: self.set(instruction.a, slots[node] != 0 ? 1 : 0)
        case .treeInsert:
            if slots[set + 1] != 0 { throw fault(.treeChangedWhileFrozen(Reference(bits: value(instruction.d)))) }
            guard slots[node] == 0 else { throw fault(.alreadyLinked(Reference(bits: value(instruction.d)))) }
            let (start, last) = (value(instruction.d + 1), value(instruction.d + 2))
            guard start <= last else { throw fault(.emptyInterval(start, last)) }
            let handle = trees[number].insert(
                first: UInt64(bitPattern: start), last: UInt64(bitPattern: last), tag: UInt32(element))
            slots[node] = Int64(handle.index)
        case .treeRemove:
            if slots[set + 1] != 0 { throw fault(.treeChangedWhileFrozen(Reference(bits: value(instruction.d)))) }
            guard slots[node] != 0 else { throw fault(.notLinked(Reference(bits: value(instruction.d)))) }
            trees[number].remove(IntervalTree.Handle(index: UInt32(slots[node])))
            slots[node] = 0
        default:
            guard slots[node] != 0 else { throw fault(.notLinked(Reference(bits: value(instruction.d)))) }
            let handle = IntervalTree.Handle(index: UInt32(slots[node]))
            let found = overlap(instruction.d + 1, number) {
                trees[number].nextOverlap(after: handle, first: $0, last: $1)
            }
            self.set(instruction.a, found)
        }
    }

    /// The reference to what a search over start...last finds; 0 for nothing.
    private func overlap(
        _ operand: Int32, _ number: Int, _ search: (UInt64, UInt64) -> IntervalTree.Handle?
    ) -> Int64 {
        let (start, last) = (value(operand), value(operand + 1))
        guard start <= last, let handle = search(UInt64(bitPattern: start), UInt64(bitPattern: last)) else { return 0 }
        let address = Int(trees[number].tag(of: handle))
        return Reference(generation: Header.generation(slots[address]), address: address).bits
    }

    // MARK: Lists

    /// A list is two slots: its first and last element. An element has three: next, previous, its list + 1.
    func list(_ instruction: Instruction) throws(Fault) {
        let list = try record(instruction.b) &+ Int(instruction.c)
        switch instruction.op {
        case .listEmpty: return set(instruction.a, slots[list] == 0 ? 1 : 0)
        case .listPop:
            let first = slots[list]
            guard first != 0 else { return set(instruction.a, 0) }
            let element = Reference(bits: first).address
            unlink(element, from: list)
            return set(instruction.a, first)
        default: break
        }
        let reference = value(instruction.d)
        let element = try record(instruction.d)
        let link = element + linkOffset(element)
        switch instruction.op {
        case .inList: set(instruction.a, slots[link + 2] == Int64(list + 1) ? 1 : 0)
        case .listDelete:
            guard slots[link + 2] == Int64(list + 1) else { throw fault(.notLinked(Reference(bits: reference))) }
            unlink(element, from: list)
        default:
            guard slots[link + 2] == 0 else { throw fault(.alreadyLinked(Reference(bits: reference))) }
            slots[link + 2] = Int64(list + 1)
            let atHead = instruction.op == .listAddHead
            let neighbour = slots[atHead ? list : list + 1]
            slots[link] = atHead ? neighbour : 0
            slots[link + 1] = atHead ? 0 : neighbour
            if neighbour != 0 {
                let address = Reference(bits: neighbour).address
                slots[address + linkOffset(address) + (atHead ? 1 : 0)] = reference
            }
            slots[atHead ? list : list + 1] = reference
            if slots[atHead ? list + 1 : list] == 0 { slots[atHead ? list + 1 : list] = reference }
        }
    }

    private func linkOffset(_ element: Int) -> Int {
        program.records[program.segments[Header.segment(slots[element])].record].linkOffset ?? 0
    }

    private func unlink(_ element: Int, from list: Int) {
        let link = element + linkOffset(element)
        let (next, previous) = (slots[link], slots[link + 1])
        if previous != 0 {
            let address = Reference(bits: previous).address
            slots[address + linkOffset(address)] = next
        } else {
            slots[list] = next
        }
        if next != 0 {
            let address = Reference(bits: next).address
            slots[address + linkOffset(address) + 1] = previous
        } else {
            slots[list + 1] = previous
        }
        for offset in 0..<3 { slots[link + offset] = 0 }
    }
}
