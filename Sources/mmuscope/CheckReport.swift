import Explorer
import Foundation

/// Results as a table, or as JSON.
struct CheckReport {
    var json: Bool
    var names: [String]
    private var rows: [[String]] = []
    /// What there is to say below the table, each with the scenarios that it is said of.
    private var notes: [(text: String, names: [String])] = []

    init(json: Bool, names: [String]) {
        self.json = json
        self.names = names
    }

    mutating func add(_ result: CheckResult) {
        guard !json else { return Output.write(object(result)) }
        rows.append(row(result))
        for text in result.notes {
            if let same = notes.firstIndex(where: { $0.text == text }) {
                notes[same].names.append(result.task.name)
            } else {
                notes.append((text, [result.task.name]))
            }
        }
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
        for note in notes {
            // With one scenario it is clear whose it is.
            let text = rows.count == 1 ? note.text : "\(note.text): \(note.names.joined(separator: ", "))"
            let lines = Page.wrapped(text, Columns.available - 2)
            for (index, line) in lines.enumerated() { Output.write((index == 0 ? "" : "  ") + line + "\n") }
        }
    }

    private func row(_ result: CheckResult) -> [String] {
        let figures = result.result.figures
        return [
            result.task.name, verdict(result) + (result.outcome == .unexpected ? " ✗" : ""), expected(result),
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
        if case .fails = result.result.verdict { result.decisive?.property } else { nil }
    }

    /// One line of JSON.
    func object(_ result: CheckResult) -> String {
        let figures = result.result.figures
        let property = property(result).map { "\"\($0)\"" } ?? "null"
        let length = result.decisive.map { "\($0.example.steps.count)" } ?? "null"
        let switches = result.decisive.map { "\($0.example.switches)" } ?? "null"
        let findings = result.findings.map { finding($0, of: result.task) }.joined(separator: ",")
        let premises = result.result.premises.map { Self.quoted($0.sentence) }.joined(separator: ",")
        return "{\"scenario\":\(Self.quoted(result.task.name)),\"verdict\":\"\(verdict(result))\",\"expected\":\"\(expected(result))\","
            + "\"property\":\(property),\"states\":\(figures.states),\"bytes\":\(String(format: "%.1f", figures.bytesPerState)),"
            + "\"steps\":\(figures.transitions),\"seconds\":\(String(format: "%.3f", result.seconds)),"
            + "\"length\":\(length),\"switches\":\(switches),\"bound\":\(bound(result)),\"inconsistent\":\(mistake(result)),"
            + "\"complete\":\(result.isComplete),\"findings\":[\(findings)],\"premises\":[\(premises)]}\n"
    }

    private func bound(_ result: CheckResult) -> String {
        result.result.bound.map { "\"\($0.name)\"" } ?? "null"
    }

    private func mistake(_ result: CheckResult) -> String {
        if case .inconsistent(let words) = result.result.verdict { Self.quoted(words) } else { "null" }
    }

    private func finding(_ found: CheckFinding, of task: CheckTask) -> String {
        let line = CounterexampleFile(found.example, of: task).line
        return "{\"property\":\(Self.quoted(found.property)),\"sentence\":\(Self.quoted(found.example.sentence)),"
            + "\"place\":\(found.place.map(Self.quoted) ?? "null"),\"length\":\(found.example.steps.count),"
            + "\"switches\":\(found.example.switches),\"schedule\":\(line.map(Self.quoted) ?? "null")}"
    }

    /// A JSON string.
    static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).flatMap { String(data: $0, encoding: .utf8) } ?? "null"
    }
}
