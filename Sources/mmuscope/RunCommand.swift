import ArgumentParser
import Playback
import Simulation
import Terminal

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a scenario: live, or headless with one event a line.")

    @Argument(help: ArgumentHelp("A scenario's name, or a file (or FILE:SCENARIO) of your own.", valueName: "scenario"))
    var scenario: String

    @Flag(help: "No terminal: print events, one a line.")
    var headless = false

    @Flag(help: "With --headless: events as JSON objects.")
    var json = false

    @Option(help: "With --headless: stop after so many steps; a workload is then drained.")
    var steps: Int?

    @Option(help: ArgumentHelp("Who steps next: random, bursts, round-robin, priority, seek-collision, pinned.", valueName: "policy"))
    var policy: String?

    @Option(help: ArgumentHelp("Go to this step first.", valueName: "step"))
    var at: Int?

    @Option(help: ArgumentHelp("Write the run to a new file, as it goes on.", valueName: "file"))
    var record: String?

    @OptionGroup var model: ModelOptions
    @OptionGroup var display: DisplayOptions
    @OptionGroup var picture: PictureOptions

    func run() throws {
        if let steps, steps < 0 { throw Failure("--steps takes 0 or more, not \(steps)") }
        let catalogue = Catalogue()
        let program = try catalogue.program(scenario, settings: model.settings(), faults: model.fault, operations: !headless)
        let policy = try chosenPolicy()
        let setup = RunSetup(
            program, settings: try model.settings(), faults: model.fault, seed: model.seed, policy: policy)
        let simulation = Simulation(program, seed: model.seed, policy: policy)
        guard headless else { return try show(simulation, setup, catalogue) }
        let standard = program.scenario.isWorkload ? 100_000 : 10_000_000
        let writer = try record.map { try Follower($0, setup) }
        var run = HeadlessRun(simulation, format: json ? .json : .text) { try writer?.follow($0) }
        var output = Output()
        let end = try run.run(steps: steps ?? standard) { output.write($0) }
        output.flush()
        try writer?.finish(run.simulation)
        if case .finding = end { throw ExitCode(Failure.finding) }
        if end == .steps, program.scenario.isWorkload {
            throw Failure("\(scenario) did not come to rest after it was told to", status: Failure.finding)
        }
    }

    /// A writer that a closure can hold.
    private final class Follower {
        private var writer: RunWriter
        private let path: String

        init(_ path: String, _ setup: RunSetup) throws {
            self.path = path
            writer = try RecordingFiles.begin(path, setup)
        }

        func follow(_ simulation: Simulation) throws { try told { try writer.follow(simulation) } }
        func finish(_ simulation: Simulation) throws { try told { try writer.finish(simulation) } }

        private func told(_ work: () throws -> Void) throws {
            do { try work() } catch { throw Failure("\(path): \(error)") }
        }
    }

    private func show(_ simulation: Simulation, _ setup: RunSetup, _ catalogue: Catalogue) throws {
        if json { throw Failure("--json goes with --headless") }
        var simulation = simulation
        if let at { simulation.perform(.jump(to: at)) }
        if try picture.draw(simulation, title: "mmuscope run \(scenario)", display) { return }
        var session = RecordedSession(simulation, setup)
        if let record { session.record(to: try RecordingFiles.begin(record, setup), path: record) }
        let player = session
        // The last session's file makes way when this one has come to the screen.
        try Sessions.show(
            .player(name: scenario) { player.recoverable(at: RecoveryFile.path) }, try display.app(catalogue))
    }

    private func chosenPolicy() throws -> Policy? {
        guard let policy else { return nil }
        guard let chosen = Policy(rawValue: policy) else {
            let names = Policy.allCases.filter { $0 != .byHand }.map(\.rawValue).joined(separator: ", ")
            throw Failure("there is no policy '\(policy)'; there are \(names)")
        }
        return chosen
    }
}
