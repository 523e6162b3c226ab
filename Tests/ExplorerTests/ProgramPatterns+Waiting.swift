extension ProgramPattern {
    // MARK: Locks

    static let locking: [@Sendable (inout SeededNumbers) -> ProgramPattern] = [
        // What another does under a lock is never seen by who only tries.
        { numbers in
            let kind = numbers.pick([("lock b.m", "unlock b.m", "trylock b.m", "unlock b.m"), ("lock b.s", "unlock b.s", "trylock b.s", "unlock b.s"),
                ("down_write b.rw", "up_write b.rw", "down_read_trylock b.rw", "up_read b.rw"),
                ("down_read b.rw", "up_read b.rw", "down_write_trylock b.rw", "up_write b.rw"),
                ("down_write b.rw", "up_write b.rw", "down_write_trylock b.rw", "up_write b.rw")])
            return ProgramPattern(
                threads: [
                    "\(kind.0)\nb.x = 1\nb.x = 0\n\(kind.1)\n\(numbers.pick(["let z$ = b.z\nassert z$ == 0", "b.y = 1", "b.go = true"]))",
                    "if \(kind.2) {\nlet x$ = b.x\nassert x$ == 0\n\(kind.3)\n} else {\n\(numbers.pick(["b.z = 1", "b.ny = 1", "assert !b.go"]))\n}",
                ])
        },
        // Whether somebody holds it.
        { numbers in
            let lock = numbers.pick(["b.m", "b.s", "b.rw"])
            let (take, leave) = lock == "b.rw" ? (numbers.oneIn(2) ? ("down_read b.rw", "up_read b.rw") : ("down_write b.rw", "up_write b.rw")) : ("lock \(lock)", "unlock \(lock)")
            return ProgramPattern(
                threads: [
                    "\(take)\nb.x = 1\n\(leave)", "if held(\(lock)) {\nb.y = 1\n}\nlet x$ = b.x\n\(numbers.pick(["assert b.y == 0 || x$ == 1", "b.z = x$"]))",
                ], question: numbers.oneIn(3) ? "assert b.y == 0 || b.z == 1" : "")
        },
        // Let go of and looked at in one step.
        { numbers in
            let kind = numbers.pick([("down_read b.rw", "up_read b.rw", "down_read b.rw", "up_read b.rw"), ("lock b.m", "unlock b.m", "lock b.m", "unlock b.m"),
                ("down_read b.rw", "up_read b.rw", "down_write b.rw", "up_write b.rw")])
            let look = numbers.pick([
                ("b.rw", "b.x = held(LOCK) ? 1 : 0"), ("b.m", "let t$ = TRY LOCK\nb.x = t$ ? 0 : 1\nif t$ {\nLEAVE LOCK\n}"),
            ])
            let lock = kind.0.hasSuffix("rw") ? "b.rw" : "b.m"
            let code = look.1.replacing("LOCK", with: lock).replacing("TRY", with: lock == "b.m" ? "trylock" : "down_write_trylock")
                .replacing("LEAVE", with: lock == "b.m" ? "unlock" : "up_write")
            return ProgramPattern(
                threads: ["\(kind.0)\natomic {\n\(kind.1)\n\(code)\n}", "\(kind.2)\nb.y = 1\n\(kind.3)"], question: "assert b.x == 0")
        },
        // One lock for writing of two, either for reading.
        { numbers in
            ProgramPattern(
                threads: [
                    "lock b.m\nlock b.m2\nb.x = 1\nb.y = 1\nunlock b.m2\nunlock b.m", "lock b.m\nlet u$ = b.x\nlet v$ = b.y\nunlock b.m\nassert u$ == v$",
                    "lock b.m2\nlet w$ = b.x\nlet z$ = b.y\nunlock b.m2\n\(numbers.pick(["assert w$ == z$", "assert w$ == 0 || z$ == 1"]))",
                ])
        },
        // From lock to lock, hand over hand.
        { numbers in
            let way = "lock b.m\nb.x = (b.x + 1) % 4\nlock b.m2\nunlock b.m\nb.y = (b.y + 1) % 4\nunlock b.m2"
            return ProgramPattern(threads: [way, way], question: numbers.oneIn(2) ? "assert b.x == b.y" : "")
        },
        // Two orders.
        { numbers in
            let one = "lock b.m\nlock b.m2\nb.x = 1\nunlock b.m2\nunlock b.m"
            let other = "lock b.m2\nlock b.m\nb.x = 2\nunlock b.m\nunlock b.m2"
            let daemon = numbers.pick(["", "repeat {\nb.nx = 1 - b.nx\n}", "repeat {\nlock b.ns\nb.nx = 1 - b.nx\nunlock b.ns\n}", "await false"])
            return ProgramPattern(
                threads: [one, numbers.oneIn(2) ? other : numbers.pick([one, "lock b.m2\nif trylock b.m {\nb.x = 2\nunlock b.m\n}\nunlock b.m2"])],
                daemons: daemon.isEmpty ? [] : [daemon])
        },
        // Readers and writers.
        { numbers in
            ProgramPattern(
                threads: [
                    "down_write b.rw\nb.x = 1\nb.y = 1\n\(numbers.pick(["up_write b.rw", "downgrade_write b.rw\nlet x$ = b.x\nup_read b.rw\nassert x$ == 1"]))",
                    "down_read b.rw\nlet u$ = b.x\nlet v$ = b.y\nup_read b.rw\nassert u$ == v$",
                    numbers.pick(["down_read b.rw\nb.z = b.x\nup_read b.rw", "down_write b.rw\nb.x = 2\nb.y = 2\nup_write b.rw", "if down_write_trylock b.rw {\nb.x = 3\nb.y = 3\nup_write b.rw\n}"]),
                ])
        },
        // Gives way again and again.
        { numbers in
            let body = { (one: String, other: String) in "repeat {\nif trylock \(one) {\nif trylock \(other) {\nb.x = 1\nunlock \(other)\nunlock \(one)\nbreak\n}\nunlock \(one)\n}\n}" }
            return ProgramPattern(threads: [body("b.m", "b.m2"), numbers.oneIn(2) ? body("b.m2", "b.m") : body("b.m", "b.m2")])
        },
        // Ends with a lock, or inside a section; frees with a lock held.
        { numbers in
            ProgramPattern(
                setup: "b.p = new Node",
                threads: [
                    "lock b.p.mm\nb.p.v = 1\nunlock b.p.mm\nb.go = true", "await b.go\nlet old$ = b.p\nb.p = none\n\(numbers.pick(["free old$", "lock old$.mm\nunlock old$.mm\nfree old$"]))",
                ])
        },
    ]

    // MARK: Waiting

    private static let idle = ["await false", "repeat {\nb.nz = 1 - b.nz\n}", "repeat {\nlock b.nm\nb.nz = 1 - b.nz\nunlock b.nm\n}", "lock b.nm\nawait false"]

    static let waiting: [@Sendable (inout SeededNumbers) -> ProgramPattern] = [
        // Asleep until the condition is true.
        { numbers in
            let wake = numbers.oneIn(4) ? "wake_all b.w\nb.go = true" : "b.go = true\nwake_all b.w"
            return ProgramPattern(
                threads: ["wait_event(b.w, b.go)\nb.x = 1", wake] + (numbers.oneIn(3) ? ["wait_event(b.w, b.go || b.x == 1)\nb.y = 1"] : []),
                daemons: numbers.oneIn(3) ? [numbers.pick(idle)] : [])
        },
        // A daemon wakes, or doesn't.
        { numbers in
            ProgramPattern(
                threads: ["wait_event(b.w, b.go)\nb.x = 1"],
                daemons: [numbers.pick(["repeat {\nb.go = true\nwake_all b.w\n}", "repeat {\nb.go = true\n}", "b.go = true\nwake_all b.w", "repeat {\nwait_event(b.w, b.x == 1)\nb.x = 0\n}"])])
        },
        // Turn by turn.
        { numbers in
            let daemon = { (mine: Int) in "repeat {\nawait b.y == \(mine)\nb.y = \(1 - mine)\n}" }
            let asleep = { (mine: Int) in "repeat {\nwait_event(b.w, b.y == \(mine))\nb.y = \(1 - mine)\nwake_all b.w\n}" }
            let deadlock = ["lock b.m\nlock b.m2\nunlock b.m2\nunlock b.m", "lock b.m2\nlock b.m\nunlock b.m\nunlock b.m2"]
            let pair = numbers.oneIn(4) ? [asleep(0), asleep(1)] : [daemon(0), daemon(1)]
            return ProgramPattern(
                threads: numbers.pick([deadlock, [deadlock[0], deadlock[0]], ["wait_event(b.w, b.z == 1)"], ["lock b.nm\nawait b.y == 1\nunlock b.nm"]]), daemons: pair)
        },
        // Completions.
        { numbers in
            ProgramPattern(
                threads: [
                    "b.x = 1\n\(numbers.oneIn(4) ? "reinit_completion b.c\n" : "")complete_all b.c\(numbers.oneIn(4) ? "\nreinit_completion b.c" : "")\nb.y = 1",
                    "wait_for_completion b.c\nlet x$ = b.x\nassert x$ == 1\nb.x = 2",
                ], daemons: numbers.oneIn(4) ? [numbers.pick(idle)] : [])
        },
        // Two grace periods, and a reader that begins between them.
        { numbers in
            ProgramPattern(
                threads: [
                    "b.x = 1\nsynchronize_srcu b.sr\nb.y = 1", "let i$ = srcu_read_lock(b.sr)\nlet u$ = b.x\nlet v$ = b.y\nsrcu_read_unlock(b.sr, i$)\nassert v$ == 0 || u$ == 1",
                    numbers.pick(["synchronize_srcu b.sr\nb.z = 1", "let k$ = srcu_read_lock(b.sr)\nb.nx = b.y\nsrcu_read_unlock(b.sr, k$)"]),
                ])
        },
        // Never alone before everybody has ended, beside somebody who polls.
        { numbers in
            ProgramPattern(
                threads: [numbers.pick(["b.x = 1\nlet y$ = b.y\nassert y$ != 2", "lock b.nm\nb.x = 1\nunlock b.nm"]), "await b.x == 1\nb.y = \(1 + numbers.below(2))"],
                daemons: [numbers.pick(idle), numbers.pick(idle)].shuffledOnce(&numbers))
        },
        // What goes on for ever while another waits.
        { numbers in
            ProgramPattern(
                threads: [numbers.pick(["while b.x == 0 {\nb.y = 1 - b.y\n}", "repeat {\nif b.x == 1 {\nbreak\n}\n}"]), numbers.pick(["b.x = 1", "wait_event(b.w, b.y == 1)\nb.x = 1", "lock b.m\nb.x = 1\nunlock b.m", "if b.y == 1 {\nb.x = 1\n}"])])
        },
    ]

    // MARK: Judged

    static let judged: [@Sendable (inout SeededNumbers) -> ProgramPattern] = [
        // Two fields that belong together.
        { numbers in
            let write = numbers.pick(["atomic {\nb.x = VALUE\nb.y = VALUE\n}", "lock b.m\nb.x = VALUE\nb.y = VALUE\nunlock b.m"])
            let isLocked = write.hasPrefix("lock")
            return ProgramPattern(
                setup: numbers.oneIn(6) ? "b.x = 1" : "",
                threads: [write.replacing("VALUE", with: "1"), write.replacing("VALUE", with: "2")],
                invariants: [ProgramParts.Invariant(name: "both", subject: "b: Box", condition: "\(isLocked ? "held(b.m) || " : "")b.x == b.y")])
        },
        // An invariant of one kind of record that speaks of another.
        { numbers in
            ProgramPattern(
                setup: "b.x = 1\nb.p = new Node { v: 1 }",
                threads: ["b.x = \(1 + numbers.below(2))", "b.p.v = \(1 + numbers.below(2))", numbers.pick(["b.p.v = 0", "b.x = 3", "b.y = 1"])],
                invariants: [ProgramParts.Invariant(name: "within", subject: "b: Box", condition: numbers.pick(["b.p == none || b.p.v <= b.x", "b.y == 0 || all u in Node: (u.v == 1)", "(count u in Node: (u.v == 2)) < 2"]))])
        },
        // Of every record there is.
        { numbers in
            ProgramPattern(
                threads: ["let one$ = new Node\none$.v = \(1 + numbers.below(3))\n\(numbers.pick(["b.p = one$", "free one$", "one$.v = 2"]))", numbers.pick(["if b.p != none {\nb.p.v = 3\n}", "let two$ = new Node { v: 1 }\nfree two$"])],
                invariants: [ProgramParts.Invariant(name: "small", subject: "u: Node", condition: "u.v < \(3 + numbers.below(2))")])
        },
        // Asserted before anything else.
        { numbers in
            ProgramPattern(threads: ["assert b.x == 0\nb.y = 1", numbers.pick(["b.x = 1", "await b.y == 1\nb.x = 1"])])
        },
        // The teardown looks, and tidies up.
        { numbers in
            ProgramPattern(
                threads: ["let u$ = b.x\nb.y = u$", "b.x = 1\nlet v$ = b.y\nb.z = v$"],
                question: "assert b.y != \(numbers.below(2)) || b.z != \(1 + numbers.below(2))")
        },
        // A set and a list that have to agree.
        { numbers in
            ProgramPattern(
                setup: "b.p = new Node { v: 1, start: 1, last: 1 }",
                threads: [
                    "lock b.m\ntree_insert(b.t, b.p)\nlist_add_head(b.l, b.p)\nunlock b.m\nlock b.m\ntree_remove(b.t, b.p)\nlist_del(b.l, b.p)\nunlock b.m",
                    numbers.pick(["if tree_empty(b.t) {\nb.x = 1\n}", "let f$ = list_first(b.l)\nif f$ != none {\nb.x = f$.v\n}", "lock b.m\nassert tree_empty(b.t) == list_empty(b.l)\nb.nx = 1\nunlock b.m"]),
                ],
                invariants: [ProgramParts.Invariant(name: "agree", subject: "b: Box", condition: "held(b.m) || tree_empty(b.t) == list_empty(b.l)")])
        },
        // A count that an invariant bounds.
        { numbers in
            ProgramPattern(
                setup: "get b.k",
                threads: ["get b.k\nif put(b.k) {\nb.x = 1\n}", "if get_not_zero(b.k) {\nb.y = 1\nif put(b.k) {\nb.z = 1\n}\n}"],
                invariants: [ProgramParts.Invariant(name: "counted", subject: "b: Box", condition: "refcount_read(b.k) < \(3 + numbers.below(2))")])
        },
    ]
}

extension Array {
    /// One or all of them.
    fileprivate func shuffledOnce(_ numbers: inout SeededNumbers) -> [Element] { numbers.oneIn(2) ? self : [numbers.pick(self)] }
}
