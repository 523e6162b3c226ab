import KernelTrace
import Language
import Machine

/// Why a run can't be held against a recording at all.
public enum AgreementError: Error, Sendable, Equatable {
    /// The program knows nothing of interval notifiers.
    case noNotifiers
    /// The recording has events that no model tells, and nobody has said why that is fine.
    case unexplained([KernelEvent])
    /// The recording lost events, or has lines that are none.
    case incomplete
}

extension AgreementError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noNotifiers: "the scenario has no interval notifiers to compare"
        case .unexplained(let kinds):
            "the recording has events that models tell nothing of: \(kinds.map(\.rawValue).joined(separator: ", "))"
        case .incomplete: "the recording is not complete: a run can't be held against it"
        }
    }
}

/// What came of holding a model's run against a recording.
public struct AgreementResult: Sendable {
    /// Events that agree, from the first on.
    public var agreeing: Int
    /// Steps of the model's run.
    public var steps: Int
    /// By the name of a difference: how often it occurred.
    public var differences: [String: Int]
    /// Where they part; nil when they agree to the end.
    public var divergence: Divergence?
}

/// The first place where a run and a recording part.
public struct Divergence: Sendable, Equatable {
    /// What doesn't fit: "seq".
    public var what: String
    /// The recording's line, from 1; nil behind its end.
    public var line: Int?
    /// The model's step; nil when it comes to no further event.
    public var step: Int?
    /// Both events told in the model's terms, aligned.
    public var recorded: String
    public var modelled: String

    /// Two lines, one above the other, under a heading.
    public var text: String {
        let places = [line.map { "line \($0)" } ?? "", step.map { "step \($0)" } ?? ""]
        let width = places.map(\.count).max() ?? 0
        func padded(_ place: String) -> String { place + String(repeating: " ", count: width - place.count) }
        return "  recording  \(padded(places[0]))  \(recorded)\n  model      \(padded(places[1]))  \(modelled)\n"
    }
}

/// Runs a program along a recording and compares event by event, up to the first that doesn't agree.
/// - Parameter test: the self-test's name, which differences may be limited to.
public func agreement(
    of program: Program, with run: RecordedRun, test: String, differences: [Difference] = Difference.all
) throws(AgreementError) -> AgreementResult {
    let unexplained = run.unexplained(by: differences)
    guard unexplained.isEmpty else { throw .unexplained(unexplained) }
    guard run.isComplete else { throw .incomplete }
    var guided = try GuidedRun(program, run, test: test, differences: differences)
    return guided.compare()
}
