import Explorer
import Language
import Machine
import Models
import Testing

/// What `use` finds: the embedded models.
let modules: ModuleLoader = { path in Asset.named("\(path).model")?.text }

/// A scenario of the library, compiled.
func scenario(
    _ name: String, settings: [String: Int64] = [:], faults: [String] = []
) throws -> Program {
    for asset in embeddedAssets where asset.path.hasPrefix("scenarios/") {
        guard let text = asset.text else { continue }
        let source = SourceFile(name: String(asset.path.dropLast(".model".count)), text: text)
        guard outline(of: source).contains(where: { $0.name == name }) else { continue }
        return try compile(
            source, options: CompileOptions(scenario: name, settings: settings, faults: faults), modules: modules)
    }
    throw Missing(name: name)
}

struct Missing: Error { var name: String }

/// A scenario of a test's own, compiled.
func model(_ text: String, faults: [String] = []) throws -> Program {
    do {
        return try compile(
            SourceFile(name: "test", text: text), options: CompileOptions(faults: faults), modules: modules)
    } catch {
        Issue.record("\(error.rendered)")
        throw error
    }
}

/// The scenarios of the library, by name.
let libraryScenarios: [ScenarioOutline] = embeddedAssets
    .filter { $0.path.hasPrefix("scenarios/") && $0.path.hasSuffix(".model") }
    .sorted { $0.path < $1.path }
    .flatMap { outline(of: SourceFile(name: $0.path, text: $0.text ?? "")) }
    .filter { !$0.isWorkload }

extension Verdict {
    /// "holds", "fails no-deadlock", "bound".
    var text: String {
        switch self {
        case .holds: "holds"
        case .fails(let finding): "fails \(finding.property)"
        case .bound: "bound"
        case .inconsistent(let words): "inconsistent: \(words)"
        }
    }
}

/// Runs a schedule from the start: what its last step finds, or what is wrong where it leaves everybody.
func replay(_ schedule: [ScheduledStep], of program: Program) -> MachineFinding? {
    var machine = Machine(program)
    var log = EventLog(isOn: false)
    for (index, step) in schedule.enumerated() {
        switch machine.step(step.thread, choice: UInt64(step.choice), log: &log) {
        case .stepped: continue
        case .finding(let finding): return index == schedule.count - 1 ? finding : nil
        case .blocked, .finished: return nil
        }
    }
    return machine.restFinding()
}
