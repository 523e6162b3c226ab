import Scene

extension ReplayState {
    // MARK: - start

    mutating func applyStart(_ event: Occurrence, _ fact: inout Fact) {
        let fields = event.fields
        switch event.kind {
        case .rangeStart:
            guard let index = noteMM(event, &fact) else { return }
            enter(.rangeStart, event.index, task: event.task, mm: index, address: fields[.range])
            // With interval notifiers, the event under the lock tells the outcome.
            if mms[index].hasTree == false { fact.row = .start }
            mms[index].counters.invalidations += 1
            mms[index].ranges.append(
                OpenRange(
                    opened: event.index, task: event.task, address: fields[.range], first: fields[.start],
                    last: max(fields[.start], fields[.end] &- 1), event: UInt8(clamping: fields[.event]),
                    isBlockable: fields[.flags] & 1 != 0))
        case .invStart:
            guard let (index, before) = noteLocked(event, &fact) else { return }
            if let call = innermost([.rangeStart, .release], task: event.task) {
                fact.related = Int32(tasks[event.task].calls[call].event)
                tasks[event.task].calls[call].mm = index
            }
            if let first = notifiers[fields[.first]] { fact.notifier = Int32(first.number) }
            if fields[.seq] & 1 == 0 {
                fact.row = .partial
            } else if let before {
                fact.row = before & 1 == 0 ? .odd : .start
            } else {
                fact.row = .start
            }
        default:
            guard let call = noteReturn(.rangeStart, event, &fact) else { return }
            guard fields.result != 0 else { return }
            fact.row = .refuse
            if let mm = call.mm { mms[mm].ranges.removeAll { $0.opened == call.event } }
        }
    }

    // MARK: - end

    mutating func applyEnd(_ event: Occurrence, _ fact: inout Fact) {
        switch event.kind {
        case .rangeEnd:
            guard let index = noteMM(event, &fact) else { return }
            enter(.rangeEnd, event.index, task: event.task, mm: index, address: event.fields[.range])
            if let open = openRange(of: event.task, mm: index, address: event.fields[.range]) {
                fact.related = Int32(mms[index].ranges[open].opened)
            }
            if mms[index].hasTree == false { fact.row = .end }
        case .rangeEndReturn:
            guard let call = noteReturn(.rangeEnd, event, &fact), let mm = call.mm else { return }
            if let open = openRange(of: event.task, mm: mm, address: call.address) {
                mms[mm].ranges.remove(at: open)
            }
        case .invEndPart, .invEndFinal:
            guard let (index, _) = noteLocked(event, &fact) else { return }
            closeRange(event, mm: index, &fact)
            fact.row = event.kind == .invEndFinal ? .even : .end
            if event.kind == .invEndFinal { wakeAll(of: index) }
        default:
            applyDeferred(event, &fact)
        }
    }

    /// The range that a task ends now: the one its range_end names, or, inside a start, a refused one.
    private mutating func closeRange(_ event: Occurrence, mm: Int, _ fact: inout Fact) {
        guard let call = innermost([.rangeEnd, .rangeStart, .release], task: event.task) else { return }
        let entry = tasks[event.task].calls[call]
        let open =
            entry.kind == .rangeEnd
            ? openRange(of: event.task, mm: mm, address: entry.address)
            : mms[mm].ranges.lastIndex { $0.opened == entry.event }
        guard let open else { return }
        fact.related = Int32(mms[mm].ranges[open].opened)
        mms[mm].ranges.remove(at: open)
    }

    private func openRange(of task: Int, mm: Int, address: UInt64) -> Int? {
        mms[mm].ranges.lastIndex { $0.task == task && $0.address == address }
    }

    private mutating func applyDeferred(_ event: Occurrence, _ fact: inout Fact) {
        let fields = event.fields
        let address = fields[.sub]
        guard let (index, _) = noteLocked(event, &fact) else { return }
        fact.row = .apply
        let isInsert = event.kind == .deferredInsert
        let notifier = seen(address, mm: index, fields[.start], fields[.last], isInTree: !isInsert)
        fact.notifier = Int32(notifier.number)
        mms[index].deferred.removeAll { $0.address == address }
        notifiers[address]?.seq = fields[.subSeq]
        if isInsert {
            notifiers[address]?.phase = .inTree
            addMember(address)
        } else {
            removeMember(address, of: notifier)
            notifiers[address]?.phase = .leaving
        }
    }

    // MARK: - callbacks

    mutating func applyCallback(_ event: Occurrence, _ fact: inout Fact) {
        let fields = event.fields
        if event.kind == .observedSetSeq {
            guard let notifier = notifiers[fields[.sub]] else { return }
            fact.notifier = Int32(notifier.number)
            fact.mm = Int32(notifier.mm)
            notifiers[fields[.sub]]?.seq = fields[.subSeq]
            return
        }
        guard event.kind.entry == nil else { return callbackReturned(event, &fact) }
        guard let index = noteMM(event, &fact) else { return }
        let address = fields[.sub]
        _ = seen(address, mm: index, fields[.subStart], fields[.subLast], isInTree: true)
        notifiers[address]?.callbacks += 1
        notifiers[address]?.learn(fields[.subSeq])
        notifiers[address]?.running += 1
        // Only the test driver says when it sets the seq.
        if event.kind != .mni { notifiers[address]?.seq = nil }
        guard let notifier = notifiers[address] else { return }
        fact.notifier = Int32(notifier.number)
        fact.row = .callback
        enter(
            event.kind, event.index, task: event.task, mm: index, notifier: notifier.number, address: address)
        let call = tasks[event.task].calls.count - 1
        tasks[event.task].calls[call].curSeq = fields[.curSeq]
        tasks[event.task].calls[call].isMigrate = fields[.event] == UInt64(RangeEvent.migrate)
    }

    private mutating func callbackReturned(_ event: Occurrence, _ fact: inout Fact) {
        guard let kind = event.kind.entry, let call = noteReturn(kind, event, &fact) else { return }
        if event.fields[.ret] == 0 { fact.row = .refuse }
        guard notifiers[call.address]?.number == call.notifier else { return }
        notifiers[call.address]?.running -= 1
        // HMM's dmirror sets the seq always, except for a migration by its own device, and whose migration
        // it was isn't told.
        let isTold = event.fields[.ret] != 0 && !(call.isMigrate && kind == .dmirror)
        if kind != .mni && isTold { notifiers[call.address]?.seq = call.curSeq }
    }
}
