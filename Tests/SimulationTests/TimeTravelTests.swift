import Language
import Machine
import Playback
import Scene
import Simulation
import Testing

@Suite("Going back and forward")
struct TimeTravelTests {
    static let scenarios = ["odp-vs-munmap", "two-invalidations", "insert-in-flight", "radeon-gup-unguarded", "collide"]

    @Test("any walk back and forth gives the states of a straight run", arguments: scenarios)
    func walk(name: String) throws {
        let program = try program(name)
        var straight = Simulation(program, seed: 7)
        var states = [straight.machine.state]
        while straight.stepForward() { states.append(straight.machine.state) }
        var simulation = Simulation(program, seed: 7)
        let seed: UInt64 = 0xC0FFEE
        var random = SeededGenerator(state: seed)
        for move in 0..<200 {
            switch random.next() % 4 {
            case 0: simulation.perform(.back)
            case 1: simulation.perform(.jump(to: Int(random.next() % UInt64(states.count))))
            default: simulation.perform(.step)
            }
            let isSame = simulation.machine.state == states[simulation.step]
            #expect(isSame, "seed \(seed), move \(move), step \(simulation.step)")
            if !isSame { return }
        }
    }

    @Test("a long run goes back over its checkpoints")
    func longRun() throws {
        let program = try program("ten-thousand", settings: ["notifiers": 20, "pages": 256])
        var straight = Simulation(program, seed: 3)
        var marks: [Int: State] = [:]
        while straight.step < 60_000, straight.stepForward() {
            if straight.step % 9_973 == 0 { marks[straight.step] = straight.machine.state }
        }
        #expect(straight.step == 60_000)
        for step in marks.keys.sorted(by: >) {
            straight.jump(to: step)
            #expect(straight.machine.state == marks[step], "step \(step)")
        }
        straight.jump(to: 60_000)
        straight.jump(to: 49_865)
        #expect(straight.machine.state == marks[49_865])
    }

    @Test("events and counters go back with the step")
    func events() throws {
        var simulation = Simulation(try program("odp-vs-munmap"), seed: 7)
        let request = SceneRequest(events: RowWindow(count: 1000))
        var seen: [Int: (rows: [EventRow], counters: Counters)] = [:]
        for step in 0..<150 {
            let scene = simulation.scene(for: request)
            seen[step] = (scene.events.rows, scene.header.counters)
            simulation.perform(.step)
        }
        for step in stride(from: 149, through: 0, by: -1) {
            simulation.perform(.back)
            let scene = simulation.scene(for: request)
            #expect(scene.events.rows == seen[step]?.rows)
            #expect(scene.header.counters == seen[step]?.counters)
            #expect(scene.events.rows.allSatisfy { $0.step <= step })
        }
    }

    @Test("the headless output is the same on every run, and another seed gives another schedule")
    func determinism() throws {
        let program = try program("odp-vs-munmap")
        let first = headless(program, steps: 2000, seed: 7)
        #expect(first == headless(try self.compiledAgain(), steps: 2000, seed: 7))
        #expect(first != headless(program, steps: 2000, seed: 8))
        #expect(first.split(separator: "\n").count > 30)
    }

    private func compiledAgain() throws -> Program { try program("odp-vs-munmap") }

    @Test("after going back and forward again the events are those of a straight run")
    func replayedEvents() throws {
        let program = try program("odp-vs-munmap")
        func rows(_ simulation: Simulation) -> [EventRow] {
            simulation.scene(for: SceneRequest(events: RowWindow(count: 100_000))).events.rows
        }
        var straight = Simulation(program, seed: 7)
        straight.jump(to: 2000)
        var wandering = Simulation(program, seed: 7)
        wandering.jump(to: 120)
        wandering.jump(to: 3)
        wandering.perform(.nextEvent)
        wandering.perform(.previousEvent)
        wandering.jump(to: 2000)
        #expect(rows(wandering) == rows(straight))
        #expect(wandering.machine.state == straight.machine.state)
    }

    /// Whoever could have taken the last step in the place of the one that did, with another outcome.
    private func otherThread(_ simulation: Simulation) -> Int? {
        (0..<simulation.machine.threadCount).first { thread in
            var copy = simulation
            copy.perform(.back)
            copy.perform(.stepThread(ThreadID(thread)))
            return copy.step == simulation.step && copy.machine.state != simulation.machine.state
        }
    }

    @Test("choosing otherwise in the past forgets the future, and is kept when going back over it")
    func byHand() throws {
        var simulation = Simulation(try program("odp-vs-munmap"), seed: 7)
        simulation.jump(to: 40)
        // A step at which more than one thread could go.
        var thread = otherThread(simulation)
        while thread == nil, simulation.step < 400 {
            simulation.perform(.step)
            thread = otherThread(simulation)
        }
        let step = simulation.step
        simulation.perform(.back)
        let other = simulation.machine.state
        let chosen = try #require(thread)
        simulation.perform(.stepThread(ThreadID(chosen)))
        let state = simulation.machine.state
        #expect(simulation.step == step)
        simulation.perform(.back)
        #expect(simulation.machine.state == other)
        simulation.perform(.step)
        #expect(simulation.machine.state == state, "what was chosen by hand is chosen again")
    }

    @Test("a thread that can't step is refused with its reason, and nothing changes")
    func refusal() throws {
        var simulation = Simulation(try program("odp-vs-munmap"), seed: 7)
        let state = simulation.machine.state
        let teardown = simulation.machine.threadCount - 1
        simulation.perform(.stepThread(ThreadID(teardown)))
        #expect(simulation.machine.state == state)
        let message = simulation.scene(for: SceneRequest()).message
        #expect(message == "teardown can't step: waits for the others to finish")
    }
}
