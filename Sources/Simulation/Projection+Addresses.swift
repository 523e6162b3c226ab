import Language
import Machine
import Scene

/// The address space, column by column.
extension Projection {
    func addressSpace() -> AddressSpace {
        guard let mm, let mmSchema = schema.mm else { return AddressSpace(unit: .pages) }
        let vmas = self.vmas(of: mm, in: machine)
        let extent = self.extent(vmas, mm)
        let columns = request.addresses.columns
        guard columns > 0, let extent else { return AddressSpace(unit: .pages, extent: extent) }
        let length = extent.last - extent.first + 1
        let scale = max(
            1, request.addresses.unitsPerColumn ?? Self.round((length + UInt64(columns) - 1) / UInt64(columns)))
        let origin = request.addresses.origin ?? extent.first
        var space = AddressSpace(
            unit: .pages, origin: origin, unitsPerColumn: scale, columns: columns, extent: extent)
        space.vmas = .known(vmas)
        let inFlight = invalidations()
        space.invalidations = inFlight
        if let pte = mmSchema.pte {
            space.cpuPTEs = .known(
                (0..<columns).map { column in
                    strongest(pages(of: column, origin, scale, limit: pte.count)) { cpuEntry(mm, mmSchema, $0) }
                })
        }
        space.devices = devices(mm, mmSchema, origin, scale, columns, inFlight)
        let window = AddressRange(origin, origin + scale * UInt64(columns) - 1)
        (space.intervals, space.intervalCount) = intervals(in: window, inFlight)
        return space
    }

    func vmas(of mm: Int, in machine: Machine) -> [VMA] {
        guard let offset = schema.mm?.vmas, let vma = schema.vma else { return [] }
        let tree = machine.tree(at: mm + offset)
        return tree.overlaps(first: 0, last: .max).map { handle in
            let address = Int(tree.tag(of: handle))
            return VMA(
                range: AddressRange(tree.first(of: handle), tree.last(of: handle)), label: label(of: address, vma, in: machine))
        }
    }

    /// Protection, kind, and what else is special: "rw anon", "none anon", "r file locked".
    private func label(of address: Int, _ vma: Schema.VMA, in machine: Machine) -> String {
        func flag(_ offset: Int?, unknown: Bool) -> Bool { offset.map { machine.slot(address + $0) != 0 } ?? unknown }
        let protection =
            (flag(vma.readable, unknown: true) ? "r" : "") + (flag(vma.writable, unknown: true) ? "w" : "")
        var words = [protection.isEmpty ? "none" : protection]
        if let kind = vma.kind {
            let value = Int(machine.slot(address + kind.offset))
            words.append(kind.names.indices.contains(value) ? kind.names[value] : "?")
        } else {
            words.append("anon")
        }
        if flag(vma.locked, unknown: false) { words.append("locked") }
        if flag(vma.hugePages, unknown: false) { words.append("thp") }
        return words.joined(separator: " ")
    }

    /// From the first to the last page that a VMA covers now or covered at the start, in fours: it doesn't shrink
    /// when a VMA goes.
    private func extent(_ vmas: [VMA], _ mm: Int) -> AddressRange? {
        guard let pages = schema.mm?.pte?.count, pages > 0 else { return nil }
        let limit = UInt64(pages - 1)
        let start = simulation.checkpoints.first.machine
        let atStart = schema.mm.map { start.liveRecords($0.record).contains(mm) } ?? false
        let covered = vmas + (atStart ? self.vmas(of: mm, in: start) : [])
        guard let first = covered.map(\.range.first).min(), let last = covered.map(\.range.last).max(), first <= limit
        else { return AddressRange(0, limit) }
        return AddressRange(first & ~3, min(limit, last | 3))
    }

    private func pages(of column: Int, _ origin: UInt64, _ scale: UInt64, limit: Int) -> Range<Int> {
        let first = Int(clamping: origin + UInt64(column) * scale)
        return min(first, limit)..<min(first + Int(clamping: scale), limit)
    }

    /// The most telling of a column's entries.
    private func strongest(_ pages: Range<Int>, _ entry: (Int) -> PTECell) -> PTECell {
        var best = PTECell.none
        for page in pages {
            let cell = entry(page)
            if cell.weight > best.weight { best = cell }
            if best == strongestPossible { break }
        }
        return best
    }

    /// Behind this there is nothing more to look for.
    private var strongestPossible: PTECell { schema.mm?.pteKind == nil ? .writable : .poisoned }

