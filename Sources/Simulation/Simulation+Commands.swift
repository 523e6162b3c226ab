import Machine
import Playback
import Scene

/// What the user asks for.
extension Simulation {
    public mutating func perform(_ command: PlaybackCommand) {
        message = nil
        switch command {
        case .run: run(.forward)
        case .runToBreakpoint:
            if breakpoints.isEmpty {
                motion = .none
                message = "there are no breakpoints: B sets one where the code is"
            } else {
                run(.toBreakpoint)
            }
        case .runBackwards:
            motion = cursor.step > 0 ? .backwards : .none
            if cursor.step == 0 { message = "this is the start" }
        case .pause: motion = .none
        case .setSpeed(let speed): pace = speed
        case .toggleMark(let name): toggleMark(name)
        case .toggleBreakpoint(let breakpoint): toggle(breakpoint)
        case .clearBreakpoints: clearBreakpoints()
        case .find(let query): find(query)
        case .evaluate(let text): evaluate(text)
        case .nameBranch(let name): message = branches.rename(name)
        default:
            motion = .none
            move(command)
            if message == nil { message = marks.first { $0.step == step }?.name }
        }
    }

    private mutating func run(_ motion: Motion) {
        settle()
        let isAble = cursor.end == nil && (cursor.policy != .byHand || interventions[cursor.step]?.thread != nil)
        self.motion = isAble ? motion : .none
        if !isAble { explainEnd() }
        beginWatchingBreakpoints()
    }

    mutating func move(_ command: PlaybackCommand) {
        switch command {
        case .step:
            if !stepForward() { explainEnd() }
        case .back:
            if cursor.step == 0 { message = "this is the start" } else { jump(to: cursor.step - 1) }
        case .stepOver: stepOver(leaving: false)
        case .finishFunction: stepOver(leaving: true)
        case .stepThread(let thread): stepByHand(thread.number)
        case .jump(let target):
            jump(to: min(target, max(frontier, cursor.step) + Self.jumpLimit))
            if cursor.step < target { explainEnd() }
        case .jumpToStart: jump(to: 0)
        case .jumpToEnd:
            let before = step
            jump(to: frontier)
            noticeRest()
            if cursor.end != nil || astray != nil {
                explainEnd()
            } else if step == before {
                message = "it has been run to here: space runs on"
            }
        case .nextEvent: moveToEvent(nil)
        case .previousEvent: moveToPreviousEvent(nil)
        case .nextEventOf(let kinds): moveToEvent(kinds)
        case .previousEventOf(let kinds): moveToPreviousEvent(kinds)
        case .nextPolicy: nextPolicy()
        case .nextMark: moveToMark(marks.map(\.step).filter { $0 > step }.min())
        case .previousMark: moveToMark(marks.map(\.step).filter { $0 < step }.max())
        case .perturb(let perturbation): perturb(perturbation)
        case .undo: undo()
        case .switchBranch(let name): switchBranch(name)
        // A session's files, and what is explored beside it, are not its own business.
        case .toggleRecording, .check, .cancelCheck, .copySchedule, .copyTable, .tellStory: break
        // What is done without moving is done before this.
        case .run, .runToBreakpoint, .runBackwards, .pause, .setSpeed, .toggleMark, .toggleBreakpoint, .clearBreakpoints,
            .nameBranch, .find, .evaluate: break
        }
    }

    /// A jump beyond the end runs on at most this far.
    private static let jumpLimit = 10_000_000

    mutating func explainEnd() {
        switch cursor.end {
        case .rest?: message = "all threads have finished: b steps back, g goes to the start"
        case .finding(let finding)?: message = "the run has stopped at \(finding.property): b steps back"
        case nil where astray?.step == cursor.step:
            message = astray.map { "\($0.sentence): t or o goes on freely" }
        case nil where cursor.policy == .byHand: message = "by hand: choose a thread to step, or another policy"
        case nil where cursor.isWaitingForRelease: message = "nobody else can step: " + heldWords()
        case nil: break
        }
    }

    // MARK: Longer moves

    /// How far a move looks before it gives up.
    static let searchLimit = 1_000_000

    /// The thread that a step is about to be taken of.
    private var current: Int? { followed ?? cursor.lastThread }

    /// Until the current thread stands outside of the call that it is about to make (or of its function).
    private mutating func stepOver(leaving: Bool) {
        guard let thread = current else { return move(.step) }
        let depth = machine.callStack(of: thread).count
        let wanted = leaving ? depth - 1 : depth
        let start = machine.statement(of: thread)
        for _ in 0..<Self.searchLimit {
            guard stepForward() else { return explainEnd() }
            guard cursor.lastThread == thread else { continue }
            let now = machine.callStack(of: thread).count
            if now <= wanted, now < depth || machine.statement(of: thread) != start { return }
        }
        message = "it did not come back in \(Self.searchLimit) steps"
    }

