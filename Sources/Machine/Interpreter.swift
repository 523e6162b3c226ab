import IntervalTree
import Language

/// What became of a step, or of looking at one.
enum InterpreterOutcome {
    case stepped
    case blocked(Wait)
    case finished
    /// Only when probing: it could go on, in this many ways.
    case ready(choices: Int)
    case finding(Fault)

    /// The thread stands where it stood.
    var leavesNoTrace: Bool {
        switch self {
        case .blocked, .ready: true
        case .stepped, .finished, .finding: false
        }
    }
}

/// Instructions of one step; more means that it never ends.
private let stepLimit = 1_000_000

/// One step of one thread, over the raw state.
///
/// Only ``Machine`` makes one, with pointers that live as long as the step. Operands are in bounds by
/// construction (the compiler placed them); everything that a model computes (references, table indices, tree and list
/// elements) is checked before it is used as an address.
struct Interpreter<Trace: AccessTrace> {
    typealias Outcome = InterpreterOutcome

    /// The machine holds it for as long as the step takes.
    unowned(unsafe) let code: Code
    let slots: Slots
    let trees: UnsafeMutablePointer<[IntervalTree]>
    let instructions: UnsafePointer<Instruction>
    /// Where the thread's block begins, and where the constants end.
    let frame: UnsafeMutablePointer<Int64>
    let constants: UnsafeMutablePointer<Int64>
    let thread: Int
    /// Which ways are taken.
    let choices: UnsafeMutablePointer<Choices>
    /// Only what would come of the step is told. Then nothing is written but what the thread computes in: ``frame``.
    let isProbe: Bool
    /// When probing: as if the thread stood on whatever queue it sleeps on.
    let isQueued: Bool
    let trace: Trace
    let block: Int
    var pc = 0
    /// The statement being carried out.
    var statement = 0
    /// In a sentence that is being worked out, where it ends.
    private var endOfSentence: Int?

    /// - Parameter frame: when probing, a copy of the thread's block to compute in.
    init(
        code: Code, slots: Slots, trees: UnsafeMutablePointer<[IntervalTree]>, thread: Int, choices: UnsafeMutablePointer<Choices>,
        trace: Trace, probingIn frame: UnsafeMutablePointer<Int64>? = nil, isQueued: Bool = false
    ) {
        self.trace = trace
        self.code = code
        self.slots = slots
        self.trees = trees
        instructions = code.instructions
        constants = code.constants
        self.thread = thread
        self.choices = choices
        isProbe = frame != nil
        self.isQueued = isQueued
        block = code.threadBase &+ thread &* code.threadStride
        self.frame = frame ?? slots.base + block
    }

    /// For what is rare enough to be looked up in full.
    var program: Program { code.program }

    // MARK: Operands

    @inline(__always) func value(_ operand: Int32) -> Int64 {
        // One load from one of two places, so that nothing has to be predicted.
        (operand >= 0 ? frame : constants)[Int(operand)]
    }

    @inline(__always) func set(_ operand: Int32, _ value: Int64) { frame[Int(operand)] = value }

    /// The address of a live record that a slot refers to.
    @inline(__always) func record(_ operand: Int32) throws(Fault) -> Int {
        let reference = Reference(bits: value(operand))
        let address = reference.address
        // An address below the pools is none, or garbage that no reference has.
        guard address > 0, address < code.threadBase else { throw fault(.nullReference) }
        let header = slots[address]
        guard Header.isLive(header), Header.generation(header) == reference.generation else {
            throw fault(.useAfterFree(reference))
        }
        return address
    }

    func fault(_ cause: Fault.Cause) -> Fault { Fault(cause: cause, statement: statement) }

    // MARK: The step

    mutating func step(_ log: inout EventLog) -> Outcome {
        let start = slots[block]
        guard start >= 0 else { return .finished }
        pc = Int(start)
        guard instructions[pc].op == .statement else { return prelude(&log) }
        statement = Int(instructions[pc].a)
        pc += 1
        let info = code.statements[statement]
        do {
            guard info.mayBlock, !isProbe else { return try run(&log) }
            return try runUndoing(info, &log)
        } catch {
            return .finding(error)
        }
    }

