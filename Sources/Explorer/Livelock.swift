import Language
import Machine

/// Looks among cycles for one that threads can go round for ever although everybody who always could step does so now and then
/// (weak fairness): then somebody steps and steps and never completes anything, or sleeps and is never woken.
struct Livelock {
    let program: Program
    let transitions: Transitions

    /// A way to go on for ever.
    struct Finding {
        /// A state on it.
        var state: Int
        /// All of its states.
        var component: [Int]
        var property: String
        /// Who goes on for ever, or (asleep) never does.
        var threads: [Int]
    }

    func find(count: Int) -> Finding? {
        for component in transitions.cycles(count: count).sorted(by: { $0[0] < $1[0] }) {
            if let finding = judge(component) { return finding }
        }
        return nil
    }

    private func judge(_ component: [Int]) -> Finding? {
        let members = Set(component)
        var stepping: UInt64 = 0
        var alwaysEnabled = UInt64.max
        var everEnabled: UInt64 = 0
        for state in component {
            var enabled: UInt64 = 0
            for edge in transitions[state] {
                let bit: UInt64 = 1 << UInt64(transitions.threads[edge])
                enabled |= bit
                if members.contains(Int(transitions.targets[edge])) { stepping |= bit }
            }
            alwaysEnabled &= enabled
            everEnabled |= enabled
        }
        // Somebody who always could and never does is not treated fairly: that is no schedule to complain of.
        guard alwaysEnabled & ~stepping == 0 else { return nil }
        let workers = program.threads.indices.filter { program.threads[$0].role == .scenario }
        let busy = workers.filter { stepping & (1 << UInt64($0)) != 0 }
        guard busy.isEmpty else {
            return Finding(state: component[0], component: component, property: "no-livelock", threads: busy)
        }
        return nil
    }
}
