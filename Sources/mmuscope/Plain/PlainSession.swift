import Foundation
import Playback
import Scene
import Screen
import Terminal

/// A session without a screen: commands a line, what happens as sentences a line. For screen readers and scripts.
///
/// It asks the player for the same scenes, and gives it the same commands, as the screen does.
struct PlainSession {
    private var player: any Player
    private let glyphs: GlyphSet
    /// Someone sits there: there is a prompt, and an empty line does the last command again.
    private let isTyped: Bool
    private var last: PlainCommand.Line?
    var watches: [String] = []
    private var told: Reply?
    private var names: [ThreadID: String] = [:]
    private var output = Output()
    private(set) var mistakes = 0

    /// - Parameter ascii: print ASCII only, whatever the locale.
    init(_ player: any Player, ascii: Bool) {
        self.player = player
        setlocale(LC_ALL, "")
        let codeset = nl_langinfo(Int32(CODESET)).map { String(cString: $0) } ?? ""
        // What isn't for a terminal is read by programs, which take UTF-8.
        let isTerminal = isatty(STDOUT_FILENO) == 1
        glyphs = ascii || (isTerminal && codeset != "UTF-8") ? .ascii : .unicode
        isTyped = isatty(STDIN_FILENO) == 1
    }

    /// Until the input ends or `quit`.
    /// - Returns: the exit status: 1 when it ends at a finding, 2 when a script had a line that is no command.
    mutating func run() -> Int32 {
        begin()
        while true {
            if isTyped { prompt() }
            output.flush()
            guard let text = readLine() else { break }
            guard let line = parsed(text) else { continue }
            if line.command == .quit { break }
            do { try carryOut(line) } catch { complain(error.message) }
            last = line
        }
        output.flush()
        player.finish()
        if mistakes > 0, !isTyped { return Failure.usage }
        return scene().finding == nil ? 0 : Failure.finding
    }

    private mutating func begin() {
        let scene = scene(threads: true)
        note(scene)
        say("\(scene.title). \(PlainWords.position(scene))")
        if let message = scene.message { say(PlainWords.ended(message)) }
        if isTyped { say("help lists the commands, quit ends it.") }
    }

    private mutating func parsed(_ text: String) -> PlainCommand.Line? {
        do {
            if let line = try PlainCommand.parse(text) { return line }
            return isTyped && text.allSatisfy(\.isWhitespace) ? last : nil
        } catch {
            complain(error.message)
            return nil
        }
    }

    private mutating func prompt() { output.write("step \(scene().position.step)> ") }

    // MARK: Saying

    /// One line. Nothing that came from a file reaches a terminal unfiltered.
    mutating func say(_ line: String) {
        let clean = Clipboard.cleaned(line.replacing("\n", with: " "))
        var scalars = String.UnicodeScalarView()
        for scalar in clean.unicodeScalars { scalars.append(glyphs.glyph(for: scalar)) }
        output.write(String(scalars) + "\n")
    }

    mutating func say(_ lines: [String], none: String) {
        if lines.isEmpty { say(none) }
        for line in lines { say(line) }
    }

    private mutating func complain(_ message: String) {
        mistakes += 1
        output.flush()
        RecordingFiles.complain(Clipboard.cleaned(message))
    }

    // MARK: Looking

    /// What there is to see, without the long lists unless they are asked for.
    func scene(
        threads: Bool = false, events: Int = 0, _ change: (inout SceneRequest) -> Void = { _ in }
    ) -> Scene {
        var request = SceneRequest(
            threads: RowWindow(count: threads ? Self.most : 0), events: RowWindow(count: events))
        request.watches = watches
        change(&request)
        return player.scene(for: request)
    }

    /// Rows of a list that are told at once.
    static let most = 1000

    private mutating func note(_ scene: Scene) {
        for row in scene.threads.rows { names[row.id] = row.name }
        if let reply = scene.reply { told = reply }
    }

    /// What became of a command: its message, its answer, the watches.
    mutating func tell(_ scene: Scene) {
        if let message = scene.message { say(PlainWords.ended(message)) }
        if let reply = scene.reply, reply.number != told?.number {
            told = reply
            tell(reply.content)
        }
        for watch in scene.watches {
            say("\(watch.expression) = \(watch.value)\(watch.hasChanged ? " (changed)" : "")")
        }
        if let finding = scene.finding { say(PlainWords.finding(finding)) }
    }

