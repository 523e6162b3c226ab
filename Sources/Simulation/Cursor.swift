import Language
import Machine

/// A place in a run: the machine's state with everything that goes on from it. A value, kept as checkpoint.
struct Cursor: Sendable {
    var machine: Machine
    var step = 0
    var policy: Policy
    /// The thread that took the last step.
    var lastThread: Int?
    /// What it was given to choose with.
    var lastChoice: UInt64 = 0
    /// For each thread, the step that it took last; 0 when it took none.
    var lastSteps: [Int]
    /// How far a pinned schedule has come: the entry, and the steps taken in it.
    var pinned = (entry: 0, steps: 0)
    var counters = EventCounters()
    /// Why it doesn't go on.
    var end: End?

    enum End: Sendable, Equatable {
        /// Every thread has finished.
        case rest
        case finding(MachineFinding)
    }
}

/// How often what happened so far.
public struct EventCounters: Sendable, Equatable {
    public var invalidations = 0
    public var collisions = 0
    public var retries = 0
    /// Callbacks of each notifier, by its header's slot.
    var callbacks: [Int: Int] = [:]

    /// Callbacks of all notifiers.
    public var callbackCount: Int { callbacks.values.reduce(0, +) }
}

extension Cursor {
    init(machine: Machine, policy: Policy) {
        self.machine = machine
        self.policy = policy
        lastSteps = [Int](repeating: 0, count: machine.threadCount)
        end = machine.setupFinding.map { .finding($0) }
    }

    /// One step: of the thread that was chosen if there is one, else of whom the policy picks.
    /// - Returns: whether a step was taken. When not, either ``end`` says why, or the policy waits to be told.
    mutating func advance(_ intervention: Intervention?, seed: UInt64, log: inout EventLog) -> Bool {
        guard end == nil else { return false }
        if let policy = intervention?.policy { self.policy = policy }
        if let isDraining = intervention?.isDraining { machine.setDraining(isDraining) }
        var random = StepRandom(seed: seed, step: step)
        if let thread = intervention?.thread {
            // A recording may name a thread that the program doesn't have.
            guard thread < lastSteps.count else { return false }
            let choice = intervention?.choice.map(UInt64.init) ?? random.next()
            return take(thread, choice, &log) == .stepped
        }
        switch policy {
        case .random: return advanceAtRandom(&random, &log)
        case .bursts: return advanceInBursts(&random, &log)
        case .roundRobin: return advanceInTurn(&random, &log)
        case .pinned: return advancePinned(&random, &log)
        case .byHand:
            if !(0..<lastSteps.count).contains(where: canStep) { comeToRest() }
            return false
        }
    }

    private func canStep(_ thread: Int) -> Bool {
        if case .ready = machine.standing(of: thread) { true } else { false }
    }

    private enum Attempt { case stepped, notNow }

    private mutating func take(_ thread: Int, _ choice: UInt64, _ log: inout EventLog) -> Attempt {
        switch machine.step(thread, choice: choice, log: &log) {
        case .blocked, .finished: return .notNow
        case .stepped: break
        case .finding(let finding): end = .finding(finding)
        }
        step += 1
        lastThread = thread
        lastChoice = choice
        lastSteps[thread] = step
        return .stepped
    }

    private mutating func advanceAtRandom(_ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        let count = lastSteps.count
        var left = count
        var tried: UInt64 = 0
        while left > 0 {
            // Drawn among all; one that was tried in vain is drawn again. Few draws unless hardly any can step.
            let thread = random.next(below: count)
            guard tried & (1 << UInt64(thread)) == 0 else { continue }
            if take(thread, random.next(), &log) == .stepped { return true }
            tried |= 1 << UInt64(thread)
            left -= 1
        }
        comeToRest()
        return false
    }

    /// Steps that one thread takes in a row on average, unless it has to wait.
    private static let burst = 16

    private mutating func advanceInBursts(_ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        if let lastThread, random.next(below: Self.burst) != 0,
            take(lastThread, random.next(), &log) == .stepped
        {
            return true
        }
        return end == nil && advanceAtRandom(&random, &log)
    }

    private mutating func advanceInTurn(_ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        let count = lastSteps.count
        let first = lastThread.map { $0 + 1 } ?? 0
        let choice = random.next()
        for offset in 0..<count where take((first + offset) % count, choice, &log) == .stepped { return true }
        comeToRest()
        return false
    }

    private mutating func advancePinned(_ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        let schedule = machine.program.schedule
        while pinned.entry < schedule.count {
            let entry = schedule[pinned.entry]
            if !isOver(entry), take(entry.thread, random.next(), &log) == .stepped {
                pinned.steps += 1
                return true
            }
            pinned = (pinned.entry + 1, 0)
        }
        return advanceInTurn(&random, &log)
    }

    private func isOver(_ entry: PinnedStep) -> Bool {
        switch entry.extent {
        case .toRest: false
        case .steps(let count): pinned.steps >= count
        case .until(let function):
            pinned.steps > 0 && machine.callStack(of: entry.thread).first?.function == function
        }
    }

    /// Nobody can step.
    private mutating func comeToRest() {
        end = machine.restFinding().map { .finding($0) } ?? .rest
    }
}
