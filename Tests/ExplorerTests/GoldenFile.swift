import Foundation
import Testing

/// Compares text with a file under Golden; UPDATE_GOLDEN=1 writes the file instead.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden").appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
        try text.write(to: url, atomically: true, encoding: .utf8)
        return
    }
    let expected = try #require(
        try? String(contentsOf: url, encoding: .utf8), "no \(name): run with UPDATE_GOLDEN=1",
        sourceLocation: sourceLocation)
    if text == expected { return }
    let pairs = zip(text.split(separator: "\n", omittingEmptySubsequences: false), expected.split(separator: "\n", omittingEmptySubsequences: false))
    let first = pairs.enumerated().first { $0.element.0 != $0.element.1 }
    Issue.record(
        "\(name) differs at line \((first?.offset ?? 0) + 1):\n  is  \(first?.element.0 ?? "")\n  was \(first?.element.1 ?? "")",
        sourceLocation: sourceLocation)
}
