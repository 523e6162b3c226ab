import Scene

/// Events told as sentences. The subject, the task, stands in front of them: "hmm-tests-120 starts CLEAR …".
extension TraceRecording {
    /// What happened at an event, without its subject. Built from the event's fields and its fact alone, so
    /// that any row of a log costs the same wherever it is.
    func sentence(_ event: Int) -> String {
        let fields = fields(event)
        let fact = facts[event]
        let kind = events[event].kind
        switch kind {
        case .register, .registerReturn, .unregister, .unregisterReturn, .getLocked, .getLockedReturn, .put,
            .release, .releaseReturn, .destroy:
            return registration(kind, fields, fact)
        case .insert, .insertLocked, .insertUnderLock, .insertReturn, .insertLockedReturn, .remove,
            .removeNow, .removeDeferred, .removeCancelling, .removeReturn:
            return subscription(kind, fields, fact)
        case .readBegin, .readBeginUnderLock, .readBeginReturn, .rangeFault, .rangeFaultReturn,
            .observedReadRetry, .observedReadBegin:
            return reader(kind, fields, fact)
        case .rangeStart, .invStart, .rangeStartReturn:
            return start(kind, fields, fact, event)
        case .rangeEnd, .rangeEndReturn, .invEndPart, .invEndFinal, .deferredInsert, .deferredRemove:
            return end(kind, fields, fact)
        case .dmirror, .snapshot, .mni, .dmirrorReturn, .snapshotReturn, .mniReturn, .observedSetSeq,
            .observedCallbackDone, .plainStart, .plainEnd, .plainRelease, .plainFree:
            return callback(kind, fields, fact)
        default:
            return device(kind, fields, fact, event)
        }
    }

    /// "hmm-tests-120 starts CLEAR …".
    func fullSentence(_ event: Int) -> String { "\(taskLabel(ofEvent: event)) \(sentence(event))" }

    // MARK: - Names

    /// The notifier's name, or its address where it isn't known.
    func notifierName(_ fact: Fact, _ address: UInt64) -> String {
        notifierName(number: fact.notifier >= 0 ? Int(fact.notifier) : nil, address)
    }

    func notifierName(number: Int?, _ address: UInt64) -> String {
        if let number, number < notifiers.count { return notifiers[number].name }
        return address == 0 ? "a notifier" : "notifier \(hex(address))"
    }

    /// "CLEAR 0x7f…–0x7f…" of the range that an event belongs to.
    private func rangeWords(_ fact: Fact) -> String? {
        guard fact.related >= 0 else { return nil }
        if events[Int(fact.related)].kind == .release { return "RELEASE of the whole address space" }
        return rangeWords(self.fields(Int(fact.related)))
    }

    func rangeWords(_ fields: EventFields) -> String {
        let name = RangeEvent.name(fields[.event])
        return "\(name) \(spanWords(fields[.start], fields[.end] &- 1))"
    }

    private func seqWords(_ fields: EventFields, _ fact: Fact) -> String {
        let seq = fields[.seq]
        let parity = seq & 1 == 0 ? "even" : "odd"
        guard fact.detail.contains(.turned) else {
            return fact.detail.contains(.wasKnown) ? "seq stays \(seq) (\(parity))" : "seq is \(seq) (\(parity))"
        }
        return "seq \(seq &- 1) → \(seq) (\(parity))"
    }

    // MARK: - Registration

    private func registration(_ kind: KernelEvent, _ fields: EventFields, _ fact: Fact) -> String {
        let mm = "mm \(hex(fields[.mm]))"
        switch kind {
        case .register:
            let what = fields[.mn] == 0 ? "for interval notifiers" : "the plain notifier \(hex(fields[.mn]))"
            let first = fields[.subs] == 0 ? ", its first" : ""
            return fields[.mn] == 0 ? "makes \(mm) ready \(what)\(first)" : "registers \(what) on \(mm)\(first)"
        case .registerReturn:
            return fields.result == 0 ? "has registered" : "fails to register: \(errorName(fields.result))"
        case .unregister: return "unregisters the plain notifier \(hex(fields[.mn])) from \(mm)"
        case .unregisterReturn: return "has unregistered the plain notifier"
        case .getLocked: return "gets a plain notifier of \(mm)"
        case .getLockedReturn: return "got the plain notifier \(hex(fields[.mn]))"
        case .put: return "puts the plain notifier \(hex(fields[.mn])), which had \(count(fields[.users], "user"))"
        case .release: return "exits: \(mm) is released, everything in it invalidated"
        case .releaseReturn: return "has released the notifiers of the mm"
        default: return "drops the last reference: the subscriptions of \(mm) are freed"
        }
    }

