import IntervalTree
import Language

/// Evaluates expressions of the model's language in a state, without running or changing anything.
///
///     let seq = try Evaluator(program).value(of: "mm.subscriptions.invalidate_seq", in: machine)
///
/// Beside what a model may name, a reader's expression may name records as the screen does (`umem#1.notifier.start`), what
/// the header shows (`seq`, `active`, `tree`, `deferred`), and threads (`T1.asleep`, `T1.ret`: the innermost variable of that
/// name).
public struct Evaluator: Sendable {
    public let program: Program

    public init(_ program: Program) { self.program = program }

    /// Reads an expression once, to be evaluated often: at each step, for a breakpoint or a watch.
    /// - Throws: what is wrong with it in any state: an unknown name (with the nearest), something of the wrong type.
    public func expression(_ text: String) throws(EvaluationError) -> PreparedExpression {
        PreparedExpression(resolved: try ResolvedExpression(text, in: program))
    }

    /// The value of an expression in a machine's present state.
    /// - Throws: ``EvaluationError``: also where there is no value in this state (a reference that is none, a freed record).
    public func value(of text: String, in machine: Machine) throws(EvaluationError) -> EvaluatedValue {
        try expression(text).value(in: machine)
    }
}

/// An expression that was read already.
public struct PreparedExpression: Sendable {
    let resolved: ResolvedExpression

    /// Its value in a machine's present state; the machine runs the program that the expression was read for.
    public func value(in machine: Machine) throws(EvaluationError) -> EvaluatedValue {
        let item = try Evaluation(machine: machine).item(resolved, [])
        return EvaluatedValue(
            text: Evaluation(machine: machine).text(of: item), number: item.number(in: machine), type: item.valueType)
    }

    /// Whether it holds now; false also where it has no value in this state.
    public func isTrue(in machine: Machine) -> Bool {
        guard let item = try? Evaluation(machine: machine).item(resolved, []) else { return false }
        return item.number(in: machine).map { $0 != 0 } ?? false
    }
}

/// What an expression is worth.
public struct EvaluatedValue: Sendable, Equatable {
    /// In words: references and cases by name, addresses in hexadecimal, locks by their holders.
    public var text: String
    /// The value as the state holds it; `nil` for what is none (a thread, a set).
    public var number: Int64?
    /// Its type; `nil` for a thread.
    public var type: ValueType?

    /// A condition that holds, a number other than 0, a reference to something.
    public var isTrue: Bool { number.map { $0 != 0 } ?? false }
}

/// One evaluation in one state.
struct Evaluation {
    /// What an expression comes to.
    enum Item {
        case value(Int64, ValueType)
        /// A place that holds no value: a lock, a set, a table.
        case place(Int, ValueType)
        case thread(Int)

        var valueType: ValueType? {
            switch self {
            case .value(_, let type), .place(_, let type): type
            case .thread: nil
            }
        }

        func number(in machine: Machine) -> Int64? {
            switch self {
            case .value(let value, _): value
            case .place(let slot, .referenceCount), .place(let slot, .completion): machine.slot(slot)
            case .place, .thread: nil
            }
        }
    }

    let machine: Machine
    var program: Program { machine.program }

    // MARK: Walking

    /// - Parameter bound: the records that the quantifiers around it are at, outermost first.
    func item(_ expression: ResolvedExpression, _ bound: [Int64]) throws(EvaluationError) -> Item {
        switch expression.kind {
        case .constant(let value, let type): return .value(value, type)
        case .global(let slot, let type): return .value(machine.slot(slot), type)
        case .instance(let address, let record): return try live(address, record, expression.text)
        case .thread(let thread): return .thread(thread)
        case .bound(let depth): return .value(bound[depth], expression.type ?? .null)
        case .only(let record, let field): return place(of: field, at: try only(record, field.name), record)
        case .member(let base, let name, let field): return try member(try item(base, bound), base, name, field)
        case .index(let table, let index): return try element(table, index, bound)
        case .not(let operand): return .value(try condition(operand, bound) ? 0 : 1, .boolean)
        case .negate(let operand): return .value(0 &- (try number(operand, bound)).value, .number)
        case .binary(let op, let left, let right): return try binary(op, left, right, bound)
        case .conditional(let test, let first, let second):
            return try item(try condition(test, bound) ? first : second, bound)
        case .call(let function, let arguments): return try call(function, arguments, bound)
        case .quantified(let quantifier, let record, _, let condition):
            return try quantified(quantifier, record, condition, bound)
        }
    }

    private func condition(_ expression: ResolvedExpression, _ bound: [Int64]) throws(EvaluationError) -> Bool {
        guard case .value(let value, .boolean) = try item(expression, bound) else {
            throw EvaluationError(.type, "'\(expression.text)' is not a condition")
        }
        return value != 0
    }

