import Language
import Machine

/// A schedule that ends in a finding, run again from the program's start and kept step by step, to be told.
public struct Counterexample: Sendable {
    /// One step of it.
    public struct Step: Sendable {
        public var thread: Int
        /// The statement's number in the program.
        public var statement: Int
        /// The name of the text that the statement stands in, and its line, from 1.
        public var file: String
        public var line: Int
        /// The statement as it is written, without its comment.
        public var text: String
        /// The functions that the thread was in before the step, outermost first.
        public var stack: [Machine.Frame]
        /// What the step said, in sentences.
        public var events: [String]
        /// What kind each of them is of, by name.
        public var kinds: [String]
        /// What it changed of what threads share.
        public var changes: [Change]

        /// How many calls deep it stands.
        public var depth: Int { stack.count - 1 }
    }

    /// A shared slot that a step changed.
    public struct Change: Sendable, Equatable {
        public var slot: Int
        public var old: Int64
        public var new: Int64
    }

    /// Why a schedule isn't the way to a finding.
    public enum ReplayError: Error, Equatable {
        /// The thread of step `step` (from 1) can't go on there, or has finished.
        case cannotStep(step: Int)
        /// Something fails at step `step`, and there are more.
        case failsEarly(step: Int, MachineFinding)
        /// Nothing fails.
        case failsNot
        /// It ends in another finding than it should.
        case other(MachineFinding)

        /// The reason as a clause.
        public var words: String {
            switch self {
            case .cannotStep(let step): "step \(step) can't be taken"
            case .failsEarly(let step, let finding): "step \(step) already ends in \(finding.property)"
            case .failsNot: "it ends in nothing"
            case .other(let finding): "it ends in \(finding.property): \(finding.sentence)"
            }
        }
    }

    public let program: Program
    public let schedule: [ScheduledStep]
    public let finding: MachineFinding
    public let steps: [Step]
    /// The machine before each step, and at the end.
    let machines: [Machine]
    /// The steps that are gone round for ever: from this one (counted from 1) to the last; nil when it ends otherwise.
    public let firstStepOfRound: Int?
    /// Whether no schedule that comes to the finding has fewer switches; nil while nobody has looked, false where looking for one
    /// took too long.
    public internal(set) var hasFewestSwitches: Bool?

    /// Runs a schedule.
    /// - Parameters:
    ///   - start: where it begins; the program's start when nil.
    ///   - finding: what it has to end in: this property, found by this thread at this statement. Its sentence may
    ///     name other records of the same kind, for a search numbers them in an order of its own.
    public init(
        _ program: Program, from start: Machine? = nil, schedule: [ScheduledStep], finding: MachineFinding
    ) throws(ReplayError) {
        try self.init(program, from: start, schedule: schedule, expected: finding)
        guard self.finding.property == finding.property, self.finding.thread == finding.thread,
            self.finding.statement == finding.statement
        else { throw .other(self.finding) }
    }

    /// Runs a schedule to whatever it ends in.
    public init(_ program: Program, from start: Machine? = nil, schedule: [ScheduledStep]) throws(ReplayError) {
        try self.init(program, from: start, schedule: schedule, expected: nil)
    }

    /// Steps to be told, whether or not they end in a finding; one without a property stands for none.
    init(telling program: Program, from start: Machine?, _ schedule: [ScheduledStep]) throws(ReplayError) {
        try self.init(program, from: start, schedule: schedule, expected: nil, isFree: true)
    }

    private init(
        _ program: Program, from start: Machine?, schedule: [ScheduledStep], expected: MachineFinding?, isFree: Bool = false
    ) throws(ReplayError) {
        var machine = start ?? Machine(program)
        var machines = [machine]
        var steps: [Step] = []
        var found = machine.setupFinding
        for (index, next) in schedule.enumerated() {
            if let found { throw .failsEarly(step: index, found) }
            guard next.thread >= 0, next.thread < machine.threadCount, next.choice >= 0 else {
                throw .cannotStep(step: index + 1)
            }
            let before = machine
            var log = EventLog()
            switch machine.step(next.thread, choice: UInt64(next.choice), log: &log) {
            case .blocked, .finished: throw .cannotStep(step: index + 1)
            case .finding(let finding): found = finding
            case .stepped: break
            }
            steps.append(Self.step(of: next.thread, from: before, to: machine, log))
            machines.append(machine)
        }
        if found == nil, Self.isStuck(machine) {
            let all = machine.restFindings()
            found = all.first {
                $0.property == expected?.property && $0.thread == expected?.thread && $0.statement == expected?.statement
            } ?? all.first
        }
        // To go round for ever is no finding of a step: the end has to be where it was before.
        var round: Int?
        if found == nil, var expected, expected.property == Self.livelock, let start = machines.first,
            let first = LassoSearch(schedule, from: start)?.lastRound
        {
            round = first + 1
            expected.sentence = Livelock.sentence(expected.sentence, steps: schedule.count - first)
            found = expected
        }
        // Nor is to wait for ever beside others who go on: that it is for ever only a search can tell.
        if found == nil, let expected, Self.waitsForEver(expected, machine) { found = Self.renamed(expected, machine) }
        if found == nil, isFree { found = MachineFinding(property: "", sentence: "", thread: 0, statement: 0) }
        guard let found else { throw .failsNot }
        self.program = program
        self.schedule = schedule
        finding = found
        self.steps = steps
        self.machines = machines
        firstStepOfRound = round
    }

