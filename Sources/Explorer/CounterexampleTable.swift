import Language
import Machine

extension Counterexample {
    /// The table of a commit message: a column for each thread that takes part, time runs down. Plain ASCII, ready to
    /// be pasted into a mail.
    ///
    /// With more than three threads there is no room for columns: each line is said by its thread's name.
    public func table(width: Int = 80) -> String {
        let width = max(60, width)
        let rows = rows()
        let threads = Set(rows.map(\.thread)).sorted()
        let lines: [String]
        switch threads.count {
        case 0: lines = ["(found in the scenario's setup)"]
        case 1...3: lines = columns(rows, threads, width)
        default: lines = sequence(rows, width)
        }
        let others = Set(steps.map(\.thread)).subtracting(threads).sorted().map { Self.ascii(name(of: $0)) }
        let rest = others.isEmpty ? [] : ["", "(not shown: \(others.joined(separator: ", ")))"]
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
        let hasPlace = finding.property != "refs-balanced" || isFoundByStep
        let info = hasPlace && program.statements.indices.contains(finding.statement)
            ? program.statements[finding.statement] : nil
        let place = info.map { " (\(program.sources[$0.file].name):\($0.line))" } ?? ""
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
    private static let restProperties: Set<String> = ["no-deadlock", "no-lost-wakeup", "refs-balanced"]

    /// What fails is a check of what was written: no stale mapping, no freed record, no wait.
    var isFoundByWrites: Bool {
        hasFinding && isFoundByStep && !["no-stale-spte", "no-use-after-free", "no-deadlock", "no-lost-wakeup", Self.livelock].contains(finding.property)
    }

    /// The last step fails; otherwise it is the state after it.
    var isFoundByStep: Bool {
        guard let last = machines.last, finding.property != Self.livelock, !isBesideOthers else { return false }
        return last.restFinding() != finding || !Self.isStuck(last)
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

    // MARK: Rows

    /// One line of the table, before it is wrapped.
    struct Row: Equatable {
        var thread: Int
        var depth: Int
        var text: String
        var isComment = false
    }

    func rows() -> [Row] {
        let relevance = Relevance(self)
        let places = Places(program)
        var builder = RowBuilder(program: program)
        for (index, step) in steps.enumerated() { builder.add(step, told(index, relevance, places)) }
        for step in waits {
            let text = Row(thread: step.thread, depth: step.depth, text: step.text)
            builder.add(step, [text] + step.events.map { Row(thread: step.thread, depth: step.depth, text: $0, isComment: true) })
        }
        if let next = unlinking, steps.contains(where: { $0.thread == next.thread }) {
            builder.rows.append(Row(thread: next.thread, depth: next.depth, text: "not reached: \(next.text)", isComment: true))
        }
        let told = participants
        return builder.rows.filter { told.contains($0.thread) }.reduce(into: []) { result, row in
            if result.last != row { result.append(row) }
        }
    }

    /// Puts the calls above what is shown of them.
    private struct RowBuilder {
        let program: Program
        var rows: [Row] = []
        /// For each thread, the calls that it is in and whether they have been shown.
        private var open: [Int: [(function: Int, caller: Int?, isShown: Bool)]] = [:]

        init(program: Program) { self.program = program }

        mutating func add(_ step: Step, _ shown: [Row]) {
            var calls = open[step.thread] ?? []
            var common = 0
            while common < calls.count, common + 1 < step.stack.count,
                calls[common].function == step.stack[common + 1].function,
                calls[common].caller == step.stack[common].statement
            {
                common += 1
            }
            calls.removeSubrange(common...)
            for depth in (common + 1)..<max(common + 1, step.stack.count) {
                calls.append((step.stack[depth].function, step.stack[depth - 1].statement, false))
            }
            if !shown.isEmpty {
                for depth in calls.indices where !calls[depth].isShown {
                    calls[depth].isShown = true
                    let name = program.functions[calls[depth].function].qualifiedName
                    rows.append(Row(thread: step.thread, depth: depth, text: "\(name)()"))
                }
                for row in shown where rows.last != row && !row.text.isEmpty { rows.append(row) }
            }
            open[step.thread] = calls
        }
    }

    /// Where threads wait for ever, when that is what was found; their reason is their event.
    private var waits: [Step] {
        guard let final = machines.last, !steps.isEmpty else { return [] }
        return waiting.map { thread, blockage in
            var step = Self.step(of: thread, from: final, to: final, EventLog())
            step.events = ["BUG: \(final.describe(blockage))"]
            step.kinds = ["finding"]
            return step
        }
    }

    /// The threads that matter to what was found. When threads wait for ever, all others have run to their ends, and most have
    /// nothing to do with it: only those that hold what is waited for, or changed what a sleeper looks at.
    private var participants: Set<Int> {
        let all = Set(steps.map(\.thread))
        guard !waits.isEmpty, let final = machines.last else { return all }
        var result: Set<Int> = []
        let places = Places(program)
        for wait in waits {
            result.insert(wait.thread)
            guard case .blocked(let blockage) = final.standing(of: wait.thread) else { continue }
            result.formUnion(blockage.holders)
            guard let last = steps.indices.last(where: { steps[$0].thread == wait.thread }) else { continue }
            for slot in Footprint(of: wait.thread, in: machines[last]).looked where places.isTold(slot) {
                if let writer = steps.last(where: { $0.changes.contains { $0.slot == slot } }) { result.insert(writer.thread) }
            }
        }
        return result
    }

    /// What is shown of a step: its text where it matters, its sentences as comments.
    private func told(_ index: Int, _ relevance: Relevance, _ places: Places) -> [Row] {
        let step = steps[index]
        let isLast = index == steps.count - 1
        var rows: [Row] = []
        if firstStepOfRound == index + 1 {
            rows.append(Row(thread: step.thread, depth: step.depth, text: "here the round begins", isComment: true))
        }
        if isLast || relevance.conflicts[index] || relevance.guards[index] || isAloneBeforeSwitch(index, relevance) {
            var text = step.text
            if step.events.isEmpty, let change = change(index, places), !isSaid(change, after: index) {
                text += " " + "/* \(change) */".replacing(" ", with: String(Self.tie))
            }
            rows.append(Row(thread: step.thread, depth: step.depth, text: text))
        }
        for event in step.events {
            rows.append(Row(thread: step.thread, depth: step.depth, text: event, isComment: true))
        }
        if isLast, isFoundByStep, hasFinding {
            let text = sentence == finding.sentence ? "BUG: \(finding.property)" : "BUG: \(finding.sentence)"
            rows.append(Row(thread: step.thread, depth: step.depth, text: text, isComment: true))
        } else if isLast, let first = firstStepOfRound {
            let count = steps.count - first + 1
            let text = "BUG: everything is as it was \(count) step\(count == 1 ? "" : "s") before"
            rows.append(Row(thread: step.thread, depth: step.depth, text: text, isComment: true))
        }
        return rows
    }

    /// Whether the thread is about to say so itself.
    private func isSaid(_ change: String, after index: Int) -> Bool {
        steps[(index + 1)...].lazy.filter { $0.thread == steps[index].thread }.prefix(6)
            .contains { $0.events.contains { Self.ascii($0).contains(change) } }
    }

    /// The last step of a stretch of which nothing else is shown.
    private func isAloneBeforeSwitch(_ index: Int, _ relevance: Relevance) -> Bool {
        guard index + 1 < steps.count, steps[index + 1].thread != steps[index].thread else { return false }
        var step = index
        while step >= 0, steps[step].thread == steps[index].thread {
            if relevance.conflicts[step] || relevance.guards[step] || !steps[step].events.isEmpty { return false }
            step -= 1
        }
        return true
    }

    /// "3 -> 4": what became of a number that a step changes.
    private func change(_ index: Int, _ places: Places) -> String? {
        let told = steps[index].changes.filter { change in
            guard places.isTold(change.slot), !places.isHeader(change.slot) else { return false }
            switch places.type(at: change.slot) {
            case .integer: return true
            default: return false
            }
        }
        guard told.count == 1, let only = told.first, let type = places.type(at: only.slot) else { return nil }
        let machine = machines[index]
        let values = "\(machine.text(of: only.old, as: type)) -> \(machine.text(of: only.new, as: type))"
        // Of several stores in one step it must be said whose the number is.
        let field = places.field(at: only.slot)?.info.name ?? places.name(of: only.slot, in: machine)
        let text = steps[index].text
        return text.contains(field) && text.count(where: { $0 == ";" }) == 0 ? values : "\(field) \(values)"
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
    private static let tie: Character = "\u{1}"

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
