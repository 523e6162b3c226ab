import Language
import Machine

/// What can be wrong though everybody, or somebody, can always step: found in the cycles of the graph when all of it is known.
extension Search {
    /// Looks at every set of states that can be gone round in: first for who goes on for ever and gets nowhere (others may wait
    /// for him), and for numbers that are counted on for ever; then for who waits in vain for ever, though nobody is to blame but
    /// those that wait.
    /// - Returns: a finding that is enough.
    mutating func judgeCycles() -> FoundFinding? {
        defer { if stepper.isWrong { contradict("a step that was taken before shows only now that something is shared") } }
        let components = transitions.cycles().sorted { $0.states[0] < $1.states[0] }
        for component in components {
            if let enough = livelocks(in: component.states) { return enough }
        }
        guard !has(.daemonsHideDeadlocks) else { return nil }
        for component in components where component.isFinal {
            if let enough = stuck(in: component.states) ?? leftOvers(in: component.states) { return enough }
        }
        return nil
    }

    /// In states that are never left again: threads that can't step in any of them never will.
    private mutating func stuck(in states: [Int]) -> FoundFinding? {
        var candidates = ThreadMask(program.threads.indices.filter { program.threads[$0].role != .daemon })
        var busy = ThreadMask()
        for state in states {
            let base = load(state)
            candidates = stepper.look(at: base) { machine in ThreadMask(candidates.threads.filter { !machine.hasFinished($0) }) }
            guard !candidates.isEmpty else { return nil }
            for successor in successors(of: state) { busy.insert(successor.edge.thread) }
            candidates = candidates.subtracting(busy)
        }
        guard !candidates.isEmpty else { return nil }
        let first = load(states[0])
        guard let finding = stepper.look(at: first, { $0.stuckFinding(of: candidates.threads, beside: busy.threads) }) else { return nil }
        return note(finding, behind: states[0])
    }

    /// Everybody has ended but daemons that go on for ever: a page stays locked, or records are left that none of them ever frees.
    private mutating func leftOvers(in states: [Int]) -> FoundFinding? {
        guard !has(.leftoversAreFine) else { return nil }
        var left: Set<Int>?
        var isLocked = true
        for state in states where isLocked || left?.isEmpty != true {
            let base = load(state)
            let here = stepper.look(at: base) { $0.leftOver }
            left = left?.intersection(here) ?? here
            if isLocked { isLocked = stepper.look(at: base) { $0.lockedPageFinding() != nil } }
        }
        let first = load(states[0])
        let finding = stepper.look(at: first) { isLocked ? $0.lockedPageFinding() : $0.leftOverFinding(left ?? []) }
        return finding.flatMap { note($0, behind: states[0]) }
    }

    private mutating func livelocks(in states: [Int]) -> FoundFinding? {
        var looks: [Int: Livelock.Look] = [:]
        let members = Set(states)
        for state in states {
            let successors = successors(of: state)
            if successors.contains(where: { $0.advances && $0.state.map(members.contains) ?? false }) { notePremise() }
            let base = load(state)
            looks[state] = Livelock.Look(
                steps: successors.map { ($0.edge.thread, $0.state) }, waitingForLock: stepper.waitingForLock(in: base))
        }
        guard !has(.roundsAreFine) else { return nil }
        for livelock in Livelock.all(in: states, program, looks, flaws: has(.everyRoundIsFair) ? .everyRoundIsFair : []) {
            if has(.teardownMayGoRound), livelock.threads.allSatisfy({ program.threads[$0].role == .teardown }) { continue }
            let round = round(from: livelock.state, within: livelock.component)
            let finding = finding(livelock, round)
            if let enough = note(finding, behind: livelock.state, round) { return enough }
        }
        return nil
    }

    private mutating func finding(_ livelock: Livelock, _ round: [Edge]) -> MachineFinding {
        let others = livelock.threads.dropFirst().map { program.threads[$0].name }
        let thread = livelock.threads.first ?? 0
        let steps = round.reduce(0) { $0 + $1.length }
        let base = load(livelock.state)
        return MachineFinding(
            property: "no-livelock",
            sentence: Livelock.sentence(steps: steps, with: others),
            thread: thread, statement: stepper.look(at: base) { $0.statement(of: thread) ?? 0 })
    }

    /// The shortest way from a state back to itself.
    private mutating func round(from start: Int, within members: Set<Int>) -> [Edge] {
        var cameFrom: [Int: (state: Int, edge: Edge)] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count, cameFrom[start] == nil {
            let state = queue[next]
            next += 1
            for successor in successors(of: state) {
                guard let target = successor.state, members.contains(target), cameFrom[target] == nil else { continue }
                cameFrom[target] = (state, successor.edge)
                queue.append(target)
            }
        }
        var result: [Edge] = []
        var state = start
        repeat {
            guard let (before, edge) = cameFrom[state] else { break }
            result.append(edge)
            state = before
        } while state != start
        return result.reversed()
    }
}
