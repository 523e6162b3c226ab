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
        var same = pair
        var found: Astray?
        while found == nil, pair.old.step < recording.end {
            let wasStep = pair.step(recording.end)
            found = wasStep.difference
            guard found != nil || !wasStep.isGoing || pair.old.step % Self.stride == 0 || pair.old.step == recording.end else {
                continue
            }
            if pair.differs(names) {
                found = same.firstDifference(names, before: recording.end) ?? found
            } else {
                same = pair
            }
            if !wasStep.isGoing { break }
        }
        astray = found.map { found in
            var result = found
            if let changed = Self.changedLine(recorded, current) { result.sentence += "; changed since: \(changed)" }
            return result
        }
    }

    /// Steps between two comparisons of whole states.
    private static let stride = 256

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

    /// One step of both.
    mutating func step(_ end: Int) -> (difference: Astray?, isGoing: Bool) {
        let step = old.step
        let places = (positions(old), positions(new))
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
        if let was = places.0[oldThread], let now = places.1[newThread],
            old.program.text(of: was) != new.program.text(of: now)
        {
            return differs(
                "\(oldName) stood at \(old.program.place(of: was)), and now stands at \(new.program.place(of: now))")
        }
        let said = (sentences(old), sentences(new))
        guard said.0 == said.1 else {
            return differs("\(oldName) said '\(said.0.joined(separator: "; "))', and now says '\(said.1.joined(separator: "; "))'")
        }
        return (nil, true)
    }

    private func positions(_ simulation: Simulation) -> [Int?] {
        (0..<simulation.machine.threadCount).map { simulation.machine.statement(of: $0) }
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

    /// Goes on from a place where both were the same, looking at the whole state after every step.
    mutating func firstDifference(_ names: (Fingerprinter, Fingerprinter), before end: Int) -> Astray? {
        if old.step == 0, differs(names) {
            return Astray(step: 0, sentence: "the setup leads to another state than it did: \(differing(names))")
        }
        while old.step < end {
            let result = step(end)
            if let found = result.difference { return found }
            guard result.isGoing else { return nil }
            if differs(names) {
                let name = old.program.threads[old.cursor.lastThread ?? 0].name
                return Astray(
                    step: old.step,
                    sentence: "step \(old.step - 1) of \(name) leads to another state than it did: \(differing(names))")
            }
        }
        return nil
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
