import Scene

extension ScreenState {
    /// The whole screen. A pure function of the state, the scene and the size.
    public func render(_ scene: Scene, size: Size) -> Canvas {
        var canvas = Canvas(size)
        let layout = layout(scene, size: size)
        if layout.kind == .tooSmall {
            Notices.drawTooSmall(into: &canvas)
            canvas.apply(glyphs)
            return canvas
        }
        let lights = Highlights(selection, scene)
        HeaderPane.draw(scene, into: &canvas, layout.header, lights: lights)
        if let finding = scene.finding { HeaderPane.banner(finding, into: &canvas, layout.banner) }
        if layout.kind == .compact { drawTabs(into: &canvas, layout.tabs) }
        let focused = focusedPane(size: size)
        for (pane, rect) in layout.panes {
            var context = context(pane, layout, lights, size)
            context.isFocused = pane == focused
            draw(pane, scene, into: &canvas, rect, context)
        }
        if let rect = layout.overviewEvents {
            Overview.draw(scene, into: &canvas, rect, context(.events, layout, lights, size))
        }
        if let rect = layout.strip { TimelineStrip.draw(scene, into: &canvas, rect) }
        drawHints(scene, into: &canvas, layout.hints, focused)
        drawOverlay(scene, into: &canvas, layout)
        canvas.apply(glyphs)
        return canvas
    }

    /// What a pane is told besides the scene.
    private func context(_ pane: PaneID, _ layout: Layout, _ lights: Highlights, _ size: Size) -> PaneContext {
        var context = PaneContext(
            isZoomed: isZoomed, isFlat: layout.overviewEvents != nil, shift: shifts[pane] ?? 0, scroll: rows[pane] ?? 0, lights: lights,
            magnification: magnification)
        if !isZoomed, layout.kind != .compact {
            context.siblings = Layout.mates(of: pane, layout.kind).filter { $0 != pane }
        }
        context.showsEvents = pane == .timeline && !layout.panes.contains { $0.id == .events }
        context.followsCurrent = (rows[.threads] ?? 0) == 0 && selectedThread == nil
        context.isFiltered = eventKinds != nil || !eventText.isEmpty
        return context
    }

    private func draw(_ pane: PaneID, _ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ given: PaneContext) {
        var context = given
        if pane == .addressSpace, case .picking(let picking) = overlay {
            context.picked = picking.range(scene.addressSpace.unitsPerColumn)
            context.pickCursor = picking.cursor
        }
        switch pane {
        case .addressSpace: AddressPane.draw(scene, into: &canvas, rect, context)
        case .tree: TreePane.draw(scene, into: &canvas, rect, context)
        case .deferred: DeferredPane.draw(scene, into: &canvas, rect, context)
        case .notifiers: NotifiersPane.draw(scene, into: &canvas, rect, context)
        case .threads: ThreadsPane.draw(scene, into: &canvas, rect, context)
        case .code: CodePane.draw(scene, into: &canvas, rect, context)
        case .events: EventsPane.draw(scene, into: &canvas, rect, context)
        case .timeline: TimelinePane.draw(scene, into: &canvas, rect, context)
        case .tables, .entries: TablesPane.draw(pane, scene, into: &canvas, rect, context)
        case .locks: LocksPane.draw(scene, into: &canvas, rect, context)
        case .explain: ExplainPane.draw(scene, explaining, into: &canvas, rect, context)
        }
    }

    private func drawOverlay(_ scene: Scene, into canvas: inout Canvas, _ layout: Layout) {
        switch overlay {
        case .help, .picker, .text:
            // The keys of the bottom line don't work meanwhile; what a choice led to is said there all the same.
            canvas.recede(rows: message == nil ? canvas.size.height : layout.hints.y)
        default: break
        }
        switch overlay {
        case .help: HelpOverlay.draw(HelpOverlay.session, into: &canvas, scroll: helpScroll)
        case .picker(let picker):
            PickerOverlay.draw(picker, items(picker, scene), isAsking: picker.kind == .perturb && scene.menu == nil, into: &canvas)
        case .text(let text): TextOverlay.draw(text, into: &canvas)
        case .prompt(let prompt) where prompt.kind == .command && !prompt.text.isEmpty:
            let typed = prompt.completing?.typed ?? prompt.text
            PromptLine.drawCompletions(
                CommandLine.completions(typed, scene, self), chosen: prompt.completing?.index, into: &canvas, above: layout.hints)
        default: break
        }
    }

