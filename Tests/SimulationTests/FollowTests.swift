import Foundation
import Language
import Machine
import Playback
import Simulation
import Testing

/// A schedule from somewhere else becomes the rest of a run.
@Suite("Following a schedule") struct FollowTests {
    /// What a run did from a step on.
    private static func schedule(of simulation: Simulation, from first: Int) -> [ScheduledStep] {
        var run = simulation
        let end = run.step
        run.jump(to: first)
        var result: [ScheduledStep] = []
        while run.step < end, run.stepForward() {
            result.append(ScheduledStep(thread: run.lastThread ?? 0, choice: 0))
        }
        return result
    }

    @Test("the run goes the way of the schedule, forward and back, whatever its policy would have done")
    func follows() throws {
        let program = try program("radeon-gup-unguarded")
        var other = Simulation(program, seed: 3, policy: .bursts)
        while other.stepForward() {}
        let schedule = Self.schedule(of: other, from: 0)
        var simulation = Simulation(program, seed: 8)
        simulation.perform(.jump(to: 0))
        let marks = [Recording.Mark(name: "here", step: 4), Recording.Mark(name: "there", step: 9)]
        let isThere = simulation.follow(schedule, marks: marks)
        #expect(isThere)
        #expect(simulation.step == schedule.count)
        #expect(simulation.machine.state == other.machine.state)
        #expect(simulation.finding == other.finding)
        simulation.perform(.back)
        #expect(simulation.step == schedule.count - 1 && simulation.finding == nil)
        for wanted in [9, 4, 4] {
            simulation.perform(.previousMark)
            #expect(simulation.step == wanted, "\(schedule.count) steps")
        }
        simulation.perform(.nextMark)
        #expect(simulation.step == 9)
        simulation.perform(.jumpToEnd)
        #expect(simulation.machine.state == other.machine.state)
    }

    @Test("what was run before behind that step is forgotten, and marks with it")
    func fromTheMiddle() throws {
        let program = try program("odp-vs-munmap")
        var other = Simulation(program, seed: 3)
        other.perform(.jump(to: 60))
        let schedule = Self.schedule(of: other, from: 20)
        var simulation = Simulation(program, seed: 3)
        simulation.perform(.jump(to: 20))
        simulation.follow([], marks: [Recording.Mark(name: "old", step: 30)])
        simulation.perform(.jump(to: 100))
        simulation.perform(.jump(to: 20))
        let isThere = simulation.follow(schedule, marks: [])
        #expect(isThere && simulation.marks.isEmpty)
        #expect(simulation.step == 60)
        #expect(simulation.machine.state == other.machine.state)
    }

    @Test("marks are written down with the run, and go with the steps that they name")
    func marks() throws {
        let program = try program("radeon-gup-unguarded")
        var other = Simulation(program, seed: 3, policy: .bursts)
        while other.stepForward() {}
        var simulation = Simulation(program, seed: 8)
        let marks = [Recording.Mark(name: "here", step: 4), Recording.Mark(name: "there", step: 9)]
        simulation.follow(Self.schedule(of: other, from: 0), marks: marks)
        let path = FileManager.default.temporaryDirectory.appending(path: "follow-\(UInt64.random(in: 0 ... .max)).mmurec").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var writer = try RunWriter(path: path, setup: RunSetup(program))
        try writer.finish(simulation)
        let opened = try Recording.read(path)
        #expect(opened.warning == nil)
        #expect(opened.recording.marks == marks && opened.recording.end == simulation.step)
        // Another way from between the two on.
        simulation.perform(.jump(to: 6))
        simulation.perform(.nextPolicy)
        #expect(simulation.marks == [marks[0]])
    }

    @Test("where nobody can go on, that is seen on arrival")
    func deadlock() throws {
        let text = """
            record R { a: mutex; b: mutex }
            scenario dead {
                let r = new R
                thread one { lock r.a; lock r.b }
                thread two { lock r.b; lock r.a }
            }
            """
        let program = try compile(SourceFile(name: "dead", text: text), options: CompileOptions(), modules: modules)
        var simulation = Simulation(program, seed: 1)
        let steps = [ScheduledStep(thread: 0), ScheduledStep(thread: 1)]
        simulation.follow(steps, marks: [Recording.Mark(name: "both wait", step: 2)])
        #expect(simulation.finding?.property == "no-deadlock")
        for command in [PlaybackCommand.nextMark, .jumpToEnd] {
            simulation.perform(.back)
            #expect(simulation.finding == nil)
            simulation.perform(command)
            #expect(simulation.step == 2 && simulation.finding?.property == "no-deadlock")
        }
    }

    @Test("a schedule that gives a step to a thread that can't take it ends before that")
    func impossible() throws {
        let program = try program("radeon-gup-unguarded")
        var simulation = Simulation(program, seed: 1)
        let teardown = program.threads.firstIndex { $0.role == .teardown } ?? 0
        let steps = [ScheduledStep(thread: 0), ScheduledStep(thread: teardown), ScheduledStep(thread: 0)]
        let isThere = simulation.follow(steps, marks: [])
        #expect(!isThere && simulation.step == 1)
    }
}
