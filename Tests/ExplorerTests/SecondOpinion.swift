import Explorer
import Language
import Machine

/// What the default search, the one by single steps and the reference say of one program.
struct SecondOpinion {
    let sections: Verdict
    let fine: Verdict
    let reference: ReferenceChecker

    /// States that the reference may see.
    static let limit = 20_000

    init(_ program: RandomProgram) throws {
        sections = Explorer(program.program, memoryLimit: 1 << 28).explore().verdict
        fine = Explorer(program.program, memoryLimit: 1 << 28, isFine: true).explore().verdict
        reference = try ReferenceChecker(program.bare, invariants: program.invariants, limit: Self.limit)
    }

    /// How they disagree, in short: disagreements of a kind are one; nil when they agree.
    var disagreement: String? {
        guard reference.isComplete else {
            return sections.fails == fine.fails ? nil : "default \(sections.text), fine \(fine.text)"
        }
        let properties = reference.properties
        let right = properties.isEmpty ? "holds" : "fails \(properties.sorted().joined(separator: ", "))"
        for (name, verdict) in [("default", sections), ("fine", fine)] {
            if case .bound = verdict { continue }
            if verdict.fails == properties.isEmpty { return "\(name) \(verdict.text), reference \(right)" }
            if case .fails(let finding) = verdict, !properties.contains(finding.property) {
                return "\(name) \(verdict.text), reference \(right)"
            }
        }
        return nil
    }

    var fails: Bool { !reference.properties.isEmpty || fine.fails }
}

extension Verdict {
    var fails: Bool { if case .fails = self { true } else { false } }
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
