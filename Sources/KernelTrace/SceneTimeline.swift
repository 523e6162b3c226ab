import Scene

extension SceneBuilder {
    /// The stretch of the recording that was asked for, or one around the position.
    func timeline(_ window: TimelineWindow) -> Timeline {
        let window = window.bounded
        guard window.columns > 0 else { return Timeline() }
        let scale = window.scale(history: recording.eventCount)
        let span = window.columns * scale
        let first = window.isWhole
            ? 0 : min(max(0, window.firstStep ?? firstStep(window.columns, scale, span)), recording.eventCount)
        // Nobody waits for a first frame that goes through all of a long recording.
        if window.isWhole, recording.eventCount > Self.longestWhole {
            return Timeline(firstStep: first, stepsPerColumn: scale, columns: window.columns, marks: marks(first, span))
        }
        let stretch = sketches.stretch.withLock { kept in
            if let kept, kept.isFor(first, scale, window.columns) { return kept }
            let stretch = TraceStretch(recording, sketches.spans(of: recording), first, scale, window.columns)
            kept = stretch
            return stretch
        }
        let shown = slice(stretch.tasks, window.lanes)
        let lanes = shown.map { task in
            TimelineLane(
                thread: ThreadID(task), label: "\(recording.tasks[task].pid)", name: stretch.name(of: task, recording),
                cells: stretch.cells(of: task))
        }
        return Timeline(
            firstStep: first, stepsPerColumn: scale, columns: window.columns,
            lanes: Rows(lanes, offset: shown.startIndex, total: stretch.tasks.count), marks: marks(first, span))
    }

    /// Recordings of more events have no lanes where all of them are wanted.
    private static let longestWhole = 50_000

    /// A window that holds the position and what comes next, and turns over by quarters rather than event by event.
    private func firstStep(_ columns: Int, _ scale: Int, _ span: Int) -> Int {
        guard recording.eventCount > span else { return 0 }
        let quarter = max(1, columns / 4) * scale
        return max(0, (position / quarter - 2) * quarter)
    }

    private func marks(_ first: Int, _ span: Int) -> [TimelineMark] {
        var result = marks.map { TimelineMark(step: $0.step, kind: .mark, name: $0.name) }
        let end = first + span
        for gap in recording.gaps[recording.gaps.partition(where: { $0.event < first })...] {
            guard gap.event < end else { break }
            result.append(
                TimelineMark(step: gap.event + 1, kind: .finding, name: recording.gapWords(before: gap.event)))
        }
        return result.filter { $0.step > first && $0.step <= end || $0.step == 0 && first == 0 }.sorted { $0.step < $1.step }
    }
}

/// What each task did in a stretch of a recording, as far as its events tell: whoever waits for a lock looks like whoever
/// could go on.
struct TraceStretch: Sendable {
    private let first: Int
    private let scale: Int
    private let columns: Int
    /// The tasks with an event in the stretch or near it, or asleep or invalidating in it, ascending.
    private(set) var tasks: [Int] = []
    /// Their cells, one a column.
    private var cells: [Int: [TimelineCell]] = [:]
    /// An event of each task's, to have its name from.
    private var named: [Int: Int] = [:]

    func isFor(_ first: Int, _ scale: Int, _ columns: Int) -> Bool {
        self.first == first && self.scale == scale && self.columns == columns
    }

    func cells(of task: Int) -> [TimelineCell] { cells[task] ?? [] }

    /// The name that it had at one of those events.
    func name(of task: Int, _ recording: TraceRecording) -> String {
        named[task].flatMap(recording.header).map { recording.string($0.comm) } ?? "?"
    }

