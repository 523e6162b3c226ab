import Language
import Machine

/// Where a program keeps what the notifier's numbers are, by the kernel's names.
struct NotifierPlaces {
    private let subscriptions: Int
    private let seq: Int
    private let active: Int
    private let ownMM: Int
    private let first: Int
    private let last: Int
    private let ownSeq: Int

    /// - Returns: nil for a program that has no interval notifiers.
    init?(_ program: Program) {
        func info(_ name: String) -> RecordInfo? { program.record(named: name).map { program.records[$0] } }
        guard let mm = info("MM"), let subs = info("Subscriptions"), let interval = info("Interval"),
            let subscriptions = mm.offset(of: "subscriptions"), let seq = subs.offset(of: "invalidate_seq"),
            let active = subs.offset(of: "active_invalidate_ranges"), let ownMM = interval.offset(of: "mm"),
            let first = interval.offset(of: "start"), let last = interval.offset(of: "last"),
            let ownSeq = interval.offset(of: "invalidate_seq")
        else { return nil }
        self.subscriptions = subscriptions
        self.seq = seq
        self.active = active
        self.ownMM = ownMM
        self.first = first
        self.last = last
        self.ownSeq = ownSeq
    }

    /// Whether anybody was ever registered on the mm.
    func isWatched(_ mm: Reference, _ machine: Machine) -> Bool { subs(of: mm, machine) != nil }

    private func subs(of mm: Reference, _ machine: Machine) -> Reference? {
        guard machine.isLive(mm) else { return nil }
        let subs = machine.reference(at: mm.address + subscriptions)
        return machine.isLive(subs) ? subs : nil
    }

    func seq(of mm: Reference, _ machine: Machine) -> Int64? {
        subs(of: mm, machine).map { machine.slot($0.address + seq) }
    }

    func active(of mm: Reference, _ machine: Machine) -> Int64? {
        subs(of: mm, machine).map { machine.slot($0.address + active) }
    }

    func mm(of notifier: Reference, _ machine: Machine) -> Reference? {
        guard machine.isLive(notifier) else { return nil }
        let mm = machine.reference(at: notifier.address + ownMM)
        return mm.isNone ? nil : mm
    }

    func first(of notifier: Reference, _ machine: Machine) -> UInt64? { page(first, of: notifier, machine) }
    func last(of notifier: Reference, _ machine: Machine) -> UInt64? { page(last, of: notifier, machine) }

    private func page(_ offset: Int, of notifier: Reference, _ machine: Machine) -> UInt64? {
        machine.isLive(notifier) ? UInt64(bitPattern: machine.slot(notifier.address + offset)) : nil
    }

    func seq(ofNotifier notifier: Reference, _ machine: Machine) -> Int64? {
        machine.isLive(notifier) ? machine.slot(notifier.address + ownSeq) : nil
    }
}
