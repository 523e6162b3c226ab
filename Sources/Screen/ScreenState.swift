import Playback
import Scene

/// What the screen asks of whoever drives it.
public enum ScreenAction: Sendable, Equatable {
    case playback(PlaybackCommand)
    case quit
    case suspend
    /// Draw everything again, whatever the terminal shows.
    case redraw
    case openHome
    case open(HomeItem)
    /// Open it, and explore every schedule of it.
    case check(HomeItem)
    /// Put text on the clipboard of whoever sits at the terminal.
    case copy(String)
    /// Open a text in the user's editor at a line (1-based), and the session anew when it was changed.
    case edit(file: String, line: Int)
    /// Keep these from now on.
    case keep(Settings)
}

/// How a session is looked at: a value that keys change and that, with a scene, makes a canvas.
public struct ScreenState: Sendable, Equatable {
    /// What lies over the panes.
    public enum Overlay: Sendable, Equatable { case help }

    /// Colours.
    public var theme: Theme
    /// Glyphs.
    public var glyphs: GlyphSet
    /// The pane that has the focus.
    public var focus: PaneID = .addressSpace
    /// Only the focused pane is shown.
    public var isZoomed = false
    /// What lies over the panes now.
    public var overlay: Overlay?
    /// First row of the help overlay.
    public var helpScroll = 0
    /// One sentence of the screen's own for the bottom line, until the next key.
    public var message: String?
    /// The thread that `t` steps and that the code pane follows; `nil` follows whoever steps.
    public var selectedThread: ThreadID?
    /// Index of the selected notifier in the whole list.
    public var selectedNotifier = 0
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
    /// Whether Esc at the outermost level leads to a home screen.
    public var hasHome: Bool

    public init(theme: Theme = .dark, glyphs: GlyphSet = .unicode, hasHome: Bool = false) {
        self.theme = theme
        self.glyphs = glyphs
        self.hasHome = hasHome
    }

    /// The pane that the arrow keys move in.
    public func focusedPane(size: Size) -> PaneID {
        if Layout.kind(size) == .compact, !isZoomed, focus != .threads { return .addressSpace }
        return focus
    }

    /// What a screen of this size needs of a scene.
    public func request(for size: Size) -> SceneRequest {
        let rows = size.height
        func window(_ pane: PaneID) -> RowWindow { RowWindow(offset: self.rows[pane] ?? 0, count: rows) }
        return SceneRequest(
            mmIndex: mmIndex, addresses: AddressWindow(
                columns: AddressPane.columns(width: addressWidth(size)), origin: origin,
                unitsPerColumn: unitsPerColumn, intervals: window(.addressSpace)),
            tree: window(.tree), notifiers: window(.notifiers), threads: window(.threads),
            events: window(.events), codeThread: selectedThread,
            code: CodeWindow(count: rows, shift: self.rows[.code] ?? 0))
    }

    /// The address pane's width: it depends on the size alone, not on the scene.
    private func addressWidth(_ size: Size) -> Int {
        isZoomed ? size.width : Layout.leftWidth(size.width, Layout.kind(size))
    }

    /// The layout that a scene is drawn with.
    public func layout(_ scene: Scene, size: Size) -> Layout {
        Layout(size: size, facts: Layout.Facts(scene), zoomed: isZoomed ? focus : nil)
    }
}

extension ScreenState {
    /// What a key does, given the scene that the user sees.
    public mutating func handle(_ key: Key, scene: Scene, size: Size) -> [ScreenAction] {
        message = nil
        if overlay == .help {
            if handleInHelp(key) { return [] }
        }
        guard let command = KeyMap.command(for: key) else { return [] }
        switch command {
        case .toggleRun: return [.playback(scene.position.isRunning ? .pause : .run)]
        case .step: return [.playback(.step)]
        case .back: return [.playback(.back)]
        case .stepOver: return [.playback(.stepOver)]
        case .finishFunction: return [.playback(.finishFunction)]
        case .nextEvent: return [.playback(.nextEvent)]
        case .previousEvent: return [.playback(.previousEvent)]
        case .jumpToStart: return [.playback(.jumpToStart)]
        case .jumpToEnd: return [.playback(.jumpToEnd)]
        case .nextPolicy: return [.playback(.nextPolicy)]
        case .toggleRecording: return [.playback(.toggleRecording)]
        case .check: return [.playback(.check)]
        case .nextMark: return [.playback(.nextMark)]
        case .previousMark: return [.playback(.previousMark)]
        case .faster: return [.playback(.setSpeed(SpeedLadder.faster(scene.position.speed)))]
        case .slower: return [.playback(.setSpeed(SpeedLadder.slower(scene.position.speed)))]
        case .stepThread: return stepSelectedThread(scene, size)
        case .quit: return [.quit]
        case .suspend: return [.suspend]
        case .redraw: return [.redraw]
        case .levelBack: return scene.isChecking ? [.playback(.cancelCheck)] : goBack()
        default:
            look(command, scene, size)
            return []
        }
    }

