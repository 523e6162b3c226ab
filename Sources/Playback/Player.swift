import Scene

/// What can be asked of a session, whoever runs it.
public enum PlaybackCommand: Sendable, Equatable {
    case run
    case pause
    /// Steps a second; `nil` is as fast as it goes.
    case setSpeed(Int?)
    /// One step forward.
    case step
    /// One step back.
    case back
    /// Forward until the current thread stands at its next statement outside the call it is about to make.
    case stepOver
    /// Forward until the current thread has left the function that it is in.
    case finishFunction
    /// One step of this thread, if it can.
    case stepThread(ThreadID)
    /// To this step; beyond the last it runs on as far as it can.
    case jump(to: Int)
    case jumpToStart
    case jumpToEnd
    /// To the next / previous event of the interesting kinds.
    case nextEvent
    case previousEvent
    /// The next scheduling policy, where there is a choice.
    case nextPolicy
    /// Begins or ends a recording of the session in a file.
    case toggleRecording
    /// Explore every schedule from the present step on, beside whatever else goes on.
    case check
    /// Give that up.
    case cancelCheck
    /// To the next / previous step that has a mark.
    case nextMark
    case previousMark
    /// Runs from later to earlier, until the start or ``pause``.
    case runBackwards
    /// Forward as fast as it goes until a breakpoint; ``run`` stops at breakpoints too, at the pace that is set.
    case runToBreakpoint
    /// To the next / previous event of these kinds.
    case nextEventOf(Set<EventKind>)
    case previousEventOf(Set<EventKind>)
    /// Names the present step, or takes its name away; an empty name lets the player choose one.
    case toggleMark(String)
    /// Sets a breakpoint, or takes it away.
    case toggleBreakpoint(Breakpoint)
    case clearBreakpoints
    /// Makes something happen at the present step.
    case perturb(Perturbation)
    /// Takes back the last thing that was decided by hand at or before the present step.
    case undo
    /// Goes on with another branch, by its name.
    case switchBranch(String)
    /// Renames the present branch.
    case nameBranch(String)
    /// Evaluates an expression of the model's language once.
    case evaluate(String)
    case find(FindQuery)
    /// Puts the run into one line of text, or its last steps into a table of CPUs, for the clipboard.
    case copySchedule
    case copyTable
    /// Tells what led to the finding as a story.
    case tellStory
}

extension PlaybackCommand {
    /// The command with what the screen shows meanwhile, where it matters to it.
    func completed(by request: SceneRequest) -> PlaybackCommand {
        guard case .find(var query) = self else { return self }
        query.shown = request
        return .find(query)
    }
}

/// A session that can be driven and looked at: a simulation or a recording.
///
/// A value: the run loop owns it and is the only one to change it.
public protocol Player: Sendable {
    /// Whether ``advance(by:)`` has anything to do.
    var isRunning: Bool { get }
    /// Steps a second when running; `nil` is as fast as it goes.
    var speed: Int? { get }

    mutating func perform(_ command: PlaybackCommand)

    /// Carries out up to `steps` steps while running; stops running at a finding or at the end.
    /// - Returns: how many were carried out.
    mutating func advance(by steps: Int) -> Int

    func scene(for request: SceneRequest) -> Scene

    /// Whether something goes on beside the steps that ``look()`` tells of.
    var isWorking: Bool { get }

    /// Called now and then while ``isWorking``.
    /// - Returns: whether there is something new to see.
    mutating func look() -> Bool

    /// The session ends: what is to be written is written now.
    mutating func finish()
}

extension Player {
    public mutating func finish() {}
    public var isWorking: Bool { false }
    public mutating func look() -> Bool { false }
}
