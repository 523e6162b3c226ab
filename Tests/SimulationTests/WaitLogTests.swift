import Foundation
import Playback
import Scene
import Testing

@testable import Simulation

@Suite("When threads waited")
struct WaitLogTests {
    @Test("is the same after any walk as after a straight run", arguments: ["odp-vs-munmap", "two-invalidations", "insert-in-flight", "collide"])
    func walks(_ name: String) throws {
        let program = try perturbable(name)
        let seed = ProcessInfo.processInfo.environment["MMUSCOPE_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        for round in 0..<12 {
            var simulation = Simulation(program, seed: UInt64(round), policy: [.random, .bursts, .roundRobin][round % 3])
            for _ in 0..<40 {
                switch Int.random(in: 0..<8, using: &random) {
                case 0: simulation.perform(.back)
                case 1: simulation.jump(to: Int.random(in: 0...max(1, simulation.frontier), using: &random))
                case 2:
                    // Whoever is asked in vain is known to wait, which nobody asks of a straight run.
                    let thread = Int.random(in: 0..<simulation.machine.threadCount, using: &random)
                    if simulation.cursor.canStep(thread) { simulation.perform(.stepThread(ThreadID(thread))) }
                case 3: simulation.perform(.perturb(.policy(["random", "bursts", "round-robin"].randomElement(using: &random) ?? "random")))
                case 4: simulation.perform(.undo)
                default: for _ in 0..<Int.random(in: 1..<40, using: &random) where simulation.stepForward() {}
                }
            }
            simulation.jump(to: simulation.frontier)
            var straight = Simulation(program, seed: UInt64(round), policy: simulation.checkpoints.first.policy)
            straight.interventions = simulation.interventions
            straight.jump(to: simulation.frontier)
            try #require(straight.machine.state == simulation.machine.state, "MMUSCOPE_TEST_SEED=\(seed)")
            for thread in 0..<simulation.machine.threadCount {
                let (own, other) = (spans(simulation, thread), spans(straight, thread))
                let place = "round \(round), thread \(thread), MMUSCOPE_TEST_SEED=\(seed)"
                // Who waits may have been asked in a future that is no more; so there may be some more.
                #expect(other.allSatisfy(own.contains), "\(place)")
                let took = (1...max(1, simulation.frontier)).filter { simulation.chronicle.steps.thread(ofStep: $0) == thread }
                #expect(own.allSatisfy { span in !took.contains { $0 >= span.first && $0 <= span.last } }, "\(place)")
                #expect(zip(own, own.dropFirst()).allSatisfy { $0.last < $1.first }, "\(place)")
            }
        }
    }

    private func spans(_ simulation: Simulation, _ thread: Int) -> [WaitLog.Span] {
        let log = simulation.chronicle.waits
        return (log.spans + log.late + log.unfinished(to: simulation.frontier, among: simulation.machine.foundWaiting)).filter { $0.thread == thread }
    }

    @Test("a step by hand ends the wait that it went on from")
    func byHand() throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 17)
        var found = false
        while !found, simulation.stepForward() {
            for thread in 0..<simulation.machine.threadCount where !found {
                let isOpen = simulation.chronicle.waits.unfinished(to: simulation.step).contains { $0.thread == thread }
                guard isOpen, case .ready = simulation.machine.standing(of: thread) else { continue }
                let step = simulation.step
                simulation.perform(.stepThread(ThreadID(thread)))
                #expect(simulation.step == step + 1)
                #expect(!simulation.chronicle.waits.unfinished(to: step + 1).contains { $0.thread == thread })
                #expect(simulation.chronicle.waits.spans.last { $0.thread == thread }?.last == step)
                found = true
            }
        }
        #expect(found)
    }

    @Test("the lane of an operation is seen from afar: while it runs, before it, and between two")
    func operations() throws {
        var simulation = Simulation(try perturbable("ten-thousand", settings: ["notifiers": 20, "pages": 256]), seed: 3)
        let operation = Perturbation.operation(name: "munmap", arguments: [.record("mm#1"), .range(first: 0x10, last: 0x1f)])
        let own = simulation.cursor.ownCount
        var stretches: [ClosedRange<Int>] = []
        for begin in [2_000, 9_000] {
            simulation.jump(to: begin)
            simulation.perform(.perturb(operation))
            while simulation.stepForward(), !simulation.machine.hasFinished(own) {}
            stretches.append(begin...simulation.step)
        }
        simulation.jump(to: 20_000)
        for step in [20_000, 9_100, 5_000, 2_100, 100] {
            simulation.jump(to: step)
            var request = SceneRequest()
            request.timeline = TimelineWindow(columns: 200, firstStep: 0, stepsPerColumn: 100, lanes: RowWindow(count: 99))
            let lane = try #require(simulation.scene(for: request).timeline.lanes.rows.first { $0.thread.number == own }, "at \(step)")
            for column in 0..<200 {
                let steps = (column * 100 + 1)...((column + 1) * 100)
                let isThere = stretches.contains { $0.lowerBound < steps.upperBound && $0.upperBound >= steps.lowerBound }
                #expect((lane.cells[column].activity != .absent) == isThere, "column \(column) at \(step)")
            }
        }
    }

    @Test("what is counted already is not counted again, and comes to the same")
    func columns() throws {
        var simulation = Simulation(try perturbable("ten-thousand", settings: ["notifiers": 20, "pages": 256]), seed: 3)
        var kept: WaitColumns?
        for end in [20_000, 23_000, 40_000] {
            simulation.jump(to: end)
            let log = simulation.chronicle.waits
            let threads = simulation.machine.threadCount
            let again = WaitColumns(log, first: 1_000, last: end, scale: 200, columns: 200, threads: threads, kept: &kept)
            var nothing: WaitColumns?
            let anew = WaitColumns(log, first: 1_000, last: end, scale: 200, columns: 200, threads: threads, kept: &nothing)
            for column in 0..<200 {
                for thread in 0..<threads { #expect(again.counts(thread, column) == anew.counts(thread, column)) }
            }
        }
    }
}
