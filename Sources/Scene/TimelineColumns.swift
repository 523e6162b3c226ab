/// Several steps in one column of a timeline.
extension TimelineCell {
    /// Takes the cell of another step, or of several, into a column.
    public mutating func add(_ other: TimelineCell) {
        isInvalidating = isInvalidating || other.isInvalidating
        if let more = other.event, more.weight >= event?.weight ?? -1 { event = more }
        guard activity != other.activity else { return }
        // Asleep, blocked, absent are said of what was so all the while.
        activity = activity == .stepped || other.activity == .stepped ? .stepped : .idle
    }
}

extension EventKind {
    /// How telling it is, 0 or more: of several in one column the one of most weight is shown.
    public var weight: Int {
        switch self {
        case .finding: 12
        case .collide, .refuse: 11
        case .retry, .defer: 10
        case .odd, .even, .release: 9
        case .exclusive, .restore, .migrate, .apply: 8
        case .wake, .sleep: 7
        case .start, .end: 6
        case .begin, .success, .insert, .remove: 5
        case .join, .leave, .partial, .callback: 4
        case .unmap, .fork, .protect, .fault: 3
        case .map, .free, .access: 2
        case .thread, .lock: 1
        case .result, .note: 0
        }
    }
}
