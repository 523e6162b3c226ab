import ArgumentParser
import Foundation
import Language
import Machine
import Simulation
import Terminal

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a recording of a run, or a schedule of one line: live from any step, or headless.",
        discussion: """
            Without a file it opens the last session. A file is run with the models that it was recorded with; a \
            schedule ('mmuscope:1 …') with today's.
            Exit status: 0 fine, 1 a finding or a divergence, 2 bad usage or input.
            """)

    @Argument(
        help: ArgumentHelp("The recording, a schedule of one line, or - for either on standard input.", valueName: "file"))
    var file: String?

    @Flag(help: "No terminal: print the events of the recorded run, one a line.")
    var headless = false

    @Flag(help: "No screen: commands typed, a line each; for screen readers and scripts.")
    var plain = false

    @Flag(help: "With --headless: events as JSON objects.")
    var json = false

    @Flag(help: "Run it through and compare it with its check values.")
    var verify = false

    @Flag(help: "Run today's models instead of the recorded ones, up to where they differ.")
    var current = false

    @Flag(help: "Print it as a schedule of one line.")
    var line = false

    @Option(help: ArgumentHelp("With a schedule of one line: the file that its scenario is in, if it has moved.", valueName: "file"))
    var model: String?

    @Option(help: ArgumentHelp("Go to this step first.", valueName: "step"))
    var at: Int?

    @OptionGroup var display: DisplayOptions
    @OptionGroup var picture: PictureOptions

    func run() throws {
        if json, !headless { throw Failure("--json goes with --headless") }
        if [headless, plain, verify, line].count(where: { $0 }) > 1 {
            throw Failure("--headless, --plain, --verify and --line are four ways to replay: choose one")
        }
        if plain, file == "-" { throw Failure("--plain reads commands from standard input: name a file") }
        let catalogue = Catalogue()
        let wanted = Replayed.Wanted(isCurrent: current, isLive: !headless && !verify && !line, model: model)
        let replay = try Replayed(file, wanted, catalogue)
        if headless || verify || line, let warning = replay.warning { RecordingFiles.complain(warning) }
        if line { return try print(replay.recording, as: replay.name) }
        if verify { return try verify(replay) }
        guard !headless else { return try print(replay) }
        try show(replay, catalogue)
    }

    private func show(_ replay: Replayed, _ catalogue: Catalogue) throws {
        let at = at
        if try picture.draw(replay.simulation(at: at), title: "mmuscope replay \(replay.name)", display) { return }
        // A far step takes its time: on the session's own thread, so that the screen says so.
        if plain { return try Sessions.plain(replay.session(at: at), display) }
        let opening = Opening(name: replay.name) { replay.session(at: $0 ?? at) }
        try Sessions.show(.session(opening), try display.app(catalogue))
    }

    private func print(_ replay: Replayed) throws {
        var run = HeadlessRun(
            Simulation(replay.program, replaying: replay.recording), format: json ? .json : .text)
        var output = Output()
        let end = try run.replay(replay.recording) { output.write($0) }
        output.flush()
        if let astray = replay.astray { throw replay.failure(astray) }
        switch end {
        case .finding: throw ExitCode(Failure.finding)
        case .astray(let astray): throw replay.failure(astray)
        case .rest, .steps: break
        }
    }

    private func print(_ recording: Recording, as name: String) throws {
        guard let line = recording.oneLine else {
            throw Failure("\(name): has too many changes of threads for one line, or can't be said in one")
        }
        Output.write("\(line)\n")
    }

    private func verify(_ replay: Replayed) throws {
        let recording = replay.recording
        var simulation = Simulation(replay.program, replaying: recording)
        while simulation.step < recording.end, simulation.astray == nil, simulation.stepForward() {}
        var found = replay.astray ?? simulation.astray
        if found == nil, simulation.step < recording.end {
            found = Astray(
                step: simulation.step, sentence: "the run ends at step \(simulation.step) of \(recording.end)")
        }
        if found == nil, case .astray(let astray) = simulation.conclude(recording) { found = astray }
        if let found {
            Output.write("\(replay.name): goes astray: \(found.sentence)\n")
            throw ExitCode(Failure.finding)
        }
        let what = current
            ? "today's models do the same" : "\(recording.checks.count) check value\(recording.checks.count == 1 ? "" : "s"): all as recorded"
        Output.write("\(replay.name): \(recording.setup.scenario), \(recording.end) steps, \(what)\n")
        // What is left of a damaged file may be as recorded: the file isn't.
        if replay.isDamaged { throw ExitCode(Failure.finding) }
    }
}

/// What is replayed, and with which models.
struct Replayed: Sendable {
    /// In messages: the file's name.
    var name: String
    var recording: Recording
    var program: Program
    /// Where it can't be followed any further, known before it runs. The recording goes up to there.
    var astray: Astray?
    /// What is wrong with the file, in a line.
    var warning: String?
    /// The file has been changed, not only cut off.
    var isDamaged = false

    /// How it is replayed.
    struct Wanted {
        /// Whether today's models run a recording, too.
        var isCurrent = false
        /// Whether it can be perturbed, where its texts go together with operations.
        var isLive = true
        /// Where the file is that a line's scenario is in; `nil` is where the line says.
        var model: String?
    }

