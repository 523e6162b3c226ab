/// What threads do together: mostly right as it stands, wrong once a statement is left out, moved or changed. In texts `$`
/// stands for a number that each use of a pattern has for itself; `b` is the box that it works on.
struct ProgramPattern {
    var setup = ""
    var threads: [String] = []
    var daemons: [String] = []
    /// Asserted when everybody has ended.
    var question = ""
    var teardown = ""
    /// Bits of a sequence number, where it matters.
    var sequenceBits: Int?
    /// Records that the pool has room for beside those that are written.
    var spare = 0
    var invariants: [ProgramParts.Invariant] = []

    static let all: [@Sendable (inout SeededNumbers) -> ProgramPattern] = handOvers + windows + locking + waiting + judged + rare

    // MARK: Hand-overs

    private static let handOvers: [@Sendable (inout SeededNumbers) -> ProgramPattern] = [
        // A record is put somewhere, filled in, and taken.
        { numbers in
            let fill = numbers.below(4)
            let put = numbers.pick([
                ("b.p = it$", "await b.p != none\nlet got$ = b.p\nb.p = none"),
                ("list_add_tail(b.l, it$)", "await !list_empty(b.l)\nlet got$ = list_pop(b.l)"),
                ("tree_insert(b.t, it$)", "await !tree_empty(b.t)\nlet got$ = tree_first(b.t, 0..9)\ntree_remove(b.t, got$)"),
                ("b.o = it$\nb.go = true", "await b.go\nlet got$ = b.o"),
            ])
            let first = "let it$ = new Node { start: 1, last: 2 }"
            let write = "it$.v = 1"
            return ProgramPattern(
                threads: [
                    fill == 0 ? "\(first)\n\(put.0)\n\(write)" : "\(first)\n\(write)\n\(put.0)",
                    "\(put.1)\nlet v$ = got$.v\nassert v$ == 1\n\(numbers.pick(["free got$", "", "got$.v = 2", "got$.v = 1\nfree got$"]))",
                ])
        },
        // Looked up inside a reader's section; freed after a grace period.
        { numbers in
            let isLate = numbers.oneIn(5)
            let use = numbers.pick(["if got$ != none {\nlet v$ = got$.v\n}", "if got$ != none {\ngot$.v = 2\n}"])
            let unlock = "srcu_read_unlock(b.sr, i$)"
            return ProgramPattern(
                setup: "b.p = new Node { v: 1 }",
                threads: [
                    "let i$ = srcu_read_lock(b.sr)\nlet got$ = b.p\n\(isLate ? "\(unlock)\n\(use)" : "\(use)\n\(unlock)")",
                    "let old$ = b.p\nb.p = none\nsynchronize_srcu b.sr\n\(numbers.pick(["free old$", "old$.v = 3\nfree old$", "old$.v = 3"]))",
                ], daemons: numbers.oneIn(4) ? ["await false"] : [])
        },
        // Reference counts: who puts last frees.
        { numbers in
            let body = "let got$ = b.p\nif get_not_zero(got$.refs) {\ngot$.v = 1\nif put(got$.refs) {\nfree got$\n}\n}"
            return ProgramPattern(
                setup: "b.p = new Node\nget b.p.refs\nget b.p.refs",
                threads: [
                    "let got$ = b.p\ngot$.v = 2\nif put(got$.refs) {\nfree got$\n}",
                    numbers.oneIn(2) ? "let mine$ = b.p\nlet v$ = mine$.v\nif put(mine$.refs) {\nfree mine$\n}" : body,
                ])
        },
        // A lock inside of what is freed.
        { numbers in
            let lock = numbers.pick(["lock", "mm"])
            return ProgramPattern(
                setup: "b.p = new Node",
                threads: [
                    "lock b.m\nlet one$ = b.p\nif one$ != none {\nlock one$.\(lock)\none$.v = 1\nunlock one$.\(lock)\n}\nunlock b.m",
                    "lock b.m\nlet two$ = b.p\nb.p = none\nunlock b.m\nif two$ != none {\nlock two$.\(lock)\nunlock two$.\(lock)\nfree two$\n}",
                ])
        },
        // A list under a lock: two put, one takes.
        { numbers in
            let lock = numbers.pick(["b.s", "b.m"])
            let add = numbers.pick(["list_add_head", "list_add_tail"])
            return ProgramPattern(
                threads: [
                    "let one$ = new Node { v: 1 }\nlock \(lock)\n\(add)(b.l, one$)\nunlock \(lock)",
                    "lock \(lock)\nlet two$ = list_pop(b.l)\nunlock \(lock)\nif two$ != none {\nlet v$ = two$.v\nassert v$ == 1\nfree two$\n}",
                    "lock \(lock)\nlet has$ = !list_empty(b.l)\nunlock \(lock)\nif has$ {\nb.nz = 1\n}",
                ])
        },
        // An interval set that is walked while nothing may change in it.
        { numbers in
            let walk = "var it$ = tree_first(b.t, 0..9)\nwhile it$ != none {\nb.x = (b.x + it$.v) % 8\nit$ = tree_next(b.t, it$, 0..9)\n}"
            return ProgramPattern(
                setup: "b.p = new Node { v: 1, start: 1, last: 2 }\ntree_insert(b.t, b.p)",
                threads: [
                    "lock b.m\nfreeze b.t\n\(walk)\nthaw b.t\nunlock b.m\nlet x$ = b.x\nassert x$ == 1 || x$ == 3",
                    "let new$ = new Node { v: 2, start: 2, last: 3 }\nlock b.m\ntree_insert(b.t, new$)\nunlock b.m",
                    "lock b.m\nif in_tree(b.t, b.p) {\ntree_remove(b.t, b.p)\ntree_insert(b.t, b.p)\n}\nunlock b.m",
                ])
        },
        // Exchanged, and used by who had it before.
        { numbers in
            ProgramPattern(
                setup: "b.p = new Node { v: 1 }\nb.o = b.p",
                threads: [
                    "let mine$ = b.p\nb.p = none\n\(numbers.pick(["b.go = true", "wake_all b.w\nb.go = true", "complete_all b.c\nb.go = true"]))\nlet v$ = mine$.v\nassert v$ != 3",
                    "await b.go\nlet other$ = b.o\nb.o = none\n\(numbers.pick(["other$.v = 3", "free other$", "other$.v = 2"]))",
                ])
        },
        // A part of a record that is freed.
        { numbers in
            ProgramPattern(
                setup: "b.p = new Node { v: 1 }\nb.part = b.p.sub",
                threads: [
                    "let part$ = b.part\nif part$ != none {\n\(numbers.pick(["part$.key = 1", "n = poke(part$, 1)"]))\n}",
                    "b.part = none\nlet whole$ = b.p\nb.p = none\n\(numbers.pick(["free whole$", "await b.go\nfree whole$"]))",
                ])
        },
    ]

