import Playback
import Scene

/// Lines to be read in peace.
public struct TextView: Sendable, Equatable {
    public var title: String
    public var lines: [String]
    /// First line in view.
    public var scroll = 0

    init(title: String, lines: [String]) {
        self.title = title
        self.lines = lines
    }
}

extension ScreenState {
    /// Takes note of a new scene: shows what a command gave, and selects a row that wasn't there before.
    ///
    /// - Returns: what is to be done about it: a text for the clipboard.
    public mutating func receive(_ scene: Scene, size: Size) -> [ScreenAction] {
        if let pending, let list = PaneList(pending, scene), let index = cursors[pending], let subject = list.subject(at: index) {
            select(subject)
        }
        if case .picker(let picker) = overlay, picker.kind == .perturb, let obstacle = scene.menu?.obstacle {
            overlay = nil
            message = obstacle
        }
        if let echo, scene.message != nil, scene.message != echo.before {
            // What came of it is said now.
            if message == echo.words { message = nil }
            self.echo = nil
        }
        var actions: [ScreenAction] = []
        if let words = unansweredPerturbation, scene.menu != nil {
            unansweredPerturbation = nil
            actions = perturb(words, scene, size)
        }
        return actions + answer(scene, size)
    }

    private mutating func answer(_ scene: Scene, _ size: Size) -> [ScreenAction] {
        guard let reply = scene.reply, reply.number > lastReply else { return [] }
        lastReply = reply.number
        switch reply.content {
        case .copy(let text, let what):
            message = "copied: \(what)"
            return [.copy(text)]
        case .value(let expression, let value): message = "\(expression) = \(value)"
        case .text(let title, let lines): overlay = .text(TextView(title: title, lines: lines))
        case .notFound(let query): message = "“\(query.text)” isn't in \(Self.name(query.list))"
        case .found(let query, let row): goToFound(query, row, scene, size)
        }
        return []
    }

    private static func name(_ list: FindQuery.List) -> String {
        switch list {
        case .tree: "the tree"
        case .notifiers: "the notifiers"
        case .threads: "the threads"
        case .events: "the events"
        case .code: "the code"
        case .pages: "the page tables"
        case .locks: "the locks"
        case .addresses: "the address space"
        }
    }

    private mutating func goToFound(_ query: FindQuery, _ row: Int, _ scene: Scene, _ size: Size) {
        lastFind = query
        lastFind?.from = row
        let layout = layout(scene, size: size)
        switch query.list {
        case .code:
            let anchor = CodePane.anchorLine(scene.code)
            rows[.code] = row + 1 - anchor
            message = "line \(row + 1)"
        case .addresses:
            let page = UInt64(max(0, row))
            select(.page(page))
            keepInView(page, scene.addressSpace, layout.rect(of: .addressSpace))
            message = "page \(Words.address(page))"
        default:
            let pane = focusFor(query.list)
            guard let list = PaneList(pane, scene) else { return }
            choose(pane, list, row, visibleRows(pane, scene, layout.rect(of: pane)))
            message = "“\(query.text)” found: ; finds the next"
        }
    }

    /// The pane that shows what was found: the focused one where it does.
    private func focusFor(_ list: FindQuery.List) -> PaneID {
        if Self.findList(focus) == list, list != .pages { return focus }
        switch list {
        case .tree: return .tree
        case .notifiers: return .notifiers
        case .threads: return .threads
        case .pages: return .tables
        case .locks: return .locks
        case .events, .code, .addresses: return .events
        }
    }

    /// Which list is searched from a pane.
    static func findList(_ pane: PaneID) -> FindQuery.List {
        switch pane {
        case .addressSpace: .addresses
        case .tree: .tree
        case .notifiers, .deferred: .notifiers
        case .threads, .timeline: .threads
        case .code: .code
        case .events, .explain: .events
        case .tables, .entries: .pages
        case .locks: .locks
        }
    }

    mutating func find(_ text: String, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        if text.isEmpty {
            message = "find what?"
            return []
        }
        let pane = focusedPane(size: size)
        let list = Self.findList(pane)
        var from = -1
        switch list {
        case .code: from = max(0, CodePane.cursorLine(scene.code, shift: rows[.code] ?? 0) - 1)
        case .addresses: if case .page(let page) = selection { from = Int(clamping: page) }
        default:
            let shown = PaneList(pane == .deferred ? .notifiers : pane == .explain ? .events : pane, scene)
            from = shown?.index(of: selection) ?? -1
        }
        let query = FindQuery(list: list, text: text, from: from, isForward: true)
        lastFind = query
        return [.playback(.find(query))]
    }

    mutating func findAgain(_ scene: Scene) -> [ScreenAction] {
        guard let lastFind else {
            message = "/ finds something first"
            return []
        }
        return [.playback(.find(lastFind))]
    }

    /// As commit messages and mails want it.
    private static let copiedWidth = 75

    /// Keys while a text is read.
    mutating func handle(_ key: Key, in text: TextView, _ size: Size) -> [ScreenAction] {
        var text = text
        let page = max(1, size.height - 8)
        let last = max(0, TextOverlay.lines(text, in: Rect(x: 0, y: 0, width: size.width, height: size.height)).count - page)
        switch key {
        case .up, .character("k"): text.scroll -= 1
        case .down, .character("j"): text.scroll += 1
        case .pageUp, .character("b"): text.scroll -= page
        case .pageDown, .character(" "): text.scroll += page
        case .home, .character("g"): text.scroll = 0
        case .end, .character("G"): text.scroll = last
        case .character("y"):
            message = "copied: \(text.title)"
            return [.copy(TextOverlay.broken(text, Self.copiedWidth).joined(separator: "\n") + "\n")]
        case .escape, .enter, .character("q"):
            overlay = nil
            return []
        default: return []
        }
        text.scroll = max(0, min(last, text.scroll))
        overlay = .text(text)
        return []
    }
}

/// Draws a text over the panes.
enum TextOverlay {
    /// As wide as its lines, broken already.
    private static func rect(_ bounds: Rect, _ lines: [String]) -> Rect {
        let widest = lines.reduce(48) { max($0, Canvas.width(of: $1)) }
        return bounds.inset(columns: 2, rows: 1).centred(width: min(110, widest + 4), height: lines.count + 2)
    }

    /// The text broken into lines that fit; lines that begin with a blank are tables and stay as they are.
    static func lines(_ text: TextView, in bounds: Rect) -> [String] { broken(text, min(90, bounds.width - 4) - 4) }

    /// The same for a width.
    static func broken(_ text: TextView, _ width: Int) -> [String] {
        text.lines.flatMap { line -> [String] in
            if line.isEmpty { return [""] }
            if line.hasPrefix(" ") || line.contains("  ") || Canvas.width(of: line) <= width { return [line] }
            return Notices.wrapped(line, width)
        }
    }

    static func draw(_ text: TextView, into canvas: inout Canvas) {
        let lines = lines(text, in: canvas.bounds)
        let rect = rect(canvas.bounds, lines)
        canvas.fill(rect.inset(columns: -1, rows: 0))
        let inside = canvas.frame(
            rect, nil, title: text.title, footer: [Span("↑↓ scroll  y copy  Esc closes", .dim)], context: PaneContext(isFocused: true))
        let first = max(0, min(text.scroll, lines.count - inside.height))
        canvas.scrollBar(rect, offset: first, shown: inside.height, total: lines.count)
        for (y, line) in lines.dropFirst(first).prefix(inside.height).enumerated() { canvas.write(line, in: inside, y: y) }
    }
}
