import Language
import Machine
import Playback
import Scene
@testable import Simulation
import Testing

@Suite("Schedules of one line")
struct OneLineTests {
    @Test("a line is read as it was written")
    func roundTrip() throws {
        let seed: UInt64 = 0xABCD
        var random = SeededGenerator(state: seed)
        func number(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        for round in 0..<2_000 {
            let names = ["zap", "reader0", "insert_remove", "teardown", "thread with no sense".filter { $0 != " " }]
            var line = OneLineSchedule(
                scenario: ["odp-vs-munmap", "./my models/töy.model:toy", "a%b~c+d"][number(3)], body: .steps([]))
            for _ in 0..<number(3) {
                line.settings.append(RunSetup.Setting(name: "p\(number(9))", value: Int64(number(900)) - 450))
            }
            for _ in 0..<number(3) { line.faults.append("fault_\(number(9))") }
            if number(4) == 0 { line.claim = .init(property: "no-deadlock", thread: names[number(5)]) }
            if number(4) > 0 { line.check = UInt32(truncatingIfNeeded: random.next()) }
            if number(2) == 0 {
                line.body = .policy(Policy.allCases[number(5)], seed: random.next(), steps: number(10_000_000))
            } else {
                line.body = .steps((0..<number(20)).map { _ in
                    OneLineSchedule.Run(thread: names[number(5)], way: number(3) == 0 ? number(5) : nil, count: 1 + number(40))
                })
            }
            let text = line.description
            #expect(!text.contains("\n"))
            #expect(try OneLineSchedule(text) == line, "seed \(seed), round \(round): \(text)")
            let wrapped = text.replacingOccurrences(" !", "\n!").replacingOccurrences(",", ",\n  ").replacingOccurrences(" ~", "\n~")
            #expect(try OneLineSchedule(wrapped) == line, "seed \(seed), round \(round): \(wrapped)")
        }
    }

    @Test(
        "what is wrong with a line is told",
        arguments: [
            ("", "a schedule begins with mmuscope:1"),
            ("mmuscope:9 x zap", "format 9"),
            ("mmuscope:x y", "isn't how a schedule begins"),
            ("mmuscope:1", "names a scenario"),
            ("mmuscope:1 x", "who steps"),
            ("mmuscope:1 x zap*0", "'zap*0' isn't a number of steps"),
            ("mmuscope:1 x zap*99999999999999999999", "isn't a number of steps"),
            ("mmuscope:1 x zap/y", "'zap/y' isn't a number of steps"),
            ("mmuscope:1 x zap ~xyz", "'~xyz' isn't a check value"),
            ("mmuscope:1 x zap zap", "a second list of steps"),
            ("mmuscope:1 x seed=-1 zap", "a seed is a number"),
            ("mmuscope:1 x policy=randm steps=3", "did you mean 'random'?"),
            ("mmuscope:1 x policy=random steps=3 zap", "either its steps one by one or a policy"),
            ("mmuscope:1 x steps=3", "goes with policy"),
            ("mmuscope:1 x pages=many zap", "its value is a number"),
            ("mmuscope:1 %zz zap", "isn't a scenario's name"),
            ("mmuscope:1 x zap !no-deadlock", "isn't what a schedule ends in"),
            ("mmuscope:1 x zap !assertion:zap", "isn't what a schedule ends in"),
        ])
    func mistakes(_ text: String, _ words: String) throws {
        let error = try #require(throws: OneLineError.self) { try OneLineSchedule(text) }
        #expect(error.description.contains(words), "\(text): \(error)")
    }

    @Test("lines with nonsense in them never trap")
    func nonsense() {
        let seed: UInt64 = 5
        var random = SeededGenerator(state: seed)
        let signs = Array("mmuscope:1 x=+~*/,%0179azé\n\t\u{0}")
        for _ in 0..<20_000 {
            let length = Int(random.next() % 30)
            let text = "mmuscope:1 s " + String((0..<length).map { _ in signs[Int(random.next() % UInt64(signs.count))] })
            _ = try? OneLineSchedule(text)
        }
    }

    @Test("a recording's line leads to the same state", arguments: ["odp-vs-munmap", "two-invalidations", "insert-in-flight"])
    func replay(name: String) throws {
        let program = try program(name, settings: ["pages": 8], faults: [])
        for seed in UInt64(1)...10 {
            var random = SeededGenerator(state: seed)
            var simulation = Simulation(program, seed: seed)
            for _ in 0..<120 {
                let thread = ThreadID(Int(random.next() % UInt64(simulation.machine.threadCount)))
                simulation.perform(random.next() % 2 == 0 ? .step : .stepThread(thread))
            }
            let setup = RunSetup(program, settings: ["pages": 8], seed: seed)
            let text = try #require(Recording(simulation, setup: setup).oneLine(limit: 10_000))
            let line = try OneLineSchedule(text)
            #expect(line.scenario == name)
            let (recording, astray) = try line.recording(on: program)
            #expect(astray == nil, "seed \(seed): \(text)")
            #expect(recording.end == simulation.frontier)
            var replay = Simulation(program, replaying: recording)
            replay.jump(to: recording.end)
            #expect(replay.machine.state == simulation.machine.state, "seed \(seed)")
        }
    }

    private static func text(_ body: String) -> String {
        """
        record Counter { value: u8 }
        scenario two {
            "Two threads count."
            let counter = new Counter
            thread a {
                \(body)
            }
            thread b { for i in 1..3 { counter.value += 1 } }
            expect holds
        }
        """
    }

    private func compiled(_ body: String) throws -> Program {
        try compile(SourceFile(name: "two.model", text: Self.text(body)), modules: { _ in nil })
    }

    @Test("which way a choice went is in the line")
    func ways() throws {
        let program = try compiled("counter.value = choose 3..9")
        var schedule = [ScheduledStep(thread: 0, choice: 4)]
        let recording = Recording(program, schedule: schedule)
        let line = try #require(recording.oneLine)
        #expect(line.hasPrefix("mmuscope:1 two.model:two a/4 ~"))
        #expect(try OneLineSchedule(line).recording(on: program).astray == nil)
        schedule[0].choice = 5
        #expect(Recording(program, schedule: schedule).oneLine != line)
        let narrower = try OneLineSchedule(line).recording(on: try compiled("counter.value = choose 3..5")).astray
        #expect(narrower?.sentence.contains("a went way 4, and there is no such way now") == true)
        let none = try OneLineSchedule(line).recording(on: try compiled("counter.value = 3")).astray
        #expect(none?.sentence.contains("a had a choice, and has none now") == true)
        let other = try OneLineSchedule(line).recording(on: try compiled("counter.value = choose 2..9")).astray
        #expect(other?.sentence.contains("they lead to another state") == true)
    }

    /// The recording in one line, and the state that this leads to.
    private func line(_ simulation: Simulation) throws -> (text: String, replayed: Machine) {
        let text = try #require(Recording(simulation, setup: RunSetup(simulation.program, seed: 7)).oneLine)
        let (recording, astray) = try OneLineSchedule(text).recording(on: simulation.program)
        #expect(astray == nil, "\(astray?.sentence ?? ""): \(text)")
        var replay = Simulation(simulation.program, replaying: recording)
        replay.jump(to: recording.end)
        #expect(replay.step == simulation.step && replay.astray == nil)
        return (text, replay.machine)
    }

    @Test("a line that lists its steps tells who was held, delayed and preferred")
    func turnsInALine() throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7)
        simulation.perform(.stepThread(ThreadID(1)))
        simulation.perform(.perturb(.hold(ThreadID(0), isHeld: true)))
        simulation.jump(to: 9)
        simulation.perform(.perturb(.hold(ThreadID(0), isHeld: false)))
        simulation.perform(.perturb(.policy("round-robin")))
        simulation.jump(to: 20)
        simulation.perform(.perturb(.delay(ThreadID(1), steps: 6)))
        simulation.jump(to: 60)
        let (text, replayed) = try line(simulation)
        #expect(text.contains(" @1 hold 0 @9 release 0 @9 policy round-robin @20 delay 1 6 ~"), "\(text)")
        #expect(!text.contains("seed="))
        #expect(Fingerprinter(simulation.program).value(of: replayed) == Fingerprinter(simulation.program).value(of: simulation.machine))
    }

    @Test("a delay that ended early is left out of a line that lists its steps: with it nobody could follow them")
    func delayCutShort() throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7)
        simulation.perform(.stepThread(ThreadID(1)))
        for thread in 0..<simulation.machine.threadCount { simulation.perform(.perturb(.delay(ThreadID(thread), steps: 500))) }
        simulation.jump(to: 60)
        #expect(simulation.step == 60)
        let (text, replayed) = try line(simulation)
        #expect(!text.contains("delay") && !text.contains("seed="), "\(text)")
        #expect(Fingerprinter(simulation.program).value(of: replayed) == Fingerprinter(simulation.program).value(of: simulation.machine))
    }

    @Test("a comment more in the models changes no check value")
    func comments() throws {
        let program = try compiled("counter.value = 1")
        let line = try #require(Recording(program, schedule: [ScheduledStep(thread: 0), ScheduledStep(thread: 1)]).oneLine)
        #expect(try OneLineSchedule(line).recording(on: try compiled("\n// why\n counter.value = 1")).astray == nil)
    }

    @Test("unknown threads are told with the nearest name")
    func threads() throws {
        let line = try OneLineSchedule("mmuscope:1 remove-vs-last-end zapp*4")
        let program = try program("remove-vs-last-end")
        #expect(throws: OneLineError("there is no thread 'zapp' in remove-vs-last-end; did you mean 'zap'?")) {
            try line.recording(on: program)
        }
    }

    @Test("a recording is compared with other models, step by step")
    func comparison() throws {
        let recorded = try compiled("for i in 1..3 { counter.value = i }")
        let schedule = [0, 1, 0, 1, 0].map { ScheduledStep(thread: $0) }
        let recording = Recording(recorded, schedule: schedule)
        func difference(_ body: String) throws -> Astray? {
            ModelComparison(recording, recorded: recorded, current: try compiled(body)).astray
        }
        #expect(try difference("for i in 1..3 { counter.value = i }") == nil)
        #expect(try difference("// why\nfor i in 1..3 { counter.value = i }") == nil)
        let other = try difference("for i in 1..3 { counter.value = i + 1 }")
        #expect(other?.step == 0)
        #expect(other?.sentence.contains("a stood at two.model:6") == true)
        #expect(other?.sentence.contains("changed since: two.model:6") == true)
        let shorter = try difference("counter.value = 1")
        #expect(shorter != nil)
        let parameter = try compile(
            SourceFile(name: "two.model", text: Self.text("for i in 1..3 { counter.value = i }").replacingOccurrences("counter.value += 1", "counter.value += 2")),
            modules: { _ in nil })
        let changed = ModelComparison(recording, recorded: recorded, current: parameter).astray
        #expect(changed?.step == 1)
    }
}

extension String {
    func replacingOccurrences(_ words: String, _ other: String) -> String { replacing(words, with: other) }
}