    // MARK: Windows

    private static let windows: [@Sendable (inout SeededNumbers) -> ProgramPattern] = [
        // One bad way of many.
        { numbers in
            let ways = numbers.pick([3, 20, 60])
            return ProgramPattern(
                threads: [
                    "let way$ = choose 0..\(ways)\nif way$ == \(numbers.below(ways)) {\nb.x = 1\n}",
                    "let x$ = b.x\n\(numbers.pick(["assert x$ == 0", "b.y = x$", "if x$ == 1 {\nb.z = 1\n}"]))",
                ], question: numbers.oneIn(2) ? "assert b.y == 0 || b.z == 0" : "")
        },
        // The other has to look exactly between two writes.
        { numbers in
            let rounds = numbers.pick([2, 3, 6])
            let middle = 1 + numbers.below(rounds)
            let reads = numbers.oneIn(2) ? "let p$ = b.x\nlet q$ = b.y" : "let q$ = b.y\nlet p$ = b.x"
            let seen = numbers.pick(["p$ == \(middle) && q$ == \(middle - 1)", "p$ < q$", "p$ > q$ + 1", "p$ < q$"])
            return ProgramPattern(
                threads: [
                    "for i$ in 1..\(rounds) {\nb.x = i$\nb.y = i$\n}\nb.go = true\nlet v$ = b.z\nassert v$ == 0",
                    "\(reads)\nawait b.go\nif \(seen) {\nb.z = 1\n}",
                ])
        },
        // Told to go on, the other takes its last steps alone.
        { numbers in
            ProgramPattern(
                threads: [
                    "b.x = 1\n\(numbers.pick(["b.go = true", "b.go = true\nwake_all b.w", "complete_all b.c\nb.go = true"]))\nb.y = 1\nlet z$ = b.z\nassert z$ == 0 || b.x == 2",
                    "await b.go\n\(numbers.pick(["b.x = 2", "let y$ = b.y\nassert y$ == 1", "b.x = 2\nb.z = 1"]))",
                ])
        },
        // Publication: what is written before the flag is seen behind it.
        { numbers in
            ProgramPattern(
                threads: [
                    "b.x = 1\nb.y = 2\nb.go = true",
                    "\(numbers.pick(["await b.go\nlet s$ = b.x + b.y\nassert s$ == 3", "if b.go {\nlet s$ = b.x + b.y\nassert s$ == 3\n}", "while !b.go {\nn = 1\n}\nassert b.y == 2"]))",
                ])
        },
        // Begin, read, ask whether to begin again.
        { numbers in
            let write = numbers.pick(["b.x = 1\nb.y = 1", "b.x = 1\nb.x = 2\nb.y = 2"])
            return ProgramPattern(
                threads: [
                    "lock b.s\nb.q += 1\n\(write)\nb.q += 1\nunlock b.s",
                    "repeat {\nlet s$ = b.q\nif odd(s$) {\ncontinue\n}\nlet u$ = b.x\nlet v$ = b.y\nif b.q == s$ {\nassert u$ == v$\nbreak\n}\n}",
                ])
        },
        // Begin under a lock, sleep while one is under way, ask under a lock.
        { numbers in
            ProgramPattern(
                threads: [
                    "lock b.s\nb.q |= 1\nb.at = b.q\nunlock b.s\nb.x = 1\nb.y = 1\nlock b.s\nb.q += 1\nunlock b.s\nwake_all b.w",
                    "lock b.s\nlet s$ = b.q\nunlock b.s\nwait_event(b.w, !odd(b.q))\nlet u$ = b.x\nlet v$ = b.y\nlock b.s\nif s$ == b.q {\nassert u$ == v$\n}\nunlock b.s",
                ])
        },
        // An old number is met again once enough have gone by.
        { numbers in
            let rounds = numbers.pick([1, 3, 15, 16])
            return ProgramPattern(
                setup: "b.at = b.q",
                threads: [
                    "for i$ in 1..\(rounds) {\nb.q += \(1)\n}\nb.go = true",
                    "await b.go\nlet same$ = b.q == b.at\n\(numbers.pick(["assert !same$", "assert same$", "b.x = same$ ? 1 : 0"]))",
                ])
        },
        // Old copies, ahead and behind.
        { numbers in
            let count = numbers.pick(["b.q += 1", "b.q |= 1", "b.q += 1\nb.q += 1", "b.q -= 1"])
            return ProgramPattern(
                setup: "b.at = b.q - 1",
                threads: [
                    "let s$ = b.q\n\(count)\nlet t$ = b.q\nif s$ != t$ {\nb.at = \(numbers.pick(["s$", "t$", "b.q - 1", "b.q + 1"]))\n}",
                    "let w$ = b.at\nlet z$ = b.q\n\(numbers.pick(["assert w$ != z$", "if w$ == z$ {\nb.x = 1\n}", "b.y = odd(z$) ? 1 : 0"]))\n\(count)",
                ])
        },
        // A sum that loses an addition.
        { numbers in
            let body = "let o$ = b.x\nb.x = o$ + 1"
            return ProgramPattern(
                threads: ["lock b.m\n\(body)\nunlock b.m", numbers.pick(["lock b.m\nlet k$ = b.x\nb.x = k$ + 1\nunlock b.m", "atomic {\nb.x = b.x + 1\n}", "b.x += 1"])],
                question: "assert b.x == 2")
        },
    ]
}
