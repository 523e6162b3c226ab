import Glibc
import Playback

/// Runs through a recording in the background, so that it can be jumped in.
///
/// A recording holds decisions, not states: a step can be shown once something has run up to it. The screen opens at
/// the start at once; checkpoints come in while this goes on.
final class ReplayIndex: Sendable {
    private struct Shared: Sendable {
        var checkpoints: Checkpoints?
        var isCancelled = false
    }

    /// What the background task holds: it doesn't keep the index alive.
    private final class Core: Sendable {
        let shared = Locked(Shared())
    }

    private let core = Core()

    /// Begins to run a simulation that stands at its start.
    init(_ simulation: Simulation, to end: Int) {
        let core = core
        Task.detached(priority: .utility) {
            var runner = simulation
            var isGoing = true
            while isGoing, runner.step < end {
                let next = min(end, runner.step + Self.stride)
                while isGoing, runner.step < next { isGoing = runner.stepForward() }
                let checkpoints = runner.checkpoints
                let isCancelled = core.shared.withLock { shared in
                    shared.checkpoints = checkpoints
                    return shared.isCancelled
                }
                if isCancelled { return }
            }
        }
    }

    deinit { core.shared.withLock { $0.isCancelled = true } }

    /// What there is so far.
    var checkpoints: Checkpoints? { core.shared.withLock { $0.checkpoints } }

    /// Steps between two looks at whether anybody still waits for it.
    private static let stride = 65_536
}
