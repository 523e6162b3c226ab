// How long a key takes while a simulation runs as fast as it goes: from the request that it leads to until the scene that
// answers it is drawn. What the terminal adds (one write) is not in it.

import Foundation
import Language
import Models
import Playback
import Scene
import Screen
import Simulation

enum LatencyBenchmark {
    private static let keys = 300
    private static let size = Size(200, 60)
    /// Milliseconds from key to screen that the design allows.
    private static let budget = 50.0

    static func run() {
        guard let text = Asset.named("scenarios/workloads.model")?.text,
            let program = try? compile(
                SourceFile(name: "workloads", text: text),
                // As posted, the notifier has a bug that ends the run after some ninety million steps.
                options: CompileOptions(scenario: "ten-thousand", settings: ["vintage": 601]),
                modules: { Asset.named("\($0).model")?.text })
        else { return print("the workload can't be compiled") }
        var state = ScreenState()
        let loop = PlayerLoop(request: state.request(for: size)) { Simulation(program, seed: 1) }
        loop.post(.setSpeed(nil))
        loop.post(.run)
        let running = wait(loop) { $0.position.isRunning && $0.notifiers.total > 1000 }
        var random = SeededGenerator(state: 1)
        var looks: [Double] = []
        var commands: [Double] = []
        for key in 0..<keys {
            // Keys come at any moment of a frame.
            usleep(UInt32.random(in: 5_000...45_000, using: &random))
            state.rows[.notifiers] = 1 + key
            let request = state.request(for: size)
            looks.append(milliseconds {
                loop.post(request)
                let scene = wait(loop) { $0.notifiers.offset == 1 + key }
                _ = state.render(scene, size: size)
            })
            usleep(UInt32.random(in: 5_000...45_000, using: &random))
            // Paused only for as long as it takes to run again.
            for command in [PlaybackCommand.pause, .run] {
                commands.append(milliseconds {
                    loop.post(command)
                    let scene = wait(loop) { $0.position.isRunning == (command == .run) }
                    _ = state.render(scene, size: size)
                })
            }
        }
        let steps = loop.latest.scene?.position.step ?? 0
        if let finding = loop.latest.scene?.finding { print("the run ended: \(finding.sentence)") }
        loop.stop(wait: true)
        print("\(keys) keys of each kind, the model at \(running.position.step) to \(steps) steps, 200x60")
        report("look (scroll)", looks)
        report("command (run, pause)", commands)
    }

    private static func report(_ name: String, _ times: [Double]) {
        let sorted = times.sorted()
        let worst = sorted.last ?? .nan
        print(
            String(
                format: "  %@: p50 %.1f ms, p95 %.1f ms, max %.1f ms%@", name, sorted.median,
                sorted[sorted.count * 95 / 100], worst, worst < budget ? "" : "  ABOVE \(budget.digits(0)) ms"))
    }

    /// Sleeps as the user interface does, until a scene is as wanted.
    private static func wait(_ loop: PlayerLoop, _ isWanted: (Scene) -> Bool) -> Scene {
        while true {
            loop.acknowledge()
            if let scene = loop.latest.scene, isWanted(scene) || scene.finding != nil { return scene }
            var polled = pollfd(fd: loop.wakeDescriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&polled, 1, 1000)
        }
    }

    /// By the clock on the wall: that is what a user waits by.
    private static func milliseconds(_ work: () -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
        }
        let start = now()
        work()
        return now() - start
    }
}
