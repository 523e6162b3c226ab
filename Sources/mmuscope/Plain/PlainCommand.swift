import Language

/// What can be typed in `--plain`.
enum PlainCommand: String, CaseIterable {
    case step, back, run, goto, start, end, next, previous, over, finish, thread
    case perturb, fault, policy, hold, release, delay, undo
    case `where`, threads, notifiers, mm, tree, pages, locks, code, events, timeline
    case explain, eval, watch, unwatch, find, story
    case `break`, breaks, clear, mark, marks, branch, branches
    case check, schedule, table, record, help, quit

    /// Shorter names, and those that a user may try first.
    private static let others: [String: PlainCommand] = [
        "s": .step, "b": .back, "r": .run, "g": .goto, "n": .next, "p": .previous, "N": .previous, "t": .thread, "c": .run,
        "continue": .run, "jump": .goto, "w": .where, "e": .explain, "why": .explain, "print": .eval, "q": .quit,
        "exit": .quit, "?": .help, "h": .help, "l": .code, "list": .code, "log": .events, "delete": .clear,
    ]

    /// A command with its arguments, as typed.
    struct Line {
        var command: PlainCommand
        /// Everything behind the command's name.
        var text: String
        var words: [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
    }

    /// - Returns: `nil` for a line that has nothing in it, or a comment.
    /// - Throws: what the nearest command is called.
    static func parse(_ line: String) throws(Failure) -> Line? {
        let parts = line.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        guard let name = parts.first, !name.hasPrefix("#") else { return nil }
        let text = parts.count > 1 ? String(parts[1].reversed().drop(while: \.isWhitespace).reversed()) : ""
        if let command = PlainCommand(rawValue: name.lowercased()) ?? others[name] ?? others[name.lowercased()] {
            return Line(command: command, text: String(text.drop(while: \.isWhitespace)))
        }
        let near = nearestName(to: name, among: allCases.map(\.rawValue))
        throw Failure("there is no command '\(name)'; " + (near.map { "did you mean '\($0)'?" } ?? "help lists them"))
    }

    /// How it is typed, and what it does.
    var help: (usage: String, words: String) {
        moving ?? deciding ?? looking ?? asking
    }

    private var moving: (String, String)? {
        switch self {
        case .step: ("step [N]", "so many steps, one when nothing is said")
        case .back: ("back [N]", "so many steps back")
        case .run: ("run [N]", "at most N steps; otherwise to the end, a finding or a breakpoint (Ctrl-C stops it)")
        case .goto: ("goto N", "to step N, forward or back")
        case .start: ("start", "to the first step")
        case .end: ("end", "to the furthest step so far")
        case .next: ("next [KIND…]", "to the next interesting event, or one of these kinds (collide, wake, defer, …)")
        case .previous: ("previous [KIND…]", "to the one before")
        case .over: ("over", "over the call that the thread is about to make")
        case .finish: ("finish", "until the function has been left")
        case .thread: ("thread T1", "one step of this thread: you are the scheduler")
        default: nil
        }
    }

    private var deciding: (String, String)? {
        switch self {
        case .perturb: ("perturb [NAME [ARGUMENT…]]", "have something happen now; without a name, what there is (ranges as 0x10..0x1f)")
        case .fault: ("fault [NAME on|off]", "switch a fault of the model; without a name, which there are")
        case .policy: ("policy [NAME]", "who steps next when nobody says so")
        case .hold: ("hold T1", "this thread takes no step")
        case .release: ("release T1", "it takes steps again")
        case .delay: ("delay T1 N", "it takes no step for N steps of others")
        case .undo: ("undo", "take back what was decided last")
        case .break: ("break PLACE", "stop there: LINE, FILE:LINE, a notifier, seq N, property NAME, or an expression")
        case .breaks: ("breaks", "the breakpoints")
        case .clear: ("clear", "remove all breakpoints")
        case .mark: ("mark [NAME]", "name this step, or take its name away")
        case .marks: ("marks", "the steps that have names")
        case .branch: ("branch NAME", "go on with another branch")
        case .branches: ("branches", "the ways that were gone")
        case .check: ("check", "explore every schedule from here; stand in what fails")
        case .record: ("record", "write the session to a file; end that")
        default: nil
        }
    }

    private var looking: (String, String)? {
        switch self {
        case .where: ("where", "the step, the lock's state, and what was said last")
        case .threads: ("threads", "what each thread does or waits for")
        case .notifiers: ("notifiers", "every interval notifier")
        case .mm: ("mm", "the address space: its lock and its mappings")
        case .tree: ("tree", "the interval tree")
        case .pages: ("pages", "page-table entries of the CPU and of devices")
        case .locks: ("locks", "who holds what, and who waits")
        case .code: ("code [T1]", "the text around where a thread stands")
        case .events: ("events [N]", "the last N events")
        case .timeline: ("timeline", "the last steps of each thread")
        default: nil
        }
    }

    private var asking: (String, String) {
        switch self {
        case .explain: ("explain [T1|NOTIFIER|0x10|LOCK|seq|finding]", "why it is as it is")
        case .eval: ("eval EXPRESSION", "its value now")
        case .watch: ("watch [EXPRESSION]", "tell its value after every command; without one, which are told")
        case .unwatch: ("unwatch [EXPRESSION]", "not any more")
        case .find: ("find LIST TEXT", "in events, notifiers, threads, tree, pages, locks or code")
        case .story: ("story", "what led to the finding")
        case .schedule: ("schedule", "the run as one line, for mmuscope replay")
        case .table: ("table", "the last steps, a column for each CPU")
        case .help: ("help [COMMAND]", "this")
        default: ("quit", "the end; so is the end of the input")
        }
    }
}
