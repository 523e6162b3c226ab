extension Compiler {
    // MARK: Emitting

    @discardableResult
    mutating func emit(_ instruction: Instruction) -> Int {
        program.instructions.append(instruction)
        body.position = program.instructions.count
        return program.instructions.count - 1
    }

    /// Where the next instruction will stand.
    var here: Int { program.instructions.count }

    mutating func patch(_ jumps: [Int], to target: Int) {
        lastTarget = max(lastTarget, target)
        for jump in jumps { program.instructions[jump].c = Int32(target) }
    }

    mutating func constant(_ value: Int64) -> Int32 {
        if let known = constantIndex[value] { return known }
        let code = ~Int32(program.constants.count)
        program.constants.append(value)
        constantIndex[value] = code
        return code
    }

    // MARK: Places

    /// What an expression names, or nil (reported) when it names nothing that has a place.
    mutating func place(_ expression: Expression) -> Place? {
        switch expression.kind {
        case .name(let name):
            if let variable = body.variable(name) { return .local(slot: variable.slot, variable.type) }
            if constants[name] != nil {
                report("'\(name)' is a constant: it keeps its value", at: expression.range)
                return nil
            }
            if let index = globalIndex[name] {
                let global = program.globals[index]
                return .global(slot: global.slot, global.type)
            }
            reportUnknown(name, at: expression.range)
            return nil
        case .member(let base, let member): return memberPlace(base, member)
        case .index(let base, let index): return elementPlace(base, index)
        case .mistake: return nil
        default:
            report("a variable, a field or an entry of a table is needed here", at: expression.range)
            return nil
        }
    }

    private mutating func reportUnknown(_ name: String, at range: SourceRange) {
        let names = body.scopes.flatMap(\.keys) + globalIndex.keys + constants.keys
        reportMissing("there is nothing called '\(name)' here", name, hint: suggestion(for: name, among: names), at: range)
    }

    private mutating func memberPlace(_ base: Expression, _ member: Name) -> Place? {
        guard let (reference, offset, record) = recordPlace(base) else { return nil }
        guard let field = program.records[record].fields.first(where: { $0.name == member.text }) else {
            reportField(member, of: record)
            return nil
        }
        return .field(
            reference: reference, base: offset, Place.Field(record: record, offset: field.offset), field.type)
    }

    /// An expression that stands for a record: the slot that refers to what it is in, and its offset there.
    private mutating func recordPlace(_ expression: Expression) -> (reference: Int32, offset: Int, record: Int)? {
        if isPlace(expression) {
            guard let place = place(expression) else { return nil }
            if case .field(let reference, let base, let field, .embedded(let record)) = place {
                return (reference, base + field.offset, record)
            }
            let value = load(place)
            if case .reference(let record) = value.type { return (value.code, 0, record) }
            return reportNoRecord(value.type, at: expression.range)
        }
        let value = self.value(expression)
        if case .reference(let record) = value.type { return (value.code, 0, record) }
        return reportNoRecord(value.type, at: expression.range)
    }

    private mutating func reportNoRecord(
        _ type: ValueType, at range: SourceRange
    ) -> (reference: Int32, offset: Int, record: Int)? {
        if type != .mistake { report("\(describe(type)) has no fields", at: range) }
        return nil
    }

    private mutating func elementPlace(_ base: Expression, _ index: Expression) -> Place? {
        guard let table = place(base) else { return nil }
        guard case .field(let reference, let offset, let field, .table(let element, let count)) = table else {
            if table.type != .mistake { report("\(describe(table.type)) has no entries", at: base.range) }
            return nil
        }
        let index = expect(index, .number)
        return .element(
            reference: reference, base: offset, field, count: count, index: index.code, element)
    }

    func isPlace(_ expression: Expression) -> Bool {
        switch expression.kind {
        case .name(let name): constants[name] == nil || body.variable(name) != nil
        case .member, .index: true
        default: false
        }
    }

    /// The value in a place; an embedded record gives a reference to itself.
    mutating func load(_ place: Place) -> Operand {
        switch place {
        case .local(let slot, let type): return Operand(code: slot, type: type)
        case .global(let slot, let type):
            reads?.globals.insert(slot)
            let result = body.slot(of: type)
            emit(Instruction(.loadGlobal, a: result, b: Int32(slot)))
            return Operand(code: result, type: type)
        case .field(let reference, let base, let field, .embedded(let record)):
            let result = body.slot()
            emit(Instruction(.embed, a: result, b: reference, c: Int32(base + field.offset)))
            return Operand(code: result, type: .reference(record))
        case .field(let reference, let base, let field, let type):
            guard type.isValue else { return Operand(code: reference, type: type) }
            noteRead(field, reference, base: base)
            let result = body.slot(of: type)
            emit(Instruction(.loadField, a: result, b: reference, c: Int32(base + field.offset)))
            return Operand(code: result, type: type, isEpoch: isEpoch(field))
        case .element(let reference, let base, let field, let count, let index, let type):
            noteRead(field, reference, base: base)
            let result = body.slot(of: type)
            emit(
                Instruction(
                    .loadElement, a: result, b: reference, c: Int32(base + field.offset), d: index,
                    bits: UInt16(count)))
            return Operand(code: result, type: type)
        }
    }

    // MARK: Values

    /// A value of this type, or a mistake reported.
    mutating func expect(_ expression: Expression, _ type: ValueType) -> Operand {
        let value = operand(expression, type)
        noteUse(value, as: type)
        return value
    }

    /// The same for an operand of a calculation, which says itself what it makes of it.
    mutating func operand(_ expression: Expression, _ type: ValueType) -> Operand {
        let value = self.value(expression)
        guard type.accepts(value.type) else {
            report("expected \(describe(type)), found \(describe(value.type))", at: expression.range)
            return Operand(code: value.code, type: .mistake)
        }
        return value
    }

    /// A value, of whatever type: a mistake reported for a call that gives nothing back.
    mutating func definite(_ expression: Expression) -> Operand {
        let value = self.value(expression)
        if value.type.isValue { return value }
        report("this gives \(describe(value.type)) back where a value is needed", at: expression.range)
        return Operand(code: constant(0), type: .mistake)
    }

    /// Compiles what must not change anything: a step may be tried again, and what is only said or checked is no step.
    mutating func withoutEffect<Result>(_ body: (inout Compiler) -> Result) -> Result {
        self.body.ghostDepth += 1
        defer { self.body.ghostDepth -= 1 }
        return body(&self)
    }

    /// Reports what can't stand where nothing may change.
    mutating func refuseEffect(_ what: String, at range: SourceRange) {
        if body.ghostDepth > 0 {
            report("\(what) can't stand in what is only looked at", hint: "take its value before, with 'let'", at: range)
        }
    }

    mutating func value(_ expression: Expression) -> Operand {
        switch expression.kind {
        case .number(let value): return Operand(code: constant(value), type: .number)
        case .boolean(let value): return Operand(code: constant(value ? 1 : 0), type: .boolean)
        case .none: return Operand(code: constant(0), type: .null)
        case .mistake: return Operand(code: constant(0), type: .mistake)
        case .name(let name) where !isPlace(expression):
            guard let known = constants[name] else { return Operand(code: 0, type: .mistake) }
            return Operand(code: constant(known.value), type: known.type)
        case .name, .member, .index: return placeValue(expression)
        case .call(let driver, let name, let arguments):
            return call(driver, name, arguments, at: expression.range)
        case .unary(let op, let operand): return unary(op, operand)
        case .binary(let op, let left, let right): return binary(op, left, right, at: expression.range)
        case .conditional(let test, let first, let second): return conditional(test, first, second)
        case .new(let type, let fields): return new(type, fields)
        case .quantified(let quantifier, let variable, let record, let condition):
            return quantified(quantifier, variable, record, condition)
        case .choose(let first, let last):
            refuseEffect("'choose'", at: expression.range)
            refuseChoiceInSetup(at: expression.range)
            let low = expect(first, .number)
            let high = expect(last, .number)
            let result = body.slot()
            emit(Instruction(.choose, a: result, b: low.code, d: high.code))
            return Operand(code: result, type: low.type)
        case .fault(let name):
            guard let index = faultIndex[name.text] else {
                reportMissing("there is no fault '\(name.text)'", name.text,
                    hint: suggestion(for: name.text, among: faultIndex.keys), at: name.range)
                return Operand(code: 0, type: .mistake)
            }
            return load(.global(slot: program.faults[index].slot, .boolean))
        }
    }

    private mutating func placeValue(_ expression: Expression) -> Operand {
        if case .name("over") = expression.kind, body.variable("over") == nil { return scenarioOver(at: expression.range) }
        guard let place = place(expression) else { return Operand(code: 0, type: .mistake) }
        let value = load(place)
        guard value.type.isValue else {
            report("\(describe(value.type)) is not a value", at: expression.range)
            return Operand(code: 0, type: .mistake)
        }
        return value
    }

    private mutating func unary(_ op: String, _ operand: Expression) -> Operand {
        if op == "-", case .number(let value) = operand.kind {
            return Operand(code: constant(0 &- value), type: .number)
        }
        let value = expect(operand, op == "!" ? .boolean : .number)
        let result = body.slot()
        emit(Instruction(op == "!" ? .not : .negate, a: result, b: value.code))
        return Operand(code: result, type: op == "!" ? .boolean : .number)
    }

    private static let arithmetic: [String: Opcode] = [
        "+": .add, "-": .subtract, "*": .multiply, "/": .divide, "%": .remainder, "&": .and, "|": .or,
        "^": .xor, "<<": .shiftLeft, ">>": .shiftRight,
    ]
    private static let comparisons: [String: (op: Opcode, swapped: Bool)] = [
        "==": (.equal, false), "!=": (.notEqual, false), "<": (.less, false), "<=": (.lessOrEqual, false),
        ">": (.less, true), ">=": (.lessOrEqual, true),
    ]

    private mutating func binary(
        _ op: String, _ left: Expression, _ right: Expression, at range: SourceRange
    ) -> Operand {
        if op == "&&" || op == "||" { return shortCircuit(op, left, right) }
        if let arithmetic = Self.arithmetic[op] {
            return calculate(arithmetic, operand(left, .number), operand(right, .number))
        }
        guard let comparison = Self.comparisons[op], let (first, second) = comparands(op, left, right, at: range) else {
            return Operand(code: 0, type: .mistake)
        }
        let result = body.slot()
        let (a, b) = comparison.swapped ? (second, first) : (first, second)
        emit(Instruction(comparison.op, a: result, b: a.code, c: b.code))
        return Operand(code: result, type: .boolean)
    }

    /// A number that wraps stays one: `seq - 1` is a seq, and is cut to its width.
    mutating func calculate(_ op: Opcode, _ left: Operand, _ right: Operand) -> Operand {
        let result = body.slot()
        let type = left.type == .number ? right.type : left.type
        var wraps = body.isSaying
        if case .integer(let width) = type, width.wraps { wraps = true }
        emit(Instruction(wraps ? op.wrapping : op, a: result, b: left.code, c: right.code))
        if type.sequenceBits != nil { noteCalculation(op, left, right) }
        if case .integer(let width) = type, width.wraps {
            body.retype(result, type)
            emit(Instruction(.wrap, a: result, bits: UInt16(width.bits)))
            return Operand(code: result, type: type, isAdvanced: left.isEpoch && op != .subtract)
        }
        // A sum may be wider than its parts; how it is written stays.
        if case .integer(let width) = type {
            return Operand(
                code: result, type: .integer(IntegerType(bits: 63, isSigned: true, isHex: width.isHex)))
        }
        return Operand(code: result, type: type)
    }

    private mutating func shortCircuit(_ op: String, _ left: Expression, _ right: Expression) -> Operand {
        let result = body.slot()
        let whole = Expression(kind: .binary(op, left, right), range: left.range.joined(right.range))
        emit(Instruction(.move, a: result, b: constant(0)))
        let exits = emitJumps(whole, when: false)
        emit(Instruction(.move, a: result, b: constant(1)))
        patch(exits, to: here)
        return Operand(code: result, type: .boolean)
    }

    private mutating func conditional(_ test: Expression, _ first: Expression, _ second: Expression) -> Operand {
        let result = body.slot()
        let toSecond = emitJumps(test, when: false)
        let one = perhaps { $0.definite(first) }
        emit(Instruction(.move, a: result, b: one.code))
        let toEnd = emit(Instruction(.jump))
        patch(toSecond, to: here)
        let other = perhaps { $0.definite(second) }
        emit(Instruction(.move, a: result, b: other.code))
        patch([toEnd], to: here)
        guard one.type.accepts(other.type) || other.type.accepts(one.type) else {
            report("the two values of '?' differ: \(describe(one.type)), \(describe(other.type))", at: second.range)
            return Operand(code: result, type: .mistake)
        }
        let type = one.type == .null || one.type == .number ? other.type : one.type
        noteMixture(one, type)
        noteMixture(other, type)
        body.retype(result, type)
        return Operand(code: result, type: type)
    }

    private mutating func new(_ name: TypeName, _ fields: [(Name, Expression)]) -> Operand {
        refuseEffect("'new'", at: name.range)
        guard let record = record(name, driver: body.driver) else { return Operand(code: 0, type: .mistake) }
        // Values first: they must not see the record, and it must not be taken when they can't be had.
        let values = fields.map { ($0.0, definite($0.1)) }
        let result = body.slot()
        emit(Instruction(.new, a: result, c: Int32(record)))
        for ((name, value), field) in zip(values, fields) {
            guard let info = program.records[record].fields.first(where: { $0.name == name.text }) else {
                reportField(name, of: record)
                continue
            }
            guard info.type.isValue else {
                report("\(describe(info.type)) can't be assigned to", at: name.range)
                continue
            }
            let place = Place.field(
                reference: result, base: 0, Place.Field(record: record, offset: info.offset), info.type)
            store(value, to: place, isFirst: true, at: field.1.range)
        }
        touchFresh(record, reference: result)
        return Operand(code: result, type: .reference(record))
    }

    private mutating func quantified(
        _ quantifier: Expression.Quantifier, _ variable: Name, _ name: TypeName, _ condition: Expression
    ) -> Operand {
        guard let record = record(name, driver: body.driver) else { return Operand(code: 0, type: .mistake) }
        reads?.all.insert(record)
        let result = body.slot()
        body.scopes.append([:])
        let locals = body.locals.count
        defer { body.endScope(after: locals) }
        let cursor = body.declare(variable.text, .reference(record))
        emit(Instruction(.move, a: result, b: constant(quantifier == .all ? 1 : 0)))
        emit(Instruction(.move, a: cursor, b: constant(0)))
        let start = here
        emit(Instruction(.nextLive, a: cursor, c: Int32(record)))
        let exit = emit(Instruction(.jumpIfFalse, b: cursor))
        let value = withoutEffect { $0.expect(condition, .boolean) }
        // Every record is asked, also when the answer is known: whether a condition reads through none must not depend on
        // which record lies first.
        let op: Opcode = switch quantifier {
        case .count: .add
        case .exists: .or
        case .all: .and
        }
        emit(Instruction(op, a: result, b: result, c: value.code))
        emit(Instruction(.jump, c: Int32(start)))
        patch([exit], to: here)
        return Operand(code: result, type: quantifier == .count ? .number : .boolean)
    }
}
