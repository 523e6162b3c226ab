import Machine

/// A cursor that is only come back to: instead of the machine's state, what that has other than at the start.
struct KeptPlace: Sendable {
    /// The cursor, its machine at the start.
    private let rest: Cursor
    private let difference: StateDifference
    /// The threads that had finished, as bits.
    private let finished: UInt64
    /// Bytes that it takes, about.
    let byteCount: Int
    /// Bytes of what is small whatever the state: whoever stepped last, what threads wait for, the heads of arrays.
    private static let smallParts = 4_096

    init(_ cursor: Cursor) {
        difference = cursor.machine.difference()
        finished = cursor.lastSteps.indices.reduce(0) { $0 | (cursor.machine.hasFinished($1) ? 1 << UInt64($1) : 0) }
        byteCount = difference.byteCount + cursor.counters.byteCount + MemoryLayout<KeptPlace>.stride + Self.smallParts
        var rest = cursor
        rest.machine.restoreStart()
        self.rest = rest
    }

    var step: Int { rest.step }

    /// The step that a thread took last, where that was its end.
    func end(of thread: Int) -> Int? { finished & 1 << UInt64(thread) != 0 ? rest.lastSteps[thread] : nil }

    /// Goes there. What the cursor's machine has is written over, not copied.
    func take(_ cursor: inout Cursor) {
        var machine = rest.machine
        swap(&machine, &cursor.machine)
        machine.restore(difference)
        cursor = rest
        cursor.machine = machine
    }

    /// A cursor of one's own that stands there.
    var cursor: Cursor {
        var cursor = rest
        cursor.machine.restore(difference)
        return cursor
    }
}

/// Places of a run to go back to: evenly spread over all of it, and close together around where the cursor is.
struct Checkpoints: Sendable {
    /// Bytes that all of them may take.
    static let budget = 192 << 20
    /// More are of no use.
    static let limit = 2_048
    /// Steps between neighbours around the cursor: what one step back replays at most.
    static let spacing = 8_192

    /// By step, ascending; the first is the start.
    private var kept: [KeptPlace]
    /// Bytes of all of them.
    private var byteCount = 0
    /// The start.
    let first: Cursor
    /// The step from which on a place is far enough from the last one kept.
    private(set) var next: Int

    init(first: Cursor) {
        self.first = first
        kept = [KeptPlace(first)]
        next = first.step + Self.spacing
    }

    var count: Int { kept.count }

    /// The step of the furthest.
    var last: Int { kept[kept.count - 1].step }

    /// The latest at or before a step.
    func nearest(to step: Int) -> KeptPlace { kept[index(of: step)] }

    /// Those behind one step, up to and with another.
    func between(_ first: Int, _ last: Int) -> ArraySlice<KeptPlace> {
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
        if cursor.step >= kept[before].step + Self.spacing {
            let place = KeptPlace(cursor)
            kept.insert(place, at: before + 1)
            byteCount += place.byteCount
            while kept.count > 24, kept.count > Self.limit || byteCount > Self.budget { thin(around: cursor.step) }
        }
        next = cursor.step + Self.spacing
    }

    /// The cursor was moved: the next place to keep is counted from it.
    mutating func resume(at step: Int) { next = kept[index(of: step)].step + Self.spacing }

    mutating func truncate(after step: Int) {
        while kept.count > 1, let last = kept.last, last.step > step {
            byteCount -= last.byteCount
            kept.removeLast()
        }
        resume(at: step)
    }

    /// Gives up the one whose neighbours are closest to each other, so that gaps stay even; not around the cursor.
    private mutating func thin(around step: Int) {
        let reach = 8 * Self.spacing
        var best: (index: Int, gap: Int)?
        for index in 1..<(kept.count - 1) where abs(kept[index].step - step) > reach {
            let gap = kept[index + 1].step - kept[index - 1].step
            if best == nil || gap < (best?.gap ?? 0) { best = (index, gap) }
        }
        byteCount -= kept.remove(at: best?.index ?? 1).byteCount
    }
}

/// Places between one checkpoint and the cursor, the closer together the nearer: a step back then replays a fraction of what
/// lies between two checkpoints, wherever one has come to stand.
struct Trail: Sendable {
    private static let limit = 32
    /// To replay fewer steps than this costs less than to keep a place.
    private static let nearest = 64

    private var places: [KeptPlace] = []

    /// The latest at or before a step; `nil` when all lie behind it.
    func nearest(to step: Int) -> KeptPlace? { places.last { $0.step <= step } }

    /// Where to keep places on the way from one step to another, ascending.
    static func stops(from start: Int, to target: Int) -> [Int] {
        var stops: [Int] = []
        var distance = (target - start) / 4
        while distance >= nearest / 4 {
            stops.append(target - distance)
            distance /= 4
        }
        return stops
    }

    mutating func keep(_ cursor: Cursor) {
        if let last = places.last, last.step >= cursor.step { return }
        places.append(KeptPlace(cursor))
        if places.count > Self.limit { places.removeFirst() }
    }

    /// Gives up those at a step and behind it. At the step itself, too: its changes have acted there, and may be others now.
    mutating func truncate(from step: Int) {
        while let last = places.last, last.step >= step { places.removeLast() }
    }
}
