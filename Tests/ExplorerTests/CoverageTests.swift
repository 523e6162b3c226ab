import Language
import Models
import Testing

@testable import Explorer

@Suite("Coverage") struct CoverageTests {
    /// A file of a few lines, explored.
    static func report(_ text: String, _ faults: [String] = []) throws -> CoverageReport.File {
        var report = CoverageReport()
        try add(text, faults, to: &report)
        return try #require(report.files.first { $0.name == "small" })
    }

    static func add(_ text: String, _ faults: [String] = [], to report: inout CoverageReport) throws {
        let source = SourceFile(name: "small", text: text)
        let program = try Language.compile(source, options: CompileOptions(faults: faults)) { Asset.named("\($0).model")?.text }
        var explorer = Explorer(program)
        explorer.notesCoverage = true
        report.add(try #require(explorer.explore().coverage), of: program)
    }

    /// Both ways through `least` end at the same place without a step between: nobody could tell, and nobody asks.
    static let branches = """
        record R { lock: mutex; x: int }
        fault left_out "it leaves something out"
        never_called(r: R) { r.x = 9 }
        least(a: int, b: int) -> int {
            if a < b { return a }
            return b
        }
        scenario small {
            let r = new R
            thread one {
                lock r.lock
                if r.x == 7 {
                    r.x = 1
                    r.x = 2
                }
                if r.x < 5 { r.x = 3 }
                unlock r.lock
                if !fault(left_out) { r.x = least(r.x, 9) }
                if fault(left_out) {
                    r.x = 4
                }
                for i in 0..1 { r.x = 3 }
                while r.x == 8 { r.x = 5 }
                choose { r.x = 3 } or { r.x = 4 }
                if trylock r.lock { unlock r.lock } else { r.x = 3 }
            }
            teardown { free r }
        }
        """

    @Test("lines that are not reached, and branches that always go one way")
    func known() throws {
        let file = try Self.report(Self.branches)
        #expect(file.missed.map(\.line) == [13, 14])
        #expect(file.missed.first?.text == "r.x = 1")
        let oneWay = file.oneWay.map { "\($0.line) \($0.note)" }
        #expect(oneWay == ["12 never true", "16 never false", "23 never true", "25 never false"])
        #expect(file.faultOnly.map { "\($0.line) \($0.note)" } == ["18 never false", "19 never true", "20 "])
        #expect(file.uncalled.map(\.text) == ["never_called"])
        #expect(file.lines.reached == file.lines.all - 2)
        #expect(file.branches.reached == file.branches.all - 4)
    }

    @Test("what several checks reach adds up")
    func merged() throws {
        var report = CoverageReport()
        try Self.add(Self.branches, to: &report)
        try Self.add(Self.branches, ["left_out"], to: &report)
        let file = try #require(report.files.first)
        #expect(file.faultOnly.isEmpty)
        #expect(file.missed.map(\.line) == [13, 14])
    }

    @Test("a wait tells whether it slept, and what is only said is no branch")
    func waits() throws {
        let text = """
            record R { wq: wait_queue; go: bool; x: int }
            scenario small {
                let r = new R { go: true }
                thread one {
                    wait_event(r.wq, r.go)
                    if r.x == 1 { say note: "one" } else { say note: "none" }
                    r.x = 2
                }
                teardown { free r }
            }
            """
        let file = try Self.report(text)
        #expect(file.oneWay.map { "\($0.line) \($0.note)" } == ["5 never has to queue up", "5 never over once on the queue", "5 never sleeps"])
        #expect(file.branches.all == 4)
    }

    /// What one scenario of the library reaches.
    private static func coverage(of program: Program, isFine: Bool = false) throws -> Coverage {
        var explorer = Explorer(program, isFine: isFine)
        explorer.notesCoverage = true
        return try #require(explorer.explore().coverage)
    }

    @Test("a branch that only another kernel takes is told, and the same each time")
    func library() throws {
        let program = try scenario("remove-vs-last-end")
        let coverage = try Self.coverage(of: program)
        #expect(try Self.coverage(of: program) == coverage)
        var report = CoverageReport()
        report.add(coverage, of: program)
        for file in report.files {
            #expect(file.lines.reached <= file.lines.all && file.branches.reached <= file.branches.all)
        }
        let kernel = try #require(report.files.first { $0.name == "kernel/interval_notifier" })
        #expect(kernel.oneWay.contains { $0.note == "never true" && $0.text == "if vintage >= 518 {" })
        // With that kernel's rules it is taken.
        let later = try scenario("remove-vs-last-end", settings: ["vintage": 601])
        report.add(try Self.coverage(of: later), of: later)
        let both = try #require(report.files.first { $0.name == kernel.name })
        #expect(!both.oneWay.contains { $0.text == "if vintage >= 518 {" })
        #expect(both.lines.reached > kernel.lines.reached)
    }

    @Test("stretches of steps reach what single steps reach", arguments: ["nested-invalidation", "release-vs-fault", "oom-nonblocking"])
    func sections(name: String) throws {
        let program = try scenario(name)
        let reports = try [false, true].map { isFine in
            var report = CoverageReport()
            report.add(try Self.coverage(of: program, isFine: isFine), of: program)
            return report.files
        }
        #expect(reports[0].count == reports[1].count)
        for (coarse, fine) in zip(reports[0], reports[1]) {
            #expect(coarse.missed == fine.missed)
            #expect(coarse.oneWay == fine.oneWay)
            #expect(coarse.lines == fine.lines && coarse.branches == fine.branches)
        }
    }
}
