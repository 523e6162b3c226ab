import Language

/// What is wrong when threads never go on, and what is left when all have ended.
extension Machine {
    /// What is wrong when no thread can step: the first of ``restFindings()``.
    public func restFinding() -> MachineFinding? { restFindings().first }

    /// Everything that is wrong when no thread can step: a deadlock or a sleeper that nobody will wake; threads that have ended
    /// with a lock; when everybody has ended, a page that stays locked, or records that are left over.
    public func restFindings() -> [MachineFinding] {
        guard isAtRest else {
            let stuck = stuckFinding(of: (0..<threadCount).filter { program.threads[$0].role != .daemon })
            return [stuck].compactMap { $0 } + holdingFindings()
        }
        return holdingFindings() + [lockedPageFinding() ?? leftOverFinding(leftOver)].compactMap { $0 }
    }

    /// The threads that have ended while they held a lock or were inside of a reader's section, each at its last step. (A page's
    /// lock is nobody's.)
    public func holdingFindings() -> [MachineFinding] {
        (0..<threadCount).compactMap { thread in
            guard let statement = ThreadEnd.statement(state.slots[block(of: thread)]) else { return nil }
            return MachineFinding(
                property: "lock-discipline", sentence: "has ended \(heldWords(of: thread))", thread: thread, statement: statement)
        }
    }

    private func heldWords(of thread: Int) -> String {
        for place in program.lockPlaces where place.type != .pageLock {
            for slot in program.slots(of: place.record, offset: place.offset)
            where state.slots[slot] == Int64(thread + 1) || place.isSemaphore && state.slots[slot + 1] & (1 << Int64(thread)) != 0 {
                return "while it holds \(placeName(slot))"
            }
        }
        // Domains only count their readers: this thread is one of them.
        var domains: [Int] = []
        for (record, info) in program.records.enumerated() {
            for field in info.fields where field.type == .srcu {
                domains += program.slots(of: record, offset: field.offset).filter { state.slots[$0 + 1] + state.slots[$0 + 2] > 0 }
            }
        }
        return "inside of a reader's section of \(domains.isEmpty ? "SRCU" : domains.map(placeName).joined(separator: " or "))"
    }

    /// A page that nobody is left to unlock, when everybody has ended.
    public func lockedPageFinding() -> MachineFinding? {
        guard isAtRest else { return nil }
        for place in program.lockPlaces where place.type == .pageLock {
            for slot in program.slots(of: place.record, offset: place.offset) where state.slots[slot] != 0 {
                let holder = Int(state.slots[slot]) - 1
                // A daemon goes on, or sleeps and would.
                if holder < threadCount, !hasFinished(holder) { continue }
                return MachineFinding(
                    property: "lock-discipline", sentence: "everything has ended, but \(holding(slot))",
                    thread: min(holder, threadCount - 1), statement: 0)
            }
        }
        return nil
    }

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
            ? "nobody can go on"
            : "\(stuck.count == 1 ? "it waits" : "they wait") for ever, whatever \(others.map(threadName).joined(separator: " and ")) may do"
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

    /// Who tidies up, and the last that it does: where it is seen what is left.
    private var lastThread: Int { program.threads.firstIndex { $0.role == .teardown } ?? threadCount - 1 }
    private var lastStatement: Int {
        program.statements.lastIndex { $0.function == program.threads[lastThread].function } ?? 0
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
            thread: lastThread, statement: lastStatement)
    }
}

/// How a thread's block says that it has ended: any number below 0 instead of a place in the code.
enum ThreadEnd {
    /// It had let go of everything.
    static let plain: Int64 = -1

    /// It ended at a statement while it held something.
    static func holding(at statement: Int) -> Int64 { -2 - Int64(statement) }

    /// The statement that it ended at, if it held something.
    static func statement(_ programCounter: Int64) -> Int? { programCounter < plain ? Int(-2 - programCounter) : nil }
}
