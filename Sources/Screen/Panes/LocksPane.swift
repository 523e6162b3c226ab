import Scene

/// Who holds what, who waits for it, and who waits in a circle.
enum LocksPane {
    /// The sentences of the circles, broken to fit.
    static func cycleLines(_ scene: Scene, width: Int) -> [String] {
        scene.lockCycles.flatMap { cycle -> [String] in
            let lines = Notices.wrapped(cycle.sentence, max(10, width - 2))
            return lines.enumerated().map { ($0.offset == 0 ? "↻ " : "  ") + $0.element }
        }
    }

    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let list = scene.locks
        let room = max(0, rect.height - 2)
        let cycles = Array(cycleLines(scene, width: rect.width - 4).prefix(max(0, room - 1)))
        let shown = min(list.rows.count, room - cycles.count)
        var note = [Span(list.extent(shown: shown), .dim)]
        if !scene.lockCycles.isEmpty { note = [Span("↻ deadlock", .colliding), Span("  ")] + note }
        let inside = canvas.frame(rect, .locks, title: PaneID.locks.title, note: note, context: context)
        if list.rows.isEmpty { canvas.write("nobody holds a lock or waits for anything", in: inside, .dim) }
        for (y, line) in cycles.enumerated() { canvas.write(line, in: inside, y: y, .colliding) }
        canvas.scrollBar(rect, offset: list.offset, shown: shown, total: list.total)
        let visible = list.rows.prefix(shown)
        let name = min(max(10, inside.width * 2 / 5), visible.reduce(4) { max($0, Canvas.width(of: $1.name)) })
        let kind = visible.reduce(0) { max($0, Canvas.width(of: $1.kind.rawValue)) }
        for (index, row) in visible.enumerated() {
            let y = cycles.count + index
            draw(row, (name, kind), into: &canvas, inside, y)
            canvas.light(context.lights.light(lock: row.name), in: inside, y: y, context)
        }
    }

    private static func draw(_ row: LockRow, _ widths: (name: Int, kind: Int), into canvas: inout Canvas, _ inside: Rect, _ y: Int) {
        canvas.write(row.isInCycle ? "↻" : " ", in: inside, y: y, .colliding)
        let left = Rect(x: inside.x, y: inside.y, width: min(inside.width, 2 + widths.name), height: inside.height)
        canvas.write(row.name, in: left, x: 2, y: y, Style(row.isInCycle ? .colliding : .interval, bold: true))
        var spans: [Span] = []
        var x = widths.name + 4
        if inside.width >= 56 {
            canvas.write(row.kind.rawValue, in: inside, x: x, y: y, .dim)
            x += widths.kind + 2
        }
        if !row.holders.isEmpty {
            spans += [Span("held by ", .dim), Span(row.holders.map(words).joined(separator: ", "), .text, bold: true)]
        }
        for (index, waiter) in row.waiters.enumerated() {
            let since = waiter.sinceStep.map { " since \($0)" } ?? ""
            let isQueue = row.kind == .waitQueue || row.kind == .gracePeriod || row.kind == .completion || row.kind == .condition
            let lead = index > 0 ? ", " : (row.holders.isEmpty ? "" : "  ") + (isQueue ? "z " : "× ") + "waiting: "
            spans += [
                Span(lead, index > 0 ? .dim : isQueue ? .asleep : .blocked), Span(words(waiter)), Span(since, .dim),
                Span(waiter.isWoken ? " ↑ woken" : "", .good),
            ]
        }
        if row.holders.isEmpty, row.waiters.isEmpty { spans.append(Span("free", .dim)) }
        canvas.write(spans, in: inside, x: x, y: y)
    }

    private static func words(_ user: LockUser) -> String {
        user.name + (user.manner.isEmpty ? "" : " (\(user.manner))")
    }
}
