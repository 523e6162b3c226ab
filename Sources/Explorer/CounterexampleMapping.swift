import Language
import Machine

/// The life of a device's entry that outlived the page it leads to.
extension StoryTeller {
    /// One entry of a device's table.
    struct Entry {
        /// The header of the record that the table is in.
        var owner: Int
        var slot: Int
        var page: Int
        /// What it leads to.
        var target: Reference
        var mm: Reference
        /// The CPU's entry of that page.
        var pte: Int?
    }

    /// One invalidation, from its start to its end.
    struct Invalidation {
        var thread: Int
        var start: Int
        var end: Int?
        var name: String
    }

    /// The entry that the finding is about: of those that aren't the CPU's, one that the finding names.
    func staleEntry() -> Entry? {
        var entries: [Entry] = []
        for table in program.deviceTables {
            let fields = program.records[table.record].fields
            for owner in final.liveRecords(table.record) {
                let mm = final.mirrored(by: table, at: owner)
                for page in 0..<fields[table.field].count {
                    let slot = owner + fields[table.field].offset + page
                    let target = final.reference(at: slot)
                    guard !target.isNone else { continue }
                    let pte = self.slot("pte", of: "MM", in: mm.address).map { $0 + page }
                    let mayWrite = self.slot("pte_write", of: "MM", in: mm.address).map { final.slot($0 + page) != 0 }
                    let writes = table.writable.map { final.slot(owner + fields[$0].offset + page) != 0 } ?? false
                    let isFine = pte.map { final.slot($0) == target.bits } ?? true && !(writes && mayWrite == false)
                    if isFine, final.isLive(target) { continue }
                    entries.append(Entry(owner: owner, slot: slot, page: page, target: target, mm: mm, pte: pte))
                }
            }
        }
        guard ["no-stale-spte", "no-use-after-free"].contains(example.finding.property) else { return nil }
        let named = entries.filter { example.finding.sentence.names(final.name(of: $0.target)) }
        guard example.finding.property == "no-stale-spte" else { return named.first }
        return named.first { example.finding.sentence.names(hex($0.page)) } ?? named.first ?? entries.first
    }

    func hex(_ page: Int) -> String { "0x\(String(page, radix: 16))" }

    mutating func tellMapping(_ entry: Entry) {
        let owner = final.name(ofRecordAt: entry.owner)
        let page = final.name(of: entry.target)
        let mapped = lastChange(of: entry.slot)
        let sequences = mapped.map { self.sequences($0, notifier: entry.owner, mm: entry.mm) } ?? ""
        say(order(mapped), "\(who(mapped)) maps \(page) at \(hex(entry.page)) for \(owner) \(when(mapped))\(sequences)")
        if let mapped, let taken = taken(entry, before: mapped), taken < mapped {
            say(order(taken), "\(who(taken)) takes \(page) from \(source(of: entry, at: taken)) \(when(taken))"
                + self.sequences(taken, notifier: entry.owner, mm: entry.mm))
            tellUnasked(entry, from: taken, to: mapped)
        }
        guard let pte = entry.pte else { return tellFree(of: entry.target) }
        let wasThere = example.machines.contains { $0.slot(pte) == entry.target.bits }
        if wasThere {
            let changed = since { $0.slot(pte) != entry.target.bits }
            guard let changed else { return tellFree(of: entry.target) }
            let now = final.reference(at: pte)
            let what = now.isNone ? "takes \(page) out of" : "no longer has \(page), but \(final.name(of: now)), in"
            say(order(changed), "\(who(changed)) \(what) the CPU's entry of \(hex(entry.page)) \(when(changed))")
            tellChange(entry, at: changed, mapped)
        } else {
            tellNeverThere(entry, pte, mapped)
        }
        tellFree(of: entry.target)
    }

    private mutating func tellChange(_ entry: Entry, at changed: Int, _ mapped: Int?) {
        if let invalidation = invalidation(of: entry, at: changed) {
            tell(invalidation, entry, mapped)
        } else {
            say(order(changed), "No invalidation over \(hex(entry.page)) was in flight then")
        }
    }

