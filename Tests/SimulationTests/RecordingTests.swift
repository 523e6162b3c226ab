import Foundation
import Language
import Machine
import Playback
import Scene
@testable import Simulation
import Testing

@Suite("Recordings")
struct RecordingTests {
    static let scenarios = ["odp-vs-munmap", "two-invalidations", "remove-vs-last-end", "radeon-gup-unguarded", "collide"]

    /// A run on which things were decided by hand, taken back and decided otherwise.
    private func wandered(_ name: String, seed: UInt64, moves: Int = 150) throws -> (Simulation, RunSetup) {
        let program = try program(name)
        var simulation = Simulation(program, seed: seed)
        let setup = RunSetup(program, seed: seed)
        wander(&simulation, seed: seed, moves: moves) { _ in }
        return (simulation, setup)
    }

    private func wander(_ simulation: inout Simulation, seed: UInt64, moves: Int, _ each: (Simulation) throws -> Void) rethrows {
        var random = SeededGenerator(state: seed)
        for _ in 0..<moves {
            switch random.next() % 8 {
            case 0: simulation.perform(.back)
            case 1: simulation.perform(.nextPolicy)
            case 2: simulation.perform(.jump(to: Int(random.next() % 300)))
            case 3, 4, 5:
                simulation.perform(.stepThread(ThreadID(Int(random.next() % UInt64(simulation.machine.threadCount)))))
            default: simulation.perform(.step)
            }
            try each(simulation)
        }
    }

    private func reopened(_ recording: Recording) throws -> Recording {
        let opened = try Recording.open(recording.bytes)
        #expect(opened.warning == nil)
        return opened.recording
    }

    @Test("what is written is read again", arguments: scenarios)
    func roundTrip(name: String) throws {
        for seed in UInt64(1)...20 {
            let (simulation, setup) = try wandered(name, seed: seed)
            var recording = Recording(simulation, setup: setup)
            recording.marks = [Recording.Mark(name: "hé, \u{1B}[31m", step: 3)]
            #expect(try reopened(recording) == recording, "seed \(seed)")
        }
    }

    @Test("a replay gives the same states and the same events", arguments: scenarios)
    func replay(name: String) throws {
        for seed in UInt64(1)...20 {
            var (simulation, setup) = try wandered(name, seed: seed)
            let recording = try reopened(Recording(simulation, setup: setup))
            #expect(recording.end == simulation.frontier)
            simulation.jump(to: recording.end)
            var replay = Simulation(try recording.setup.program(), replaying: recording)
            replay.jump(to: recording.end)
            #expect(replay.astray == nil, "seed \(seed)")
            #expect(replay.machine.state == simulation.machine.state, "seed \(seed)")
            let request = SceneRequest(events: RowWindow(count: 10_000))
            #expect(replay.scene(for: request).events.rows == simulation.scene(for: request).events.rows, "seed \(seed)")
        }
    }

    @Test("written piece by piece as it goes on, it is the same")
    func following() throws {
        for seed in UInt64(1)...20 {
            let program = try program("odp-vs-munmap")
            var simulation = Simulation(program, seed: seed)
            let setup = RunSetup(program, seed: seed)
            var recorder = RunRecorder()
            var bytes = RecordingFormat.start(setup)
            wander(&simulation, seed: seed, moves: 200) { now in
                for piece in recorder.news(of: now, isLast: false) { bytes += RecordingFormat.chunk(piece) }
            }
            for piece in recorder.end(of: simulation) { bytes += RecordingFormat.chunk(piece) }
            let opened = try Recording.open(bytes)
            #expect(opened.warning == nil)
            let recording = opened.recording
            #expect(recording.end == simulation.frontier, "seed \(seed)")
            var replay = Simulation(program, replaying: recording)
            replay.jump(to: recording.end)
            simulation.jump(to: recording.end)
            #expect(replay.astray == nil, "seed \(seed)")
            #expect(replay.machine.state == simulation.machine.state, "seed \(seed)")
        }
    }

