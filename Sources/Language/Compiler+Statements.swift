extension Compiler {
    // MARK: Steps

    /// A new step begins here: the number for its `statement` instruction, which the caller emits.
    mutating func beginStatement(at range: SourceRange) -> Int32 {
        flushInvariants()
        closeScratch()
        let line = program.sources[range.file].lineAndColumn(at: range.start).line
        program.statements.append(
            StatementInfo(
                file: range.file, line: line, function: body.function, mayBlock: false, hasChoice: false,
                hasFixedPlace: true,
                scratch: Int(body.nextSlot)..<Int(body.nextSlot)))
        return Int32(program.statements.count - 1)
    }

    /// The step before this point computed in every slot taken since it began.
    private mutating func closeScratch() {
        guard let last = program.statements.last, last.function == body.function else { return }
        // Slots given back since then were computed in all the same.
        let upper = max(last.scratch.upperBound, Int(body.nextSlot))
        program.statements[program.statements.count - 1].scratch = last.scratch.lowerBound..<upper
    }

    mutating func emitCheck(
        _ property: String, _ condition: Expression, _ message: Template, at range: SourceRange, isStatement: Bool = false
    ) {
        body.ghostDepth += 1
        defer { body.ghostDepth -= 1 }
        let skip = emitJumps(condition, when: true)
        let (sentence, block, count) = emitSentence(message.parts.isEmpty ? ownWords(condition) : message, kind: "finding")
        let line = program.sources[range.file].lineAndColumn(at: range.start).line
        program.checks.append(
            CheckInfo(property: property, sentence: sentence, file: range.file, line: line, isStatement: isStatement))
        emit(
            Instruction(
                .check, a: Int32(program.checks.count - 1), b: constant(0), d: block, bits: UInt16(count)))
        patch(skip, to: here)
    }

    /// What is said of a condition that has no sentence: itself.
    private func ownWords(_ condition: Expression) -> Template {
        let words = program.sources[condition.range.file].text(in: condition.range)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return Template(parts: [.text("\(words) doesn't hold")])
    }

    /// The sentence's number, and the slots that its values are put in.
    private mutating func emitSentence(_ template: Template, kind: String) -> (Int, Int32, Int) {
        var parts: [SentenceInfo.Part] = []
        var values: [Operand] = []
        for part in template.parts {
            switch part {
            case .text(let text): parts.append(.text(text))
            case .value(let expression):
                let operand = definite(expression)
                values.append(operand)
                if values.count == 9 { report("a sentence has room for 8 values", at: expression.range) }
                parts.append(.value(operand.type))
            }
        }
        let block = body.slots(max(1, values.count))
        for (index, operand) in values.enumerated() {
            emit(Instruction(.move, a: block + Int32(index), b: operand.code))
        }
        program.sentences.append(SentenceInfo(kind: kind, parts: parts))
        return (program.sentences.count - 1, block, values.count)
    }

    // MARK: Statements

    mutating func emit(_ statements: [Statement]) {
        body.scopes.append([:])
        let slots = body.nextSlot
        let locals = body.locals.count
        for statement in statements { emit(statement) }
        body.endScope(after: locals)
        body.nextSlot = slots
    }

    mutating func emit(_ statement: Statement) {
        let base = body.nextSlot
        let start = here
        let firstStatement = program.statements.count
        switch statement.kind {
        case .say, .check:
            emitGhost(statement)
            body.nextSlot = base
            return
        case .atomic, .withFault, .holding, .loop(nil, _): break
        default:
            if body.atomicDepth == 0 { emit(Instruction(.statement, a: beginStatement(at: statement.range))) }
        }
        emitKind(statement, base: base)
        flushInvariants()
        if case .declare = statement.kind {} else { closeAndRelease(base) }
        elideMarkers(of: statement, from: start, firstStatement: firstStatement)
    }

    private mutating func closeAndRelease(_ base: Int32) {
        closeScratch()
        body.nextSlot = base
    }

    /// Steps that touch nothing shared are carried along with the step before: the rest of a statement after a
    /// call, a bare `return`, `break`, the head of a `for` over known numbers.
    private mutating func elideMarkers(of statement: Statement, from start: Int, firstStatement: Int) {
        guard body.atomicDepth == 0 else { return }
        let mayElideFirst: Bool
        switch statement.kind {
        case .giveBack, .exit, .next, .count: mayElideFirst = true
        default: mayElideFirst = false
        }
        switch statement.kind {
        // Their inner statements have decided for themselves; only a head is looked at.
        case .loop(nil, _), .holding, .atomic, .withFault: return
        case .branch, .loop, .choose, .count:
            let end = headEnds[start] ?? here
            return mayElideFirst ? elide(start, end: end) : elideContinuation(in: (start + 1)..<max(start + 1, end))
        default: break
        }
        if mayElideFirst { elide(start, end: here) }
        elideContinuation(in: (start + 1)..<max(start + 1, here))
    }

    private mutating func elideContinuation(in range: Range<Int>) {
        for index in range where program.instructions[index].op == .takeResult || isReturnOfCall(index) {
            let marker = program.instructions[index].op == .takeResult ? index + 1 : index
            if marker < range.upperBound, program.instructions[marker].op == .statement {
                elide(marker, end: range.upperBound)
            }
        }
    }

    /// A `statement` right after a call that gives nothing back.
    private func isReturnOfCall(_ index: Int) -> Bool {
        guard index > 0, program.instructions[index].op == .statement else { return false }
        let before = program.instructions[index - 1].op
        return before == .call || before == .dispatch
    }

    private mutating func elide(_ marker: Int, end: Int) {
        guard marker < end, program.instructions[marker].op == .statement else { return }
        for index in (marker + 1)..<max(marker + 1, end) {
            let instruction = program.instructions[index]
            if instruction.op == .statement { break }
            if instruction.op.isShared { return }
        }
        program.instructions[marker] = Instruction(.nothing, a: program.instructions[marker].a + 1)
    }

    /// What is said and checked belongs to the step before it.
    private mutating func emitGhost(_ statement: Statement) {
        switch statement.kind {
        case .say(let kind, let template):
            if !EventName.all.contains(kind.text) {
                report("there is no kind of event '\(kind.text)'",
                    hint: suggestion(for: kind.text, among: EventName.all), at: kind.range)
            }
            body.ghostDepth += 1
            body.isSaying = true
            defer {
                body.ghostDepth -= 1
                body.isSaying = false
            }
            let first = body.nextSlot
            let quiet = emit(Instruction(.jumpIfQuiet, a: first))
            let (sentence, block, count) = emitSentence(template, kind: kind.text)
            program.instructions[quiet].bits = UInt16(clamping: body.nextSlot - first)
            defer { patch([quiet], to: here) }
            emit(Instruction(.say, a: Int32(sentence), d: block, bits: UInt16(count)))
        case .check(let property, let condition, let message):
            emitCheck(property?.text ?? "assertion", condition, message, at: statement.range, isStatement: true)
        default: break
        }
    }

    private mutating func emitKind(_ statement: Statement, base: Int32) {
        switch statement.kind {
        case .declare(let name, let type, let value): declare(name, type, value, base: base)
        case .assign(let target, let op, let value): assign(target, op, value)
        case .call(let call): _ = self.value(call)
        case .branch(let condition, let first, let second): branch(condition, first, second, base: base)
        case .loop(let condition, let statements): loop(condition, statements, base: base)
        case .count(let name, let first, let last, let statements): count(name, first, last, statements)
        case .exit, .next: leaveLoop(statement)
        case .giveBack(let value): giveBack(value, at: statement.range)
        case .holding(let lock, let statements): holding(lock, statements, at: statement.range)
        case .atomic(let statements):
            // One inside of another is part of the same step.
            if body.atomicDepth > 0 { return emit(statements) }
            emit(Instruction(.statement, a: beginStatement(at: statement.range)))
            emitAtomic(statements)
        case .choose(let bodies): choose(bodies, base: base, at: statement.range)
        case .withFault(let name, let statements): withFault(name, statements)
        case .free(let expression): free(expression)
        case .await(let condition):
            if body.atomicDepth > 0 { report("'await' may have to wait: it can't stand in 'atomic'", at: statement.range) }
            emit(Instruction(.await, b: withoutEffect { $0.expect(condition, .boolean) }.code))
        case .say, .check: break
        }
    }

    private mutating func declare(_ name: Name, _ type: TypeSyntax?, _ expression: Expression, base: Int32) {
        let value = self.value(expression)
        var declared = type.map { valueType($0, driver: body.driver) } ?? value.type
        if declared == .null || declared == .void {
            report("'\(name.text)' needs a type: let \(name.text): Record = …", at: name.range)
            declared = .mistake
        }
        flushInvariants()
        closeAndRelease(base)
        if body.scopes.last?[name.text] != nil { report("'\(name.text)' is declared twice", at: name.range) }
        let slot = body.declare(name.text, declared)
        store(value, to: .local(slot: slot, declared), at: expression.range)
    }

    /// Stores a value where it fits; a number that is too wide for a place that doesn't wrap is a finding.
    /// - Parameter isFirst: the place has just been made: nobody has seen what was there.
    mutating func store(_ value: Operand, to place: Place, isFirst: Bool = false, at range: SourceRange) {
        guard place.type.accepts(value.type) else {
            report("expected \(describe(place.type)), found \(describe(value.type))", at: range)
            return
        }
        noteStore(value, place, isFirst: isFirst)
        let code = fitted(value, to: place.type)
        switch place {
        case .local(let slot, _): emitMove(code, to: slot)
        case .global(let slot, _):
            emit(Instruction(.storeGlobal, a: code, b: Int32(slot)))
            touch(.global(slot))
        case .field(let reference, let base, let field, _):
            emit(Instruction(.storeField, a: reference, b: code, c: Int32(base + field.offset)))
            touch(.field(field), reference: reference, base: base)
        case .element(let reference, let base, let field, let count, let index, _):
            emit(
                Instruction(
                    .storeElement, a: reference, b: code, c: Int32(base + field.offset), d: index,
                    bits: UInt16(count)))
            touch(.field(field), reference: reference, base: base)
            afterTableStore(field, reference: reference, base: base, index: index, at: range)
        }
    }

    /// A move, unless what computed the value can put it there itself: a scratch slot is read only once.
    private mutating func emitMove(_ code: Int32, to slot: Int32) {
        let last = here - 1
        if code >= 0, code != slot, !body.locals.contains(where: { $0.slot == Int(code) }), lastTarget < here, last >= 0,
            program.instructions[last].a == code, program.instructions[last].op.onlyWritesItsFirst
        {
            program.instructions[last].a = slot
            return
        }
        emit(Instruction(.move, a: slot, b: code))
    }

    private mutating func fitted(_ value: Operand, to type: ValueType) -> Int32 {
        guard case .integer(let width) = type, value.type != type, width.bits < 63 || width.wraps else {
            return value.code
        }
        if value.code < 0, width.bits < 63, (0..<(1 << Int64(width.bits))).contains(program.constants[Int(~value.code)]) {
            return value.code
        }
        let copy = body.slot(of: type)
        emit(Instruction(.move, a: copy, b: value.code))
        emit(Instruction(width.wraps ? .wrap : .narrow, a: copy, bits: UInt16(width.bits)))
        return copy
    }

    private mutating func assign(_ target: Expression, _ op: String, _ expression: Expression) {
        guard let place = place(target) else {
            _ = value(expression)
            return
        }
        guard place.type.isValue else {
            if place.type != .mistake { report("\(describe(place.type)) can't be assigned to", at: target.range) }
            return
        }
        if op == "=" { return store(value(expression), to: place, at: expression.range) }
        let old = load(place)
        guard ValueType.number.accepts(old.type) else {
            report("'\(op)' needs a number, found \(describe(old.type))", at: target.range)
            return
        }
        let codes: [String: Opcode] = ["+=": .add, "-=": .subtract, "|=": .or, "&=": .and]
        let result = calculate(codes[op] ?? .add, old, expect(expression, .number))
        store(result, to: place, at: expression.range)
    }

    private mutating func free(_ expression: Expression) {
        let record = value(expression)
        guard case .reference = record.type else {
            if record.type != .mistake { report("only a record can be freed, not \(describe(record.type))", at: expression.range) }
            return
        }
        emit(Instruction(.free, b: record.code))
        if case .reference(let freed) = record.type { touchFreed(freed) }
    }
}

/// The kinds that `say` knows.
public enum EventName {
    public static let all: Set<String> = [
        "start", "end", "odd", "join", "even", "leave", "partial", "callback", "refuse", "insert", "remove", "defer", "apply",
        "release", "begin", "collide", "wake", "retry", "success", "map", "unmap", "fault", "access", "free", "protect", "fork", "migrate", "exclusive", "restore", "result",
        "thread", "lock", "sleep", "note", "finding",
    ]
}
