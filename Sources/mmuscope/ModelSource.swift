import Foundation
import Language
import Playback
import Scene
import Simulation
import Terminal

/// A scenario as it was named, and what it is run with: all that it takes to open it again.
struct ModelSource: Sendable {
    let catalogue: Catalogue
    /// What ``Catalogue/program(_:settings:faults:prefersSelftests:)`` takes.
    var name: String
    var settings: [String: Int64] = [:]
    var faults: [String] = []
    var seed: UInt64 = 0
    /// `nil` is what the scenario runs with when nobody says otherwise.
    var policy: Policy?
    /// Steps a second at first; `nil` is what the scenario runs with when nobody says otherwise.
    var speed: Int?

    /// - Parameter operations: with what a user can have happen.
    func program(operations: Bool = true) throws -> Program {
        try catalogue.program(name, settings: settings, faults: faults, operations: operations)
    }

    func setup(_ program: Program) -> RunSetup {
        RunSetup(program, settings: settings, faults: faults, seed: seed, policy: policy)
    }

    func simulation(_ program: Program) -> Simulation {
        var simulation = Simulation(program, seed: seed, policy: policy)
        if let speed, !program.scenario.isWorkload { simulation.perform(.setSpeed(speed)) }
        return simulation
    }

    /// A session of it.
    /// - Parameter prepared: is given the session before it is seen.
    func opening(
        _ program: Program, prepared: @escaping @Sendable (inout RecordedSession) throws -> Void = { _ in }
    ) -> Opening {
        Opening(name: name, texts: ModelTexts(source: self, texts: program.sources)) { step in
            var simulation = simulation(program)
            if let step { simulation.perform(.jump(to: step)) }
            var session = RecordedSession(simulation, setup(program))
            try prepared(&session)
            // The last session's file makes way when this one has come to the screen.
            return session.recoverable(at: RecoveryFile.path)
        }
    }
}

/// A scenario's texts for a user to change: in their own files, or in copies of what the binary carries.
struct ModelTexts: SessionTexts {
    let source: ModelSource
    /// What runs: the text with the scenario first.
    let texts: [SourceFile]

    func editable(_ name: String) throws -> EditableText {
        guard let place = texts.firstIndex(where: { $0.name == name }), let entry = texts.first else {
            throw Failure("this session has no text '\(name)'")
        }
        if let file = Catalogue.userFile(source.name) {
            if place == 0 { return text(file.path, note: nil, source) }
            return try module(texts[place], beside: file.path)
        }
        let (folder, isNew) = try copies()
        let main = folder.appending(path: Self.fileName(entry))
        var own = source
        own.name = "\(main.path):\(scenario(entry))"
        let path = place == 0 ? main.path : folder.appending(path: "\(name).model").path
        return text(path, note: "it runs from \(Self.shortened(folder.path)) now", own) {
            if isNew { try? FileManager.default.removeItem(at: folder) }
        }
    }

    private func text(
        _ path: String, note: String?, _ source: ModelSource, discard: @escaping @Sendable () -> Void = {}
    ) -> EditableText {
        EditableText(path: path, note: note, discard: discard) {
            do {
                return source.opening(try source.program())
            } catch let failure as Failure {
                throw Failure("\(failure.firstMistake): the session goes on as it was")
            }
        }
    }

    private func scenario(_ entry: SourceFile) -> String {
        (try? source.program().scenario.name) ?? source.name
    }

    /// What a user's file uses stands beside it, or there is a copy from now on.
    private func module(_ module: SourceFile, beside file: String) throws -> EditableText {
        let folder = URL(filePath: file).deletingLastPathComponent()
        let path = folder.appending(path: "\(module.name).model")
        if FileManager.default.fileExists(atPath: path.path) { return text(path.path, note: nil, source) }
        let made = path.deletingLastPathComponent()
        let isNewFolder = !FileManager.default.fileExists(atPath: made.path)
        try Self.write(module, to: path)
        return text(path.path, note: "it uses \(Self.shortened(path.path)) now", source) {
            // A copy would stand in for the library's from now on.
            try? FileManager.default.removeItem(at: isNewFolder ? made : path)
        }
    }

    /// As a shell would be told.
    private static func shortened(_ path: String) -> String {
        guard let home = ProcessInfo.processInfo.environment["HOME"], home.count > 1, path.hasPrefix(home + "/") else { return path }
        return "~" + path.dropFirst(home.count)
    }

    private static func fileName(_ entry: SourceFile) -> String {
        (entry.name.split(separator: "/").last.map(String.init) ?? "scenario") + ".model"
    }

    /// Writes all of the texts to a folder of the user's. One that has been changed since is left alone.
    private func copies() throws -> (folder: URL, isNew: Bool) {
        guard let data = UserFolders.data else {
            throw Failure("there is no place for a copy: neither XDG_DATA_HOME nor HOME is set")
        }
        var number = 1
        while true {
            let name = source.name + (number == 1 ? "" : "-\(number)")
            let folder = URL(filePath: "\(data)/mmuscope/models/\(name)")
            let files = texts.enumerated().map { place, text in
                (text, folder.appending(path: place == 0 ? Self.fileName(text) : "\(text.name).model"))
            }
            if !FileManager.default.fileExists(atPath: folder.path) {
                for (text, path) in files { try Self.write(text, to: path) }
                return (folder, true)
            }
            let isUnchanged = files.allSatisfy { (try? String(contentsOf: $1, encoding: .utf8)) == $0.text }
            if isUnchanged { return (folder, false) }
            number += 1
        }
    }

    private static func write(_ text: SourceFile, to path: URL) throws {
        do {
            try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.text.utf8).write(to: path)
        } catch {
            throw Failure("\(path.path): cannot be written")
        }
    }
}

extension Failure {
    /// The first of a model's mistakes in one line: "toy.model:21:23: there is no function 'read_begn' (1 of 3)".
    var firstMistake: String {
        let parts = message.split(separator: "\n", omittingEmptySubsequences: true)
        guard parts.count > 1, let count = message.firstMatch(of: /^(\d+) mistake/)?.1 else { return parts.first.map(String.init) ?? message }
        let place = parts[1].replacing(": error: ", with: ": ")
        // A long path would leave no room for what is wrong.
        let end = place.firstIndex(of: ":") ?? place.endIndex
        let name = place[..<end].split(separator: "/").last ?? ""
        return "\(name)\(place[end...])" + (count == "1" ? "" : " (1 of \(count))")
    }
}