    /// The commands that change only how things are looked at.
    private mutating func look(_ command: KeyCommand, _ scene: Scene, _ size: Size) {
        switch command {
        case .nextPane: cycle(by: 1, size)
        case .previousPane: cycle(by: -1, size)
        case .pane(let number):
            guard let pane = PaneID(rawValue: number) else { return }
            focus = pane
            if Layout.kind(size) == .compact { isZoomed = true }
        case .overview: isZoomed = false
        case .zoom:
            if !isZoomed { focus = focusedPane(size: size) }
            isZoomed.toggle()
        case .move(let motion): move(motion, scene, size)
        case .zoomIn: zoomAxis(inward: true, scene, size)
        case .zoomOut: zoomAxis(inward: false, scene, size)
        case .nextMM: showNextMM(scene.header)
        case .nextTheme:
            theme = theme.next
            message = "theme: \(theme.rawValue)"
        case .help:
            overlay = .help
            helpScroll = 0
        default: break
        }
    }

    /// While the help is open, keys move in it or close it; quitting and the like still work.
    private mutating func handleInHelp(_ key: Key) -> Bool {
        switch KeyMap.command(for: key) {
        case .move(.up): helpScroll = max(0, helpScroll - 1)
        case .move(.down): helpScroll = min(HelpOverlay.lastScroll(HelpOverlay.session), helpScroll + 1)
        case .move(.pageUp), .move(.home): helpScroll = max(0, helpScroll - 10)
        case .move(.pageDown), .move(.end): helpScroll = min(HelpOverlay.lastScroll(HelpOverlay.session), helpScroll + 10)
        case .quit where key == .control("c"): return false
        case .suspend, .redraw, .nextTheme: return false
        default: overlay = nil
        }
        return true
    }

    /// Tab goes through the panes; on a small screen through the tabs, of which the overview is the first.
    private mutating func cycle(by offset: Int, _ size: Size) {
        guard Layout.kind(size) == .compact else {
            focus = focus.moved(by: offset)
            return
        }
        let first = PaneID.allCases.first ?? .addressSpace
        let last = PaneID.allCases.last ?? .events
        if !isZoomed {
            focus = offset > 0 ? first : last
            isZoomed = true
        } else if focus == (offset > 0 ? last : first) {
            isZoomed = false
            focus = .addressSpace
        } else {
            focus = focus.moved(by: offset)
        }
    }

    private mutating func goBack() -> [ScreenAction] {
        if isZoomed {
            isZoomed = false
        } else if origin != nil || unitsPerColumn != nil || magnification != nil {
            (origin, unitsPerColumn, magnification) = (nil, nil, nil)
        } else if mmIndex != nil {
            mmIndex = nil
        } else if selectedThread != nil {
            selectedThread = nil
        } else if rows.values.contains(where: { $0 != 0 }) || shifts.values.contains(where: { $0 != 0 }) {
            (rows, shifts, selectedNotifier) = ([:], [:], 0)
        } else if hasHome {
            return [.openHome]
        } else {
            message = "this is the outermost level: q quits"
        }
        return []
    }

    /// Another address space: its own axis, its own lists.
    private mutating func showNextMM(_ header: Header) {
        guard header.mmCount > 1 else {
            message = header.mmCount == 1 ? "there is no other mm" : "there is no mm"
            return
        }
        mmIndex = (header.mmIndex + 1) % header.mmCount
        (origin, unitsPerColumn, magnification, selectedNotifier) = (nil, nil, nil, 0)
        for pane in [PaneID.addressSpace, .tree, .deferred, .notifiers] { rows[pane] = nil }
    }

    private mutating func stepSelectedThread(_ scene: Scene, _ size: Size) -> [ScreenAction] {
        if let selectedThread, scene.threads.total > 0 { return [.playback(.stepThread(selectedThread))] }
        let rows = scene.threads.rows
        guard let thread = rows.first(where: { $0.status == .ready }) ?? rows.first else {
            message = "there is no thread to step"
            return []
        }
        selectedThread = thread.id
        focus = .threads
        message = "\(thread.label) \(thread.name) is selected: t steps it, ↑ ↓ choose another"
        return []
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
