import Explorer
import Foundation
import Machine
import Playback
import Simulation

/// Every schedule from a step of a run on, explored on a thread of its own.
struct BackgroundCheck: Sendable {
    /// What came of it.
    struct End: Sendable {
        var result: ExplorationResult
        /// The way to the finding, from the step that the check began at, as it can best be followed.
        var counterexample: Counterexample?
        var seconds: Double
    }

    private struct Progress: Sendable {
        /// `nil` until the first are told.
        var figures: ExplorationFigures?
        var isCancelled = false
        var end: End?
    }

    private let step: Int
    private let state: State
    private let began = ContinuousClock.now
    private let shared = Locked(Progress())

    /// - Parameter setup: what it was begun with.
    init(_ simulation: Simulation, _ setup: RunSetup) {
        step = simulation.step
        state = simulation.machine.state
        let shared = shared
        let thread = Thread {
            // A state with room for operations is larger, and what it holds besides is of no use to who explores.
            let machine = simulation.machineWithoutOperations(setup) ?? simulation.machine
            let end = Self.explore(machine) { figures in
                shared.withLock { progress in
                    progress.figures = figures
                    return !progress.isCancelled
                }
            }
            shared.withLock { $0.end = end }
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Half of what the machine has.
    private static var memoryLimit: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) / 2 }
    /// States that are looked at for a way with fewer switches: it must not take longer than the check itself.
    private static let minimiserLimit = 200_000

    private static func explore(_ machine: Machine, _ progress: @escaping (ExplorationFigures) -> Bool) -> End {
        let clock = ContinuousClock()
        let start = clock.now
        let result = Explorer(machine.program, memoryLimit: memoryLimit).explore(from: machine, progress: progress)
        let elapsed = clock.now - start
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        return end(result, of: machine, seconds)
    }

    /// What was found, run again: a schedule that doesn't lead there makes the verdict inconsistent.
    static func end(_ result: ExplorationResult, of machine: Machine, _ seconds: Double) -> End {
        var end = End(result: result, counterexample: nil, seconds: seconds)
        guard case .fails(let finding) = result.verdict else { return end }
        do {
            end.counterexample = try Counterexample(machine.program, from: machine, schedule: result.schedule, finding: finding)
                .minimised(stateLimit: minimiserLimit)
        } catch {
            end.result.verdict = .inconsistent("the schedule to \(finding.property) doesn't replay: \(error.words)")
        }
        return end
    }

    /// How far it is, in words.
    var progress: String {
        let (figures, isCancelled) = shared.withLock { ($0.figures, $0.isCancelled) }
        guard !isCancelled else { return "giving up the check" }
        let seconds = (ContinuousClock.now - began).components.seconds
        let sizes = figures.map { "\($0.states) states, depth \($0.depth), \($0.bytes >> 20) MiB, " } ?? ""
        return "checking from step \(step): \(sizes)\(seconds) s; Esc gives it up"
    }

    /// `nil` while it goes on.
    var end: End? { shared.withLock { $0.end } }

    func cancel() { shared.withLock { $0.isCancelled = true } }

    // MARK: At the end

    /// Goes to the counterexample, if there is one.
    /// - Returns: what came of it, in words.
    func land(_ end: End, in simulation: inout Simulation) -> String {
        let figures = end.result.figures
        let effort = "\(figures.states) states in \(String(format: "%.1f", end.seconds)) s"
        let place = step == 0 ? "" : " from step \(step) on"
        switch end.result.verdict {
        case .holds:
            let taken = end.result.premises.map { "; taken for granted: \($0.sentence)" }.joined()
            return "holds\(place): \(effort)\(taken)"
        case .bound(.interrupted): return "the check was given up after \(effort): nothing fails so far"
        case .bound(.memory): return "bound: the memory was full after \(effort), nothing fails so far"
        case .bound(.choices): return "bound: a 'choose' has too many ways, nothing fails in \(effort)"
        case .bound(.setup): return "bound: the setup was cut off after ten million steps"
        case .inconsistent(let words): return Self.mistake(words)
        case .bound(.workload): return "a workload has no end to explore to"
        case .fails(let finding):
            guard let example = end.counterexample else { return Self.mistake("\(finding.property) can't be shown") }
            return go(to: example, effort, in: &simulation)
        }
    }

    private static func mistake(_ words: String) -> String { "inconsistent: \(words): a mistake of mmuscope's" }

    private func go(to example: Counterexample, _ effort: String, in simulation: inout Simulation) -> String {
        let property = example.finding.property
        let words = "\(example.schedule.count) steps\(step == 0 ? "" : " behind step \(step)")"
        // The user may have gone elsewhere meanwhile; there the schedule means nothing.
        simulation.perform(.jump(to: step))
        guard simulation.step == step, simulation.machine.state == state else {
            return "fails \(property), \(words), but this run goes another way now: C checks again"
        }
        guard simulation.follow(example.schedule, marks: example.marks(behind: step)) else {
            return Self.mistake("fails \(property), but step \(simulation.step + 1) of its schedule can't be taken here")
        }
        return "fails \(property), \(words): [ and ] go through its switches, b steps back (\(effort))"
    }
}
