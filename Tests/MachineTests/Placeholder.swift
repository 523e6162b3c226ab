import Foundation
import Language
import Machine
import Models
import Testing

let modules: ModuleLoader = { path in Asset.named("\(path).model")?.text }

struct SplitMix { var s: UInt64; mutating func next() -> UInt64 { s &+= 0x9E3779B97F4A7C15; var z = s; z = (z ^ (z >> 30)) &* 0xBF58476D1CE4E5B9; z = (z ^ (z >> 27)) &* 0x94D049BB133111EB; return z ^ (z >> 31) } }

@Test func explore() throws {
    for path in ["scenarios/interval_notifier", "scenarios/umem_odp", "scenarios/radeon"] {
        let source = SourceFile(name: path, text: Asset.named(path + ".model")!.text!)
        for o in outline(of: source) {
            do {
                let program = try Language.compile(source, options: CompileOptions(scenario: o.name), modules: modules)
                if o.name == "collide" { print(program.listing(of: "mmu_notifier_register_locked")) }
                var counts: [String: Int] = [:]
                var firstTrace: [String] = []
                for seed in 0..<300 {
                    var machine = Machine(program)
                    if let f = machine.setupFinding { print(o.name, "SETUP", f); break }
                    var rng = SplitMix(s: UInt64(seed))
                    var log = EventLog()
                    var finding: MachineFinding?
                    var steps = 0
                    loop: while steps < 100000 {
                        var mask = Array(0..<machine.threadCount)
                        var moved = false
                        while !mask.isEmpty {
                            let k = Int(rng.next() % UInt64(mask.count))
                            switch machine.step(mask[k], choice: rng.next(), log: &log) {
                            case .stepped: moved = true
                            case .finding(let f): finding = f; break loop
                            default: mask.remove(at: k); continue
                            }
                            break
                        }
                        if !moved { finding = machine.restFinding(); break }
                        steps += 1
                    }
                    let key = finding.map { $0.property + ": " + $0.sentence } ?? (steps >= 100000 ? "endless" : "rest")
                    counts[key, default: 0] += 1
                    if finding != nil, firstTrace.isEmpty { firstTrace = log.events.map { "\(program.threads[$0.thread].name) \(machine.sentence(of: $0))" } + ["=> \(key) at \(program.statements[finding!.statement])"] }
                }
                print(o.name, o.expectation?.text ?? "-", counts)
                if !firstTrace.isEmpty { print(firstTrace.suffix(40).joined(separator: "\n")) }
            } catch { print(error.rendered) }
        }
    }
}
