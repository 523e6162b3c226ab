import Language
import Machine

/// Records that were used after their time, threads that wait for each other, and whatever else fails.
extension StoryTeller {
    // MARK: Use after free

    /// Every record that the finding names: who made it, who freed it, through what it was still reached.
    /// - Parameter entry: the device's entry that leads to one of them, whose life has been told already.
    mutating func tellLives(except entry: Entry?) {
        for segment in program.segments where segment.parent == nil {
            for instance in 0..<segment.count {
                let address = segment.base + instance * segment.stride
                guard address != entry?.target.address else { continue }
                if example.finding.sentence.names(final.name(ofRecordAt: address)) { tellLife(of: address) }
            }
        }
    }

    private mutating func tellLife(of address: Int) {
        // The step that fails may free it itself: what was used is what was there before.
        let before = example.machines[example.steps.count - 1]
        let target = reference(address, in: before)
        let name = before.name(of: target)
        let wasThere = example.machines[0].isLive(target)
        let made = wasThere ? nil : example.steps.indices.first { example.machines[$0 + 1].isLive(target) }
        say(order(made), wasThere ? "\(name) has been there since the setup" : "\(who(made)) makes \(name) \(when(made))")
        tellEvents(naming: name)
        if let last = example.steps.indices.last(where: {
            example.steps[$0].thread == example.finding.thread && !example.steps[$0].events.isEmpty
        }) {
            for event in example.steps[last].events { say(order(last), "in step \(shown(last)) \(who(last)) \(event)") }
        }
        if !before.isLive(target) { tellFree(of: target) }
        tellLinks(of: address, name, before)
        tellReach(of: target, name, before)
    }

    /// Trees and lists that a record is still in at the end.
    private mutating func tellLinks(of address: Int, _ name: String, _ before: Machine) {
        for part in parts(of: address) {
            if before.isInTree(part.address) {
                let linked = since { $0.isInTree(part.address) }
                say(order(linked), linked == nil ? "it has been in the interval tree all along"
                    : "\(who(linked)) puts it into the interval tree \(when(linked)), where it still is at the end")
            }
            if before.isInList(part.address) {
                let listed = since { $0.isInList(part.address) }
                let list = lists(holding: part.address, in: before).first ?? "a list"
                say(order(listed), "\(who(listed)) puts it on \(list) \(when(listed)), where it still is at the end")
            }
            if before.isInTree(part.address) || before.isInList(part.address) { tellNext() }
        }
    }

    private func lists(holding element: Int, in machine: Machine) -> [String] {
        program.records.indices.flatMap { record -> [String] in
            program.records[record].fields.flatMap { field -> [String] in
                guard case .list = field.type else { return [] }
                return machine.liveRecords(record).filter { machine.list(at: $0 + field.offset).contains(element) }
                    .map { places.name(of: $0 + field.offset, in: machine) }
            }
        }
    }

    /// The thread that is on the way to take it out.
    private mutating func tellNext() {
        guard let next = example.unlinking, let frame = next.stack.last else { return }
        let name = example.name(of: next.thread)
        let held = final.heldLocks().filter { $0.holders.contains(next.thread) && places.field(at: $0.slot)?.info.type != .semaphore }
            .map { places.name(of: $0.slot, in: final) }
        let holding = held.isEmpty ? "" : ", holding \(held.joined(separator: " and ")),"
        say(example.steps.count, "meanwhile \(name)\(holding) is on its way to take it out: \(next.text) "
            + "(\(program.functions[frame.function].qualifiedName)(), \(next.file):\(next.line))")
    }

    /// Through which of its variables, and which fields, the thread that uses a freed record comes to it.
    private mutating func tellReach(of target: Reference, _ name: String, _ before: Machine) {
        guard !before.isLive(target) else { return }
        let thread = example.finding.thread
        let end = target.address + (parts(of: target.address).first.map { program.records[$0.record].size } ?? 1)
        let leads = { (bits: Int64) in
            bits >> 32 == target.bits >> 32 && (target.address..<end).contains(Reference(bits: bits).address)
        }
        for slot in 0..<program.threadBase where leads(before.slot(slot)) && !(target.address..<end).contains(slot) {
            let stored = lastChange(of: slot)
            say(order(stored), "\(places.name(of: slot, in: before)) leads to it since \(who(stored)) stored it \(when(stored))")
        }
        for frame in before.callStack(of: thread) {
            let function = program.functions[frame.function]
            for local in function.locals where leads(before.value(of: local, thread: thread)) {
                let taken = since { $0.value(of: local, thread: thread) == before.value(of: local, thread: thread) }
                say(order(taken), "\(example.name(of: thread)) has it in '\(local.name)' of \(function.qualifiedName)() "
                    + (taken.map { "since step \(shown($0))" } ?? "from the start"))
            }
        }
    }

    // MARK: Waits

