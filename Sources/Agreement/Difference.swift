import KernelTrace

/// Where a model deliberately tells something else than a kernel, and why.
public struct Difference: Sendable {
    public var name: String
    public var reason: String
    var scope: Scope

    enum Scope: Sendable {
        /// The recording's events of these kinds have no counterpart.
        case probes([KernelEvent])
        /// The recording has an event that the model of this self-test doesn't.
        case onlyRecorded(test: String, @Sendable (AgreementEvent) -> Bool)
        /// The model of this self-test has an event that the recording doesn't.
        case onlyModelled(test: String, @Sendable (AgreementEvent) -> Bool)
    }

    /// All that there are. Each occurs in some recording of a self-test; the tests see to it.
    public static let all: [Difference] = [
        Difference(
            name: "device memory is emptied at the end",
            reason: """
                closing the device file moves every page of the device's memory back, page frame by page frame, whether \
                any is in use or not; what that does to an mm is compared
                """,
            scope: .probes([.migrateDeviceRange, .migrateDevicePages])),
        Difference(
            name: "the subscriptions' end",
            reason: """
                the last mmdrop is by whoever holds the last reference, often another task and some time later; nothing of \
                the mm is told after it
                """,
            scope: .probes([.destroy])),
    ]

    /// Whether it leaves out an event of a recording, in the comparison with a self-test.
    func leavesOut(recorded event: AgreementEvent, in test: String) -> Bool {
        if case .onlyRecorded(test, let isMeant) = scope { isMeant(event) } else { false }
    }

    /// Whether it leaves out an event of a model's run.
    func leavesOut(modelled event: AgreementEvent, in test: String) -> Bool {
        if case .onlyModelled(test, let isMeant) = scope { isMeant(event) } else { false }
    }
}

extension RecordedRun {
    /// The recording's events that a difference leaves out by their kind.
    func leftOut(by difference: Difference) -> Int {
        guard case .probes(let kinds) = difference.scope else { return 0 }
        return kinds.reduce(0) { $0 + leftOut[$1, default: 0] }
    }

    /// The kinds of events without a counterpart that no difference names.
    func unexplained(by differences: [Difference]) -> [KernelEvent] {
        let named = differences.flatMap { difference -> [KernelEvent] in
            if case .probes(let kinds) = difference.scope { kinds } else { [] }
        }
        return leftOut.keys.filter { !named.contains($0) }.sorted { $0.rawValue < $1.rawValue }
    }
}
