import Explorer
import Foundation
import Testing

/// Stretches, single steps and a search that knows neither normal form nor stretches must agree.
@Suite("Hostile models") struct HostileTests {
    /// States beyond which the plain search gives up.
    private static let limit = 8_000

    @Test func agreeWithBruteForce() throws {
        let count = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? 200
        let seed = UInt64.random(in: 0...UInt64.max)
        for round in 0..<count { try compare(seed &+ UInt64(round)) }
    }

    private func compare(_ seed: UInt64) throws {
        var generator = HostileModel(seed: seed)
        let text = generator.text()
        let program = try model(text)
        let fine = Explorer(program, isFine: true).explore().verdict
        let sections = Explorer(program).explore().verdict
        // Which of several failures comes first may differ; whether there is one may not.
        #expect((fine == .holds) == (sections == .holds), "seed \(seed): \(fine.text), \(sections.text)\n\(text)")
        let brute = BruteForce(program, limit: Self.limit)
        guard brute.isComplete else { return }
        #expect((fine == .holds) == brute.properties.isEmpty, "seed \(seed): \(fine.text), \(brute.properties)\n\(text)")
        for case .fails(let finding) in [fine, sections] {
            #expect(brute.properties.contains(finding.property), "seed \(seed): \(finding.property), \(brute.properties)\n\(text)")
        }
    }
}
