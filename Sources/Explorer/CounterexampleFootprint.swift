import Language
import Machine

/// The shared slots that a step looks at and changes, as far as they can be told from outside the interpreter: good
/// enough to choose what to show, no ground for a proof.
///
/// Goes over the statement's instructions with the values that the thread's variables have before it; what depends on a
/// value that it can't work out is left out.
struct Footprint {
    private(set) var reads: Set<Int> = []
    /// Interval sets, lists and the like: what is changed in them is not only in their own slots.
    private(set) var linkWrites: Set<Int> = []
    /// All that was looked at, by what the statement does or by a check.
    private(set) var looked: Set<Int> = []
    /// Headers of records that were used.
    private(set) var records: Set<Int> = []
    /// References that were followed, alive or not.
    private(set) var references: Set<Int64> = []

    /// What was read since the statement last did something: should a check follow, only the check has read it.
    private var pending: Set<Int> = []
    private var pendingRecords: Set<Int> = []
    private let machine: Machine
    private let block: Int
    /// Slots of the thread that the statement has set; nil where the value isn't known.
    private var known: [Int32: Int64?] = [:]
    /// Where it goes on behind the property that it is in.
    private var returns: [Int] = []
    /// Shared slots that it has set.
    private var stored: [Int: Int64?] = [:]

    /// - Parameter machine: before the step.
    init(of thread: Int, in machine: Machine) {
        self.machine = machine
        let program = machine.program
        block = program.threadBase + thread * program.threadStride
        var pc = Int(machine.slot(block))
        guard pc >= 0 else { return }
        pc += 1
        // No more than the statement is long, so that a loop inside of it ends.
        for _ in 0..<Self.limit where pc < program.instructions.count {
            let instruction = program.instructions[pc]
            guard let next = follow(instruction, at: pc) else { break }
            if instruction.op == .check { (pending, pendingRecords) = ([], []) }
            if Self.isEffect(instruction.op) { keep() }
            // Behind it only invariants are asked.
            if [.unlock, .upRead, .upWrite, .downgradeWrite].contains(instruction.op) { break }
            pc = next
        }
        keep()
    }

    private static let limit = 4_096

    /// Properties ask all records of a kind, one after the other.
    private mutating func nextLive(_ instruction: Instruction) {
        guard let last = value(instruction.a) else { return }
        let live = machine.liveRecords(Int(instruction.c))
        let after = Reference(bits: last).address
        let next = last == 0 ? live.first : live.firstIndex(of: after).flatMap { $0 + 1 < live.count ? live[$0 + 1] : nil }
        known.updateValue(next.map { (machine.slot($0) >> 32) << 32 | Int64($0) } ?? 0, forKey: instruction.a)
    }

    private mutating func keep() {
        reads.formUnion(pending)
        records.formUnion(pendingRecords)
        (pending, pendingRecords) = ([], [])
    }

    private mutating func look(_ slot: Int) {
        if returns.isEmpty { pending.insert(slot) }
        looked.insert(slot)
    }

    private static func isEffect(_ op: Opcode) -> Bool {
        switch op {
        case .storeGlobal, .storeField, .storeElement, .spinLock, .mutexLock, .unlock, .downRead, .upRead, .downWriteQueue,
            .downWrite, .upWrite, .downgradeWrite, .tryLock, .downReadTry, .downWriteTry, .waitEnqueue, .waitDequeue,
            .waitSleep, .wakeAll, .completeAll, .reinitCompletion, .waitCompletion, .srcuLock, .srcuUnlock, .srcuFlip,
            .srcuWait, .refGet, .refPut, .refGetNotZero, .new, .free, .treeInsert, .treeRemove, .treeFreeze, .treeThaw,
            .listAddHead, .listAddTail, .listDelete, .listPop:
            true
        default: false
        }
    }

    private func value(_ operand: Int32) -> Int64? {
        if operand < 0 { return machine.program.constants[Int(~operand)] }
        return known[operand] ?? machine.slot(block + Int(operand))
    }

    private mutating func place(_ record: Int32, _ offset: Int32) -> Int? {
        guard let bits = value(record) else { return nil }
        let address = Reference(bits: bits).address
        guard address > 0, address < machine.program.threadBase else { return nil }
        if returns.isEmpty { pendingRecords.insert(address) }
        references.insert(bits)
        return address + Int(offset)
    }

