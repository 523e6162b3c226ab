import ArgumentParser
import Explorer
import Foundation
import Language
import Machine
import Synchronization

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explore every schedule of scenarios: does anything fail under any of them?",
        discussion: """
            Prints a table of verdicts, then how it fails: what each thread does, in columns, and a story. Among several
            scenarios only what isn't as expected is told; --verbose tells all. Exit status: 0 all as expected, 1 some not, 3 a bound was reached first.
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
        let catalogue = Catalogue()
        let tasks = try chosen(catalogue)
        let jobs = try chosenJobs(tasks.count)
        let limit = try chosenMemory(jobs)
        var report = CheckReport(json: json, names: tasks.map(\.name))
        let status = Progress(total: tasks.count)
        let runner = CheckRunner(
            jobs: jobs, memoryLimit: limit, isFine: fine, notesCoverage: coverage, tells: json || !brief)
        let results = runner.run(tasks, status)
        status.clear()
        for result in results { report.add(result) }
        report.finish()
        if !json, !brief {
            for result in results { tell(result, isOnly: results.count == 1) }
        }
        if coverage { tellCoverage(of: results) }
        if results.contains(where: { !$0.isAsExpected && !$0.isBound }) { throw ExitCode(1) }
        if results.contains(where: \.isBound) { throw ExitCode(3) }
    }

    /// The counterexample of a scenario that fails. Among several, expected failures only when asked for.
    private func tell(_ result: CheckResult, isOnly: Bool) {
        guard isOnly || verbose || !result.isAsExpected || result.isUndecided, let example = result.counterexample else {
            return
        }
        Output.write("\n\(result.task.name):\n\n\(example.table())\n\(example.story)\n")
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
        if all { names += catalogue.entries.filter { !$0.outline.isWorkload }.map(\.outline.name) }
        guard !names.isEmpty else { throw Failure("check takes the names of scenarios, or --all; see mmuscope list") }
        let settings = try model.settings()
        return try names.map { name in
            let program = try catalogue.program(name, settings: settings, faults: model.fault)
            guard !program.scenario.isWorkload else {
                throw Failure("\(name) is a workload: it has no end to explore to; run it, or check a scenario")
            }
            return CheckTask(name: name, program: program)
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

/// One scenario to explore.
struct CheckTask: Sendable {
    var name: String
    var program: Program
}

/// One scenario explored.
struct CheckResult: Sendable {
    var task: CheckTask
    var result: ExplorationResult
    var seconds: Double
    /// How it fails, in as few context switches as it can.
    var counterexample: Counterexample?

    var isUndecided: Bool { task.program.scenario.expectation == nil || task.program.scenario.expectation == .undecided }

    var isBound: Bool { if case .bound = result.verdict { true } else { false } }

    var isAsExpected: Bool {
        switch (task.program.scenario.expectation, result.verdict) {
        case (nil, _), (.undecided, _), (.holds, .holds): true
        case (.fails(let property), .fails(let finding)): finding.property == property
        default: false
        }
    }
}

/// Explores scenarios, several at once.
struct CheckRunner {
    var jobs: Int
    var memoryLimit: Int
    var isFine: Bool
    var notesCoverage = false
    /// Whether anybody wants to know how it fails.
    var tells: Bool

    func run(_ tasks: [CheckTask], _ status: Progress) -> [CheckResult] {
        let next = Atomic(0)
        let results = Mutex([CheckResult?](repeating: nil, count: tasks.count))
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < tasks.count else { return }
                let result = check(tasks[index], status)
                results.withLock { $0[index] = result }
            }
        }
        return results.withLock { $0.compactMap { $0 } }
    }

    private func check(_ task: CheckTask, _ status: Progress) -> CheckResult {
        let clock = ContinuousClock()
        let start = clock.now
        var explorer = Explorer(task.program, memoryLimit: memoryLimit, isFine: isFine)
        explorer.notesCoverage = notesCoverage
        let result = explorer.explore { figures in
            status.tell(task.name, figures)
            return true
        }
        let elapsed = clock.now - start
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let example = counterexample(task, result)
        status.finish(task.name)
        return CheckResult(task: task, result: result, seconds: seconds, counterexample: example)
    }
}

extension CheckRunner {
    /// The schedule that was found, run again and told with as few switches as possible.
    private func counterexample(_ task: CheckTask, _ result: ExplorationResult) -> Counterexample? {
        guard tells, case .fails(let finding) = result.verdict else { return nil }
        do {
            return try Counterexample(task.program, schedule: result.schedule, finding: finding).minimised()
        } catch {
            FileHandle.standardError.write(Data("mmuscope: \(task.name): the schedule that was found doesn't replay: \(error)\n".utf8))
            return nil
        }
    }
}

/// How far explorations have come, on standard error: one line that is written over on a terminal.
final class Progress: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) != 0
    private let total: Int
    private let state = Mutex((done: 0, told: ContinuousClock.now))

    init(total: Int) { self.total = total }

    func tell(_ name: String, _ figures: ExplorationFigures) {
        let line: String? = state.withLock { state in
            let now = ContinuousClock.now
            guard now - state.told > (isTerminal ? .milliseconds(200) : .seconds(10)) else { return nil }
            state.told = now
            let count = total > 1 ? "\(state.done) of \(total) done, " : ""
            return "\(count)\(name): \(figures.states) states, depth \(figures.depth), \(figures.bytes >> 20) MiB"
        }
        if let line { write(isTerminal ? "\r\u{1B}[K\(line)" : "mmuscope: \(line)\n") }
    }

    func finish(_ name: String) { state.withLock { $0.done += 1 } }

    func clear() { if isTerminal { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// Results as a table, or as JSON.
struct CheckReport {
    var json: Bool
    var names: [String]
    private var rows: [[String]] = []

    init(json: Bool, names: [String]) {
        self.json = json
        self.names = names
    }

    mutating func add(_ result: CheckResult) {
        if ProcessInfo.processInfo.environment["MMUSCOPE_DEBUG"] != nil { FileHandle.standardError.write(Data("\(result.task.name) restarts \(result.result.figures.restarts) cycle \(result.result.figures.hasCycle) length \(result.result.schedule.count) \n".utf8)) }
        if json { Output.write(object(result)) } else { rows.append(row(result)) }
    }

    mutating func finish() {
        guard !json else { return }
        let head = ["scenario", "verdict", "expected", "property", "states", "B/state", "steps", "seconds"]
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        for row in [head] + rows {
            let cells = row.indices.map { column -> String in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return column < 4 ? row[column] + blanks : blanks + row[column]
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            Output.write(line + "\n")
        }
    }

    private func row(_ result: CheckResult) -> [String] {
        let figures = result.result.figures
        return [
            result.task.name, verdict(result) + (result.isAsExpected || result.isBound ? "" : " ✗"), expected(result),
            property(result) ?? "", "\(figures.states)", String(format: "%.1f", figures.bytesPerState),
            "\(figures.transitions)", String(format: "%.2f", result.seconds),
        ]
    }

    private func verdict(_ result: CheckResult) -> String {
        switch result.result.verdict {
        case .holds: "holds"
        case .fails: "fails"
        case .bound: "bound"
        }
    }

    private func expected(_ result: CheckResult) -> String {
        result.task.program.scenario.expectation?.text ?? "undecided"
    }

    private func property(_ result: CheckResult) -> String? {
        if case .fails(let finding) = result.result.verdict { finding.property } else { nil }
    }

    private func object(_ result: CheckResult) -> String {
        let figures = result.result.figures
        let property = property(result).map { "\"\($0)\"" } ?? "null"
        let length = result.counterexample.map { "\($0.steps.count)" } ?? "null"
        let switches = result.counterexample.map { "\($0.switches)" } ?? "null"
        return "{\"scenario\":\"\(result.task.name)\",\"verdict\":\"\(verdict(result))\",\"expected\":\"\(expected(result))\","
            + "\"property\":\(property),\"states\":\(figures.states),\"bytes\":\(String(format: "%.1f", figures.bytesPerState)),"
            + "\"steps\":\(figures.transitions),\"seconds\":\(String(format: "%.3f", result.seconds)),"
            + "\"length\":\(length),\"switches\":\(switches)}\n"
    }
}
