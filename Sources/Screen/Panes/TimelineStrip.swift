import Scene

/// The whole history in two rows, for a screen that has no room for lanes: what all threads together did, and in the rule
/// above it the marks and where the session stands.
enum TimelineStrip {
    /// Columns of the title at the left.
    private static let gutter = 16

    /// How many columns of steps there are on a screen of this width.
    static func columns(width: Int) -> Int { max(1, width - gutter - 2) }

    /// The room of the cells.
    static func cells(_ rect: Rect) -> Rect {
        Rect(x: rect.x + gutter, y: rect.y + 1, width: columns(width: rect.width), height: 1)
    }

    /// The step that a place in the strip stands for.
    static func step(at x: Int, _ rect: Rect, _ scene: Scene) -> Int? {
        let area = cells(rect)
        guard x >= area.x, x < area.maxX, scene.timeline.columns > 0 else { return nil }
        return min(scene.timeline.step(ofColumn: x - area.x), scene.position.last)
    }

    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect) {
        let inside = canvas.frame(rect, .timeline, title: PaneID.timeline.title, context: PaneContext(isFlat: true))
        canvas.write("all threads", in: inside, .dim)
        let timeline = scene.timeline
        let area = cells(rect)
        let cursor = TimelinePane.cursorColumn(scene)
        for column in 0..<min(timeline.columns, area.width) {
            var (scalar, role) = glyph(timeline, column, last: scene.position.last)
            if column > cursor ?? -1 { role = .future }
            let isCursor = column == cursor
            canvas.set(isCursor && scalar == " " ? "│" : scalar, x: area.x + column, y: area.y, Style(role, selected: isCursor))
        }
        rule(scene, cursor, into: &canvas, Rect(x: area.x, y: rect.y, width: area.width, height: 1))
    }

    /// Marks, and the cursor with its step where the marks leave room.
    private static func rule(_ scene: Scene, _ cursor: Int?, into canvas: inout Canvas, _ area: Rect) {
        var taken: Set<Int> = []
        for mark in scene.timeline.marks {
            guard let column = scene.timeline.column(ofStep: mark.step) ?? (mark.step == 0 ? 0 : nil) else { continue }
            let (glyph, role) = Words.mark(mark.kind)
            canvas.set(glyph, x: area.x + column, y: area.y, Style(role, bold: true))
            taken.insert(column)
        }
        guard let cursor else { return }
        canvas.set("▼", x: area.x + cursor, y: area.y, Style(.accent, bold: true))
        let words = "\(scene.position.step)"
        // At the very start it stands before the first column.
        let places = [cursor + 1, cursor - words.count].map { $0..<($0 + words.count) }
        guard let place = places.first(where: { $0.lowerBound >= 0 && $0.upperBound <= area.width && taken.isDisjoint(with: $0) })
        else { return }
        canvas.write([Span(words, .accent, bold: true)], in: area, x: place.lowerBound)
    }

    /// What all lanes come to in one column: what one would go back to see, else whether anything was being invalidated.
    static func glyph(_ timeline: Timeline, _ column: Int, last: Int) -> (scalar: Unicode.Scalar, role: Role) {
        guard timeline.firstStep + column * timeline.stepsPerColumn < last else { return (" ", .dim) }
        let cells = timeline.lanes.rows.compactMap { $0.cells.indices.contains(column) ? $0.cells[column] : nil }
        let events = cells.compactMap(\.event).filter(isTold)
        if let event = events.max(by: { $0.weight < $1.weight }), let scalar = Words.event(event).glyph.unicodeScalars.first {
            return (scalar, Words.event(event).role)
        }
        if cells.contains(where: \.isInvalidating) { return ("═", .invalidation) }
        return cells.isEmpty || cells.contains { $0.activity != .unknown } ? ("─", .lane) : (" ", .dim)
    }

    private static func isTold(_ event: EventKind) -> Bool {
        switch event {
        case .finding, .refuse, .collide, .retry, .odd: true
        default: false
        }
    }
}
