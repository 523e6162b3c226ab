import Language
import Machine
import Testing

@Suite struct RecordTests {
    private static let record = """
        record Item "item" pool 3 { start: int; last: int; x: u8 }
        record Box { set: interval_set of Item; row: list of Item; refs: refcount; table: u8[4] }
        """

    private func finding(_ body: String) throws -> MachineFinding {
        var bench = try Bench(Self.record, "let b = new Box\nthread a {\natomic { }\n\(body)\n}")
        return try bench.finding("a")
    }

    @Test(arguments: [
        ("let i = new Item; free i; i.x = 1", "no-use-after-free", "uses item#1 after it was freed"),
        ("let i = new Item; free i; free i", "no-use-after-free", "uses item#1 after it was freed"),
        ("let i = new Item; free i; let j = new Item; i.x = 1", "no-use-after-free", "uses item#1 after it was freed"),
        ("let i = new Item; tree_insert(b.set, i); free i", "no-use-after-free",
            "frees item#1 while an interval tree still holds it"),
        ("let i = new Item; list_add_tail(b.row, i); free i", "no-use-after-free",
            "frees item#1 while a list still holds it"),
        ("let i = new Item; freeze b.set; tree_insert(b.set, i)", "tree-stable",
            "changes the tree (item#1) while seq is odd"),
        ("let i = new Item; tree_insert(b.set, i); freeze b.set; tree_remove(b.set, i)", "tree-stable",
            "changes the tree (item#1) while seq is odd"),
        ("let i = new Item; tree_insert(b.set, i); tree_insert(b.set, i)", "assertion",
            "adds item#1, which is linked already"),
        ("let i = new Item; list_del(b.row, i)", "assertion", "takes out item#1, which is not linked there"),
        ("let i = new Item { start: 3, last: 2 }; tree_insert(b.set, i)", "assertion",
            "inserts an interval that ends before it starts (3..2)"),
        ("for i in 1..4 { let x = new Item }", "pool-overflow", "finds no free Item: the pool is full"),
        ("let p = put(b.refs)", "refs-balanced", "puts box#1.refs once too often"),
        ("b.table[4] = 1", "assertion", "uses entry 4 of a table of 4"),
        ("let x = b.table[0 - 1]", "assertion", "uses entry -1 of a table of 4"),
        ("let i = new Item; i.x = 255 + 1", "assertion", "stores 256 in 8 bits"),
        ("let i = new Item; i.x -= 1", "assertion", "stores -1 in 8 bits"),
        ("let z = 0; let x = 1 / z", "assertion", "divides by zero"),
        ("let i: Item = none; i.x = 1", "assertion", "reads through a reference that is none"),
        ("repeat { }", "assertion", "goes round for ever without a step"),
        ("assert b.table[0] == 1", "assertion", "b.table[0] == 1 doesn't hold"),
        ("check my-own: b.table[0] == 1 \"entry is {b.table[0]}\"", "my-own", "entry is 0"),
    ])
    func isFound(body: String, property: String, sentence: String) throws {
        let finding = try finding(body)
        #expect(finding.property == property)
        #expect(finding.sentence == sentence)
    }

    @Test func theLowestFreeRecordIsTaken() throws {
        var bench = try Bench(Self.record, """
            let first: Item
            let second: Item
            let again: Item
            thread a { first = new Item; second = new Item; free first; again = new Item }
            """)
        try bench.run("a")
        let names = ["first", "second", "again"].map { bench.machine.name(of: Reference(bits: bench[$0])) }
        #expect(names == ["item#1", "item#2", "item#1"])
        #expect(!bench.machine.isLive(Reference(bits: bench["first"])))
        #expect(bench.machine.isLive(Reference(bits: bench["again"])))
    }

    @Test func intervalSetsAreInOrderOfTheirStarts() throws {
        var bench = try Bench(Self.record, """
            let b = new Box
            let order: int
            let missed: bool
            thread a {
                let x = new Item { start: 5, last: 6, x: 1 }
                let y = new Item { start: 1, last: 9, x: 2 }
                let z = new Item { start: 5, last: 6, x: 3 }
                tree_insert(b.set, x)
                tree_insert(b.set, y)
                tree_insert(b.set, z)
                let i = tree_first(b.set, 6..7)
                while i != none {
                    order = order * 10 + i.x
                    i = tree_next(b.set, i, 6..7)
                }
                tree_remove(b.set, y)
                missed = tree_first(b.set, 7..9) == none && !in_tree(b.set, y) && !tree_empty(b.set)
            }
            """)
        #expect(try bench.run("a") == .finished)
        #expect(bench["order"] == 213)
        #expect(bench["missed"] == 1)
    }

