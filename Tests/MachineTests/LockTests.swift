import Machine
import Testing

@Suite struct LockTests {
    private static let record = "record R { s: spinlock; m: mutex; n: mutex; rw: rwsem; x: int }"

    @Test(arguments: ["s", "m"]) func aLockIsHeldByOne(lock: String) throws {
        var bench = try Bench(Self.record, """
            let r = new R
            thread a { lock r.\(lock); r.x = 1; unlock r.\(lock) }
            thread b { lock r.\(lock); r.x = 2; unlock r.\(lock) }
            """)
        #expect(try bench.step("a") == .stepped)
        #expect(try bench.step("b") == .blocked)
        guard case .blocked(let blockage) = bench.machine.standing(of: 1) else {
            Issue.record("b isn't blocked")
            return
        }
        #expect(bench.machine.describe(blockage) == "waits for r#1.\(lock), held by a")
        #expect(blockage.holders == [0])
        #expect(try bench.run("a") == .finished)
        #expect(try bench.run("b") == .finished)
        #expect(bench.machine.restFinding() == nil)
    }

    @Test func trylockTellsWhetherItGotIt() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            let first: bool
            let second: bool
            let seen: bool
            thread a { first = trylock r.m; unlock r.m }
            thread b { second = trylock r.m; seen = held(r.m) }
            """)
        try bench.step("a")
        try bench.run("b")
        #expect((bench["first"], bench["second"], bench["seen"]) == (1, 0, 1))
    }

    @Test(arguments: [
        ("lock r.m; lock r.m", "takes r#1.m, which it holds already"),
        ("lock r.s; lock r.s", "takes r#1.s, which it holds already"),
        ("unlock r.m", "lets go of r#1.m, which it doesn't hold"),
        ("up_read r.rw", "lets go of r#1.rw, which it doesn't hold"),
        ("down_read r.rw; up_write r.rw", "lets go of r#1.rw, which it doesn't hold"),
        ("down_read r.rw; down_read r.rw", "takes r#1.rw, which it holds already"),
        ("down_read r.rw; down_write r.rw", "takes r#1.rw, which it holds already"),
        ("lock r.s; lock r.m", "may sleep while it holds a spinlock"),
        ("lock r.s; down_read r.rw", "may sleep while it holds a spinlock"),
        ("lock r.s; down_write r.rw", "may sleep while it holds a spinlock"),
        ("if trylock r.s { lock r.m }", "may sleep while it holds a spinlock"),
    ])
    func disciplineIsWatched(body: String, sentence: String) throws {
        var bench = try Bench(Self.record, "let r = new R\nthread a { \(body) }")
        let finding = try bench.finding("a")
        #expect(finding.property == "lock-discipline")
        #expect(finding.sentence == sentence)
    }

    @Test func aStrangerCanNotUnlock() throws {
        var bench = try Bench(Self.record, "let r = new R\nthread a { lock r.m; unlock r.m }\nthread b { unlock r.m }")
        try bench.step("a")
        #expect(try bench.finding("b").property == "lock-discipline")
    }

    @Test func readersShareAndAQueuedWriterBlocksNewOnes() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            thread a { down_read r.rw; up_read r.rw }
            thread b { down_read r.rw; up_read r.rw }
            thread w { down_write r.rw; up_write r.rw }
            thread late { down_read r.rw; up_read r.rw }
            thread try { if down_read_trylock r.rw { r.x = 1 } }
            """)
        try bench.step("a")
        try bench.step("b")
        #expect(try bench.run("w") == .blocked)
        #expect(try bench.run("late") == .blocked)
        try bench.run("try")
        #expect(try bench.run("a") == .finished)
        #expect(try bench.run("w") == .blocked)
        #expect(try bench.run("b") == .finished)
        #expect(try bench.step("w") == .stepped)
        #expect(try bench.step("late") == .blocked)
        #expect(try bench.run("w") == .finished)
        #expect(try bench.run("late") == .finished)
    }

    @Test func aWriterThatDowngradesLetsReadersIn() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            let got: bool
            thread w { down_write r.rw; downgrade_write r.rw; up_read r.rw }
            thread a { down_read r.rw; up_read r.rw }
            thread t { got = down_write_trylock r.rw }
            """)
        try bench.step("w")
        try bench.step("w")
        #expect(try bench.step("a") == .blocked)
        try bench.step("w")
        #expect(try bench.step("a") == .stepped)
        try bench.run("t")
        #expect(bench["got"] == 0)
        #expect(try bench.run("w") == .finished)
    }

    @Test func aDeadlockTellsWhoHoldsWhat() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            thread a { lock r.m; lock r.n }
            thread b { lock r.n; lock r.m }
            """)
        try bench.step("a")
        try bench.step("b")
        #expect(try bench.run("a") == .blocked)
        #expect(try bench.run("b") == .blocked)
        let finding = try #require(bench.machine.restFinding())
        #expect(finding.property == "no-deadlock")
        #expect(finding.sentence
            == "nobody can go on: a waits for r#1.n, held by b; b waits for r#1.m, held by a")
    }

    @Test func holdingLetsGoOnEveryWayOut() throws {
        var bench = try Bench(
            Self.record + """

            f(r: R, how: int) -> int {
                repeat {
                    holding r.m {
                        holding r.n {
                            if how == 1 { return 7 }
                            if how == 2 { break }
                            if how == 3 { how = 2; continue }
                        }
                    }
                    return 8
                }
                return 9
            }
            """, """
            let r = new R
            let sum: int
            thread a { for how in 0..3 { sum = sum * 10 + f(r, how) } }
            """)
        #expect(try bench.run("a") == .finished)
        #expect(bench["sum"] == 8799)
        #expect(bench.machine.heldLocks().isEmpty)
    }

    @Test func withFaultIsUndoneOnEveryWayOut() throws {
        var bench = try Bench("""
            fault broken
            f(how: int) -> int {
                repeat {
                    with fault broken {
                        if how == 1 { return 1 }
                        if how == 2 { break }
                    }
                    return 3
                }
                return 2
            }
            """, """
            let left: bool
            let inside: bool
            thread a {
                for how in 0..2 {
                    let x = f(how)
                    if fault(broken) { left = true }
                }
                with fault broken { inside = fault(broken) }
            }
            """)
        #expect(try bench.run("a") == .finished)
        #expect((bench["left"], bench["inside"]) == (0, 1))
    }
}
