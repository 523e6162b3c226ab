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

    /// What the choice of the stretch that was taken last has to be for the next way; 0 when there is none.
    private(set) var nextChoice: UInt64 = 0
    /// A stretch ends before a step that would make a finding other than the wanted one: the state before it counts.
    private let goesOn: Bool
    private let wanted: String?
    private let flaws: Flaws

    init(_ machine: Machine, _ plan: Search.Plan) {
        self.machine = machine
        coverage = plan.coverage
        sections = plan.sections
        flaws = plan.flaws
        goesOn = plan.goesOn && !plan.flaws.contains(.findingsHideOthers)
        wanted = plan.findsAll ? nil : plan.wanted
        before = machine.state
        roles = machine.program.threads.map(\.role)
        let waits = plan.flaws.contains(.waitsInStretches)
        let chooses = plan.flaws.contains(.choicesInStretches)
        mayGoOn = machine.program.statements.map { (!$0.hasChoice || chooses) && (!$0.mayBlock || waits) }
        hasChoice = machine.program.statements.map(\.hasChoice)
    }

    var threadCount: Int { machine.threadCount }

    /// An assumption of the sections has turned out wrong.
    var isWrong: Bool { sections?.isWrong ?? false }

    mutating func correct() { sections?.correct() }

    /// The threads that wait for a lock.
    mutating func waitingForLock(in base: State) -> ThreadMask {
        machine.load(base)
        var result = ThreadMask()
        for thread in 0..<machine.threadCount {
            switch machine.obstacle(of: thread) {
            case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite: result.insert(thread)
            case .sleep, .completion, .gracePeriod, .condition, .teardown, nil: break
            }
        }
        return result
    }

    /// What there is to see in a state.
    mutating func look<Result>(at base: State, _ body: (borrowing Machine) -> Result) -> Result {
        machine.load(base)
        return body(machine)
    }

    /// Takes the stretch that begins with a thread's next step.
    /// - Parameter published: the records of the state that are not only their makers'.
    /// - Returns: what came of it, and how many steps it was; the machine stands behind it.
    mutating func advance(_ edge: Edge, from base: State, published: [Bool]) -> (StepOutcome, Int) {
        let thread = edge.thread
        machine.load(base)
        var outcome = step(thread, choice: edge.choice)
        nextChoice = machine.nextChoice
        guard sections != nil else { return (outcome, 1) }
        guard outcome != .finished else { return (outcome, 0) }
        sections?.begin(thread, in: base, published: published)
        guard outcome != .blocked else {
            // What it looked at in vain it depends on: whoever changes it must not do so unseen.
            if !flaws.contains(.blockedIsNotNoted) { _ = sections?.mover(of: recorder.accesses, by: thread) }
            return (outcome, 0)
        }
        var length = 1
        let isAlone = isAlone(thread)
        var mover = sections?.mover(of: recorder.accesses, by: thread) ?? .none
        var isPast = mover == .none || mover == .left
        while outcome == .stepped, length < Edge.longest, !isWrong, !hasMadeReference, mayGoOn(thread, evenWaiting: isAlone) {
            machine.save(into: &before)
            outcome = step(thread, choice: 0)
            if outcome == .blocked { outcome = .stepped; break }
            mover = isAlone && flaws.contains(.aloneIsNotNoted) ? .both : sections?.mover(of: recorder.accesses, by: thread) ?? .none
            if isPast && !isAlone && ends(mover) || isOneOfMany(outcome) {
                // It belongs to the next stretch. (That it could be taken here has been noted, and stays true.)
                machine.load(before)
                sections?.takeBack()
                return (.stepped, length)
            }
            if mover == .none || mover == .left { isPast = true }
            length += 1
        }
        return (outcome, length)
    }

    /// The step that was taken last made a number that others are relative to: whether there are others is asked behind it.
    private var hasMadeReference: Bool { sections?.makesReference(recorder.accesses) ?? false }

    /// Whether a step can't be taken together with one before it that didn't move, or let go of a lock.
    private func ends(_ mover: Sections.Mover) -> Bool {
        switch mover {
        case .both, .left: false
        case .right: !flaws.contains(.acquiresAfterReleases)
        case .none: !flaws.contains(.twoNonMovers)
        }
    }

    /// A finding behind which the search goes on.
    private func isOneOfMany(_ outcome: StepOutcome) -> Bool {
        guard goesOn, case .finding(let finding) = outcome else { return false }
        return finding.property != wanted
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
