import Language
import Machine

/// What was said, step by step: a window that ends at the cursor.
struct EventHistory: Sendable {
    struct Entry: Sendable {
        var step: Int
        var event: MachineEvent
    }

    /// How many are kept at least.
    static let capacity = 65_536

    private(set) var entries: [Entry] = []
    /// Events before the first kept one, so that positions in the whole log can be told.
    private(set) var dropped = 0

    mutating func append(_ events: [MachineEvent], step: Int) {
        for event in events { entries.append(Entry(step: step, event: event)) }
        guard entries.count >= 2 * Self.capacity else { return }
        // Half at a time: what this costs is spread over as many appends.
        entries.removeFirst(Self.capacity)
        dropped += Self.capacity
    }

    /// Forgets what was said after a step.
    mutating func truncate(after step: Int) {
        while let last = entries.last, last.step > step { entries.removeLast() }
    }

    /// Forgets everything: the log begins anew here.
    mutating func restart() {
        entries.removeAll(keepingCapacity: true)
        dropped = 0
    }
}
