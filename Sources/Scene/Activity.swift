/// One row of the threads pane.
public struct ThreadRow: Sendable, Equatable {
    public var id: ThreadID
    /// "T0", or a task's pid.
    public var label: String
    public var name: String
    public var cpu: Int?
    public var status: ThreadStatus
    /// What it is about to do, in words: "munmap: set_seq(umem.notifier, cur_seq)".
    public var doing: String
    /// The locks it holds, by name.
    public var holds: [String]
    public var isDaemon: Bool
    /// It took the step that led here.
    public var isCurrent: Bool
    /// It takes no step until it is released; or for how many steps more it is kept.
    public var hold: Hold?

    public enum Hold: Sendable, Equatable {
        case untilReleased
        case steps(Int)
    }

    public init(
        id: ThreadID, label: String, name: String, cpu: Int? = nil, status: ThreadStatus, doing: String,
        holds: [String] = [], isDaemon: Bool = false, isCurrent: Bool = false
    ) {
        self.id = id
        self.label = label
        self.name = name
        self.cpu = cpu
        self.status = status
        self.doing = doing
        self.holds = holds
        self.isDaemon = isDaemon
        self.isCurrent = isCurrent
    }
}

public enum ThreadStatus: Sendable, Equatable {
    /// It can step.
    case ready
    /// Asleep until woken: what it waits for, in words.
    case asleep(on: String)
    /// It waits for a lock: which, and who holds it where that is known.
    case blocked(on: String, holder: String?)
    /// It waits for a condition of the scenario.
    case waiting(on: String)
    case finished
    /// A task of a recording of which nothing is known to be under way.
    case unseen
}

/// The model's text (or a recording's lines) around where a thread stands.
public struct CodeView: Sendable, Equatable {
    /// "T0 munmap — kernel/interval_notifier".
    public var title: String
    /// Whose position is followed.
    public var thread: ThreadID?
    public var lines: [CodeLine]
    /// How many lines the whole text has.
    public var totalLines: Int
    /// The text's name ("kernel/interval_notifier"), or the path of a file of the user's own.
    public var file = ""
    /// The line that the followed thread stands at, 1-based, in view or not; 0 where it has finished.
    public var focusLine = 0

    public init(title: String = "", thread: ThreadID? = nil, lines: [CodeLine] = [], totalLines: Int = 0) {
        self.title = title
        self.thread = thread
        self.lines = lines
        self.totalLines = totalLines
    }
}

public struct CodeLine: Sendable, Equatable {
    /// 1-based.
    public var number: Int
    public var text: String
    /// The threads that stand on this line.
    public var threads: [ThreadID]
    /// The followed thread stands here.
    public var isFocus: Bool
    /// A run stops when a thread comes here.
    public var hasBreakpoint = false

    public init(number: Int, text: String, threads: [ThreadID] = [], isFocus: Bool = false) {
        self.number = number
        self.text = text
        self.threads = threads
        self.isFocus = isFocus
    }
}

/// One sentence of the log.
public struct EventRow: Sendable, Equatable {
    /// The step that it happened in: going to this step shows its effect.
    public var step: Int
    public var thread: ThreadID?
    /// "T0", or a task and pid.
    public var threadLabel: String
    public var kind: EventKind
    public var text: String
    /// Recorded time, as printed, where there is one.
    public var clock: String?

    public init(
        step: Int, thread: ThreadID?, threadLabel: String, kind: EventKind, text: String,
        clock: String? = nil
    ) {
        self.step = step
        self.thread = thread
        self.threadLabel = threadLabel
        self.kind = kind
        self.text = text
        self.clock = clock
    }
}

/// What an event is about. The raw value is its name in a model's `say` and in JSON.
public enum EventKind: String, Sendable, Equatable, CaseIterable {
    // The write side.
    case start, end, odd, join, even, leave, partial, callback, refuse
    // Subscriptions.
    case insert, remove, `defer`, apply, release
    // The read side.
    case begin, collide, wake, retry, success
    // Pages and mappings.
    case map, unmap, fault, access, free, protect, fork
    // Between memories, and for a device alone.
    case migrate, exclusive, restore
    // What a kernel function gives back.
    case result
    // Threads and locks.
    case thread, lock, sleep
    // Everything else.
    case note, finding

    /// Whether "next interesting event" stops at it.
    public var isInteresting: Bool {
        switch self {
        case .odd, .even, .refuse, .defer, .apply, .collide, .wake, .retry, .release, .exclusive, .restore, .migrate,
            .finding: true
        default: false
        }
    }
}

/// A property that failed: what, who, where.
public struct Finding: Sendable, Equatable {
    /// The property's name: "no-stale-spte".
    public var property: String
    /// What happened, as a sentence.
    public var sentence: String
    public var step: Int
    public var thread: ThreadID?
    public var threadLabel: String
    /// "kernel/interval_notifier:87".
    public var place: String

    public init(
        property: String, sentence: String, step: Int, thread: ThreadID?, threadLabel: String, place: String
    ) {
        self.property = property
        self.sentence = sentence
        self.step = step
        self.thread = thread
        self.threadLabel = threadLabel
        self.place = place
    }
}
