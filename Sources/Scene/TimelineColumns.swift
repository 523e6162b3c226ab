/// What a thread did in the steps of one column, counted.
public struct ActivityCounts: Sendable, Equatable {
    /// Steps that it took.
    public var stepped = 0
    /// Steps of others that it could have taken.
    public var idle = 0
    /// Steps of others in which it slept.
    public var asleep = 0
    /// Steps of others in which it waited for a lock.
    public var blocked = 0
    /// Steps before its begin and behind its end.
    public var absent = 0

    public init() {}

    /// Counts so many steps more, 0 or more; those that nothing is known of count as none.
    public mutating func add(_ activity: TimelineCell.Activity, _ steps: Int = 1) {
        switch activity {
        case .unknown: break
        case .stepped: stepped += steps
        case .idle: idle += steps
        case .asleep: asleep += steps
        case .blocked: blocked += steps
        case .absent: absent += steps
        }
    }

    /// What is shown of all of it: that it waited where it did so for most of the time or took no step; else that it took
    /// a step, if it took any.
    public var activity: TimelineCell.Activity {
        let waited = asleep + blocked
        let all = waited + stepped + idle + absent
        if waited > 0, stepped == 0 || waited * 2 > all { return asleep >= blocked ? .asleep : .blocked }
        if stepped > 0 { return .stepped }
        // Absent is said of what was so all the while.
        return all == 0 ? .unknown : idle == 0 ? .absent : .idle
    }

    /// Whether an event of it stands for the column: what is said every day is passed over where the thread did next to
    /// nothing but wait, and a callback but in the very step, as there are many in each invalidation.
    public func shows(_ event: EventKind) -> Bool {
        let all = asleep + blocked + stepped + idle + absent
        if event == .callback { return all <= 1 }
        return (asleep + blocked) * 32 < all * 31 || event.weight >= EventKind.odd.weight
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
