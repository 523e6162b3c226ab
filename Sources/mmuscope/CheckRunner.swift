import Explorer
import Foundation
import Language
import Machine
import Synchronization

/// One scenario to explore.
struct CheckTask: Sendable {
    var name: String
    var program: Program
    /// What the program was compiled with.
    var settings: [String: Int64]
    var faults: [String]
}

/// One scenario explored.
struct CheckResult: Sendable {
    var task: CheckTask
    var result: ExplorationResult
    var seconds: Double
    /// What was found, each run again; that of the verdict first.
    var findings: [CheckFinding] = []
    /// Whether the search went on behind what it found.
    var isWhole = false
}

/// Something that fails, with a way to it that was run again on a plain machine.
struct CheckFinding: Sendable {
    var example: Counterexample

    var property: String { example.finding.property }

    /// The text and the line; `nil` for what is so when everything has ended.
    var place: String? {
        let program = example.program
        guard property != "refs-balanced", let place = example.finding.place(in: program) else { return nil }
        return "\(program.sources[place.file].name):\(place.line)"
    }

    /// "no-deadlock (toy.model:21)".
    var name: String { property + (place.map { " (\($0))" } ?? "") }
}

extension CheckResult {
    /// What it comes to, for whoever asked.
    enum Outcome: Sendable {
        case asExpected, unexpected, bound, inconsistent
    }

    private var expectation: Expectation? { task.program.scenario.expectation }

    var isUndecided: Bool { expectation == nil || expectation == .undecided }

    /// The property that is expected to fail.
    var expectedFailure: String? { if case .fails(let property)? = expectation { property } else { nil } }

    var isAsExpected: Bool { outcome == .asExpected }

    var outcome: Outcome {
        switch result.verdict {
        case .inconsistent: return .inconsistent
        case .bound: return .bound
        case .holds, .fails: break
        }
        if isUndecided { return .asExpected }
        if let expectedFailure { return findings.contains { $0.property == expectedFailure } ? .asExpected : .unexpected }
        return result.verdict == .holds ? .asExpected : .unexpected
    }

    /// The finding that the verdict is about: the one expected, if it is among them.
    var decisive: CheckFinding? {
        if case .holds = result.verdict { return nil }
        return findings.first { $0.property == expectedFailure } ?? findings.first
    }

    /// Whether there is nothing else to find.
    var isComplete: Bool {
        switch result.verdict {
        case .holds: true
        case .fails: isWhole && result.bound == nil
        case .bound, .inconsistent: false
        }
    }

    /// What else was come upon.
    var others: [CheckFinding] {
        guard let first = decisive else { return [] }
        return findings.filter { $0.example.finding != first.example.finding }
    }
}

/// Explores scenarios, several at once.
struct CheckRunner {
    var jobs: Int
    var memoryLimit: Int
    var isFine: Bool
    var notesCoverage = false
    /// Whether the search goes on behind what it finds.
    var findsAll = false
    /// Whether what fails is told in as few context switches as it can.
    var minimises: Bool

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
        explorer.findsAll = findsAll
        // Which of several failures is come upon first is a matter of the order; the one that is expected decides.
        if case .fails(let property)? = task.program.scenario.expectation { explorer.wanted = property }
        let result = explorer.explore { figures in
            status.tell(task.name, figures)
            return !Interruption.hasCome
        }
        let elapsed = clock.now - start
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let judged = replayed(CheckResult(task: task, result: result, seconds: seconds, isWhole: findsAll))
        status.finish(task.name)
        return judged
    }
}

extension CheckRunner {
    /// Every schedule that was found, run again on a plain machine: whatever doesn't end where it should makes the verdict
    /// inconsistent.
    func replayed(_ result: CheckResult) -> CheckResult {
        var judged = result
        for found in result.result.found {
            do {
                let example = try Counterexample(result.task.program, schedule: found.schedule, finding: found.finding)
                judged.findings.append(CheckFinding(example: minimised(example)))
            } catch {
                judged.result.verdict = .inconsistent(
                    "the schedule to \(found.finding.property) doesn't replay: \(error.words)")
                return judged
            }
        }
        return judged
    }

    /// States that are looked at for each of many.
    private static let fewStates = 200_000

    private func minimised(_ example: Counterexample) -> Counterexample {
        guard minimises else { return example }
        guard findsAll else { return example.minimised() }
        // There may be many, and each has to stay the one that it is.
        return example.minimised(stateLimit: Self.fewStates, keepsPlace: true)
    }
}

extension ExplorationResult {
    /// Every finding with its schedule, that of the verdict first.
    fileprivate var found: [(finding: MachineFinding, schedule: [ScheduledStep])] {
        let all = findings.map { ($0.finding, $0.schedule) }
        guard case .fails(let finding) = verdict else { return all }
        return [(finding, schedule)] + all.filter { $0.0 != finding }
    }
}

/// Ctrl-C: what has been found so far is still told. A second one ends the program at once.
enum Interruption {
    private static let flag = Atomic(false)

    static var hasCome: Bool { flag.load(ordering: .relaxed) }

    /// From now on. Whoever started us with the signal ignored wants it ignored.
    static func watch() {
        let before = signal(SIGINT) { _ in
            Interruption.flag.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
        if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(SIGINT, SIG_IGN) }
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
