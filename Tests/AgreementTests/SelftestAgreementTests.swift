import Language
import Models
import Testing

@testable import Agreement

/// The self-tests that the binary carries, by name.
enum Selftests {
    static let sources: [String: SourceFile] = {
        var result: [String: SourceFile] = [:]
        for asset in embeddedAssets where asset.path.hasPrefix("selftests/") && asset.path.hasSuffix(".model") {
            let source = SourceFile(name: String(asset.path.dropLast(".model".count)), text: asset.text ?? "")
            for scenario in outline(of: source) { result[scenario.name] = source }
        }
        return result
    }()

    /// A self-test as it was recorded: 1024 pages, by the rules of 6.1.
    static func program(_ name: String, along run: RecordedRun) throws -> Program {
        let source = try #require(sources[name], "there is no self-test \(name)")
        var settings: [String: Int64] = ["npages": 1024, "vintage": 601]
        let program = try compile(source, options: CompileOptions(scenario: name, settings: settings), modules: modules)
        settings.merge(try Placement.settings(for: program, along: run)) { $1 }
        return try compile(source, options: CompileOptions(scenario: name, settings: settings), modules: modules)
    }

    /// "anon-write-child": the self-test that a recording is of.
    static func name(ofRecording recording: String) -> String {
        var name = recording[...]
        for prefix in ["t_hmm_", "t_hmm2_", "hmm_"] where name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
        let dashed = name.replacing("_", with: "-")
        // Where a scenario has the same name, the self-test's is longer.
        return sources["hmm-\(dashed)"] == nil ? String(dashed) : "hmm-\(dashed)"
    }
}

/// Every recording of a self-test against the model of that self-test.
@Suite("The models do what a 6.1 kernel was recorded to do") struct SelftestAgreementTests {
    @Test("event by event, and each difference that is named occurs")
    func agrees() async throws {
        let names = try recordingNames()
        let occurring = try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for recording in names { group.addTask { try differences(recording) } }
            return try await group.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
        }
        #expect(Set(occurring.keys) == Set(Difference.all.map(\.name)))
        #expect(Difference.all.allSatisfy { !$0.reason.isEmpty })
    }

    /// Compares one.
    /// - Returns: what differs on purpose.
    private func differences(_ recording: String) throws -> [String: Int] {
        let name = Selftests.name(ofRecording: recording)
        let run = try recordedRun(recording)
        let result = try agreement(of: Selftests.program(name, along: run), with: run, test: name)
        #expect(result.divergence == nil, "\(recording): \(result.divergence.map { "\($0.what)\n\($0.text)" } ?? "")")
        #expect(result.agreeing == run.entries.count, "\(recording)")
        return result.differences
    }
}

@Suite("The recordings") struct RecordingListTests {
    @Test("there are 29, and nothing in them is left unexplained")
    func all() throws {
        let names = try recordingNames()
        #expect(names.count == 29)
        for name in names { #expect(try recordedRun(name).unexplained(by: Difference.all).isEmpty, "\(name)") }
    }

    @Test("a recording's name tells its self-test", arguments: [
        ("t_hmm_anon_write_child", "anon-write-child"), ("t_hmm2_double_map", "double-map"),
        ("t_hmm_hmm_gup_test", "gup-test"), ("t_hmm_exclusive_mprotect", "hmm-exclusive-mprotect"), ("t_hmm_hmm_cow_in_device", "cow-in-device"),
    ])
    func names(_ recording: String, _ test: String) { #expect(Selftests.name(ofRecording: recording) == test) }
}
