import Language
import Machine

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
    /// Who goes on for ever, of those who should come to an end.
    var threads: [Int]

    /// What threads can do in a state.
    struct Look {
        /// Who can step, and what that leads to: nil for a finding.
        var steps: [(thread: Int, target: Int?)]
        var waitingForLock: ThreadMask
    }

    /// Those among the states of one cycle, one for each set of threads.
    static func all(in component: [Int], _ program: Program, _ looks: [Int: Look], flaws: Flaws) -> [Livelock] {
        var pending = [Set(component)]
        var result: [Livelock] = []
        while let members = pending.popLast() {
            let judged = Round(members, looks)
            guard !judged.neglected.isEmpty, !flaws.contains(.everyRoundIsFair) else {
                let busy = judged.stepping.threads.filter {
                    [.scenario, .teardown].contains(program.threads[$0].role)
                }
                guard !busy.isEmpty, let first = members.min(), !result.contains(where: { $0.threads == busy }) else { continue }
                result.append(Livelock(state: first, component: members, threads: busy))
                continue
            }
            // Where those who are neglected never could step, going round may be fair all the same.
            let rest = members.filter { state in
                !(looks[state]?.steps.contains { judged.neglected.contains($0.thread) } ?? false)
            }
            pending += Self.cycles(of: rest, looks)
        }
        return result.sorted { $0.state < $1.state }
    }

    /// Everything that happens on the way round a set of states.
    private struct Round {
        /// Who steps without leaving it.
        var stepping = ThreadMask()
        /// Who could step, is not excused, and never does.
        var neglected = ThreadMask()

        init(_ members: Set<Int>, _ looks: [Int: Look]) {
            var everEnabled = ThreadMask()
            var excused = ThreadMask()
            for state in members {
                guard let look = looks[state] else { continue }
                var enabled = ThreadMask()
                for step in look.steps {
                    enabled.insert(step.thread)
                    if let target = step.target, members.contains(target) { stepping.insert(step.thread) }
                }
                everEnabled.formUnion(enabled)
                excused.formUnion(enabled.union(look.waitingForLock).complement)
            }
            neglected = everEnabled.subtracting(stepping).subtracting(excused)
        }
    }

    /// The sets within a set of states in which every state can be come to from every other.
    private static func cycles(of members: Set<Int>, _ looks: [Int: Look]) -> [Set<Int>] {
        var left = members
        var result: [Set<Int>] = []
        while let start = left.min() {
            let ahead = reached(from: start, within: left) { looks[$0]?.steps.compactMap(\.target) ?? [] }
            var before: [Int: [Int]] = [:]
            for state in left {
                for target in looks[state]?.steps.compactMap(\.target) ?? [] where left.contains(target) {
                    before[target, default: []].append(state)
                }
            }
            let both = ahead.intersection(reached(from: start, within: left) { before[$0] ?? [] })
            let hasStep = looks[start]?.steps.contains { $0.target.map(both.contains) ?? false } ?? false
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
