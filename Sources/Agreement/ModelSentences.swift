import Language
import Machine

/// Reads what a model says, in the terms of ``AgreementEvent``: which sentence it is tells what happens, and the machine's
/// state right after the step tells the numbers.
struct ModelSentences {
    /// How a sentence is told from others of its kind: by the text it begins with.
    private struct Form {
        var kind: String
        var opening: String
        var action: AgreementEvent.Action
    }

    private static let forms = [
        Form(kind: "start", opening: "starts ", action: .start),
        Form(kind: "end", opening: "ends ", action: .end),
        Form(kind: "odd", opening: "makes seq odd", action: .counted),
        Form(kind: "join", opening: "finds seq odd", action: .counted),
        Form(kind: "partial", opening: "hits no notifier", action: .counted),
        Form(kind: "callback", opening: "calls ", action: .callback),
        Form(kind: "refuse", opening: "is refused", action: .refused),
        Form(kind: "leave", opening: "leaves seq", action: .countedOff),
        Form(kind: "even", opening: "makes seq even", action: .even),
        Form(kind: "apply", opening: "applies the deferred insert", action: .deferredInsert),
        Form(kind: "apply", opening: "applies the deferred removal", action: .deferredRemoval),
        Form(kind: "insert", opening: "inserts ", action: .insert),
        Form(kind: "odd", opening: "inserts ", action: .insert),
        Form(kind: "defer", opening: "defers the insert", action: .insertDeferred),
        Form(kind: "defer", opening: "defers the removal", action: .removeDeferred),
        Form(kind: "remove", opening: "removes ", action: .remove),
        Form(kind: "remove", opening: "cancels the deferred insert", action: .removeCancelled),
        Form(kind: "begin", opening: "begins to read", action: .readBegin),
        Form(kind: "collide", opening: "collides on", action: .collision),
        Form(kind: "release", opening: "releases ", action: .release),
        Form(kind: "result", opening: "hmm_range_fault(", action: .rangeFault),
        Form(kind: "migrate", opening: "migrate_vma_setup(", action: .migrate),
        Form(kind: "fault", opening: "migrate_to_ram(", action: .deviceFault),
        Form(kind: "exclusive", opening: "make_device_exclusive_range(", action: .exclusive),
        Form(kind: "restore", opening: "restores the exclusive entry", action: .restore),
    ]

    private let actions: [AgreementEvent.Action?]
    private let program: Program
    private let places: NotifierPlaces
    /// By thread: the invalidations that it is in, innermost last.
    private var open: [[Invalidation]]
    /// By thread: the mm that it ends an invalidation of.
    private var ending: [Reference]
    /// By thread: whether a callback has refused. The kernel tells it at the return, when the start is undone.
    private var isRefused: [Bool]

    private struct Invalidation {
        var mm: Reference
        var cause: String?
    }

    init(_ program: Program) throws(AgreementError) {
        self.program = program
        guard let places = NotifierPlaces(program) else { throw .noNotifiers }
        self.places = places
        actions = program.sentences.map { sentence in
            guard case .text(let opening)? = sentence.parts.first else { return nil }
            return Self.forms.first { $0.kind == sentence.kind && opening.hasPrefix($0.opening) }?.action
        }
        open = [[Invalidation]](repeating: [], count: program.threads.count)
        ending = [Reference](repeating: Reference(bits: 0), count: program.threads.count)
        isRefused = [Bool](repeating: false, count: program.threads.count)
    }

    /// What the events of a step come to; the machine stands right behind the step.
    mutating func read(_ events: [MachineEvent], _ machine: Machine) -> [AgreementEvent] {
        var result: [AgreementEvent] = []
        for said in events {
            guard case .sentence(let number) = said.kind, let action = actions[number] else { continue }
            guard let event = read(action, said, number, machine) else { continue }
            result.append(event)
            if action == .countedOff || action == .even, isRefused[said.thread] {
                isRefused[said.thread] = false
                result.append(AgreementEvent(.refused, mm: event.mm))
            }
        }
        return result
    }

    private mutating func read(
        _ action: AgreementEvent.Action, _ said: MachineEvent, _ sentence: Int, _ machine: Machine
    ) -> AgreementEvent? {
        switch action {
        case .start, .end, .release: return boundary(action, said, sentence, machine)
        case .counted, .countedOff, .even, .deferredInsert, .deferredRemoval:
            return underLock(action, said, machine)
        case .refused:
            isRefused[said.thread] = true
            return nil
        case .callback: return callback(said, machine)
        case .insert, .insertDeferred, .remove, .removeDeferred, .removeCancelled, .readBegin, .collision:
            return ofNotifier(action, said, machine)
        case .rangeFault:
            var event = event(action, said, mm: nil, pages: (1, 2))
            event.notifier = said.value(0)
            event.mm = said.value(0).flatMap { places.mm(of: Reference(bits: $0), machine)?.bits }
            event[.result] = said.value(3)
            return event
        case .migrate:
            var event = event(action, said, mm: 3, pages: (0, 1))
            event[.collected] = said.value(2)
            return isWatched(event, machine) ? event : nil
        case .exclusive:
            var event = event(action, said, mm: 2, pages: (0, 1))
            event[.result] = said.value(3)
            return event
        case .deviceFault, .restore: return event(action, said, mm: 1, pages: (0, 0))
        }
    }

