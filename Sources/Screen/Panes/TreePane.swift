import Scene

/// The interval tree as it is: branches, colours, subtree maxima, and where a walk is.
enum TreePane {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let tree = scene.tree
        let shown = min(tree.rows.count, max(0, rect.height - 2))
        let inside = canvas.frame(
            rect, .tree, title: PaneID.tree.title, note: [Span(tree.extent(shown: shown), .dim)],
            footer: [
                Span("R", .redNode), Span(" red  ", .dim), Span("B", .blackNode), Span(" black", .dim),
            ],
            context: context)
        canvas.scrollBar(rect, offset: tree.offset, shown: shown, total: tree.total)
        if tree.rows.isEmpty {
            let words = scene.header.hasIntervalTree == .known(false) ? "no interval tree yet" : "empty"
            canvas.write(words, in: inside, .dim)
        }
        for (y, row) in tree.rows.prefix(shown).enumerated() {
            draw(row, into: &canvas, inside, y, context)
            canvas.light(context.lights.light(row.id), in: inside, y: y, context)
        }
    }

    private static func draw(
        _ row: TreeRow, into canvas: inout Canvas, _ inside: Rect, _ y: Int, _ context: PaneContext
    ) {
        var branch = ""
        for level in row.continues.indices.dropLast() { branch += row.continues[level] ? "│ " : "  " }
        if row.depth > 0 { branch += (row.continues.last ?? false) ? "├─" : "└─" }
        let colour: Span =
            switch row.colour {
            case .known(.red): Span("R", .redNode)
            case .known(.black): Span("B", .blackNode)
            case .unknown: Span("?", .dim)
            }
        // A tree of any depth keeps its words on the screen: the branches give way.
        let longest = max(0, inside.width / 2)
        if branch.unicodeScalars.count > longest {
            branch = "…" + String(branch.suffix(max(0, longest - 1)))
        }
        // The name mustn't give way to digits that stand in the range already.
        let maximum = Words.shortened(Words.address(row.subtreeMaximum), after: Words.address(row.range.first))
        let x = canvas.write(
            [
                Span(branch, .border), colour, Span(" [\(Words.range(row.range))]", row.isVisited ? .invalidation : .text),
                Span(" max \(maximum)", .dim), Span("  " + row.name, row.state == .colliding ? .colliding : .interval),
            ], in: inside, x: -context.shift, y: y)
        var notes: [Span] = []
        switch row.state {
        case .colliding, .removalDeferred: notes += [Span("  "), Words.state(row.state)]
        default: break
        }
        if row.isVisited { notes.append(Span("  ◄ visiting", .invalidation)) }
        canvas.write(notes, in: inside, x: x, y: y)
    }
}
