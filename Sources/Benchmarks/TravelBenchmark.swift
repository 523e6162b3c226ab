// How long going back takes in a history of ten million steps: a step, a jump, backwards for a while, and otherwise.

import Foundation
import Playback
import Scene
import Screen
import Simulation

enum TravelBenchmark {
    private static let length = 10_000_000

    static func run() {
        guard let program = shippedProgram("scenarios/workloads", "ten-thousand") else { return }
        var simulation = Simulation(program, seed: 1)
        while simulation.step < length, simulation.stepForward() {}
        print("ten-thousand, a history of \(simulation.step) steps")
        var table = Table("what", "median ms", "worst ms")
        let end = simulation.step
        var jumps: [Double] = []
        var first: [Double] = []
        var further: [Double] = []
        // The end, where one stands, and twenty places all over it.
        for stop in 0...20 {
            let target = stop == 0 ? end : stop * 8_191 * 7_919 % end
            if stop > 0 { jumps.append(milliseconds { simulation.perform(.jump(to: target)) }) }
            first.append(milliseconds { simulation.perform(.back) })
            for _ in 0..<20 { further.append(milliseconds { simulation.perform(.back) }) }
        }
        table.add("a jump", jumps)
        table.add("the first step back at a place", first)
        table.add("the steps back after that", further)
        simulation.perform(.jump(to: end))
        simulation.perform(.runBackwards)
        table.add("a step when running backwards", (0..<5_000).map { _ in milliseconds { _ = simulation.advance(by: 1) } })
        simulation.perform(.pause)
        table.add("a frame, its timeline all of the history", look(&simulation, at: end))
        table.add("the same after a jump into the middle", look(&simulation, at: end / 2))
        perturb(&simulation, end, &table)
        table.print()
    }

    /// From a step to the next: what is kept from frame to frame is kept here, too.
    private static func look(_ simulation: inout Simulation, at step: Int) -> [Double] {
        simulation.perform(.jump(to: step))
        var request = ScreenState().request(for: Size(200, 60))
        request.timeline = TimelineWindow(columns: 180, firstStep: 0, stepsPerColumn: length / 150, lanes: RowWindow(count: 60))
        return (0..<50).map { frame in
            simulation.perform(frame % 2 == 0 ? .back : .step)
            return milliseconds { _ = simulation.scene(for: request) }
        }
    }

    private static func perturb(_ simulation: inout Simulation, _ end: Int, _ table: inout Table) {
        let operation = Perturbation.operation(
            name: "munmap", arguments: [.record("mm#1"), .range(first: 0x100, last: 0x10f)])
        var begun: [Double] = []
        var undone: [Double] = []
        for _ in 0..<5 {
            simulation.perform(.jump(to: end / 2))
            begun.append(milliseconds { simulation.perform(.perturb(operation)) })
            simulation.perform(.jump(to: end / 2 + 50_000))
            undone.append(milliseconds { simulation.perform(.undo) })
        }
        table.add("an operation begun in the middle", begun)
        table.add("the same taken back, 50 000 steps on", undone)
    }

    private static func milliseconds(_ body: () -> Void) -> Double { nanoseconds(body) / 1e6 }
}

extension Table {
    fileprivate mutating func add(_ what: String, _ times: [Double]) {
        add(what, String(format: "%.2f", times.median), String(format: "%.2f", times.max() ?? 0))
    }
}
