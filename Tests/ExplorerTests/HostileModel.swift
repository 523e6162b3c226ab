/// Writes models that use nearly everything: records freed and reused, sets, lists, waits, calls, callbacks, sequence
/// numbers.
struct HostileModel {
    private var state: UInt64
    private var name = 0
    private var locks: [Int] = []
    var hasLoops = false

    init(seed: UInt64) { state = seed &* 0xD134_2543_DE82_EF95 }

    private mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
    private mutating func pick(_ texts: [String]) -> String { texts[below(texts.count)] }
    private mutating func fresh() -> String { name += 1; return "v\(name)" }

    mutating func text() -> String {
        let count = 2 + below(2)
        let threads = (0..<count).map { index -> String in
            let daemon = index > 0 && below(8) == 0 ? "daemon " : ""
            return "\(daemon)thread t\(index) {\nvar n = 0\nvar r: ref Node = none\n\(body(count == 2 ? 5 : 3))}\n"
        }.joined()
        let teardown = pick([
            "", "", "", "", "", "", "teardown { check assertion: box.x < \(2 + below(3)) }", "teardown { check assertion: box.x != box.y || box.z < 2 }",
            "teardown { assert list_empty(box.l) || box.head != none }",
        ])
        let setup = pick(["", "box.head = new Node { value: 1, start: 1, last: 2 }\n", "box.head = new Node { value: 0, start: 2, last: 2 }\nbox.other = box.head\n tree_insert(box.t, box.head)\n"])
        return """
            type seq = wrapping \(pick(["16", "32", "64"]))
            record Sub { key: u8; here: ref Node }
            record Node pool \(1 + below(3)) { lock: spinlock; value: u8; start: u8; last: u8; next: ref Node; at: seq; sub: Sub }
            record Box { a: mutex; b: spinlock; rw: rwsem; x: u8; y: u8; z: u8; head: ref Node; other: ref Node; part: ref Sub
              wq: wait_queue; c: completion; s: srcu; k: refcount; t: interval_set of Node; l: list of Node; epoch seq: seq; old: seq }
            callback poke(sub: Sub, by: int) -> int
            driver d { poke(node: Node, by: int) -> int { \(pick(["", "node.value = 1\n", "box_value(node, by)\n"]))return by + \(below(2)) } }
            box_value(node: Node, by: int) -> int { if by > 1 { node.value = 0 }; return by }
            next(node: ref Node) -> ref Node { return node == none ? none : node.next }
            add(box: Box, by: int) -> int { box.y = by
            return box.x }
            sum(a: int, b: int) -> int { return a > 3 || b > 3 ? 0 : a + b }
            scenario random {
            "Random statements."
            let box = new Box { seq: 2, old: 1 }
            setup { get box.k\n \(setup) }
            \(threads)\(teardown)
            expect undecided
            }
            """
    }

    private mutating func body(_ most: Int) -> String { (0..<(2 + below(most - 1))).map { _ in statement(0) }.joined() }

    private mutating func inner(_ depth: Int) -> String {
        (0..<(1 + below(3))).map { _ in depth < 2 ? statement(depth + 1) : simple() }.joined()
    }

    private mutating func statement(_ depth: Int) -> String { below(10) < 6 ? simple() : compound(depth) }

    private mutating func node() -> String { pick(["box.head", "box.other", "r", "r"]) }

