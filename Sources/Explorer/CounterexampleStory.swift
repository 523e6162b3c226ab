import Language
import Machine

extension Counterexample {
    /// What happened, in prose: who did what in which step, in the order of the steps, and how it ended. For 80 columns.
    public var story: String { story(behind: 0) }

    /// The same, for a schedule that began behind a step of a longer run: steps are numbered as that run's.
    public func story(behind offset: Int) -> String {
        storyParagraphs(behind: offset).map { Self.wrapped($0, 80, hanging: 0).joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    /// Its paragraphs, for whoever breaks lines otherwise.
    public func storyParagraphs(behind offset: Int) -> [String] {
        var teller = StoryTeller(self, behind: offset)
        return teller.tell().map(Self.ascii)
    }

    /// One sentence of the story.
    public struct StorySentence: Sendable, Equatable {
        /// The step that it is about; where it is about none, `nil`.
        public var step: Int?
        public var text: String
    }

    /// The story sentence by sentence, in the order of the steps, without its ending.
    public func storySentences(behind offset: Int = 0) -> [StorySentence] {
        var teller = StoryTeller(self, behind: offset)
        _ = teller.tell()
        return teller.inOrder.map { StorySentence(step: $0.step > 0 ? $0.step + offset : nil, text: $0.text) }
    }
}

/// Collects what there is to tell of a counterexample by looking at its states.
struct StoryTeller {
    let example: Counterexample
    let places: Places
    let program: Program
    /// Sentences with the step that they are about; 0 is the setup.
    private var told: [(step: Int, text: String)] = []

    /// Steps of the run before the first that is told.
    let offset: Int

    init(_ example: Counterexample, behind offset: Int = 0) {
        self.example = example
        self.offset = offset
        program = example.program
        places = Places(program)
    }

    /// What has been told, by step.
    var inOrder: [(step: Int, text: String)] {
        told.enumerated().sorted { ($0.element.step, $0.offset) < ($1.element.step, $1.offset) }.map(\.element)
    }

    /// The state after the last step.
    var final: Machine { example.machines[example.machines.count - 1] }

    mutating func say(_ step: Int, _ text: String) {
        // Names stay as they are written.
        let isWord = ["in step ", "from step ", "the ", "no ", "nobody ", "they ", "meanwhile "].contains { text.hasPrefix($0) }
        let sentence = (isWord ? text.prefix(1).uppercased() + text.dropFirst() : text) + "."
        if !told.contains(where: { $0.text == sentence }) { told.append((step, sentence)) }
    }

    mutating func tell() -> [String] {
        guard !example.steps.isEmpty else {
            return ["The scenario's setup fails by itself: \(example.finding.sentence)."]
        }
        let entry = staleEntry()
        if let entry { tellMapping(entry) }
        switch example.finding.property {
        case "no-use-after-free": tellLives(except: entry)
        case "no-deadlock", "no-lost-wakeup": tellWaits()
        case "no-stale-spte": break
        case Counterexample.livelock: tellRound()
        default:
            tellAround()
            tellWrites()
        }
        let ordered = inOrder
        let count = example.switches
        let doubt = example.hasFewestSwitches == false ? ", perhaps not the fewest" : ""
        let length = "\(example.steps.count) steps, \(count) context switch\(count == 1 ? "" : "es")\(doubt)"
        let ending = example.isFoundByStep
            ? "Step \(example.steps.count + offset) (\(place(example.steps.count - 1))) fails: \(example.sentence)."
            : "In the end \(example.sentence)."
        return (ordered.isEmpty ? [] : [ordered.map(\.text).joined(separator: " ")]) + ["\(ending) (\(length).)"]
    }

    /// What threads said about a record. (Another that lay at the same place before it had the same name.)
    mutating func tellEvents(naming target: Reference, except steps: [Int] = []) {
        let name = final.name(of: target)
        for (index, step) in example.steps.enumerated() where !steps.contains(index) {
            guard [index, index + 1].contains(where: { holds(target, example.machines[$0]) }) else { continue }
            for event in step.events where event.names(name) { say(index + 1, "in step \(shown(index)) \(who(index)) \(event)") }
        }
    }

    /// Whether the place of a record is still its own, be it freed.
    private func holds(_ target: Reference, _ machine: Machine) -> Bool {
        machine.slot(target.address) >> 32 == target.bits >> 32
    }

    /// Who goes round, from where on.
    private mutating func tellRound() {
        guard let first = example.firstStepOfRound else { return }
        let threads = Set(example.steps[(first - 1)...].map(\.thread)).sorted().map { example.name(of: $0) }
        say(first, "from step \(first + offset) to step \(example.steps.count + offset) "
            + "\(threads.joined(separator: " and ")) \(threads.count == 1 ? "goes" : "go") round, and may do so again and again")
    }

    // MARK: Words

    /// "zap_page_range(), kernel/address_space:143".
    func place(_ step: Int) -> String {
        let step = example.steps[step]
        guard step.depth > 0, let frame = step.stack.last else { return "\(step.file):\(step.line)" }
        return "\(program.functions[frame.function].qualifiedName)(), \(step.file):\(step.line)"
    }

    /// "in step 12 (…)".
    func when(_ step: Int) -> String { "in step \(shown(step)) (\(place(step)))" }

    /// "since zap stored it in step 12 (…)"; the setup for what was so from the start.
    func since(_ step: Int?, _ deed: String) -> String {
        guard let step else { return offset == 0 ? "since the setup" : "since before step \(offset + 1)" }
        return "since \(who(step)) \(deed) \(when(step))"
    }

    func who(_ step: Int) -> String { example.name(of: example.steps[step].thread) }

    /// A step's number as it is told.
    func shown(_ step: Int) -> Int { step + 1 + offset }

    func order(_ step: Int?) -> Int { step.map { $0 + 1 } ?? 0 }

    // MARK: Slots over time

    func value(_ slot: Int, before step: Int) -> Int64 { example.machines[step].slot(slot) }

    /// The last step before `end` that changed a slot; nil when it is as the setup left it.
    func lastChange(of slot: Int, before end: Int? = nil) -> Int? {
        (0..<(end ?? example.steps.count)).last { index in
            example.steps[index].changes.contains { $0.slot == slot }
        }
    }

    /// Since when something has been so.
    enum Beginning {
        /// It was so before the first step.
        case start
        case step(Int)

        var step: Int? { if case .step(let step) = self { step } else { nil } }
    }

    /// Since when a condition has been true without a break, at the state before step `end` (the last state, if none is given);
    /// nil when it isn't true there.
    func beginning(at end: Int? = nil, _ condition: (Machine) -> Bool) -> Beginning? {
        let end = end ?? example.steps.count
        guard condition(example.machines[end]) else { return nil }
        return (0..<end).last { !condition(example.machines[$0]) }.map { .step($0) } ?? .start
    }

    /// The shared slots that a step reads.
    func reads(of index: Int) -> Set<Int> {
        var machine = example.machines[index]
        let recorder = AccessRecorder()
        var log = EventLog(isOn: false)
        let next = example.schedule[index]
        _ = machine.step(next.thread, choice: UInt64(next.choice), recorder: recorder, log: &log)
        return Set(recorder.accesses.filter { $0.kind == .read }.map(\.slot))
    }

    /// The record that is live at a header, as a reference.
    func reference(_ address: Int, in machine: Machine) -> Reference {
        Reference(bits: (machine.slot(address) >> 32) << 32 | Int64(address))
    }

    /// The headers inside of the instance at `address`, with its own first, and its record's number.
    func parts(of address: Int) -> [(address: Int, record: Int)] {
        guard let segment = program.segments.first(where: { contains($0, address) && $0.parent == nil }) else { return [] }
        return [(address, segment.record)]
            + segment.inner.map { (address + $0.offset, program.segments[$0.segment].record) }
    }

    /// The headers of every record, and of those inside of it, that the finding names.
    func named(in machine: Machine) -> [Int] {
        program.segments.filter { $0.parent == nil }.flatMap { segment in
            (0..<segment.count).map { segment.base + $0 * segment.stride }
                .filter { example.finding.sentence.names(machine.name(ofRecordAt: $0)) }
                .flatMap { parts(of: $0).map(\.address) }
        }
    }

    private func contains(_ segment: SegmentInfo, _ address: Int) -> Bool {
        let distance = address - segment.base
        return distance >= 0 && distance < segment.stride * segment.count && distance % segment.stride == 0
    }

    /// The slot of a field of the part of an instance that is of a record with this name.
    func slot(_ field: String, of record: String, in address: Int) -> Int? {
        for part in parts(of: address) where program.records[part.record].name == record {
            if let offset = program.records[part.record].offset(of: field) { return part.address + offset }
        }
        return nil
    }

    /// Sequence numbers at a step: ", when the mm's seq is 4 and the notifier's 3".
    func sequences(_ step: Int, notifier owner: Int?, mm: Reference) -> String {
        let machine = example.machines[step]
        guard let epoch = program.epochs.first, machine.isLive(mm), let pointer = slot("subscriptions", of: "MM", in: mm.address)
        else { return "" }
        let subs = machine.reference(at: pointer)
        guard machine.isLive(subs) else { return "" }
        let field = program.records[epoch.record].fields[epoch.field]
        let seq = machine.text(of: machine.slot(subs.address + field.offset), as: field.type)
        guard let owner, let own = slot(field.name, of: "Interval", in: owner) else { return ", when the mm's seq is \(seq)" }
        let mine = machine.text(of: machine.slot(own), as: field.type)
        return ", when the mm's seq is \(seq) and the notifier's \(mine)"
    }
}
