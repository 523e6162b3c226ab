import Playback
import Scene

/// What the mouse does: it focuses, selects, scrolls, zooms, and presses what is written on the screen.
extension ScreenState {
    mutating func handle(_ mouse: Mouse, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        guard settings.usesMouse, Layout.kind(size) != .tooSmall else { return [] }
        if mouse.action != .release { message = nil }
        if let overlay { return handle(mouse, in: overlay, scene, size) }
        let layout = layout(scene, size: size)
        switch mouse.action {
        case .wheelUp: return wheel(-3, mouse, layout, scene)
        case .wheelDown: return wheel(3, mouse, layout, scene)
        case .press: return press(mouse, layout, scene, size)
        case .doubleClick: return doubleClick(mouse, layout, scene, size)
        case .drag: return drag(mouse, layout, scene)
        case .release: return []
        }
    }

    private mutating func wheel(_ amount: Int, _ mouse: Mouse, _ layout: Layout, _ scene: Scene) -> [ScreenAction] {
        if let (pane, rect) = layout.pane(at: mouse) { scroll(pane, by: amount, scene, rect) }
        if layout.overviewEvents?.contains(mouse) ?? false { scroll(.events, by: amount, scene, layout.overviewEvents ?? layout.hints) }
        return []
    }

    private mutating func press(_ mouse: Mouse, _ layout: Layout, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        if layout.hints.contains(mouse) { return pressHint(mouse, layout, scene, size) }
        if layout.tabs.contains(mouse) {
            let tab = tabs(width: layout.tabs.width - 2).last { $0.x <= mouse.x - 1 }
            if let pane = tab?.pane { show(pane, size) } else { isZoomed = false }
            return []
        }
        if layout.header.contains(mouse) {
            if mouse.y == layout.header.y + 1, let number = HeaderPane.number(at: mouse.x - 1, scene, width: layout.header.width - 2) {
                select(.number(number))
                message = "\(number.rawValue) is selected: e explains it"
            }
            return []
        }
        if layout.banner.contains(mouse), scene.finding != nil {
            select(.finding)
            return []
        }
        if let strip = layout.strip, strip.contains(mouse) {
            return TimelineStrip.step(at: mouse.x, strip, scene).map { goTo($0) } ?? []
        }
        guard let (pane, rect) = layout.pane(at: mouse) else { return [] }
        if let tab = siblingTab(pane, rect, mouse, layout, scene) {
            show(tab, size)
            return []
        }
        if Layout.kind(size) != .compact || pane == .threads || isZoomed || pane == .addressSpace { focus = pane }
        return select(at: mouse, pane, rect, layout, scene)
    }

    /// A click on the title of a pane that lies behind another.
    private func siblingTab(_ pane: PaneID, _ rect: Rect, _ mouse: Mouse, _ layout: Layout, _ scene: Scene) -> PaneID? {
        guard mouse.y == rect.y, !isZoomed, layout.kind != .compact else { return nil }
        // The titles stand at the left in the order of the place; what follows the own title is found from its text.
        let mates = Layout.mates(of: pane, layout.kind).filter { $0 != pane }
        let title = pane == .code && !scene.code.title.isEmpty ? "Code: " + scene.code.title : pane.title
        var x = rect.x + 2 + 1 + (pane.digit == nil ? 0 : 2) + (pane == focus ? 2 : 0) + Canvas.width(of: title) + 1
        for mate in mates {
            let width = Canvas.width(of: PaneTabs.spans(mate))
            if mouse.x >= x, mouse.x < x + width { return mate }
            x += width
        }
        return nil
    }

    private mutating func pressHint(_ mouse: Mouse, _ layout: Layout, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        var x = layout.hints.x
        for hint in KeyMap.hintList(width: layout.hints.width, HintFacts(scene, pane: focusedPane(size: size), state: self)) {
            let width = Canvas.width(of: hint.spans)
            if mouse.x < x + width { return perform(hint.command, scene, size) }
            x += width
        }
        return []
    }

    /// Selects what lies under the mouse; in the timeline that is a step, and goes there.
    private mutating func select(at mouse: Mouse, _ pane: PaneID, _ rect: Rect, _ layout: Layout, _ scene: Scene) -> [ScreenAction] {
        let isFlat = layout.overviewEvents != nil
        switch pane {
        case .addressSpace:
            let subject = AddressPane.subject(scene, rect, x: mouse.x, y: mouse.y, isFlat: isFlat, magnification: magnification)
            if let subject { select(subject) }
        case .code:
            if let line = codeLine(mouse, rect, scene) { rows[.code] = line - CodePane.anchorLine(scene.code) }
        case .explain:
            guard let explanation = scene.explanation else { return [] }
            let lines = ExplainPane.lines(explanation, width: rect.width - 4)
            let line = ExplainPane.firstLine(lines, rows[.explain] ?? 0, rect.height - 2) + mouse.y - rect.y - 1
            guard lines.indices.contains(line), lines[line].sentence >= 0 else { return [] }
            // A click on the chosen sentence goes to its step.
            if lines[line].sentence == rows[.explain] ?? 0 { return goToSelected(scene) }
            rows[.explain] = lines[line].sentence
        case .timeline: return pressTimeline(mouse, rect, scene)
        default: selectRow(at: mouse, pane, rect, isFlat, scene)
        }
        return []
    }

