import Foundation
import Testing

/// `mmuscope check`: verdicts, how it ends, and what it leaves behind.
@Suite("Checking") struct CheckTests {
    private func objects(_ run: CommandRun) throws -> [[String: Any]] {
        try run.lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
        }
    }

    @Test("one object a scenario, with every key; what is expected to fail and does is fine")
    func json() throws {
        let run = try CommandRun("check", "nested-invalidation", "remove-vs-last-end", "--json")
        #expect(run.status == 0)
        let found = try objects(run)
        #expect(found.map { $0["scenario"] as? String } == ["nested-invalidation", "remove-vs-last-end"])
        #expect(found.map { $0["verdict"] as? String } == ["holds", "fails"])
        #expect(found.map { $0["expected"] as? String } == ["holds", "fails no-use-after-free"])
        #expect(found[0]["property"] is NSNull && found[1]["property"] as? String == "no-use-after-free")
        for object in found {
            for key in ["states", "bytes", "steps", "seconds"] {
                #expect(object[key] is NSNumber, "\(key)")
            }
        }
        #expect(found[1]["length"] is NSNumber && found[1]["switches"] is NSNumber)
    }

    @Test("a short table for a commit message: the kernel's names, no story, nothing around it")
    func short() throws {
        let run = try CommandRun("check", "odp-vs-munmap", "--fault", "odp_set_seq_missing", "--short", "--kernel-names")
        #expect(run.status == 1)
        let start = try #require(run.lines.firstIndex { $0.hasPrefix("odp-vs-munmap:") })
        let told = run.lines[(start + 1)...]
        #expect(told.allSatisfy { $0.count <= 72 }, "\(run.output)")
        #expect(told.contains { $0.contains("mlx5_ib_invalidate_range()") }, "\(run.output)")
        #expect(told.last?.contains("umem_odp:") == true && !run.output.contains("mmuscope replay"), "\(run.output)")
    }

    @Test("a verdict that isn't as expected is exit status 1, a bound 3, a scenario that isn't there 2")
    func status() throws {
        let broken = try CommandRun("check", "nested-invalidation", "--fault", "set_seq_missing")
        #expect(broken.status == 1)
        #expect(broken.output.contains("fails ✗") && broken.output.contains("no-stale-spte"))
        #expect(broken.output.contains("BUG"), "it isn't told how")
        let bound = try CommandRun("check", "two-invalidations", "--memory", "256K", "--json")
        #expect(bound.status == 3)
        #expect(try objects(bound).first?["verdict"] as? String == "bound")
        for arguments in [["nested-invalidatoin"], ["ten-thousand"], [], ["--all", "--memory", "much"], ["--all", "--jobs", "0"]] {
            let run = try CommandRun(["check"] + arguments)
            #expect(run.status == 2 && run.complaints.count == 1 && run.output.isEmpty, "\(arguments): \(run.errors)")
        }
    }

    @Test("two runs come to the same counts, with one job or two, and single steps to the same verdicts")
    func same() throws {
        func verdicts(_ options: String..., keys: [String]) throws -> [String] {
            let run = try CommandRun(
                ["check", "oom-nonblocking", "remove-vs-last-end", "release-vs-fault", "--json"] + options)
            return try objects(run).map { object in keys.map { "\(object[$0] ?? "-")" }.joined(separator: " ") }
        }
        let all = ["scenario", "verdict", "property", "states", "bytes", "steps", "length", "switches"]
        let one = try verdicts("--jobs", "1", keys: all)
        #expect(try verdicts("--jobs", "2", keys: all) == one)
        let few = ["scenario", "verdict", "property"]
        #expect(try verdicts("--fine", keys: few) == verdicts(keys: few))
    }

    @Test("how it fails is saved as a recording and as a line, both of which replay to the same end")
    func saved() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mmuscope-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try CommandRun(["check", "seq-wrap"], state: folder)
        let commands = run.lines.filter { $0.hasPrefix("  mmuscope replay ") }.map { $0.dropFirst("  mmuscope replay ".count) }
        try #require(commands.count == 2)
        let file = String(commands[0])
        #expect(file == "\(folder)/mmuscope/counterexamples/seq-wrap.mmurec")
        let verified = try CommandRun("replay", file, "--verify")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        for what in [file, String(commands[1].dropFirst().dropLast())] {
            let replayed = try CommandRun("replay", what, "--headless")
            #expect(replayed.lines.last?.contains("no-stale-spte") == true, "\(replayed.output.suffix(300))")
        }
    }

    @Test("Ctrl-C tells what has been found so far, and is exit status 130")
    func interrupted() throws {
        let terminal = try TerminalSession(
            ["check", "nested-invalidation", "collide", "--fine", "--brief"], columns: 120)
        try terminal.wait(for: "collide: \\d+ states")
        try terminal.press("C-c")
        #expect(try terminal.waitForEnd() == 130)
        #expect(try terminal.screen().contains("bound"))
    }

    @Test("the line in the README replays with today's models")
    func readmeLine() throws {
        let text = try String(contentsOf: Files.root.appendingPathComponent("README.md"), encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let line = try #require(lines.first { $0.hasPrefix("mmuscope:1 ") })
        let run = try CommandRun("replay", line, "--verify")
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }
}
