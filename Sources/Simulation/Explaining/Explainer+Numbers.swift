import Language
import Machine
import Scene

/// What the numbers of the header mean now, and by which steps they became so.
extension Explainer {
    func explain(_ number: HeaderNumber, _ subject: Subject) -> Explanation {
        var account = Account()
        let header = view.header(asleep: view.threads().asleep.count)
        let title: String
        var seeAlso = ["odp-vs-munmap"]
        switch number {
        case .seq:
            title = "invalidate_seq is \(header.seq)"
            tellSeq(&account)
        case .active:
            title = "\(header.active) active"
            tellActive(&account)
            seeAlso = ["nested-invalidation", "two-invalidations"]
        case .asleep:
            title = "\(header.asleep) asleep"
            tellAsleep(&account)
        case .deferred:
            title = "\(Self.count(header.deferredInserts, "insert")) and \(Self.count(header.deferredRemovals, "removal")) deferred"
            tellDeferred(&account)
            seeAlso = ["insert-in-flight", "remove-in-flight"]
        case .tree:
            title = Self.count(header.subscriptions, "notifier") + " in the tree"
            tellTree(header.subscriptions, &account)
        case .collisions:
            title = Self.count(header.counters.collisions, "collision") + " so far"
            tellCounted(.collide, "A reader collides when it begins while its notifier's number is the mm's: an invalidation over it is in flight, and it sleeps until that is over.", &account)
        case .retries:
            title = header.counters.retries == 1 ? "1 retry so far" : "\(header.counters.retries) retries so far"
            tellCounted(.retry, "A reader retries when its notifier's number is another than at its beginning: an invalidation came in between, and what it read may be stale.", &account)
        case .invalidations:
            title = Self.count(header.counters.invalidations, "invalidation") + " so far"
            tellCounted(.start, "Whoever changes entries of the CPU's page table starts an invalidation before and ends it afterwards, whether or not anybody has a notifier there.", &account)
        case .plain:
            title = "\(header.plainNotifiers) plain notifiers"
            account.fact("Plain notifiers are called for every invalidation of the mm, wherever it is; interval notifiers only for those that overlap them.")
            seeAlso = ["plain-only", "oom-nonblocking-mixed"]
        }
        return Explanation(subject: subject, title: title, sentences: account.sentences, seeAlso: seeAlso)
    }

    private func tellNothingYet(_ account: inout Account) {
        account.fact("The mm has no subscriptions: nobody has registered a notifier so far, and invalidations cost it nothing.")
    }

    // MARK: seq and active

    private func tellSeq(_ account: inout Account) {
        guard let subs = view.subscriptions, let schema = schema.subscriptions else { return tellNothingYet(&account) }
        let (seq, active) = (machine.slot(subs + schema.seq), machine.slot(subs + schema.active))
        if seq & 1 != 0 {
            account.fact("\(number(seq)) is odd: the mm is fully excluded. Some invalidation in flight overlaps a notifier, so readers of a notifier that has this number sleep, and the tree may not change.")
            tellOdd(subs, &account)
            tellWhoEnds(subs, &account)
        } else if active > 0 {
            account.fact("\(number(seq)) is even although \(active == 1 ? "an invalidation is" : "\(active) invalidations are") in flight: partially excluded. None of them hit a notifier; readers go on, and the tree may change.")
            account.consequence("The next invalidation that overlaps a notifier, or an insert, makes it odd: \(number(seq | 1)).")
        } else {
            account.fact("\(number(seq)) is even and nothing is in flight: idle. Readers go on, and the tree may change.")
            account.consequence("The next invalidation that overlaps a notifier makes it odd: \(number(seq | 1)).")
        }
        tellChanges(of: subs + schema.seq, "invalidate_seq", [.odd, .even], &account)
        account.rule("It begins at 2. The first invalidation that overlaps a notifier makes it odd, the last to end makes it even, one greater: so each odd phase has a number of its own.")
    }

