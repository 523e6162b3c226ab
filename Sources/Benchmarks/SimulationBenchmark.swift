// How fast models run. The peer of a run is the bare machine, stepped round-robin without
// history: what running, checkpoints and the log cost on top shows as the ratio.

import Foundation
import Language
import Machine
import Models
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
            guard let program = shippedProgram(path, name, settings),
                let plain = shippedProgram(path, name, settings, operations: false)
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
    }

    private static func rate(_ nanoseconds: Double) -> String { String(format: "%.1f", 1000 / nanoseconds) }

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
}

/// As it runs on the screen: with operations, of which none is begun.
func shippedProgram(
    _ path: String, _ name: String, _ settings: [String: Int64] = [:], operations: Bool = true
) -> Program? {
    guard let text = Asset.named("\(path).model")?.text else { return nil }
    return try? compile(
        SourceFile(name: path, text: text),
        options: CompileOptions(scenario: name, settings: settings, operations: operations),
        modules: { Asset.named("\($0).model")?.text })
}
