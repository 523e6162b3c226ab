/// Places of a run to go back to: close together near its end, wider apart the longer ago.
struct Checkpoints: Sendable {
    /// Bytes that all of them may take.
    static let budget = 192 << 20

    private var kept: [Cursor]
    private let limit: Int
    /// Steps between neighbours at first: what one step back replays at most, while the run is young.
    private let spacing: Int
    /// The step from which on a place is far enough from the last one kept.
    private(set) var next: Int

    init(first: Cursor) {
        kept = [first]
        // Copying a large state costs more than many steps do.
        spacing = max(8_192, first.machine.state.byteCount / 128)
        next = first.step + spacing
        limit = min(256, max(24, Self.budget / max(1, first.machine.state.byteCount)))
    }

    var count: Int { kept.count }

    /// The latest at or before a step.
    func nearest(to step: Int) -> Cursor {
        var low = 0
        var high = kept.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if kept[middle].step <= step { low = middle } else { high = middle - 1 }
        }
        return kept[low]
    }

    /// Keeps a place; it lies at or after ``next``.
    mutating func keep(_ cursor: Cursor) {
        kept.append(cursor)
        next = cursor.step + spacing
        if kept.count > limit { thin() }
    }

    mutating func truncate(after step: Int) {
        while kept.count > 1, let last = kept.last, last.step > step { kept.removeLast() }
        next = (kept.last?.step ?? 0) + spacing
    }

    /// Every second of the older three quarters goes; the first stays.
    private mutating func thin() {
        let old = kept.count * 3 / 4
        kept = kept.enumerated().filter { $0.offset == 0 || $0.offset >= old || $0.offset % 2 == 0 }.map(\.element)
    }
}
