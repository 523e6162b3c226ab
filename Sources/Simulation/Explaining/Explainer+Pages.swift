import Language
import Machine
import Scene

/// What the CPU and the devices have of a page, and which of it is out of date.
extension Explainer {
    func explain(page address: UInt64, _ subject: Subject) -> Explanation {
        guard let mm = view.mm, let mmSchema = schema.mm, let pte = mmSchema.pte, address < UInt64(pte.count) else {
            return Explanation(subject: nil, title: "Page \(hex(address))", sentences: [
                Explanation.Sentence(.fact, "The shown address space has no such page, or the model keeps no page table.")
            ])
        }
        let page = Int(address)
        let devices = view.shownDevices(of: mm)
        let row = PageWriter(view, mm, mmSchema, devices).row(page)
        var account = Account()
        var seeAlso: [String] = []
        tellVMA(address, isMapped: [.writable, .readable].contains(row.cpu.cell), &account)
        seeAlso += tellCPU(row, mm, mmSchema, page, &account)
        for (device, entry) in zip(devices, row.devices) where entry.cell.entry != .none {
            if tellDevice(device, entry, mm, mmSchema, page, &account) { seeAlso.append("radeon-gup-unguarded") }
        }
        if row.devices.allSatisfy({ $0.cell.entry == .none }) { account.fact("No device maps it.") }
        tellWatchers(address, mm, &account)
        return Explanation(subject: subject, title: "Page \(hex(address))", sentences: account.sentences, seeAlso: seeAlso)
    }

    private func tellVMA(_ address: UInt64, isMapped: Bool, _ account: inout Account) {
        guard case .known(let vmas) = view.addressSpace().vmas, schema.vma != nil else { return }
        if let vma = vmas.first(where: { $0.range.contains(address) }) {
            account.fact("It lies in the VMA \(words(vma.range)), \(vma.label).")
        } else {
            account.fact(
                isMapped
                    ? "No VMA covers it any more; until its entry goes as well a touch meets no fault."
                    : "No VMA covers it: a touch of it is a segmentation fault.")
        }
    }

    // MARK: The CPU's entry

    private func tellCPU(
        _ row: PageRow, _ mm: Int, _ mmSchema: Schema.MM, _ page: Int, _ account: inout Account
    ) -> [String] {
        let slots = [mmSchema.pte.map { mm + $0.offset + page }, mmSchema.pteKind.map { mm + $0.offset + page }, mmSchema.pteWrite.map { mm + $0 + page }]
        let change = slots.compactMap { $0.flatMap { past.last(of: $0) } }.max { $0.step < $1.step }
        let since = change.map { ": so since step \($0.step), by \(name($0.thread))" } ?? ""
        let note = row.cpu.note.isEmpty ? "" : " (\(row.cpu.note))"
        let page = row.cpu.page.isEmpty ? "" : " \(row.cpu.page)\(note)"
        switch row.cpu.cell {
        case .none:
            account.fact("The CPU has no entry there\(since).", step: change?.step)
            account.consequence("A touch faults, and brings a page if a VMA covers it.")
        case .readable: account.fact("The CPU maps\(page), read-only\(since).", step: change?.step)
        case .writable: account.fact("The CPU maps\(page), writable\(since).", step: change?.step)
        case .swapped:
            account.fact("The CPU's entry leads into the swap\(since).", step: change?.step)
            account.consequence("A touch reads the page back.")
        case .migration:
            account.fact("The CPU's entry is a migration entry for\(page)\(since).", step: change?.step)
            account.consequence("Whoever touches it waits until the page has arrived: the page's lock is held until then.")
            tellPageWaiters(mm, mmSchema, row, &account)
            return ["migrate-vs-device-fault"]
        case .devicePrivate:
            account.fact("The page is in a device's own memory:\(page)\(since).", step: change?.step)
            account.consequence("A CPU's touch makes the driver move it back.")
            return ["migrate-vs-device-fault"]
        case .exclusive:
            account.fact("A device has it to itself: the CPU's entry is device-exclusive, for\(page)\(row.cpu.owner.map { ", of \($0)" } ?? "")\(since).", step: change?.step)
            account.consequence("A CPU's touch faults: it takes the page's lock, starts an invalidation, whose callback makes the device give up its atomic access, and then restores the mapping, \(row.cpu.isWritable ? "writable" : "read-only").")
            account.rule("A device's atomic operations are only atomic while no CPU can reach the page.")
            tellPageWaiters(mm, mmSchema, row, &account)
            return ["exclusive-fault-revokes"]
        case .poisoned: account.fact("The page is poisoned: its memory is broken, and a touch kills the toucher\(since).", step: change?.step)
        }
        return []
    }

