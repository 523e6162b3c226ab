import Foundation
import Language
import Machine
import Models
import Testing

@testable import Explorer

@Suite("Counterexamples") struct CounterexampleTests {
    /// Scenarios that fail quickly.
    static let failing = [
        "radeon-gup-unguarded", "remove-vs-last-end", "insert-then-remove-in-flight", "seq-wrap",
    ]

    private func program(_ name: String, faults: [String] = []) throws -> Program {
        let modules: ModuleLoader = { Asset.named("\($0).model")?.text }
        for asset in embeddedAssets where asset.path.hasPrefix("scenarios/") {
            let source = SourceFile(name: String(asset.path.dropLast(".model".count)), text: asset.text ?? "")
            guard outline(of: source).contains(where: { $0.name == name }) else { continue }
            return try Language.compile(source, options: CompileOptions(scenario: name, faults: faults), modules: modules)
        }
        throw Nothing()
    }

    private struct Nothing: Error {}

    /// A scenario of the test's own.
    private func program(_ declarations: String, _ scenario: String) throws -> Program {
        try Language.compile(SourceFile(name: "bench", text: "\(declarations)\nscenario bench {\n\(scenario)\n}\n")) { _ in nil }
    }

    private func found(_ program: Program) throws -> Counterexample {
        let result = Explorer(program).explore()
        guard case .fails(let finding) = result.verdict else { throw Nothing() }
        return try Counterexample(program, schedule: result.schedule, finding: finding)
    }

    @Test("tables and stories as text", arguments: [
        "radeon-gup-unguarded", "remove-vs-last-end", "migrate-vs-dontneed", "exclusive-two-devices", "oom-nonblocking-mixed",
    ])
    func golden(name: String) throws {
        let example = try found(program(name)).minimised()
        try expectGolden("\(example.table())\n\(example.story)", "\(name).txt")
    }

    @Test("the minimised schedule replays to the same property in no more switches", arguments: failing)
    func minimised(name: String) throws {
        let example = try found(program(name))
        let least = example.minimised()
        #expect(least.finding.property == example.finding.property)
        #expect(least.switches <= example.switches)
        #expect(least.hasFewestSwitches == true)
        let again = try Counterexample(example.program, schedule: least.schedule, finding: least.finding)
        #expect(again.finding == least.finding)
        // Without the exact search it is worse at most.
        let greedy = example.minimised(stateLimit: 10)
        #expect(greedy.switches >= least.switches)
        #expect(greedy.hasFewestSwitches == false || greedy.switches == 0)
        #expect(greedy.switches <= example.switches)
        #expect(greedy.finding.property == example.finding.property)
    }

    @Test("plain ASCII in 80 columns, without tabs or blanks at the end", arguments: failing)
    func plain(name: String) throws {
        let example = try found(program(name)).minimised()
        for width in [60, 72, 80, 120] {
            for line in example.table(width: width).split(separator: "\n") {
                #expect(line.count <= width, "\(line)")
                #expect(line.utf8.allSatisfy { $0 >= 32 && $0 < 127 }, "\(line)")
                #expect(line.last != " ", "\(line)")
            }
        }
        #expect(example.story.utf8.allSatisfy { $0 == 10 || $0 >= 32 && $0 < 127 })
    }

    @Test("a page that came from elsewhere than the CPU's entry: where from, and what the entry was instead") func notFromTheEntry() throws {
        let story = try found(program("migrate-vs-dontneed")).minimised().story.replacing("\n", with: " ")
        #expect(!story.contains("from the CPU's entry"), "\(story)")
        #expect(story.contains(".dst"), "\(story)")
        #expect(story.contains("migrate has not asked read_retry in between."), "\(story)")
        #expect(story.contains("The CPU's entry of 0x2 never led to page#2."), "\(story)")
        #expect(story.contains("madvise makes the CPU's entry of 0x2 NONE, where it was MIGRATION for page#1"), "\(story)")
        #expect(story.contains("madvise starts to invalidate CLEAR 0x2..0x2"), "\(story)")
        #expect(story.contains("before the device's entry is made"), "\(story)")
    }

