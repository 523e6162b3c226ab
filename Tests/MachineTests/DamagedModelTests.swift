import Foundation
import Language
import Machine
import Models
import Testing

/// Models with lines left out, doubled or swapped: what still compiles runs, and finds things, but never traps.
@Suite struct DamagedModelTests {
    private static let rounds = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? 4

    @Test(arguments: Embedded.scenarios)
    func aDamagedModelNeverTraps(embedded: Embedded) throws {
        let texts = Dictionary(uniqueKeysWithValues: embeddedAssets.compactMap { asset in asset.text.map { (asset.path, $0) } })
        let files = texts.keys.filter { $0.hasSuffix(".model") }.sorted()
        for seed in 1...Self.rounds {
            var numbers = SeededNumbers(seed: seed)
            var damaged = texts
            for _ in 0...numbers.below(3) {
                let file = files[numbers.below(files.count)]
                damaged[file] = Self.damage(damaged[file] ?? "", &numbers)
            }
            let final = damaged
            let source = SourceFile(name: embedded.path, text: final["\(embedded.path).model"] ?? "")
            let options = CompileOptions(scenario: embedded.outline.name)
            guard let program = try? compile(source, options: options, modules: { final["\($0).model"] }) else { continue }
            var machine = Machine(program)
            for schedule in 1...4 {
                var copy = machine
                _ = runRandomly(&copy, seed: schedule, steps: 2_000)
                look(at: copy)
            }
            machine.setDraining(true)
        }
    }

    /// Everything that a screen asks of a state.
    private func look(at machine: Machine) {
        for thread in 0..<machine.threadCount {
            _ = machine.callStack(of: thread)
            if case .blocked(let blockage) = machine.standing(of: thread) { _ = machine.describe(blockage) }
        }
        for record in machine.program.records.indices {
            for header in machine.liveRecords(record) { _ = machine.name(ofRecordAt: header) }
        }
        for (slot, _) in machine.heldLocks() { _ = machine.placeName(slot) }
    }

    private static func damage(_ text: String, _ numbers: inout SeededNumbers) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // Lines with braces would only be told as such.
        let places = lines.indices.filter { !lines[$0].contains("{") && !lines[$0].contains("}") && !lines[$0].isEmpty }
        guard !places.isEmpty else { return text }
        let (place, other) = (places[numbers.below(places.count)], places[numbers.below(places.count)])
        switch numbers.below(3) {
        case 0: lines.remove(at: place)
        case 1: lines.insert(lines[place], at: other)
        default: lines.swapAt(place, other)
        }
        return lines.joined(separator: "\n")
    }
}
