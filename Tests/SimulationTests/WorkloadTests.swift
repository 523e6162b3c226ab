import Language
import Machine
import Models
import Simulation
import Testing

/// The workloads run as long as one likes, come to rest when they are told to, and leave nothing behind; and they are good
/// for something: one line left out of the kernel or a driver is found.
struct WorkloadTests {
    static let names = embeddedAssets
        .filter { $0.path.hasPrefix("scenarios/") && $0.path.hasSuffix(".model") }
        .flatMap { outline(of: SourceFile(name: String($0.path.dropLast(6)), text: $0.text ?? "")) }
        .filter(\.isWorkload).map(\.name)

    @Test(arguments: names, [Policy.random, .bursts, .roundRobin])
    func comesToRest(name: String, policy: Policy) throws {
        var run = HeadlessRun(Simulation(try program(name), seed: 7, policy: policy), format: .text)
        let end = try run.run(steps: 60_000) { _ in }
        #expect(end == .rest)
    }

    @Test(arguments: [
        ("address-space-storm", "zap_forgets_notifier", "no-stale-spte"),
        ("address-space-storm", "fork_forgets_notifier", "no-stale-spte"),
        ("address-space-storm", "dmirror_retry_ignored", "no-stale-spte"),
        ("exclusive-tug", "exclusive_entry_forgets_notifier", "exclusive"),
        ("device-memory", "dmirror_keeps_entries", "no-stale-spte"),
        ("exit-storm", "remove_while_odd", "tree-stable"),
    ])
    func findsAFault(name: String, fault: String, property: String) throws {
        var run = HeadlessRun(
            Simulation(try program(name, faults: [fault]), seed: 1, policy: .random), format: .text)
        let end = try run.run(steps: 300_000) { _ in }
        guard case .finding(let finding) = end else {
            Issue.record("\(name) doesn't notice \(fault): \(end)")
            return
        }
        #expect(finding.property == property)
    }

    @Test("ten-thousand has memory for every page of its address space, and what its tasks have in hand")
    func hasRoom() throws {
        let program = try program("ten-thousand")
        let pool = try #require(program.segments.first { $0.parent == nil && program.records[$0.record].label == "page" })
        #expect(pool.count >= 16_384 + program.threads.count)
    }
}
