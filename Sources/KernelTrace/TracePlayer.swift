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
    /// It runs from later to earlier.
    private(set) var isBackwards = false
    /// Steps that the user wants to find again, ascending.
    private(set) var marks: [MarkRow] = []
    private var reply: Reply?
    /// What was worked out for the screen.
    private let sketches = TraceSketches()

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
            isBackwards = false
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
        case .runBackwards:
            isRunning = position > 0
            isBackwards = isRunning
            if !isRunning { message = "This is the recording's start." }
        case .nextEvent: goForward("event of note") { $0.isInteresting($1) }
        case .previousEvent: goBack("event of note") { $0.isInteresting($1) }
        case .nextEventOf(let kinds): goForward(Self.words(kinds)) { $0.isOf(kinds, $1) }
        case .previousEventOf(let kinds): goBack(Self.words(kinds)) { $0.isOf(kinds, $1) }
        case .nextMark: go(toMark: marks.first { $0.step > position })
        case .previousMark: go(toMark: marks.last { $0.step < position })
        case .toggleMark(let name): toggleMark(name)
        case .find(let query): find(query)
        case .nextPolicy: message = "A recording's order is what happened."
        case .toggleRecording: message = "This is a recording already."
        case .check, .cancelCheck: message = "A recording has one schedule: there is nothing to explore."
        case .evaluate(let text):
            let builder = SceneBuilder(recording: recording, state: state, position: position)
            let value = builder.value(of: text, mm: state.currentMM)
            message = value.map { "\(text) = \($0)" } ?? SceneBuilder.noModel
        case .tellStory, .copySchedule, .copyTable: message = "A recording is what happened: it has no schedule to copy and no finding to tell of."
        default: message = Self.refusal(command)
        }
    }

    /// Why a recording can't do what only a simulation can.
    private static func refusal(_ command: PlaybackCommand) -> String {
        switch command {
        case .perturb: "\(SceneBuilder.nothingToPerturb.prefix(1).uppercased())\(SceneBuilder.nothingToPerturb.dropFirst())."
        case .undo: "Nothing was decided by hand here: there is nothing to take back."
        case .switchBranch, .nameBranch: "A recording went one way: it has no branches."
        case .toggleBreakpoint, .clearBreakpoints, .runToBreakpoint:
            "A recording has no breakpoints: n and N go to events of note, / looks for one."
        default: "A recording can't do that."
        }
    }

    public mutating func advance(by steps: Int) -> Int {
        guard isRunning else { return 0 }
        let before = position
        if isBackwards {
            move(to: position - max(1, steps))
            if position == 0 { isRunning = false }
            return before - position
        }
        let target = min(recording.eventCount, position + max(0, steps))
        recording.advance(&state, from: position, to: target)
        position = target
        if position == recording.eventCount { isRunning = false }
        return position - before
    }

    public func scene(for request: SceneRequest) -> Scene {
        var scene = builder.scene(for: request, isRunning: isRunning, speed: speed, message: message)
        scene.position.isBackwards = isRunning && isBackwards
        scene.marks = marks
        scene.reply = reply
        return scene
    }

    private var builder: SceneBuilder {
        SceneBuilder(recording: recording, state: state, position: position, sketches: sketches, marks: marks)
    }

    private func isInteresting(_ event: Int) -> Bool {
        recording.events[event].isAfterGap || recording.facts[event].row?.isInteresting ?? false
    }

    private mutating func go(to target: Int) {
        if min(max(0, target), recording.eventCount) != position { isRunning = false }
        move(to: target)
    }

    private mutating func move(to target: Int) {
        let target = min(max(0, target), recording.eventCount)
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

    // MARK: - Events and marks

    private func isOf(_ kinds: Set<EventKind>, _ event: Int) -> Bool {
        recording.facts[event].row.map(kinds.contains) ?? false
    }

    private static func words(_ kinds: Set<EventKind>) -> String {
        "event of the kind \(kinds.map(\.rawValue).sorted().joined(separator: ", "))"
    }

    private mutating func goForward(_ what: String, _ isOne: (TracePlayer, Int) -> Bool) {
        if let event = (position..<recording.eventCount).first(where: { isOne(self, $0) }) {
            go(to: event + 1)
        } else {
            message = "No further \(what)."
        }
    }

    private mutating func goBack(_ what: String, _ isOne: (TracePlayer, Int) -> Bool) {
        if position > 1, let event = (0..<(position - 1)).last(where: { isOne(self, $0) }) {
            go(to: event + 1)
        } else {
            message = "No earlier \(what)."
        }
    }

    private mutating func go(toMark mark: MarkRow?) {
        guard let mark else {
            message = marks.isEmpty ? "There are no marks." : "There is no mark that way."
            return
        }
        go(to: mark.step)
        message = marks.filter { $0.step == mark.step }.map(\.name).joined(separator: "; ")
    }

    private mutating func toggleMark(_ name: String) {
        let step = position
        if let known = marks.first(where: { $0.step == step && (name.isEmpty || $0.name == name) }) {
            marks.removeAll { $0.step == step && (name.isEmpty || $0.name == name) }
            message = "The mark '\(known.name)' is gone."
            return
        }
        let names = Set(marks.map(\.name))
        let free = (1...(marks.count + 1)).lazy.map { "mark \($0)" }.first { !names.contains($0) } ?? "mark"
        let mark = MarkRow(step: step, name: name.isEmpty ? free : name)
        marks.insert(mark, at: marks.firstIndex { $0.step > step } ?? marks.count)
        message = "Marked: '\(mark.name)'."
    }

    private mutating func find(_ query: FindQuery) {
        let row = builder.find(query)
        reply = Reply(number: (reply?.number ?? 0) + 1, content: row.map { .found(query, row: $0) } ?? .notFound(query))
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
