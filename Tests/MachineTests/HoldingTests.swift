import Language
import Machine
import Testing

/// Locks and reader's sections that nobody leaves.
@Suite("Holding") struct HoldingTests {
    private static let record = "record R pool 2 { s: spinlock; m: mutex; p: page_lock; rw: rwsem; d: srcu; x: int }\nrecord Outer { r: R }"

    @Test("a thread that ends with a lock is found when everybody has come to rest", arguments: [
        ("lock r.m", "has ended while it holds r#1.m"), ("lock r.s; r.x = 1", "has ended while it holds r#1.s"),
        ("down_read r.rw", "has ended while it holds r#1.rw"), ("down_write r.rw", "has ended while it holds r#1.rw"),
        ("down_write r.rw; downgrade_write r.rw", "has ended while it holds r#1.rw"),
        ("if down_read_trylock r.rw { r.x = 1 }", "has ended while it holds r#1.rw"),
        ("if down_write_trylock r.rw { r.x = 1 }", "has ended while it holds r#1.rw"), ("if trylock r.s { r.x = 1 }", "has ended while it holds r#1.s"),
        ("let i = srcu_read_lock(r.d); r.x = 1", "has ended inside of a reader's section of r#1.d"),
        ("lock r.m; lock r.s; unlock r.m", "has ended while it holds r#1.s"),
    ])
    func ends(body: String, sentence: String) throws {
        var bench = try Bench(Self.record, "let r = new R\nthread a { \(body) }")
        #expect(try bench.run("a") == .finished)
        let finding = try #require(bench.machine.restFinding())
        #expect((finding.property, finding.sentence) == ("lock-discipline", sentence))
    }

    @Test("who lets go of everything may end", arguments: [
        "lock r.m; unlock r.m", "lock r.s; unlock r.s", "down_read r.rw; up_read r.rw", "down_write r.rw; up_write r.rw",
        "down_write r.rw; downgrade_write r.rw; up_read r.rw", "let i = srcu_read_lock(r.d); srcu_read_unlock(r.d, i)",
        "let i = srcu_read_lock(r.d); let j = srcu_read_lock(r.d); srcu_read_unlock(r.d, i); srcu_read_unlock(r.d, j)",
        "if trylock r.m { unlock r.m }", "holding r.m { return }", "lock r.p; unlock r.p", "synchronize_srcu r.d",
        "if down_read_trylock r.rw { up_read r.rw }", "if down_write_trylock r.rw { up_write r.rw }",
    ])
    func letsGo(body: String) throws {
        var bench = try Bench(Self.record, "let r = new R\nthread a { \(body) }\nteardown { free r }")
        #expect(try bench.run("a") == .finished)
        #expect(try bench.run("teardown") == .finished)
        #expect(bench.machine.restFinding() == nil)
    }

    @Test("a reader's section is left by who entered it") func srcu() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            let i: int
            thread a { i = srcu_read_lock(r.d); await r.x == 1 }
            thread b { srcu_read_unlock(r.d, i) }
            """)
        try bench.step("a")
        #expect(try bench.finding("b").property == "lock-discipline")
    }

    @Test("nothing is freed with a lock held in it", arguments: [
        ("lock r.m", "r#1.m is held by a"), ("lock r.s", "r#1.s is held by a"), ("down_read r.rw", "r#1.rw is held by a"),
        ("down_write r.rw", "r#1.rw is held by a"), ("lock r.p", "r#1.p is locked, by a"),
        ("let i = srcu_read_lock(r.d)", "somebody is inside of a reader's section of r#1.d"),
    ])
    func freed(body: String, held: String) throws {
        var bench = try Bench(Self.record, "let r = new R\nlet go: bool\nthread a { \(body); await go }\nthread b { free r }")
        _ = try bench.run("a")
        let finding = try bench.finding("b")
        #expect((finding.property, finding.sentence) == ("lock-discipline", "frees r#1 while \(held)"))
    }

    @Test("nor with one in what is inside of it") func freedInside() throws {
        var bench = try Bench(Self.record, "let o = new Outer\nthread a { lock o.r.m; free o }")
        #expect(try bench.finding("a").sentence == "frees outer#1 while outer#1.m is held by a")
    }

    @Test("a page's lock is nobody's: another may unlock it, and who has locked it may end") func pageLock() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            thread a { lock r.p }
            thread b { unlock r.p }
            thread c { unlock r.p }
            """)
        #expect(try bench.run("a") == .finished)
        #expect(try bench.run("b") == .finished)
        let finding = try bench.finding("c")
        #expect((finding.property, finding.sentence) == ("lock-discipline", "unlocks r#1.p, which isn't locked"))
    }

    @Test("a page that stays locked is found at the end") func pageStaysLocked() throws {
        var bench = try Bench(Self.record, "let r = new R\nthread a { lock r.p }")
        #expect(try bench.run("a") == .finished)
        let finding = bench.machine.restFinding()
        #expect(finding?.property == "lock-discipline")
        #expect(finding?.sentence == "everything has ended, but r#1.p is locked, by a")
    }
}
