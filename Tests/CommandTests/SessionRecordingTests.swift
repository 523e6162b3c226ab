import Foundation
import Glibc
import Testing

/// Sessions on the screen that are written down.
@Suite("Recording a session", .serialized, .enabled(if: TerminalSession.isAvailable))
struct SessionRecordingTests {
    private func open(_ arguments: [String], environment: [String: String?] = [:]) throws -> TerminalSession {
        try TerminalSession(arguments, columns: 120, rows: 40, environment: environment)
    }

    private func step(to step: Int, in terminal: TerminalSession) throws {
        try terminal.press("s")
        try terminal.wait(for: "step \(step)/")
    }

    @Test("r writes the session to a file from its start, and never over another")
    func record() throws {
        let terminal = try open(["run", "odp-vs-munmap", "--seed", "7"])
        try terminal.wait(for: "step 0/")
        for number in 1...3 { try step(to: number, in: terminal) }
        #expect(!(try terminal.screen().contains("● rec")))
        try terminal.press("r")
        try terminal.wait(for: "recording to odp-vs-munmap-seed7.mmurec")
        try terminal.wait(for: "● rec")
        try step(to: 4, in: terminal)
        try terminal.press("r")
        try terminal.wait(for: "recorded to odp-vs-munmap-seed7.mmurec")
        try terminal.press("r")
        try terminal.wait(for: "recording to odp-vs-munmap-seed7-2.mmurec")
        try step(to: 5, in: terminal)
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
        for (name, steps) in [("odp-vs-munmap-seed7", 4), ("odp-vs-munmap-seed7-2", 5)] {
            let verify = try CommandRun("replay", terminal.directory.path + "/\(name).mmurec", "--verify")
            #expect(verify.status == 0)
            #expect(verify.errors.isEmpty, "it was closed: \(verify.errors)")
            #expect(verify.output.contains(", \(steps) steps"), "\(verify.output)")
        }
        let replay = try open(["replay", terminal.directory.path + "/odp-vs-munmap-seed7.mmurec"])
        try replay.wait(for: "step 0/4")
        try replay.press("G")
        try replay.wait(for: "step 4/4")
        try replay.press("q")
        #expect(try replay.waitForEnd() == 0)
        // Home names them too.
        let home = try open([], environment: ["XDG_STATE_HOME": terminal.directory.path])
        try home.wait(for: "What to look at")
        try home.type("/last session")
        try home.wait(for: "1 of \\d+")
        try home.press("Enter")
        try home.wait(for: "odp-vs-munmap +step 0/5")
        try home.press("q")
        #expect(try home.waitForEnd() == 0)
    }

    @Test("after kill -9 the last session is there, and replay opens it")
    func recovery() throws {
        let terminal = try open(["run", "two-invalidations", "--seed", "3"])
        try terminal.wait(for: "step 0/")
        for number in 1...5 { try step(to: number, in: terminal) }
        try terminal.send(signal: SIGKILL)
        try terminal.poll("the program to be gone") { terminal.processID.map { kill($0, 0) != 0 } ?? true }
        let last = terminal.directory.appendingPathComponent("mmuscope/last.mmurec").path
        let verify = try CommandRun("replay", last, "--verify")
        #expect(verify.status == 0)
        #expect(verify.errors.contains("was not closed: opened up to step 5"), "\(verify.errors)")
        let replay = try open(["replay"], environment: ["XDG_STATE_HOME": terminal.directory.path])
        try replay.wait(for: "two-invalidations +step 0/5")
        try replay.wait(for: "was not closed: opened up to step 5")
        try replay.press("q")
        #expect(try replay.waitForEnd() == 0)
    }

    @Test("a signal closes what is written", arguments: [SIGTERM, SIGHUP])
    func signals(_ number: Int32) throws {
        let terminal = try open(["run", "two-invalidations", "--record", "mine.mmurec"])
        try terminal.wait(for: "● rec")
        try step(to: 1, in: terminal)
        try terminal.send(signal: number)
        #expect(try terminal.waitForEnd() == Int(128 + number))
        for name in ["mine.mmurec", "mmuscope/last.mmurec"] {
            let verify = try CommandRun("replay", terminal.directory.path + "/" + name, "--verify")
            #expect(verify.status == 0)
            #expect(verify.errors.isEmpty, "\(verify.errors)")
        }
    }

    @Test("a place that can't be written is told once, and the session goes on")
    func unwritable() throws {
        let terminal = try open(["run", "two-invalidations"], environment: ["XDG_STATE_HOME": "/dev/null"])
        try terminal.wait(for: "can't be had again after a crash")
        try step(to: 1, in: terminal)
        #expect(!(try terminal.screen().contains("after a crash")))
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("with other models a replay stops on the screen where they part")
    func current() throws {
        let terminal = try open(["replay", "mmuscope:1 remove-vs-last-end zap*33,remove*46,zap*4 ~1a2b3c4d"])
        try terminal.wait(for: "step 34/34")
        try terminal.wait(for: "step 34: remove can't step")
        try terminal.press("o")
        try terminal.wait(for: "policy: [a-z-]+ from here on")
        try step(to: 35, in: terminal)
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }
}