    // MARK: - Interval notifiers

    private func subscription(_ kind: KernelEvent, _ fields: EventFields, _ fact: Fact) -> String {
        let name = notifierName(fact, fields[.sub])
        switch kind {
        case .insert, .insertLocked:
            let locked = kind == .insertLocked ? " with mmap_lock held" : ""
            return "inserts \(name) at \(hex(fields[.start])), \(hex(fields[.length])) bytes\(locked)"
        case .insertUnderLock:
            let span = spanWords(fields[.start], fields[.last])
            if fact.detail.contains(.postponed) {
                return "inserts \(name) \(span) later: seq \(fields[.seq]) is odd, so it goes on the deferred list"
            }
            if fields[.active] != 0 {
                return "inserts \(name) \(span) while \(fields[.active]) active: \(seqWords(fields, fact)), "
                    + "so that its readers wait"
            }
            return "inserts \(name) \(span) into the tree; its seq is \(fields[.subSeq])"
        case .insertReturn, .insertLockedReturn:
            return fields.result == 0
                ? "has inserted \(name)" : "fails to insert \(name): \(errorName(fields.result))"
        case .remove: return "removes \(name)"
        case .removeNow: return "takes \(name) out of the tree: seq \(fields[.seq]) is even"
        case .removeDeferred:
            return "sleeps in remove(\(name)): seq \(fields[.seq]) is odd, so it stays in the tree for now"
        case .removeCancelling: return "cancels the deferred insert of \(name)"
        default:
            return fact.detail.contains(.slept)
                ? "wakes: \(name) is removed" : "has removed \(name)"
        }
    }

    // MARK: - Readers

    private func reader(_ kind: KernelEvent, _ fields: EventFields, _ fact: Fact) -> String {
        let name = notifierName(fact, fields[.sub])
        switch kind {
        case .readBegin: return "calls read_begin(\(name))"
        case .readBeginUnderLock:
            if fact.row == .collide { return "sleeps in read_begin(\(name)): seq \(fields[.seq]) is colliding" }
            return "begins to read \(name): its seq \(fields[.subSeq]) isn't the mm's \(fields[.seq])"
        case .readBeginReturn:
            let verb = fact.detail.contains(.slept) ? "wakes in" : "returns from"
            return "\(verb) read_begin(\(name)) with seq \(fields[.ret])"
        case .observedReadBegin: return "reads \(name) with seq \(fields[.ret])"
        case .rangeFault:
            return "calls hmm_range_fault on \(name) for \(spanWords(fields[.start], fields[.end] &- 1))"
        case .rangeFaultReturn:
            switch fields.result {
            case 0: return "hmm_range_fault has the pages of \(name)"
            case -16: return "hmm_range_fault returns -EBUSY: \(name) was invalidated, it must begin again"
            default: return "hmm_range_fault returns \(errorName(fields.result))"
            }
        default:
            if fields[.retry] == 0 {
                return "read_retry(\(name)): seq is still \(fields[.readSeq]), what was read is good"
            }
            return "read_retry(\(name)): seq \(fields[.readSeq]) is now \(fields[.subSeq]), it must begin again"
        }
    }

    // MARK: - Invalidations

    private func start(_ kind: KernelEvent, _ fields: EventFields, _ fact: Fact, _ event: Int) -> String {
        switch kind {
        case .rangeStart:
            let mode = fields[.flags] & 1 == 0 ? " (must not sleep)" : ""
            let outcome = fact.row == .start ? ": no interval notifiers, seq and active stay" : ""
            return "\(fact.row == .start ? "starts" : "is about to start") \(rangeWords(fields))\(mode)\(outcome)"
        case .invStart:
            let what = rangeWords(fact) ?? "an invalidation"
            let active = "active \(fields[.active])"
            if fields[.first] == 0 {
                return "starts \(what): no interval overlaps, \(seqWords(fields, fact)), \(active)"
            }
            return "starts \(what): \(seqWords(fields, fact)) because "
                + "\(notifierName(fact, fields[.first])) overlaps, \(active)"
        default:
            guard fields.result != 0 else { return "has started; every callback has returned" }
            return "range_start returns \(errorName(fields.result)): a callback refused"
        }
    }

