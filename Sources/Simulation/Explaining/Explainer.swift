import Language
import Machine
import Scene

/// Says why something is as it is: in sentences made of the present state and of what really led to it.
struct Explainer {
    let view: Projection
    let past: Retrospect
    var machine: Machine { view.machine }
    var program: Program { view.program }
    var schema: Schema { view.schema }
    var step: Int { view.simulation.step }

    /// - Parameter request: of which the mm that is shown and what to explain count.
    init(_ simulation: Simulation, _ request: SceneRequest) {
        var wanted = SceneRequest(
            mmIndex: request.mmIndex, addresses: AddressWindow(columns: 1), threads: RowWindow(count: 64))
        wanted.explain = request.explain
        view = Projection(simulation: simulation, request: wanted)
        past = Retrospect(simulation, Self.slots(view))
    }

    func explanation(of subject: Subject) -> Explanation {
        switch subject {
        case .thread(let thread): explain(thread: thread.number, subject)
        case .notifier(let notifier): explain(notifier: notifier.number, subject)
        case .page(let address): explain(page: address, subject)
        case .lock(let name): explain(lock: name, subject)
        case .number(let number): explain(number, subject)
        case .event(let step): explain(event: step, subject)
        case .finding: explainFinding(subject)
        }
    }

    // MARK: What to look back at

    private static func slots(_ view: Projection) -> [Int] {
        let machine = view.machine
        var slots: [Int] = []
        if let record = view.program.record(named: "Subscriptions"), let schema = view.schema.subscriptions {
            for address in machine.liveRecords(record) { slots += [address + schema.seq, address + schema.active] }
        }
        if let range = view.schema.range {
            for segment in view.program.records[range.record].segments.map({ view.program.segments[$0] }) {
                slots += (0..<min(segment.count, 128)).map { segment.base + $0 * segment.stride + range.inFlight }
            }
        }
        for (slot, _) in machine.heldLocks() { slots += [slot, slot + 1, slot + 2] }
        for case .blocked(let blockage) in view.standings {
            if let slot = blockage.slot { slots += [slot, slot + 1, slot + 2] }
        }
        return slots + intervalSlots(view) + pageSlots(view)
    }

    private static func intervalSlots(_ view: Projection) -> [Int] {
        guard let schema = view.schema.interval else { return [] }
        let info = view.program.records[schema.record]
        var wanted = Array(view.machine.liveRecords(schema.record).prefix(64))
        if case .notifier(let id) = view.request.explain { wanted.append(id.number) }
        return wanted.flatMap { address in
            [address + schema.seq] + [info.nodeOffset, info.linkOffset.map { $0 + 2 }].compactMap { $0 }.map { address + $0 }
        }
    }

    private static func pageSlots(_ view: Projection) -> [Int] {
        guard case .page(let page) = view.request.explain, let mm = view.mm, let mmSchema = view.schema.mm,
            let pte = mmSchema.pte, page < UInt64(pte.count)
        else { return [] }
        let index = Int(page)
        var slots = [mm + pte.offset + index]
        if let write = mmSchema.pteWrite { slots.append(mm + write + index) }
        if let kind = mmSchema.pteKind { slots.append(mm + kind.offset + index) }
        for device in view.shownDevices(of: mm) where index < device.count {
            slots.append(device.entries + index)
            let target = view.machine.reference(at: device.entries + index)
            if !target.isNone, target.address < view.program.threadBase { slots.append(target.address) }
        }
        return slots
    }

    // MARK: Words

    func name(_ thread: Int) -> String { view.name(ofThread: thread) }

    func names(_ threads: some Sequence<Int>) -> String { Self.list(threads.map(name)) }

    static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    /// "1 invalidation", "2 invalidations".
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    func hex(_ address: UInt64) -> String { "0x\(String(address, radix: 16))" }

    func words(_ range: AddressRange) -> String {
        range.first == range.last ? hex(range.first) : "\(hex(range.first))..\(hex(range.last))"
    }

    func number(_ value: Int64) -> String { "\(UInt64(bitPattern: value))" }

    /// ", in step 12", or what is known of the time before.
    func when(_ change: Retrospect.Change?) -> String {
        if let change { return "in step \(change.step)" }
        return past.knownFrom == 0 ? "in the setup" : "before step \(past.knownFrom)"
    }

    func who(_ change: Retrospect.Change?) -> String {
        if let change { return name(change.thread) }
        return past.knownFrom == 0 ? "the setup" : "somebody"
    }

    /// What a thread is about to do, in the model's words.
    func next(_ thread: Int) -> String { "'\(view.doing(thread))'" }

    // MARK: What was said

