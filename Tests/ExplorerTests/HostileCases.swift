import Explorer
import Testing

/// Programs of which the default search, the one by single steps, or both once said what isn't so; each with what is.
@Suite("Hostile programs") struct HostileCases {
    @Test(arguments: HostileCase.all) func comesOutAsItShould(_ given: HostileCase) throws {
        let program = try model("\(given.records)\nscenario s {\n\"A test.\"\n\(given.body)\nexpect undecided }")
        var found: [Set<String>] = []
        for isFine in [false, true] {
            var explorer = Explorer(program, isFine: isFine)
            explorer.findsAll = true
            let result = explorer.explore()
            #expect(result.bound == nil)
            if case .inconsistent(let words) = result.verdict { Issue.record("\(given.what): \(words)") }
            let properties = Set(result.findings.map(\.finding.property))
            #expect(properties == given.properties, "\(given.what), \(isFine ? "fine" : "default")")
            found.append(Set(result.findings.map { "\($0.finding.property) \($0.finding.thread) \($0.finding.statement)" }))
            for one in result.findings {
                #expect(throws: Never.self, "\(given.what)") { try Counterexample(program, schedule: one.schedule, finding: one.finding) }
            }
        }
        if !given.properties.contains("no-livelock") { #expect(found[0] == found[1], "\(given.what)") }
    }
}

struct HostileCase: Sendable, CustomTestStringConvertible {
    var what: String
    var records = "record Box { x: int; y: int; m: mutex; n: mutex; l: page_lock; rw: rwsem; go: bool }"
    var body: String
    var properties: Set<String> = []
    var testDescription: String { what }

    static let all: [HostileCase] = publishing + choosing + holding + elements + numbers

    private static let publishing = [
        HostileCase(what: "published, then filled in by one who is alone", records: "record Item { n: int }\nrecord Box { p: ref Item }", body: """
            let b = new Box
            thread producer { let it = new Item
            b.p = it
            it.n = 1 }
            thread worker { await b.p != none
            let it = b.p
            b.p = none
            let n = it.n
            assert n == 1 }
            """, properties: ["assertion"]),
        HostileCase(what: "used behind the reader's section", records: "record Obj pool 1 { v: int }\nrecord Box { p: ref Obj; sr: srcu }", body: """
            let b = new Box
            setup { b.p = new Obj { v: 1 } }
            thread reader { let idx = srcu_read_lock(b.sr)
            let p = b.p
            srcu_read_unlock(b.sr, idx)
            if p != none { let v = p.v } }
            thread updater { let old = b.p
            b.p = none
            synchronize_srcu b.sr
            free old }
            """, properties: ["no-use-after-free"]),
        HostileCase(what: "a record that nobody has published, seen by one who looks at all", records: "record Node pool 2 { v: int }\nrecord Box { x: int }", body: """
            let b = new Box
            thread t { let r = new Node
            r.v = 1
            r.v = 2 }
            thread u { if exists q in Node: (q.v == 1) { assert false } }
            """, properties: ["assertion"]),
    ]

    private static let choosing = [
        HostileCase(what: "two choices in one statement", body: """
            let b = new Box
            thread t { b.x = (choose 0..1) + 2 * (choose 0..2)
            assert b.x != 2 }
            thread u { b.y = 2 }
            """, properties: ["assertion"]),
        HostileCase(what: "a choice behind a store", body: """
            let b = new Box
            thread t { atomic { b.y = 1
            b.x = choose 0..1 }
            assert b.x == 0 }
            thread u { b.y = 2 }
            """, properties: ["assertion"]),
        HostileCase(what: "a daemon that may fail hides no deadlock", body: """
            let k = new Box
            thread p { lock k.m
            lock k.n
            unlock k.n
            unlock k.m }
            thread q { lock k.n
            lock k.m
            unlock k.m
            unlock k.n }
            daemon thread tick { repeat { choose { k.x = 1 - k.x } or { assert false } } }
            """, properties: ["assertion", "no-deadlock"]),
    ]

