import Machine

/// What came of exploring a scenario.
public enum Verdict: Sendable, Equatable {
    /// No schedule makes anything fail.
    case holds
    /// The first schedule, of those with the fewest stretches of steps, that ends in this.
    case fails(MachineFinding)
    /// A bound was reached first: what was looked for was not found as far as it got.
    case bound(Bound)
    /// mmuscope contradicts itself, as said here: a mistake of its own. Nothing is known of the scenario.
    case inconsistent(String)

    public enum Bound: Sendable, Equatable {
        /// Bytes.
        case memory(Int)
        case interrupted
        /// The scenario is for running, not for exploring: a workload has no end.
        case workload
        /// Somewhere there are more ways to choose than are told apart.
        case choices
        /// The setup was cut off before its end: there is no start state.
        case setup
    }
}

/// What an exploration takes for granted beside what holds of every one.
public enum Premise: Sendable, Hashable {
    /// A number of so many bits is counted on for ever, and taken as never coming round to where it was.
    case neverComesRound(bits: Int)

    /// As a sentence, without a full stop.
    public var sentence: String {
        switch self {
        case .neverComesRound(let bits): "a sequence number of \(bits) bits never comes round to where it was"
        }
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

/// A finding, and a schedule that leads to it.
public struct FoundFinding: Sendable {
    public var finding: MachineFinding
    /// From the start; its last step makes the finding, unless it is one about the state that it leads to, or about going round:
    /// then the round is its end.
    public var schedule: [ScheduledStep]

    /// What makes two findings different ones: the property, and where.
    struct Identity: Hashable {
        var property: String
        var thread: Int
        var statement: Int
    }

    var identity: Identity { Identity(property: finding.property, thread: finding.thread, statement: finding.statement) }
}

/// An exploration that has ended.
public struct ExplorationResult: Sendable {
    public var verdict: Verdict
    /// The steps that lead to the verdict's finding; empty when there is none.
    public var schedule: [ScheduledStep] = []
    public var figures = ExplorationFigures()
    /// Which steps were taken, if that was asked for.
    public var coverage: Coverage?
    /// Every finding that was met, each property and place once, in the order in which they were found. The verdict's own is among
    /// them; unless all were asked for (or another one was wanted) it is the only one.
    public var findings: [FoundFinding] = []
    /// What was reached before all had been seen; nil when nothing was, or the search ended at a finding.
    public var bound: Verdict.Bound?
    /// What the verdict takes for granted.
    public var premises: [Premise] = []
}
