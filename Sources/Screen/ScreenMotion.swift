import Scene

/// Moving in the focused pane.
extension ScreenState {
    mutating func move(_ motion: Motion, _ scene: Scene, _ size: Size) {
        let pane = focusedPane(size: size)
        let page = max(1, (layout(scene, size: size).rect(of: pane)?.height ?? 4) - 3)
        switch pane {
        case .addressSpace: pan(motion, scene)
        case .threads: selectThread(motion, scene, page)
        case .notifiers: selectNotifier(motion, scene, page)
        case .tree: scroll(pane, motion, page, scene.tree.total)
        case .events: scrollEvents(motion, scene, page)
        case .code: scrollCode(motion, scene, page)
        case .deferred: scroll(pane, motion, page, scene.deferred.count + scene.sleepers.count)
        }
    }

    private mutating func sideways(_ pane: PaneID, _ motion: Motion) -> Bool {
        switch motion {
        case .left: shifts[pane] = max(0, (shifts[pane] ?? 0) - 8)
        case .right: shifts[pane] = min(400, (shifts[pane] ?? 0) + 8)
        default: return false
        }
        return true
    }

    private mutating func scroll(_ pane: PaneID, _ motion: Motion, _ page: Int, _ total: Int) {
        if sideways(pane, motion) { return }
        let last = max(0, total - page - 1)
        rows[pane] = max(0, min(last, moved(rows[pane] ?? 0, motion, page, last)))
    }

    private func moved(_ value: Int, _ motion: Motion, _ page: Int, _ last: Int) -> Int {
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

    /// Events count from the newest: up goes back in time.
    private mutating func scrollEvents(_ motion: Motion, _ scene: Scene, _ page: Int) {
        let mirrored: Motion =
            switch motion {
            case .up: .down
            case .down: .up
            case .pageUp: .pageDown
            case .pageDown: .pageUp
            case .home: .end
            case .end: .home
            default: motion
            }
        scroll(.events, mirrored, page, scene.events.total)
    }

    /// Code scrolls relative to where the thread stands; Home goes back there.
    private mutating func scrollCode(_ motion: Motion, _ scene: Scene, _ page: Int) {
        if sideways(.code, motion) { return }
        let limit = max(0, scene.code.totalLines)
        let value = rows[.code] ?? 0
        rows[.code] = max(-limit, min(limit, motion == .end ? limit : moved(value, motion, page, limit)))
    }

    private mutating func selectThread(_ motion: Motion, _ scene: Scene, _ page: Int) {
        let threads = scene.threads
        guard threads.total > 0, motion != .left, motion != .right else { return }
        guard let current = threads.rows.firstIndex(where: { $0.id == selectedThread }) else {
            selectedThread = (threads.rows.first(where: \.isCurrent) ?? threads.rows.first)?.id
            return
        }
        let index = max(0, min(threads.total - 1, moved(current + threads.offset, motion, page, threads.total - 1)))
        keepVisible(.threads, index, page + 1)
        if threads.rows.indices.contains(index - threads.offset) {
            selectedThread = threads.rows[index - threads.offset].id
        }
    }

    private mutating func selectNotifier(_ motion: Motion, _ scene: Scene, _ page: Int) {
        let last = max(0, scene.notifiers.total - 1)
        selectedNotifier = max(0, min(last, moved(selectedNotifier, motion, page, last)))
        keepVisible(.notifiers, selectedNotifier, page)
    }

    private mutating func keepVisible(_ pane: PaneID, _ index: Int, _ page: Int) {
        let first = rows[pane] ?? 0
        if index < first { rows[pane] = index }
        if index >= first + page { rows[pane] = index - page + 1 }
    }

    private mutating func pan(_ motion: Motion, _ scene: Scene) {
        let space = scene.addressSpace
        let units = max(1, space.unitsPerColumn)
        let columns = UInt64(max(1, space.columns))
        let small = max(1, columns / 16) * units
        let large = max(1, columns / 2) * units
        switch motion {
        case .up, .down:
            let last = max(0, space.intervalCount - 1)
            rows[.addressSpace] = max(0, min(last, (rows[.addressSpace] ?? 0) + (motion == .down ? 1 : -1)))
        case .left: origin = lowered(space.origin, by: small)
        case .right: origin = raised(space.origin, by: small, space)
        case .pageUp: origin = lowered(space.origin, by: large)
        case .pageDown: origin = raised(space.origin, by: large, space)
        case .home: origin = space.extent?.first ?? 0
        case .end: origin = space.extent.map { lowered($0.last, by: columns * 3 / 4 * units) }
        }
        if origin != nil { unitsPerColumn = units }
    }

    private func lowered(_ value: UInt64, by amount: UInt64) -> UInt64 { value > amount ? value - amount : 0 }

    private func raised(_ value: UInt64, by amount: UInt64, _ space: AddressSpace) -> UInt64 {
        let (sum, overflow) = value.addingReportingOverflow(amount)
        let limit = space.extent?.last ?? UInt64.max
        return overflow ? limit : min(max(limit, value), sum)
    }

    mutating func zoomAxis(inward: Bool, _ scene: Scene, _ size: Size) {
        let space = scene.addressSpace
        let units = max(1, space.unitsPerColumn)
        let width = AddressPane.columns(width: layout(scene, size: size).rect(of: .addressSpace)?.width ?? size.width)
        let cells = AddressAxis(space, width: width, magnification: magnification).cells
        let origin = self.origin ?? space.origin
        if inward, units > 1 {
            unitsPerColumn = max(1, units / 2)
        } else if inward {
            magnification = min(AddressAxis.mostCells, cells + 1)
            unitsPerColumn = 1
        } else if cells > 1 {
            magnification = cells - 1
            unitsPerColumn = units
        } else {
            let (double, overflow) = units.multipliedReportingOverflow(by: 2)
            unitsPerColumn = overflow ? units : double
            magnification = 1
        }
        self.origin = origin
    }
}
