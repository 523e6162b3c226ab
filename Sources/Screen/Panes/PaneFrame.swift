import Scene

/// What a pane needs to know besides the scene.
struct PaneContext {
    var isFocused = false
    var isZoomed = false
    /// Under a rule instead of in a box: on a small screen every row counts.
    var isFlat = false
    /// Columns that long lines are moved to the left by.
    var shift = 0
    /// Rows of wide content that are passed over (panes whose whole content arrives at once).
    var scroll = 0
    /// What lights up.
    var lights = Highlights()
    /// The panes that share the place of this one, behind it.
    var siblings: [PaneID] = []
    /// The timeline has room beneath its lanes for events that are shown nowhere else.
    var showsEvents = false
    /// Nobody has scrolled: the thread that stepped last stays in sight.
    var followsCurrent = false
    /// Only some of the events are listed.
    var isFiltered = false
    /// Pages that are being picked, and the cursor's.
    var picked: AddressRange?
    var pickCursor: UInt64?
    /// Cells per page on the address axis; `nil` fits.
    var magnification: Int?
}

extension Canvas {
    /// Draws a pane's border with its number and title, a note at the right of the upper edge and a quiet
    /// one at the right of the lower edge.
    /// - Returns: the room inside, with a margin of one column on each side.
    mutating func frame(
        _ rect: Rect, _ pane: PaneID?, title: String, note: [Span] = [], footer: [Span] = [],
        context: PaneContext
    ) -> Rect {
        guard rect.width >= 4, rect.height >= 2 else { return rect.inset() }
        let border = Style(context.isFocused ? .focusBorder : .border)
        if context.isFlat {
            for x in rect.x..<rect.maxX { set("─", x: x, y: rect.y, border) }
        } else {
            box(rect, border)
        }
        let edge = Rect(x: rect.x + 2, y: rect.y, width: rect.width - 4, height: 1)
        let number = pane?.digit.map { "\($0) " } ?? ""
        let heading: [Span] = [
            Span(" " + number, context.isFocused ? .focusTitle : .dim),
            Span((context.isFocused && pane != nil ? "► " : "") + title + " ", context.isFocused ? .focusTitle : .paneTitle),
        ]
        var used = write(heading, in: edge)
        for sibling in context.siblings {
            let spans = PaneTabs.spans(sibling)
            guard used + Canvas.width(of: spans) + Canvas.width(of: note) + 4 < edge.width else { break }
            used = write(spans, in: edge, x: used)
        }
        let noteWidth = Canvas.width(of: note) + 2
        if !note.isEmpty, used + noteWidth < edge.width {
            writeRight([Span(" ")] + note + [Span(" ")], in: edge)
        }
        if !footer.isEmpty, !context.isFlat, Canvas.width(of: footer) + 2 <= edge.width {
            let low = Rect(x: edge.x, y: rect.maxY - 1, width: edge.width, height: 1)
            writeRight([Span(" ")] + footer + [Span(" ")], in: low)
        }
        if context.isFlat { return rect.inset(columns: 2, rows: 0).splitTop(1).rest }
        return rect.inset(columns: 2, rows: 1)
    }

    /// Draws a box.
    mutating func box(_ rect: Rect, _ style: Style) {
        for x in rect.x..<rect.maxX {
            set("─", x: x, y: rect.y, style)
            set("─", x: x, y: rect.maxY - 1, style)
        }
        for y in rect.y..<rect.maxY {
            set("│", x: rect.x, y: y, style)
            set("│", x: rect.maxX - 1, y: y, style)
        }
        set("╭", x: rect.x, y: rect.y, style)
        set("╮", x: rect.maxX - 1, y: rect.y, style)
        set("╰", x: rect.x, y: rect.maxY - 1, style)
        set("╯", x: rect.maxX - 1, y: rect.maxY - 1, style)
    }

    /// A scroll bar on a pane's right border, where the list is longer than its window.
    mutating func scrollBar(_ rect: Rect, offset: Int, shown: Int, total: Int) {
        let track = rect.height - 2
        guard total > shown, shown > 0, track >= 3 else { return }
        let length = max(1, track * shown / total)
        let room = max(1, total - shown)
        let start = min(track - length, (track - length) * min(offset, room) / room)
        for y in 0..<length { set("┃", x: rect.maxX - 1, y: rect.y + 1 + start + y, Style(.dim)) }
    }
}

extension Rows {
    /// "3–9 of 240" where a window shows a part, else the count.
    func extent(shown: Int) -> String {
        if total <= shown { return "\(total)" }
        return "\(offset + 1)–\(min(total, offset + shown)) of \(total)"
    }
}

/// The titles of panes that lie behind another, in its upper edge.
enum PaneTabs {
    static func spans(_ pane: PaneID) -> [Span] {
        [Span("│ ", .border), Span(pane.digit.map { "\($0) " } ?? "", .keyHint), Span(pane.title + " ", .dim)]
    }
}
