import Explorer
import Testing

/// Models that were once judged wrongly, by single steps, by stretches, or both.
@Suite("Once judged wrongly") struct OnceWrongTests {
    @Test("what a thread waits for in vain is not protected by anything") func aStepThatMustWaitIsWatched() throws {
        let program = try model(
            """
            record Box { x: u8; go: u8; y: u8; n: u8 }
            scenario s { "a" let box = new Box
            thread t { let a = choose 0..63
             let b = choose 0..63
             if a == 37 { if b == 51 {
             box.x = 1
             box.x = 0 } } }
            daemon thread u { await box.x == 1
             assert false }
            expect undecided }
            """)
        for isFine in [true, false] {
            #expect(Explorer(program, isFine: isFine).explore().verdict.text == "fails assertion", "fine: \(isFine)")
        }
    }

    @Test("a callback of a freed record is a use after free, whatever it does") func aCallLooksAtItsRecord() throws {
        let program = try model(
            """
            record Sub { key: u8 }
            record Node { value: u8; sub: Sub }
            record Box { x: u8; head: ref Node; n: u8 }
            callback poke(sub: Sub, by: int) -> int
            driver d { poke(node: Node, by: int) -> int { return by } }
            scenario s { "a" let box = new Box
            setup { box.head = new Node }
            thread t { let i = box.head
             if i != none {
             let a = poke(i.sub, 1) } }
            thread u { let r = box.head
             box.head = none
             if r != none { free r } }
            expect undecided }
            """)
        for isFine in [true, false] {
            #expect(Explorer(program, isFine: isFine).explore().verdict.text == "fails no-use-after-free", "fine: \(isFine)")
        }
    }

    @Test("an element stays where it was inserted although its fields change") func boundsAreTheInsertedOnes() throws {
        let program = try model(
            """
            record Node { start: u8; last: u8 }
            record Box { t: interval_set of Node }
            scenario s { "a" let box = new Box
             let n = new Node { start: 1, last: 1 }
            thread t { tree_insert(box.t, n)
             n.start = 5
             n.last = 6
             let f = tree_first(box.t, 0..2)
             assert f == none }
            expect undecided }
            """)
        for isFine in [true, false] {
            #expect(Explorer(program, isFine: isFine).explore().verdict.text == "fails assertion", "fine: \(isFine)")
        }
    }

    @Test("a large number is not taken for a reference") func largeNumbersAreNoReferences() throws {
        let program = try model(
            """
            record Node { start: u8; last: u8 }
            record Box { x: int }
            scenario s { "a" let box = new Box
            thread t { let a = 0x700000001
             box.x = 1
             var k = 0
             while k < 40 { let b = a + k
             box.x = 1
             assert b == 0x700000001 + k
             k += 1 } }
            expect undecided }
            """)
        for isFine in [true, false] {
            #expect(Explorer(program, isFine: isFine).explore().verdict.text == "holds", "fine: \(isFine)")
        }
    }

    @Test("a choice that is cut short is a bound, not a proof") func tooManyChoices() throws {
        let program = try model(
            """
            record Box { x: int }
            scenario s { "a" let box = new Box
            thread t { let a = choose 0..70000
             assert a != 70000 }
            expect undecided }
            """)
        for isFine in [true, false] {
            #expect(Explorer(program, isFine: isFine).explore().verdict.text == "bound", "fine: \(isFine)")
        }
    }

    @Test("sequence numbers may begin at 0") func countingFromZero() throws {
        let program = try model(
            """
            type seq = wrapping 32
            record Box { epoch q: seq; s: seq; x: u8 }
            scenario s { "a" let box = new Box
            thread t { box.s = box.q + 1
             box.q += 1
             assert box.q != box.s }
            expect undecided }
            """)
        for isFine in [true, false] {
            #expect(Explorer(program, isFine: isFine).explore().verdict.text == "fails assertion", "fine: \(isFine)")
        }
    }
}