    init(_ recording: TraceRecording, _ spans: [ClosedRange<Int>?], _ first: Int, _ scale: Int, _ columns: Int) {
        self.first = first
        self.scale = scale
        self.columns = columns
        var reader = StretchReader(recording, first)
        let end = min(recording.eventCount, first + columns * scale)
        let reach = min(max(0, end - first), 100_000) / 2
        var near: Set<Int> = []
        for event in max(0, first - reach)..<min(recording.eventCount, end + reach) {
            let task = Int(recording.events[event].task)
            near.insert(task)
            named[task] = event
        }
        near.formUnion(reader.busy)
        tasks = near.sorted()
        for task in tasks {
            cells[task] = [TimelineCell](repeating: TimelineCell(.unknown), count: columns)
            named[task] = named[task] ?? spans[task]?.lowerBound
        }
        for column in 0..<columns where first + column * scale < end {
            let events = (first + column * scale)..<min(end, first + (column + 1) * scale)
            read(events, into: column, &reader, spans)
        }
    }

    private mutating func read(
        _ events: Range<Int>, into column: Int, _ reader: inout StretchReader, _ spans: [ClosedRange<Int>?]
    ) {
        let before = reader.asleep
        var invalidating = Set(reader.open.values)
        var sleptThrough = Set(before.keys)
        var said: [Int: EventKind?] = [:]
        for event in events {
            let (task, kind) = reader.carryOut(event)
            // Of several the most telling; that there was one at all counts as well.
            if let kind, kind.weight >= (said[task] ?? nil)?.weight ?? -1 { said[task] = .some(kind) }
            if said[task] == nil { said[task] = .some(nil) }
            invalidating.formUnion(reader.open.values)
            sleptThrough.formIntersection(reader.asleep.keys)
            if events.count == 1 { sleptThrough = Set(reader.asleep.keys) }
        }
        for task in tasks {
            let activity: TimelineCell.Activity
            if said[task] != nil {
                activity = .stepped
            } else if sleptThrough.contains(task) {
                activity = .asleep
            } else if let span = spans[task], span.lowerBound >= events.upperBound || span.upperBound < events.lowerBound {
                activity = .absent
            } else {
                activity = .idle
            }
            let isInvalidating = events.count == 1 ? reader.open.values.contains(task) : invalidating.contains(task)
            cells[task]?[column] = TimelineCell(activity, isInvalidating: isInvalidating, event: said[task] ?? nil)
        }
    }
}

/// Goes through events by what they turned out to be about, without reading the text again.
private struct StretchReader {
    private let recording: TraceRecording
    /// Tasks asleep in read_begin or remove, and on which mm.
    private(set) var asleep: [Int: Int32] = [:]
    /// By the event that opened a range, the task whose it is.
    private(set) var open: [Int: Int] = [:]

    /// As it is after so many events.
    init(_ recording: TraceRecording, _ count: Int) {
        self.recording = recording
        let state = recording.state(after: count)
        for task in state.tasks.indices {
            guard let call = state.tasks[task].calls.last(where: { $0.isAsleep && !$0.isWoken }) else { continue }
            asleep[task] = Int32(call.mm ?? -1)
        }
        for mm in state.mms { for range in mm.ranges { open[range.opened] = range.task } }
    }

    var busy: Set<Int> { Set(asleep.keys).union(open.values) }

    mutating func carryOut(_ event: Int) -> (task: Int, kind: EventKind?) {
        let record = recording.events[event]
        let fact = recording.facts[event]
        let task = Int(record.task)
        if record.isAfterGap {
            asleep = [:]
            open = [:]
        }
        // Whoever says something is awake.
        asleep[task] = nil
        switch record.kind {
        case .rangeStart where fact.mm >= 0, .release where fact.mm >= 0: open[event] = task
        case .rangeStartReturn where fact.row == .refuse: open[Int(fact.related)] = nil
        case .invEndPart, .invEndFinal, .releaseReturn: open[Int(fact.related)] = nil
        case .rangeEndReturn where fact.related >= 0: open[Int(recording.facts[Int(fact.related)].related)] = nil
        case .removeDeferred: asleep[task] = fact.mm
        case .readBeginUnderLock where fact.row == .collide: asleep[task] = fact.mm
        default: break
        }
        if record.kind == .invEndFinal { asleep = asleep.filter { $0.value != fact.mm } }
        return (task, fact.row)
    }
}