    /// Threads that wait for the page's lock.
    private func tellPageWaiters(_ mm: Int, _ mmSchema: Schema.MM, _ row: PageRow, _ account: inout Account) {
        guard let pte = mmSchema.pte, let lock = view.pageFields.lock else { return }
        let target = machine.reference(at: mm + pte.offset + Int(row.address))
        guard machine.isLive(target) else { return }
        let slot = target.address + lock
        if machine.slot(slot) != 0 { account.fact("\(row.cpu.page) is locked by \(name(Int(machine.slot(slot)) - 1)).") }
        for thread in view.standings.indices {
            guard case .blocked(let blockage) = view.standings[thread], blockage.slot == slot else { continue }
            account.fact("\(name(thread)) waits for that lock.", step: view.simulation.cursor.lastSteps[thread])
        }
    }

    // MARK: A device's entry

    /// - Returns: whether it is stale without an excuse.
    private func tellDevice(
        _ device: Projection.ShownDevice, _ entry: DevicePageEntry, _ mm: Int, _ mmSchema: Schema.MM, _ page: Int,
        _ account: inout Account
    ) -> Bool {
        let mapped = past.last(of: device.entries + page)
        let manner: String = switch entry.cell.entry {
        case .writable: "writable"
        case .exclusive: "for atomic operations"
        default: "read-only"
        }
        account.fact("\(device.name) maps \(entry.page), \(manner): \(mapped == nil && past.knownFrom == 0 ? "made by the setup" : "\(who(mapped)) made that entry \(when(mapped))").", step: mapped?.step)
        guard entry.cell.isStale else {
            account.fact("That agrees with the CPU's entry.")
            return false
        }
        account.fact("That entry is stale: \(entry.reason).")
        tellFreed(device, page, &account)
        let changes = [mmSchema.pte.map { mm + $0.offset + page }, mmSchema.pteWrite.map { mm + $0 + page }, mmSchema.pteKind.map { mm + $0.offset + page }]
            .compactMap { $0.flatMap { past.last(of: $0) } }
        if let change = changes.max(by: { $0.step < $1.step }) {
            let order = mapped.map { $0.step > change.step ? ", before the device's entry was made" : ", after the device's entry was made" } ?? ""
            account.cause("\(name(change.thread)) changed the CPU's entry in step \(change.step)\(order).", step: change.step)
        }
        let covering = inFlight(in: mm).filter { $0.range.contains(UInt64(page)) }
        if entry.cell.isExcused {
            for invalidation in covering {
                account.consequence("It is excused for now: \(words(invalidation)) is still in flight, and its callback has to drop the device's entry before it ends.", step: invalidation.start?.step)
            }
        } else {
            account.consequence("No invalidation that could still tell the device is in flight: nothing will ever remove this entry. An access through it reaches memory that is no longer this process's.")
            account.rule("A device may map a page only as long as the CPU does, or until the invalidation that changes it has ended.")
        }
        return !entry.cell.isExcused
    }

    private func tellFreed(_ device: Projection.ShownDevice, _ page: Int, _ account: inout Account) {
        let target = machine.reference(at: device.entries + page)
        guard !target.isNone, !machine.isLive(target) else { return }
        let change = past.last(of: target.address) { $0.old & 1 == 1 && $0.new & 1 == 0 }
        account.cause("\(machine.name(of: target)) has been freed\(change.map { ", in step \($0.step) by \(name($0.thread))" } ?? "").", step: change?.step)
    }

    // MARK: Notifiers over it

    private func tellWatchers(_ address: UInt64, _ mm: Int, _ account: inout Account) {
        guard let subs = view.subscriptions, let schema = schema.subscriptions else { return }
        let tree = machine.tree(at: subs + schema.tree)
        let over = tree.overlaps(first: address, last: address).prefix(4).map { machine.name(ofRecordAt: Int(tree.tag(of: $0))) }
        account.fact(over.isEmpty ? "No notifier in the tree watches it." : "\(Self.list(Array(over))) watch\(over.count == 1 ? "es" : "") it.")
        for invalidation in inFlight(in: mm) where invalidation.range.contains(address) {
            account.fact("\(words(invalidation)) is in flight over it, started \(when(invalidation.start)).", step: invalidation.start?.step)
        }
    }
}