    static let livelock = "no-livelock"

    private static func waitsForEver(_ finding: MachineFinding, _ machine: Machine) -> Bool {
        guard !isStuck(machine) else { return false }
        if finding.property == "refs-balanced" { return !machine.leftOver.isEmpty }
        if finding.property == "lock-discipline" {
            return (machine.holdingFindings() + [machine.lockedPageFinding()].compactMap { $0 }).contains { $0.thread == finding.thread }
        }
        guard ["no-deadlock", "no-lost-wakeup"].contains(finding.property) else { return false }
        return !machine.hasFinished(finding.thread) && !machine.canStep(finding.thread) && machine.statement(of: finding.thread) == finding.statement
    }

    /// The finding in the names of this run: a search gives records numbers of its own.
    private static func renamed(_ finding: MachineFinding, _ machine: Machine) -> MachineFinding {
        var result = finding
        if finding.property == "refs-balanced" {
            result.sentence = machine.leftOverFinding(machine.leftOver)?.sentence ?? finding.sentence
        } else if finding.property == "lock-discipline" {
            result.sentence = machine.holdingFindings().first { $0.thread == finding.thread }?.sentence ?? finding.sentence
        } else if let colon = finding.sentence.firstRange(of: ": ") {
            let waits = waiting(in: finding, machine).map { "\(machine.program.threads[$0.thread].name) \(machine.describe($0.blockage))" }
            result.sentence = finding.sentence[..<colon.upperBound] + waits.joined(separator: "; ")
        }
        return result
    }

    /// The threads that a finding says wait for ever, and what for.
    private static func waiting(in finding: MachineFinding, _ machine: Machine) -> [(thread: Int, blockage: Blockage)] {
        (0..<machine.threadCount).compactMap { thread in
            guard case .blocked(let blockage) = machine.standing(of: thread), blockage.cause != .teardown,
                ["no-deadlock", "no-lost-wakeup"].contains(finding.property),
                [": ", "; "].contains(where: { before in
                    ["waits", "sleeps"].contains { finding.sentence.names("\(before)\(machine.program.threads[thread].name) \($0)") }
                })
            else { return nil }
            return (thread, blockage)
        }
    }

    /// The threads that wait for ever, and what for, when that is what was found.
    var waiting: [(thread: Int, blockage: Blockage)] {
        guard let final = machines.last, !isFoundByStep else { return [] }
        return Self.waiting(in: finding, final)
    }

    /// It is about threads that wait for ever, or what is left for ever, while others go on.
    var isBesideOthers: Bool { machines.last.map { Self.waitsForEver(finding, $0) } ?? false }

    /// Whether no thread can step.
    static func isStuck(_ machine: Machine) -> Bool {
        !(0..<machine.threadCount).contains(where: machine.canStep)
    }

    static func step(of thread: Int, from before: Machine, to after: Machine, _ log: EventLog) -> Step {
        let program = before.program
        let statement = before.statement(of: thread) ?? 0
        let info = program.statements[statement]
        let events = log.events.filter { $0.kind != .finishes }
        return Step(
            thread: thread, statement: statement, file: program.sources[info.file].name, line: info.line,
            text: program.text(ofStatement: statement).withoutFaults(before), stack: before.callStack(of: thread).reversed(),
            // Names are those of the state before: a record that was freed is still called what it was.
            events: events.map { before.sentence(of: $0) }, kinds: events.map { before.kindName(of: $0) }, changes: changes(from: before.state, to: after.state, program))
    }

    private static func changes(from old: State, to new: State, _ program: Program) -> [Change] {
        (0..<program.threadBase).compactMap { slot in
            old.slots[slot] == new.slots[slot] ? nil : Change(slot: slot, old: old.slots[slot], new: new.slots[slot])
        }
    }

    /// How often another thread goes on than the one before.
    public var switches: Int { Self.switches(in: schedule) }

    static func switches(in schedule: [ScheduledStep]) -> Int {
        zip(schedule, schedule.dropFirst()).count { $0.thread != $1.thread }
    }

