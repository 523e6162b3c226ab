import Language

/// Where a program keeps what the screen shows, by the names of the kernel's models: an mm, its subscriptions, its
/// notifiers. A program without them shows what it has.
struct Schema: Sendable {
    struct MM: Sendable {
        var record: Int
        var vmas: Int?
        var pte: FieldInfo?
        var pteWrite: Int?
        var pteKind: Kinds?
        var subscriptions: Int?
    }

    /// The table of what each CPU entry is: the meaning of each case, by its number.
    struct Kinds: Sendable {
        var offset: Int
        var meanings: [EntryKind]
    }

    /// What a CPU entry is.
    enum EntryKind: Sendable {
        case none, present, swapped, migration, devicePrivate, deviceExclusive, poisoned

        /// By the name of the model's case. One that isn't known is taken for a mapping.
        init(_ name: String) {
            self =
                switch name {
                case "NONE": .none
                case "SWAPPED": .swapped
                case "MIGRATION": .migration
                case "DEVICE_PRIVATE": .devicePrivate
                case "DEVICE_EXCLUSIVE": .deviceExclusive
                case "HWPOISON": .poisoned
                default: .present
                }
        }

        /// A device may have its page in its own table.
        var isForDevices: Bool { self == .present || self == .devicePrivate || self == .deviceExclusive }
    }

    struct Subscriptions: Sendable {
        var hasTree: Int
        var seq: Int
        var active: Int
        var tree: Int
        var deferred: Int
    }

    struct Interval: Sendable {
        var record: Int
        var mm: Int
        var start: Int
        var last: Int
        var seq: Int
    }

    struct Range: Sendable {
        var record: Int
        var mm: Int
        var start: Int
        var last: Int
        var event: Int
        var eventType: ValueType
        var blockable: Int
        var inFlight: Int
    }

    struct VMA: Sendable {
        var start: Int
        var last: Int
        var readable: Int?
        var writable: Int?
        var locked: Int?
        var hugePages: Int?
        /// Where its kind is, and what each kind is called.
        var kind: (offset: Int, names: [String])?
    }

    var mm: MM?
    var subscriptions: Subscriptions?
    var interval: Interval?
    var range: Range?
    var vma: VMA?
    /// For each device table, the table beside it that says which of its entries are for atomic access.
    var atomics: [Int?]

    init(_ program: Program) {
        mm = Self.mm(program)
        vma = Self.vma(program)
        atomics = program.deviceTables.map { table in
            let fields = program.records[table.record].fields
            return fields.first { $0.name == "\(fields[table.field].name)_atomic" && $0.count == fields[table.field].count }?.offset
        }
        guard let subs = Self.info("Subscriptions", program) else { return }
        subscriptions = Self.subscriptions(subs)
        interval = Self.interval(program)
        range = Self.range(program)
    }

    private static func vma(_ program: Program) -> VMA? {
        guard let info = info("Vma", program), let start = info.offset(of: "start"), let last = info.offset(of: "last") else {
            return nil
        }
        var kind: (Int, [String])?
        if let field = info.fields.first(where: { $0.name == "kind" }), case .enumeration(let index) = field.type {
            kind = (field.offset, program.enumerations[index].cases.map { $0.lowercased() })
        }
        return VMA(
            start: start, last: last, readable: info.offset(of: "readable"), writable: info.offset(of: "writable"),
            locked: info.offset(of: "locked"), hugePages: info.offset(of: "thp"), kind: kind)
    }

    private static func info(_ name: String, _ program: Program) -> RecordInfo? {
        program.record(named: name).map { program.records[$0] }
    }

    private static func mm(_ program: Program) -> MM? {
        guard let record = program.record(named: "MM") else { return nil }
        let info = program.records[record]
        return MM(
            record: record, vmas: info.offset(of: "vmas"), pte: info.fields.first { $0.name == "pte" },
            pteWrite: info.offset(of: "pte_write"), pteKind: kinds(info, program),
            subscriptions: info.offset(of: "subscriptions"))
    }

    private static func kinds(_ mm: RecordInfo, _ program: Program) -> Kinds? {
        guard let field = mm.fields.first(where: { $0.name == "pte_kind" }),
            case .table(.enumeration(let index), count: _) = field.type
        else { return nil }
        return Kinds(offset: field.offset, meanings: program.enumerations[index].cases.map(EntryKind.init))
    }

    private static func subscriptions(_ info: RecordInfo) -> Subscriptions? {
        guard let hasTree = info.offset(of: "has_itree"), let seq = info.offset(of: "invalidate_seq"),
            let active = info.offset(of: "active_invalidate_ranges"), let tree = info.offset(of: "itree"),
            let deferred = info.offset(of: "deferred_list")
        else { return nil }
        return Subscriptions(hasTree: hasTree, seq: seq, active: active, tree: tree, deferred: deferred)
    }

    private static func interval(_ program: Program) -> Interval? {
        guard let record = program.record(named: "Interval") else { return nil }
        let info = program.records[record]
        guard let mm = info.offset(of: "mm"), let start = info.offset(of: "start"),
            let last = info.offset(of: "last"), let seq = info.offset(of: "invalidate_seq")
        else { return nil }
        return Interval(record: record, mm: mm, start: start, last: last, seq: seq)
    }

    private static func range(_ program: Program) -> Range? {
        guard let record = program.record(named: "Range") else { return nil }
        let info = program.records[record]
        guard let mm = info.offset(of: "mm"), let start = info.offset(of: "start"),
            let last = info.offset(of: "last"), let event = info.fields.first(where: { $0.name == "event" }),
            let blockable = info.offset(of: "blockable"), let inFlight = info.offset(of: "in_flight")
        else { return nil }
        return Range(
            record: record, mm: mm, start: start, last: last, event: event.offset, eventType: event.type,
            blockable: blockable, inFlight: inFlight)
    }
}
