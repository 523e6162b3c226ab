import IntervalTree
import Language

/// Runs a program one statement of one thread at a time. Deterministic: the same steps give the same state.
public struct Machine: Sendable {
    private(set) var code: Code
    public internal(set) var state: State
    /// As the setup left it.
    private(set) var start: State
    /// Where ``state`` may be another than ``start``, beside the threads' blocks.
    var touched: TouchedSlots
    /// What the setup found, if it didn't go well.
    public private(set) var setupFinding: MachineFinding?
    /// The setup had not ended after ten million steps, and was not seen to go round: whether it ever ends is open.
    public private(set) var setupWasCutOff = false
    /// What the setup said.
    public private(set) var setupEvents: [MachineEvent] = []
    var waiting: [Memory]
    /// The threads whose ``waiting`` counts.
    var waitingMask: UInt64 = 0

    /// The start state: the scenario's setup has run to its end.
    /// - Parameter observe: is shown each step of the setup that says something, with what it says, right behind the step.
    public init(_ program: Program, observe: (Machine, [MachineEvent]) -> Void = { _, _ in }) {
        // What it builds need not make sense before it is complete.
        code = Code(program.invariantCode.isEmpty ? program : program.passingOver(program.invariantCode))
        state = program.blankState()
        start = state
        touched = TouchedSlots(slotCount: state.slots.count)
        waiting = [Memory](repeating: Memory(), count: program.threads.count)
        var log = EventLog()
        let thread = program.threads.count - 1
        // The setup is a thread of its own that nobody disturbs: a wait in it would be for ever.
        var round = SetupRound()
        setupWasCutOff = true
        for _ in 0..<Self.setupLimit {
            let said = log.events.count
            switch step(thread, choice: 0, log: &log) {
            case .stepped:
                if log.events.count > said { observe(self, Array(log.events[said...])) }
                guard let steps = round.length(at: state) else { continue }
                setupFinding = MachineFinding(
                    property: "no-livelock",
                    sentence: "the setup goes round for ever: after \(steps) step\(steps == 1 ? "" : "s") everything is as it was",
                    thread: thread, statement: statement(of: thread) ?? 0)
            case .finished: break
            case .blocked:
                setupFinding = MachineFinding(
                    property: "no-deadlock", sentence: "the setup waits for something that nobody will do",
                    thread: thread, statement: statement(of: thread) ?? 0)
            case .finding(let finding): setupFinding = finding
            }
            setupWasCutOff = false
            break
        }
        if !program.invariantCode.isEmpty { code = Code(program) }
        settle(&log)
        setupEvents = log.events
        start = state
        touched.removeAll()
    }

    /// What lies before a thread's first statement (the head of a loop, a sentence) belongs to the start: a thread always
    /// stands at a statement.
    private mutating func settle(_ log: inout EventLog) {
        for thread in 0..<threadCount {
            let pc = Int(state.slots[block(of: thread)])
            guard setupFinding == nil, pc >= 0, code.instructions[pc].op != .statement else { continue }
            if case .finding(let finding) = step(thread, log: &log) { setupFinding = finding }
        }
    }

    /// The program that it runs.
    public var program: Program { code.program }

    private static let setupLimit = 10_000_000

    /// Why there is nothing to run: the setup found something, or has no end that anybody would have seen.
    public var setupStop: MachineFinding? {
        guard setupWasCutOff else { return setupFinding }
        return MachineFinding(
            property: "no-livelock", sentence: "the setup was cut off after \(Self.setupLimit) steps: it may never end",
            thread: program.threads.count - 1, statement: statement(of: program.threads.count - 1) ?? 0)
    }

    /// The threads that a schedule chooses among: all but the setup.
    public var threadCount: Int { code.threadCount }

    // MARK: Steps

    /// What the last step's `choice` would have to be for the next way that it can go; 0 when it went the last one, or there
    /// was nothing to choose. Who begins with 0 and goes on with this goes every way once.
    public private(set) var nextChoice: UInt64 = 0
    /// The least `choice` that goes the way that the last step went; nil where there was nothing to choose.
    public private(set) var takenChoice: UInt64?

    /// One statement of a thread.
    /// - Parameter choice: which way at a `choose`, modulo the number of ways. A statement that chooses more than once takes its ways
    ///   from it one by one.
    public mutating func step(_ thread: Int, choice: UInt64 = 0, log: inout EventLog) -> StepOutcome {
        if waitingMask & (1 << UInt64(thread)) != 0, isStillWaiting(thread) {
            (nextChoice, takenChoice) = (0, nil)
            return .blocked
        }
        var choices = Choices(choice)
        defer { (nextChoice, takenChoice) = (choices.next, choices.taken) }
        let outcome = Self.run(
            code, &state.slots, &touched.flags, &state.trees, thread, &choices, trace: NoTrace(), log: &log)
        return conclude(outcome, of: thread)
    }

