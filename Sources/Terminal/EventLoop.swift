import Glibc
import Playback
import Scene
import Screen

/// Waits for keys, signals and scenes. Draws a key's effect at once, and otherwise at most thirty times a second. Asleep when
/// nothing happens.
struct EventLoop {
    enum End {
        case status(Int32)
        case failure(String)
    }

    /// Milliseconds between two frames.
    private static let frame: Int64 = 33
    /// Milliseconds that a session may take to open before the screen says that it is being opened.
    private static let patience: Int64 = 80

    let terminal: CursesTerminal
    let signals: Signals
    let options: App.Options
    /// What has been kept last.
    var settings: Settings
    var home: HomeState?
    var session: Session?
    var end: End?
    var needsDrawing = true
    /// Not drawn before this time (milliseconds, monotonic).
    private var notBefore: Int64 = 0
    /// Frames still owed to a key, which don't wait: the one that shows it, and the one of the scene that follows.
    private var owed = 0
    private var emptyReads = 0

    init(terminal: CursesTerminal, signals: Signals, options: App.Options, start: App.Start) {
        self.terminal = terminal
        self.signals = signals
        self.options = options
        settings = options.settings
        switch start {
        case .home(let items):
            home = HomeState(items: items, theme: settings.theme, glyphs: terminal.glyphs)
            home?.settings = settings
            home?.message = options.notice
        case .session(let opening):
            open(opening)
            session?.arrival = options.notice
        }
    }

    mutating func run() -> End {
        while true {
            if let end { return end }
            let now = EventLoop.now()
            // What a slow terminal has not taken yet is not followed by more.
            if needsDrawing, !terminal.isBlocked, now >= notBefore || owed > 0 {
                owed = max(0, owed - 1)
                if draw() { notBefore = now + Self.frame }
                needsDrawing = false
            }
            wait(needsDrawing && !terminal.isBlocked ? Int32(clamping: max(1, notBefore - now)) : -1)
        }
    }

    private mutating func wait(_ timeout: Int32) {
        var polled = [
            pollfd(fd: terminal.input, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: session?.loop.wakeDescriptor ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: terminal.isBlocked ? terminal.output : -1, events: Int16(POLLOUT), revents: 0),
        ]
        guard poll(&polled, nfds_t(polled.count), timeout) > 0 else { return }
        if polled[1].revents != 0 { for number in signals.take() { handle(signal: number) } }
        if polled[2].revents != 0 { takeScene() }
        if polled[3].revents != 0 { terminal.flush() }
        if polled[0].revents & Int16(POLLIN) != 0 {
            readKeys()
        } else if polled[0].revents != 0 {
            end = .status(128 + SIGHUP)
        }
    }

    private mutating func readKeys() {
        var count = 0
        while end == nil, let key = terminal.nextKey() {
            count += 1
            handle(key)
        }
        if count > 0 {
            emptyReads = 0
            needsDrawing = true
            if session == nil || session?.scene != nil { owed = 2 }
        } else {
            // A terminal that has gone away is readable for ever, with nothing to read.
            emptyReads += 1
            if emptyReads > 100 { end = .status(128 + SIGHUP) }
        }
    }

    private mutating func takeScene() {
        guard var session else { return }
        session.loop.acknowledge()
        let latest = session.loop.latest
        session.scene = latest.scene
        if case .failed(let reason) = latest.phase {
            session.failure = reason
            if home == nil { end = .failure(reason) }
        }
        if self.session?.scene == nil { notBefore = 0 }
        let actions = latest.scene.map { session.state.receive($0, size: terminal.size) } ?? []
        if session.scene != nil, let arrival = session.arrival {
            session.state.message = arrival
            session.arrival = nil
        }
        self.session = session
        needsDrawing = true
        for action in actions { perform(action, .enter) }
    }

