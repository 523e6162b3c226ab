import Language
import Machine
import Scene

/// Locks, steps, and what went wrong.
extension Explainer {
    // MARK: Locks

    func explain(lock name: String, _ subject: Subject) -> Explanation {
        let table = view.lockTable()
        guard let row = table.rows.first(where: { $0.name == name }) else {
            return Explanation(subject: subject, title: name, sentences: [
                Explanation.Sentence(.fact, "Nobody holds \(name) now, and nobody waits for it.")
            ])
        }
        var account = Account()
        for holder in row.holders {
            let slot = machine.heldLocks().first { machine.placeName($0.slot) == name && $0.holders.contains(holder.thread.number) }?.slot
            let since = slot.flatMap { hold(of: $0, by: holder.thread.number) }
            account.fact("\(holder.name) holds it\(holder.manner.isEmpty ? "" : " \(holder.manner)"), since \(since.map { "step \($0.step)" } ?? when(nil)); next it does \(next(holder.thread.number)).", step: since?.step)
        }
        if row.holders.isEmpty, row.kind != .waitQueue, row.kind != .condition { account.fact("Nobody holds it now.") }
        for waiter in row.waiters {
            let manner = waiter.manner.isEmpty ? "" : " (\(waiter.manner))"
            account.fact("\(waiter.name) \(waiter.isWoken ? "was woken" : "waits")\(manner)\(waiter.sinceStep.map { ", since step \($0)" } ?? "").", step: waiter.sinceStep)
        }
        if let first = row.waiters.first(where: { !$0.isWoken }) { tellChain(from: first.thread.number, &account) }
        for cycle in table.cycles where row.isInCycle { account.consequence("A circle: \(cycle.sentence).") }
        account.rule(Self.rule(row.kind))
        return Explanation(
            subject: subject, title: name, sentences: account.sentences)
    }

    private static func rule(_ kind: LockRow.Kind) -> String {
        switch kind {
        case .spinlock: "A spinlock: whoever holds it must not sleep."
        case .mutex: "A mutex: one holder, and who waits for it sleeps."
        case .rwsem: "A reader-writer semaphore: many readers or one writer; a writer that queues keeps new readers out."
        case .waitQueue: "A wait queue: whoever sleeps on it is woken by who changes what it waits for, and looks again."
        case .gracePeriod: "SRCU: who waits for a grace period waits until all readers that had begun before have come out."
        case .completion: "A completion: it is waited for until somebody completes it."
        case .condition: "A condition of the scenario, looked at until it is so."
        }
    }

    // MARK: Steps

    func explain(event step: Int, _ subject: Subject) -> Explanation {
        guard let (before, after, thread) = view.simulation.around(step: step) else {
            let isStart = step == 0
            return Explanation(subject: isStart ? subject : nil, title: isStart ? "The start" : "Step \(step)", sentences: [
                Explanation.Sentence(.fact, isStart ? "The scenario's setup has run to its end: everything begins here." : "This step has not been run.")
            ])
        }
        var account = Account()
        if let statement = before.statement(of: thread).map({ program.statements[$0] }) {
            let line = program.sources[statement.file].lines[statement.line - 1].split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
            let words = line.split(separator: " ").joined(separator: " ")
            account.fact("\(name(thread)) carries out '\(words)' in \(program.functions[statement.function].qualifiedName) (\(program.sources[statement.file].name):\(statement.line)).", step: step)
        }
        let events = view.simulation.chronicle.events
        let end = events.count(upTo: step)
        for index in events.count(upTo: step - 1)..<max(end, events.count(upTo: step - 1)) {
            let event = events.entries[index].event
            account.fact("\(name(event.thread)) \(before.sentence(of: event)).", step: step)
            if let rule = Self.rule(events.kind(index)) { account.rule(rule) }
        }
        tellChanges(before, after, step, &account)
        return Explanation(subject: subject, title: "Step \(step): \(name(thread))", sentences: account.sentences)
    }