    /// The CPU's entry never led to the page: what it was instead, and who made it what it is.
    private mutating func tellNeverThere(_ entry: Entry, _ pte: Int, _ mapped: Int?) {
        let kind = slot("pte_kind", of: "MM", in: entry.mm.address).map { $0 + entry.page }
        let type = kind.flatMap { places.type(at: $0) }
        func words(_ machine: Machine) -> String {
            let page = machine.reference(at: pte)
            let name = page.isNone ? "" : " for \(machine.name(of: page))"
            guard let kind, let type else { return page.isNone ? "nothing" : machine.name(of: page) }
            return "\(machine.text(of: machine.slot(kind), as: type))\(name)"
        }
        let slots = [pte] + (kind.map { [$0] } ?? [])
        let changes = example.steps.indices.filter { index in
            index <= mapped ?? .max && example.steps[index].changes.contains { slots.contains($0.slot) }
        }
        for index in changes.suffix(3) {
            say(order(index), "\(who(index)) makes the CPU's entry of \(hex(entry.page)) \(words(example.machines[index + 1])), where it was "
                + "\(words(example.machines[index])), \(when(index))")
        }
        guard let last = changes.last else { return }
        tellChange(entry, at: last, mapped)
        say(order(mapped ?? last), "the CPU's entry of \(hex(entry.page)) never led to \(final.name(of: entry.target))")
    }

    /// Where a thread found a page: in the CPU's entry, or where somebody had put it.
    private func source(of entry: Entry, at taken: Int) -> String {
        let machine = example.machines[taken]
        if let pte = entry.pte, machine.slot(pte) == entry.target.bits { return "the CPU's entry" }
        let looked = Footprint(of: example.steps[taken].thread, in: machine).looked.sorted()
        let slot = looked.first { machine.slot($0) == entry.target.bits }
            ?? (0..<program.threadBase).first { machine.slot($0) == entry.target.bits && places.isTold($0) }
        return slot.map { places.name(of: $0, in: machine) } ?? "where it was made"
    }

    /// Whether its thread asked if an invalidation had come in between.
    private mutating func tellUnasked(_ entry: Entry, from taken: Int, to mapped: Int) {
        let thread = example.steps[mapped].thread
        let asked = example.steps[...mapped].contains { step in
            step.thread == thread && step.stack.contains { ["read_retry", "check_retry"].contains(program.functions[$0.function].name) }
        }
        guard !asked, slot("invalidate_seq", of: "Interval", in: entry.owner) != nil else { return }
        say(order(mapped), "\(who(mapped)) has not asked read_retry by then")
    }

    /// The step in which the thread that maps an entry came to know the page: in a variable of its own or in the driver's
    /// record.
    private func taken(_ entry: Entry, before mapped: Int) -> Int? {
        let thread = example.steps[mapped].thread
        let block = program.threadBase + thread * program.threadStride
        let own = (block..<(block + program.threadStride))
        let size = parts(of: entry.owner).first.map { program.records[$0.record].size } ?? 0
        let record = (entry.owner..<(entry.owner + size)).filter { $0 != entry.slot }
        return since(before: mapped) { machine in
            own.contains { machine.slot($0) == entry.target.bits } || record.contains { machine.slot($0) == entry.target.bits }
        }
    }

    // MARK: Invalidations

    /// The invalidation that an entry's change belongs to: one over the page, of the thread that changes it if there is.
    private func invalidation(of entry: Entry, at step: Int) -> Invalidation? {
        guard let record = program.record(named: "Range") else { return nil }
        let info = program.records[record]
        guard let flag = info.offset(of: "in_flight"), let start = info.offset(of: "start"), let last = info.offset(of: "last")
        else { return nil }
        let machine = example.machines[step]
        let found = machine.liveRecords(record).filter { address in
            machine.slot(address + flag) != 0 && machine.slot(address + start) <= entry.page
                && machine.slot(address + last) >= entry.page
        }.map { address -> Invalidation in
            let first = since(before: step) { $0.slot(address + flag) != 0 && $0.isLive(reference(address, in: machine)) }
            let end = (step..<example.steps.count).first { value(address + flag, before: $0 + 1) == 0 }
            let event = info.fields.first { $0.name == "event" }.map { machine.text(of: machine.slot(address + $0.offset), as: $0.type) }
            let range = "\(hex(Int(machine.slot(address + start))))..\(hex(Int(machine.slot(address + last))))"
            return Invalidation(
                thread: first.map { example.steps[$0].thread } ?? 0, start: first ?? 0, end: end,
                name: "\(event.map { $0 + " " } ?? "")\(range)")
        }
        return found.first { $0.thread == example.steps[step].thread } ?? found.first
    }

