import Language
import Machine
import Playback
import Scene
import Simulation
import Testing

@Suite("The timeline of a simulation")
struct TimelineTests {
    private static func request(_ columns: Int, first: Int? = 0, scale: Int? = nil) -> SceneRequest {
        var request = SceneRequest(events: RowWindow(count: 10_000))
        request.timeline = TimelineWindow(
            columns: columns, firstStep: first, stepsPerColumn: scale, lanes: RowWindow(count: 62))
        return request
    }

    /// What a thread that doesn't step is, by looking at it.
    private func activity(_ simulation: Simulation, _ thread: Int, hasStepped: Bool) -> TimelineCell.Activity {
        switch simulation.machine.standing(of: thread) {
        case .finished: return .absent
        case .ready: return .idle
        case .blocked(let blockage):
            switch blockage.cause {
            case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite: return .blocked
            case .sleep, .completion, .gracePeriod: return .asleep
            case .condition: return hasStepped ? .asleep : .absent
            case .teardown: return .absent
            }
        }
    }

    @Test("each step is of who took it, and the others are as they stood", arguments: ["two-invalidations", "odp-vs-munmap", "remove-in-flight"])
    func cells(name: String) throws {
        var simulation = Simulation(try program(name), seed: 7)
        var expected: [[TimelineCell.Activity]] = []
        var begun: Set<Int> = []
        while simulation.stepForward() {
            let stepped = try #require(simulation.lastThread)
            begun.insert(stepped)
            expected.append((0..<simulation.machine.threadCount).map {
                $0 == stepped ? .stepped : activity(simulation, $0, hasStepped: begun.contains($0))
            })
        }
        #expect(expected.count > 100 && expected.count < 4_000)
        let timeline = simulation.scene(for: Self.request(expected.count + 5)).timeline
        #expect(timeline.lanes.total == simulation.machine.threadCount)
        #expect(timeline.firstStep == 0 && timeline.stepsPerColumn == 1 && timeline.knownFrom == 0)
        for (thread, lane) in timeline.lanes.rows.enumerated() {
            #expect(lane.thread == ThreadID(thread) && lane.label == "T\(thread)")
            #expect(lane.name == simulation.program.threads[thread].name)
            #expect(lane.cells.prefix(expected.count).map(\.activity) == expected.map { $0[thread] }, "T\(thread)")
            #expect(lane.cells.suffix(5).allSatisfy { $0 == TimelineCell(.unknown) })
        }
        // All the same after going back: what comes is still shown.
        simulation.perform(.jump(to: expected.count / 3))
        #expect(simulation.scene(for: Self.request(expected.count + 5)).timeline == timeline)
        var other = Simulation(simulation.program, seed: 7)
        other.jump(to: expected.count)
        other.jump(to: 0)
        let part = other.scene(for: Self.request(20, first: expected.count - 10)).timeline
        for (lane, whole) in zip(part.lanes.rows, timeline.lanes.rows) {
            #expect(lane.cells.prefix(15) == whole.cells[(expected.count - 10)...])
        }
    }

    @Test("it sleeps between colliding and waking, and invalidates between start and end; events are in their columns")
    func tells() throws {
        let program = try program("odp-vs-munmap")
        var seed: UInt64 = 0
        var simulation = Simulation(program, seed: seed)
        var rows: [EventRow] = []
        repeat {
            simulation = Simulation(program, seed: seed)
            while simulation.stepForward() {}
            rows = simulation.scene(for: Self.request(1)).events.rows
            seed += 1
        } while !rows.contains { $0.kind == .collide } && seed < 100
        let timeline = simulation.scene(for: Self.request(simulation.step)).timeline
        let collide = try #require(rows.first { $0.kind == .collide })
        let wake = try #require(rows.first { $0.kind == .wake && $0.step > collide.step && $0.thread != collide.thread })
        let sleeper = try #require(timeline.lanes.rows.first { $0.thread == collide.thread })
        let column = try #require(timeline.column(ofStep: collide.step))
        #expect(sleeper.cells[column].event == .collide)
        let woken = try #require(timeline.column(ofStep: wake.step))
        // The sleeper takes a few steps until it sleeps; then it sleeps until the wake.
        let asleep = sleeper.cells[column...woken].indices.filter { sleeper.cells[$0].activity == .asleep }
        let first = try #require(asleep.first)
        #expect(asleep == Array(first..<woken))
        #expect(sleeper.cells[woken].activity == .idle)
        let start = try #require(rows.first { $0.kind == .start && $0.thread != nil && $0.step > 0 })
        let end = try #require(rows.first { $0.kind == .end && $0.thread == start.thread && $0.step > start.step })
        let invalidator = try #require(timeline.lanes.rows.first { $0.thread == start.thread })
        let from = try #require(timeline.column(ofStep: start.step))
        let to = try #require(timeline.column(ofStep: end.step))
        let flags = invalidator.cells[from..<(to - 1)].map(\.isInvalidating)
        #expect(flags.count > 5 && flags.allSatisfy { $0 })
        #expect(!invalidator.cells[to + 1].isInvalidating)
        #expect(invalidator.cells[from].event == .start)
    }

