import Language

/// A set of states that threads can go round in for ever in a fair schedule: then somebody steps and steps and never completes
/// anything.
///
/// Fair is: whoever always could step, steps now and then; and whoever waits for a lock that is free now and then gets it some
/// time, as the kernel's queued locks see to. (What waits for something else may find it gone each time.)
struct Livelock {
    /// A state on the way round.
    var state: Int
    /// All of them.
    var component: Set<Int>
    /// Who goes on for ever.
    var threads: [Int]

    /// What threads can do in a state.
    struct Look {
        /// Who can step, and what that leads to.
        var steps: [(thread: Int, target: Int)]
        /// The threads that wait for a lock, as bits.
        var waitingForLock: UInt64
    }

    /// Looks for one among the states of one cycle.
    init?(_ component: [Int], _ program: Program, look: (Int) -> Look) {
        var looks: [Int: Look] = [:]
        for state in component { looks[state] = look(state) }
        var pending = [Set(component)]
        while let members = pending.popLast() {
            let judged = Round(members, looks)
            guard !judged.neglected.isEmpty else {
                let busy = program.threads.indices.filter {
                    program.threads[$0].role == .scenario && judged.stepping & (1 << UInt64($0)) != 0
                }
                guard !busy.isEmpty, let first = members.min() else { continue }
                state = first
                self.component = members
                threads = busy
                return
            }
            // Where those who are neglected never could step, going round may be fair all the same.
            let rest = members.filter { state in
                !(looks[state]?.steps.contains { judged.neglected.contains($0.thread) } ?? false)
            }
            pending += Self.cycles(of: rest, looks)
        }
        return nil
    }

    /// Everything that happens on the way round a set of states.
    private struct Round {
        /// Who steps without leaving it, as bits.
        var stepping: UInt64 = 0
        /// Who could step, is not excused, and never does.
        var neglected: Set<Int> = []

        init(_ members: Set<Int>, _ looks: [Int: Look]) {
            var everEnabled: UInt64 = 0
            var excused: UInt64 = 0
            for state in members {
                guard let look = looks[state] else { continue }
                var enabled: UInt64 = 0
                for step in look.steps {
                    enabled |= 1 << UInt64(step.thread)
                    if members.contains(step.target) { stepping |= 1 << UInt64(step.thread) }
                }
                everEnabled |= enabled
                excused |= ~(enabled | look.waitingForLock)
            }
            let forgotten = everEnabled & ~stepping & ~excused
            neglected = Set((0..<64).filter { forgotten & (1 << UInt64($0)) != 0 })
        }
    }

    /// The sets within a set of states in which every state can be come to from every other.
    private static func cycles(of members: Set<Int>, _ looks: [Int: Look]) -> [Set<Int>] {
        var left = members
        var result: [Set<Int>] = []
        while let start = left.min() {
            let ahead = reached(from: start, within: left) { looks[$0]?.steps.map(\.target) ?? [] }
            var before: [Int: [Int]] = [:]
            for state in left {
                for step in looks[state]?.steps ?? [] where left.contains(step.target) { before[step.target, default: []].append(state) }
            }
            let both = ahead.intersection(reached(from: start, within: left) { before[$0] ?? [] })
            let hasStep = looks[start]?.steps.contains { both.contains($0.target) } ?? false
            if hasStep { result.append(both) }
            left.subtract(both)
        }
        return result
    }

    private static func reached(from start: Int, within members: Set<Int>, next: (Int) -> [Int]) -> Set<Int> {
        var result: Set<Int> = [start]
        var pending = [start]
        while let state = pending.popLast() {
            for target in next(state) where members.contains(target) && result.insert(target).inserted { pending.append(target) }
        }
        return result
    }
}
