import Language
import Machine
import Models
import Testing

@Suite("Operations on a machine") struct OperationTests {
    private static let text = """
        type va = hex u32
        record Box "box" { value: u32; lock: mutex }
        operation memory add(box: Box, start: va, last: va, much: u8, twice: bool) "adds" {
            lock box.lock
            box.value += much
            if twice { box.value += much }
            unlock box.lock
            for page in start..last { box.value += 1 }
        }
        scenario one {
            "One thread."
            let box = new Box
            thread a { lock box.lock; box.value = 1; unlock box.lock }
            teardown { free box }
        }
        """

    private func machine(operations: Bool = true) throws -> Machine {
        Machine(
            try compile(
                SourceFile(name: "one", text: Self.text), options: CompileOptions(operations: operations),
                modules: { _ in nil }))
    }

    private static let arguments: [OperationArgument] = [
        .record("box#1"), .range(first: 0x10, last: 0x12), .number(5), .flag(true),
    ]

    private func value(_ machine: Machine) -> Int64 {
        let box = machine.program.record(named: "Box") ?? 0
        return machine.liveRecords(box).first.map { machine.slot($0 + (machine.program.records[box].offset(of: "value") ?? 0)) } ?? -1
    }

    @Test("begun, it runs as a thread of its own to its end")
    func runs() throws {
        var machine = try machine()
        var log = EventLog()
        #expect(machine.perturbationThreads == 2..<6)
        #expect(machine.operation(of: 2) == nil)
        let thread = try machine.begin(operation: 0, arguments: Self.arguments)
        #expect(thread == 2)
        #expect(machine.operation(of: 2) == 0)
        #expect(machine.threadName(2) == "P0 add")
        #expect(machine.callStack(of: 2).count == 1)
        while machine.step(2, log: &log) == .stepped {}
        #expect(value(machine) == 5 + 5 + 3)
        #expect(machine.hasFinished(2) && machine.operation(of: 2) == nil)
        // And once more, as if it had never run.
        #expect(try machine.begin(operation: 0, arguments: Self.arguments) == 2)
        while machine.step(2, log: &log) == .stepped {}
        #expect(value(machine) == 26)
    }

    @Test("it waits for locks, and the teardown waits for it")
    func waits() throws {
        var machine = try machine()
        var log = EventLog()
        #expect(machine.step(0, log: &log) == .stepped)
        try machine.begin(operation: 0, arguments: Self.arguments)
        while machine.step(2, log: &log) == .stepped {}
        #expect(machine.step(2, log: &log) == .blocked)
        while machine.step(0, log: &log) == .stepped {}
        #expect(machine.step(1, log: &log) == .blocked)
        while machine.step(2, log: &log) == .stepped {}
        while machine.step(1, log: &log) == .stepped {}
        #expect(machine.isAtRest)
        #expect(machine.restFinding() == nil)
    }

