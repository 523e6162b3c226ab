/// Something that the home screen can open.
public struct HomeItem: Sendable, Hashable {
    /// A heading of the home screen, in order.
    public enum Section: String, Sendable, CaseIterable {
        case scenarios = "Scenarios"
        case workloads = "Workloads"
        case selftests = "Self-tests"
        case recordings = "Recordings"
    }

    /// The heading that it stands under.
    public var section: Section
    /// What its part of the section is about, where that has parts: "hmm". Those of a group stand together.
    public var group: String?
    /// Unique within its section; what the command line calls it.
    public var name: String
    /// One line.
    public var summary: String
    /// The verdict it is expected to have, in words ("holds", "fails no-stale-spte", "undecided"), or `nil`.
    public var verdict: String?
    /// Further lines for the details.
    public var details: [String]

    public init(
        section: Section, group: String? = nil, name: String, summary: String, verdict: String? = nil,
        details: [String] = []
    ) {
        self.section = section
        self.group = group
        self.name = name
        self.summary = summary
        self.verdict = verdict
        self.details = details
    }

    /// The heading: what the section is, and what this part of it is about, in a reader's words.
    var heading: String { section.rawValue + (group.map { " · " + HomeItem.words($0) } ?? "") }

    /// Parts of sections are named after the files that they are in, which say little to a newcomer.
    private static func words(_ group: String) -> String { headings[group] ?? group }

    private static let headings: [String: String] = [
        "interval notifier": "interval notifiers: collide and retry",
        "insert and remove": "registering and removing a notifier",
        "plain notifier": "plain notifiers",
        "refusals": "when nobody may wait: the OOM reaper",
        "hmm": "hmm_range_fault and its answer",
        "test hmm found": "found in test_hmm",
        "memory": "what the kernel does to memory",
        "migrate": "memory that moves to a device and back",
        "exclusive": "device-exclusive atomics",
        "exclusive dmirror": "device-exclusive atomics in test_hmm",
        "umem odp": "RDMA on-demand paging (ODP)",
        "radeon": "radeon userptr",
        "access": "reads, writes, snapshots",
        "workloads": "many notifiers, no end",
        "workloads devices": "devices counting in a process's pages",
        "workloads memory": "memory under load",
    ]
}

/// The home screen: a list, a filter typed live, and what the selected item is about.
public struct HomeState: Sendable, Equatable {
    /// Everything that can be opened, by section.
    public var items: [HomeItem]
    /// What was typed after `/`.
    public var filter = ""
    /// Keys go into the filter.
    public var isFiltering = false
    /// Index into ``shown``.
    public var selection = 0
    /// Colours.
    public var theme: Theme
    /// Glyphs.
    public var glyphs: GlyphSet
    /// One sentence for the bottom line, until the next key.
    public var message: String?
    /// The help lies over the list.
    public var isHelpOpen = false
    /// First row of the help.
    public var helpScroll = 0
    /// What is kept from one start to the next.
    public var settings = Settings()

    public init(items: [HomeItem], theme: Theme = .dark, glyphs: GlyphSet = .unicode) {
        self.items = HomeItem.Section.allCases.flatMap { section in items.filter { $0.section == section } }
        self.theme = theme
        self.glyphs = glyphs
        settings.theme = theme
    }

    /// The items that match the filter: every word of it is somewhere in the name, the summary or the heading.
    public var shown: [HomeItem] {
        let words = filter.lowercased().split(separator: " ")
        if words.isEmpty { return items }
        return items.filter { item in
            let text = "\(item.name) \(item.summary) \(item.heading) \(item.group ?? "") \(item.verdict ?? "")".lowercased()
            return words.allSatisfy { contains(text, $0) }
        }
    }

    private func contains(_ text: String, _ word: Substring) -> Bool {
        let haystack = Array(text.utf8)
        let needle = Array(word.utf8)
        guard needle.count <= haystack.count else { return false }
        return (0...haystack.count - needle.count).contains { haystack[$0..<$0 + needle.count].elementsEqual(needle) }
    }
}

extension HomeState {
    private static let about = [
        "How Linux keeps device page tables in step with CPU page tables.",
        "Run a scenario, step it forward and back, and see why a reader had to retry.",
    ]
    private static let shortAbout = [
        "Device page tables in step with CPU page tables.",
        "Run a scenario, step back, see why a reader retried.",
    ]

