import Glibc
import Playback
import Scene
import Screen

/// The interactive program: a home screen, sessions, and the loop that feeds them keys.
public struct App {
    /// Where to begin.
    public enum Start: Sendable {
        case home([HomeItem])
        /// One session. The closure runs on the session's own thread; `name` is shown while it does.
        case player(name: String, make: @Sendable () throws -> any Player)
    }

    /// What the command line decides.
    public struct Options: Sendable {
        /// Draw with ASCII only, whatever the locale.
        public var ascii: Bool
        /// No colours, whatever the terminal: NO_COLOR is looked at besides.
        public var noColour: Bool
        /// The colours to begin with.
        public var theme: Theme
        /// Opens an item of the home screen; runs on the session's own thread.
        public var open: @Sendable (HomeItem) throws -> any Player

        public init(
            ascii: Bool = false, noColour: Bool = false, theme: Theme = .dark,
            open: @escaping @Sendable (HomeItem) throws -> any Player = { item in
                throw TerminalError.cannotOpen("nothing knows how to open \(item.name)")
            }
        ) {
            self.ascii = ascii
            let wish = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
            self.noColour = noColour || wish
            self.theme = theme
            self.open = open
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

/// A session on the screen.
struct Session {
    var name: String
    let loop: PlayerLoop
    var state: ScreenState
    var request: SceneRequest
    var scene: Scene?
    var failure: String?
}
