import Explorer
import Foundation
import Language
import Machine
import Testing

/// Taking stretches as one step must not change any verdict.
@Suite("Sections") struct SectionTests {
    /// Scenarios that single steps are done with in seconds also in a debug build; the others with MMUSCOPE_SLOW set.
    private static let quick = [
        "nested-invalidation", "release-vs-fault", "oom-nonblocking", "remove-vs-last-end", "insert-then-remove-in-flight",
        "radeon-gup-unguarded", "radeon-reserve-fails", "seq-wrap", "first-registration",
    ]
    private static var chosen: [String] {
        ProcessInfo.processInfo.environment["MMUSCOPE_SLOW"] == nil
            ? quick : libraryScenarios.map(\.name).filter { $0 != "collide" }
    }

    @Test(arguments: chosen)
    func agreesWithSingleSteps(name: String) throws {
        try compare(name, faults: [])
    }

    /// Faults make other code run, and other properties fail.
    @Test(arguments: ["nested-invalidation", "oom-nonblocking", "release-vs-fault", "insert-then-remove-in-flight"])
    func agreesUnderFaults(name: String) throws {
        for fault in try scenario(name).faults.map(\.name) { try compare(name, faults: [fault]) }
    }

    private func compare(_ name: String, faults: [String]) throws {
        let program = try scenario(name, faults: faults)
        let fine = Explorer(program, isFine: true).explore()
        let sections = Explorer(program).explore()
        // Which of several failures is come to first may differ; whether there is one may not.
        #expect((fine.verdict == .holds) == (sections.verdict == .holds), "\(name) \(faults)")
        if faults.isEmpty { #expect(fine.verdict.text == sections.verdict.text, "\(name)") }
        #expect(sections.figures.states <= fine.figures.states)
        for result in [fine, sections] {
            guard case .fails(let finding) = result.verdict, finding.property != "no-livelock" else { continue }
            #expect(replay(result.schedule, of: program)?.property == finding.property)
        }
    }
}
