import KernelTrace

/// A recording's events in the terms of ``AgreementEvent``.
public struct RecordedRun: Sendable {
    public struct Entry: Sendable {
        public var event: AgreementEvent
        public var task: Int
        /// 1-based, in the recording's text.
        public var line: Int
        /// The recording's event.
        var index: Int
    }

    /// How far a task has come, by an event that is not compared.
    struct Waypoint: Sendable, Equatable {
        enum Course: Sendable { case enters, leaves }
        var task: Int
        var course: Course
        /// A function, as the models call it.
        var function: String
    }

    /// The recording's file.
    public let title: String
    public private(set) var entries: [Entry] = []
    /// By the place of an entry: the waypoints that tasks pass before it, in order.
    private(set) var waypoints: [Int: [Waypoint]] = [:]
    /// The recording's events that a model deliberately says nothing of, by their kind.
    public private(set) var leftOut: [KernelEvent: Int] = [:]
    private let recording: TraceRecording

    /// Whether every event was kept and understood.
    var isComplete: Bool { recording.summary.lostEvents == 0 && recording.summary.gaps == 0 && recording.warnings.isEmpty }

    public init(_ recording: TraceRecording) {
        title = recording.title
        self.recording = recording
        var projection = RecordingProjection()
        for index in 0..<recording.eventCount {
            let event = recording.recordedEvent(index)
            if event.kind.disposition == .leftOut { leftOut[event.kind, default: 0] += 1 }
            projection.take(event, index, of: recording)
        }
        (entries, waypoints) = projection.finished()
    }

    /// "hmm-tests-120".
    public func taskName(_ entry: Entry) -> String { recording.taskName(ofEvent: entry.index) }
}

/// Whether a probe's event has a counterpart in a model's run.
enum Disposition {
    case compared
    /// The entry or return of a call that another event of it tells all about.
    case toldByAnother
    /// A model says nothing of it, deliberately: see ``Difference``.
    case leftOut
}

extension KernelEvent {
    var disposition: Disposition {
        switch self {
        case .rangeStart, .invStart, .rangeStartReturn, .dmirror, .snapshot, .mni, .rangeEnd, .invEndPart, .invEndFinal,
            .deferredInsert, .deferredRemove, .insertUnderLock, .removeNow, .removeDeferred, .removeCancelling,
            .readBeginUnderLock, .rangeFaultReturn, .migrateSetup, .deviceFault, .exclusiveRangeReturn,
            .exclusiveRestore, .release:
            .compared
        case .register, .registerReturn, .insert, .insertReturn, .insertLocked, .insertLockedReturn, .remove,
            .removeReturn, .readBegin, .readBeginReturn, .rangeEndReturn, .releaseReturn, .dmirrorReturn,
            .snapshotReturn, .mniReturn, .rangeFault, .exclusiveRange, .exclusiveOne, .exclusiveOneReturn,
            .migrateSetupReturn, .migratePages, .migratePagesReturn, .migrateFinalize, .migrateFinalizeReturn,
            .migrateDeviceFinalize, .deviceFaultReturn, .observedInsert, .observedRemove, .observedReadBegin, .observedReadRetry,
            .observedSetSeq, .observedCallbackDone:
            .toldByAnother
        case .migrateDeviceRange, .migrateDevicePages, .destroy, .unregister,
            .unregisterReturn, .getLocked, .getLockedReturn, .put, .plainStart, .plainEnd, .plainRelease, .plainFree,
            .other:
            .leftOut
        }
    }
}

extension KernelEvent {
    /// What it tells of how far its task has come.
    fileprivate var waypoint: (course: RecordedRun.Waypoint.Course, function: String)? {
        switch self {
        case .readBegin: (.enters, "read_begin")
        case .readBeginReturn: (.leaves, "read_begin")
        case .rangeFault: (.enters, "hmm_range_fault")
        case .dmirrorReturn, .snapshotReturn, .mniReturn: (.leaves, "invalidate")
        case .rangeStartReturn: (.leaves, "invalidate_range_start")
        case .rangeEndReturn: (.leaves, "invalidate_range_end")
        default: nil
        }
    }
}

/// Goes through a recording once.
private struct RecordingProjection {
    private var entries: [RecordedRun.Entry] = []
    /// By task: the migrate_vma_setup that has not collected yet.
    private var setups: [Int: RecordedRun.Entry] = [:]
    /// By task: the place of one that has, whose number of pages the next step of the migration tells.
    private var collecting: [Int: Int] = [:]
    /// By task: what of the deferred list was applied. It is told before the end that applies it is.
    private var applied: [Int: [RecordedRun.Entry]] = [:]
    private var waypoints: [Int: [RecordedRun.Waypoint]] = [:]

    /// A waypoint tells nothing between two events of its own task: it comes there in any case.
    func finished() -> ([RecordedRun.Entry], [Int: [RecordedRun.Waypoint]]) {
        let needed = waypoints.compactMap { place, points -> (Int, [RecordedRun.Waypoint])? in
            guard place < entries.count else { return nil }
            let around = [max(0, place - 1), place].map { entries[$0].task }
            let left = points.filter { point in around.contains { $0 != point.task } }
            return left.isEmpty ? nil : (place, left)
        }
        return (entries, Dictionary(uniqueKeysWithValues: needed))
    }