    @Test("what can't be begun is refused, and nothing has changed")
    func refusals() throws {
        var machine = try machine()
        let state = machine.state
        func refusal(_ arguments: [OperationArgument], operation: Int = 0) -> OperationRefusal? {
            do throws(OperationRefusal) {
                try machine.begin(operation: operation, arguments: arguments)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal([]) == .count(wanted: 4, given: 0))
        #expect(refusal([], operation: 9) == .unknown("9"))
        for (index, unfit, error) in [
            (0, OperationArgument.record("box#2"), OperationRefusal.notLive(parameter: "box", record: "box#2")),
            (0, .number(3), .unfit(parameter: "box", wanted: "the name of a record")),
            (1, .range(first: 3, last: 2), .unfit(parameter: "start", wanted: "a range of addresses")),
            (1, .range(first: 3, last: 1 << 40), .unfit(parameter: "start", wanted: "a range of addresses")),
            (2, .number(256), .unfit(parameter: "much", wanted: "a number of 8 bits")),
            (2, .number(-1), .unfit(parameter: "much", wanted: "a number of 8 bits")),
            (3, .number(1), .unfit(parameter: "twice", wanted: "on or off")),
        ] {
            var arguments = Self.arguments
            arguments[index] = unfit
            #expect(refusal(arguments) == error)
        }
        #expect(machine.state == state)
        for _ in 0..<4 { #expect(refusal(Self.arguments) == nil) }
        #expect(refusal(Self.arguments) == .noFreeThread(count: 4))
    }

    @Test("with operations and none begun, fingerprints and findings are those of a machine without", arguments: Embedded.all)
    func sameWithout(embedded: Embedded) throws {
        let text = try #require(Asset.named("\(embedded.path).model")?.text)
        func machine(_ operations: Bool) throws -> Machine {
            Machine(
                try compile(
                    SourceFile(name: embedded.path, text: text),
                    options: CompileOptions(scenario: embedded.outline.name, operations: operations), modules: modules))
        }
        var (plain, other) = (try machine(false), try machine(true))
        let names = (Fingerprinter(plain.program), Fingerprinter(other.program))
        #expect(names.0.value(of: plain) == names.1.value(of: other))
        #expect(plain.threadCount + other.perturbationThreads.count == other.threadCount)
        var numbers = SeededNumbers(seed: 5)
        var log = EventLog(isOn: false)
        for step in 0..<1_500 {
            let (first, choice) = (numbers.below(plain.threadCount), numbers.next())
            var moved = false
            for offset in 0..<plain.threadCount where !moved {
                let thread = (first + offset) % plain.threadCount
                let outcomes = (plain.step(thread, choice: choice, log: &log), other.step(thread, choice: choice, log: &log))
                if case .finding(let finding) = outcomes.0 {
                    guard case .finding(let same) = outcomes.1 else { return #expect(Bool(false), "step \(step)") }
                    #expect(finding.property == same.property && finding.sentence == same.sentence)
                    return
                }
                #expect(outcomes.0 == outcomes.1, "step \(step)")
                moved = outcomes.0 == .stepped
            }
            if step % 50 == 0 || !moved {
                let parts = (names.0.parts(of: plain), names.1.parts(of: other))
                let differing = zip(parts.0, parts.1).first { $0.name != $1.name || $0.value != $1.value }?.0.name ?? "none"
                try #require(
                    names.0.value(of: plain) == names.1.value(of: other), "step \(step): \(differing) differs first")
            }
            if !moved { return #expect(plain.restFinding() == other.restFinding()) }
        }
    }

    @Test("sequence numbers move together, and what was equal stays equal")
    func sequences() throws {
        var machine = Machine(try scenario("two-invalidations", in: "scenarios/interval_notifier"))
        var log = EventLog(isOn: false)
        var numbers = SeededNumbers(seed: 3)
        for _ in 0..<60 { _ = machine.step(numbers.below(machine.threadCount), log: &log) }
        var moved = machine
        let program = machine.program
        let subs = try #require(program.record(named: "Subscriptions"))
        let seq = try #require(program.records[subs].offset(of: "invalidate_seq"))
        let before = machine.slot(machine.liveRecords(subs)[0] + seq)
        let value = try moved.moveSequences(distance: 1_000)
        #expect(value & 1 == UInt64(before & 1))
        #expect(value >= .max - 1_000)
        // Whatever comes next is the same: relative numbers are all that anybody looks at.
        let form = NormalForm(program)
        var words = [UInt32](repeating: 0, count: form.wordCount)
        var others = words
        for step in 0..<400 {
            form.encode(machine.state, into: &words)
            form.encode(moved.state, into: &others)
            try #require(words == others, "step \(step)")
            let (thread, choice) = (numbers.below(machine.threadCount), numbers.next())
            let outcomes = (machine.step(thread, choice: choice, log: &log), moved.step(thread, choice: choice, log: &log))
            #expect(outcomes.0 == outcomes.1)
        }
    }

    @Test("a number of two bits wraps by itself")
    func narrow() throws {
        var machine = Machine(try scenario("seq-wrap", in: "scenarios/interval_notifier"))
        #expect(throws: SequenceRefusal.tooNarrow(bits: 2)) { try machine.moveSequences(distance: 3) }
    }
}
