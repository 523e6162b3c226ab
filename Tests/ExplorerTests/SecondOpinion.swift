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

    /// Each search with what it says, and all that it found; nil where it stopped at the first.
    private(set) var searches: [(name: String, verdict: Verdict, all: Set<Place>?)] = []
    let reference: ReferenceChecker
    private let invariants: Set<String>

    /// States that the reference may see, and the searches.
    static let limit = 20_000
    private static let searchLimit = 60_000

    /// - Parameter isThorough: the search by single steps is also made up to the first finding.
    init(_ program: RandomProgram, isThorough: Bool = true, flaws: Flaws = []) throws {
        invariants = Set(program.parts.invariants.map(\.name))
        reference = try ReferenceChecker(program.bare, invariants: program.invariants, limit: Self.limit)
        search(program.program, "default", isFine: false, findsAll: false, flaws)
        search(program.program, "default, all", isFine: false, findsAll: true, flaws)
        search(program.program, "fine, all", isFine: true, findsAll: true, flaws)
        if isThorough { search(program.program, "fine", isFine: true, findsAll: false, flaws) }
    }

    private mutating func search(_ program: Program, _ name: String, isFine: Bool, findsAll: Bool, _ flaws: Flaws) {
        var explorer = Explorer(program, memoryLimit: 1 << 30, isFine: isFine)
        explorer.findsAll = findsAll
        explorer.flaws = flaws
        let result = explorer.explore { $0.states < Self.searchLimit }
        let isWhole = findsAll && result.bound == nil
        searches.append((name, result.verdict, isWhole ? Set(result.findings.map { place($0.finding, program) }) : nil))
    }

    /// What is found in a state, and not by a step, has no place.
    private func place(_ finding: MachineFinding, _ program: Program) -> Place {
        let isOfState = ["no-deadlock", "no-lost-wakeup", "no-livelock", "refs-balanced"].contains(finding.property)
        guard !isOfState, !invariants.contains(finding.property) else { return Place(property: finding.property) }
        return Place(property: finding.property, thread: finding.thread, line: program.statements[finding.statement].line)
    }

    /// How they disagree, in short: disagreements of a kind are one; nil when they agree.
    var disagreement: String? {
        for search in searches { if case .inconsistent(let why) = search.verdict { return "\(search.name) contradicts itself: \(why)" } }
        guard reference.isComplete else {
            let all = searches.compactMap(\.all)
            return all.count < 2 || all[0] == all[1] ? nil : "default and fine have other findings"
        }
        let right = reference.properties.isEmpty ? "holds" : "fails \(reference.properties.sorted().joined(separator: ", "))"
        for (name, verdict, all) in searches {
            if case .bound = verdict { continue }
            if case .fails(let finding) = verdict, reference.properties.contains(finding.property) {} else if verdict != .holds || right != "holds" {
                return "\(name): \(verdict.short), reference \(right)"
            }
            guard let all, all != places else { continue }
            let (more, less) = (all.subtracting(places), places.subtracting(all))
            return "\(name): "
                + (more.map { "finds \($0.property), which isn't there" } + less.map { "misses \($0.property)" }).sorted().joined(separator: ", ")
        }
        return nil
    }

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
