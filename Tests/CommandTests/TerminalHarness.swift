import Foundation

/// A program in a real terminal: tmux on a private socket, typed at and read back.
///
/// The program is started from an interactive bash, as a user would, so what happens after it (its exit status, a
/// suspended job, the state in which it leaves the terminal) can be seen too. The prompt is the last exit
/// status: `[0]$`.
///
///     let terminal = try TerminalSession(["--seed", "1"], columns: 80, rows: 24)
///     try terminal.wait(for: "Interval tree")
///     try terminal.press("s", "Left")
///     try terminal.press("q")
///     #expect(try terminal.waitForEnd() == 0)
final class TerminalSession {
    /// What went wrong, with the screen at the time.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The `mmuscope` that was built with these tests.
    static let program: String = {
        // On Linux the tests are an executable of their own, next to the products.
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("mmuscope").path
    }()

    /// Whether there is a tmux to do this with; for `.enabled(if:)`.
    static let isAvailable = (try? run(["tmux", "-V"])) != nil

    /// How long things may take. Generous: sanitizers and loaded machines are slow, and only failures wait this long.
    static let patience: TimeInterval = 90

    /// Names the process that started it, so that leftovers can be told from the sessions of other runs on the machine.
    private let name = "mmuscope-test-\(getpid())-\(UUID().uuidString.prefix(8))"
    /// The program's current folder. Holds the socket, the script that the shell runs and the program's process number; goes when the session does.
    let directory: URL
    /// The file that tells a script that restarts its program that it has done so often enough.
    private static let mayEnd = "may-end"
    private var socketPath: String { directory.appendingPathComponent("tmux").path }

    /// Starts the program. A value of nil takes a variable out of its environment. A program that `isRestarted` comes again
    /// whenever it ends with status 0, until ``letEnd()``.
    init(
        _ arguments: [String] = [], program: String = TerminalSession.program, columns: Int = 80, rows: Int = 24,
        environment: [String: String?] = [:], isRestarted: Bool = false
    ) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try writeScript(arguments, program, environment, isRestarted)
        try startServer(
            "-u", "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "-c", directory.path,
            "env -u TMUX PS1='[$?]$ ' LC_ALL=C.UTF-8 HISTFILE= bash --norc --noprofile -i")
        // One pane and nothing else on the screen.
        try tmux("set-option", "-g", "status", "off")
        try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
        try wait(for: #"\[0\]\$ *$"#)
        settingsBefore = try terminalSettings()
        try type("clear; ./run\n")
        try poll("the start of the program") { processID != nil }
    }

    deinit {
        _ = try? tmux("kill-server")
        try? FileManager.default.removeItem(at: directory)
    }

    /// The terminal's settings (of `stty`) and modes before the program started.
    private(set) var settingsBefore = ""

    // MARK: Doing

    /// Presses keys by tmux's names: "q", "Enter", "Escape", "Left", "C-z", "F1"…
    func press(_ keys: String...) throws {
        try tmux(["send-keys", "--"] + keys)
    }