    private mutating func tell(_ content: Reply.Content) {
        switch content {
        case .found(let query, let row):
            say("Found '\(query.text)' in row \(row).")
            tell(row: row, of: query.list)
        case .notFound(let query): say("There is no '\(query.text)'.")
        case .copy(let text, let what):
            say("\(what):")
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) { say(String(line)) }
        case .value(let expression, let value): say("\(expression) = \(value)")
        case .text(let title, let lines):
            say(PlainWords.ended(title))
            for line in lines { say(line) }
        }
    }

    /// The row that was found.
    private mutating func tell(row: Int, of list: FindQuery.List) {
        let window = RowWindow(offset: row, count: 1)
        let scene = scene { request in
            switch list {
            case .tree: request.tree = window
            case .notifiers: request.notifiers = window
            case .threads: request.threads = window
            case .pages: request.pages = window
            case .locks: request.locks = window
            case .events, .code, .addresses: break
            }
        }
        switch list {
        case .tree: for row in scene.tree.rows { say(PlainWords.tree(row)) }
        case .notifiers: for row in scene.notifiers.rows { say(PlainWords.notifier(row)) }
        case .threads: for row in scene.threads.rows { say(PlainWords.thread(row, scene.source)) }
        case .pages: for row in scene.pageTables.pages.value?.rows ?? [] { say(PlainWords.page(row, scene.pageTables.devices)) }
        case .locks: for row in scene.locks.rows { say(PlainWords.lock(row)) }
        case .events, .code, .addresses: break
        }
    }

    // MARK: Moving

    /// Carries a command out and tells what came of it: the events on the way when it went forward.
    mutating func perform(_ command: PlaybackCommand, tellsEvents: Bool = false) {
        let before = scene().position.step
        player.perform(command)
        waitForWork()
        let now = scene(threads: true)
        for row in now.threads.rows { names[row.id] = row.name }
        if now.position.step > before, tellsEvents { tellEvents(after: before) }
        if now.position.step != before { say(PlainWords.position(now)) }
        tell(now)
    }

    /// Runs: every event is told as it happens.
    /// - Parameter steps: at most; `nil` is until something stops it.
    mutating func run(_ steps: Int?) {
        let start = scene().position.step
        player.perform(.run)
        let target = steps.map { $0 > Int.max - start ? Int.max : start + $0 }
        Interrupt.watch()
        defer { Interrupt.ignore() }
        var step = start
        while player.isRunning, !Interrupt.hasCome, target.map({ step < $0 }) ?? true {
            let piece = min(Self.piece, target.map { $0 - step } ?? Self.piece)
            // A recording that is still arriving, or a run that goes back, takes its time.
            if player.advance(by: piece) == 0, player.isRunning { usleep(2000) }
            tellEvents(after: step)
            step = scene().position.step
        }
        let isStopped = !player.isRunning
        if !isStopped { player.perform(.pause) }
        let now = scene(threads: true)
        say(PlainWords.position(now))
        tell(now)
    }

    /// Steps between two looks at the log: what they say fits into the window that is asked for.
    private static let piece = 32
    private static let window = 2048

    private mutating func tellEvents(after step: Int) {
        let scene = scene(events: Self.window)
        for event in scene.events.rows where event.step > step { say(PlainWords.event(event, names)) }
    }

    /// A check goes on beside the session; here it is waited for.
    private mutating func waitForWork() {
        guard player.isWorking else { return }
        if isTyped { say("Checking; Ctrl-C gives it up.") }
        output.flush()
        Interrupt.watch()
        defer { Interrupt.ignore() }
        while player.isWorking {
            if Interrupt.hasCome { player.perform(.cancelCheck) }
            _ = player.look()
            usleep(20_000)
        }
    }
}

// A signal handler reaches only globals.
nonisolated(unsafe) private var wasInterrupted: sig_atomic_t = 0

/// Ctrl-C, while something goes on that it can stop.
private enum Interrupt {
    static func watch() {
        wasInterrupted = 0
        signal(SIGINT) { _ in wasInterrupted = 1 }
    }

    static func ignore() { signal(SIGINT, SIG_DFL) }

    static var hasCome: Bool { wasInterrupted != 0 }
}
