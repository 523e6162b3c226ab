import Foundation
import Testing

@Suite("mmuscope new")
struct NewTests {
    private func place(_ name: String) throws -> String { try Files.make("unused", "".utf8).replacing("unused", with: name) }

    @Test("what it writes lints, checks as expected, and runs", arguments: [[], ["--driver"], ["--scenario"]])
    func template(_ arguments: [String]) throws {
        let file = try place("my-first")
        let made = try CommandRun(["new", file] + arguments)
        #expect(made.status == 0 && made.errors.isEmpty, "\(made.errors)")
        // The next three commands.
        let next = made.lines.filter { $0.hasPrefix("  mmuscope ") }.map { $0.dropFirst(2).split(separator: " ").map(String.init) }
        #expect(next.map { $0[1] } == ["lint", "check", "run"])
        #expect(next.allSatisfy { $0.last == file + ".model" })
        let lint = try CommandRun("lint", file + ".model")
        #expect(lint.status == 0 && lint.output.hasSuffix("no mistakes\n"), "\(lint.errors)")
        let check = try CommandRun("check", file + ".model", "--json")
        #expect(check.status == 0 && check.output.contains("\"verdict\":\"holds\""), "\(check.output)\(check.errors)")
        let run = try CommandRun("run", file + ".model", "--headless")
        #expect(run.status == 0 && run.lines.count > 5, "\(run.errors)")
        let text = try String(contentsOfFile: file + ".model", encoding: .utf8)
        #expect(text.contains("scenario my-first-vs-munmap") && text.contains("mmuscope check \(file).model"))
        #expect(!text.contains("IDENTIFIER") && !text.contains("NAME") && !text.contains("FILE"))
    }

    @Test("breaking the driver as its comment says fails")
    func broken() throws {
        let file = try place("broken.model")
        #expect(try CommandRun("new", file).status == 0)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let line = "        set_seq(m.notifier, cur_seq)\n"
        #expect(text.contains(line))
        try text.replacing(line, with: "").write(toFile: file, atomically: true, encoding: .utf8)
        let check = try CommandRun("check", file, "--json")
        #expect(check.status == 1 && check.output.contains("no-stale-spte"), "\(check.output)\(check.errors)")
    }

    @Test("nothing is overwritten, and what can't be a name is said in a line")
    func refused() throws {
        let file = try place("mine.model")
        try "mine".write(toFile: file, atomically: true, encoding: .utf8)
        for name in [file, try place("9lives"), try place("if"), try place("a b"), "/nowhere/at/all", try place("")] {
            let run = try CommandRun("new", name)
            #expect(run.status == 2 && run.complaints.count == 1 && run.output.isEmpty, "\(name): \(run.errors)")
        }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
    }

    @Test("templates are nothing to run or to use")
    func hidden() throws {
        let list = try CommandRun("list", "--all")
        #expect(!list.output.contains("template") && !list.output.contains("NAME-vs"))
    }
}

@Suite("mmuscope doctor")
struct DoctorTests {
    @Test("every line is graded; without a terminal there is nothing against it")
    func pipe() throws {
        let run = try CommandRun(["TERM=xterm-256color", "LC_ALL=C.UTF-8", "TMUX=", "STY="], then: ["doctor"])
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.output)\(run.errors)")
        #expect(run.lines.allSatisfy { $0.hasPrefix("ok ") || $0.hasPrefix("note ") }, "\(run.output)")
        for word in ["terminal", "size", "colours", "characters", "mouse", "frames", "clipboard", "settings", "last session", "editor"] {
            #expect(run.lines.contains { $0.dropFirst(9).hasPrefix(word) }, "\(word): \(run.output)")
        }
    }

    @Test("a terminal that can't be used is a problem, with what to do, and exit status 1", arguments: ["dumb", "none-such-terminal", ""])
    func unusable(_ name: String) throws {
        let run = try CommandRun(["TERM=\(name)"], then: ["doctor"])
        #expect(run.status == 1)
        let problem = try #require(run.lines.first { $0.hasPrefix("problem") })
        #expect(problem.contains("--plain"))
    }

    @Test("tells what is wrong with the settings, with its line")
    func settings() throws {
        let file = try Files.make("x", "".utf8)
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        let config = folder.appendingPathComponent("mmuscope/config.toml")
        try FileManager.default.createDirectory(at: config.deletingLastPathComponent(), withIntermediateDirectories: true)
        try "theme = \"drak\"\nmouse = 1\n".write(to: config, atomically: true, encoding: .utf8)
        let run = try CommandRun(["TERM=xterm", "XDG_CONFIG_HOME=\(folder.path)"], then: ["doctor"])
        #expect(run.status == 0)
        #expect(run.lines.contains { $0.hasPrefix("note") && $0.contains("config.toml:1: theme takes one of \"dark\"") }, "\(run.output)")
        #expect(run.lines.contains { $0.hasPrefix("note") && $0.contains("config.toml:2: mouse takes true or false") }, "\(run.output)")
    }

    @Test("in tmux it says how large the terminal is and what stands between; what it asked stays unseen")
    func tmux() throws {
        let terminal = try TerminalSession(["doctor"], columns: 100, rows: 30)
        #expect(try terminal.waitForEnd() == 0)
        let screen = try terminal.wait(for: #"ok +size +100x30"#)
        #expect(!screen.contains("2026") && !screen.contains("^["), "\(screen)")
        #expect(try terminal.terminalSettings() == terminal.settingsBefore)
        let small = try TerminalSession(["doctor"], columns: 50, rows: 30)
        #expect(try small.waitForEnd() == 1)
        try small.wait(for: "problem +size")
    }
}
