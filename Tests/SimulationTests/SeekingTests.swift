import Language
import Machine
@testable import Simulation
import Testing

@Suite("Policies that look for trouble") struct SeekingTests {
    private func meetings(_ program: Program, _ policy: Policy, seed: UInt64) -> Int {
        var simulation = Simulation(program, seed: seed, policy: policy)
        while simulation.step < 3_000, simulation.stepForward() {}
        return simulation.counters.collisions + simulation.counters.retries
    }

    private func meetings(_ names: [String], _ policy: Policy) throws -> Int {
        try names.reduce(0) { total, name in
            let program = try program(name)
            return (UInt64(0)..<40).reduce(total) { $0 + meetings(program, policy, seed: $1) }
        }
    }

    @Test("seek-collision makes readers and invalidations meet markedly more often than chance does")
    func seeks() throws {
        let names = ["odp-vs-munmap", "two-invalidations", "nested-invalidation", "collide", "insert-in-flight", "odp-vs-mprotect"]
        let counts = (seeking: try meetings(names, .seekCollision), random: try meetings(names, .random))
        #expect(2 * counts.seeking >= 3 * counts.random, "\(counts)")
    }

    @Test("where chance hardly ever lets them meet, many times as often")
    func seeksTheRare() throws {
        let names = ["two-invalidations", "odp-vs-mprotect", "release-vs-fault"]
        let counts = (seeking: try meetings(names, .seekCollision), random: try meetings(names, .random))
        #expect(counts.seeking >= 5 * counts.random && counts.seeking >= 60, "\(counts)")
    }

    @Test("every run under them comes to its end", arguments: [Policy.priority, .seekCollision], [
        "odp-vs-munmap", "collide", "remove-in-flight", "first-registration", "oom-nonblocking",
    ])
    func ends(policy: Policy, name: String) throws {
        let program = try program(name, settings: name == "remove-in-flight" ? ["vintage": 601] : [:])
        for seed in UInt64(0)..<20 {
            var simulation = Simulation(program, seed: seed, policy: policy)
            while simulation.step < 100_000, simulation.stepForward() {}
            #expect(simulation.hasEnded && simulation.finding == nil, "seed \(seed): \(simulation.finding?.sentence ?? "goes on")")
        }
    }

    @Test("priorities: the same seed the same order, the highest goes until it has to wait or a point is reached")
    func priorities() throws {
        let program = try program("collide")
        func order(_ seed: UInt64) -> [Int] {
            var simulation = Simulation(program, seed: seed, policy: .priority)
            var result: [Int] = []
            while result.count < 200, simulation.stepForward() { result.append(simulation.lastThread ?? -1) }
            return result
        }
        #expect(order(3) == order(3))
        #expect(Set((0..<20).map { order(UInt64($0)) }).count > 10)
        for seed in UInt64(0)..<10 {
            let order = order(seed)
            let switches = zip(order, order.dropFirst()).count { $0 != $1 }
            #expect(switches < order.count / 4, "seed \(seed): \(switches) switches")
        }
        let points = (0..<2_560).count { PriorityOrder.isChangePoint($0, seed: 5) }
        #expect((20...30).contains(points), "three in each of ten windows, unless two fall together: \(points)")
    }

    @Test("priorities find what needs one thread to be overtaken at one point")
    func depth() throws {
        // As posted, the removal races the last end: few random runs meet it.
        let program = try program("remove-in-flight")
        func found(_ policy: Policy) -> Int {
            (UInt64(0)..<150).count { seed in
                var simulation = Simulation(program, seed: seed, policy: policy)
                while simulation.step < 20_000, simulation.stepForward() {}
                return simulation.finding?.property == "no-use-after-free"
            }
        }
        #expect(found(.priority) > 0)
    }

    @Test("taken back and run again they choose the same", arguments: [Policy.priority, .seekCollision])
    func again(policy: Policy) throws {
        let program = try program("ten-thousand", settings: ["notifiers": 20, "pages": 256])
        var straight = Simulation(program, seed: 11, policy: policy)
        straight.jump(to: 20_000)
        let there = straight.machine.state
        straight.jump(to: 31_000)
        straight.jump(to: 20_000)
        #expect(straight.machine.state == there)
        var other = Simulation(program, seed: 11, policy: policy)
        other.jump(to: 12_345)
        other.jump(to: 3)
        other.jump(to: 20_000)
        #expect(other.machine.state == there)
    }
}
