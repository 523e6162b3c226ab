import Scene

/// What a key does in a session.
public enum KeyCommand: Sendable, Hashable {
    case toggleRun, step, back, stepOver, finishFunction, nextEvent, previousEvent
    case continueRun, runBackwards, undo, toggleBreakpoint, toggleHold, perturb
    case toggleMark, marks, branches, nextMark, previousMark, nextOfKind, previousOfKind, chooseKind
    case toggleRecording, check
    case faster, slower, jumpToStart, jumpToEnd, stepThread, nextPolicy
    case nextPane, previousPane, pane(Int), overview, zoom
    case move(Motion)
    case zoomIn, zoomOut, nextMM
    case explain, find, findAgain, commandLine, palette, filterEvents, copySchedule, copyTable, edit, presenter
    case nextTheme, help, levelBack, quit, suspend, redraw
    /// In the timeline: to so many tenths of the history; so many pages on.
    case tenth(Int), timelinePage(Int)
    case coarser, finer
    /// In a list whose rows have a step: to the selected row's.
    case goToSelected
}

/// A movement in the focused pane.
public enum Motion: Sendable, Hashable {
    case up, down, left, right, pageUp, pageDown, home, end
}

/// One row of the key table: dispatch, the help overlay, the palette and the hint bar are all made from these.
public struct KeyBinding: Sendable {
    /// A heading of the help overlay.
    public enum Group: String, Sendable, CaseIterable {
        case run = "Run"
        case travel = "Travel in time"
        case change = "Change what happens"
        case look = "Look"
        case ask = "Ask and share"
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
    /// The only panes that it works in; empty is all.
    public var panes: [PaneID]
    /// The command of each of ``keys``; a single one is meant for all of them.
    public var commands: [KeyCommand]

    init(
        _ keys: [Key], _ group: Group, _ words: String, hint: String? = nil, rank: Int = 9, in panes: [PaneID] = [],
        _ commands: KeyCommand...
    ) {
        self.keys = keys
        self.group = group
        self.words = words
        self.hint = hint
        self.rank = rank
        self.panes = panes
        self.commands = commands
    }

    /// Keys that are characters.
    init(
        _ characters: String, _ group: Group, _ words: String, hint: String? = nil, rank: Int = 9, in panes: [PaneID] = [],
        _ commands: KeyCommand...
    ) {
        self.init(characters.map { .character($0) }, group, words, hint: hint, rank: rank, in: panes)
        self.commands = commands
    }

    /// The command of one of its keys.
    func command(at index: Int) -> KeyCommand? {
        commands.isEmpty ? nil : commands[min(index, commands.count - 1)]
    }

    /// How help names the keys: runs of digits are shortened.
    public var label: String {
        let digits = keys.compactMap { key -> Character? in
            if case .character(let character) = key, character.isNumber { character } else { nil }
        }
        if digits.count == keys.count, digits.count > 2, let first = digits.first, let last = digits.last {
            return "\(first)…\(last)"
        }
        return keys.map(\.label).joined(separator: " ")
    }
}

/// The key table of a session.
public enum KeyMap {
    /// Every key that works, in the order of the help.
    public static let bindings: [KeyBinding] = run + travel + change + look + ask + program

    private static let run: [KeyBinding] = [
        KeyBinding(" ", .run, "run, or pause", hint: "run/pause", rank: 0, .toggleRun),
        KeyBinding("s.", .run, "one step", hint: "step", rank: 0, .step),
        KeyBinding("S", .run, "step over the call", hint: "over", rank: 6, .stepOver),
        KeyBinding("f", .run, "finish the function", hint: "finish", rank: 7, .finishFunction),
        KeyBinding("c", .run, "continue to a breakpoint", hint: "continue", rank: 4, .continueRun),
        KeyBinding("R", .run, "run backwards", .runBackwards),
        KeyBinding("t", .run, "step the selected thread", hint: "step thread", rank: 4, .stepThread),
        KeyBinding("+=", .run, "faster", .faster),
        KeyBinding("-", .run, "slower", .slower),
        KeyBinding("o", .run, "next scheduling policy", hint: "policy", rank: 8, .nextPolicy),
        KeyBinding("C", .run, "check every schedule; Esc gives up", hint: "check", rank: 5, .check),
    ]

    private static let travel: [KeyBinding] = [
        KeyBinding("b,", .travel, "one step back", hint: "back", rank: 0, .back),
        KeyBinding("nN", .travel, "next, previous interesting event", hint: "next event", rank: 1, .nextEvent, .previousEvent),
        KeyBinding("}{", .travel, "next, previous event of a kind", .nextOfKind, .previousOfKind),
        KeyBinding("K", .travel, "choose that kind", .chooseKind),
        KeyBinding("gG", .travel, "to the start, to the end", .jumpToStart, .jumpToEnd),
        KeyBinding("m", .travel, "mark this step, or no longer", hint: "mark", rank: 6, .toggleMark),
        KeyBinding("'", .travel, "list of marks", hint: "marks", rank: 8, .marks),
        KeyBinding("[]", .travel, "previous, next mark", .previousMark, .nextMark),
        KeyBinding("v", .travel, "list of branches", .branches),
        KeyBinding(
            [.left, .right, .character("h"), .character("l")], .travel, "timeline: a step back, forward", hint: "travel",
            rank: 1, in: [.timeline], .back, .step, .back, .step),
        KeyBinding(
            [.pageUp, .pageDown], .travel, "timeline: a page back, forward", in: [.timeline], .timelinePage(-1), .timelinePage(1)),
        KeyBinding([.home, .end], .travel, "timeline: the start, the end", in: [.timeline], .jumpToStart, .jumpToEnd),
        KeyBinding(
            "0123456789", .travel, "timeline: so many tenths", hint: "tenths", rank: 2, in: [.timeline], .tenth(0), .tenth(1),
            .tenth(2), .tenth(3), .tenth(4), .tenth(5), .tenth(6), .tenth(7), .tenth(8), .tenth(9)),
        KeyBinding("><", .travel, "timeline: fewer, more steps a column", hint: "scale", rank: 3, in: [.timeline], .finer, .coarser),
        KeyBinding([.enter], .travel, "events, explain: to that step", hint: "go there", rank: 1, in: [.events, .explain], .goToSelected),
    ]

