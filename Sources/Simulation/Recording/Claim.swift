import Language
import Machine

extension Recording {
    /// What an explorer found at the end of a schedule where no step shows it: somebody who is blocked there for ever, or what is
    /// left over, while others go on; or a round that can be gone for ever.
    public struct Claim: Sendable, Equatable {
        /// The property that fails.
        public var property: String
        /// The first thread that it is about.
        public var thread: Int

        public init(property: String, thread: Int) {
            self.property = property
            self.thread = thread
        }

        static let livelock = "no-livelock"
        /// The properties that a claim can be about.
        static let properties = ["no-deadlock", "no-lost-wakeup", leftOver, held, livelock]
        static let leftOver = "refs-balanced"
        /// A thread that has ended with a lock, or a page that stays locked.
        static let held = "lock-discipline"
    }
}

/// What is at the end of a recording.
public enum RecordingEnd: Sendable, Equatable {
    /// Everything has ended.
    case rest
    /// It could go on.
    case open
    case finding(MachineFinding)
    /// It doesn't come there, or what was found there isn't so.
    case astray(Astray)
}

extension Simulation {
    /// What a recording ends with. That nobody can go on is found by trying, and what its explorer said is looked at again as far as
    /// one run can tell.
    /// - Parameter recording: the one that this simulation has been run along.
    public mutating func conclude(_ recording: Recording) -> RecordingEnd {
        if astray == nil, step == recording.end { noticeRest() }
        if let astray { return .astray(astray) }
        if let claimed = claimedAtRest(recording) { return .finding(claimed) }
        if let finding { return .finding(finding) }
        guard !hasEnded else { return .rest }
        guard step == recording.end, let claim = recording.claim else { return .open }
        guard Recording.Claim.properties.contains(claim.property) else { return .astray(untrue(claim, "nothing fails here")) }
        switch claim.property {
        case Recording.Claim.livelock: return judgeRound(claim, recording)
        case Recording.Claim.leftOver:
            guard let finding = machine.leftOverFinding(machine.leftOver) else {
                return .astray(untrue(claim, "nothing is left over here"))
            }
            return .finding(finding)
        case Recording.Claim.held:
            let all = machine.holdingFindings() + [machine.lockedPageFinding()].compactMap { $0 }
            guard let finding = all.first(where: { $0.thread == claim.thread }) else {
                return .astray(untrue(claim, "it holds nothing here"))
            }
            return .finding(finding)
        default: return judgeBlocked(claim)
        }
    }

    /// Whether what it has stopped at is what an explorer found, so that nothing need be claimed.
    func shows(_ claim: Recording.Claim?) -> Bool {
        guard hasEnded, let claim else { return hasEnded }
        guard let finding else { return true }
        return finding.property == claim.property && finding.thread == claim.thread || !isAtRestFinding(finding)
    }

    private func isAtRestFinding(_ finding: MachineFinding) -> Bool { machine.restFindings().contains(finding) }

    /// Of several things that are wrong where nobody can go on, the one that the explorer told.
    private func claimedAtRest(_ recording: Recording) -> MachineFinding? {
        guard hasEnded, step == recording.end, let claim = recording.claim else { return nil }
        return machine.restFindings().first { $0.property == claim.property && $0.thread == claim.thread }
    }

    /// That it is for ever no single run shows; that it is blocked here one does.
    private func judgeBlocked(_ claim: Recording.Claim) -> RecordingEnd {
        let others = (0..<machine.threadCount).filter(cursor.canStep)
        guard claim.thread < machine.threadCount, !others.contains(claim.thread),
            let stuck = machine.stuckFinding(of: [claim.thread], beside: others)
        else { return .astray(untrue(claim, "it isn't blocked here")) }
        return .finding(finding(claim, stuck.sentence))
    }

    /// Everything has to be as it was at some step before: then nothing was completed between the two, and it can go on so.
    private func judgeRound(_ claim: Recording.Claim, _ recording: Recording) -> RecordingEnd {
        let end = machine.canonicalKey
        var runner = Simulation(program, replaying: recording)
        var start: Int?
        while runner.step < step {
            if runner.machine.canonicalKey == end { start = runner.step }
            guard runner.stepForward() else { break }
        }
        guard let start, program.threads.indices.contains(claim.thread) else {
            return .astray(untrue(claim, "nothing comes round here"))
        }
        let sentence = "\(name(of: claim.thread)) can go on for ever: after step \(step) everything is as it was after step "
            + "\(start), and nothing has been completed"
        return .finding(finding(claim, sentence))
    }

    private func finding(_ claim: Recording.Claim, _ sentence: String) -> MachineFinding {
        MachineFinding(
            property: claim.property, sentence: sentence, thread: claim.thread,
            statement: machine.statement(of: claim.thread) ?? 0)
    }

    private func untrue(_ claim: Recording.Claim, _ reason: String) -> Astray {
        let name = program.threads.indices.contains(claim.thread) ? name(of: claim.thread) : "thread \(claim.thread)"
        return Astray(step: step, sentence: "check found \(claim.property) of \(name) behind step \(step), but \(reason)")
    }
}
