import Scene

/// The key table as an overlay: in two columns where there is room.
enum HelpOverlay {
    /// The help of a session, and that of the home screen.
    static let session = blocks(KeyMap.bindings)
    static let home = blocks(HomeState.bindings)

    /// A heading, or keys and what they do, or nothing.
    struct Line {
        let heading, keys, words: String
        /// Columns that each takes: counted once, as all of them are asked for at every frame.
        let headingWidth, keysWidth, wordsWidth: Int

        init(heading: String = "", keys: String = "", words: String = "") {
            (self.heading, self.keys, self.words) = (heading, keys, words)
            (headingWidth, keysWidth, wordsWidth) = (Canvas.width(of: heading), Canvas.width(of: keys), Canvas.width(of: words))
        }
    }

    /// The lines of one heading.
    typealias Block = [Line]

    private static func blocks(_ bindings: [KeyBinding]) -> [Block] {
        KeyBinding.Group.allCases.compactMap { group in
            let rows = bindings.filter { $0.group == group }
            if rows.isEmpty { return nil }
            return [Line(heading: group.rawValue)] + rows.map { Line(keys: $0.label, words: $0.words) }
        }
    }

    /// The keys of a column's lines stand in a column of their own, however long they are.
    private static func keysWidth(_ lines: [Line]) -> Int { lines.reduce(0) { max($0, $1.keysWidth) } }

    private static func width(_ lines: [Line]) -> Int {
        let keys = keysWidth(lines)
        return lines.reduce(30) { max($0, $1.headingWidth, 2 + keys + 2 + $1.wordsWidth) }
    }

    /// The blocks beside each other as far as there is room, broken where the columns are most alike.
    private static func columns(_ blocks: [Block], _ room: Int) -> [[Line]] {
        func joined(_ part: ArraySlice<Block>) -> [Line] { Array(part.map { $0 }.joined(separator: [Line()])) }
        let one = [joined(blocks[...])]
        guard blocks.count > 1, (one[0].count > 30 || room >= 150) else { return one }
        var best = one
        for cut in 1..<blocks.count {
            let pair = [joined(blocks[..<cut]), joined(blocks[cut...])]
            guard width(pair[0]) + width(pair[1]) + 8 <= room else { continue }
            if max(pair[0].count, pair[1].count) < best.reduce(0, { max($0, $1.count) }) { best = pair }
        }
        return best
    }

    /// The furthest that a help scrolls on a screen of this size.
    static func lastScroll(_ blocks: [Block], _ size: Size) -> Int {
        let count = columns(blocks, size.width).reduce(0) { max($0, $1.count) }
        return max(0, count - max(1, size.height - 4))
    }

    static func draw(_ blocks: [Block], into canvas: inout Canvas, scroll: Int) {
        let columns = columns(blocks, canvas.size.width)
        let count = columns.reduce(0) { max($0, $1.count) }
        let width = columns.reduce(0) { $0 + self.width($1) + 4 } + 2
        let rect = canvas.bounds.inset(columns: 1, rows: 1).centred(width: width, height: count + 2)
        // A blank column on either side keeps what lies beneath apart.
        canvas.fill(rect.inset(columns: -1, rows: 0))
        let shown = max(0, rect.height - 2)
        let first = max(0, min(scroll, count - shown))
        let more = count > shown ? "↑↓ scroll   " : ""
        let inside = canvas.frame(
            rect, nil, title: "Keys", footer: [Span(more + "any other key closes", .dim)], context: PaneContext(isFocused: true))
        canvas.scrollBar(rect, offset: first, shown: shown, total: count)
        var x = 0
        for column in columns {
            let words = x + 2 + keysWidth(column) + 2
            for (y, line) in column.dropFirst(first).prefix(shown).enumerated() {
                canvas.write(line.heading, in: inside, x: x, y: y, .paneTitle)
                canvas.write(line.keys, in: inside, x: x + 2, y: y, .keyHint)
                canvas.write(line.words, in: inside, x: words, y: y)
            }
            x += self.width(column) + 4
        }
    }
}
