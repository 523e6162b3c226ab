import Explorer
import Foundation
import Language
import Machine
import Simulation
import Testing

@testable import mmuscope

/// How `mmuscope check` ends: which of several findings decides, what else it tells, and what it says of itself.
@Suite("What a check ends with") struct CheckEndTests {
    /// A lost update and a sleeper that nobody wakes: which is met first depends on how steps are taken.
    private static func twoBugs(_ expectation: String) -> String {
        """
        record Box { m: mutex; n: int; go: bool; w: wait_queue }
        scenario two-bugs {
            "Two threads count, one of them then waits for what the other doesn't tell it."
            let k = new Box
            thread p { let a = k.n
                k.n = a + 1
                lock k.m
                k.go = true
                unlock k.m }
            thread q { let b = k.n
                k.n = b + 1
                wait_event(k.w, k.go) }
            thread r { lock k.m
                assert k.n != 2 "n is 2"
                unlock k.m }
            \(expectation)
        }
        """
    }

    private func object(_ text: some StringProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    /// What it printed without its line breaks, for lines are as wide as they may be.
    private func words(_ run: CommandRun) -> String { run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    private func check(_ model: String, _ options: String...) throws -> CommandRun { try CommandRun(["check", model] + options) }

    // MARK: Several findings

    @Test(
        "what is expected to fail decides, with stretches and with single steps, whatever else is met on the way",
        arguments: [("no-lost-wakeup", "assertion"), ("assertion", "no-lost-wakeup")])
    func wanted(_ property: String, _ other: String) throws {
        let model = try Files.make("two.model", Self.twoBugs("expect fails \(property)").utf8)
        for mode in [[], ["--fine"]] {
            let run = try CommandRun(["check", model, "--json"] + mode)
            #expect(run.status == 0, "\(mode): \(run.output)")
            let found = try object(run.output)
            #expect(found["property"] as? String == property && found["verdict"] as? String == "fails")
        }
        // The deeper one is come to behind the other.
        guard property == "no-lost-wakeup" else { return }
        let text = try check(model)
        #expect(words(text).contains("also met: assertion (\(model):14)"), "\(text.output)")
        #expect(!text.output.contains("stopped at the first finding"))
        #expect(text.output.contains("no-lost-wakeup: "), "the table is that of what was expected")
    }

    @Test("what fails otherwise than expected isn't as expected, in either mode", arguments: ["holds", "fails no-deadlock"])
    func unexpected(_ expectation: String) throws {
        let model = try Files.make("two.model", Self.twoBugs("expect \(expectation)").utf8)
        for mode in [[], ["--fine"], ["--all-findings"], ["--all-findings", "--fine"]] {
            let run = try CommandRun(["check", model, "--brief"] + mode)
            #expect(run.status == 1 && run.output.contains("fails ✗"), "\(mode): \(run.output)")
            let stops = expectation == "holds" && !mode.contains("--all-findings")
            #expect(words(run).contains("stopped at the first finding; --all-findings goes on") == stops, "\(run.output)")
        }
    }

    @Test("--all-findings gives the same set in both modes, with a schedule each that replays to it")
    func allFindings() throws {
        let model = try Files.make("two.model", Self.twoBugs("").utf8)
        var sets: [Set<String>] = []
        for mode in [[], ["--fine"]] {
            let run = try CommandRun(["check", model, "--all-findings", "--json"] + mode)
            #expect(run.status == 0, "nothing was expected")
            let found = try object(run.output)
            #expect(found["complete"] as? Bool == true && found["bound"] is NSNull)
            let findings = try #require(found["findings"] as? [[String: Any]])
            for finding in findings {
                let property = try #require(finding["property"] as? String)
                let replay = try CommandRun("replay", try #require(finding["schedule"] as? String), "--headless")
                #expect(replay.status == 1)
                #expect(replay.lines.last?.contains("\(property): ") == true, "\(replay.output)")
                #expect(finding["sentence"] is String && finding["length"] is NSNumber && finding["switches"] is NSNumber)
            }
            sets.append(Set(findings.map { "\($0["property"] ?? "-") \($0["place"] ?? "-")" }))
        }
        #expect(sets[0] == ["assertion \(model):14", "no-lost-wakeup \(model):12"])
        #expect(sets[0] == sets[1])
    }

    @Test("--all-findings as text: each with its table, or with --brief with the line that replays it")
    func allFindingsAsText() throws {
        let model = try Files.make("two.model", Self.twoBugs("expect holds").utf8)
        for mode in [[], ["--brief"]] {
            let run = try CommandRun(["check", model, "--all-findings"] + mode)
            #expect(run.output.contains("finding 1 of 2: assertion (\(model):14)"), "\(run.output)")
            #expect(run.output.contains("finding 2 of 2: no-lost-wakeup (\(model):12)"), "\(run.output)")
            #expect(run.lines.count { $0.contains("mmuscope replay 'mmuscope:1 ") } == 2)
            #expect(run.output.contains("BUG") == mode.isEmpty)
        }
    }

    @Test("--all-findings that ends at a bound says what it has, and that there may be more")
    func allFindingsBound() throws {
        let arguments = ["check", "two-invalidations", "--fault", "set_seq_missing", "--memory", "256K", "--all-findings"]
        let run = try CommandRun(arguments + ["--json"])
        let found = try object(run.output)
        #expect(found["bound"] as? String == "memory" && found["complete"] as? Bool == false, "\(run.output)")
        let text = try CommandRun(arguments + ["--brief"])
        #expect(text.status == run.status && words(text).contains("the memory was full"), "\(text.output)")
    }

    // MARK: What a verdict rests on

    @Test("what is taken for granted is said, in text and in JSON")
    func premises() throws {
        let model = try Files.make("wide.model", """
            type seq = wrapping 64
            record Box { epoch q: seq; s: seq; x: int }
            scenario wide {
                "A number that is counted on for ever."
                let b = new Box { q: 2 }
                setup { b.s = b.q }
                thread t { b.x = 1 }
                daemon thread d { repeat { b.q += 1 } }
                expect holds
            }
            """.utf8)
        let premise = "a sequence number of 64 bits never comes round to where it was"
        let run = try check(model)
        #expect(run.status == 0 && words(run).contains("taken for granted: \(premise)"), "\(run.output)")
        #expect(try object(try check(model, "--json").output)["premises"] as? [String] == [premise])
        #expect(try object(try CommandRun("check", "seq-wrap", "--json").output)["premises"] as? [String] == [])
    }

    @Test("why it is a bound is said")
    func bounds() throws {
        let run = try CommandRun("check", "two-invalidations", "--memory", "256K")
        #expect(run.status == 3 && words(run).contains("the memory was full: 256 KiB"), "\(run.output)")
        #expect(Verdict.Bound.setup.words == "the setup was cut off after ten million steps")
        for bound in [Verdict.Bound.setup, .choices, .memory(1), .interrupted] {
            let result = try result(of: "remove-vs-last-end") { $0.verdict = .bound(bound) }
            #expect(result.outcome == .bound && Check.status(of: [result]) == 3)
        }
    }

    // MARK: A mistake of mmuscope's

    /// A scenario explored, and then something of it changed.
    private func result(of name: String, _ change: (inout ExplorationResult) -> Void) throws -> CheckResult {
        let program = try Catalogue().program(name, settings: [:], faults: [])
        var explored = Explorer(program).explore()
        change(&explored)
        let runner = CheckRunner(jobs: 1, memoryLimit: 1 << 30, isFine: false, minimises: false)
        return runner.replayed(
            CheckResult(task: CheckTask(name: name, program: program, settings: [:], faults: []), result: explored, seconds: 0))
    }

    @Test("a schedule that doesn't replay to what was found is a verdict of its own, and never a pass")
    func inconsistent() throws {
        #expect(try Check.status(of: [result(of: "remove-vs-last-end") { _ in }]) == 0)
        let wrongs: [(inout ExplorationResult) -> Void] = [
            { $0.schedule.removeLast() },
            { $0.schedule.insert($0.schedule[$0.schedule.count - 1], at: 0) },
            { $0.schedule[0].thread = 17 },
            {
                guard case .fails(var finding) = $0.verdict else { return }
                finding.property = "no-livelock"
                $0.verdict = .fails(finding)
            },
        ]
        for wrong in wrongs {
            let result = try result(of: "remove-vs-last-end", wrong)
            #expect(result.outcome == .inconsistent && !result.isAsExpected, "\(result.result.verdict)")
            #expect(Check.status(of: [result]) == 4)
            let json = try object(CheckReport(json: true, names: []).object(result))
            #expect(json["verdict"] as? String == "inconsistent")
            let words = try #require(json["inconsistent"] as? String)
            #expect(words.contains("doesn't replay"), "\(words)")
            #expect(result.notes.contains { $0.contains("a mistake of mmuscope's") }, "\(result.notes)")
        }
        let said = try result(of: "nested-invalidation") { $0.verdict = .inconsistent("a contradiction") }
        #expect(Check.status(of: [said]) == 4, "an expectation of any kind makes no difference")
        let other = try result(of: "nested-invalidation") { $0.verdict = .bound(.choices) }
        #expect(Check.status(of: [other, said]) == 4)
    }

    @Test("on the screen it is told, too")
    func onScreen() throws {
        let program = try Catalogue().program("remove-vs-last-end", settings: [:], faults: [])
        var simulation = Simulation(program)
        let check = BackgroundCheck(simulation, RunSetup(program))
        defer { check.cancel() }
        var explored = Explorer(program).explore()
        #expect(check.land(BackgroundCheck.end(explored, of: simulation.machine, 0), in: &simulation).hasPrefix("fails no-use-after-free"))
        simulation = Simulation(program)
        explored.schedule.removeLast()
        let words = check.land(BackgroundCheck.end(explored, of: simulation.machine, 0), in: &simulation)
        #expect(words.hasPrefix("inconsistent: the schedule to no-use-after-free doesn't replay"), "\(words)")
        #expect(words.hasSuffix("a mistake of mmuscope's") && simulation.step == 0)
        explored.verdict = .inconsistent("a contradiction")
        #expect(check.land(BackgroundCheck.end(explored, of: simulation.machine, 0), in: &simulation).contains("a contradiction"))
    }
}