    private mutating func selectRow(at mouse: Mouse, _ pane: PaneID, _ rect: Rect, _ isFlat: Bool, _ scene: Scene) {
        guard let list = PaneList(pane, scene) else { return }
        var row = mouse.y - rect.y - 1
        let inside = rect.height - (isFlat ? 1 : 2)
        guard row >= 0, row < inside else { return }
        switch pane {
        case .notifiers, .tables, .entries: row -= 1
        case .locks: row -= LocksPane.cycleLines(scene, width: rect.width - 4).count
        case .threads:
            let shown = ThreadsPane.shown(scene, rows: inside)
            if ThreadsPane.isTall(scene, rows: inside) { row /= 2 }
            let follows = (rows[.threads] ?? 0) == 0 && selectedThread == nil
            row += ThreadsPane.window(scene.threads.rows, shown, keepsCurrent: follows).startIndex
        case .events: row += max(0, scene.events.rows.count - inside)
        case .deferred: row += max(0, min(rows[.deferred] ?? 0, list.total - inside))
        default: break
        }
        if list.subjects.indices.contains(row) {
            cursors[pane] = list.offset + row
            select(list.subjects[row])
        }
    }

    private func codeLine(_ mouse: Mouse, _ rect: Rect, _ scene: Scene) -> Int? {
        let cursor = CodePane.cursorLine(scene.code, shift: rows[.code] ?? 0)
        let lines = Array(CodePane.window(scene.code.lines, rect.height - 2, around: cursor))
        let row = mouse.y - rect.y - 1
        return lines.indices.contains(row) ? lines[row].number : nil
    }

    private mutating func pressTimeline(_ mouse: Mouse, _ rect: Rect, _ scene: Scene) -> [ScreenAction] {
        let area = TimelinePane.cells(rect)
        let lane = mouse.y - area.y - 1
        let shown = TimelinePane.laneRows(scene, inside: rect.height - 2)
        if mouse.x >= area.x, mouse.x < area.maxX, lane >= -1, lane <= shown {
            let step = scene.timeline.step(ofColumn: mouse.x - area.x)
            // The window stays where it is, so that the mouse can go on pointing.
            let first = scene.timeline.firstStep
            let actions = goTo(min(step, scene.position.last))
            timelineFirst = first
            stepsPerColumn = scene.timeline.stepsPerColumn
            return actions
        }
        let lanes = scene.timeline.lanes.rows
        if mouse.x < area.x, lanes.indices.contains(lane), lane < shown { select(.thread(lanes[lane].thread)) }
        return []
    }

    private mutating func drag(_ mouse: Mouse, _ layout: Layout, _ scene: Scene) -> [ScreenAction] {
        guard focus == .timeline, let rect = layout.rect(of: .timeline), rect.contains(mouse) else { return [] }
        return pressTimeline(mouse, rect, scene)
    }

    private mutating func doubleClick(_ mouse: Mouse, _ layout: Layout, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        guard let (pane, _) = layout.pane(at: mouse), pane != .timeline || isZoomed else { return press(mouse, layout, scene, size) }
        focus = pane
        isZoomed.toggle()
        return []
    }

    // MARK: Over the panes

    private mutating func handle(_ mouse: Mouse, in overlay: Overlay, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        let bounds = Rect(x: 0, y: 0, width: size.width, height: size.height)
        switch overlay {
        case .help:
            switch mouse.action {
            case .wheelUp: helpScroll = max(0, helpScroll - 3)
            case .wheelDown: helpScroll = min(HelpOverlay.lastScroll(HelpOverlay.session, size), helpScroll + 3)
            case .press: self.overlay = nil
            default: break
            }
        case .text(let text):
            switch mouse.action {
            case .wheelUp: return (0..<3).flatMap { _ in handle(.up, scene: scene, size: size) }
            case .wheelDown: return (0..<3).flatMap { _ in handle(.down, scene: scene, size: size) }
            case .press where text.lines.isEmpty: self.overlay = nil
            default: break
            }
        case .picker(var picker):
            switch mouse.action {
            case .wheelUp: return handle(.up, in: picker, scene, size)
            case .wheelDown: return handle(.down, in: picker, scene, size)
            case .press, .doubleClick:
                let place = PickerOverlay.place(picker, items(picker, scene), in: bounds)
                guard place.rect.contains(mouse) else {
                    self.overlay = nil
                    return []
                }
                let row = mouse.y - place.list.y
                let lines = Array(place.lines)
                guard place.list.contains(mouse), lines.indices.contains(row), let item = lines[row].item else { return [] }
                // The first click chooses, one on what is chosen does it.
                if picker.selection == item || mouse.action == .doubleClick {
                    picker.selection = item
                    return pick(picker, scene, size)
                }
                picker.selection = item
                self.overlay = .picker(picker)
            default: break
            }
        case .picking(let picking): return pick(mouse, picking, scene, size)
        case .prompt, .question: break
        }
        return []
    }

    /// Picking pages: a press sets an end, a drag moves the other, letting go of it sets that.
    private mutating func pick(_ mouse: Mouse, _ start: Picking, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        var picking = start
        guard let rect = layout(scene, size: size).rect(of: .addressSpace),
            let address = AddressPane.address(scene, rect, x: mouse.x, magnification: magnification)
        else { return [] }
        switch mouse.action {
        case .press:
            guard rect.contains(mouse) else { return [] }
            picking.cursor = address
            return set(picking, scene, size)
        case .drag:
            picking.cursor = address
            if picking.isRange, picking.first == nil { picking.first = address }
            overlay = .picking(picking)
        case .release:
            if picking.isRange, let first = picking.first, first != address {
                picking.cursor = address
                return set(picking, scene, size)
            }
        default: break
        }
        return []
    }
}

extension Rect {
    func contains(_ mouse: Mouse) -> Bool { mouse.x >= x && mouse.x < maxX && mouse.y >= y && mouse.y < maxY }
}

extension Layout {
    /// The pane under the mouse, and where it is.
    func pane(at mouse: Mouse) -> (id: PaneID, rect: Rect)? { panes.last { $0.rect.contains(mouse) } }
}
