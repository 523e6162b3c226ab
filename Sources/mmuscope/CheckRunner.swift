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
            return !Interruption.hasCome
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