    private mutating func element(_ instruction: Instruction, of record: Int32) -> Int? {
        guard let index = value(instruction.d), index >= 0, index < Int64(instruction.bits) else { return nil }
        return place(record, instruction.c).map { $0 + Int(index) }
    }

    private mutating func load(_ slot: Int?, into target: Int32) {
        if let slot { look(slot) }
        known.updateValue(slot.flatMap { stored[$0] ?? machine.slot($0) }, forKey: target)
    }

    private mutating func store(_ slot: Int?, _ operand: Int32) {
        if let slot { stored.updateValue(value(operand), forKey: slot) }
    }

    /// The next instruction; nil when the step is over.
    private mutating func follow(_ instruction: Instruction, at pc: Int) -> Int? {
        let target = Int(instruction.c)
        switch instruction.op {
        case .statement, .dispatch, .finish: return nil
        // A function that has no statement asks a property, in the same step; others begin with one.
        case .call:
            returns.append(pc + 1)
            return target
        case .giveBack: return returns.popLast()
        case .nextLive: nextLive(instruction)
        case .jump, .jumpIfQuiet: return target
        case .jumpIfFalse: return value(instruction.b) == 0 ? target : pc + 1
        case .jumpIfTrue: return value(instruction.b).map { $0 != 0 } ?? false ? target : pc + 1
        case .jumpIfEqual, .jumpIfNotEqual, .jumpIfLess, .jumpIfLessOrEqual:
            guard let left = value(instruction.b), let right = value(instruction.d) else { return pc + 1 }
            return Self.compares(instruction.op, left, right) ? target : pc + 1
        case .loadGlobal: load(Int(instruction.b), into: instruction.a)
        case .loadField: load(place(instruction.b, instruction.c), into: instruction.a)
        case .loadElement: load(element(instruction, of: instruction.b), into: instruction.a)
        case .storeField: store(place(instruction.a, instruction.c), instruction.b)
        case .storeElement: store(element(instruction, of: instruction.a), instruction.b)
        default: touch(instruction)
        }
        return pc + 1
    }

    private static func compares(_ op: Opcode, _ left: Int64, _ right: Int64) -> Bool {
        switch op {
        case .jumpIfEqual, .equal: left == right
        case .jumpIfNotEqual, .notEqual: left != right
        case .jumpIfLess, .less: left < right
        default: left <= right
        }
    }

    private mutating func touch(_ instruction: Instruction) {
        switch instruction.op {
        case .move: known.updateValue(value(instruction.b), forKey: instruction.a)
        case .embed:
            guard let place = place(instruction.b, instruction.c) else { return forget(instruction.a) }
            known.updateValue((machine.slot(place) >> 32) << 32 | Int64(place), forKey: instruction.a)
        case .equal, .notEqual, .less, .lessOrEqual:
            guard let left = value(instruction.b), let right = value(instruction.c) else { return forget(instruction.a) }
            known.updateValue(Self.compares(instruction.op, left, right) ? 1 : 0, forKey: instruction.a)
        case .not: known.updateValue(value(instruction.b).map { $0 == 0 ? 1 : 0 }, forKey: instruction.a)
        case .odd: known.updateValue(value(instruction.b).map { $0 & 1 }, forKey: instruction.a)
        case .treeFirst, .treeNext, .inTree, .treeEmpty, .listEmpty, .inList, .waitSleep, .waitCompletion:
            if let slot = place(instruction.b, instruction.c) { look(slot) }
            forget(instruction.a)
        case .held:
            let slot = place(instruction.b, instruction.c)
            known.updateValue(slot.map { machine.slot($0) != 0 ? 1 : 0 }, forKey: instruction.a)
        case .treeInsert, .treeRemove, .listAddHead, .listAddTail, .listDelete, .listPop, .refGet, .refPut,
            .refGetNotZero, .waitEnqueue, .wakeAll, .completeAll, .reinitCompletion:
            if let slot = place(instruction.b, instruction.c) { linkWrites.insert(slot) }
            if [.listPop, .refPut, .refGetNotZero].contains(instruction.op) { forget(instruction.a) }
        case .free: _ = place(instruction.b, 0)
        case .storeGlobal, .say, .check, .argument, .nothing, .await, .awaitAllFinished: break
        default: forget(instruction.a)
        }
    }

    private mutating func forget(_ slot: Int32) { known.updateValue(nil, forKey: slot) }
}
