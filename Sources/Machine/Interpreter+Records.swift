import IntervalTree
import Language

extension Interpreter {
    // MARK: Pools

    /// A fresh record: the lowest that is free, so that the same steps give the same state.
    func make(_ instruction: Instruction) throws(Fault) {
        let pool = code.pools[Int(instruction.c)]
        // Everything below the hint is live: a pool of thousands is not searched from its start each time.
        for instance in Int(slots[Int(pool.hintSlot)])..<max(Int(slots[Int(pool.hintSlot)]), Int(pool.row.count)) {
            let address = Int(pool.row.base) + instance * Int(pool.row.stride)
            guard !Header.isLive(slots[address]) else { continue }
            slots[Int(pool.hintSlot)] = Int64(instance + 1)
            let generation = Header.generation(slots[address]) + 1
            for offset in code.clearOffsets(pool) { slots[address + Int(offset)] = 0 }
            slots[address] = Header.make(generation: generation, segment: Int(pool.segment), live: true)
            let inner = code.innerHeaders(pool)
            for index in stride(from: 0, to: inner.count, by: 2) {
                slots[address + Int(inner[index])] = Header.make(
                    generation: generation, segment: Int(inner[index + 1]), live: true)
            }
            trace.note(.make, address)
            return set(instruction.a, Reference(generation: generation, address: address).bits)
        }
        throw fault(.poolOverflow(Int(instruction.c)))
    }

    func free(_ instruction: Instruction) throws(Fault) {
        let reference = Reference(bits: value(instruction.b))
        let address = try record(instruction.b)
        let number = Header.segment(slots[address])
        let pool = code.pools[program.segments[number].record]
        guard pool.row.count > 0, Int(pool.segment) == number else {
            trace.note(.read, address)
            throw fault(.freeOfPart(reference))
        }
        // What refuses it makes a difference, too: a lock that is held, a list that still has it.
        trace.note(.free, address)
        try refuseIfLinked(address, number, reference)
        let inner = code.innerHeaders(pool)
        for index in stride(from: 0, to: inner.count, by: 2) {
            try refuseIfLinked(address + Int(inner[index]), Int(inner[index + 1]), reference)
        }
        for offset in code.lockOffsets(pool) where slots[address + Int(offset)] != 0 {
            throw fault(.freeWhileHeld(reference, address + Int(offset)))
        }
        for offset in code.listOffsets(pool) where slots[address + Int(offset)] != 0 {
            throw fault(.freeWithElements(reference, address + Int(offset)))
        }
        for offset in code.setOffsets(pool) where !trees.pointee[Int(slots[address + Int(offset)])].isEmpty {
            throw fault(.freeWithElements(reference, address + Int(offset)))
        }
        slots[address] &= ~1
        let instance = Int64((address - Int(pool.row.base)) / Int(pool.row.stride))
        slots[Int(pool.hintSlot)] = min(slots[Int(pool.hintSlot)], instance)
        for index in stride(from: 0, to: inner.count, by: 2) { slots[address + Int(inner[index])] &= ~1 }
    }

    /// Freed memory that a tree or a list still leads to is a use after free that waits to happen.
    private func refuseIfLinked(_ address: Int, _ segment: Int, _ reference: Reference) throws(Fault) {
        let (node, link) = (Int(code.nodeOffsets[segment]), Int(code.linkOffsets[segment]))
        if node > 0, slots[address + node] != 0 { throw fault(.freeWhileInTree(reference)) }
        if link > 0, slots[address + link + 2] != 0 { throw fault(.freeWhileInList(reference)) }
    }

    /// a ← the live record after a, segment by segment.
    func nextLive(_ instruction: Instruction) {
        let after = Reference(bits: value(instruction.a)).address
        for number in code.rows(of: Int(instruction.c)) {
            let row = code.rows[number]
            let (base, stride) = (Int(row.base), Int(row.stride))
            let end = base + stride * Int(row.count)
            var address = base
            if after >= end { continue }
            if after >= base { address = after + stride }
            while address < end {
                if Header.isLive(slots[address]) {
                    let generation = Header.generation(slots[address])
                    return set(instruction.a, Reference(generation: generation, address: address).bits)
                }
                address += stride
            }
        }
        set(instruction.a, 0)
    }

    func isLive(_ instruction: Instruction) {
        let reference = Reference(bits: value(instruction.b))
        var isLive = false
        if !reference.isNone {
            trace.note(.read, reference.address)
            let header = slots[reference.address]
            isLive = Header.isLive(header) && Header.generation(header) == reference.generation
        }
        set(instruction.a, isLive ? 1 : 0)
    }

    // MARK: Interval sets

