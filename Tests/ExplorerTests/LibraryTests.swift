import Explorer
import Foundation
import Language
import Machine
import Testing

/// Every scenario of the library is explored, and every fault is switched on in turn.
@Suite("The library, explored") struct LibraryTests {
    /// What would take long: a smaller form of it, unless MMUSCOPE_SLOW is set.
    private static func settings(_ name: String) -> [String: Int64] {
        name == "collide" && ProcessInfo.processInfo.environment["MMUSCOPE_SLOW"] == nil ? ["invalidators": 1] : [:]
    }

    @Test(arguments: libraryScenarios.map(\.name))
    func comesOutAsItSays(name: String) throws {
        try expectVerdict(name, Self.settings(name))
    }

    @Test("since 5.18 the remover passes through the lock: the same scenarios hold", arguments: [
        "remove-in-flight", "remove-vs-last-end", "insert-then-remove-in-flight", "odp-implicit-child", "release-vs-remove",
    ])
    func laterKernel(name: String) throws {
        let result = try expectVerdict(name, ["vintage": 601])
        #expect(result.verdict == .holds)
    }

    @Test("a number wraps when there are as many phases as odd numbers", arguments: [2, 3, 4, 16])
    func widths(bits: Int64) throws {
        for rounds: Int64 in [1, 3, 4, 8] {
            let result = try expectVerdict("seq-wrap", ["seq_bits": bits, "rounds": rounds])
            #expect((result.verdict == .holds) == (rounds < 1 << (bits - 1)), "\(bits) bits, \(rounds) rounds")
        }
    }

    @Test("what a setting of its own decides comes out as the scenario says", arguments: [
        ("oom-nonblocking-mixed", ["undo_tree": 1], "holds"),
        ("oom-nonblocking-mixed", ["vintage": 606], "fails nonblock-balanced"),
        ("oom-mixed-reader-sleeps", ["undo_tree": 1], "holds"),
        ("oom-nonblocking-plain", ["vintage": 512], "holds"),
        ("plain-refuser-with-end", ["vintage": 512], "fails assertion"),
        ("plain-unregister-in-flight", ["vintage": 606], "holds"),
        ("plain-secondary-tlb", ["vintage": 606], "holds"),
        ("plain-unregister-no-release", ["grace_period": 0], "fails no-use-after-free"),
        ("insert-fails-then-remove", ["failure": 0], "holds"),
        ("insert-fails-then-remove", ["failure": 2], "fails assertion"),
        ("insert-fails-then-remove", ["failure": 3], "holds"),
        ("insert-fails-then-remove", ["trusts_mm": 0], "holds"),
        ("exclusive-shared", ["vintage": 514], "holds"),
        ("exclusive-two-devices", ["vintage": 514], "holds"),
        ("exclusive-vs-reclaim", ["vintage": 514], "holds"),
        ("exclusive-error", ["vintage": 514], "holds"),
        ("exclusive-short-batch", ["vintage": 600], "holds"),
        ("exclusive-faulted-page-freed", ["vintage": 601], "holds"),
        ("exclusive-fork-vs-compaction", ["vintage": 514], "holds"),
        ("exclusive-fork-vs-exit", ["vintage": 514], "holds"),
        ("exclusive-fork-refused", ["vintage": 514], "fails assertion"),
        ("exclusive-swapped", ["vintage": 614], "fails assertion"),
        ("exclusive-swapped", ["vintage": 615], "holds"),
        ("exclusive-moved", ["vintage": 615], "holds"),
        ("exclusive-vs-reclaim", ["vintage": 615], "holds"),
        ("exclusive-two-devices", ["vintage": 615], "holds"),
        ("migrate-vs-fork", ["vintage": 517], "holds"),
        ("migrate-vs-cpu-fault", ["vintage": 601], "fails no-livelock"),
        ("migrate-vs-cpu-fault", ["vintage": 615], "holds"),
        ("dmirror-close-then-fault", ["vintage": 601], "holds"),
        ("snapshot-vs-munmap", ["vintage": 518], "holds"),
    ])
    func settingDecides(name: String, settings: [String: Int64], verdict: String) throws {
        #expect(try expectVerdict(name, settings).verdict.text == verdict)
    }

    @discardableResult
    private func expectVerdict(_ name: String, _ settings: [String: Int64]) throws -> ExplorationResult {
        let program = try scenario(name, settings: settings)
        var explorer = Explorer(program)
        // As `check` does: which of several failures is found first is no matter.
        if case .fails(let property)? = program.scenario.expectation { explorer.wanted = property }
        let result = explorer.explore()
        #expect(result.verdict.text == program.scenario.expectation?.text, "\(name)")
        // A livelock is a round: no single step of it is wrong.
        if case .fails(let finding) = result.verdict, finding.property != "no-livelock" {
            #expect(replay(result.schedule, of: program)?.property == finding.property)
        }
        return result
    }

