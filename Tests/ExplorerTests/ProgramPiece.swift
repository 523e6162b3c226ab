/// A statement of a random program, with what stands inside of it: what can be moved, changed and left out.
struct ProgramPiece {
    /// A line of text, or the first of a block.
    var head: String
    var body: [ProgramPiece]?
    /// The last line of a block.
    var tail = ""

    var lines: [String] { [head] + (body.map { $0.flatMap(\.lines) + [tail] } ?? []) }

    /// Nothing inside may wait.
    var isCalm: Bool {
        head == "atomic {" || head.hasPrefix("lock ") && [".s", ".ns", ".lock"].contains { head.hasSuffix($0) }
    }

    /// Reads lines. What stands between braces, or between taking a lock and letting go of it, is a block.
    static func pieces(_ text: String) -> [ProgramPiece] {
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }.map(String.init)
        return pieces(lines[...])
    }

    private static func pieces(_ lines: ArraySlice<String>) -> [ProgramPiece] {
        var result: [ProgramPiece] = []
        var next = lines.startIndex
        while next < lines.endIndex {
            let line = lines[next]
            guard let end = end(of: line, in: lines[next...]) else {
                result.append(ProgramPiece(head: line))
                next += 1
                continue
            }
            result.append(ProgramPiece(head: line, body: pieces(lines[(next + 1)..<end]), tail: lines[end]))
            next = end + 1
        }
        return result
    }

    /// Where a block ends that begins with a line; nil where none does.
    private static func end(of head: String, in lines: ArraySlice<String>) -> Int? {
        let closing = closing(head)
        guard let closing else { return nil }
        var depth = 0
        for index in lines.indices.dropFirst() {
            let line = lines[index]
            if depth == 0, line == closing || closing.hasSuffix("(") && line.hasPrefix(closing) { return index }
            if line.hasPrefix("}") { depth -= 1 }
            if line.hasSuffix("{") { depth += 1 }
            if depth < 0 { return nil }
        }
        return nil
    }

    private static func closing(_ head: String) -> String? {
        if head.hasSuffix("{") { return head.hasPrefix("}") ? nil : "}" }
        let pairs = [("lock ", "unlock "), ("down_read ", "up_read "), ("down_write ", "up_write "), ("freeze ", "thaw ")]
        for (first, last) in pairs where head.hasPrefix(first) { return last + head.dropFirst(first.count) }
        if let call = head.range(of: " = srcu_read_lock(") {
            return "srcu_read_unlock(" + head[call.upperBound...].dropLast() + ", " + head[..<call.lowerBound].dropFirst(4) + ")"
        }
        return nil
    }
}

/// Where a piece stands: the thread, and the index on each level.
struct PiecePlace {
    var thread: Int
    var path: [Int]
}

/// A random program in parts.
struct ProgramParts {
    struct Thread {
        /// "thread t0", "daemon thread d0", "setup", "teardown".
        var head: String
        var pieces: [ProgramPiece]
        var isScenario: Bool { head.hasPrefix("thread") }
    }

    struct Invariant {
        var name: String
        /// "b: Box".
        var subject: String
        var condition: String
    }

    var threads: [Thread] = []
    var invariants: [Invariant] = []
    /// Bits of a sequence number.
    var sequenceBits = 32
    /// Where sequence numbers begin.
    var firstNumber = 2
    /// Records that a pool has room for, beside those that are written.
    var spare = 0

    // MARK: Pieces

    /// Every piece's place, outer ones before what is inside of them.
    var places: [PiecePlace] {
        func walk(_ pieces: [ProgramPiece], _ thread: Int, _ path: [Int]) -> [PiecePlace] {
            pieces.enumerated().flatMap { index, piece in
                [PiecePlace(thread: thread, path: path + [index])] + walk(piece.body ?? [], thread, path + [index])
            }
        }
        return threads.enumerated().flatMap { walk($1.pieces, $0, []) }
    }

    /// The pieces among which one stands are changed.
    mutating func change(around place: PiecePlace, _ change: (inout [ProgramPiece], Int) -> Void) {
        func descend(_ pieces: inout [ProgramPiece], _ path: ArraySlice<Int>) {
            guard let first = path.first else { return }
            if path.count == 1 { return change(&pieces, first) }
            var inner = pieces[first].body ?? []
            descend(&inner, path.dropFirst())
            pieces[first].body = inner
        }
        descend(&threads[place.thread].pieces, place.path[...])
    }

    func piece(at place: PiecePlace) -> ProgramPiece {
        var pieces = threads[place.thread].pieces
        for index in place.path.dropLast() { pieces = pieces[index].body ?? [] }
        return pieces[place.path[place.path.count - 1]]
    }

    /// Whether what stands there must not wait.
    func isCalm(_ place: PiecePlace) -> Bool {
        (1..<place.path.count).contains { piece(at: PiecePlace(thread: place.thread, path: Array(place.path.prefix($0)))).isCalm }
    }

    // MARK: Text

