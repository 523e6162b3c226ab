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
            compared.
            Exit status: 0 all pass, or agree; 1 some fail, or part from the recording; 2 bad usage or input.
            """)

    @Argument(help: ArgumentHelp("Self-tests; all when none is named.", valueName: "name"))
    var names: [String] = []

    @Option(help: "Pages that a test's buffer has.")
    var pages: Int64 = 1024

    @Option(help: ArgumentHelp("Compare one self-test's run with a kernel recording of it.", valueName: "file"))
    var against: String?

    @Flag(help: "One JSON object for each self-test instead of a table.")
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
        if json { throw Failure("--json does not go with --against") }
        var settings = try settings()
        settings.standard[SelftestTask.vintage] = SelftestTask.recordedVintage
        let run = RecordedRun(try Trace.open(file))
        do {
            var lookup = SelftestTask.KnownNames()
            let plain = try SelftestTask(name, catalogue, settings: settings, faults: model.fault, known: &lookup)
            settings.standard.merge(try Placement.settings(for: plain.program, along: run)) { $1 }
            let task = try SelftestTask(name, catalogue, settings: settings, faults: model.fault, known: &lookup)
            try tell(agreement(of: task.program, with: run, test: name), name, file)
        } catch let error as AgreementError {
            throw Failure("\(file): \(error)")
        }
    }

    private func tell(_ result: AgreementResult, _ name: String, _ file: String) throws {
        guard let divergence = result.divergence else {
            Output.write("agrees: \(result.agreeing) events\n")
            for (difference, count) in result.differences.sorted(by: { $0.key < $1.key }) {
                Output.write("  left out \(count): \(difference)\n")
            }
            return
        }
        Output.write("\(name) parts from \(file) after \(result.agreeing) events: \(divergence.what)\n\(divergence.text)")
        throw ExitCode(Failure.finding)
    }
}