    /// The tabs of a small screen: what is on each, and where it stands in the line.
    func tabs(width: Int) -> [(pane: PaneID?, x: Int, spans: [Span])] {
        func tabs(named: Bool) -> [(pane: PaneID?, x: Int, spans: [Span])] {
            var result: [(pane: PaneID?, x: Int, spans: [Span])] = []
            var x = 0
            for pane in [nil] + PaneID.allCases.map(Optional.some) {
                let isOpen = isZoomed ? pane == focus : pane == nil
                let digit = pane.map { $0.digit.map(String.init) ?? "" } ?? "0"
                let title = pane?.shortTitle ?? "Overview"
                // As bright as the pane's title, but not in reverse video where that is: it would run into a banner.
                var spans = [Span(digit, isOpen ? .title : .keyHint)]
                if isOpen || named || digit.isEmpty {
                    spans.append(Span((digit.isEmpty ? "" : " ") + title, isOpen ? .title : .dim, bold: isOpen))
                }
                if isOpen { spans.append(Span(" ◄", .title)) }
                result.append((pane, x, spans))
                x += Canvas.width(of: spans) + 2
            }
            return result
        }
        let full = tabs(named: true)
        guard let last = full.last, last.x + Canvas.width(of: last.spans) > width else { return full }
        return tabs(named: false)
    }

    private func drawTabs(into canvas: inout Canvas, _ rect: Rect) {
        let line = Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2, height: rect.height)
        for tab in tabs(width: line.width) { canvas.write(tab.spans, in: line, x: tab.x) }
    }

    private func drawHints(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ focused: PaneID) {
        switch overlay {
        case .prompt(let prompt): return PromptLine.draw(prompt, message: message, into: &canvas, rect)
        case .picking(let picking): return drawPicking(picking, scene, into: &canvas, rect)
        case .question(let flow):
            canvas.write(
                [Span(" \(flow.question)? ", .message), Span(" y", .keyHint), Span(" yes ", .keyWords), Span(" n", .keyHint),
                 Span(" no ", .keyWords), Span(" Esc", .keyHint), Span(" gives up", .keyWords)], in: rect)
            return
        default: break
        }
        if let words = message ?? scene.message {
            canvas.write([Span(" » ", .message), Span(Words.withoutAside(words, width: rect.width - 3), .message)], in: rect)
            return
        }
        canvas.write(KeyMap.hints(width: rect.width, HintFacts(scene, pane: focused, state: self)), in: rect)
    }

    private func drawPicking(_ picking: Picking, _ scene: Scene, into canvas: inout Canvas, _ rect: Rect) {
        let range = picking.range(scene.addressSpace.unitsPerColumn)
        let count = range.last - range.first + 1
        let unit = scene.addressSpace.unit == .pages ? "page\(count == 1 ? "" : "s")" : "bytes"
        let size = picking.isRange ? " (\(count) \(unit))" : ""
        let what = !picking.isRange ? "choose" : picking.first == nil ? "first end" : "last end"
        canvas.write(
            [
                Span(" \(picking.flow.question) ", .message), Span(Words.range(range) + size, .text, bold: true),
                Span("   ←→", .keyHint), Span(" move ", .keyWords), Span(" space", .keyHint), Span(" \(what) ", .keyWords),
                Span(" Esc", .keyHint), Span(" cancel", .keyWords),
            ], in: rect)
    }
}

/// The last box of the compact overview: the current code line above the latest events.
enum Overview {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, _ context: PaneContext) {
        let inside = canvas.frame(
            rect, nil, title: "Now", note: [Span("\(scene.events.total) events", .dim)],
            context: PaneContext(isFlat: true))
        if let line = scene.code.lines.first(where: { $0.isFocus }) {
            var text = line.text[...]
            while text.first == " " || text.first == "\t" { text = text.dropFirst() }
            let x = canvas.write(
                [Span("► ", .running), Span("\(line.number)  ", .lineNumber)], in: inside)
            let code = Rect(x: inside.x + x, y: inside.y, width: inside.width - x, height: inside.height)
            canvas.write(CodeTint.spans(String(text), isFocus: true), in: code)
        } else {
            canvas.write(scene.position.stopped ?? "no code line", in: inside, .dim)
        }
        EventsPane.rows(scene, into: &canvas, inside.splitTop(1).rest, context: context)
    }
}

