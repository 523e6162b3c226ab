import Scene

/// A kernel recording that was read, indexed and replayed once.
///
/// It keeps the text's bytes, an offset for each line, a few words for each event and a checkpoint of the
/// replay every so many events; fields are read from the text again when they are wanted.
public struct TraceRecording: Sendable {
    /// What to call it: the file's name without its folder.
    public let title: String
    /// What to tell about it: cut-off data, lost events, lines that are no events.
    public let warnings: [TraceWarning]
    public let summary: TraceSummary

    let text: TraceText
    /// Where each line begins; one more entry says where the text ends.
    let lines: [Int]
    let events: [EventRecord]
    let facts: [Fact]
    /// The log's rows: indices of the events worth one.
    let rows: [UInt32]
    let gaps: [Gap]
    let tasks: [TaskKey]
    let notifiers: [NotifierInfo]
    let checkpoints: Checkpoints
    /// By mm: where in its address space things happen.
    let places: [Places]

    /// Reads a trace file, plain or gzip, or standard input when `path` is `-`.
    public static func open(path: String) throws(TraceError) -> TraceRecording {
        try TraceRecording(TraceInput.open(path: path))
    }

    /// Reads a trace that is in memory, plain or gzip.
    public static func read(_ bytes: [UInt8], name: String) throws(TraceError) -> TraceRecording {
        try TraceRecording(TraceInput.bytes(bytes, name: name))
    }

    init(_ input: TraceInput) throws(TraceError) {
        var importer = TraceImporter(text: input.text)
        guard importer.run() else { throw .tooLarge(name: input.name) }
        guard !importer.events.isEmpty else {
            // The bytes live as long as their text.
            let kind = withExtendedLifetime(input.text) { describeKind(of: input.text.bytes) }
            throw .noEvents(name: input.name, looksLike: kind)
        }
        importer.finish()
        title = input.name.split(separator: "/").last.map(String.init) ?? input.name
        warnings = input.warnings + importer.warnings
        summary = importer.summary
        text = input.text
        lines = importer.lines
        events = importer.events
        facts = importer.facts
        rows = importer.rows
        gaps = importer.gaps
        tasks = importer.tasks
        notifiers = importer.notifiers
        checkpoints = importer.checkpoints
        places = importer.places
    }

    /// How many kernel events there are.
    public var eventCount: Int { events.count }
    /// How many lines the text has, headers and unknown ones included.
    public var lineCount: Int { lines.count - 1 }
}

/// One event of the index.
struct EventRecord: Sendable {
    /// Nanoseconds, or the bare counter of a counting clock.
    var ticks: UInt64
    var line: UInt32
    var task: UInt32
    /// Where the event's own text begins, from the line's start.
    var arguments: UInt16
    var cpu: UInt16
    var kind: KernelEvent
    /// The kernel dropped events before this one.
    var isAfterGap: Bool
}

/// The kernel dropped events here.
struct Gap: Sendable, Equatable {
    /// The next event.
    var event: Int
    var line: Int
    /// How many, where it says so.
    var count: Int?
}

/// What tells tasks apart: the pid, and for the idle tasks, which share pid 0, the CPU.
struct TaskKey: Hashable, Sendable {
    var pid: Int32
    var cpu: UInt16
}

/// What is known of a notifier for the whole recording.
struct NotifierInfo: Sendable, Equatable {
    var name: String
    var address: UInt64
}

/// The replay's state every so many events.
struct Checkpoints: Sendable {
    /// Roughly the bytes that all of them may take; beyond that every other one is given up.
    var budget = 48 << 20
    private(set) var spacing = 512
    private(set) var states: [ReplayState] = []
    private var weight = 0

    /// Takes the state after `count` events, when it is due.
    mutating func offer(_ state: ReplayState, after count: Int) {
        guard count % spacing == 0, count / spacing == states.count else { return }
        states.append(state)
        weight += state.weight
        while weight > budget && states.count > 2 { thin() }
    }

    /// The last checkpoint at or before `count` events.
    func nearest(to count: Int) -> (state: ReplayState, count: Int) {
        let index = min(count / spacing, states.count - 1)
        guard index >= 0 else { return (ReplayState(), 0) }
        return (states[index], index * spacing)
    }

    private mutating func thin() {
        spacing *= 2
        states = stride(from: 0, to: states.count, by: 2).map { states[$0] }
        weight = states.reduce(0) { $0 + $1.weight }
    }
}

extension ReplayState {
    /// Roughly how many bytes a copy comes to hold.
    fileprivate var weight: Int {
        var living = 0
        for mm in mms where mm.isAlive { living += mm.members.count + mm.ranges.count + mm.deferred.count }
        return 256 + mms.count * 224 + tasks.count * 160 + notifiers.count * 112 + living * 40
    }
}

// MARK: - Reading the text again

extension TraceRecording {
    /// The bytes of a line, without its end.
    func lineRange(_ line: Int) -> Range<Int> { trimmedLine(text.bytes, lines[line], lines[line + 1]) }

    /// An event's own text: everything behind its name.
    func arguments(_ event: Int) -> Range<Int> {
        let record = events[event]
        let line = lineRange(Int(record.line))
        return min(line.lowerBound + Int(record.arguments), line.upperBound)..<line.upperBound
    }

    func header(_ event: Int) -> LineHeader? {
        guard case .event(let header) = LineTokenizer(text: text.bytes).line(lineRange(Int(events[event].line))) else {
            return nil
        }
        return header
    }

    func string(_ range: Range<Int>) -> String { String(decoding: text.bytes[range], as: UTF8.self) }

    func occurrence(_ event: Int, _ table: FieldTable) -> Occurrence {
        let record = events[event]
        return Occurrence(
            index: event, kind: record.kind, task: Int(record.task),
            fields: table.parse(text.bytes, arguments(event)), isAfterGap: record.isAfterGap)
    }

    /// The known fields of an event.
    func fields(_ event: Int) -> EventFields { sharedFieldTable.parse(text.bytes, arguments(event)) }

    /// "hmm-tests-120".
    func taskLabel(ofEvent event: Int) -> String {
        guard let header = header(event) else { return "?" }
        return "\(string(header.comm))-\(header.pid)"
    }

    func clock(_ event: Int) -> String { header(event).map { string($0.time) } ?? "" }

    /// The state after `count` events.
    func state(after count: Int) -> ReplayState {
        var (state, done) = checkpoints.nearest(to: count)
        advance(&state, from: done, to: count)
        done = count
        return state
    }

    func advance(_ state: inout ReplayState, from: Int, to: Int) {
        let table = sharedFieldTable
        for event in from..<max(from, to) { _ = state.apply(occurrence(event, table)) }
    }
}

let sharedFieldTable = FieldTable()

/// A line's bytes without the newline and a carriage return.
func trimmedLine(_ text: Bytes, _ start: Int, _ next: Int) -> Range<Int> {
    var end = next
    if end > start && text[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    if end > start && text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
}
