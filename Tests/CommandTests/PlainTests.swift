import Foundation
import Testing

/// `--plain`: commands from a pipe, sentences back.
@Suite("Without a screen")
struct PlainTests {
    private func run(_ scenario: String = "odp-vs-munmap", seed: String = "17", _ lines: String...) throws -> CommandRun {
        let input = try Files.make("commands", lines.map { $0 + "\n" }.joined().utf8)
        let ended = try Spawn(
            ["env", "XDG_STATE_HOME=/dev/null", TerminalSession.program, "run", scenario, "--plain", "--seed", seed], input: input)
        return CommandRun(ended)
    }

    @Test("steps tell what happened, in the words of a headless run, and where it stands now")
    func stepping() throws {
        let told = try run("odp-vs-munmap", seed: "17", "step 100")
        #expect(told.status == 0 && told.errors.isEmpty, "\(told.errors)")
        #expect(told.lines.first?.hasPrefix("odp-vs-munmap. At step 0") == true)
        #expect(told.lines.last == "At step 100 of 100 so far, policy random, seed 17.")
        let headless = try CommandRun("run", "odp-vs-munmap", "--headless", "--seed", "17")
        let expected = headless.lines.compactMap { $0.firstMatch(of: /^ *(\d+)  (\S+)  (.*)$/) }
            .compactMap { match in Int(match.1).map { (step: $0, name: match.2, text: match.3) } }
            .filter { (1...100).contains($0.step) }
        let events = told.lines.filter { $0.hasPrefix("Step ") }
        try #require(!expected.isEmpty && events.count == expected.count, "\(told.output)")
        for (event, expected) in zip(events, expected) {
            #expect(event.hasPrefix("Step \(expected.step): ") && event.contains(" \(expected.name) \(expected.text)"), "\(event)")
        }
    }

    @Test("the same commands, the same words")
    func again() throws {
        let first = try run("odp-vs-munmap", seed: "3", "next", "threads", "back 5", "where", "run 50", "notifiers", "tree")
        let second = try run("odp-vs-munmap", seed: "3", "next", "threads", "back 5", "where", "run 50", "notifiers", "tree")
        #expect(first.output == second.output && first.status == 0)
    }

    @Test("goes back, and choosing otherwise goes another way")
    func back() throws {
        let told = try run("two-invalidations", seed: "1", "step 10", "back 3", "thread T0", "where")
        #expect(told.lines.contains("At step 7 of 10 so far, policy random, seed 1."), "\(told.output)")
        #expect(told.lines.contains { $0.hasPrefix("At step 8 of ") }, "\(told.output)")
    }

    @Test("looks at everything there is")
    func looking() throws {
        let told = try run("odp-vs-munmap", seed: "17", "goto 100", "threads", "notifiers", "mm", "tree", "code", "events 3")
        #expect(told.errors.isEmpty)
        for words in [
            "T0 device: ", "T1 munmap (took the last step): ", "umem#1, 0x10 to 0x17: ", "odd: fully excluded", "In flight: ",
            "Mapped: 0x14 to 0x1f", "Level 0, root: umem#1", " (here): ",
        ] { #expect(told.output.contains(words), "\(words): \(told.output)") }
    }

    @Test("what is no command is one line that names the nearest, and exit status 2 at the end")
    func mistakes() throws {
        let told = try run("odp-vs-munmap", seed: "1", "# a comment", "", "stepp", "step", "goto x", "thread T9", "perturb none-such")
        #expect(told.status == 2)
        #expect(told.complaints.count == 4, "\(told.errors)")
        #expect(told.complaints.first == "mmuscope: there is no command 'stepp'; did you mean 'step'?")
        #expect(told.complaints.allSatisfy { $0.hasPrefix("mmuscope: ") })
        #expect(told.output.contains("At step 1 of 1 so far"))
    }

    @Test("a finding is told, stays, and is exit status 1")
    func finding() throws {
        let seed = try #require(try CommandRun.seed(of: "radeon-gup-unguarded", saying: "finding"))
        let told = try run("radeon-gup-unguarded", seed: seed, "run")
        #expect(told.status == 1 && told.lines.last?.hasPrefix("Finding at step ") == true, "\(told.output)")
        #expect(told.lines.last?.contains("no-stale-spte fails: ") == true)
        let left = try run("radeon-gup-unguarded", seed: seed, "run", "back", "quit", "step")
        #expect(left.status == 0)
    }

    @Test("a recording of a kernel is told the same way; it has nothing to perturb")
    func recording() throws {
        let told = try CommandRun("trace", Files.recording, "--plain", typing: ["step 4", "threads", "pages", "end"])
        #expect(told.status == 0 && told.errors.isEmpty, "\(told.errors)")
        #expect(told.lines.first?.contains("At step 0 of 2446") == true)
        #expect(told.output.contains("Page-table entries are not known here."))
        #expect(told.lines.last?.hasPrefix("At step 2446 of 2446") == true)
    }

    @Test("help tells every command, each with what it does; there is no prompt in a pipe")
    func help() throws {
        let told = try run("odp-vs-munmap", seed: "1", "help", "help step")
        let usages = told.lines.dropFirst().dropLast()
        #expect(usages.count > 40 && usages.allSatisfy { $0.contains(": ") && !$0.contains("> ") }, "\(told.output)")
        #expect(told.lines.last?.hasPrefix("step [N]: ") == true)
        let all = usages.compactMap { $0.split(separator: " ").first?.split(separator: ":").first.map(String.init) }
        #expect(Set(all).count == all.count)
    }

    @Test("ways to run exclude each other")
    func exclusive() throws {
        for arguments in [["run", "odp-vs-munmap", "--headless"], ["trace", Files.recording, "--headless"], ["trace", "-"], ["replay", "-"]] {
            let run = try CommandRun(arguments + ["--plain"])
            #expect(run.status == 2 && run.complaints.count == 1 && run.output.isEmpty, "\(arguments): \(run.errors)")
        }
    }

    @Test("--ascii prints ASCII")
    func ascii() throws {
        let told = try CommandRun("run", "odp-vs-munmap", "--plain", "--ascii", "--seed", "17", typing: ["run 150", "threads"])
        let isASCII = told.output.unicodeScalars.allSatisfy(\.isASCII)
        #expect(isASCII && told.output.contains("makes seq odd: 2 > 3"), "\(told.output)")
    }

    @Test("at a terminal there is a prompt, and an empty line does the last again")
    func prompt() throws {
        let terminal = try TerminalSession(["run", "odp-vs-munmap", "--plain"])
        try terminal.wait(for: "^step 0> *$")
        try terminal.type("step\n\n")
        try terminal.wait(for: "^step 2> *$")
        try terminal.type("nonsense\n")
        try terminal.wait(for: "there is no command 'nonsense'")
        try terminal.type("quit\n")
        #expect(try terminal.waitForEnd() == 0)
    }
}
