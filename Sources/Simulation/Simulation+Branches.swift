import Scene

/// The ways that a session went from steps on which something else was chosen.
struct Branches: Sendable {
    struct Branch: Sendable {
        var name: String
        /// The step up to which it is the same as the one that it left.
        var from: Int
        /// Its furthest step.
        var last: Int
        /// Where the session stood on it.
        var stood: Int
        var interventions: Interventions
        var marks: [Recording.Mark]
    }

    /// Those that it isn't on, oldest first.
    private(set) var left: [Branch] = []
    /// That which it is on.
    private(set) var name = "main"
    private(set) var from = 0
    private var count = 1
    /// The one that was left last.
    private(set) var lastLeft: String?

    /// Branches that are kept, and decisions in all of them.
    private static let limit = 64
    private static let heaviest = 4_000_000

    /// Goes on under another name; the way until now is kept.
    mutating func fork(at step: Int, keeping branch: Branch) {
        keep(branch)
        count += 1
        name = "branch \(count) at \(step)"
        while left.contains(where: { $0.name == name }) { name += "'" }
        from = step
    }

    private mutating func keep(_ branch: Branch) {
        left.append(branch)
        lastLeft = branch.name
        var weight = left.reduce(0) { $0 + $1.interventions.weight }
        while left.count > 1, left.count > Self.limit || weight > Self.heaviest {
            weight -= left.removeFirst().interventions.weight
        }
    }

    /// Changes over to one that was left.
    mutating func take(_ name: String, keeping current: Branch) -> Branch? {
        guard let index = left.firstIndex(where: { $0.name == name }) else { return nil }
        let taken = left.remove(at: index)
        keep(current)
        (self.name, from) = (taken.name, taken.from)
        return taken
    }

    /// - Returns: what came of it, in words.
    mutating func rename(_ name: String) -> String {
        let wanted = String(name.prefix(60))
        guard !wanted.isEmpty else { return "a branch needs a name" }
        guard !left.contains(where: { $0.name == wanted }) else { return "there is a branch '\(wanted)' already" }
        let before = self.name
        self.name = wanted
        return "'\(before)' is called '\(wanted)' now"
    }
}

extension Simulation {
    private func currentBranch(last: Int) -> Branches.Branch {
        Branches.Branch(
            name: branches.name, from: branches.from, last: last, stood: cursor.step, interventions: interventions,
            marks: marks)
    }

    /// Something else is about to be decided at a step: the way that it went from there is kept.
    mutating func leaveBranch(at step: Int, furthest: Int) {
        guard furthest > step else { return }
        var left = currentBranch(last: furthest)
        left.stood = furthest
        branches.fork(at: step, keeping: left)
    }

    mutating func switchBranch(_ name: String) {
        guard name != branches.name else {
            message = "this is '\(name)'"
            return
        }
        guard let taken = branches.take(name, keeping: currentBranch(last: frontier)) else {
            message = "there is no branch '\(name)'"
            return
        }
        let common = min(interventions.firstDifference(from: taken.interventions), frontier, taken.last)
        let furthest = frontier
        if furthest > common { rewinds.append(common) }
        track = nil
        astray = nil
        interventions = taken.interventions
        marks = taken.marks
        frontier = taken.last
        checkpoints.truncate(after: common)
        chronicle.forget(after: common)
        trail.truncate(from: common)
        chronicle.forget(after: common)
        // Up to there the state is that of both, but for what was changed at the step itself.
        if cursor.step >= common { restore(to: common) }
        jump(to: taken.stood)
        noticeRest()
        message = "on '\(name)', at step \(cursor.step) of \(frontier)"
    }

    var branchRows: [BranchRow] {
        let current = BranchRow(
            name: branches.name, from: branches.from, last: max(frontier, cursor.step), isCurrent: true)
        let others = branches.left.map { BranchRow(name: $0.name, from: $0.from, last: $0.last, isCurrent: false) }
        return (others + [current]).sorted { ($0.from, $0.name) < ($1.from, $1.name) }
    }
}
