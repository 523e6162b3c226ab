import Language
import Machine
import Playback
import Scene
import Simulation
import Testing

@Suite("Locks, and who waits for whom")
struct LockPaneTests {
    private static var request: SceneRequest {
        var request = SceneRequest(threads: RowWindow(count: 60))
        request.locks = RowWindow(count: 100)
        return request
    }

    /// A driver as it must not be: the fault holds, over its wait for an invalidation, the mutex that the callback of
    /// another one needs. The odd phase that it waits for ends with the last of both.
    static let deadlock = """
        use kernel/interval_notifier
        use kernel/address_space
        driver bad {
            record Umem "umem" pool 2 {
                notifier: Interval
                umem_mutex: mutex
                device mtt: ref Page[pages] of notifier.mm
            }
            invalidate(umem: Umem, range: Range, cur_seq: seq) -> bool {
                lock umem.umem_mutex
                set_seq(umem.notifier, cur_seq)
                for page in umem.notifier.start..umem.notifier.last { umem.mtt[page] = none }
                unlock umem.umem_mutex
                return true
            }
            fault(umem: Umem) {
                lock umem.umem_mutex
                let seq = read_begin(umem.notifier)
                unlock umem.umem_mutex
            }
        }
        scenario stuck {
            "A fault sleeps on an invalidation that waits for it."
            set pages = 4
            let mm = new_mm()
            let umem: bad.Umem
            setup {
                mmap(mm, 0x1..0x3, true)
                umem = new bad.Umem
                let ret = interval_insert(umem.notifier, mm, 0x1, 2)
                cpu_touch(mm, 0x1, true)
            }
            thread device { for round in 1..40 { bad.fault(umem) } }
            thread one { madvise_dontneed(mm, 0x1..0x2) }
            thread other { madvise_dontneed(mm, 0x1..0x2) }
        }
        """

    private func run(_ program: Program, until isDone: (Scene) -> Bool) throws -> Scene? {
        for seed in 0..<300 {
            var simulation = Simulation(program, seed: UInt64(seed), policy: .random)
            while simulation.stepForward() {
                let scene = simulation.scene(for: Self.request)
                if isDone(scene) { return scene }
            }
            let scene = simulation.scene(for: Self.request)
            if isDone(scene) { return scene }
        }
        return nil
    }

