import Playback
import Scene

/// How a session is looked at: a value that keys change and that, with a scene, makes a canvas.
///
/// Whoever drives it gives it every key with ``handle(_:scene:size:)`` and every new scene with
/// ``receive(_:size:)``, and asks for scenes with ``request(for:)``.
public struct ScreenState: Sendable, Equatable {
    /// What lies over the panes, or takes the keys.
    public enum Overlay: Sendable, Equatable {
        case help
        /// A list to choose from: the palette, the perturb menu, marks, branches, kinds of events.
        case picker(Picker)
        /// Lines to read.
        case text(TextView)
        /// A line to type, in place of the hint bar.
        case prompt(Prompt)
        /// Pages are picked on the address pane.
        case picking(Picking)
        /// Yes or no.
        case question(PerturbFlow)
    }

    /// Colours.
    public var theme: Theme
    /// Glyphs.
    public var glyphs: GlyphSet
    /// What is kept from one start to the next; a key that changes one of them asks for that with ``ScreenAction/keep(_:)``.
    public var settings = Settings()
    /// The pane that has the focus.
    public var focus: PaneID = .addressSpace
    /// Only the focused pane is shown.
    public var isZoomed = false
    /// Panes that were brought to the front of the place that they share with others, the latest last.
    public var raised: [PaneID] = []
    /// What lies over the panes now.
    public var overlay: Overlay?
    /// First row of the help overlay.
    public var helpScroll = 0
    /// One sentence of the screen's own for the bottom line, until the next key.
    public var message: String?
    /// What is selected, and lights up in every pane.
    public var selection: Subject?
    /// The row of the selection in the whole list of a pane.
    public var cursors: [PaneID: Int] = [:]
    /// A pane whose ``cursors`` row was chosen before the scene had it.
    public var pending: PaneID?
    /// First row of each pane's list. Events count from the newest.
    public var rows: [PaneID: Int] = [:]
    /// Columns that a pane's lines are moved to the left by.
    public var shifts: [PaneID: Int] = [:]
    /// The axis: `nil` lets the producer choose.
    public var origin: UInt64?
    /// Addresses a column; `nil` lets the producer choose.
    public var unitsPerColumn: UInt64?
    /// Cells per page; `nil` fits.
    public var magnification: Int?
    /// Which mm is shown, where there are several; `nil` lets the producer choose.
    public var mmIndex: Int?
    /// The timeline's first step; `nil` keeps the position in view.
    public var timelineFirst: Int?
    /// Steps that a column of the timeline stands for; `nil` lets the producer choose.
    public var stepsPerColumn: Int?
    /// What the explain pane explains.
    public var explaining: Subject?
    /// Where one was when the first explanation was asked for.
    var explainedFrom: Place?
    struct Place: Sendable, Equatable {
        var pane: PaneID
        var isZoomed: Bool
    }
    /// Expressions that are kept in the header.
    public var watches: [String] = []
    /// Only events of these kinds are listed; `nil` is all.
    public var eventKinds: Set<EventKind>?
    /// Only events with this in them are listed.
    public var eventText = ""
    /// The kinds of events that `{` and `}` go to.
    public var travelKinds: Set<EventKind>?
    /// What `;` looks for.
    public var lastFind: FindQuery?
    /// What was typed after `:perturb`, until a scene says what can be perturbed.
    var unansweredPerturbation: [String]?
    /// What was asked for, in ``message`` until the player says what came of it; and what it had said before.
    var echo: Echo?
    struct Echo: Sendable, Equatable {
        var words: String
        var before: String?
    }
    /// What was typed after `:`, the newest last.
    public var history: [String] = []
    /// The newest reply that was shown.
    public var lastReply = 0
    /// Whether Esc at the outermost level leads to a home screen.
    public var hasHome: Bool

    public init(theme: Theme = .dark, glyphs: GlyphSet = .unicode, hasHome: Bool = false) {
        self.theme = theme
        self.glyphs = glyphs
        self.hasHome = hasHome
        settings.theme = theme
    }

    /// Fewer panes and more space, for showing to others.
    public var isPresenting: Bool {
        get { settings.isPresenting }
        set { settings.isPresenting = newValue }
    }

