import Explorer
import Foundation
import Simulation

/// A counterexample as a recording: to be opened, stepped through and passed on.
struct CounterexampleFile {
    private let name: String
    private let recording: Recording

    /// - Parameter number: among several of one scenario, from 1.
    init(_ example: Counterexample, of task: CheckTask, number: Int = 1) {
        name = number == 1 ? task.name : "\(task.name)-\(number)"
        recording = Recording(
            task.program, settings: task.settings, faults: task.faults, schedule: example.schedule,
            marks: example.marks(), found: Recording.Claim(property: example.finding.property, thread: example.finding.thread))
    }

    /// Writes the file where the last session is kept too.
    /// - Returns: lines that say how to see it again.
    func saved() -> String {
        var lines = ""
        if let path = Self.path(name) {
            do {
                try FileManager.default.createDirectory(
                    at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
                try recording.write(to: path)
                lines += "  mmuscope replay \(Self.quoted(path))\n"
            } catch {
                lines += "  (\(path) could not be written: \(error))\n"
            }
        }
        if let line {
            lines += "  mmuscope replay \(Self.quoted(line))\n"
        } else {
            lines += "  (too many changes of threads for a schedule of one line)\n"
        }
        return lines
    }

    /// The schedule in one line; `nil` when that would be too long.
    var line: String? { recording.oneLine }

    /// The line, or where there is none the file: what `replay` takes.
    func brief() -> String { line.map { "  mmuscope replay \(Self.quoted($0))\n" } ?? saved() }

    private static func path(_ name: String) -> String? {
        // Two files of the same name in different folders are two models.
        let file = name.split(separator: "/").joined(separator: "_")
        return RecoveryFile.path.map {
            URL(filePath: $0).deletingLastPathComponent().appending(path: "counterexamples/\(file).mmurec").path
        }
    }

    /// As a shell takes it.
    private static func quoted(_ text: String) -> String {
        let plain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+".contains($0)) }
        return plain ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
}

extension Counterexample {
    /// Where another thread goes on, where a round begins, and what it comes to.
    /// - Parameter step: the step of a run that it begins behind.
    func marks(behind step: Int = 0) -> [Recording.Mark] {
        let threads = schedule.map { program.threads[$0.thread].name }
        var marks = threads.indices.dropFirst().filter { threads[$0] != threads[$0 - 1] }
            .map { Recording.Mark(name: "\(threads[$0]) goes on", step: step + $0) }
        if let first = firstStepOfRound { marks.append(Recording.Mark(name: "the round begins", step: step + first - 1)) }
        marks.append(Recording.Mark(name: finding.property, step: step + schedule.count))
        return marks.sorted { $0.step < $1.step }
    }
}