    @Test func listsKeepTheirOrder() throws {
        var bench = try Bench(Self.record, """
            let b = new Box
            let order: int
            let inside: bool
            thread a {
                let x = new Item { x: 1 }
                let y = new Item { x: 2 }
                let z = new Item { x: 3 }
                list_add_tail(b.row, x)
                list_add_head(b.row, y)
                list_add_tail(b.row, z)
                list_del(b.row, x)
                inside = in_list(b.row, z) && !in_list(b.row, x)
                while !list_empty(b.row) {
                    let i = list_pop(b.row)
                    order = order * 10 + i.x
                }
            }
            """)
        #expect(try bench.run("a") == .finished)
        #expect((bench["order"], bench["inside"]) == (23, 1))
    }

    @Test func referenceCounts() throws {
        var bench = try Bench(Self.record, """
            let b = new Box
            let early: bool
            let last: bool
            let dead: bool
            thread a {
                get b.refs
                get b.refs
                early = put(b.refs)
                last = put(b.refs)
                dead = get_not_zero(b.refs)
            }
            """)
        try bench.run("a")
        #expect((bench["early"], bench["last"], bench["dead"]) == (0, 1, 0))
    }

    @Test func whatIsLeftAfterTheTeardownIsFound() throws {
        var bench = try Bench(Self.record, "thread a { let i = new Item }\nteardown { let x = 1 }")
        try bench.run("a")
        try bench.run("teardown")
        let finding = try #require(bench.machine.restFinding())
        #expect(finding.property == "refs-balanced")
        #expect(finding.sentence == "everything has ended, but 1 item is still there")
    }

    @Test func existsAllAndCount() throws {
        var bench = try Bench(Self.record, """
            let some: bool
            let every: bool
            let many: int
            let none_left: bool
            thread a {
                let x = new Item { x: 1 }
                let y = new Item { x: 2 }
                some = exists i in Item: (i.x == 2)
                every = all i in Item: (i.x == 2)
                many = count i in Item: (i.x > 0)
                free x
                free y
                none_left = all i in Item: (i.x == 9)
            }
            """)
        try bench.run("a")
        #expect((bench["some"], bench["every"], bench["many"], bench["none_left"]) == (1, 0, 2, 1))
    }

    @Test func aCallbackIsThatOfTheOwner() throws {
        var bench = try Bench("""
            record Note { id: int }
            callback go(note: Note, by: int) -> int
            driver one { record One { x: int; note: Note }\n go(o: One, by: int) -> int { return o.x + by } }
            driver two { record Two { note: Note; x: int }\n go(t: Two, by: int) -> int { return t.x * by } }
            """, """
            let o = new one.One { x: 5 }
            let t = new two.Two { x: 5 }
            let sum: int
            let product: int
            thread a { sum = go(o.note, 3); product = go(t.note, 3) }
            """)
        #expect(try bench.run("a") == .finished)
        #expect((bench["sum"], bench["product"]) == (8, 15))
    }

    @Test("an optional callback that a driver leaves out, or all do, does nothing and gives 0")
    func anOptionalCallbackMayBeMissing() throws {
        var bench = try Bench("""
            record Note { id: int }
            optional callback go(note: Note, by: int) -> int
            optional callback nobody(note: Note, a: int, b: int, c: int, d: int)
            driver one { record One { note: Note }\n go(o: One, by: int) -> int { return by } }
            driver two { record Two { note: Note; x: int } }
            """, """
            let o = new one.One
            let t = new two.Two { x: 5 }
            let given = 7
            let missing = 7
            thread a {
                given = go(o.note, 3)
                missing = go(t.note, 3)
                nobody(t.note, 1, 2, 3, 4)
                nobody(o.note, 1, 2, 3, 4)
            }
            thread b { let still = 9; await given == 3; given = still }
            """)
        try bench.step("b")
        #expect(try bench.run("a") == .finished)
        #expect((bench["given"], bench["missing"]) == (3, 0))
        // Arguments that nobody takes are written to no other thread's variables.
        #expect(try bench.run("b") == .finished)
        #expect(bench["given"] == 9)
    }

    @Test func aCallbackThatIsNotOptionalHasToBeThere() throws {
        var bench = try Bench("""
            record Note { id: int }
            callback go(note: Note, a: int, b: int, c: int, d: int) -> int
            """, """
            let n = new Note
            thread a { let r = go(n, 1, 2, 3, 4) }
            thread b { await false }
            """)
        #expect(try bench.finding("a").property == "assertion")
    }
}

@Suite struct StepTests {
    @Test func constantsKnowAndOrNot() throws {
        var bench = try Bench("const BOTH = 1 == 1 && !(2 == 3)\nconst NEITHER = 1 == 2 || !true\n", """
            let both: int
            let neither = 7
            thread a { both = BOTH; neither = NEITHER }
            """)
        #expect(try bench.run("a") == .finished)
        #expect((bench["both"], bench["neither"]) == (1, 0))
    }

    @Test func numbersWrapWhereDeclared() throws {
        var bench = try Bench("type seq = wrapping 2\nrecord R { s: seq; wide: int }", """
            let r = new R
            let below: int
            let least: wrapping 64
            let shifted: int
            thread a {
                r.s = 3
                r.s += 1
                below = r.s - 1
                let one = 1
                least = least + one
                least = least << 63
                shifted = one << 62
            }
            """)
        #expect(try bench.run("a") == .finished)
        #expect((bench["below"], bench["least"], bench["shifted"]) == (3, .min, 1 << 62))
    }

