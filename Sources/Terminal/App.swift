import Glibc
import Playback
import Scene
import Screen

/// The interactive program: a home screen, sessions, and the loop that feeds them keys.
public struct App {
    /// Where to begin.
    public enum Start: Sendable {
        case home([HomeItem])
        /// One session.
        case session(Opening)
    }

    /// What the command line and the settings decide.
    public struct Options: Sendable {
        /// How it looks and behaves at first.
        public var settings: Settings
        /// No colours, whatever the terminal: NO_COLOR is looked at besides.
        public var noColour: Bool
        /// One sentence to begin with: what is wrong with the settings' file.
        public var notice: String?
        /// Opens an item of the home screen.
        public var open: @Sendable (HomeItem) -> Opening
        /// Keeps what has been changed in the settings from the first to the second.
        /// - Throws: why that can't be, in words.
        public var keep: @Sendable (Settings, Settings) throws -> Void

        public init(
            settings: Settings = Settings(), noColour: Bool = false, notice: String? = nil,
            open: @escaping @Sendable (HomeItem) -> Opening = { item in
                Opening(name: item.name) { _ in throw TerminalError.cannotOpen("nothing knows how to open \(item.name)") }
            },
            keep: @escaping @Sendable (Settings, Settings) throws -> Void = { _, _ in }
        ) {
            self.settings = settings
            let wish = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
            self.noColour = noColour || wish
            self.notice = notice
            self.open = open
            self.keep = keep
        }
    }

    /// Takes the terminal over until the user quits or a signal ends it; gives it back in any case.
    /// - Returns: the exit status: 0, 130 after Ctrl-C, 128 + the signal's number after a signal.
    /// - Throws: ``TerminalError``, before anything is drawn or after the terminal was given back.
    public static func run(start: Start, options: Options) throws -> Int32 {
        let signals = Signals()
        defer { signals.restore() }
        let terminal = try CursesTerminal(options: options, signals: signals)
        var loop = EventLoop(terminal: terminal, signals: signals, options: options, start: start)
        let end = loop.run()
        signals.setTerminalOurs(false)
        terminal.close()
        // A player may have something to finish (a recording to close), but not for ever.
        loop.session?.loop.stop(wait: loop.session?.scene != nil, atMost: 2)
        switch end {
        case .status(let status): return status
        case .failure(let reason): throw TerminalError.cannotOpen(reason)
        }
    }
}

/// How a session is opened.
public struct Opening: Sendable {
    /// What is shown while it is being opened.
    public var name: String
    /// Makes the session as it is to be at first, or at a step. Runs on the session's own thread, and may take its time.
    public var make: @Sendable (_ step: Int?) throws -> any Player
    /// Where its texts come from; `nil` where nobody can change them.
    public var texts: (any SessionTexts)?

    public init(name: String, texts: (any SessionTexts)? = nil, make: @escaping @Sendable (_ step: Int?) throws -> any Player) {
        self.name = name
        self.make = make
        self.texts = texts
    }
}

/// The texts that a session runs, for a user who wants to change them.
public protocol SessionTexts: Sendable {
    /// Sees to it that a text is in a file of the user's.
    /// - Parameter name: as the code pane calls it.
    /// - Throws: why there can't be one, in words.
    func editable(_ name: String) throws -> EditableText
}

/// A text in a file, to be edited.
public struct EditableText: Sendable {
    /// The file.
    public var path: String
    /// What the user should know of where that is; `nil` where it was named by the user.
    public var note: String?
    /// Looks at what is in the file now. Throws what is wrong with it, in words of one line.
    public var reopen: @Sendable () throws -> Opening
    /// Takes away what was made for it, where nothing was changed after all.
    public var discard: @Sendable () -> Void

    public init(
        path: String, note: String?, discard: @escaping @Sendable () -> Void = {}, reopen: @escaping @Sendable () throws -> Opening
    ) {
        self.path = path
        self.note = note
        self.discard = discard
        self.reopen = reopen
    }
}

/// A session on the screen.
struct Session {
    var name: String
    let loop: PlayerLoop
    var state: ScreenState
    var request: SceneRequest
    var texts: (any SessionTexts)?
    var scene: Scene?
    var failure: String?
    /// What is to be said when the first scene is there.
    var arrival: String?
}
