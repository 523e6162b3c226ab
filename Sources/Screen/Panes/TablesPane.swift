import Scene

/// The CPU's page-table entries in words, and beside each what every device has.
enum TablesPane {
    static func draw(_ pane: PaneID, _ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let answer = pane == .entries ? scene.pageTables.special : scene.pageTables.pages
        let list = answer.value ?? Rows()
        let shown = min(list.rows.count, max(0, rect.height - 3))
        let stale = list.rows.reduce(0) { $0 + $1.devices.filter { $0.cell.isStale && !$0.cell.isExcused }.count }
        var note = [Span(list.extent(shown: shown), .dim)]
        if stale > 0 { note = [Span("▲ \(stale) stale", .colliding), Span("  ")] + note }
        let inside = canvas.frame(
            rect, pane, title: pane.title, note: note,
            footer: pane == .entries ? [Span("pages that are elsewhere or spoken for, and stale entries", .dim)] : [], context: context)
        guard case .known = answer else {
            canvas.write("? not in the recording", in: inside, .dim)
            return
        }
        guard !list.rows.isEmpty else {
            let words = pane == .entries ? "no page is swapped, migrating, exclusive, on a device, or stale" : "nobody has an entry for any page"
            for (y, line) in Notices.wrapped(words, max(10, inside.width)).prefix(inside.height).enumerated() { canvas.write(line, in: inside, y: y, .dim) }
            return
        }
        canvas.scrollBar(rect, offset: list.offset, shown: shown, total: list.total)
        let visible = Array(list.rows.prefix(shown))
        let columns = Columns(visible, scene.pageTables.devices, inside.width)
        heading(columns, scene.pageTables.devices, into: &canvas, inside)
        for (index, row) in visible.enumerated() {
            draw(row, columns, into: &canvas, inside, y: index + 1, context)
            canvas.light(context.lights.light(page: row.address), in: inside, y: index + 1, context)
        }
    }

    /// Where the columns begin, and how wide they are.
    private struct Columns {
        var page: Int
        var cpu: Int
        /// One for each device that there is room for.
        var devices: [Int] = []

        init(_ rows: [PageRow], _ names: [String], _ width: Int) {
            page = rows.reduce(4) { max($0, Canvas.width(of: Words.address($1.address))) }
            var wanted = [rows.reduce(9) { max($0, Canvas.width(of: TablesPane.words($1.cpu))) }]
            for (index, name) in names.enumerated() {
                wanted.append(rows.reduce(Canvas.width(of: name)) { most, row in
                    row.devices.indices.contains(index) ? max(most, Canvas.width(of: TablesPane.words(row.devices[index]))) : most
                })
            }
            let shares = Columns.shares(wanted, room: width - page - 2 * wanted.count)
            cpu = shares.first ?? 0
            devices = Array(shares.dropFirst().prefix { $0 >= 4 })
        }

        /// What is narrow gets what it wants; the others share what is left.
        private static func shares(_ wanted: [Int], room: Int) -> [Int] {
            var shares = [Int](repeating: 0, count: wanted.count)
            var left = max(0, room)
            var open = wanted.count
            for index in wanted.indices.sorted(by: { (wanted[$0], $0) < (wanted[$1], $1) }) {
                shares[index] = min(wanted[index], left / max(1, open))
                left -= shares[index]
                open -= 1
            }
            return shares
        }
    }

    private static func heading(_ columns: Columns, _ names: [String], into canvas: inout Canvas, _ inside: Rect) {
        canvas.write("page", in: inside, .dim)
        cell(columns.page + 2, columns.cpu, [Span("CPU entry", .dim)], into: &canvas, inside, 0)
        var x = columns.page + columns.cpu + 4
        for (name, width) in zip(names, columns.devices) {
            cell(x, width, [Span(name, .dim)], into: &canvas, inside, 0)
            x += width + 2
        }
    }

    private static func cell(_ x: Int, _ width: Int, _ spans: [Span], into canvas: inout Canvas, _ inside: Rect, _ y: Int) {
        let rect = Rect(x: inside.x + x, y: inside.y, width: max(0, min(width, inside.width - x)), height: inside.height)
        canvas.write(spans, in: rect, y: y)
    }

    private static func draw(_ row: PageRow, _ columns: Columns, into canvas: inout Canvas, _ inside: Rect, y: Int, _ context: PaneContext) {
        canvas.write(Words.address(row.address), in: inside, y: y, .text)
        let (glyph, role) = Words.entry(row.cpu.cell)
        let text = words(row.cpu)
        cell(columns.page + 2, columns.cpu, [Span(String(Character(glyph)) + " ", role), Span(String(text.dropFirst(2)), row.cpu.cell == .none ? .dim : .text)], into: &canvas, inside, y)
        var x = columns.page + columns.cpu + 4
        for (entry, width) in zip(row.devices, columns.devices) {
            cell(x, width, spans(entry), into: &canvas, inside, y)
            x += width + 2
        }
    }

    /// "W writable page#3  refs 2".
    fileprivate static func words(_ entry: PageEntry) -> String {
        var text = String(Character(Words.entry(entry.cell).scalar)) + " " + entry.cell.words
        if entry.cell == .exclusive || entry.cell == .migration || entry.cell == .devicePrivate { text += entry.isWritable ? " (writable)" : "" }
        if !entry.page.isEmpty { text += " \(entry.page)" }
        if let owner = entry.owner, !owner.isEmpty { text += " of \(owner)" }
        if !entry.note.isEmpty { text += "  \(entry.note)" }
        return text
    }

    fileprivate static func words(_ entry: DevicePageEntry) -> String { spans(entry).map(\.text).joined() }

    /// An entry that is stale says so, and why.
    private static func spans(_ entry: DevicePageEntry) -> [Span] {
        let (glyph, role) = Words.deviceEntry(entry.cell.entry)
        let name = entry.cell.entry == .exclusive ? "atomic" : entry.cell.entry.words
        let page = entry.page.isEmpty ? "" : " " + entry.page
        if entry.cell.isStale {
            let shown: Role = entry.cell.isExcused ? .excused : .colliding
            let why = entry.reason.isEmpty ? "" : ": \(entry.reason)"
            return [
                Span((entry.cell.isExcused ? "~ " : "▲ ") + String(Character(glyph)) + page, shown),
                Span(entry.cell.isExcused ? " excused" : " STALE", shown, bold: !entry.cell.isExcused), Span(why, shown),
            ]
        }
        if entry.cell.entry == .none { return [Span("· none", .dim)] }
        return [Span(String(Character(glyph)) + " ", role), Span(name + page)]
    }
}