    private func number(
        _ expression: ResolvedExpression, _ bound: [Int64]
    ) throws(EvaluationError) -> (value: Int64, type: ValueType) {
        switch try item(expression, bound) {
        case .value(let value, .integer(let width)): return (value, .integer(width))
        case .place(let slot, .referenceCount): return (machine.slot(slot), .number)
        default: throw EvaluationError(.type, "'\(expression.text)' is not a number")
        }
    }

    // MARK: Places

    private func live(_ address: Int, _ record: Int, _ text: String) throws(EvaluationError) -> Item {
        let header = machine.slot(address)
        guard Header.isLive(header) else {
            let isNew = Header.generation(header) == Reference.firstGeneration
            throw EvaluationError(.state, isNew ? "\(text) has not been made yet" : "\(text) has been freed")
        }
        return .value(Reference(generation: Header.generation(header), address: address).bits, .reference(record))
    }

    private func only(_ record: Int, _ field: String) throws(EvaluationError) -> Int {
        let all = machine.liveRecords(record)
        let name = program.records[record].name
        guard let first = all.first else { throw EvaluationError(.state, "there is no \(name) yet") }
        guard all.count == 1 else {
            throw EvaluationError(
                .name, "there are \(all.count) \(name)", hint: "say which: \(machine.name(ofRecordAt: first)).\(field)")
        }
        return first
    }

    /// A field's value, or its place where it holds none; a record inside of another is a reference to itself.
    private func place(of field: FieldInfo, at address: Int, _ record: Int) -> Item {
        let slot = address + field.offset
        switch field.type {
        case .embedded(let inner):
            return .value(Reference(generation: Header.generation(machine.slot(slot)), address: slot).bits, .reference(inner))
        case .integer, .boolean, .enumeration, .reference, .null: return .value(machine.slot(slot), field.type)
        default: return .place(slot, field.type)
        }
    }

    private func member(
        _ base: Item, _ written: ResolvedExpression, _ name: String, _ known: FieldInfo?
    ) throws(EvaluationError) -> Item {
        switch base {
        case .thread(let thread): return try local(name, of: thread)
        case .value(let bits, .reference(let record)):
            let reference = Reference(bits: bits)
            guard !reference.isNone else { throw EvaluationError(.state, "'\(written.text)' is none: it has no \(name)") }
            guard machine.isLive(reference) else {
                throw EvaluationError(.state, "'\(written.text)' leads to \(machine.name(of: reference)), which has been freed")
            }
            let field = if let known { known } else { try program.field(name, of: record) }
            return place(of: field, at: reference.address, record)
        case .value(_, .null): throw EvaluationError(.state, "'\(written.text)' is none: it has no \(name)")
        default: throw EvaluationError(.type, "'\(written.text)' has no fields")
        }
    }

    /// A word about a thread, or the innermost variable of that name of the functions that it is in.
    private func local(_ name: String, of thread: Int) throws(EvaluationError) -> Item {
        if let word = ThreadWord(rawValue: name) { return .value(isSo(word, thread) ? 1 : 0, .boolean) }
        let stack = machine.callStack(of: thread)
        for frame in stack {
            // Of two of the same name in one function the later hides the other.
            let function = program.functions[frame.function]
            guard let local = function.locals.last(where: { $0.name == name && hasValue($0, frame.function, thread) }) else {
                continue
            }
            return .value(machine.value(of: local, thread: thread), local.type)
        }
        let who = "T\(thread) \(program.threads[thread].name)"
        if stack.isEmpty { throw EvaluationError(.state, "\(who) has finished: it has no '\(name)'") }
        let names = stack.flatMap { frame in
            program.functions[frame.function].locals.filter { hasValue($0, frame.function, thread) }.map(\.name)
        }
        throw EvaluationError(
            .state, "\(who) has no '\(name)' where it is",
            hint: names.isEmpty ? nil : "it has \(names.joined(separator: ", "))")
    }

    /// Whether a variable has been given its value, and still is of use, where a thread stands: its slot is others' before
    /// that, and may be behind it. Parameters have theirs always.
    private func hasValue(_ local: LocalInfo, _ function: Int, _ thread: Int) -> Bool {
        let info = program.functions[function]
        if info.locals.prefix(info.parameterCount).contains(where: { $0.slot == local.slot && $0.name == local.name }) { return true }
        guard let pc = machine.place(of: thread, in: function), program.frameLayoutIndex.indices.contains(pc),
            program.frameLayoutIndex[pc] >= 0
        else { return false }
        let layout = program.frameLayouts[Int(program.frameLayoutIndex[pc])]
        let slot = Int32(local.slot)
        return layout.plain.contains(slot) || layout.sequences.contains { $0.slot == slot }
    }

    private func isSo(_ word: ThreadWord, _ thread: Int) -> Bool {
        switch (machine.standing(of: thread), word) {
        case (.finished, .finished), (.ready, .ready): true
        case (.blocked(let blockage), .asleep): blockage.cause == .sleep
        case (.blocked(let blockage), .blocked): blockage.cause != .sleep
        default: false
        }
    }

