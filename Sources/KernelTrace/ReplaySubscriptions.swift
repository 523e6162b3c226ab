import Scene

extension ReplayState {
    // MARK: - insert

    mutating func applyInsert(_ event: Occurrence, _ fact: inout Fact) {
        let fields = event.fields
        switch event.kind {
        case .insert, .insertLocked:
            guard let index = noteMM(event, &fact) else { return }
            let (last, overflows) = fields[.start].addingReportingOverflow(fields[.length] &- 1)
            let notifier = make(
                fields[.sub], mm: index, first: fields[.start], last: overflows ? fields[.start] : last,
                phase: .entering)
            fact.notifier = Int32(notifier.number)
            enter(
                event.kind, event.index, task: event.task, mm: index, notifier: notifier.number,
                address: fields[.sub])
        case .insertUnderLock:
            insertUnderLock(event, &fact)
        default:
            let entry = event.kind.entry ?? .insert
            guard let call = noteReturn(entry, event, &fact) else { return }
            guard event.fields.result == 0 else {
                fact.row = .note
                drop(call.address)
                return
            }
            // Without the probe under the lock, the return is all that tells of it.
            if notifiers[call.address]?.phase == .entering {
                notifiers[call.address]?.phase = .inTree
                addMember(call.address)
            }
        }
    }

    private mutating func insertUnderLock(_ event: Occurrence, _ fact: inout Fact) {
        let fields = event.fields
        let address = fields[.sub]
        guard let (index, _) = noteLocked(event, &fact) else { return }
        if notifiers[address]?.phase != .entering || notifiers[address]?.mm != index {
            _ = make(address, mm: index, first: fields[.start], last: fields[.last], phase: .entering)
        }
        // A node that points to itself is not in the tree.
        let isInTree = fields[.rb] != address
        notifiers[address]?.first = fields[.start]
        notifiers[address]?.last = max(fields[.start], fields[.last])
        notifiers[address]?.seq = fields[.subSeq]
        notifiers[address]?.phase = isInTree ? .inTree : .insertDeferred
        if let number = notifiers[address]?.number { fact.notifier = Int32(number) }
        if isInTree {
            addMember(address)
            fact.row = fact.detail.contains(.turned) ? .odd : .insert
        } else {
            mms[index].deferred.append(Deferred(address: address, isInsert: true))
            fact.row = .defer
            fact.detail.insert(.postponed)
        }
    }

    // MARK: - remove

    mutating func applyRemove(_ event: Occurrence, _ fact: inout Fact) {
        let address = event.fields[.sub]
        switch event.kind {
        case .remove:
            guard let index = noteMM(event, &fact) else { return }
            let notifier = seen(
                address, mm: index, event.fields[.start], event.fields[.last],
                isInTree: event.fields[.rb] != address)
            fact.notifier = Int32(notifier.number)
            enter(
                .remove, event.index, task: event.task, mm: index, notifier: notifier.number, address: address)
        case .removeReturn:
            guard let call = noteReturn(.remove, event, &fact) else { return }
            if call.isAsleep { fact.row = .wake; fact.detail.insert(.slept) }
            // Only this registration: the address may have been registered again meanwhile.
            if notifiers[call.address]?.number == call.notifier { drop(call.address) }
        default:
            guard let (index, _) = noteLocked(event, &fact) else { return }
            if let number = notifiers[address]?.number { fact.notifier = Int32(number) }
            removeUnderLock(event, address, mm: index, &fact)
        }
    }

    private mutating func removeUnderLock(_ event: Occurrence, _ address: UInt64, mm: Int, _ fact: inout Fact) {
        switch event.kind {
        case .removeDeferred:
            fact.row = .defer
            notifiers[address]?.phase = .removalDeferred
            mms[mm].deferred.append(Deferred(address: address, isInsert: false))
            if let call = innermost([.remove], task: event.task) { fallAsleep(call, task: event.task) }
        case .removeCancelling:
            fact.row = .remove
            mms[mm].deferred.removeAll { $0.address == address }
            notifiers[address]?.phase = .leaving
        default:
            fact.row = .remove
            if let notifier = notifiers[address] { removeMember(address, of: notifier) }
            notifiers[address]?.phase = .leaving
        }
    }

    /// A notifier that an event names, known or not.
    mutating func seen(_ address: UInt64, mm: Int, _ first: UInt64, _ last: UInt64, isInTree: Bool) -> Notifier {
        if let notifier = notifiers[address], notifier.mm == mm { return notifier }
        let notifier = make(address, mm: mm, first: first, last: last, phase: isInTree ? .inTree : .insertDeferred)
        if !isInTree { mms[mm].deferred.append(Deferred(address: address, isInsert: true)) }
        return notifier
    }

    // MARK: - read_begin and what follows it

    mutating func applyReader(_ event: Occurrence, _ fact: inout Fact) {
        let fields = event.fields
        switch event.kind {
        case .readBegin:
            let index = noteMM(event, &fact)
            let number = look(fields[.sub], fields, &fact)
            tasks[event.task].hasCountedRetry = false
            enter(.readBegin, event.index, task: event.task, mm: index, notifier: number, address: fields[.sub])
        case .readBeginUnderLock:
            guard let (index, _) = noteLocked(event, &fact) else { return }
            let isColliding = fields[.subSeq] == fields[.seq]
            fact.row = isColliding ? .collide : .begin
            guard let call = innermost([.readBegin], task: event.task) else { return }
            let entry = tasks[event.task].calls[call]
            fact.related = Int32(entry.event)
            if let number = entry.notifier { fact.notifier = Int32(number) }
            // Loaded before the line was written: a callback may have stored a newer one since.
            notifiers[entry.address]?.learn(fields[.subSeq])
            guard isColliding else { return }
            mms[index].counters.collisions += 1
            tasks[event.task].calls[call].mm = index
            fallAsleep(call, task: event.task)
        case .readBeginReturn:
            guard let call = noteReturn(.readBegin, event, &fact), call.isAsleep else { return }
            fact.row = .wake
            fact.detail.insert(.slept)
        case .rangeFault:
            let number = look(fields[.sub], fields, &fact)
            fact.row = .fault
            enter(
                .rangeFault, event.index, task: event.task, mm: notifiers[fields[.sub]]?.mm, notifier: number,
                address: fields[.sub])
        case .rangeFaultReturn:
            let call = noteReturn(.rangeFault, event, &fact)
            fact.row = fields.result == 0 ? .success : fields.result == -16 ? .retry : .fault
            if fields.result == -16, let mm = call?.mm {
                mms[mm].counters.retries += 1
                tasks[event.task].hasCountedRetry = true
            }
        default:
            // obs_read_retry
            _ = look(fields[.sub], fields, &fact)
            fact.row = fields[.retry] == 0 ? .success : .retry
            if let mm = notifiers[fields[.sub]]?.mm {
                fact.mm = Int32(mm)
                if fields[.retry] != 0 && !tasks[event.task].hasCountedRetry { mms[mm].counters.retries += 1 }
            }
        }
    }

    /// Notes the notifier at an address, if it is known, and its seq if that wasn't known yet.
    private mutating func look(_ address: UInt64, _ fields: EventFields, _ fact: inout Fact) -> Int? {
        guard let notifier = notifiers[address] else { return nil }
        fact.notifier = Int32(notifier.number)
        fact.mm = Int32(notifier.mm)
        notifiers[address]?.learn(fields.value(.subSeq))
        return notifier.number
    }
}
