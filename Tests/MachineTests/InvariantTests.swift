import Language
import Machine
import Testing

/// An invariant fails when it is false between two steps, or from the start.
@Suite("Invariants") struct InvariantTests {
    /// Runs one thread after the other; what is found first, with the number of steps before it.
    private func firstFinding(
        _ declarations: String, _ scenario: String, threads: [String] = ["t"]
    ) throws -> (property: String, sentence: String, steps: Int)? {
        var bench = try Bench(declarations, scenario)
        var steps = 0
        for thread in threads {
            while true {
                let outcome = try bench.step(thread)
                if case .finding(let finding) = outcome { return (finding.property, finding.sentence, steps) }
                guard outcome == .stepped else { break }
                steps += 1
            }
        }
        return nil
    }

    /// The machine of a scenario whose setup is allowed to find something.
    private func machine(_ text: String) throws -> Machine {
        Machine(try Language.compile(SourceFile(name: "test", text: text), options: CompileOptions(), modules: modules))
    }

    @Test("one that is false in the state that the setup leaves is the setup's finding", arguments: [
        ("let b = new Box", "inv"), ("let b = new Box\nsetup { b.x = 1 }", nil),
        ("let b = new Box\nsetup { b.x = 1; return; b.x = 2 }", nil),
        ("let b = new Box\nsetup { b.x = 2; return; b.x = 1 }", "inv"),
    ])
    func start(parts: String, property: String?) throws {
        let machine = try machine("""
            record Box { x: int }
            invariant inv(b: Box) = b.x == 1 "x is {b.x}"
            scenario s { "A test."
            \(parts)
            thread t { }
            }
            """)
        #expect(machine.setupFinding?.property == property)
    }

    @Test("what the setup builds need not make sense before it is complete, in its functions either") func setupSteps() throws {
        let machine = try machine("""
            record Box { x: int; y: int }
            invariant same(b: Box) = b.x == b.y
            fill(b: Box) { b.x = 1; b.y = 1 }
            scenario s { "A test."
            let b = new Box
            setup { fill(b); b.x = 2; b.y = 2 }
            thread t { fill(b) }
            }
            """)
        #expect(machine.setupFinding == nil)
        var running = machine
        var log = EventLog()
        #expect(running.step(0, log: &log) == .stepped)
        guard case .finding(let finding) = running.step(0, log: &log) else {
            Issue.record("the thread's own steps are asked")
            return
        }
        #expect(finding.property == "same")
    }

    private static let box = """
        record Item pool 3 { n: int }
        record Box pool 3 { x: int; y: int; p: ref Item; q: ref Item; l: mutex; refs: refcount }
        """

    @Test("an atomic block is asked about at its end, on every way out of it", arguments: [
        ("atomic { b.x = 1; b.y = 1 }", nil), ("atomic { b.x = 1; b.y = 1; b.x = 2 }", "same"),
        ("atomic { b.x = 1; if b.y == 0 { b.y = 1 } }", nil), ("atomic { b.x = 1; if b.y == 1 { b.y = 1 } }", "same"),
        ("atomic { if b.x == 1 { b.x = 3 } }", nil),
        ("while true { atomic { b.x = 1; if b.x == 1 { break }; b.y = 1 } }", "same"),
        ("while true { atomic { b.x = 1; b.y = 1; if b.x == 1 { break } } }", nil),
        ("atomic { b.x = 1; return }", "same"), ("atomic { b.x = 1; b.y = 1; return }", nil),
        ("atomic { for i in 1..2 { b.x = i } }", "same"), ("atomic { for i in 1..2 { b.x = i; b.y = i } }", nil),
        ("atomic { for i in 0..2 { b.x = 1; if i == 1 { break } }; b.y = 1 }", nil),
        ("atomic { b.x = 1; free b }", nil), ("atomic { let c = new Box; c.x = 1; c.y = 1 }", nil),
        ("atomic { let c = b; c.x = 1; c = new Box; c.y = 1; b.y = 1 }", "same"),
        ("holding b.l { atomic { b.x = 1; return } }", "same"),
    ])
    func atomic(body: String, property: String?) throws {
        let found = try firstFinding(
            "\(Self.box)\ninvariant same(b: Box) = b.x == b.y", "let b = new Box\nthread t { \(body) }")
        #expect(found?.property == property)
    }

