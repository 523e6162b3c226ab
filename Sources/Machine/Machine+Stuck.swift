import Language

/// What is wrong when threads never go on.
extension Machine {
    /// Whether a thread can go on. Where it first chooses and may then have to wait, every way is tried.
    public func canStep(_ thread: Int) -> Bool {
        guard case .ready = standing(of: thread), let statement = statement(of: thread) else { return false }
        let info = program.statements[statement]
        guard info.hasChoice, info.mayBlock else { return true }
        var log = EventLog(isOn: false)
        var choice: UInt64 = 0
        for _ in 0..<Self.mostWays {
            var machine = self
            if machine.step(thread, choice: choice, log: &log) != .blocked { return true }
            choice = machine.nextChoice
            if choice == 0 { return false }
        }
        return true
    }

    /// Ways that are tried.
    private static let mostWays = 1 << 16

    /// What is wrong when these threads, which can't go on now, never will: `no-lost-wakeup` if all of them sleep on wait queues,
    /// `no-deadlock` otherwise. Nil when all that they wait for is the others' end.
    /// - Parameter others: who goes on for ever beside them.
    public func stuckFinding(of threads: [Int], beside others: [Int] = []) -> MachineFinding? {
        var stuck: [(thread: Int, cause: Blockage.Cause?, what: String)] = []
        for thread in threads {
            switch standing(of: thread) {
            case .finished: continue
            case .blocked(let blockage):
                guard blockage.cause != .teardown else { continue }
                stuck.append((thread, blockage.cause, describe(blockage)))
            // It chooses, and whichever way it goes it has to wait.
            case .ready: stuck.append((thread, nil, "can't go on whatever it chooses"))
            }
        }
        guard let first = stuck.first else { return nil }
        let what = stuck.map { "\(threadName($0.thread)) \($0.what)" }.joined(separator: "; ")
        let who = others.isEmpty
            ? "nobody can go on" : "never goes on, whatever \(others.map(threadName).joined(separator: " and ")) may do"
        return MachineFinding(
            property: stuck.allSatisfy { $0.cause == .sleep } ? "no-lost-wakeup" : "no-deadlock",
            sentence: "\(who): \(what)", thread: first.thread, statement: statement(of: first.thread) ?? 0)
    }

    /// The kinds of records of which some are alive, by the number of their segment; none as long as somebody has still to end, or
    /// when the scenario takes nothing apart.
    public var leftOver: Set<Int> {
        guard isAtRest, program.threads.contains(where: { $0.role == .teardown }) else { return [] }
        return Set(program.segments.indices.filter { number in
            let segment = program.segments[number]
            guard segment.parent == nil else { return false }
            return (0..<segment.count).contains { isLiveRecord(at: segment.base + $0 * segment.stride) }
        })
    }

    /// What is wrong when records of these kinds are never freed.
    public func leftOverFinding(_ segments: Set<Int>) -> MachineFinding? {
        guard !segments.isEmpty else { return nil }
        let left = segments.sorted().map { number -> String in
            let segment = program.segments[number]
            let live = (0..<segment.count).count { isLiveRecord(at: segment.base + $0 * segment.stride) }
            return "\(live) \(program.records[segment.record].label)"
        }
        return MachineFinding(
            property: "refs-balanced", sentence: "everything has ended, but \(left.joined(separator: ", ")) is still there",
            thread: threadCount - 1, statement: 0)
    }
}
