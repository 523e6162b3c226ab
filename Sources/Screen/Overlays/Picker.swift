import Playback
import Scene

/// A list to choose from; what is typed leaves only the rows that have it in them.
public struct Picker: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// Every command by name.
        case palette
        case perturb
        /// One of the records that an operation may be about.
        case records(PerturbFlow)
        case marks, branches
        /// The kinds of events that `{` and `}` go to.
        case travelKinds
        /// The kinds of events that are listed.
        case eventFilter
    }

    public var kind: Kind
    public var filter = ""
    /// Index into the rows that the filter leaves.
    public var selection = 0

    init(_ kind: Kind) { self.kind = kind }

    var title: String {
        switch kind {
        case .palette: "Commands"
        case .perturb: "Perturb: what happens at this step"
        case .records(let flow): flow.question
        case .marks: "Go to a mark"
        case .branches: "Go on with a branch"
        case .travelKinds: "Which events } and { go to"
        case .eventFilter: "Which events are listed"
        }
    }

    /// What Enter does.
    var verb: String {
        switch kind {
        case .palette, .perturb: "does it"
        case .records: "chooses"
        case .marks, .branches: "goes there"
        case .travelKinds: "goes to the next"
        case .eventFilter: "shows or hides"
        }
    }

    /// The rows that the filter leaves: every word of it occurs in the label, the detail or the heading.
    func shown(_ items: [PickerItem]) -> [PickerItem] {
        let words = filter.lowercased().split(separator: " ")
        if words.isEmpty { return items }
        return items.filter { item in
            let text = "\(item.label) \(item.detail) \(item.group)".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
    }
}

/// A row of a picker.
struct PickerItem: Equatable {
    enum Choice: Equatable {
        case command(KeyCommand), pane(PaneID), verb(String)
        case operation(OperationInfo), record(PerturbFlow, String)
        case fault(String, isOn: Bool), policy(String), hold(ThreadID, isHeld: Bool), delay(ThreadID, String), nearWrap
        case step(Int), branch(String)
        case travel(Set<EventKind>, String), toggle(Set<EventKind>), eventText, everyEvent
    }
    var group: String
    var label: String
    var detail = ""
    /// A key, in the place of the detail.
    var key = ""
    /// On or off, for what can be switched.
    var isOn: Bool?
    /// Why it can't be chosen.
    var obstacle: String?
    var choice: Choice

    init(_ group: String, _ label: String, _ detail: String = "", key: String = "", isOn: Bool? = nil, obstacle: String? = nil, does choice: Choice) {
        self.group = group
        self.label = label
        self.detail = detail
        self.key = key
        self.isOn = isOn
        self.obstacle = obstacle
        self.choice = choice
    }
}

extension ScreenState {
    /// Keys while a picker is open.
    mutating func handle(_ key: Key, in picker: Picker, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        var picker = picker
        let count = picker.shown(items(picker, scene)).count
        switch key {
        case .up, .backTab: picker.selection -= 1
        case .down, .tab: picker.selection += 1
        case .pageUp: picker.selection -= 8
        case .pageDown: picker.selection += 8
        case .home: picker.selection = 0
        case .end: picker.selection = count - 1
        case .enter: return pick(picker, scene, size)
        case .character(" ") where picker.kind == .eventFilter: return pick(picker, scene, size)
        case .control("u"): (picker.filter, picker.selection) = ("", 0)
        case .backspace, .delete:
            if !picker.filter.isEmpty { picker.filter.removeLast() }
            picker.selection = 0
        case .escape:
            overlay = nil
            return []
        case .character(let character):
            if picker.filter.count < 40 { picker.filter.append(character) }
            // Whoever types a whole name means that one, wherever it stands.
            picker.selection = picker.shown(items(picker, scene)).firstIndex { $0.label.lowercased() == picker.filter.lowercased() } ?? 0
        default: return []
        }
        picker.selection = max(0, min(count - 1, picker.selection))
        if case .character = key { picker.selection = 0 }
        overlay = .picker(picker)
        return []
    }