    /// The home screen as a canvas.
    public func render(size: Size) -> Canvas {
        var canvas = Canvas(size)
        if Layout.kind(size) == .tooSmall {
            Notices.drawTooSmall(into: &canvas)
        } else {
            let column = canvas.bounds.centred(width: min(size.width, max(132, listWidth)), height: size.height)
            let rest = drawTitle(into: &canvas, column)
            let (body, hints) = rest.splitTop(rest.height - 1)
            let (list, detail) = body.splitTop(body.height - min(9, body.height / 3))
            drawList(into: &canvas, list)
            drawDetail(into: &canvas, detail)
            drawHints(into: &canvas, hints)
            if isHelpOpen {
                canvas.recede(rows: size.height)
                HelpOverlay.draw(HelpOverlay.home, into: &canvas, scroll: helpScroll)
            }
        }
        canvas.apply(glyphs)
        return canvas
    }

    /// Columns in which no summary is cut short.
    private var listWidth: Int {
        nameWidth(items, atMost: .max) + items.reduce(0) { max($0, Canvas.width(of: $1.summary)) } + 4 + 2 + 4
    }

    private func nameWidth(_ items: [HomeItem], atMost most: Int) -> Int {
        min(max(12, most), items.reduce(8) { max($0, Canvas.width(of: $1.name)) })
    }

    /// The name, drawn: a CPU's page table above, a device's beneath, one column of it stale.
    private func drawTitle(into canvas: inout Canvas, _ rect: Rect) -> Rect {
        let isTall = rect.height >= 24
        let (top, rest) = rect.splitTop(isTall ? 5 : 2)
        let x = 2
        if isTall {
            canvas.write([Span("cpu ", .dim), Span("■■■■■■", .even), Span("□□", .dim), Span("■■■■■■", .even)], in: top, x: x, y: 1)
            canvas.write([Span("    ││││││╵╵││││││", .border)], in: top, x: x, y: 2)
            canvas.write([Span("dev ", .dim), Span("■■■■■■", .interval), Span("▲▲", .colliding), Span("■■■■■■", .interval)], in: top, x: x, y: 3)
            canvas.write("mmuscope", in: top, x: 24, y: 1, .title)
            for (y, line) in (rect.width >= 104 ? Self.about : Self.shortAbout).enumerated() { canvas.write(line, in: top, x: 24, y: 2 + y, y == 0 ? .text : .dim) }
        } else {
            let words = Self.shortAbout.first ?? ""
            canvas.write([Span("mmuscope", .title), Span("  " + words, .dim)], in: top, x: x)
        }
        return rest
    }

    /// The list with its headings: an item each, or words.
    private var lines: [(item: Int?, text: String)] {
        let shown = self.shown
        var lines: [(item: Int?, text: String)] = []
        for (index, item) in shown.enumerated() {
            if index == 0 || shown[index - 1].heading != item.heading {
                if index > 0 { lines.append((nil, "")) }
                lines.append((nil, item.heading))
            }
            lines.append((index, item.name))
        }
        return lines
    }

    private func firstLine(_ lines: [(item: Int?, text: String)], _ height: Int) -> Int {
        let selected = lines.firstIndex { $0.item == selection } ?? 0
        return max(0, min(selected - height / 2, lines.count - height))
    }

    /// The list's box on a screen of this size.
    private func listRect(_ size: Size) -> Rect {
        let all = Rect(x: 0, y: 0, width: size.width, height: size.height)
        let column = all.centred(width: min(size.width, max(132, listWidth)), height: size.height)
        let rest = column.splitTop(column.height >= 24 ? 5 : 2).rest
        let body = rest.splitTop(rest.height - 1).top
        return body.splitTop(body.height - min(9, body.height / 3)).top
    }

    /// The item under a place of the screen.
    func item(at mouse: Mouse, size: Size) -> Int? {
        let inside = listRect(size).inset(columns: 2, rows: 1)
        guard inside.contains(mouse) else { return nil }
        let lines = self.lines
        let row = firstLine(lines, inside.height) + mouse.y - inside.y
        return lines.indices.contains(row) ? lines[row].item : nil
    }

