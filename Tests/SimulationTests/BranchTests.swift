import Language
import Machine
import Playback
import Scene
@testable import Simulation
import Testing

@Suite("Branches, marks and breakpoints") struct BranchTests {
    private func simulation(at step: Int = 0, _ name: String = "odp-vs-munmap", seed: UInt64 = 7) throws -> Simulation {
        var simulation = Simulation(try perturbable(name), seed: seed)
        simulation.perform(.jump(to: step))
        return simulation
    }

    private func message(_ simulation: Simulation) -> String { simulation.scene(for: SceneRequest()).message ?? "" }
    private func branches(_ simulation: Simulation) -> [BranchRow] { simulation.scene(for: SceneRequest()).branches }

    private static let unmap = Perturbation.operation(
        name: "munmap", arguments: [.record("mm#1"), .range(first: 0x14, last: 0x15)])

    @Test("choosing otherwise in the past keeps the way it went before as a branch")
    func fork() throws {
        var simulation = try simulation(at: 90)
        let main = simulation.machine.state
        #expect(branches(simulation) == [BranchRow(name: "main", from: 0, last: 90, isCurrent: true)])
        simulation.perform(.jump(to: 42))
        simulation.perform(.perturb(Self.unmap))
        #expect(message(simulation).hasSuffix("; the 48 steps run before behind this one are kept as 'main'"))
        simulation.perform(.jump(to: 70))
        let other = simulation.machine.state
        #expect(branches(simulation) == [
            BranchRow(name: "main", from: 0, last: 90, isCurrent: false),
            BranchRow(name: "branch 2 at 42", from: 42, last: 70, isCurrent: true),
        ])
        simulation.perform(.switchBranch("main"))
        #expect(simulation.step == 90 && simulation.machine.state == main)
        #expect(message(simulation) == "on 'main', at step 90 of 90")
        simulation.perform(.jump(to: 20))
        simulation.perform(.switchBranch("branch 2 at 42"))
        #expect(simulation.step == 70 && simulation.machine.state == other)
        simulation.perform(.switchBranch("main"))
        #expect(simulation.step == 20, "it stands where it was left")
        simulation.perform(.nameBranch("as it was"))
        #expect(branches(simulation).map(\.name) == ["as it was", "branch 2 at 42"])
        simulation.perform(.switchBranch("as it was"))
        #expect(message(simulation) == "this is 'as it was'")
        simulation.perform(.switchBranch("nothing"))
        #expect(message(simulation) == "there is no branch 'nothing'")
        simulation.perform(.nameBranch("branch 2 at 42"))
        #expect(message(simulation) == "there is a branch 'branch 2 at 42' already")
    }

    @Test("branches of branches, in random order, stand where they were left")
    func many() throws {
        for seed in UInt64(1)...6 {
            var random = SeededGenerator(state: seed)
            var simulation = try simulation(at: 60, seed: seed)
            var left: [String: (step: Int, state: State)] = [:]
            for round in 0..<40 {
                let current = branches(simulation).first { $0.isCurrent }?.name ?? ""
                if random.next() % 2 == 0 {
                    simulation.perform(.jump(to: Int(random.next() % 60)))
                    let thread = ThreadID(Int(random.next() % 2))
                    let before = simulation.frontier
                    let end = simulation
                    simulation.perform(.stepThread(thread))
                    if branches(simulation).first(where: { $0.isCurrent })?.name != current {
                        var old = end
                        old.jump(to: before)
                        left[current] = (before, old.machine.state)
                    }
                    simulation.perform(.jump(to: 60))
                } else if let name = left.keys.sorted().randomElement(using: &random), let there = left[name] {
                    left[current] = (simulation.step, simulation.machine.state)
                    simulation.perform(.switchBranch(name))
                    left[name] = nil
                    try #require(simulation.step == there.step, "seed \(seed), round \(round), \(name)")
                    try #require(simulation.machine.state == there.state, "seed \(seed), round \(round), \(name)")
                }
            }
            #expect(branches(simulation).count > 2, "seed \(seed)")
        }
    }

    @Test("branches are bounded")
    func bounded() throws {
        var simulation = try simulation(at: 300)
        for step in (100..<280).reversed() {
            simulation.perform(.jump(to: step))
            simulation.perform(.perturb(.hold(ThreadID(0), isHeld: true)))
            simulation.perform(.step)
        }
        #expect(branches(simulation).count <= 65)
    }

    @Test("a recording goes with the branch")
    func recorded() throws {
        var simulation = try simulation(at: 50)
        let setup = RunSetup(simulation.program, seed: 7)
        var recorder = RunRecorder()
        var recording = Recording(setup: setup)
        func follow() { for piece in recorder.news(of: simulation, isLast: false) { recording.add(piece) } }
        follow()
        simulation.perform(.jump(to: 20))
        simulation.perform(.perturb(Self.unmap))
        simulation.perform(.jump(to: 45))
        follow()
        simulation.perform(.switchBranch("main"))
        follow()
        simulation.perform(.switchBranch("branch 2 at 20"))
        simulation.perform(.jump(to: 70))
        for piece in recorder.end(of: simulation) { recording.add(piece) }
        #expect(recording.end == 70)
        var replay = Simulation(simulation.program, replaying: recording)
        replay.jump(to: 70)
        #expect(replay.astray == nil && replay.machine.state == simulation.machine.state)
    }

    @Test("marks of one's own come and go, and are written down")
    func marks() throws {
        var simulation = try simulation(at: 30)
        simulation.perform(.toggleMark(""))
        #expect(message(simulation) == "marked: 'mark 1'")
        simulation.perform(.jump(to: 12))
        simulation.perform(.toggleMark("odd"))
        #expect(simulation.scene(for: SceneRequest()).marks == [MarkRow(step: 12, name: "odd"), MarkRow(step: 30, name: "mark 1")])
        simulation.perform(.nextMark)
        #expect(simulation.step == 30)
        var recorder = RunRecorder()
        var recording = Recording(setup: RunSetup(simulation.program, seed: 7))
        for piece in recorder.end(of: simulation) { recording.add(piece) }
        #expect(recording.marks.count == 2)
        simulation.perform(.toggleMark(""))
        #expect(message(simulation) == "the mark 'mark 1' is gone")
        #expect(simulation.scene(for: SceneRequest()).marks == [MarkRow(step: 12, name: "odd")])
    }

    // MARK: Breakpoints

    private func runToBreakpoint(_ simulation: inout Simulation) {
        simulation.perform(.runToBreakpoint)
        #expect(simulation.speed == nil || !simulation.isRunning)
        for _ in 0..<1_000 where simulation.isRunning { _ = simulation.advance(by: 100) }
        #expect(!simulation.isRunning)
    }

    @Test("a run stops where a thread comes to stand at a line, and says so")
    func line() throws {
        var simulation = try simulation()
        let program = simulation.program
        let statement = try #require(program.statements.first {
            program.sources[$0.file].name == "kernel/interval_notifier" && program.functions[$0.function].name == "read_retry"
        })
        simulation.perform(.toggleBreakpoint(.line(file: "kernel/interval_notifier", line: statement.line)))
        #expect(message(simulation) == "breakpoint at kernel/interval_notifier:\(statement.line): c runs to it")
        var steps: [Int] = []
        for hit in 1...2 {
            runToBreakpoint(&simulation)
            #expect(message(simulation) == "breakpoint kernel/interval_notifier:\(statement.line): device stands there")
            let thread = try #require(simulation.lastThread)
            #expect(simulation.machine.statement(of: thread).map { program.statements[$0].line } == statement.line)
            #expect(simulation.scene(for: SceneRequest()).breakpoints.map(\.hits) == [hit])
            steps.append(simulation.step)
        }
        #expect(steps == steps.sorted() && Set(steps).count == 2)
        var request = SceneRequest(code: CodeWindow(count: 40))
        request.codeThread = ThreadID(0)
        #expect(simulation.scene(for: request).code.lines.filter(\.hasBreakpoint).map(\.number) == [statement.line])
        // It survives going back, and stops at the same steps again.
        simulation.perform(.jumpToStart)
        runToBreakpoint(&simulation)
        #expect(simulation.step == steps[0])
        simulation.perform(.toggleBreakpoint(.line(file: "kernel/interval_notifier", line: statement.line)))
        #expect(message(simulation).hasPrefix("no breakpoint at"))
        simulation.perform(.runToBreakpoint)
        #expect(message(simulation) == "there are no breakpoints: B sets one where the code is" && !simulation.isRunning)
    }

    @Test("at a notifier's callback and collisions, at a number, at a property")
    func others() throws {
        var simulation = try simulation()
        let interval = try #require(simulation.program.record(named: "Interval"))
        let notifier = NotifierID(try #require(simulation.machine.liveRecords(interval).first))
        simulation.perform(.toggleBreakpoint(.notifier(notifier)))
        var said: [String] = []
        for _ in 0..<3 {
            runToBreakpoint(&simulation)
            said.append(message(simulation))
        }
        let name = simulation.machine.name(ofRecordAt: notifier.number)
        #expect(said.contains("breakpoint \(name): its callback begins"), "\(said)")
        #expect(said.contains("breakpoint \(name): it begins to collide"), "\(said)")
        simulation.perform(.clearBreakpoints)
        #expect(message(simulation) == "1 breakpoint is gone")
        simulation.perform(.jumpToStart)
        simulation.perform(.toggleBreakpoint(.sequence(3)))
        runToBreakpoint(&simulation)
        #expect(message(simulation) == "breakpoint invalidate_seq == 3")
        #expect(simulation.scene(for: SceneRequest()).header.seq == .known(3))
        simulation.perform(.clearBreakpoints)
        simulation.perform(.jumpToStart)
        simulation.perform(.toggleBreakpoint(.expression("active > 0 && !tree_empty(tree)")))
        runToBreakpoint(&simulation)
        #expect(message(simulation) == "breakpoint active > 0 && !tree_empty(tree)")
        #expect(simulation.scene(for: SceneRequest()).header.active == .known(1))
        var radeon = try self.simulation(0, "radeon-gup-unguarded", seed: 1)
        radeon.perform(.toggleBreakpoint(.property("no-stale-spte")))
        radeon.perform(.setSpeed(nil))
        runToBreakpoint(&radeon)
        #expect(message(radeon) == "breakpoint no-stale-spte has failed: b steps back")
        #expect(radeon.scene(for: SceneRequest()).breakpoints.map(\.hits) == [1])
    }

    private func simulation(_ step: Int, _ name: String, seed: UInt64) throws -> Simulation {
        try simulation(at: step, name, seed: seed)
    }

    @Test("what can't be a breakpoint is refused", arguments: [
        (.line(file: "kernel/nothing", line: 3), "there is no text 'kernel/nothing' here"),
        (.line(file: "kernel/interval_notifier", line: 1), "no thread can stand at kernel/interval_notifier:1; the next line where one can is"),
        (.notifier(NotifierID(3)), "there is no such notifier now"), (.property("no-such"), "no check has the name 'no-such'"),
        (.expression("mm#1.nothing"), "'mm#1.nothing': "),
    ] as [(Breakpoint, String)])
    func refusals(_ breakpoint: Breakpoint, _ words: String) throws {
        var simulation = try simulation()
        simulation.perform(.toggleBreakpoint(breakpoint))
        #expect(message(simulation).hasPrefix(words), "\(message(simulation))")
        #expect(simulation.scene(for: SceneRequest()).breakpoints.isEmpty)
    }

    // MARK: Travel

    @Test("it runs backwards step by step to the start")
    func backwards() throws {
        var straight = try simulation()
        var states = [straight.machine.state]
        while straight.step < 150, straight.stepForward() { states.append(straight.machine.state) }
        var simulation = straight
        simulation.perform(.runBackwards)
        #expect(simulation.isRunning && simulation.scene(for: SceneRequest()).position.isBackwards)
        while simulation.isRunning {
            let done = simulation.advance(by: 1)
            #expect(done == 1)
            try #require(simulation.machine.state == states[simulation.step], "step \(simulation.step)")
        }
        #expect(simulation.step == 0 && message(simulation) == "this is the start")
        simulation.perform(.runBackwards)
        #expect(!simulation.isRunning && message(simulation) == "this is the start")
        simulation.perform(.jump(to: 100))
        simulation.perform(.runBackwards)
        #expect(simulation.advance(by: 30) == 30 && simulation.step == 70)
        simulation.perform(.pause)
        #expect(!simulation.isRunning && simulation.frontier == 150)
        simulation.perform(.run)
        #expect(!simulation.scene(for: SceneRequest()).position.isBackwards)
    }

    @Test("over checkpoints, too, and without replaying everything for each step")
    func farBackwards() throws {
        var simulation = Simulation(try perturbable("ten-thousand", settings: ["notifiers": 20, "pages": 256]), seed: 3)
        simulation.jump(to: 40_000)
        var wanted: [Int: UInt64] = [:]
        var straight = Simulation(simulation.program, seed: 3)
        let fingerprinter = Fingerprinter(simulation.program)
        straight.jump(to: 31_000)
        while straight.step < 33_000, straight.stepForward() {
            if straight.step % 97 == 0 { wanted[straight.step] = fingerprinter.value(of: straight.machine) }
        }
        simulation.jump(to: 33_000)
        simulation.perform(.runBackwards)
        while simulation.step > 31_000 {
            _ = simulation.advance(by: 1)
            guard let value = wanted[simulation.step] else { continue }
            try #require(fingerprinter.value(of: simulation.machine) == value, "step \(simulation.step)")
        }
    }

    @Test("to the next and the previous event of a kind")
    func events() throws {
        var simulation = try simulation(at: 400)
        let request = SceneRequest(events: RowWindow(count: 10_000))
        let all = simulation.scene(for: request).events.rows
        let kinds: Set<EventKind> = [.begin, .success, .callback]
        let steps = all.filter { kinds.contains($0.kind) && $0.step > 0 }.map(\.step)
        #expect(Set(steps).count > 3)
        simulation.perform(.jumpToStart)
        var met: [Int] = []
        for _ in 0..<Set(steps).count {
            simulation.perform(.nextEventOf(kinds))
            met.append(simulation.step)
        }
        #expect(met == Array(Set(steps)).sorted())
        for step in met.reversed().dropFirst() {
            simulation.perform(.previousEventOf(kinds))
            #expect(simulation.step == step)
        }
        simulation.perform(.previousEventOf(kinds))
        #expect(message(simulation) == "no event of the kind begin, callback, success before")
        #expect(simulation.step == met[0])
    }

    @Test("an event before what the log still has is found by going through the run again")
    func oldEvents() throws {
        var simulation = Simulation(try perturbable("ten-thousand", settings: ["notifiers": 20, "pages": 256]), seed: 3)
        simulation.jump(to: 30_000)
        let early = try #require(
            simulation.history.entries.last { simulation.machine.kindName(of: $0.event) == "start" && $0.step < 24_576 }?.step)
        // Another one that knows the places, and has seen nothing of what lies between.
        var fresh = Simulation(simulation.program, seed: 3)
        fresh.checkpoints = simulation.checkpoints
        fresh.jump(to: 24_578)
        try #require(fresh.chronicle.events.coveredFrom > 24_000)
        let here = fresh.history.entries.contains { fresh.machine.kindName(of: $0.event) == "start" && $0.step < 24_578 }
        try #require(!here)
        fresh.perform(.previousEventOf([.start]))
        #expect(fresh.step == early)
    }
}
