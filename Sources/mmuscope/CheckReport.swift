import Explorer
import Foundation

/// Results as a table, or as JSON.
struct CheckReport {
    var json: Bool
    var names: [String]
    private var rows: [[String]] = []

    init(json: Bool, names: [String]) {
        self.json = json
        self.names = names
    }

    mutating func add(_ result: CheckResult) {
        if json { Output.write(object(result)) } else { rows.append(row(result)) }
    }

    mutating func finish() {
        guard !json else { return }
        let head = ["scenario", "verdict", "expected", "property", "states", "B/state", "steps", "seconds"]
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        for row in [head] + rows {
            let cells = row.indices.map { column -> String in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return column < 4 ? row[column] + blanks : blanks + row[column]
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            Output.write(line + "\n")
        }
    }

    private func row(_ result: CheckResult) -> [String] {
        let figures = result.result.figures
        return [
            result.task.name, verdict(result) + (result.isAsExpected || result.isBound ? "" : " ✗"), expected(result),
            property(result) ?? "", "\(figures.states)", String(format: "%.1f", figures.bytesPerState),
            "\(figures.transitions)", String(format: "%.2f", result.seconds),
        ]
    }

    private func verdict(_ result: CheckResult) -> String {
        switch result.result.verdict {
        case .holds: "holds"
        case .fails: "fails"
        case .bound: "bound"
        case .inconsistent: "inconsistent"
        }
    }

    private func expected(_ result: CheckResult) -> String {
        result.task.program.scenario.expectation?.text ?? "undecided"
    }

    private func property(_ result: CheckResult) -> String? {
        if case .fails(let finding) = result.result.verdict { finding.property } else { nil }
    }

    private func object(_ result: CheckResult) -> String {
        let figures = result.result.figures
        let property = property(result).map { "\"\($0)\"" } ?? "null"
        let length = result.counterexample.map { "\($0.steps.count)" } ?? "null"
        let switches = result.counterexample.map { "\($0.switches)" } ?? "null"
        return "{\"scenario\":\(Self.quoted(result.task.name)),\"verdict\":\"\(verdict(result))\",\"expected\":\"\(expected(result))\","
            + "\"property\":\(property),\"states\":\(figures.states),\"bytes\":\(String(format: "%.1f", figures.bytesPerState)),"
            + "\"steps\":\(figures.transitions),\"seconds\":\(String(format: "%.3f", result.seconds)),"
            + "\"length\":\(length),\"switches\":\(switches)}\n"
    }

    /// A JSON string.
    static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).flatMap { String(data: $0, encoding: .utf8) } ?? "null"
    }
}