    /// Who waits for what, held by whom since when; and the cycle, if there is one.
    mutating func tellWaits() {
        var waitsFor: [Int: [Int]] = [:]
        for thread in 0..<final.threadCount where program.threads[thread].role != .teardown {
            guard case .blocked(let blockage) = final.standing(of: thread), let statement = final.statement(of: thread) else {
                continue
            }
            waitsFor[thread] = blockage.holders
            let info = program.statements[statement]
            let function = program.functions[info.function].qualifiedName
            say(example.steps.count, "\(example.name(of: thread)) \(final.describe(blockage)) in \(function)(), "
                + "\(program.sources[info.file].name):\(info.line)")
            tellHold(blockage)
            if blockage.cause == .sleep || blockage.cause == .completion { tellWake(thread, blockage) }
        }
        for thread in waitsFor.keys.sorted() {
            if let cycle = cycle(from: thread, waitsFor), cycle.min() == thread {
                let names = (cycle + [thread]).map { example.name(of: $0) }
                return say(example.steps.count, "they wait in a circle: \(names.joined(separator: " -> "))")
            }
        }
    }

    private mutating func tellHold(_ blockage: Blockage) {
        guard let slot = blockage.slot else { return }
        for holder in blockage.holders {
            let block = holder + 1
            let bit: Int64 = 1 << Int64(holder)
            let isReader = blockage.cause == .semaphoreRead || blockage.cause == .semaphoreWrite
            let since = since { machine in
                machine.slot(slot) == Int64(block)
                    || isReader && (machine.slot(slot + 1) & bit != 0 || machine.slot(slot + 2) & bit != 0)
            }
            let verb = isReader ? "takes or queues for" : "takes"
            say(order(since), "\(example.name(of: holder)) \(verb) \(places.name(of: slot, in: final)) \(when(since))")
        }
    }

    /// A sleeper: when it went to sleep, and who last changed what it waits for.
    private mutating func tellWake(_ thread: Int, _ blockage: Blockage) {
        let slept = example.steps.indices.last { example.steps[$0].thread == thread }
        say(order(slept), "\(example.name(of: thread)) goes to wait \(when(slept))")
        // The statement's condition is looked at again when it is woken: what it reads decides.
        guard let slept else { return }
        let footprint = Footprint(of: thread, in: example.machines[slept])
        for slot in footprint.looked.sorted() where places.isTold(slot) && slot != blockage.slot {
            let changed = lastChange(of: slot)
            let name = places.name(of: slot, in: final)
            guard let changed else { continue }
            say(order(changed), "\(who(changed)) changes \(name), which it waits on, \(when(changed))"
                + (changed > slept ? " and nobody wakes it after that" : ""))
        }
        let wakes = example.steps.indices.contains { index in
            index > slept && example.steps[index].events.contains { $0.names("wakes \(example.name(of: thread))") }
        }
        if !wakes { say(example.steps.count, "nobody wakes \(example.name(of: thread)) any more") }
    }

    private func cycle(from thread: Int, _ waitsFor: [Int: [Int]]) -> [Int]? {
        var path = [thread]
        while path.count <= waitsFor.count, let next = waitsFor[path[path.count - 1]]?.first(where: { waitsFor[$0] != nil }) {
            if next == thread { return path }
            guard !path.contains(next) else { return nil }
            path.append(next)
        }
        return nil
    }

    // MARK: Anything else

    /// Kinds of what threads say that a reader has to know before the last writes mean something to him.
    private var telling: Set<String> {
        switch example.finding.property {
        case "nonblock-balanced", "seq-parity", "tree-stable": ["refuse", "result", "odd", "even"]
        case "exclusive": ["exclusive", "restore"]
        default: ["refuse", "result", "exclusive", "restore", "migrate", "fork"]
        }
    }

    private static let sentenceLimit = 12

    /// What was said that leads to it, and which counts of what the finding names came down to 0.
    mutating func tellAround() {
        var count = 0
        for (index, step) in example.steps.enumerated() {
            for (event, kind) in zip(step.events, step.kinds) where telling.contains(kind) && count < Self.sentenceLimit {
                say(index + 1, "in step \(shown(index)) \(who(index)) \(event)")
                count += 1
            }
        }
        for address in example.machines.last.map(named) ?? [] { tellZeros(of: address) }
    }

    /// Counts of a record that fall to 0.
    private mutating func tellZeros(of address: Int) {
        for (index, step) in example.steps.enumerated() {
            for change in step.changes where change.new == 0 && change.old == 1 && !places.isHeader(change.slot) {
                guard let field = places.field(at: change.slot), field.address == address else { continue }
                switch field.info.type {
                case .integer, .referenceCount:
                    let before = example.machines[index]
                    say(index + 1, "\(who(index)) brings \(places.name(of: change.slot, in: before)) down to 0 \(when(index))")
                default: continue
                }
            }
        }
    }

    /// The last writes to what the step that fails looks at.
    mutating func tellWrites() {
        let last = example.steps.count - 1
        guard example.isFoundByStep else { return }
        let footprint = Footprint(of: example.steps[last].thread, in: example.machines[last])
        for slot in footprint.looked.union(footprint.linkWrites).sorted() where places.isTold(slot) && !places.isHeader(slot) {
            guard let changed = lastChange(of: slot, before: last) else { continue }
            let name = places.name(of: slot, in: final)
            let type = places.type(at: slot) ?? .null
            let text = final.text(of: value(slot, before: changed + 1), as: type)
            say(order(changed), "\(who(changed)) last changes \(name), to \(text), \(when(changed))")
        }
    }
}
