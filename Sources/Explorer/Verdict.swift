import Machine

/// What came of exploring a scenario.
public enum Verdict: Sendable, Equatable {
    /// No schedule makes anything fail.
    case holds
    /// The first schedule, of those with the fewest steps, that ends in this.
    case fails(MachineFinding)
    /// A bound was reached first: nothing was found as far as it got.
    case bound(Bound)

    public enum Bound: Sendable, Equatable {
        /// Bytes.
        case memory(Int)
        case interrupted
        /// The scenario is for running, not for exploring: a workload has no end.
        case workload
        /// Somewhere there are more ways to choose than are told apart.
        case choices
    }
}

/// How large an exploration was.
public struct ExplorationFigures: Sendable, Equatable {
    /// States that are told apart.
    public var states = 0
    /// Steps from one to another.
    public var transitions = 0
    /// Steps on the longest of the shortest ways.
    public var depth = 0
    /// Bytes that the states take, with the steps that led to them.
    public var bytes = 0
    /// Whether some state can be come back to.
    public var hasCycle = false
    /// How often an assumption about what a lock protects turned out wrong and it began again.
    public var restarts = 0

    public var bytesPerState: Double { states == 0 ? 0 : Double(bytes) / Double(states) }
}

/// An exploration that has ended.
public struct ExplorationResult: Sendable {
    public var verdict: Verdict
    /// The steps that lead to the finding; empty when there is none.
    public var schedule: [ScheduledStep]
    public var figures: ExplorationFigures
    /// Which steps were taken, if that was asked for.
    public var coverage: Coverage?
}
