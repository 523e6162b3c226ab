import Language
import Machine
import Playback
import Scene
@testable import Simulation
import Testing

/// A scenario of the embedded ones, compiled so that it can be perturbed.
func perturbable(_ name: String, settings: [String: Int64] = [:], faults: [String] = []) throws -> Program {
    try program(name, settings: settings, faults: faults, operations: true)
}

/// A run with things done to it at random, back and forth.
struct Perturber {
    var simulation: Simulation
    var random: SeededGenerator

    init(_ program: Program, seed: UInt64) {
        simulation = Simulation(program, seed: seed)
        random = SeededGenerator(state: seed)
    }

    private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(1, limit))) }

    /// Something that may be done at the present step, or may be refused.
    mutating func perturbation() -> Perturbation {
        let menu = simulation.scene(for: .menu).menu ?? PerturbationMenu()
        let thread = ThreadID(below(simulation.machine.threadCount))
        switch below(10) {
        case 0: return .hold(thread, isHeld: true)
        case 1: return .hold(thread, isHeld: false)
        case 2: return .delay(thread, steps: 1 + below(30))
        case 3: return .policy(menu.policies[below(menu.policies.count)])
        case 4 where !menu.faults.isEmpty:
            let fault = menu.faults[below(menu.faults.count)]
            // Most faults end the run: they are tried rarely.
            return .fault(name: fault.name, isOn: below(8) == 0)
        case 5: return .sequenceNearWrap(mmIndex: 0, distance: 1 + below(9))
        default:
            guard !menu.operations.isEmpty else { return .hold(thread, isHeld: false) }
            let operation = menu.operations[below(menu.operations.count)]
            return .operation(name: operation.name, arguments: operation.parameters.map { argument($0) })
        }
    }

    private mutating func argument(_ parameter: OperationInfo.Parameter) -> PerturbationArgument {
        switch parameter {
        case .address: return .number(Int64(below(8)))
        case .range:
            let first = below(8)
            return .range(first: UInt64(first), last: UInt64(first + below(3)))
        case .flag: return .flag(below(2) == 0)
        case .number: return .number(Int64(below(3)))
        case .record(_, let instances): return .record(instances.isEmpty ? "none#1" : instances[below(instances.count)])
        }
    }

    mutating func move() {
        switch below(12) {
        case 0: simulation.perform(.back)
        case 1: simulation.perform(.jump(to: below(simulation.frontier + 20)))
        case 2, 3: simulation.perform(.perturb(perturbation()))
        case 4: simulation.perform(.stepThread(ThreadID(below(simulation.machine.threadCount))))
        case 5 where below(4) == 0: simulation.perform(.undo)
        case 6 where below(4) == 0:
            if let branch = simulation.branchRows.randomElement(using: &random) { simulation.perform(.switchBranch(branch.name)) }
        default:
            for _ in 0..<(1 + below(6)) { simulation.perform(.step) }
        }
    }
}

extension SceneRequest {
    static var menu: SceneRequest {
        var request = SceneRequest(threads: RowWindow(count: 64), events: RowWindow(count: 100_000))
        request.wantsMenu = true
        return request
    }
}

@Suite("Perturbations") struct PerturbationTests {
    static let scenarios = ["odp-vs-munmap", "two-invalidations", "insert-in-flight", "release-vs-fault", "collide"]

    private func message(_ simulation: Simulation) -> String { simulation.scene(for: SceneRequest()).message ?? "" }

