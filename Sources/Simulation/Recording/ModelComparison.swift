import Language
import Machine

/// Plays a recording with other models than its own beside its own, and finds where they part.
public struct ModelComparison: Sendable {
    /// Where and in what they differ; `nil` when all of the recording is the same.
    public let astray: Astray?

    private let recorded: Program
    private let current: Program

    /// - Parameters:
    ///   - recorded: the recording's own program.
    ///   - current: the one that it is compared with.
    public init(_ recording: Recording, recorded: Program, current: Program) {
        var pair = Pair(
            old: Simulation(recorded, replaying: recording.withoutChecks),
            new: Simulation(current, replaying: recording.withoutChecks))
        self.recorded = recorded
        self.current = current
        let names = (Fingerprinter(recorded), Fingerprinter(current))
        var found = pair.differs(names) ? pair.difference(names, step: 0, "the setup") : nil
        var stride = Self.firstStride
        while found == nil, pair.old.step < recording.end {
            let same = pair
            let result = pair.run(min(stride, recording.end - same.old.step))
            found = result.difference
            if pair.differs(names) {
                found = Pair.firstDifference(from: same, steps: pair.old.step - same.old.step, names) ?? found
            }
            if !result.isGoing { break }
            stride = min(2 * stride, Self.lastStride)
        }
        astray = found.map { found in
            var result = found
            if let changed = Self.changedLine(recorded, current) { result.sentence += "; changed since: \(changed)" }
            return result
        }
    }

    /// Steps between two comparisons of whole states: more and more, for that takes long when states are large.
    private static let firstStride = 64
    private static let lastStride = 32_768

    /// "kernel/interval_notifier:120", the first line of each text that isn't what it was.
    private static func changedLine(_ old: Program, _ new: Program) -> String? {
        var places: [String] = []
        for source in old.sources {
            guard let now = new.sources.first(where: { $0.name == source.name }) else {
                places.append("\(source.name) isn't used any more")
                continue
            }
            guard now != source else { continue }
            let line = zip(source.lines, now.lines).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            places.append("\(source.name):\((line ?? min(source.lines.count, now.lines.count)) + 1)")
        }
        return places.isEmpty ? nil : places.joined(separator: ", ")
    }
}

/// The two runs, side by side.
private struct Pair {
    var old: Simulation
    var new: Simulation
    /// Where each thread stands.
    private var places: (old: [Int?], new: [Int?])
    /// For each statement a number that stands for its text.
    private let texts: (old: [Int], new: [Int])

    init(old: Simulation, new: Simulation) {
        self.old = old
        self.new = new
        places = (Self.places(old), Self.places(new))
        var numbers: [String: Int] = [:]
        func number(_ program: Program) -> [Int] {
            program.statements.indices.map { statement in
                let text = program.text(of: statement)
                numbers[text] = numbers[text] ?? numbers.count
                return numbers[text] ?? 0
            }
        }
        texts = (number(old.program), number(new.program))
    }

    private static func places(_ simulation: Simulation) -> [Int?] {
        (0..<simulation.machine.threadCount).map { simulation.machine.statement(of: $0) }
    }

    /// So many steps of both, as long as they are the same.
    mutating func run(_ steps: Int) -> (difference: Astray?, isGoing: Bool) {
        for _ in 0..<steps {
            let result = step()
            if !result.isGoing { return result }
        }
        return (nil, true)
    }

    /// One step of both.
    mutating func step() -> (difference: Astray?, isGoing: Bool) {
        let step = old.step
        let went = (old.stepForward(), new.stepForward())
        func differs(_ words: String) -> (Astray?, Bool) {
            (Astray(step: step, sentence: "step \(step): \(words)"), false)
        }
        guard went.0 else { return (nil, false) }
        let oldThread = old.cursor.lastThread ?? 0
        let oldName = old.program.threads[oldThread].name
        guard went.1 else {
            if let astray = new.astray { return (astray, false) }
            return differs("\(oldName) stepped here, and now \(new.hasEnded ? "the run has ended" : "nobody can")")
        }
        let newThread = new.cursor.lastThread ?? 0
        let newName = new.program.threads[newThread].name
        guard oldName == newName else { return differs("\(oldName) stepped here, and now \(newName) does") }
        if let was = places.old[oldThread], let now = places.new[newThread],
            texts.old[was] != texts.new[now]
        {
            return differs(
                "\(oldName) stood at \(old.program.place(of: was)), and now stands at \(new.program.place(of: now))")
        }
        places.old[oldThread] = old.machine.statement(of: oldThread)
        places.new[newThread] = new.machine.statement(of: newThread)
        if old.lastEvents.isEmpty, new.lastEvents.isEmpty, old.finding == nil, new.finding == nil { return (nil, true) }
        let said = (sentences(old), sentences(new))
        guard said.0 == said.1 else {
            return differs("\(oldName) said '\(said.0.joined(separator: "; "))', and now says '\(said.1.joined(separator: "; "))'")
        }
        return (nil, true)
    }

    private func sentences(_ simulation: Simulation) -> [String] {
        simulation.lastEvents.map { simulation.machine.sentence(of: $0) } + (simulation.finding.map { [$0.property] } ?? [])
    }

    func differs(_ names: (Fingerprinter, Fingerprinter)) -> Bool {
        names.0.value(of: old.machine) != names.1.value(of: new.machine)
    }

    /// The first few parts that aren't the same, in words.
    private func differing(_ names: (Fingerprinter, Fingerprinter)) -> String {
        let was = names.0.parts(of: old.machine)
        let now = Dictionary(names.1.parts(of: new.machine).map { ($0.name, $0.value) }) { first, _ in first }
        var words = was.compactMap { part in
            now[part.name] == nil ? "\(part.name) is missing" : now[part.name] == part.value ? nil : "\(part.name) differs"
        }
        let known = Set(was.map(\.name))
        words += now.keys.filter { !known.contains($0) }.sorted().map { "\($0) is new" }
        return words.prefix(3).joined(separator: ", ")
    }

    func difference(_ names: (Fingerprinter, Fingerprinter), step: Int, _ subject: String) -> Astray {
        Astray(step: step, sentence: "\(subject) leads to another state than it did: \(differing(names))")
    }

    /// Finds the first of some steps behind which the states differ, between a place where they don't and one where they do.
    static func firstDifference(from same: Pair, steps: Int, _ names: (Fingerprinter, Fingerprinter)) -> Astray? {
        var low = same
        var left = steps
        while left > 1 {
            var middle = low
            _ = middle.run(left / 2)
            if middle.differs(names) {
                left /= 2
            } else {
                left -= left / 2
                low = middle
            }
        }
        if let found = low.step().difference { return found }
        let name = low.old.program.threads[low.old.cursor.lastThread ?? 0].name
        return low.difference(names, step: low.old.step, "step \(low.old.step - 1) of \(name)")
    }
}

extension Recording {
    /// For models whose states may differ in ways that don't matter.
    public var withoutChecks: Recording {
        var result = self
        result.checks = []
        return result
    }
}
