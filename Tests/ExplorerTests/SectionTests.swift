import Explorer
import Foundation
import Language
import Machine
import Testing

/// Taking stretches as one step must not change any verdict.
@Suite("Sections") struct SectionTests {
    /// Scenarios that single steps are done with in seconds also in a debug build; the others with MMUSCOPE_SLOW set.
    private static let quick = [
        "nested-invalidation", "release-vs-fault", "oom-nonblocking", "remove-vs-last-end", "insert-then-remove-in-flight",
        "radeon-gup-unguarded", "radeon-reserve-fails", "seq-wrap", "first-registration",
    ]
    private static var chosen: [String] {
        ProcessInfo.processInfo.environment["MMUSCOPE_SLOW"] == nil
            ? quick : libraryScenarios.map(\.name).filter { $0 != "collide" }
    }

    @Test(arguments: chosen)
    func agreesWithSingleSteps(name: String) throws {
        try compare(name, faults: [])
    }

    /// Faults make other code run, and other properties fail.
    @Test(arguments: ["nested-invalidation", "oom-nonblocking", "release-vs-fault", "insert-then-remove-in-flight"])
    func agreesUnderFaults(name: String) throws {
        for fault in try scenario(name).faults.map(\.name) { try compare(name, faults: [fault]) }
    }

    private func compare(_ name: String, faults: [String]) throws {
        let program = try scenario(name, faults: faults)
        let fine = Explorer(program, isFine: true).explore()
        let sections = Explorer(program).explore()
        // Which of several failures is come to first may differ; whether there is one may not.
        #expect((fine.verdict == .holds) == (sections.verdict == .holds), "\(name) \(faults)")
        if faults.isEmpty { #expect(fine.verdict.text == sections.verdict.text, "\(name)") }
        #expect(sections.figures.states <= fine.figures.states)
        for result in [fine, sections] {
            guard case .fails(let finding) = result.verdict, finding.property != "no-livelock" else { continue }
            #expect(replay(result.schedule, of: program)?.property == finding.property)
        }
    }

    /// Two threads of random statements over a few fields, some under locks: whatever comes out, both ways must agree.
    @Test func agreesOnRandomModels() throws {
        let count = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? 150
        let seed = UInt64.random(in: 0...UInt64.max)
        var verdicts: [String: Int] = [:]
        for round in 0..<count {
            var generator = RandomModel(seed: seed &+ UInt64(round))
            let text = generator.text()
            let program = try model(text)
            let (fine, sections) = (Explorer(program, isFine: true).explore(), Explorer(program).explore())
            verdicts[fine.verdict.text, default: 0] += 1
            // Which of several failures comes first may differ; whether there is one may not.
            let (one, other) = (fine.verdict == .holds, sections.verdict == .holds)
            #expect(one == other, "seed \(seed &+ UInt64(round)): \(fine.verdict.text), \(sections.verdict.text)\n\(text)")
        }
        #expect(verdicts.count > 1, "seed \(seed): all the same: \(verdicts)")
    }
}

/// Writes models.
private struct RandomModel {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }

    mutating func text() -> String {
        let bodies = (0..<(2 + below(2))).map { index in "thread t\(index) {\n\(body())}" }
        return """
            record Node { value: u8; next: ref Node }
            record Box { a: mutex; b: spinlock; rw: rwsem; x: u8; y: u8; z: u8; head: ref Node; wq: wait_queue }
            scenario random {
            "Random statements."
            let box = new Box
            \(bodies.joined(separator: "\n"))
            teardown { check assertion: box.x < \(2 + below(3)) "x is large" }
            expect undecided
            }
            """
    }

    private mutating func body() -> String { (0..<(2 + below(3))).map { _ in statement(depth: 0) }.joined() }

    private mutating func statement(depth: Int) -> String {
        let field = ["x", "y", "z"][below(3)]
        let inner = depth < 2 ? (0..<(1 + below(3))).map { _ in statement(depth: depth + 1) }.joined() : "box.y = 1\n"
        switch below(depth < 2 ? 13 : 7) {
        case 0: return "box.\(field) = \(below(3))\n"
        case 1: return "box.\(field) += 1\nif box.\(field) > 3 { box.\(field) = 0 }\n"
        case 2: return "if box.\(field) == \(below(3)) { box.\(["x", "y", "z"][below(3)]) = \(below(4)) }\n"
        case 3: return "box.head = new Node { value: \(below(3)) }\n"
        case 4:
            return "if box.head != none { let taken\(depth)\(below(1000)) = box.head.value }\n"
        case 5: return "box.z = choose 0..1\n"
        case 6: return "if box.head != none { box.head.value = \(below(3)) }\n"
        case 7: return "lock box.a\n\(inner)unlock box.a\n"
        case 8: return "lock box.b\nbox.x = \(below(3))\nbox.y = box.x\nunlock box.b\n"
        case 9: return "if trylock box.a {\n\(inner)unlock box.a\n}\n"
        case 10: return "down_read box.rw\n\(inner)up_read box.rw\n"
        case 11: return "down_write box.rw\n\(inner)up_write box.rw\n"
        default: return "if box.\(field) == 1 {\n\(inner)}\n"
        }
    }
}