    @Test("what is run otherwise takes the place of what was")
    func otherwise() throws {
        var simulation = Simulation(try program("two-invalidations"), seed: 7)
        simulation.jump(to: 60)
        let before = simulation.scene(for: Self.request(60)).timeline
        var choice: (step: Int, thread: Int)?
        for step in 10..<50 where choice == nil {
            simulation.perform(.jump(to: step))
            let other = (0..<simulation.machine.threadCount).first { thread in
                var copy = simulation
                copy.perform(.stepThread(ThreadID(thread)))
                return copy.step == step + 1 && before.lanes.rows[thread].cells[step].activity != .stepped
            }
            choice = other.map { (step, $0) }
        }
        let (step, other) = try #require(choice)
        simulation.perform(.stepThread(ThreadID(other)))
        let now = simulation.scene(for: Self.request(60)).timeline
        for (lane, old) in zip(now.lanes.rows, before.lanes.rows) {
            #expect(lane.cells.prefix(step) == old.cells.prefix(step))
            #expect(lane.cells.dropFirst(step + 1).allSatisfy { $0.activity == .unknown })
        }
        #expect(now.lanes.rows[other].cells[step].activity == .stepped)
        #expect(now.marks.contains { $0.kind == .branch && $0.step == step })
        let events = simulation.scene(for: Self.request(1)).events.rows
        #expect(events.allSatisfy { $0.step <= step + 1 })
    }

    /// A run, and for each of its steps what each thread did in it, by looking at it.
    private func run(_ program: Program, seed: UInt64, steps: Int) -> (Simulation, told: [[TimelineCell.Activity]]) {
        var simulation = Simulation(program, seed: seed)
        var told: [[TimelineCell.Activity]] = []
        var begun: Set<Int> = []
        while simulation.step < steps, simulation.stepForward() {
            let stepped = simulation.lastThread ?? -1
            begun.insert(stepped)
            told.append((0..<simulation.machine.threadCount).map {
                $0 == stepped ? .stepped : activity(simulation, $0, hasStepped: begun.contains($0))
            })
        }
        return (simulation, told)
    }

