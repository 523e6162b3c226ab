import Language
import Machine

/// What a run is begun with: everything that its first step depends on.
public struct RunSetup: Sendable, Equatable {
    /// A parameter that was given a value.
    public struct Setting: Sendable, Equatable {
        /// The parameter.
        public var name: String
        /// Its value.
        public var value: Int64

        public init(name: String, value: Int64) {
            self.name = name
            self.value = value
        }
    }

    /// The texts that run: the one with the scenario first, then every text that it uses.
    public var sources: [SourceFile]
    /// Its name in the first of them.
    public var scenario: String
    /// By name, ascending. Parameters that aren't here have the value that the text gives them.
    public var settings: [Setting]
    /// Faults that are switched on.
    public var faults: [String]
    /// Of the policy's choices.
    public var seed: UInt64
    /// Who steps at first when nobody says so.
    public var policy: Policy
    /// Whether it was compiled with the operations that its texts declare.
    public var hasOperations: Bool

    public init(
        sources: [SourceFile], scenario: String, settings: [String: Int64] = [:], faults: [String] = [],
        seed: UInt64 = 0, policy: Policy, hasOperations: Bool = false
    ) {
        self.sources = sources
        self.scenario = scenario
        self.settings = settings.sorted { $0.key < $1.key }.map { Setting(name: $0.key, value: $0.value) }
        self.faults = faults
        self.seed = seed
        self.policy = policy
        self.hasOperations = hasOperations
    }

    /// For a program that was compiled with these settings and faults.
    /// - Parameter policy: `nil` is what the scenario runs with when nobody says otherwise.
    public init(
        _ program: Program, settings: [String: Int64] = [:], faults: [String] = [], seed: UInt64 = 0,
        policy: Policy? = nil
    ) {
        self.init(
            sources: program.sources, scenario: program.scenario.name, settings: settings, faults: faults, seed: seed,
            policy: policy ?? .standard(for: program), hasOperations: program.hasOperations)
    }

    /// What its text is compiled with.
    public var options: CompileOptions {
        CompileOptions(
            scenario: scenario, settings: Dictionary(settings.map { ($0.name, $0.value) }) { $1 }, faults: faults,
            operations: hasOperations)
    }

    /// Compiles the recorded text.
    public func program() throws(DiagnosticList) -> Program {
        let texts = Dictionary(sources.dropFirst().map { ($0.name, $0.text) }) { first, _ in first }
        return try compile(
            sources.first ?? SourceFile(name: scenario, text: ""), options: options, modules: { texts[$0] })
    }

    /// The same with operations, where they can be had: from its own texts, else from others. What runs as long as none is
    /// begun is the same.
    /// - Parameter modules: where to look for texts that weren't recorded.
    public func withOperations(_ modules: @escaping ModuleLoader) throws(DiagnosticList) -> (setup: RunSetup, program: Program) {
        if !hasOperations {
            let texts = Dictionary(sources.dropFirst().map { ($0.name, $0.text) }) { first, _ in first }
            var result = self
            result.hasOperations = true
            if let first = sources.first,
                let program = try? compile(first, options: result.options, modules: { texts[$0] ?? modules($0) })
            {
                result.sources = program.sources
                return (result, program)
            }
        }
        return (self, try program())
    }
}

/// A run that can be had again: what it began with, and every decision that its seed doesn't tell.
public struct Recording: Sendable, Equatable {
    /// A step that somebody wants to find again.
    public struct Mark: Sendable, Equatable {
        /// In words; told when the step is come to.
        public var name: String
        /// 0 is the start.
        public var step: Int

        public init(name: String, step: Int) {
            self.name = name
            self.step = step
        }
    }

    /// What the state at a step is, as ``Fingerprinter`` says it.
    public struct Check: Sendable, Equatable {
        /// 1 or more: the state is that behind it.
        public var step: Int
        /// All 64 bits.
        public var value: UInt64

