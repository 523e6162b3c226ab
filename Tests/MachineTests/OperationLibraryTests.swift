import Language
import Machine
import Models
import Testing

/// The library's operations, begun at any moment of its scenarios: what can be made to happen must not break what holds.
@Suite("Operations of the library") struct OperationLibraryTests {
    /// Scenarios over several drivers. Each holds under every schedule, and its own text asserts nothing that an operation
    /// may change. At 6.1 where what was posted has bugs that an operation can meet.
    static let scenarios = [
        "two-invalidations", "nested-invalidation", "odp-vs-munmap", "radeon-corrected", "oom-dmirror",
    ]

    private func program(_ name: String) throws -> Program {
        let entry = try #require(Embedded.scenarios.first { $0.outline.name == name })
        let text = try #require(Asset.named("\(entry.path).model")?.text)
        let options = CompileOptions(scenario: name, settings: name == "oom-dmirror" ? ["vintage": 601] : [:], operations: true)
        return try compile(SourceFile(name: entry.path, text: text), options: options, modules: modules)
    }

    @Test("compiles with operations", arguments: Embedded.all) func compiles(_ entry: Embedded) throws {
        let text = try #require(Asset.named("\(entry.path).model")?.text)
        let options = CompileOptions(scenario: entry.outline.name, operations: true)
        let program = try compile(SourceFile(name: entry.path, text: text), options: options, modules: modules)
        let plain = try compile(
            SourceFile(name: entry.path, text: text), options: CompileOptions(scenario: entry.outline.name), modules: modules)
        #expect(plain.operations.isEmpty)
        if plain.record(named: "MM") != nil {
            let names = Set(program.operations.map(\.name))
            #expect(names.isSuperset(of: ["munmap", "mprotect", "fork", "exit", "insert", "remove", "reclaim", "migrate"]))
        }
        #expect(Fingerprinter(program).value(of: Machine(program)) == Fingerprinter(plain).value(of: Machine(plain)))
    }

    @Test("each operation, at any step", arguments: scenarios) func soak(_ name: String) throws {
        let program = try program(name)
        let isHolding = if case .holds? = program.scenario.expectation { true } else { false }
        #expect(isHolding, "\(name) is to hold")
        var begun = 0
        for operation in program.operations.indices {
            // test_hmm reads from a process that has gone for ever: that is a finding of its own (read-vs-exit).
            if name == "oom-dmirror", program.operations[operation].name == "exit" { continue }
            for seed in 1...UInt64(12) {
                var random = Draw(seed: seed &* 0x9E37_79B9 &+ UInt64(operation))
                begun += try soak(program, operation, &random) ? 1 : 0
            }
        }
        #expect(begun > program.operations.count * 6, "too few could be begun: \(begun)")
    }

    /// - Returns: whether the operation could be begun.
    private func soak(_ program: Program, _ operation: Int, _ random: inout Draw) throws -> Bool {
        let seed = random.state
        var machine = Machine(program)
        var log = EventLog(isOn: false)
        var moment = random.next(below: 150)
        var isBegun = false
        for step in 0..<100_000 {
            if step == moment, !isBegun {
                do {
                    try machine.begin(
                        operation: operation, arguments: arguments(program.operations[operation], machine, &random))
                    isBegun = true
                } catch {
                    moment += 1 + random.next(below: 20)
                }
            }
            guard try take(&machine, &random, &log, "\(program.operations[operation].name), seed \(seed)") else { return isBegun }
        }
        Issue.record("\(program.scenario.name) with \(program.operations[operation].name), seed \(seed), goes on for ever")
        return isBegun
    }

    /// One step of anybody; false when nobody can.
    private func take(_ machine: inout Machine, _ random: inout Draw, _ log: inout EventLog, _ what: String) throws -> Bool {
        let count = machine.threadCount
        let first = random.next(below: count)
        for offset in 0..<count {
            switch machine.step((first + offset) % count, choice: random.next(), log: &log) {
            case .stepped: return true
            case .blocked, .finished: continue
            case .finding(let finding):
                let place = machine.program.statements[finding.statement]
                Issue.record(
                    """
                    \(machine.program.scenario.name) with \(what): \(finding.property): \(finding.sentence), by \
                    \(machine.threadName(finding.thread)) at \(machine.program.sources[place.file].name):\(place.line)
                    """)
                return false
            }
        }
        if let finding = machine.restFinding() {
            Issue.record("\(machine.program.scenario.name) with \(what): \(finding.property): \(finding.sentence)")
        }
        return false
    }

    private func arguments(_ operation: OperationDeclaration, _ machine: Machine, _ random: inout Draw) -> [OperationArgument] {
        operation.parameters.map { parameter in
            switch parameter {
            case .address: return .number(Int64(random.next(below: 8)))
            case .range:
                let first = Int64(random.next(below: 8))
                return .range(first: first, last: first + Int64(random.next(below: 3)))
            case .record(_, let record):
                let live = machine.liveRecords(record)
                return .record(live.isEmpty ? "nobody" : machine.name(ofRecordAt: live[random.next(below: live.count)]))
            case .flag: return .flag(random.next(below: 2) == 0)
            case .number: return .number(Int64(random.next(below: 4)))
            }
        }
    }
}