    struct Said {
        var step: Int
        var event: MachineEvent
        var kind: EventKind
    }

    /// The last thing that was said up to the cursor of which this is so.
    func lastSaid(where isSo: (Said) -> Bool) -> Said? {
        let events = view.simulation.chronicle.events
        for index in events.entries[..<events.count(upTo: step)].indices.reversed() {
            let said = Said(step: events.entries[index].step, event: events.entries[index].event, kind: events.kind(index))
            if isSo(said) { return said }
        }
        return nil
    }

    /// "T0 munmap makes seq odd: 6 → 7, because umem#1 overlaps 0x10..0x13".
    func told(_ said: Said) -> String { "\(name(said.event.thread)) \(machine.sentence(of: said.event))" }

    /// What a thread said of these kinds first, at a step or behind it while it still was about the same thing: others may
    /// have stepped between what it did and what it said.
    func said(by change: Retrospect.Change, _ kinds: Set<EventKind>) -> Said? {
        let events = view.simulation.chronicle.events
        let last = min(step, change.step + 8 * machine.threadCount)
        for index in events.count(upTo: change.step - 1)..<max(events.count(upTo: change.step - 1), events.count(upTo: last)) {
            let said = Said(step: events.entries[index].step, event: events.entries[index].event, kind: events.kind(index))
            if kinds.contains(said.kind), said.event.thread == change.thread { return said }
        }
        return nil
    }

    /// "step 92", or "step 92 (in the log at 100)": where something was done, and where the log has what was said of it.
    func place(_ change: Retrospect.Change, _ said: Said?) -> String {
        guard let said, said.step != change.step else { return "step \(change.step)" }
        return "step \(change.step) (in the log at \(said.step))"
    }

    // MARK: Invalidations in flight

    struct InFlight {
        var thread: Int?
        var range: AddressRange
        var event: String
        var start: Retrospect.Change?
    }

    /// Those over an mm, by the mm's header.
    func inFlight(in mm: Int) -> [InFlight] {
        guard let schema = schema.range else { return [] }
        return machine.liveRecords(schema.record).compactMap { (address: Int) -> InFlight? in
            guard machine.slot(address + schema.inFlight) != 0, machine.reference(at: address + schema.mm).address == mm else {
                return nil
            }
            return InFlight(
                thread: RangeOwners.owner(ofRange: address, machine, view.schema),
                range: AddressRange(
                    UInt64(bitPattern: machine.slot(address + schema.start)), UInt64(bitPattern: machine.slot(address + schema.last))),
                event: machine.text(of: machine.slot(address + schema.event), as: schema.eventType),
                start: past.last(of: address + schema.inFlight) { $0.new != 0 })
        }
    }

    /// "UNMAP 0x10..0x13 of T0 munmap".
    func words(_ invalidation: InFlight) -> String {
        "\(invalidation.event) \(words(invalidation.range))" + (invalidation.thread.map { " of \(name($0))" } ?? "")
    }

    /// The mm whose subscriptions these are.
    func mm(ofSubscriptions address: Int) -> Int? {
        guard let offset = schema.mm?.subscriptions else { return nil }
        return view.mms.first { machine.reference(at: $0 + offset).address == address }
    }

    /// The live subscriptions that a slot lies in.
    func subscriptions(around slot: Int) -> Int? {
        guard let record = program.record(named: "Subscriptions") else { return nil }
        let size = program.records[record].size
        return machine.liveRecords(record).first { $0 <= slot && slot < $0 + size }
    }

    /// Those of the mm that a notifier is for.
    func subscriptions(ofNotifier address: Int) -> Int? {
        guard let interval = schema.interval, let offset = schema.mm?.subscriptions else { return nil }
        let mm = machine.reference(at: address + interval.mm)
        guard machine.isLive(mm) else { return nil }
        let reference = machine.reference(at: mm.address + offset)
        return machine.isLive(reference) ? reference.address : nil
    }
}

/// Collects sentences.
struct Account {
    private(set) var sentences: [Explanation.Sentence] = []

    mutating func fact(_ text: String, step: Int? = nil) { add(.fact, text, step) }
    mutating func cause(_ text: String, step: Int? = nil) { add(.cause, text, step) }
    mutating func consequence(_ text: String, step: Int? = nil) { add(.consequence, text, step) }
    mutating func rule(_ text: String) { add(.rule, text, nil) }

    private mutating func add(_ role: Explanation.Sentence.Role, _ text: String, _ step: Int?) {
        guard !sentences.contains(where: { $0.text == text }) else { return }
        sentences.append(Explanation.Sentence(role, text, step: step))
    }
}
