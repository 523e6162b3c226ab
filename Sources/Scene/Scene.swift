/// What there is to see at one step of a session: the narrow waist between whoever runs (a simulation, a
/// kernel recording) and whoever draws.
///
/// A scene holds only what a ``SceneRequest`` asked for: long lists arrive as a window of rows with their
/// total count, addresses as a window of columns, so that a frame costs what it shows.
public struct Scene: Sendable, Equatable {
    /// The name of the scenario or the recording.
    public var title: String
    public var source: Source
    public var position: Position
    public var header: Header
    public var addressSpace: AddressSpace
    public var tree: Rows<TreeRow>
    public var deferred: [DeferredEntry]
    public var sleepers: [Sleeper]
    public var notifiers: Rows<NotifierRow>
    public var threads: Rows<ThreadRow>
    public var code: CodeView
    public var events: Rows<EventRow>
    /// What went wrong, once something did: the session stops there.
    public var finding: Finding?
    /// One sentence for the status line (a command refused, a jump outside the history).
    public var message: String?
    /// Whether the user has the session written to a file.
    public var isRecorded = false
    /// Every schedule from some step on is being explored.
    public var isChecking = false
    public var timeline = Timeline()
    public var pageTables = PageTables()
    /// Every lock and wait queue that somebody holds or waits for.
    public var locks = Rows<LockRow>()
    public var lockCycles: [LockCycle] = []
    /// The answer to ``SceneRequest/explain``.
    public var explanation: Explanation?
    /// The answers to ``SceneRequest/watches``, in their order.
    public var watches: [WatchRow] = []
    /// Where ``SceneRequest/wantsMenu``.
    public var menu: PerturbationMenu?
    public var marks: [MarkRow] = []
    public var branches: [BranchRow] = []
    public var breakpoints: [BreakpointRow] = []
    /// What the last command that gives something back gave.
    public var reply: Reply?

    /// Which kind of producer a scene comes from.
    public enum Source: Sendable, Equatable { case simulation, recording }

    public init(
        title: String, source: Source, position: Position, header: Header, addressSpace: AddressSpace,
        tree: Rows<TreeRow> = Rows(), deferred: [DeferredEntry] = [], sleepers: [Sleeper] = [],
        notifiers: Rows<NotifierRow> = Rows(), threads: Rows<ThreadRow> = Rows(),
        code: CodeView = CodeView(), events: Rows<EventRow> = Rows(), finding: Finding? = nil,
        message: String? = nil
    ) {
        self.title = title
        self.source = source
        self.position = position
        self.header = header
        self.addressSpace = addressSpace
        self.tree = tree
        self.deferred = deferred
        self.sleepers = sleepers
        self.notifiers = notifiers
        self.threads = threads
        self.code = code
        self.events = events
        self.finding = finding
        self.message = message
    }
}

/// A window of rows out of a longer list.
public struct Rows<Row: Sendable & Equatable>: Sendable, Equatable {
    /// The rows of the window, in list order.
    public var rows: [Row]
    /// The index in the whole list of the window's first row.
    public var offset: Int
    /// How many rows the whole list has.
    public var total: Int

    public init(_ rows: [Row] = [], offset: Int = 0, total: Int? = nil) {
        self.rows = rows
        self.offset = offset
        self.total = total ?? rows.count
    }
}

/// A thread of the model, or a task of a recording. Stable within a session.
public struct ThreadID: Hashable, Sendable {
    public var number: Int
    public init(_ number: Int) { self.number = number }
}

/// An interval notifier (a *subscription*). Stable within a session.
public struct NotifierID: Hashable, Sendable {
    public var number: Int
    public init(_ number: Int) { self.number = number }
}

/// Addresses from `first` to `last`, both included. The unit is the scene's (``AddressSpace/Unit``).
public struct AddressRange: Hashable, Sendable {
    public var first: UInt64
    public var last: UInt64

    /// Both ends are included; a `last` below `first` is moved up to it.
    public init(_ first: UInt64, _ last: UInt64) {
        self.first = first
        self.last = Swift.max(first, last)
    }