    private func element(
        _ table: ResolvedExpression, _ index: ResolvedExpression, _ bound: [Int64]
    ) throws(EvaluationError) -> Item {
        guard case .place(let slot, .table(let type, let count)) = try item(table, bound) else {
            throw EvaluationError(.type, "'\(table.text)' has no entries")
        }
        let number = try number(index, bound).value
        guard number >= 0, number < Int64(count) else {
            throw EvaluationError(
                .state, "'\(table.text)' has no entry \(number)", hint: "it has 0 to \(count - 1) (0x\(String(count - 1, radix: 16)))")
        }
        return .value(machine.slot(slot + Int(number)), type)
    }

    // MARK: Operators

    private func binary(
        _ op: ResolvedExpression.Operator, _ left: ResolvedExpression, _ right: ResolvedExpression, _ bound: [Int64]
    ) throws(EvaluationError) -> Item {
        func truth(_ value: Bool) -> Item { .value(value ? 1 : 0, .boolean) }
        switch op {
        case .both: return truth(try condition(left, bound) ? try condition(right, bound) : false)
        case .either: return truth(try condition(left, bound) ? true : try condition(right, bound))
        case .equal: return truth(try areEqual(left, right, bound))
        case .notEqual: return truth(try !areEqual(left, right, bound))
        default: break
        }
        let (a, b) = (try number(left, bound), try number(right, bound))
        switch op {
        case .less: return truth(a.value < b.value)
        case .lessOrEqual: return truth(a.value <= b.value)
        case .greater: return truth(a.value > b.value)
        case .greaterOrEqual: return truth(a.value >= b.value)
        default: break
        }
        guard let value = Self.calculate(op, a.value, b.value) else {
            throw EvaluationError(.state, "'\(right.text)' is 0: '\(op.rawValue)' has no value")
        }
        let type = a.type == .number ? b.type : a.type
        guard case .integer(let width) = type else { return .value(value, type) }
        // A number that wraps stays one; of others a sum may be wider than its parts, and stays written as they are.
        if width.wraps, width.bits < 63 { return .value(value & (1 << Int64(width.bits) - 1), type) }
        return .value(value, width.wraps ? type : .integer(IntegerType(bits: 63, isSigned: true, isHex: width.isHex)))
    }

    private static func calculate(_ op: ResolvedExpression.Operator, _ a: Int64, _ b: Int64) -> Int64? {
        switch op {
        case .add: a &+ b
        case .subtract: a &- b
        case .multiply: a &* b
        case .divide: b == 0 ? nil : a.dividedReportingOverflow(by: b).partialValue
        case .remainder: b == 0 ? nil : a.remainderReportingOverflow(dividingBy: b).partialValue
        case .and: a & b
        case .or: a | b
        case .xor: a ^ b
        case .shiftLeft: a << b
        default: a >> b
        }
    }

    private func areEqual(
        _ left: ResolvedExpression, _ right: ResolvedExpression, _ bound: [Int64]
    ) throws(EvaluationError) -> Bool {
        let (a, b) = (try item(left, bound), try item(right, bound))
        if case .thread(let one) = a, case .thread(let other) = b { return one == other }
        guard let one = a.valueType, let other = b.valueType, one.isComparable(to: other),
            let first = a.number(in: machine), let second = b.number(in: machine)
        else { throw EvaluationError(.type, "'\(left.text)' can't be compared with '\(right.text)'") }
        return first == second
    }

    private func quantified(
        _ quantifier: ResolvedExpression.Quantifier, _ record: Int, _ test: ResolvedExpression, _ bound: [Int64]
    ) throws(EvaluationError) -> Item {
        var count = 0
        let all = machine.liveRecords(record)
        for address in all {
            let bits = Reference(generation: Header.generation(machine.slot(address)), address: address).bits
            guard try condition(test, bound + [bits]) else {
                if quantifier == .all { return .value(0, .boolean) }
                continue
            }
            if quantifier == .exists { return .value(1, .boolean) }
            count += 1
        }
        switch quantifier {
        case .exists: return .value(0, .boolean)
        case .all: return .value(1, .boolean)
        case .count: return .value(Int64(count), .number)
        }
    }
}

extension Machine {
    /// Where a thread goes on in a function that it is in; nil when it is in none of that number.
    func place(of thread: Int, in function: Int) -> Int? {
        let base = block(of: thread)
        let frames = callStack(of: thread)
        guard let depth = frames.firstIndex(where: { $0.function == function }) else { return nil }
        guard depth > 0 else { return Int(state.slots[base]) }
        // The frame that was called keeps where it goes back to.
        let called = program.functions[frames[depth - 1].function]
        return Int(state.slots[base + called.frame.lowerBound])
    }
}