    /// An event whose mm and pages are among the sentence's values.
    private func event(
        _ action: AgreementEvent.Action, _ said: MachineEvent, mm: Int?, pages: (first: Int, last: Int)
    ) -> AgreementEvent {
        var event = AgreementEvent(action, mm: mm.flatMap(said.value))
        event.first = said.value(pages.first).map(UInt64.init(bitPattern:))
        event.last = said.value(pages.last).map(UInt64.init(bitPattern:))
        return event
    }

    /// The kernel tells of an invalidation only where somebody has registered.
    private func isWatched(_ event: AgreementEvent, _ machine: Machine) -> Bool {
        event.mm.map { places.isWatched(Reference(bits: $0), machine) } ?? true
    }

    // MARK: Invalidations

    private mutating func boundary(
        _ action: AgreementEvent.Action, _ said: MachineEvent, _ sentence: Int, _ machine: Machine
    ) -> AgreementEvent? {
        if action == .release {
            let mm = said.value(0) ?? 0
            open[said.thread].append(Invalidation(mm: Reference(bits: mm), cause: "RELEASE"))
            return AgreementEvent(.release, mm: mm)
        }
        var event = event(action, said, mm: 3, pages: (1, 2))
        event.cause = cause(said, sentence, machine)
        let mm = Reference(bits: event.mm ?? 0)
        guard places.isWatched(mm, machine) else { return nil }
        if action == .start {
            open[said.thread].append(Invalidation(mm: mm, cause: event.cause))
        }
        return event
    }

    /// The first of the sentence's values, an `Event`, by its name.
    private func cause(_ said: MachineEvent, _ sentence: Int, _ machine: Machine) -> String? {
        for part in program.sentences[sentence].parts {
            guard case .value(let type) = part else { continue }
            return said.value(0).map { machine.text(of: $0, as: type) }
        }
        return nil
    }

    private mutating func underLock(
        _ action: AgreementEvent.Action, _ said: MachineEvent, _ machine: Machine
    ) -> AgreementEvent? {
        let mm: Reference
        switch action {
        case .countedOff, .even:
            // Innermost first: a task's invalidations are nested.
            guard let ended = open[said.thread].popLast() else { return nil }
            mm = ended.mm
            ending[said.thread] = mm
        case .deferredInsert, .deferredRemoval: mm = ending[said.thread]
        default:
            guard let innermost = open[said.thread].last else { return nil }
            mm = innermost.mm
        }
        var event = AgreementEvent(action, mm: mm.bits)
        if action == .deferredInsert || action == .deferredRemoval { event.notifier = said.value(0) }
        event[.seq] = places.seq(of: mm, machine)
        event[.active] = places.active(of: mm, machine)
        if event.notifier != nil { event[.active] = nil }
        return event
    }

    private func callback(_ said: MachineEvent, _ machine: Machine) -> AgreementEvent? {
        var event = event(.callback, said, mm: nil, pages: (1, 2))
        event.notifier = said.value(0)
        event.mm = open[said.thread].last?.mm.bits
        event.cause = open[said.thread].last?.cause
        event[.ownSeq] = said.value(0).flatMap { places.seq(ofNotifier: Reference(bits: $0), machine) }
        event[.curSeq] = said.value(3)
        return event
    }

    // MARK: Notifiers

    private func ofNotifier(
        _ action: AgreementEvent.Action, _ said: MachineEvent, _ machine: Machine
    ) -> AgreementEvent? {
        guard let sub = said.firstReference, let mm = places.mm(of: sub, machine) else { return nil }
        var event = AgreementEvent(action, mm: mm.bits, notifier: sub.bits)
        event[.seq] = places.seq(of: mm, machine)
        event[.active] = places.active(of: mm, machine)
        switch action {
        case .insert, .insertDeferred:
            event.first = places.first(of: sub, machine)
            event.last = places.last(of: sub, machine)
            event[.ownSeq] = places.seq(ofNotifier: sub, machine)
        case .readBegin, .collision: event[.ownSeq] = said.value(1)
        default: break
        }
        return event
    }
}