    /// The same, and what it did to what others can see.
    public mutating func step(
        _ thread: Int, choice: UInt64 = 0, recorder: AccessRecorder, log: inout EventLog
    ) -> StepOutcome {
        var choices = Choices(choice)
        defer { (nextChoice, takenChoice) = (choices.next, choices.taken) }
        let outcome = Self.run(
            code, &state.slots, &touched.flags, &state.trees, thread, &choices, trace: recorder, log: &log)
        return conclude(outcome, of: thread)
    }

    @inline(__always)
    private mutating func conclude(_ outcome: InterpreterOutcome, of thread: Int) -> StepOutcome {
        switch outcome {
        case .finding(let fault): return .finding(finding(fault, of: thread))
        case .blocked(let wait):
            remember(wait, of: thread)
            return .blocked
        case .finished: return .finished
        case .stepped, .ready:
            // It stands elsewhere now, or here with other variables.
            waitingMask &= ~(1 << UInt64(thread))
            return .stepped
        }
    }

    private func finding(_ fault: Fault, of thread: Int) -> MachineFinding {
        var finding = MachineFinding(
            property: fault.property(in: program), sentence: fault.sentence(in: self), thread: thread,
            statement: fault.statement)
        if case .check(let number, _) = fault.cause, program.checks[number].isStatement {
            finding.check = MachineFinding.Place(file: program.checks[number].file, line: program.checks[number].line)
        }
        // A page that was freed while a device still maps it: what is used after it was freed is the mapping.
        if case .useAfterFree(let reference) = fault.cause, let entry = deviceEntry(leadingTo: reference) {
            finding.property = "no-stale-spte"
            finding.sentence += ": \(placeName(entry)) still leads to it"
        }
        return finding
    }

    /// The slot of an entry of a device's table that holds this reference.
    private func deviceEntry(leadingTo reference: Reference) -> Int? {
        for table in program.deviceTables {
            let field = program.records[table.record].fields[table.field]
            for address in liveRecords(table.record) {
                let entries = (0..<field.count).map { address + field.offset + $0 }
                if let entry = entries.first(where: { state.slots[$0] == reference.bits }) { return entry }
            }
        }
        return nil
    }

    // MARK: Waiting

    /// What a thread was found to wait for, so that finding it so again is cheap. No part of the state: it only
    /// tells sooner what the step would tell.
    struct Memory {
        var cause = Blockage.Cause.condition
        var slot = 0
        /// Where the thread stood.
        var programCounter: Int64 = 0
        /// The header of the record that the lock is in, as it was.
        var headerSlot = 0
        var header: Int64 = 0
    }

    /// The threads that were asked to step, were found to wait, and have not gone on since, as bits: whoever was not asked is
    /// not among them.
    public var foundWaiting: UInt64 { waitingMask }

    /// What such a thread waits for, also right behind the step that it went on with.
    public func foundCause(of thread: Int) -> Blockage.Cause { waiting[thread].cause }

    @inline(__always)
    func isStillWaiting(_ thread: Int) -> Bool {
        let memory = waiting[thread]
        guard state.slots[code.threadBase &+ thread &* code.threadStride] == memory.programCounter,
            state.slots[memory.headerSlot] == memory.header
        else { return false }
        switch memory.cause {
        case .spinlock, .mutex: return state.slots[memory.slot] != 0
        case .semaphoreRead: return state.slots[memory.slot] != 0 || state.slots[memory.slot + 2] != 0
        case .semaphoreWrite: return state.slots[memory.slot] != 0 || state.slots[memory.slot + 1] != 0
        case .sleep: return state.slots[memory.slot] & (1 << Int64(thread)) != 0
        case .completion: return state.slots[memory.slot] == 0
        case .teardown:
            for block in code.awaited where state.slots[Int(block)] >= 0 { return true }
            return false
        case .gracePeriod, .condition: return false
        }
    }

    private mutating func remember(_ wait: Wait, of thread: Int) {
        let pc = state.slots[block(of: thread)]
        let instruction = code.instructions[Int(pc)]
        guard instruction.op == .statement, code.statements[Int(instruction.a)].hasFixedPlace,
            wait.slot > 0 || wait.cause == .teardown
        else { return }
        // What the teardown waits for lies in no record.
        let headerSlot = wait.slot > 0 ? program.header(around: wait.slot) : Program.drainingSlot
        waitingMask |= 1 << UInt64(thread)
        waiting[thread] = Memory(
            cause: wait.cause, slot: wait.slot, programCounter: pc, headerSlot: headerSlot,
            header: state.slots[headerSlot])
    }

    /// Tells a workload's threads to come to rest (or to go on).
    public mutating func setDraining(_ isDraining: Bool) {
        change([Program.drainingSlot]) { _ in isDraining ? 1 : 0 }
    }

    /// Changes slots between two steps, as no thread does.
    mutating func change(_ slots: some Sequence<Int>, _ value: (Int64) -> Int64) {
        for slot in slots {
            state.slots[slot] = value(state.slots[slot])
            touched.insert(slot..<(slot + 1))
        }
    }

