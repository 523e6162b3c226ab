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
        /// Whether the CPU may write through it.
        var mayWrite: Int?
    }

    /// The entry that the finding is about: of those that aren't the CPU's, one that the finding names.
    func staleEntry() -> Entry? {
        guard ["no-stale-spte", "no-use-after-free"].contains(example.finding.property) else { return nil }
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
                    let mayWrite = self.slot("pte_write", of: "MM", in: mm.address).map { $0 + page }
                    let writes = table.writable.map { final.slot(owner + fields[$0].offset + page) != 0 } ?? false
                    let isBarred = mayWrite.map { final.slot($0) == 0 } ?? false
                    let isFine = pte.map { final.slot($0) == target.bits } ?? true && !(writes && isBarred)
                    if isFine, final.isLive(target) { continue }
                    entries.append(
                        Entry(owner: owner, slot: slot, page: page, target: target, mm: mm, pte: pte, mayWrite: mayWrite))
                }
            }
        }
        let named = entries.filter { example.finding.sentence.names(final.name(of: $0.target)) }
        guard example.finding.property == "no-stale-spte" else { return named.first }
        return named.first { example.finding.sentence.names(hex($0.page)) } ?? named.first ?? entries.first
    }

    func hex(_ page: Int) -> String { "0x\(String(page, radix: 16))" }

    mutating func tellMapping(_ entry: Entry) {
        let owner = final.name(ofRecordAt: entry.owner)
        let page = final.name(of: entry.target)
        let mapped = lastChange(of: entry.slot)
        if let mapped {
            say(order(mapped), "\(who(mapped)) maps \(page) at \(hex(entry.page)) for \(owner) \(when(mapped))"
                + sequences(mapped, notifier: entry.owner, mm: entry.mm))
            tellTaken(entry, before: mapped)
        } else {
            say(0, "\(page) has been mapped at \(hex(entry.page)) for \(owner) \(since(nil, ""))")
        }
        tellEntryOfCPU(entry, mapped)
        tellFree(of: entry.target)
    }

    /// What became of the CPU's entry, which the device's should be like.
    private mutating func tellEntryOfCPU(_ entry: Entry, _ mapped: Int?) {
        guard let pte = entry.pte else { return }
        let page = final.name(of: entry.target)
        guard example.machines.contains(where: { $0.slot(pte) == entry.target.bits }) else {
            return tellNeverThere(entry, pte, mapped)
        }
        if let changed = beginning({ $0.slot(pte) != entry.target.bits })?.step {
            let now = example.machines[changed + 1].reference(at: pte)
            let what = now.isNone ? "takes \(page) out of" : "puts \(example.machines[changed + 1].name(of: now)) in the place of \(page) in"
            say(order(changed), "\(who(changed)) \(what) the CPU's entry of \(hex(entry.page)) \(when(changed))")
            tellChange(entry, at: changed, mapped)
        } else if let mayWrite = entry.mayWrite, let barred = beginning({ $0.slot(mayWrite) == 0 })?.step {
            say(order(barred), "\(who(barred)) makes the CPU's entry of \(hex(entry.page)) read-only \(when(barred))")
            tellChange(entry, at: barred, mapped)
        }
    }

    private mutating func tellChange(_ entry: Entry, at changed: Int, _ mapped: Int?) {
        if let invalidation = invalidation(of: entry, at: changed) {
            tell(invalidation, entry, mapped)
        } else {
            say(order(changed), "no invalidation over \(hex(entry.page)) is in flight in step \(shown(changed))")
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
        // What it was before the steps that are told nobody has looked at.
        guard offset == 0 else { return }
        say(order(mapped ?? last), "the CPU's entry of \(hex(entry.page)) never led to \(final.name(of: entry.target))")
    }

    // MARK: How the page came to be known

    /// The step in which the thread that maps an entry came to know the page, in a variable of its own or in the driver's
    /// record, and what it read there.
    private mutating func tellTaken(_ entry: Entry, before mapped: Int) {
        let thread = example.steps[mapped].thread
        let block = program.threadBase + thread * program.threadStride
        let size = parts(of: entry.owner).first.map { program.records[$0.record].size } ?? 0
        let own = Array(block..<(block + program.threadStride)) + (entry.owner..<(entry.owner + size)).filter { $0 != entry.slot }
        let taken = beginning(at: mapped) { machine in own.contains { machine.slot($0) == entry.target.bits } }?.step
        guard let taken, example.steps[taken].thread == thread, let source = source(of: entry, at: taken) else { return }
        say(order(taken), "\(who(taken)) takes \(final.name(of: entry.target)) from \(source) \(when(taken))"
            + sequences(taken, notifier: entry.owner, mm: entry.mm))
        tellUnasked(entry, from: taken, to: mapped)
    }

    /// Where a step found a page: in the CPU's entry, or where somebody had put it. Nothing when it made it itself.
    private func source(of entry: Entry, at taken: Int) -> String? {
        let machine = example.machines[taken]
        let read = reads(of: taken).filter { machine.slot($0) == entry.target.bits && places.isTold($0) }
        if let pte = entry.pte, read.contains(pte) { return "the CPU's entry" }
        return read.min().map { places.name(of: $0, in: machine) }
    }

    /// Whether its thread asked if an invalidation had come in between.
    private mutating func tellUnasked(_ entry: Entry, from taken: Int, to mapped: Int) {
        let thread = example.steps[mapped].thread
        let asked = example.steps[taken...mapped].contains { step in
            step.thread == thread && step.stack.contains { ["read_retry", "check_retry"].contains(program.functions[$0.function].name) }
        }
        guard !asked, slot("invalidate_seq", of: "Interval", in: entry.owner) != nil else { return }
        say(order(mapped), "\(who(mapped)) has not asked read_retry in between")
    }

    // MARK: The page

    /// Who freed a record, or that it is still there.
    mutating func tellFree(of target: Reference) {
        let name = final.name(of: target)
        if final.isLive(target) { return say(example.steps.count, "\(name) itself is not freed yet") }
        guard let freed = beginning({ !$0.isLive(target) })?.step else { return }
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