    /// When a record is freed that a tree or a list still holds: the step of another thread that would have taken it out, had
    /// that thread been let go on.
    var unlinking: Step? {
        guard finding.property == "no-use-after-free", isFoundByStep, steps.count > 0 else { return nil }
        let before = machines[steps.count - 1]
        let named = StoryTeller(self).named(in: before)
        let linked = named.filter { before.isInTree($0) || before.isInList($0) }
        guard !linked.isEmpty else { return nil }
        for thread in 0..<before.threadCount where thread != finding.thread {
            var machine = before
            for _ in 0..<Self.foresight {
                let last = machine
                var log = EventLog()
                guard case .stepped = machine.step(thread, log: &log) else { break }
                let isOut = linked.contains { last.isInTree($0) ? !machine.isInTree($0) : last.isInList($0) && !machine.isInList($0) }
                // What is on a list and in a tree has been taken out when it is in no tree.
                let hasTree = linked.contains { before.isInTree($0) }
                if isOut, !hasTree || linked.contains(where: { before.isInTree($0) && !machine.isInTree($0) }) {
                    return Self.step(of: thread, from: last, to: machine, log)
                }
            }
        }
        return nil
    }

    private static let foresight = 200

    func name(of thread: Int) -> String { program.threads[thread].name }
}

extension String {
    /// Without the questions after faults that are off: they are no part of what the kernel does.
    func withoutFaults(_ machine: Machine) -> String {
        var text = self
        for fault in machine.program.faults {
            let question = "fault(\(fault.name))"
            guard text.contains(question) else { continue }
            let isOn = machine.slot(fault.slot) != 0
            if isOn, let start = text.firstRange(of: "\(question) ? "), let end = text[start.upperBound...].firstRange(of: " : ") {
                text.removeSubrange(end.lowerBound...)
                text.removeSubrange(start)
            }
            guard !isOn else { continue }
            if text.hasPrefix("if !\(question) { "), text.hasSuffix(" }") {
                text = String(text.dropFirst("if !\(question) { ".count).dropLast(2))
            }
            if let start = text.firstRange(of: "\(question) ? "), let end = text[start.upperBound...].firstRange(of: " : ") {
                text.removeSubrange(start.lowerBound..<end.upperBound)
            }
            for joined in [" && !\(question)", "!\(question) && ", " || \(question)"] { text.replace(joined, with: "") }
        }
        return text
    }
}

extension Program {
    /// A statement as it is written, without comment, indentation and braces that belong to others; the parts of
    /// an atomic one in a row.
    func text(ofStatement number: Int) -> String {
        let info = statements[number]
        guard sources.indices.contains(info.file), sources[info.file].lines.indices.contains(info.line - 1) else { return "" }
        let lines = sources[info.file].lines
        var text = Self.bare(lines[info.line - 1])
        // A body on the line of its head.
        if functions[info.function].line == info.line, let brace = text.firstIndex(of: "{") {
            text = Self.bare(String(text[text.index(after: brace)...]))
        }
        while text.hasSuffix("}"), text.count(where: { $0 == "}" }) > text.count(where: { $0 == "{" }) {
            text = Self.bare(String(text.dropLast()))
        }
        guard text == "atomic" else { return text }
        // The inside of its braces; what a declaration names is no store.
        var parts: [String] = []
        var depth = 1
        for line in lines[info.line...] {
            depth += line.count { $0 == "{" } - line.count { $0 == "}" }
            guard depth > 0 else { break }
            if !line.drop(while: { $0 == " " }).hasPrefix("let ") { parts.append(Self.bare(line)) }
        }
        return Self.gist(of: parts)
    }

    /// The first stores of an atomic statement: what it looks at before, and counts beside, would hide them.
    private static func gist(of parts: [String]) -> String {
        let stores = parts.filter { !$0.hasPrefix("if ") && $0.contains(" = ") }
        let told = stores.isEmpty ? parts : stores
        return told.prefix(2).joined(separator: "; ") + (told.count > 2 ? "; …" : "")
    }

    private static func bare(_ line: String) -> String {
        var text = line[...]
        var isQuoted = false
        for index in text.indices {
            if text[index] == "\"" { isQuoted.toggle() }
            if !isQuoted, text[index...].hasPrefix("//") {
                text = text[..<index]
                break
            }
        }
        let blanks: Set<Character> = [" ", "\t", "\r"]
        while let first = text.first, first == "}" || blanks.contains(first) { text.removeFirst() }
        while let last = text.last, blanks.contains(last) { text.removeLast() }
        if text.hasSuffix("{") { text.removeLast() }
        while text.last == " " { text.removeLast() }
        // "let" tells the compiler something, not the reader of a table.
        return String(text.hasPrefix("let ") ? text.dropFirst(4) : text).replacing("{ let ", with: "{ ")
    }
}
