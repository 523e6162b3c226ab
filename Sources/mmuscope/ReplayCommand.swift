import ArgumentParser
import Foundation
import Language
import Machine
import Simulation
import Terminal

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a recording of a run: live from any step, or headless.")

    @Argument(help: ArgumentHelp("The recording.", valueName: "file"))
    var file: String

    @Flag(help: "No terminal: print the events of the recorded run, one a line.")
    var headless = false

    @Flag(help: "With --headless: events as JSON objects.")
    var json = false

    @Flag(help: "Run it through and compare it with its check values.")
    var verify = false

    @Option(help: ArgumentHelp("Go to this step first.", valueName: "step"))
    var at: Int?

    @OptionGroup var display: DisplayOptions
    @OptionGroup var picture: PictureOptions

    func run() throws {
        if json, !headless { throw Failure("--json goes with --headless") }
        let recording = try RecordingFiles.open(file)
        let program = try RecordingFiles.program(recording, file)
        if verify { return try verify(recording, program) }
        var simulation = Simulation(program, replaying: recording)
        guard !headless else { return try print(simulation, recording) }
        if let at { simulation.perform(.jump(to: at)) }
        let player = simulation
        if try picture.draw(player, title: "mmuscope replay \(file)", display) { return }
        try Sessions.show(.player(name: file) { player.indexed() }, try display.app(Catalogue()))
    }

    private func print(_ simulation: Simulation, _ recording: Recording) throws {
        var run = HeadlessRun(simulation, format: json ? .json : .text)
        var output = Output()
        let end = try run.replay(recording) { output.write($0) }
        output.flush()
        switch end {
        case .finding: throw ExitCode(Failure.finding)
        case .astray(let astray): throw Failure("\(file): \(astray.sentence)", status: Failure.finding)
        case .rest, .steps: break
        }
    }

    private func verify(_ recording: Recording, _ program: Program) throws {
        var simulation = Simulation(program, replaying: recording)
        while simulation.step < recording.end, simulation.astray == nil, simulation.stepForward() {}
        let steps = "\(recording.end) steps"
        if let astray = simulation.astray {
            Output.write("\(file): goes astray: \(astray.sentence)\n")
            throw ExitCode(Failure.finding)
        }
        guard simulation.step == recording.end else {
            Output.write("\(file): goes astray: the run ends at step \(simulation.step) of \(steps)\n")
            throw ExitCode(Failure.finding)
        }
        Output.write(
            "\(file): \(recording.setup.scenario), \(steps), \(recording.checks.count) check values: all as recorded\n")
    }
}
