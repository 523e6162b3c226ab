import Playback
import Scene

/// Plays a kernel recording: its position is the number of events carried out.
public struct TracePlayer: Player {
    /// What is played.
    public let recording: TraceRecording
    /// Events carried out so far.
    public private(set) var position = 0
    public private(set) var isRunning = false
    public private(set) var speed: Int? = 100

    private(set) var state = ReplayState()
    /// A sentence for the status line, until the next command.
    private(set) var message: String?

    /// Opens at the start, where nothing is known.
    public init(_ recording: TraceRecording) {
        self.recording = recording
        message = recording.warnings.first?.description
    }

    public mutating func perform(_ command: PlaybackCommand) {
        message = nil
        switch command {
        case .run:
            isRunning = position < recording.eventCount
            if !isRunning { message = "This is the recording's end." }
        case .pause: isRunning = false
        case .setSpeed(let speed): self.speed = speed
        case .step: go(to: position + 1)
        case .back: go(to: position - 1)
        case .stepOver: leave(depth: 0)
        case .finishFunction: leave(depth: 1)
        case .stepThread(let thread): step(thread)
        case .jump(let target): go(to: target)
        case .jumpToStart: go(to: 0)
        case .jumpToEnd: go(to: recording.eventCount)
        case .nextEvent:
            if let event = (position..<recording.eventCount).first(where: isInteresting) {
                go(to: event + 1)
            } else {
                message = "No further event of note."
            }
        case .previousEvent:
            if position > 1, let event = (0..<(position - 1)).last(where: isInteresting) {
                go(to: event + 1)
            } else {
                message = "No earlier event of note."
            }
        case .nextPolicy: message = "A recording's order is what happened."
        case .toggleRecording: message = "This is a recording already."
        case .check, .cancelCheck: message = "A recording has one schedule: there is nothing to explore."
        case .evaluate(let text):
            let builder = SceneBuilder(recording: recording, state: state, position: position)
            let value = builder.value(of: text, mm: state.currentMM)
            message = value.map { "\(text) = \($0)" } ?? SceneBuilder.noModel
        case .tellStory, .copySchedule, .copyTable: message = "A recording is what happened: it has no schedule to copy and no finding to tell of."
        case .nextMark, .previousMark: message = "A recording has no marks."
        default: message = "not yet"
        }
    }

    public mutating func advance(by steps: Int) -> Int {
        guard isRunning else { return 0 }
        let before = position
        let target = min(recording.eventCount, position + max(0, steps))
        recording.advance(&state, from: position, to: target)
        position = target
        if position == recording.eventCount { isRunning = false }
        return position - before
    }

    public func scene(for request: SceneRequest) -> Scene {
        SceneBuilder(recording: recording, state: state, position: position).scene(
            for: request, isRunning: isRunning, speed: speed, message: message)
    }

    private func isInteresting(_ event: Int) -> Bool {
        recording.events[event].isAfterGap || recording.facts[event].row?.isInteresting ?? false
    }

    private mutating func go(to target: Int) {
        let target = min(max(0, target), recording.eventCount)
        if target != position { isRunning = false }
        if target > position + 1 || target < position {
            let (checkpoint, count) = recording.checkpoints.nearest(to: target)
            if target < position || count > position {
                state = checkpoint
                position = count
            }
        }
        recording.advance(&state, from: position, to: target)
        position = target
    }

    private mutating func step(_ thread: ThreadID) {
        let task = UInt32(truncatingIfNeeded: thread.number)
        if let event = (position..<recording.eventCount).first(where: { recording.events[$0].task == task }) {
            go(to: event + 1)
        } else {
            message = "This task has no further event."
        }
    }

    /// Until the task of the last event is at most as deep as now, or less deep by `depth` calls.
    private mutating func leave(depth: Int) {
        guard position > 0, position < recording.eventCount else { return go(to: position + 1) }
        let task = Int(recording.events[position - 1].task)
        let limit = state.tasks[task].calls.count - depth
        guard limit >= 0 else {
            message = "This task is in no known call."
            return
        }
        var ahead = state
        let table = sharedFieldTable
        for event in position..<recording.eventCount {
            let occurrence = recording.occurrence(event, table)
            _ = ahead.apply(occurrence)
            if occurrence.task == task && ahead.tasks[task].calls.count <= limit {
                state = ahead
                position = event + 1
                isRunning = false
                return
            }
        }
        message = "The recording ends before that."
    }
}
