/// A stretch of the history, one lane a thread, one cell for so many steps.
public struct Timeline: Sendable, Equatable {
    /// The step that the first column begins at: column c shows the steps `firstStep + c * stepsPerColumn + 1` to
    /// `firstStep + (c + 1) * stepsPerColumn`, both included; step n is the one that leads to position n.
    public var firstStep: Int
    /// 1 or more.
    public var stepsPerColumn: Int
    /// How many columns were answered.
    public var columns: Int
    public var lanes: Rows<TimelineLane>
    /// What else there is to see in this stretch, ascending by step.
    public var marks: [TimelineMark]
    /// Before this step nothing is kept of who did what.
    public var knownFrom: Int

    public init(
        firstStep: Int = 0, stepsPerColumn: Int = 1, columns: Int = 0, lanes: Rows<TimelineLane> = Rows(),
        marks: [TimelineMark] = [], knownFrom: Int = 0
    ) {
        self.firstStep = firstStep
        self.stepsPerColumn = stepsPerColumn
        self.columns = columns
        self.lanes = lanes
        self.marks = marks
        self.knownFrom = knownFrom
    }

    /// The column that the step leading to a position is in; `nil` outside of the stretch.
    public func column(ofStep step: Int) -> Int? {
        let column = (step - 1 - firstStep).flooredQuotient(by: stepsPerColumn)
        return (0..<columns).contains(column) ? column : nil
    }

    /// The position that a column stands for: the last of its steps.
    public func step(ofColumn column: Int) -> Int { firstStep + (column + 1) * stepsPerColumn }
}

public struct TimelineLane: Sendable, Equatable {
    public var thread: ThreadID
    /// "T0", or a task's pid.
    public var label: String
    public var name: String
    /// One a column.
    public var cells: [TimelineCell]

    public init(thread: ThreadID, label: String, name: String, cells: [TimelineCell]) {
        self.thread = thread
        self.label = label
        self.name = name
        self.cells = cells
    }
}

/// What a thread did in one column; see ``ActivityCounts/activity`` for a column of several steps.
public struct TimelineCell: Sendable, Equatable {
    public enum Activity: Sendable, Equatable {
        /// Nothing is kept of these steps, or they have not been run.
        case unknown
        /// It took a step.
        case stepped
        /// It could have, or nothing is known to keep it.
        case idle
        /// It slept.
        case asleep
        /// It waited for a lock.
        case blocked
        /// It had finished, or had not begun.
        case absent
    }
    public var activity: Activity
    /// It had an invalidation in flight (between its start and its end).
    public var isInvalidating: Bool
    /// The most telling event of its own in these steps.
    public var event: EventKind?

    public init(_ activity: Activity, isInvalidating: Bool = false, event: EventKind? = nil) {
        self.activity = activity
        self.isInvalidating = isInvalidating
        self.event = event
    }
}

/// A step that somebody may want to go back to.
public struct TimelineMark: Sendable, Equatable {
    public enum Kind: Sendable, Equatable { case mark, branch, perturbation, finding }
    public var step: Int
    public var kind: Kind
    public var name: String

    public init(step: Int, kind: Kind, name: String) {
        self.step = step
        self.kind = kind
        self.name = name
    }
}

/// Which stretch of the history can be drawn.
public struct TimelineWindow: Sendable, Equatable {
    /// How many columns; 0 asks for none.
    public var columns: Int
    /// The first column's ``Timeline/firstStep``; `nil` keeps the position in view.
    public var firstStep: Int?
    /// `nil` lets the producer choose: 1 where that shows enough.
    public var stepsPerColumn: Int?
    public var lanes: RowWindow
    /// The whole history is wanted, whatever the other parts say: from its start, at a scale that holds all of it.
    public var isWhole = false

    public init(columns: Int = 0, firstStep: Int? = nil, stepsPerColumn: Int? = nil, lanes: RowWindow = RowWindow()) {
        self.columns = columns
        self.firstStep = firstStep
        self.stepsPerColumn = stepsPerColumn
        self.lanes = lanes
    }

    /// How many steps a column stands for in a history of so many: where all of it is wanted a power of two, so that the
    /// scale is another only each time that the history has become twice as long.
    public func scale(history: Int) -> Int {
        guard isWhole else { return Swift.max(1, stepsPerColumn ?? 1) }
        var scale = 1
        while scale < 1 << 40, columns * scale < history { scale *= 2 }
        return scale
    }

    /// The same within what can be computed with: at most 10 000 columns, of at most 2^40 steps each.
    public var bounded: TimelineWindow {
        var window = self
        window.columns = Swift.min(Swift.max(0, columns), 10_000)
        window.stepsPerColumn = stepsPerColumn.map { Swift.min(Swift.max(1, $0), 1 << 40) }
        return window
    }
}

extension Int {
    /// Rounded towards minus infinity, so that what lies before a window doesn't fall into its first column.
    fileprivate func flooredQuotient(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: Swift.max(1, divisor))
        return remainder < 0 ? quotient - 1 : quotient
    }
}
