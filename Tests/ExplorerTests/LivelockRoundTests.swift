import Language
import Machine
import Testing

@testable import Explorer

/// A livelock is shown as the shortest round that still is one.
@Suite("Rounds") struct LivelockRoundTests {
    private func found(_ text: String) throws -> (all: Counterexample, least: Counterexample) {
        let program = try model(text)
        let result = Explorer(program).explore()
        guard case .fails(let finding) = result.verdict else { throw Missing(name: result.verdict.text) }
        let example = try Counterexample(program, schedule: result.schedule, finding: finding)
        return (example, example.minimised())
    }

    static let alone = """
        record R pool 1 { lock: spinlock; done: bool }
        try(r: R) { lock r.lock; unlock r.lock; say retry: "again" }
        spin(r: R) { while !r.done { try(r) } }
        scenario spin-alone {
            "A loop that never ends."
            let r = new R
            setup { }
            thread a { spin(r) }
            expect fails no-livelock
        }
        """

    @Test("a thread that is alone goes round once, and the sentence says so") func alone() throws {
        let (_, least) = try found(Self.alone)
        #expect(least.finding.property == "no-livelock")
        #expect(least.schedule.count <= 5, "\(least.schedule.count)")
        let length = least.schedule.count - (least.firstStepOfRound ?? 0) + 1
        #expect(least.finding.sentence.contains("after \(length) steps everything is as it was"), "\(least.finding.sentence)")
        #expect(least.table().contains("everything is as it was \(length) steps before"), "\(least.table())")
        #expect(least.story.contains("to step \(least.schedule.count) a goes round"), "\(least.story)")
        // Once more round it is a round, too: the shortest is found along it.
        let round = least.schedule.suffix(length)
        let longer = Livelock.shortestRound(of: least.schedule + round + round, from: Machine(least.program))
        #expect(longer.map { $0.prefix + $0.round } == least.schedule)
    }

    @Test("whoever could always step is not left out") func fair() throws {
        // b spins only as long as a does; going round with one of them alone would not be fair.
        let (all, least) = try found("""
            record R { x: u8 }
            scenario two {
                "Each undoes what the other waits for."
                let r = new R
                thread a { while r.x != 9 { r.x = 1 } }
                thread b { while r.x != 9 { r.x = 2 } }
                expect fails no-livelock
            }
            """)
        let first = try #require(least.firstStepOfRound)
        #expect(Set(all.schedule[((all.firstStepOfRound ?? 1) - 1)...].map(\.thread)) == Set(least.schedule[(first - 1)...].map(\.thread)))
        let machine = least.machines[first - 1]
        #expect(machine.canonicalKey == least.machines[least.steps.count].canonicalKey)
    }

    @Test("rounds on the way are left out, and one comes in where one can") func prefix() throws {
        let program = try model(Self.alone)
        let start = Machine(program)
        let one = try #require(Livelock.shortestRound(of: found(Self.alone).all.schedule, from: start))
        let steps = one.prefix + one.round
        let again = Livelock.shortestRound(of: one.prefix + one.round + one.round, from: start)
        #expect(again == one)
        // A schedule that ends elsewhere has no round.
        #expect(Livelock.shortestRound(of: Array(steps.dropLast()), from: start) == nil || one.round.count == 1)
        #expect(Livelock.shortestRound(of: [ScheduledStep(thread: 7)], from: start) == nil)
    }
}
