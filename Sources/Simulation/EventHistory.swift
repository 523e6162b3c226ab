import Language
import Machine
import Scene

/// What was said, step by step: the events of the steps `coveredFrom ... coveredTo`, which may lie before and behind the
/// cursor. Going back takes nothing away; only what is run otherwise replaces what was.
struct EventHistory: Sendable {
    struct Entry: Sendable {
        var step: Int
        var event: MachineEvent
    }

    /// What an entry is about, small enough to look through all of them for every frame.
    struct Tag: Sendable {
        /// ``EventKind``'s place among all cases.
        var kind: UInt8
        var thread: UInt8
        /// The thread that this wakes; 255 for other events.
        var woken: UInt8
    }

    /// How many are kept at least.
    static let capacity = 65_536

    private(set) var entries: [Entry] = []
    /// One for each entry.
    private(set) var tags: [Tag] = []
    /// Events before the first kept one, so that positions in the whole log can be told.
    private(set) var dropped = 0
    /// Every event of the steps `coveredFrom ... coveredTo` is kept.
    private(set) var coveredFrom = 0
    private(set) var coveredTo = -1
    /// Counts the times that something kept was taken away: what was worked out before is void.
    private(set) var generation = 0
    private let kinds: EventKinds

    init(_ program: Program) { kinds = EventKinds(program) }

    /// A step was taken, and this was said. What is known already is left as it is.
    mutating func cover(step: Int, _ events: [MachineEvent]) {
        guard step > coveredTo else { return }
        if step > coveredTo + 1 { restart(before: step) }
        coveredTo = step
        guard !events.isEmpty else { return }
        for event in events {
            entries.append(Entry(step: step, event: event))
            tags.append(kinds.tag(event))
        }
        if entries.count >= 2 * Self.capacity { drop() }
    }

    /// Half at a time: what this costs is spread over as many appends.
    private mutating func drop() {
        // Whole steps, so that it can be told which are covered.
        let last = entries[Self.capacity - 1].step
        let count = count(upTo: last)
        entries.removeFirst(count)
        tags.removeFirst(count)
        dropped += count
        coveredFrom = last + 1
        generation += 1
    }

    /// Forgets what was said after a step.
    mutating func truncate(after step: Int) {
        guard step < coveredTo else { return }
        let count = count(upTo: step)
        if count < entries.count { generation += 1 }
        entries.removeLast(entries.count - count)
        tags.removeLast(tags.count - count)
        coveredTo = step
        if coveredTo < coveredFrom { restart(before: step + 1) }
    }

    /// Forgets everything: the log begins anew with this step.
    mutating func restart(before step: Int) {
        entries.removeAll(keepingCapacity: true)
        tags.removeAll(keepingCapacity: true)
        dropped = 0
        coveredFrom = step
        coveredTo = step - 1
        generation += 1
    }

    /// How many entries there are of steps up to one.
    func count(upTo step: Int) -> Int {
        var low = 0
        var high = entries.count
        if let last = entries.last, last.step <= step { return high }
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].step <= step { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func tag(_ event: MachineEvent) -> Tag { kinds.tag(event) }

    func kind(_ index: Int) -> EventKind { EventKinds.all[Int(tags[index].kind)] }
}

/// Which ``EventKind`` each sentence of a program is of.
struct EventKinds: Sendable {
    static let all = EventKind.allCases
    private static let note = index(of: "note")
    private static let wake = index(of: "wake")
    private static let thread = index(of: "thread")

    private let sentences: [UInt8]

    init(_ program: Program) { sentences = program.sentences.map { Self.index(of: $0.kind) } }

    private static func index(of name: String) -> UInt8 {
        UInt8(all.firstIndex { $0.rawValue == name } ?? all.firstIndex(of: .note) ?? 0)
    }

    func tag(_ event: MachineEvent) -> EventHistory.Tag {
        var tag = EventHistory.Tag(
            kind: Self.note, thread: UInt8(truncatingIfNeeded: event.thread), woken: .max)
        switch event.kind {
        case .sentence(let number): tag.kind = sentences[number]
        case .wakes(let other):
            tag.kind = Self.wake
            tag.woken = UInt8(truncatingIfNeeded: other)
        case .finishes: tag.kind = Self.thread
        }
        return tag
    }
}