    /// - Returns: whether the terminal was written to.
    private mutating func draw() -> Bool {
        let size = terminal.size
        var isChanged = false
        if var session {
            let glyphs = session.state.glyphs
            let theme = session.state.theme
            if let failure = session.failure {
                isChanged = terminal.show(Notices.failure(session.name, failure, size: size, glyphs: glyphs), theme: theme)
            } else if let scene = session.scene {
                isChanged = terminal.show(session.state.render(scene, size: size), theme: theme)
            } else {
                isChanged = terminal.show(Notices.loading(session.name, hasHome: home != nil, size: size, glyphs: glyphs), theme: theme)
            }
            let request = session.state.request(for: size)
            if request != session.request {
                session.request = request
                session.loop.post(request)
                self.session = session
            }
        } else if let home {
            isChanged = terminal.show(home.render(size: size), theme: home.theme)
        }
        return isChanged
    }

    private mutating func handle(_ key: Key) {
        let size = terminal.size
        if var session {
            if let scene = session.scene, session.failure == nil {
                let actions = session.state.handle(key, scene: scene, size: size)
                let request = session.state.request(for: size)
                if request != session.request {
                    session.request = request
                    session.loop.post(request)
                }
                self.session = session
                for action in actions { perform(action, key) }
                keepTheme()
            } else {
                handleWhileClosed(key)
            }
        } else if var home {
            let actions = home.handle(key, size: size)
            self.home = home
            for action in actions { perform(action, key) }
            keepTheme()
        }
    }

    /// Keys while a session is being opened, or after that has failed.
    private mutating func handleWhileClosed(_ key: Key) {
        switch key {
        // Where there is nothing to go back to it does nothing, as ever: whoever leaves a menu may press it once too often.
        case .escape: if home != nil { perform(.openHome, key) }
        case .character("q"), .control("c"): perform(.quit, key)
        case .control("z"): perform(.suspend, key)
        case .control("l"): perform(.redraw, key)
        default: break
        }
    }

    private mutating func perform(_ action: ScreenAction, _ key: Key) {
        switch action {
        case .playback(let command): session?.loop.post(command)
        case .quit: end = .status(key == .control("c") ? 128 + SIGINT : 0)
        case .suspend: suspend()
        case .redraw: terminal.forget()
        case .openHome:
            if let state = session?.state { home?.theme = state.theme }
            home?.settings = settings
            // What it still has to write comes before the next session's.
            session?.loop.stop(wait: session?.scene != nil, atMost: 1)
            session = nil
        case .open(let item): open(options.open(item))
        case .check(let item):
            open(options.open(item))
            session?.loop.post(.check)
        case .copy(let text): copy(text)
        case .edit(let file, let line): edit(file, line)
        case .keep(let settings): keep(settings)
        }
    }

    /// - Parameters:
    ///   - step: where it is to be; `nil` leaves that to the session.
    ///   - state: how it is looked at; `nil` as at first.
    mutating func open(_ opening: Opening, at step: Int? = nil, _ state: ScreenState? = nil) {
        var state = state ?? ScreenState(
            theme: home?.theme ?? settings.theme, glyphs: terminal.glyphs, hasHome: home != nil)
        // What a key changes of the settings is kept together with the others.
        state.settings = settings
        // A new session's answers are counted anew.
        state.lastReply = 0
        let request = state.request(for: terminal.size)
        let make = opening.make
        session = Session(
            name: opening.name, loop: PlayerLoop(request: request) { try make(step) }, state: state, request: request,
            texts: opening.texts)
        needsDrawing = true
        owed = 0
        notBefore = EventLoop.now() + Self.patience
    }

    private mutating func suspend() {
        signals.setTerminalOurs(false)
        terminal.suspend()
        signals.stopProcess()
        signals.setTerminalOurs(true)
        terminal.resume()
        needsDrawing = true
    }

    private mutating func handle(signal: Int32) {
        switch signal {
        case SIGTERM, SIGHUP, SIGINT, SIGQUIT: end = .status(128 + signal)
        case SIGTSTP: suspend()
        case SIGCONT:
            terminal.resume()
            needsDrawing = true
        case SIGWINCH:
            terminal.resize()
            needsDrawing = true
        default: break
        }
    }

    static func now() -> Int64 { Clock.milliseconds() }
}
