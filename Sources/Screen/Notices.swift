/// Screens without a session: too small, loading, an error.
public enum Notices {
    static func drawTooSmall(into canvas: inout Canvas) {
        let size = canvas.size
        let need = "\(Layout.minimum.width)×\(Layout.minimum.height)"
        let long = "mmuscope needs \(need), this is \(size.width)×\(size.height)"
        let words = Canvas.width(of: long) <= size.width ? long : "needs \(need)"
        let rect = canvas.bounds
        canvas.write(words, in: rect, x: max(0, (size.width - Canvas.width(of: words)) / 2), y: size.height / 2, .message)
    }

    /// While a session is being opened.
    /// - Parameter hasHome: there is a home screen to go back to.
    public static func loading(_ name: String, hasHome: Bool = true, size: Size, glyphs: GlyphSet = .unicode) -> Canvas {
        notice("Opening", [name, "", hasHome ? "Esc goes back" : "q quits"], .accent, size, glyphs)
    }

    /// When a session can't be opened.
    public static func failure(_ name: String, _ reason: String, size: Size, glyphs: GlyphSet = .unicode) -> Canvas {
        notice("\(name) can't be opened", wrapped(reason, max(20, min(size.width, 80) - 8)) + ["", "Esc goes back, q quits"],
            .colliding, size, glyphs)
    }

    private static func notice(
        _ title: String, _ lines: [String], _ role: Role, _ size: Size, _ glyphs: GlyphSet
    ) -> Canvas {
        var canvas = Canvas(size)
        let width = max(30, lines.reduce(Canvas.width(of: title) + 4) { max($0, Canvas.width(of: $1)) } + 4)
        let rect = canvas.bounds.centred(width: width, height: lines.count + 2)
        let inside = canvas.frame(rect, nil, title: title, context: PaneContext(isFocused: true))
        for (y, line) in lines.enumerated() {
            canvas.write(line, in: inside, y: y, y == 0 ? role : y == lines.count - 1 ? .dim : .text)
        }
        canvas.apply(glyphs)
        return canvas
    }

    /// Text broken at blanks into lines of at most `width` columns.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if !line.isEmpty, Canvas.width(of: line) + 1 + Canvas.width(of: String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}
