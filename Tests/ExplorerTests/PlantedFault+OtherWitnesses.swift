extension PlantedFault {
    /// The second half of them.
    static let otherWitnesses: [String: String] = [
        "observedLocksStayOwn": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { s: spinlock; y: u8; z: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            if held(b.s) {
            b.y = 1
            }
            }
            thread t1 {
            lock b.s
            unlock b.s
            }
            teardown {
            assert b.y == 0 || b.z == 1
            }
            expect undecided
            }
            """,
        "oldNumbersLoseParity": """
            type seq = wrapping 32
            record Node pool 1 { at: seq }
            record Box pool 1 { y: u8; epoch q: seq; at: seq; nx: u8; nm: mutex }
            locked(b: Box, by: int) -> int {
            holding b.nm {
            if b.nx == by { return 1 }
            b.nx = by % 4
            }
            return 0 }
            scenario random {
            "Random statements."
            let b = new Box { q: 2 }
            setup {
            b.q |= 1
            b.at = b.q
            }
            thread t0 {
            var n = 0
            for i1 in 1..9 {
            b.q += 1
            }
            n = locked(b, n)
            assert odd(b.at)
            }
            thread t1 {
            b.y = 1
            }
            expect undecided
            }
            """,
        "onlyFewWays": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            let x1 = b.x
            assert x1 != 1
            }
            thread t1 {
            let way1 = choose 0..299
            if way1 == 299 {
            b.x = 1
            }
            }
            expect undecided
            }
            """,
        "privateWhileUnreferred": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { sr: srcu; p: ref Node }
            scenario random {
            "Random statements."
            let b = new Box
            let e1: bool
            let e2: bool
            setup {
            b.p = new Node { v: 1 }
            }
            thread t0 {
            let got1 = b.p
            let v1 = got1.v
            e1 = true
            }
            thread t1 {
            let old1 = b.p
            b.p = none
            synchronize_srcu b.sr
            free old1
            e2 = true
            }
            thread judge {
            await e1 && e2
            }
            expect undecided
            }
            """,
        "quantifiedIsPrivate": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            let one1 = count u in Node: (u.v < 3)
            let two1 = count u in Node: (u.v < 3)
            assert one1 == two1 || two1 == 1
            }
            thread t1 {
            let made1 = new Node
            made1.v = 3
            }
            expect undecided
            }
            """,
        "quantifyingMoves": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { nx: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            let made1 = new Node
            }
            thread t1 {
            let one1 = count u in Node: (true)
            let two1 = count u in Node: (true)
            assert one1 == two1 || b.nx == 1
            }
            expect undecided
            }
            """,
        "readLocksProtectWrites": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { rw: rwsem; x: u8; y: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            down_write b.rw
            b.x = 1
            downgrade_write b.rw
            b.y = 1
            let x1 = b.x
            }
            thread t1 {
            down_read b.rw
            let u1 = b.x
            let v1 = b.y
            up_read b.rw
            assert u1 == v1
            }
            expect undecided
            }
            """,
        "readersReleaseAlone": """
            record Node pool 1 { v: u8 }
            record Box pool 2 { rw: rwsem; x: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            let d = new Box
            thread t0 {
            down_read d.rw
            atomic {
            up_read d.rw
            d.x = held(d.rw) ? 1 : 0
            }
            }
            thread t1 {
            down_read d.rw
            up_read d.rw
            }
            thread judge {
            assert d.x == 0
            }
            expect undecided
            }
            """,
        "readsAreNotNoted": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8; z: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            await b.x == 1
            assert b.z == 1
            }
            thread t1 {
            b.x = 1
            b.x = 2
            }
            expect undecided
            }
            """,
        "roundsAreFine": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { nx: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t1 {
            repeat {
            if b.nx != 0 {
            }
            }
            }
            expect undecided
            }
            """,
        "spinDepthIsForgotten": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { sr: srcu; y: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            let k1 = srcu_read_lock(b.sr)
            srcu_read_unlock(b.sr, k1)
            }
            thread t1 {
            b.y = 1
            }
            expect undecided
            }
            """,
        "teardownIsNotNoted": """
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
        "teardownMayGoRound": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { x: u8; y: u8 }
            scenario random {
            "Random statements."
            let b = new Box
            thread t0 {
            b.x = 1
            }
            thread t1 {
            let y1 = b.x
            b.y = y1
            }
            teardown {
            while b.y == 1 {
            }
            }
            expect undecided
            }
            """,
        "twoNonMovers": """
            record Node pool 1 { v: u8 }
            record Box pool 2 { y: u8; go: bool }
            scenario random {
            "Random statements."
            let b = new Box
            let d = new Box
            thread t0 {
            d.go = true
            d.y = 1
            }
            thread t1 {
            await d.go
            let y2 = d.y
            assert y2 == 1
            }
            expect undecided
            }
            """,
        "waitingMoves": """
            record Node pool 1 { v: u8 }
            record Box pool 1 { sr: srcu }
            scenario random {
            "Random statements."
            let b = new Box
            daemon thread d1 {
            let f3 = srcu_read_lock(b.sr)
            srcu_read_unlock(b.sr, f3)
            }
            teardown {
            free b
            }
            expect undecided
            }
            """,
        "waitsInStretches": """
            record Node pool 1 { v: u8 }
            record Box pool 2 { m: mutex; m2: mutex }
            scenario random {
            "Random statements."
            let b = new Box
            let d = new Box
            thread t0 {
            lock d.m
            lock d.m2
            unlock d.m2
            unlock d.m
            }
            thread t1 {
            lock d.m2
            lock d.m
            unlock d.m
            unlock d.m2
            }
            expect undecided
            }
            """,
    ]
}
