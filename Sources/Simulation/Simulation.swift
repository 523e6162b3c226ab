import Language
import Machine
import Playback
import Scene

/// A run of a scenario that can be stepped, run, perturbed, and taken back.
///
/// What a seeded policy chooses is derived again, never stored: going back restores the nearest checkpoint
/// and replays from there. What was decided by hand is kept by the step that it was decided at.
public struct Simulation: Player {
    public let program: Program
    public let seed: UInt64
    var cursor: Cursor
    /// What was seen of the run, also ahead of the cursor.
    var chronicle: Chronicle
    var checkpoints: Checkpoints
    var trail: Trail
    /// What was decided otherwise than the policy would have.
    public internal(set) var interventions = Interventions()
    /// The furthest step of this run.
    public internal(set) var frontier = 0
    /// Where the run was taken back and goes on otherwise: steps, in the order in which that happened.
    var rewinds: [Int] = []
    /// The ways that the session has gone, that which it is on among them.
    var branches = Branches()
    var breakpoints = Breakpoints()
    /// What a recording says that isn't so; see ``Astray``.
    public internal(set) var astray: Astray?
    /// Steps that somebody wants to find again; told on arrival.
    public internal(set) var marks: [Recording.Mark] = []
    /// The recording that is played, up to where it is left.
    var track: ReplayTrack?
    var motion = Motion.none
    var pace: Int?
    /// Whose code is followed, and who is stepped over.
    var followed: Int?
    var message: String?
    var replies = ReplyBox()
    let schema: Schema
    var log = EventLog()
    /// Who had been found waiting before the last step.
    private var waiting: UInt64 = 0
    let counted: EventCounters.Kinds

    /// How it moves by itself.
    enum Motion: Sendable { case none, forward, toBreakpoint, backwards }

    public init(_ program: Program, seed: UInt64 = 0, policy: Policy? = nil) {
        self.program = program
        self.seed = seed
        cursor = Cursor(machine: Machine(program), policy: policy ?? .standard(for: program), seed: seed)
        // A scenario is for following, a workload for watching.
        pace = program.scenario.isWorkload ? nil : 20
        schema = Schema(program)
        counted = EventCounters.Kinds(program)
        for event in cursor.machine.setupEvents { cursor.counters.count(event, counted) }
        checkpoints = Checkpoints(first: cursor)
        trail = Trail()
        chronicle = Chronicle(program, setup: cursor.machine.setupEvents)
    }

    public var isRunning: Bool { motion != .none }
    /// Steps a second when running; `nil` is as fast as it goes.
    public var speed: Int? { motion == .toBreakpoint ? nil : pace }

    // MARK: Forward

    public var step: Int { cursor.step }
    /// Who steps next when nobody says so.
    public var policy: Policy { cursor.policy }
    /// The thread that took the last step; `nil` at the start.
    public var lastThread: Int? { cursor.lastThread }
    public var machine: Machine { cursor.machine }
    /// How often what happened so far.
    public var counters: EventCounters { cursor.counters }
    /// How often the notifier was called whose header is at a slot.
    func callbacks(of header: Int) -> Int { cursor.counters.callbacks(of: header, counted) }

    /// The finding that the run has stopped at.
    public var finding: MachineFinding? {
        if case .finding(let finding)? = cursor.end { finding } else { nil }
    }

    /// Whether nothing more can happen.
    public var hasEnded: Bool { cursor.end != nil }

    /// One step, by the policy or by what was decided before.
    /// - Returns: whether there was one.
    @discardableResult
    public mutating func stepForward() -> Bool {
        settle()
        let recorded = interventions.isEmpty ? nil : interventions[cursor.step]
        guard take(recorded) else {
            if let thread = recorded?.thread, cursor.end == nil { goAstray(thread: thread) }
            return false
        }
        if cursor.step == track?.nextCheck { compareCheck() }
        settle()
        return true
    }

