import Explorer
import Foundation
import Language
import Machine
import Testing

/// The second opinion is worth as much as it would notice: each way to explore that is unsound on purpose has to be seen.
@Suite("Planted faults") struct PlantedFaultTests {
    @Test("a small program shows it", arguments: PlantedFault.all.filter { !$0.isHarmless })
    func witness(_ fault: PlantedFault) throws {
        let text = try #require(PlantedFault.witnesses[fault.name])
        let program = try model(text)
        let isSeen = found(program, isFine: false, []) != found(program, isFine: false, fault.flaw)
        #expect(isSeen || fault.isOfStates && found(program, isFine: true, []) != found(program, isFine: true, fault.flaw), "\(fault)")
        #expect(found(program, isFine: true, []) == found(program, isFine: false, []), "\(fault)")
    }

    /// All that is found, by property and line; "inconsistent" where the search contradicts itself.
    private func found(_ program: Program, isFine: Bool, _ flaws: Flaws) -> Set<String> {
        var explorer = Explorer(program, isFine: isFine)
        explorer.findsAll = true
        explorer.flaws = flaws
        let result = explorer.explore()
        if case .inconsistent = result.verdict { return ["inconsistent"] }
        return Set(result.findings.map { "\($0.finding.property) \(program.statements[$0.finding.statement].line)" })
    }

    /// Slow: with `MMUSCOPE_PLANTED` set to the seconds that each may take, from three seeds.
    @Test("random programs show it", arguments: PlantedFault.all.filter { !$0.isHarmless && !$0.isTooLong })
    func random(_ fault: PlantedFault) throws {
        guard let seconds = ProcessInfo.processInfo.environment["MMUSCOPE_PLANTED"].flatMap(Double.init) else { return }
        for _ in 0..<3 {
            let seed = UInt64.random(in: 0...UInt64(UInt32.max))
            let start = Date()
            var count: UInt64 = 0
            var isSeen = false
            while !isSeen, Date().timeIntervalSince(start) < seconds {
                var generator = ProgramGenerator(seed: seed &+ count)
                count += 1
                isSeen = try notices(fault, generator.program())
            }
            #expect(isSeen, "\(fault): not in \(count) programs from seed \(seed)")
            if isSeen { print("Planted: \(fault) after \(count) programs, \(Int(Date().timeIntervalSince(start))) s, seed \(seed)") }
        }
    }

    private func notices(_ fault: PlantedFault, _ program: RandomProgram) throws -> Bool {
        // Mostly it changes nothing, which two searches tell sooner than the reference.
        let modes = (fault.isOfStates ? [false, true] : [false]).filter {
            found(program.program, isFine: $0, fault.flaw) != found(program.program, isFine: $0, [])
        }
        guard !modes.isEmpty else { return false }
        let opinion = try SecondOpinion(program, isThorough: false)
        return opinion.reference.isComplete && opinion.disagreement == nil
            && modes.contains { opinion.disagreement(with: fault.flaw, isFine: $0) != nil }
    }
}