    @Test("the fault that holds its mutex over the wait: the circle is told")
    func circle() throws {
        let program = try compile(
            SourceFile(name: "stuck", text: Self.deadlock), options: CompileOptions(), modules: modules)
        let scene = try #require(try run(program) { !$0.lockCycles.isEmpty })
        let cycle = try #require(scene.lockCycles.first)
        let other = try #require(cycle.threads.last)
        let name = other == ThreadID(1) ? "T1 one" : "T2 other"
        #expect(cycle.threads == [ThreadID(0), other])
        #expect(cycle.sentence == "T0 device sleeps on subscriptions#1.wq until the end of the invalidation of \(name), "
            + "which waits for umem#1.umem_mutex, held by T0 device")
        let mutex = try #require(scene.locks.rows.first { $0.name == "umem#1.umem_mutex" })
        #expect(mutex.kind == .mutex && mutex.isInCycle)
        #expect(mutex.holders.map(\.name) == ["T0 device"] && mutex.waiters.map(\.name) == [name])
        let queue = try #require(scene.locks.rows.first { $0.name == "subscriptions#1.wq" })
        #expect(queue.kind == .waitQueue && queue.isInCycle && queue.holders.isEmpty)
        #expect(queue.waiters.map(\.name) == ["T0 device"])
        #expect(queue.waiters.first?.manner == "read_begin(umem#1)")
    }

    @Test("two locks in two orders")
    func orders() throws {
        let text = """
            record R { a: mutex; b: mutex }
            scenario dead {
                let r = new R
                thread one { lock r.a; lock r.b }
                thread two { lock r.b; lock r.a }
            }
            """
        let program = try compile(SourceFile(name: "dead", text: text), options: CompileOptions(), modules: modules)
        var simulation = Simulation(program, seed: 1)
        simulation.perform(.stepThread(ThreadID(0)))
        #expect(simulation.scene(for: Self.request).lockCycles.isEmpty)
        simulation.perform(.stepThread(ThreadID(1)))
        let scene = simulation.scene(for: Self.request)
        #expect(scene.lockCycles.map(\.sentence) == ["T0 one waits for r#1.b, held by T1 two, which waits for r#1.a, held by T0 one"]
            || scene.lockCycles.map(\.sentence) == ["T0 one waits for R#1.b, held by T1 two, which waits for R#1.a, held by T0 one"])
        #expect(scene.locks.total == 2 && scene.locks.rows.allSatisfy { $0.isInCycle && $0.waiters.count == 1 })
        #expect(scene.locks.rows[0].waiters[0].sinceStep == 2 && scene.locks.rows[1].waiters[0].sinceStep == 1)
    }

    @Test("a sleeper is on its queue, woken or not; nobody is in a circle where all goes well")
    func sleeper() throws {
        let program = try program("odp-vs-munmap")
        let asleep = try #require(try run(program) { scene in
            scene.locks.rows.contains { $0.kind == .waitQueue && $0.waiters.contains { !$0.isWoken } }
        })
        #expect(asleep.lockCycles.isEmpty)
        let queue = try #require(asleep.locks.rows.first { $0.kind == .waitQueue })
        #expect(queue.name == "subscriptions#1.wq" && queue.waiters.map(\.manner) == ["read_begin(umem#1)"])
        #expect(queue.waiters.first?.sinceStep ?? 0 > 0)
        let woken = try #require(try run(program) { scene in
            scene.locks.rows.contains { $0.kind == .waitQueue && $0.waiters.contains { $0.isWoken } }
        })
        #expect(woken.locks.rows.contains { $0.name == "subscriptions#1.wq" })
    }

    @Test("readers of an rwsem, and the writer that waits for them")
    func readersAndWriters() throws {
        let text = """
            record R { sem: rwsem }
            scenario both {
                let r = new R
                thread reader { down_read r.sem; up_read r.sem }
                thread other { down_read r.sem; up_read r.sem }
                thread writer { down_write r.sem; up_write r.sem }
            }
            """
        let program = try compile(SourceFile(name: "both", text: text), options: CompileOptions(), modules: modules)
        var simulation = Simulation(program, seed: 1)
        for thread in [0, 1, 2] { simulation.perform(.stepThread(ThreadID(thread))) }
        // One that queues holds the semaphore from no reader; it waits.
        let row = try #require(simulation.scene(for: Self.request).locks.rows.first)
        #expect(row.kind == .rwsem && row.holders.map(\.name) == ["T0 reader", "T1 other"])
        #expect(row.holders.map(\.manner) == ["for reading", "for reading"])
        #expect(row.waiters.map(\.name) == ["T2 writer"] && row.waiters.map(\.manner) == ["for writing"])
    }

    @Test("a grace period waits for its readers")
    func gracePeriod() throws {
        let text = """
            record R { domain: srcu; gate: mutex }
            scenario grace {
                let r = new R
                thread reader { let idx = srcu_read_lock(r.domain); lock r.gate; unlock r.gate; srcu_read_unlock(r.domain, idx) }
                thread updater { lock r.gate; synchronize_srcu r.domain; unlock r.gate }
            }
            """
        let program = try compile(SourceFile(name: "grace", text: text), options: CompileOptions(), modules: modules)
        let scene = try #require(try run(program) { !$0.lockCycles.isEmpty })
        let row = try #require(scene.locks.rows.first { $0.kind == .gracePeriod })
        #expect(row.holders.map(\.name) == ["T0 reader"] && row.waiters.map(\.name) == ["T1 updater"] && row.isInCycle)
        #expect(scene.lockCycles[0].threads == [ThreadID(0), ThreadID(1)])
        #expect(scene.lockCycles[0].sentence.contains("waits for the readers of"))
    }
}