    private func drawList(into canvas: inout Canvas, _ rect: Rect) {
        let shown = self.shown
        let count = shown.count == items.count ? "\(items.count)" : "\(shown.count) of \(items.count)"
        let expected: [Span] = [Span("√", .good), Span(" holds  ", .dim), Span("×", .bad), Span(" fails   ", .dim)]
        let inside = canvas.frame(
            rect, nil, title: "What to look at", note: (shown.contains { $0.verdict != nil } ? expected : []) + [Span(count, .dim)], context: PaneContext(isFocused: true))
        let lines = self.lines
        if shown.isEmpty {
            canvas.write(items.isEmpty ? "nothing to open" : "nothing matches “\(filter)”", in: inside, .dim)
        }
        let first = firstLine(lines, inside.height)
        // By all of the items, so that nothing moves while a filter is typed.
        let name = nameWidth(items, atMost: inside.width * 45 / 100)
        canvas.scrollBar(rect, offset: first, shown: inside.height, total: lines.count)
        for (y, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            guard let index = line.item else {
                canvas.write(line.text, in: inside, y: y, .paneTitle)
                continue
            }
            let item = shown[index]
            let isSelected = index == selection
            if isSelected { canvas.write("►", in: inside, y: y, .accent) }
            canvas.write([Self.glyph(item.verdict)], in: inside, x: 2, y: y)
            let left = Rect(x: inside.x + 4, y: inside.y, width: name, height: inside.height)
            canvas.write(item.name, in: left, y: y, isSelected ? .text : .interval)
            canvas.write(item.summary, in: inside, x: 4 + name + 2, y: y, isSelected ? .text : .dim)
            if isSelected { canvas.select(inside, y: y) }
        }
    }

    private func drawDetail(into canvas: inout Canvas, _ rect: Rect) {
        guard shown.indices.contains(selection) else {
            _ = canvas.frame(rect, nil, title: "About", context: PaneContext())
            return
        }
        let item = shown[selection]
        let inside = canvas.frame(rect, nil, title: item.name, context: PaneContext())
        var y = 0
        for line in Notices.wrapped(item.summary, inside.width) {
            canvas.write(line, in: inside, y: y)
            y += 1
        }
        if let verdict = item.verdict {
            canvas.write(
                [Span("expected  ", .dim), Self.verdict(verdict)],
                in: inside, y: inside.height > 5 ? y + 1 : y)
            y += inside.height > 5 ? 2 : 1
        }
        if inside.height > 5 { y += 1 }
        for detail in item.details {
            for line in Notices.wrapped(detail, inside.width) {
                canvas.write(line, in: inside, y: y, .dim)
                y += 1
            }
        }
    }

    /// What a scenario is expected to come out as, with a glyph: what nobody has decided is neither good nor bad.
    private static func verdict(_ words: String) -> Span {
        let glyph = glyph(words)
        return Span(glyph.text + " " + words, words.hasPrefix("fails") ? .colliding : glyph.style.role)
    }

    private static func glyph(_ verdict: String?) -> Span {
        guard let verdict else { return Span(" ") }
        if verdict.hasPrefix("holds") { return Span("√", .good) }
        return verdict.hasPrefix("fails") ? Span("×", .bad) : Span("?", .dim)
    }

    private func drawHints(into canvas: inout Canvas, _ rect: Rect) {
        let canCheck = shown.indices.contains(selection) && HomeState.canCheck(shown[selection].section)
        if let message {
            canvas.write([Span("  » ", .message), Span(message, .message)], in: rect)
        } else if isFiltering || !filter.isEmpty {
            canvas.write(
                [
                    Span("  / ", .keyHint), Span(filter), Span(isFiltering ? "█" : "", .accent),
                    Span("   enter", .keyHint), Span(" open  ", .keyWords),
                    Span("↓", .keyHint), Span(" choose  ", .keyWords),
                    Span(isFiltering || !canCheck ? "" : "c", .keyHint), Span(isFiltering || !canCheck ? "" : " check  ", .keyWords),
                    Span("Esc", .keyHint), Span(" all", .keyWords),
                ], in: rect)
        } else {
            var hints = [("↑↓", "choose"), ("enter", "open")] + (canCheck ? [("c", "check")] : [])
                + [("/", "filter"), ("{}", "group"), ("T", "theme"), ("?", "help"), ("q", "quit")]
            func spans() -> [Span] { [Span(" ")] + hints.flatMap { [Span(" " + $0.0, .keyHint), Span(" " + $0.1 + " ", .keyWords)] } }
            // Help and quit stay, however narrow it is.
            while hints.count > 4, Canvas.width(of: spans()) > rect.width { hints.remove(at: hints.count - 3) }
            canvas.write(spans(), in: rect)
        }
    }
}
