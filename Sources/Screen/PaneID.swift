/// The panes, in the order of their numbers; those after the ninth are reached by Tab, the palette or `:pane`.
public enum PaneID: Int, Sendable, Hashable, CaseIterable {
    case addressSpace = 1, tree, deferred, notifiers, threads, code, events, timeline, tables, entries, locks, explain

    /// The title in the border.
    public var title: String {
        switch self {
        case .addressSpace: "Address space"
        case .tree: "Interval tree"
        case .deferred: "Deferred · asleep"
        case .notifiers: "Notifiers"
        case .threads: "Threads"
        case .code: "Code"
        case .events: "Events"
        case .timeline: "Timeline"
        case .tables: "Page tables"
        case .entries: "Exclusive & swap"
        case .locks: "Locks & waits"
        case .explain: "Explain"
        }
    }

    /// One word for the tabs of a small screen, and for `:pane`.
    public var shortTitle: String {
        switch self {
        case .addressSpace: "Space"
        case .tree: "Tree"
        case .deferred: "Deferred"
        case .tables: "Tables"
        case .entries: "Swap"
        case .locks: "Locks"
        default: title
        }
    }

    /// The digit that leads to it, for the first nine.
    var digit: Int? { rawValue <= 9 ? rawValue : nil }

    /// The pane `offset` places on, around the end.
    func moved(by offset: Int) -> PaneID {
        let count = PaneID.allCases.count
        return PaneID(rawValue: ((rawValue - 1 + offset) % count + count) % count + 1) ?? .addressSpace
    }
}
