import Language
import Machine
import Playback
import Scene
import Simulation
import Testing

@Suite("Policies")
struct PolicyTests {
    static let text = """
        record Counter { value: u8 }
        scenario three {
            "Three threads count."
            let counter = new Counter
            thread a { for i in 1..3 { counter.value += 1 } }
            thread b { for i in 1..3 { counter.value += 1 } }
            daemon thread c { repeat { counter.value = 0 } }
            SCHEDULE
            expect holds
        }
        """

    private func compiled(_ schedule: String = "") throws -> Program {
        let text = Self.text.replacingOccurrences(of: "SCHEDULE", with: schedule)
        return try compile(SourceFile(name: "three", text: text), modules: { _ in nil })
    }

    private func order(_ program: Program, _ policy: Policy, seed: UInt64 = 1, steps: Int = 12) -> [Int] {
        var simulation = Simulation(program, seed: seed, policy: policy)
        var order: [Int] = []
        while order.count < steps, simulation.stepForward() {
            let rows = simulation.scene(for: SceneRequest(threads: RowWindow(count: 9))).threads.rows
            order += rows.filter(\.isCurrent).map(\.id.number)
        }
        return order
    }

    @Test("round-robin gives each its turn")
    func roundRobin() throws {
        #expect(order(try compiled(), .roundRobin, steps: 9) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    }

    @Test("random is the same for the same seed, differs for another, and forgets nobody")
    func random() throws {
        let program = try compiled()
        #expect(order(program, .random, seed: 1) == order(program, .random, seed: 1))
        #expect(order(program, .random, seed: 1) != order(program, .random, seed: 2))
        #expect(Set(order(program, .random, seed: 1, steps: 30)) == [0, 1, 2])
    }

    @Test("a pinned schedule is followed, then the rest in turn")
    func pinned() throws {
        let program = try compiled("schedule { b 2; a; c 1 }")
        let order = order(program, .pinned, steps: 6)
        #expect(order == [1, 1, 0, 0, 0, 2])
    }

    @Test("the schedule of remove-vs-last-end frees a notifier that the tree still holds, as posted and not since 5.18")
    func removalRace() throws {
        var posted = Simulation(try program("remove-vs-last-end"))
        while posted.stepForward() {}
        #expect(posted.finding?.property == "no-use-after-free")
        var later = Simulation(try program("remove-vs-last-end", settings: ["vintage": 601]))
        while later.stepForward() {}
        #expect(later.finding == nil)
        #expect(later.hasEnded)
    }

    @Test("by hand nothing moves until it is told")
    func byHand() throws {
        var simulation = Simulation(try compiled(), policy: .byHand)
        simulation.perform(.step)
        #expect(simulation.step == 0)
        simulation.perform(.run)
        #expect(!simulation.isRunning)
        simulation.perform(.stepThread(ThreadID(1)))
        #expect(simulation.step == 1)
    }

    @Test("running stops at the end and at a finding")
    func stops() throws {
        var radeon = Simulation(try program("radeon-gup-unguarded"), seed: 1)
        radeon.perform(.run)
        radeon.perform(.setSpeed(nil))
        while radeon.isRunning { _ = radeon.advance(by: 1000) }
        #expect(radeon.finding?.property == "no-stale-spte")
        let step = radeon.step
        radeon.perform(.step)
        #expect(radeon.step == step, "a run that has found something stays there")
        radeon.perform(.back)
        #expect(radeon.finding == nil)
        radeon.perform(.step)
        #expect(radeon.finding?.property == "no-stale-spte", "and finds it again")
    }
}
