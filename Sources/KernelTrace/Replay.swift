import Scene

/// One event on its way into the state.
struct Occurrence {
    var index: Int
    var kind: KernelEvent
    var task: Int
    var fields: EventFields
    /// The kernel dropped events just before it.
    var isAfterGap: Bool
}

extension ReplayState {
    /// Carries out one event.
    /// - Returns: what it was about; the same for the same events before it.
    mutating func apply(_ event: Occurrence) -> Fact {
        if event.isAfterGap { forget() }
        while tasks.count <= event.task { tasks.append(Task()) }
        tasks[event.task].lastEvent = event.index
        var fact = Fact()
        switch event.kind {
        case .register, .registerReturn, .unregister, .unregisterReturn, .getLocked, .getLockedReturn, .put,
            .release, .releaseReturn, .destroy:
            applyRegistration(event, &fact)
        case .insert, .insertLocked, .insertUnderLock, .insertReturn, .insertLockedReturn:
            applyInsert(event, &fact)
        case .remove, .removeNow, .removeDeferred, .removeCancelling, .removeReturn:
            applyRemove(event, &fact)
        case .readBegin, .readBeginUnderLock, .readBeginReturn, .rangeFault, .rangeFaultReturn,
            .observedReadRetry:
            applyReader(event, &fact)
        case .rangeStart, .invStart, .rangeStartReturn:
            applyStart(event, &fact)
        case .rangeEnd, .rangeEndReturn, .invEndPart, .invEndFinal, .deferredInsert, .deferredRemove:
            applyEnd(event, &fact)
        case .dmirror, .snapshot, .mni, .dmirrorReturn, .snapshotReturn, .mniReturn, .observedSetSeq:
            applyCallback(event, &fact)
        default:
            applyOther(event, &fact)
        }
        if fact.mm >= 0 {
            currentMM = Int(fact.mm)
            tasks[event.task].mm = currentMM
        }
        return fact
    }

    // MARK: - Subscriptions of an mm

    private mutating func applyRegistration(_ event: Occurrence, _ fact: inout Fact) {
        let fields = event.fields
        switch event.kind {
        case .register:
            // No subscriptions although some were known: the mm that had them is gone.
            if fields[.subs] == 0, let old = mmByAddress[fields[.mm]], mms[old].subscriptions != nil { retire(old) }
            let index = noteMM(event, &fact)
            enter(.register, event.index, task: event.task, mm: index, address: fields[.mn])
            tasks[event.task].calls[tasks[event.task].calls.count - 1].isFirst = fields[.subs] == 0
        case .registerReturn:
            guard let call = noteReturn(.register, event, &fact), let mm = call.mm else { return }
            fact.row = .note
            if event.fields.result == 0 { registered(call, mm: mm) }
        case .unregister, .getLocked, .put:
            let index = noteMM(event, &fact)
            if event.kind == .put {
                if fields[.users] == 1, let index { mms[index].plain = mms[index].plain.map { max(0, $0 - 1) } }
            } else {
                enter(event.kind, event.index, task: event.task, mm: index, address: fields[.mn])
            }
            fact.row = .note
        case .unregisterReturn:
            guard let call = noteReturn(.unregister, event, &fact), let mm = call.mm else { return }
            mms[mm].plain = mms[mm].plain.map { max(0, $0 - 1) }
        case .getLockedReturn:
            _ = noteReturn(.getLocked, event, &fact)
        case .release:
            let index = noteMM(event, &fact)
            enter(.release, event.index, task: event.task, mm: index)
            fact.row = .release
            guard let index else { return }
            mms[index].ranges.append(
                OpenRange(
                    opened: event.index, task: event.task, address: nil, first: 0, last: .max,
                    event: RangeEvent.release, isBlockable: true))
        case .releaseReturn:
            guard let call = noteReturn(.release, event, &fact), let mm = call.mm else { return }
            mms[mm].ranges.removeAll { $0.opened == call.event }
            if mms[mm].plain != nil { mms[mm].plain = 0 }
        default:
            // subs_destroy
            guard let index = mm(of: fields, task: event.task, creates: false) else { return }
            fact.mm = Int32(index)
            fact.row = .free
            retire(index)
        }
    }