    private static let holding = [
        HostileCase(what: "other readers are there when one has left", body: """
            let b = new Box
            thread t { down_read b.rw
            atomic { up_read b.rw
            if down_write_trylock b.rw { up_write b.rw } else { b.x = 1 } }
            assert b.x == 0 }
            thread u { down_read b.rw
            b.y = 1
            up_read b.rw }
            """, properties: ["assertion"]),
        HostileCase(what: "a page that is unlocked for another", body: """
            let p = new Box
            thread a { lock p.l
            p.x = 1
            unlock p.l }
            thread b { let c = choose 0..9999
            if c == 7777 { unlock p.l
            assert false } }
            """, properties: ["assertion", "lock-discipline"]),
        HostileCase(what: "two that end with locks, and a page that stays locked", body: """
            let a = new Box
            thread p { lock a.m }
            thread q { lock a.n
            lock a.l }
            """, properties: ["lock-discipline"]),
        HostileCase(what: "one ends with a lock, and only then another fails", body: """
            let k = new Box
            thread p { lock k.m
            k.x = 1 }
            thread q { await k.x == 1
            assert false }
            """, properties: ["assertion", "lock-discipline"]),
        HostileCase(what: "one ends with a lock beside a daemon", body: """
            let a = new Box
            thread p { lock a.m }
            daemon thread d { repeat { a.x = 1 - a.x } }
            """, properties: ["lock-discipline"]),
        HostileCase(what: "one ends with a lock that another waits for", body: """
            let a = new Box
            thread p { lock a.m }
            thread q { lock a.m
            unlock a.m }
            """, properties: ["lock-discipline", "no-deadlock"]),
    ]

    private static let tree = "record Item { start: int; last: int }\nrecord Box { q: interval_set of Item; l: list of Elem; m: mutex }\nrecord Elem { n: int }"
    private static let elements = [
        HostileCase(what: "a set's holder is freed", records: tree, body: """
            let b = new Box
            let it = new Item { start: 1, last: 2 }
            thread a { tree_insert(b.q, it)
            free b }
            """, properties: ["no-use-after-free"]),
        HostileCase(what: "a list's holder is freed", records: tree, body: """
            let b = new Box
            let e = new Elem
            thread a { list_add_tail(b.l, e)
            free b }
            """, properties: ["no-use-after-free"]),
        HostileCase(what: "an element of another set", records: tree, body: """
            let b = new Box
            let c = new Box
            let it = new Item { start: 1, last: 2 }
            thread a { tree_insert(b.q, it)
            assert !in_tree(c.q, it)
            tree_remove(c.q, it) }
            """, properties: ["assertion"]),
        HostileCase(what: "freed where it is on no list for a moment", records: tree, body: """
            let b = new Box
            let e = new Elem
            setup { list_add_tail(b.l, e) }
            thread a { lock b.m
            list_del(b.l, e)
            list_add_tail(b.l, e)
            unlock b.m }
            thread c { let k = choose 0..9999
            if k == 7777 { free e
            assert false } }
            """, properties: ["assertion", "no-use-after-free"]),
    ]

    private static let numbers = [
        HostileCase(what: "a number that looks like a reference", body: """
            let p = new Box
            let g: int
            thread a { g = 4611686022722355200 + 6
            p.x = 1
            p.x = 2
            assert g != 4611686022722355200 + 6 }
            daemon thread b { repeat { p.x = 3 } }
            """, properties: ["assertion"]),
        HostileCase(what: "an epoch that is set back", records: "type seq = wrapping 32\nrecord Box { epoch q: seq; at: seq }", body: """
            let b = new Box { q: 2 }
            thread t { b.at = b.q
            b.q += 1
            b.q += 1
            b.q = 2
            assert b.at != b.q }
            """, properties: ["assertion"]),
        HostileCase(what: "a second epoch", records: "type seq = wrapping 32\nrecord Box pool 2 { epoch q: seq; at: seq }", body: """
            let b = new Box { q: 2 }
            thread t { b.q += 1
            b.q += 1
            let d = new Box { q: 2 }
            d.q += 1
            d.q += 1
            assert d.q != b.q }
            """, properties: ["assertion"]),
        HostileCase(what: "16 bits come round", records: "type seq = wrapping 16\nrecord Box { epoch q: seq; s: seq }", body: """
            let b = new Box { q: 2 }
            setup { b.s = b.q }
            thread t { await b.q != b.s
            await b.q == b.s
            assert false }
            daemon thread d { repeat { b.q += 1 } }
            """, properties: ["assertion"]),
    ]
}
