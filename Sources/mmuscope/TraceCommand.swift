import ArgumentParser
import Foundation
import KernelTrace
import Models
import Playback
import Terminal

struct Trace: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a real kernel recording (ftrace text, plain or gzip) in the same panes.",
        discussion: "A recording that is cut off or damaged is shown up to there, with a warning and exit status 0.")

    @Argument(help: ArgumentHelp("The recording, or - for standard input.", valueName: "file"))
    var file: String

    @Flag(help: "No terminal: print the recording, one event a line.")
    var headless = false

    @Flag(help: "No screen: commands typed, a line each; for screen readers and scripts.")
    var plain = false

    @Flag(help: "With --headless: one JSON object for each kernel event.")
    var json = false

    @Option(help: ArgumentHelp("Go to this event first.", valueName: "event"))
    var at: Int?

    @OptionGroup var display: DisplayOptions
    @OptionGroup var picture: PictureOptions

    func run() throws {
        if json, !headless { throw Failure("--json goes with --headless") }
        if plain, headless { throw Failure("--plain and --headless are two ways to look at it: choose one") }
        if plain, file == "-" { throw Failure("--plain reads commands from standard input: name a file") }
        guard !headless else { return try print() }
        let file = file
        // A file that can't be opened is said before the terminal is taken over.
        let recording = try Self.open(file)
        var player = TracePlayer(recording)
        if let at { player.perform(.jump(to: at)) }
        if try picture.draw(player, title: "mmuscope trace \(recording.title)", display) { return }
        if plain { return try Sessions.plain(player, display) }
        let first = player
        try Sessions.show(.session(Opening(name: file) { _ in first }), try display.app(Catalogue()))
    }

    /// Reads a recording: a file, or one of those that the binary carries.
    static func open(_ file: String) throws -> TraceRecording {
        do {
            // One of those that the binary carries, by the name that `list` gives.
            if !FileManager.default.fileExists(atPath: file), let asset = Asset.named("traces/\(file)") {
                return try TraceRecording.read(Array(asset.data), name: file)
            }
            return try TraceRecording.open(path: file)
        } catch {
            throw Failure(error.description)
        }
    }

    private func print() throws {
        let recording = try Self.open(file)
        for warning in recording.warnings { complain("\(file): \(warning)") }
        TraceHeadless(recording, format: json ? .json : .text).run { Output.write($0) }
        if !json { for line in recording.summary.lines { complain(line) } }
    }

    private func complain(_ line: String) {
        FileHandle.standardError.write(Data("mmuscope: \(line)\n".utf8))
    }
}
