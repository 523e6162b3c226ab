import Language
import Machine
import Scene

/// What a notifier's state means for who reads its range.
extension Explainer {
    func explain(notifier address: Int, _ subject: Subject) -> Explanation {
        guard let interval = schema.interval, machine.liveRecords(interval.record).contains(address) else {
            return Explanation(subject: nil, title: "That notifier is no more", sentences: [
                Explanation.Sentence(.fact, "The record that held it has been freed, or was not made yet at this step.")
            ])
        }
        let name = machine.name(ofRecordAt: address)
        let range = view.range(ofNotifier: address)
        var account = Account()
        let state = state(of: address)
        let seq = machine.slot(address + interval.seq)
        let subs = subscriptions(ofNotifier: address)
        if state != .detached { account.fact("\(name) watches \(words(range)).") }
        var seeAlso: [String] = []
        switch state {
        case .detached: tellDetached(address, &account)
        case .insertDeferred:
            tellDeferral(address, isInsert: true, subs, &account)
            seeAlso = ["insert-in-flight"]
        case .removalDeferred:
            tellDeferral(address, isInsert: false, subs, &account)
            seeAlso = ["remove-in-flight"]
        case .idle, .colliding:
            account.fact("It is in the tree: every invalidation that overlaps it calls it.")
            tellApplied(address, &account)
        }
        if state != .detached, let subs { tellSequence(address, seq, subs, state, &account) }
        tellCalls(address, &account)
        if seeAlso.isEmpty { seeAlso = state == .colliding ? ["odp-vs-munmap", "two-invalidations"] : ["odp-vs-munmap"] }
        return Explanation(
            subject: subject, title: "\(name)\(state == .detached ? "" : " over \(words(range))")",
            sentences: account.sentences, seeAlso: seeAlso)
    }

    /// On the list and in the tree is a deferred removal, or for a moment an insert that is just being applied: it came into
    /// the tree when it was on the list already.
    private func state(of address: Int) -> NotifierState {
        let shown = view.state(ofNotifier: address)
        guard shown == .removalDeferred, let interval = schema.interval else { return shown }
        let info = program.records[interval.record]
        guard let node = info.nodeOffset, let link = info.linkOffset,
            let inserted = past.last(of: address + node, where: { $0.new != 0 && $0.old == 0 }),
            let listed = past.last(of: address + link + 2, where: { $0.new != 0 }), inserted.step > listed.step
        else { return shown }
        return .idle
    }

    private func tellDetached(_ address: Int, _ account: inout Account) {
        account.fact("It is not registered: no invalidation calls it.")
        if let said = lastSaid(where: { [.insert, .remove, .apply, .defer].contains($0.kind) && $0.event.firstReference?.address == address }) {
            account.cause("The last of it: \(told(said)).", step: said.step)
        }
        account.consequence("Nothing tells its driver of changes: what the device maps there would become stale unnoticed.")
    }

    private func tellDeferral(_ address: Int, isInsert: Bool, _ subs: Int?, _ account: inout Account) {
        let name = machine.name(ofRecordAt: address)
        let said = lastSaid { $0.kind == .defer && $0.event.firstReference?.address == address }
        let what = isInsert ? "insert" : "removal"
        account.fact(
            isInsert
                ? "Its insert is deferred: it is on the deferred list, and not in the tree yet."
                : "Its removal is deferred: it is on the deferred list, and still in the tree, where it is still called.",
            step: said?.step)
        if let said { account.cause("In step \(said.step) \(told(said)).", step: said.step) }
        guard let subs, let schema = schema.subscriptions else { return }
        let seq = machine.slot(subs + schema.seq)
        if seq & 1 != 0, let change = past.last(of: subs + schema.seq) {
            let said = self.said(by: change, [.odd])
            let words = said.map { told($0) } ?? "\(self.name(change.thread)) made it \(number(change.new))"
            account.cause("seq has been odd since \(place(change, said)): \(words).", step: change.step)
        }
        account.rule("While seq is odd the tree may not change: whoever walks it holds no lock.")
        account.consequence(
            seq & 1 != 0
                ? "The last invalidation to end makes seq even and applies the \(what) of \(name) before it wakes anybody."
                : "seq is even again: the thread that made it so is about to apply the \(what).")
        tellWhoEnds(subs, &account)
        if !isInsert {
            let removers = view.threads().asleep.filter { $0.notifier?.number == address }
            for sleeper in removers { account.fact("\(sleeper.threadName) sleeps in \(sleeper.reason) until then.", step: sleeper.sinceStep) }
        }
    }

