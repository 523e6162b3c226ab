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
    var counters: EventCounters
    /// Why it doesn't go on.
    var end: End?
    /// How many of the changes that were made at this step have acted.
    var applied = 0
    /// Threads that take no step for now.
    var kept = KeptThreads()
    /// Threads for operations that are at one, as bits.
    var active: UInt64 = 0
    /// Which operation began when on which thread.
    var begun: [Begun] = []
    /// Only while that policy is in force.
    var priorities: PriorityOrder?
    var seeker: CollisionSeeker

    struct Begun: Sendable, Equatable {
        var step: Int
        var thread: Int
        var operation: Int
    }

    enum End: Sendable, Equatable {
        /// Every thread has finished.
        case rest
        case finding(MachineFinding)
    }
}

/// Threads that are held until they are released, and such that let others go first for some steps.
struct KeptThreads: Sendable, Equatable {
    private(set) var held: UInt64 = 0
    /// By thread: the step from which on it goes again.
    private(set) var delays: [Int: Int] = [:]
    /// All of them, as bits.
    private(set) var mask: UInt64 = 0

    mutating func hold(_ thread: Int, _ isHeld: Bool) {
        if isHeld { held |= 1 << UInt64(thread) } else { held &= ~(1 << UInt64(thread)) }
        // Who is released goes at once.
        if !isHeld { delays[thread] = nil }
        settle()
    }

    mutating func delay(_ thread: Int, until step: Int) {
        delays[thread] = step
        settle()
    }

    mutating func expire(at step: Int) {
        guard delays.contains(where: { $0.value <= step }) else { return }
        delays = delays.filter { $0.value > step }
        settle()
    }

    mutating func endDelays() {
        delays = [:]
        settle()
    }

    func isKept(_ thread: Int) -> Bool { mask & (1 << UInt64(thread)) != 0 }
    func isHeld(_ thread: Int) -> Bool { held & (1 << UInt64(thread)) != 0 }

    private mutating func settle() { mask = delays.keys.reduce(held) { $0 | 1 << UInt64($1) } }
}

extension Cursor {
    init(machine: Machine, policy: Policy, seed: UInt64) {
        self.machine = machine
        self.policy = policy
        lastSteps = [Int](repeating: 0, count: machine.threadCount)
        counters = EventCounters(machine.program)
        seeker = CollisionSeeker(machine.program, threads: machine.threadCount)
        end = machine.setupStop.map { .finding($0) }
        change(to: policy, seed: seed)
    }

    mutating func change(to policy: Policy, seed: UInt64) {
        self.policy = policy
        priorities = policy == .priority ? PriorityOrder(seed: seed, own: ownCount, others: lastSteps.count - ownCount) : nil
        seeker.forget()
    }

    /// The scenario's own threads: those for operations come behind them.
    var ownCount: Int { lastSteps.count - machine.perturbationThreads.count }

    func isActive(_ thread: Int) -> Bool { thread < ownCount || active & (1 << UInt64(thread)) != 0 }

    /// One step: of the thread that was chosen if there is one, else of whom the policy picks. The step's changes have
    /// acted.
    /// - Returns: whether a step was taken. When not, either ``end`` says why, or somebody is held, or the policy waits to be
    ///   told.
    mutating func advance(_ intervention: Intervention?, seed: UInt64, log: inout EventLog) -> Bool {
        guard end == nil else { return false }
        if !kept.delays.isEmpty { kept.expire(at: step) }
        if let thread = intervention?.thread {
            // A recording may name a thread that the program doesn't have.
            guard thread < lastSteps.count, !kept.isKept(thread) else { return false }
            var random = StepRandom(seed: seed, step: step)
            let choice = intervention?.choice.map(UInt64.init) ?? random.next()
            return take(thread, choice, &log) == .stepped
        }
        if policy == .byHand {
            if !lastSteps.indices.contains(where: canStep) { comeToRest() }
            return false
        }
        if advanceByPolicy(seed, &log) { return true }
        guard end == nil else { return false }
        guard kept.mask != 0 else {
            comeToRest()
            return false
        }
        return advanceKept(seed, &log)
    }

    /// Nobody but those who are kept could step: delays are over then, who is held stays.
    private mutating func advanceKept(_ seed: UInt64, _ log: inout EventLog) -> Bool {
        if kept.delays.keys.contains(where: { !kept.isHeld($0) && canStep($0) }) {
            kept.endDelays()
            return advanceByPolicy(seed, &log)
        }
        if !isWaitingForRelease { comeToRest() }
        return false
    }

    /// Some thread that is kept could step.
    var isWaitingForRelease: Bool { kept.mask != 0 && lastSteps.indices.contains { kept.isKept($0) && canStep($0) } }