    @Test("it is asked when any record that it mentions changes", arguments: [
        ("a(b: Box) = b.p == none || b.p.n >= 0", "b.p = i", "i.n = -1"),
        ("a(b: Box) = b.x == 0 || exists i in Item: (i.n == 7)", "i.n = 7; b.x = 1", "i.n = 0"),
        ("a(b: Box) = (count i in Item: (true)) <= 1", "", "let j = new Item"),
        ("a(b: Box) = (count i in Item: (true)) >= 1", "", "free i"),
        ("a(b: Box) = b.y == 0 || all c in Box: (c.x == 0)", "b.y = 1", "c.x = 3"),
        ("a(b: Box) = !held(b.l)", "", "lock b.l"), ("a(b: Box) = !held(b.l)", "", "if trylock b.l { unlock b.l }"),
        ("a(b: Box) = held(b.l) || b.x == 1", "b.x = 1; c.x = 1", "lock b.l; b.x = 0; unlock b.l"),
        ("a(b: Box) = refcount_read(b.refs) < 2", "", "get b.refs; get b.refs"),
        ("a(b: Box) = g == 0 || b.x == 0", "b.x = 1", "g = 1"), ("a(i: Item) = all b in Box: (b.x != 4)", "", "b.x = 4"),
        ("a(b: Box) = !fault(wrong)", "", "with fault wrong { b.x = 1 }"), ("a(i: Item) = i.n == 7", "i.n = 7", "let j = new Item"),
        ("a(i: Item) = i.n != 0", "i.n = 7", "let j = new Item { n: 0 }"), ("a(b: Box) = b.p != b.q", "b.p = i", "b.p = none"),
    ])
    func mentioned(invariant: String, setup: String, body: String) throws {
        let found = try firstFinding(
            "fault wrong \"wrong\"\n\(Self.box)\ninvariant \(invariant) \"it was so\"",
            """
            let b = new Box
            let c = new Box
            let i = new Item
            let g: int
            setup { \(setup); \(invariant.contains("b.q") ? "c.p = i" : "g = 0") }
            thread t { \(body) }
            """)
        #expect(found?.property == "a")
        #expect(found?.sentence == "it was so")
    }

    @Test("sets and lists are what is in them", arguments: [
        ("tree_empty(h.t)", "tree_insert(h.t, n)"), ("list_empty(h.l)", "list_add_tail(h.l, n)"),
        ("list_first(h.l) == none || list_first(h.l).x == 0", "list_add_head(h.l, n); n.x = 1"),
        ("all n in N: (!in_tree(h.t, n))", "tree_insert(h.t, n)"), ("all n in N: (!in_list(h.l, n))", "list_add_head(h.l, n)"),
        ("tree_first(h.t, 0..9) == none", "tree_insert(h.t, n)"),
    ])
    func sets(condition: String, body: String) throws {
        let found = try firstFinding(
            """
            record N { start: int; last: int; x: int }
            record H { t: interval_set of N; l: list of N }
            invariant a(h: H) = \(condition)
            """, "let h = new H\nlet n = new N\nthread t { \(body) }")
        #expect(found?.property == "a")
    }

    @Test("list_pop is asked about, whatever comes out") func pop() throws {
        let found = try firstFinding(
            """
            record N { x: int }
            record H { l: list of N }
            invariant a(n: N) = all h in H: (n.x == 0 || in_list(h.l, n))
            """,
            """
            let h = new H
            let n = new N
            setup { n.x = 0; list_add_tail(h.l, n); n.x = 1 }
            thread t { let gone = list_pop(h.l) }
            """)
        #expect(found?.property == "a")
    }

    @Test("who takes the lock that an invariant waits for is not asked, and what it doesn't read changes nothing") func notAsked() throws {
        let source = """
            record Box { l: mutex; x: int; other: int }
            invariant a(b: Box) = held(b.l) || b.x == 0
            scenario s { "A test."
            let b = new Box
            thread t { lock b.l; b.other = 1; unlock b.l }
            }
            """
        let program = try Language.compile(SourceFile(name: "test", text: source), options: CompileOptions(), modules: modules)
        // The start's, and the release's.
        #expect(program.instructions.count { $0.op == .check } == 2)
        #expect(program.instructions.count { $0.op == .nextLive } == 0)
    }

    @Test("names around the place of a change mean nothing to it") func hygiene() throws {
        let found = try firstFinding(
            """
            const limit = 3
            record Box { x: int }
            invariant a(b: Box) = b.x < limit
            """, "let box = new Box\nthread t { let limit = 100; let b = 7; box.x = limit }")
        #expect(found?.property == "a")
    }

    @Test("what may not have been come to is asked of all", arguments: ["g == 1 && put(b.refs)", "g == 0 || put(b.refs)"])
    func perhaps(condition: String) throws {
        let found = try firstFinding(
            """
            record Other { x: int }
            record Box { refs: refcount; x: int }
            invariant a(b: Box) = refcount_read(b.refs) == 1
            """,
            """
            let g: int
            let o = new Other
            let b = new Box
            setup { get b.refs; o.x = 5 }
            thread t { o.x = 6; if \(condition) { g = 2 } }
            """)
        #expect(found == nil)
    }

    @Test("before a call the step is over, and what a return changes is asked about", arguments: [
        "use(put(b.refs))", "let x = last(b)",
    ])
    func calls(body: String) throws {
        let found = try firstFinding(
            """
            record Box { refs: refcount; x: int }
            invariant a(b: Box) = refcount_read(b.refs) == 1
            use(x: bool) { if x { return } }
            last(b: Box) -> bool { return put(b.refs) }
            """, "let b = new Box\nsetup { get b.refs }\nthread t { \(body) }")
        #expect(found?.property == "a")
    }
}
