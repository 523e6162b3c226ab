// What a recording of ten million steps takes: bytes a step, and seconds until it is opened, shown and run through.
// Wall-clock time here, for some of it happens on another thread.

import Foundation
import Language
import Models
import Playback
import Scene
import Simulation

enum RecordingBenchmark {
    private static let steps = 10_000_000

    static func run() {
        for (name, settings) in [("small workload", ["notifiers": 20, "pages": 256]), ("ten-thousand", [:] as [String: Int64])] {
            guard let program = program(settings) else { continue }
            var simulation = Simulation(program, seed: 1)
            let ran = seconds { while simulation.step < steps, simulation.stepForward() {} }
            print("\(name): \(simulation.step) steps run in \(ran.digits(2)) s")
            measure("  by a policy", Recording(simulation, setup: RunSetup(program, settings: settings, seed: 1)))
        }
        guard let program = program(["notifiers": 20, "pages": 256]) else { return }
        var random = SeededGenerator(state: 1)
        var simulation = Simulation(program, seed: 1, policy: .byHand)
        while simulation.step < steps {
            simulation.perform(.stepThread(ThreadID(Int(random.next() % UInt64(simulation.machine.threadCount)))))
        }
        let setup = RunSetup(program, settings: ["notifiers": 20, "pages": 256], seed: 1, policy: .byHand)
        measure("  small workload, every step by hand", Recording(simulation, setup: setup))
    }

    private static func program(_ settings: [String: Int64]) -> Program? {
        guard let text = Asset.named("scenarios/workloads.model")?.text else { return nil }
        return try? compile(
            SourceFile(name: "scenarios/workloads", text: text),
            options: CompileOptions(scenario: "ten-thousand", settings: settings),
            modules: { Asset.named("\($0).model")?.text })
    }

    private static func measure(_ name: String, _ recording: Recording) {
        let bytes = recording.bytes
        var opened: Recording?
        let reading = seconds { opened = try? Recording.open(bytes).recording }
        guard let opened else { return print("\(name): doesn't open") }
        var player: Simulation?
        let showing = seconds {
            guard let program = try? opened.setup.program() else { return }
            player = Simulation(program, replaying: opened).indexed()
            _ = player?.scene(for: SceneRequest(events: RowWindow(count: 40)))
        }
        guard var player else { return }
        let indexing = seconds { while player.indexedStep < opened.end - 100_000 { usleep(1_000) } }
        var jumps: [Double] = []
        for tenth in 0..<20 {
            let target = (tenth * 7 % 20) * opened.end / 20 + 4_321
            jumps.append(seconds { player.jump(to: target) } * 1e3)
        }
        let perStep = Double(bytes.count) / Double(opened.end)
        print(
            "\(name): \(bytes.count) bytes (\(perStep.digits(3)) a step); read in \(reading.digits(2)) s, first scene after "
                + "\(showing.digits(2)) s more, run through after \(indexing.digits(1)) s; then a jump takes "
                + "\(jumps.median.digits(0)) ms (worst \((jumps.max() ?? 0).digits(0)))" + (player.astray == nil ? "" : "; ASTRAY"))
    }

    private static func seconds(_ work: () -> Void) -> Double {
        let start = ContinuousClock.now
        work()
        let elapsed = ContinuousClock.now - start
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }
}