    public func overlaps(_ other: AddressRange) -> Bool { first <= other.last && other.first <= last }
    public func contains(_ address: UInt64) -> Bool { first <= address && address <= last }
}

/// Where the session stands in its history, and how it moves.
public struct Position: Sendable, Equatable {
    /// Steps (or recorded events) carried out so far: 0 is the start.
    public var step: Int
    /// The furthest step reached (simulation) or the number of events (recording).
    public var last: Int
    /// Whether `last` can still grow by running on.
    public var isOpenEnded: Bool
    public var isRunning: Bool
    /// It runs from later to earlier.
    public var isBackwards = false
    /// Steps a second when running; `nil` is as fast as it goes.
    public var speed: Int?
    /// The scheduling policy in words ("random", "by hand"), or `nil` where nothing schedules.
    public var policy: String?
    public var seed: UInt64?
    /// The recorded time at this step, in seconds, as the recording printed it.
    public var clock: String?
    /// Why it doesn't go on ("all threads have finished", "deadlock"), or `nil` while it can.
    public var stopped: String?

    public init(
        step: Int, last: Int, isOpenEnded: Bool, isRunning: Bool = false, speed: Int? = nil,
        policy: String? = nil, seed: UInt64? = nil, clock: String? = nil, stopped: String? = nil
    ) {
        self.step = step
        self.last = last
        self.isOpenEnded = isOpenEnded
        self.isRunning = isRunning
        self.speed = speed
        self.policy = policy
        self.seed = seed
        self.clock = clock
        self.stopped = stopped
    }
}

/// The state of one mm's `notifier_subscriptions`, in numbers and in words.
public struct Header: Sendable, Equatable {
    /// The mm's name ("A") or, in a recording, its address; `nil` before any mm is known.
    public var mm: String?
    /// How many mms there are, and which of them this is (0-based).
    public var mmCount: Int
    public var mmIndex: Int
    /// `invalidate_seq`.
    public var seq: Known<UInt64>
    /// `active_invalidate_ranges`.
    public var active: Known<Int>
    public var exclusion: Known<Exclusion>
    /// Whether an interval notifier was ever registered (`has_itree`).
    public var hasIntervalTree: Known<Bool>
    public var subscriptions: Int
    public var deferredInserts: Int
    public var deferredRemovals: Int
    public var asleep: Int
    /// Plain notifiers on the list.
    public var plainNotifiers: Known<Int>
    /// Invalidations so far, collisions so far, retries so far, at this step.
    public var counters: Counters

    public init(
        mm: String? = nil, mmCount: Int = 0, mmIndex: Int = 0, seq: Known<UInt64> = .unknown,
        active: Known<Int> = .unknown, exclusion: Known<Exclusion> = .unknown,
        hasIntervalTree: Known<Bool> = .unknown, subscriptions: Int = 0, deferredInserts: Int = 0,
        deferredRemovals: Int = 0, asleep: Int = 0, plainNotifiers: Known<Int> = .unknown,
        counters: Counters = Counters()
    ) {
        self.mm = mm
        self.mmCount = mmCount
        self.mmIndex = mmIndex
        self.seq = seq
        self.active = active
        self.exclusion = exclusion
        self.hasIntervalTree = hasIntervalTree
        self.subscriptions = subscriptions
        self.deferredInserts = deferredInserts
        self.deferredRemovals = deferredRemovals
        self.asleep = asleep
        self.plainNotifiers = plainNotifiers
        self.counters = counters
    }
}

/// Totals since the start of the session.
public struct Counters: Sendable, Equatable {
    public var invalidations: Int
    public var collisions: Int
    public var retries: Int

    public init(invalidations: Int = 0, collisions: Int = 0, retries: Int = 0) {
        self.invalidations = invalidations
        self.collisions = collisions
        self.retries = retries
    }
}

/// The three states of the collision-retry lock (seed 000, patch 02).
public enum Exclusion: Sendable, Equatable {
    /// No invalidation in flight.
    case idle
    /// Invalidations in flight, none of them over an interval: seq is even, the tree may change.
    case partial
    /// An invalidation hit an interval: seq is odd, the tree may not change.
    case full
}
