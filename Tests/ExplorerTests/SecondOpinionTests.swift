import Explorer
import Foundation
import Testing

/// Random programs of which the default search, the one by single steps and a reference checker that knows neither normal form nor
/// stretches must say the same: whether they hold, and all that fails.
@Suite("Second opinion") struct SecondOpinionTests {
    /// Without `MMUSCOPE_FUZZ`, which says how many.
    private static let usual = 2_000

    @Test func agrees() throws {
        let count = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? Self.usual
        let seed = UInt64.random(in: 0...UInt64(UInt32.max))
        var primitives = PrimitiveCount()
        var (failing, complete) = (0, 0)
        for round in 0..<count {
            var generator = ProgramGenerator(seed: seed &+ UInt64(round))
            let program = generator.program()
            primitives.add(program)
            let opinion = try SecondOpinion(program, isThorough: round.isMultiple(of: 4))
            if opinion.fails { failing += 1 }
            if opinion.reference.isComplete { complete += 1 }
            guard let disagreement = opinion.disagreement else { continue }
            let small = ProgramShrinker { !$0.isUnclear && (try? SecondOpinion($0))?.disagreement == disagreement }.shrunk(program)
            Issue.record("seed \(seed &+ UInt64(round)): \(disagreement)\n\(small.text)")
        }
        // Of 20 000 programs each primitive stands in 500 at least; of few programs it may be a few less.
        #expect(primitives.rare(below: count / 40 - 4 * Int(Double(count / 40).squareRoot())) == [], "seed \(seed), \(count) programs")
        #expect(failing * 3 >= count && failing * 3 <= 2 * count, "seed \(seed): \(failing) of \(count) fail")
        #expect(complete * 10 >= count * 9, "seed \(seed): \(complete) of \(count) were seen whole")
        print("Second opinion: \(count) programs from seed \(seed), \(failing) fail, \(complete) seen whole by the reference")
    }

    @Test("every pattern is a program", arguments: ProgramPattern.all.indices)
    func pattern(_ index: Int) {
        for seed in 0..<40 {
            var generator = ProgramGenerator(seed: UInt64(seed))
            #expect(generator.program(ofPattern: index) != nil, "pattern \(index), seed \(seed)")
        }
    }

    @Test("the reference knows what it should: programs of a few lines", arguments: ReferenceCase.all)
    func reference(_ given: ReferenceCase) throws {
        let program = try model("\(given.declarations)\nscenario s {\n\"A test.\"\n\(given.scenario)\nexpect undecided }")
        let checker = try ReferenceChecker(program, invariants: given.invariants)
        #expect(checker.isComplete)
        #expect(checker.properties == given.properties, "\(given.scenario)")
    }
}

/// A program whose findings are known.
struct ReferenceCase: Sendable {
    var declarations = "record Box { a: mutex; b: mutex; w: wait_queue; x: int; y: int }"
    var scenario: String
    var invariants: [ReferenceChecker.Invariant] = []
    var properties: Set<String>

    private static let crossed = """
        thread p { lock k.a
        lock k.b
        unlock k.b
        unlock k.a }
        thread q { lock k.b
        lock k.a
        unlock k.a
        unlock k.b }
        """

    static let all = [
        ReferenceCase(scenario: "let k = new Box\nthread t { k.x = 1 }", properties: []),
        ReferenceCase(scenario: "let k = new Box\n\(crossed)", properties: ["no-deadlock"]),
        ReferenceCase(scenario: "let k = new Box\n\(crossed)\ndaemon thread d { repeat { k.x = 1 - k.x } }", properties: ["no-deadlock"]),
        ReferenceCase(
            scenario: "let k = new Box\nthread t { wait_event(k.w, k.x == 1) }\nthread u { k.x = 1 }\ndaemon thread d { repeat { k.y = 1 - k.y } }",
            properties: ["no-lost-wakeup"]),
        // Whom somebody wakes, some time.
        ReferenceCase(
            scenario: "let k = new Box\nthread t { wait_event(k.w, k.x == 3) }\ndaemon thread d { repeat { if k.x < 3 { k.x += 1 }\nwake_all k.w } }",
            properties: []),
        // One is blocked beside another that goes on for ever and is no daemon: a livelock of the one, a deadlock of the other.
        ReferenceCase(
            scenario: "let k = new Box\nthread t { await k.x == 2 }\nthread u { repeat { k.x = 1 - k.x } }", properties: ["no-deadlock", "no-livelock"]),
        // A lock that is free now and then is got.
        ReferenceCase(
            scenario: "let k = new Box\nthread t { repeat { lock k.a\nunlock k.a\nif k.x == 1 { break } } }\nthread u { lock k.a\nk.x = 1\nunlock k.a }",
            properties: []),
        ReferenceCase(scenario: "let k = new Box\nthread t { while k.x == 0 { k.y = 1 - k.y } }\nthread u { k.x = 1 }", properties: []),
        ReferenceCase(scenario: "let k = new Box\nthread t { k.x = 1 }\nteardown { while k.x == 1 { k.y = 1 - k.y }\nfree k }", properties: ["no-livelock"]),
        ReferenceCase(scenario: "let k = new Box\nthread t { k.x = 1 }\nteardown { k.y = 1 }", properties: ["refs-balanced"]),
        ReferenceCase(
            scenario: "let k = new Box\nthread t { k.x = 1\nk.y = 1 }",
            invariants: [ReferenceChecker.Invariant(name: "same", condition: "all k in Box: (k.x == k.y)")], properties: ["same"]),
        ReferenceCase(
            scenario: "let k = new Box\nthread t { atomic { k.x = 1\nk.y = 1 } }",
            invariants: [ReferenceChecker.Invariant(name: "same", condition: "all k in Box: (k.x == k.y)")], properties: []),
    ]
}
