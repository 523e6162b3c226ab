import Explorer
import Screen

/// A coverage report as text, or as JSON.
enum CoverageText {
    static func text(_ report: CoverageReport) -> String {
        var result = "\nReached of the models (lines with statements; ways that branches go on in):\n"
        let files = report.files
        let width = files.map(\.name.count).max() ?? 0
        for file in files {
            let name = file.name + String(repeating: " ", count: width - file.name.count)
            result += "  \(name)  \(count(file.lines)) lines  \(count(file.branches)) ways\n"
        }
        for file in files { result += details(file) }
        return result
    }

    private static func count(_ count: CoverageReport.Count) -> String {
        let number = "\(count.reached)"
        return String(repeating: " ", count: max(0, 4 - number.count)) + "\(number) of \(count.all)"
    }

    private static func details(_ file: CoverageReport.File) -> String {
        let parts = [
            ("not reached", file.missed), ("always the same way", file.oneWay),
            ("only with a fault, and not reached", file.faultOnly), ("called by none of these scenarios", file.uncalled),
        ]
        return parts.filter { !$0.1.isEmpty }.reduce("") { text, part in
            text + "\n\(file.name): \(part.0)\n"
                + part.1.map { line in
                    "  \(file.name):\(line.line)  \(line.note.isEmpty ? "" : line.note + "  ")\(SafeText.shown(line.text))\n"
                }.joined()
        }
    }

    static func json(_ report: CoverageReport) -> String {
        let files = report.files.map { file in
            "{\"file\":\(string(file.name)),\"lines\":\(object(file.lines)),\"branches\":\(object(file.branches)),"
                + "\"missed\":\(array(file.missed)),\"one_way\":\(array(file.oneWay)),"
                + "\"fault_only\":\(array(file.faultOnly)),\"uncalled\":\(array(file.uncalled))}"
        }
        return "{\"coverage\":[\(files.joined(separator: ","))]}\n"
    }

    private static func object(_ count: CoverageReport.Count) -> String {
        "{\"reached\":\(count.reached),\"all\":\(count.all)}"
    }

    private static func array(_ lines: [CoverageReport.Line]) -> String {
        let objects = lines.map { line in
            "{\"line\":\(line.line),\"note\":\(string(line.note)),\"text\":\(string(line.text))}"
        }
        return "[\(objects.joined(separator: ","))]"
    }

    /// A JSON string: a text of a user's own may hold anything.
    private static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