    /// What a step changed of what threads share, by name.
    private func tellChanges(_ before: Machine, _ after: Machine, _ step: Int, _ account: inout Account) {
        let types = SlotTypes(program)
        var count = 0
        for slot in 0..<program.threadBase where before.slot(slot) != after.slot(slot) {
            guard let type = types.type(of: slot, in: after) else { continue }
            count += 1
            guard count <= Self.shownChanges else { continue }
            account.consequence("\(types.name(of: slot, in: after)): \(before.text(of: before.slot(slot), as: type)) → \(after.text(of: after.slot(slot), as: type)).", step: step)
        }
        if count > Self.shownChanges { account.consequence("And \(count - Self.shownChanges) more.", step: step) }
    }

    private static let shownChanges = 8

    static func rule(_ kind: EventKind) -> String? {
        switch kind {
        case .odd: "seq becomes odd when an invalidation overlaps a notifier, or when one is inserted while invalidations are in flight: from then on readers sleep and the tree stays as it is."
        case .join: "seq was odd already: another invalidation makes no difference to it, and only the last to end does."
        case .partial: "An invalidation that overlaps no notifier leaves seq even: nobody has to wait for it."
        case .even: "The last invalidation to end makes seq even, applies what was deferred, and then wakes the sleepers."
        case .leave: "Others are still in flight, or seq was even: nothing more is to be done at this end."
        case .callback: "The callback must stop the device from using the range, and set the notifier's seq under the driver's lock, before it returns."
        case .refuse: "Only an invalidation that must not block may be refused; its caller gets -EAGAIN and calls no end."
        case .collide: "A reader whose notifier has the mm's number would read what is being changed: it sleeps first."
        case .retry: "A number that changed since the beginning means that what was read may be stale."
        case .success: "Under the driver's lock no callback can be under way: the number hasn't changed, so what was read still holds."
        case .defer: "While seq is odd the tree may not change: what should change it waits on the deferred list."
        case .apply: "What was deferred is applied by the one that makes seq even, under the same lock."
        case .release: "The mm exits: everything is invalidated once, and must not be refused."
        case .exclusive: "A device that has a page to itself may do atomic operations on it: no CPU can reach it meanwhile."
        case .restore: "A CPU's touch ends a device's exclusive access: the callback first, then the entry."
        default: nil
        }
    }

    // MARK: The finding

    func explainFinding(_ subject: Subject) -> Explanation {
        guard let finding = view.finding() else {
            return Explanation(subject: nil, title: "Nothing has failed", sentences: [
                Explanation.Sentence(.fact, "Every property has held so far on this way.")
            ])
        }
        var account = Account()
        account.fact("\(finding.property) fails in step \(finding.step), in \(finding.threadLabel) at \(finding.place): \(finding.sentence).", step: finding.step)
        account.rule(Self.demand(finding.property))
        let seeAlso = program.scenario.name
        for cycle in view.lockTable().cycles { account.cause("A circle: \(cycle.sentence).") }
        if ["no-deadlock", "no-lost-wakeup"].contains(finding.property) {
            for thread in view.standings.indices where program.threads[thread].role == .scenario {
                guard case .blocked(let blockage) = view.standings[thread] else { continue }
                account.fact("\(name(thread)): \(machine.describe(blockage)), in \(next(thread)).", step: view.simulation.cursor.lastSteps[thread])
            }
            if let subs = view.subscriptions { tellStuck(subs, &account) }
        }
        tellStaleEntries(&account)
        if let thread = finding.thread?.number, let last = lastSaid(where: { $0.event.thread == thread }) {
            account.fact("The last that \(name(thread)) did before: it \(machine.sentence(of: last.event)).", step: last.step)
        }
        return Explanation(subject: subject, title: "Why \(finding.property) fails", sentences: account.sentences, seeAlso: [seeAlso])
    }

    /// Sleepers that nobody wakes because seq stays odd.
    private func tellStuck(_ subs: Int, _ account: inout Account) {
        guard let schema = schema.subscriptions, machine.slot(subs + schema.seq) & 1 != 0 else { return }
        tellOdd(subs, &account)
        tellWhoEnds(subs, &account)
    }

