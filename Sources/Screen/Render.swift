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
        HeaderPane.draw(scene, into: &canvas, layout.header)
        if let finding = scene.finding { HeaderPane.banner(finding, into: &canvas, layout.banner) }
        if layout.kind == .compact { drawTabs(into: &canvas, layout.tabs) }
        let focused = focusedPane(size: size)
        let isFlat = layout.overviewEvents != nil
        for (pane, rect) in layout.panes {
            draw(pane, scene, into: &canvas, rect, isFocused: pane == focused, isFlat: isFlat)
        }
        if let rect = layout.overviewEvents { Overview.draw(scene, into: &canvas, rect) }
        drawHints(scene, into: &canvas, layout.hints)
        if overlay == .help { HelpOverlay.draw(HelpOverlay.session, into: &canvas, scroll: helpScroll) }
        canvas.apply(glyphs)
        return canvas
    }

    private func draw(
        _ pane: PaneID, _ scene: Scene, into canvas: inout Canvas, _ rect: Rect, isFocused: Bool, isFlat: Bool
    ) {
        let context = PaneContext(
            isFocused: isFocused, isZoomed: isZoomed, isFlat: isFlat, shift: shifts[pane] ?? 0,
            scroll: rows[pane] ?? 0, selectedNotifier: selectedNotifier, selectedThread: selectedThread, magnification: magnification)
        switch pane {
        case .addressSpace: AddressPane.draw(scene, into: &canvas, rect, context)
        case .tree: TreePane.draw(scene, into: &canvas, rect, context)
        case .deferred: DeferredPane.draw(scene, into: &canvas, rect, context)
        case .notifiers: NotifiersPane.draw(scene, into: &canvas, rect, context)
        case .threads: ThreadsPane.draw(scene, into: &canvas, rect, context)
        case .code: CodePane.draw(scene, into: &canvas, rect, context)
        case .events: EventsPane.draw(scene, into: &canvas, rect, context)
        }
    }

    /// The tab bar: full names where they fit, else only that of the open tab.
    private func drawTabs(into canvas: inout Canvas, _ rect: Rect) {
        let line = Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2, height: rect.height)
        func spans(named: Bool) -> [Span] {
            var spans: [Span] = []
            for number in 0...PaneID.allCases.count {
                let pane = PaneID(rawValue: number)
                let isOpen = isZoomed ? pane == focus : pane == nil
                let title = pane?.shortTitle ?? "Overview"
                spans.append(Span("\(number)", isOpen ? .focusTitle : .keyHint))
                let words = isOpen || named ? " \(title)" : ""
                spans.append(Span(words, isOpen ? .focusTitle : .dim, bold: isOpen))
                spans.append(Span(isOpen ? " ◄" : "", .focusTitle))
                spans.append(Span(named ? " " : "  "))
            }
            return spans
        }
        let full = spans(named: true)
        canvas.write(Canvas.width(of: full) <= line.width + 1 ? full : spans(named: false), in: line)
    }

    private func drawHints(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect) {
        if let words = message ?? scene.message {
            canvas.write([Span(" » ", .message), Span(words, .message)], in: rect)
            return
        }
        canvas.write(KeyMap.hints(width: rect.width), in: rect)
    }
}

/// The last box of the compact overview: the current code line above the latest events.
enum Overview {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect) {
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
        EventsPane.rows(scene, into: &canvas, inside.splitTop(1).rest)
    }
}

/// The key table as an overlay.
enum HelpOverlay {
    /// The help of a session, and that of the home screen.
    static let session = lines(KeyMap.bindings)
    static let home = lines(HomeState.bindings)

    /// The furthest that a help scrolls on the smallest screen.
    static func lastScroll(_ lines: [[Span]]) -> Int { max(0, lines.count - 8) }

    private static func lines(_ bindings: [KeyBinding]) -> [[Span]] {
        let width = bindings.reduce(0) { max($0, Canvas.width(of: $1.label)) }
        var lines: [[Span]] = []
        for group in KeyBinding.Group.allCases {
            guard bindings.contains(where: { $0.group == group }) else { continue }
            if !lines.isEmpty { lines.append([]) }
            lines.append([Span(group.rawValue, .paneTitle)])
            for binding in bindings where binding.group == group {
                let gap = String(repeating: " ", count: width - Canvas.width(of: binding.label) + 3)
                lines.append([Span("  "), Span(binding.label, .keyHint), Span(gap + binding.words)])
            }
        }
        return lines
    }

    static func draw(_ lines: [[Span]], into canvas: inout Canvas, scroll: Int) {
        let width = lines.reduce(30) { max($0, Canvas.width(of: $1)) } + 6
        let rect = canvas.bounds.inset(columns: 1, rows: 1).centred(width: width, height: lines.count + 2)
        // A blank column on either side keeps what lies beneath apart.
        canvas.fill(rect.inset(columns: -1, rows: 0))
        let shown = max(0, rect.height - 2)
        let first = max(0, min(scroll, lines.count - shown))
        let more = lines.count > shown ? "↑↓ scroll   " : ""
        let inside = canvas.frame(
            rect, nil, title: "Keys", footer: [Span(more + "any other key closes", .dim)],
            context: PaneContext(isFocused: true))
        canvas.scrollBar(rect, offset: first, shown: shown, total: lines.count)
        for (y, line) in lines.dropFirst(first).prefix(shown).enumerated() { canvas.write(line, in: inside, y: y) }
    }
}

/// Screens without a session: too small, loading, an error.
public enum Notices {
    static func drawTooSmall(into canvas: inout Canvas) {
        let size = canvas.size
        let need = "\(Layout.minimum.width)×\(Layout.minimum.height)"
        let long = "mmuscope needs \(need), this is \(size.width)×\(size.height)"
        let words = Canvas.width(of: long) <= size.width ? long : "needs \(need)"
        let rect = canvas.bounds
        canvas.write(words, in: rect, x: max(0, (size.width - Canvas.width(of: words)) / 2), y: size.height / 2, .message)
    }

    /// While a session is being opened.
    public static func loading(_ name: String, size: Size, glyphs: GlyphSet = .unicode) -> Canvas {
        notice("Opening", [name, "", "Esc goes back"], .accent, size, glyphs)
    }

    /// When a session can't be opened.
    public static func failure(_ name: String, _ reason: String, size: Size, glyphs: GlyphSet = .unicode) -> Canvas {
        notice("\(name) can't be opened", wrapped(reason, max(20, min(size.width, 80) - 8)) + ["", "Esc goes back, q quits"],
            .colliding, size, glyphs)
    }

    private static func notice(
        _ title: String, _ lines: [String], _ role: Role, _ size: Size, _ glyphs: GlyphSet
    ) -> Canvas {
        var canvas = Canvas(size)
        let width = max(30, lines.reduce(Canvas.width(of: title) + 4) { max($0, Canvas.width(of: $1)) } + 4)
        let rect = canvas.bounds.centred(width: width, height: lines.count + 2)
        let inside = canvas.frame(rect, nil, title: title, context: PaneContext(isFocused: true))
        for (y, line) in lines.enumerated() {
            canvas.write(line, in: inside, y: y, y == 0 ? role : y == lines.count - 1 ? .dim : .text)
        }
        canvas.apply(glyphs)
        return canvas
    }

    /// Text broken at blanks into lines of at most `width` columns.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if !line.isEmpty, Canvas.width(of: line) + 1 + Canvas.width(of: String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}
