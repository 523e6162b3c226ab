import Foundation
import Language
import Simulation

/// Recordings as files, with what can go wrong said as the command line says it.
enum RecordingFiles {
    /// Begins a file that a run is written to.
    static func begin(_ path: String, _ setup: RunSetup) throws -> RunWriter {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure("\(path): is there already; name another file to record to")
        }
        do {
            return try RunWriter(path: path, setup: setup)
        } catch {
            throw Failure("\(path): \(error)")
        }
    }

    /// A name for a recording of a run, in the current folder, that no file has.
    static func freeName(_ setup: RunSetup) -> String {
        // A user's scenario may be called anything; a name that hides, or leads elsewhere, it shouldn't make.
        let scenario = String(setup.scenario.map { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : "_" })
        let stem = "\(scenario)-seed\(setup.seed)"
        var number = 1
        while true {
            let name = stem + (number == 1 ? "" : "-\(number)") + ".mmurec"
            if !FileManager.default.fileExists(atPath: name) { return name }
            number += 1
        }
    }

    /// Opens a recording as far as it is sound.
    static func open(_ path: String) throws -> OpenedRecording {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure("\(path): there is no such file")
        }
        guard !isFolder.boolValue else { throw Failure("\(path): is a directory, not a recording") }
        do {
            return try opened(try Recording.bytes(at: path), path)
        } catch let error as RecordingError {
            throw Failure("\(path): \(error)")
        }
    }

    static func opened(_ bytes: [UInt8], _ path: String) throws -> OpenedRecording {
        do {
            var opened = try Recording.open(bytes)
            opened.warning = opened.warning.map { "\(path): \($0)" }
            return opened
        } catch {
            throw Failure("\(path): \(error)")
        }
    }

    /// Compiles what a recording holds; live, so that it can be perturbed, if that can be had.
    static func program(
        _ recording: Recording, _ path: String, isLive: Bool
    ) throws -> (setup: RunSetup, program: Program) {
        do {
            guard isLive else { return (recording.setup, try recording.setup.program()) }
            return try recording.setup.withOperations(Catalogue.modules())
        } catch {
            throw Failure("\(path): its models can't be compiled any more\n\n\(error.rendered)")
        }
    }

    static func complain(_ line: String) {
        FileHandle.standardError.write(Data("mmuscope: \(line)\n".utf8))
    }
}