    @Test("what one thread alone did is told when a check of it fails") func causes() throws {
        let two = try found(program("exclusive-two-devices")).minimised()
        #expect(two.story.replacing("\n", with: " ").contains("brings page#1.mapcount down to 0 in step"), "\(two.story)")
        #expect(two.table().contains("device_atomics"), "\(two.table())")
        let mixed = try found(program("oom-nonblocking-mixed")).minimised()
        let words = mixed.table().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("subs.active_invalidate_ranges += 1 /* 0 -> 1 */"), "\(mixed.table())")
        #expect(mixed.story.contains("-EAGAIN"), "\(mixed.story)")
        let error = try found(program("exclusive-error")).minimised()
        #expect(!error.story.contains("-14"), "\(error.story)")
    }

    @Test("steps that end in nothing make a table, too") func unfinished() throws {
        let example = try found(program("oom-nonblocking-mixed"))
        let table = try Counterexample.table(example.program, schedule: Array(example.schedule.dropLast(3)))
        #expect(table.contains("invalidate_range_start()"))
        #expect(!table.contains("BUG"), "\(table)")
        #expect(try Counterexample.table(example.program, schedule: example.schedule).contains("BUG: nonblock-balanced"))
    }

    @Test("a story of the last stretch of a longer run counts that run's steps") func behind() throws {
        let example = try found(program("radeon-gup-unguarded")).minimised()
        let sentences = example.storySentences(behind: 1_000)
        #expect(sentences.map(\.text).joined(separator: " ").contains("in step 10"), "\(sentences)")
        #expect(sentences.compactMap(\.step).allSatisfy { $0 > 1_000 })
        #expect(example.story(behind: 1_000).contains("Step \(1_000 + example.steps.count) "))
    }

    @Test("told the same twice") func deterministic() throws {
        let (one, other) = try (found(program("seq-wrap")).minimised(), found(program("seq-wrap")).minimised())
        #expect(one.schedule == other.schedule)
        #expect(one.table() == other.table())
        #expect(one.story == other.story)
    }

    @Test("a schedule that leads elsewhere is told apart") func mistakes() throws {
        let example = try found(program("remove-vs-last-end"))
        let (program, schedule) = (example.program, example.schedule)
        var finding = example.finding
        finding.property = "no-stale-spte"
        #expect(throws: Counterexample.ReplayError.other(example.finding)) {
            try Counterexample(program, schedule: schedule, finding: finding)
        }
        #expect(throws: Counterexample.ReplayError.failsNot) {
            try Counterexample(program, schedule: schedule.dropLast(), finding: finding)
        }
        #expect(throws: Counterexample.ReplayError.failsEarly(step: schedule.count, example.finding)) {
            try Counterexample(program, schedule: schedule + schedule, finding: finding)
        }
        #expect(throws: Counterexample.ReplayError.cannotStep(step: 1)) {
            try Counterexample(program, schedule: [ScheduledStep(thread: 99)], finding: finding)
        }
    }

    static let two = """
        record Two "two" pool 1 {
            a: mutex
            b: mutex
            done: bool
            here: u8
            wq: wait_queue
        }
        one(t: Two) {
            lock t.a
            lock t.b
            unlock t.b
            unlock t.a
        }
        other(t: Two) {
            lock t.b
            lock t.a
            unlock t.a
            unlock t.b
        }
        """

    @Test("a deadlock: who waits for what, and the circle") func deadlock() throws {
        let example = try found(program(Self.two, """
                let t = new Two
                thread first { one(t) }
                thread bystander { let x = t.done }
                thread second { other(t) }
                teardown { free t }
            """)).minimised()
        let expected = """
                             first                                   second
            one()
              lock t.a
                                                     other()
                                                       lock t.b
              lock t.b
              /* BUG: waits for two#1.b, held by
                 second */
                                                       lock t.a
                                                       /* BUG: waits for two#1.a, held by
                                                          first */
            """
        #expect(example.table().hasPrefix(expected), "\(example.table())")
        #expect(example.table().contains("(not shown: bystander)"))
        let story = example.story.replacing("\n", with: " ")
        #expect(story.contains("They wait in a circle: first -> second -> first."), "\(story)")
        #expect(story.contains("first takes two#1.a in step"), "\(story)")
    }

    @Test("a lost wake-up: who changed what the sleeper waits for") func lostWakeUp() throws {
        let example = try found(program(Self.two, """
                let t = new Two
                thread sleeper { wait_event(t.wq, t.done) }
                thread setter { t.done = true }
                teardown { free t }
            """)).minimised()
        #expect(example.finding.property == "no-lost-wakeup")
        let story = example.story.replacing("\n", with: " ")
        #expect(story.contains("setter changes two#1.done, which sleeper waits on, in step"), "\(story)")
        #expect(story.contains("Nobody wakes sleeper any more."), "\(story)")
    }

    @Test("more than three threads: one line after the other, by name") func sequence() throws {
        let example = try found(program(Self.two, """
                let t = new Two
                thread w[i in 0..4] { t.here += 1 }
                thread judge {
                    await t.here == 5
                    check assertion: false "all five have been here"
                }
                teardown { free t }
            """)).minimised()
        let lines = example.table().split(separator: "\n")
        #expect(lines.first?.hasPrefix("w0") == true, "\(example.table())")
        #expect(example.table().contains("judge"))
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(example.story.contains("all five have been here"), "\(example.story)")
    }

    @Test("a driver's callback is shown with what it did, or that it did nothing", arguments: [false, true])
    func callbacks(isShort: Bool) throws {
        let form = Counterexample.TableForm(isShort: isShort)
        func words(_ name: String, _ faults: [String] = []) throws -> String {
            let table = try found(program(name, faults: faults)).minimised().table(form)
            return table.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        // The one that forgets set_seq, and has no entry to remove yet.
        let forgets = try words("two-invalidations", ["set_seq_missing"])
        #expect(forgets.contains("mirror.invalidate() /* changes nothing */"), "\(forgets)")
        let sets = try words("migrate-vs-dontneed")
        #expect(sets.contains("dmirror.invalidate()"), "\(sets)")
        #expect(sets.contains("sub.invalidate_seq = cur_seq /* 1 -> 3 */"), "\(sets)")
        #expect(try words("odp-vs-munmap", ["odp_set_seq_missing"]).contains("odp.invalidate()"))
    }

    @Test("a short table fits a commit message", arguments: failing)
    func short(name: String) throws {
        let example = try found(program(name)).minimised()
        let form = Counterexample.TableForm(width: 72, isShort: true)
        let table = example.table(form)
        #expect(table.split(separator: "\n").allSatisfy { $0.count <= 72 && $0.last != " " }, "\(table)")
        #expect(table.split(separator: "\n").count <= example.table().split(separator: "\n").count)
        #expect(table.contains("BUG"), "\(table)")
        #expect(!table.contains("not shown"), "\(table)")
    }

    @Test("kernel names are the models' own words") func kernelNames() throws {
        let example = try found(program("odp-vs-munmap", faults: ["odp_set_seq_missing"])).minimised()
        let table = example.table(Counterexample.TableForm(hasKernelNames: true))
        for name in ["mlx5_ib_invalidate_range()", "ib_umem_odp_map_dma_pages()", "mn_itree_invalidate()", "mmu_interval_read_retry()"] {
            #expect(table.contains(name), "\(table)")
        }
        #expect(!table.contains("odp.invalidate()"), "\(table)")
        #expect(example.table().contains("odp.invalidate()"))
        // Calls in a statement, too: a driver's own functions first.
        let compiled = example.program
        let driver = compiled.functions.firstIndex { $0.qualifiedName == "odp.pagefault" }
        #expect(compiled.withKernelNames("if !read_retry(umem.notifier, seq) && pagefault(umem) { unknown(1) }", in: driver)
            == "if !mmu_interval_read_retry(umem.notifier, seq) && pagefault_real_mr(umem) { unknown(1) }")
        #expect(compiled.withKernelNames("pagefault(umem)", in: nil) == "pagefault(umem)")
    }

    @Test("words are wrapped, and cut when they are longer than a line") func wrapping() {
        #expect(Counterexample.wrapped("a bb ccc", 4, hanging: 1) == ["a bb", " ccc"])
        #expect(Counterexample.wrapped("abcdefgh", 4, hanging: 1) == ["abcd", " efg", " h"])
        #expect(Counterexample.ascii("2 \u{2192} 3 \u{1B}[m") == "2 -> 3 ?[m")
    }
}
