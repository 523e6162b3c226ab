import Playback
import Scene

/// The log: the recording's rows up to the position.
extension SceneBuilder {
    /// The newest row last; offsets count from the newest backwards.
    func eventRows(_ request: SceneRequest) -> Rows<EventRow> {
        let window = request.events
        let shown = shownRows(request)
        let end = max(0, shown.count - max(0, window.offset))
        let start = max(0, end - max(0, window.count))
        let needle = Needle(request.eventText)
        let rows = (start..<end).flatMap { index in
            eventRow(Int(recording.rows[shown.row(index)])).filter { passes($0, request.eventKinds, needle) }
        }
        return Rows(Array(rows.suffix(end - start)), offset: start, total: shown.count)
    }

    /// Rows at or before the position that a request's filter lets through.
    struct ShownRows {
        /// Places among the recording's rows; `nil` is all of them.
        var matches: [Int]?
        var count: Int

        func row(_ index: Int) -> Int { matches.map { $0[index] } ?? index }
    }

    func shownRows(_ request: SceneRequest) -> ShownRows {
        let total = recording.rows.partition(where: { Int($0) < position })
        let needle = Needle(request.eventText)
        guard request.eventKinds != nil || !needle.isEmpty else { return ShownRows(matches: nil, count: total) }
        return sketches.filtered.withLock { kept in
            let isSame = kept.map { $0.kinds == request.eventKinds && $0.text == request.eventText } ?? false
            var found = isSame ? kept ?? FilteredRows(kinds: request.eventKinds, text: request.eventText)
                : FilteredRows(kinds: request.eventKinds, text: request.eventText)
            kept = nil
            found.extend(to: total) { isShown(Int(recording.rows[$0]), request.eventKinds, needle) }
            kept = found
            return ShownRows(matches: found.matches, count: found.matches.partition { $0 < total })
        }
    }

    private func isShown(_ event: Int, _ kinds: Set<EventKind>?, _ needle: Needle) -> Bool {
        // Only what the filter doesn't refuse by its kind is put into words.
        if let kinds, !recording.events[event].isAfterGap, !(recording.facts[event].row.map(kinds.contains) ?? false) {
            return false
        }
        if needle.isEmpty, !recording.events[event].isAfterGap { return true }
        return eventRow(event).contains { passes($0, kinds, needle) }
    }

    private func passes(_ row: EventRow, _ kinds: Set<EventKind>?, _ needle: Needle) -> Bool {
        if let kinds, !kinds.contains(row.kind) { return false }
        return needle.isEmpty || needle.occurs(in: row.threadLabel) || needle.occurs(in: row.text)
    }
}
