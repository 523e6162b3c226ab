/// Something that both a kernel recording and a model's run tell: what happened, to whom, and the numbers that it left.
///
/// Pages, mms and notifiers are in the terms of whoever tells it; ``Translation`` knows which stand for the same.
public struct AgreementEvent: Sendable, Equatable {
    public enum Action: String, Sendable, CaseIterable {
        /// An invalidation starts; then it is counted, and seq may become odd.
        case start, counted
        /// A notifier is called.
        case callback
        /// A start that a callback refused.
        case refused
        /// An invalidation ends; then it is counted off, or is the last and makes seq even.
        case end, countedOff = "counted off", even
        case deferredInsert = "deferred insert is done", deferredRemoval = "deferred removal is done"
        case insert, insertDeferred = "insert, deferred"
        case remove, removeDeferred = "remove, deferred", removeCancelled = "remove, cancels the insert"
        case readBegin = "read_begin", collision = "read_begin, collides"
        case rangeFault = "hmm_range_fault"
        case migrate = "migrate_vma_setup"
        case deviceFault = "migrate_to_ram"
        case exclusive = "make_device_exclusive_range"
        case restore = "restore_exclusive_pte"
        case release
    }

    /// Numbers that both sides tell as they are.
    public enum Figure: String, Sendable, CaseIterable {
        /// The mm's invalidate_seq, and its active_invalidate_ranges.
        case seq, active
        /// The notifier's invalidate_seq, before the event if the event changes it.
        case ownSeq = "sub_seq"
        /// What a callback is called with.
        case curSeq = "cur_seq"
        /// What a function gives back.
        case result
        /// Pages that migrate_vma_setup collected.
        case collected = "cpages"
    }

    public var action: Action
    public var mm: Int64?
    public var notifier: Int64?
    /// What the invalidation is for: "CLEAR".
    public var cause: String?
    /// The first and the last page.
    public var first: UInt64?
    public var last: UInt64?
    private var figures = InlineArray<6, Int64?>(repeating: nil)

    public init(_ action: Action, mm: Int64? = nil, notifier: Int64? = nil) {
        self.action = action
        self.mm = mm
        self.notifier = notifier
    }

    /// A number; nil when this side doesn't tell it.
    public subscript(_ figure: Figure) -> Int64? {
        get { figures[figure.place] }
        set { figures[figure.place] = newValue }
    }

    public static func == (one: AgreementEvent, other: AgreementEvent) -> Bool {
        one.action == other.action && one.mm == other.mm && one.notifier == other.notifier && one.cause == other.cause
            && one.first == other.first && one.last == other.last
            && Figure.allCases.allSatisfy { one[$0] == other[$0] }
    }
}

extension AgreementEvent.Figure {
    /// Its place among an event's figures.
    fileprivate var place: Int {
        switch self {
        case .seq: 0
        case .active: 1
        case .ownSeq: 2
        case .curSeq: 3
        case .result: 4
        case .collected: 5
        }
    }
}

extension AgreementEvent {
    /// "callback  mm 1  notifier 1  CLEAR  0x12..0x13  cur_seq 5".
    /// - Parameters:
    ///   - page: how a page is written.
    ///   - name: how an mm or a notifier is called, from its number.
    func words(page: (UInt64) -> String, mm name: (Int64) -> String, notifier: (Int64) -> String) -> String {
        var parts = [action.rawValue]
        if let cause { parts.append(cause) }
        if let first, let last { parts.append(first == last ? page(first) : "\(page(first))..\(page(last))") }
        if let mm { parts.append("of \(name(mm))") }
        if let own = self.notifier { parts.append("for \(notifier(own))") }
        for figure in Figure.allCases {
            if let value = self[figure] { parts.append("\(figure.rawValue) \(value)") }
        }
        return parts.joined(separator: "  ")
    }
}
