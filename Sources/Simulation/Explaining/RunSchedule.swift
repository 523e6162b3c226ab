import Language
import Machine
import Scene

extension Simulation {
    /// The last stretch of the run up to the cursor, step by step, as it can be carried out again from a machine.
    public struct Stretch: Sendable {
        /// The step that it begins behind.
        public var start: Int
        public var machine: Machine
        public var schedule: [ScheduledStep]
    }

    /// The last stretch that is a matter of who steps alone: it begins where something else last changed the state (an
    /// operation, a fault that was switched), or so many steps ago.
    /// - Parameter limit: steps that it may have; 0 or more.
    public func lastStretch(limit: Int) -> Stretch {
        let end = step
        var copy = self
        copy.jump(to: max(0, end - max(0, limit)))
        copy.settle()
        var shadow = copy.machine
        var result = Stretch(start: copy.step, machine: shadow, schedule: [])
        var log = EventLog(isOn: false)
        while copy.step < end {
            let before = copy.machine
            if before.state != shadow.state {
                shadow = before
                result = Stretch(start: copy.step, machine: before, schedule: [])
            }
            guard copy.stepForward(), let thread = copy.lastThread else { break }
            _ = shadow.step(thread, choice: copy.cursor.lastChoice, log: &log)
            result.schedule.append(ScheduledStep(thread: thread, choice: Int(clamping: shadow.takenChoice ?? 0)))
        }
        return result
    }

    /// The run from its start to the cursor.
    public func recording(_ setup: RunSetup) -> Recording {
        var decided = interventions
        decided.removeSteps(from: step)
        decided.removeAll(from: step + 1)
        return Recording(setup: setup, interventions: decided, checks: [], end: step, hasEnded: hasEnded)
    }

    /// Gives an answer to whoever looks at the next scene.
    public mutating func give(_ content: Reply.Content) { replies.give(content) }
}
