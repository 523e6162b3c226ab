import Language
import Machine
import Playback
import Scene

/// A run of a scenario that can be stepped, run, and taken back.
///
/// What a seeded policy chooses is derived again, never stored: going back restores the nearest checkpoint
/// and replays from there. Choices by hand are kept by the step that they were made at.
public struct Simulation: Player {
    public let program: Program
    public let seed: UInt64
    var cursor: Cursor
    /// What was seen of the run, also ahead of the cursor.
    private(set) var chronicle: Chronicle
    var checkpoints: Checkpoints
    /// What was decided otherwise than the policy would have.
    public internal(set) var interventions = Interventions()
    /// The furthest step of this run.
    public internal(set) var frontier = 0
    /// Where the run was taken back and goes on otherwise: steps, in the order in which that happened.
    private(set) var branches: [Int] = []
    /// What a recording says that isn't so; see ``Astray``.
    public internal(set) var astray: Astray?
    /// Steps that somebody wants to find again; told on arrival.
    public internal(set) var marks: [Recording.Mark] = []
    /// The recording that is played, up to where it is left.
    var track: ReplayTrack?
    public private(set) var isRunning = false
    public private(set) var speed: Int?
    /// Whose code is followed, and who is stepped over.
    var followed: Int?
    var message: String?
    var replies = ReplyBox()
    let schema: Schema
    private var log = EventLog()
    private let counted: [EventCounters.Counted]

    public init(_ program: Program, seed: UInt64 = 0, policy: Policy? = nil) {
        self.program = program
        self.seed = seed
        cursor = Cursor(machine: Machine(program), policy: policy ?? .standard(for: program))
        // A scenario is for following, a workload for watching.
        speed = program.scenario.isWorkload ? nil : 20
        schema = Schema(program)
        counted = EventCounters.kinds(program)
        checkpoints = Checkpoints(first: cursor)
        chronicle = Chronicle(program, setup: cursor.machine.setupEvents)
        for event in cursor.machine.setupEvents { cursor.counters.count(event, counted) }
    }

    // MARK: Forward