    /// - Parameter kinds: `nil` is every interesting one.
    private mutating func moveToEvent(_ kinds: Set<EventKind>?) {
        let wanted = Self.sentences(kinds, machine)
        for _ in 0..<Self.searchLimit {
            guard stepForward() else { return explainEnd() }
            if log.events.contains(where: { wanted.contains(Self.kindNumber($0)) }) { return }
        }
        message = "\(Self.words(kinds)) in \(Self.searchLimit) steps"
    }

    private mutating func moveToPreviousEvent(_ kinds: Set<EventKind>?) {
        let events = chronicle.events
        let earlier = events.entries[..<events.count(upTo: cursor.step - 1)].indices.last { index in
            let kind = events.kind(index)
            return events.entries[index].step > 0 && (kinds?.contains(kind) ?? kind.isInteresting)
        }
        if let earlier { return jump(to: events.entries[earlier].step) }
        // Before what the log still has, the run is gone through again, from checkpoint to checkpoint.
        let wanted = Self.sentences(kinds, machine)
        var end = min(max(0, events.coveredFrom - 1), cursor.step)
        let limit = end - Self.searchLimit
        while end > 0, end > limit {
            var runner = self
            runner.track = nil
            checkpoints.nearest(to: end - 1).take(&runner.cursor)
            let start = runner.cursor.step
            var found: Int?
            while runner.step < end, runner.stepForward() {
                let isMet = runner.step < cursor.step && runner.log.events.contains { wanted.contains(Self.kindNumber($0)) }
                if isMet { found = runner.step }
            }
            if let found { return jump(to: found) }
            end = start
        }
        message = "\(Self.words(kinds)) before" + (end > 0 ? ", for \(Self.searchLimit) steps" : "")
    }

    private static func words(_ kinds: Set<EventKind>?) -> String {
        kinds.map { "no event of the kind \($0.map(\.rawValue).sorted().joined(separator: ", "))" } ?? "nothing interesting"
    }

    /// Kinds of events by number: a sentence's, or one that stands for all that the machine says itself.
    private static func kindNumber(_ event: MachineEvent) -> Int {
        switch event.kind {
        case .sentence(let number): number
        case .wakes: -1
        case .finishes: -2
        }
    }

    private static func sentences(_ kinds: Set<EventKind>?, _ machine: Machine) -> Set<Int> {
        func isWanted(_ name: String) -> Bool {
            guard let kind = EventKind(rawValue: name) else { return kinds?.contains(.note) ?? false }
            return kinds?.contains(kind) ?? kind.isInteresting
        }
        var result = Set(machine.program.sentences.indices.filter { isWanted(machine.program.sentences[$0].kind) })
        if isWanted("wake") { result.insert(-1) }
        if isWanted("thread") { result.insert(-2) }
        return result
    }

    /// Back by so many steps while running that way.
    mutating func goBack(by steps: Int) -> Int {
        let before = cursor.step
        jump(to: before - max(1, steps))
        if cursor.step == 0 {
            motion = .none
            message = "this is the start"
        }
        return before - cursor.step
    }

    // MARK: Marks

    private mutating func moveToMark(_ step: Int?) {
        guard let step else {
            let steps = marks.map(\.step)
            message = "there are no marks"
            if let first = steps.min(), let last = steps.max() {
                message = "no mark that way: there are \(steps.count), from step \(first) to \(last)"
            }
            return
        }
        jump(to: step)
        noticeRest()
        let here = marks.filter { $0.step == step }.map(\.name).joined(separator: "; ")
        message = "mark \(marks.count { $0.step <= step }) of \(marks.count): \(here)"
    }

    private mutating func toggleMark(_ name: String) {
        let here = marks.filter { $0.step == step }
        if let known = here.first(where: { name.isEmpty || $0.name == name }) {
            let now = step
            marks.removeAll { $0.step == now && (name.isEmpty || $0.name == name) }
            message = "the mark '\(known.name)' is gone"
            return
        }
        var chosen = name
        if chosen.isEmpty {
            let names = Set(marks.map(\.name))
            chosen = (1...(marks.count + 1)).lazy.map { "mark \($0)" }.first { !names.contains($0) } ?? "mark"
        }
        marks.append(Recording.Mark(name: chosen, step: step))
        message = "marked: '\(chosen)'"
    }
}
