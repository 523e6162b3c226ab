/// What a key does in a session.
public enum KeyCommand: Sendable, Hashable {
    case toggleRun, step, back, stepOver, finishFunction, nextEvent, previousEvent
    case toggleRecording, check, nextMark, previousMark
    case faster, slower, jumpToStart, jumpToEnd, stepThread, nextPolicy
    case nextPane, previousPane, pane(Int), overview, zoom
    case move(Motion)
    case zoomIn, zoomOut, nextMM
    case nextTheme, help, levelBack, quit, suspend, redraw
}

/// A movement in the focused pane.
public enum Motion: Sendable, Hashable {
    case up, down, left, right, pageUp, pageDown, home, end
}

/// One row of the key table: dispatch, the help overlay and the hint bar are all made from these.
public struct KeyBinding: Sendable {
    /// A heading of the help overlay.
    public enum Group: String, Sendable, CaseIterable {
        case run = "Run"
        case travel = "Travel in time"
        case look = "Look"
        case program = "Program"
    }

    /// The keys, the one for the hint bar first.
    public var keys: [Key]
    /// Its heading in the help.
    public var group: Group
    /// What it does, for the help overlay.
    public var words: String
    /// One or two words for the hint bar, or `nil` to leave it out.
    public var hint: String?
    /// Hints of a higher rank give way first where there is no room.
    public var rank: Int
    /// The command of each of ``keys``; a single one is meant for all of them.
    public var commands: [KeyCommand]

    init(_ keys: [Key], _ group: Group, _ words: String, hint: String? = nil, rank: Int = 0,
        _ commands: KeyCommand...
    ) {
        self.keys = keys
        self.group = group
        self.words = words
        self.hint = hint
        self.rank = rank
        self.commands = commands
    }

    /// How help names the keys: runs of digits are shortened.
    public var label: String {
        if keys.count == Self.paneKeys.count, keys == Self.paneKeys { return "1…\(Self.paneKeys.count)" }
        return keys.map(\.label).joined(separator: " ")
    }

    fileprivate static let paneKeys: [Key] = (1...PaneID.allCases.count).map { .character(Character("\($0)")) }
}

/// The key table of a session.
public enum KeyMap {
    /// Every key that works, in the order of the help.
    public static let bindings: [KeyBinding] = [
        KeyBinding([.character(" ")], .run, "run, or pause", hint: "run/pause", .toggleRun),
        KeyBinding([.character("s"), .character(".")], .run, "one step", hint: "step", .step),
        KeyBinding([.character("S")], .run, "step over the call", hint: "over", rank: 4, .stepOver),
        KeyBinding([.character("f")], .run, "finish the function", hint: "finish", rank: 5, .finishFunction),
        KeyBinding(
            [.character("t")], .run, "step the selected thread (choose it in Threads)", hint: "step thread", rank: 2,
            .stepThread),
        KeyBinding([.character("o")], .run, "next scheduling policy", hint: "policy", rank: 6, .nextPolicy),
        KeyBinding([.character("C")], .run, "check from here: explore every schedule; Esc gives it up", hint: "check", rank: 3, .check),
        KeyBinding([.character("+"), .character("=")], .run, "faster", hint: "faster", rank: 5, .faster),
        KeyBinding([.character("-")], .run, "slower", hint: "slower", rank: 5, .slower),
        KeyBinding(
            [.character("b"), .character(",")], .travel, "one step back", hint: "back", .back),
        KeyBinding(
            [.character("n"), .character("N")], .travel, "to the next, the previous interesting event",
            hint: "next event", .nextEvent, .previousEvent),
        KeyBinding(
            [.character("["), .character("]")], .travel, "to the previous, the next mark", .previousMark, .nextMark),
        KeyBinding([.character("g")], .travel, "to the start", hint: "start", rank: 6, .jumpToStart),
        KeyBinding([.character("G")], .travel, "to the end", hint: "end", rank: 6, .jumpToEnd),
        KeyBinding(
            [.tab, .backTab], .look, "next, previous pane", hint: "pane", rank: 1, .nextPane, .previousPane),
        KeyBinding(
            KeyBinding.paneKeys, .look, "a pane by its number",
            .pane(1), .pane(2), .pane(3), .pane(4), .pane(5), .pane(6), .pane(7)),
        KeyBinding([.character("0")], .look, "all panes, or the overview", .overview),
        KeyBinding([.enter, .character("z")], .look, "zoom the pane, and back", hint: "zoom", rank: 3, .zoom),
        KeyBinding(
            [.up, .down, .left, .right, .character("k"), .character("j"), .character("h"), .character("l")], .look,
            "move in the pane, pan the addresses", .move(.up), .move(.down), .move(.left), .move(.right),
            .move(.up), .move(.down), .move(.left), .move(.right)),
        KeyBinding(
            [.pageUp, .pageDown, .home, .end], .look, "a page, or to either end",
            .move(.pageUp), .move(.pageDown), .move(.home), .move(.end)),
        KeyBinding([.character(">"), .character("<")], .look, "zoom the address axis in, out", .zoomIn, .zoomOut),
        KeyBinding([.character("a")], .look, "the next address space, where there are several", .nextMM),
        KeyBinding([.character("r")], .program, "record the session to a file, from its start; end that", .toggleRecording),
        KeyBinding([.character("T")], .program, "next theme", hint: "theme", rank: 7, .nextTheme),
        KeyBinding([.character("?"), .function(1)], .program, "this help", hint: "help", .help),
        KeyBinding([.escape], .program, "one level back", .levelBack),
        KeyBinding([.control("l")], .program, "draw the screen again", .redraw),
        KeyBinding([.control("z")], .program, "suspend", .suspend),
        KeyBinding([.character("q"), .control("c")], .program, "quit", hint: "quit", .quit),
    ]

    private static let table: [Key: KeyCommand] = {
        var table: [Key: KeyCommand] = [:]
        for binding in bindings {
            for (index, key) in binding.keys.enumerated() {
                table[key] = binding.commands[min(index, binding.commands.count - 1)]
            }
        }
        return table
    }()

    /// What a key does, or `nil`.
    public static func command(for key: Key) -> KeyCommand? { table[key] }

    /// The hint bar: as many hints as fit into `width` columns; help and quit always come last.
    public static func hints(width: Int) -> [Span] {
        let all = bindings.filter { $0.hint != nil }
        let last = all.filter { $0.rank == 0 && $0.group == .program }
        var shown = all.filter { $0.rank > 0 || $0.group != .program }
        func spans(_ list: [KeyBinding]) -> [Span] {
            var result: [Span] = []
            for binding in list {
                result.append(Span(" " + (binding.keys.first?.label ?? ""), .keyHint))
                result.append(Span(" " + (binding.hint ?? "") + " ", .keyWords))
            }
            return result
        }
        while !shown.isEmpty, Canvas.width(of: spans(shown + last)) > width {
            let highest = shown.reduce(0) { max($0, $1.rank) }
            shown.remove(at: shown.lastIndex { $0.rank == highest } ?? 0)
        }
        return spans(shown + last)
    }
}
