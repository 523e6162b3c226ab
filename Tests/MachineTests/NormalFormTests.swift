import Language
import Machine
import Models
import Testing

/// A state and what its normal form stands for must behave the same: two machines side by side, one of which goes
/// through words and back before each step.
@Suite("Normal form") struct NormalFormTests {
    @Test(arguments: Embedded.scenarios)
    func goesOnTheSame(embedded: Embedded) throws {
        let program = try scenario(embedded.outline.name, in: embedded.path)
        for seed in 1...6 { try follow(program, seed: seed) }
    }

    private func follow(_ program: Program, seed: Int) throws {
        let form = NormalForm(program)
        var numbers = SeededNumbers(seed: seed)
        var log = EventLog(isOn: false)
        var plain = Machine(program)
        var through = plain
        var words = [UInt32](repeating: 0, count: form.wordCount)
        var again = words
        var state = plain.state
        var stretch = numbers.below(12)
        var thread = 0
        for step in 0..<1_500 {
            form.encode(through.state, into: &words)
            form.decode(words, into: &state)
            through.restore(state)
            form.encode(state, into: &again)
            let changed = words.indices.filter { again[$0] != words[$0] }
            try #require(
                changed.isEmpty,
                "seed \(seed), step \(step): not the same after there and back: \(changed.prefix(5)), \(words[changed[0]]) became \(again[changed[0]])")
            form.encode(plain.state, into: &again)
            let different = words.indices.filter { again[$0] != words[$0] }
            try #require(
                different.isEmpty, "seed \(seed), step \(step): the machines differ: \(different.prefix(9)): \(different.prefix(5)), \(words[different[0]]) and \(again[different[0]])")
            if stretch == 0 { (stretch, thread) = (numbers.below(12), numbers.below(plain.threadCount)) }
            stretch -= 1
            var outcomes: (StepOutcome, StepOutcome) = (.blocked, .blocked)
            for offset in 0..<plain.threadCount {
                let next = (thread + offset) % plain.threadCount
                let choice = numbers.next()
                #expect(Self.kind(plain.standing(of: next)) == Self.kind(through.standing(of: next)))
                outcomes = (
                    plain.step(next, choice: choice, log: &log), through.step(next, choice: choice, log: &log)
                )
                try #require(
                    Self.kind(outcomes.0) == Self.kind(outcomes.1), "seed \(seed), step \(step), thread \(next): \(outcomes)")
                if outcomes.0 == .stepped { break }
                if case .finding = outcomes.0 { return }
                stretch = 0
            }
            if outcomes.0 != .stepped {
                #expect(plain.restFinding()?.property == through.restFinding()?.property)
                return
            }
        }
    }

    /// What the two must agree on: records may have other numbers, so sentences may differ.
    private static func kind(_ outcome: StepOutcome) -> String {
        if case .finding(let finding) = outcome { return "\(finding.property) \(finding.thread) \(finding.statement)" }
        return "\(outcome)"
    }

    private static func kind(_ standing: Standing) -> String {
        if case .blocked(let blockage) = standing { return "\(blockage.cause) \(blockage.holders)" }
        return "\(standing)"
    }

    @Test("a number from long ago never comes to equal one that is counted on to")
    func oldNumbers() throws {
        // The second notifier is inserted while idle, with seq - 1: what the first holds from rounds ago must stay different.
        let text = """
            use kernel/interval_notifier
            record Kept { number: seq; other: seq }
            scenario s {
                "Numbers from long ago."
                let kept = new Kept
                let subs = new Subscriptions { invalidate_seq: 2 }
                thread a {
                    kept.number = subs.invalidate_seq - 1
                    for round in 1..20 { subs.invalidate_seq += 1 }
                    kept.other = subs.invalidate_seq - 1
                    if kept.number == kept.other { kept.number = 0 }
                }
                expect holds
            }
            """
        var machine = Machine(try compile(SourceFile(name: "s", text: text), modules: modules))
        #expect(machine.program.hasRelativeSequences)
        let form = NormalForm(machine.program)
        var words = [UInt32](repeating: 0, count: form.wordCount)
        var state = machine.state
        var log = EventLog(isOn: false)
        while machine.step(0, log: &log) == .stepped {
            form.encode(machine.state, into: &words)
            form.decode(words, into: &state)
            machine.restore(state)
        }
        let kept = try #require(machine.program.record(named: "Kept"))
        let address = try #require(machine.liveRecords(kept).first)
        let number = try #require(machine.program.records[kept].offset(of: "number"))
        #expect(machine.slot(address + number) != 0)
    }

    @Test("what else is done with sequence numbers makes them absolute")
    func absolute() throws {
        for (statement, isRelative) in [
            ("r.a = r.q + 1", true), ("r.q += 1", true), ("if r.a != 0 { r.q |= 1 }", true), ("r.a = r.b", true), ("r.a = 0", true),
            ("r.a = r.b + 1", false), ("r.a += 1", false), ("r.a |= 1", false), ("let a = r.q; r.b = a + 1", false),
            ("if r.a < r.b { r.a = 0 }", false), ("r.a = r.b + 2", false), ("r.n = r.a", false), ("r.a = r.n", false),
            ("if r.a == 7 { r.a = 0 }", false), ("r.a = r.a & 1", false), ("r.a = 5", false),
        ] {
            let text = """
                type seq = wrapping 32
                record R { epoch q: seq; a: seq; b: seq; n: u32 }
                scenario s { "Sequence numbers." let r = new R thread t { \(statement) } expect holds }
                """
            let program = try compile(SourceFile(name: "s", text: text), modules: modules)
            #expect(program.hasRelativeSequences == isRelative, "\(statement)")
        }
    }
}