    /// What an invalidation did about an entry that it should have removed.
    private mutating func tell(_ invalidation: Invalidation, _ entry: Entry, _ mapped: Int?) {
        let name = example.name(of: invalidation.thread)
        say(order(invalidation.start), "\(name) starts to invalidate \(invalidation.name) \(when(invalidation.start))")
        let owner = final.name(ofRecordAt: entry.owner)
        let end = invalidation.end ?? example.steps.count - 1
        let calls = callbacks(of: invalidation, for: entry.owner, end)
        tellEvents(naming: owner, except: calls + (mapped.map { [$0] } ?? []))
        if let first = calls.first, let last = calls.last {
            let function = example.steps[first].stack.last.map { program.functions[$0.function].qualifiedName } ?? "its callback"
            var text = "it calls \(function)() for \(owner) in step \(shown(first)), which should have removed the device's entry"
            let said = calls.flatMap { example.steps[$0].events }
            if !said.isEmpty { text += " but only \(said.joined(separator: ", "))" }
            let before = value(entry.slot, before: first)
            if before != entry.target.bits { text += ", and finds none there yet" }
            if let field = program.epochs.first.map({ program.records[$0.record].fields[$0.field] }),
                let slot = slot(field.name, of: "Interval", in: entry.owner)
            {
                let (old, new) = (value(slot, before: first), value(slot, before: last + 1))
                text += old == new
                    ? "; it leaves the notifier's seq at \(final.text(of: old, as: field.type)), so that no reader is told"
                    : "; it sets the notifier's seq from \(final.text(of: old, as: field.type)) to \(final.text(of: new, as: field.type))"
            }
            say(order(first), text)
        } else {
            say(order(invalidation.start), "it doesn't call the notifier of \(owner)\(reason(entry.owner, invalidation.start))")
        }
        if let end = invalidation.end {
            let isLate = mapped.map { $0 > end } ?? false
            say(order(end), "the invalidation ends \(when(end))" + (isLate ? ", before the device's entry is made" : ""))
        } else {
            say(order(end), "the invalidation has not ended yet")
        }
    }

    /// The steps of an invalidation's thread inside the driver's callback for a record.
    private func callbacks(of invalidation: Invalidation, for owner: Int, _ end: Int) -> [Int] {
        (invalidation.start...max(invalidation.start, end)).filter { index in
            let step = example.steps[index]
            guard step.thread == invalidation.thread else { return false }
            return step.stack.contains { frame in
                let function = program.functions[frame.function]
                guard function.callback != nil, let parameter = function.locals.first else { return false }
                return Reference(bits: example.machines[index].value(of: parameter, thread: step.thread)).address == owner
            }
        }
    }

    private func reason(_ owner: Int, _ step: Int) -> String {
        let machine = example.machines[step]
        for part in parts(of: owner) where program.records[part.record].name == "Interval" {
            if machine.isInTree(part.address) { continue }
            return machine.isInList(part.address)
                ? ": it is on the deferred list, not in the tree" : ": it is not in the tree"
        }
        return ""
    }

    // MARK: The page

    /// Who freed a record, or that it is still there.
    mutating func tellFree(of target: Reference) {
        let name = final.name(of: target)
        if final.isLive(target) { return say(example.steps.count, "\(name) itself is not freed yet") }
        guard let freed = since(before: nil, { !$0.isLive(target) }) else { return }
        say(order(freed), "\(who(freed)) frees \(name) \(when(freed))")
    }
}

extension String {
    /// Whether a name occurs in it as a whole: "page#1" is not in "page#12".
    func names(_ name: String) -> Bool {
        var rest = self[...]
        while let range = rest.firstRange(of: name) {
            let next = range.upperBound < rest.endIndex ? rest[range.upperBound] : " "
            if !next.isLetter, !next.isNumber { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}
