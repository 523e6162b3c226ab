import Explorer
import Language
import Machine

/// A small random program, compiled with its invariants and without them.
struct RandomProgram {
    var parts: ProgramParts
    let text: String
    let program: Program
    /// The same without invariants: they are the reference's own business.
    let bare: Program

    init(_ parts: ProgramParts) throws(DiagnosticList) {
        self.parts = parts
        text = parts.text()
        program = try compile(SourceFile(name: "random", text: text), modules: { _ in nil })
        bare = parts.invariants.isEmpty
            ? program : try compile(SourceFile(name: "random", text: parts.text(withInvariants: false)), modules: { _ in nil })
    }

    /// Whether it asks an invariant where nobody has said what that means: within the setup, or of a record that is gone.
    var isUnclear: Bool {
        guard !parts.invariants.isEmpty else { return false }
        if let finding = Machine(program).setupFinding, parts.invariants.contains(where: { $0.name == finding.property }) { return true }
        return text.contains("free ") && parts.invariants.contains { $0.condition.contains("b.p.") }
    }

    /// What holds in every state, over all records of a kind.
    var invariants: [ReferenceChecker.Invariant] {
        parts.invariants.map {
            let words = $0.subject.split(separator: ":").map { $0.filter { $0 != " " } }
            return ReferenceChecker.Invariant(name: $0.name, condition: "all \(words[0]) in \(words[1]): (\($0.condition))")
        }
    }
}

/// Writes random programs: patterns of what threads do together, with statements of no importance around them, one or two things
/// changed; or nothing but random statements.
struct ProgramGenerator {
    private var numbers: SeededNumbers
    private var noise: ProgramNoise
    private var name = 0
    /// What is asked in the end.
    private var question = ""

    init(seed: UInt64) {
        numbers = SeededNumbers(seed: seed)
        noise = ProgramNoise(SeededNumbers(seed: seed &+ 0x5EED))
    }

    /// The next that compiles.
    mutating func program() -> RandomProgram {
        while true {
            guard let program = try? RandomProgram(parts()), !program.isUnclear else { continue }
            return numbers.below(5) < 3 ? observed(program) : program
        }
    }

    private mutating func parts() -> ProgramParts {
        var parts = ProgramParts()
        parts.sequenceBits = numbers.pick([4, 8, 16, 32, 32, 64])
        switch numbers.below(10) {
        case 0..<5:
            add(pattern(), to: &parts)
            for _ in 0..<numbers.below(4) { addNoise(to: &parts, isBold: false) }
            if numbers.oneIn(4) { mutate(&parts) }
            if numbers.oneIn(12) { mutate(&parts) }
        case 5, 6:
            add(pattern(), to: &parts)
            add(pattern(), to: &parts)
            if numbers.oneIn(8) { mutate(&parts) }
        default: soup(&parts)
        }
        if numbers.oneIn(10) { parts.spare += 1 }
        if numbers.oneIn(4) { hide(&parts) }
        if !question.isEmpty, !parts.threads.contains(where: { $0.head == "teardown" }) { judge(&parts, question) }
        question = ""
        return parts
    }

    /// One pattern as it stands.
    mutating func program(ofPattern index: Int) -> RandomProgram? {
        var parts = ProgramParts()
        add(pattern(index), to: &parts)
        if !question.isEmpty { judge(&parts, question) }
        question = ""
        return try? RandomProgram(parts)
    }

    // MARK: Patterns

    /// One with its texts' own numbers; sometimes its box is another one.
    private mutating func pattern(_ index: Int? = nil) -> ProgramPattern {
        name += 1
        var pattern = (index.map { ProgramPattern.all[$0] } ?? numbers.pick(ProgramPattern.all))(&numbers)
        let isSecond = name > 1 && numbers.below(3) > 0 && pattern.invariants.isEmpty
        let own = { [name] (text: String) -> String in
            let text = text.replacing("$", with: "\(name)")
            return isSecond ? text.replacing("b.", with: "d.") : text
        }
        pattern.setup = own(pattern.setup)
        pattern.threads = pattern.threads.map(own)
        pattern.daemons = pattern.daemons.map(own)
        pattern.question = own(pattern.question)
        pattern.teardown = own(pattern.teardown)
        return pattern
    }

