// How long one look takes: from a simulation's state to the cells of a screen, with every pane asked for at once.

import Foundation
import Playback
import Scene
import Screen
import Simulation

enum FrameBenchmark {
    static func run() {
        guard let program = shippedProgram("scenarios/workloads", "ten-thousand") else { return }
        var simulation = Simulation(program, seed: 1)
        while simulation.step < 100_000, simulation.stepForward() {}
        for size in [Size(80, 24), Size(120, 40), Size(200, 60)] {
            let state = ScreenState()
            var request = state.request(for: size)
            // Everything at once, whatever the layout of the day shows.
            request.timeline = TimelineWindow(columns: size.width, lanes: RowWindow(count: size.height))
            request.pages = RowWindow(count: size.height)
            request.locks = RowWindow(count: size.height)
            request.wantsMenu = true
            request.eventKinds = Set(EventKind.allCases).subtracting([.access])
            request.eventText = "interval#7"
            var projections: [Double] = []
            var renders: [Double] = []
            for _ in 0..<50 {
                // As when it runs: each frame is of another step.
                simulation.jump(to: simulation.step + 1_000)
                var scene: Scene?
                projections.append(nanoseconds { scene = simulation.scene(for: request) } / 1e6)
                guard let scene else { continue }
                renders.append(nanoseconds { _ = state.render(scene, size: size) } / 1e6)
            }
            print(
                String(
                    format: "frame %dx%d, 10 000 notifiers: scene %.2f ms + canvas %.2f ms", size.width, size.height,
                    projections.median, renders.median))
        }
    }
}
