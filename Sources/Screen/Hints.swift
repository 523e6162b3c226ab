import Scene

/// One entry of the hint bar: a key, a word or two, and what a click on it does.
struct Hint: Sendable, Equatable {
    var key: String
    var words: String
    var command: KeyCommand
    /// Those of a higher rank give way first.
    var rank: Int

    var spans: [Span] { [Span(" " + key, .keyHint), Span(" " + words + " ", .keyWords)] }
}

/// What of a session decides which hints are of use.
struct HintFacts: Sendable, Equatable {
    var pane: PaneID?
    var hasManySpaces = false
    var hasBreakpoints = false
    var hasFinding = false
    var hasSelection = false
    var isZoomed = false
    var isRecording = false

    init(pane: PaneID? = nil) { self.pane = pane }

    init(_ scene: Scene, pane: PaneID, state: ScreenState) {
        self.pane = pane
        hasManySpaces = scene.header.mmCount > 1
        hasBreakpoints = !scene.breakpoints.isEmpty
        hasFinding = scene.finding != nil
        hasSelection = state.selection != nil
        isZoomed = state.isZoomed
        isRecording = scene.source == .recording
    }

    /// How far a command matters now: 0 always has a place, 9 gives way first.
    func rank(_ binding: KeyBinding, _ command: KeyCommand) -> Int {
        switch command {
        case .nextMM where hasManySpaces: return 1
        case .continueRun where hasBreakpoints: return 1
        case .explain where hasFinding || hasSelection: return 1
        default: break
        }
        if isRecording, Self.ofModels.contains(command) { return 10 }
        if let pane, let place = Self.ofPane[pane]?.firstIndex(of: command) { return min(binding.rank, place < 2 ? 1 : 2) }
        return binding.rank
    }

    /// Whether a hint has anything to do here at all.
    func allows(_ binding: KeyBinding, _ command: KeyCommand) -> Bool {
        if !binding.panes.isEmpty { return pane.map { binding.panes.contains($0) } ?? false }
        if command == .nextMM { return hasManySpaces }
        return rank(binding, command) < 10
    }

    /// What a kernel recording has no use for: what happened there has happened, and its text is no program.
    private static let ofModels: Set<KeyCommand> = [
        .check, .perturb, .nextPolicy, .stepThread, .toggleHold, .undo, .stepOver, .finishFunction, .toggleBreakpoint, .edit,
    ]

    /// What matters most in a pane.
    private static let ofPane: [PaneID: [KeyCommand]] = [
        .addressSpace: [.explain, .find], .tree: [.explain, .find], .deferred: [.explain], .notifiers: [.explain, .find],
        .threads: [.stepThread, .toggleHold, .explain], .code: [.toggleBreakpoint, .stepOver, .finishFunction, .edit, .find],
        .events: [.goToSelected, .filterEvents, .find], .timeline: [.toggleMark, .explain], .tables: [.explain, .find],
        .entries: [.explain, .find], .locks: [.explain], .explain: [.goToSelected],
    ]
}

extension KeyMap {
    /// The hint bar: as many hints as fit into `width` columns; help and quit always come last.
    static func hintList(width: Int, _ facts: HintFacts = HintFacts()) -> [Hint] {
        var shown: [Hint] = []
        var last: [Hint] = []
        for binding in bindings {
            guard let words = binding.hint, let key = binding.keys.first, let command = binding.command(at: 0) else { continue }
            guard facts.allows(binding, command) else { continue }
            var label = key.label
            if binding.panes.contains(.timeline), binding.keys.count > 1 {
                label = binding.keys.count > 4 ? binding.label : binding.keys.prefix(2).map(\.label).joined()
            }
            let hint = Hint(key: label, words: words, command: command, rank: facts.rank(binding, command))
            if command == .help || command == .quit { last.append(hint) } else { shown.append(hint) }
        }
        // The same key is named once: what it does in this pane.
        shown = shown.filter { hint in hint.key != "enter" || hint.command != .zoom || !shown.contains { $0.command == .goToSelected } }
        while !shown.isEmpty, Canvas.width(of: (shown + last).flatMap(\.spans)) > width {
            let highest = shown.reduce(0) { max($0, $1.rank) }
            shown.remove(at: shown.lastIndex { $0.rank == highest } ?? 0)
        }
        return shown + last
    }

    /// The hint bar's text for a pane.
    static func hints(width: Int, _ facts: HintFacts = HintFacts()) -> [Span] { hintList(width: width, facts).flatMap(\.spans) }
}
