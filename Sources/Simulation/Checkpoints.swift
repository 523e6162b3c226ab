/// Places of a run to go back to: evenly spread over all of it, and close together around where the cursor is.
struct Checkpoints: Sendable {
    /// Bytes that all of them may take.
    static let budget = 192 << 20

    /// By step, ascending; the first is the start.
    private var kept: [Cursor]
    private let limit: Int
    /// Steps between neighbours around the cursor: what one step back replays at most.
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

    /// The step of the furthest.
    var last: Int { kept[kept.count - 1].step }

    /// The latest at or before a step.
    func nearest(to step: Int) -> Cursor { kept[index(of: step)] }

    /// Those behind one step, up to and with another.
    func between(_ first: Int, _ last: Int) -> ArraySlice<Cursor> {
        let start = kept[index(of: first)].step > first ? 0 : index(of: first) + 1
        let end = kept[index(of: last)].step <= last ? index(of: last) + 1 : 0
        return start < end ? kept[start..<end] : []
    }

    private func index(of step: Int) -> Int {
        var low = 0
        var high = kept.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if kept[middle].step <= step { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// Keeps a place, unless one is near already.
    mutating func keep(_ cursor: Cursor) {
        let before = index(of: cursor.step)
        if cursor.step >= kept[before].step + spacing {
            kept.insert(cursor, at: before + 1)
            if kept.count > limit { thin(around: cursor.step) }
        }
        next = cursor.step + spacing
    }

    /// The cursor was moved: the next place to keep is counted from it.
    mutating func resume(at step: Int) { next = kept[index(of: step)].step + spacing }

    mutating func truncate(after step: Int) {
        while kept.count > 1, let last = kept.last, last.step > step { kept.removeLast() }
        resume(at: step)
    }

    /// Gives up the one whose neighbours are closest to each other, so that gaps stay even; not around the cursor.
    private mutating func thin(around step: Int) {
        let reach = 8 * spacing
        var best: (index: Int, gap: Int)?
        for index in 1..<(kept.count - 1) where abs(kept[index].step - step) > reach {
            let gap = kept[index + 1].step - kept[index - 1].step
            if best == nil || gap < (best?.gap ?? 0) { best = (index, gap) }
        }
        kept.remove(at: best?.index ?? 1)
    }
}

/// Places between one checkpoint and the cursor, kept while going back: a step back then replays a fraction of what lies
/// between two checkpoints.
struct Trail: Sendable {
    /// Bytes that all of them may take.
    static let budget = 64 << 20

    private var places: [Cursor] = []
    private let limit: Int

    init(first: Cursor) { limit = min(64, max(2, Self.budget / max(1, first.machine.state.byteCount))) }

    /// The latest at or before a step; `nil` when all lie behind it.
    func nearest(to step: Int) -> Cursor? { places.last { $0.step <= step } }

    /// How far apart places are that cover so many steps.
    func stride(over steps: Int) -> Int { max(1, steps / limit) }

    mutating func keep(_ cursor: Cursor) {
        if let last = places.last, last.step >= cursor.step { return }
        places.append(cursor)
        if places.count > limit { places.removeFirst() }
    }

    /// Gives up those at a step and behind it. At the step itself, too: its changes have acted there, and may be others now.
    mutating func truncate(from step: Int) {
        while let last = places.last, last.step >= step { places.removeLast() }
    }
}
