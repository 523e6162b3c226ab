import Explorer
import Language
import Machine

/// What the default search, the one by single steps and the reference say of one program.
struct SecondOpinion {
    /// Where a property failed: the thread and the line, as far as a step found it.
    struct Place: Hashable, CustomStringConvertible {
        var property: String
        var thread = -1
        var line = -1
        var description: String { line < 0 ? property : "\(property) in line \(line) of thread \(thread)" }
    }

    /// A search, what it says, and all that it found; nil where it stopped at the first.
    private struct Search {
        var name: String
        var verdict: Verdict
        var all: Set<Place>?
    }

    private let program: RandomProgram
    private let searches: [Search]
    let reference: ReferenceChecker
    private let invariants: Set<String>

    /// States that the reference may see, and the searches.
    static let limit = 20_000
    private static let searchLimit = 60_000

    /// - Parameter isThorough: the search by single steps is also made up to the first finding.
    init(_ program: RandomProgram, isThorough: Bool = true) throws {
        self.program = program
        invariants = Set(program.parts.invariants.map(\.name))
        reference = try ReferenceChecker(program.bare, invariants: program.invariants, limit: Self.limit)
        searches = [
            Self.search(program, isFine: false, findsAll: false), Self.search(program, isFine: false, findsAll: true),
            Self.search(program, isFine: true, findsAll: true),
        ] + (isThorough ? [Self.search(program, isFine: true, findsAll: false)] : [])
    }

    private static func search(_ program: RandomProgram, isFine: Bool, findsAll: Bool, flaws: Flaws = []) -> Search {
        var explorer = Explorer(program.program, memoryLimit: 1 << 30, isFine: isFine)
        explorer.findsAll = findsAll
        explorer.flaws = flaws
        let result = explorer.explore { $0.states < searchLimit }
        let isWhole = findsAll && result.bound == nil
        let name = (isFine ? "fine" : "default") + (findsAll ? ", all" : "")
        return Search(name: name, verdict: result.verdict, all: isWhole ? Set(result.findings.map { place($0.finding, program) }) : nil)
    }

    /// What is found in a state, and not by a step, has no place.
    private static func place(_ finding: MachineFinding, _ program: RandomProgram) -> Place {
        let isOfState = ["no-deadlock", "no-lost-wakeup", "no-livelock", "refs-balanced"].contains(finding.property)
        // (A page that is locked in the end has no statement either.)
        let isLockedPage = finding.property == "lock-discipline" && finding.statement == 0 && finding.sentence.hasPrefix("everything has ended")
        guard !isOfState, !isLockedPage, !program.parts.invariants.contains(where: { $0.name == finding.property }) else {
            return Place(property: finding.property)
        }
        return Place(
            property: finding.property, thread: finding.thread, line: program.program.statements[finding.statement].line)
    }

    /// How they disagree, in short: disagreements of a kind are one; nil when they agree.
    var disagreement: String? {
        for search in searches { if let found = disagreement(of: search) { return found } }
        let all = searches.compactMap(\.all)
        return all.count < 2 || all[0] == all[1] ? nil : "default and fine have other findings"
    }

    /// How a search that has a flaw disagrees with the reference.
    func disagreement(with flaw: Flaws, isFine: Bool) -> String? {
        disagreement(of: Self.search(program, isFine: isFine, findsAll: true, flaws: flaw))
    }

    private func disagreement(of search: Search) -> String? {
        if case .inconsistent(let why) = search.verdict { return "\(search.name) contradicts itself: \(why)" }
        guard reference.isComplete else { return nil }
        if case .bound = search.verdict { return nil }
        let right = reference.properties.isEmpty ? "holds" : "fails \(reference.properties.sorted().joined(separator: ", "))"
        guard agrees(search.verdict) else { return "\(search.name): \(search.verdict.short), reference \(right)" }
        guard let all = search.all, all != places, !isAskedAtOnce else { return nil }
        let (more, less) = (all.subtracting(places), places.subtracting(all))
        return "\(search.name): "
            + (more.map { "finds \($0.property), which isn't there" } + less.map { "misses \($0.property)" }).sorted().joined(separator: ", ")
    }

    private func agrees(_ verdict: Verdict) -> Bool {
        guard case .fails(let finding) = verdict else { return verdict == .holds && !fails }
        return reference.properties.contains(finding.property) || isAskedAtOnce && invariants.contains(finding.property)
    }

    /// Where a step breaks an invariant and fails an assertion behind it, which of the two is told is a matter of taste.
    private var isAskedAtOnce: Bool { !invariants.isEmpty && !reference.stepFindings.isEmpty }

    /// All that the reference found.
    private var places: Set<Place> {
        let ofStates = reference.otherProperties.map { Place(property: $0) }
        return Set(ofStates + reference.stepFindings.map {
            $0.property == "refs-balanced" ? Place(property: $0.property) : Place(property: $0.property, thread: $0.thread, line: $0.line)
        })
    }

    var fails: Bool { !reference.properties.isEmpty }
}

extension Verdict {
    fileprivate var short: String {
        switch self {
        case .holds: "holds"
        case .fails(let finding): "fails \(finding.property)"
        case .bound: "bound"
        case .inconsistent(let why): "inconsistent: \(why)"
        }
    }
}

/// Leaves out of a program what a disagreement doesn't need.
struct ProgramShrinker {
    /// Whether it is still there.
    let isKept: (RandomProgram) -> Bool

    func shrunk(_ program: RandomProgram) -> RandomProgram {
        var best = program
        while let smaller = smaller(best) { best = smaller }
        return best
    }

    private func smaller(_ program: RandomProgram) -> RandomProgram? {
        for index in program.parts.threads.indices.reversed() where program.parts.threads.count > 1 {
            var parts = program.parts
            parts.threads.remove(at: index)
            if let kept = kept(parts) { return kept }
        }
        for index in program.parts.invariants.indices {
            var parts = program.parts
            parts.invariants.remove(at: index)
            if let kept = kept(parts) { return kept }
        }
        for place in program.parts.places {
            var parts = program.parts
            parts.change(around: place) { siblings, index in siblings.remove(at: index) }
            if let kept = kept(parts) { return kept }
            guard let body = program.parts.piece(at: place).body else { continue }
            parts = program.parts
            parts.change(around: place) { siblings, index in siblings.replaceSubrange(index...index, with: body) }
            if let kept = kept(parts) { return kept }
        }
        return nil
    }

    private func kept(_ parts: ProgramParts) -> RandomProgram? {
        guard let program = try? RandomProgram(parts), isKept(program) else { return nil }
        return program
    }
}