    /// Chooses the selected row.
    mutating func pick(_ picker: Picker, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        let shown = picker.shown(items(picker, scene))
        guard shown.indices.contains(picker.selection) else { return [] }
        let item = shown[picker.selection]
        if let obstacle = item.obstacle {
            message = "\(item.label): \(obstacle)"
            return []
        }
        overlay = nil
        switch item.choice {
        case .command(let command): return perform(command, scene, size)
        case .pane(let pane): show(pane, size)
        case .verb(let verb):
            // What takes nothing more is done at once.
            guard verb.hasSuffix(" ") else {
                overlay = nil
                return run(verb, scene, size)
            }
            overlay = .prompt(Prompt(.command, text: verb))
        case .operation(let operation): return proceed(PerturbFlow(operation: operation), scene, size)
        case .record(let flow, let name): return proceed(flow.answered(.record(name)), scene, size)
        case .fault(let name, let isOn): return perturb(.fault(name: name, isOn: isOn))
        case .policy(let name): return perturb(.policy(name))
        case .hold(let thread, let isHeld): return perturb(.hold(thread, isHeld: isHeld))
        case .delay(let thread, let name): overlay = .prompt(Prompt(.delay(thread, name)))
        case .nearWrap: overlay = .prompt(Prompt(.nearWrap))
        case .step(let step): return goTo(step)
        case .branch(let name): return [.playback(.switchBranch(name))]
        case .travel(let kinds, let words):
            travelKinds = kinds
            message = "} and { go to: \(words)"
            return [.playback(.nextEventOf(kinds))]
        case .toggle(let kinds):
            toggle(kinds)
            overlay = .picker(picker)
        case .eventText: overlay = .prompt(Prompt(.eventText, text: eventText))
        case .everyEvent:
            (eventKinds, eventText) = (nil, "")
            rows[.events] = nil
        }
        return []
    }

    private func perturb(_ perturbation: Perturbation) -> [ScreenAction] { [.playback(.perturb(perturbation))] }

    private mutating func toggle(_ kinds: Set<EventKind>) {
        var shown = eventKinds ?? Set(EventKind.allCases)
        if kinds.isSubset(of: shown) { shown.subtract(kinds) } else { shown.formUnion(kinds) }
        eventKinds = shown.count == EventKind.allCases.count ? nil : shown
        rows[.events] = nil
    }
}

/// Draws a picker.
enum PickerOverlay {
    /// Where a picker lies, and the rows that it shows: an item, or a heading.
    struct Place {
        var rect: Rect
        var lines: ArraySlice<(item: Int?, text: String)>
        var first: Int
        var total: Int
        /// The rows' room, below the line that is typed.
        var list: Rect
        /// Columns that the labels under each heading take.
        var labels: [String: Int]
    }

    static func place(_ picker: Picker, _ items: [PickerItem], in bounds: Rect) -> Place {
        let shown = picker.shown(items)
        var lines: [(item: Int?, text: String)] = []
        for (index, item) in shown.enumerated() {
            if index == 0 || shown[index - 1].group != item.group { lines.append((nil, item.group)) }
            lines.append((index, item.label))
        }
        // As high as everything would be, so that it stays put while a filter is typed.
        let groups = items.indices.filter { $0 == 0 || items[$0 - 1].group != items[$0].group }.count
        let columns = columns(items)
        let rect = bounds.inset(columns: 2, rows: 1).centred(width: columns.width, height: max(6, items.count + groups + 3))
        let list = rect.inset(columns: 2, rows: 1).splitTop(1).rest
        let selected = lines.firstIndex { $0.item == picker.selection } ?? 0
        let first = max(0, min(selected - list.height / 2, lines.count - list.height))
        return Place(rect: rect, lines: lines.dropFirst(first).prefix(list.height), first: first, total: lines.count, list: list, labels: columns.labels)
    }