    /// The last changes of a number, with what was said of them.
    private func tellChanges(of slot: Int, _ what: String, _ kinds: Set<EventKind>, _ account: inout Account) {
        let changes = past.all(of: slot)
        if changes.isEmpty { account.cause("It has been so since \(past.knownFrom == 0 ? "the setup" : "before step \(past.knownFrom)").") }
        for change in changes.suffix(4) {
            let said = self.said(by: change, kinds)
            let words = said.map { told($0) } ?? "\(name(change.thread)) changed \(what)"
            let place = self.place(change, said)
            account.cause("S\(place.dropFirst()): \(number(change.old)) → \(number(change.new)); \(words).", step: change.step)
        }
        if changes.count > 4 { account.fact("It changed \(changes.count) times since \(past.knownFrom == 0 ? "the setup" : "step \(past.knownFrom)").") }
    }

    private func tellActive(_ account: inout Account) {
        guard let subs = view.subscriptions, let mm = view.mm, let schema = schema.subscriptions else { return tellNothingYet(&account) }
        let active = Int(machine.slot(subs + schema.active))
        let flying = inFlight(in: mm)
        account.fact("active_invalidate_ranges counts the invalidations between their start and their end: \(active) now.")
        for invalidation in flying {
            account.fact("\(words(invalidation)) is in flight, started \(when(invalidation.start)).", step: invalidation.start?.step)
        }
        if flying.count > active {
            account.fact("One of them has announced itself and has not counted yet, or has left the count and not gone yet.")
        } else if flying.count < active {
            account.consequence("Of \(active) only \(flying.count) can be seen in flight. One that is over without having left, because its start was refused, is counted for ever: seq then never becomes even.")
        }
        tellChanges(of: subs + schema.active, "active", [.odd, .join, .partial, .even, .leave], &account)
        account.rule("Invalidations never wait for each other: they nest in one thread and overlap between threads. Only the last to end may make seq even.")
    }

    // MARK: Lists

    private func tellAsleep(_ account: inout Account) {
        let sleepers = view.threads().asleep
        if sleepers.isEmpty { account.fact("Nobody sleeps.") }
        for sleeper in sleepers {
            account.fact("\(sleeper.threadName) \(sleeper.isWoken ? "was woken in" : "sleeps in") \(sleeper.reason) since step \(sleeper.sinceStep).", step: sleeper.sinceStep)
        }
        if let subs = view.subscriptions, sleepers.contains(where: { !$0.isWoken }) {
            tellOdd(subs, &account)
            tellWhoEnds(subs, &account)
        }
    }

    private func tellDeferred(_ account: inout Account) {
        let entries = view.deferred()
        if entries.isEmpty { account.fact("The deferred list is empty.") }
        for entry in entries {
            let said = lastSaid { $0.kind == .defer && $0.event.firstReference?.address == entry.id.number }
            account.fact("The \(entry.change == .insert ? "insert" : "removal") of \(entry.name) over \(words(entry.range)) waits\(said.map { ": in step \($0.step) \(told($0))" } ?? "").", step: said?.step)
        }
        if let last = lastSaid(where: { $0.kind == .apply }) { account.cause("The last that was applied: \(told(last)).", step: last.step) }
        if !entries.isEmpty, let subs = view.subscriptions {
            tellOdd(subs, &account)
            tellWhoEnds(subs, &account)
        }
        account.rule("While seq is odd the tree may not change: inserts and removals are put on this list, and the last invalidation to end applies them, the last added first.")
    }

    private func tellTree(_ count: Int, _ account: inout Account) {
        guard let subs = view.subscriptions, let schema = schema.subscriptions else { return tellNothingYet(&account) }
        account.fact("\(Self.count(count, "interval notifier")) \(count == 1 ? "is" : "are") in the mm's interval tree.")
        let isOdd = machine.slot(subs + schema.seq) & 1 != 0
        account.fact(isOdd ? "seq is odd: the tree may not change now." : "seq is even: the tree may change, under the subscriptions' lock.")
        if let said = lastSaid(where: { [.insert, .remove, .apply].contains($0.kind) }) { account.cause("The last change: \(told(said)).", step: said.step) }
        account.rule("A red-black tree in which each node knows the greatest end below it: an invalidation finds the notifiers that it overlaps without looking at the others.")
    }

    private func tellCounted(_ kind: EventKind, _ rule: String, _ account: inout Account) {
        var before = step
        var count = 0
        while count < 3, let said = lastSaid(where: { $0.kind == kind && $0.step <= before }) {
            account.fact("Step \(said.step): \(told(said)).", step: said.step)
            before = said.step - 1
            count += 1
        }
        if count == 0 { account.fact("None so far.") }
        account.rule(rule)
    }
}
