// How fast models run, go back, and are looked at. The peer of a run is the bare machine, stepped round-robin without
// history: what running, checkpoints and the log cost on top shows as the ratio.

import Foundation
import Language
import Machine
import Models
import Playback
import Scene
import Screen
import Simulation

enum SimulationBenchmark {
    private static let cases: [(path: String, name: String, settings: [String: Int64])] = [
        ("scenarios/interval_notifier", "two-invalidations", [:]),
        ("scenarios/interval_notifier", "collide", [:]),
        ("scenarios/interval_notifier", "collide", ["readers": 4, "invalidators": 4]),
        ("scenarios/umem_odp", "odp-vs-munmap", [:]),
        ("scenarios/workloads", "ten-thousand", [:]),
    ]
    private static let rounds = 5
    private static let stepsPerRound = 1_000_000

    static func run() {
        var table = Table("scenario", "machine M steps/s", "simulation M steps/s", "ratio")
        for (path, name, settings) in cases {
            guard let program = program(path, name, settings), let plain = self.program(path, name, settings, operations: false)
            else { continue }
            let values = settings.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            var samples = PairedSamples()
            for round in 0..<rounds {
                samples.add(
                    ours: simulated(program, seed: UInt64(round)), peer: bare(plain))
            }
            table.add(
                name + values, rate(samples.peer.median), rate(samples.ours.median),
                String(format: "%.2f", samples.ratio))
        }
        table.print()
        timeTravel()
        frames()
    }

    private static func rate(_ nanoseconds: Double) -> String { String(format: "%.1f", 1000 / nanoseconds) }

    /// As it runs on the screen: with operations, of which none is begun.
    private static func program(
        _ path: String, _ name: String, _ settings: [String: Int64] = [:], operations: Bool = true
    ) -> Program? {
        guard let text = Asset.named("\(path).model")?.text else { return nil }
        return try? compile(
            SourceFile(name: path, text: text),
            options: CompileOptions(scenario: name, settings: settings, operations: operations),
            modules: { Asset.named("\($0).model")?.text })
    }

    /// Nanoseconds a step of the bare machine; at rest it begins again.
    private static func bare(_ program: Program) -> Double {
        let start = Machine(program)
        var machine = start
        var log = EventLog(isOn: false)
        var taken = 0
        let threadCount = machine.threadCount
        let time = nanoseconds {
            var thread = 0
            var idle = 0
            while taken < stepsPerRound {
                if machine.step(thread, choice: UInt64(taken), log: &log) == .stepped {
                    taken += 1
                    idle = 0
                } else {
                    idle += 1
                    if idle > threadCount {
                        machine.restore(start.state)
                        idle = 0
                    }
                }
                thread = thread + 1 == threadCount ? 0 : thread + 1
            }
        }
        return time / Double(taken)
    }

    /// Nanoseconds a step of a simulation, seeded at random; at rest another begins.
    private static func simulated(_ program: Program, seed: UInt64) -> Double {
        let start = Simulation(program, seed: seed)
        var simulation = start
        var taken = 0
        let time = nanoseconds {
            while taken < stepsPerRound {
                if simulation.stepForward() { taken += 1 } else { simulation = start }
            }
        }
        return time / Double(taken)
    }

    // MARK: Time travel

    private static func timeTravel() {
        guard let program = program("scenarios/workloads", "ten-thousand") else { return }
        var simulation = Simulation(program, seed: 1)
        while simulation.step < 10_000_000, simulation.stepForward() {}
        let end = simulation.step
        var back: [Double] = []
        for _ in 0..<50 { back.append(nanoseconds { simulation.perform(.back) } / 1e6) }
        var backwards: [Double] = []
        simulation.perform(.runBackwards)
        for _ in 0..<2_000 { backwards.append(nanoseconds { _ = simulation.advance(by: 1) } / 1e6) }
        simulation.perform(.pause)
        var jumps: [Double] = []
        for tenth in (0..<20) {
            let target = (tenth * 7 % 20) * end / 20
            jumps.append(nanoseconds { simulation.jump(to: target) } / 1e6)
        }
        print(
            String(
                format: "history of %d steps: one step back %.2f ms (worst %.2f), a jump %.1f ms (worst %.1f)", end,
                back.median, back.max() ?? 0, jumps.median, jumps.max() ?? 0))
        print(
            String(
                format: "running backwards: %.3f ms a step on average (worst %.2f)",
                backwards.reduce(0, +) / Double(backwards.count), backwards.max() ?? 0))
        let operation = Perturbation.operation(
            name: "munmap", arguments: [.record("mm#1"), .range(first: 0x100, last: 0x10f)])
        simulation.jump(to: end / 2)
        let perturbing = nanoseconds { simulation.perform(.perturb(operation)) } / 1e6
        simulation.jump(to: end / 2 + 50_000)
        let undoing = nanoseconds { simulation.perform(.undo) } / 1e6
        print(String(format: "an operation begun in the middle: %.2f ms, taken back: %.2f ms", perturbing, undoing))
    }

    private static func frames() {
        guard let program = program("scenarios/workloads", "ten-thousand") else { return }
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
