import Language
import Machine

/// A model's run whose threads are chosen so that its events come in a recording's order.
///
/// The thread whose event is due runs until it tells one. Between events it goes as far as the recording tells that it
/// has come: into a function, out of a callback. What the recording doesn't tell the time of (a child that nobody
/// watches exits, a callback comes to its end) is put off; where the events then don't fit, it is tried whether they do
/// with more of it done before.
struct GuidedRun {
    let recorded: RecordedRun
    let test: String
    let differences: [Difference]
    let threadCount: Int
    /// Everything that is taken back when a way doesn't lead on.
    var now: Position
    var log = EventLog()
    /// The thread of the last event.
    var last: Int?
    /// By thread: where others went on behind an event of its, the latest last.
    var left: [Int: [Leaving]] = [:]

    /// The run right behind a thread's event, and which of the recording's came next.
    struct Leaving {
        var position: Position
        var next: Int
    }

    /// A place in the run.
    struct Position {
        var machine: Machine
        var sentences: ModelSentences
        var translation = Translation()
        /// By thread: what it has told and the recording has not come to yet.
        var told: [[Told]]
        /// By the recording's task: the thread that is it.
        var threads: [Int: Int] = [:]
        var steps = 0
        /// Events that agree so far.
        var agreeing = 0
        /// By the name of a difference: how often it occurred.
        var differences: [String: Int] = [:]
    }

    /// An event of the model's.
    struct Told {
        var event: AgreementEvent
        var step: Int
    }

    /// What a thread came to.
    enum Arrival {
        case told
        case finished
        case blocked(String)
        case finding(MachineFinding)
        /// It goes round without an event.
        case endless
    }

    /// So many places where a thread's events ended are kept to come back to: what it did there may show only some events later.
    private static let memory = 4

    /// Steps that a thread may take without an event.
    static let patience = 20_000_000

    init(
        _ program: Program, _ recorded: RecordedRun, test: String, differences: [Difference]
    ) throws(AgreementError) {
        self.recorded = recorded
        self.test = test
        self.differences = differences
        var sentences = try ModelSentences(program)
        var said: [Told] = []
        let machine = Machine(program) { machine, events in
            said += sentences.read(events, machine).map { Told(event: $0, step: 0) }
        }
        threadCount = machine.threadCount
        now = Position(
            machine: machine, sentences: sentences, told: [[Told]](repeating: [], count: program.threads.count))
        // The setup is the last of the threads, and has ended.
        now.told[program.threads.count - 1] = said
    }

    // MARK: Comparing

    mutating func compare() -> AgreementResult {
        for difference in differences {
            let count = recorded.leftOut(by: difference)
            if count > 0 { now.differences[difference.name] = count }
        }
        if let finding = now.machine.setupStop { return result(stopped(by: finding, nil)) }
        for index in recorded.entries.indices {
            if let divergence = pass(index, searches: true) { return result(divergence) }
        }
        return result(runOut())
    }

    private func result(_ divergence: Divergence?) -> AgreementResult {
        AgreementResult(
            agreeing: now.agreeing, steps: now.steps, differences: now.differences, divergence: divergence)
    }

    /// Comes to one of the recording's events.
    /// - Parameter searches: whether other ways are tried when it doesn't fit.
    mutating func pass(_ index: Int, searches: Bool) -> Divergence? {
        let entry = recorded.entries[index]
        for waypoint in recorded.waypoints[index, default: []] { goTo(waypoint) }
        if let difference = differences.first(where: { $0.leavesOut(recorded: entry.event, in: test) }) {
            now.differences[difference.name, default: 0] += 1
            return nil
        }
        noteLeaving(for: entry, index)
        let agreeing = now.agreeing
        guard let divergence = take(entry, searches) else {
            last = now.threads[entry.task]
            now.agreeing = agreeing + 1
            return nil
        }
        return searches && advancesEarlier(index) ? nil : divergence
    }

    /// Where a thread's events are followed by another's, it may have gone on in silence meanwhile, or not: the place is kept.
    private mutating func noteLeaving(for entry: RecordedRun.Entry, _ index: Int) {
        guard let last, now.threads[entry.task] != last, last < threadCount, !now.machine.hasFinished(last) else { return }
        left[last, default: []].append(Leaving(position: now, next: index))
        if left[last, default: []].count > Self.memory { left[last]?.removeFirst() }
    }

    /// Behind the recording's end nothing may come, and everything has to come to its end.
    private mutating func runOut() -> Divergence? {
        var isMoving = true
        while isMoving {
            isMoving = false
            for thread in 0..<threadCount {
                let before = now.steps
                let arrival = arrive(thread)
                if case .finding(let finding) = arrival { return stopped(by: finding, nil) }
                if let told = now.told[thread].first {
                    return Divergence(
                        what: "the recording ends here", line: nil, step: told.step, recorded: "nothing",
                        modelled: words(told.event, inModel: true))
                }
                if now.steps > before { isMoving = true }
            }
        }
        return now.machine.restFinding().map { stopped(by: $0, nil) }
    }

    // MARK: One event

