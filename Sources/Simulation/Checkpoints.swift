/// Places of a run to go back to: close together near its end, wider apart the longer ago.
struct Checkpoints: Sendable {
    /// Bytes that all of them may take.
    static let budget = 192 << 20
    /// Steps between neighbours at first: what one step back replays at most, while the run is young.
    static let spacing = 8_192

    private var kept: [Cursor]
    private let limit: Int

    init(first: Cursor) {
        kept = [first]
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

    /// Keeps a place if it is far enough from the last.
    mutating func offer(_ cursor: Cursor) {
        guard let last = kept.last, cursor.step >= last.step + Self.spacing else { return }
        kept.append(cursor)
        if kept.count > limit { thin() }
    }

    mutating func truncate(after step: Int) {
        while kept.count > 1, let last = kept.last, last.step > step { kept.removeLast() }
    }

    /// Every second of the older three quarters goes; the first stays.
    private mutating func thin() {
        let old = kept.count * 3 / 4
        kept = kept.enumerated().filter { $0.offset == 0 || $0.offset >= old || $0.offset % 2 == 0 }.map(\.element)
    }
}