    /// A thread that has never stepped: what lies before its first statement is carried out, up to there.
    private mutating func prelude(_ log: inout EventLog) -> Outcome {
        statement = program.statement(at: pc) ?? 0
        do {
            return try run(&log)
        } catch {
            return .finding(error)
        }
    }

    /// A step that turns out to be blocked leaves no trace, not even in what it computed in.
    private mutating func runUndoing(_ info: Code.Statement, _ log: inout EventLog) throws(Fault) -> Outcome {
        let first = Int(info.scratchStart)
        let count = Int(info.scratchEnd - info.scratchStart)
        // Statements compute in few slots: they fit in registers, or on the stack, but for the oddest.
        if count <= 8 { return try runUndoing(SIMD8<Int64>.self, first, count, &log) }
        if count <= 32 { return try runUndoing(SIMD32<Int64>.self, first, count, &log) }
        let scratch = (0..<count).map { frame[first + $0] }
        let outcome = try run(&log)
        if outcome.leavesNoTrace { for (offset, value) in scratch.enumerated() { frame[first + offset] = value } }
        return outcome
    }

    @inline(__always)
    private mutating func runUndoing<Scratch: SIMD<Int64>>(
        _ type: Scratch.Type, _ first: Int, _ count: Int, _ log: inout EventLog
    ) throws(Fault) -> Outcome {
        var scratch = Scratch()
        for offset in 0..<count { scratch[offset] = frame[first + offset] }
        let outcome = try run(&log)
        if outcome.leavesNoTrace { for offset in 0..<count { frame[first + offset] = scratch[offset] } }
        return outcome
    }

    private mutating func run(_ log: inout EventLog) throws(Fault) -> Outcome {
        while true {
            do {
                return try goOn(&log)
            } catch {
                // A sentence that can't be worked out isn't said: whether anybody listens changes nothing.
                guard let end = endOfSentence else { throw error }
                log.putBack(slots.base)
                endOfSentence = nil
                pc = end
            }
        }
    }