    @Test("jumping back and forth in a replay gives the states of a straight run")
    func jumping() throws {
        let (simulation, setup) = try wandered("collide", seed: 5)
        let recording = Recording(simulation, setup: setup)
        var straight = Simulation(simulation.program, replaying: recording)
        var states = [straight.machine.state]
        while straight.step < recording.end, straight.stepForward() { states.append(straight.machine.state) }
        #expect(states.count == recording.end + 1)
        var replay = Simulation(simulation.program, replaying: recording).indexed()
        let seed: UInt64 = 0xF00D
        var random = SeededGenerator(state: seed)
        for move in 0..<100 {
            replay.perform(.jump(to: Int(random.next() % UInt64(states.count))))
            #expect(replay.machine.state == states[replay.step], "seed \(seed), move \(move), step \(replay.step)")
        }
    }

    @Test("a schedule is a recording, and a simulation")
    func schedule() throws {
        let program = try program("two-invalidations", faults: ["set_seq_missing"])
        var schedule: [ScheduledStep] = []
        var machine = Machine(program)
        let seed: UInt64 = 11
        var random = SeededGenerator(state: seed)
        var log = EventLog(isOn: false)
        while schedule.count < 120 {
            let thread = Int(random.next() % UInt64(machine.threadCount))
            guard case .ready(let choices) = machine.standing(of: thread) else { continue }
            let choice = Int(random.next() % UInt64(choices))
            guard machine.step(thread, choice: UInt64(choice), log: &log) == .stepped else { break }
            schedule.append(ScheduledStep(thread: thread, choice: choice))
        }
        let recording = try reopened(Recording(program, faults: ["set_seq_missing"], schedule: schedule))
        #expect(recording.end == schedule.count)
        #expect(recording.setup.faults == ["set_seq_missing"])
        #expect(recording.checks.last?.step == schedule.count)
        var replay = Simulation(try recording.setup.program(), replaying: recording)
        replay.jump(to: recording.end)
        #expect(replay.machine.state == machine.state, "seed \(seed)")
        let goesOn = replay.stepForward()
        #expect(!goesOn, "behind its end it is by hand")
    }

    @Test("what was found is kept where no step shows it, in the file and in the line; a file without is of the older format")
    func claim() throws {
        let program = try program("two-invalidations")
        let found = Recording.Claim(property: "no-livelock", thread: 1)
        let schedule = [ScheduledStep(thread: 0), ScheduledStep(thread: 1)]
        let plain = Recording(program, schedule: schedule)
        let recording = Recording(program, schedule: schedule, found: found)
        #expect(recording.claim == found && plain.claim == nil)
        #expect(try reopened(recording) == recording)
        #expect(recording.bytes[6] == 3 && plain.bytes[6] == 2)
        let line = try #require(recording.oneLine)
        let name = program.threads[1].name
        #expect(line.contains(" !no-livelock:\(name) ~"), "\(line)")
        #expect(try OneLineSchedule(line).recording(on: program).recording.claim == found)
        // It comes round nowhere: that isn't believed.
        var replay = Simulation(program, replaying: recording)
        replay.jump(to: recording.end)
        guard case .astray(let astray) = replay.conclude(recording) else {
            Issue.record("a round that there isn't")
            return
        }
        #expect(astray.sentence.contains("check found no-livelock of \(name)"), "\(astray.sentence)")
    }

    @Test("chosen by hand at every step, it takes less than two bytes a step")
    func size() throws {
        let program = try program("collide")
        var simulation = Simulation(program, seed: 3, policy: .byHand)
        let seed: UInt64 = 3
        var random = SeededGenerator(state: seed)
        var tries = 0
        while simulation.step < 2_000, tries < 100_000 {
            simulation.perform(.stepThread(ThreadID(Int(random.next() % UInt64(simulation.machine.threadCount)))))
            tries += 1
        }
        let setup = RunSetup(program, seed: 3, policy: .byHand)
        let recording = Recording(simulation, setup: setup)
        let size = recording.bytes.count - RecordingFormat.start(setup).count
        #expect(recording.end >= 200)
        #expect(Double(size) / Double(recording.end) < 2, "\(size) bytes for \(recording.end) steps, seed \(seed)")
    }

