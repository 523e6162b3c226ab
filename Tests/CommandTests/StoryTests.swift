import Foundation
import Testing

/// What a user comes for, from end to end, in a terminal.
@Suite("Stories", .serialized, .enabled(if: TerminalSession.isAvailable, "there is no tmux: install it to have the terminal tests run"))
struct StoryTests {
    private func open(_ arguments: String..., columns: Int = 140, rows: Int = 40) throws -> TerminalSession {
        try TerminalSession(arguments, columns: columns, rows: rows, environment: ["NO_COLOR": nil])
    }

    private func step(_ terminal: TerminalSession) throws -> Int {
        let screen = try terminal.wait(for: #"step \d+/"#)
        return screen.firstMatch(of: /step (\d+)\//).flatMap { Int($0.1) } ?? -1
    }

    /// Types a line after `:`.
    private func command(_ line: String, in terminal: TerminalSession) throws {
        try terminal.type(":" + line + "\n")
    }

    /// Presses a key until the screen shows something; each press has taken effect before the next.
    private func press(_ key: String, until pattern: String, in terminal: TerminalSession) throws {
        let regex = try Regex(pattern)
        for _ in 0..<60 {
            if try terminal.screen().firstMatch(of: regex) != nil { return }
            let before = try step(terminal)
            try terminal.press(key)
            try terminal.poll("\(key) to go on") { try step(terminal) != before || terminal.screen().firstMatch(of: regex) != nil }
        }
        try terminal.wait(for: pattern)
    }

    @Test("stepping back and choosing otherwise makes a branch, and the first way is still there")
    func otherwise() throws {
        let terminal = try open("run", "two-invalidations", "--seed", "1")
        try terminal.wait(for: "step 0/")
        try command("goto 10", in: terminal)
        try terminal.wait(for: "step 10/10")
        for step in [9, 8, 7] {
            try terminal.press("b")
            try terminal.wait(for: "step \(step)/")
        }
        // The first thread in the list, whoever the policy would have taken.
        try terminal.press("5")
        try terminal.press("Home")
        try terminal.press("t")
        try terminal.wait(for: "step 8/8")
        try terminal.press("v")
        try terminal.wait(for: "main")
        try terminal.wait(for: "branch 2")
        try terminal.press("Escape")
        try command("branch main", in: terminal)
        try terminal.wait(for: "step 10/10")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("a thread that is held takes no step until it is released")
    func holding() throws {
        let terminal = try open("run", "two-invalidations", "--seed", "1")
        try terminal.wait(for: "step 0/")
        try command("hold T1", in: terminal)
        try terminal.wait(for: "T1 munmap is held")
        try command("goto 100000", in: terminal)
        try terminal.wait(for: "nobody else can step: T1 munmap is held")
        let held = try step(terminal)
        #expect(held > 10)
        try command("release T1", in: terminal)
        try terminal.wait(for: "T1 munmap goes again")
        try command("goto 100000", in: terminal)
        try terminal.poll("the rest of the run") { try step(terminal) > held }
        try terminal.wait(for: "all threads have finished")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("a CPU's touch takes a page back that a device had to itself")
    func revoked() throws {
        let terminal = try open("run", "exclusive-fault-revokes")
        try terminal.wait(for: "step 0/")
        try command("hold T1", in: terminal)
        try terminal.wait(for: "is held")
        // The log, which may lie behind another pane.
        try terminal.press("7")
        try press("n", until: "atomic operations on page#1|takes page#1 at 0x2 from the CPU", in: terminal)
        try command("perturb write 0x2", in: terminal)
        try terminal.wait(for: "P0 write")
        try press("n", until: "restores the exclusive entry of 0x2", in: terminal)
        // Taken back: the device has nothing there any more.
        let restored = try step(terminal)
        try terminal.press("b")
        try terminal.wait(for: "step \(restored - 1)/")
        try terminal.poll("the sentence to go") { try !terminal.screen().contains("restores the exclusive entry") }
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("an insert at an odd moment goes on the deferred list, and into the tree when the invalidation is over")
    func deferred() throws {
        let terminal = try open("run", "odp-vs-munmap", "--seed", "17")
        try terminal.wait(for: "step 0/")
        try terminal.press("7")
        try press("n", until: "makes seq odd: 2", in: terminal)
        try terminal.wait(for: "odd: fully excluded")
        try command("perturb insert 0x11..0x12", in: terminal)
        try terminal.wait(for: "P0 insert")
        try press("n", until: "defers the insert of mirror#1: seq 3 is odd", in: terminal)
        try terminal.wait(for: "deferred \\+1 −0 +tree 1")
        try press("n", until: "applies the deferred insert of mirror#1", in: terminal)
        try terminal.wait(for: "tree 2")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("the schedule goes to the clipboard, and replays what was run")
    func copied() throws {
        let terminal = try open("run", "odp-vs-munmap", "--seed", "17")
        try terminal.acceptClipboard()
        try terminal.wait(for: "step 0/")
        try command("goto 100", in: terminal)
        try terminal.wait(for: "step 100/100")
        try command("copy schedule", in: terminal)
        try terminal.poll("the clipboard to be filled") { terminal.clipboard() != nil }
        let line = try #require(terminal.clipboard()).trimmingCharacters(in: .newlines)
        #expect(line.hasPrefix("mmuscope:1 odp-vs-munmap seed=17 ") && line.contains("steps=100"), "\(line)")
        #expect(try CommandRun("replay", line, "--verify").status == 0)
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("inside of tmux, as it comes, tmux's own command does it")
    func copiedInTmux() throws {
        let terminal = try open("run", "odp-vs-munmap", "--seed", "17")
        let socket = terminal.socket
        try terminal.wait(for: "step 0/")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
        try terminal.type("clear; TMUX='\(socket),1,0' ./run\n")
        try terminal.wait(for: "step 0/")
        try command("copy schedule", in: terminal)
        try terminal.poll("the buffer to be filled") { terminal.clipboard()?.hasPrefix("mmuscope:1 odp-vs-munmap") ?? false }
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("what was made to happen can be undone, and is in the recording")
    func undone() throws {
        let terminal = try open("run", "odp-vs-munmap", "--seed", "17")
        try terminal.wait(for: "step 0/")
        try command("goto 20", in: terminal)
        try terminal.wait(for: "step 20/20")
        try terminal.press("r")
        try terminal.wait(for: "recording to odp-vs-munmap-seed17.mmurec")
        try command("perturb dontneed 0x14..0x15", in: terminal)
        try terminal.wait(for: "P0 dontneed")
        try command("goto 60", in: terminal)
        try terminal.wait(for: "step 60/60")
        try terminal.press("r")
        try terminal.wait(for: "recorded to odp-vs-munmap-seed17.mmurec")
        try command("undo", in: terminal)
        try terminal.wait(for: "taken back: dontneed")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
        let file = terminal.directory.appendingPathComponent("odp-vs-munmap-seed17.mmurec").path
        let replayed = try CommandRun("replay", file, "--verify")
        #expect(replayed.status == 0, "\(replayed.output)\(replayed.errors)")
    }

    @Test("from the first start to a collision that is understood")
    func collision() throws {
        let terminal = try open()
        try terminal.wait(for: "What to look at")
        try terminal.type("/odp-vs-munmap\n")
        try terminal.wait(for: "odp-vs-munmap +step 0/")
        try terminal.press("7")
        try press("n", until: "collides on umem#1", in: terminal)
        try terminal.wait(for: "● colliding|odd: fully excluded")
        let collided = try step(terminal)
        try terminal.press("b")
        try terminal.wait(for: "step \(collided - 1)/")
        try terminal.press("s")
        try terminal.wait(for: "collides on umem#1: its seq \\d+ is the mm's, so it sleeps until the invalidation is over")
        // Why? The selected thread is explained from what led here.
        try command("explain T0", in: terminal)
        try terminal.wait(for: "Why T0|asleep|sleeps")
        try terminal.press("Escape")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }
}