    private mutating func simple() -> String {
        let field = pick(["x", "y", "z"])
        let ref = node()
        switch below(40) {
        case 0: return "box.\(field) = \(below(3))\n"
        case 1: return "box.\(field) = (box.\(field) + 1) % 4\n"
        case 2: return "n = box.\(field)\n"
        case 3: return "box.\(field) = n % 4\n"
        case 4: return "n = choose 0..1\n"
        case 5: return "r = new Node { value: \(below(3)), start: 1, last: \(1 + below(3)) }\n"
        case 6: return "box.\(pick(["head", "other"])) = r\n"
        case 7: return "r = box.\(pick(["head", "other"]))\n"
        case 8: return "box.\(pick(["head", "other"])) = none\n"
        case 9: return "if \(ref) != none { \(ref).value = \(below(3)) }\n"
        case 10: return "if \(ref) != none { n = \(ref).value }\n"
        case 11: return "if r != none { r.next = box.head }\n"
        case 12: return "r = next(r)\n"
        case 13: return "if r != none { free r\n r = none }\n"
        case 14: return "if r == box.head { box.z = 2 }\n"
        case 15: return "if r != none && !in_tree(box.t, r) { tree_insert(box.t, r) }\n"
        case 16: return "if r != none && in_tree(box.t, r) { tree_remove(box.t, r) }\n"
        case 17: return "r = tree_first(box.t, \(below(3))..\(2 + below(2)))\n"
        case 18: return "if r != none && !in_list(box.l, r) { \(pick(["list_add_head", "list_add_tail"]))(box.l, r) }\n"
        case 19: return "r = \(pick(["list_pop", "list_first"]))(box.l)\n"
        case 20: return "if r != none && in_list(box.l, r) { list_del(box.l, r) }\n"
        case 21: return "wake_all box.wq\n"
        case 22: return "wait_event(box.wq, box.\(field) != \(below(2)))\n"
        case 23: return "complete_all box.c\n"
        case 24: return "wait_for_completion box.c\n"
        case 25: let v = fresh(); return "let \(v) = srcu_read_lock(box.s)\n\(simple())srcu_read_unlock(box.s, \(v))\n"
        case 26: return "synchronize_srcu box.s\n"
        case 27: return "n = sum(add(box, \(below(2))), add(box, n % 2))\n"
        case 28: return "if \(ref) != none { n = poke(\(ref).sub, n) }\n"
        case 29: return "if r != none { box.part = r.sub }\n"
        case 30: return "if box.part != none { n = poke(box.part, 1) }\n"
        case 31: return pick(["box.seq += 1\n", "box.seq |= 1\n", "box.old = box.seq\n", "box.old = box.seq - 1\n"])
        case 32: return "if box.old == box.seq { box.z = \(below(3)) }\n"
        case 33: return "assert box.\(field) != \(2 + below(3))\n"
        case 34: return "assert box.x + box.y \(pick(["!=", "<"])) \(3 + below(2))\n"
        case 35: return "await box.\(field) != \(1 + below(2))\n"
        case 36: return "if exists q in Node: (q.value == 2) { box.z = 1 }\n"
        case 37: return "if get_not_zero(box.k) { if put(box.k) { box.z = 3 } }\n"
        case 38: return "if r != none { r.at = box.seq }\nif r != none { if r.at == box.old { n = 1 } }\n"
        default: return "atomic { box.x = n % 3; n = box.y }\n"
        }
    }

    private mutating func compound(_ depth: Int) -> String {
        let field = pick(["x", "y", "z"])
        let kind = below(hasLoops ? 14 : 12)
        // Locks in one order, none twice: what the machine finds anyway would hide the rest.
        let rank = kind < 2 || kind == 4 || kind == 7 ? 2 : kind == 5 || kind == 6 ? 1 : 0
        guard rank == 0 || !locks.contains(where: { $0 >= rank }) else { return simple() }
        if rank > 0 { locks.append(rank) }
        defer { if rank > 0 { locks.removeLast() } }
        switch kind {
        case 0, 1: return "lock box.a\n\(inner(depth))unlock box.a\n"
        case 2, 3: return "lock box.b\n\(quick())\(quick())\(quick())unlock box.b\n"
        case 4: return "if trylock box.a {\n\(inner(depth))unlock box.a\n}\n"
        case 5: return "down_read box.rw\n\(inner(depth))up_read box.rw\n"
        case 6: return "down_write box.rw\n\(inner(depth))up_write box.rw\n"
        case 7: return "holding box.a {\n\(inner(depth))}\n"
        case 8: return "choose {\n\(inner(depth))} or {\n\(inner(depth))}\n"
        case 9: return "if box.\(field) == \(below(2)) {\n\(inner(depth))} else {\n\(simple())}\n"
        case 10: return "if n == \(below(2)) {\n\(inner(depth))}\n"
        case 11: let v = fresh(); return "for \(v) in 0..\(1 + below(2)) {\n\(simple())}\n"
        case 12: return "while box.\(field) == \(below(2)) {\n\(inner(depth))}\n"
        default: return "repeat {\n\(inner(depth))if box.\(field) == \(below(3)) { break }\n}\n"
        }
    }

    /// What may be done under a spinlock.
    private mutating func quick() -> String {
        while true {
            let text = simple()
            if !text.contains("wait") && !text.contains("synchronize") { return text }
        }
    }
}
