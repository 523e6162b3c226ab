import Explorer
import Foundation

/// What there is to say of a verdict beside the verdict: why it is one, and what it takes for granted.
extension CheckResult {
    /// Each a clause, under the table.
    var notes: [String] {
        var notes: [String] = []
        switch result.verdict {
        case .holds: break
        case .fails:
            // What is listed anyway needs no mention.
            if !isWhole, !others.isEmpty { notes.append("also met: \(Self.listed(others.map(\.name)))") }
            // Where a certain failure is expected the search goes on to it.
            if let bound = result.bound { notes.append("there may be more: \(bound.words)") }
            if !isWhole, expectedFailure == nil, result.figures.states > 0 { notes.append("stopped at the first finding; --all-findings goes on") }
        case .bound(let bound):
            if !findings.isEmpty { notes.append("met before that: \(Self.listed(findings.map(\.name)))") }
            notes.append(bound.words)
        case .inconsistent(let words): notes.append("\(words): a mistake of mmuscope's, and no verdict")
        }
        let taken = result.premises.map(\.sentence)
        if !taken.isEmpty { notes.append("taken for granted: \(Self.listed(taken))") }
        return notes
    }

    private static func listed(_ words: [String]) -> String { words.joined(separator: ", ") }
}

extension Verdict.Bound {
    /// One word, for programs.
    var name: String {
        switch self {
        case .memory: "memory"
        case .interrupted: "interrupted"
        case .workload: "workload"
        case .choices: "choices"
        case .setup: "setup"
        }
    }

    /// A clause, for people.
    var words: String {
        switch self {
        case .memory(let limit): "the memory was full: \(limit >= 1 << 20 ? "\(limit >> 20) MiB" : "\(limit >> 10) KiB") (--memory gives more)"
        case .interrupted: "it was interrupted"
        case .workload: "a workload has no end to explore to"
        case .choices: "somewhere a 'choose' has more ways than are told apart"
        case .setup: "the setup was cut off after ten million steps"
        }
    }
}
