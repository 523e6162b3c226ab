/// One event of a recording, for who goes through all of them.
public struct RecordedEvent: Sendable {
    public var kind: KernelEvent
    /// 1-based, in the text.
    public var line: Int
    /// The task's number, in the order of first appearance.
    public var task: Int
    /// The mm that it is about, and the notifier, where that is known: numbers that are not used again.
    public var mm: Int?
    public var notifier: Int?
    /// The event that this one belongs to: the start of an ending range, the entry of a return.
    public var related: Int?
    public var fields: EventFields

    /// What the invalidation is for, for the events that tell it.
    public var cause: String? { fields.value(.event).map(RangeEvent.name) }
}

extension TraceRecording {
    /// An event by its place, from 0.
    public func recordedEvent(_ index: Int) -> RecordedEvent {
        let record = events[index]
        let fact = facts[index]
        return RecordedEvent(
            kind: record.kind, line: Int(record.line) + 1, task: Int(record.task),
            mm: fact.mm < 0 ? nil : Int(fact.mm), notifier: fact.notifier < 0 ? nil : Int(fact.notifier),
            related: fact.related < 0 ? nil : Int(fact.related), fields: fields(index))
    }

    /// The task that an event is of, as the recording calls it: "hmm-tests-120".
    public func taskName(ofEvent index: Int) -> String { taskLabel(ofEvent: index) }
}
