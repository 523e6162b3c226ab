import IntervalTree
import Language
import Testing

@testable import Machine

@Suite("What a state has other than the start")
struct DifferenceTests {
    @Test("going back to a place gives its state, whatever came in between", arguments: Embedded.all)
    func restored(_ scenario: Embedded) throws {
        let program = try program(scenario.outline.name, in: scenario.path)
        let seed: UInt64 = 0x5EED
        var random = Draw(seed: seed)
        var machine = Machine(program)
        var kept = [(machine.state, machine.difference())]
        var log = EventLog()
        for step in 0..<4_000 {
            let thread = Int(random.next() % UInt64(machine.threadCount))
            if case .finding = machine.step(thread, choice: random.next(), log: &log) { break }
            log.removeAll()
            if step % 97 == 0, kept.count < 12 { kept.append((machine.state, machine.difference())) }
            if step == 1_000 { machine.setDraining(true) }
        }
        for fault in program.faults.indices.prefix(1) { machine.setFault(fault, isOn: !machine.isOn(fault: fault)) }
        kept.append((machine.state, machine.difference()))
        for _ in 0..<20 {
            let (state, difference) = kept[Int(random.next() % UInt64(kept.count))]
            machine.restore(difference)
            try #require(machine.state == state, "seed \(seed)")
            // It goes on from there, and what it is then can be kept as well.
            for _ in 0..<20 { _ = machine.step(Int(random.next() % UInt64(machine.threadCount)), choice: random.next(), log: &log) }
            let later = machine.state
            let other = machine.difference()
            var fresh = Machine(program)
            fresh.restore(other)
            try #require(fresh.state == later, "seed \(seed)")
        }
        machine.restoreStart()
        #expect(machine.state == kept[0].0)
    }

    @Test("a machine that was put into another's state keeps it whole")
    func loaded() throws {
        let program = try program("odp-vs-munmap", in: "scenarios/umem_odp")
        var machine = Machine(program)
        var log = EventLog()
        for step in 0..<300 { _ = machine.step(step % machine.threadCount, choice: 0, log: &log) }
        var other = Machine(program)
        other.restore(machine.state)
        var third = Machine(program)
        third.restore(other.difference())
        #expect(third.state == machine.state)
        var fourth = Machine(program)
        fourth.load(machine.state)
        third.restoreStart()
        third.restore(fourth.difference())
        #expect(third.state == machine.state)
    }

    @Test("a place of a large state takes a fraction of its bytes")
    func small() throws {
        let program = try program("ten-thousand", in: "scenarios/workloads")
        var machine = Machine(program)
        var log = EventLog(isOn: false)
        for step in 0..<20_000 { _ = machine.step(step % machine.threadCount, choice: UInt64(step), log: &log) }
        #expect(machine.difference().byteCount < machine.state.byteCount / 20)
    }

    private func program(_ name: String, in path: String) throws -> Program { try scenario(name, in: path) }
}
