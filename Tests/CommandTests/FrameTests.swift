import Foundation
import Testing

/// What the program writes to its terminal, and when.
@Suite("Frames", .serialized)
struct FrameTests {
    private static let begin = Array("\u{1b}[?2026h".utf8)
    private static let end = Array("\u{1b}[?2026l".utf8)

    /// Ten thousand notifiers, paused, with the speed unlimited.
    private func openWorkload() throws -> TerminalSession {
        let terminal = try TerminalSession(
            ["run", "ten-thousand"], columns: 200, rows: 60, environment: ["NO_COLOR": nil, "COLORTERM": nil])
        try terminal.wait(for: "step 0/")
        // There are about as many speeds; more presses do no harm.
        for _ in 0..<15 { try terminal.press("+") }
        try terminal.wait(for: "full speed")
        return terminal
    }

    @Test("keys are answered while it runs as fast as it goes")
    func answers() throws {
        let terminal = try openWorkload()
        try terminal.press("Space")
        try terminal.wait(for: "running +full speed")
        for _ in 0..<5 {
            try terminal.press("?")
            try terminal.wait(for: "any other key closes")
            try terminal.press("x")
            try terminal.poll("the help to close") { try !terminal.screen().contains("any other key") }
            try terminal.press("4")
            try terminal.wait(for: "4 ► ")
            try terminal.press("Tab")
            try terminal.wait(for: "5 ► ")
            try terminal.press("z")
            try terminal.poll("the pane to fill the screen") { try !terminal.screen().contains("1 Address space") }
            try terminal.press("z")
            try terminal.wait(for: "1 Address space")
        }
        #expect(try terminal.screen().contains("running"))
        try terminal.press("Space")
        try terminal.wait(for: "paused")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("every byte is part of a frame, and frames are told apart")
    func whole() throws {
        let terminal = try openWorkload()
        let output = try terminal.recordOutput()
        try terminal.press("Space")
        try terminal.wait(for: "running +full speed")
        try terminal.press("?")
        try terminal.wait(for: "any other key closes")
        try terminal.press("x")
        try terminal.press("Space")
        try terminal.wait(for: "paused")
        var bytes = try output()[...]
        // What tmux passes on may end within a frame.
        if let last = Self.lastEnd(bytes) { bytes = bytes[..<last] }
        var frames = 0
        while !bytes.isEmpty {
            try #require(bytes.starts(with: Self.begin), "\(String(decoding: bytes.prefix(40), as: UTF8.self))")
            bytes = bytes.dropFirst(Self.begin.count)
            var length = 0
            while !bytes.dropFirst(length).starts(with: Self.end) {
                try #require(!bytes.dropFirst(length).starts(with: Self.begin), "a frame within a frame")
                length += 1
            }
            bytes = bytes.dropFirst(length + Self.end.count)
            frames += 1
        }
        #expect(frames >= 3)
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    private static func lastEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.reversed().first { bytes[$0...].starts(with: end) }.map { $0 + end.count }
    }

    @Test("a terminal that could print the marks isn't sent any", arguments: ["linux", "vt220"])
    func unmarked(_ name: String) throws {
        let terminal = try TerminalSession(["run", "odp-vs-munmap"], environment: ["TERM": name])
        try terminal.wait(for: "step 0/")
        let output = try terminal.recordOutput()
        try terminal.press("s")
        try terminal.wait(for: "step 1/")
        try terminal.poll("something to be recorded") { try !output().isEmpty }
        #expect(try !String(decoding: output(), as: UTF8.self).contains("2026"))
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("nothing is written while nothing changes", arguments: [["run", "odp-vs-munmap"], ["trace", Files.recording], []])
    func quiet(_ arguments: [String]) throws {
        let terminal = try TerminalSession(arguments)
        try terminal.wait(for: "step 0/|event 0/|What to look at")
        var traffic = try terminal.traffic()
        var unchanged = 0
        try terminal.poll("the first frames to be over") {
            let now = try terminal.traffic()
            unchanged = now == traffic ? unchanged + 1 : 0
            traffic = now
            return unchanged >= 10
        }
        // Keys without a meaning are read, and that is all.
        for count in 1...5 {
            try terminal.press("x")
            try terminal.poll("the key to be read") { try terminal.traffic().read >= traffic.read + count }
        }
        #expect(try terminal.traffic().written == traffic.written)
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }
}