    @Test("a column of many steps tells who stepped and who waited in it, near and far, ahead and behind", arguments: [10, 500])
    func wide(scale: Int) throws {
        let program = try program("ten-thousand", settings: ["notifiers": 20, "pages": 256])
        var (simulation, told) = run(program, seed: 3, steps: 30_000)
        let timeline = simulation.scene(for: Self.request(60, scale: scale)).timeline
        #expect(timeline.stepsPerColumn == scale && timeline.columns == 60)
        var (waits, differing) = (0, 0)
        for lane in timeline.lanes.rows {
            for column in 0..<60 {
                var counts = ActivityCounts()
                for step in (column * scale)..<((column + 1) * scale) { counts.add(told[step][lane.thread.number]) }
                let shown = lane.cells[column].activity
                if counts.idle + counts.absent == 0 || counts.asleep + counts.blocked == 0 {
                    if counts.activity == .asleep || counts.activity == .blocked { waits += 1 }
                }
                if shown != counts.activity { differing += 1 }
                // From far away it is known of whoever was asked to step.
                let isWhole = counts.blocked == scale || counts.asleep == scale || counts.stepped == scale
                if scale == 10 || isWhole { #expect(shown == counts.activity, "T\(lane.thread.number), column \(column)") }
            }
        }
        #expect(waits > 10 && differing * 20 < timeline.lanes.rows.count * 60, "\(waits) waits, \(differing) others")
        // From the start, all of it lies ahead, and is the same; so it is after a way back.
        simulation.perform(.jumpToStart)
        #expect(simulation.scene(for: Self.request(60, scale: scale)).timeline.lanes == timeline.lanes)
        simulation.perform(.jump(to: 29_000))
        #expect(simulation.scene(for: Self.request(60, scale: scale)).timeline.lanes == timeline.lanes)
        #expect(timeline.knownFrom == 0)
    }

    @Test("who waits is known of steps that were jumped over, also when what follows is run otherwise")
    func jumped() throws {
        let program = try program("ten-thousand", settings: ["notifiers": 20, "pages": 256])
        let (whole, _) = run(program, seed: 3, steps: 30_000)
        var other = Simulation(program, seed: 3)
        other.jump(to: 30_000)
        other.jump(to: 100)
        let expected = whole.scene(for: Self.request(60, scale: 500)).timeline.lanes
        #expect(other.scene(for: Self.request(60, scale: 500)).timeline.lanes == expected)
        // What was run behind it is no more: nothing is told of waits there, but of those before it everything.
        other.jump(to: 15_000)
        other.perform(.perturb(.policy("bursts")))
        let cut = other.scene(for: Self.request(60, scale: 500)).timeline.lanes
        for (lane, whole) in zip(cut.rows, expected.rows) {
            #expect(lane.cells[30...].allSatisfy { $0.activity == .unknown })
            #expect(lane.cells[..<29].map(\.activity) == whole.cells[..<29].map(\.activity))
        }
        other.jump(to: 30_000)
        let again = other.scene(for: Self.request(60, scale: 500)).timeline.lanes
        #expect(again.rows.contains { $0.cells[35...].contains { $0.activity == .blocked } })
        for (lane, whole) in zip(again.rows, expected.rows) {
            #expect(lane.cells[..<30].map(\.activity) == whole.cells[..<30].map(\.activity))
        }
    }

    @Test("a lane has the name of its operation before that begins")
    func names() throws {
        var simulation = Simulation(try program("odp-vs-munmap", operations: true), seed: 7)
        simulation.jump(to: 40)
        simulation.perform(.perturb(.operation(name: "munmap", arguments: [.record("mm#1"), .range(first: 0x10, last: 0x13)])))
        let own = simulation.program.threads.indices.first { simulation.program.threads[$0].role == .perturbation } ?? 0
        func names(_ first: Int) -> [String] {
            simulation.scene(for: Self.request(60, first: first)).timeline.lanes.rows
                .filter { $0.thread.number == own }.map(\.name)
        }
        simulation.jump(to: 90)
        #expect(names(30) == ["munmap"])
        for step in [0, 39, 40, 41] {
            simulation.perform(.jump(to: step))
            #expect(names(30) == ["munmap"], "at step \(step)")
        }
        // What is taken back is not begun any more.
        simulation.perform(.jump(to: 20))
        simulation.perform(.perturb(.policy("random")))
        #expect(names(0) == [])
    }

    @Test("left to itself it keeps the position in view and turns over by quarters")
    func automatic() throws {
        var simulation = Simulation(try program("two-invalidations"), seed: 7)
        simulation.jump(to: 150)
        var firsts: Set<Int> = []
        for step in 0...150 {
            simulation.jump(to: step)
            let timeline = simulation.scene(for: Self.request(40, first: nil)).timeline
            if step > 0 { #expect(timeline.column(ofStep: step) != nil, "step \(step)") }
            firsts.insert(timeline.firstStep)
        }
        #expect(firsts.count > 5 && firsts.count < 20)
    }

    @Test("the whole history is scaled to the columns, by powers of two")
    func whole() throws {
        var simulation = Simulation(try program("two-invalidations"), seed: 7)
        var request = Self.request(40, first: 17, scale: 1)
        request.timeline.isWhole = true
        for (step, scale) in [(0, 1), (40, 1), (41, 2), (80, 2), (81, 4), (160, 4)] {
            simulation.jump(to: step)
            let timeline = simulation.scene(for: request).timeline
            #expect(timeline.firstStep == 0 && timeline.stepsPerColumn == scale, "step \(step)")
        }
        // From further back as well: what lies ahead is a part of it.
        simulation.perform(.jump(to: 3))
        #expect(simulation.scene(for: request).timeline.stepsPerColumn == 4)
    }

    @Test("the finding and the marks are on it, also from before them")
    func marks() throws {
        let program = try program("radeon-gup-unguarded")
        var seed: UInt64 = 0
        var simulation = Simulation(program, seed: seed)
        while simulation.finding == nil, seed < 200 {
            seed += 1
            simulation = Simulation(program, seed: seed, policy: .random)
            while simulation.stepForward() {}
        }
        let step = simulation.step
        simulation.perform(.jump(to: 3))
        let marks = simulation.scene(for: Self.request(step + 10)).timeline.marks
        #expect(marks.contains(TimelineMark(step: step, kind: .finding, name: "no-stale-spte")))
    }

    @Test("lanes are a window of all")
    func lanes() throws {
        var simulation = Simulation(try program("collide"), seed: 1)
        simulation.jump(to: 50)
        var request = Self.request(50)
        let all = simulation.scene(for: request).timeline.lanes
        request.timeline.lanes = RowWindow(offset: 2, count: 2)
        let some = simulation.scene(for: request).timeline.lanes
        #expect(some.rows == Array(all.rows[2..<4]) && some.offset == 2 && some.total == all.total)
    }
}