    private mutating func add(_ pattern: ProgramPattern, to parts: inout ProgramParts) {
        func append(_ text: String, _ head: String) {
            guard !text.isEmpty else { return }
            let pieces = ProgramPiece.pieces(text)
            guard let index = parts.threads.firstIndex(where: { $0.head == head }) else {
                parts.threads.append(ProgramParts.Thread(head: head, pieces: pieces))
                return
            }
            if numbers.oneIn(2) { parts.threads[index].pieces += pieces } else { parts.threads[index].pieces = pieces + parts.threads[index].pieces }
        }
        append(pattern.setup, "setup")
        let first = numbers.below(pattern.threads.count)
        for index in pattern.threads.indices {
            append(pattern.threads[(first + index) % pattern.threads.count], "thread t\(index)")
        }
        for (index, daemon) in pattern.daemons.enumerated() where !parts.threads.contains(where: { $0.head == "daemon thread d\(index)" }) {
            append(daemon, "daemon thread d\(index)")
        }
        if !parts.threads.contains(where: { $0.head == "teardown" }) { append(pattern.teardown, "teardown") }
        if !pattern.question.isEmpty, pattern.teardown.isEmpty { question = pattern.question }
        if let bits = pattern.sequenceBits { parts.sequenceBits = bits }
        parts.spare += pattern.spare
        parts.invariants += pattern.invariants.filter { new in !parts.invariants.contains { $0.name == new.name } }
    }

    private mutating func addNoise(to parts: inout ProgramParts, isBold: Bool) {
        let places = parts.places.filter { parts.threads[$0.thread].head.contains("thread") && !parts.piece(at: $0).head.hasPrefix("}") }
        guard !places.isEmpty else { return }
        let place = numbers.pick(places)
        let pieces = ProgramPiece.pieces(noise.text(isCalm: parts.isCalm(place), isBold: isBold, depth: place.path.count > 1 ? 1 : 0))
        let isBehind = numbers.oneIn(2)
        parts.change(around: place) { siblings, index in siblings.insert(contentsOf: pieces, at: index + (isBehind ? 1 : 0)) }
    }

    private mutating func soup(_ parts: inout ProgramParts) {
        let count = 2 + (numbers.oneIn(3) ? 1 : 0)
        let isBold = numbers.oneIn(4)
        for index in 0..<count {
            let isDaemon = index > 0 && numbers.oneIn(10)
            let most = count == 2 ? 5 : 3
            let text = (0..<(2 + numbers.below(most - 1))).map { _ in noise.text(isCalm: false, isBold: isBold) }.joined(separator: "\n")
            parts.threads.append(ProgramParts.Thread(head: isDaemon ? "daemon thread d\(index)" : "thread t\(index)", pieces: ProgramPiece.pieces(text)))
        }
        if numbers.oneIn(3) {
            let setup = numbers.pick([
                "b.o = new Node { v: 1, start: 1, last: 2 }", "b.o = new Node { start: 2, last: 2 }\nb.p = b.o\ntree_insert(b.nt, b.o)",
                "b.p = new Node { v: 2 }\nlist_add_tail(b.nl, b.p)", "get b.k", "get b.k\nget b.k\nb.go = true",
            ])
            parts.threads.append(ProgramParts.Thread(head: "setup", pieces: ProgramPiece.pieces(setup)))
        }
        if numbers.oneIn(8) {
            parts.invariants.append(ProgramParts.Invariant(
                name: "bound", subject: "b: Box", condition: numbers.pick(["b.nx + b.ny < 5", "held(b.nm) || b.nx != 2", "b.nz != 3 || list_empty(b.nl)", "b.o == none || b.nx < 3"])))
        }
    }

    // MARK: Changes

    /// All that one thread does it does one time in many: random schedules, from which the search guesses what is shared, don't
    /// come to it.
    private mutating func hide(_ parts: inout ProgramParts) {
        let threads = parts.threads.indices.filter { parts.threads[$0].isScenario }
        guard !threads.isEmpty else { return }
        let thread = numbers.pick(threads)
        let pieces = parts.threads[thread].pieces
        parts.threads[thread].pieces = [
            ProgramPiece(head: "let rare = choose 0..149"), ProgramPiece(head: "if rare == \(numbers.below(150)) {", body: pieces, tail: "}"),
        ]
    }

    /// Leaves out, moves or changes one piece.
    private mutating func mutate(_ parts: inout ProgramParts) {
        let places = parts.places
        guard !places.isEmpty else { return }
        let place = numbers.pick(places)
        var numbers = numbers
        parts.change(around: place) { siblings, index in Self.change(&siblings, index, &numbers) }
        self.numbers = numbers
    }

    private static func change(_ siblings: inout [ProgramPiece], _ index: Int, _ numbers: inout SeededNumbers) {
        switch numbers.below(8) {
        case 0: siblings.remove(at: index)
        case 1, 2: siblings.swapAt(index, (index + 1) % siblings.count)
        case 3:
            guard let body = siblings[index].body else { return siblings.swapAt(index, (index + siblings.count - 1) % siblings.count) }
            siblings.replaceSubrange(index...index, with: body)
        case 4:
            // A statement leaves its block.
            guard var body = siblings[index].body, !body.isEmpty else { return change(&siblings[index].head, &numbers) }
            let moved = numbers.oneIn(2) ? body.removeLast() : body.removeFirst()
            siblings[index].body = body
            siblings.insert(moved, at: numbers.oneIn(2) ? index : index + 1)
        case 5:
            // One comes into it.
            let next = index + 1
            guard next < siblings.count, var body = siblings[index].body else { return change(&siblings[index].head, &numbers) }
            body.append(siblings.remove(at: next))
            siblings[index].body = body
        case 6: siblings.append(siblings.remove(at: index))
        default: change(&siblings[index].head, &numbers)
        }
    }

