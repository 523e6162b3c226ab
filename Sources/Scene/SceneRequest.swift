/// What a screen wants to show: which rows of the long lists, which addresses.
public struct SceneRequest: Sendable, Equatable {
    /// Which mm, by index, where there are several; `nil` leaves it to the producer: a recording shows the one that
    /// the last event was about, a simulation the first that has notifiers.
    public var mmIndex: Int?
    public var addresses: AddressWindow
    public var tree: RowWindow
    public var notifiers: RowWindow
    public var threads: RowWindow
    /// Counted from the newest event backwards: offset 0 ends at the newest at or before the position.
    public var events: RowWindow
    /// Whose code to show; `nil` follows the thread that took the last step.
    public var codeThread: ThreadID?
    public var code: CodeWindow
    public var timeline = TimelineWindow()
    public var pages = RowWindow()
    /// Of the pages whose CPU entry is special, or that a device has a stale entry for.
    public var specialPages = RowWindow()
    public var locks = RowWindow()
    /// What to explain, if anything.
    public var explain: Subject?
    /// Expressions of the model's language to evaluate at each step.
    public var watches: [String] = []
    public var wantsMenu = false
    /// Only events of these kinds are in ``Scene/events``; `nil` is all.
    public var eventKinds: Set<EventKind>?
    /// Only events whose sentence or thread contains this, whatever the case; empty is all.
    public var eventText = ""

    public init(
        mmIndex: Int? = nil, addresses: AddressWindow = AddressWindow(), tree: RowWindow = RowWindow(),
        notifiers: RowWindow = RowWindow(), threads: RowWindow = RowWindow(),
        events: RowWindow = RowWindow(), codeThread: ThreadID? = nil, code: CodeWindow = CodeWindow()
    ) {
        self.mmIndex = mmIndex
        self.addresses = addresses
        self.tree = tree
        self.notifiers = notifiers
        self.threads = threads
        self.events = events
        self.codeThread = codeThread
        self.code = code
    }
}

/// Rows `offset ..< offset + count` of a list.
public struct RowWindow: Sendable, Equatable {
    public var offset: Int
    public var count: Int

    public init(offset: Int = 0, count: Int = 0) {
        self.offset = offset
        self.count = count
    }
}

public struct AddressWindow: Sendable, Equatable {
    /// How many columns can be drawn.
    public var columns: Int
    /// The left edge; `nil` lets the producer choose so that everything fits, or as much as is useful.
    public var origin: UInt64?
    /// Addresses a column; `nil` lets the producer choose.
    public var unitsPerColumn: UInt64?
    /// How many notifiers to draw at most, and how many to pass over first.
    public var intervals: RowWindow

    public init(
        columns: Int = 0, origin: UInt64? = nil, unitsPerColumn: UInt64? = nil,
        intervals: RowWindow = RowWindow()
    ) {
        self.columns = columns
        self.origin = origin
        self.unitsPerColumn = unitsPerColumn
        self.intervals = intervals
    }
}

public struct CodeWindow: Sendable, Equatable {
    /// How many lines can be drawn.
    public var count: Int
    /// Lines that the window is moved by from where the thread stands; negative is up.
    public var shift: Int

    public init(count: Int = 0, shift: Int = 0) {
        self.count = count
        self.shift = shift
    }
}