    mutating func take(_ intervention: Intervention?) -> Bool {
        log.removeAll()
        waiting = cursor.machine.foundWaiting
        guard cursor.advance(intervention, seed: seed, log: &log) else {
            if cursor.machine.foundWaiting != waiting { chronicle.noteStandstill(cursor) }
            return false
        }
        for event in log.events { cursor.counters.count(event, counted) }
        if cursor.machine.foundWaiting != waiting { chronicle.noteWaits(before: waiting, cursor) }
        chronicle.note(step: cursor.step, thread: cursor.lastThread, log.events, cursor.end)
        if cursor.step > frontier { frontier = cursor.step }
        if cursor.step >= checkpoints.next { checkpoints.keep(cursor) }
        return true
    }

    /// Lets the changes act that were made at this step, once each.
    mutating func settle() {
        guard interventions.hasChanges else { return }
        let found = settle(&cursor)
        chronicle.noteBegun(cursor)
        if let found, astray == nil { astray = found }
    }

    /// The same in a cursor of one's own.
    /// - Returns: what can't be any more.
    @discardableResult
    func settle(_ cursor: inout Cursor) -> Astray? {
        guard interventions.hasChanges else { return nil }
        let made = interventions.changeCount(at: cursor.step)
        guard cursor.applied < made, let changes = interventions[cursor.step]?.changes else { return nil }
        var found: Astray?
        for change in changes.dropFirst(cursor.applied) {
            cursor.applied += 1
            guard let refusal = cursor.apply(change, seed: seed), found == nil else { continue }
            found = Astray(step: cursor.step, sentence: "step \(cursor.step): \(words(change)): \(refusal)")
        }
        return found
    }

    /// What the last step said, oldest first.
    public var lastEvents: [MachineEvent] { log.events }

    public mutating func advance(by steps: Int) -> Int {
        switch motion {
        case .none: return 0
        case .backwards: return goBack(by: steps)
        case .forward, .toBreakpoint: break
        }
        for taken in 0..<steps {
            guard stepForward() else {
                motion = .none
                explainEnd()
                return taken
            }
            if cursor.step == track?.pause {
                motion = .none
                message = track?.words(at: cursor.step, astray)
                return taken + 1
            }
            if !breakpoints.isEmpty, stopsAtBreakpoint() { return taken + 1 }
        }
        return steps
    }

    /// Tells a workload's threads to come to rest.
    public mutating func drain() {
        decide(.draining(true))
    }

    // MARK: Back

    /// Goes to a step: back by replay, forward by running on as far as it can.
    public mutating func jump(to target: Int) {
        let target = max(0, target)
        if let indexed = track?.index?.checkpoints, indexed.last > checkpoints.last { checkpoints = indexed }
        if target < cursor.step {
            restore(to: target)
        } else if checkpoints.nearest(to: target).step > cursor.step {
            // Passed over what lies between.
            go(to: checkpoints.nearest(to: target), onTheWayTo: target)
        }
        checkpoints.resume(at: cursor.step)
        track?.resume(at: cursor.step)
        while cursor.step < target, stepForward() {}
        settle()
    }

    /// Comes to stand at a place before a step, or on the way to it.
    mutating func restore(to target: Int) {
        let checkpoint = checkpoints.nearest(to: target)
        let place = trail.nearest(to: target).flatMap { $0.step > checkpoint.step ? $0 : nil } ?? checkpoint
        go(to: place, onTheWayTo: target)
    }

    private mutating func go(to place: KeptPlace, onTheWayTo target: Int) {
        chronicle.prepare(jumpTo: target, by: place.step)
        place.take(&cursor)
        trail.truncate(from: place.step + 1)
        checkpoints.resume(at: place.step)
        track?.resume(at: place.step)
        for stop in Trail.stops(from: place.step, to: target) {
            while cursor.step < stop, stepForward() {}
            guard cursor.step == stop else { return }
            trail.keep(cursor)
        }
    }