    /// - Parameter file: a path, a line, `-`, or `nil` for the last session.
    init(_ file: String?, _ wanted: Wanted, _ catalogue: Catalogue) throws {
        if let file, file.hasPrefix(OneLineSchedule.prefix) {
            self = try Self.line(file, wanted, catalogue)
            return
        }
        guard let path = file ?? RecoveryFile.path else {
            throw Failure("there is no place for a last session: neither XDG_STATE_HOME nor HOME is set")
        }
        if file == nil, !FileManager.default.fileExists(atPath: path) {
            throw Failure("there is no last session (\(path)): name a recording")
        }
        if path == "-" {
            let bytes = Array(FileHandle.standardInput.readDataToEndOfFile())
            let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if text.hasPrefix(OneLineSchedule.prefix) {
                self = try Self.line(text, wanted, catalogue)
            } else {
                self = try Self.recorded(try RecordingFiles.opened(bytes, path), "standard input", wanted, catalogue)
            }
        } else {
            self = try Self.recorded(try RecordingFiles.open(path), path, wanted, catalogue)
        }
    }

    private init(
        name: String, recording: Recording, program: Program, astray: Astray? = nil, opened: OpenedRecording? = nil
    ) {
        self.name = name
        self.recording = recording
        self.program = program
        self.astray = astray
        warning = opened?.warning
        isDamaged = opened?.isDamaged ?? false
    }

    private static func recorded(
        _ opened: OpenedRecording, _ name: String, _ wanted: Wanted, _ catalogue: Catalogue
    ) throws -> Replayed {
        guard wanted.model == nil else {
            throw Failure("--model goes with a schedule of one line: \(name) has its models in it")
        }
        var recording = opened.recording
        let program: Program
        (recording.setup, program) = try RecordingFiles.program(recording, name, isLive: wanted.isLive)
        guard wanted.isCurrent else {
            return Replayed(name: name, recording: recording, program: program, opened: opened)
        }
        let options = recording.setup.options
        let today: Program
        do {
            today = try catalogue.program(
                recording.setup.commandName, settings: options.settings, faults: options.faults,
                operations: options.operations)
        } catch let failure as Failure {
            throw Failure("\(name): today's models can't run it: \(failure.message)", status: Failure.finding)
        }
        let astray = ModelComparison(recording, recorded: program, current: today).astray
        var part = recording.withoutChecks
        if let astray, astray.step <= part.end {
            part.end = astray.step
            part.hasEnded = false
            part.claim = nil
        }
        return Replayed(name: name, recording: part, program: today, astray: astray, opened: opened)
    }

    private static func line(_ text: String, _ wanted: Wanted, _ catalogue: Catalogue) throws -> Replayed {
        do {
            var schedule = try OneLineSchedule(text)
            schedule.scenario = try Self.place(of: schedule.scenario, wanted)
            var settings: [String: Int64] = [:]
            for setting in schedule.settings { settings[setting.name] = setting.value }
            let program = try catalogue.program(
                schedule.scenario, settings: settings, faults: schedule.faults,
                operations: wanted.isLive || !schedule.perturbations.isEmpty)
            let (recording, astray) = try schedule.recording(on: program)
            return Replayed(name: schedule.scenario, recording: recording, program: program, astray: astray)
        } catch let error as OneLineError {
            throw Failure(error.description)
        }
    }

    /// Where a line's scenario is: as the line says, or in the file that somebody named. A line can come from another folder.
    private static func place(of scenario: String, _ wanted: Wanted) throws -> String {
        // What the binary carries has no colon in its name.
        guard let colon = scenario.lastIndex(of: ":") else {
            guard wanted.model == nil else { throw Failure("--model is not for \(scenario): it is in the binary") }
            return scenario
        }
        let (file, name) = (scenario[..<colon], scenario[scenario.index(after: colon)...])
        if let model = wanted.model { return "\(model):\(name)" }
        guard FileManager.default.fileExists(atPath: String(file)) else {
            let path = URL(filePath: String(file)).path
            throw Failure(
                "this schedule is one of '\(name)' in the file \(file), and there is no \(path): replay it in the folder that it "
                    + "was made in, or name the file with --model")
        }
        return scenario
    }

    /// At a step; `nil` is where models part, or the start.
    func simulation(at step: Int? = nil) -> Simulation {
        var simulation = Simulation(program, replaying: recording)
        if let step = step ?? astray?.step { simulation.perform(.jump(to: step)) }
        if step == nil, let first = recording.marks.first {
            let count = recording.marks.count
            simulation.say("\(count) mark\(count == 1 ? "" : "s"), the first at step \(first.step): ] goes to the next")
        }
        if let warning { simulation.say(warning) }
        if let astray { simulation.say("\(astray.sentence): what follows is free") }
        return simulation
    }

    /// The same for the screen.
    func session(at step: Int? = nil) -> RecordedSession {
        RecordedSession(simulation(at: step).indexed(), recording.setup)
    }

    func failure(_ astray: Astray) -> Failure {
        Failure("\(name): goes astray: \(astray.sentence)", status: Failure.finding)
    }
}
