/// A step that has a name, to go back to.
public struct MarkRow: Sendable, Equatable {
    public var step: Int
    public var name: String

    public init(step: Int, name: String) {
        self.step = step
        self.name = name
    }
}

/// One of the ways that the session went on from a step on which something else was chosen.
public struct BranchRow: Sendable, Equatable {
    public var name: String
    /// The step up to which it is the same as the branch that it left.
    public var from: Int
    /// Its furthest step.
    public var last: Int
    /// The session is on it.
    public var isCurrent: Bool

    public init(name: String, from: Int, last: Int, isCurrent: Bool) {
        self.name = name
        self.from = from
        self.last = last
        self.isCurrent = isCurrent
    }
}

/// What a run stops at.
public enum Breakpoint: Sendable, Hashable {
    /// A thread comes to stand at this line (1-based) of a text, by the text's name: "kernel/interval_notifier".
    case line(file: String, line: Int)
    /// A callback of this notifier begins, or it begins or ceases to collide.
    case notifier(NotifierID)
    /// The shown mm's invalidate_seq becomes this.
    case sequence(UInt64)
    /// A property fails, by its name; the run stops at any finding in any case, but tells this one by name.
    case property(String)
    /// An expression of the model's language becomes true.
    case expression(String)
}

public struct BreakpointRow: Sendable, Equatable {
    public var breakpoint: Breakpoint
    /// "kernel/interval_notifier:87".
    public var words: String
    /// How often a run stopped at it.
    public var hits: Int

    public init(breakpoint: Breakpoint, words: String, hits: Int) {
        self.breakpoint = breakpoint
        self.words = words
        self.hits = hits
    }
}

/// An expression that is kept in sight, and what it is now.
public struct WatchRow: Sendable, Equatable {
    public var expression: String
    /// Its value in words, or why it has none.
    public var value: String
    public var isMistaken: Bool
    /// It is another than before the last step.
    public var hasChanged: Bool

    public init(expression: String, value: String, isMistaken: Bool = false, hasChanged: Bool = false) {
        self.expression = expression
        self.value = value
        self.isMistaken = isMistaken
        self.hasChanged = hasChanged
    }
}

/// What is looked for in a list that may be longer than what is shown.
public struct FindQuery: Sendable, Equatable {
    public enum List: Sendable, Equatable {
        case tree, notifiers, threads, events, code, pages, locks, addresses
    }
    public var list: List
    /// Found where it occurs, whatever the case; an address (0x…) is found inside of a range.
    public var text: String
    /// The row to begin behind (or before): in list order, for events counted from the oldest kept one, for code 0-based
    /// lines.
    public var from: Int
    public var isForward: Bool
    /// What the screen asks for meanwhile: which mm's lists, whose code, behind which filters the rows count. Whoever
    /// hands the command to a player fills it in.
    public var shown = SceneRequest()

    public init(list: List, text: String, from: Int, isForward: Bool = true) {
        self.list = list
        self.text = text
        self.from = from
        self.isForward = isForward
    }
}

/// What came of a command that gives something back, told once: a newer one has a greater number.
public struct Reply: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// Row `row` of a list, which may lie round its end; for addresses the address.
        case found(FindQuery, row: Int)
        case notFound(FindQuery)
        /// Text for the clipboard, and what it is: "the schedule".
        case copy(text: String, what: String)
        /// An expression's value.
        case value(expression: String, value: String)
        /// Lines to be read in peace: a story, a table.
        case text(title: String, lines: [String])
    }
    public var number: Int
    public var content: Content

    public init(number: Int, content: Content) {
        self.number = number
        self.content = content
    }
}