    private func end(_ kind: KernelEvent, _ fields: EventFields, _ fact: Fact) -> String {
        switch kind {
        case .rangeEnd:
            let outcome = fact.row == .end ? ": no interval notifiers, seq and active stay" : ""
            return "\(fact.row == .end ? "ends" : "is about to end") \(rangeWords(fields))\(outcome)"
        case .rangeEndReturn: return "has ended"
        case .invEndPart:
            let what = rangeWords(fact) ?? "an invalidation"
            let others = fields[.active] == 0 ? "none is active now" : "\(fields[.active]) still active"
            return "ends \(what): \(others), \(seqWords(fields, fact))"
        case .invEndFinal:
            let what = rangeWords(fact) ?? "an invalidation"
            let turned =
                fact.detail.contains(.turned) ? seqWords(fields, fact) : "seq \(fields[.seq]) (even)"
            return "ends \(what), the last: \(turned), sleepers are woken"
        case .deferredInsert:
            return "seq is \(fields[.seq]) (even): the deferred insert of \(notifierName(fact, fields[.sub])) goes "
                + "into the tree"
        default:
            return "seq is \(fields[.seq]) (even): the deferred removal of \(notifierName(fact, fields[.sub])) takes "
                + "it out of the tree"
        }
    }

    private func callback(_ kind: KernelEvent, _ fields: EventFields, _ fact: Fact) -> String {
        let name = notifierName(fact, fields[.sub])
        switch kind {
        case .dmirror, .snapshot, .mni:
            return "calls invalidate of \(name) for \(rangeWords(fields)), seq \(fields[.curSeq])"
        case .dmirrorReturn, .snapshotReturn, .mniReturn:
            return fields[.ret] == 0 ? "\(name) refuses: it would have to sleep" : "\(name) is invalidated"
        case .observedSetSeq: return "sets the seq of \(name) to \(fields[.subSeq])"
        case .observedCallbackDone: return "is done in the callback of \(name)"
        case .plainStart: return "calls the plain notifier \(hex(fields[.mn])) at the start of \(rangeWords(fields))"
        case .plainEnd: return "calls the plain notifier \(hex(fields[.mn])) at the end of \(rangeWords(fields))"
        case .plainRelease: return "tells the plain notifier \(hex(fields[.mn])) that its mm is released"
        default: return "frees the plain notifier \(hex(fields[.mn]))"
        }
    }

    // MARK: - Devices and pages

    private func device(_ kind: KernelEvent, _ fields: EventFields, _ fact: Fact, _ event: Int) -> String {
        let span = spanWords(fields[.start], fields[.end] &- 1)
        switch kind {
        case .exclusiveRange: return "asks for exclusive access of a device to \(span)"
        case .exclusiveOne: return "makes the page at \(hex(fields[.addr])) exclusive to a device"
        case .exclusiveRestore: return "ends the device's exclusive access to the page at \(hex(fields[.addr]))"
        case .migrateSetup: return "collects the pages of \(span) to migrate"
        case .migratePages: return "migrates \(count(fields[.pages], "page")) of \(span)"
        case .migrateFinalize: return "has migrated \(span)"
        case .deviceFault: return "faults on a device's page at \(hex(fields[.addr]))"
        case .observedInsert: return "has inserted \(notifierName(fact, fields[.sub])), says the driver"
        case .observedRemove: return "has removed \(notifierName(fact, fields[.sub])), says the driver"
        default: break
        }
        if let entry = kind.entry, let function = entry.function, fields.has(.ret) || fact.related >= 0 {
            let value = fields.has(.ret) ? " \(errorName(fields.result))" : ""
            return "\(function) returns\(value)"
        }
        let name = header(event).map { string($0.name) } ?? kind.rawValue
        return "\(name): \(string(arguments(event)).drop { $0 == " " })"
    }

    private func count(_ number: UInt64, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

/// "0x7f2b97835000".
func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

/// "0x7f2b97835000–0x7f2b97844fff", or words for all there is.
func spanWords(_ first: UInt64, _ last: UInt64) -> String {
    if first == 0 && last >= UInt64.max - 0x1000 { return "0x0–0x\(String(last, radix: 16)) (everything)" }
    return "\(hex(first))–\(hex(last))"
}
