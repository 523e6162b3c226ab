import Language

/// A set of states that threads can go round in for ever although everybody who always could step does so now and then
/// (weak fairness): then somebody steps and steps and never completes anything.
struct Livelock {
    /// A state on the way round.
    var state: Int
    /// All of them.
    var component: Set<Int>
    /// Who goes on for ever.
    var threads: [Int]

    /// Judges the states of one cycle.
    /// - Parameter steps: from a state, who can step and what that leads to.
    /// - Returns: nil when no fair schedule stays there, or only daemons step.
    init?(_ component: [Int], _ program: Program, steps: (Int) -> [(thread: Int, target: Int)]) {
        let members = Set(component)
        var stepping: UInt64 = 0
        var alwaysEnabled = UInt64.max
        for state in component {
            var enabled: UInt64 = 0
            for step in steps(state) {
                let bit: UInt64 = 1 << UInt64(step.thread)
                enabled |= bit
                if members.contains(step.target) { stepping |= bit }
            }
            alwaysEnabled &= enabled
        }
        // Somebody who always could and never does is not treated fairly: that is no schedule to complain of.
        guard alwaysEnabled & ~stepping == 0, let first = component.first else { return nil }
        let busy = program.threads.indices.filter {
            program.threads[$0].role == .scenario && stepping & (1 << UInt64($0)) != 0
        }
        guard !busy.isEmpty else { return nil }
        state = first
        self.component = members
        threads = busy
    }
}
