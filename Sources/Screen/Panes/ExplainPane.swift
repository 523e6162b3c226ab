import Scene

/// Why something is as it is: sentences, each with its part in the argument.
enum ExplainPane {
    /// One line, and the sentence that it belongs to.
    struct Line: Equatable {
        var sentence: Int
        var spans: [Span]
    }

    static func lines(_ explanation: Explanation, width: Int) -> [Line] {
        var lines: [Line] = []
        for (index, sentence) in explanation.sentences.enumerated() {
            let (glyph, word, role) = lead(sentence.role)
            let margin = 13
            let isRepeated = index > 0 && explanation.sentences[index - 1].role == sentence.role
            let step = sentence.step.map { "[step \($0)]" } ?? ""
            let text = sentence.text + (step.isEmpty ? "" : " " + step)
            for (row, text) in Notices.wrapped(text, max(12, width - margin)).enumerated() {
                let head = row > 0 ? "" : isRepeated ? glyph : "\(glyph) \(word)"
                let gap = String(repeating: " ", count: max(0, margin - Canvas.width(of: head)))
                let words: Role = sentence.role == .rule ? .dim : .text
                let isLast = !step.isEmpty && text.hasSuffix(step)
                var spans = [Span(head + gap, role), Span(isLast ? String(text.dropLast(step.count)) : text, words)]
                if isLast { spans.append(Span(step, .dim)) }
                lines.append(Line(sentence: index, spans: spans))
            }
        }
        if !explanation.seeAlso.isEmpty {
            let names = Notices.wrapped("see also " + explanation.seeAlso.joined(separator: ", "), max(12, width))
            lines += [Line(sentence: -1, spans: [])] + names.map { Line(sentence: -1, spans: [Span($0, .accent)]) }
        }
        return lines
    }

    private static func lead(_ role: Explanation.Sentence.Role) -> (String, String, Role) {
        switch role {
        case .fact: ("•", "so it is", .accent)
        case .cause: ("←", "because", .partial)
        case .consequence: ("→", "therefore", .good)
        case .rule: ("§", "the rule", .special)
        }
    }

    static func draw(_ scene: Scene, _ explaining: Subject?, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let title = scene.explanation.map { "Explain: " + $0.title } ?? PaneID.explain.title
        let inside = canvas.frame(
            rect, .explain, title: title,
            footer: context.isFocused ? [Span("↑↓ choose  enter goes to the step  Esc closes", .dim)] : [], context: context)
        guard let explanation = scene.explanation else {
            let words = explaining == nil ? "select a thread, a notifier, a page, a lock or a number and press e" : "asking…"
            canvas.write(words, in: inside, .dim)
            return
        }
        let lines = lines(explanation, width: inside.width)
        let first = firstLine(lines, context.scroll, inside.height)
        canvas.scrollBar(rect, offset: first, shown: inside.height, total: lines.count)
        for (y, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            canvas.write(line.spans, in: inside, y: y)
            if context.isFocused, line.sentence == context.scroll { canvas.light(.selected, in: inside, y: y, PaneContext()) }
        }
    }

    /// The line that stands at the top, so that the chosen sentence is in sight.
    static func firstLine(_ lines: [Line], _ sentence: Int, _ height: Int) -> Int {
        let start = lines.firstIndex { $0.sentence == sentence } ?? 0
        let end = lines.lastIndex { $0.sentence == sentence } ?? 0
        if end < height { return 0 }
        return max(0, min(start, max(end - height + 1, min(start - height / 3, lines.count - height))))
    }
}