    private mutating func registered(_ call: Call, mm: Int) {
        // There were no subscriptions at the entry, and the caller holds mmap_lock: these are new.
        if call.isFirst {
            mms[mm].seq = mms[mm].seq ?? 2
            mms[mm].active = mms[mm].active ?? 0
            mms[mm].hasTree = mms[mm].hasTree ?? false
            mms[mm].plain = 0
            mms[mm].isComplete = true
        }
        if call.address == 0 {
            mms[mm].hasTree = true
        } else {
            mms[mm].plain = mms[mm].plain.map { $0 + 1 }
        }
    }

    // MARK: - Everything that only shows what a task is doing

    private mutating func applyOther(_ event: Occurrence, _ fact: inout Fact) {
        if let index = mm(of: event.fields, task: event.task, creates: false) { fact.mm = Int32(index) }
        if let notifier = notifiers[event.fields[.sub]] { fact.notifier = Int32(notifier.number) }
        if let entry = event.kind.entry {
            let call = noteReturn(entry, event, &fact)
            if event.fields.has(.ret) && event.fields.result < 0 && call != nil { fact.row = .note }
            return
        }
        switch event.kind {
        case .plainStart, .plainEnd, .plainRelease: fact.row = .callback
        case .exclusiveRange, .migrateSetup, .migratePages, .migrateFinalize, .exclusiveOne: fact.row = .map
        case .deviceFault, .exclusiveRestore: fact.row = .fault
        case .plainFree: fact.row = .free
        case .other, .migrateDeviceRange: fact.row = .note
        default: break
        }
        if event.kind.function != nil {
            let mm = fact.mm < 0 ? nil : Int(fact.mm)
            enter(event.kind, event.index, task: event.task, mm: mm)
        }
    }

    // MARK: - Shared

    /// Finds or makes the event's mm, and learns from the fields that are read without the lock.
    mutating func noteMM(_ event: Occurrence, _ fact: inout Fact) -> Int? {
        guard let index = mm(of: event.fields, task: event.task) else { return nil }
        fact.mm = Int32(index)
        learn(index, event.fields)
        return index
    }

    /// has_itree only ever turns true; without it, nothing changes seq and active, so they are exact.
    private mutating func learn(_ index: Int, _ fields: EventFields) {
        guard fields[.subs] != 0, fields.has(.hasTree) else { return }
        if fields[.hasTree] == 1 {
            mms[index].hasTree = true
        } else if mms[index].hasTree != true {
            mms[index].hasTree = false
            mms[index].seq = fields[.seq]
            mms[index].active = Int(clamping: fields[.active])
        }
    }

    mutating func noteReturn(_ kind: KernelEvent, _ event: Occurrence, _ fact: inout Fact) -> Call? {
        guard let call = leave(kind, task: event.task) else { return nil }
        fact.related = Int32(call.event)
        if let mm = call.mm { fact.mm = Int32(mm) }
        if let notifier = call.notifier { fact.notifier = Int32(notifier) }
        return call
    }

    /// The mm of an event under the lock; its seq and active are exact.
    /// - Returns: the mm, and the seq that was known before.
    mutating func noteLocked(_ event: Occurrence, _ fact: inout Fact) -> (mm: Int, before: UInt64?)? {
        guard let index = mm(of: event.fields, task: event.task) else { return nil }
        fact.mm = Int32(index)
        let before = mms[index].seq
        if before != nil { fact.detail.insert(.wasKnown) }
        if let seq = event.fields.value(.seq) {
            mms[index].seq = seq
            if let before, before != seq { fact.detail.insert(.turned) }
        }
        if let active = event.fields.value(.active) { mms[index].active = Int(clamping: active) }
        mms[index].hasTree = true
        return (index, before)
    }
}
