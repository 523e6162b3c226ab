import Foundation
import Language
import Machine
import Models
import Playback
import Scene
import Simulation
import Testing

@Suite("Why something is as it is") struct ExplanationTests {
    /// Seeds until a step shows what is looked for.
    private func find(
        _ name: String, faults: [String] = [], _ condition: (Simulation, Scene) -> Bool
    ) throws -> Simulation {
        let program = try program(name, faults: faults)
        let request = SceneRequest(
            addresses: AddressWindow(columns: 64, intervals: RowWindow(count: 8)), notifiers: RowWindow(count: 20),
            threads: RowWindow(count: 20), events: RowWindow(count: 4))
        for seed in 0..<60 {
            var simulation = Simulation(program, seed: UInt64(seed), policy: .random)
            while simulation.stepForward() {
                if condition(simulation, simulation.scene(for: request)) { return simulation }
            }
            if condition(simulation, simulation.scene(for: request)) { return simulation }
        }
        throw MissingScenario(name: "\(name) in the state that is looked for")
    }

    private func explain(_ subject: Subject, in simulation: Simulation) throws -> Explanation {
        var request = SceneRequest()
        request.explain = subject
        let explanation = try #require(simulation.scene(for: request).explanation)
        if ProcessInfo.processInfo.environment["SHOW"] != nil { print("=== " + text(explanation)) }
        for sentence in explanation.sentences {
            let text = sentence.text
            #expect(text.hasSuffix("."), "\(text)")
            #expect(!text.contains("  ") && !text.contains("..."), "\(text)")
            if let step = sentence.step { #expect((0...simulation.step).contains(step), "\(text)") }
        }
        return explanation
    }

    private func text(_ explanation: Explanation) -> String {
        ([explanation.title] + explanation.sentences.map(\.text)).joined(separator: "\n")
    }

    private func steps(_ explanation: Explanation, _ words: String) -> [Int] {
        explanation.sentences.filter { $0.text.contains(words) }.compactMap(\.step)
    }

    private func events(_ simulation: Simulation, _ kind: EventKind) -> [EventRow] {
        var request = SceneRequest(events: RowWindow(count: 10_000))
        request.eventKinds = [kind]
        return simulation.scene(for: request).events.rows
    }

    @Test("a sleeping reader: the odd number, who made it odd and when, who has to end what") func sleeper() throws {
        let simulation = try find("odp-vs-munmap") { _, scene in scene.sleepers.contains { !$0.isWoken } }
        let scene = simulation.scene(for: SceneRequest(threads: RowWindow(count: 9)))
        let sleeper = try #require(scene.sleepers.first)
        let explanation = try explain(.thread(sleeper.thread), in: simulation)
        let words = text(explanation)
        let seq = try #require(scene.header.seq.value)
        #expect(explanation.title == "Why T0 device sleeps")
        #expect(words.contains("sleeps in read_begin(umem#1) since step \(sleeper.sinceStep), until the mm's invalidate_seq is no longer \(seq)"), "\(words)")
        let odd = try #require(events(simulation, .odd).last)
        #expect(words.contains("T1 munmap makes seq odd: \(seq - 1) → \(seq), because umem#1 overlaps 0x10..0x13"), "\(words)")
        let told = try #require(steps(explanation, "makes seq odd").first)
        #expect(told < odd.step)
        #expect(words.contains("UNMAP 0x10..0x13 of T1 munmap"))
        #expect(words.contains("T1 munmap has to end it: that end makes seq even and wakes everybody"))
        #expect(explanation.sentences.contains { $0.role == .rule })
        #expect(explanation.seeAlso.contains("odp-vs-munmap"))

        let number = text(try explain(.number(.seq), in: simulation))
        // The step of the store, and that of the log's sentence about it.
        let place = told == odd.step ? "tep \(told)" : "tep \(told) (in the log at \(odd.step))"
        for words in [words, number] { #expect(words.contains("In s\(place) T1 munmap makes seq odd"), "\(words)") }
        #expect(number.contains("S\(place): \(seq - 1) → \(seq); T1 munmap makes seq odd"), "\(number)")
        #expect(number.contains("\(seq) is odd: the mm is fully excluded"), "\(number)")
        let asleep = text(try explain(.number(.asleep), in: simulation))
        #expect(asleep.contains("T0 device sleeps in read_begin(umem#1)"), "\(asleep)")
        let notifier = try #require(scene.sleepers.first?.notifier)
        let notifierWords = text(try explain(.notifier(notifier), in: simulation))
        #expect(notifierWords.contains("Its invalidate_seq is \(seq), and so is the mm's: it counts as colliding."), "\(notifierWords)")
        #expect(notifierWords.contains("T0 device sleeps in read_begin(umem#1)"))
        #expect(notifierWords.contains("has been called once so far"))
    }

    /// Steps of one thread, until something is so or it can't go on.
    private func drive(_ simulation: inout Simulation, _ name: String, until text: String) throws {
        let thread = try #require(simulation.program.threads.firstIndex { $0.name == name })
        let condition = try Evaluator(simulation.program).expression(text)
        for _ in 0..<500 {
            if condition.isTrue(in: simulation.machine) { return }
            let before = simulation.step
            simulation.perform(.stepThread(ThreadID(thread)))
            if simulation.step == before || simulation.finding != nil { return }
        }
    }

    @Test("a retry: the number it began with, who set which number when") func retry() throws {
        var simulation = Simulation(try program("two-invalidations"), policy: .byHand)
        try drive(&simulation, "device", until: "device.pfn != none")
        try drive(&simulation, "device", until: "!held(mm.mmap_sem)")
        try drive(&simulation, "munmap", until: "munmap.finished")
        while events(simulation, .retry).isEmpty {
            let before = simulation.step
            simulation.perform(.stepThread(ThreadID(0)))
            try #require(simulation.step > before, "\(simulation.scene(for: SceneRequest()).message ?? "")")
        }
        let retry = try #require(events(simulation, .retry).last)
        let explanation = try explain(.thread(ThreadID(0)), in: simulation)
        let words = text(explanation)
        #expect(words.contains("It has to begin again: it must retry on mirror#1: it began at seq 1, an invalidation set 3."), "\(words)")
        #expect(steps(explanation, "It has to begin again") == [retry.step])
        let begin = try #require(events(simulation, .begin).last { $0.threadLabel == "T0 device" })
        #expect(steps(explanation, "It had begun to read in step") == [begin.step], "\(words)")
        #expect(words.contains("T1 munmap set it to 3, from the callback"), "\(words)")
        let set = try #require(steps(explanation, "set it to 3").first)
        let call = try #require(events(simulation, .callback).last)
        #expect(call.step <= set && set < retry.step)
        #expect(steps(explanation, "That callback") == [call.step])
        let count = text(try explain(.number(.retries), in: simulation))
        #expect(count.contains("Step \(retry.step): T0 device must retry on mirror#1"), "\(count)")
    }

    @Test("a deferred insert: since when seq is odd, and who applies it") func deferredInsert() throws {
        let simulation = try find("insert-in-flight") { _, scene in
            scene.header.deferredInserts == 1 && scene.events.rows.last?.kind == .defer
        }
        var later = simulation
        let notifier = try #require(simulation.scene(for: SceneRequest()).deferred.first?.id)
        let explanation = try explain(.notifier(notifier), in: simulation)
        let words = text(explanation)
        #expect(words.contains("Its insert is deferred: it is on the deferred list, and not in the tree yet."), "\(words)")
        #expect(words.contains("seq has been odd since step"), "\(words)")
        #expect(words.contains("The last invalidation to end makes seq even and applies the insert"), "\(words)")
        let deferral = try #require(events(simulation, .defer).last)
        #expect(steps(explanation, "defers the insert").contains(deferral.step))
        #expect(text(try explain(.number(.deferred), in: simulation)).contains("defers the insert of"))
        // In the tree already, and still on the list.
        while !text(try explain(.notifier(notifier), in: later)).contains("It is in the tree"), later.stepForward() {}
        while events(later, .apply).isEmpty, later.stepForward() {}
        let applied = text(try explain(.notifier(notifier), in: later))
        #expect(applied.contains("It is in the tree"), "\(applied)")
        #expect(applied.contains("Its insert was deferred in step \(deferral.step), for seq was odd, and applied in step"), "\(applied)")
    }

    @Test("a fresh notifier: seq − 1") func initialNumber() throws {
        let simulation = Simulation(try program("odp-vs-munmap"))
        let notifier = try #require(simulation.scene(for: SceneRequest(notifiers: RowWindow(count: 1))).notifiers.rows.first?.id)
        let words = text(try explain(.notifier(notifier), in: simulation))
        #expect(words.contains("Its invalidate_seq is 1, the mm's is 2: they differ."), "\(words)")
        #expect(words.contains("It got 1 when it was inserted, in step 0, while no invalidation was in flight: the mm's number minus 1."), "\(words)")
        #expect(words.contains("has not been called so far"))
    }

    private static let locks = """
        record Two "two" pool 1 {
            a: mutex
            sem: rwsem
        }
        reader(t: Two) {
            down_read t.sem
            lock t.a
            unlock t.a
            up_read t.sem
        }
        writer(t: Two) {
            lock t.a
            down_write t.sem
            up_write t.sem
            unlock t.a
        }
        scenario circle {
            "Three threads and two locks."
            let t = new Two
            thread reader { reader(t) }
            thread writer { writer(t) }
            thread late {
                down_read t.sem
                up_read t.sem
            }
        }
        """

    @Test("a deadlock: the whole chain, and that it is a circle") func deadlock() throws {
        let program = try compile(SourceFile(name: "locks", text: Self.locks)) { _ in nil }
        var simulation = Simulation(program, policy: .byHand)
        for name in ["reader", "reader", "writer", "writer", "writer", "reader", "writer", "late", "late"] {
            simulation.perform(.stepThread(ThreadID(try #require(program.threads.firstIndex { $0.name == name }))))
        }
        simulation.perform(.jumpToEnd)
        #expect(simulation.finding?.property == "no-deadlock")
        let reader = text(try explain(.thread(ThreadID(0)), in: simulation))
        #expect(reader.contains("Why T0 reader waits"))
        #expect(reader.contains("It waits for two#1.a since step"), "\(reader)")
        #expect(reader.contains("two#1.a is held by T1 writer, since step"), "\(reader)")
        #expect(reader.contains("T1 writer itself waits to hold two#1.sem for writing"), "\(reader)")
        #expect(reader.contains("two#1.sem is held by T0 reader, since step"), "\(reader)")
        #expect(reader.contains("They wait in a circle: T0 reader → T1 writer → T0 reader. None of them can ever go on: a deadlock."), "\(reader)")
        let late = text(try explain(.thread(ThreadID(2)), in: simulation))
        #expect(late.contains("Nobody holds it for writing, but T1 writer queues for that."), "\(late)")
        #expect(late.contains("A writer that queues keeps new readers out"), "\(late)")
        let lock = text(try explain(.lock("two#1.sem"), in: simulation))
        #expect(lock.contains("T0 reader holds it for reading, since step"), "\(lock)")
        #expect(lock.contains("A reader-writer semaphore"), "\(lock)")
        let finding = text(try explain(.finding, in: simulation))
        #expect(finding.contains("no-deadlock fails in step \(simulation.step)"), "\(finding)")
        #expect(finding.contains("Some thread can always go on"), "\(finding)")
    }

    @Test("a stale entry: why it is stale, who mapped it, who changed the CPU's, and that nothing excuses it") func stale() throws {
        let simulation = try find("radeon-gup-unguarded") { simulation, _ in simulation.finding?.property == "no-stale-spte" }
        let space = simulation.scene(for: SceneRequest(addresses: AddressWindow(columns: 64))).addressSpace
        let device = try #require(space.devices.first { $0.cells.contains { $0.isStale && !$0.isExcused } })
        let column = try #require(device.cells.firstIndex { $0.isStale })
        let page = space.origin + UInt64(column) * space.unitsPerColumn
        let explanation = try explain(.page(page), in: simulation)
        let words = text(explanation)
        #expect(words.contains("That entry is stale: "), "\(words)")
        #expect(words.contains("made that entry in step"), "\(words)")
        #expect(words.contains("changed the CPU's entry in step"), "\(words)")
        #expect(words.contains("nothing will ever remove this entry"), "\(words)")
        let finding = text(try explain(.finding, in: simulation))
        #expect(finding.contains("still maps"), "\(finding)")
    }

    @Test("an excused entry: the invalidation that still has to tell the device") func excused() throws {
        let simulation = try find("odp-vs-munmap") { _, scene in
            scene.addressSpace.devices.contains { $0.cells.contains { $0.isStale && $0.isExcused } }
                || scene.addressSpace.invalidations.count == 1
        }
        let page = try #require(simulation.scene(for: SceneRequest(addresses: AddressWindow(columns: 64))).addressSpace.invalidations.first).range.first
        let words = text(try explain(.page(page), in: simulation))
        #expect(words.contains("is in flight over it, started in step"), "\(words)")
        #expect(words.contains("umem#1 watches it"), "\(words)")
    }

    @Test("an exclusive entry: whose, and what a CPU's touch will do") func exclusive() throws {
        let simulation = try find("exclusive-fault-revokes") { _, scene in
            scene.addressSpace.cpuPTEs.value?.contains(.exclusive) == true
        }
        let explanation = try explain(.page(2), in: simulation)
        let words = text(explanation)
        #expect(words.contains("A device has it to itself: the CPU's entry is device-exclusive"), "\(words)")
        #expect(words.contains("A CPU's touch faults: it takes the page's lock, starts an invalidation"), "\(words)")
        #expect(explanation.seeAlso.contains("exclusive-fault-revokes"))
    }

    @Test("a refused start that is counted for ever") func refused() throws {
        let program = try SimulationTests.program("oom-nonblocking-mixed")
        var simulation = Simulation(program, policy: .byHand)
        // The job has the lock that the plain notifier's callback tries; then the reaper comes.
        for name in ["job", "job"] + [String](repeating: "reaper", count: 200) where simulation.finding == nil {
            simulation.perform(.stepThread(ThreadID(try #require(program.threads.firstIndex { $0.name == name }))))
        }
        #expect(simulation.finding?.property == "nonblock-balanced")
        let words = text(try explain(.number(.active), in: simulation))
        #expect(words.contains("Of 1 only 0 can be seen in flight"), "\(words)")
        var asleep = Simulation(try SimulationTests.program("oom-mixed-reader-sleeps"), policy: .byHand)
        try drive(&asleep, "job", until: "is_locked(window#1.lock)")
        try drive(&asleep, "reaper", until: "reaper.finished")
        try drive(&asleep, "device", until: "device.asleep")
        let sleeper = text(try explain(.thread(ThreadID(2)), in: asleep))
        #expect(sleeper.contains("Nobody will ever make seq even"), "\(sleeper)")
        try drive(&asleep, "job", until: "job.finished")
        asleep.perform(.jumpToEnd)
        #expect(asleep.finding?.property == "no-lost-wakeup")
        let finding = text(try explain(.finding, in: asleep))
        #expect(finding.contains("Nobody will ever make seq even"), "\(finding)")
    }

    @Test("what a step did: its line, what was said, what it changed") func event() throws {
        let simulation = try find("odp-vs-munmap") { _, scene in scene.events.rows.last?.kind == .even }
        let odd = try #require(events(simulation, .odd).last)
        let explanation = try explain(.event(step: odd.step), in: simulation)
        #expect(text(explanation).contains(odd.text), "\(text(explanation))")
        #expect(text(explanation).contains("carries out '"))
        let first = text(try explain(.event(step: 1), in: simulation))
        #expect(first.hasPrefix("Step 1: T"), "\(first)")
        #expect(text(try explain(.event(step: 0), in: simulation)).contains("setup"))
    }

    @Test("every subject of every state has an explanation, and what it points to exists") func everything() throws {
        let names = Set(embeddedAssets.filter { $0.path.hasPrefix("scenarios/") }.flatMap { asset in
            outline(of: SourceFile(name: asset.path, text: asset.text ?? "")).map(\.name)
        })
        for name in ["odp-vs-munmap", "two-invalidations", "exclusive-zap", "migrate-vs-device-fault", "collide", "release-vs-remove"] {
            var simulation = Simulation(try program(name), seed: 3, policy: .random)
            while simulation.stepForward() {
                guard simulation.step % 17 == 0 else { continue }
                var request = SceneRequest(notifiers: RowWindow(count: 4), threads: RowWindow(count: 20))
                request.locks = RowWindow(count: 20)
                let scene = simulation.scene(for: request)
                var subjects: [Subject] = HeaderNumber.allCases.map { .number($0) } + [.finding, .event(step: simulation.step), .page(2)]
                subjects += scene.threads.rows.map { .thread($0.id) } + scene.notifiers.rows.map { .notifier($0.id) }
                subjects += scene.locks.rows.map { .lock($0.name) }
                for subject in subjects {
                    let explanation = try explain(subject, in: simulation)
                    #expect(!explanation.sentences.isEmpty, "\(name) \(simulation.step) \(subject)")
                    #expect(explanation.seeAlso.allSatisfy(names.contains), "\(explanation.seeAlso)")
                }
            }
        }
    }

    @Test("what is gone, and what never was") func gone() throws {
        let simulation = Simulation(try program("odp-vs-munmap"))
        for subject in [Subject.thread(ThreadID(99)), .thread(ThreadID(-1)), .notifier(NotifierID(3)), .page(1 << 60), .event(step: 9_999), .finding] {
            #expect(try explain(subject, in: simulation).subject == nil, "\(subject)")
        }
        #expect(text(try explain(.lock("none such"), in: simulation)).contains("Nobody holds"))
    }
}

@Suite("Expressions that are kept in sight") struct WatchTests {
    private func watched(_ simulation: Simulation, _ expressions: [String]) -> [WatchRow] {
        var request = SceneRequest()
        request.watches = expressions
        return simulation.scene(for: request).watches
    }

    @Test("their values, mistakes, and whether the last step changed them, however it was come to") func watches() throws {
        var simulation = Simulation(try program("odp-vs-munmap"), seed: 1, policy: .random)
        let expressions = ["seq", "active", "umem#1.notifier.start", "nonsense"]
        #expect(watched(simulation, expressions).map(\.value).prefix(3) == ["2", "0", "0x10"])
        #expect(watched(simulation, expressions).map(\.isMistaken) == [false, false, false, true])
        #expect(watched(simulation, expressions).allSatisfy { !$0.hasChanged })
        var changes: [Int: [Bool]] = [:]
        var last = watched(simulation, expressions).map(\.value)
        while simulation.stepForward() {
            let rows = watched(simulation, expressions)
            #expect(rows.map(\.hasChanged) == zip(rows, last).map { $0.value != $1 }, "step \(simulation.step)")
            changes[simulation.step] = rows.map(\.hasChanged)
            last = rows.map(\.value)
        }
        #expect(changes.values.contains { $0[0] })
        for step in [simulation.step, 40, 41, 20, 1].filter({ changes[$0] != nil }) {
            simulation.perform(.jump(to: step))
            #expect(watched(simulation, expressions).map(\.hasChanged) == changes[step], "step \(step)")
            #expect(watched(simulation, expressions).map(\.hasChanged) == changes[step], "step \(step), asked again")
        }
    }

    @Test("asked once: a reply, numbered") func evaluate() throws {
        var simulation = Simulation(try program("odp-vs-munmap"))
        simulation.perform(.evaluate("mm.subscriptions.invalidate_seq + 1"))
        let first = try #require(simulation.scene(for: SceneRequest()).reply)
        #expect(first.content == .value(expression: "mm.subscriptions.invalidate_seq + 1", value: "3"))
        simulation.perform(.evaluate("umam#1"))
        let scene = simulation.scene(for: SceneRequest())
        let second = try #require(scene.reply)
        #expect(second.number > first.number)
        guard case .value(_, let words) = second.content else {
            Issue.record("\(second)")
            return
        }
        #expect(words.contains("did you mean 'umem'?"))
        #expect(scene.message == words)
    }
}

@Suite("Breakpoints on expressions") struct ExpressionBreakpointTests {
    @Test("a run stops where it becomes true; a mistake is said at once") func stop() throws {
        var simulation = Simulation(try program("odp-vs-munmap"), seed: 3, policy: .random)
        simulation.perform(.toggleBreakpoint(.expression("umem.notifier.sec == 3")))
        #expect(simulation.scene(for: SceneRequest()).message?.contains("did you mean") == true)
        #expect(simulation.scene(for: SceneRequest()).breakpoints.isEmpty)
        simulation.perform(.toggleBreakpoint(.expression("umem.notifier.seq == 3 && held(umem.umem_mutex)")))
        simulation.perform(.runToBreakpoint)
        for _ in 0..<10_000 where simulation.isRunning { _ = simulation.advance(by: 10) }
        #expect(try Evaluator(simulation.program).value(of: "umem.notifier.seq", in: simulation.machine).text == "3")
        #expect(simulation.scene(for: SceneRequest()).breakpoints.first?.hits == 1)
        simulation.perform(.back)
        #expect(try Evaluator(simulation.program).value(of: "umem.notifier.seq", in: simulation.machine).text != "3")
    }
}
