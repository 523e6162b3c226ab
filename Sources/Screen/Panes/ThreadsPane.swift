import Scene

/// What each thread is doing, in words.
enum ThreadsPane {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let list = scene.threads
        let room = max(0, rect.height - (context.isFlat ? 1 : 2))
        // Where there is room, a second line says what the thread holds and is about to do.
        let tall = isTall(scene, rows: room)
        let shown = min(list.rows.count, tall ? room / 2 : room)
        let isLive = scene.source == .simulation
        let inside = canvas.frame(
            rect, .threads, title: PaneID.threads.title, note: [Span(list.extent(shown: shown), .dim)],
            footer: context.isFocused ? [Span("↑↓ choose" + (isLive ? "  t step it  H hold it" : ""), .dim)] : [], context: context)
        canvas.scrollBar(rect, offset: list.offset, shown: shown, total: list.total)
        let visible = window(list.rows, shown, keepsCurrent: context.followsCurrent)
        let label = min(8, visible.reduce(2) { max($0, Canvas.width(of: $1.label)) })
        let name = min(max(8, inside.width / 4), visible.reduce(4) { max($0, Canvas.width(of: $1.name)) })
        let hasCPU = inside.width >= 48 && visible.contains { $0.cpu != nil }
        for (index, row) in visible.enumerated() {
            let y = tall ? index * 2 : index
            draw(row, (label, name, hasCPU), tall, into: &canvas, inside, y)
            canvas.light(context.lights.light(row.id), in: inside, y: y, rows: tall ? 2 : 1, context)
        }
    }

    /// Whether there is room for a second line for each.
    static func isTall(_ scene: Scene, rows: Int) -> Bool {
        scene.source == .simulation && scene.threads.total > 0 && scene.threads.total * 2 <= rows
    }

    /// How many threads so many rows show.
    static func shown(_ scene: Scene, rows: Int) -> Int { isTall(scene, rows: rows) ? rows / 2 : rows }

    /// The threads in sight; as long as nobody scrolled, the one that stepped last is among them.
    static func window(_ rows: [ThreadRow], _ shown: Int, keepsCurrent: Bool) -> ArraySlice<ThreadRow> {
        guard keepsCurrent, shown > 0, let current = rows.firstIndex(where: \.isCurrent), current >= shown else { return rows.prefix(shown) }
        return rows[(current - shown + 1)...current]
    }

    private static func draw(
        _ row: ThreadRow, _ widths: (label: Int, name: Int, hasCPU: Bool), _ tall: Bool,
        into canvas: inout Canvas, _ inside: Rect, _ y: Int
    ) {
        if row.isCurrent { canvas.write("►", in: inside, y: y, .running) }
        func cell(_ x: Int, _ width: Int) -> Rect {
            Rect(x: inside.x + x, y: inside.y, width: max(0, min(width, inside.width - x)), height: inside.height)
        }
        let current: Role = row.isCurrent ? .running : .text
        canvas.write(row.label, in: cell(2, widths.label), y: y, Style(current, bold: true))
        var x = 2 + widths.label + 1
        if widths.hasCPU {
            canvas.write(row.cpu.map { "cpu\($0)" } ?? "", in: cell(x, 6), y: y, .dim)
            x += 6
        }
        canvas.write(row.name, in: cell(x, widths.name), y: y, current)
        x += widths.name + 2
        var words = [Words.status(row.status, width: inside.width - x)]
        if let hold = row.hold { words.insert(Words.hold(hold), at: 0) }
        let isReady = row.status == .ready
        // To hold a lock is nothing to worry about, as to be kept waiting is.
        let holds = row.holds.isEmpty ? [] : [Span("  holds ", .dim), Span(row.holds.joined(separator: ", "))]
        if tall {
            if row.isDaemon { words.append(Span("  daemon", .dim)) }
            words += holds
            canvas.write(row.doing, in: cell(x, inside.width), y: y + 1, .dim)
        } else if isReady {
            words = (row.hold.map { [Words.hold($0)] } ?? []) + [Span("○ ", .ready), Span(row.doing)] + holds
        } else {
            words += holds
        }
        canvas.write(words, in: cell(x, inside.width), y: y)
    }
}
