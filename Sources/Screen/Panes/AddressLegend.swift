import Scene

/// What the letters of the address pane mean: those that there always are, and those that are in the window now.
struct AddressLegend {
    private let always: [[Span]]
    private var present: [[Span]] = []
    private let stale: [[Span]]

    /// - Parameter cells: how many cells a column takes.
    init(_ space: AddressSpace, cells: Int) {
        // A kernel recording may know no page at all: then there is nothing to explain.
        let hasPages = space.cpuPTEs.value != nil || !space.devices.isEmpty
        always = hasPages ? [PTECell.writable, .readable, .none].map { Self.item(Words.entry($0), $0.words) } : []
        stale = hasPages ? [[Span("▲", .colliding), Span(" stale", .dim)]] : []
        let entries = space.cpuPTEs.value ?? []
        for cell in [PTECell.swapped, .migration, .devicePrivate, .exclusive, .poisoned] where entries.contains(cell) {
            present.append(Self.item(Words.entry(cell), cell.words))
        }
        if space.devices.contains(where: { $0.cells.contains { $0.entry == .exclusive } }) {
            present.append(Self.item(Words.deviceEntry(.exclusive), "atomic"))
        }
        // What covers one cell only has no ends to be seen.
        let ranges = (space.vmas.value ?? []).map(\.range) + space.intervals.map(\.range)
        if cells == 1, ranges.contains(where: { Self.isNarrow($0, space) }) {
            present.append([Span("╪", .interval), Span(space.unitsPerColumn > 1 ? " one column" : " one page", .dim)])
        }
    }

    private static func isNarrow(_ range: AddressRange, _ space: AddressSpace) -> Bool {
        let units = max(1, space.unitsPerColumn)
        return range.first / units == range.last / units
    }

    /// As much as fits: what can be guessed gives way first.
    func spans(width: Int) -> [Span] {
        var items = always + present + stale
        while items.count > 1, Canvas.width(of: Self.joined(items)) > width {
            // "Not mapped" first, then the other common ones, then from the end; "stale" stays.
            let common = items.count - stale.count - present.count
            items.remove(at: common > 0 ? common - 1 : items.count - 1 - stale.count)
        }
        return Self.joined(items)
    }

    /// As much as fits, with a gap after it, for the upper edge: what isn't there always comes first.
    func rare(width: Int) -> [Span] {
        var items = present + always
        while !items.isEmpty, Canvas.width(of: Self.joined(items)) + Self.gap > width { items.removeLast() }
        return items.isEmpty ? [] : Self.joined(items) + [Span(String(repeating: " ", count: Self.gap))]
    }

    private static let gap = 3

    private static func item(_ glyph: (scalar: Unicode.Scalar, role: Role), _ words: String) -> [Span] {
        [Span(String(Character(glyph.scalar)), glyph.role), Span(" " + words, .dim)]
    }

    private static func joined(_ items: [[Span]]) -> [Span] {
        Array(items.joined(separator: [Span("  ")]))
    }
}
