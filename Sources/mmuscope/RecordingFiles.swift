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

    /// Opens a recording as far as it is sound; a warning goes to standard error.
    static func open(_ path: String) throws -> Recording {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure("\(path): there is no such file")
        }
        guard !isFolder.boolValue else { throw Failure("\(path): is a directory, not a recording") }
        do {
            let opened = try Recording.read(path)
            if let warning = opened.warning { complain("\(path): \(warning)") }
            return opened.recording
        } catch {
            throw Failure("\(path): \(error)")
        }
    }

    /// Compiles what a recording holds.
    static func program(_ recording: Recording, _ path: String) throws -> Program {
        do {
            return try recording.setup.program()
        } catch {
            throw Failure("\(path): its models can't be compiled any more\n\n\(error.rendered)")
        }
    }

    static func complain(_ line: String) {
        FileHandle.standardError.write(Data("mmuscope: \(line)\n".utf8))
    }
}