    public var step: Int { cursor.step }
    /// Who steps next when nobody says so.
    public var policy: Policy { cursor.policy }
    /// The thread that took the last step; `nil` at the start.
    public var lastThread: Int? { cursor.lastThread }
    public var machine: Machine { cursor.machine }
    /// How often what happened so far.
    public var counters: EventCounters { cursor.counters }

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
        let recorded = interventions.isEmpty ? nil : interventions[cursor.step]
        guard take(recorded) else {
            if let thread = recorded?.thread, cursor.end == nil { goAstray(thread: thread) }
            return false
        }
        if cursor.step == track?.nextCheck { compareCheck() }
        return true
    }

    private mutating func take(_ intervention: Intervention?) -> Bool {
        log.removeAll()
        let taken = cursor.advance(intervention, seed: seed, log: &log)
        guard taken else { return false }
        for event in log.events { cursor.counters.count(event, counted) }
        chronicle.note(step: cursor.step, thread: cursor.lastThread, log.events, cursor.end)
        if cursor.step > frontier { frontier = cursor.step }
        if cursor.step >= checkpoints.next { checkpoints.keep(cursor) }
        return true
    }

    /// What the last step said, oldest first.
    public var lastEvents: [MachineEvent] { log.events }

    public mutating func advance(by steps: Int) -> Int {
        guard isRunning else { return 0 }
        for taken in 0..<steps {
            guard stepForward() else {
                isRunning = false
                explainEnd()
                return taken
            }
            if cursor.step == track?.pause {
                isRunning = false
                message = track?.words(at: cursor.step, astray)
                return taken + 1
            }
        }
        return steps
    }

    /// Tells a workload's threads to come to rest.
    public mutating func drain() {
        forgetFuture(from: cursor.step)
        interventions.append(.draining(true), at: cursor.step)
        cursor.machine.setDraining(true)
    }

    // MARK: Back

    /// Goes to a step: back by replay, forward by running on as far as it can.
    public mutating func jump(to target: Int) {
        let target = max(0, target)
        if let indexed = track?.index?.checkpoints, indexed.last > checkpoints.last { checkpoints = indexed }
        let checkpoint = checkpoints.nearest(to: target)
        if target < cursor.step || checkpoint.step > cursor.step {
            chronicle.prepare(jumpTo: target, by: checkpoint.step)
            cursor = checkpoint
        }
        checkpoints.resume(at: cursor.step)
        track?.resume(at: cursor.step)
        while cursor.step < target, stepForward() {}
    }

    /// One step of a chosen thread; what had been run after this step before is forgotten.
    mutating func stepByHand(_ thread: Int) {
        guard cursor.machine.program.threads.indices.contains(thread), thread < cursor.machine.threadCount else {
            message = "there is no thread \(thread)"
            return
        }
        let now = cursor.step
        let before = interventions[now]
        var chosen = before ?? Intervention()
        chosen.thread = thread
        // Which way it goes was decided for the thread that was chosen then.
        if before?.thread != thread { chosen.choice = nil }
        guard take(chosen) else {
            message = "\(program.threads[thread].name) can't step: \(reason(thread))"
            return
        }
        guard before != chosen else { return }
        forgetFuture(from: now)
        interventions.append(thread: thread, choice: nil, at: now)
    }

    /// Goes on with a schedule: from here on the run is that one, and stands at its end.
    /// - Parameter marks: steps of it that somebody may want to find again.
    /// - Returns: false when a thread could not take the step that the schedule gives it; the run stands before that.
    @discardableResult
    public mutating func follow(_ schedule: [ScheduledStep], marks: [Recording.Mark]) -> Bool {
        isRunning = false
        let now = cursor.step
        forgetFuture(from: now)
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
    private mutating func noticeRest() {
        if cursor.end == nil, !(0..<machine.threadCount).contains(where: canStep) { stepForward() }
    }

    private func canStep(_ thread: Int) -> Bool {
        if case .ready = machine.standing(of: thread) { true } else { false }
    }

    mutating func setPolicy(_ policy: Policy) {
        let forgotten = frontier - cursor.step
        forgetFuture(from: cursor.step)
        interventions.append(.policy(policy), at: cursor.step)
        cursor.policy = policy
        cursor.end = cursor.end == .rest ? nil : cursor.end
        message = "policy: \(policy.rawValue) from here on"
            + (forgotten > 0 ? "; the \(forgotten) steps run before behind this one are forgotten" : "")
    }

    /// What was run from a step on is no more; what was decided at the step itself beside who takes it stays.
    private mutating func forgetFuture(from step: Int) {
        if frontier > step { branches.append(step) }
        frontier = cursor.step
        checkpoints.truncate(after: step)
        chronicle.forget(after: step)
        // The step that was just taken otherwise is the first of what comes instead.
        if cursor.step > step { chronicle.note(step: cursor.step, thread: cursor.lastThread, log.events, cursor.end) }
        interventions.removeSteps(from: step)
        interventions.removeAll(from: step + 1)
        // What they name is no more.
        marks.removeAll { $0.step > step }
        track = nil
        astray = nil
    }

    func reason(_ thread: Int) -> String {
        if let finding { return "the run has stopped at \(finding.property)" }
        switch machine.standing(of: thread) {
        case .blocked(let blockage): return machine.describe(blockage)
        case .finished: return "it has finished"
        case .ready: return "the run has ended"
        }
    }

    // MARK: Commands

    public mutating func perform(_ command: PlaybackCommand) {
        message = nil
        switch command {
        case .run:
            isRunning = cursor.end == nil && cursor.policy != .byHand
            if !isRunning { explainEnd() }
        case .pause: isRunning = false
        case .setSpeed(let speed): self.speed = speed
        case .find(let query): find(query)
        case .evaluate(let text): evaluate(text)
        default:
            isRunning = false
            move(command)
            if message == nil { message = marks.first { $0.step == step }?.name }
        }
    }

    private mutating func move(_ command: PlaybackCommand) {
        switch command {
        case .step:
            if !stepForward() { explainEnd() }
        case .back:
            if cursor.step == 0 { message = "this is the start" } else { jump(to: cursor.step - 1) }
        case .stepOver: stepOver(leaving: false)
        case .finishFunction: stepOver(leaving: true)
        case .stepThread(let thread): stepByHand(thread.number)
        case .jump(let target):
            jump(to: min(target, max(frontier, cursor.step) + Self.jumpLimit))
            if cursor.step < target { explainEnd() }
        case .jumpToStart: jump(to: 0)
        case .jumpToEnd:
            jump(to: frontier)
            noticeRest()
        case .nextEvent: moveToEvent()
        case .previousEvent: moveToPreviousEvent()
        case .nextPolicy: nextPolicy()
        // A session's files are not its own business.
        case .nextMark: moveToMark(marks.map(\.step).filter { $0 > step }.min())
        case .previousMark: moveToMark(marks.map(\.step).filter { $0 < step }.max())
        // A session's files, and what is explored beside it, are not its own business.
        case .run, .pause, .setSpeed, .toggleRecording, .check, .cancelCheck: break
        default: message = "not yet"
        }
    }

    /// A jump beyond the end runs on at most this far.
    private static let jumpLimit = 10_000_000

    private mutating func nextPolicy() {
        let choices = Policy.allCases.filter { $0 != .pinned || !program.schedule.isEmpty }
        let index = choices.firstIndex(of: cursor.policy) ?? 0
        setPolicy(choices[(index + 1) % choices.count])
    }

    private mutating func explainEnd() {
        switch cursor.end {
        case .rest?: message = "all threads have finished: b steps back, g goes to the start"
        case .finding(let finding)?: message = "the run has stopped at \(finding.property): b steps back"
        case nil where astray?.step == cursor.step:
            message = astray.map { "\($0.sentence): t or o goes on freely" }
        case nil where cursor.policy == .byHand: message = "by hand: choose a thread to step, or another policy"
        case nil: break
        }
    }

    // MARK: Longer moves

    /// How far a move looks before it gives up.
    private static let searchLimit = 1_000_000

    /// The thread that a step is about to be taken of.
    private var current: Int? { followed ?? cursor.lastThread }

    /// Until the current thread stands outside of the call that it is about to make (or of its function).
    private mutating func stepOver(leaving: Bool) {
        guard let thread = current else { return move(.step) }
        let depth = machine.callStack(of: thread).count
        let wanted = leaving ? depth - 1 : depth
        let start = machine.statement(of: thread)
        for _ in 0..<Self.searchLimit {
            guard stepForward() else { return explainEnd() }
            guard cursor.lastThread == thread else { continue }
            let now = machine.callStack(of: thread).count
            if now <= wanted, now < depth || machine.statement(of: thread) != start { return }
        }
        message = "it did not come back in \(Self.searchLimit) steps"
    }

    private mutating func moveToEvent() {
        for _ in 0..<Self.searchLimit {
            guard stepForward() else { return explainEnd() }
            if log.events.contains(where: isInteresting) { return }
        }
        message = "nothing interesting in \(Self.searchLimit) steps"
    }

    private mutating func moveToPreviousEvent() {
        let events = chronicle.events
        let earlier = events.entries[..<events.count(upTo: cursor.step - 1)].indices.last {
            events.entries[$0].step > 0 && events.kind($0).isInteresting
        }
        guard let earlier else {
            message = "nothing interesting before"
            return
        }
        jump(to: events.entries[earlier].step)
    }

    private mutating func moveToMark(_ step: Int?) {
        guard let step else {
            let steps = marks.map(\.step)
            message = "there are no marks"
            if let first = steps.min(), let last = steps.max() {
                message = "no mark that way: there are \(steps.count), from step \(first) to \(last)"
            }
            return
        }
        jump(to: step)
        noticeRest()
        let here = marks.filter { $0.step == step }.map(\.name).joined(separator: "; ")
        message = "mark \(marks.count { $0.step <= step }) of \(marks.count): \(here)"
    }

    private func isInteresting(_ event: MachineEvent) -> Bool {
        EventKind(rawValue: machine.kindName(of: event))?.isInteresting ?? false
    }
}

extension EventCounters {
    mutating func count(_ event: MachineEvent, _ counted: [Counted]) {
        guard case .sentence(let number) = event.kind else { return }
        switch counted[number] {
        case .invalidation: invalidations += 1
        case .collision: collisions += 1
        case .retry: retries += 1
        case .callback:
            if let subject = event.firstReference { callbacks[subject.address, default: 0] += 1 }
        case .nothing: break
        }
    }

    /// What each sentence of a program counts as.
    static func kinds(_ program: Program) -> [Counted] {
        program.sentences.map { sentence in
            switch sentence.kind {
            case "start": .invalidation
            case "collide": .collision
            case "retry": .retry
            case "callback": .callback
            default: .nothing
            }
        }
    }

    enum Counted: Sendable { case nothing, invalidation, collision, retry, callback }
}