    private mutating func goOn(_ log: inout EventLog) throws(Fault) -> Outcome {
        // Where it is stays in a register; the few that need it in memory are told.
        var pc = self.pc
        for _ in 0..<stepLimit {
            let instruction = instructions[pc]
            pc &+= 1
            switch instruction.op {
            case .statement:
                frame[0] = Int64(pc &- 1)
                return .stepped
            case .finish:
                frame[0] = frame[Program.ThreadSlot.holding] == 0 ? ThreadEnd.plain : ThreadEnd.holding(at: statement)
                trace.note(.end, 0)
                if log.isOn { note(.finishes, &log) }
                return .stepped
            case .nothing: continue
            case .move: set(instruction.a, value(instruction.b))
            case .add:
                let (sum, overflows) = value(instruction.b).addingReportingOverflow(value(instruction.c))
                if overflows { throw overflow(instruction) }
                set(instruction.a, sum)
            case .subtract:
                let (difference, overflows) = value(instruction.b).subtractingReportingOverflow(value(instruction.c))
                if overflows { throw overflow(instruction) }
                set(instruction.a, difference)
            case .wrappingAdd: set(instruction.a, value(instruction.b) &+ value(instruction.c))
            case .wrappingSubtract: set(instruction.a, value(instruction.b) &- value(instruction.c))
            case .equal: set(instruction.a, value(instruction.b) == value(instruction.c) ? 1 : 0)
            case .notEqual: set(instruction.a, value(instruction.b) != value(instruction.c) ? 1 : 0)
            case .less: set(instruction.a, value(instruction.b) < value(instruction.c) ? 1 : 0)
            case .lessOrEqual: set(instruction.a, value(instruction.b) <= value(instruction.c) ? 1 : 0)
            case .or: set(instruction.a, value(instruction.b) | value(instruction.c))
            case .not: set(instruction.a, value(instruction.b) == 0 ? 1 : 0)
            case .odd: set(instruction.a, value(instruction.b) & 1)
            case .jump: pc = Int(instruction.c)
            case .jumpIfFalse: if value(instruction.b) == 0 { pc = Int(instruction.c) }
            case .jumpIfTrue: if value(instruction.b) != 0 { pc = Int(instruction.c) }
            case .jumpIfEqual: if value(instruction.b) == value(instruction.d) { pc = Int(instruction.c) }
            case .jumpIfNotEqual: if value(instruction.b) != value(instruction.d) { pc = Int(instruction.c) }
            case .jumpIfLess: if value(instruction.b) < value(instruction.d) { pc = Int(instruction.c) }
            case .jumpIfLessOrEqual: if value(instruction.b) <= value(instruction.d) { pc = Int(instruction.c) }
            case .jumpIfQuiet:
                guard log.isOn else { pc = Int(instruction.c); continue }
                keep(instruction, &log)
                endOfSentence = Int(instruction.c)
            case .loadGlobal: set(instruction.a, load(Int(instruction.b)))
            case .loadField: set(instruction.a, load(try record(instruction.b) &+ Int(instruction.c)))
            case .loadElement: set(instruction.a, load(try element(instruction, of: instruction.b)))
            case .storeField where !isProbe:
                store(value(instruction.b), at: try record(instruction.a) &+ Int(instruction.c))
            case .storeElement where !isProbe:
                store(value(instruction.b), at: try element(instruction, of: instruction.a))
            case .dispatch where !isProbe: pc = try dispatch(instruction, from: pc)
            case .embed:
                let record = try record(instruction.b)
                trace.note(.read, record)
                let address = record &+ Int(instruction.c)
                set(instruction.a, Reference(generation: Header.generation(slots[address]), address: address).bits)
            case .wrap: wrap(instruction)
            case .narrow: try narrow(instruction)
            case .takeResult:
                set(instruction.a, frame[Program.ThreadSlot.result])
                frame[Program.ThreadSlot.result] = 0
            case .giveBack: pc = giveBack(instruction)
            case .call:
                if isProbe { return .ready(choices: 1) }
                set(instruction.b, Int64(pc))
                pc = Int(instruction.c)
            case .nextLive:
                trace.note(.quantify, Int(instruction.c))
                nextLive(instruction)
            case .isLive: isLive(instruction)
            case .held: try held(instruction)
            case .choose:
                let count = try choose(instruction)
                if isProbe { return .ready(choices: count) }
            case .say:
                if log.isOn { say(instruction, &log) }
                endOfSentence = nil
            default:
                if let outcome = try effect(instruction, &log) { return outcome }
            }
        }
        throw fault(.endlessStep)
    }

    /// Instructions that change what others see, or may have to wait. When probing they say what would come of them.
    private func effect(_ instruction: Instruction, _ log: inout EventLog) throws(Fault) -> Outcome? {
        if isProbe, !instruction.op.isProbeable { return .ready(choices: 1) }
        switch instruction.op {
        case .multiply, .divide, .remainder, .and, .xor, .shiftLeft, .shiftRight, .negate, .wrappingMultiply, .wrappingShiftLeft:
            try calculate(instruction)
        case .storeGlobal: store(value(instruction.a), at: Int(instruction.b))
        case .storeField: store(value(instruction.b), at: try record(instruction.a) &+ Int(instruction.c))
        case .storeElement: store(value(instruction.b), at: try element(instruction, of: instruction.a))
        case .nextLiveAtStart: nextLive(instruction)
        case .new: try make(instruction)
        case .free: try free(instruction)
        case .check:
            if value(instruction.b) == 0 { throw fault(.check(Int(instruction.a), values(instruction))) }
        case .await: if value(instruction.b) == 0 { return blocked(.condition) }
        case .awaitAllFinished: if !othersFinished { return blocked(.teardown) }
        case .scenarioOver:
            trace.note(.quantify, 0)
            set(instruction.a, scenarioIsOver ? 1 : 0)
        case .spinLock, .mutexLock, .unlock, .tryLock, .downRead, .upRead, .downWriteQueue, .downWrite, .upWrite,
            .downgradeWrite, .downReadTry, .downWriteTry:
            return try lock(instruction)
        case .treeInsert, .treeRemove, .treeFirst, .treeNext, .inTree, .treeFreeze, .treeThaw, .treeEmpty:
            try tree(instruction)
        case .listAddHead, .listAddTail, .listDelete, .listPop, .listFirst, .listEmpty, .inList: try list(instruction)
        default: return try wait(instruction, &log)
        }
        return nil
    }