    /// Puts a thread that has finished to the start of a function, as if it had never run.
    mutating func restart(_ thread: Int, at function: Int, arguments: [Int64]) {
        let block = block(of: thread)
        let info = program.functions[function]
        for slot in block..<(block + program.threadStride) { state.slots[slot] = 0 }
        state.slots[block] = Int64(info.entry)
        for (index, value) in arguments.enumerated() { state.slots[block + info.frame.lowerBound + 1 + index] = value }
        // What it was found to wait for, it waited for in another life.
        waitingMask &= ~(1 << UInt64(thread))
    }

    /// Goes to another state of the same program.
    public mutating func restore(_ state: State) {
        self.state = state
        waitingMask = 0
        touched.insertAll()
    }

    /// Goes to another state of the same program, without new room: for who goes to many.
    public mutating func load(_ other: borrowing State) {
        precondition(other.slots.count == state.slots.count, "a state of another program")
        state.slots.withUnsafeMutableBufferPointer { own in
            other.slots.withUnsafeBufferPointer { _ = own.update(fromContentsOf: $0) }
        }
        state.trees = other.trees
        waitingMask = 0
        touched.insertAll()
    }

    /// Copies the state without new room.
    public func save(into other: inout State) {
        precondition(other.slots.count == state.slots.count, "a state of another program")
        other.slots.withUnsafeMutableBufferPointer { slots in
            state.slots.withUnsafeBufferPointer { _ = slots.update(fromContentsOf: $0) }
        }
        other.trees = state.trees
    }

    /// Takes a step for the sake of knowing in how many ways it can be taken, as far as this one tells.
    mutating func ways(of thread: Int, choice: UInt64) -> Int {
        var log = EventLog(isOn: false)
        var choices = Choices(choice)
        _ = Self.run(code, &state.slots, &touched.flags, &state.trees, thread, &choices, trace: NoTrace(), log: &log)
        return Int(clamping: choices.ways)
    }

    @inline(__always)
    private static func run(
        _ code: Code, _ slots: inout [Int64], _ touched: inout [UInt8], _ trees: inout [IntervalTree], _ thread: Int, _ choices: inout Choices,
        trace: some AccessTrace, log: inout EventLog
    ) -> InterpreterOutcome {
        // Bounds: the compiler gives every operand a slot inside the thread's block, every global and record
        // field a slot inside the state, every target an instruction; references and indices that come from
        // the state are checked where they are used.
        slots.withUnsafeMutableBufferPointer { slots in
            touched.withUnsafeMutableBufferPointer { touched in
                withUnsafeMutablePointers(&trees, &choices) { trees, choices in
                    // There is always a slot: the first is a global of every program. So there is a flag, too.
                    guard let slots = slots.baseAddress, let flags = touched.baseAddress else { return .finished }
                    var interpreter = Interpreter(
                        code: code, slots: Slots(base: slots, flags: flags), trees: trees, thread: thread, choices: choices,
                        trace: trace)
                    return interpreter.step(&log)
                }
            }
        }
    }

    // MARK: Rest

    public func hasFinished(_ thread: Int) -> Bool { state.slots[block(of: thread)] < 0 }

    /// The same in another state of the same program.
    public func hasFinished(_ thread: Int, in other: borrowing State) -> Bool { other.slots[block(of: thread)] < 0 }

    /// Every thread that has to has come to its end.
    public var isAtRest: Bool {
        (0..<threadCount).allSatisfy { program.threads[$0].role == .daemon || hasFinished($0) }
    }

    // MARK: Places

    func block(of thread: Int) -> Int { code.threadBase + thread * code.threadStride }

    /// The statement that a thread stands at; nil when it has finished.
    public func statement(of thread: Int) -> Int? {
        let pc = state.slots[block(of: thread)]
        guard pc >= 0 else { return nil }
        return program.statement(at: Int(pc))
    }
}

/// Whether the setup goes round (Brent): a state is kept, one further on each time the number of steps is a power of two.
private struct SetupRound {
    private var steps = 0
    private var kept: State?
    private var keptAt = 0

    /// Setups are short: this is only for what is no longer one.
    private static let patience = 1 << 12

    /// After how many steps everything is as it was; nil as long as it isn't.
    mutating func length(at state: State) -> Int? {
        steps += 1
        guard steps >= Self.patience else { return nil }
        if kept == state { return steps - keptAt }
        if steps & (steps - 1) == 0 { (kept, keptAt) = (state, steps) }
        return nil
    }
}

extension Program {
    /// The statement that an instruction belongs to: the last that began at or before it in its function.
    func statement(at pc: Int) -> Int? {
        var index = pc
        while index < instructions.count {
            if instructions[index].op == .statement { return Int(instructions[index].a) }
            // Before a thread's first step: its first statement lies ahead.
            if instructions[index].op == .finish || instructions[index].op == .giveBack { break }
            index += 1
        }
        index = pc
        while index >= 0 {
            if instructions[index].op == .statement { return Int(instructions[index].a) }
            index -= 1
        }
        return nil
    }
}

func withUnsafeMutablePointers<First, Second, Result>(
    _ first: inout First, _ second: inout Second,
    _ body: (UnsafeMutablePointer<First>, UnsafeMutablePointer<Second>) -> Result
) -> Result {
    withUnsafeMutablePointer(to: &first) { first in withUnsafeMutablePointer(to: &second) { body(first, $0) } }
}
