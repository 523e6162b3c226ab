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
        /// The way to the finding, from the step that the check began at.
        var schedule: [ScheduledStep]
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

    init(_ simulation: Simulation) {
        step = simulation.step
        state = simulation.machine.state
        let (shared, machine, isStart) = (shared, simulation.machine, simulation.step == 0)
        let thread = Thread {
            let end = Self.explore(machine, isStart: isStart) { figures in
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

    private static func explore(
        _ machine: Machine, isStart: Bool, _ progress: @escaping (ExplorationFigures) -> Bool
    ) -> End {
        let clock = ContinuousClock()
        let start = clock.now
        let explorer = Explorer(machine.program, memoryLimit: memoryLimit)
        let result = explorer.explore(from: isStart ? nil : machine, progress: progress)
        let elapsed = clock.now - start
        var schedule = result.schedule
        // From the start, the schedule can be put so that it is easier to follow.
        if isStart, case .fails(let finding) = result.verdict,
            let told = try? Counterexample(machine.program, schedule: schedule, finding: finding)
        {
            schedule = told.minimised(stateLimit: minimiserLimit).schedule
        }
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        return End(result: result, schedule: schedule, seconds: seconds)
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
        case .holds: return "holds\(place): \(effort)"
        case .bound(.interrupted): return "the check was given up after \(effort): nothing fails so far"
        case .bound(.memory): return "bound: the memory was full after \(effort), nothing fails so far"
        case .bound(.choices): return "bound: a 'choose' has too many ways, nothing fails in \(effort)"
        case .bound(.workload): return "a workload has no end to explore to"
        case .fails(let finding):
            guard !end.schedule.isEmpty || finding.property == simulation.finding?.property else {
                return "fails \(finding.property) at this very step: \(finding.sentence)"
            }
            return go(to: finding, end.schedule, effort, in: &simulation)
        }
    }

    private func go(
        to finding: MachineFinding, _ schedule: [ScheduledStep], _ effort: String, in simulation: inout Simulation
    ) -> String {
        let words = "\(schedule.count) steps\(step == 0 ? "" : " behind step \(step)")"
        // The user may have gone elsewhere meanwhile; there the schedule means nothing.
        simulation.perform(.jump(to: step))
        guard simulation.step == step, simulation.machine.state == state else {
            return "fails \(finding.property), \(words), but this run goes another way now: C checks again"
        }
        let isThere = simulation.follow(schedule, marks: marks(schedule, finding, simulation))
        guard isThere else { return "fails \(finding.property), but the schedule doesn't replay: this is a mistake of mmuscope" }
        return "fails \(finding.property), \(words) (\(effort)): b steps back, [ and ] go through its switches"
    }

    /// A mark wherever another thread goes on, and one at the end.
    private func marks(
        _ schedule: [ScheduledStep], _ finding: MachineFinding, _ simulation: Simulation
    ) -> [Recording.Mark] {
        let threads = simulation.program.threads
        var marks: [Recording.Mark] = []
        for (offset, chosen) in schedule.enumerated() {
            guard offset == 0 || schedule[offset - 1].thread != chosen.thread else { continue }
            let name = "from here T\(chosen.thread) \(threads[chosen.thread].name)"
            marks.append(Recording.Mark(name: name, step: step + offset))
        }
        marks.append(Recording.Mark(name: "\(finding.property): \(finding.sentence)", step: step + schedule.count))
        return marks
    }
}
