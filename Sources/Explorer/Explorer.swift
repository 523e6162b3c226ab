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
    /// A path ends at its finding, and the search goes on: every finding there is.
    public var findsAll = false
    /// The property that is looked for: a finding of another one ends its path only. Nil takes the first that comes.
    public var wanted: String?
    /// What is wrong with the search on purpose.
    package var flaws: Flaws = []

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
            return ExplorationResult(verdict: .fails(finding), findings: [FoundFinding(finding: finding, schedule: [])])
        }
        guard !machine.setupWasCutOff else { return ExplorationResult(verdict: .bound(.setup), bound: .setup) }
        guard !program.scenario.isWorkload else { return ExplorationResult(verdict: .bound(.workload), bound: .workload) }
        var plan = Search.Plan(
            memoryLimit: memoryLimit, sections: nil, coverage: notesCoverage ? Coverage(program) : nil, findsAll: findsAll,
            wanted: wanted, flaws: flaws)
        if start == nil { plan.coverage?.noteStart(machine) }
        if !isFine {
            var sections = Sections(program, flaws: flaws)
            sections.learn(from: machine)
            plan.sections = sections
        }
        var restarts = 0
        while true {
            var search = Search(machine, plan)
            switch search.run(progress) {
            case .ended(var result):
                result.figures.restarts = restarts
                return result
            case .mistaken(.sections(var after)):
                after.correct()
                plan.sections = after
            case .mistaken(.sequences): plan.hasAbsoluteSequences = true
            }
            restarts += 1
        }
    }
}