    private mutating func advanceByPolicy(_ seed: UInt64, _ log: inout EventLog) -> Bool {
        var random = StepRandom(seed: seed, step: step)
        return switch policy {
        case .random: advanceAtRandom(&random, &log)
        case .bursts: advanceInBursts(&random, &log)
        case .roundRobin: advanceInTurn(&random, &log)
        case .pinned: advancePinned(&random, &log)
        case .priority: advanceByPriority(seed, &random, &log)
        case .seekCollision: advanceSeeking(&random, &log)
        case .byHand: false
        }
    }

    func canStep(_ thread: Int) -> Bool { machine.canStep(thread) }

    enum Attempt { case stepped, notNow }

    mutating func take(_ thread: Int, _ choice: UInt64, _ log: inout EventLog) -> Attempt {
        let said = log.events.count
        switch machine.step(thread, choice: choice, log: &log) {
        case .blocked, .finished: return .notNow
        case .stepped: break
        case .finding(let finding): end = .finding(finding)
        }
        step += 1
        applied = 0
        lastThread = thread
        lastChoice = choice
        lastSteps[thread] = step
        if active != 0, thread >= ownCount, machine.hasFinished(thread) { active &= ~(1 << UInt64(thread)) }
        if policy == .seekCollision {
            for event in log.events[said...] { seeker.note(event, machine) }
            if machine.hasFinished(thread) { seeker.forget(thread) }
        }
        return .stepped
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

// MARK: Policies

extension Cursor {
    private mutating func advanceAtRandom(_ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        let own = ownCount
        // Threads for operations count only while they have one: else the run is that of a program without.
        let count = own + active.nonzeroBitCount
        var left = count
        var tried: UInt64 = 0
        while left > 0 {
            // Drawn among all; one that was tried in vain is drawn again. Few draws unless hardly any can step.
            let draw = random.next(below: count)
            let thread = draw < own ? draw : active.bit(draw - own)
            guard tried & (1 << UInt64(thread)) == 0 else { continue }
            if !kept.isKept(thread), take(thread, random.next(), &log) == .stepped { return true }
            tried |= 1 << UInt64(thread)
            left -= 1
        }
        return false
    }

    /// Steps that one thread takes in a row on average, unless it has to wait.
    private static let burst = 16

    private mutating func advanceInBursts(_ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        if let lastThread, random.next(below: Self.burst) != 0, !kept.isKept(lastThread),
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
        for offset in 0..<count {
            let thread = (first + offset) % count
            guard isActive(thread), !kept.isKept(thread) else { continue }
            if take(thread, choice, &log) == .stepped { return true }
        }
        return false
    }

    private mutating func advancePinned(_ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        let schedule = machine.program.schedule
        while pinned.entry < schedule.count {
            let entry = schedule[pinned.entry]
            // The order is the schedule's: who comes next in it is waited for.
            if kept.isKept(entry.thread), !isOver(entry), canStep(entry.thread) { break }
            if !isOver(entry), take(entry.thread, random.next(), &log) == .stepped {
                pinned.steps += 1
                return true
            }
            pinned = (pinned.entry + 1, 0)
        }
        return advanceInTurn(&random, &log)
    }

    private mutating func advanceByPriority(_ seed: UInt64, _ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        guard var order = priorities else { return advanceAtRandom(&random, &log) }
        if let lastThread, PriorityOrder.isChangePoint(step, seed: seed) {
            order.demote(lastThread)
            priorities = order
        }
        let choice = random.next()
        for thread in order.threads where isActive(Int(thread)) && !kept.isKept(Int(thread)) {
            if take(Int(thread), choice, &log) == .stepped { return true }
        }
        return false
    }

    private mutating func advanceSeeking(_ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        if random.next(below: CollisionSeeker.noise) == 0 { return advanceAtRandom(&random, &log) }
        let all = ((1 << UInt64(ownCount)) - 1 | active) & ~kept.mask
        for group in seeker.groups(of: all, machine) where advance(among: group, &random, &log) { return true }
        return false
    }

    private mutating func advance(among threads: UInt64, _ random: inout StepRandom, _ log: inout EventLog) -> Bool {
        var left = threads
        while left != 0 {
            let thread = left.bit(random.next(below: left.nonzeroBitCount))
            if take(thread, random.next(), &log) == .stepped { return true }
            left &= ~(1 << UInt64(thread))
        }
        return false
    }
}

extension UInt64 {
    /// The place of a bit that is set, counted from the lowest that is.
    func bit(_ number: Int) -> Int {
        var rest = self
        for _ in 0..<number { rest &= rest &- 1 }
        return rest.trailingZeroBitCount
    }
}
