import Machine

/// How far threads go.
extension GuidedRun {
    /// One step of a thread.
    /// - Returns: nil when it was taken.
    private mutating func step(_ thread: Int) -> Arrival? {
        log.removeAll()
        switch now.machine.step(thread, log: &log) {
        case .stepped: break
        case .finished: return .finished
        case .blocked:
            if case .blocked(let blockage) = now.machine.standing(of: thread) {
                return .blocked(now.machine.describe(blockage))
            }
            return .blocked("can't go on")
        case .finding(let finding): return .finding(finding)
        }
        now.steps += 1
        guard !log.events.isEmpty else { return nil }
        for event in now.sentences.read(log.events, now.machine) {
            now.told[thread].append(Told(event: event, step: now.steps))
        }
        return nil
    }

    /// Runs a thread until it tells something. What it waits for, others do, as long as they tell nothing.
    mutating func arrive(_ thread: Int) -> Arrival {
        var taken = 0
        while now.told[thread].isEmpty {
            guard taken < Self.patience else { return .endless }
            if let arrival = step(thread) {
                guard case .blocked = arrival, lets(thread) else { return arrival }
            }
            taken += 1
        }
        return .told
    }

    /// Lets others go on in silence until a thread that waits can take a step.
    /// - Returns: whether it has taken one.
    private mutating func lets(_ thread: Int) -> Bool {
        for other in 0..<threadCount where other != thread && now.told[other].isEmpty {
            let start = now
            for _ in 0..<Self.patience {
                guard step(other) == nil, now.told[other].isEmpty else { break }
                if step(thread) == nil { return true }
            }
            now = start
        }
        return false
    }

    // MARK: Silence

    /// Lets a task's thread come to a waypoint, if it can without telling anything.
    mutating func goTo(_ waypoint: RecordedRun.Waypoint) {
        // A lone thread comes there in any case.
        guard let thread = now.threads[waypoint.task], thread < threadCount, now.told[thread].isEmpty,
            (0..<threadCount).contains(where: { $0 != thread && !now.machine.hasFinished($0) && !isTeardown($0) })
        else { return }
        let start = now
        for _ in 0..<Self.patience {
            guard !hasReached(waypoint, thread), step(thread) == nil else { return }
            guard now.told[thread].isEmpty else {
                now = start
                return
            }
        }
    }

    private func hasReached(_ waypoint: RecordedRun.Waypoint, _ thread: Int) -> Bool {
        let functions = now.machine.program.functions
        let stack = now.machine.callStack(of: thread)
        return switch waypoint.course {
        case .enters: stack.first.map { functions[$0.function].name == waypoint.function } ?? true
        case .leaves: !stack.contains { functions[$0.function].name == waypoint.function }
        }
    }

    /// Tries whether an event fits when another thread goes on in silence before it: as far as it can, or only so far.
    mutating func advancesBefore(
        _ entry: RecordedRun.Entry, _ thread: Int, _ other: Int, from start: Position
    ) -> Bool {
        now = start
        guard now.told[other].isEmpty else { return false }
        let longest = silentSteps(of: other)
        for count in lengths(upTo: longest) where count > 0 {
            now = start
            for _ in 0..<count { _ = step(other) }
            if attempt(entry, thread) == nil { return true }
        }
        // Or between two of its own steps: what it does first may be what the other waits for.
        for count in 1..<Self.closeLook {
            now = start
            guard (0..<count).allSatisfy({ _ in step(thread) == nil }), now.told[thread].isEmpty else { break }
            let middle = now
            let reach = silentSteps(of: other)
            now = middle
            for _ in 0..<reach { _ = step(other) }
            if reach > longest, attempt(entry, thread) == nil { return true }
        }
        now = start
        return false
    }

    /// Tries whether an event fits when some thread has gone on in silence already before some of what others did between
    /// two events of its.
    mutating func advancesEarlier(_ index: Int) -> Bool {
        let failed = (now, left, last)
        var budget = Self.searches
        let leavings = left.flatMap { thread, places in places.map { (thread, $0) } }.sorted { $0.1.next > $1.1.next }
        for isClose in [false, true] {
            for (thread, leaving) in leavings
            where advances(thread, from: leaving, through: index, isClose, &budget) {
                return true
            }
        }
        (now, left, last) = failed
        return false
    }

    /// Tries one place where a thread was left.
    /// - Parameter isClose: whether it is tried step by step, or only with all the steps that it can take.
    private mutating func advances(
        _ thread: Int, from leaving: Leaving, through index: Int, _ isClose: Bool, _ budget: inout Int
    ) -> Bool {
        for place in leaving.next..<index {
            (now, left, last) = (leaving.position, [:], thread)
            guard passes(leaving.next..<place) else { return false }
            // Behind the thread's own next event it is another place.
            if place > leaving.next, last == thread { return false }
            let start = (now, left, last)
            let longest = silentSteps(of: thread)
            let counts = isClose ? lengths(upTo: longest).dropFirst() : [longest]
            for count in counts where count > 0 && budget > 0 {
                budget -= 1
                (now, left, last) = start
                for _ in 0..<count { _ = step(thread) }
                if passes(place..<index + 1) { return true }
            }
        }
        return false
    }

    private mutating func passes(_ places: Range<Int>) -> Bool {
        for index in places where pass(index, searches: false) != nil { return false }
        return true
    }

    /// The steps that a thread takes before it tells something, waits or ends.
    private mutating func silentSteps(of thread: Int) -> Int {
        for count in 0..<Self.patience {
            if step(thread) != nil { return count }
            if !now.told[thread].isEmpty { return count }
        }
        return 0
    }

    /// All of it first: what isn't told is mostly over. Then what little may matter: where a callback or a lock ends.
    private func lengths(upTo longest: Int) -> [Int] {
        [longest] + (1..<max(1, longest)).prefix(Self.closeLook)
    }

    /// So many ways are tried where an event doesn't fit, before it is given up.
    private static let searches = 300

    /// So many steps are tried one by one.
    private static let closeLook = 64
}
