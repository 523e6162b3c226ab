import Scene

/// The address space: an axis, and beneath it, column for column, what the CPU maps, what is being
/// invalidated, what notifiers watch, and what devices still map.
enum AddressPane {
    /// Columns of the labels at the left, for a pane of this width.
    static func gutter(_ width: Int) -> Int { width >= 110 ? 19 : width >= 62 ? 17 : 11 }

    /// How many address columns a pane of this width can show.
    static func columns(width: Int) -> Int { max(1, width - 4 - gutter(width)) }

    /// Rows that the pane would like, apart from what comes and goes: room for two invalidations and a
    /// marker row for each device is counted in, so that the layout doesn't jump.
    static func settledRows(_ scene: Scene) -> Int {
        3 + 2 + min(8, max(1, scene.notifiers.total)) + 2 * max(1, scene.addressSpace.devices.count)
    }

    /// One row beneath the axis.
    enum Row {
        case vmas([VMA])
        case unknown(String)
        case pages([PTECell])
        case invalidation(InvalidationSpan)
        case interval(IntervalSpan)
        case more(Int)
        case device(DeviceTable)
        case marks(DeviceTable)
    }

    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let space = scene.addressSpace
        let rows = rows(scene, rect, isFlat: context.isFlat)
        let axis = AddressAxis(space, width: columns(width: rect.width), magnification: context.magnification)
        let legend = AddressLegend(space, cells: axis.cells)
        var note = note(space, rows)
        // Without a lower edge, the upper one tells what can't be guessed.
        if context.isFlat {
            let rare = legend.rare(width: rect.width - 32 - Canvas.width(of: note))
            note = note.isEmpty ? Array(rare.dropLast()) : rare + note
        }
        let inside = canvas.frame(
            rect, .addressSpace, title: PaneID.addressSpace.title, note: note, footer: legend.spans(width: rect.width - 6),
            context: context)
        let axisRect = inside.splitLeft(gutter(rect.width)).rest
        if rows.isEmpty { canvas.write("no address space", in: inside, .dim) }
        let cursor = cursor(axis, context, axisRect.width)
        ruler(axis, around: cursor, into: &canvas, axisRect)
        for (index, row) in rows.enumerated() {
            draw(row, axis, into: &canvas, inside, axisRect, y: index + 1)
            if let light = light(row, context.lights) {
                let label = inside.splitLeft(gutter(rect.width) - 1).left
                canvas.light(light, in: label, y: index + 1, context)
                if light != .none { canvas.embolden(inside, y: index + 1) }
            }
        }
        columns(axis, rows.count, into: &canvas, axisRect, context)
    }

    /// How a row lights up: an interval as its notifier, an invalidation as its thread.
    private static func light(_ row: Row, _ lights: Highlights) -> Highlights.Light? {
        switch row {
        case .interval(let span): lights.light(span.id)
        case .invalidation(let span): lights.light(span.thread)
        default: nil
        }
    }

    /// The columns of the selected page, or of those that are being picked.
    private static func columns(_ axis: AddressAxis, _ rows: Int, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let range = context.picked ?? context.lights.page.map { AddressRange($0, $0) }
        guard let range, let span = axis.span(range) else { return }
        let width = max(1, axis.cells > 1 ? span.last - span.first : span.last - span.first + 1)
        for y in 1...max(1, rows) { canvas.select(Rect(x: rect.x + span.first, y: rect.y, width: width, height: rect.height), y: y) }
    }

    /// The address that the ruler points at, and where its words stand: at the right edge before the mark.
    private static func cursor(_ axis: AddressAxis, _ context: PaneContext, _ room: Int) -> (x: Int, words: String)? {
        guard let address = context.pickCursor ?? context.lights.page else { return nil }
        guard let column = axis.span(AddressRange(address, address))?.first else { return nil }
        let words = Words.address(address)
        let width = Canvas.width(of: words) + 1
        return column + width < room ? (column, "▼" + words) : (column - width + 1, words + "▼")
    }

    /// What lies under a cell of the pane: a notifier's interval, an invalidation's thread, or a page.
    static func subject(_ scene: Scene, _ rect: Rect, x: Int, y: Int, isFlat: Bool, magnification: Int?) -> Subject? {
        let inside = isFlat ? rect.inset(columns: 2, rows: 0).splitTop(1).rest : rect.inset(columns: 2, rows: 1)
        let row = y - inside.y - 1
        let rows = rows(scene, rect, isFlat: isFlat)
        if rows.indices.contains(row) {
            if case .interval(let span) = rows[row] { return .notifier(span.id) }
            if case .invalidation(let span) = rows[row] { return .thread(span.thread) }
        }
        return address(scene, rect, x: x, magnification: magnification).map { .page($0) }
    }

    /// The address under a column of the screen.
    static func address(_ scene: Scene, _ rect: Rect, x: Int, magnification: Int?) -> UInt64? {
        let axisRect = rect.inset(columns: 2, rows: 1).splitLeft(gutter(rect.width)).rest
        let axis = AddressAxis(scene.addressSpace, width: axisRect.width, magnification: magnification)
        let column = x - axisRect.x
        guard column >= 0, column < axis.width else { return nil }
        return axis.address(column: column / max(1, axis.cells))
    }

    private static func rows(_ scene: Scene, _ rect: Rect, isFlat: Bool) -> [Row] {
        rows(scene.addressSpace, room: rect.height - (isFlat ? 2 : 3), isRecording: scene.source == .recording)
    }

    /// How many notifiers are drawn, where that isn't all; and how much a column covers.
    private static func note(_ space: AddressSpace, _ rows: [Row]) -> [Span] {
        var words: [String] = []
        let drawn = rows.count { if case .interval = $0 { true } else { false } }
        if drawn < space.intervalCount { words.append("\(drawn) of \(space.intervalCount) notifiers") }
        if space.unitsPerColumn > 1 {
            words.append(space.unit == .pages ? "\(space.unitsPerColumn) pages a column" : "\(Words.bytes(space.unitsPerColumn)) a column")
        }
        return words.isEmpty ? [] : [Span(words.joined(separator: ", "), .dim)]
    }

    /// What is shown in `room` rows: the intervals give way first.
    private static func rows(_ space: AddressSpace, room: Int, isRecording: Bool) -> [Row] {
        // A model knows its pages as long as there is an mm.
        if !isRecording, space.columns == 0 { return [] }
        var above: [Row] = []
        above.append(space.vmas.value.map(Row.vmas) ?? .unknown("vma"))
        above.append(space.cpuPTEs.value.map(Row.pages) ?? .unknown("CPU pte"))
        let invalidations = space.invalidations.map(Row.invalidation)
        var below: [Row] = []
        for device in space.devices {
            below.append(.device(device))
            if device.cells.contains(where: \.isStale) { below.append(.marks(device)) }
        }
        // Then devices that map nothing stale, then the mappings: what is wrong stays in sight.
        while above.count + invalidations.count + below.count + 1 > room,
            let index = below.lastIndex(where: { row in
                if case .device(let table) = row { !table.cells.contains(where: \.isStale) } else { false }
            })
        {
            below.remove(at: index)
        }
        let spare = room - below.count - invalidations.count
        // The mappings give way to one interval; what is wrong or under way doesn't.
        let left = max(0, min(1, spare), spare - above.count)
        var intervals = urgent(space.intervals, left).map(Row.interval)
        let hidden = space.intervalCount - intervals.count
        if hidden > 0, intervals.count == left, left > 1 {
            intervals.removeLast()
            intervals.append(.more(hidden + 1))
        }
        let rows = above + invalidations + intervals + below
        return Array(rows.suffix(max(0, room)))
    }

    /// The intervals to draw where not all can be: those that collide first.
    private static func urgent(_ intervals: [IntervalSpan], _ room: Int) -> [IntervalSpan] {
        if intervals.count <= room { return intervals }
        let colliding = intervals.filter { $0.state == .colliding }
        return Array((colliding + intervals.filter { $0.state != .colliding }).prefix(room))
    }

    private static func ruler(_ axis: AddressAxis, around cursor: (x: Int, words: String)?, into canvas: inout Canvas, _ rect: Rect) {
        let taken = cursor.map { $0.x - 1..<$0.x + Canvas.width(of: $0.words) + 1 } ?? 0..<0
        if let cursor { canvas.write(cursor.words, in: rect, x: cursor.x, Style(.accent, bold: true)) }
        guard axis.columns > 0 else { return }
        let labelWidth = Words.address(axis.last).unicodeScalars.count + 2
        var every = 1
        while every * axis.cells < labelWidth { every *= 2 }
        let offset = Int((axis.origin / axis.units) % UInt64(every))
        var column = offset == 0 ? 0 : every - offset
        while column < axis.columns {
            let label = Words.address(axis.address(column: column))
            let x = column * axis.cells
            let end = x + label.unicodeScalars.count + 1
            if end - 1 <= rect.width, !taken.overlaps(x..<end) {
                canvas.write("╵" + label, in: rect, x: x, y: 0, .axis)
            }
            column += every
        }
    }

    private static func draw(
        _ row: Row, _ axis: AddressAxis, into canvas: inout Canvas, _ inside: Rect, _ rect: Rect, y: Int
    ) {
        let label = Rect(x: inside.x, y: inside.y, width: rect.x - inside.x - 1, height: inside.height)
        switch row {
        case .vmas(let vmas):
            canvas.write("vma", in: label, y: y, .dim)
            for vma in vmas { draw(vma, axis, into: &canvas, rect, y) }
        case .unknown(let name):
            canvas.write(name, in: label, y: y, .dim)
            canvas.write("? not in the recording", in: rect, y: y, .dim)
        case .pages(let cells):
            canvas.write("CPU pte", in: label, y: y, .dim)
            for column in 0..<min(cells.count, axis.columns) {
                let (scalar, role) = Words.entry(cells[column])
                page(scalar, role, axis, column, into: &canvas, rect, y)
            }
        case .invalidation(let span):
            canvas.write("▒ " + span.threadName, in: label, y: y, .invalidation)
            draw(span, axis, into: &canvas, rect, y)
        case .interval(let span):
            let role: Role = span.state == .colliding ? .colliding : .interval
            canvas.write(span.name, in: label, y: y, role)
            draw(span, axis, into: &canvas, rect, y)
        case .more(let count):
            canvas.write("… \(count) more notifiers here (↓)", in: inside, y: y, .dim)
        case .device(let table):
            canvas.write(table.name, in: label, y: y, .device)
            for column in 0..<min(table.cells.count, axis.columns) {
                let cell = table.cells[column]
                let (scalar, role) = Words.deviceEntry(cell.entry)
                let shown: Role = cell.isStale ? (cell.isExcused ? .excused : .stale) : role
                page(scalar, shown, axis, column, into: &canvas, rect, y)
            }
        case .marks(let table):
            marks(table, axis, into: &canvas, label, rect, y)
        }
    }

    /// A page that is several cells wide is drawn as a block with a gap after it; one that isn't mapped as a dot.
    private static func page(
        _ scalar: Unicode.Scalar, _ role: Role, _ axis: AddressAxis, _ column: Int, into canvas: inout Canvas,
        _ rect: Rect, _ y: Int
    ) {
        let width = role == .unmapped ? 1 : max(1, axis.cells - 1)
        for x in 0..<width { canvas.set(scalar, x: rect.x + column * axis.cells + x, y: rect.y + y, Style(role)) }
    }

    private static func draw(_ vma: VMA, _ axis: AddressAxis, into canvas: inout Canvas, _ rect: Rect, _ y: Int) {
        guard let span = axis.span(vma.range) else { return }
        line(span, "├", "─", "┤", .vma, into: &canvas, rect, y)
        let room = span.last - span.first - 1
        let text = " \(vma.label) "
        let width = Canvas.width(of: text)
        if width <= room {
            canvas.write(text, in: rect, x: span.first + 1 + (room - width) / 2, y: y, .vma)
        } else if room > 2 {
            let inner = Rect(x: rect.x + span.first + 1, y: rect.y, width: room, height: rect.height)
            canvas.write(vma.label, in: inner, y: y, .vma)
        }
    }

    private static func draw(
        _ invalidation: InvalidationSpan, _ axis: AddressAxis, into canvas: inout Canvas, _ rect: Rect, _ y: Int
    ) {
        let range = Words.range(invalidation.range)
        guard let span = axis.span(invalidation.range) else {
            // It is in flight all the same: which way it lies is told.
            let way = invalidation.range.last < axis.origin ? "◄ " : "► "
            canvas.write("\(way)\(invalidation.event) \(range)", in: rect, y: y, .invalidation)
            return
        }
        line(span, "▒", "▒", "▒", .invalidation, into: &canvas, rect, y)
        let manner = invalidation.isBlockable ? "" : " non-blockable"
        let short = invalidation.isBlockable ? "" : " nonblock"
        let choices = [" \(range)\(manner)", manner, short, ""].map { invalidation.event + $0 }
        beside(span, choices.map { [Span($0, .invalidation)] }, into: &canvas, rect, y)
    }

    private static func draw(
        _ interval: IntervalSpan, _ axis: AddressAxis, into canvas: inout Canvas, _ rect: Rect, _ y: Int
    ) {
        guard let span = axis.span(interval.range) else { return }
        let seq = Span("seq \(interval.seq.description)", .text)
        let state = Words.state(interval.state)
        let glyph = Span(String(state.text.prefix(1)) + " " + interval.seq.description, state.style.role)
        let choices = [[seq, Span(" "), state], [state], [glyph]]
        switch interval.state {
        case .colliding:
            line(span, "╞", "═", "╡", .colliding, into: &canvas, rect, y)
            beside(span, choices, into: &canvas, rect, y)
        case .idle:
            line(span, "├", "─", "┤", .interval, into: &canvas, rect, y)
            beside(span, [[seq]], into: &canvas, rect, y)
        default:
            line(span, "├", "·", "┤", .dim, into: &canvas, rect, y)
            beside(span, choices, into: &canvas, rect, y)
        }
    }

    /// A horizontal rule over the cells of a span; an end that lies outside the window is an arrow.
    private static func line(
        _ span: (first: Int, last: Int, cutLeft: Bool, cutRight: Bool), _ left: Unicode.Scalar,
        _ middle: Unicode.Scalar, _ right: Unicode.Scalar, _ role: Role, into canvas: inout Canvas,
        _ rect: Rect, _ y: Int
    ) {
        let style = Style(role)
        for x in span.first...span.last { canvas.set(middle, x: rect.x + x, y: rect.y + y, style) }
        if span.last > span.first {
            canvas.set(span.cutLeft ? "◄" : left, x: rect.x + span.first, y: rect.y + y, style)
            canvas.set(span.cutRight ? "►" : right, x: rect.x + span.last, y: rect.y + y, style)
        } else {
            canvas.set(middle == "▒" ? "▒" : "╪", x: rect.x + span.first, y: rect.y + y, style)
        }
    }

    /// Words to the right of a span, else to its left, else inside it: the first choice that fits.
    private static func beside(
        _ span: (first: Int, last: Int, cutLeft: Bool, cutRight: Bool), _ choices: [[Span]],
        into canvas: inout Canvas, _ rect: Rect, _ y: Int
    ) {
        for words in choices {
            let width = Canvas.width(of: words)
            if span.last + 2 + width <= rect.width {
                canvas.write(words, in: rect, x: span.last + 2, y: y)
                return
            }
            if span.first >= width + 1 {
                canvas.write(words, in: rect, x: span.first - width - 1, y: y)
                return
            }
            let room = span.last - span.first - 1
            if width + 2 <= room {
                let padded = [Span(" ")] + words + [Span(" ")]
                canvas.write(padded, in: rect, x: span.first + 1 + (room - width - 2) / 2, y: y)
                return
            }
        }
    }

    /// The row under a device table: an arrow under each stale column, and what that means.
    private static func marks(
        _ table: DeviceTable, _ axis: AddressAxis, into canvas: inout Canvas, _ label: Rect, _ rect: Rect, _ y: Int
    ) {
        var stale = 0
        var end = 0
        for column in 0..<min(table.cells.count, axis.columns) where table.cells[column].isStale {
            let isExcused = table.cells[column].isExcused
            if !isExcused { stale += 1 }
            end = column * axis.cells + max(1, axis.cells - 1) - 1
            page(isExcused ? "~" : "▲", isExcused ? .excused : .colliding, axis, column, into: &canvas, rect, y)
        }
        let isStale = stale > 0
        let role: Role = isStale ? .colliding : .excused
        let indent = label.width > 9 ? "  " : ""
        canvas.write(indent + (isStale ? "▲ STALE" : "~ excused"), in: label, y: y, role)
        let words =
            isStale
            ? "stale: the CPU's entry is another by now" : "stale, but its invalidation is in flight"
        if end + 2 + Canvas.width(of: words) <= rect.width {
            canvas.write(words, in: rect, x: end + 2, y: y, role)
        } else if end + 10 <= rect.width {
            canvas.write(isStale ? "stale" : "in flight", in: rect, x: end + 2, y: y, role)
        }
    }
}
