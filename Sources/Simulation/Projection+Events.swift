import Language
import Machine
import Playback
import Scene

/// The log: what was said up to the cursor.
extension Projection {
    func events() -> Rows<EventRow> {
        let filter = FilteredEvents.Filter(kinds: request.eventKinds, text: request.eventText)
        let window = request.events
        // What the run stopped at is its last event.
        let last = findingRow().flatMap { passes(filter, $0) ? $0 : nil }
        let extra = last == nil ? 0 : 1
        let events = shownEvents(filter)
        let end = max(0, events.count - max(0, window.offset - extra))
        let isLastShown = window.offset == 0 && window.count > 0
        let start = min(end, max(0, end - window.count + (isLastShown ? extra : 0)))
        var rows = (start..<end).map { row(ofEvent: events.entry($0)) }
        if let last, isLastShown { rows.append(last) }
        // Without a filter those that are kept no longer count as well.
        let dropped = filter.isOpen ? simulation.chronicle.events.dropped : 0
        return Rows(rows, offset: window.offset, total: dropped + events.count + extra)
    }

    /// The entries at or before the cursor that a filter lets through.
    struct ShownEvents {
        /// Indices of entries; `nil` is all of them.
        var matches: [Int]?
        var count: Int

        func entry(_ row: Int) -> Int { matches.map { $0[row] } ?? row }
    }

    func shownEvents(_ filter: FilteredEvents.Filter) -> ShownEvents {
        let history = simulation.chronicle.events
        let end = history.count(upTo: simulation.step)
        guard !filter.isOpen else { return ShownEvents(matches: nil, count: end) }
        return simulation.chronicle.sketches.filtered.withLock { kept in
            var found = kept.flatMap { $0.isFor(filter, generation: history.generation) ? $0 : nil }
                ?? FilteredEvents(filter, generation: history.generation)
            kept = nil
            let needle = Needle(filter.text)
            found.extend(to: end) { index in
                if let kinds = filter.kinds, !kinds.contains(history.kind(index)) { return false }
                return needle.isEmpty || isEvent(index, needle)
            }
            kept = found
            return ShownEvents(matches: found.matches, count: found.count(before: end))
        }
    }

    /// Whether an event's sentence or its thread has a text in it.
    func isEvent(_ index: Int, _ needle: Needle) -> Bool {
        let event = simulation.chronicle.events.entries[index].event
        let step = simulation.chronicle.events.entries[index].step
        return needle.occurs(in: threadLabel(event.thread, at: step - 1)) || needle.occurs(in: machine.sentence(of: event))
    }

    private func passes(_ filter: FilteredEvents.Filter, _ row: EventRow) -> Bool {
        if let kinds = filter.kinds, !kinds.contains(row.kind) { return false }
        let needle = Needle(filter.text)
        return needle.isEmpty || needle.occurs(in: row.threadLabel) || needle.occurs(in: row.text)
    }

    private func findingRow() -> EventRow? {
        finding().map {
            EventRow(
                step: $0.step, thread: $0.thread, threadLabel: $0.threadLabel, kind: .finding,
                text: "\($0.property): \($0.sentence)")
        }
    }

    private func row(ofEvent index: Int) -> EventRow {
        let entry = simulation.chronicle.events.entries[index]
        return EventRow(
            step: entry.step, thread: ThreadID(entry.event.thread), threadLabel: threadLabel(entry.event.thread, at: entry.step - 1),
            kind: simulation.chronicle.events.kind(index), text: machine.sentence(of: entry.event))
    }

    /// "T0 munmap".
    func name(ofThread thread: Int) -> String {
        threadLabel(thread, at: simulation.step)
    }
}
