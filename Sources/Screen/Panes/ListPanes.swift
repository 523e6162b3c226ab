import Scene

/// What waits for seq to turn even: the deferred list, and who sleeps.
enum DeferredPane {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        var lines: [[Span]] = []
        var lights: [Highlights.Light] = []
        // The last end has made it even, and applies one after the other.
        let isEven = scene.header.seq.value.map { $0 & 1 == 0 } ?? false
        for entry in scene.deferred {
            lights.append(context.lights.light(entry.id))
            let isInsert = entry.change == .insert
            lines.append([
                Span(isInsert ? "+ insert  " : "− remove  ", isInsert ? .deferInsert : .deferRemove),
                Span(entry.name, .interval), Span(" [\(Words.range(entry.range))]"),
                Span(isEven ? "  next: seq is even" : "  when seq turns even", .dim),
            ])
        }
        for sleeper in scene.sleepers {
            lights.append(context.lights.light(sleeper.thread))
            lines.append([
                sleeper.isWoken ? Span("↑ woken   ", .good) : Span("z asleep  ", .asleep),
                Span(sleeper.threadName, .text, bold: true), Span(" in \(sleeper.reason)"),
                Span("  since step \(sleeper.sinceStep)", .dim),
            ])
        }
        let inside = canvas.frame(
            rect, .deferred, title: PaneID.deferred.title,
            note: [Span("\(scene.deferred.count) deferred, \(scene.sleepers.count) asleep", .dim)], context: context)
        if lines.isEmpty { canvas.write("nothing deferred, nobody asleep", in: inside, .dim) }
        let first = max(0, min(context.scroll, lines.count - inside.height))
        canvas.scrollBar(rect, offset: first, shown: inside.height, total: lines.count)
        for (y, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            canvas.write(line, in: inside, y: y)
            canvas.light(lights[first + y], in: inside, y: y, context)
        }
    }
}

/// Every interval notifier: range, seq, state.
enum NotifiersPane {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let list = scene.notifiers
        let shown = min(list.rows.count, max(0, rect.height - 3))
        let inside = canvas.frame(
            rect, .notifiers, title: PaneID.notifiers.title, note: [Span(list.extent(shown: shown), .dim)],
            context: context)
        canvas.scrollBar(rect, offset: list.offset, shown: shown, total: list.total)
        let visible = list.rows.prefix(shown)
        func widest(_ least: Int, _ text: (NotifierRow) -> String) -> Int {
            visible.reduce(least) { max($0, Canvas.width(of: text($1))) }
        }
        let name = min(widest(4) { $0.name }, max(6, inside.width / 4))
        let range = min(widest(5) { Words.range($0.range) }, max(8, inside.width / 2))
        let seq = widest(3) { $0.seq.description }
        let columns = [0, name + 2, name + range + 4, name + range + seq + 6]
        let calls = inside.width - 13
        let hasCalls = calls >= columns[3] + 18
        for (x, heading) in zip(columns, ["name", "range", "seq", "state"]) {
            canvas.write(heading, in: inside, x: x, .dim)
        }
        if hasCalls { canvas.writeRight([Span("calls asleep", .dim)], in: inside) }
        for (index, row) in visible.enumerated() {
            let y = index + 1
            let cell = { (column: Int, width: Int) in
                Rect(x: inside.x + columns[column], y: inside.y, width: min(width, inside.width - columns[column]), height: inside.height)
            }
            canvas.write(row.name, in: cell(0, name), y: y, .interval)
            canvas.write(Words.range(row.range), in: cell(1, range), y: y, .text)
            canvas.writeRight([Span(row.seq.description)], in: cell(2, seq), y: y)
            canvas.write([Words.state(row.state)], in: cell(3, hasCalls ? calls - columns[3] : inside.width), y: y)
            if hasCalls {
                let sleepers = row.sleepers > 0 ? Span(pad("\(row.sleepers)", 7), .asleep) : Span(pad("·", 7), .dim)
                canvas.writeRight([Span(pad(row.callbacks.description, 5)), sleepers], in: inside, y: y)
            }
            canvas.light(context.lights.light(row.id), in: inside, y: y, context)
        }
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - Canvas.width(of: text))) + text
    }
}

/// The log, newest at the bottom.
enum EventsPane {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let shown = min(scene.events.rows.count, max(0, rect.height - 2))
        let inside = canvas.frame(
            rect, .events, title: PaneID.events.title,
            note: note(scene, context), context: context)
        let back = max(0, scene.events.offset)
        canvas.scrollBar(
            rect, offset: max(0, scene.events.total - shown - back), shown: shown, total: scene.events.total)
        rows(scene, into: &canvas, inside, context: context)
    }

    /// Bold is for what went wrong: that seq turns odd happens all the time.
    private static func textRole(_ kind: EventKind, _ role: Role) -> Role {
        if !kind.isInteresting { return .text }
        return role == .odd ? .invalidation : role
    }

    private static func note(_ scene: Scene, _ context: PaneContext) -> [Span] {
        if context.isFiltered { return [Span("filtered (F): ", .partial), Span("\(scene.events.total)", .dim)] }
        return [Span("\(scene.events.total) so far", .dim)]
    }

    /// The newest rows that fit.
    static func rows(_ scene: Scene, into canvas: inout Canvas, _ inside: Rect, context: PaneContext) {
        let visible = scene.events.rows.suffix(max(0, inside.height))
        if visible.isEmpty {
            canvas.write(context.isFiltered ? "no event passes the filter: F changes it" : "nothing has happened yet: s steps, space runs", in: inside, .dim)
        }
        let stepWidth = visible.reduce(1) { max($0, "\($1.step)".count) }
        let labelWidth = min(inside.width >= 70 ? 18 : 12, visible.reduce(2) { max($0, Canvas.width(of: $1.threadLabel)) })
        for (y, row) in visible.enumerated() {
            let step = "\(row.step)"
            let padding = String(repeating: " ", count: stepWidth - step.count)
            let (glyph, role) = Words.event(row)
            let isNow = row.step == scene.position.step
            var x = canvas.write(padding + step, in: inside, y: y, isNow ? .accent : .eventStep)
            let label = Rect(x: inside.x + x + 2, y: inside.y, width: min(labelWidth, max(0, inside.width - x - 2)), height: inside.height)
            canvas.write(row.threadLabel, in: label, y: y, isNow ? .accent : .dim)
            x = canvas.write(glyph, in: inside, x: x + 2 + labelWidth + 2, y: y, role)
            let rest = Rect(x: inside.x + x + 1, y: inside.y, width: max(0, inside.width - x - 1), height: inside.height)
            canvas.write(row.text, in: rest, x: -context.shift, y: y, textRole(row.kind, role))
            canvas.light(context.lights.light(step: row.step), in: inside, y: y, context)
        }
    }
}
