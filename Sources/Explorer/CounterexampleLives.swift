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
        let last = example.steps.count - 1
        let before = example.machines[last]
        let target = used(address, in: before)
        let name = before.name(of: target)
        if example.machines[0].isLive(target) {
            say(0, "\(name) has been there \(since(nil, ""))")
        } else if let made = example.steps.indices.first(where: { example.machines[$0 + 1].isLive(target) }) {
            say(order(made), "\(who(made)) makes \(name) \(when(made))")
        }
        tellEvents(naming: target)
        if let said = example.steps.indices.last(where: {
            example.steps[$0].thread == example.finding.thread && !example.steps[$0].events.isEmpty
        }) {
            for event in example.steps[said].events { say(order(said), "in step \(shown(said)) \(who(said)) \(event)") }
        }
        if let freed = beginning(at: last, { !$0.isLive(target) })?.step {
            say(order(freed), "\(who(freed)) frees \(name) \(when(freed))")
        }
        tellLinks(of: address, name, before)
        tellReach(of: target, name, before)
    }

    /// The record that the last step uses at an address: what lies there now may be another.
    private func used(_ address: Int, in before: Machine) -> Reference {
        let own = Set(parts(of: address).map(\.address))
        let references = Footprint(of: example.finding.thread, in: before).references.map(Reference.init(bits:))
        let dead = references.filter { own.contains($0.address) && !before.isLive($0) }.map(\.bits).min()
        // Records inside of others have their generation.
        return dead.map { Reference(bits: ($0 >> 32) << 32 | Int64(address)) } ?? reference(address, in: before)
    }

    /// Trees and lists that a record is still in at the end.
    private mutating func tellLinks(of address: Int, _ name: String, _ before: Machine) {
        for part in parts(of: address) {
            if let linked = beginning({ $0.isInTree(part.address) }) {
                say(order(linked.step), linked.step.map { "\(who($0)) puts \(name) into the interval tree \(when($0)), where it still is at the end" }
                    ?? "\(name) has been in the interval tree \(since(nil, ""))")
            }
            if let list = lists(holding: part.address, in: before).first,
                let listed = beginning({ places.isLive(list, in: $0) && $0.list(at: list).contains(part.address) })
            {
                let place = places.name(of: list, in: before)
                say(order(listed.step), listed.step.map { "\(who($0)) puts \(name) on \(place) \(when($0)), where it still is at the end" }
                    ?? "\(name) has been on \(place) \(since(nil, ""))")
            }
            if before.isInTree(part.address) || before.isInList(part.address) { tellNext(name) }
        }
    }

    /// The slots of the lists that an element is on.
    private func lists(holding element: Int, in machine: Machine) -> [Int] {
        program.records.indices.flatMap { record -> [Int] in
            program.records[record].fields.flatMap { field -> [Int] in
                guard case .list = field.type else { return [] }
                return machine.liveRecords(record).map { $0 + field.offset }.filter { machine.list(at: $0).contains(element) }
            }
        }
    }

    /// The thread that is on the way to take it out.
    private mutating func tellNext(_ record: String) {
        guard let next = example.unlinking, let frame = next.stack.last else { return }
        let name = example.name(of: next.thread)
        let held = final.heldLocks().filter { $0.holders.contains(next.thread) && places.field(at: $0.slot)?.info.type != .semaphore }
            .map { places.name(of: $0.slot, in: final) }
        let holding = held.isEmpty ? "" : ", holding \(held.joined(separator: " and ")),"
        say(example.steps.count, "meanwhile \(name)\(holding) is on its way to take \(record) out: \(next.text) "
            + "(\(program.functions[frame.function].qualifiedName)(), \(next.file):\(next.line))")
    }

    /// Through which of its variables, and which fields, the thread that uses a freed record comes to it.
    private mutating func tellReach(of target: Reference, _ name: String, _ before: Machine) {
        guard !before.isLive(target) else { return }
        let thread = example.finding.thread
        let last = example.steps.count - 1
        let end = target.address + (parts(of: target.address).first.map { program.records[$0.record].size } ?? 1)
        let leads = { (bits: Int64) in
            bits >> 32 == target.bits >> 32 && (target.address..<end).contains(Reference(bits: bits).address)
        }
        for slot in 0..<program.threadBase where leads(before.slot(slot)) && !(target.address..<end).contains(slot) {
            // Other slots hold numbers that mean something else.
            guard case .reference? = places.type(at: slot), places.isLive(slot, in: before) else { continue }
            let stored = lastChange(of: slot, before: last)
            say(order(stored), "\(places.name(of: slot, in: before)) has led to \(name) \(since(stored, "stored it"))")
        }
        for frame in before.callStack(of: thread) {
            let function = program.functions[frame.function]
            for local in function.locals {
                guard case .reference = local.type else { continue }
                let has = { (machine: Machine) in
                    machine.hasValue(local, in: frame.function, thread: thread) && leads(machine.value(of: local, thread: thread))
                }
                guard let taken = beginning(at: last, has) else { continue }
                let since = taken.step.map { "since step \(shown($0))" } ?? since(nil, "")
                say(order(taken.step), "\(example.name(of: thread)) has had \(name) in '\(local.name)' of \(function.qualifiedName)() \(since)")
            }
        }
    }

    // MARK: Waits

    /// Who waits for what, held by whom since when; and the cycle, if there is one.
    mutating func tellWaits() {
        var waitsFor: [Int: [Int]] = [:]
        for (thread, blockage) in example.waiting {
            guard let statement = final.statement(of: thread) else { continue }
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
        let isSemaphore = blockage.cause == .semaphoreRead || blockage.cause == .semaphoreWrite
        for holder in blockage.holders {
            let (name, place) = (example.name(of: holder), places.name(of: slot, in: final))
            let bit: Int64 = 1 << Int64(holder)
            let holds: [(verb: String, isSo: (Machine) -> Bool)] = [
                (isSemaphore ? "write-locks" : "takes", { $0.slot(slot) == Int64(holder + 1) }),
                ("read-locks", { isSemaphore && $0.slot(slot + 1) & bit != 0 }),
                ("queues to write-lock", { isSemaphore && $0.slot(slot + 2) & bit != 0 }),
            ]
            for (verb, isSo) in holds {
                guard let step = beginning(isSo)?.step else { continue }
                say(order(step), "\(name) \(verb) \(place) \(when(step))")
            }
        }
    }

    /// A sleeper: when it went to sleep, and who last changed what it waits for.
    private mutating func tellWake(_ thread: Int, _ blockage: Blockage) {
        let name = example.name(of: thread)
        let isAsleep = { (machine: Machine) in
            if case .blocked(let now) = machine.standing(of: thread) { now.cause == blockage.cause && now.slot == blockage.slot } else { false }
        }
        let slept = example.steps.indices.last { example.steps[$0].thread == thread }
        if let slept {
            let verb = isAsleep(example.machines[slept + 1]) ? "goes to wait" : "comes to where it waits"
            say(order(slept), "\(name) \(verb) \(when(slept))")
        }
        let rest = (slept.map { $0 + 1 } ?? 0)..<example.steps.count
        if blockage.cause == .sleep {
            let isWoken = rest.contains { example.steps[$0].events.contains { $0.names("wakes \(name)") } }
            if !isWoken { say(example.steps.count, "nobody wakes \(name) any more") }
        } else if let slot = blockage.slot, !rest.contains(where: { example.steps[$0].changes.contains { $0.slot == slot } }) {
            say(example.steps.count, "nobody completes \(places.name(of: slot, in: final)) any more")
        }
        // Its last look at the condition, right before it sleeps: what it reads there decides.
        guard let slept, blockage.cause == .sleep, isLook(slept, of: thread) else { return }
        let footprint = Footprint(of: thread, in: example.machines[slept])
        for slot in footprint.looked.sorted() where places.isTold(slot) && slot != blockage.slot {
            guard let changed = lastChange(of: slot) else { continue }
            let isUnseen = changed > slept && !example.steps[changed...].contains { $0.events.contains { $0.names("wakes \(name)") } }
            say(order(changed), "\(who(changed)) changes \(places.name(of: slot, in: final)), which \(name) waits on, \(when(changed))"
                + (isUnseen ? " and nobody wakes \(name) after that" : ""))
        }
    }

    /// Whether a step is of the wait that its thread now sleeps in.
    private func isLook(_ index: Int, of thread: Int) -> Bool {
        guard let now = final.statement(of: thread) else { return false }
        let (then, here) = (program.statements[example.steps[index].statement], program.statements[now])
        return then.file == here.file && then.line == here.line && then.function == here.function
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
            guard let changed = lastChange(of: slot, before: last), let type = places.type(at: slot), type.isTold else { continue }
            let name = places.name(of: slot, in: final)
            let text = final.text(of: value(slot, before: changed + 1), as: type)
            say(order(changed), "\(who(changed)) last changes \(name), to \(text), \(when(changed))")
        }
    }
}

extension ValueType {
    /// Its values mean something by themselves.
    fileprivate var isTold: Bool {
        switch self {
        case .integer, .boolean, .enumeration, .reference, .referenceCount: true
        default: false
        }
    }
}