    /// The thread that `t` steps and that the code pane follows; `nil` follows whoever steps.
    public var selectedThread: ThreadID? {
        if case .thread(let thread) = selection { return thread }
        return nil
    }

    /// The pane that the arrow keys move in.
    public func focusedPane(size: Size) -> PaneID {
        if isZoomed { return focus }
        if Layout.kind(size) == .compact, focus != .threads { return .addressSpace }
        return visiblePanes(size).contains(focus) ? focus : .addressSpace
    }

    /// The panes that a screen of this size shows: they depend on the size alone, not on the scene.
    func visiblePanes(_ size: Size) -> [PaneID] {
        if isZoomed { return [focus] }
        let kind = Layout.kind(size)
        if kind == .compact || kind == .tooSmall { return [.addressSpace, .threads] }
        return (isPresenting ? Layout.presented : Layout.places(kind)).map { Layout.shown($0, raised, kind) }
    }

    /// The layout that a scene is drawn with.
    public func layout(_ scene: Scene, size: Size) -> Layout {
        var facts = Layout.Facts(scene)
        facts.watches = watches.isEmpty ? 0 : 1
        return Layout(size: size, facts: facts, zoomed: isZoomed ? focus : nil, raised: raised, isPresenting: isPresenting)
    }
}

extension ScreenState {
    /// What a screen of this size needs of a scene.
    public func request(for size: Size) -> SceneRequest {
        let rows = size.height
        let visible = visiblePanes(size)
        func window(_ pane: PaneID) -> RowWindow { RowWindow(offset: self.rows[pane] ?? 0, count: rows) }
        func window(ifShown pane: PaneID) -> RowWindow { visible.contains(pane) ? window(pane) : RowWindow() }
        var request = SceneRequest(
            mmIndex: mmIndex, addresses: AddressWindow(
                columns: AddressPane.columns(width: addressWidth(size)), origin: origin,
                unitsPerColumn: unitsPerColumn, intervals: window(.addressSpace)),
            tree: window(.tree), notifiers: window(.notifiers), threads: window(.threads),
            events: window(.events), codeThread: selectedThread,
            code: CodeWindow(count: rows, shift: self.rows[.code] ?? 0))
        if visible.contains(.timeline) {
            request.timeline = TimelineWindow(
                columns: TimelinePane.columns(width: timelineWidth(size)), firstStep: timelineFirst,
                stepsPerColumn: stepsPerColumn, lanes: window(.timeline))
        } else if !isZoomed, Layout.kind(size) == .compact {
            request.timeline = TimelineWindow(columns: TimelineStrip.columns(width: size.width), lanes: RowWindow(count: 1_000))
            request.timeline.isWhole = true
        }
        request.pages = window(ifShown: .tables)
        request.specialPages = window(ifShown: .entries)
        request.locks = window(ifShown: .locks)
        request.explain = visible.contains(.explain) ? explaining : nil
        request.watches = watches
        request.wantsMenu = wantsMenu
        request.eventKinds = eventKinds
        request.eventText = eventText
        return request
    }

    /// The perturb menu is open, or a line is typed that may name one of its entries.
    private var wantsMenu: Bool {
        if unansweredPerturbation != nil { return true }
        return switch overlay {
        case .picker(let picker): picker.kind == .perturb
        case .prompt(let prompt): prompt.kind == .command
        default: false
        }
    }

    /// The address pane's width.
    private func addressWidth(_ size: Size) -> Int {
        isZoomed ? size.width : isPresenting && Layout.kind(size) != .compact
            ? Layout.presentedWidth(size.width) : Layout.leftWidth(size.width, Layout.kind(size))
    }

    private func timelineWidth(_ size: Size) -> Int {
        isPresenting && !isZoomed ? size.width - 2 : size.width
    }
}

/// The speeds that + and − go through, in steps a second; `nil` is as fast as it goes.
enum SpeedLadder {
    static let speeds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000]

    static func faster(_ speed: Int?) -> Int? { speed.flatMap { current in speeds.first { $0 > current } } }

    static func slower(_ speed: Int?) -> Int? {
        guard let speed else { return speeds.last }
        return speeds.last { $0 < speed } ?? speeds.first
    }
}
