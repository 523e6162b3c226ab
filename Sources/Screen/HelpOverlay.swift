import Scene

/// The key table as an overlay: in two columns where there is room.
enum HelpOverlay {
    /// The help of a session, and that of the home screen.
    static let session = blocks(KeyMap.bindings)
    static let home = blocks(HomeState.bindings)

    /// The lines of one heading.
    typealias Block = [[Span]]

    private static func blocks(_ bindings: [KeyBinding]) -> [Block] {
        let width = bindings.reduce(0) { max($0, min(11, Canvas.width(of: $1.label))) }
        return KeyBinding.Group.allCases.compactMap { group in
            let rows = bindings.filter { $0.group == group }
            if rows.isEmpty { return nil }
            var lines: Block = [[Span(group.rawValue, .paneTitle)]]
            for binding in rows {
                let gap = String(repeating: " ", count: max(0, width - Canvas.width(of: binding.label)) + 2)
                lines.append([Span("  "), Span(binding.label, .keyHint), Span(gap + binding.words)])
            }
            return lines
        }
    }

    private static func width(_ lines: [[Span]]) -> Int { lines.reduce(30) { max($0, Canvas.width(of: $1)) } }

    /// The blocks beside each other as far as there is room, broken where the columns are most alike.
    private static func columns(_ blocks: [Block], _ room: Int) -> [[[Span]]] {
        func joined(_ part: ArraySlice<Block>) -> [[Span]] { Array(part.map { $0 }.joined(separator: [[]])) }
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
            for (y, line) in column.dropFirst(first).prefix(shown).enumerated() { canvas.write(line, in: inside, x: x, y: y) }
            x += self.width(column) + 4
        }
    }
}
