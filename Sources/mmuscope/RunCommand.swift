import ArgumentParser
import Language
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

    @Flag(help: "No screen: commands typed, a line each, what happens as sentences; for screen readers and scripts.")
    var plain = false

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
        if plain, headless { throw Failure("--plain and --headless are two ways to run: choose one") }
        let catalogue = Catalogue()
        let source = ModelSource(
            catalogue: catalogue, name: scenario, settings: try model.settings(), faults: model.fault, seed: model.seed,
            policy: try chosenPolicy())
        let program = try source.program(operations: !headless)
        guard headless else { return try show(source, program) }
        let simulation = source.simulation(program)
        let standard = program.scenario.isWorkload ? 100_000 : 10_000_000
        let writer = try record.map { try Follower($0, source.setup(program)) }
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

    private func show(_ source: ModelSource, _ program: Program) throws {
        if json { throw Failure("--json goes with --headless") }
        var simulation = source.simulation(program)
        if let at { simulation.perform(.jump(to: at)) }
        if try picture.draw(simulation, title: "mmuscope run \(scenario)", display) { return }
        if plain {
            if record != nil { throw Failure("--plain records with the command 'record'") }
            let session = RecordedSession(simulation, source.setup(program))
            return try Sessions.plain(session.recoverable(at: RecoveryFile.path), display)
        }
        let options = try display.app(source.catalogue)
        var source = source
        source.speed = options.settings.speed
        var opening = source.opening(program)
        if let record {
            let writer = try RecordingFiles.begin(record, source.setup(program))
            opening = source.opening(program) { $0.record(to: writer, path: record) }
        }
        let (first, make) = (at, opening.make)
        opening.make = { try make($0 ?? first) }
        try Sessions.show(.session(opening), options)
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