    static func draw(_ picker: Picker, _ items: [PickerItem], isAsking: Bool, into canvas: inout Canvas) {
        let place = place(picker, items, in: canvas.bounds)
        let shown = picker.shown(items)
        canvas.fill(place.rect.inset(columns: -1, rows: 0))
        let count = shown.count == items.count ? "\(items.count)" : "\(shown.count) of \(items.count)"
        let inside = canvas.frame(
            place.rect, nil, title: picker.title, note: [Span(count, .dim)],
            footer: [Span("↑↓ choose  enter \(picker.verb)  Esc closes", .dim)], context: PaneContext(isFocused: true))
        canvas.write([Span("/ ", .keyHint), Span(picker.filter), Span("█", .accent), Span(picker.filter.isEmpty ? " type to filter" : "", .dim)], in: inside)
        if shown.isEmpty {
            canvas.write(isAsking ? "asking…" : "nothing matches “\(picker.filter)”", in: place.list, .dim)
        }
        canvas.scrollBar(place.rect, offset: place.first, shown: place.list.height, total: place.total)
        for (y, line) in place.lines.enumerated() {
            guard let index = line.item else {
                canvas.write(line.text, in: place.list, y: y, .paneTitle)
                continue
            }
            draw(shown[index], isSelected: index == picker.selection, place.labels[shown[index].group] ?? 8, into: &canvas, place.list, y)
        }
    }

    /// The labels' column under each heading, and how wide a box has room for everything: by all of the items, so that
    /// nothing moves while a filter is typed. One column of labels for them all would leave no room beside short ones;
    /// where only keys follow, they stand below each other.
    private static func columns(_ items: [PickerItem]) -> (labels: [String: Int], width: Int) {
        var labels: [String: Int] = [:]
        var rests: [String: Int] = [:]
        var described: Set<String> = []
        for item in items {
            let said = said(item)
            if !said.isEmpty { described.insert(item.group) }
            labels[item.group] = max(labels[item.group] ?? 8, Canvas.width(of: item.label))
            let rest = (item.isOn == nil ? 0 : 4) + Canvas.width(of: said.isEmpty ? item.key : said)
            rests[item.group] = max(rests[item.group] ?? 0, rest)
        }
        let shared = labels.reduce(0) { described.contains($1.key) ? $0 : max($0, $1.value) }
        for group in labels.keys where !described.contains(group) { labels[group] = shared }
        let widest = labels.reduce(0) { max($0, $1.value + (rests[$1.key] ?? 0)) }
        return (labels, max(64, min(104, 2 + 2 + widest + 4)))
    }

    /// What stands beside a label. What an operation is called begins the sentence about it, where that is meant to
    /// stand alone.
    private static func said(_ item: PickerItem) -> String {
        if let obstacle = item.obstacle { return "not now: \(obstacle)" }
        return item.detail.hasPrefix(item.label + ": ") ? String(item.detail.dropFirst(item.label.count + 2)) : item.detail
    }

    private static func draw(_ item: PickerItem, isSelected: Bool, _ longest: Int, into canvas: inout Canvas, _ list: Rect, _ y: Int) {
        if isSelected { canvas.write("►", in: list, y: y, .accent) }
        var x = 2
        if let isOn = item.isOn {
            canvas.write(isOn ? "[x]" : "[ ]", in: list, x: x, y: y, isOn ? .good : .dim)
            x += 4
        }
        let role: Role = item.obstacle != nil ? .dim : isSelected ? .text : .interval
        let detail = said(item)
        // A long name leaves room for what is said about it.
        let label = detail.isEmpty ? longest : min(list.width * 2 / 5, longest)
        let left = Rect(x: list.x, y: list.y, width: min(list.width, x + label), height: list.height)
        canvas.write(item.label, in: left, x: x, y: y, role)
        canvas.write(detail, in: list, x: x + label + 2, y: y, .dim)
        if detail.isEmpty { canvas.write(item.key, in: list, x: x + label + 2, y: y, .keyHint) }
        if isSelected { canvas.select(list, y: y) }
    }
}
