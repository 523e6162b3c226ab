extension Compiler {
    mutating func emitFunctions() {
        if let property { declareRecheck(property) }
        for index in signatures.indices {
            reserveFunction(signatures[index].name, driver: signatures[index].driver)
        }
        if recheckFunction != nil {
            recheckFunction = program.functions.count
            let range = property?.name.range ?? SourceRange(file: 0, start: 0, end: 0)
            reserveFunction(Name(text: "recheck", range: range), driver: nil)
        }
        for (index, signature) in signatures.enumerated() { emitFunction(index, signature) }
        if let function = recheckFunction, let property { emitRecheckFunction(function, property) }
    }

    mutating func reserveFunction(_ name: Name, driver: String?) {
        let line = program.sources[name.range.file].lineAndColumn(at: name.range.start).line
        program.functions.append(
            FunctionInfo(
                name: name.text, driver: driver, entry: 0, end: 0, frame: 0..<0, locals: [], parameterCount: 0,
                callback: nil, file: name.range.file, line: line))
    }

    private mutating func emitFunction(_ index: Int, _ signature: Signature) {
        body = FunctionBody()
        body.function = index
        body.driver = signature.driver
        body.result = signature.result
        for parameter in signature.parameters { _ = body.declare(parameter.name.text, parameter.type) }
        program.functions[index].parameterCount = signature.parameters.count
        program.functions[index].kernelName = signature.syntax.kernelName
        program.functions[index].entry = here
        emit(signature.syntax.body)
        if signature.result != .void, !Self.leaves(signature.syntax.body) {
            report("'\(signature.name.text)' can end without giving back \(describe(signature.result))",
                at: signature.name.range)
        }
        emitLeave(constant(0), hasValue: false)
        finishFunction(index)
        bindCallback(index, signature)
    }

    /// Slots of one function's variables and of what its statements compute in.
    private static let largestFrame = 4096

    mutating func finishFunction(_ index: Int) {
        program.functions[index].end = here
        if body.frameSize > Self.largestFrame {
            let info = program.functions[index]
            let line = program.sources[info.file].start(ofLine: info.line)
            report("'\(info.name)' has too many variables", hint: "split it into functions",
                at: SourceRange(file: info.file, start: line, end: line))
        }
        program.functions[index].frame = 0..<Int(body.frameSize)
        program.functions[index].locals = body.locals
        sequenceNotes[index] = body.sequences
    }

    /// Whether every way through ends in `return` or goes round for ever.
    private static func leaves(_ statements: [Statement]) -> Bool {
        guard let last = statements.last else { return false }
        switch last.kind {
        case .giveBack: return true
        case .branch(_, let first, let second): return leaves(first) && leaves(second)
        case .choose(let bodies): return bodies.allSatisfy(leaves)
        case .holding(_, let inner), .withFault(_, let inner), .atomic(let inner): return leaves(inner)
        case .loop(nil, let inner): return !hasExit(inner)
        case .say, .check: return leaves(Array(statements.dropLast()))
        default: return false
        }
    }

    private static func hasExit(_ statements: [Statement]) -> Bool {
        statements.contains { statement in
            switch statement.kind {
            case .exit: true
            case .branch(_, let first, let second): hasExit(first) || hasExit(second)
            case .choose(let bodies): bodies.contains(where: hasExit)
            case .holding(_, let inner), .withFault(_, let inner), .atomic(let inner): hasExit(inner)
            default: false
            }
        }
    }

    /// A driver's function of a callback's name whose first parameter is a record that embeds what the callback
    /// is about implements it for the notifiers inside that record.
    private mutating func bindCallback(_ index: Int, _ signature: Signature) {
        guard signature.driver != nil, let callback = callbackIndex[signature.name.text],
            case .reference(let subject)? = callbackSignatures[callback].parameters.first?.type
        else { return }
        guard let owner = owner(of: subject, in: signature) else { return }
        let wanted = callbackSignatures[callback]
        guard wanted.parameters.count == signature.parameters.count, wanted.result == signature.result,
            zip(wanted.parameters, signature.parameters).dropFirst().allSatisfy({ $0.type == $1.type })
        else {
            let parameters = wanted.parameters.dropFirst()
                .map { "\($0.name.text): \(describe($0.type))" }.joined(separator: ", ")
            report("'\(signature.name.text)' doesn't fit the callback of that name",
                hint: "after its own record it takes \(parameters), and gives back \(describe(wanted.result))",
                at: signature.name.range)
            return
        }
        program.functions[index].callback = callback
        for (number, segment) in program.segments.enumerated() where segment.record == subject {
            if owner == subject {
                program.callbacks[callback].implementations[number] = (index, 0)
            } else if let parent = segment.parent, program.segments[parent].record == owner {
                program.callbacks[callback].implementations[number] = (index, segment.offset)
            }
        }
    }

    /// The record that a callback's implementation is for: its first parameter, which embeds what the callback is
    /// about.
    private mutating func owner(of subject: Int, in signature: Signature) -> Int? {
        let first = signature.parameters.first
        if case .reference(let owner)? = first?.type {
            let embeds = program.records[owner].fields.contains { $0.type == .embedded(subject) }
            if owner == subject || embeds { return owner }
        }
        if first?.type != .mistake {
            report("'\(signature.name.text)' is a callback: its first value is the record with its \(recordSyntax[subject].name.text) inside",
                at: first?.name.range ?? signature.name.range)
        }
        return nil
    }

    // MARK: The device tables' property

    private mutating func declareRecheck(_ property: InvariantSyntax) {
        let types = property.parameters.map { valueType($0.type, driver: nil) }
        guard types.count == 4, case .reference = types[0], case .integer = types[1], case .reference = types[2],
            types[3] == .boolean
        else {
            if !types.contains(.mistake) {
                report("a device property speaks of (mm: MM, page: va, entry: Page, writable: bool)",
                    at: property.name.range)
            }
            return
        }
        for table in program.deviceTables {
            let field = recordSyntax[table.record].fields[table.field]
            guard case .table(let entry, _) = program.records[table.record].fields[table.field].type,
                entry != types[2], entry != .mistake
            else { continue }
            report("a device table holds \(describe(types[2])) in each entry, not \(describe(entry))", at: field.name.range)
        }
        recheckFunction = -1
    }

    /// recheck(mm, first, last): every device table that mirrors the mm, page by page, in one step.
    private mutating func emitRecheckFunction(_ function: Int, _ property: InvariantSyntax) {
        body = FunctionBody()
        body.function = function
        let types = property.parameters.map { valueType($0.type, driver: nil) }
        let mm = body.declare("mm", types[0])
        let first = body.declare("first", .number)
        let last = body.declare("last", .number)
        program.functions[function].parameterCount = 3
        program.functions[function].entry = here
        for table in program.deviceTables { emitRecheck(of: table, property, mm, first, last) }
        emitLeave(constant(0), hasValue: false)
        finishFunction(function)
    }

    private mutating func emitRecheck(
        of table: DeviceTableInfo, _ property: InvariantSyntax, _ mm: Int32, _ first: Int32, _ last: Int32
    ) {
        let base = body.nextSlot
        let cursor = body.slot()
        let page = body.slot()
        let test = body.slot()
        let limit = body.slot()
        emit(Instruction(.move, a: cursor, b: constant(0)))
        let nextTable = here
        emit(Instruction(.nextLive, a: cursor, c: Int32(table.record)))
        let done = emit(Instruction(.jumpIfFalse, b: cursor))
        let mirrored = emitMirror(of: table, cursor)
        emit(Instruction(.equal, a: test, b: mirrored, c: mm))
        patch([emit(Instruction(.jumpIfFalse, b: test))], to: nextTable)
        let count = program.records[table.record].fields[table.field].count
        emit(Instruction(.move, a: page, b: first))
        emit(Instruction(.move, a: limit, b: last))
        emit(Instruction(.less, a: test, b: limit, c: constant(Int64(count))))
        let fits = emit(Instruction(.jumpIfTrue, b: test))
        emit(Instruction(.move, a: limit, b: constant(Int64(count - 1))))
        patch([fits], to: here)
        let nextPage = here
        emit(Instruction(.less, a: test, b: limit, c: page))
        patch([emit(Instruction(.jumpIfTrue, b: test))], to: nextTable)
        emitPropertyCheck(table, property, mm: mm, page: page, cursor: cursor)
        emit(Instruction(.add, a: page, b: page, c: constant(1)))
        emit(Instruction(.jump, c: Int32(nextPage)))
        patch([done], to: here)
        body.nextSlot = base
    }

    /// Follows a device table's path to its mm; a reference of none on the way gives none.
    private mutating func emitMirror(of table: DeviceTableInfo, _ cursor: Int32) -> Int32 {
        let mirrored = body.slot()
        emit(Instruction(.move, a: mirrored, b: cursor))
        var exits: [Int] = []
        // The last offset is where the path ends, inside the mm itself: 0.
        for offset in table.mirrors.dropLast() {
            exits.append(emit(Instruction(.jumpIfFalse, b: mirrored)))
            emit(Instruction(.loadField, a: mirrored, b: mirrored, c: Int32(offset)))
        }
        patch(exits, to: here)
        return mirrored
    }

    private mutating func emitPropertyCheck(
        _ table: DeviceTableInfo, _ property: InvariantSyntax, mm: Int32, page: Int32, cursor: Int32
    ) {
        let base = body.nextSlot
        let fields = program.records[table.record].fields
        let entries = Place.Field(record: table.record, offset: fields[table.field].offset)
        guard case .table(let entryType, let count) = fields[table.field].type else { return }
        let entry = load(
            .element(reference: cursor, base: 0, entries, count: count, index: page, entryType))
        var writable = Operand(code: constant(0), type: .boolean)
        if let index = table.writable {
            let flags = Place.Field(record: table.record, offset: fields[index].offset)
            writable = load(.element(reference: cursor, base: 0, flags, count: count, index: page, .boolean))
        }
        body.scopes.append([:])
        let values = [
            Operand(code: mm, type: valueType(property.parameters[0].type, driver: nil)),
            Operand(code: page, type: valueType(property.parameters[1].type, driver: nil)), entry, writable,
        ]
        for (parameter, value) in zip(property.parameters, values) {
            body.scopes[body.scopes.count - 1][parameter.name.text] =
                FunctionBody.Variable(slot: value.code, type: value.type)
        }
        emitCheck(property.name.text, property.condition, property.message, at: property.name.range)
        body.scopes.removeLast()
        body.nextSlot = base
    }

    /// After a store to a device table or to a watched table: the property is asked of that page.
    mutating func afterTableStore(
        _ field: Place.Field, reference: Int32, base: Int, index: Int32, at range: SourceRange
    ) {
        guard recheckFunction != nil, body.function != recheckFunction else { return }
        if watchedFields.contains(field) {
            return emitRecheck(mm: reference, first: index, last: index, at: range)
        }
        let fields = program.records[field.record].fields
        guard
            let table = program.deviceTables.first(where: {
                $0.record == field.record
                    && (fields[$0.field].offset == field.offset
                        || $0.writable.map { fields[$0].offset } == field.offset)
            })
        else { return }
        var owner = reference
        if base > 0 {
            owner = body.slot()
            emit(Instruction(.embed, a: owner, b: reference, c: Int32(base)))
        }
        emitRecheck(mm: emitMirror(of: table, owner), first: index, last: index, at: range)
    }
}