        public init(step: Int, value: UInt64) {
            self.step = step
            self.value = value
        }
    }

    /// What its first step depends on.
    public var setup: RunSetup
    /// What the seed doesn't tell.
    public var interventions: Interventions
    /// In no order.
    public var marks: [Mark]
    /// Ascending by step.
    public var checks: [Check]
    /// How many steps it goes.
    public var end: Int
    /// Whether nothing more could happen at the end: all threads had finished, or something was found.
    public var hasEnded: Bool
    /// What was found at the end where no step shows it.
    public var claim: Claim?

    public init(
        setup: RunSetup, interventions: Interventions = Interventions(), marks: [Mark] = [], checks: [Check] = [],
        end: Int = 0, hasEnded: Bool = false, claim: Claim? = nil
    ) {
        self.setup = setup
        self.interventions = interventions
        self.marks = marks
        self.checks = checks
        self.end = end
        self.hasEnded = hasEnded
        self.claim = claim
    }

    /// A schedule that was found: every step chosen, with the check value of the state that it leads to.
    ///
    /// The schedule is run once to work that out; where a step can't be taken the recording ends. What comes
    /// behind its end is chosen by hand.
    /// - Parameters:
    ///   - settings: the values that `program` was compiled with where they aren't the text's own.
    ///   - faults: the faults that it was compiled with.
    ///   - found: what it ends in; kept where the run doesn't show it by itself.
    public init(
        _ program: Program, settings: [String: Int64] = [:], faults: [String] = [], schedule: [ScheduledStep],
        marks: [Mark] = [], found: Claim? = nil
    ) {
        let setup = RunSetup(program, settings: settings, faults: faults, policy: .byHand)
        var simulation = Simulation(program, schedule: schedule)
        var interventions = Interventions()
        let fingerprinter = Fingerprinter(program)
        var checks: [Check] = []
        var next = CheckSpacing.first
        while simulation.step < schedule.count {
            let step = simulation.step
            let hasChoice = simulation.standsAtChoice(schedule[step].thread)
            guard simulation.stepForward() else { break }
            // Where there is no choice none is written down: that is half of the file.
            interventions.append(thread: schedule[step].thread, choice: hasChoice ? schedule[step].choice : nil, at: step)
            guard simulation.step == next || simulation.step == schedule.count else { continue }
            checks.append(Check(step: simulation.step, value: fingerprinter.value(of: simulation.machine)))
            next = CheckSpacing.next(after: next, program)
        }
        if simulation.step > 0, checks.last?.step != simulation.step {
            checks.append(Check(step: simulation.step, value: fingerprinter.value(of: simulation.machine)))
        }
        // That nobody can go on is found by trying.
        if simulation.step == schedule.count { simulation.stepForward() }
        self.init(
            setup: setup, interventions: interventions, marks: marks, checks: checks, end: simulation.step,
            hasEnded: simulation.hasEnded, claim: simulation.shows(found) ? nil : found)
    }

    /// The whole run up to now.
    public init(_ simulation: Simulation, setup: RunSetup) {
        self.init(setup: setup)
        var recorder = RunRecorder()
        for piece in recorder.news(of: simulation.arrival) { add(piece) }
        let last = simulation.interventions.part(end..<(end + 1)).withoutSteps
        if !last.isEmpty { add(.span(from: end, to: end, last, check: nil)) }
        hasEnded = simulation.hasEnded
    }
}

/// When a check value is due: often at first, then about as often as a checkpoint is kept.
enum CheckSpacing {
    static let first = 64
    private static let widest = 8_192

    /// - Parameter program: a large state takes long to make a number of, so that is done less often.
    static func next(after step: Int, _ program: Program) -> Int {
        step + max(first, min(step, max(widest, program.slotCount / 4)))
    }
}

extension Policy {
    /// What a program runs with when nobody says otherwise.
    public static func standard(for program: Program) -> Policy { program.schedule.isEmpty ? .random : .pinned }
}