    private func begun(_ step: Int = 30) throws -> Simulation {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7)
        simulation.perform(.jump(to: step))
        simulation.perform(
            .perturb(.operation(name: "munmap", arguments: [.record("mm#1"), .range(first: 0x14, last: 0x17)])))
        return simulation
    }

    @Test("none under way, every policy runs as in a program without operations", arguments: scenarios, Policy.allCases)
    func sameRuns(name: String, policy: Policy) throws {
        let (plain, other) = (try program(name), try perturbable(name))
        guard policy != .byHand else { return }
        for seed in UInt64(0)..<4 {
            var runs = (Simulation(plain, seed: seed, policy: policy), Simulation(other, seed: seed, policy: policy))
            let names = (Fingerprinter(plain), Fingerprinter(other))
            for _ in 0..<600 {
                let went = (runs.0.stepForward(), runs.1.stepForward())
                try #require(went.0 == went.1 && runs.0.lastThread == runs.1.lastThread, "seed \(seed), step \(runs.0.step)")
                if !went.0 { break }
            }
            #expect(names.0.value(of: runs.0.machine) == names.1.value(of: runs.1.machine), "seed \(seed)")
            #expect(runs.0.finding?.property == runs.1.finding?.property)
        }
    }

    @Test("an operation begins at the step, is shown while it is at work, and what it does is said under its name")
    func operation() throws {
        var simulation = try begun()
        #expect(simulation.step == 30)
        #expect(message(simulation) == "munmap(mm#1, 0x14..0x17) begins as P0 munmap"
            || message(simulation).hasPrefix("munmap(mm#1, 0x14..0x17) begins as P0"))
        var rows = simulation.scene(for: .menu).threads.rows
        #expect(rows.last?.label == "P0" && rows.last?.name == "munmap")
        #expect(rows.count { $0.label.hasPrefix("P") } == 1)
        while rows.contains(where: { $0.label == "P0" }), simulation.step < 5_000 {
            simulation.perform(.step)
            rows = simulation.scene(for: .menu).threads.rows
        }
        #expect(simulation.step < 5_000, "it comes to its end, and its row goes")
        let events = simulation.scene(for: .menu).events.rows
        #expect(events.contains { $0.threadLabel == "P0 munmap" && $0.kind == .start })
        #expect(events.contains { $0.threadLabel == "P0 munmap" && $0.kind == .end })
    }

    @Test("going back before it and forward again does it once more, exactly once")
    func backAndForth() throws {
        var simulation = try begun()
        let there = simulation.machine.state
        simulation.perform(.back)
        #expect(simulation.machine.perturbationThreads.allSatisfy(simulation.machine.hasFinished))
        simulation.perform(.step)
        #expect(simulation.machine.state == there)
        simulation.perform(.jump(to: 80))
        simulation.perform(.jump(to: 30))
        #expect(simulation.machine.state == there)
        #expect(simulation.machine.perturbationThreads.count(where: { !simulation.machine.hasFinished($0) }) == 1)
    }

    @Test("several at one step act in their order, and undo takes them back one by one")
    func undo() throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7)
        simulation.perform(.jump(to: 25))
        var states = [simulation.machine.state]
        let done: [Perturbation] = [
            .fault(name: "zap_forgets_notifier", isOn: true),
            .operation(name: "munmap", arguments: [.record("mm#1"), .range(first: 0x14, last: 0x15)]),
            .operation(name: "write", arguments: [.record("mm#1"), .number(0x16)]),
            .fault(name: "zap_forgets_notifier", isOn: false),
        ]
        for perturbation in done {
            simulation.perform(.perturb(perturbation))
            states.append(simulation.machine.state)
        }
        #expect(Set(states.map { $0.slots }).count == states.count, "\(message(simulation))")
        simulation.perform(.jump(to: 60))
        simulation.perform(.jump(to: 25))
        #expect(simulation.machine.state == states.last)
        for state in states.reversed().dropFirst() {
            simulation.perform(.undo)
            #expect(simulation.step == 25 && simulation.machine.state == state, "\(message(simulation))")
        }
        simulation.perform(.undo)
        #expect(message(simulation) == "nothing was decided by hand up to here")
    }

    @Test("undo goes back to the step of what it takes back")
    func undoFar() throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7)
        simulation.perform(.jump(to: 25))
        let clean = simulation.machine.state
        simulation.perform(.perturb(.fault(name: "zap_forgets_notifier", isOn: true)))
        simulation.perform(.jump(to: 50))
        simulation.perform(.undo)
        #expect(simulation.step == 25 && simulation.machine.state == clean)
        #expect(message(simulation).hasPrefix("taken back: fault zap_forgets_notifier on"))
        var straight = Simulation(simulation.program, seed: 7)
        straight.jump(to: 90)
        simulation.perform(.jump(to: 90))
        #expect(simulation.machine.state == straight.machine.state)
        // A thread chosen by hand.
        simulation.perform(.jump(to: 10))
        let before = simulation.machine.state
        simulation.perform(.stepThread(ThreadID(1)))
        #expect(simulation.step == 11)
        simulation.perform(.undo)
        #expect(simulation.step == 10 && simulation.machine.state == before)
        #expect(message(simulation).hasPrefix("taken back: the choice of munmap"))
    }

    @Test("what makes no sense is refused in words, and nothing has changed", arguments: [
        (.operation(name: "munmapp", arguments: []), "munmapp(): there is no operation 'munmapp'; did you mean 'munmap'?"),
        (.operation(name: "munmap", arguments: []), "munmap(): it takes 2 values, not 0"),
        (.operation(name: "munmap", arguments: [.record("mm#7"), .range(first: 1, last: 2)]), "munmap(mm#7, 0x1..0x2): mm: there is no mm#7 now"),
        (.operation(name: "munmap", arguments: [.record("mm#1"), .range(first: 1, last: 99)]), "munmap: 0x63 is beyond the last page, 0x1f"),
        (.fault(name: "zap_forgets_notifer", isOn: true), "fault zap_forgets_notifer on: there is no fault 'zap_forgets_notifer'; did you mean 'zap_forgets_notifier'?"),
        (.fault(name: "zap_forgets_notifier", isOn: false), "zap_forgets_notifier is off already"),
        (.hold(ThreadID(99), isHeld: true), "there is no thread 99"),
        (.hold(ThreadID(0), isHeld: false), "T0 device isn't held"),
        (.hold(ThreadID(4), isHeld: true), "P1 perturb 1 has finished"),
        (.delay(ThreadID(0), steps: 0), "a delay is 1 to 1000000 steps"),
        (.policy("randm"), "there is no policy 'randm'; did you mean 'random'?"),
        (.policy("pinned"), "this scenario pins no schedule"),
        (.sequenceNearWrap(mmIndex: 5, distance: 2), "seq 2 before its wrap: there is no such address space now"),
        (.sequenceNearWrap(mmIndex: 0, distance: 0), "the distance to the wrap is 1 or more"),
    ] as [(Perturbation, String)])
    func refusals(_ perturbation: Perturbation, _ words: String) throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7)
        simulation.perform(.jump(to: 30))
        let state = simulation.machine.state
        simulation.perform(.perturb(perturbation))
        #expect(message(simulation) == words)
        #expect(simulation.machine.state == state && simulation.interventions.isEmpty)
    }

    @Test("at most four operations at a time")
    func four() throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7)
        let touch = Perturbation.operation(name: "write", arguments: [.record("mm#1"), .number(0x16)])
        for _ in 0..<4 { simulation.perform(.perturb(touch)) }
        let operations = simulation.scene(for: .menu).menu?.operations ?? []
        #expect(operations.allSatisfy { $0.obstacle != nil })
        #expect(operations.first { $0.name == "munmap" }?.obstacle == "4 operations are under way already")
        simulation.perform(.perturb(touch))
        #expect(message(simulation).hasSuffix("4 operations are under way already: one of them has to finish first"))
    }

    @Test("who is held takes no step, by no policy and not by hand", arguments: Policy.allCases)
    func held(policy: Policy) throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7, policy: policy)
        simulation.perform(.perturb(.hold(ThreadID(0), isHeld: true)))
        #expect(message(simulation) == "T0 device is held: H releases it")
        for _ in 0..<2_000 {
            guard simulation.stepForward() else { break }
            #expect(simulation.lastThread != 0)
        }
        simulation.perform(.stepThread(ThreadID(0)))
        #expect(message(simulation) == "T0 device is held: H releases it")
        let row = simulation.scene(for: .menu).threads.rows[0]
        #expect(row.hold == .untilReleased)
        guard policy != .byHand else { return }
        // The others have come as far as they can: no deadlock, but a word.
        simulation.perform(.step)
        #expect(message(simulation) == "nobody else can step: T0 device is held: H releases it")
        #expect(simulation.finding == nil && !simulation.hasEnded)
        simulation.perform(.run)
        _ = simulation.advance(by: 10)
        #expect(!simulation.isRunning)
        simulation.perform(.perturb(.hold(ThreadID(0), isHeld: false)))
        #expect(message(simulation) == "T0 device goes again")
        while simulation.stepForward() {}
        #expect(simulation.hasEnded && simulation.finding == nil)
    }

    @Test("a delayed thread lets so many steps of others go first")
    func delay() throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7, policy: .roundRobin)
        simulation.perform(.perturb(.delay(ThreadID(0), steps: 12)))
        #expect(simulation.scene(for: .menu).threads.rows[0].hold == .steps(12))
        var order: [Int] = []
        while order.count < 20, simulation.stepForward() { order.append(simulation.lastThread ?? -1) }
        #expect(!order.prefix(12).contains(0) && order.dropFirst(12).contains(0))
        // Where nobody else can go on it isn't waited for.
        simulation.perform(.jumpToStart)
        simulation.perform(.undo)
        simulation.perform(.perturb(.hold(ThreadID(1), isHeld: true)))
        simulation.perform(.perturb(.delay(ThreadID(0), steps: 1_000)))
        simulation.perform(.step)
        #expect(simulation.step == 1 && simulation.lastThread == 0)
    }

    @Test("a number near its wrap makes the same run, with other numbers")
    func wrap() throws {
        var plain = Simulation(try perturbable("odp-vs-munmap"), seed: 7)
        plain.perform(.jump(to: 40))
        var moved = plain
        moved.perform(.perturb(.sequenceNearWrap(mmIndex: 0, distance: 2)))
        #expect(message(moved).hasPrefix("invalidate_seq is 18446744073709551"))
        while plain.stepForward() {
            let went = moved.stepForward()
            try #require(went && plain.lastThread == moved.lastThread, "step \(plain.step)")
        }
        #expect(moved.hasEnded || !moved.stepForward())
        #expect(plain.counters == moved.counters)
    }

    @Test("the menu names everything with what it needs")
    func menu() throws {
        var simulation = Simulation(try perturbable("odp-vs-munmap"), seed: 7, policy: .bursts)
        let menu = try #require(simulation.scene(for: .menu).menu)
        #expect(menu.policies.first == "bursts" && Set(menu.policies).count == menu.policies.count)
        #expect(menu.policies.contains("seek-collision") && menu.policies.contains("priority") && !menu.policies.contains("pinned"))
        let munmap = try #require(menu.operations.first { $0.name == "munmap" })
        #expect(munmap.group == .memory && munmap.obstacle == nil && !munmap.words.isEmpty)
        #expect(munmap.parameters == [.record(name: "mm", instances: ["mm#1"]), .range(name: "start")])
        #expect(menu.faults.contains { $0.name == "zap_forgets_notifier" && !$0.isOn })
        simulation.perform(.perturb(.fault(name: "zap_forgets_notifier", isOn: true)))
        #expect(simulation.scene(for: .menu).menu?.faults.first { $0.name == "zap_forgets_notifier" }?.isOn == true)
        #expect(simulation.scene(for: SceneRequest()).menu == nil)
    }

    @Test("a fault switched on in the middle is found, and one switched off is not")
    func liveFault() throws {
        var found = 0
        for seed in UInt64(0)..<40 {
            var simulation = Simulation(try perturbable("two-invalidations"), seed: seed, policy: .seekCollision)
            simulation.perform(.perturb(.fault(name: "set_seq_missing", isOn: true)))
            while simulation.stepForward() {}
            if simulation.finding?.property == "no-stale-spte" { found += 1 }
            simulation.perform(.jumpToStart)
            simulation.perform(.perturb(.fault(name: "set_seq_missing", isOn: false)))
            while simulation.stepForward() {}
            #expect(simulation.finding == nil, "seed \(seed)")
        }
        #expect(found > 0)
    }

    @Test("random perturbations, back and forth: the states of a straight replay", arguments: scenarios)
    func wandering(name: String) throws {
        let program = try perturbable(name)
        let fingerprinter = Fingerprinter(program)
        for seed in UInt64(1)...8 {
            var perturber = Perturber(program, seed: seed)
            for _ in 0..<60 { perturber.move() }
            let wandered = perturber.simulation
            // A straight run of the same decisions.
            var straight = Simulation(program, seed: seed)
            straight.interventions = wandered.interventions
            straight.settle()
            var values = [fingerprinter.value(of: straight.machine)]
            while straight.step < wandered.frontier, straight.stepForward() {
                values.append(fingerprinter.value(of: straight.machine))
            }
            try #require(straight.step == wandered.frontier, "seed \(seed)")
            #expect(straight.astray == nil, "seed \(seed): \(straight.astray?.sentence ?? "")")
            #expect(fingerprinter.value(of: wandered.machine) == values[wandered.step], "seed \(seed), step \(wandered.step)")
            var again = wandered
            for move in 0..<30 {
                let target = Int(perturber.random.next() % UInt64(values.count))
                again.perform(move % 3 == 0 ? .back : .jump(to: target))
                try #require(fingerprinter.value(of: again.machine) == values[again.step], "seed \(seed), move \(move), step \(again.step)")
            }
        }
    }

    @Test("recorded, read again and replayed they lead to the same states", arguments: scenarios)
    func recording(name: String) throws {
        let program = try perturbable(name)
        for seed in UInt64(1)...10 {
            var perturber = Perturber(program, seed: seed &+ 100)
            let setup = RunSetup(program, seed: seed &+ 100)
            #expect(setup.hasOperations)
            var recorder = RunRecorder()
            var bytes = RecordingFormat.start(setup)
            for _ in 0..<60 {
                perturber.move()
                for piece in recorder.news(of: perturber.simulation, isLast: false) { bytes += RecordingFormat.chunk(piece) }
            }
            for piece in recorder.end(of: perturber.simulation) { bytes += RecordingFormat.chunk(piece) }
            var simulation = perturber.simulation
            let opened = try Recording.open(bytes)
            #expect(opened.warning == nil)
            let whole = Recording(simulation, setup: setup)
            #expect(opened.recording.end == simulation.frontier && whole.end == simulation.frontier, "seed \(seed)")
            simulation.jump(to: simulation.frontier)
            for recording in [opened.recording, try Recording.open(whole.bytes).recording] {
                var replay = Simulation(try recording.setup.program(), replaying: recording)
                replay.jump(to: recording.end)
                #expect(replay.astray == nil, "seed \(seed): \(replay.astray?.sentence ?? "")")
                #expect(replay.machine.state == simulation.machine.state, "seed \(seed)")
            }
        }
    }

    @Test("in one line, too", arguments: scenarios)
    func oneLine(name: String) throws {
        let program = try perturbable(name)
        for seed in UInt64(1)...10 {
            var perturber = Perturber(program, seed: seed &+ 200)
            for _ in 0..<40 { perturber.move() }
            var simulation = perturber.simulation
            let setup = RunSetup(program, seed: seed &+ 200)
            let text = try #require(Recording(simulation, setup: setup).oneLine(limit: 100_000), "seed \(seed)")
            let line = try OneLineSchedule(text)
            #expect(line.description == text)
            let (recording, astray) = try line.recording(on: program)
            #expect(astray == nil, "seed \(seed): \(astray?.sentence ?? ""): \(text)")
            #expect(recording.end == simulation.frontier)
            simulation.jump(to: simulation.frontier)
            var replay = Simulation(program, replaying: recording)
            replay.jump(to: recording.end)
            #expect(Fingerprinter(program).value(of: replay.machine) == Fingerprinter(program).value(of: simulation.machine), "seed \(seed): \(text)")
        }
    }

    @Test("a line reads as it is written")
    func words() throws {
        var simulation = try begun()
        simulation.perform(.jump(to: 40))
        simulation.perform(.perturb(.fault(name: "partial_stays_even", isOn: true)))
        simulation.perform(.perturb(.hold(ThreadID(0), isHeld: true)))
        simulation.perform(.jump(to: 50))
        let text = try #require(Recording(simulation, setup: RunSetup(simulation.program, seed: 7)).oneLine)
        #expect(text.hasPrefix(
            "mmuscope:1 odp-vs-munmap seed=7 policy=random steps=50 @30 munmap(mm#1,0x14..0x17) @40 fault partial_stays_even on @40 hold 0 ~"))
    }

    @Test("what is wrong with a line is told", arguments: [
        ("@x hold 1", "'@x' isn't a step"), ("@3", "something to do is missing"), ("@3 holdd 1", "did you mean 'hold'?"),
        ("@3 hold", "a thread's number is missing"), ("@3 hold T1", "'T1' isn't a thread's number"),
        ("@3 fault x maybe", "'maybe' is neither on nor off"), ("@3 f(", "'f(' isn't an operation"),
        ("@3 f(x)", "'x' in 'f(x)' is no number, on or off, range or record"), ("@3 policy randm", "did you mean 'random'?"),
        ("@3 f(3..1)", "'3..1' in 'f(3..1)'"),
    ])
    func mistakes(_ words: String, _ said: String) throws {
        let error = try #require(throws: OneLineError.self) {
            try OneLineSchedule("mmuscope:1 x seed=1 policy=random steps=9 \(words)")
        }
        #expect(error.description.contains(said), "\(error)")
    }

    @Test("an operation that can't begin any more in a replay is told, and the rest goes on")
    func astray() throws {
        let program = try perturbable("odp-vs-munmap")
        let line = try OneLineSchedule("mmuscope:1 odp-vs-munmap seed=7 policy=random steps=60 @30 munmap(mm#9,0x1..0x2)")
        let (recording, astray) = try line.recording(on: program)
        #expect(astray?.sentence == "step 30: munmap(mm#9, 0x1..0x2): mm: there is no mm#9 now")
        #expect(recording.end == 60)
    }

    @Test("a recording of before has no operations, and gets them where they fit")
    func older() throws {
        let plain = try program("odp-vs-munmap")
        var simulation = Simulation(plain, seed: 3)
        simulation.jump(to: 200)
        let recording = try Recording.open(Recording(simulation, setup: RunSetup(plain, seed: 3)).bytes).recording
        #expect(!recording.setup.hasOperations)
        let (setup, program) = try recording.setup.withOperations(modules)
        #expect(setup.hasOperations && !program.operations.isEmpty)
        var replay = Simulation(program, replaying: recording)
        replay.jump(to: 200)
        #expect(replay.astray == nil && replay.step == 200)
        let back = try #require(replay.machineWithoutOperations(setup))
        #expect(Fingerprinter(back.program).value(of: back) == Fingerprinter(plain).value(of: simulation.machine))
    }

    @Test("sound chunks with nonsense in them never trap")
    func nonsense() throws {
        let program = try perturbable("odp-vs-munmap")
        var perturber = Perturber(program, seed: 9)
        for _ in 0..<60 { perturber.move() }
        let simulation = perturber.simulation
        var writer = ByteWriter()
        InterventionCoding.write(simulation.interventions, from: 0, to: &writer)
        let seed: UInt64 = 41
        var random = SeededGenerator(state: seed)
        for _ in 0..<3_000 {
            var bytes = writer.bytes
            for _ in 0...Int(random.next() % 3) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            var reader = ByteReader(bytes[...])
            guard let read = try? InterventionCoding.read(&reader, from: 0, to: simulation.frontier + 1) else { continue }
            var replay = Simulation(program, seed: 9)
            replay.interventions = read
            replay.settle()
            while replay.step < 60, replay.stepForward() {}
            #expect(replay.step <= 60)
        }
    }
}
