import Scene

/// Why something is as it is, as far as a recording can tell: from the events up to the position, and nothing that they
/// don't say.
struct TraceExplainer {
    let builder: SceneBuilder
    /// The mm that is shown.
    let mm: Int?
    private var recording: TraceRecording { builder.recording }
    private var state: ReplayState { builder.state }
    private var position: Int { builder.position }

    func explanation(of subject: Subject) -> Explanation {
        switch subject {
        case .thread(let thread): thread.number >= 0 && thread.number < state.tasks.count ? explain(task: thread.number) : nothing("There is no such task yet")
        case .notifier(let notifier): explain(notifier: notifier.number)
        case .number(let number): explain(number)
        case .event(let step): explain(event: step)
        case .page(let address):
            unknown(subject, "Page \(hex(address))", "A recording of notifiers has no page-table entries: what the CPU or a device maps there can't be told.")
        case .lock(let name):
            unknown(subject, name, "A recording of notifiers has no locks: only who sleeps in read_begin and remove is known.")
        case .finding: nothing("A recording has no finding: 'mmuscope verify' holds it against the rules")
        }
    }

    private func nothing(_ title: String) -> Explanation {
        Explanation(subject: nil, title: title, sentences: [Explanation.Sentence(.fact, "\(title).")])
    }

    private func unknown(_ subject: Subject, _ title: String, _ words: String) -> Explanation {
        Explanation(subject: subject, title: title, sentences: [Explanation.Sentence(.fact, words)])
    }

    // MARK: Looking back

    /// How far it is looked back for what brought something about.
    private static let reach = 200_000

    /// The last event at or before the position of which this is so.
    private func last(where isSo: (Int) -> Bool) -> Int? {
        var event = position - 1
        let limit = max(0, position - Self.reach)
        while event >= limit {
            if isSo(event) { return event }
            event -= 1
        }
        return nil
    }

    private func last(_ kinds: Set<EventKind>, mm: Int?) -> Int? {
        last { event in
            guard let row = recording.facts[event].row, kinds.contains(row) else { return false }
            return mm == nil || Int(recording.facts[event].mm) == mm
        }
    }

    private func sentence(_ role: Explanation.Sentence.Role, _ event: Int, _ before: String = "") -> Explanation.Sentence {
        Explanation.Sentence(role, "\(before)\(recording.fullSentence(event)).", step: event + 1)
    }

    /// Which invalidation made seq odd, and who is still in flight.
    private func tellOdd(_ index: Int, _ sentences: inout [Explanation.Sentence]) {
        let mm = state.mms[index]
        guard let seq = mm.seq, seq & 1 == 1 else { return }
        if let event = last(where: { recording.facts[$0].detail.contains(.turned) && Int(recording.facts[$0].mm) == index }) {
            sentences.append(sentence(.cause, event))
        }
        for range in mm.ranges.prefix(6) {
            sentences.append(
                Explanation.Sentence(
                    .fact, "In flight: \(RangeEvent.name(UInt64(range.event))) \(spanWords(range.first, range.last)) of \(builder.taskName(range.task)).",
                    step: range.opened + 1))
        }
        let active = mm.active.map { "\($0)" } ?? "an unknown number of"
        sentences.append(
            Explanation.Sentence(
                .consequence, "\(active) active: the last to end makes seq even, \(seq &+ 1), and wakes everybody who sleeps on it."))
    }

    // MARK: Tasks

    private func explain(task: Int) -> Explanation {
        let name = builder.taskName(task)
        var sentences: [Explanation.Sentence] = []
        let calls = state.tasks[task].calls
        let asleep = calls.last { $0.isAsleep && !$0.isWoken }
        if let call = asleep {
            sentences.append(
                Explanation.Sentence(
                    .fact, "It sleeps in \(builder.sleepWords(call)) until the mm's invalidate_seq is another.", step: call.event + 1))
            if let mm = call.mm { tellOdd(mm, &sentences) }
            sentences.append(
                Explanation.Sentence(
                    .rule,
                    call.kind == .remove
                        ? "While seq is odd the tree may not change: remove waits until its removal has been applied."
                        : "A reader whose notifier has the mm's odd number would read what is being changed: it sleeps first."))
        } else if let call = calls.last {
            sentences.append(Explanation.Sentence(.fact, "It is in \(builder.words(call)).", step: call.event + 1))
        } else {
            sentences.append(Explanation.Sentence(.fact, "It is in no call that the recording tells of."))
        }
        if let retry = last(where: { recording.facts[$0].row == .retry && Int(recording.events[$0].task) == task }) {
            sentences.append(sentence(.cause, retry, "Its last retry: "))
        }
        if let event = state.tasks[task].lastEvent { sentences.append(sentence(.fact, event, "Its last event: ")) }
        return Explanation(
            subject: .thread(ThreadID(task)), title: asleep == nil ? "What \(name) does" : "Why \(name) sleeps",
            sentences: sentences, seeAlso: ["odp-vs-munmap"])
    }

