import Machine
import Testing

@Suite struct WaitTests {
    private static let record = "record R { wq: wait_queue; done: completion; srcu: srcu; go: bool; x: int }"

    private static let sleeper = """
        let r = new R
        thread sleeper { wait_event(r.wq, r.go); r.x = 1 }
        thread waker { r.go = true; wake_all r.wq }
        """

    @Test func whoSleepsGoesOnWhenWoken() throws {
        var bench = try Bench(Self.record, Self.sleeper)
        #expect(try bench.run("sleeper") == .blocked)
        try bench.step("waker")
        // The condition holds, but nobody has woken it.
        #expect(try bench.step("sleeper") == .blocked)
        try bench.step("waker")
        #expect(bench.log.events.contains { $0.kind == .wakes(thread: 0) })
        #expect(try bench.run("sleeper") == .finished)
    }

    @Test func aWakeBetweenEnqueueAndSleepIsNotLost() throws {
        for stepsBefore in 0...4 {
            var bench = try Bench(Self.record, Self.sleeper)
            for _ in 0..<stepsBefore { try bench.step("sleeper") }
            #expect(try bench.run("waker") == .finished)
            #expect(try bench.run("sleeper") == .finished, "after \(stepsBefore) steps")
        }
    }

    @Test func aWakeUpThatIsLeftOutIsFound() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            thread sleeper { wait_event(r.wq, r.go) }
            thread waker { r.go = true }
            """)
        #expect(try bench.run("sleeper") == .blocked)
        #expect(try bench.run("waker") == .finished)
        let finding = try #require(bench.machine.restFinding())
        #expect(finding.property == "no-lost-wakeup")
        #expect(finding.sentence == "nobody can go on: sleeper sleeps on r#1.wq")
    }

    @Test func severalWhoSleepForEverAreALostWakeUpToo() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            thread a { wait_event(r.wq, r.go) }
            thread b { wait_event(r.wq, r.go) }
            """)
        try bench.run("a")
        try bench.run("b")
        #expect(bench.machine.restFinding()?.property == "no-lost-wakeup")
    }

    @Test func aCompletionLetsEverybodyThrough() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            thread a { wait_for_completion r.done }
            thread b { wait_for_completion r.done }
            thread c { complete_all r.done }
            thread d { reinit_completion r.done; wait_for_completion r.done }
            """)
        #expect(try bench.step("a") == .blocked)
        try bench.run("c")
        #expect(try bench.run("a") == .finished)
        #expect(try bench.run("b") == .finished)
        #expect(try bench.run("d") == .blocked)
    }

    @Test func aGracePeriodWaitsForEarlierReadersOnly() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            thread early { let idx = srcu_read_lock(r.srcu); r.x = 1; srcu_read_unlock(r.srcu, idx) }
            thread late { let idx = srcu_read_lock(r.srcu); r.x = 2; srcu_read_unlock(r.srcu, idx) }
            thread update { synchronize_srcu r.srcu }
            thread second { synchronize_srcu r.srcu }
            """)
        try bench.step("early")
        try bench.step("update")
        #expect(try bench.step("update") == .blocked)
        #expect(try bench.step("second") == .blocked)
        try bench.step("late")
        #expect(try bench.step("update") == .blocked)
        #expect(try bench.run("early") == .finished)
        #expect(try bench.run("update") == .finished)
        #expect(try bench.run("second") == .blocked)
        #expect(try bench.run("late") == .finished)
        #expect(try bench.run("second") == .finished)
    }

    @Test func anSrcuReaderMustHaveBegun() throws {
        var bench = try Bench(Self.record, "let r = new R\nthread a { srcu_read_unlock(r.srcu, 1) }")
        #expect(try bench.finding("a").property == "lock-discipline")
    }

    @Test(arguments: ["wait_event(r.wq, r.go)", "wait_for_completion r.done", "synchronize_srcu r.srcu"])
    func nobodySleepsInASpinlock(wait: String) throws {
        var bench = try Bench(
            "record R { l: spinlock; wq: wait_queue; done: completion; srcu: srcu; go: bool }",
            "let r = new R\nthread a { lock r.l; \(wait) }")
        #expect(try bench.finding("a").sentence == "may sleep while it holds a spinlock")
    }

    @Test func awaitIsAGuardOfTheScenario() throws {
        var bench = try Bench(Self.record, "let r = new R\nthread a { await r.x == 2 }\nthread b { r.x = 2 }")
        #expect(try bench.step("a") == .blocked)
        try bench.run("b")
        #expect(try bench.run("a") == .finished)
    }

    @Test func aDaemonMayBeAsleepAtTheEnd() throws {
        var bench = try Bench(Self.record, """
            let r = new R
            daemon thread worker { wait_for_completion r.done }
            thread a { r.x = 1 }
            teardown { free r }
            """)
        #expect(try bench.step("teardown") == .blocked)
        try bench.run("a")
        #expect(try bench.run("teardown") == .finished)
        #expect(bench.machine.isAtRest)
        #expect(bench.machine.restFinding() == nil)
    }
}
