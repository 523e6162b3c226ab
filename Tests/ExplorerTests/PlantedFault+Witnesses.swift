extension PlantedFault {
    /// For each a small program that shows it, as the generator found it and the shrinker left it: the search finds something else
    /// with the fault than without.
    static let witnesses = firstWitnesses.merging(otherWitnesses) { first, _ in first }

    private static let firstWitnesses: [String: String] = [
        "aloneIsNotNoted": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { z: u8; go: bool }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            b.go = true
            let v1 = b.z
            assert v1 == 0
            }
            thread t1 {
            let rare = choose 0..149
            if rare == 36 {
            await b.go
            b.z = 1
            }
            }
            expect undecided
            }
            """,
        "blockedIsNotNoted": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            b.x = 1
            b.x = 2
            }
            thread t1 {
            let way1 = choose 0..299
            if way1 == 174 {
            await b.x == 1
            let x1 = b.x
            assert x1 == 1
            }
            }
            expect undecided
            }
            """,
        "choicesInStretches": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { z: u8; nx: u8; ny: u8; nz: u8; nm: mutex; nl: list of Node; o0: int }
            locked(b: Box, by: int) -> int {
            holding b.nm {
            if b.nx == by { return 1 }
            b.nx = by % 4
            }
            return 0 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            var n = 0
            n = locked(b, n)
            b.o0 = n
            }
            thread t1 {
            var r: ref Node = none
            let rare = choose 0..149
            if rare == 142 {
            r = list_pop(b.nl)
            b.nx = (b.nx + 1) % 4
            b.ny = 2
            }
            }
            teardown {
            assert !(b.nx == 1 && b.ny == 2 && b.nz == 0 && b.o0 == 1 && b.z == 0)
            }
            expect undecided
            }
            """,
        "daemonsHideDeadlocks": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { w: wait_queue; go: bool }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            wait_event(b.w, b.go)
            }
            daemon thread d0 {
            repeat {
            b.go = true
            }
            }
            expect undecided
            }
            """,
        "danglingIsNone": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { nz: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            daemon thread d1 {
            var n = 0
            check own-check: b.nz != 3 "seen {n}"
            }
            teardown {
            free b
            }
            expect undecided
            }
            """,
        "everyRoundIsFair": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { m: mutex }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            unlock b.m
            }
            thread t1 {
            repeat {
            if trylock b.m {
            }
            }
            }
            expect undecided
            }
            """,
        "findingsHideOthers": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8; z: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t1 {
            b.x = 1
            let w1 = b.z
            assert w1 == 1
            }
            thread t2 {
            let x1 = b.x
            assert x1 == 0
            }
            expect undecided
            }
            """,
        "freesAreNotNoted": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { k: refcount; nx: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            daemon thread d1 {
            if get_not_zero(b.k) {
            }
            b.nx = 2
            }
            teardown {
            free b
            }
            expect undecided
            }
            """,
        "leaksAreForgotten": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { nx: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            let made1 = new Node
            }
            thread t1 {
            let one1 = count u in Node: (false)
            let two1 = count u in Node: (true)
            assert one1 == two1 || b.nx == 1
            }
            expect undecided
            }
            """,
        "leftoversAreFine": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {

            }
            teardown {

            }
            expect undecided
            }
            """,
        "locksProtectOthers": """
            record Node pool 2 { mm: mutex; v: u8 }
            record Box pool 1 { p: ref Node; o: ref Node }
            scenario random {
            "Random statements."
            let b = new Box
            setup {
            b.p = new Node
            b.o = new Node
            }
            thread t0 {
            lock b.o.mm
            let v1 = b.p.v
            unlock b.o.mm
            assert v1 != 1
            }
            thread t1 {
            lock b.p.mm
            b.p.v = 1
            b.p.v = 2
            unlock b.p.mm
            }
            expect undecided
            }
            """,
        "makingMoves": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            let one2 = new Node
            }
            thread t1 {
            let two2 = new Node
            free two2
            }
            expect undecided
            }
            """,
        "narrowNumbersAreRelative": """
            type seq = wrapping 16
            record Box { epoch q: seq; s: seq; x: int }
            scenario s {
            "A number of 16 bits that a daemon counts on comes round to where it was."
            let b = new Box { q: 2 }
            setup { b.s = b.q }
            thread t { await b.q != b.s
            await b.q == b.s
            assert false }
            daemon thread d { repeat { b.q += 1 } }
            expect fails assertion
            }
            """,
        "newNumbersBesideOld": """
            type seq = wrapping 32
            record Node pool 1 { at: seq }
            record Box pool 2 { epoch q: seq; at: seq }
            scenario random {
            "Random statements."
            let b = new Box { q: 2 }
            thread t0 {
            let new1 = new Box { q: 3 }
            assert new1.q != b.at
            }
            thread t1 {
            b.q += 1
            b.at = b.q
            }
            expect undecided
            }
            """,
        "noNewBeginning": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8; y: u8; nz: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            let rare = choose 0..149
            if rare == 46 {
            await b.x == 1
            b.y = 1
            }
            }
            thread t1 {
            b.x = 1
            let y1 = b.y
            }
            daemon thread d0 {
            repeat {
            b.nz = 1 - b.nz
            }
            }
            expect undecided
            }
            """,
    ]
}
