import ArgumentParser
import Explorer
import Foundation
import Language

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explore every schedule of scenarios: does anything fail under any of them?",
        discussion: """
            Prints a table of verdicts, then how it fails: what each thread does, in columns, and a story. Among several \
            scenarios only what isn't as expected is told; --verbose tells all. What is told is also saved, for replay.
            Exit status: 0 all as expected, 1 some not, 2 bad usage or input, 3 a bound was reached first, 130 interrupted.
            """)

    @Argument(help: ArgumentHelp("Scenarios, or files of your own.", valueName: "scenario"))
    var scenarios: [String] = []

    @Flag(help: "Every scenario that the binary carries.")
    var all = false

    @Flag(help: "One JSON object for each scenario instead of a table.")
    var json = false

    @Flag(help: "Verdicts only: no tables and stories of what fails.")
    var brief = false

    @Flag(help: "Tell every failure, also those that are expected.")
    var verbose = false

    @Flag(help: "Every statement is a step of its own, also under a lock.")
    var fine = false

    @Flag(help: "Tell which lines and branches of the models were reached, and which were not.")
    var coverage = false

    @Option(help: ArgumentHelp("Scenarios that are explored at once.", valueName: "count"))
    var jobs: Int?

    @Option(help: ArgumentHelp("Memory that the states of one scenario may take: 512M, 4G.", valueName: "size"))
    var memory: String?

    @OptionGroup var model: SettingOptions

    func run() throws {
        // What is wrong with the options is told before anything is compiled.
        _ = try chosenMemory(chosenJobs(1))
        let tasks = try chosen(Catalogue())
        let jobs = try chosenJobs(tasks.count)
        let limit = try chosenMemory(jobs)
        var report = CheckReport(json: json, names: tasks.map(\.name))
        let status = Progress(total: tasks.count)
        let runner = CheckRunner(
            jobs: jobs, memoryLimit: limit, isFine: fine, notesCoverage: coverage, tells: json || !brief)
        Interruption.watch()
        let results = runner.run(tasks, status)
        status.clear()
        for result in results { report.add(result) }
        report.finish()
        if !json, !brief {
            for result in results { tell(result, isOnly: results.count == 1) }
        }
        if coverage { tellCoverage(of: results) }
        if Interruption.hasCome { throw ExitCode(130) }
        if results.contains(where: { !$0.isAsExpected && !$0.isBound }) { throw ExitCode(1) }
        if results.contains(where: \.isBound) { throw ExitCode(3) }
    }

    /// The counterexample of a scenario that fails. Among several, expected failures only when asked for.
    private func tell(_ result: CheckResult, isOnly: Bool) {
        guard isOnly || verbose || !result.isAsExpected || result.isUndecided, let example = result.counterexample else {
            return
        }
        Output.write("\n\(result.task.name):\n\n\(example.table())\n\(example.story)\n")
        Output.write(CounterexampleFile(example, of: result.task).saved())
    }

    private func tellCoverage(of results: [CheckResult]) {
        var report = CoverageReport()
        for result in results {
            guard let coverage = result.result.coverage else { continue }
            report.add(coverage, of: result.task.program)
        }
        Output.write(json ? CoverageText.json(report) : CoverageText.text(report))
    }

    private func chosen(_ catalogue: Catalogue) throws -> [CheckTask] {
        var names = scenarios
        if all { names += (catalogue.entries + catalogue.selftests).filter { !$0.outline.isWorkload }.map(\.outline.name) }
        guard !names.isEmpty else { throw Failure("check takes the names of scenarios, or --all; see mmuscope list") }
        let settings = try model.settings()
        return try names.map { name in
            let program = try catalogue.program(name, settings: settings, faults: model.fault)
            guard !program.scenario.isWorkload else {
                throw Failure("\(name) is a workload: it has no end to explore to; run it, or check a scenario")
            }
            return CheckTask(name: name, program: program, settings: settings, faults: model.fault)
        }
    }

    private func chosenJobs(_ count: Int) throws -> Int {
        guard let jobs else { return min(count, ProcessInfo.processInfo.activeProcessorCount) }
        guard (1...256).contains(jobs) else { throw Failure("--jobs takes 1 to 256, not \(jobs)") }
        return min(jobs, count)
    }

    /// Bytes for one scenario: half of what the machine has, among those that run at once.
    private func chosenMemory(_ jobs: Int) throws -> Int {
        guard let memory else { return Int(clamping: ProcessInfo.processInfo.physicalMemory) / 2 / jobs }
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        let unit = memory.last.flatMap { units[Character($0.uppercased())] }
        guard let number = Int(unit == nil ? memory : String(memory.dropLast())), number > 0,
            case let (bytes, isTooMuch) = number.multipliedReportingOverflow(by: unit ?? 1), !isTooMuch
        else { throw Failure("--memory takes a size as in 512M or 4G, not '\(memory)'") }
        return bytes
    }
}
