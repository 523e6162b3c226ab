import Language

/// Where a program keeps what the screen shows, by the names of the kernel's models: an mm, its subscriptions, its
/// notifiers. A program without them shows what it has.
struct Schema: Sendable {
    struct MM: Sendable {
        var record: Int
        var vmas: Int?
        var pte: FieldInfo?
        var pteWrite: Int?
        var subscriptions: Int?
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
        var writable: Int?
    }

    var mm: MM?
    var subscriptions: Subscriptions?
    var interval: Interval?
    var range: Range?
    var vma: VMA?

    init(_ program: Program) {
        mm = Self.mm(program)
        guard let subs = Self.info("Subscriptions", program) else { return }
        subscriptions = Self.subscriptions(subs)
        interval = Self.interval(program)
        range = Self.range(program)
        if let info = Self.info("Vma", program), let start = info.offset(of: "start"), let last = info.offset(of: "last") {
            vma = VMA(start: start, last: last, writable: info.offset(of: "writable"))
        }
    }

    private static func info(_ name: String, _ program: Program) -> RecordInfo? {
        program.record(named: name).map { program.records[$0] }
    }

    private static func mm(_ program: Program) -> MM? {
        guard let record = program.record(named: "MM") else { return nil }
        let info = program.records[record]
        return MM(
            record: record, vmas: info.offset(of: "vmas"), pte: info.fields.first { $0.name == "pte" },
            pteWrite: info.offset(of: "pte_write"), subscriptions: info.offset(of: "subscriptions"))
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
