extension Compiler {
    /// Resolves fields, gives every record its shape and every pool its place in the state.
    mutating func declareRecords(threads: Int) {
        constants["threads"] = (Int64(threads), .number)
        var fieldTypes: [[ValueType]] = []
        for record in recordSyntax {
            fieldTypes.append(record.fields.map { type($0.type, driver: record.driver) })
        }
        var elements: (sets: Set<Int>, lists: Set<Int>, embedded: Set<Int>) = ([], [], [])
        for type in fieldTypes.joined() {
            switch type {
            case .intervalSet(let record): elements.sets.insert(record)
            case .list(let record): elements.lists.insert(record)
            case .embedded(let record): elements.embedded.insert(record)
            default: break
            }
        }
        program.records = recordSyntax.map {
            RecordInfo(
                name: $0.name.text, driver: $0.driver, label: $0.label ?? $0.name.text.lowercased(), size: 0,
                segments: [], fields: [], nodeOffset: nil, linkOffset: nil)
        }
        for record in recordSyntax.indices {
            var visiting: Set<Int> = []
            layOut(record, fieldTypes, elements.sets, elements.lists, &visiting)
        }
        for record in recordSyntax.indices { resolveModifiers(record) }
        if !isTooLarge { placePools(embedded: elements.embedded) }
    }

    private static let largestRecord = 1 << 19
    private static let mostSegments = 4096

    private mutating func layOut(
        _ record: Int, _ types: [[ValueType]], _ sets: Set<Int>, _ lists: Set<Int>, _ visiting: inout Set<Int>
    ) {
        guard program.records[record].size == 0 else { return }
        let syntax = recordSyntax[record]
        guard visiting.count < 64 else {
            isTooLarge = true
            return report("the record '\(syntax.name.text)' is nested too deep", hint: "64 levels are the limit",
                at: syntax.name.range)
        }
        visiting.insert(record)
        var offset = 1
        if sets.contains(record) {
            program.records[record].nodeOffset = offset
            offset += Program.nodeSize
        }
        if lists.contains(record) {
            program.records[record].linkOffset = offset
            offset += 3
        }
        var fields: [FieldInfo] = []
        for (field, declared) in zip(syntax.fields, types[record]) {
            var type = declared
            if fields.contains(where: { $0.name == field.name.text }) {
                report("the field '\(field.name.text)' is declared twice", at: field.name.range)
            }
            var size = Self.slots(of: type)
            if case .embedded(let inner) = type, visiting.contains(inner) {
                report("the record '\(syntax.name.text)' would contain itself", hint: "refer to it with 'ref'",
                    at: field.type.range)
                type = .mistake
            } else if case .embedded(let inner) = type {
                layOut(inner, types, sets, lists, &visiting)
                size = program.records[inner].size
            }
            var count = 1
            if case .table(_, let entries) = type { count = entries }
            fields.append(FieldInfo(name: field.name.text, offset: offset, type: type, count: count))
            offset += size
            guard offset <= Self.largestRecord else {
                isTooLarge = true
                report("the record '\(syntax.name.text)' is too large: \(offset) slots by here",
                    hint: "\(Self.largestRecord) are the limit", at: field.name.range)
                break
            }
        }
        program.records[record].fields = fields
        program.records[record].size = offset
        visiting.remove(record)
    }

    /// `device … of … writable …` and `watched`.
    private mutating func resolveModifiers(_ record: Int) {
        for (index, field) in recordSyntax[record].fields.enumerated() {
            guard index < program.records[record].fields.count else { return }
            let info = program.records[record].fields[index]
            if field.isWatched, !Self.isTable(info.type) {
                report("'watched' goes before a table", at: field.name.range)
            }
            if field.isEpoch { program.epochs.append((record, index)) }
            if field.isWatched { watchedFields.insert(Place.Field(record: record, offset: info.offset)) }
            guard let path = field.mirrors else { continue }
            guard case .table(.reference, let count) = info.type else {
                if info.type != .mistake, info.type != .table(.mistake, count: info.count) {
                    report("a device table is a table of references to pages", at: field.name.range)
                }
                continue
            }
            guard let mirrors = mirrorPath(path, from: record) else { continue }
            var writable: Int?
            if let name = field.writable {
                writable = program.records[record].fields.firstIndex { $0.name == name.text }
                if writable == nil { reportField(name, of: record) }
                if let found = writable, program.records[record].fields[found].type != .table(.boolean, count: count) {
                    report("the table of write permissions is a 'bool' for each of the \(count) entries", at: name.range)
                    continue
                }
            }
            program.deviceTables.append(
                DeviceTableInfo(record: record, field: index, writable: writable, mirrors: mirrors))
        }
    }