    private static func change(_ text: inout String, _ numbers: inout SeededNumbers) {
        let changes = [
            (" == ", " != "), (" != ", " == "), ("= 1", "= 2"), ("== 1", "== 2"), ("b.x", "b.y"), ("b.y", "b.z"), ("b.p", "b.o"), ("true", "false"),
            ("b.m", "b.m2"), ("b.m2", "b.m"), ("+= 1", "|= 1"), ("_tail", "_head"), ("b.q - 1", "b.q"), ("= b.q", "= b.q - 1"), (" || ", " && "),
        ].filter { text.contains($0.0) }
        guard !changes.isEmpty else { return }
        let (old, new) = numbers.pick(changes)
        text = text.replacing(old, with: new, maxReplacements: 1)
    }

    // MARK: What comes out

    /// Makes the threads write down what they saw, and somebody deny one of the ends that there are: the rarest, any, or one that
    /// isn't there. Who leaves out a way to an end is seen.
    private mutating func observed(_ program: RandomProgram) -> RandomProgram {
        var parts = program.parts
        guard !parts.threads.contains(where: { ["teardown", "thread judge"].contains($0.head) }) else { return program }
        var watched = Set(["b.x", "b.y", "b.z", "b.nx", "b.ny", "b.nz"].filter { program.text.contains(String($0.dropFirst()), isWord: true) })
        for (index, thread) in parts.threads.enumerated() where thread.isScenario {
            guard thread.pieces.contains(where: { $0.lines.joined(separator: " ").contains("n", isWord: true) }) else { continue }
            parts.threads[index].pieces.append(ProgramPiece(head: "b.o\(index % 3) = n"))
            watched.insert("b.o\(index % 3)")
        }
        let names = watched.sorted()
        guard !names.isEmpty, let whole = try? RandomProgram(parts), let ends = try? Self.ends(of: whole, names), !ends.isEmpty else { return program }
        let kinds = ends.sorted { ($0.value, $0.key.description) < ($1.value, $1.key.description) }.map(\.key)
        var end = numbers.oneIn(2) ? kinds[0] : numbers.pick(kinds)
        if numbers.below(3) > 0 {
            // Of several ends some of each: one that there isn't.
            for _ in 0..<8 where kinds.contains(end) { for index in end.indices { end[index] = numbers.pick(kinds)[index] } }
            if kinds.contains(end) { end[0] += 4 }
        }
        let terms = zip(names, end).map { "\($0) == \($1)" }.joined(separator: " && ")
        judge(&parts, "assert !(\(terms))")
        return (try? RandomProgram(parts)) ?? program
    }

    /// The teardown asks at the end if it can free everything; otherwise one thread more.
    private mutating func judge(_ parts: inout ProgramParts, _ question: String) {
        let text = parts.text(withInvariants: false)
        guard text.contains("new Node") else {
            let tidy = ["free b"] + (text.contains("let d = ") ? ["free d"] : [])
            let pieces = ([question] + tidy).map { ProgramPiece(head: $0) }
            return parts.threads.append(ProgramParts.Thread(head: "teardown", pieces: pieces))
        }
        var waits: [String] = []
        for (index, thread) in parts.threads.enumerated() where thread.isScenario {
            parts.threads[index].pieces.append(ProgramPiece(head: "e\(index) = true"))
            waits.append("e\(index)")
        }
        let pieces = ["await \(waits.joined(separator: " && "))", question].map { ProgramPiece(head: $0) }
        parts.threads.append(ProgramParts.Thread(head: "thread judge", pieces: pieces))
    }

    /// What the watched fields hold where every thread has ended, and how often.
    private static func ends(of program: RandomProgram, _ watched: [String]) throws -> [[Int64]: Int] {
        let checker = try ReferenceChecker(program.bare, limit: 4_000)
        guard checker.isComplete, checker.stateCount > 0 else { return [:] }
        let box = program.bare.records.firstIndex { $0.name == "Box" } ?? 0
        var machine = Machine(program.bare)
        guard let base = machine.liveRecords(box).first else { return [:] }
        let slots = watched.compactMap { name in
            program.bare.records[box].fields.first { "b.\($0.name)" == name }.map { base + $0.offset }
        }
        guard slots.count == watched.count else { return [:] }
        var result: [[Int64]: Int] = [:]
        for state in checker.states {
            machine.load(state)
            guard machine.isAtRest else { continue }
            result[slots.map { state.slot($0) }, default: 0] += 1
        }
        return result
    }
}
