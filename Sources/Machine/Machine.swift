import IntervalTree
import Language

/// Runs a program one statement of one thread at a time. Deterministic: the same steps give the same state.
public struct Machine: Sendable {
    public let program: Program
    public private(set) var state: State
    /// What the setup found, if it didn't go well.
    public private(set) var setupFinding: MachineFinding?
    /// What the setup said.
    public private(set) var setupEvents: [MachineEvent] = []

    /// The start state: the scenario's setup has run to its end.
    public init(_ program: Program) {
        self.program = program
        state = program.blankState()
        var log = EventLog()
        let thread = program.threads.count - 1
        // The setup is a thread of its own that nobody disturbs: a wait in it would be for ever.
        for _ in 0..<Self.setupLimit {
            switch step(thread, choice: 0, log: &log) {
            case .stepped: continue
            case .finished: break
            case .blocked:
                setupFinding = MachineFinding(
                    property: "no-deadlock", sentence: "the setup waits for something that nobody will do",
                    thread: thread, statement: statement(of: thread) ?? 0)
            case .finding(let finding): setupFinding = finding
            }
            break
        }
        setupEvents = log.events
    }

    private static let setupLimit = 10_000_000

    /// The threads that a schedule chooses among: all but the setup.
    public var threadCount: Int { program.threads.count - 1 }

    // MARK: Steps

    /// One statement of a thread.
    /// - Parameter choice: which way at a `choose`, modulo the number of ways.
    public mutating func step(_ thread: Int, choice: UInt64 = 0, log: inout EventLog) -> StepOutcome {
        let outcome = Self.run(
            program, &state.slots, &state.trees, thread, choice, isProbe: false, log: &log)
        switch outcome {
        case .finding(let fault):
            return .finding(
                MachineFinding(
                    property: fault.property(in: program), sentence: fault.sentence(in: self), thread: thread,
                    statement: fault.statement))
        case .blocked: return .blocked
        case .finished: return .finished
        case .stepped, .ready: return .stepped
        }
    }

    /// What a thread could do now, without doing it.
    public func standing(of thread: Int) -> Standing {
        let pc = state.slots[block(of: thread)]
        guard pc >= 0 else { return .finished }
        let instruction = program.instructions[Int(pc)]
        if instruction.op == .statement {
            let info = program.statements[Int(instruction.a)]
            if !info.mayBlock, !info.hasChoice { return .ready(choices: 1) }
        }
        var copy = state
        var log = EventLog(isOn: false)
        switch Self.run(program, &copy.slots, &copy.trees, thread, 0, isProbe: true, log: &log) {
        case .blocked(let blockage): return .blocked(blockage)
        case .finished: return .finished
        case .ready(let choices): return .ready(choices: choices)
        case .stepped, .finding: return .ready(choices: 1)
        }
    }

    /// Tells a workload's threads to come to rest (or to go on).
    public mutating func setDraining(_ isDraining: Bool) {
        state.slots[Program.drainingSlot] = isDraining ? 1 : 0
    }

    /// Goes to another state of the same program.
    public mutating func restore(_ state: State) { self.state = state }

    private static func run(
        _ program: Program, _ slots: inout [Int64], _ trees: inout [IntervalTree], _ thread: Int,
        _ choice: UInt64, isProbe: Bool, log: inout EventLog
    ) -> Interpreter.Outcome {
        // Bounds: the compiler gives every operand a slot inside the thread's block, every global and record
        // field a slot inside the state, every target an instruction; references and indices that come from
        // the state are checked where they are used.
        slots.withUnsafeMutableBufferPointer { slots in
            trees.withUnsafeMutableBufferPointer { trees in
                program.instructions.withUnsafeBufferPointer { instructions in
                    program.constants.withUnsafeBufferPointer { constants in
                        var interpreter = Interpreter(
                            program: program, slots: slots, trees: trees, instructions: instructions,
                            constants: constants, thread: thread, choice: choice, isProbe: isProbe)
                        return interpreter.step(&log)
                    }
                }
            }
        }
    }

    // MARK: Rest

    public func hasFinished(_ thread: Int) -> Bool { state.slots[block(of: thread)] < 0 }

    /// Every thread that has to has come to its end.
    public var isAtRest: Bool {
        (0..<threadCount).allSatisfy { program.threads[$0].role == .daemon || hasFinished($0) }
    }

    /// What is wrong when no thread can step: a deadlock, a sleeper that nobody will wake, references left over.
    public func restFinding() -> MachineFinding? {
        guard isAtRest else { return stuckFinding() }
        guard program.threads.contains(where: { $0.role == .teardown }) else { return nil }
        var left: [String] = []
        for segment in program.segments where segment.parent == nil {
            let live = (0..<segment.count).count {
                Header.isLive(state.slots[segment.base + $0 * segment.stride])
            }
            if live > 0 { left.append("\(live) \(program.records[segment.record].label)") }
        }
        guard !left.isEmpty else { return nil }
        return MachineFinding(
            property: "refs-balanced", sentence: "everything has ended, but \(left.joined(separator: ", ")) is still there",
            thread: threadCount - 1, statement: 0)
    }

    private func stuckFinding() -> MachineFinding {
        var sentences: [String] = []
        var first: Int?
        var allSleep = true
        for thread in 0..<threadCount where program.threads[thread].role != .teardown {
            guard program.threads[thread].role != .daemon, case .blocked(let blockage) = standing(of: thread) else {
                continue
            }
            first = first ?? thread
            if blockage.cause != .sleep { allSleep = false }
            let name = program.threads[thread].name
            sentences.append("\(name) \(describe(blockage))")
        }
        return MachineFinding(
            property: allSleep && first != nil ? "no-lost-wakeup" : "no-deadlock",
            sentence: "nobody can go on: \(sentences.joined(separator: "; "))",
            thread: first ?? 0, statement: first.flatMap { statement(of: $0) } ?? 0)
    }

    // MARK: Places

    func block(of thread: Int) -> Int { program.threadBase + thread * program.threadStride }

    /// The statement that a thread stands at; nil when it has finished.
    public func statement(of thread: Int) -> Int? {
        let pc = state.slots[block(of: thread)]
        guard pc >= 0 else { return nil }
        return program.statement(at: Int(pc))
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
