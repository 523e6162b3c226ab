import Language
import Machine
import Scene

/// The shown mm's page table, and those of the devices that follow it, page by page.
extension Projection {
    func pageTables() -> PageTables {
        guard let mm, let mmSchema = schema.mm, let pte = mmSchema.pte, request.pages.count + request.specialPages.count > 0
        else { return PageTables() }
        let devices = shownDevices(of: mm)
        let writer = PageWriter(self, mm, mmSchema, devices)
        func rows(_ window: RowWindow, _ pages: () -> [Int]) -> Known<Rows<PageRow>> {
            guard window.count > 0 else { return .unknown }
            let pages = pages()
            let offset = max(0, min(window.offset, pages.count - window.count))
            let shown = pages.dropFirst(offset).prefix(window.count).map(writer.row)
            return .known(Rows(shown, offset: offset, total: pages.count))
        }
        return PageTables(
            devices: devices.map(\.name), pages: rows(request.pages) { listedPages(mm, mmSchema, pte, devices) },
            special: rows(request.specialPages) { specialPages(mm, mmSchema, pte, devices) })
    }

    /// The pages that somebody has an entry for.
    func listedPages(_ mm: Int, _ mmSchema: Schema.MM, _ pte: FieldInfo, _ devices: [ShownDevice]) -> [Int] {
        (0..<pte.count).filter { page in
            kind(mm, mmSchema, page) != .none || devices.contains { entry($0, page) != 0 }
        }
    }

    private func specialPages(_ mm: Int, _ mmSchema: Schema.MM, _ pte: FieldInfo, _ devices: [ShownDevice]) -> [Int] {
        let isExcused: (Int) -> Bool = { _ in false }
        return (0..<pte.count).filter { page in
            kind(mm, mmSchema, page).isSpecial || devices.contains { mismatch($0, page, mm, mmSchema, isExcused) != nil }
        }
    }
}

extension Schema.EntryKind {
    /// No page stands behind it as usual.
    var isSpecial: Bool { self != .none && self != .present }
}

/// Puts pages into rows.
struct PageWriter {
    private let view: Projection
    private let mm: Int
    private let mmSchema: Schema.MM
    private let devices: [Projection.ShownDevice]
    private let fields: PageFields
    private let inFlight: [InvalidationSpan]
    private let targets: [Int64: Int64]

    init(_ view: Projection, _ mm: Int, _ mmSchema: Schema.MM, _ devices: [Projection.ShownDevice]) {
        self.view = view
        self.mm = mm
        self.mmSchema = mmSchema
        self.devices = devices
        fields = view.pageFields
        inFlight = view.invalidations()
        targets = Self.targets(view)
    }

    /// Where pages that are being moved go, as far as a migration has said so.
    private static func targets(_ view: Projection) -> [Int64: Int64] {
        guard let record = view.program.record(named: "MigrateVma") else { return [:] }
        let info = view.program.records[record]
        guard let source = info.fields.first(where: { $0.name == "src" }),
            let target = info.fields.first(where: { $0.name == "dst" })
        else { return [:] }
        var result: [Int64: Int64] = [:]
        for address in view.machine.liveRecords(record) {
            for index in 0..<min(source.count, target.count) {
                let from = view.machine.slot(address + source.offset + index)
                let to = view.machine.slot(address + target.offset + index)
                if from != 0, to != 0 { result[from] = to }
            }
        }
        return result
    }

    func row(_ page: Int) -> PageRow {
        let kind = view.kind(mm, mmSchema, page)
        var row = PageRow(
            address: UInt64(page), cpu: cpuEntry(page, kind), devices: devices.map { deviceEntry($0, page) },
            isSpecial: kind.isSpecial)
        if kind == .deviceExclusive { row.cpu.owner = owner(ofExclusive: page) }
        return row
    }

    // MARK: The CPU's

    private func cpuEntry(_ page: Int, _ kind: Schema.EntryKind) -> PageEntry {
        let reference = mmSchema.pte.map { view.machine.reference(at: mm + $0.offset + page) } ?? Reference(bits: 0)
        var entry = PageEntry(
            cell: view.cpuEntry(mm, mmSchema, page), isWritable: kind != .none && view.isWritable(mm, mmSchema, page),
            page: name(reference.bits))
        entry.note = note(reference, kind, page).joined(separator: ", ")
        return entry
    }

    private func note(_ reference: Reference, _ kind: Schema.EntryKind, _ page: Int) -> [String] {
        var words = bits(page)
        switch kind {
        case .none: return words
        case .swapped: words.append("its slot in the swap")
        case .migration:
            words.append(targets[reference.bits].map { "being moved to \(name($0))" } ?? "being moved")
        case .present, .devicePrivate, .deviceExclusive, .poisoned: break
        }
        guard view.machine.isLive(reference) else {
            if !reference.isNone { words.append("freed") }
            return words
        }
        return words + pageWords(reference.address, kind)
    }

