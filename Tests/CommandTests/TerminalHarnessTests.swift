import Foundation
import Testing

/// The harness on programs that every machine has, so that a failing terminal test is about `mmuscope`.
@Suite("Terminal harness", .serialized, .enabled(if: TerminalSession.isAvailable))
struct TerminalHarnessTests {
    @Test("types at a program and reads its screen")
    func typing() throws {
        let terminal = try TerminalSession(["-c", "read -r line; echo \"got <$line>\"; exit 3"], program: "/bin/bash")
        try terminal.type("it's $HOME\n")
        try terminal.wait(for: #"^got <it's \$HOME>$"#)
        #expect(try terminal.waitForEnd() == 3)
    }

    @Test("gives the size that was asked for, and another one")
    func resizing() throws {
        let terminal = try TerminalSession(
            ["-c", "trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done"], program: "/bin/bash", columns: 120, rows: 40)
        try terminal.wait(for: "^40 120$")
        try terminal.resize(columns: 60, rows: 15)
        try terminal.wait(for: "^15 60$")
        try terminal.press("C-c")
        #expect(try terminal.waitForEnd() == 130)
    }

    @Test("suspends, continues and kills")
    func signals() throws {
        let terminal = try TerminalSession(["1000"], program: "/bin/sleep")
        try terminal.press("C-z")
        #expect(try terminal.waitForEnd() == 148)
        try terminal.type("fg\n")
        try terminal.wait(for: "^./run$")
        try terminal.send(signal: SIGTERM)
        #expect(try terminal.waitForEnd() == 143)
    }

    @Test("sees what a program leaves behind in the terminal")
    func leftovers() throws {
        let tidy = try TerminalSession([], program: "/bin/true")
        #expect(try tidy.waitForEnd() == 0)
        #expect(try tidy.terminalSettings() == tidy.settingsBefore)

        let untidy = try TerminalSession(["-c", "printf '\\033[?25l\\033[?1049h'; stty -iexten"], program: "/bin/bash")
        #expect(try untidy.waitForEnd() == 0)
        #expect(try untidy.terminalSettings() != untidy.settingsBefore)
    }

    @Test("passes the environment, and takes out of it")
    func environment() throws {
        let terminal = try TerminalSession(
            ["-c", "echo \"term $TERM, colour <${NO_COLOR-unset}>, home <${HOME-unset}>\""], program: "/bin/bash",
            environment: ["NO_COLOR": "it's 1", "HOME": nil, "TERM": "vt100"])
        try terminal.wait(for: "^term vt100, colour <it's 1>, home <unset>$")
    }

    @Test("blocks no signals, and ignores none, in what it starts")
    func signalMask() throws {
        let terminal = try TerminalSession(["Sig[BI]", "/proc/self/status"], program: "/bin/grep")
        try terminal.wait(for: #"^SigBlk:\s+0+$"#)
        // Signals 1 to 31; those above are the C library's own.
        try terminal.wait(for: #"^SigIgn:\s+[0-9a-f]+[08]0000000$"#)
    }

    @Test("finds the program that was built")
    func program() {
        #expect(FileManager.default.isExecutableFile(atPath: TerminalSession.program))
    }

    @Test("a wait that fails shows the screen")
    func failure() throws {
        let terminal = try TerminalSession(["here I am"], program: "/bin/echo")
        try terminal.wait(for: "here I am")
        let failure = try #require(throws: TerminalSession.Failure.self) { try terminal.wait(for: "nowhere", within: 0.1) }
        #expect(failure.description.contains("here I am"))
    }
}