    private static func isTable(_ type: ValueType) -> Bool {
        switch type {
        case .table, .mistake: true
        default: false
        }
    }

    /// Offsets that lead from a record along `notifier.mm`; embedded records add up.
    private mutating func mirrorPath(_ path: Expression, from record: Int) -> [Int]? {
        guard let step = mirrorStep(path, from: record) else { return nil }
        return step.offsets
    }

    private mutating func mirrorStep(_ path: Expression, from record: Int) -> (offsets: [Int], record: Int)? {
        let base: (offsets: [Int], record: Int)
        let name: Name
        switch path.kind {
        case .name(let text):
            base = ([0], record)
            name = Name(text: text, range: path.range)
        case .member(let inner, let member):
            guard let step = mirrorStep(inner, from: record) else { return nil }
            base = step
            name = member
        default:
            report("a path of fields is needed here", at: path.range)
            return nil
        }
        guard let field = program.records[base.record].fields.first(where: { $0.name == name.text }) else {
            reportField(name, of: base.record)
            return nil
        }
        var offsets = base.offsets
        offsets[offsets.count - 1] += field.offset
        switch field.type {
        case .embedded(let inner): return (offsets, inner)
        case .reference(let target): return (offsets + [0], target)
        default:
            report("'\(name.text)' leads to no record", at: name.range)
            return nil
        }
    }

    mutating func reportField(_ name: Name, of record: Int) {
        guard !lacksModule else { return }
        report("the record \(recordSyntax[record].name.text) has no field '\(name.text)'",
            hint: suggestion(for: name.text, among: program.records[record].fields.map(\.name)),
            at: name.range)
    }

    // MARK: Pools

    private mutating func placePools(embedded: Set<Int>) {
        for (record, syntax) in recordSyntax.enumerated() {
            let standard: Int64 = embedded.contains(record) ? 0 : 8
            let written = syntax.pool.map { constantValue($0) }
            // A size that isn't a number has been reported.
            if let written, written == nil { continue }
            let count = (written ?? nil) ?? standard
            // Without a pool of its own a record is only inside of others; to write a pool and have none is a mistake.
            guard ((syntax.pool == nil ? 0 : 1)...1_000_000).contains(count) else {
                report("a pool has 1 to 1000000 records, not \(count)", at: syntax.pool?.range ?? syntax.name.range)
                continue
            }
            guard count > 0 else { continue }
            let room = options.operations ? Self.roomForOperations(count, size: program.records[record].size) : 0
            guard program.segments.count < Self.mostSegments else {
                report("the records have too many records inside of them", at: syntax.name.range)
                return
            }
            addSegment(record, parent: nil, offset: 0, count: Int(count) + room)
        }
    }

    /// Records more in a pool, so that what is begun beside the scenario finds some: as many again and four, but less where
    /// that would make every state much larger.
    private static func roomForOperations(_ count: Int64, size: Int) -> Int {
        max(2, min(Int(count) + 4, 64, 32_768 / max(1, size)))
    }

    /// Adds the row of instances and the rows inside of it.
    private mutating func addSegment(_ record: Int, parent: Int?, offset: Int, count: Int) {
        let info = program.records[record]
        let segment = program.segments.count
        guard segment <= Self.mostSegments else {
            return report("the records have too many records inside of them", at: recordSyntax[record].name.range)
        }
        program.segments.append(
            SegmentInfo(
                record: record, parent: parent, offset: offset, base: 0,
                stride: parent.map { program.segments[$0].stride } ?? info.size, count: count))
        program.records[record].segments.append(segment)
        // Every segment further out knows of it, so that a fresh record can set all headers.
        var outer = parent
        var distance = offset
        while let current = outer {
            program.segments[current].inner.append((segment, distance))
            distance += program.segments[current].offset
            outer = program.segments[current].parent
        }
        for field in info.fields {
            switch field.type {
            case .intervalSet: program.segments[segment].sets.append(field.offset)
            case .embedded(let inner): addSegment(inner, parent: segment, offset: field.offset, count: count)
            default: break
            }
        }
        program.segments[segment].firstTree = program.treeCount
        program.treeCount += program.segments[segment].sets.count * count
    }
}