    /// An insert that had been deferred, and when it was applied.
    private func tellApplied(_ address: Int, _ account: inout Account) {
        let said = lastSaid { [.insert, .odd, .apply, .defer].contains($0.kind) && $0.event.firstReference?.address == address }
        guard let said, said.kind == .apply else { return }
        let deferral = lastSaid { $0.kind == .defer && $0.event.firstReference?.address == address && $0.step <= said.step }
        if let deferral {
            account.cause("Its insert was deferred in step \(deferral.step), for seq was odd, and applied in step \(said.step) by \(name(said.event.thread)), which made seq even.", step: said.step)
        }
    }

    // MARK: Its number against the mm's

    private func tellSequence(_ address: Int, _ seq: Int64, _ subs: Int, _ state: NotifierState, _ account: inout Account) {
        guard let schema = schema.subscriptions, let interval = self.schema.interval else { return }
        let whole = machine.slot(subs + schema.seq)
        let change = past.last(of: address + interval.seq)
        if seq == whole {
            account.fact("Its invalidate_seq is \(number(seq)), and so is the mm's: it counts as colliding.", step: change?.step)
            account.consequence("A reader that begins now sleeps until the mm's number is another.")
            tellOdd(subs, &account)
            tellWhoEnds(subs, &account)
        } else {
            account.fact("Its invalidate_seq is \(number(seq)), the mm's is \(number(whole)): they differ.", step: change?.step)
            account.consequence("A reader that begins now goes on at once with \(number(seq)), and has to begin again if an invalidation sets another number meanwhile.")
            if whole & 1 != 0, state == .idle { tellOverlap(address, whole, subs, &account) }
        }
        tellOrigin(address, seq, change, &account)
    }

    /// seq is odd for something that this notifier's number doesn't show.
    private func tellOverlap(_ address: Int, _ whole: Int64, _ subs: Int, _ account: inout Account) {
        let range = view.range(ofNotifier: address)
        let over = (mm(ofSubscriptions: subs).map { inFlight(in: $0) } ?? []).filter { $0.range.overlaps(range) }
        if let first = over.first {
            account.fact("\(words(first)) overlaps it and is in flight: its callback has not set the number yet, or belongs to an earlier odd phase.", step: first.start?.step)
        } else {
            account.fact("The mm's seq is odd for the sake of another notifier: no invalidation in flight overlaps this one.")
        }
    }

    /// Who gave it the number that it has.
    private func tellOrigin(_ address: Int, _ seq: Int64, _ change: Retrospect.Change?, _ account: inout Account) {
        let calls = view.simulation.callbacks(of: address)
        let inserted = lastSaid { [.insert, .defer, .odd].contains($0.kind) && $0.event.firstReference?.address == address }
        if let inserted, inserted.kind == .insert, calls == 0 {
            account.cause("It got \(number(seq)) when it was inserted, in step \(inserted.step), while no invalidation was in flight: the mm's number minus 1.", step: inserted.step)
            account.rule("seq − 1 is odd, is not the mm's number, and is as far as can be from being reached by it: no reader sleeps for it, and no sleep on it could last.")
        } else if let change {
            let call = lastSaid { $0.kind == .callback && $0.event.thread == change.thread && $0.step <= change.step && $0.event.firstReference?.address == address }
            account.cause("It was set in step \(change.step) by \(name(change.thread))\(call == nil ? "" : ", from the callback that its invalidation made").", step: change.step)
        }
    }

    // MARK: Who calls it, who sleeps

    private func tellCalls(_ address: Int, _ account: inout Account) {
        let calls = view.simulation.callbacks(of: address)
        let last = lastSaid { $0.kind == .callback && $0.event.firstReference?.address == address }
        let what = calls == 0 ? "It has not been called so far." : "It has been called \(calls == 1 ? "once" : "\(calls) times") so far"
        account.fact(calls == 0 ? what : what + (last.map { ", last in step \($0.step): \(told($0))." } ?? "."), step: last?.step)
        for thread in 0..<machine.threadCount where Self.calledBack(by: thread, machine).contains(address) {
            account.fact("Its callback runs now, in \(name(thread)).")
        }
        for sleeper in view.threads().asleep where sleeper.notifier?.number == address {
            account.fact(
                sleeper.isWoken
                    ? "\(sleeper.threadName) slept in \(sleeper.reason) and was woken." : "\(sleeper.threadName) sleeps in \(sleeper.reason) since step \(sleeper.sinceStep).",
                step: sleeper.sinceStep)
        }
    }
}
