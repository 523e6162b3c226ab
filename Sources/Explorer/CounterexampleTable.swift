import Language
import Machine

extension Counterexample {
    /// How a table is drawn.
    public struct TableForm: Sendable {
        public var width: Int
        /// Only the steps that matter, with the functions that they stand in: what a commit message has room for.
        public var isShort: Bool
        /// Functions are called as the kernel calls them, where the models say so.
        public var hasKernelNames: Bool

        public init(width: Int = 80, isShort: Bool = false, hasKernelNames: Bool = false) {
            self.width = width
            self.isShort = isShort
            self.hasKernelNames = hasKernelNames
        }
    }

    /// The table of a commit message: a column for each thread that takes part, time runs down. Plain ASCII, ready to
    /// be pasted into a mail.
    ///
    /// With more than three threads there is no room for columns: each line is said by its thread's name.
    public func table(width: Int = 80) -> String { table(TableForm(width: width)) }

    /// The same in another form.
    public func table(_ form: TableForm) -> String {
        let width = max(60, form.width)
        let rows = rows(form)
        let threads = Set(rows.map(\.thread)).sorted()
        let lines: [String]
        switch threads.count {
        case 0: lines = ["(found in the scenario's setup)"]
        case 1...3: lines = columns(rows, threads, width)
        default: lines = sequence(rows, width)
        }
        let others = Set(steps.map(\.thread)).subtracting(threads).sorted().map { Self.ascii(name(of: $0)) }
        let rest = others.isEmpty || form.isShort ? [] : ["", "(not shown: \(others.joined(separator: ", ")))"]
        let ending = ending(width)
        return (lines + rest + (ending.isEmpty ? [] : [""]) + ending).joined(separator: "\n") + "\n"
    }

    /// The same table of steps that end in no finding, or in whatever they end in.
    /// - Parameter start: where they begin; the program's start when nil.
    public static func table(
        _ program: Program, from start: Machine? = nil, schedule: [ScheduledStep], width: Int = 80
    ) throws(ReplayError) -> String {
        try Counterexample(telling: program, from: start, schedule).table(width: width)
    }

    /// Whether something failed.
    var hasFinding: Bool { !finding.property.isEmpty }

    /// The finding's sentence under the table.
    private func ending(_ width: Int) -> [String] {
        guard hasFinding else { return [] }
        // What is left over at the end has no place.
        let hasPlace = !["refs-balanced", "lock-discipline"].contains(finding.property) || isFoundByStep
        let place = (hasPlace ? finding.place(in: program) : nil).map { " (\(program.sources[$0.file].name):\($0.line))" } ?? ""
        let text = Self.ascii("\(finding.property): \(sentence)\(steps.isEmpty ? "" : place)")
        return Self.wrapped(text, width, hanging: 2)
    }

    /// The finding as a whole sentence.
    public var sentence: String {
        // What a check or a state of rest says has its own subject; what the machine says is said of the thread.
        let isWhole = steps.isEmpty || Self.restProperties.contains(finding.property) && !isFoundByStep
            || program.checks.contains { $0.property == finding.property && matches(program.sentences[$0.sentence]) }
        return isWhole ? finding.sentence : "\(name(of: finding.thread)) \(finding.sentence)"
    }

    /// Found when nobody could step any more.
    static let restProperties: Set<String> = ["no-deadlock", "no-lost-wakeup", "refs-balanced", "lock-discipline"]

    /// What fails is a check of what was written: no stale mapping, no freed record, no wait.
    var isFoundByWrites: Bool {
        hasFinding && isFoundByStep && !["no-stale-spte", "no-use-after-free", "no-deadlock", "no-lost-wakeup", Self.livelock].contains(finding.property)
    }

    /// The last step fails; otherwise it is the state after it.
    var isFoundByStep: Bool {
        guard let last = machines.last, finding.property != Self.livelock, !isBesideOthers else { return false }
        return !last.restFindings().contains(finding) || !Self.isStuck(last)
    }

