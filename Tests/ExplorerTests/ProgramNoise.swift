/// Random numbers that a seed gives again.
struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0xD134_2543_DE82_EF95 }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }

    mutating func pick<Element>(_ all: [Element]) -> Element { all[below(all.count)] }

    /// One time in so many.
    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }
}

/// Statements that do no harm by themselves, and some that may: what stands between the statements of a pattern, or makes up a
/// program alone.
struct ProgramNoise {
    var numbers: SeededNumbers
    private var name = 0

    init(_ numbers: SeededNumbers) { self.numbers = numbers }

    private mutating func pick(_ all: String...) -> String { numbers.pick(all) }
    mutating func fresh() -> String { name += 1; return "f\(name)" }
    private mutating func digit(_ limit: Int) -> String { "\(numbers.below(limit))" }
    private mutating func field() -> String { pick("b.nx", "b.ny", "b.nz", "b.nx", "b.x", "b.y", "b.z") }
    private mutating func scratch() -> String { pick("b.nx", "b.ny", "b.nz") }

    /// A statement, or a few.
    /// - Parameters:
    ///   - isCalm: it must not wait.
    ///   - isBold: it may do what goes wrong: wait for what never comes, free what others have.
    mutating func text(isCalm: Bool, isBold: Bool, depth: Int = 0) -> String {
        if depth < 2, numbers.oneIn(3) { return block(isCalm: isCalm, isBold: isBold, depth: depth) }
        if isBold, numbers.oneIn(3) { return bold(isCalm: isCalm) }
        return numbers.oneIn(2) ? plain() : record()
    }

    private mutating func plain() -> String {
        switch numbers.below(28) {
        case 0, 1: "\(scratch()) = \(digit(3))"
        case 2: { (field: String) in "\(field) = (\(field) + 1) % 4" }(scratch())
        case 3, 4: "n = \(field())"
        case 5: "\(scratch()) = n % 4"
        case 6: "n = choose 0..\(1 + numbers.below(2))"
        case 7: "b.tab[\(digit(2))] = \(digit(3))"
        case 8: "n = b.tab[n % 2]"
        case 9: "g = \(digit(3))"
        case 10: "n = g"
        case 11: "n = sum(n, \(field()))"
        case 12: "n = sum(add(b, \(digit(2))), add(b, n % 2))"
        case 13: "b.q \(pick("+= 1", "|= 1"))"
        case 14: "b.at = \(pick("b.q", "b.q - 1"))"
        case 15: "if b.at == b.q {\n\(scratch()) = \(digit(3))\n}"
        case 16: "if \(pick("exists", "all")) u in Node: (u.v == \(digit(3))) {\n\(scratch()) = \(digit(3))\n}"
        case 17: "n = count u in Node: (u.v != \(digit(2)))"
        case 18: "if held(\(pick("b.nm", "b.ns", "b.nr", "b.m", "b.s", "b.rw"))) {\n\(scratch()) = \(digit(3))\n}"
        case 19: "say note: \"{\(field())} and {n}\""
        case 20: "check own-check: \(field()) != \(3 + numbers.below(2)) \"seen {n}\""
        case 21: "assert \(scratch()) + \(scratch()) < \(6 + numbers.below(2))"
        case 22, 26, 27: "with fault broken {\n\(scratch()) = \(digit(3))\n}"
        case 23: "if fault(broken) {\n\(scratch()) = \(digit(3))\n}"
        case 24: "atomic {\n\(scratch()) = \(digit(3))\nn = \(field())\n}"
        default: "if n == \(digit(2)) {\n\(scratch()) = \(digit(3))\n}"
        }
    }

    private mutating func record() -> String {
        let e = fresh()
        switch numbers.below(28) {
        case 0: return "wake_all b.w"
        case 1: return "\(pick("complete_all", "complete_all", "reinit_completion")) b.c"
        case 2: return "let \(e) = srcu_read_lock(b.sr)\n\(plain())\nsrcu_read_unlock(b.sr, \(e))"
        case 3: return "if get_not_zero(b.k) {\n\(plain())\nif put(b.k) {\n\(scratch()) = 3\n}\n}"
        case 4: return "r = new Node { v: \(digit(3)), start: 1, last: \(1 + numbers.below(3)) }"
        case 5: return "b.o = r"
        case 6: return "r = b.\(pick("o", "p"))"
        case 7: return "if r != none && !in_list(b.nl, r) && !in_list(b.l, r) {\n\(pick("list_add_head", "list_add_tail"))(b.nl, r)\n}"
        case 8: return "r = \(pick("list_pop", "list_first"))(b.nl)"
        case 9: return "if r != none && in_list(b.nl, r) {\nlist_del(b.nl, r)\n}"
        case 10: return "if !list_empty(b.\(pick("nl", "l"))) {\n\(scratch()) = \(digit(3))\n}"
        case 11: return "if r != none && !in_tree(b.nt, r) {\ntree_insert(b.nt, r)\n}"
        case 12: return "r = tree_first(b.nt, \(digit(3))..\(2 + numbers.below(2)))"
        case 13: return "if r != none && in_tree(b.nt, r) {\ntree_remove(b.nt, r)\n}"
        case 14: return "if r != none && in_tree(b.nt, r) {\nr = tree_next(b.nt, r, 0..\(2 + numbers.below(3)))\n}"
        case 15: return "if tree_empty(b.nt) {\n\(scratch()) = \(digit(3))\n}"
        case 16: return "r = next_of(r)"
        case 17: return "if r != none {\nr.next = b.o\n}"
        case 18: return "if r != none {\nr.v = \(digit(3))\n}"
        case 19: return "if r != none {\nn = r.v\n}"
        case 20: return "if r != none {\nn = poke(r.sub, n)\n}"
        case 21: return "if r != none {\nb.part = r.sub\n}"
        case 22: return "if r == b.o {\n\(scratch()) = \(digit(3))\n}"
        case 23: return "if r != none {\nr.at = b.q\n}"
        case 24, 25: return "if r != none {\nif trylock r.pl {\n\(plain())\nunlock r.pl\n}\n}"
        case 26: return "if b.o != none {\nif trylock b.o.pl {\nb.o.v = \(digit(3))\nunlock b.o.pl\n}\n}"
        default: return "get b.k"
        }
    }