    func blocked(_ cause: Blockage.Cause, slot: Int = 0) -> Outcome { .blocked(Wait(cause: cause, slot: slot)) }

    private var scenarioIsOver: Bool {
        for block in code.scenarioBlocks where slots[Int(block)] >= 0 { return false }
        return true
    }

    private var othersFinished: Bool {
        for block in code.awaited where slots[Int(block)] >= 0 { return false }
        return true
    }

    // MARK: Values

    @inline(__always) private func element(_ instruction: Instruction, of operand: Int32) throws(Fault) -> Int {
        let address = try record(operand)
        let index = value(instruction.d)
        guard index >= 0, index < Int64(instruction.bits) else {
            trace.note(.read, address &+ Int(instruction.c))
            throw fault(.index(index, Int(instruction.bits)))
        }
        return address &+ Int(instruction.c) &+ Int(index)
    }

    @inline(__always) private func load(_ slot: Int) -> Int64 {
        trace.note(.read, slot)
        return slots[slot]
    }

    @inline(__always) private func store(_ value: Int64, at slot: Int) {
        trace.note(.write, slot)
        // Whatever might be a reference: told once too often does no harm.
        if value >> 32 > 0 { trace.note(.publish, Int(value & 0xFFFF_FFFF)) }
        slots[slot] = value
    }

    @inline(__always) private func wrap(_ instruction: Instruction) {
        guard instruction.bits < 64 else { return }
        set(instruction.a, value(instruction.a) & (1 << Int64(instruction.bits) &- 1))
    }

    @inline(__always) private func narrow(_ instruction: Instruction) throws(Fault) {
        let number = value(instruction.a)
        guard number >= 0, number >> Int64(instruction.bits) == 0 else {
            throw fault(.overflow(number, Int(instruction.bits)))
        }
    }

    private func calculate(_ instruction: Instruction) throws(Fault) {
        let a = value(instruction.b)
        let b = value(instruction.c)
        let result: (partialValue: Int64, overflow: Bool)
        switch instruction.op {
        case .negate: result = Int64(0).subtractingReportingOverflow(value(instruction.b))
        case .multiply: result = a.multipliedReportingOverflow(by: b)
        case .wrappingMultiply: result = (a &* b, false)
        case .divide, .remainder:
            guard b != 0 else { throw fault(.divisionByZero) }
            // The least number by -1 overflows; what is left is 0 all the same.
            result = instruction.op == .divide ? a.dividedReportingOverflow(by: b) : (b == -1 ? 0 : a % b, false)
        case .and: result = (a & b, false)
        case .xor: result = (a ^ b, false)
        default:
            // By more than a number has bits, or backwards: no machine does the same.
            guard b >= 0, b < 64 else { throw overflow(instruction) }
            switch instruction.op {
            case .shiftRight: result = (a >> b, false)
            case .shiftLeft: result = (a << b, (a << b) >> b != a)
            default: result = (a << b, false)
            }
        }
        if result.overflow { throw overflow(instruction) }
        set(instruction.a, result.partialValue)
    }

    private func overflow(_ instruction: Instruction) -> Fault {
        let second = instruction.op == .negate ? 0 : value(instruction.c)
        return fault(.arithmetic(instruction.op, value(instruction.b), second))
    }

    /// Goes one way; those of one step are told apart by one number.
    /// - Returns: how many ways there are, ``Int/max`` at most.
    private func choose(_ instruction: Instruction) throws(Fault) -> Int {
        let (low, high) = (value(instruction.b), value(instruction.d))
        guard low <= high else { throw fault(.emptyChoice(low, high)) }
        let last = UInt64(bitPattern: high &- low)
        if last > 0, thread == code.threadCount { throw fault(.choiceInSetup) }
        // Of more ways than there are numbers for them the last is never gone.
        let count = last == .max ? .max : last + 1
        if !isProbe { set(instruction.a, low &+ Int64(bitPattern: choices.pointee.take(of: count))) }
        return Int(clamping: count)
    }

