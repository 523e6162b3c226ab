import Language
import Machine

/// Takes steps from given states: one at a time, or as far as ``Sections`` says that nobody could tell.
struct Stepper {
    private(set) var machine: Machine
    private(set) var sections: Sections?
    /// Which steps were taken, for who asks.
    private(set) var coverage: Coverage?
    private let recorder = AccessRecorder()
    /// The state before a step that may have to be taken back.
    private var before: State
    private var log = EventLog(isOn: false)
    private let roles: [ThreadInfo.Role]
    /// By statement.
    private let mayGoOn: [Bool]
    private let hasChoice: [Bool]

    init(_ machine: Machine, sections: Sections?, coverage: Coverage?) {
        self.machine = machine
        self.coverage = coverage
        self.sections = sections
        before = machine.state
        roles = machine.program.threads.map(\.role)
        mayGoOn = machine.program.statements.map { !$0.hasChoice && !$0.mayBlock }
        hasChoice = machine.program.statements.map(\.hasChoice)
    }

    var threadCount: Int { machine.threadCount }

    /// An assumption of the sections has turned out wrong.
    var isWrong: Bool { sections?.isWrong ?? false }

    /// In how many ways a thread could go on from a state.
    mutating func choices(of thread: Int, in base: State) -> Int {
        machine.load(base)
        return machine.choices(of: thread)
    }

    /// As bits.
    mutating func threadsWaitingForLock(in base: State) -> UInt64 {
        machine.load(base)
        var result: UInt64 = 0
        for thread in 0..<machine.threadCount {
            guard case .blocked(let blockage) = machine.standing(of: thread) else { continue }
            switch blockage.cause {
            case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite: result |= 1 << UInt64(thread)
            case .sleep, .completion, .gracePeriod, .condition, .teardown: break
            }
        }
        return result
    }

    mutating func statement(of thread: Int, in base: State) -> Int {
        machine.load(base)
        return machine.statement(of: thread) ?? 0
    }

    mutating func restFinding(in base: State) -> MachineFinding? {
        machine.load(base)
        return machine.restFinding()
    }

    /// Takes the stretch that begins with a thread's next step.
    /// - Returns: what came of it, and how many steps it was; the machine stands behind it.
    mutating func advance(_ edge: Edge, from base: State, _ referrers: [UInt64]) -> (StepOutcome, Int) {
        let thread = edge.thread
        machine.load(base)
        var outcome = step(thread, choice: edge.choice)
        guard sections != nil else { return (outcome, 1) }
        guard outcome != .finished else { return (outcome, 0) }
        sections?.begin(thread, in: base, referrers: referrers)
        guard outcome != .blocked else {
            // What it looked at in vain it depends on: whoever changes it must not do so unseen.
            _ = sections?.mover(of: recorder.accesses, by: thread)
            return (outcome, 0)
        }
        var length = 1
        let isAlone = isAlone(thread)
        var mover = sections?.mover(of: recorder.accesses, by: thread) ?? .none
        var isPast = mover == .none || mover == .left
        while outcome == .stepped, length < Edge.longest, !isWrong, mayGoOn(thread, evenWaiting: isAlone) {
            machine.save(into: &before)
            outcome = step(thread, choice: 0)
            if outcome == .blocked { outcome = .stepped; break }
            mover = isAlone ? .both : sections?.mover(of: recorder.accesses, by: thread) ?? .none
            if isPast, mover == .none || mover == .right {
                // It belongs to the next stretch. (That it could be taken here has been noted, and stays true.)
                machine.load(before)
                return (.stepped, length)
            }
            if mover == .none || mover == .left { isPast = true }
            length += 1
        }
        return (outcome, length)
    }

    /// Everybody else has ended, or waits for this thread's end.
    private func isAlone(_ thread: Int) -> Bool {
        for other in 0..<machine.threadCount where other != thread && !machine.hasFinished(other) {
            guard roles[other] == .teardown, roles[thread] == .scenario else { return false }
        }
        return true
    }

    /// The thread's next step has no choice and need not wait for anybody.
    private func mayGoOn(_ thread: Int, evenWaiting: Bool) -> Bool {
        guard let statement = machine.statement(of: thread) else { return false }
        return mayGoOn[statement] || evenWaiting && !hasChoice[statement]
    }

    /// One step, with what it did to what others can see if that is wanted.
    private mutating func step(_ thread: Int, choice: Int) -> StepOutcome {
        let place = coverage?.place(of: thread, in: machine) ?? 0
        let outcome: StepOutcome
        if sections == nil {
            outcome = machine.step(thread, choice: UInt64(choice), log: &log)
        } else {
            recorder.removeAll()
            outcome = machine.step(thread, choice: UInt64(choice), recorder: recorder, log: &log)
        }
        switch outcome {
        case .blocked, .finished: break
        case .finding: coverage?.note(from: place, to: Coverage.found)
        case .stepped: coverage?.note(from: place, toPlaceOf: thread, in: machine)
        }
        return outcome
    }
}

extension StepOutcome {
    var isFinding: Bool { if case .finding = self { true } else { false } }
}
