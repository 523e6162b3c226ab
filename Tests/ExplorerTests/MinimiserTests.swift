import Foundation
import Language
import Machine
import Testing

@testable import Explorer

/// The fewest switches there are: counted by trying everything.
@Suite("Minimised schedules") struct MinimiserTests {
    /// Every state as it is with the thread that steps next, in the order of the switches it takes to come there.
    private struct LeastSwitches {
        var switches: Int?
        var steps = 0
        var isComplete = true

        private struct Place: Hashable { var state: Int; var thread: Int }

        init(_ program: Program, _ goal: SwitchSearch.Goal, limit: Int) {
            var numbers: [ReferenceChecker.Key: Int] = [:]
            var states: [State] = []
            var machine = Machine(program)
            var log = EventLog(isOn: false)
            func number(_ machine: Machine) -> Int {
                let key = ReferenceChecker.Key(machine)
                if let known = numbers[key] { return known }
                numbers[key] = states.count
                states.append(machine.state)
                return states.count - 1
            }
            let start = number(machine)
            var layer = Set((0..<machine.threadCount).map { Place(state: start, thread: $0) })
            var seen: Set<Place> = []
            var count = 0
            while !layer.isEmpty {
                // Everything that goes on without a switch, by steps; those who would switch are the next layer.
                var next: Set<Place> = []
                var pending = Array(layer)
                while let place = pending.popLast() {
                    guard seen.insert(place).inserted else { continue }
                    guard states.count <= limit else { isComplete = false; return }
                    machine.restore(states[place.state])
                    for choice in 0..<machine.choices(of: place.thread) {
                        machine.restore(states[place.state])
                        switch machine.step(place.thread, choice: UInt64(choice), log: &log) {
                        case .blocked, .finished:
                            if Counterexample.isStuck(machine), machine.restFindings().contains(where: goal.isMet) { switches = count; return }
                        case .finding(let finding):
                            if goal.isMet(by: finding) { switches = count; return }
                        case .stepped:
                            let state = number(machine)
                            pending.append(Place(state: state, thread: place.thread))
                            for other in 0..<machine.threadCount where other != place.thread { next.insert(Place(state: state, thread: other)) }
                        }
                    }
                }
                layer = next.subtracting(seen)
                count += 1
            }
        }
    }

    private func compare(_ program: Program, _ name: String, limit: Int = 8_000) throws -> Bool {
        let result = Explorer(program).explore { $0.states < 20_000 }
        guard case .fails(let finding) = result.verdict, finding.property != "no-livelock" else { return false }
        let example = try Counterexample(program, schedule: result.schedule, finding: finding)
        guard !example.isBesideOthers else { return false }
        for keepsPlace in [false, true] {
            let least = example.minimised(keepsPlace: keepsPlace)
            let brute = LeastSwitches(program, SwitchSearch.Goal(finding, keepsPlace: keepsPlace), limit: limit)
            guard brute.isComplete else { return false }
            #expect(least.hasFewestSwitches == true, "\(name)")
            #expect(least.switches == brute.switches, "\(name): \(least.switches), not \(brute.switches.map { "\($0)" } ?? "any")")
        }
        return true
    }

    @Test("random models have no schedule with fewer switches") func random() throws {
        let count = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? 300
        let seed = UInt64.random(in: 0...UInt64.max)
        var compared = 0
        for round in 0..<count {
            var generator = HostileModel(seed: seed &+ UInt64(round))
            let text = generator.text()
            if try compare(model(text), "seed \(seed &+ UInt64(round)):\n\(text)") { compared += 1 }
        }
        #expect(compared > count / 10, "seed \(seed)")
    }

    @Test("nor have scenarios of the library", arguments: ["seq-wrap", "radeon-reserve-fails"])
    func library(name: String) throws { _ = try compare(scenario(name), name, limit: 100_000) }

    @Test("fewer switches are worth more steps, unless the place has to stay") func longer() throws {
        // Found first: a, b and a again, four steps. When all of a has gone b fails by itself.
        let program = try model("""
            record Box { x: u8; p: u8; q: u8; n: u8 }
            scenario longer {
                "One way fails early, another late."
                let box = new Box
                thread a {
                    box.x = 1
                    if box.p == 1 { check assertion: false "early" }
                    box.n = 1
                    box.n = 2
                    box.n = 3
                    box.n = 4
                    box.q = 1
                }
                thread b {
                    if box.x == 1 { box.p = 1 }
                    if box.q == 1 { check assertion: false "late" }
                    box.n = 0
                }
                expect fails assertion
            }
            """)
        #expect(try compare(program, "longer"))
        let result = Explorer(program).explore()
        guard case .fails(let finding) = result.verdict else { throw Missing(name: "a finding") }
        let example = try Counterexample(program, schedule: result.schedule, finding: finding)
        #expect(example.switches == 2 && example.minimised().switches == 1)
        #expect(example.minimised().steps.count > example.steps.count)
        #expect(example.minimised(keepsPlace: true).switches == 2)
    }

    @Test("a bound that is reached is told") func bound() throws {
        let program = try scenario("remove-vs-last-end")
        let result = Explorer(program).explore()
        guard case .fails(let finding) = result.verdict else { return }
        let example = try Counterexample(program, schedule: result.schedule, finding: finding).minimised(stateLimit: 10)
        #expect(example.hasFewestSwitches == false)
        #expect(example.story.replacing("\n", with: " ").contains("perhaps not the fewest"))
    }
}
