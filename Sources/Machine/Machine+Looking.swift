import IntervalTree
import Language

/// What threads could do, without their doing it: nothing of the state is copied or changed.
extension Machine {
    /// What a thread could do now.
    public func standing(of thread: Int) -> Standing {
        switch look(at: thread) {
        case .blocked(let wait): .blocked(blockage(wait))
        case .finished: .finished
        case .ready(let choices): .ready(choices: choices)
        case .stepped, .finding: .ready(choices: 1)
        }
    }

    /// ``standing(of:)`` for every thread.
    public func standings() -> [Standing] { (0..<threadCount).map(standing) }

    /// In how many ways a thread could go on if it isn't kept from it: more than one at a `choose`.
    public func choices(of thread: Int) -> Int {
        let pc = state.slots[block(of: thread)]
        guard pc >= 0, code.instructions[Int(pc)].op == .statement,
            program.statements[Int(code.instructions[Int(pc)].a)].hasChoice,
            case .ready(let choices) = standing(of: thread)
        else { return 1 }
        return choices
    }

    /// What keeps a thread from going on; `nil` when nothing does.
    public func obstacle(of thread: Int) -> Blockage.Cause? {
        if waitingMask & (1 << UInt64(thread)) != 0, isStillWaiting(thread) { return waiting[thread].cause }
        guard case .blocked(let wait) = look(at: thread) else { return nil }
        return wait.cause
    }

    /// The wait queue that a thread stands at, be it that it was woken already; `nil` when it stands at none.
    public func sleepQueue(of thread: Int) -> Int? {
        guard isAtSleep(thread) else { return nil }
        // Wherever it sleeps: as if it were on the queue.
        guard case .blocked(let wait) = look(at: thread, isQueued: true), wait.cause == .sleep, wait.slot > 0 else { return nil }
        return wait.slot
    }

    private func look(at thread: Int, isQueued: Bool = false) -> InterpreterOutcome {
        let pc = state.slots[block(of: thread)]
        guard pc >= 0 else { return .finished }
        let instruction = code.instructions[Int(pc)]
        guard instruction.op == .statement else { return probe(thread, isQueued) }
        let info = program.statements[Int(instruction.a)]
        if !info.mayBlock, !info.hasChoice { return .ready(choices: 1) }
        let outcome = probe(thread, isQueued)
        if info.hasChoice, code.choosesLate[Int(instruction.a)], case .ready = outcome { return .ready(choices: ways(of: thread)) }
        return outcome
    }

    /// In how many ways a step can be taken that changes something before it chooses, or chooses more than once: each is
    /// taken on a copy. (How many ways there are at the second choice may depend on the first: then there are fewer than it
    /// says, and some numbers go the same way.)
    private func ways(of thread: Int) -> Int {
        var copy = self
        var total = 1
        var choice = 0
        while choice < min(total, Self.mostWaysTried) {
            copy.state = state
            total = max(total, copy.ways(of: thread, choice: UInt64(choice)))
            choice += 1
        }
        return total
    }

    /// More are not told apart by anybody.
    private static let mostWaysTried = 1 << 16

    private func probe(_ thread: Int, _ isQueued: Bool) -> InterpreterOutcome {
        let own = block(of: thread)
        return withUnsafeTemporaryAllocation(of: Int64.self, capacity: code.threadStride) { frame in
            state.slots.withUnsafeBufferPointer { slots in
                // In bounds as a step is; the frame is as large as the block that it is a copy of.
                _ = frame.initialize(from: slots[own..<(own + code.threadStride)])
                return probe(thread, slots, frame, isQueued)
            }
        }
    }

    /// The interpreter writes nothing when it is probing but the frame that it is given, so it may have the state itself.
    private func probe(
        _ thread: Int, _ slots: UnsafeBufferPointer<Int64>, _ frame: UnsafeMutableBufferPointer<Int64>, _ isQueued: Bool
    ) -> InterpreterOutcome {
        var trees = state.trees
        var choices = Choices(0)
        var log = EventLog(isOn: false)
        return touched.flags.withUnsafeBufferPointer { flags in
            withUnsafeMutablePointers(&trees, &choices) { trees, choices in
                guard let slots = slots.baseAddress, let flags = flags.baseAddress, let frame = frame.baseAddress else { return .finished }
                var interpreter = Interpreter(
                    code: code, slots: Slots(base: UnsafeMutablePointer(mutating: slots), flags: UnsafeMutablePointer(mutating: flags)),
                    trees: trees, thread: thread, choices: choices, trace: NoTrace(), probingIn: frame, isQueued: isQueued)
                return interpreter.step(&log)
            }
        }
    }

    /// A wait with everything that can be told of it.
    private func blockage(_ wait: Wait) -> Blockage {
        let slots = state.slots
        var holders: [Int] = []
        switch wait.cause {
        case .spinlock, .mutex: holders = [Int(slots[wait.slot]) - 1]
        case .gracePeriod where slots[wait.slot + 3] != 0: holders = [Int(slots[wait.slot + 3]) - 1]
        case .semaphoreRead, .semaphoreWrite:
            if slots[wait.slot] != 0 {
                holders = [Int(slots[wait.slot]) - 1]
            } else {
                // Readers hold it; a reader that waits although there are none waits behind queued writers.
                let mask = slots[wait.slot + 1] != 0 ? slots[wait.slot + 1] : slots[wait.slot + 2]
                holders = (0..<62).filter { mask & (1 << Int64($0)) != 0 }
            }
        default: break
        }
        return Blockage(cause: wait.cause, slot: wait.slot > 0 ? wait.slot : nil, holders: holders)
    }
}
