import Scene

/// Moving and selecting in the focused pane.
extension ScreenState {
    mutating func move(_ motion: Motion, _ scene: Scene, _ size: Size) {
        let pane = focusedPane(size: size)
        let rect = layout(scene, size: size).rect(of: pane)
        switch pane {
        case .addressSpace: moveInAddresses(motion, scene, rect)
        case .code: scrollCode(motion, scene, max(1, (rect?.height ?? 4) - 3))
        case .explain:
            if !sideways(pane, motion) {
                let last = max(0, (scene.explanation?.sentences.count ?? 0) - 1)
                rows[pane] = max(0, min(last, moved(rows[pane] ?? 0, motion, 5, last)))
            }
        default:
            if let list = PaneList(pane, scene) {
                moveInList(pane, list, motion, scene, visibleRows(pane, scene, rect))
            }
        }
    }

    /// How many rows of a list a pane shows.
    func visibleRows(_ pane: PaneID, _ scene: Scene, _ rect: Rect?) -> Int {
        guard let rect else { return 1 }
        let inside = rect.height - 2
        switch pane {
        case .threads: return max(1, ThreadsPane.shown(scene, rows: inside))
        case .notifiers, .tables, .entries: return max(1, inside - 1)
        case .timeline: return max(1, TimelinePane.laneRows(scene, inside: inside))
        case .locks: return max(1, inside - LocksPane.cycleLines(scene, width: rect.width - 4).count)
        default: return max(1, inside)
        }
    }

    /// Selects what a row or a glyph is about.
    mutating func select(_ subject: Subject?) {
        selection = subject
        pending = nil
        if explaining != nil, let subject { explaining = subject }
    }

    private mutating func moveInList(_ pane: PaneID, _ list: PaneList, _ motion: Motion, _ scene: Scene, _ page: Int) {
        if sideways(pane, motion) { return }
        guard list.total > 0 else { return }
        let last = list.total - 1
        let target: Int
        if let current = list.index(of: selection) ?? (pending == pane ? cursors[pane] : nil) {
            target = max(0, min(last, moved(current, motion, page, last)))
        } else {
            target = firstChoice(pane, list, motion, scene, page)
        }
        choose(pane, list, target, page)
    }

    /// Selects a row, and keeps it in view; where the scene doesn't have it yet, it is selected when it arrives.
    mutating func choose(_ pane: PaneID, _ list: PaneList, _ index: Int, _ page: Int) {
        keepVisible(pane, index, page, list.total)
        cursors[pane] = index
        if let subject = list.subject(at: index) { select(subject) } else { pending = pane }
    }

    /// What is selected in a pane where nothing is: the row that is about now, or the first in sight.
    private func firstChoice(_ pane: PaneID, _ list: PaneList, _ motion: Motion, _ scene: Scene, _ page: Int) -> Int {
        switch (pane, motion) {
        case (_, .home): return 0
        case (_, .end): return list.total - 1
        case (.threads, _):
            return scene.threads.offset + (scene.threads.rows.firstIndex(where: \.isCurrent) ?? 0)
        case (.events, _): return max(0, list.total - 1 - max(0, rows[.events] ?? 0))
        default: return max(0, min(list.total - 1, rows[pane] ?? 0))
        }
    }

    private mutating func keepVisible(_ pane: PaneID, _ index: Int, _ page: Int, _ total: Int) {
        let first = rows[pane] ?? 0
        // Events count from the newest.
        let place = pane == .events ? total - 1 - index : index
        if place < first { rows[pane] = place }
        if place >= first + page { rows[pane] = place - page + 1 }
    }

    mutating func sideways(_ pane: PaneID, _ motion: Motion) -> Bool {
        switch motion {
        case .left: shifts[pane] = max(0, (shifts[pane] ?? 0) - 8)
        case .right: shifts[pane] = min(400, (shifts[pane] ?? 0) + 8)
        default: return false
        }
        return true
    }

    func moved(_ value: Int, _ motion: Motion, _ page: Int, _ last: Int) -> Int {
        switch motion {
        case .up: value - 1
        case .down: value + 1
        case .pageUp: value - page
        case .pageDown: value + page
        case .home: 0
        case .end: last
        case .left, .right: value
        }
    }

    /// Scrolls a pane's list without selecting, as the wheel does.
    mutating func scroll(_ pane: PaneID, by amount: Int, _ scene: Scene, _ rect: Rect) {
        switch pane {
        case .code: rows[.code] = clampedShift((rows[.code] ?? 0) + amount, scene.code)
        case .explain:
            rows[pane] = max(0, min((scene.explanation?.sentences.count ?? 1) - 1, (rows[pane] ?? 0) + amount))
        case .timeline: scrollTimeline(by: amount * 4, scene)
        case .addressSpace:
            rows[pane] = max(0, min(scene.addressSpace.intervalCount - 1, (rows[pane] ?? 0) + amount))
        default:
            guard let list = PaneList(pane, scene) else { return }
            let last = max(0, list.total - visibleRows(pane, scene, rect))
            let way = pane == .events ? -amount : amount
            rows[pane] = max(0, min(last, (rows[pane] ?? 0) + way))
        }
    }

    /// Code moves relative to where the thread stands; Home goes back there.
    private mutating func scrollCode(_ motion: Motion, _ scene: Scene, _ page: Int) {
        if sideways(.code, motion) { return }
        let limit = max(0, scene.code.totalLines)
        let value = rows[.code] ?? 0
        rows[.code] = clampedShift(motion == .end ? limit : moved(value, motion, page, limit), scene.code)
    }

    /// A shift that keeps the cursor on a line of the text.
    private func clampedShift(_ shift: Int, _ code: CodeView) -> Int {
        let anchor = CodePane.anchorLine(code)
        guard anchor > 0, code.totalLines > 0 else { return 0 }
        return max(1 - anchor, min(code.totalLines - anchor, shift))
    }
}
