/// The panes, in the order of their numbers.
public enum PaneID: Int, Sendable, Hashable, CaseIterable {
    case addressSpace = 1, tree, deferred, notifiers, threads, code, events

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
        }
    }

    /// One word for the tabs of a small screen.
    public var shortTitle: String {
        switch self {
        case .addressSpace: "Space"
        case .tree: "Tree"
        case .deferred: "Deferred"
        default: title
        }
    }

    /// The pane `offset` places on, around the end.
    func moved(by offset: Int) -> PaneID {
        let count = PaneID.allCases.count
        return PaneID(rawValue: ((rawValue - 1 + offset) % count + count) % count + 1) ?? .addressSpace
    }
}
