import Foundation
import Testing

/// The mouse, settings that stay, and a terminal that is given back.
@Suite("A user's terminal", .serialized, .enabled(if: TerminalSession.isAvailable, "there is no tmux: install it to have the terminal tests run"))
struct TerminalUserTests {
    private let flags = "#{mouse_button_flag}#{mouse_sgr_flag}"

    @Test("the mouse is the program's while it has the terminal, and nobody's before and after")
    func mouse() throws {
        let terminal = try TerminalSession(["run", "odp-vs-munmap"])
        try terminal.wait(for: "step 0/")
        try terminal.poll("the mouse to be asked for") { try terminal.value(flags) == "11" }
        // Stopped, it has none.
        try terminal.press("C-z")
        #expect(try terminal.waitForEnd() == 148)
        #expect(try terminal.value(flags) == "00")
        try terminal.type("fg\n")
        try terminal.wait(for: "step 0/")
        try terminal.poll("the mouse to be asked for again") { try terminal.value(flags) == "11" }
        // Whatever the reports are, they are no keys: none of these may step or quit.
        for report in ["0;5;5M", "0;5;5m", "35;9;9M", "2;3;4M", "65;1;1M", "0;70"] { try terminal.send(bytes: "\u{1b}[<" + report) }
        try terminal.send(bytes: "q")
        try terminal.press("s")
        try terminal.wait(for: "step 1/")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
        #expect(try terminal.value(flags) == "00")
    }

    @Test("a crash gives the mouse back, too")
    func crash() throws {
        let terminal = try TerminalSession(["run", "odp-vs-munmap"])
        try terminal.wait(for: "step 0/")
        try terminal.poll("the mouse to be asked for") { try terminal.value(flags) == "11" }
        try terminal.send(signal: SIGSEGV)
        #expect(try terminal.waitForEnd() == 139)
        #expect(try terminal.value(flags) == "00")
    }

    @Test("--no-mouse, and the settings, leave it to the terminal")
    func noMouse() throws {
        let folder = try settings("mouse = false\n")
        for (arguments, environment) in [(["run", "odp-vs-munmap", "--no-mouse"], [:]), (["run", "odp-vs-munmap"], ["XDG_CONFIG_HOME": folder]), (["--no-mouse"], [:])] {
            let terminal = try TerminalSession(arguments, environment: environment)
            try terminal.wait(for: "step 0/|What to look at")
            #expect(try terminal.value(flags) == "00")
            try terminal.press("q")
            #expect(try terminal.waitForEnd() == 0)
        }
    }

    /// A folder for settings with a file in it.
    private func settings(_ text: String) throws -> String {
        let folder = URL(fileURLWithPath: try Files.make("x", "".utf8)).deletingLastPathComponent()
        let config = folder.appendingPathComponent("mmuscope/config.toml")
        try FileManager.default.createDirectory(at: config.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: config, atomically: true, encoding: .utf8)
        return folder.path
    }

    private func text(_ folder: String) throws -> String {
        try String(contentsOfFile: folder + "/mmuscope/config.toml", encoding: .utf8)
    }

    @Test("a theme that is chosen stays, and what else is in the file, too; the command line goes before it")
    func themes() throws {
        let folder = try settings("# mine\nother = 1\n")
        let terminal = try TerminalSession(["run", "odp-vs-munmap"], environment: ["XDG_CONFIG_HOME": folder])
        try terminal.wait(for: "step 0/")
        try terminal.press("T")
        try terminal.poll("the theme to be kept") { try text(folder).contains("theme") }
        #expect(try text(folder) == "# mine\nother = 1\ntheme = \"light\"\n")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
        // The next start begins with it: the next theme is the one after.
        let home = try TerminalSession([], environment: ["XDG_CONFIG_HOME": folder])
        try home.wait(for: "What to look at")
        try home.press("T")
        try home.poll("the theme to be kept") { try text(folder).contains("contrast") }
        try home.press("q")
        #expect(try home.waitForEnd() == 0)
        let other = try TerminalSession(["--theme", "dark", "--ascii"], environment: ["XDG_CONFIG_HOME": folder])
        try other.wait(for: "What to look at")
        try other.press("T")
        try other.poll("the theme to be kept") { try text(folder).contains("light") }
        #expect(try text(folder) == "# mine\nother = 1\ntheme = \"light\"\n")
        try other.press("q")
        #expect(try other.waitForEnd() == 0)
    }

    @Test("a damaged file is said in a line, changes nothing, and is not written over")
    func damaged() throws {
        let folder = try settings("theme = \"light\"\nnot a line\n")
        let terminal = try TerminalSession(["run", "odp-vs-munmap"], columns: 160, environment: ["XDG_CONFIG_HOME": folder])
        try terminal.wait(for: "config.toml:2: 'notaline' is no 'key = value'")
        try terminal.press("T")
        try terminal.wait(for: "not kept: ")
        #expect(try text(folder) == "theme = \"light\"\nnot a line\n")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }
}