    /// A set is two slots: its tree's number, and whether it is frozen. An element knows its handle.
    func tree(_ instruction: Instruction) throws(Fault) {
        let set = try record(instruction.b) &+ Int(instruction.c)
        let number = Int(slots[set])
        trace.note(instruction.op.changesTree ? .write : .read, set)
        switch instruction.op {
        case .treeFreeze: slots[set + 1] = 1
        case .treeThaw: slots[set + 1] = 0
        case .treeEmpty: self.set(instruction.a, trees.pointee[number].isEmpty ? 1 : 0)
        case .treeFirst:
            let found = try overlap(instruction.d, number) { trees.pointee[number].firstOverlap(first: $0, last: $1) }
            self.set(instruction.a, found)
        default: try treeElement(instruction, set, number)
        }
    }

    /// Whether this very set has an element: in another its handle would name another, or nothing.
    private func isIn(_ number: Int, _ node: Int, _ element: Int) -> Bool {
        guard slots[node] > 0 else { return false }
        let handle = IntervalTree.Handle(index: UInt32(slots[node]))
        return trees.pointee[number].contains(handle) && trees.pointee[number].tag(of: handle) == UInt32(element)
    }

    private func treeElement(_ instruction: Instruction, _ set: Int, _ number: Int) throws(Fault) {
        let element = try record(instruction.d)
        let node = element + Int(code.nodeOffsets[Header.segment(slots[element])])
        trace.note(instruction.op.changesTree ? .write : .read, node)
        if instruction.op == .treeInsert { trace.note(.publish, element) }
        switch instruction.op {
        case .inTree: self.set(instruction.a, isIn(number, node, element) ? 1 : 0)
        case .treeInsert:
            if slots[set + 1] != 0 { throw fault(.treeChangedWhileFrozen(Reference(bits: value(instruction.d)))) }
            guard slots[node] == 0 else { throw fault(.alreadyLinked(Reference(bits: value(instruction.d)))) }
            let (start, last) = (value(instruction.d + 1), value(instruction.d + 2))
            guard start >= 0 else { throw fault(.negativeRange(start, last)) }
            guard start <= last else { throw fault(.emptyInterval(start, last)) }
            let handle = trees.pointee[number].insert(
                first: UInt64(bitPattern: start), last: UInt64(bitPattern: last), tag: UInt32(element))
            slots[node] = Int64(handle.index)
            (slots[node + 1], slots[node + 2]) = (start, last)
        case .treeRemove:
            if slots[set + 1] != 0 { throw fault(.treeChangedWhileFrozen(Reference(bits: value(instruction.d)))) }
            guard isIn(number, node, element) else { throw fault(.notLinked(Reference(bits: value(instruction.d)))) }
            trees.pointee[number].remove(IntervalTree.Handle(index: UInt32(slots[node])))
            for offset in 0..<Program.nodeSize { slots[node + offset] = 0 }
        default:
            guard isIn(number, node, element) else { throw fault(.notLinked(Reference(bits: value(instruction.d)))) }
            let handle = IntervalTree.Handle(index: UInt32(slots[node]))
            let found = try overlap(instruction.d + 1, number) {
                trees.pointee[number].nextOverlap(after: handle, first: $0, last: $1)
            }
            self.set(instruction.a, found)
        }
    }

    /// The reference to what a search over start...last finds; 0 for nothing.
    private func overlap(
        _ operand: Int32, _ number: Int, _ search: (UInt64, UInt64) -> IntervalTree.Handle?
    ) throws(Fault) -> Int64 {
        let (start, last) = (value(operand), value(operand + 1))
        guard start >= 0 else { throw fault(.negativeRange(start, last)) }
        guard start <= last, let handle = search(UInt64(bitPattern: start), UInt64(bitPattern: last)) else { return 0 }
        let address = Int(trees.pointee[number].tag(of: handle))
        return Reference(generation: Header.generation(slots[address]), address: address).bits
    }

    // MARK: Lists

    /// A list is two slots: its first and last element. An element has three: next, previous, its list + 1.
    func list(_ instruction: Instruction) throws(Fault) {
        let holder = try record(instruction.b)
        let list = holder &+ Int(instruction.c)
        switch instruction.op {
        case .listEmpty, .listFirst: trace.note(.read, list)
        case .inList: trace.note(.read, holder)
        default: trace.note(.write, list)
        }
        switch instruction.op {
        case .listEmpty: return set(instruction.a, slots[list] == 0 ? 1 : 0)
        case .listFirst: return set(instruction.a, slots[list])
        case .listPop:
            let first = slots[list]
            guard first != 0 else { return set(instruction.a, 0) }
            let element = Reference(bits: first).address
            trace.note(.write, element + linkOffset(element))
            unlink(element, from: list)
            return set(instruction.a, first)
        default: break
        }
        let reference = value(instruction.d)
        let element = try record(instruction.d)
        let link = element + linkOffset(element)
        trace.note(instruction.op == .inList ? .read : .write, link)
        if instruction.op != .inList { trace.note(.publish, element) }
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
        Int(code.linkOffsets[Header.segment(slots[element])])
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

extension Opcode {
    fileprivate var changesTree: Bool {
        switch self {
        case .treeInsert, .treeRemove, .treeFreeze, .treeThaw: true
        default: false
        }
    }
}
