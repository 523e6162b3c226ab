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
            Exit status: 0 all as expected, 1 some not, 2 bad usage or input, 3 a bound was reached first, 4 inconsistent (a \
            mistake of mmuscope's), 130 interrupted.
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

    @Flag(name: .customLong("all-findings"), help: "Go on behind what fails: every property and place that does, each once.")
    var allFindings = false

    @Flag(help: "Every statement is a step of its own, also under a lock.")
    var fine = false

    @Flag(help: "Tell which lines and branches of the models were reached, and which were not.")
    var coverage = false

    @Flag(name: .customLong("short"), help: "How it fails in the fewest lines, for a commit message: no story, nothing around it.")
    var isShort = false

    @Flag(name: .customLong("kernel-names"), help: "Functions as the kernel calls them, where the models say how.")
    var hasKernelNames = false

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
            jobs: jobs, memoryLimit: limit, isFine: fine, notesCoverage: coverage, findsAll: allFindings,
            minimises: json || allFindings || !brief)
        Interruption.watch()
        let results = runner.run(tasks, status)
        status.clear()
        for result in results { report.add(result) }
        report.finish()
        if !json, !brief || allFindings {
            for result in results { tell(result, isOnly: results.count == 1) }
        }
        if coverage { tellCoverage(of: results) }
        if Interruption.hasCome { throw ExitCode(130) }
        let code = Self.status(of: results)
        if code != 0 { throw ExitCode(code) }
    }

    /// The exit status of several: what weighs most among them.
    static func status(of results: [CheckResult]) -> Int32 {
        let statuses: [(CheckResult.Outcome, Int32)] = [
            (.inconsistent, Failure.inconsistent), (.unexpected, Failure.finding), (.bound, Failure.bound),
        ]
        return statuses.first { outcome, _ in results.contains { $0.outcome == outcome } }?.1 ?? 0
    }

    /// How a scenario fails. Among several, expected failures only when asked for.
    private func tell(_ result: CheckResult, isOnly: Bool) {
        let isOfInterest = isOnly || verbose || !result.isAsExpected || result.isUndecided
        if allFindings { return list(result, withTables: isOfInterest && !brief) }
        guard isOfInterest, let found = result.decisive else { return }
        tell(found, of: result, "\(result.task.name):", number: 1)
    }

    private func tell(_ found: CheckFinding, of result: CheckResult, _ title: String, number: Int) {
        let form = Counterexample.TableForm(width: isShort ? 72 : 80, isShort: isShort, hasKernelNames: hasKernelNames)
        Output.write("\n\(title)\n\n\(found.example.table(form))")
        guard !isShort else { return }
        Output.write("\n\(found.example.story)\n")
        Output.write(CounterexampleFile(found.example, of: result.task, number: number).saved())
    }

    /// Everything that was found, with a way to each.
    private func list(_ result: CheckResult, withTables: Bool) {
        let name = result.task.name
        let count = result.findings.count
        if !result.isComplete { Output.write("\n\(name): \(count == 0 ? "nothing" : "\(count)") found so far\n") }
        for (index, found) in result.findings.enumerated() {
            let title = "\(name), finding \(index + 1) of \(count): \(found.name)"
            guard !withTables else {
                tell(found, of: result, title, number: index + 1)
                continue
            }
            Output.write("\n\(title)\n")
            for line in Page.wrapped(found.example.sentence, Columns.available - 2) { Output.write("  \(line)\n") }
            Output.write(CounterexampleFile(found.example, of: result.task, number: index + 1).brief())
        }
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
