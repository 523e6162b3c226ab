import Foundation
import Testing

/// What nobody does on purpose: the program lives through it, and can be used afterwards.
@Suite("Storms", .serialized, .enabled(if: TerminalSession.isAvailable, "there is no tmux: install it to have the terminal tests run"))
struct StormTests {
    @Test("a terminal that changes its size all the time", arguments: [["run", "odp-vs-munmap"], ["trace", Files.recording], []])
    func resizing(_ arguments: [String]) throws {
        let seed = SeededNumbers.seed(for: "resizing \(arguments.first ?? "home")")
        var numbers = SeededNumbers(seed: seed)
        let terminal = try TerminalSession(arguments, columns: 120, rows: 40)
        try terminal.wait(for: "step 0/|event 0/|What to look at")
        if !arguments.isEmpty { try terminal.press("Space") }
        for _ in 0..<80 {
            try terminal.resize(columns: Int.random(in: 2...220, using: &numbers), rows: Int.random(in: 1...70, using: &numbers))
            if Int.random(in: 0..<4, using: &numbers) == 0 { try terminal.press(["Tab", "z", "Down", "4"].randomElement(using: &numbers) ?? "z") }
        }
        try terminal.resize(columns: 120, rows: 40)
        try terminal.press("Escape")
        try terminal.press("C-l")
        try terminal.press("?")
        try terminal.wait(for: "any other key closes|closes")
        try terminal.press("Escape")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0, "seed \(seed)")
        #expect(try terminal.terminalSettings() == terminal.settingsBefore)
    }

    @Test("a thousand keys at random", arguments: [(80, 24), (120, 40), (200, 60)])
    func keys(_ columns: Int, _ rows: Int) throws {
        let seed = SeededNumbers.seed(for: "keys \(columns)x\(rows)")
        var keys = RandomKeys(seed: seed, columns: columns, rows: rows)
        // Some of the ways out can't be kept from a cat (the palette's, say): what ends well is started again.
        let terminal = try TerminalSession(
            ["run", "two-invalidations"], columns: columns, rows: rows, environment: ["EDITOR": "true", "VISUAL": nil], isRestarted: true)
        try terminal.wait(for: "step 0/")
        for batch in 0..<20 {
            // Several at once, as they come when the program was busy.
            for key in stride(from: 0, to: 50, by: 10).map({ _ in keys.next(10).flatMap { $0 } }) { try terminal.send(bytes: key) }
            let screen = try terminal.screen()
            try #require(try !terminal.isAtPrompt(), "ended in batch \(batch) of seed \(seed):\n\(screen)")
        }
        // Out of whatever was opened. What is typed now is seen once all the keys before it were answered.
        for _ in 0..<8 { try terminal.press("Escape") }
        try terminal.poll("the last key to be answered, seed \(seed)") {
            try terminal.press("Escape", "/")
            try terminal.type("wherever")
            usleep(100_000)
            return try terminal.screen().contains("wherever")
        }
        try terminal.letEnd()
        // It answers as ever.
        try terminal.poll("the help to open, seed \(seed)") {
            try terminal.press("Escape", "?")
            usleep(50_000)
            return try terminal.screen().contains("closes")
        }
        try terminal.press("Escape")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0, "seed \(seed)")
        #expect(try terminal.terminalSettings() == terminal.settingsBefore)
    }
}
