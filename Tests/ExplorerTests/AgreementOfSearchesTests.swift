import Explorer
import Foundation
import Language
import Machine
import Testing

/// Everything that can be found, by stretches and by single steps: the same, in every scenario that is shipped and with every fault.
@Suite("Both searches find the same") struct AgreementOfSearchesTests {
    /// A scenario, and the fault that is switched on in it.
    private struct Pair {
        var scenario: String
        var fault: String?
    }

    /// A finding by where it is. (Which state of a round, or of those that are never left, is told may differ.)
    private struct Place: Hashable {
        var property: String
        var thread: Int
        var statement: Int

        init(_ finding: MachineFinding) {
            property = finding.property
            let isOfManyStates = property == "no-livelock"
            thread = isOfManyStates ? -1 : finding.thread
            statement = isOfManyStates ? -1 : finding.statement
        }
    }

    private static func pairs() throws -> [Pair] {
        try libraryScenarios.map(\.name).flatMap { name in
            [Pair(scenario: name)] + (try scenario(name).faults.map { Pair(scenario: name, fault: $0.name) })
        }
    }

    /// A sample; all of them with MMUSCOPE_FAULTS=1.
    @Test func findTheSame() throws {
        let isWhole = ProcessInfo.processInfo.environment["MMUSCOPE_FAULTS"] != nil
        let seed = UInt64.random(in: 0...UInt64.max)
        var numbers = SeededNumbers(seed: seed)
        var pairs = try Self.pairs()
        for index in pairs.indices { pairs.swapAt(index, numbers.below(pairs.count)) }
        var (compared, failing) = (0, 0)
        for pair in isWhole ? pairs : Array(pairs.prefix(60)) {
            guard let (all, differs) = try compare(pair, limit: isWhole ? 400_000 : 8_000, seed) else { continue }
            compared += 1
            if !all.isEmpty { failing += 1 }
            if isWhole, differs || compared.isMultiple(of: 50) { print("\(compared) compared, \(failing) fail: \(pair)") }
        }
        print("seed \(seed): \(compared) of \(pairs.count) compared whole, \(failing) fail")
        #expect(compared > 10 && failing > 0, "seed \(seed)")
    }

    /// Nil where one of the two is too large.
    private func compare(_ pair: Pair, limit: Int, _ seed: UInt64) throws -> (Set<Place>, Bool)? {
        let program = try scenario(pair.scenario, faults: pair.fault.map { [$0] } ?? [])
        var found: [Set<Place>] = []
        for isFine in [true, false] {
            var explorer = Explorer(program, isFine: isFine)
            explorer.findsAll = true
            let result = explorer.explore { $0.states < limit }
            guard result.bound == nil else { return nil }
            if case .inconsistent(let words) = result.verdict { Issue.record("\(pair): \(words)") }
            found.append(Set(result.findings.map { Place($0.finding) }))
        }
        #expect(found[0] == found[1], "seed \(seed), \(pair): only fine \(found[0].subtracting(found[1])), only default \(found[1].subtracting(found[0]))")
        return (found[0], found[0] != found[1])
    }
}