    /// Whether the finding's sentence is one that this template gives.
    private func matches(_ template: SentenceInfo) -> Bool {
        var rest = finding.sentence[...]
        for case .text(let text) in template.parts {
            guard let range = rest.firstRange(of: text) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }

    // MARK: Columns

    private func columns(_ rows: [Row], _ threads: [Int], _ width: Int) -> [String] {
        let gap = 2
        let column = (width - gap * (threads.count - 1)) / threads.count
        let head = threads.map { thread in
            let name = String(Self.ascii(name(of: thread)).prefix(column))
            return String(repeating: " ", count: max(0, (min(column, 40) - name.count) / 2)) + name
        }
        var lines = [joined(head, column, gap)]
        for row in rows {
            guard let place = threads.firstIndex(of: row.thread) else { continue }
            for text in text(of: row, column, indent: threads.count > 2 ? 1 : 2) {
                var cells = [String](repeating: "", count: threads.count)
                cells[place] = text
                lines.append(joined(cells, column, gap))
            }
        }
        return lines
    }

    private func joined(_ cells: [String], _ column: Int, _ gap: Int) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() where !cell.isEmpty {
            line += String(repeating: " ", count: index * (column + gap) - line.count) + cell
        }
        return line
    }

    /// A blank that no line is broken at.
    static let tie: Character = "\u{1}"

    /// A row as lines of a column.
    private func text(of row: Row, _ width: Int, indent: Int) -> [String] {
        // Deep calls leave no room: they stand no further right than the middle.
        let margin = String(repeating: " ", count: min(row.depth * indent, width / 2))
        let text = Self.ascii(row.text)
        let room = width - margin.count
        let lines =
            row.isComment
            ? Self.wrapped("/* \(text)\(Self.tie)*/", room, hanging: 3)
            : Self.wrapped(text, room, hanging: 2 * indent)
        return lines.map { margin + $0.replacing(String(Self.tie), with: " ") }
    }

    /// One line after the other, each behind its thread's name.
    private func sequence(_ rows: [Row], _ width: Int) -> [String] {
        let longest = rows.map { Self.ascii(name(of: $0.thread)).count }.max() ?? 0
        let column = min(longest, 16)
        var last: Int?
        return rows.flatMap { row -> [String] in
            let name = row.thread == last ? "" : String(Self.ascii(name(of: row.thread)).prefix(column))
            last = row.thread
            let lines = text(of: row, width - column - 2, indent: 2)
            return lines.enumerated().map { index, line in
                let head = index == 0 ? name : ""
                return head + String(repeating: " ", count: column + 2 - head.count) + line
            }
        }
    }

    // MARK: Text

    /// Breaks a text at blanks; a word that is longer than a line is cut.
    static func wrapped(_ text: String, _ width: Int, hanging: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var word = String(word)
            while true {
                let candidate = line.isEmpty ? word : line.allSatisfy { $0 == " " } ? line + word : line + " " + word
                if candidate.count <= width {
                    line = candidate
                    break
                }
                if line.allSatisfy({ $0 == " " }) {
                    let room = cut(word, max(1, width - line.count))
                    line += word.prefix(room)
                    word = String(word.dropFirst(room))
                }
                lines.append(line)
                line = String(repeating: " ", count: hanging)
            }
        }
        if !line.allSatisfy({ $0 == " " }) { lines.append(line) }
        return lines
    }

    /// How much of a word that is too long goes on a line: up to a mark inside of it when there is one.
    private static func cut(_ word: String, _ room: Int) -> Int {
        let head = Array(word.prefix(room))
        let mark = head.indices.last { $0 >= room / 4 && "._(,".contains(head[$0]) }
        return mark.map { $0 + 1 } ?? room
    }

    /// Characters that any mail can carry.
    static func ascii(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case tie: result.append(character)
            case "\u{2192}": result += "->"
            case "\u{2190}": result += "<-"
            case "\u{2026}": result += "..."
            case "\u{2260}": result += "!="
            case "\u{2264}": result += "<="
            case "\u{2265}": result += ">="
            case "\u{2013}", "\u{2014}": result += "-"
            default: result.append(character.isASCII && (character.asciiValue ?? 0) >= 32 ? character : "?")
            }
        }
    }
}
