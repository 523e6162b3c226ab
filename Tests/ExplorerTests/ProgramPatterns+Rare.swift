extension ProgramPattern {
    /// What few programs do, each the only one that shows a certain mistake in how steps are taken together, or which states are
    /// taken for the same.
    static let rare: [@Sendable (inout SeededNumbers) -> ProgramPattern] = [
        // Who waits has to see what is there for a moment only.
        { numbers in
            let write = numbers.pick(["b.x = 1\nb.x = 2", "lock b.m\nb.x = 1\nb.x = 2\nunlock b.m"])
            let wait = "await b.x == 1\n\(numbers.pick(["assert b.z == 1", "b.y = 1", "let x$ = b.x\nassert x$ == 1"]))"
            let rarely = "let way$ = choose 0..299\nif way$ == \(numbers.below(300)) {\n\(wait)\n}"
            return ProgramPattern(threads: [write, numbers.oneIn(2) ? wait : rarely])
        },
        // One place in the pool, for two.
        { numbers in
            let fill = numbers.oneIn(2)
            let body = { (name: String) in "let \(name) = new Node\n\(fill ? "\(name).v = 1\n" : "")free \(name)" }
            return ProgramPattern(threads: [body("one$"), numbers.oneIn(2) ? body("two$") : "lock b.m\n\(body("two$"))\nunlock b.m"], spare: -1)
        },
        // All records are counted twice.
        { numbers in
            let count = numbers.pick(["count u in Node: (true)", "count u in Node: (u.v < 3)"])
            return ProgramPattern(
                threads: [
                    "let one$ = \(count)\nlet two$ = \(count)\nassert one$ == two$ || \(numbers.pick(["b.nx == 1", "two$ == 1"]))",
                    "let made$ = new Node\n\(numbers.pick(["free made$", "b.p = made$", "made$.v = 3"]))",
                ])
        },
        // Seen by all who look at all, though it is nobody else's.
        { numbers in
            let middle = 1 + numbers.below(2)
            let end = numbers.pick(["free made$", "made$.v = 0", "b.p = made$"])
            return ProgramPattern(
                threads: [
                    "let made$ = new Node\nmade$.v = \(middle)\nmade$.v = 3\n\(end)",
                    "if \(numbers.pick(["exists u in Node: (u.v == \(middle))", "!(all u in Node: (u.v != \(middle)))", "(count u in Node: (u.v == \(middle))) == 1"])) {\n"
                        + "b.y = 1\n}\n\(numbers.pick(["assert b.y == 0", ""]))",
                ])
        },
        // The lock of one record, the field of another of its kind.
        { numbers in
            let (mine, other) = numbers.pick([("b.p", "b.o"), ("b.p", "b.p")])
            return ProgramPattern(
                setup: "b.p = new Node\nb.o = new Node",
                threads: ["lock \(mine).mm\nb.p.v = 1\nb.p.v = 2\nunlock \(mine).mm", "lock \(other).mm\nlet v$ = b.p.v\nunlock \(other).mm\nassert v$ != 1"])
        },
        // An old number is asked for its parity when many have gone by.
        { numbers in
            let ask = numbers.pick(["assert odd(b.at)", "assert odd(b.at)", "b.x = odd(b.at) ? 1 : 0"])
            return ProgramPattern(
                setup: "\(numbers.oneIn(4) ? "" : "b.q |= 1\n")b.at = b.q",
                threads: ["for i$ in 1..\(8 + numbers.below(3)) {\nb.q += 1\n}\n\(ask)", numbers.pick(["b.y = 1", "b.y = odd(b.at) ? 1 : 0"])],
                question: numbers.oneIn(2) ? "assert b.x == \(numbers.below(2))" : "", sequenceBits: numbers.pick([32, 64]))
        },
        // A number of few bits comes round.
        { numbers in
            let bits = numbers.pick([4, 8])
            return ProgramPattern(
                setup: "b.at = b.q",
                threads: ["for i$ in 1..\(bits == 4 ? numbers.pick([8, 15, 16]) : numbers.pick([255, 256])) {\nb.q += 1\n}\nlet same$ = b.q == b.at\n\(numbers.pick(["assert !same$", "assert same$", "b.x = same$ ? 1 : 0"]))", numbers.pick(["b.y = 1", "b.y = odd(b.q) ? 1 : 0"])],
                sequenceBits: bits)
        },
        // Another number that others could be relative to.
        { numbers in
            ProgramPattern(
                setup: numbers.pick(["", "b.at = b.q"]),
                threads: [
                    "b.q += 1\n\(numbers.pick(["b.at = b.q", "b.y = 1"]))",
                    numbers.pick([
                        "let new$ = new Box { q: 2 }\nlet same$ = new$.q == b.q\nassert !same$\nfree new$", "let new$ = new Box { q: 3 }\nassert new$.q != b.at\nfree new$",
                        "let new$ = new Box\nnew$.q += 1\nnew$.q += 1\nassert new$.q != b.q\nfree new$", "let new$ = new Box { q: 4 }\nnew$.q += 1\nfree new$\nb.q |= 1",
                        "atomic {\nlet new$ = new Box { q: 2 }\nb.x = new$.q == b.q ? 1 : 0\nfree new$\n}\nassert b.x == 0",
                    ]),
                ], sequenceBits: numbers.pick([16, 32, 64]))
        },
        // Set back, or to a constant.
        { numbers in
            ProgramPattern(
                setup: "b.at = b.q",
                threads: [
                    "b.q += 1\nb.q += 1\n\(numbers.pick(["b.q = 2", "b.q -= 1\nb.q -= 1", "b.q = 4"]))\nlet same$ = b.q == b.at\n\(numbers.pick(["assert same$", "assert !same$"]))",
                    numbers.pick(["let a$ = -b.q\nassert a$ != \(-2 - numbers.below(3))", "for i$ in b.q..3 {\nb.x = 1\n}", "let e$ = choose 2..b.q\nb.x = e$ % 4", "b.x = b.tab[b.q % 2]"]),
                ])
        },
        // A way of hundreds.
        { numbers in
            let way = numbers.pick([0, 150, 299])
            return ProgramPattern(
                threads: ["let way$ = choose 0..299\nif way$ == \(way) {\nb.x = 1\n\(numbers.pick(["b.x = 2", "b.y = 1"]))\n}", numbers.pick(["let x$ = b.x\nassert x$ != 1", "b.z = b.x"])])
        },
        // Ways behind ways.
        { numbers in
            ProgramPattern(
                threads: [
                    numbers.pick(["let way$ = (choose 0..1) * 2 + (choose 0..1)", "var way$ = 0\natomic {\nb.nx = 1\nway$ = choose 0..2\n}", "let way$ = list_empty(b.l) ? choose 0..2 : 0"])
                        + "\n\(numbers.pick(["assert way$ != 1", "b.x = way$", "assert way$ < 3"]))",
                    "b.nx = 2",
                ])
        },
        // The teardown frees what is left, or doesn't; or never ends.
        { numbers in
            ProgramPattern(
                setup: "b.p = new Node",
                threads: ["\(numbers.pick(["b.x = 1", "let y$ = b.y\nb.x = y$", "b.y = 1\nb.x = 1"]))", numbers.pick(["let x$ = b.x\nif x$ == 1 {\nb.y = 1\n}", "b.y = b.x", "let y$ = b.x\nb.y = y$"])],
                daemons: numbers.oneIn(3) ? [numbers.pick(["await false", "repeat {\ng = 1 - g\n}"])] : [],
                teardown: numbers.pick([
                    "if b.y == 1 {\nfree b.p\n}\nfree b", "free b.p\nfree b", "free b.p\nwhile b.y == 1 {\nb.x = 1 - b.x\n}\nfree b", "if b.x == 1 {\nfree b.p\nfree b\n}",
                ]))
        },
        // Each finds something, only where the other has not yet.
        { numbers in
            ProgramPattern(
                threads: [
                    "b.x = 1\nlet w$ = \(numbers.pick(["b.nz", "b.z"]))\nassert w$ == 1", "let x$ = b.x\nassert x$ == 0\n\(numbers.pick(["b.y = 1", "b.z = 1", "b.x = 2"]))",
                    numbers.pick(["let v$ = b.x\nassert v$ != 2", "b.z = 0"]),
                ])
        },
        // Used by who looked it up before it was taken away; nothing else is in the way.
        { numbers in
            let wait = numbers.pick(["synchronize_srcu b.sr\n", "", "down_write b.rw\nup_write b.rw\n", "lock b.m\nunlock b.m\n", "b.go = true\n"])
            let use = numbers.pick(["let v$ = got$.v", "got$.v = 2", "got$.v = 1\nlet v$ = got$.v\nassert v$ == 1"])
            return ProgramPattern(
                setup: "b.p = new Node { v: 1 }",
                threads: ["let got$ = b.p\nif got$ != none {\n\(use)\n}", "let old$ = b.p\nb.p = none\n\(wait)\(numbers.pick(["free old$", "old$.v = 3\nold$.v = 1", "old$.v = 3\nfree old$"]))"])
        },
        // A page's lock has no owner.
        { numbers in
            ProgramPattern(
                setup: "b.p = new Node",
                threads: ["lock b.p.pl\n\(numbers.pick(["b.x = 1\nb.go = true", "b.x = 1\nunlock b.p.pl\nb.go = true", "b.go = true\nawait b.y == 1\nunlock b.p.pl"]))",
                    "await b.go\n\(numbers.pick(["unlock b.p.pl\nb.y = 1", "b.y = 1", "if trylock b.p.pl {\nb.y = 1\nunlock b.p.pl\n} else {\nb.y = 1\n}"]))"])
        },
    ]
}