    /// Each fault, the scenario that catches it, and the property that says so. Without the fault the scenario holds.
    ///
    /// dmirror_obeys_itself is a fault in name only: migrate-vs-device-fault and migrate-vs-device-write hold with it (and
    /// migrate-back-vs-device-write, since 5.17). A device that takes its own invalidation as any other's loses a mapping
    /// that it gets back at once.
    ///
    /// Two are in none, because nothing can tell, as long as all threads see all stores in one order:
    /// - set_seq_before_lock: whoever asks read_retry before the store maps, and the callback, which takes the lock later,
    ///   drops that entry; whoever asks after it tries again. All that the lock adds is that the two are not mixed up.
    /// - odp_retry_ignored: what pagefault gives the device is copied from dma_list under umem_mutex, and map_dma_pages puts
    ///   pages there under the same mutex only after check_retry. What read_retry would refuse has left dma_list by then.
    static let catches: [(fault: String, scenario: String, property: String)] = [
        ("insert_seq_current", "release-vs-fault", "no-lost-wakeup"),
        ("begin_does_not_sleep", "nested-invalidation", "no-stale-spte"),
        ("end_ignores_others", "nested-invalidation", "no-stale-spte"),
        ("insert_while_odd", "first-registration", "tree-stable"),
        ("insert_ignores_active", "first-registration", "tree-stable"),
        ("partial_stays_even", "first-registration", "no-lost-wakeup"),
        ("remove_while_odd", "insert-then-remove-in-flight", "tree-stable"),
        ("remove_does_not_wait", "remove-and-keep", "remove-final"),
        ("refusal_forgets_end", "oom-nonblocking", "nonblock-balanced"),
        ("end_wakes_nobody", "nested-invalidation", "no-lost-wakeup"),
        ("seq_set_even", "release-vs-fault", "seq-parity"),
        ("set_seq_missing", "release-vs-fault", "no-stale-spte"),
        ("set_seq_after_lock", "two-invalidations", "no-stale-spte"),
        ("retry_before_lock", "release-vs-fault", "no-stale-spte"),
        ("retry_ignored", "release-vs-fault", "no-stale-spte"),
        ("odp_set_seq_missing", "odp-vs-munmap", "no-stale-spte"),
        ("plain_start_skipped", "plain-unregister-in-flight", "no-stale-spte"),
        ("plain_end_skipped", "plain-register-in-flight", "no-lost-wakeup"),
        ("refusal_ends_walk", "oom-nonblocking-plain", "assertion"),
        ("plain_release_skipped", "plain-unregister-in-flight", "no-stale-spte"),
        ("srcu_not_awaited", "plain-unregister-and-keep", "remove-final"),
        ("release_does_not_wait", "plain-exit-vs-unregister", "no-stale-spte"),
        ("next_cleared", "plain-unregister-in-flight", "no-stale-spte"),
        ("radeon_fence_not_awaited", "radeon-corrected", "no-use-after-free"),
        ("wp_copy_forgets_notifier", "device-vs-private-file", "no-stale-spte"),
        ("zap_forgets_notifier", "nested-invalidation", "no-stale-spte"),
        ("exclusive_entry_forgets_notifier", "exclusive-fault-revokes", "exclusive"),
        ("fork_forgets_notifier", "device-vs-fork-cow", "no-stale-spte"),
        ("dmirror_set_seq_missing", "device-vs-compaction", "no-stale-spte"),
        ("dmirror_keeps_entries", "device-vs-compaction", "no-stale-spte"),
        ("dmirror_retry_ignored", "device-vs-hugetlb", "no-stale-spte"),
    ]

    @Test(arguments: catches.map(\.fault))
    func isCaught(fault: String) throws {
        let (_, name, property) = try #require(Self.catches.first { $0.fault == fault })
        let sound = try scenario(name, settings: ["vintage": 601])
        #expect(Explorer(sound).explore().verdict == .holds)
        let broken = try scenario(name, settings: ["vintage": 601], faults: [fault])
        #expect(Explorer(broken).explore().verdict.text == "fails \(property)")
    }

    @Test("what three faults leave out, nothing needs", arguments: [
        ("set_seq_before_lock", ["two-invalidations", "nested-invalidation", "first-registration", "oom-nonblocking"]),
        ("odp_retry_ignored", ["odp-vs-munmap"]),
        ("dmirror_obeys_itself", [
            "migrate-vs-device-fault", "migrate-vs-device-write", "migrate-vs-munmap", "migrate-empty",
        ]),
    ])
    func isHarmless(fault: String, scenarios: [String]) throws {
        for name in scenarios {
            #expect(Explorer(try scenario(name, faults: [fault])).explore().verdict == .holds, "\(name)")
        }
    }

    @Test("every fault is either caught or argued harmless")
    func complete() throws {
        let known = Set(Self.catches.map(\.fault)).union(["set_seq_before_lock", "odp_retry_ignored", "dmirror_obeys_itself"])
        var all: Set<String> = []
        for name in libraryScenarios.map(\.name) { all.formUnion(try scenario(name).faults.map(\.name)) }
        #expect(all == known)
    }
}
