import Playback
import Scene

extension ScreenState {
    /// What a key does, given the scene that the user sees.
    public mutating func handle(_ key: Key, scene: Scene, size: Size) -> [ScreenAction] {
        if case .mouse(let mouse) = key { return handle(mouse, scene, size) }
        message = nil
        if let actions = handleAlways(key) { return actions }
        if let overlay, let actions = handle(key, in: overlay, scene, size) { return actions }
        guard let command = KeyMap.command(for: key, in: focusedPane(size: size)) else { return [] }
        return perform(command, scene, size)
    }

    /// Keys that do the same whatever lies over the panes.
    private func handleAlways(_ key: Key) -> [ScreenAction]? {
        switch key {
        case .control("c"): [.quit]
        case .control("z"): [.suspend]
        case .control("l"): [.redraw]
        default: nil
        }
    }

    /// Carries out a command, whether it came from a key, the palette or the mouse.
    mutating func perform(_ command: KeyCommand, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        if let playback = Self.playback(command, scene) {
            if movesTheCursor(command) { timelineFirst = nil }
            return [.playback(playback)]
        }
        switch command {
        case .stepThread: return stepSelectedThread(scene)
        case .toggleHold: return toggleHold(scene)
        case .toggleBreakpoint: return toggleBreakpoint(scene)
        case .nextOfKind, .previousOfKind: return travelToKind(isForward: command == .nextOfKind)
        case .tenth(let number): return goTo(scene.position.last * number / 10)
        case .timelinePage(let pages): return pageTimeline(pages, scene)
        case .goToSelected: return goToSelected(scene)
        case .findAgain: return findAgain(scene)
        case .edit: return edit(scene)
        case .quit: return [.quit]
        case .suspend: return [.suspend]
        case .redraw: return [.redraw]
        case .levelBack: return scene.isChecking ? [.playback(.cancelCheck)] : goBack()
        case .nextTheme: return choose(theme.next)
        case .presenter: return togglePresenter()
        default:
            look(command, scene, size)
            return []
        }
    }

    /// The commands that go to the player as they are.
    private static func playback(_ command: KeyCommand, _ scene: Scene) -> PlaybackCommand? {
        switch command {
        case .toggleRun: scene.position.isRunning ? .pause : .run
        case .step: .step
        case .back: .back
        case .stepOver: .stepOver
        case .finishFunction: .finishFunction
        case .nextEvent: .nextEvent
        case .previousEvent: .previousEvent
        case .continueRun: .runToBreakpoint
        case .runBackwards: .runBackwards
        case .undo: .undo
        case .jumpToStart: .jumpToStart
        case .jumpToEnd: .jumpToEnd
        case .nextPolicy: .nextPolicy
        case .toggleRecording: .toggleRecording
        case .check: .check
        // A step that has a mark already loses it; else a name is asked for.
        case .toggleMark: scene.marks.contains { $0.step == scene.position.step } ? .toggleMark("") : nil
        case .nextMark: .nextMark
        case .previousMark: .previousMark
        case .copySchedule: .copySchedule
        case .copyTable: .copyTable
        case .faster: .setSpeed(SpeedLadder.faster(scene.position.speed))
        case .slower: .setSpeed(SpeedLadder.slower(scene.position.speed))
        default: nil
        }
    }

    private func movesTheCursor(_ command: KeyCommand) -> Bool {
        switch command {
        case .faster, .slower, .check, .copySchedule, .copyTable, .toggleRecording, .toggleMark, .nextPolicy: false
        default: true
        }
    }

    /// The commands that change only how things are looked at.
    private mutating func look(_ command: KeyCommand, _ scene: Scene, _ size: Size) {
        switch command {
        case .nextPane: cycle(by: 1, size)
        case .previousPane: cycle(by: -1, size)
        case .pane(let number): if let pane = PaneID(rawValue: number) { show(pane, size) }
        case .overview: isZoomed = false
        case .zoom:
            if !isZoomed { focus = focusedPane(size: size) }
            isZoomed.toggle()
        case .move(let motion): move(motion, scene, size)
        case .zoomIn: zoomAxis(inward: true, scene, size)
        case .zoomOut: zoomAxis(inward: false, scene, size)
        case .finer: scaleTimeline(finer: true, scene)
        case .coarser: scaleTimeline(finer: false, scene)
        case .nextMM: showNextMM(scene.header)
        case .explain: explain(scene, size)
        case .help:
            overlay = .help
            helpScroll = 0
        case .toggleMark: overlay = .prompt(Prompt(.mark))
        case .find: overlay = .prompt(Prompt(.find))
        case .commandLine: overlay = .prompt(Prompt(.command))
        case .palette: overlay = .picker(Picker(.palette))
        case .perturb: openPerturbMenu(scene)
        case .marks: openList(.marks, isEmpty: scene.marks.isEmpty, "there is no mark yet: m sets one")
        case .branches:
            openList(.branches, isEmpty: scene.branches.isEmpty, "there is one branch: go back and choose otherwise to make another")
        case .chooseKind: overlay = .picker(Picker(.travelKinds))
        case .filterEvents: overlay = .picker(Picker(.eventFilter))
        default: break
        }
    }

