import Language
import Machine

/// Explores every schedule of a scenario: breadth first, over states that no future can tell apart.
///
/// Deterministic: the same program gives the same states in the same order, and the same counterexample.
public struct Explorer: Sendable {
    public var program: Program
    /// Bytes that the states may take.
    public var memoryLimit: Int
    /// Every statement is a step of its own; otherwise stretches under a lock are one step where nobody can tell.
    public var isFine: Bool

    /// Which steps were taken is noted.
    public var notesCoverage = false

    public init(_ program: Program, memoryLimit: Int = 4 << 30, isFine: Bool = false) {
        self.program = program
        self.memoryLimit = memoryLimit
        self.isFine = isFine
    }

    /// Runs to the verdict.
    /// - Parameters:
    ///   - start: the state to begin at; the scenario's own when nil.
    ///   - progress: told every few thousand states how far it has come; false ends it.
    public func explore(
        from start: Machine? = nil, progress: (ExplorationFigures) -> Bool = { _ in true }
    ) -> ExplorationResult {
        let machine = start ?? Machine(program)
        if let finding = machine.setupFinding {
            return ExplorationResult(verdict: .fails(finding), schedule: [], figures: ExplorationFigures())
        }
        guard !program.scenario.isWorkload else {
            return ExplorationResult(verdict: .bound(.workload), schedule: [], figures: ExplorationFigures())
        }
        var coverage = notesCoverage ? Coverage(program) : nil
        if start == nil { coverage?.noteStart(machine) }
        guard !isFine else {
            var search = Search(machine, memoryLimit: memoryLimit, sections: nil, coverage: coverage)
            return search.run(progress).result
        }
        var sections = Sections(program)
        sections.learn(from: machine)
        var restarts = 0
        while true {
            var search = Search(machine, memoryLimit: memoryLimit, sections: sections, coverage: coverage)
            var (result, after) = search.run(progress)
            result.figures.restarts = restarts
            guard var after, after.isWrong else { return result }
            after.correct()
            sections = after
            restarts += 1
        }
    }
}