    @Test func atomicIsOneStep() throws {
        var bench = try Bench("record R { x: int; y: int }", """
            let r = new R
            let torn: bool
            thread a { atomic { r.x = 1; atomic { r.y = 1 } } }
            thread b { torn = r.x != r.y }
            """)
        #expect(try bench.step("a") == .stepped)
        try bench.run("b")
        #expect(bench["torn"] == 0)
        #expect(bench.machine.hasFinished(0))
    }

    @Test func aChoiceHasItsWays() throws {
        for way in 0..<6 {
            var bench = try Bench("", """
                let x: int
                let y: int
                thread a { x = choose 4..6; choose { y = 1 } or { y = 2 } or { y = 3 } }
                """)
            #expect(bench.machine.standing(of: 0) == .ready(choices: 3))
            try bench.step("a", choice: UInt64(way))
            #expect(bench["x"] == Int64(4 + way % 3))
            #expect(bench.machine.standing(of: 0) == .ready(choices: 3))
            while try bench.step("a", choice: UInt64(way)) == .stepped {}
            #expect(bench["y"] == Int64(1 + way % 3))
        }
    }

    @Test("what a condition changes is asked about on both ways out of it", arguments: [
        "if put(b.refs) { b.note = 1 }", "if !put(b.refs) { b.note = 1 } else { b.note = 2 }",
        "while put(b.refs) { b.note = 1 }", "if put(b.refs) { b.note = 1 } else { b.note = 2 }",
    ])
    func conditions(statement: String) throws {
        var bench = try Bench(
            """
            record B { refs: refcount; note: u8 }
            invariant balanced(b: B) = refcount_read(b.refs) != 1 || b.note == 0 "one reference is left"
            """,
            """
            "A condition that changes something."
            let b = new B
            setup {
                get b.refs
                get b.refs
                b.note = 3
            }
            thread t { \(statement) }
            """)
        #expect(try bench.finding("t").property == "balanced")
    }

    @Test func aPropertyIsAskedAfterEachStepThatTouchesItsRecord() throws {
        var bench = try Bench("""
            record R { l: mutex; x: int }
            invariant small(r: R) = held(r.l) || r.x < 3 "x is {r.x}"
            """, "let r = new R\nthread a { lock r.l; r.x = 3; r.x = 4; unlock r.l }")
        for _ in 0..<3 { #expect(try bench.step("a") == .stepped) }
        let finding = try bench.finding("a")
        #expect((finding.property, finding.sentence) == ("small", "x is 4"))
    }

    @Test func aScenarioInWhichNothingHappensComesToRest() throws {
        var bench = try Bench("", "thread a { }")
        #expect(try bench.run("a") == .finished)
        #expect(bench.machine.isAtRest)
    }

    @Test func theSameSeedGivesTheSameStates() throws {
        for name in ["collide", "two-invalidations"] {
            let program = try scenario(name, in: "scenarios/interval_notifier")
            var first = Machine(program)
            var second = Machine(program)
            #expect(first.state == second.state)
            #expect(runRandomly(&first, seed: 11) == runRandomly(&second, seed: 11))
            #expect(first.state == second.state)
        }
    }

    @Test func listeningChangesNothing() throws {
        for name in ["collide", "two-invalidations"] {
            var quiet = Machine(try scenario(name, in: "scenarios/interval_notifier"))
            var heard = quiet
            var (off, on) = (EventLog(isOn: false), EventLog(isOn: true))
            var numbers = SeededNumbers(seed: 5)
            for step in 0..<600 {
                let (thread, choice) = (numbers.below(quiet.threadCount), numbers.next())
                let outcome = quiet.step(thread, choice: choice, log: &off)
                #expect(heard.step(thread, choice: choice, log: &on) == outcome)
                #expect(quiet.state == heard.state, "step \(step) of \(name)")
                if quiet.state != heard.state { break }
            }
            #expect(off.events.isEmpty && !on.events.isEmpty)
        }
    }

    @Test func lookingAtAThreadAgreesWithSteppingIt() throws {
        let program = try scenario("collide", in: "scenarios/interval_notifier")
        for seed in 1...20 {
            var machine = Machine(program)
            var numbers = SeededNumbers(seed: seed)
            var log = EventLog(isOn: false)
            for _ in 0..<300 {
                let thread = numbers.below(machine.threadCount)
                let before = machine.state
                let standing = machine.standing(of: thread)
                #expect(machine.state == before)
                switch machine.step(thread, choice: numbers.next(), log: &log) {
                case .blocked:
                    #expect(machine.state == before, "seed \(seed): a blocked step left a trace")
                    if case .blocked = standing {} else { Issue.record("seed \(seed): \(standing), but blocked") }
                case .finished: #expect(standing == .finished)
                default: if case .ready = standing {} else { Issue.record("seed \(seed): \(standing), but it steps") }
                }
            }
        }
    }
}
