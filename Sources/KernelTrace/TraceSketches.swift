import Playback
import Scene

/// What was worked out for the screen and may be wanted again for the next frame. It depends on the recording alone, which
/// doesn't change, so copies of a player share it.
final class TraceSketches: Sendable {
    /// The stretch that was drawn last, all its lanes.
    let stretch = Locked<TraceStretch?>(nil)
    /// The rows of the log that a filter lets through.
    let filtered = Locked<FilteredRows?>(nil)
    /// By task, its first and its last event; `nil` until it is wanted.
    private let spans = Locked<[ClosedRange<Int>?]?>(nil)

    /// By task, its first and its last event in the whole recording.
    func spans(of recording: TraceRecording) -> [ClosedRange<Int>?] {
        spans.withLock { kept in
            if let kept { return kept }
            var spans = [ClosedRange<Int>?](repeating: nil, count: recording.tasks.count)
            for event in recording.events.indices {
                let task = Int(recording.events[event].task)
                spans[task] = (spans[task]?.lowerBound ?? event)...event
            }
            kept = spans
            return spans
        }
    }
}

/// The rows of the log that a filter lets through, found once and then only looked for in what is new.
struct FilteredRows: Sendable {
    let kinds: Set<EventKind>?
    let text: String
    private var scanned = 0
    /// Places among the recording's rows, ascending.
    private(set) var matches: [Int] = []

    init(kinds: Set<EventKind>?, text: String) {
        self.kinds = kinds
        self.text = text
    }

    /// Looks at the rows before one.
    mutating func extend(to count: Int, _ isWanted: (Int) -> Bool) {
        guard count > scanned else { return }
        for row in scanned..<count where isWanted(row) { matches.append(row) }
        scanned = count
    }
}
