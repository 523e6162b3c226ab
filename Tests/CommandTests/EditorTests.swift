import Foundation
import Testing

/// `E`: the user's editor, and the session with what was changed.
@Suite("The editor", .serialized, .enabled(if: TerminalSession.isAvailable, "there is no tmux: install it to have the terminal tests run"))
struct EditorSessionTests {
    /// An editor that notes what it is asked for and does the first of its jobs that is still to be done, one at each call.
    private func editor(_ jobs: [String]) throws -> (path: String, log: String) {
        let log = try Files.make("log", "".utf8)
        let cases = jobs.enumerated().map { "\($0 + 1)) \($1) ;;" }.joined(separator: "\n")
        let script = """
            #!/bin/sh
            echo "$@" >> '\(log)'
            [ -t 0 ] && [ -t 1 ] || exit 9
            case $(wc -l < '\(log)') in
            \(cases)
            esac
            """
        let path = try Files.make("editor", script.utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return (path, log)
    }

    @Test("a text of the binary's own is copied, and the session goes on with the copy; a mistake leaves it as it was")
    func embedded() throws {
        let (editor, log) = try editor([
            #"sed -i 's/say odd: "makes seq odd/say odd: "CHANGES seq to odd/' "$2""#, "echo 'nonsense(' >> \"$2\"",
            "true", "exit 3",
        ])
        let terminal = try TerminalSession(
            ["run", "odp-vs-munmap", "--seed", "17", "--at", "100"], columns: 140, rows: 40,
            environment: ["EDITOR": editor, "VISUAL": nil, "XDG_DATA_HOME": nil, "HOME": FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString])
        try terminal.wait(for: "step 100/")
        // The log, which may lie behind another pane.
        try terminal.press("7")
        try terminal.wait(for: "makes seq odd: 2")
        try terminal.press("E")
        try terminal.wait(for: "opened anew: it runs from ~/.local/share/mmuscope/models/odp-vs-munmap now")
        try terminal.wait(for: "CHANGES seq to odd: 2")
        try terminal.wait(for: "step 100/")
        let first = try String(contentsOfFile: log, encoding: .utf8)
        #expect(first.firstMatch(of: /^\+\d+ \/.*\/mmuscope\/models\/odp-vs-munmap\/kernel\/interval_notifier.model\n$/) != nil, "\(first)")
        // Now it doesn't compile.
        try terminal.press("E")
        try terminal.wait(for: #"interval_notifier:\d+:\d+: .*: the session goes on as it was"#)
        try terminal.press("b")
        try terminal.wait(for: "step 99/")
        try terminal.press("s")
        try terminal.wait(for: "CHANGES seq to odd: 2")
        try terminal.press("E")
        try terminal.wait(for: "nothing was changed")
        try terminal.press("E")
        try terminal.wait(for: "ended with status 3")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
        #expect(try terminal.terminalSettings() == terminal.settingsBefore)
    }

    @Test("where nothing is changed no copy stays")
    func unchanged() throws {
        let data = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let terminal = try TerminalSession(
            ["run", "odp-vs-munmap"], columns: 120, rows: 40, environment: ["EDITOR": "true", "VISUAL": nil, "XDG_DATA_HOME": data.path])
        try terminal.wait(for: "step 0/")
        try terminal.press("E")
        try terminal.wait(for: "nothing was changed")
        #expect(!FileManager.default.fileExists(atPath: data.appendingPathComponent("mmuscope/models/odp-vs-munmap").path))
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("a file of the user's own is edited where it is")
    func own() throws {
        let (editor, log) = try editor([#"sed -i 's/maps 1/maps 2/' "$2""#])
        let text = "record Box { value: u8 }\nscenario own {\n    \"Its own.\"\n    let box = new Box\n"
            + "    thread a { say map: \"maps 1\"; box.value = 1 }\n    teardown { free box }\n    expect holds\n}\n"
        let file = try Files.make("own.model", text.utf8)
        let terminal = try TerminalSession(["run", file], columns: 120, rows: 40, environment: ["EDITOR": "vi", "VISUAL": editor])
        try terminal.wait(for: "step 0/")
        try terminal.press("E")
        try terminal.wait(for: "opened anew")
        #expect(try String(contentsOfFile: log, encoding: .utf8).hasSuffix(" \(file)\n"))
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("maps 2"))
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("a recording of a kernel has nothing to edit")
    func recording() throws {
        let terminal = try TerminalSession(["trace", Files.recording], columns: 120, rows: 40, environment: ["EDITOR": "false", "VISUAL": nil])
        try terminal.wait(for: "event 0/")
        try terminal.press("n")
        try terminal.wait(for: "event [1-9]")
        try terminal.press("E")
        try terminal.wait(for: "nothing to edit|no text")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }
}
