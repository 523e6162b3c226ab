import Foundation
import Language
import Machine
import Testing

/// The driver that the article "Write a driver" shows is a driver that works.
@Suite struct ArticleTests {
    /// The first block of code of the article.
    private static func text() throws -> String {
        let article = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/mmuscope/mmuscope.docc/WriteADriver.md").standardizedFileURL
        let parts = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```\n")
        return try #require(parts.count > 1 ? parts[1] : nil)
    }

    private static func endings(_ text: String) throws -> [Ending] {
        let program = try compile(SourceFile(name: "toy.model", text: text), modules: modules)
        return (1...60).map { seed in
            var machine = Machine(program)
            return runRandomly(&machine, seed: seed)
        }
    }

    @Test func theDriverIsSoundAndShort() throws {
        let text = try Self.text()
        let found = lint(SourceFile(name: "toy.model", text: text), modules: modules)
        #expect(found.isEmpty, "\(found.map(\.rendered).joined(separator: "\n"))")
        let lines = text.split(separator: "\n").count { !$0.allSatisfy(\.isWhitespace) }
        #expect(lines <= 45)
    }

    @Test func theDriverHolds() throws {
        #expect(try Self.endings(Self.text()).allSatisfy { $0 == .rest })
    }

    @Test func withoutSetSeqTheDriverFails() throws {
        let broken = try Self.text().replacing("        set_seq(m.notifier, cur_seq)\n", with: "")
        #expect(try Self.endings(broken).contains {
            if case .finding(let finding) = $0 { finding.property == "no-stale-spte" } else { false }
        })
    }

    /// The order that the article writes down shows the race, and does no harm to the driver that has the line.
    @Test func theWrittenOrderShowsTheRace() throws {
        let order = "    schedule { device 55; unmap; device }\n    expect holds"
        let text = try Self.text().replacing("    expect holds", with: order)
        let broken = text.replacing("        set_seq(m.notifier, cur_seq)\n", with: "")
        #expect(try follow(text)?.property == nil)
        #expect(try follow(broken)?.property == "no-stale-spte")
    }

    /// Runs the schedule that a text pins.
    private func follow(_ text: String) throws -> MachineFinding? {
        var machine = Machine(try compile(SourceFile(name: "toy.model", text: text), modules: modules))
        var log = EventLog(isOn: false)
        for entry in machine.program.schedule {
            var limit = 10_000
            if case .steps(let count) = entry.extent { limit = count }
            steps: for _ in 0..<limit {
                switch machine.step(entry.thread, log: &log) {
                case .stepped: continue
                case .finding(let finding): return finding
                case .blocked, .finished: break steps
                }
            }
        }
        return nil
    }
}