    private mutating func bold(isCalm: Bool) -> String {
        switch numbers.below(isCalm ? 10 : 17) {
        case 0: "if r != none {\nfree r\nr = none\n}"
        case 1: "b.\(pick("o", "p")) = none"
        case 2: "assert \(field()) != \(1 + numbers.below(3))"
        case 3: "if b.part != none {\nn = poke(b.part, 1)\n}"
        case 4: "b.\(pick("x", "y", "z")) = \(digit(3))"
        case 5: "b.go = \(pick("true", "true", "false"))"
        case 6: "if b.o != none {\nb.o.v = \(digit(3))\n}"
        case 7, 8: "\(pick("freeze", "thaw")) b.nt"
        case 9: "reinit_completion b.c"
        case 10: "wait_event(b.w, \(field()) != \(digit(2)))"
        case 11: "wait_for_completion b.c"
        case 12: "synchronize_srcu b.sr"
        case 13: "await \(field()) != \(1 + numbers.below(2))"
        case 14: "if put(b.k) {\n\(scratch()) = 3\n}"
        case 15: "lock b.nm\nb.nx = \(digit(3))"
        default: "await b.go"
        }
    }

    private mutating func inner(_ isCalm: Bool, _ isBold: Bool, _ depth: Int) -> String {
        (0..<(1 + numbers.below(2))).map { _ in text(isCalm: isCalm, isBold: isBold, depth: depth + 1) }.joined(separator: "\n")
    }

    private mutating func block(isCalm: Bool, isBold: Bool, depth: Int) -> String {
        // Locks are not taken inside of others': what the machine finds at once would hide the rest.
        let kind = numbers.below(isCalm || depth > 0 ? 6 : 18)
        let quiet = { (self: inout ProgramNoise) in "\(self.plain())\n\(self.plain())" }
        switch kind {
        case 0: return "if \(field()) == \(digit(2)) {\n\(inner(isCalm, isBold, depth))\n} else {\n\(plain())\n}"
        case 1: return "choose {\n\(inner(isCalm, isBold, depth))\n} or {\n\(inner(isCalm, isBold, depth))\n}"
        case 2: return "for \(fresh()) in 0..\(1 + numbers.below(2)) {\n\(plain())\n}"
        case 3: return { (field: String) in "while \(field) == 1 {\n\(plain())\n\(field) = 0\n}" }(scratch())
        case 4: return { (field: String) in "repeat {\n\(plain())\nif \(field) != \(digit(3)) {\nbreak\n}\n}" }(scratch())
        case 5: return "if n == \(digit(2)) {\n\(inner(isCalm, isBold, depth))\n}"
        case 6, 7: return "lock b.nm\n\(inner(false, false, 1))\nunlock b.nm"
        case 8: return "lock b.ns\n\(quiet(&self))\nunlock b.ns"
        case 9: return "if trylock b.nm {\n\(inner(false, false, 1))\nunlock b.nm\n}"
        case 10: return "if trylock b.ns {\n\(quiet(&self))\nunlock b.ns\n}"
        case 11: return "down_read b.nr\n\(inner(false, false, 1))\nup_read b.nr"
        case 12, 16: return "down_write b.nr\n\(inner(false, false, 1))\n\(pick("up_write b.nr", "downgrade_write b.nr\nn = \(field())\nup_read b.nr"))"
        case 13: return "if down_\(pick("read", "write"))_trylock b.nr {\n\(plain())\nUP b.nr\n}".fixed()
        case 14: return "holding b.nm {\n\(inner(false, false, 1))\n}"
        default: return "n = locked(b, n)"
        }
    }
}

extension String {
    /// Lets go of a semaphore as it was taken.
    fileprivate func fixed() -> String {
        replacing("UP", with: contains("down_read_trylock") ? "up_read" : "up_write")
    }
}
