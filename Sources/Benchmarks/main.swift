// mmuscope-bench [name...] [number...]: measures what has a performance budget; without names, everything. What numbers mean,
// the benchmark says.
//
//     swift run -c release mmuscope-bench tree

import Foundation

/// What can be measured, by name.
let benchmarks: [(name: String, about: String, run: () -> Void)] = [
    ("tree", "interval tree against a C peer", TreeBenchmark.run),
    ("recording", "ten million steps: the file, opening it, jumping in it", RecordingBenchmark.run),
    ("simulation", "models running, beside the bare machine", SimulationBenchmark.run),
    ("travel", "going back in ten million steps", TravelBenchmark.run),
    ("frame", "what one look at 10 000 notifiers takes", FrameBenchmark.run),
    ("latency", "key to screen while a model runs flat out", LatencyBenchmark.run),
]

let wanted = Set(CommandLine.arguments.dropFirst().filter { Int($0) == nil })
let unknown = wanted.subtracting(benchmarks.map(\.name))
guard unknown.isEmpty else {
    print("mmuscope-bench: no benchmark called \(unknown.sorted().joined(separator: ", ")). There are:")
    for benchmark in benchmarks {
        print("  \(benchmark.name.padding(toLength: 12, withPad: " ", startingAt: 0))\(benchmark.about)")
    }
    exit(2)
}
for benchmark in benchmarks where wanted.isEmpty || wanted.contains(benchmark.name) {
    print("\(benchmark.name): \(benchmark.about)")
    benchmark.run()
}
