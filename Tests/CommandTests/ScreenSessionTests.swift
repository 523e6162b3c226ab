import Foundation
import Testing

/// The program in a terminal, as a user meets it.
@Suite("In a terminal", .serialized)
struct ScreenSessionTests {
    private static let sizes = (columns: 120, rows: 40)

    /// A session of a size that shows every pane.
    private func open(_ arguments: [String], environment: [String: String?] = [:]) throws -> TerminalSession {
        let plain: [String: String?] = ["NO_COLOR": nil, "COLORTERM": nil]
        return try TerminalSession(
            arguments, columns: Self.sizes.columns, rows: Self.sizes.rows,
            environment: plain.merging(environment) { $1 })
    }

    /// The step that the header shows.
    private func step(_ screen: String) -> Int? { screen.firstMatch(of: /(?:step|event) (\d+)\//).flatMap { Int($0.1) } }

    /// Presses a key until the screen shows something, waiting for each press to take effect.
    private func press(_ key: String, until pattern: String, in terminal: TerminalSession) throws -> String {
        let regex = try Regex(pattern)
        var screen = try terminal.screen()
        for _ in 0..<60 where screen.firstMatch(of: regex) == nil {
            let before = screen
            var unchanged = 0
            try terminal.press(key)
            // A frame arrives row by row: it is complete when nothing more comes.
            try terminal.poll("\(key) to change the screen") {
                let now = try terminal.screen()
                unchanged = now == screen ? unchanged + 1 : 0
                screen = now
                return screen != before && unchanged >= 4
            }
        }
        return try terminal.wait(for: pattern)
    }

    /// Waits until the screen doesn't show some words any more: a frame doesn't arrive all at once.
    private func gone(_ words: String, from terminal: TerminalSession) throws {
        try terminal.poll("“\(words)” to go") { try !terminal.screen().contains(words) }
    }

    @Test("home, a scenario, its collision, and back over it")
    func collision() throws {
        let home = try open([])
        try home.wait(for: "What to look at")
        try home.type("/odp-vs-mu")
        try home.wait(for: "1 of \\d+")
        try home.press("Enter")
        try home.wait(for: "Address space")
        try home.wait(for: "odp-vs-munmap +step 0/")
        try home.press("s")
        try home.wait(for: "step 1/")
        try home.press("Escape")
        try home.wait(for: "What to look at")
        try home.press("q")
        #expect(try home.waitForEnd() == 0)
        #expect(try home.terminalSettings() == home.settingsBefore)

        let seed = try #require(try CommandRun.seed(of: "odp-vs-munmap", saying: "collide", policy: "bursts"))
        let run = try CommandRun("run", "odp-vs-munmap", "--headless", "--policy", "bursts", "--seed", seed)
        let told = try #require(run.output.firstMatch(of: /(\d+)  device  collides on/))
        let collided = try #require(Int(told.1))
        let terminal = try open(
            ["run", "odp-vs-munmap", "--policy", "bursts", "--seed", seed, "--at", "\(collided - 1)"])
        try terminal.wait(for: "step \(collided - 1)/")
        try terminal.press("n")
        try terminal.wait(for: "● collides on umem")
        try terminal.wait(for: "■ odd: fully excluded")
        try terminal.wait(for: "● colliding")
        try terminal.press("b")
        try terminal.wait(for: "step \(collided - 1)/")
        try gone("● collides on", from: terminal)
        try terminal.press("s")
        try terminal.wait(for: "collides on umem")
        try terminal.press("g")
        try terminal.wait(for: "step 0/")
        try gone("● colliding", from: terminal)
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
        #expect(try !terminal.screen().contains("Address space"))
    }

    @Test("a finding is told, and can be stepped back over")
    func finding() throws {
        let seed = try #require(try CommandRun.seed(of: "radeon-gup-unguarded", saying: "finding"))
        let terminal = try open(["run", "radeon-gup-unguarded", "--seed", seed])
        try terminal.wait(for: "step 0/")
        let screen = try press("n", until: "PROPERTY FAILED: no-stale-spte", in: terminal)
        #expect(screen.contains("▲ STALE"), "\(screen)")
        let place = try #require(step(screen))
        try terminal.press("b")
        try terminal.wait(for: "step \(place - 1)/")
        try gone("PROPERTY FAILED", from: terminal)
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("runs and pauses; a recording opens in the same panes")
    func running() throws {
        let terminal = try open(["trace", Files.recording])
        try terminal.wait(for: "event 0/")
        try terminal.press("Space")
        try terminal.wait(for: "running")
        try terminal.wait(for: "event [1-9]")
        try terminal.press("Space")
        try terminal.wait(for: "paused")
        try terminal.press("?")
        try terminal.wait(for: "any other key closes")
        try terminal.press("x")
        try gone("any other key", from: terminal)
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("a small terminal gives one clear line, a large one everything again")
    func resizing() throws {
        let terminal = try open(["run", "odp-vs-munmap"])
        try terminal.wait(for: "Address space")
        try terminal.resize(columns: 40, rows: 10)
        try terminal.wait(for: "mmuscope needs 60×16, this is 40×10")
        try terminal.poll("one line") { try terminal.screen().split(separator: "\n").count == 1 }
        try terminal.resize(columns: 120, rows: 40)
        try terminal.wait(for: "Address space")
        try terminal.wait(for: "7 Events")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("signals end it with the terminal as it was", arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGINT, 130), (SIGSEGV, 139)])
    func signals(_ signal: Int32, _ status: Int) throws {
        let terminal = try open(["run", "two-invalidations"])
        try terminal.wait(for: "Address space")
        try terminal.send(signal: signal)
        #expect(try terminal.waitForEnd() == status)
        #expect(try terminal.terminalSettings() == terminal.settingsBefore)
        #expect(try !terminal.screen().contains("Address space"))
    }

    @Test("Ctrl-C is exit status 130")
    func interrupted() throws {
        let terminal = try open([])
        try terminal.wait(for: "What to look at")
        try terminal.press("C-c")
        #expect(try terminal.waitForEnd() == 130)
        #expect(try terminal.terminalSettings() == terminal.settingsBefore)
    }

    @Test("Ctrl-Z gives the terminal back until fg")
    func suspended() throws {
        let terminal = try open(["run", "odp-vs-munmap"])
        try terminal.wait(for: "step 0/")
        try terminal.press("s")
        try terminal.wait(for: "step 1/")
        try terminal.press("C-z")
        #expect(try terminal.waitForEnd() == 148)
        #expect(try terminal.terminalSettings() == terminal.settingsBefore)
        try terminal.type("fg\n")
        try terminal.wait(for: "step 1/")
        try terminal.press("s")
        try terminal.wait(for: "step 2/")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
        #expect(try terminal.terminalSettings() == terminal.settingsBefore)
    }

    @Test("a terminal that can't move its cursor is told in one line")
    func dumb() throws {
        let terminal = try open(["run", "odp-vs-munmap"], environment: ["TERM": "dumb"])
        #expect(try terminal.waitForEnd() == 2)
        let lines = try terminal.screen().split(separator: "\n").filter { $0.contains("mmuscope:") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("'dumb' can't move its cursor") == true)
    }

    @Test("NO_COLOR means no colours")
    func noColour() throws {
        let colour = /\u{1b}\[([0-9]+[;:])*(3[0-8]|4[0-8]|9[0-7]|10[0-7])([;:][0-9]+)*m/
        let plain = try open(["run", "odp-vs-munmap"], environment: ["NO_COLOR": "1"])
        try plain.wait(for: "Address space")
        let text = try plain.screen(withColours: true)
        #expect(text.firstMatch(of: colour) == nil, "\(text)")
        try plain.press("q")
        try plain.waitForEnd()

        let coloured = try open(["run", "odp-vs-munmap"])
        try coloured.wait(for: "Address space")
        #expect(try coloured.screen(withColours: true).firstMatch(of: colour) != nil)
        try coloured.press("q")
        try coloured.waitForEnd()
    }

    @Test("Esc while it opens doesn't end it where there is no list to go back to")
    func escapeWhileOpening() throws {
        let terminal = try open(["run", "ten-thousand"])
        for _ in 0..<10 { try terminal.press("Escape") }
        try terminal.wait(for: "step 0/")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("where colours are red, green and blue, they are told as such")
    func directColour() throws {
        // As xterm-direct has it, which few machines have installed.
        let colour = { (code: Int) in
            #"\E[%?%p1%{8}%<%t\#(code)%p1%d%e\#(code)8;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m"#
        }
        let text = "mmuscope-direct|for tests,\n\tRGB, colors#0x1000000, pairs#0x7FFF, setaf=\(colour(3)), setab=\(colour(4)),\n\tuse=screen,\n"
        let folder = try Files.make("direct.ti", text.utf8)
        let compiled = folder + ".d"
        try #require(try Spawn(["tic", "-x", "-o", compiled, folder]).status == 0)
        let terminal = try open(["run", "odp-vs-munmap", "--seed", "17"], environment: ["TERM": "mmuscope-direct", "TERMINFO": compiled])
        try terminal.wait(for: "Address space")
        let screen = try terminal.screen(withColours: true)
        // The dark theme's accent is 81 of the palette's 256.
        #expect(screen.contains("38;2;95;215;255"), "\(screen)")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("--ascii means ASCII", arguments: [["run", "odp-vs-munmap", "--ascii"], ["--ascii"], ["trace", Files.recording, "--ascii"]])
    func ascii(_ arguments: [String]) throws {
        let terminal = try open(arguments)
        try terminal.wait(for: "Address space|What to look at")
        let text = try terminal.screen()
        let isASCII = text.unicodeScalars.allSatisfy { $0.isASCII }
        #expect(isASCII, "\(text)")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }
}
