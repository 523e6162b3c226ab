import Foundation
import Testing

/// Every schedule explored while the screen goes on. One terminal after the other: part of that suite.
extension ScreenSessionTests {
    private func plain(_ arguments: [String]) throws -> TerminalSession {
        try TerminalSession(arguments, columns: 120, rows: 40, environment: ["NO_COLOR": "1"])
    }

    /// The step that the header shows, and the last.
    private func steps(_ screen: String) throws -> (step: Int, last: Int) {
        let told = try #require(screen.firstMatch(of: /step (\d+)\/(\d+)/))
        return (try #require(Int(told.1)), try #require(Int(told.2)))
    }

    @Test("check from home to the counterexample, back through it by steps and by marks")
    func checkFromHome() throws {
        let terminal = try plain([])
        try terminal.wait(for: "What to look at")
        try terminal.type("/remove-vs-last")
        try terminal.wait(for: "1 of \\d+")
        try terminal.press("Down")
        try terminal.wait(for: "c check")
        try terminal.press("c")
        let screen = try terminal.wait(for: "» fails no-use-after-free, \\d+ steps")
        #expect(screen.contains("PROPERTY FAILED: no-use-after-free"))
        let end = try steps(screen)
        #expect(end.step == end.last && end.step > 0)
        try terminal.press("b")
        try terminal.wait(for: "step \(end.step - 1)/\(end.step)")
        try terminal.press("[")
        let mark = try terminal.wait(for: "» mark \\d+ of \\d+: \\w+ goes on")
        let before = try steps(mark).step
        #expect(before < end.step)
        try terminal.press("G")
        try terminal.wait(for: "step \(end.step)/\(end.step)")
        try terminal.wait(for: "PROPERTY FAILED")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("check from a step on: the steps before it stay, and the run goes on as the counterexample does")
    func checkFromHere() throws {
        let terminal = try plain(["run", "radeon-gup-unguarded", "--at", "5"])
        try terminal.wait(for: "step 5/5")
        try terminal.press("C")
        let screen = try terminal.wait(for: "» fails no-stale-spte, \\d+ steps behind step 5")
        let end = try steps(screen)
        #expect(end.step > 5)
        try terminal.press("b")
        try terminal.wait(for: "step \(end.step - 1)/\(end.step)")
        try terminal.press("s")
        try terminal.wait(for: "PROPERTY FAILED: no-stale-spte")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("a check in which nothing fails says so, and the run stays where it is")
    func checkHolds() throws {
        let terminal = try plain(["run", "nested-invalidation", "--at", "3"])
        try terminal.wait(for: "step 3/3")
        try terminal.press("C")
        let screen = try terminal.wait(for: "» holds from step 3 on: \\d+ states in [0-9.]+ s")
        #expect(try steps(screen).step == 3)
        try terminal.press("s")
        try terminal.wait(for: "step 4/4")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }

    @Test("the screen stays live during a long check, which Esc gives up")
    func checkGivenUp() throws {
        let terminal = try plain(["run", "collide"])
        try terminal.wait(for: "step 0/")
        try terminal.press("C")
        try terminal.wait(for: "» checking from step 0: \\d+ states")
        try terminal.press("s")
        try terminal.wait(for: "step 1/1")
        try terminal.press("Escape")
        try terminal.wait(for: "» the check was given up after \\d+ states")
        try terminal.press("b")
        try terminal.wait(for: "step 0/1")
        try terminal.press("q")
        #expect(try terminal.waitForEnd() == 0)
    }
}
