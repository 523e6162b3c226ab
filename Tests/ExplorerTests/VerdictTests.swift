import Explorer
import Language
import Machine
import Testing

/// Small models whose verdicts are known.
@Suite("Verdicts") struct VerdictTests {
    private static let locks = """
        record Box { a: mutex; b: mutex; wq: wait_queue; ready: bool; n: u8 }
        """

    private func check(_ scenario: String, isFine: Bool = false) throws -> ExplorationResult {
        let program = try model("\(Self.locks)\nscenario s {\n\"A test.\"\nlet box = new Box\n\(scenario)\nexpect undecided }")
        return Explorer(program, isFine: isFine).explore()
    }

    @Test("what nothing can break holds, and every state is counted once", arguments: [true, false])
    func holds(isFine: Bool) throws {
        let result = try check("thread t { box.n = 1 } thread u { box.ready = true }", isFine: isFine)
        #expect(result.verdict == .holds)
        #expect(result.figures.states == 4)
        #expect(result.schedule.isEmpty)
    }

    @Test("an unprotected count loses an addition: the shortest schedule is found", arguments: [true, false])
    func race(isFine: Bool) throws {
        let text = """
            thread t[i in 0..1] { let n = box.n; box.n = n + 1 }
            teardown {
                check assertion: box.n == 2 "an addition was lost"
                free box
            }
            """
        let result = try check(text, isFine: isFine)
        #expect(result.verdict.text == "fails assertion")
        let program = try model("\(Self.locks)\nscenario s {\n\"A test.\"\nlet box = new Box\n\(text)\nexpect undecided }")
        #expect(replay(result.schedule, of: program)?.property == "assertion")
        // Two reads, two writes, and what the teardown does up to its check.
        #expect(result.schedule.count <= 6)
    }

    @Test("two locks in two orders: a deadlock, also when sections are taken as one step", arguments: [true, false])
    func deadlock(isFine: Bool) throws {
        let result = try check(
            """
            thread t { lock box.a; lock box.b; box.n += 1; unlock box.b; unlock box.a }
            thread u { lock box.b; lock box.a; box.n += 1; unlock box.a; unlock box.b }
            """, isFine: isFine)
        #expect(result.verdict.text == "fails no-deadlock")
    }

    @Test("two locks in one order hold", arguments: [true, false])
    func ordered(isFine: Bool) throws {
        let result = try check(
            "thread t[i in 0..2] { lock box.a; lock box.b; box.n += 1; unlock box.b; unlock box.a }", isFine: isFine)
        #expect(result.verdict == .holds)
    }

    @Test("a sleeper that nobody wakes", arguments: [true, false])
    func lostWakeup(isFine: Bool) throws {
        let result = try check(
            "thread t { wait_event(box.wq, box.ready) } thread u { box.ready = true }", isFine: isFine)
        #expect(result.verdict.text == "fails no-lost-wakeup")
        let woken = try check(
            "thread t { wait_event(box.wq, box.ready) } thread u { box.ready = true; wake_all box.wq }", isFine: isFine)
        #expect(woken.verdict == .holds)
    }

    @Test("two that give way to each other for ever: a livelock", arguments: [true, false])
    func livelock(isFine: Bool) throws {
        let result = try check(
            """
            thread t[i in 0..1] {
                repeat {
                    if trylock box.a {
                        if trylock box.b { unlock box.b; unlock box.a; return }
                        unlock box.a
                    }
                    if trylock box.b {
                        if trylock box.a { unlock box.a; unlock box.b; return }
                        unlock box.b
                    }
                }
            }
            """, isFine: isFine)
        #expect(result.verdict.text == "fails no-livelock")
    }

    @Test("to wait for another by going round is fair: the other goes on", arguments: [true, false])
    func spinning(isFine: Bool) throws {
        let result = try check("thread t { while !box.ready { } } thread u { box.n = 1; box.ready = true }", isFine: isFine)
        #expect(result.verdict == .holds, "\(result.verdict)")
        let never = try check("thread t { while !box.ready { } } thread u { box.n = 1 }", isFine: isFine)
        #expect(never.verdict.text == "fails no-livelock")
    }

    @Test("a lock that is free now and then is got some time: locks are queued", arguments: [true, false])
    func queuedLocks(isFine: Bool) throws {
        let result = try check(
            """
            thread t {
                while !box.ready {
                    lock box.a
                    unlock box.a
                }
            }
            thread v {
                lock box.a
                box.ready = true
                unlock box.a
            }
            """, isFine: isFine)
        #expect(result.verdict == .holds, "\(result.verdict)")
    }

    @Test("who goes round with a lock in his hand keeps others waiting for ever", arguments: [true, false])
    func spinningUnderALock(isFine: Bool) throws {
        let result = try check(
            """
            thread t {
                if trylock box.a {
                    while !box.ready { }
                    unlock box.a
                }
            }
            thread v {
                lock box.a
                unlock box.a
                box.ready = true
            }
            """, isFine: isFine)
        #expect(result.verdict.text == "fails no-livelock", "\(result.verdict)")
    }

    @Test("an old number that is counted on comes to be what it comes to be", arguments: [true, false])
    func countedOn(isFine: Bool) throws {
        let program = try model(
            """
            type seq = wrapping 32
            record Q { epoch q: seq; s: seq; o: seq }
            scenario s {
                "Old numbers, counted on."
                let k = new Q
                setup { k.q = 2 }
                thread t {
                    k.s = k.q
                    for round in 1..20 { k.q += 1 }
                    k.o = k.q
                    for round in 1..20 { k.q += 1 }
                    for round in 1..20 { k.s += 1 }
                    check assertion: k.s != k.o "they are the same"
                }
                expect undecided
            }
            """)
        #expect(Explorer(program, isFine: isFine).explore().verdict.text == "fails assertion")
    }

    @Test("a daemon may go round for ever")
    func daemon() throws {
        let result = try check("daemon thread d { repeat { box.n = 1 - box.n } } thread t { box.ready = true }")
        #expect(result.verdict == .holds)
    }

    @Test("every way of a choice is gone", arguments: [true, false])
    func choices(isFine: Bool) throws {
        let result = try check(
            "thread t { let n = choose 0..9; check assertion: n != 7 \"seven\" }", isFine: isFine)
        #expect(result.verdict.text == "fails assertion")
        #expect(result.schedule.map(\.choice) == [7])
    }

    @Test("a bound on memory is told apart from a verdict")
    func bound() throws {
        let program = try scenario("two-invalidations")
        let result = Explorer(program, memoryLimit: 1 << 18).explore()
        #expect(result.verdict == .bound(.memory(1 << 18)))
        var looks = 0
        let interrupted = Explorer(program).explore { _ in
            looks += 1
            return looks < 2
        }
        #expect(interrupted.verdict == .bound(.interrupted))
    }

    @Test("two explorations come to the same counts and the same counterexample", arguments: ["two-invalidations", "remove-in-flight"])
    func deterministic(name: String) throws {
        let program = try scenario(name)
        let (one, other) = (Explorer(program).explore(), Explorer(program).explore())
        #expect(one.verdict == other.verdict)
        #expect(one.schedule == other.schedule)
        #expect(one.figures == other.figures)
    }
}