    private func pageWords(_ address: Int, _ kind: Schema.EntryKind) -> [String] {
        func value(_ offset: Int?) -> Int64? { offset.map { view.machine.slot(address + $0) } }
        var words: [String] = []
        if let refs = value(fields.refs) { words.append("refs \(refs)") }
        if let count = value(fields.mapcount), kind != .swapped { words.append("mapcount \(count)") }
        if let holder = value(fields.lock), holder != 0 {
            words.append("locked by \(view.name(ofThread: Int(holder) - 1))")
        }
        if value(fields.dirty) ?? 0 != 0 { words.append("dirty") }
        if let mapping = value(fields.mapping), mapping != 0 {
            words.append("page \(value(fields.index) ?? 0) of \(name(mapping))")
        }
        if let device = value(fields.pgmap), device != 0 {
            words.append("in the memory of \(view.machine.name(of: Reference(bits: device)))")
        }
        if value(fields.merged) ?? 0 != 0 { words.append("merged") }
        if value(fields.movedBy) ?? 0 != 0 { words.append("a driver is moving it") }
        return words
    }

    /// The entry's bits, but those that say no more than that somebody looked.
    private func bits(_ page: Int) -> [String] {
        guard let offset = fields.pteBits else { return [] }
        let bits = view.machine.slot(mm + offset + page)
        return PageFields.bitWords.filter { bits & $0.bit != 0 }.map(\.words)
    }

    /// The models keep no owner in an exclusive entry: it is the device that has the page for atomic access.
    private func owner(ofExclusive page: Int) -> String? {
        let names = devices.filter { view.isAtomic($0, page) }.map(\.name)
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }

    /// A page by its reference; one that was freed keeps its name.
    private func name(_ bits: Int64) -> String { bits == 0 ? "" : view.machine.name(of: Reference(bits: bits)) }

    // MARK: A device's

    private func deviceEntry(_ device: Projection.ShownDevice, _ page: Int) -> DevicePageEntry {
        let entry = view.entry(device, page)
        guard entry != 0 else { return DevicePageEntry(cell: DeviceCell(entry: .none)) }
        var result = DevicePageEntry(cell: DeviceCell(entry: view.cell(device, page)), page: name(entry))
        let covering = inFlight.first { $0.range.contains(UInt64(page)) }
        let mismatch = view.mismatch(device, page, mm, mmSchema) { _ in covering != nil }
        guard let mismatch else { return result }
        result.cell.isStale = true
        result.cell.isExcused = mismatch.isExcused
        result.reason = words(mismatch.cause, page)
        if let covering {
            result.reason += "; \(covering.event) of \(covering.threadName) is still in flight over it"
        } else if mismatch.isExcused {
            result.reason += "; whoever moves the page tells the device in the end"
        }
        return result
    }

    private func words(_ cause: Projection.Mismatch.Cause, _ page: Int) -> String {
        switch cause {
        case .kind(let kind): Self.words(kind)
        case .otherPage(let mapped): "the CPU has \(name(mapped)) here"
        case .noAccess: "the CPU's entry allows no access"
        case .readOnly: "the CPU's entry is read-only"
        }
    }

    private static func words(_ kind: Schema.EntryKind) -> String {
        switch kind {
        case .swapped: "the CPU's entry is in the swap"
        case .migration: "the CPU's page is being moved"
        case .poisoned: "the CPU's entry is poisoned"
        case .none, .present, .devicePrivate, .deviceExclusive: "the CPU has nothing here"
        }
    }
}

/// Where a program's page records keep what there is to tell of a page, by the names of the kernel's models.
struct PageFields {
    var refs, mapcount, lock, dirty, mapping, index, pgmap, merged, movedBy: Int?
    /// The table of the entries' bits, in an mm.
    var pteBits: Int?

    /// As `kernel/page.model` numbers them; what a device must not follow among them is ``noAccess``.
    static let noAccess: Int64 = 16
    static let bitWords: [(bit: Int64, words: String)] = [
        (1, "dirty entry"), (4, "soft-dirty"), (8, "write-protected for userfaultfd"), (noAccess, "no access allowed"),
    ]

    init(_ program: Program) {
        pteBits = program.record(named: "MM").flatMap { program.records[$0].offset(of: "pte_bits") }
        guard let page = program.record(named: "Page").map({ program.records[$0] }) else { return }
        refs = page.offset(of: "refs")
        mapcount = page.offset(of: "mapcount")
        lock = page.offset(of: "lock")
        dirty = page.offset(of: "dirty")
        mapping = page.offset(of: "mapping")
        index = page.offset(of: "index")
        pgmap = page.offset(of: "pgmap")
        merged = page.offset(of: "ksm")
        movedBy = page.offset(of: "moved_by")
    }
}
