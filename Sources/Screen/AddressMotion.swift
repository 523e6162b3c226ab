import Scene

/// Moving on the address axis.
extension ScreenState {
    /// ← and → choose a page, ↑ and ↓ a notifier; a page that leaves the window takes the window along.
    mutating func moveInAddresses(_ motion: Motion, _ scene: Scene, _ rect: Rect?) {
        let space = scene.addressSpace
        guard space.columns > 0 else { return }
        let units = max(1, space.unitsPerColumn)
        let columns = UInt64(max(1, space.columns))
        let large = max(1, columns / 2) * units
        switch motion {
        case .up, .down: chooseInterval(motion == .down ? 1 : -1, space)
        case .left, .right: choosePage(forward: motion == .right, scene, rect)
        case .pageUp: pan(to: decreased(space.origin, by: large), units)
        case .pageDown: pan(to: increased(space.origin, by: large, space), units)
        case .home: pan(to: space.extent?.first ?? 0, units)
        case .end: if let extent = space.extent { pan(to: decreased(extent.last, by: columns * 3 / 4 * units), units) }
        }
    }

    private mutating func pan(to origin: UInt64, _ units: UInt64) {
        self.origin = origin
        unitsPerColumn = units
    }

    private mutating func chooseInterval(_ offset: Int, _ space: AddressSpace) {
        guard !space.intervals.isEmpty else { return }
        let ids = space.intervals.map(\.id)
        let current: Int? = if case .notifier(let id) = selection { ids.firstIndex(of: id) } else { nil }
        guard let current else {
            select(.notifier(ids[offset > 0 ? 0 : ids.count - 1]))
            return
        }
        let next = current + offset
        if ids.indices.contains(next) { select(.notifier(ids[next])) }
        // More than the window's worth scroll along.
        let first = rows[.addressSpace] ?? 0
        if next >= ids.count - 1, first + ids.count < space.intervalCount { rows[.addressSpace] = first + 1 }
        if next < 1, first > 0 { rows[.addressSpace] = first - 1 }
    }

    private mutating func choosePage(forward: Bool, _ scene: Scene, _ rect: Rect?) {
        let space = scene.addressSpace
        guard case .page(let page) = selection else {
            select(.page(firstPage(space)))
            return
        }
        let next = forward ? increased(page, by: space.unitsPerColumn, space) : decreased(page, by: space.unitsPerColumn)
        select(.page(next))
        keepInView(next, space, rect)
    }

    /// The page that a choice begins at: the first that is mapped in the window, else the first of all.
    func firstPage(_ space: AddressSpace) -> UInt64 {
        let mapped = space.cpuPTEs.value?.firstIndex { $0 != .none }
        return space.origin &+ UInt64(mapped ?? 0) &* max(1, space.unitsPerColumn)
    }

    /// Moves the window so that an address is in it.
    mutating func keepInView(_ address: UInt64, _ space: AddressSpace, _ rect: Rect?) {
        let units = max(1, space.unitsPerColumn)
        let width = rect.map { AddressPane.columns(width: $0.width) } ?? space.columns
        let axis = AddressAxis(space, width: width, magnification: magnification)
        guard axis.columns > 0 else { return }
        let margin = UInt64(axis.columns / 2) * units
        if address < axis.origin || address > axis.last { pan(to: decreased(address, by: margin), units) }
    }

    func decreased(_ value: UInt64, by amount: UInt64) -> UInt64 { value > amount ? value - amount : 0 }

    func increased(_ value: UInt64, by amount: UInt64, _ space: AddressSpace) -> UInt64 {
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