    // MARK: Notifiers

    private func explain(notifier number: Int) -> Explanation {
        guard let notifier = state.notifiers.values.first(where: { $0.number == number }) else {
            return nothing("That notifier is not registered at this event")
        }
        let name = builder.name(notifier)
        let mm = state.mms[notifier.mm]
        var sentences: [Explanation.Sentence] = []
        func add(_ role: Explanation.Sentence.Role, _ text: String) { sentences.append(Explanation.Sentence(role, text)) }
        switch builder.status(notifier) {
        case .insertDeferred: add(.fact, "Its insert is deferred: seq was odd, and the tree may not change then.")
        case .removalDeferred: add(.fact, "Its removal is deferred: seq was odd, so it stays in the tree for now.")
        case .colliding: add(.fact, "It is in the tree, and its number is the mm's odd one: a reader that begins now sleeps.")
        case .idle: add(.fact, "It is in the tree; a reader that begins now goes on at once, as far as is known.")
        case .detached: add(.fact, "It is just being inserted or removed.")
        }
        let own = notifier.seq.map { "\($0)" } ?? "not known: the driver may have set it where no event tells of it"
        add(.fact, "Its invalidate_seq is \(own); the mm's is \(mm.seq.map { "\($0)" } ?? "not known").")
        add(.fact, "It has been called \(notifier.callbacks == 1 ? "once" : "\(notifier.callbacks) times") in this recording\(notifier.running > 0 ? ", and its callback runs now" : "").")
        if let event = last(where: { Int(recording.facts[$0].notifier) == number && recording.facts[$0].row != nil }) {
            sentences.append(sentence(.cause, event, "The last of it: "))
        }
        for task in mm.sleepers {
            guard let call = state.tasks[task].calls.last(where: \.isAsleep), call.notifier == number else { continue }
            sentences.append(
                Explanation.Sentence(.fact, "\(builder.taskName(task)) sleeps in \(builder.sleepWords(call)).", step: call.event + 1))
        }
        if mm.seq.map({ $0 & 1 == 1 }) ?? false { tellOdd(notifier.mm, &sentences) }
        return Explanation(
            subject: .notifier(NotifierID(number)), title: "\(name) over \(spanWords(notifier.first, notifier.last))",
            sentences: sentences, seeAlso: ["odp-vs-munmap", "insert-in-flight"])
    }

    // MARK: Numbers

