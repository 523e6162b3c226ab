import Foundation

/// One run of the built program without a terminal.
struct CommandRun {
    var status: Int32
    var output: String
    var errors: String

    /// The lines of standard error.
    var complaints: [Substring] { errors.split(separator: "\n") }

    /// Runs `mmuscope` to its end.
    init(_ arguments: String...) throws { try self.init(arguments) }

    /// Runs `mmuscope` to its end.
    /// - Parameter state: the folder for what is kept from one run to the next; one that can't be written when nil, so that no
    ///   test leaves anything behind.
    init(_ arguments: [String], state: String? = nil) throws {
        let ended = try Spawn(
            Self.environment + ["XDG_STATE_HOME=\(state ?? "/dev/null")", TerminalSession.program] + arguments)
        (status, output, errors) = (ended.status, ended.output, ended.errors)
    }

    /// Runs `mmuscope` after other words of the environment.
    init(_ environment: [String], then arguments: [String]) throws {
        let ended = try Spawn(Self.environment + environment + [TerminalSession.program] + arguments)
        (status, output, errors) = (ended.status, ended.output, ended.errors)
    }

    /// Runs `mmuscope` with lines of text to read.
    init(_ arguments: String..., typing lines: [String]) throws {
        let input = try Files.make("input", lines.map { $0 + "\n" }.joined().utf8)
        let ended = try Spawn(Self.environment + [TerminalSession.program] + arguments, input: input)
        (status, output, errors) = (ended.status, ended.output, ended.errors)
    }

    /// The user's own settings and files have no say.
    private static let environment = [
        "env", "XDG_STATE_HOME=/dev/null", "XDG_CONFIG_HOME=/dev/null", "XDG_DATA_HOME=/dev/null",
    ]

    /// The lines of standard output.
    var lines: [Substring] { output.split(separator: "\n") }

    /// The first seed whose run says something of this kind.
    static func seed(of scenario: String, saying kind: String, policy: String = "random") throws -> String? {
        try (0..<200).lazy.map(String.init).first { seed in
            try CommandRun("run", scenario, "--headless", "--json", "--seed", seed, "--policy", policy)
                .output.contains("\"kind\":\"\(kind)\"")
        }
    }
}

/// Files of the repository, and such as a test makes.
enum Files {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// A real recording of a small run.
    static let recording = root.appendingPathComponent("assets/traces/d0_mni_tiny.trace.gz").path

    /// A model without anything in it.
    static let emptyModel: String = (try? make("empty.model", [])) ?? "/nowhere.model"

    /// Makes a file in a folder of its own.
    static func make(_ name: String, _ content: some Sequence<UInt8>) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mmuscope-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent(name)
        try Data(content).write(to: file)
        return file.path
    }
}

extension CommandRun {
    init(_ ended: Spawn) { (status, output, errors) = (ended.status, ended.output, ended.errors) }
}