    /// - Returns: nil when the model comes to the same.
    private mutating func take(_ entry: RecordedRun.Entry, _ searches: Bool) -> Divergence? {
        let candidates = candidates(for: entry)
        let others = (0..<threadCount).filter { !now.machine.hasFinished($0) && !isTeardown($0) }
        // Only where there is another way is the place kept to come back to.
        let isAlone = candidates.count == 1 && (others.isEmpty || others == candidates)
        let start = isAlone ? nil : now
        var first: Divergence?
        for thread in candidates {
            if let start { now = start }
            let mismatch = attempt(entry, thread)
            if mismatch == nil { return nil }
            first = first ?? mismatch
        }
        // It came to its end without an event: whoever goes on with what it did is next.
        if candidates.count == 1, endsInSilence(candidates[0]) { return take(entry, searches) }
        guard let start, searches else { return first }
        for thread in candidates {
            for other in others where other != thread {
                if advancesBefore(entry, thread, other, from: start) { return nil }
            }
        }
        return first ?? Divergence(
            what: "no thread is left", line: entry.line, step: nil, recorded: words(entry.event, inModel: false),
            modelled: "nothing")
    }

    private func endsInSilence(_ thread: Int) -> Bool {
        thread < threadCount && now.machine.hasFinished(thread) && now.told[thread].isEmpty
    }

    func isTeardown(_ thread: Int) -> Bool { now.machine.program.threads[thread].role == .teardown }

    /// The threads that may be a task: the one that it was so far; when that has ended or there is none, those that
    /// nobody is yet, then the others. A thread of a model may be several tasks in turn, as one that does what its child does
    /// while it would wait for it; whose events they are is told by the mm.
    private func candidates(for entry: RecordedRun.Entry) -> [Int] {
        func canGoOn(_ thread: Int) -> Bool {
            !now.told[thread].isEmpty || thread < threadCount && !now.machine.hasFinished(thread)
        }
        // The setup comes before everything, the teardown behind.
        let setup = now.told.count - 1
        if !now.told[setup].isEmpty { return [setup] }
        if let known = now.threads[entry.task], canGoOn(known) { return [known] }
        let all = (0..<threadCount).filter(canGoOn)
        let ready = all.contains { !isTeardown($0) && !isDaemon($0) } ? all.filter { !isTeardown($0) } : all
        let taken = Set(now.threads.values)
        return ready.filter { !taken.contains($0) } + ready.filter(taken.contains)
    }

    private func isDaemon(_ thread: Int) -> Bool { now.machine.program.threads[thread].role == .daemon }

    /// Lets a thread come to its next event and compares.
    mutating func attempt(_ entry: RecordedRun.Entry, _ thread: Int) -> Divergence? {
        while true {
            if now.told[thread].isEmpty {
                let arrival = arrive(thread)
                if now.told[thread].isEmpty { return silence(entry, thread, arrival) }
            }
            let told = now.told[thread][0]
            let recordedWords = words(entry.event, inModel: false)
            if let what = now.translation.match(entry.event, told.event) {
                if let difference = differences.first(where: { $0.leavesOut(modelled: told.event, in: test) }) {
                    now.differences[difference.name, default: 0] += 1
                    now.told[thread].removeFirst()
                    continue
                }
                return Divergence(
                    what: what, line: entry.line, step: told.step, recorded: recordedWords,
                    modelled: words(told.event, inModel: true))
            }
            now.told[thread].removeFirst()
            now.threads[entry.task] = thread
            return nil
        }
    }

    private func silence(_ entry: RecordedRun.Entry, _ thread: Int, _ arrival: Arrival) -> Divergence {
        let name = now.machine.program.threads[thread].name
        switch arrival {
        case .finding(let finding): return stopped(by: finding, entry)
        case .blocked(let why): return nothing(entry, "\(name) \(why)")
        case .endless: return nothing(entry, "\(name) goes on without an event")
        case .finished, .told: return nothing(entry, "\(name) has finished")
        }
    }

    private func nothing(_ entry: RecordedRun.Entry, _ why: String) -> Divergence {
        Divergence(
            what: "the model comes to no event", line: entry.line, step: now.steps,
            recorded: words(entry.event, inModel: false), modelled: why)
    }

    private func stopped(by finding: MachineFinding, _ entry: RecordedRun.Entry?) -> Divergence {
        Divergence(
            what: "the model stops at \(finding.property)", line: entry?.line, step: now.steps,
            recorded: entry.map { words($0.event, inModel: false) } ?? "nothing", modelled: finding.sentence)
    }
}

// MARK: - Telling

extension GuidedRun {
    /// An event in the model's pages where they are known, and with numbers from 1 for mms and notifiers.
    func words(_ event: AgreementEvent, inModel: Bool) -> String {
        func named(_ label: String, _ number: Int?) -> String { number.map { "\(label)#\($0)" } ?? "a new \(label)" }
        return event.words(
            page: { page in
                let shown = inModel ? page : now.translation.modelPage(page) ?? page
                return "0x" + String(shown, radix: 16)
            },
            mm: { named("mm", now.translation.number(ofMM: $0, inModel: inModel)) },
            notifier: { named("notifier", now.translation.number(ofNotifier: $0, inModel: inModel)) })
    }
}
