import Scene

/// The text that runs, with the place of every thread in it.
enum CodePane {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let code = scene.code
        let room = max(0, rect.height - 2)
        let title = code.title.isEmpty ? PaneID.code.title : "Code: " + code.title
        let isProgram = scene.source == .simulation
        let inside = canvas.frame(
            rect, .code, title: title,
            footer: context.isFocused ? [Span("↑↓ choose a line" + (isProgram ? "  B breakpoint  E editor" : ""), .dim)] : [], context: context)
        if code.lines.isEmpty { canvas.write("no text to show", in: inside, .dim) }
        let cursor = cursorLine(code, shift: context.scroll)
        let visible = window(code.lines, room, around: cursor)
        canvas.scrollBar(
            rect, offset: (visible.first?.number ?? 1) - 1, shown: visible.count, total: code.totalLines)
        let digits = visible.reduce(2) { max($0, "\($1.number)".count) }
        let labels = Dictionary(scene.threads.rows.map { ($0.id, $0.label) }) { first, _ in first }
        let marked = visible.reduce(0) { max($0, Canvas.width(of: marks($1, code, labels))) }
        for (y, line) in visible.enumerated() {
            draw(line, code, labels, digits, min(marked, 12), into: &canvas, inside, y, context.shift)
            if line.isFocus { canvas.markCurrent(inside, y: y) }
            // The cursor shows once it has been moved: at first it is where the thread stands.
            if line.number == cursor, context.isFocused { canvas.select(inside, y: y) }
        }
    }

    /// The line that the followed thread stands at; 0 where there is none.
    static func anchorLine(_ code: CodeView) -> Int {
        if code.focusLine > 0 { return code.focusLine }
        if let line = code.lines.first(where: { $0.isFocus }) { return line.number }
        return code.lines.isEmpty ? 0 : code.lines[code.lines.count / 2].number
    }

    /// The line of the pane's cursor: so many beneath where the thread stands.
    static func cursorLine(_ code: CodeView, shift: Int) -> Int {
        let anchor = anchorLine(code)
        return anchor == 0 ? 0 : max(1, min(max(1, code.totalLines), anchor + shift))
    }

    /// The lines to show when more arrived than fit: around the cursor's line, which stays a third from the top.
    static func window(_ lines: [CodeLine], _ room: Int, around cursor: Int) -> ArraySlice<CodeLine> {
        guard lines.count > room else { return lines[...] }
        let focus = lines.firstIndex { $0.number >= cursor } ?? lines.count / 2
        let start = max(0, min(focus - room / 3, lines.count - room))
        return lines[start..<start + room]
    }

    private static func marks(_ line: CodeLine, _ code: CodeView, _ labels: [ThreadID: String]) -> String {
        let others = line.threads.filter { !line.isFocus || $0 != code.thread }
        return others.map { labels[$0] ?? "T\($0.number)" }.joined(separator: " ")
    }

    private static func draw(
        _ line: CodeLine, _ code: CodeView, _ labels: [ThreadID: String], _ digits: Int, _ marked: Int,
        into canvas: inout Canvas, _ inside: Rect, _ y: Int, _ shift: Int
    ) {
        let number = "\(line.number)"
        canvas.write(
            String(repeating: " ", count: digits - number.count) + number, in: inside, y: y,
            line.isFocus ? .accent : .lineNumber)
        if line.isFocus { canvas.write("►", in: inside, x: digits + 1, y: y, .running) }
        if line.hasBreakpoint { canvas.write("●", in: inside, x: digits + (line.isFocus ? 0 : 1), y: y, .colliding) }
        let column = Rect(
            x: inside.x + digits + 3, y: inside.y, width: min(marked, max(0, inside.width - digits - 3)),
            height: inside.height)
        canvas.write(marks(line, code, labels), in: column, y: y, Style(.text, bold: true))
        let left = digits + 3 + (marked > 0 ? marked + 1 : 0)
        let text = Rect(
            x: inside.x + left, y: inside.y, width: max(0, inside.width - left), height: inside.height)
        canvas.write(CodeTint.spans(line.text, isFocus: line.isFocus), in: text, x: -shift, y: y)
    }
}

/// A light tint of the modelling language.
enum CodeTint {
    private static let keywords: Set<String> = [
        "use", "driver", "record", "scenario", "workload", "lesson", "kernel", "thread", "mirror", "mm", "vma",
        "over", "if", "else", "for", "in", "while", "repeat", "continue", "break", "return", "let", "var",
        "lock", "unlock", "trylock", "holding", "choose", "assert", "await", "atomic", "daemon", "expect",
        "schedule", "until", "new", "free", "true", "false", "none", "fn", "func", "enum", "property",
        "wait", "wake", "sleep", "fault", "param", "const", "type", "module", "say", "loop", "goto", "static",
        "struct", "void", "bool", "int", "unsigned", "long", "not", "and", "or", "match", "case", "switch",
    ]

    /// A line of code as spans; tabs count as four blanks.
    static func spans(_ line: String, isFocus: Bool) -> [Span] {
        var spans: [Span] = []
        let base: Role = isFocus ? .codeFocus : .text
        let scalars = Array(line.unicodeScalars)
        var index = 0
        var plain = ""
        func isWord(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic || scalar == "_" || isDigit(scalar) }
        func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }
        func flush() {
            if !plain.isEmpty { spans.append(Span(plain, base)) }
            plain = ""
        }
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\t" {
                plain += "    "
                index += 1
            } else if scalar == "/", index + 1 < scalars.count, scalars[index + 1] == "/" || scalars[index + 1] == "*" {
                flush()
                spans.append(Span(string(scalars[index...]), .codeComment))
                return spans
            } else if isWord(scalar) {
                var end = index
                while end < scalars.count, isWord(scalars[end]) { end += 1 }
                let word = string(scalars[index..<end])
                if keywords.contains(word) {
                    flush()
                    spans.append(Span(word, .codeKeyword, bold: isFocus))
                } else if isDigit(scalar) {
                    flush()
                    spans.append(Span(word, .codeNumber, bold: isFocus))
                } else {
                    plain += word
                }
                index = end
            } else {
                plain.unicodeScalars.append(scalar)
                index += 1
            }
        }
        flush()
        return spans
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
