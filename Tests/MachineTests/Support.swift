import Language
import Machine
import Models
import Testing

/// What `use` finds: the embedded models.
let modules: ModuleLoader = { path in Asset.named("\(path).model")?.text }

/// A small model on the bench: its threads are stepped by name.
struct Bench {
    var machine: Machine
    var log = EventLog()

    /// - Parameters:
    ///   - declarations: records, functions.
    ///   - scenario: the inside of the scenario.
    init(_ declarations: String, _ scenario: String, faults: [String] = []) throws {
        let source = SourceFile(name: "bench", text: "\(declarations)\nscenario bench {\n\(scenario)\n}\n")
        do {
            machine = Machine(try Language.compile(source, options: CompileOptions(faults: faults), modules: modules))
        } catch {
            Issue.record("\(error.rendered)")
            throw error
        }
        #expect(machine.setupFinding == nil)
    }

    func thread(_ name: String) throws -> Int {
        try #require(machine.program.threads.firstIndex { $0.name == name }, "no thread \(name)")
    }

    /// One statement; a step that is blocked must leave no trace.
    @discardableResult mutating func step(_ name: String, choice: UInt64 = 0) throws -> StepOutcome {
        let before = machine.state
        let outcome = machine.step(try thread(name), choice: choice, log: &log)
        if outcome == .blocked { #expect(machine.state == before, "a blocked step of \(name) left a trace") }
        return outcome
    }

    /// Statements until the thread is blocked, has finished or has found something.
    @discardableResult mutating func run(_ name: String) throws -> StepOutcome {
        for _ in 0..<10_000 {
            let outcome = try step(name)
            if outcome != .stepped { return outcome }
        }
        Issue.record("\(name) goes on for ever")
        return .stepped
    }

    /// The finding that a thread runs into.
    mutating func finding(_ name: String) throws -> MachineFinding {
        guard case .finding(let finding) = try run(name) else {
            Issue.record("\(name) finds nothing")
            throw Nothing()
        }
        return finding
    }

    /// The value of one of the scenario's variables.
    subscript(_ name: String) -> Int64 {
        machine.program.globals.first { $0.name == name }.map { machine.slot($0.slot) } ?? .min
    }

    struct Nothing: Error {}
}

/// Numbers that follow from their seed on every machine.
struct SeededNumbers {
    var state: UInt64

    init(seed: Int) { state = UInt64(seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

/// How a random schedule ended.
enum Ending: Equatable {
    case rest
    case finding(MachineFinding)
    /// The step count ran out.
    case unfinished
}

/// Runs one random schedule to its end. With odd seeds any thread may come next; with even ones threads have priorities that
/// change at a few random moments, which finds races that need a long stretch of one thread between two steps of another.
func runRandomly(_ machine: inout Machine, seed: Int, steps: Int = 20_000) -> Ending {
    if let finding = machine.setupFinding { return .finding(finding) }
    var numbers = SeededNumbers(seed: seed)
    var log = EventLog(isOn: false)
    var order = Array(0..<machine.threadCount)
    for index in order.indices { order.swapAt(index, numbers.below(order.count)) }
    let hasPriorities = seed.isMultiple(of: 2)
    let changes = Set((0..<4).map { _ in numbers.below(250) })
    for step in 0..<steps {
        if !hasPriorities {
            order.swapAt(0, numbers.below(order.count))
        } else if changes.contains(step) {
            order.append(order.removeFirst())
        }
        var moved = false
        for thread in order {
            switch machine.step(thread, choice: numbers.next(), log: &log) {
            case .stepped: moved = true
            case .finding(let finding): return .finding(finding)
            case .blocked, .finished: continue
            }
            break
        }
        if !moved { return machine.restFinding().map { .finding($0) } ?? .rest }
    }
    return .unfinished
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
struct Draw {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high) }
}