    private static let change: [KeyBinding] = [
        KeyBinding("p", .change, "perturb: make something happen now", hint: "perturb", rank: 3, .perturb),
        KeyBinding("H", .change, "hold or release the selected thread", hint: "hold", rank: 6, .toggleHold),
        KeyBinding("B", .change, "breakpoint at the code's line", hint: "breakpoint", rank: 6, .toggleBreakpoint),
        KeyBinding("u", .change, "take back what was decided by hand", hint: "undo", rank: 8, .undo),
    ]

    private static let look: [KeyBinding] = [
        KeyBinding([.tab, .backTab], .look, "next, previous pane", hint: "pane", rank: 3, .nextPane, .previousPane),
        KeyBinding(
            "123456789", .look, "a pane by its number", .pane(1), .pane(2), .pane(3), .pane(4), .pane(5), .pane(6), .pane(7),
            .pane(8), .pane(9)),
        KeyBinding("0", .look, "all panes, or the overview", .overview),
        KeyBinding([.enter, .character("z")], .look, "zoom the pane, and back", hint: "zoom", rank: 5, .zoom),
        KeyBinding(
            [.up, .down, .left, .right, .character("k"), .character("j"), .character("h"), .character("l")], .look,
            "select and move in the pane", .move(.up), .move(.down), .move(.left), .move(.right),
            .move(.up), .move(.down), .move(.left), .move(.right)),
        KeyBinding(
            [.pageUp, .pageDown, .home, .end], .look, "a page, or to either end",
            .move(.pageUp), .move(.pageDown), .move(.home), .move(.end)),
        KeyBinding("><", .look, "zoom the address axis in, out", .zoomIn, .zoomOut),
        KeyBinding("a", .look, "next address space (mm)", hint: "next mm", rank: 8, .nextMM),
        KeyBinding("F", .look, "filter the events", hint: "filter", rank: 8, .filterEvents),
        KeyBinding("P", .look, "presenter view", .presenter),
    ]

    private static let ask: [KeyBinding] = [
        KeyBinding("e", .ask, "explain what is selected", hint: "explain", rank: 2, .explain),
        KeyBinding("/", .ask, "find in the pane", hint: "find", rank: 6, .find),
        KeyBinding(";", .ask, "find the next one", .findAgain),
        KeyBinding(":", .ask, "command line; Tab completes", hint: "command", rank: 5, .commandLine),
        KeyBinding([.control("p")], .ask, "palette: every command by name", .palette),
        KeyBinding("yY", .ask, "copy the schedule, the table of CPUs", .copySchedule, .copyTable),
        KeyBinding("E", .ask, "open the code in your editor", hint: "editor", rank: 8, .edit),
    ]

    private static let program: [KeyBinding] = [
        KeyBinding("r", .program, "record to a file, or end that", .toggleRecording),
        KeyBinding("T", .program, "next theme", .nextTheme),
        KeyBinding([.character("?"), .function(1)], .program, "this help", hint: "help", rank: 0, .help),
        KeyBinding([.escape], .program, "one level back", .levelBack),
        KeyBinding([.control("l")], .program, "draw the screen again", .redraw),
        KeyBinding([.control("z")], .program, "suspend", .suspend),
        KeyBinding([.character("q"), .control("c")], .program, "quit", hint: "quit", rank: 0, .quit),
    ]

    private struct Place: Hashable {
        var key: Key
        var pane: PaneID?
    }

    private static let table: [Place: KeyCommand] = {
        var table: [Place: KeyCommand] = [:]
        for binding in bindings {
            for (index, key) in binding.keys.enumerated() {
                for pane in binding.panes.isEmpty ? [nil] : binding.panes.map(Optional.some) {
                    table[Place(key: key, pane: pane)] = binding.command(at: index)
                }
            }
        }
        return table
    }()

    /// What a key does while a pane has the focus, or `nil`.
    public static func command(for key: Key, in pane: PaneID? = nil) -> KeyCommand? {
        table[Place(key: key, pane: pane)] ?? table[Place(key: key, pane: nil)]
    }

    /// The key for a command, where there is one.
    static func key(for command: KeyCommand) -> Key? {
        for binding in bindings {
            if let index = binding.commands.firstIndex(of: command), index < binding.keys.count { return binding.keys[index] }
        }
        return nil
    }
}
