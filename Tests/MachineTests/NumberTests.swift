import Language
import Machine
import Testing

/// Numbers that are too large, ranges that are empty, ways to choose.
@Suite("Numbers") struct NumberTests {
    private static let most = "9223372036854775807"

    @Test("what 63 bits and a sign don't hold is found", arguments: [
        ("x = most + one", "computes 9223372036854775807 + 1, which 63 bits and a sign don't hold"),
        ("x = least - one", "computes -9223372036854775808 - 1, which 63 bits and a sign don't hold"),
        ("x = most * 2", "computes 9223372036854775807 * 2, which 63 bits and a sign don't hold"),
        ("x = -least", "computes -(-9223372036854775808), which 63 bits and a sign don't hold"),
        ("x = least / -one", "computes -9223372036854775808 / -1, which 63 bits and a sign don't hold"),
        ("x = one << 63", "computes 1 << 63, which 63 bits and a sign don't hold"),
        ("x = most << one", "computes 9223372036854775807 << 1, which 63 bits and a sign don't hold"),
        ("x = one << 64", "shifts 1 by 64 bits"), ("x = one >> 64", "shifts 1 by 64 bits"),
        ("x = one << -one", "shifts 1 by -1 bits"), ("x += most; x += one", "computes 9223372036854775807 + 1, which 63 bits and a sign don't hold"),
        ("r.n = r.n + most", "computes 7 + 9223372036854775807, which 63 bits and a sign don't hold"),
    ])
    func overflow(statement: String, sentence: String) throws {
        var bench = try Bench("record R { n: u8 }", """
            let x: int
            let most = \(Self.most)
            let least = -\(Self.most) - 1
            let one = 1
            let r = new R { n: 7 }
            thread a { \(statement) }
            """)
        let finding = try bench.finding("a")
        #expect((finding.property, finding.sentence) == ("assertion", sentence))
    }

    @Test("numbers that wrap begin again, and what is only said shows what there is") func wrapping() throws {
        var bench = try Bench("record R { a: wrapping 64; b: wrapping 32; c: wrapping 63 }", """
            let r = new R
            let most = \(Self.most)
            let x: int
            let y: int
            let seen: int
            thread t {
                r.a = r.a - 1
                r.a = r.a + 1
                r.a = r.a + most
                r.a = r.a + 2
                r.b = r.b - 1
                r.b = r.b * r.b
                r.c = r.c - 1
                r.c = r.c + 1
                say note: "{most + 1} and {most * 3} and {7 / x}"
                x = r.b
                y = r.c
                seen = most
            }
            """)
        #expect(try bench.run("t") == .finished)
        #expect((bench["x"], bench["y"]) == (1, 0))
        // One that can't be worked out isn't said.
        #expect(bench.log.events.count { bench.machine.kindName(of: $0) == "note" } == 0)
    }

    @Test("the least by -1 leaves nothing") func remainder() throws {
        var bench = try Bench("", "let least = -\(Self.most) - 1\nlet one = 1\nlet x = 5\nthread a { x = least % -one }")
        #expect(try bench.run("a") == .finished)
        #expect(bench["x"] == 0)
    }

    @Test("whether anybody listens changes nothing") func listening() throws {
        let declarations = "record R { n: int }"
        let scenario = "let r: ref R\nlet x: int\nthread a { x = 1; say note: \"{r.n}\"; x = 2 }"
        for isOn in [false, true] {
            var bench = try Bench(declarations, scenario)
            bench.log = EventLog(isOn: isOn)
            #expect(try bench.run("a") == .finished)
            #expect(bench["x"] == 2)
        }
    }

    @Test("a loop to the greatest number ends", arguments: [
        ("\(most)..\(most)", 1), ("low..most", 3), ("most..\(most)", 1), ("most..low", 0), ("1..2", 2),
    ])
    func loops(range: String, rounds: Int) throws {
        var bench = try Bench("", """
            let most = \(Self.most)
            let low = most - 2
            let rounds: int
            thread a { for i in \(range) { rounds += 1 } }
            """)
        #expect(try bench.run("a") == .finished)
        #expect(bench["rounds"] == Int64(rounds))
    }

    @Test("a choice of nothing is found") func emptyChoice() throws {
        var bench = try Bench("", "let low = 3\nlet x: int\nthread a { x = choose low..2 }")
        let finding = try bench.finding("a")
        #expect((finding.property, finding.sentence) == ("assertion", "chooses one of 3..2, where there is none"))
    }

    @Test("a choice has as many ways as it says", arguments: [
        ("0..\(most)", Int.max), ("least..\(most)", Int.max), ("1..\(most)", Int.max), ("2..\(most)", Int.max - 1), ("-1..1", 3),
    ])
    func ways(range: String, count: Int) throws {
        var bench = try Bench("", "let least = -\(Self.most) - 1\nlet x: int\nthread a { x = choose \(range) }")
        #expect(bench.machine.standing(of: 0) == .ready(choices: count))
        #expect(bench.machine.choices(of: 0) == count)
        try bench.step("a", choice: UInt64(count - 1))
        #expect(bench["x"] == (range.hasPrefix("least") ? -2 : range == "0..\(Self.most)" ? Int64.max - 1 : range == "-1..1" ? 1 : .max))
    }

    @Test("choices of one step are independent of each other", arguments: [
        ("x = (choose 0..1) * 10 + (choose 0..2)", [0, 1, 2, 10, 11, 12]),
        ("atomic { x = choose 0..1; x = x * 10 + (choose 0..2) }", [0, 1, 2, 10, 11, 12]),
        ("atomic { y = 1; x = choose 0..2 }", [0, 1, 2]),
        ("atomic { for i in 1..3 { x = x * 2 + (choose 0..1) } }", Array(0...7)),
        ("atomic { x = choose 0..2; if x > 0 { x = x * 10 + (choose 0..x) } }", [0, 10, 11, 20, 21, 22]),
        ("atomic { choose { y = 2 } or { y = 3 }; x = y * 10 + (choose 1..2) }", [21, 22, 31, 32]),
    ])
    func several(statement: String, values: [Int]) throws {
        let bench = try Bench("", "let x: int\nlet y: int\nthread a { \(statement) }")
        let choices = bench.machine.choices(of: 0)
        #expect(bench.machine.standing(of: 0) == .ready(choices: choices))
        var found: Set<Int> = []
        for choice in 0..<choices {
            var other = bench
            try other.step("a", choice: UInt64(choice))
            found.insert(Int(other["x"]))
        }
        #expect(found.sorted() == values)
    }

    @Test("ranges of an interval set begin at 0", arguments: [
        "let x = tree_first(r.t, a..0)", "n.start = a; tree_insert(r.t, n)",
        "tree_insert(r.t, n); let x = tree_next(r.t, n, a..5)", "let x = tree_first(r.t, a..a)",
    ])
    func belowZero(body: String) throws {
        var bench = try Bench("record N { start: int; last: int }\nrecord T { t: interval_set of N }", """
            let r = new T
            let n = new N
            let a = -1
            thread t { \(body) }
            """)
        let finding = try bench.finding("t")
        #expect(finding.property == "assertion")
        #expect(finding.sentence.hasSuffix("in an interval set, whose ranges begin at 0"))
    }
}
