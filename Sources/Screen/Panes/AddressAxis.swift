import Scene

/// Maps addresses to cells of the address pane.
struct AddressAxis {
    let origin: UInt64
    let units: UInt64
    /// Cells that one column of the scene takes.
    let cells: Int
    /// Columns of the scene that are drawn.
    let columns: Int

    /// Cells the axis takes.
    var width: Int { columns * cells }
    /// The last address drawn.
    var last: UInt64 {
        let (span, overflow) = UInt64(max(1, columns)).multipliedReportingOverflow(by: units)
        let (end, carried) = origin.addingReportingOverflow(span - 1)
        return overflow || carried ? UInt64.max : end
    }

    /// An axis for a room of `width` cells: a small extent is stretched so that it fills the room.
    init(_ space: AddressSpace, width: Int, magnification: Int?) {
        origin = space.origin
        units = max(1, space.unitsPerColumn)
        let available = min(max(0, space.columns), max(0, width))
        var stretch = max(1, magnification ?? 1)
        var needed = available
        if let extent = space.extent, extent.last >= space.origin {
            needed = Int(clamping: (extent.last - space.origin) / units + 1)
            if magnification == nil, needed < width {
                stretch = min(AddressAxis.mostCells, max(1, (width - min(AddressAxis.labelRoom, width / 4)) / max(1, needed)))
            }
        }
        cells = stretch
        // Beyond the last thing that there is to see, nothing is drawn.
        columns = max(0, min(available, width / stretch, needed))
    }

    /// A page is never wider than this.
    static let mostCells = 12

    /// Room that is kept at the right of the spans for their words, where there is enough.
    static let labelRoom = 22

    /// The cells of a range, clipped to the axis; `nil` when it lies outside.
    func span(_ range: AddressRange) -> (first: Int, last: Int, cutLeft: Bool, cutRight: Bool)? {
        guard columns > 0, range.last >= origin, range.first <= last else { return nil }
        let first = range.first < origin ? 0 : Int((range.first - origin) / units) * cells
        let lastColumn = range.last > last ? columns - 1 : Int((range.last - origin) / units)
        return (first, lastColumn * cells + cells - 1, range.first < origin, range.last > last)
    }

    /// The address of a column of the scene.
    func address(column: Int) -> UInt64 { origin &+ UInt64(column) &* units }
}