    // MARK: Calls

    /// Back to the caller; the frame is cleared, so that a dead value is no part of a state.
    @inline(__always) private func giveBack(_ instruction: Instruction) -> Int {
        let called = frame + Int(instruction.d)
        let result = instruction.c != 0 ? value(instruction.b) : 0
        let target = Int(called[0])
        for slot in 0..<Int(instruction.bits) { called[slot] = 0 }
        frame[Program.ThreadSlot.result] = result
        return target
    }

    /// Calls the implementation of a callback for what its first argument is embedded in.
    private func dispatch(_ instruction: Instruction, from pc: Int) throws(Fault) -> Int {
        let frame = block + Int(instruction.d)
        let address = try record(instruction.d + 1)
        trace.note(.read, address)
        let target = code.target(callback: Int(instruction.a), segment: Header.segment(slots[address]))
        guard target.entry >= 0 else {
            if target.forgotten >= 0 { return leaveOut(frame, arguments: Int(target.forgotten), goOn: pc) }
            throw fault(.noImplementation(Int(instruction.a), Reference(bits: slots[frame + 1])))
        }
        let owner = address - Int(target.ownerOffset)
        slots[frame] = Int64(pc)
        slots[frame + 1] = Reference(generation: Header.generation(slots[owner]), address: owner).bits
        return Int(target.entry)
    }

    /// What an optional callback comes to where the driver has none: nothing, and 0, false or none as its result. The
    /// arguments go, so that a dead value is no part of a state.
    private func leaveOut(_ frame: Int, arguments: Int, goOn pc: Int) -> Int {
        for slot in (frame + 1)..<(frame + 1 + arguments) { slots[slot] = 0 }
        slots[block + Program.ThreadSlot.result] = 0
        return pc
    }

    // MARK: What is said

    private func values(_ instruction: Instruction) -> SIMD8<Int64> {
        var values = SIMD8<Int64>()
        for index in 0..<min(8, Int(instruction.bits)) { values[index] = value(instruction.d + Int32(index)) }
        return values
    }

    /// What a sentence is about to compute in, for `say` to put back: whether anybody listens leaves no trace.
    private func keep(_ instruction: Instruction, _ log: inout EventLog) {
        let first = block &+ Int(instruction.a)
        log.keep(first, UnsafeBufferPointer(start: slots.base + first, count: Int(instruction.bits)))
    }

    private func say(_ instruction: Instruction, _ log: inout EventLog) {
        defer { log.putBack(slots.base) }
        log.append(
            MachineEvent(
                kind: .sentence(Int(instruction.a)), thread: thread, statement: statement,
                values: values(instruction), count: Int(instruction.bits)))
    }

    func note(_ kind: MachineEvent.Kind, _ log: inout EventLog) {
        log.append(
            MachineEvent(kind: kind, thread: thread, statement: statement, values: SIMD8(), count: 0))
    }
}

extension Opcode {
    /// It runs while a thread is only looked at, and the look goes on behind it.
    var isProbed: Bool {
        switch self {
        case .loadGlobal, .loadField, .loadElement, .embed, .held, .nextLive, .isLive: true
        default: isProbeable
        }
    }

    /// While a thread is only looked at, these may run: they write nothing but what the step computes in, or say
    /// themselves what would come of them.
    var isProbeable: Bool {
        switch self {
        case .multiply, .divide, .remainder, .and, .xor, .shiftLeft, .shiftRight, .negate, .wrappingMultiply, .wrappingShiftLeft,
            .inTree, .treeEmpty,
            .treeFirst, .treeNext, .listEmpty, .listFirst, .inList, .refRead, .await, .awaitAllFinished, .scenarioOver, .spinLock, .mutexLock,
            .downRead, .downWrite, .waitSleep, .waitCompletion, .srcuFlip, .srcuWait:
            true
        default: false
        }
    }
}
