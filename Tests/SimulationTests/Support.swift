import Language
import Machine
import Models
import Simulation

let modules: ModuleLoader = { path in Asset.named("\(path).model")?.text }

/// A scenario of the embedded ones, compiled.
func program(
    _ name: String, settings: [String: Int64] = [:], faults: [String] = [], operations: Bool = false
) throws -> Program {
    for asset in embeddedAssets where asset.path.hasPrefix("scenarios/") {
        let source = SourceFile(name: String(asset.path.dropLast(6)), text: asset.text ?? "")
        guard outline(of: source).contains(where: { $0.name == name }) else { continue }
        return try compile(
            source,
            options: CompileOptions(scenario: name, settings: settings, faults: faults, operations: operations),
            modules: modules)
    }
    throw MissingScenario(name: name)
}

struct MissingScenario: Error { var name: String }

/// Numbers from a printed seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The whole headless output of a run.
func headless(_ program: Program, steps: Int, seed: UInt64, policy: Policy? = nil) -> String {
    var text = ""
    var run = HeadlessRun(Simulation(program, seed: seed, policy: policy), format: .json)
    _ = try? run.run(steps: steps) { text += $0 }
    return text
}