    /// Device entries that nothing excuses.
    private func tellStaleEntries(_ account: inout Account) {
        guard let mm = view.mm, let mmSchema = schema.mm, mmSchema.pte != nil else { return }
        var told = 0
        for device in view.shownDevices(of: mm) {
            for page in 0..<device.count where view.entry(device, page) != 0 && told < 3 {
                let row = PageWriter(view, mm, mmSchema, [device]).row(page)
                guard let entry = row.devices.first, entry.cell.isStale, !entry.cell.isExcused else { continue }
                told += 1
                let past = Retrospect(view.simulation, [device.entries + page, mm + (mmSchema.pte?.offset ?? 0) + page])
                let mapped = past.last(of: device.entries + page)
                account.cause("\(device.name) still maps \(entry.page) at \(hex(UInt64(page))), made \(when(mapped))\(mapped.map { " by \(name($0.thread))" } ?? "") and stale: \(entry.reason).", step: mapped?.step)
                if let change = past.last(of: mm + (mmSchema.pte?.offset ?? 0) + page) {
                    account.cause("\(name(change.thread)) changed the CPU's entry in step \(change.step).", step: change.step)
                }
            }
        }
    }

    /// What each property demands.
    static func demand(_ property: String) -> String {
        switch property {
        case "no-stale-spte": "Once the invalidation that made a device's mapping stale has ended, or its page was freed, no device may be able to reach anything through it."
        case "no-use-after-free": "Nobody may touch a page, a record or a notifier after it was freed."
        case "no-deadlock": "Some thread can always go on, until all have finished."
        case "no-lost-wakeup": "A sleeper whose condition has become true is woken, and nobody sleeps for ever."
        case "no-livelock": "No fair schedule lets a thread step for ever and complete nothing."
        case "seq-parity": "Whenever the lock is free, seq is odd exactly when the mm is fully excluded; a notifier's own number is always odd."
        case "tree-stable": "While seq is odd the tree doesn't change, and the deferred list is empty when it is even."
        case "remove-final": "After remove has returned no callback of that notifier runs, nor ever will."
        case "exclusive": "No device has atomic access to a page while a CPU's entry maps it present and writable."
        case "nonblock-balanced": "A start that was refused leaves the count of active invalidations as it was."
        case "refs-balanced": "In the end all references to pages, mms and notifiers have been given back."
        case "lock-discipline": "Nobody sleeps while it holds a spinlock, and only a lock's holder lets go of it."
        case "pool-overflow": "The model's pools are large enough for what the scenario does."
        case "assertion": "What the scenario or the model asserts at this line is so."
        default: "This property, which the model declares, holds at every step."
        }
    }
}

/// What slots hold, and what they are called.
struct SlotTypes {
    private let program: Program

    init(_ program: Program) { self.program = program }

    /// The field around a slot, innermost record first.
    private func field(_ slot: Int) -> (address: Int, info: FieldInfo)? {
        for segment in program.segments.reversed() {
            let distance = slot - segment.base
            guard distance >= 0, distance < segment.stride * segment.count else { continue }
            let offset = distance % segment.stride
            let fields = program.records[segment.record].fields
            guard let info = fields.last(where: { $0.offset <= offset }), offset < program.records[segment.record].size else { continue }
            return (slot - offset, info)
        }
        return nil
    }

    /// The type of a slot's value; `nil` for what holds none that a reader would name.
    func type(of slot: Int, in machine: Machine) -> ValueType? {
        if slot == Program.drainingSlot { return nil }
        if let global = program.globals.first(where: { $0.slot == slot }) { return global.type }
        guard let (address, info) = field(slot) else { return nil }
        switch info.type {
        case .integer, .boolean, .enumeration, .reference: return slot == address + info.offset ? info.type : nil
        case .referenceCount: return .number
        case .table(let entry, let count): return slot < address + info.offset + count ? entry : nil
        default: return nil
        }
    }

    /// "mm#1.pte[0x2]".
    func name(of slot: Int, in machine: Machine) -> String {
        if let global = program.globals.first(where: { $0.slot == slot }) { return global.name }
        guard let (address, info) = field(slot) else { return machine.placeName(slot) }
        let index = info.count > 1 ? "[0x\(String(slot - address - info.offset, radix: 16))]" : ""
        return "\(machine.placeName(address + info.offset))\(index)"
    }
}
