import Scene

#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The one pass over a text: finds the lines and events, replays them, and notes what stays true.
struct TraceImporter {
    let text: TraceText
    private(set) var lines: [Int] = []
    private(set) var events: [EventRecord] = []
    private(set) var facts: [Fact] = []
    private(set) var rows: [UInt32] = []
    private(set) var gaps: [Gap] = []
    private(set) var tasks: [TaskKey] = []
    private(set) var notifiers: [NotifierInfo] = []
    private(set) var checkpoints = Checkpoints()
    private(set) var places: [Places] = []
    private(set) var summary = TraceSummary()
    private(set) var warnings: [TraceWarning] = []

    private var state = ReplayState()
    private var taskNumbers: [TaskKey: UInt32] = [:]
    private var naming = NotifierNaming()
    private var counts = [Int](repeating: 0, count: 256)
    private var otherNames: [String: Int] = [:]
    private var firstUnknown = 0
    private var isAfterGap = false
    private let kinds = KernelEventTable()
    private let fieldTable = sharedFieldTable

    init(text: TraceText) { self.text = text }

    /// - Returns: false when there are more lines than can be numbered.
    mutating func run() -> Bool {
        let bytes = text.bytes
        guard let base = bytes.baseAddress else { return true }
        let estimate = bytes.count / 160
        lines.reserveCapacity(estimate)
        events.reserveCapacity(estimate)
        facts.reserveCapacity(estimate)
        checkpoints.offer(state, after: 0)
        let tokenizer = LineTokenizer(text: bytes)
        var start = 0
        while start < bytes.count {
            let newline = memchr(base + start, 10, bytes.count - start)
            let next = newline.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) + 1 } ?? bytes.count
            guard lines.count < Int(UInt32.max) else { return false }
            lines.append(start)
            take(tokenizer.line(trimmedLine(bytes, start, next)), start, next)
            start = next
        }
        lines.append(bytes.count)
        return true
    }

    private mutating func take(_ line: TraceLine, _ start: Int, _ next: Int) {
        switch line {
        case .event(let header): take(header, start, next)
        case .lost(let count):
            gaps.append(Gap(event: events.count, line: lines.count - 1, count: count))
            summary.lostEvents = summary.lostEvents.addingReportingOverflow(count ?? 0).partialValue
            isAfterGap = true
        case .unknown:
            summary.unknownLines += 1
            if firstUnknown == 0 { firstUnknown = lines.count }
        case .header, .continuation: break
        }
    }

    private mutating func take(_ header: LineHeader, _ start: Int, _ next: Int) {
        let kind = kinds[header.nameHash]
        let record = EventRecord(
            ticks: header.ticks, line: UInt32(lines.count - 1), task: task(header),
            arguments: UInt16(clamping: header.arguments - start), cpu: header.cpu, kind: kind,
            isAfterGap: isAfterGap)
        isAfterGap = false
        let range = trimmedLine(text.bytes, start, next)
        let arguments = min(header.arguments, range.upperBound)..<range.upperBound
        if kind == .other {
            otherNames[String(decoding: text.bytes[header.name], as: UTF8.self), default: 0] += 1
        }
        counts[kind.place] += 1
        let occurrence = Occurrence(
            index: events.count, kind: kind, task: Int(record.task),
            fields: fieldTable.parse(text.bytes, arguments), isAfterGap: record.isAfterGap)
        events.append(record)
        let fact = state.apply(occurrence)
        facts.append(fact)
        if fact.row != nil || record.isAfterGap { rows.append(UInt32(occurrence.index)) }
        checkpoints.offer(state, after: events.count)
        note(occurrence, fact, arguments)
    }

    private mutating func task(_ header: LineHeader) -> UInt32 {
        let key = TaskKey(pid: header.pid, cpu: header.pid == 0 ? header.cpu : 0)
        if let last = events.last, tasks[Int(last.task)] == key { return last.task }
        if let number = taskNumbers[key] { return number }
        let number = UInt32(tasks.count)
        tasks.append(key)
        taskNumbers[key] = number
        return number
    }

    private mutating func note(_ event: Occurrence, _ fact: Fact, _ arguments: Range<Int>) {
        summary.count(event, fact)
        switch event.kind {
        case .rangeStart:
            notePlace(fact, event.fields[.start], event.fields[.end] &- 1, isNotifier: false)
            if fact.mm >= 0, let nesting = nesting(event, mm: Int(fact.mm)) { summary.nested[nesting, default: 0] += 1 }
        case .rangeFault:
            notePlace(fact, event.fields[.start], event.fields[.end] &- 1, isNotifier: false)
        case .insert, .insertLocked:
            naming.inserted(fact.notifier, ops: event.fields[.ops])
        case .insertUnderLock:
            notePlace(fact, event.fields[.start], event.fields[.last], isNotifier: true)
        case .insertReturn, .insertLockedReturn:
            if let site = RawFields(text.bytes, arguments).callSite {
                naming.insertReturned(fact.notifier, to: text.bytes[site])
            }
        case .dmirror, .snapshot, .mni:
            notePlace(fact, event.fields[.subStart], event.fields[.subLast], isNotifier: true)
            naming.calledBack(fact.notifier, event.kind)
        default: break
        }
        if fact.notifier >= 0 { naming.seen(fact.notifier, at: event.fields[.sub]) }
    }

    private mutating func notePlace(_ fact: Fact, _ first: UInt64, _ last: UInt64, isNotifier: Bool) {
        guard fact.mm >= 0 else { return }
        while places.count <= Int(fact.mm) { places.append(Places()) }
        places[Int(fact.mm)].add(first, last, isNotifier: isNotifier)
    }

    /// "UNMAP>CLEAR" when the range that was just started is inside another of its task.
    private func nesting(_ event: Occurrence, mm: Int) -> String? {
        let ranges = state.mms[mm].ranges
        guard let inner = ranges.last, inner.opened == event.index,
            let outer = ranges.dropLast().last(where: { $0.task == event.task })
        else { return nil }
        return "\(RangeEvent.name(UInt64(outer.event)))>\(RangeEvent.name(UInt64(inner.event)))"
    }

    /// What can only be told at the end.
    mutating func finish() {
        for kind in KernelEvent.allCases where kind != .other && counts[kind.place] > 0 {
            summary.eventsByName[kind.rawValue] = counts[kind.place]
        }
        summary.eventsByName.merge(otherNames) { $0 + $1 }
        summary.mms = state.mms.count
        summary.notifiers = state.notifierCount
        summary.tasks = tasks.count
        summary.gaps = gaps.count
        notifiers = naming.names(count: state.notifierCount)
        while places.count < state.mms.count { places.append(Places()) }
        for index in places.indices { places[index].finish() }
        if !gaps.isEmpty { warnings.append(.lostEvents(gaps: gaps.count, events: summary.lostEvents)) }
        if summary.unknownLines > 0 {
            warnings.append(.unknownLines(count: summary.unknownLines, first: firstUnknown))
        }
        if counts[KernelEvent.other.place] == events.count { warnings.append(.nothingKnown) }
    }
}

extension KernelEvent {
    /// Its place among the cases. A dictionary would hash the raw value's text for each event.
    fileprivate var place: Int { Int(unsafeBitCast(self, to: UInt8.self)) }
}
