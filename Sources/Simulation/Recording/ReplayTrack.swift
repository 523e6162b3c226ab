import Language
import Machine

/// How a replay differs from what was recorded.
public struct Astray: Sendable, Equatable {
    /// The step at which it shows: the one that can't be taken (counted from 0), or the one behind which the state differs.
    public var step: Int
    /// What differs, as a sentence without a full stop.
    public var sentence: String

    public init(step: Int, sentence: String) {
        self.step = step
        self.sentence = sentence
    }
}

/// The recording that a simulation plays: what it is compared with on the way, and where it ends.
struct ReplayTrack: Sendable {
    let checks: [Recording.Check]
    /// The recording's last step, at which running pauses: behind it the policy goes on.
    let end: Int
    let fingerprinter: Fingerprinter
    var index: ReplayIndex?
    private let claim: Recording.Claim?
    private var next = 0

    init(_ recording: Recording, _ program: Program) {
        checks = recording.checks
        end = recording.end
        claim = recording.claim
        fingerprinter = Fingerprinter(program)
    }

    /// The step of the next check value.
    var nextCheck: Int? { next < checks.count ? checks[next].step : nil }

    /// The step to pause at when running.
    var pause: Int { end }

    func words(at step: Int, _ astray: Astray?) -> String {
        if let astray { return astray.sentence }
        if let claim { return "check found \(claim.property) here: what follows is free" }
        return "the recording ends here: what follows is free"
    }

    /// The cursor was moved.
    mutating func resume(at step: Int) {
        var low = 0
        var high = checks.count
        while low < high {
            let middle = (low + high) / 2
            if checks[middle].step > step { high = middle } else { low = middle + 1 }
        }
        next = low
    }

    /// Compares a state with the check value that is due.
    /// - Returns: what differs.
    mutating func compare(_ machine: Machine) -> Astray? {
        let check = checks[next]
        next += 1
        let value = fingerprinter.value(of: machine)
        guard value != check.value else { return nil }
        let before = next > 1 ? checks[next - 2].step : 0
        return Astray(
            step: check.step,
            sentence: "the state behind step \(check.step) differs from the recording's (check value "
                + "\(check.value.hexadecimal), now \(value.hexadecimal)); behind step \(before) it did not")
    }
}

extension Simulation {
    /// A run along a recording, at its start. What comes behind the recording's end is up to the policy.
    /// - Parameter program: the recording's own (``RunSetup/program()``), or another to play it with.
    public init(_ program: Program, replaying recording: Recording) {
        self.init(program, seed: recording.setup.seed, policy: recording.setup.policy)
        interventions = recording.interventions
        track = ReplayTrack(recording, program)
        frontier = recording.end
        marks = recording.marks
    }

    /// The same with its recording being run through in the background: jumps become short once that has passed them.
    public func indexed() -> Simulation {
        guard let track, track.end > step else { return self }
        var result = self
        result.track?.index = ReplayIndex(self, to: track.end)
        return result
    }

    /// The step up to which the background has come: jumps up to there are short.
    public var indexedStep: Int { track?.index?.checkpoints?.last ?? 0 }

    /// A run along a schedule, at its start.
    /// - Parameter policy: who steps next behind the schedule's end.
    public init(
        _ program: Program, schedule: some Sequence<ScheduledStep>, seed: UInt64 = 0, then policy: Policy = .byHand
    ) {
        self.init(program, seed: seed, policy: policy)
        interventions = Interventions(schedule)
    }

    /// Whether a thread's next statement offers a choice.
    func standsAtChoice(_ thread: Int) -> Bool {
        guard thread >= 0, thread < machine.threadCount, let statement = machine.statement(of: thread) else { return false }
        return program.statements[statement].hasChoice
    }

    /// Puts a sentence into the status line.
    public mutating func say(_ sentence: String) { message = sentence }

    /// Whether something was changed at this step that the state shows.
    var hasChangedState: Bool {
        guard cursor.applied > 0, let changes = interventions[cursor.step]?.changes else { return false }
        return changes.prefix(cursor.applied).contains(where: \.changesState)
    }

    /// The machine as it is here where the program has no operations: it does the same from here on.
    /// - Returns: `nil` where it isn't the same, for something was begun.
    public func machineWithoutOperations(_ setup: RunSetup) -> Machine? {
        guard program.hasOperations else { return nil }
        var plain = setup
        plain.hasOperations = false
        guard let program = try? plain.program() else { return nil }
        var runner = Simulation(program, seed: seed, policy: checkpoints.first.policy)
        runner.interventions = interventions
        runner.interventions.removeSteps(from: step)
        runner.interventions.removeAll(from: step + 1)
        runner.jump(to: step)
        guard runner.step == step, runner.astray == nil,
            Fingerprinter(program).value(of: runner.machine) == Fingerprinter(self.program).value(of: machine)
        else { return nil }
        return runner.machine
    }

    /// The same with the state as this step was come to.
    var arrival: Simulation {
        guard hasChangedState, step == frontier else { return self }
        var result = self
        result.interventions.removeAll(from: step)
        result.track = nil
        result.trail.truncate(from: step)
        result.restore(to: step)
        while result.step < step, result.stepForward() {}
        return result
    }

    mutating func compareCheck() {
        let machine = machine
        if let found = track?.compare(machine), astray == nil { astray = found }
    }

    /// The recording names a thread that can't step.
    mutating func goAstray(thread: Int) {
        guard astray?.step != cursor.step else { return }
        let name = program.threads.indices.contains(thread) ? name(of: thread) : "thread \(thread)"
        let reason = thread < machine.threadCount ? reason(thread) : "there is no such thread"
        astray = Astray(step: cursor.step, sentence: "step \(cursor.step): \(name) can't step: \(reason)")
    }
}

extension UInt64 {
    /// Sixteen digits.
    var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