    private func explain(_ number: HeaderNumber) -> Explanation {
        guard let index = mm else { return nothing("No address space is known yet") }
        let mm = state.mms[index]
        var sentences: [Explanation.Sentence] = []
        func add(_ role: Explanation.Sentence.Role, _ text: String) { sentences.append(Explanation.Sentence(role, text)) }
        let title: String
        var kinds: Set<EventKind> = []
        switch number {
        case .seq:
            title = "invalidate_seq is \(mm.seq.map { "\($0)" } ?? "not known")"
            if let seq = mm.seq {
                add(.fact, seq & 1 == 1
                    ? "\(seq) is odd: an invalidation in flight overlaps a notifier. Readers of a notifier with that number sleep, and the tree may not change."
                    : "\(seq) is even: readers go on, and the tree may change.")
            } else {
                add(.fact, "No event has told the number since the recording began, or since events were lost.")
            }
            kinds = [.odd, .even]
            tellOdd(index, &sentences)
            add(.rule, "The first invalidation that overlaps a notifier makes it odd, the last to end makes it even, one greater.")
        case .active:
            title = "\(mm.active.map { "\($0)" } ?? "?") active"
            add(.fact, "Invalidations between their start and their end: \(mm.active.map { "\($0)" } ?? "not known"), of which the recording shows \(mm.ranges.count) in flight.")
            kinds = [.odd, .join, .partial, .even, .leave]
            tellOdd(index, &sentences)
        case .asleep:
            title = "\(mm.sleepers.count) asleep"
            for task in mm.sleepers {
                guard let call = state.tasks[task].calls.last(where: \.isAsleep) else { continue }
                sentences.append(Explanation.Sentence(.fact, "\(builder.taskName(task)) sleeps in \(builder.sleepWords(call)).", step: call.event + 1))
            }
            if mm.sleepers.isEmpty { add(.fact, "Nobody is known to sleep.") }
            tellOdd(index, &sentences)
        case .deferred:
            title = "\(mm.deferred.count) deferred"
            add(.fact, mm.deferred.isEmpty ? "The deferred list is empty, as far as is known." : "\(mm.deferred.count { $0.isInsert }) inserts and \(mm.deferred.count { !$0.isInsert }) removals wait until seq is even.")
            kinds = [.defer, .apply]
        case .tree:
            title = "\(mm.members.count) in the tree"
            add(.fact, mm.isComplete ? "Every change since the mm's subscriptions were made has been seen: that is all there are." : "Those that the recording has told of; others may have been there before it began.")
            kinds = [.insert, .remove, .apply]
        case .collisions:
            title = "\(mm.counters.collisions) collisions so far"
            kinds = [.collide]
        case .retries:
            title = "\(mm.counters.retries) retries so far"
            kinds = [.retry]
        case .invalidations:
            title = "\(mm.counters.invalidations) invalidations so far"
            kinds = [.start, .odd, .join, .partial]
        case .plain:
            title = "\(mm.plain.map { "\($0)" } ?? "?") plain notifiers"
            add(.fact, mm.plain == nil ? "How many there were before the recording began isn't known." : "Registered on this mm, as far as was recorded.")
        }
        if let event = last(kinds, mm: index) { sentences.append(sentence(.cause, event, "The last event of that kind: ")) }
        if sentences.isEmpty { add(.fact, "None has been recorded so far.") }
        return Explanation(subject: .number(number), title: title, sentences: sentences, seeAlso: ["odp-vs-munmap"])
    }

    // MARK: Events

    private func explain(event step: Int) -> Explanation {
        guard step > 0, step <= recording.eventCount else { return nothing("There is no event \(step)") }
        let event = step - 1
        var sentences = [sentence(.fact, event)]
        sentences.append(Explanation.Sentence(.fact, "Recorded at \(recording.clock(event)) s.", step: step))
        let related = Int(recording.facts[event].related)
        if related >= 0, related < event { sentences.append(sentence(.cause, related, "It belongs to: ")) }
        if recording.events[event].isAfterGap {
            sentences.append(Explanation.Sentence(.fact, recording.gapWords(before: event), step: step))
        }
        return Explanation(subject: .event(step: step), title: "Event \(step)", sentences: sentences)
    }
}

/// Expressions, for which a recording has no model.
extension SceneBuilder {
    /// The few numbers of the header by their words.
    func value(of expression: String, mm: Int?) -> String? {
        guard let mm else { return nil }
        let state = state.mms[mm]
        let number: String? = switch expression.filter({ $0 != " " }) {
        case "seq", "invalidate_seq": state.seq.map { "\($0)" }
        case "active", "active_invalidate_ranges": state.active.map { "\($0)" }
        case "tree": "\(state.members.count)"
        case "deferred": "\(state.deferred.count)"
        case "asleep": "\(state.sleepers.count)"
        default: nil
        }
        return number
    }

    static let noModel = "a recording has no model to evaluate expressions in: seq, active, tree, deferred and asleep are what it knows"

    func watches(_ request: SceneRequest, mm: Int?) -> [WatchRow] {
        guard !request.watches.isEmpty else { return [] }
        var before: SceneBuilder?
        if position > 0 {
            let (checkpoint, count) = recording.checkpoints.nearest(to: position - 1)
            var earlier = checkpoint
            recording.advance(&earlier, from: count, to: position - 1)
            before = SceneBuilder(recording: recording, state: earlier, position: position - 1)
        }
        return request.watches.map { text in
            let value = value(of: text, mm: mm)
            let old = before.flatMap { earlier in
                mm.flatMap { earlier.state.mms.indices.contains($0) ? earlier.value(of: text, mm: $0) : nil }
            }
            return WatchRow(
                expression: text, value: value ?? Self.noModel, isMistaken: value == nil,
                hasChanged: value != nil && position > 0 && value != old)
        }
    }
}