    @Test("ten million steps by hand take less than two bytes each, in memory and in the file")
    func large() {
        var interventions = Interventions()
        var random = SeededGenerator(state: 1)
        for step in 0..<100_000 {
            let number = random.next()
            interventions.append(thread: Int(number % 5), choice: number % 16 == 0 ? 1 : nil, at: step)
        }
        var writer = ByteWriter()
        InterventionCoding.write(interventions, from: 0, to: &writer)
        #expect(writer.bytes.count < 2 * 100_000)
        #expect(MemoryLayout<Interventions.Packed>.stride == 2)
        var reader = ByteReader(writer.bytes[...])
        #expect((try? InterventionCoding.read(&reader, from: 0, to: 100_000)) == interventions)
    }

    @Test("written key by key, it is put together at the end, and has the same in it")
    func packing() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mmuscope-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "run.mmurec").path
        let program = try program("odp-vs-munmap")
        var simulation = Simulation(program, seed: 8, policy: .byHand)
        let setup = RunSetup(program, seed: 8, policy: .byHand)
        var writer = try RunWriter(path: path, setup: setup)
        var random = SeededGenerator(state: 8)
        for _ in 0..<4_000 where simulation.step < 300 {
            simulation.perform(.stepThread(ThreadID(Int(random.next() % UInt64(simulation.machine.threadCount)))))
            try writer.follow(simulation)
        }
        try writer.finish(simulation)
        let size = try Recording.bytes(at: path).count - RecordingFormat.start(setup).count
        #expect(simulation.step >= 200)
        #expect(size < 2 * simulation.step, "\(size) bytes for \(simulation.step) steps")
        let opened = try Recording.read(path)
        #expect(opened.warning == nil)
        #expect(opened.recording.interventions == simulation.interventions)
        #expect(opened.recording.checks.last?.step == simulation.step)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["run.mmurec"])
    }

    @Test("marks are told on arrival")
    func marks() throws {
        let program = try program("collide")
        var simulation = Simulation(program, seed: 1)
        simulation.jump(to: 20)
        var recording = Recording(simulation, setup: RunSetup(program, seed: 1))
        recording.marks = [Recording.Mark(name: "the device maps it", step: 7)]
        var replay = Simulation(program, replaying: try reopened(recording))
        replay.perform(.jump(to: 7))
        #expect(replay.scene(for: SceneRequest()).message == "the device maps it")
    }

    @Test("what was decided is found again by step")
    func interventions() {
        let seed: UInt64 = 99
        var random = SeededGenerator(state: seed)
        for round in 0..<200 {
            var interventions = Interventions()
            var model: [Int: Intervention] = [:]
            var step = 0
            for _ in 0..<60 {
                step += Int(random.next() % 3)
                switch random.next() % 8 {
                case 0:
                    interventions.append(.policy(.bursts), at: step)
                    model[step, default: Intervention()].policy = .bursts
                    model = model.filter { $0.key <= step || $0.value.thread != nil }
                case 1:
                    let back = Int(random.next() % UInt64(step + 1))
                    interventions.removeAll(from: back)
                    model = model.filter { $0.key < back }
                    step = back
                default:
                    let choice = [nil, 0, 7, 1021, 1022, 100_000][Int(random.next() % 6)]
                    interventions.append(thread: step % 61, choice: choice, at: step)
                    model[step, default: Intervention()].thread = step % 61
                    model[step]?.choice = choice
                    step += 1
                }
            }
            for step in 0..<200 where interventions[step] != model[step] {
                Issue.record("seed \(seed), round \(round), step \(step)")
                return
            }
            var writer = ByteWriter()
            InterventionCoding.write(interventions, from: 0, to: &writer)
            var reader = ByteReader(writer.bytes[...])
            #expect((try? InterventionCoding.read(&reader, from: 0, to: 400)) == interventions, "seed \(seed), round \(round)")
        }
    }

    @Test("a replay on other models says where it goes astray")
    func astray() throws {
        let posted = try program("remove-vs-last-end")
        var simulation = Simulation(posted)
        while simulation.stepForward() {}
        let recording = Recording(simulation, setup: RunSetup(posted))
        var other = Simulation(
            try program("remove-vs-last-end", settings: ["vintage": 601]), replaying: recording)
        other.jump(to: recording.end)
        #expect(other.astray != nil)
    }
}