    mutating func take(_ recorded: RecordedEvent, _ index: Int, of recording: TraceRecording) {
        if let (course, function) = recorded.kind.waypoint {
            let waypoint = RecordedRun.Waypoint(task: recorded.task, course: course, function: function)
            waypoints[entries.count, default: []].append(waypoint)
        }
        if recorded.kind == .migratePages, let entry = collecting.removeValue(forKey: recorded.task) {
            entries[entry].event[.collected] = recorded.fields.value(.collected).map(Int64.init(bitPattern:))
        }
        guard let event = event(recorded, of: recording) else { return }
        let entry = RecordedRun.Entry(event: event, task: recorded.task, line: recorded.line, index: index)
        switch recorded.kind {
        case .deferredInsert, .deferredRemove: applied[recorded.task, default: []].append(entry)
        case .migrateSetup: setups[recorded.task] = entry
        default:
            entries.append(entry)
            if recorded.kind == .invEndFinal { entries += applied.removeValue(forKey: recorded.task) ?? [] }
            if recorded.kind == .invEndPart || recorded.kind == .invEndFinal { takeCollected(recorded, of: recording) }
        }
    }

    /// migrate_vma_setup has collected when its invalidation ends; then it unmaps what others map.
    private mutating func takeCollected(_ ended: RecordedEvent, of recording: TraceRecording) {
        guard let start = ended.related.map(recording.recordedEvent), start.cause == "MIGRATE",
            let setup = setups.removeValue(forKey: ended.task)
        else { return }
        collecting[ended.task] = entries.count
        entries.append(setup)
    }

    private func event(_ recorded: RecordedEvent, of recording: TraceRecording) -> AgreementEvent? {
        let entry = recorded.related.map(recording.recordedEvent)
        let fields = recorded.fields
        switch recorded.kind {
        case .rangeStart: return range(.start, recorded)
        case .rangeEnd: return range(.end, recorded)
        case .rangeStartReturn: return fields.result == 0 ? nil : named(.refused, recorded)
        case .invStart: return underLock(.counted, recorded)
        case .invEndPart: return underLock(.countedOff, recorded)
        case .invEndFinal: return underLock(.even, recorded)
        case .release: return named(.release, recorded)
        case .deferredInsert: return named(.deferredInsert, recorded)
        case .deferredRemove: return named(.deferredRemoval, recorded)
        case .dmirror, .snapshot, .mni: return callback(recorded)
        case .insertUnderLock:
            let isInTree = fields[.rb] != fields[.sub]
            var event = underLock(isInTree ? .insert : .insertDeferred, recorded)
            event.place(fields[.start], fields[.last])
            event[.ownSeq] = signed(fields.value(.subSeq))
            return event
        case .removeNow: return underLock(.remove, recorded)
        case .removeDeferred: return underLock(.removeDeferred, recorded)
        case .removeCancelling: return underLock(.removeCancelled, recorded)
        case .readBeginUnderLock:
            var event = underLock(fields[.subSeq] == fields[.seq] ? .collision : .readBegin, recorded)
            event[.ownSeq] = signed(fields.value(.subSeq))
            return event
        default: return call(recorded, entry)
        }
    }

    /// What is told at a call's return, or by its entry alone.
    private func call(_ recorded: RecordedEvent, _ entry: RecordedEvent?) -> AgreementEvent? {
        switch recorded.kind {
        case .rangeFaultReturn:
            var event = stretch(.rangeFault, recorded, entry)
            event.notifier = (recorded.notifier ?? entry?.notifier).map(Int64.init)
            event[.result] = recorded.fields.result
            return event
        case .migrateSetup: return stretch(.migrate, recorded, recorded)
        case .exclusiveRangeReturn:
            var event = stretch(.exclusive, recorded, entry)
            event[.result] = recorded.fields.result
            return event
        case .deviceFault: return page(.deviceFault, recorded)
        case .exclusiveRestore: return page(.restore, recorded)
        default: return nil
        }
    }

    private func named(_ action: AgreementEvent.Action, _ recorded: RecordedEvent) -> AgreementEvent {
        AgreementEvent(action, mm: recorded.mm.map(Int64.init), notifier: recorded.notifier.map(Int64.init))
    }

    private func range(_ action: AgreementEvent.Action, _ recorded: RecordedEvent) -> AgreementEvent {
        var event = AgreementEvent(action, mm: recorded.mm.map(Int64.init))
        event.cause = recorded.cause
        event.place(recorded.fields[.start], recorded.fields[.end] &- 1)
        return event
    }

    private func underLock(_ action: AgreementEvent.Action, _ recorded: RecordedEvent) -> AgreementEvent {
        var event = named(action, recorded)
        // Whose overlap is found first is told by the callbacks.
        if action == .counted { event.notifier = nil }
        event[.seq] = signed(recorded.fields.value(.seq))
        event[.active] = signed(recorded.fields.value(.active))
        return event
    }

    private func callback(_ recorded: RecordedEvent) -> AgreementEvent {
        var event = range(.callback, recorded)
        event.notifier = recorded.notifier.map(Int64.init)
        event[.ownSeq] = signed(recorded.fields.value(.subSeq))
        event[.curSeq] = signed(recorded.fields.value(.curSeq))
        return event
    }

    private func stretch(
        _ action: AgreementEvent.Action, _ recorded: RecordedEvent, _ entry: RecordedEvent?
    ) -> AgreementEvent {
        var event = AgreementEvent(action, mm: (recorded.mm ?? entry?.mm).map(Int64.init))
        if let fields = entry?.fields { event.place(fields[.start], fields[.end] &- 1) }
        return event
    }

    private func page(_ action: AgreementEvent.Action, _ recorded: RecordedEvent) -> AgreementEvent {
        var event = AgreementEvent(action, mm: recorded.mm.map(Int64.init))
        event.place(recorded.fields[.addr], recorded.fields[.addr])
        return event
    }

    private func signed(_ value: UInt64?) -> Int64? { value.map(Int64.init(bitPattern:)) }
}

extension AgreementEvent {
    /// Takes the pages that two addresses lie in.
    mutating func place(_ first: UInt64, _ last: UInt64) {
        self.first = first >> 12
        self.last = last >> 12
    }
}
