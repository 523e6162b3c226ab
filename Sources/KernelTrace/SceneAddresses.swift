import Scene

extension SceneBuilder {
    private static let page: UInt64 = 4096

    /// The address space in bytes, over the window that was asked for or a window that suits.
    func addressSpace(_ index: Int?, _ window: AddressWindow) -> AddressSpace {
        let columns = max(0, window.columns)
        guard let index else { return AddressSpace(unit: .bytes, columns: columns) }
        let mm = state.mms[index]
        let places = recording.places[index]
        let suggested = places.window(inFlight: mm.ranges) ?? AddressRange(0, UInt64.max >> 17)
        let units = max(1, window.unitsPerColumn ?? unitsPerColumn(suggested, columns))
        let origin = window.origin ?? suggested.first / units * units
        let (width, overflows) = units.multipliedReportingOverflow(by: UInt64(max(1, columns)))
        let (end, wraps) = origin.addingReportingOverflow(width &- 1)
        let visible = AddressRange(origin, overflows || wraps ? .max : end)
        let (intervals, total) = intervals(mm, visible, window.intervals)
        return AddressSpace(
            unit: .bytes, origin: origin, unitsPerColumn: units, columns: columns, extent: places.extent,
            invalidations: mm.ranges.map(invalidation), intervals: intervals,
            intervalCount: total)
    }

    /// The least power of two, in pages, that shows the whole range.
    private func unitsPerColumn(_ range: AddressRange, _ columns: Int) -> UInt64 {
        var units = SceneBuilder.page
        let columns = UInt64(max(1, columns))
        while units < 1 << 56 && range.last / units - range.first / units >= columns { units *= 2 }
        return units
    }

    private func invalidation(_ range: ReplayState.OpenRange) -> InvalidationSpan {
        InvalidationSpan(
            range: AddressRange(range.first, range.last), thread: ThreadID(range.task), threadName: recording.taskLabel(ofEvent: range.opened),
            event: RangeEvent.name(UInt64(range.event)), isBlockable: range.isBlockable)
    }

    private func intervals(
        _ mm: ReplayState.MM, _ visible: AddressRange, _ window: RowWindow
    ) -> ([IntervalSpan], Int) {
        let touching = registered(mm).filter { $0.first <= visible.last && visible.first <= $0.last }
        let spans = slice(touching, window).compactMap { member -> IntervalSpan? in
            guard let notifier = state.notifiers[member.address] else { return nil }
            return IntervalSpan(
                id: NotifierID(notifier.number), name: name(notifier),
                range: AddressRange(notifier.first, notifier.last), seq: known(notifier.seq),
                state: status(notifier))
        }
        return (spans, touching.count)
    }
}