    private mutating func openList(_ kind: Picker.Kind, isEmpty: Bool, _ words: String) {
        if isEmpty { message = words } else { overlay = .picker(Picker(kind)) }
    }

    private mutating func openPerturbMenu(_ scene: Scene) {
        if let obstacle = scene.menu?.obstacle { message = obstacle } else { overlay = .picker(Picker(.perturb)) }
    }

    /// Gives a pane the focus, and brings it to the front of its place; on a small screen it is a tab.
    mutating func show(_ pane: PaneID, _ size: Size) {
        focus = pane
        raise(pane)
        if Layout.kind(size) == .compact || !visiblePanes(size).contains(pane) { isZoomed = true }
    }

    private mutating func raise(_ pane: PaneID) {
        raised.removeAll { $0 == pane }
        raised.append(pane)
    }

    /// Tab goes through the panes; on a small screen through the tabs, of which the overview is the first.
    private mutating func cycle(by offset: Int, _ size: Size) {
        guard Layout.kind(size) == .compact else {
            if isPresenting, !isZoomed {
                let shown = visiblePanes(size)
                let index = shown.firstIndex(of: focus) ?? 0
                focus = shown[(index + offset + shown.count) % max(1, shown.count)]
                return
            }
            let isAlone = isZoomed
            focus = focus.moved(by: offset)
            raise(focus)
            isZoomed = isAlone
            return
        }
        let first = PaneID.allCases.first ?? .addressSpace
        let last = PaneID.allCases.last ?? .events
        if !isZoomed {
            focus = offset > 0 ? first : last
            isZoomed = true
        } else if focus == (offset > 0 ? last : first) {
            isZoomed = false
            focus = .addressSpace
        } else {
            focus = focus.moved(by: offset)
        }
    }

    mutating func goBack() -> [ScreenAction] {
        if focus == .explain, explaining != nil {
            closeExplanation()
        } else if isZoomed {
            isZoomed = false
        } else if selection != nil {
            selection = nil
        } else if origin != nil || unitsPerColumn != nil || magnification != nil {
            (origin, unitsPerColumn, magnification) = (nil, nil, nil)
        } else if timelineFirst != nil || stepsPerColumn != nil {
            (timelineFirst, stepsPerColumn) = (nil, nil)
        } else if mmIndex != nil {
            mmIndex = nil
        } else if rows.values.contains(where: { $0 != 0 }) || shifts.values.contains(where: { $0 != 0 }) {
            (rows, shifts, cursors) = ([:], [:], [:])
        } else if hasHome {
            return [.openHome]
        } else {
            message = "this is the outermost level: q quits"
        }
        return []
    }

    /// Another address space: its own axis, its own lists.
    private mutating func showNextMM(_ header: Header) {
        guard header.mmCount > 1 else {
            message = header.mmCount == 1 ? "there is no other mm" : "there is no mm"
            return
        }
        mmIndex = (header.mmIndex + 1) % header.mmCount
        (origin, unitsPerColumn, magnification) = (nil, nil, nil)
        if case .page = selection { selection = nil }
        for pane in [PaneID.addressSpace, .tree, .deferred, .notifiers, .tables, .entries] {
            rows[pane] = nil
            cursors[pane] = nil
        }
    }

    mutating func choose(_ theme: Theme) -> [ScreenAction] {
        self.theme = theme
        settings.theme = theme
        message = "theme: \(theme.rawValue)"
        return [.keep(settings)]
    }

    private mutating func togglePresenter() -> [ScreenAction] {
        isPresenting.toggle()
        isZoomed = false
        message = isPresenting ? "presenter view: fewer panes, more space; P leaves it" : "all panes"
        return [.keep(settings)]
    }
}