    /// What the CPU's entry of a page is: by its kind where the model keeps one, else by whether it has a page.
    func kind(_ mm: Int, _ schema: Schema.MM, _ page: Int) -> Schema.EntryKind {
        guard let kinds = schema.pteKind else {
            return schema.pte.map { machine.slot(mm + $0.offset + page) != 0 } ?? false ? .present : .none
        }
        let value = Int(machine.slot(mm + kinds.offset + page))
        return kinds.meanings.indices.contains(value) ? kinds.meanings[value] : .present
    }

    func isWritable(_ mm: Int, _ schema: Schema.MM, _ page: Int) -> Bool {
        schema.pteWrite.map { machine.slot(mm + $0 + page) != 0 } ?? true
    }

    func cpuEntry(_ mm: Int, _ schema: Schema.MM, _ page: Int) -> PTECell {
        switch kind(mm, schema, page) {
        case .none: .none
        case .present: isWritable(mm, schema, page) ? .writable : .readable
        case .swapped: .swapped
        case .migration: .migration
        case .devicePrivate: .devicePrivate
        case .deviceExclusive: .exclusive
        case .poisoned: .poisoned
        }
    }

    func invalidations() -> [InvalidationSpan] {
        guard let schema = schema.range, let mm else { return [] }
        return machine.liveRecords(schema.record).compactMap { address in
            guard machine.slot(address + schema.inFlight) != 0,
                machine.reference(at: address + schema.mm).address == mm
            else { return nil }
            let thread = owner(ofRange: address)
            return InvalidationSpan(
                range: AddressRange(
                    UInt64(machine.slot(address + schema.start)), UInt64(machine.slot(address + schema.last))),
                thread: ThreadID(thread), threadName: threadLabel(thread, at: simulation.step),
                event: machine.text(of: machine.slot(address + schema.event), as: schema.eventType),
                isBlockable: machine.slot(address + schema.blockable) != 0)
        }
    }

    private func owner(ofRange address: Int) -> Int { RangeOwners.owner(ofRange: address, machine, schema) ?? 0 }

    // MARK: Device tables

    /// A device's page table that follows the shown mm.
    struct ShownDevice {
        var name: String
        /// Slots of its first entry, of the first permission to write, of the first mark for atomic access.
        var entries: Int
        var writable: Int?
        var atomics: Int?
        var count: Int
    }

    /// More tables than this are no picture any more.
    private static let deviceLimit = 12

    func shownDevices(of mm: Int) -> [ShownDevice] {
        var result: [ShownDevice] = []
        for (index, table) in program.deviceTables.enumerated() {
            let fields = program.records[table.record].fields
            for address in machine.liveRecords(table.record)
            where result.count < Self.deviceLimit && machine.mirrored(by: table, at: address).address == mm {
                result.append(
                    ShownDevice(
                        name: "\(machine.name(ofRecordAt: address)) \(fields[table.field].name)",
                        entries: address + fields[table.field].offset,
                        writable: table.writable.map { address + fields[$0].offset },
                        atomics: schema.atomics[index].map { address + $0 }, count: fields[table.field].count))
            }
        }
        return result
    }

    private func devices(
        _ mm: Int, _ mmSchema: Schema.MM, _ origin: UInt64, _ scale: UInt64, _ columns: Int,
        _ inFlight: [InvalidationSpan]
    ) -> [DeviceTable] {
        shownDevices(of: mm).map { device in
            DeviceTable(
                name: device.name,
                cells: (0..<columns).map { column in
                    cell(device, mm, mmSchema, pages(of: column, origin, scale, limit: device.count), inFlight)
                })
        }
    }

    private func cell(
        _ device: ShownDevice, _ mm: Int, _ schema: Schema.MM, _ pages: Range<Int>, _ inFlight: [InvalidationSpan]
    ) -> DeviceCell {
        var result = DeviceCell(entry: .none)
        for page in pages where entry(device, page) != 0 {
            let shown = cell(device, page)
            if shown.weight > result.entry.weight { result.entry = shown }
            let mismatch = mismatch(device, page, mm, schema) { page in
                inFlight.contains { $0.range.contains(UInt64(page)) }
            }
            guard let mismatch else { continue }
            // Of several only one needs to be without an excuse.
            result.isExcused = mismatch.isExcused && (result.isExcused || !result.isStale)
            result.isStale = true
        }
        return result
    }

    /// A device's entry of a page as the state has it; 0 is none.
    func entry(_ device: ShownDevice, _ page: Int) -> Int64 {
        page < device.count ? machine.slot(device.entries + page) : 0
    }

    func isAtomic(_ device: ShownDevice, _ page: Int) -> Bool {
        device.atomics.map { page < device.count && machine.slot($0 + page) != 0 } ?? false
    }