    /// Types the text as it is; a newline is the Enter key.
    func type(_ text: String) throws {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if number > 0 { try press("Enter") }
            if !line.isEmpty { try tmux("send-keys", "-l", "--", String(line)) }
        }
    }

    /// Sends the bytes of a text as a terminal would: reports of the mouse, for one.
    func send(bytes text: String) throws { try send(bytes: Array(text.utf8)) }

    func send(bytes: [UInt8]) throws {
        try tmux(["send-keys", "-H"] + bytes.map { String($0, radix: 16) })
    }

    /// A value of tmux's about the pane: "#{mouse_any_flag}".
    func value(_ format: String) throws -> String {
        try tmux("display-message", "-p", format).trimmingCharacters(in: .newlines)
    }

    /// Has tmux take text that the program wants on the clipboard; ``clipboard()`` gives it back.
    func acceptClipboard() throws { try tmux("set-option", "-s", "set-clipboard", "on") }

    /// The text that was copied last, or `nil`.
    func clipboard() -> String? { try? tmux("show-buffer") }

    /// The server's, for a program that is to think that it runs in tmux.
    var socket: String { socketPath }

    func resize(columns: Int, rows: Int) throws {
        try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
    }

    /// The next end of a program that is restarted is its last.
    func letEnd() throws {
        try Data().write(to: directory.appendingPathComponent(Self.mayEnd))
    }

    /// Sends the program a signal, as `kill` does.
    func send(signal: Int32) throws {
        guard let processID, kill(processID, signal) == 0 else {
            throw Failure(description: "no program to send signal \(signal) to\n\(try screen())")
        }
    }

    // MARK: Looking

    /// The text on the screen, a line a row, without trailing blanks; with colours as escape sequences if asked for.
    func screen(withColours: Bool = false) throws -> String {
        try tmux(["capture-pane", "-p"] + (withColours ? ["-e"] : []))
    }

    /// Waits until the regular expression matches what is on the screen, and returns that. `$` and `^` are those of lines.
    @discardableResult
    func wait(for pattern: String, within limit: TimeInterval = patience) throws -> String {
        let regex = try Regex(pattern).anchorsMatchLineEndings()
        var screen = ""
        try poll("/\(pattern)/ on the screen", within: limit) {
            screen = try self.screen()
            return screen.firstMatch(of: regex) != nil
        }
        return screen
    }

    /// Waits until the program is gone, or suspended, and returns the exit status that the shell reports.
    @discardableResult
    func waitForEnd(within limit: TimeInterval = patience) throws -> Int {
        var status: Int?
        var (before, unchanged) = ("", 0)
        try poll("the shell's prompt", within: limit) {
            // Bash is in the foreground before it prints the prompt, so both are waited for.
            guard try isAtPrompt() else { return false }
            let screen = try screen()
            unchanged = screen == before ? unchanged + 1 : 0
            before = screen
            let lines = screen.split(separator: "\n")
            status = lines.last?.firstMatch(of: #/\[(\d+)\]\$ *$/#).flatMap { Int($0.1) }
            // The prompt may stand over what was echoed while an editor had the terminal; then nothing moves any more.
            if status == nil, unchanged > 25 {
                status = lines.last { $0.hasPrefix("[") }?.prefixMatch(of: #/\[(\d+)\]\$ /#).flatMap { Int($0.1) }
            }
            return status != nil
        }
        return status ?? -1
    }

    /// Whether the program is gone or suspended: the shell that started it has the terminal.
    func isAtPrompt() throws -> Bool {
        try tmux("display-message", "-p", "#{pane_current_command}").hasPrefix("bash")
    }

    /// The terminal's settings and modes, to compare with `settingsBefore` at a prompt.
    func terminalSettings() throws -> String {
        let path = try tmux("display-message", "-p", "#{pane_tty}").trimmingCharacters(in: .newlines)
        // The size is not the program's to restore.
        let settings = try Self.run(["stty", "-a", "-F", path]).replacing(#/rows \d+; columns \d+; /#, with: "")
        let modes = try tmux(
            "display-message", "-p",
            "cursor #{cursor_flag} alternate #{alternate_on} mouse #{mouse_any_flag} keypad #{keypad_flag} wrap #{wrap_flag}")
        return settings + modes
    }

    /// Begins to keep every byte that the program writes to its terminal; returns what to read them with.
    func recordOutput() throws -> () throws -> [UInt8] {
        let file = directory.appendingPathComponent("output")
        try tmux("pipe-pane", "cat > '\(file.path)'")
        try poll("the recording to begin") { FileManager.default.fileExists(atPath: file.path) }
        return { [UInt8](try Data(contentsOf: file)) }
    }

    /// How many bytes the program has read and written so far, whatever from and to.
    func traffic() throws -> (read: Int, written: Int) {
        guard let processID else { throw Failure(description: "no program to look at") }
        let text = try String(contentsOfFile: "/proc/\(processID)/io", encoding: .utf8)
        func number(_ name: String) -> Int {
            text.split(separator: "\n").first { $0.hasPrefix(name + ": ") }.flatMap { Int($0.dropFirst(name.count + 2)) } ?? -1
        }
        return (number("rchar"), number("wchar"))
    }

    /// The program's process, once it has started.
    var processID: pid_t? {
        (try? String(contentsOf: directory.appendingPathComponent("pid"), encoding: .utf8))
            .flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Waits for anything at all.
    func poll(_ what: String, within limit: TimeInterval = patience, until condition: () throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: limit)
        while try !condition() {
            guard Date() < deadline else {
                let screen = (try? screen()) ?? "(no screen)"
                throw Failure(description: "waited \(limit) s for \(what); the screen:\n\(screen)")
            }
            usleep(20_000)
        }
    }

    // MARK: Underneath

    /// What the shell is asked to run: notes its process number, then becomes the program.
    private func writeScript(_ arguments: [String], _ program: String, _ environment: [String: String?], _ isRestarted: Bool) throws {
        func quoted(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }
        var lines = ["#!/bin/sh"]
        if isRestarted {
            // Nothing is echoed in between: what is on the screen was read by the program.
            lines.append(#"if [ "$1" != once ]; then before=$(stty -g); stty -echo"#)
            lines.append(#"while "$0" once; status=$?; [ $status = 0 ] && ! [ -e \#(Self.mayEnd) ]; do :; done; stty "$before"; exit $status; fi"#)
        }
        lines.append("echo $$ > pid.new && mv pid.new pid")
        // Sessions and settings are kept; the user's own shall stay what they are.
        let own = ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"].map { ($0, directory.path as String?) }
        let environment = Dictionary(uniqueKeysWithValues: own).merging(environment) { $1 }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            lines.append(value.map { "export \(name)=\(quoted($0))" } ?? "unset \(name)")
        }
        lines.append((["exec", quoted(program)] + arguments.map(quoted)).joined(separator: " "))
        let script = directory.appendingPathComponent("run")
        try (lines.joined(separator: "\n") + "\n").write(to: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
    }

    /// Runs the command that brings up the server, without the descriptors that Foundation leaves open in what it starts: it takes a
    /// process for running as long as anyone has those, and the server would have them to its end.
    private func startServer(_ arguments: String...) throws {
        let closing = #"for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd < 3)) || eval "exec $fd>&-"; done; exec "$@""#
        try Self.run(["bash", "-c", closing, "bash", "tmux", "-S", socketPath] + arguments)
    }

    @discardableResult
    private func tmux(_ arguments: String...) throws -> String {
        try tmux(arguments)
    }

    @discardableResult
    private func tmux(_ arguments: [String]) throws -> String {
        try Self.run(["tmux", "-S", socketPath] + arguments)
    }

    /// Runs a tool to its end and returns what it printed.
    @discardableResult
    private static func run(_ command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try withNoSignalsBlocked { try process.run() }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command.joined(separator: " ")): \(text)")
        }
        return text
    }

    /// The threads that tests run on block nearly all signals, and what they start inherits that: neither SIGTERM nor SIGWINCH
    /// would reach a program under test.
    private static func withNoSignalsBlocked(_ body: () throws -> Void) rethrows {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try body()
    }
}
