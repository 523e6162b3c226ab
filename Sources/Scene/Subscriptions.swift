/// Where an interval notifier is in its life.
public enum NotifierState: Sendable, Equatable {
    /// In the tree, its seq differs from the mm's: a reader may go on.
    case idle
    /// Its seq equals the mm's odd seq: a reader that begins now sleeps.
    case colliding
    /// On the deferred list, not yet in the tree.
    case insertDeferred
    /// On the deferred list, still in the tree.
    case removalDeferred
    /// Not registered (not yet, or not any more).
    case detached
}

/// One row of the notifiers pane.
public struct NotifierRow: Sendable, Equatable {
    public var id: NotifierID
    public var name: String
    public var range: AddressRange
    /// `sub->invalidate_seq`.
    public var seq: Known<UInt64>
    public var state: NotifierState
    /// Callbacks delivered so far, where the producer counts them.
    public var callbacks: Known<Int>
    /// Threads asleep in read_begin or remove for it.
    public var sleepers: Int

    public init(
        id: NotifierID, name: String, range: AddressRange, seq: Known<UInt64>, state: NotifierState,
        callbacks: Known<Int> = .unknown, sleepers: Int = 0
    ) {
        self.id = id
        self.name = name
        self.range = range
        self.seq = seq
        self.state = state
        self.callbacks = callbacks
        self.sleepers = sleepers
    }
}

/// One node of the interval tree, in drawing order: a node, then its left subtree, then its right.
public struct TreeRow: Sendable, Equatable {
    public enum Colour: Sendable, Equatable { case red, black }
    public enum Side: Sendable, Equatable { case root, left, right }

    public var id: NotifierID
    public var name: String
    public var range: AddressRange
    /// The greatest `last` in this node's subtree.
    public var subtreeMaximum: UInt64
    /// Unknown where the shape was rebuilt from a recording rather than seen.
    public var colour: Known<Colour>
    public var side: Side
    /// Distance from the root, which is 0.
    public var depth: Int
    /// For each ancestor level from 1 to `depth`: whether a later sibling still follows there (a vertical
    /// rule is drawn); the last tells of this node itself.
    public var continues: [Bool]
    /// A walk is at this node now: its callback is running.
    public var isVisited: Bool
    /// What the notifier's own state is.
    public var state: NotifierState

    public init(
        id: NotifierID, name: String, range: AddressRange, subtreeMaximum: UInt64,
        colour: Known<Colour>, side: Side, depth: Int, continues: [Bool], isVisited: Bool = false,
        state: NotifierState = .idle
    ) {
        self.id = id
        self.name = name
        self.range = range
        self.subtreeMaximum = subtreeMaximum
        self.colour = colour
        self.side = side
        self.depth = depth
        self.continues = continues
        self.isVisited = isVisited
        self.state = state
    }
}

/// One entry of the deferred list, in list order: the first is applied first (it was added last).
public struct DeferredEntry: Sendable, Equatable {
    public enum Change: Sendable, Equatable { case insert, removal }

    public var change: Change
    public var id: NotifierID
    public var name: String
    public var range: AddressRange

    public init(change: Change, id: NotifierID, name: String, range: AddressRange) {
        self.change = change
        self.id = id
        self.name = name
        self.range = range
    }
}

/// A thread that sleeps until seq changes, or on something else.
public struct Sleeper: Sendable, Equatable {
    public var thread: ThreadID
    public var threadName: String
    /// What it sleeps in: "read_begin(odp#1)".
    public var reason: String
    public var sinceStep: Int
    public var notifier: NotifierID?
    /// It was woken, but hasn't run yet.
    public var isWoken: Bool

    public init(
        thread: ThreadID, threadName: String, reason: String, sinceStep: Int, notifier: NotifierID? = nil,
        isWoken: Bool = false
    ) {
        self.thread = thread
        self.threadName = threadName
        self.reason = reason
        self.sinceStep = sinceStep
        self.notifier = notifier
        self.isWoken = isWoken
    }
}
