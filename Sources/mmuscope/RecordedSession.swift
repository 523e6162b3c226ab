import Foundation
import Playback
import Scene
import Simulation

/// A simulation on the screen that is written down while it goes on: for the user, and so that it can be had
/// again after a crash.
struct RecordedSession: Player {
    var simulation: Simulation
    let setup: RunSetup
    let stories = StoryMemory()
    /// What is kept of every session.
    private var recovery: RunWriter?
    /// What the user asked for.
    private var own: (writer: RunWriter, path: String)?
    /// What there is to say about files, until the next command.
    var note: String?
    /// Every schedule from some step on, being explored.
    private var check: BackgroundCheck?
    private var lastWrite = ContinuousClock.now

    /// What is written while it runs is written about this often.
    private static let pace = Duration.seconds(1)

    /// - Parameter recovery: where it is kept; `nil` keeps nothing.
    init(_ simulation: Simulation, _ setup: RunSetup, recovery path: String? = nil) {
        self.simulation = simulation
        self.setup = setup
        if let path { keep(at: path) }
    }

    /// The same, kept at a path.
    func recoverable(at path: String?) -> RecordedSession {
        var result = self
        if let path { result.keep(at: path) }
        return result
    }

    private mutating func keep(at path: String) {
        do {
            recovery = try RecoveryFile.begin(path, setup)
            follow()
        } catch {
            note = "this session can't be had again after a crash: \(error)"
        }
    }

    /// Has it written to a file from its start.
    mutating func record(to writer: RunWriter, path: String) {
        own = (writer, path)
        follow()
    }

    // MARK: Player

    var isRunning: Bool { simulation.isRunning }
    var speed: Int? { simulation.speed }

    mutating func perform(_ command: PlaybackCommand) {
        note = nil
        stories.forget()
        switch command {
        case .toggleRecording: toggle()
        case .check: beginCheck()
        case .cancelCheck: check?.cancel()
        case .tellStory, .copySchedule, .copyTable: tell(command)
        default: simulation.perform(command)
        }
        follow()
    }

    mutating func advance(by steps: Int) -> Int {
        let done = simulation.advance(by: steps)
        if !simulation.isRunning || ContinuousClock.now - lastWrite >= Self.pace { follow() }
        return done
    }

    func scene(for request: SceneRequest) -> Scene {
        var scene = simulation.scene(for: request)
        completeExplanation(&scene, request)
        scene.isRecorded = own != nil
        scene.isChecking = check != nil
        if let words = check?.progress ?? note { scene.message = words }
        return scene
    }

    mutating func finish() {
        check?.cancel()
        try? recovery?.finish(simulation)
        recovery = nil
        if own != nil { end() }
    }

    // MARK: Checking

    var isWorking: Bool { check != nil }

    mutating func look() -> Bool {
        guard let check, let end = check.end else { return true }
        self.check = nil
        note = check.land(end, in: &simulation)
        follow()
        return true
    }

    private mutating func beginCheck() {
        guard check == nil else { return }
        simulation.perform(.pause)
        if let finding = simulation.finding {
            note = "the run has stopped at \(finding.property): step back to check from before it"
        } else if simulation.program.scenario.isWorkload {
            note = "a workload has no end to explore to"
        } else {
            check = BackgroundCheck(simulation, setup)
        }
    }

    // MARK: Files

    private mutating func toggle() {
        guard own == nil else { return end() }
        do {
            let path = RecordingFiles.freeName(setup)
            own = (try RunWriter(path: path, setup: setup), path)
            note = "recording to \(path), from the start of this session: r ends it"
        } catch {
            note = "nothing is recorded: \(error)"
        }
    }

    private mutating func end() {
        guard let (begun, path) = own else { return }
        var writer = begun
        own = nil
        do {
            try writer.finish(simulation)
            note = "recorded to \(path)"
        } catch {
            note = "\(path) ends here: \(error)"
        }
    }

    private mutating func follow() {
        lastWrite = .now
        do {
            try recovery?.follow(simulation)
        } catch {
            recovery = nil
            note = "this session can't be had again after a crash: \(error)"
        }
        do {
            try own?.writer.follow(simulation)
        } catch {
            note = "\(own?.path ?? "") ends here: \(error)"
            own = nil
        }
    }
}

/// Where the last session is kept.
enum RecoveryFile {
    /// `nil` where the environment names no place.
    static var path: String? {
        let environment = ProcessInfo.processInfo.environment
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        let state = folder("XDG_STATE_HOME") ?? folder("HOME").map { "\($0)/.local/state" }
        return state.map { "\($0)/mmuscope/last.mmurec" }
    }

    /// Begins a session's file. The one before it stays, under another name.
    static func begin(_ path: String, _ setup: RunSetup) throws -> RunWriter {
        let url = URL(filePath: path)
        let folder = url.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure("\(folder.path) cannot be made")
        }
        // Another program may just do the same: then that one's session is the last.
        rename(path, folder.appending(path: "previous.mmurec").path)
        return try RunWriter(path: path, setup: setup)
    }
}
