import Agreement
import ArgumentParser
import Foundation
import KernelTrace
import Language
import Simulation

struct Selftest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the kernel's own HMM self-tests on the models, or hold one against a kernel recording.",
        discussion: """
            Each runs once, with one schedule, and prints a line: what it did, and what failed. With --against, the run's \
            threads go as the recording's tasks did, by the rules of Linux 6.1 unless told otherwise, and every event is \
            compared; the test and --pages have to be those of the recording.
            Exit status: 0 all pass, or agree; 1 some fail, or part from the recording; 2 bad usage or input.
            """)

    @Argument(help: ArgumentHelp("Self-tests; all when none is named.", valueName: "name"))
    var names: [String] = []

    @Option(help: "Pages that a test's buffer has.")
    var pages: Int64 = 1024

    @Option(help: ArgumentHelp("Compare one self-test's run with a kernel recording of it.", valueName: "file"))
    var against: String?

    @Flag(help: "One JSON object for each self-test, or for the comparison.")
    var json = false

    @OptionGroup var model: SettingOptions

    func run() throws {
        guard (1...Self.mostPages).contains(pages) else {
            throw Failure("--pages takes 1 to \(Self.mostPages), not \(pages)")
        }
        let catalogue = Catalogue()
        if let against { return try compare(with: against, catalogue) }
        let tasks = try SelftestTask.all(
            names.isEmpty ? catalogue.selftests.map(\.outline.name) : names, catalogue, settings: settings(),
            faults: model.fault)
        guard !tasks.isEmpty else { throw Failure("this binary has no self-tests") }
        var report = SelftestReport(json: json)
        for result in SelftestTask.run(tasks) { report.add(result) }
        report.finish()
        if report.failures > 0 { throw ExitCode(Failure.finding) }
    }

    private static let mostPages: Int64 = 65536

    /// What was asked for, and the number of pages.
    private func settings() throws -> SelftestTask.Settings {
        SelftestTask.Settings(asked: try model.settings(), standard: ["npages": pages])
    }

    // MARK: Against a recording

    private func compare(with file: String, _ catalogue: Catalogue) throws {
        guard names.count == 1, let name = names.first else { throw Failure("--against takes one self-test's name") }
        var settings = try settings()
        settings.standard[SelftestTask.vintage] = SelftestTask.recordedVintage
        let run = RecordedRun(try Trace.open(file))
        do {
            var lookup = SelftestTask.KnownNames()
            let plain = try SelftestTask(name, catalogue, settings: settings, faults: model.fault, known: &lookup)
            settings.standard.merge(try Placement.settings(for: plain.program, along: run)) { $1 }
            let task = try SelftestTask(name, catalogue, settings: settings, faults: model.fault, known: &lookup)
            try tell(agreement(of: task.program, with: run, test: name), name, file, catalogue)
        } catch let error as AgreementError {
            throw Failure("\(file): \(error)")
        }
    }

    private func tell(_ result: AgreementResult, _ name: String, _ file: String, _ catalogue: Catalogue) throws {
        let hints = result.divergence.map { self.hints($0, name, file, catalogue) } ?? []
        if json {
            Output.write(AgreementReport(name, file, result, hints).object)
        } else if let divergence = result.divergence {
            Output.write("\(name) parts from \(file) after \(result.agreeing) events: \(divergence.what)\n\(divergence.text)")
            for hint in hints { Output.write("  \(hint)\n") }
        } else {
            Output.write("agrees: \(result.agreeing) events\n")
            for (difference, count) in result.differences.sorted(by: { $0.key < $1.key }) {
                Output.write("  left out \(count): \(difference)\n")
            }
        }
        if result.divergence != nil { throw ExitCode(Failure.finding) }
    }

    /// Why it may not agree: not the recording of this test, or not of a buffer of this size.
    private func hints(_ divergence: Divergence, _ name: String, _ file: String, _ catalogue: Catalogue) -> [String] {
        var hints: [String] = []
        let own = (try? catalogue.selftest(named: name)) ?? name
        if Catalogue.userFile(own) == nil, let other = AgreementReport.test(ofFile: file, catalogue), other != own {
            hints.append("by its file's name this is a recording of \(other), not of \(own)")
        }
        if let recorded = AgreementReport.pages(divergence.recorded),
            let modelled = AgreementReport.pages(divergence.modelled), recorded != modelled, modelled == pages {
            hints.append("the recording's buffer may have another size: --pages \(recorded)")
        }
        return hints
    }
}

/// What came of holding a self-test against a recording.
struct AgreementReport {
    /// One JSON object, with its line end.
    let object: String

    private struct Entry: Encodable {
        var selftest: String
        var recording: String
        var agrees: Bool
        var events: Int
        var leftOut: [String: Int]
        var divergence: Parting?
    }

    private struct Parting: Encodable {
        var what: String
        var line: Int?
        var step: Int?
        var recorded: String
        var modelled: String
        var hints: [String]
    }

    init(_ name: String, _ file: String, _ result: AgreementResult, _ hints: [String]) {
        let parting = result.divergence.map {
            Parting(what: $0.what, line: $0.line, step: $0.step, recorded: $0.recorded, modelled: $0.modelled, hints: hints)
        }
        let entry = Entry(
            selftest: name, recording: file, agrees: parting == nil, events: result.agreeing, leftOut: result.differences,
            divergence: parting)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        object = (try? encoder.encode(entry)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
    }

    /// The self-test that a recording's file is named after, as the kernel's are: t_hmm_anon_read.trace.gz.
    static func test(ofFile file: String, _ catalogue: Catalogue) -> String? {
        var name = String(file.split(separator: "/").last ?? "").split(separator: ".").first.map(String.init) ?? ""
        for prefix in ["t_", "hmm2_"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
        return try? catalogue.selftest(named: name)
    }

    /// How many pages the range of an event has: "start CLEAR 0x10..0x1f".
    static func pages(_ event: String) -> Int64? {
        guard let match = event.firstMatch(of: /0x([0-9a-f]+)\.\.0x([0-9a-f]+)/), let first = Int64(match.1, radix: 16),
            let last = Int64(match.2, radix: 16), last >= first
        else { return nil }
        return last - first + 1
    }
}