    /// One step of a chosen thread; what had been run after this step before is forgotten.
    mutating func stepByHand(_ thread: Int) {
        guard cursor.machine.program.threads.indices.contains(thread), thread < cursor.machine.threadCount else {
            message = "there is no thread \(thread)"
            return
        }
        guard !cursor.kept.isKept(thread) else {
            message = keptWords(thread)
            return
        }
        let now = cursor.step
        let before = interventions[now]
        var chosen = before ?? Intervention()
        chosen.thread = thread
        // Which way it goes was decided for the thread that was chosen then.
        if before?.thread != thread { chosen.choice = nil }
        let furthest = frontier
        guard take(chosen) else {
            message = "\(name(of: thread)) can't step: \(reason(thread))"
            return
        }
        if before?.thread != thread {
            leaveBranch(at: now, furthest: furthest)
            forgetFuture(from: now, furthest: furthest)
            interventions.append(thread: thread, choice: nil, at: now)
        }
        settle()
    }

    /// Goes on with a schedule: from here on the run is that one, and stands at its end.
    /// - Parameter marks: steps of it that somebody may want to find again.
    /// - Returns: false when a thread could not take the step that the schedule gives it; the run stands before that.
    @discardableResult
    public mutating func follow(_ schedule: [ScheduledStep], marks: [Recording.Mark]) -> Bool {
        motion = .none
        let now = cursor.step
        leaveBranch(at: now, furthest: frontier)
        forgetFuture(from: now, furthest: frontier)
        self.marks.removeAll { $0.step >= now }
        self.marks += marks
        for (offset, chosen) in schedule.enumerated() {
            interventions.append(thread: chosen.thread, choice: chosen.choice, at: now + offset)
        }
        for _ in schedule {
            guard stepForward() else { return false }
        }
        noticeRest()
        return true
    }

    /// That nobody can go on is found by trying.
    mutating func noticeRest() {
        guard cursor.end == nil, !cursor.isWaitingForRelease else { return }
        if !(0..<machine.threadCount).contains(where: cursor.canStep) { stepForward() }
    }

    /// Decides something at this step: it acts at once, and what was run behind it before is kept as another branch.
    /// - Returns: why it can't be, in words; nothing has changed then.
    @discardableResult
    mutating func decide(_ change: Interventions.Change.Kind) -> String? {
        settle()
        var changed = cursor
        if let refusal = changed.apply(change, seed: seed) { return refusal }
        cursor = changed
        let now = cursor.step
        leaveBranch(at: now, furthest: frontier)
        forgetFuture(from: now, furthest: frontier)
        interventions.append(change, at: now)
        cursor.applied = interventions.changeCount(at: now)
        chronicle.noteBegun(cursor)
        return nil
    }

    /// What was run from a step on is no more; what was decided at the step itself beside who takes it stays.
    /// - Parameter furthest: how far it had been run.
    mutating func forgetFuture(from step: Int, furthest: Int) {
        if furthest > step { rewinds.append(step) }
        frontier = cursor.step
        checkpoints.truncate(after: step)
        trail.truncate(from: step)
        chronicle.forget(after: step)
        // The step that was just taken otherwise is the first of what comes instead.
        if cursor.step > step {
            chronicle.noteWaits(before: waiting, cursor)
            chronicle.note(step: cursor.step, thread: cursor.lastThread, log.events, cursor.end)
        }
        interventions.removeSteps(from: step)
        interventions.removeAll(from: step + 1)
        // What they name is no more.
        marks.removeAll { $0.step > step }
        track = nil
        astray = nil
    }

    func reason(_ thread: Int) -> String {
        if let finding { return "the run has stopped at \(finding.property)" }
        if cursor.kept.isKept(thread) { return keptWords(thread) }
        switch machine.standing(of: thread) {
        case .blocked(let blockage): return machine.describe(blockage)
        case .finished: return cursor.isActive(thread) ? "it has finished" : "it has no operation"
        case .ready: return "the run has ended"
        }
    }
}
