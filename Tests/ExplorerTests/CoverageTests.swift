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

    /// Lines 1, 2, 3…: what each is for stands beside it.
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
        #expect(file.missed.map(\.line) == [6, 13, 14])
        #expect(file.missed.first?.text == "return b")
        let oneWay = file.oneWay.map { "\($0.line) \($0.note)" }
        #expect(oneWay == ["5 never false", "12 never true", "16 never false", "23 never true", "25 never false"])
        #expect(file.faultOnly.map { "\($0.line) \($0.note)" } == ["18 never false", "19 never true", "20 "])
        #expect(file.uncalled.map(\.text) == ["never_called"])
        #expect(file.lines == CoverageReport.Count(reached: file.lines.all - 3, all: file.lines.all))
        #expect(file.branches == CoverageReport.Count(reached: file.branches.all - 5, all: file.branches.all))
    }

    @Test("what several checks reach adds up")
    func merged() throws {
        var report = CoverageReport()
        try Self.add(Self.branches, to: &report)
        try Self.add(Self.branches, ["left_out"], to: &report)
        let file = try #require(report.files.first)
        #expect(file.faultOnly.isEmpty)
        #expect(file.missed.map(\.line) == [6, 13, 14])
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

    @Test("the embedded scenarios: reached is part of what there is, and threads meet what they wait for")
    func embedded() throws {
        let source = SourceFile(
            name: "scenarios/interval_notifier", text: try #require(Asset.named("scenarios/interval_notifier.model")?.text))
        var options = CompileOptions()
        options.scenario = "remove-vs-last-end"
        let program = try Language.compile(source, options: options) { Asset.named("\($0).model")?.text }
        var explorer = Explorer(program)
        explorer.notesCoverage = true
        let coverage = try #require(explorer.explore().coverage)
        var report = CoverageReport()
        report.add(coverage, of: program)
        for file in report.files {
            #expect(file.lines.reached <= file.lines.all && file.branches.reached <= file.branches.all)
        }
        let kernel = try #require(report.files.first { $0.name == "kernel/interval_notifier" })
        #expect(kernel.oneWay.contains { $0.note == "never true" && $0.text == "if vintage >= 518 {" })
        #expect(explorer.explore().coverage == coverage)
    }
}