    private static let boxFields = [
        "m: mutex", "m2: mutex", "s: spinlock", "rw: rwsem", "w: wait_queue", "c: completion", "sr: srcu", "k: refcount",
        "x: u8", "y: u8", "z: u8", "go: bool", "p: ref Node", "o: ref Node", "l: list of Node", "t: interval_set of Node",
        "epoch q: seq", "at: seq", "tab: u8[2]", "part: ref Sub", "nx: u8", "ny: u8", "nz: u8", "nm: mutex", "ns: spinlock",
        "nr: rwsem", "nl: list of Node", "nt: interval_set of Node", "o0: int", "o1: int", "o2: int",
    ]
    private static let nodeFields = [
        "lock: spinlock", "mm: mutex", "pl: page_lock", "v: u8", "start: u8", "last: u8", "next: ref Node", "at: seq", "refs: refcount", "sub: Sub",
    ]
    private static let functions = [
        "next_of(": "next_of(r: ref Node) -> ref Node { return r == none ? none : r.next }",
        "add(": "add(b: Box, by: int) -> int {\nb.ny = by % 4\nreturn b.nx }",
        "sum(": "sum(a: int, c: int) -> int { return a > 3 || c > 3 ? 0 : a + c }",
        "locked(": "locked(b: Box, by: int) -> int {\nholding b.nm {\nif b.nx == by { return 1 }\nb.nx = by % 4\n}\nreturn 0 }",
        "poke(": "callback poke(sub: Sub, by: int) -> int\n"
            + "driver d { poke(r: Node, by: int) -> int {\nlet v = r.v\nr.v = by % 4\nreturn (v + by) % 4 } }",
    ]

    /// The text of the whole program. The lines stay where they are when the invariants are left out.
    func text(withInvariants: Bool = true) -> String {
        let bodies = threads.map { thread -> String in
            let lines = thread.pieces.flatMap(\.lines)
            let all = lines.joined(separator: "\n")
            let own = thread.head == "setup" ? "" : (Self.uses(all, "n") ? "var n = 0\n" : "") + (Self.uses(all, "r") ? "var r: ref Node = none\n" : "")
            return "\(thread.head) {\n\(own)\(all)\n}"
        }
        let conditions = invariants.map { "invariant \($0.name)(\($0.subject)) = \($0.condition) \"broken\"" }
        let everything = (bodies + conditions).joined(separator: "\n")
        let functions = Self.functions.sorted { $0.key < $1.key }.filter { everything.contains($0.key) }.map(\.value)
        let code = everything + functions.joined(separator: "\n")
        let used = { (fields: [String]) -> [String] in
            fields.filter { field in
                let name = field.split(separator: ":")[0].split(separator: " ").last ?? ""
                return code.contains(".\(name)", isWord: true) || code.contains("{ \(name): ") || code.contains(", \(name): ")
            }
        }
        var nodes = used(Self.nodeFields)
        if code.contains("poke(") || code.contains("part"), !nodes.contains("sub: Sub") { nodes.append("sub: Sub") }
        for field in ["start: u8", "last: u8"] where code.contains("tree_insert") && !nodes.contains(field) { nodes.append(field) }
        if nodes.isEmpty { nodes = ["v: u8"] }
        let box = used(Self.boxFields)
        let made = code.components("new Node") + spare
        let second = code.contains("d.", isWord: true)
        let records = ["type seq = wrapping \(sequenceBits)", "record Sub { key: u8 }",
            "record Node pool \(max(1, made)) { \(nodes.joined(separator: "; ")) }",
            "record Box pool \(1 + (second ? 1 : 0) + code.components("new Box")) { \((box.isEmpty ? ["x: u8"] : box).joined(separator: "; ")) }"]
        let start = box.contains("epoch q: seq") ? " { q: \(firstNumber) }" : ""
        return (records + functions + conditions.map { withInvariants ? $0 : "" } + (code.contains("fault(") ? ["fault broken \"wrong\""] : [])
            + ["scenario random {", "\"Random statements.\"", "let b = new Box\(start)"] + (second ? ["let d = new Box\(start)"] : [])
            + (code.contains("g", isWord: true) ? ["let g: int"] : [])
            + (0..<4).filter { code.contains("e\($0) = true") }.map { "let e\($0): bool" }
            + bodies + ["expect undecided", "}"]).joined(separator: "\n")
    }

    private static func uses(_ text: String, _ name: String) -> Bool { text.contains(name, isWord: true) }
}

extension String {
    /// How often a text occurs.
    func components(_ text: String) -> Int { ranges(of: text).count }

    /// Whether a word stands in it by itself.
    func contains(_ word: String, isWord: Bool) -> Bool {
        ranges(of: word).contains { range in
            func isName(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
            let before = range.lowerBound == startIndex ? " " : self[index(before: range.lowerBound)]
            let after = range.upperBound == endIndex ? " " : self[range.upperBound]
            let isMember = word.hasPrefix(".") || before != "."
            return isMember && (word.hasPrefix(".") || !isName(before)) && (word.hasSuffix(".") || !isName(after))
        }
    }
}
