import Foundation
import Testing

@Suite("What the documentation shows")
struct DocumentationTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("its schedules of one line replay to the states that they name", arguments: ["README.md", "Sources/mmuscope/mmuscope.docc/Recordings.md"])
    func lines(_ file: String) throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
        let lines = text.matches(of: /mmuscope:1 [a-z][^`\n]*~[0-9a-f]{8}/).map { String($0.output) }
        try #require(!lines.isEmpty)
        for line in Set(lines) {
            let run = try CommandRun("replay", line, "--verify")
            #expect(run.status == 0 && run.output.contains("all as recorded"), "\(line): \(run.output)\(run.errors)")
        }
    }
}
