import Scene

/// The history: a lane a thread, a column for so many steps, and where the session stands in it.
enum TimelinePane {
    /// Columns of the labels at the left.
    static func gutter(_ width: Int) -> Int { width >= 110 ? 18 : width >= 80 ? 14 : 10 }

    /// How many columns of steps a pane of this width can show.
    static func columns(width: Int) -> Int { max(1, width - 4 - gutter(width)) }

    /// Rows for lanes, of so many inside: a ruler stands above them and the marks below.
    static func laneRows(_ scene: Scene, inside: Int) -> Int { max(1, min(max(1, scene.timeline.lanes.total), inside - 2)) }

    /// The room of the lanes' cells.
    static func cells(_ rect: Rect) -> Rect {
        let inside = rect.inset(columns: 2, rows: 1)
        return inside.splitLeft(gutter(rect.width)).rest
    }

    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let timeline = scene.timeline
        let room = rect.height - 2
        let shown = min(timeline.lanes.rows.count, laneRows(scene, inside: room))
        let inside = canvas.frame(
            rect, .timeline, title: PaneID.timeline.title, note: note(scene, shown), footer: legend(width: rect.width - 6), context: context)
        guard timeline.columns > 0, !timeline.lanes.rows.isEmpty else {
            EventsPane.rows(scene, into: &canvas, inside, context: context)
            return
        }
        canvas.scrollBar(rect, offset: timeline.lanes.offset, shown: shown, total: timeline.lanes.total)
        let area = cells(rect)
        let cursor = cursorColumn(scene)
        ruler(scene, cursor, into: &canvas, area)
        for (index, lane) in timeline.lanes.rows.prefix(shown).enumerated() {
            label(lane, scene, into: &canvas, inside, y: index + 1, context)
            draw(lane, timeline, cursor, into: &canvas, area, y: index + 1)
            canvas.light(context.lights.light(lane.thread), in: Rect(x: inside.x, y: inside.y, width: gutter(rect.width) - 1, height: inside.height), y: index + 1, context)
        }
        marks(scene, context, into: &canvas, inside, area, y: shown + 1)
        // Beneath the lanes, what happened last.
        let rest = inside.splitTop(shown + 2).rest
        if rest.height >= 2, context.showsEvents {
            for x in inside.x..<inside.maxX { canvas.set("─", x: x, y: rest.y, Style(.border)) }
            EventsPane.rows(scene, into: &canvas, rest.splitTop(1).rest, context: context)
        }
    }

    private static func note(_ scene: Scene, _ shown: Int) -> [Span] {
        let timeline = scene.timeline
        var words = shown < timeline.lanes.total ? "\(timeline.lanes.extent(shown: shown)) threads, " : ""
        let noun = scene.source == .recording ? "event" : "step"
        words += timeline.stepsPerColumn <= 1 ? (noun == "event" ? "an event a column" : "a step a column") : "\(timeline.stepsPerColumn) \(noun)s a column"
        return [Span(words, .dim)]
    }

    private static func legend(width: Int) -> [Span] {
        let items: [(String, Role, String)] = [
            ("━", .running, "steps"), ("─", .dim, "ready"), ("z", .asleep, "asleep"), (":", .dim, "blocked"),
            ("≡", .invalidation, "invalidating"), ("■", .odd, "odd"), ("●", .colliding, "collides"),
        ]
        var count = items.count
        func spans(_ count: Int) -> [Span] {
            Array(items.prefix(count).map { [Span($0.0, $0.1), Span(" " + $0.2, .dim)] }.joined(separator: [Span("  ")]))
        }
        while count > 1, Canvas.width(of: spans(count)) > width { count -= 1 }
        return spans(count)
    }

    /// The cell of the step that led here; -1 at the very start, where none did.
    static func cursorColumn(_ scene: Scene) -> Int? {
        let timeline = scene.timeline
        if scene.position.step == timeline.firstStep { return -1 }
        return timeline.column(ofStep: scene.position.step)
    }

    /// Step numbers at round steps, and the cursor.
    private static func ruler(_ scene: Scene, _ cursor: Int?, into canvas: inout Canvas, _ area: Rect) {
        let timeline = scene.timeline
        let units = max(1, timeline.stepsPerColumn)
        let last = timeline.firstStep + timeline.columns * units
        let room = "\(last)".count + 3
        var stride = 5
        for factor in [2, 2, 5].repeated(18) where stride / units < room {
            let (next, overflow) = stride.multipliedReportingOverflow(by: factor)
            if overflow { break }
            stride = factor == 5 ? next / 2 : next
        }
        let words = "▼\(scene.position.step)"
        let width = Canvas.width(of: words)
        // At the right edge the number stands before the mark.
        let isRight = (cursor ?? 0) + width < area.width
        let x = isRight ? cursor ?? 0 : (cursor ?? 0) - width + 1
        let taken = cursor == nil ? 0..<0 : x - 1..<x + width + 1
        var step = (timeline.firstStep / stride + 1) * stride
        // What has not been run has no steps to name.
        while step <= min(last, scene.position.last) {
            let label = "╵\(step)"
            if let column = timeline.column(ofStep: step), column + label.count <= area.width,
                !taken.overlaps(column..<column + label.count)
            {
                canvas.write(label, in: area, x: column, .axis)
            }
            step += stride
        }
        guard cursor != nil else { return }
        canvas.write(isRight ? words : "\(scene.position.step)▼", in: Rect(x: area.x - 1, y: area.y, width: area.width + 1, height: 1), x: x + 1, Style(.accent, bold: true))
    }

    private static func label(_ lane: TimelineLane, _ scene: Scene, into canvas: inout Canvas, _ inside: Rect, y: Int, _ context: PaneContext) {
        let isCurrent = scene.threads.rows.contains { $0.id == lane.thread && $0.isCurrent }
        let room = Rect(x: inside.x, y: inside.y, width: max(0, cellsLeft(inside) - 2), height: inside.height)
        canvas.write(
            [Span(lane.label, isCurrent ? .running : .text, bold: true), Span(" " + lane.name, isCurrent ? .running : .dim)], in: room, y: y)
    }

    private static func cellsLeft(_ inside: Rect) -> Int { gutter(inside.width + 4) }

    private static func draw(_ lane: TimelineLane, _ timeline: Timeline, _ cursor: Int?, into canvas: inout Canvas, _ area: Rect, y: Int) {
        for (column, cell) in lane.cells.prefix(min(timeline.columns, area.width)).enumerated() {
            var (scalar, role) = glyph(cell)
            let isCursor = column == cursor
            // What is still to come is there, but quiet.
            if let cursor, column > cursor { role = .future }
            if isCursor, scalar == " " { scalar = "│" }
            canvas.set(scalar, x: area.x + column, y: area.y + y, Style(role, selected: isCursor))
        }
    }

    static func glyph(_ cell: TimelineCell) -> (scalar: Unicode.Scalar, role: Role) {
        if let event = cell.event {
            let (glyph, role) = Words.event(event)
            if let scalar = glyph.unicodeScalars.first { return (scalar, role) }
        }
        switch cell.activity {
        case .unknown: return (" ", .dim)
        // Between its start and its end a thread's line is a multiple one: in colour only where it goes on, so that many
        // invalidations at a time don't drown what happens in them. Whoever waits is drawn thin.
        case .stepped: return cell.isInvalidating ? ("≡", .invalidation) : ("━", .running)
        case .idle: return (cell.isInvalidating ? "═" : "─", .lane)
        case .asleep: return ("z", .asleep)
        case .blocked: return (":", .lane)
        case .absent: return (" ", .dim)
        }
    }

    /// The row beneath the lanes: marks, branches, perturbations, findings, each with its name where there is room.
    private static func marks(_ scene: Scene, _ context: PaneContext, into canvas: inout Canvas, _ inside: Rect, _ area: Rect, y: Int) {
        guard y < inside.height else { return }
        let timeline = scene.timeline
        canvas.write("marks", in: inside, y: y, .dim)
        var places: [(column: Int, mark: TimelineMark)] = timeline.marks.compactMap { mark in
            (timeline.column(ofStep: mark.step) ?? (mark.step == timeline.firstStep ? 0 : nil)).map { ($0, mark) }
        }
        places.sort { $0.column < $1.column }
        for (index, place) in places.enumerated() {
            let (glyph, role) = Words.mark(place.mark.kind)
            let next = index + 1 < places.count ? places[index + 1].column : area.width
            canvas.set(glyph, x: area.x + place.column, y: area.y + y, Style(role, bold: true))
            let room = next - place.column - 2
            let name = place.mark.name.isEmpty ? "" : place.mark.name
            if room >= min(6, Canvas.width(of: name)), !name.isEmpty {
                let box = Rect(x: area.x + place.column + 1, y: area.y, width: room, height: area.height)
                canvas.write(name, in: box, y: y, role)
            }
        }
        if let step = context.lights.step, let column = timeline.column(ofStep: step) {
            canvas.set("»", x: area.x + column, y: area.y + y, Style(.accent, bold: true))
        }
    }
}

extension Array {
    /// The elements over and over again.
    fileprivate func repeated(_ times: Int) -> [Element] { (0..<times).flatMap { _ in self } }
}

extension Rect {
    /// What of it lies inside of another.
    func clipped(to other: Rect) -> Rect {
        let left = max(x, other.x), top = max(y, other.y)
        return Rect(x: left, y: top, width: min(maxX, other.maxX) - left, height: min(maxY, other.maxY) - top)
    }
}
