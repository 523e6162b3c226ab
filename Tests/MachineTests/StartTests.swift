import Language
import Machine
import Testing

/// The setup, the heads of threads, and where a check that fails stands.
@Suite("Starting") struct StartTests {
    private func machine(_ text: String) throws -> Machine {
        Machine(try Language.compile(SourceFile(name: "test", text: text), options: CompileOptions(), modules: modules))
    }

    private func scenario(_ parts: String) -> String {
        "record Box { x: int; y: int }\nscenario s { \"A test.\"\nlet b = new Box\n\(parts)\n}"
    }

    @Test("a thread's assertion is asked when the thread begins", arguments: ["thread", "daemon thread"]) func head(kind: String) throws {
        var machine = try machine(scenario("\(kind) p { assert b.x == 0; b.y = 1 }\nthread q { b.x = 2 }"))
        #expect(machine.setupFinding == nil)
        var log = EventLog()
        #expect(machine.step(1, log: &log) == .stepped)
        guard case .finding(let finding) = machine.step(0, log: &log) else {
            Issue.record("it is asked too early")
            return
        }
        #expect(finding.property == "assertion")
    }

    @Test("also behind a sentence, in a loop, or under a fault", arguments: [
        ("say note: \"begins\"; assert b.x == 0", 1), ("for i in 0..1 { assert b.x == i }", 1), ("atomic { assert b.x == 0 }", 1),
        ("say note: \"begins\"; b.y = 1", 1), ("for i in 0..1 { b.y = i }", 2), ("assert b.x == 0; b.y = 1", 2),
        ("with fault wrong { b.y = 1 }", 2),
    ])
    func steps(body: String, count: Int) throws {
        var machine = try machine("fault wrong \"wrong\"\n" + scenario("thread p { \(body) }"))
        var log = EventLog()
        var steps = 0
        while machine.step(0, log: &log) == .stepped { steps += 1 }
        #expect(machine.hasFinished(0) || body.hasPrefix("for i in 0..1 { assert"))
        #expect(steps == (body.hasPrefix("for i in 0..1 { assert") ? 0 : count))
    }

    @Test("the teardown's is asked in the state that the threads leave") func teardownHead() throws {
        var machine = try machine(scenario("thread p { b.x = 1 }\nteardown { assert b.x == 0; free b }"))
        var log = EventLog()
        while machine.step(0, log: &log) == .stepped {}
        guard case .finding = machine.step(1, log: &log) else {
            Issue.record("it isn't asked")
            return
        }
    }

    @Test("a setup that goes round says so", arguments: [
        ("repeat { b.x = 1 - b.x }", "after 2 steps"), ("repeat { b.x = b.x }", "after 1 step "),
        ("for i in 0..9 { b.y = i }; repeat { b.x = 1; b.x = 2; b.x = 3 }", "after 3 steps"),
    ])
    func round(setup: String, steps: String) throws {
        let machine = try machine(scenario("setup { \(setup) }\nthread p { b.y = 1 }"))
        #expect(machine.setupFinding?.property == "no-livelock")
        #expect(machine.setupFinding?.sentence.contains("the setup goes round for ever: \(steps)") == true)
        #expect(!machine.setupWasCutOff)
    }

    @Test("one that doesn't, and doesn't end, is cut off and says so") func cutOff() throws {
        let machine = try machine(scenario("setup { repeat { b.x += 1 } }\nthread p { b.y = 1 }"))
        #expect(machine.setupFinding == nil)
        #expect(machine.setupWasCutOff)
        #expect(machine.setupStop?.sentence == "the setup was cut off after 10000000 steps: it may never end")
    }

    @Test("a long setup that ends is none of these") func long() throws {
        let machine = try machine(scenario("setup { for i in 0..9999 { b.x = i } }\nthread p { b.y = 1 }"))
        #expect(machine.setupStop == nil)
    }

    @Test("nobody chooses in the setup, in what it calls either") func choices() throws {
        let machine = try machine(
            "roll() -> int { return choose 0..1 }\n" + scenario("setup { b.x = roll() }\nthread p { b.y = roll() }"))
        #expect(machine.setupFinding?.property == "assertion")
        #expect(machine.setupFinding?.sentence == "chooses in the setup, of which every run has the same")
    }

    @Test("an assertion without a text is told with its own words, and stands where it stands") func ownWords() throws {
        var machine = try machine(scenario("thread p {\n    b.x = 1\n    b.y = 2\n    assert b.x ==\n        b.y\n}"))
        var log = EventLog()
        #expect(machine.step(0, log: &log) == .stepped)
        guard case .finding(let finding) = machine.step(0, log: &log) else {
            Issue.record("nothing is found")
            return
        }
        #expect(finding.sentence == "b.x == b.y doesn't hold")
        #expect(finding.place(in: machine.program) == MachineFinding.Place(file: 0, line: 7))
        #expect(machine.program.statements[finding.statement].line == 6)
    }
}
