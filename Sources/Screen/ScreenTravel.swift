import Playback
import Scene

/// Stepping, holding, breaking, and going to steps.
extension ScreenState {
    mutating func stepSelectedThread(_ scene: Scene) -> [ScreenAction] {
        if let selectedThread, scene.threads.total > 0 { return [.playback(.stepThread(selectedThread))] }
        let rows = scene.threads.rows
        guard let thread = rows.first(where: { $0.status == .ready }) ?? rows.first else {
            message = "there is no thread to step"
            return []
        }
        select(.thread(thread.id))
        focus = .threads
        message = "\(thread.label) \(thread.name) is selected: t steps it, ↑ ↓ choose another"
        return []
    }

    mutating func toggleHold(_ scene: Scene) -> [ScreenAction] {
        guard let selectedThread, let row = scene.threads.rows.first(where: { $0.id == selectedThread }) else {
            message = "select a thread first (5, then ↑ ↓): H holds it"
            return []
        }
        return [.playback(.perturb(.hold(row.id, isHeld: row.hold == nil)))]
    }

    mutating func toggleBreakpoint(_ scene: Scene) -> [ScreenAction] {
        if case .notifier(let notifier) = selection, focus != .code { return [.playback(.toggleBreakpoint(.notifier(notifier)))] }
        let line = CodePane.cursorLine(scene.code, shift: rows[.code] ?? 0)
        guard line > 0, !scene.code.file.isEmpty else {
            message = "there is no line to stop at"
            return []
        }
        return [.playback(.toggleBreakpoint(.line(file: scene.code.file, line: line)))]
    }

    /// To the next event of the chosen kinds; where none were chosen, the list of kinds opens first.
    mutating func travelToKind(isForward: Bool) -> [ScreenAction] {
        guard let travelKinds else {
            overlay = .picker(Picker(.travelKinds))
            return []
        }
        timelineFirst = nil
        return [.playback(isForward ? .nextEventOf(travelKinds) : .previousEventOf(travelKinds))]
    }

    mutating func goTo(_ step: Int) -> [ScreenAction] {
        timelineFirst = nil
        return [.playback(.jump(to: max(0, step)))]
    }

    mutating func goToSelected(_ scene: Scene) -> [ScreenAction] {
        if focus == .explain {
            let sentences = scene.explanation?.sentences ?? []
            let index = max(0, min(rows[.explain] ?? 0, sentences.count - 1))
            if sentences.indices.contains(index), let step = sentences[index].step { return goTo(step) }
            message = "this sentence speaks of no step: ↑ ↓ choose another"
            return []
        }
        if case .event(let step) = selection { return goTo(step) }
        message = "↑ ↓ choose an event"
        return []
    }

    mutating func pageTimeline(_ pages: Int, _ scene: Scene) -> [ScreenAction] {
        let timeline = scene.timeline
        let page = max(1, timeline.columns / 2) * max(1, timeline.stepsPerColumn)
        return goTo(max(0, min(scene.position.last, scene.position.step + pages * page)))
    }

    mutating func scaleTimeline(finer: Bool, _ scene: Scene) {
        let now = max(1, stepsPerColumn ?? scene.timeline.stepsPerColumn)
        guard !finer || now > 1 else {
            message = "a column is one step: it can't be less"
            return
        }
        stepsPerColumn = finer ? now / 2 : min(now * 2, 1 << 40)
        timelineFirst = nil
        let words = stepsPerColumn == 1 ? "one step" : "\(stepsPerColumn ?? 1) steps"
        message = "a column is \(words)"
    }

    /// Moves the timeline's window without moving in time.
    mutating func scrollTimeline(by columns: Int, _ scene: Scene) {
        let timeline = scene.timeline
        let units = max(1, timeline.stepsPerColumn)
        let first = (timelineFirst ?? timeline.firstStep) + columns * units
        timelineFirst = max(0, min(first, max(0, scene.position.last - units)))
        stepsPerColumn = units
    }

    /// Opens the code's text where it stands.
    mutating func edit(_ scene: Scene) -> [ScreenAction] {
        guard !scene.code.file.isEmpty else {
            message = "there is no text to open"
            return []
        }
        return [.edit(file: scene.code.file, line: max(1, CodePane.cursorLine(scene.code, shift: rows[.code] ?? 0)))]
    }

    /// Explains what is selected; else what went wrong; else the thread that stepped last.
    mutating func explain(_ scene: Scene, _ size: Size) {
        let current = scene.threads.rows.first { $0.isCurrent } ?? scene.threads.rows.first
        let subject = selection ?? (scene.finding != nil ? .finding : current.map { .thread($0.id) })
        guard let subject else {
            message = "there is nothing to explain yet"
            return
        }
        explain(subject, size)
    }

    mutating func explain(_ subject: Subject, _ size: Size) {
        explaining = subject
        rows[.explain] = nil
        if focus != .explain { explainedFrom = Place(pane: focus, isZoomed: isZoomed) }
        show(.explain, size)
    }

    /// Back to what the explanation lies over.
    mutating func closeExplanation() {
        explaining = nil
        raised.removeAll { $0 == .explain }
        isZoomed = explainedFrom?.isZoomed ?? false
        focus = explainedFrom?.pane ?? raised.last ?? .threads
        explainedFrom = nil
    }
}
