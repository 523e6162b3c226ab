import Foundation
import Screen
import Terminal

/// Where the settings are from one start to the next.
struct SettingsStore {
    let path: String

    /// `nil` where the environment names no place.
    init?() {
        guard let folder = UserFolders.config else { return nil }
        path = "\(folder)/mmuscope/config.toml"
    }

    /// What is kept; a file that can't be read is none.
    /// - Returns: what is wrong with it, too, in one line.
    func read() -> (file: SettingsFile, complaint: String?) {
        guard FileManager.default.fileExists(atPath: path) else { return (SettingsFile(""), nil) }
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
            return (SettingsFile(""), "\(path): can't be read as text: everything is as without it")
        }
        let file = SettingsFile(text)
        guard let first = file.mistakes.first else { return (file, nil) }
        let more = file.mistakes.count > 1 ? " (and \(file.mistakes.count - 1) more: mmuscope doctor)" : ""
        let rest = file.isDamaged ? ": everything is as without it" : ": that is as without it"
        return (file, "\(path):\(first)\(more)\(rest)")
    }

    /// Writes what differs between two settings.
    func keep(_ before: Settings, _ after: Settings) throws {
        // Another program may have written meanwhile.
        let (file, complaint) = read()
        guard let text = file.changed(from: before, to: after) else {
            throw Failure(complaint ?? "\(path): is damaged")
        }
        // A link leads to where the user really keeps it.
        let target = URL(filePath: path).resolvingSymlinksInPath()
        do {
            try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: target, options: .atomic)
        } catch {
            throw Failure("\(path): cannot be written")
        }
    }
}

/// The folders that the environment gives a program (XDG); each `nil` where neither it nor HOME is set.
enum UserFolders {
    static var config: String? { folder("XDG_CONFIG_HOME", ".config") }
    static var state: String? { folder("XDG_STATE_HOME", ".local/state") }
    static var data: String? { folder("XDG_DATA_HOME", ".local/share") }

    private static func folder(_ variable: String, _ standard: String) -> String? {
        let environment = ProcessInfo.processInfo.environment
        func absolute(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        return absolute(variable) ?? absolute("HOME").map { "\($0)/\(standard)" }
    }
}