    /// What an entry that there is looks like.
    func cell(_ device: ShownDevice, _ page: Int) -> PTECell {
        if isAtomic(device, page) { return .exclusive }
        return device.writable.map { machine.slot($0 + page) != 0 } ?? true ? .writable : .readable
    }

    /// That a device's entry is not what the CPU's allows.
    struct Mismatch {
        enum Cause {
            /// The CPU's entry is none that a device may follow.
            case kind(Schema.EntryKind)
            /// It has another page.
            case otherPage(Int64)
            case noAccess
            case readOnly
        }

        var cause: Cause
        /// It may be so for now.
        var isExcused: Bool
    }

    /// By the rule of the models' property: the CPU's entry is none that a device may follow, or has another page, or lacks
    /// the permission that the device has; excused while an invalidation over it is in flight, or a driver moves the page.
    func mismatch(
        _ device: ShownDevice, _ page: Int, _ mm: Int, _ schema: Schema.MM, _ isInFlight: (Int) -> Bool
    ) -> Mismatch? {
        let entry = entry(device, page)
        guard entry != 0 else { return nil }
        let mapped = schema.pte.map { machine.slot(mm + $0.offset + page) } ?? 0
        let kind = kind(mm, schema, page)
        let needsWrite = device.writable.map { machine.slot($0 + page) != 0 } ?? false
        let cause: Mismatch.Cause
        if !kind.isForDevices {
            cause = .kind(kind)
        } else if entry != mapped {
            cause = .otherPage(mapped)
        } else if let bits = pageFields.pteBits, machine.slot(mm + bits + page) & PageFields.noAccess != 0 {
            cause = .noAccess
        } else if needsWrite, !isWritable(mm, schema, page) {
            cause = .readOnly
        } else {
            return nil
        }
        return Mismatch(cause: cause, isExcused: isInFlight(page) || isBeingMoved(mapped))
    }

    private func isBeingMoved(_ page: Int64) -> Bool {
        let reference = Reference(bits: page)
        guard let offset = pageFields.movedBy, machine.isLive(reference) else { return false }
        return machine.slot(reference.address + offset) != 0
    }

    /// Up to the next value with at most four significant bits, so that the axis has round labels.
    private static func round(_ units: UInt64) -> UInt64 {
        let low = max(0, 64 - units.leadingZeroBitCount - 4)
        let mask = (UInt64(1) << UInt64(low)) - 1
        return (units + mask) & ~mask
    }

    // MARK: Intervals

    /// Notifiers over the window: those in the tree, then those whose insert is deferred. Where there are more
    /// than can be drawn, those come first that an invalidation in flight is over.
    private func intervals(in window: AddressRange, _ inFlight: [InvalidationSpan]) -> ([IntervalSpan], Int) {
        guard let subs = subscriptions, let schema = schema.subscriptions else { return ([], 0) }
        let tree = machine.tree(at: subs + schema.tree)
        let waiting = machine.list(at: subs + schema.deferred).filter { !machine.isInTree($0) }
        let rows = request.addresses.intervals
        var spans: [IntervalSpan] = []
        var index = 0
        func offer(_ address: Int) {
            if index >= rows.offset, spans.count < rows.count { spans.append(span(address)) }
            index += 1
        }
        let all = tree.overlaps(first: window.first, last: window.last)
        var first: Set<Int> = []
        if tree.count > rows.count {
            for span in inFlight where span.range.overlaps(window) {
                let near = tree.overlaps(
                    first: max(span.range.first, window.first), last: min(span.range.last, window.last))
                for handle in near.prefix(rows.count) {
                    let address = Int(tree.tag(of: handle))
                    if first.insert(address).inserted { offer(address) }
                }
            }
        }
        for handle in all {
            let address = Int(tree.tag(of: handle))
            if !first.contains(address) { offer(address) }
        }
        for address in waiting where range(ofNotifier: address).overlaps(window) { offer(address) }
        return (spans, index)
    }

    private func span(_ address: Int) -> IntervalSpan {
        IntervalSpan(
            id: NotifierID(address), name: machine.name(ofRecordAt: address),
            range: range(ofNotifier: address), seq: seq(ofNotifier: address), state: state(ofNotifier: address))
    }
}

extension PTECell {
    /// How telling it is: of several pages in one column the rarest is shown.
    fileprivate var weight: Int {
        switch self {
        case .none: 0
        case .readable: 1
        case .writable: 2
        case .swapped: 3
        case .devicePrivate: 4
        case .migration: 5
        case .exclusive: 6
        case .poisoned: 7
        }
    }
}
