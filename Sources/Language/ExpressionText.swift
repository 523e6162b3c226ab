/// An expression of the model's language that somebody typed, read and resolved against a program: what its names mean is
/// known, what they are worth is found in a state.
public struct ResolvedExpression: Sendable {
    /// What it does.
    public indirect enum Kind: Sendable {
        case constant(Int64, ValueType)
        /// A variable of the scenario, or a fault's switch.
        case global(slot: Int, ValueType)
        /// A record by the name that the screen shows, "umem#1": the slot of its header.
        case instance(address: Int, record: Int)
        case thread(Int)
        /// The variable of the so-manieth quantifier around it.
        case bound(Int)
        /// A field; where the record is known beforehand, which one.
        case member(ResolvedExpression, String, FieldInfo?)
        /// The field of the only record of its kind: what the header calls `seq`, `active`, `tree`, `deferred`.
        case only(record: Int, FieldInfo)
        case index(ResolvedExpression, ResolvedExpression)
        case not(ResolvedExpression)
        case negate(ResolvedExpression)
        case binary(Operator, ResolvedExpression, ResolvedExpression)
        case conditional(ResolvedExpression, ResolvedExpression, ResolvedExpression)
        case call(Function, [ResolvedExpression])
        case quantified(Quantifier, record: Int, depth: Int, ResolvedExpression)
    }

    /// Of two values, as they are written.
    public enum Operator: String, Sendable {
        case add = "+", subtract = "-", multiply = "*", divide = "/", remainder = "%", and = "&", or = "|", xor = "^"
        case shiftLeft = "<<", shiftRight = ">>", equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<="
        case greater = ">", greaterOrEqual = ">=", both = "&&", either = "||"
    }

    /// What changes nothing, and so may be asked at any time.
    public enum Function: String, Sendable, CaseIterable {
        case held, odd, count
        case treeFirst = "tree_first", treeNext = "tree_next", inTree = "in_tree", treeEmpty = "tree_empty"
        case listFirst = "list_first", listEmpty = "list_empty", inList = "in_list", refcountRead = "refcount_read"
        case isLocked = "is_locked"

        /// How many values it takes; a range is two.
        var argumentCounts: ClosedRange<Int> {
            switch self {
            case .held, .odd, .treeEmpty, .listFirst, .listEmpty, .refcountRead, .isLocked: 1...1
            case .inTree, .inList: 2...2
            case .treeFirst: 3...3
            case .treeNext: 4...4
            case .count: 1...3
            }
        }

        var usage: String {
            switch self {
            case .count: "count(mm.pte, 0x10..0x1f), or without a range"
            case .isLocked: "is_locked(umem.umem_mutex)"
            default: Builtin.all[rawValue]?.usage ?? rawValue
            }
        }
    }

    /// What is asked of all records of a kind.
    public enum Quantifier: String, Sendable { case exists, all, count }

    /// What it does, its names resolved.
    public let kind: Kind
    /// As it was typed.
    public let text: String
    /// Its type where that doesn't depend on the state: a variable of a thread's is one thing here and another there.
    public let type: ValueType?
}

/// Why an expression has no value.
public struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// It can't be read.
        case syntax
        /// A name means nothing.
        case name
        /// It asks something of a value that it isn't for.
        case type
        /// It would change the state.
        case effect
        /// There is no value in this state: a reference that is none, a record that was freed, an index beyond the table.
        case state
    }

    /// Which sort of mistake it is.
    public var kind: Kind
    /// What is wrong, in a sentence without a full stop.
    public var message: String
    /// What would help.
    public var hint: String?

    /// - Parameters:
    ///   - message: a sentence without a full stop.
    ///   - hint: what would help, where something would.
    public init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    /// What is wrong and what would help, in a line.
    public var description: String { hint.map { "\(message); \($0)" } ?? message }
}

extension ResolvedExpression {
    /// Longer ones are no question of a reader's.
    static let longest = 1_000

    /// Reads an expression and resolves its names.
    /// - Throws: what is wrong with it, with the nearest name that there is.
    public init(_ text: String, in program: Program) throws(EvaluationError) {
        guard text.utf8.count <= Self.longest else {
            throw EvaluationError(.syntax, "this is too long: \(Self.longest) characters are the limit")
        }
        let source = SourceFile(name: "expression", text: text.replacing("\n", with: " "))
        guard source.bytes.contains(where: { $0 > 0x20 }) else { throw EvaluationError(.syntax, "there is nothing to evaluate") }
        var parser = Parser(source, file: 0, namesInstances: true)
        var read: Expression?
        do {
            let expression = try parser.expression()
            if !parser.atEnd { throw parser.fail("expected the end, found \(parser.describe(parser.token))") }
            read = expression
        } catch {}
        if let mistake = parser.mistakes.first {
            throw EvaluationError(
                .syntax, mistake.message.replacing("the end of the file", with: "the end"), hint: mistake.hint)
        }
        guard let read else { throw EvaluationError(.syntax, "this can't be read") }
        var resolver = Resolver(program: program, source: source)
        self = try resolver.resolve(read)
    }
}

/// Gives an expression's names their meaning.
private struct Resolver {
    let program: Program
    let source: SourceFile
    /// Names of quantifiers' variables, outermost first, with their records.
    private var bound: [(name: String, record: Int)] = []

    init(program: Program, source: SourceFile) {
        self.program = program
        self.source = source
    }

    private func text(_ expression: Expression) -> String { source.text(in: expression.range) }

    mutating func resolve(_ expression: Expression) throws(EvaluationError) -> ResolvedExpression {
        let text = text(expression)
        func made(_ kind: ResolvedExpression.Kind, _ type: ValueType?) -> ResolvedExpression {
            ResolvedExpression(kind: kind, text: text, type: type)
        }
        switch expression.kind {
        case .number(let value): return made(.constant(value, .number), .number)
        case .boolean(let value): return made(.constant(value ? 1 : 0, .boolean), .boolean)
        case .none: return made(.constant(0, .null), .null)
        case .name(let name): return try named(name, text)
        case .member(let base, let member): return try self.member(resolve(base), member.text, text)
        case .index(let base, let index):
            let (table, number) = (try resolve(base), try expect(index, .number))
            guard let type = table.type else { return made(.index(table, number), nil) }
            guard case .table(let entry, _) = type else { throw mismatch(table, "a table") }
            return made(.index(table, number), entry)
        case .unary(let op, let operand):
            if op == "!" { return made(.not(try expect(operand, .boolean)), .boolean) }
            return made(.negate(try expect(operand, .number)), .number)
        case .binary(let op, let left, let right): return try binary(op, left, right, text)
        case .conditional(let test, let first, let second):
            let (test, first, second) = (try expect(test, .boolean), try resolve(first), try resolve(second))
            return made(.conditional(test, first, second), first.type == .null ? second.type : first.type)
        case .call(let driver, let name, let arguments): return try call(driver?.text, name.text, arguments, text)
        case .quantified(let quantifier, let variable, let record, let condition):
            return try quantified(quantifier, variable.text, record, condition, text)
        case .fault(let name):
            guard let fault = program.faults.first(where: { $0.name == name.text }) else {
                throw unknown("there is no fault '\(name.text)'", name.text, program.faults.map(\.name))
            }
            return made(.global(slot: fault.slot, .boolean), .boolean)
        case .new: throw EvaluationError(.effect, "'new' makes a record: only what changes nothing can be evaluated")
        case .choose: throw EvaluationError(.effect, "'choose' has no value of its own: the schedule decides")
        case .mistake: throw EvaluationError(.syntax, "this can't be read")
        }
    }

    // MARK: Names

    private func named(_ name: String, _ text: String) throws(EvaluationError) -> ResolvedExpression {
        func made(_ kind: ResolvedExpression.Kind, _ type: ValueType?) -> ResolvedExpression {
            ResolvedExpression(kind: kind, text: text, type: type)
        }
        if let depth = bound.lastIndex(where: { $0.name == name }) {
            return made(.bound(depth), .reference(bound[depth].record))
        }
        if let global = program.globals.first(where: { $0.name == name }) {
            return made(.global(slot: global.slot, global.type), global.type)
        }
        if let constant = program.namedConstants[name] {
            return made(.constant(constant.value, constant.type), constant.type)
        }
        if let (address, record) = try instance(name) {
            return made(.instance(address: address, record: record), .reference(record))
        }
        if let thread = thread(name) { return made(.thread(thread), nil) }
        if let (record, field) = headerWord(name) { return made(.only(record: record, field), field.type) }
        throw unknown("there is nothing called '\(name)' here", name, candidates)
    }

    private var candidates: [String] {
        let records = program.segments.filter { $0.parent == nil }.flatMap { segment in
            (1...max(1, min(segment.count, 64))).map { "\(program.records[segment.record].label)#\($0)" }
        }
        return bound.map(\.name) + program.globals.map(\.name) + program.namedConstants.keys + records
            + program.threads.dropLast().map(\.name) + Array(Self.headerWords.keys)
    }

    /// "umem#1", and "umem1" where nothing else is called so.
    private func instance(_ name: String) throws(EvaluationError) -> (address: Int, record: Int)? {
        let label: Substring
        let digits: Substring
        if let sign = name.firstIndex(of: "#") {
            (label, digits) = (name[..<sign], name[name.index(after: sign)...])
        } else {
            digits = name[name.index(name.endIndex, offsetBy: -name.reversed().prefix { $0.isNumber }.count)...]
            label = name[..<digits.startIndex]
        }
        guard !digits.isEmpty else { return nil }
        let pools = program.segments.filter { $0.parent == nil && program.records[$0.record].label == label }
        guard let pool = pools.first else {
            guard name.contains("#") else { return nil }
            let labels = program.segments.filter { $0.parent == nil }.map { program.records[$0.record].label }
            throw unknown("no record is called '\(label)'", String(label), labels)
        }
        guard let number = Int(digits), (1...pool.count).contains(number) else {
            throw EvaluationError(.name, "there is no \(name)", hint: "\(label)#1 to \(label)#\(pool.count) there can be")
        }
        return (pool.base + (number - 1) * pool.stride, pool.record)
    }

    /// By its name or its label: "device", "T1".
    private func thread(_ name: String) -> Int? {
        let threads = program.threads.dropLast()
        if let thread = threads.firstIndex(where: { $0.name == name }) { return thread }
        guard name.hasPrefix("T"), let number = Int(name.dropFirst()), threads.indices.contains(number) else { return nil }
        return number
    }

    /// The words of the header for what the one mm's subscriptions hold.
    private static let headerWords = [
        "seq": "invalidate_seq", "active": "active_invalidate_ranges", "tree": "itree", "deferred": "deferred_list",
    ]

    private func headerWord(_ name: String) -> (record: Int, FieldInfo)? {
        let field = Self.headerWords[name] ?? name
        guard let record = program.records.firstIndex(where: { $0.name == "Subscriptions" && $0.driver == nil }),
            let info = program.records[record].fields.first(where: { $0.name == field })
        else { return nil }
        return (record, info)
    }

    // MARK: Parts

    private func member(_ base: ResolvedExpression, _ name: String, _ text: String) throws(EvaluationError) -> ResolvedExpression {
        if case .thread = base.kind {
            let isWord = ThreadWord(rawValue: name) != nil
            let isLocal = program.functions.contains { $0.locals.contains { $0.name == name } }
            guard isWord || isLocal else {
                let names = ThreadWord.allCases.map(\.rawValue) + program.functions.flatMap { $0.locals.map(\.name) }
                throw unknown("no function has a variable '\(name)'", name, names)
            }
            return ResolvedExpression(kind: .member(base, name, nil), text: text, type: isWord ? .boolean : nil)
        }
        guard let type = base.type else { return ResolvedExpression(kind: .member(base, name, nil), text: text, type: nil) }
        guard let record = type.record else { throw mismatch(base, "a record") }
        let field = try program.field(name, of: record)
        return ResolvedExpression(kind: .member(base, name, field), text: text, type: field.type)
    }

    private mutating func expect(_ expression: Expression, _ wanted: ValueType) throws(EvaluationError) -> ResolvedExpression {
        let value = try resolve(expression)
        guard let type = value.type else { return value }
        let isFine = wanted.accepts(type) || wanted == .number && type == .referenceCount
        guard isFine else { throw mismatch(value, wanted == .boolean ? "a condition" : "a number") }
        return value
    }

    private mutating func binary(
        _ op: String, _ left: Expression, _ right: Expression, _ text: String
    ) throws(EvaluationError) -> ResolvedExpression {
        guard let kind = ResolvedExpression.Operator(rawValue: op) else {
            throw EvaluationError(.syntax, "'\(op)' means nothing here")
        }
        func made(_ left: ResolvedExpression, _ right: ResolvedExpression, _ type: ValueType?) -> ResolvedExpression {
            ResolvedExpression(kind: .binary(kind, left, right), text: text, type: type)
        }
        switch kind {
        case .both, .either: return made(try expect(left, .boolean), try expect(right, .boolean), .boolean)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            return made(try expect(left, .number), try expect(right, .number), .boolean)
        case .equal, .notEqual:
            let (left, right) = (try resolve(left), try resolve(right))
            if let one = left.type, let other = right.type, !one.isComparable(to: other) {
                throw EvaluationError(
                    .type, "\(program.describe(one)) '\(left.text)' can't be compared with \(program.describe(other)) '\(right.text)'")
            }
            return made(left, right, .boolean)
        default:
            let (left, right) = (try expect(left, .number), try expect(right, .number))
            return made(left, right, left.type == .number ? right.type : left.type)
        }
    }

    private mutating func call(
        _ driver: String?, _ name: String, _ arguments: [Expression], _ text: String
    ) throws(EvaluationError) -> ResolvedExpression {
        let written = driver.map { "\($0).\(name)" } ?? name
        guard driver == nil, let function = ResolvedExpression.Function(rawValue: name) else {
            let known = ResolvedExpression.Function.allCases.map(\.rawValue)
            if Builtin.all[name] != nil || program.functions.contains(where: { $0.qualifiedName == written || $0.name == name }) {
                throw EvaluationError(
                    .effect, "'\(written)' takes steps: only what changes nothing can be evaluated",
                    hint: "there are \(known.joined(separator: ", "))")
            }
            throw unknown("there is no function '\(written)'", name, known)
        }
        guard function.argumentCounts.contains(arguments.count), function != .count || arguments.count != 2 else {
            throw EvaluationError(.type, "'\(name)' can't take \(arguments.count) value\(arguments.count == 1 ? "" : "s")", hint: function.usage)
        }
        var values: [ResolvedExpression] = []
        for argument in arguments { values.append(try resolve(argument)) }
        return ResolvedExpression(kind: .call(function, values), text: text, type: try result(of: function, values))
    }

    /// Refuses what it can't be asked of, as far as that can be told beforehand.
    private func result(
        of function: ResolvedExpression.Function, _ values: [ResolvedExpression]
    ) throws(EvaluationError) -> ValueType? {
        let type = values[0].type
        switch function {
        case .held, .isLocked:
            if let type, ![.spinlock, .mutex, .pageLock, .semaphore].contains(type) { throw mismatch(values[0], "a lock") }
            return .boolean
        case .odd: return .boolean
        case .refcountRead: return .number
        case .count: return .number
        case .treeEmpty, .inTree, .treeFirst, .treeNext:
            guard let type else { return nil }
            guard case .intervalSet(let record) = type else { throw mismatch(values[0], "an interval set") }
            return function == .treeFirst || function == .treeNext ? .reference(record) : .boolean
        case .listEmpty, .inList, .listFirst:
            guard let type else { return nil }
            guard case .list(let record) = type else { throw mismatch(values[0], "a list") }
            return function == .listFirst ? .reference(record) : .boolean
        }
    }

    private mutating func quantified(
        _ quantifier: Expression.Quantifier, _ variable: String, _ name: TypeName, _ condition: Expression, _ text: String
    ) throws(EvaluationError) -> ResolvedExpression {
        let candidates = program.records.indices.filter {
            program.records[$0].name == name.name.text && (name.driver == nil || program.records[$0].driver == name.driver?.text)
        }
        guard let record = candidates.first(where: { program.records[$0].driver == nil }) ?? candidates.first else {
            throw unknown("there is no record '\(name.name.text)'", name.name.text, program.records.map(\.name))
        }
        let depth = bound.count
        bound.append((variable, record))
        let inner = try expect(condition, .boolean)
        bound.removeLast()
        let kind = ResolvedExpression.Quantifier(rawValue: quantifier.rawValue) ?? .exists
        return ResolvedExpression(
            kind: .quantified(kind, record: record, depth: depth, inner), text: text,
            type: kind == .count ? .number : .boolean)
    }

    // MARK: Mistakes

    private func unknown(_ message: String, _ name: String, _ names: [String]) -> EvaluationError {
        EvaluationError(.name, message, hint: program.hint(for: name, among: names))
    }

    private func mismatch(_ value: ResolvedExpression, _ wanted: String) -> EvaluationError {
        EvaluationError(.type, "'\(value.text)' is \(value.type.map { program.describe($0) } ?? "something else"), not \(wanted)")
    }
}

/// What can be asked of a thread beside its variables.
public enum ThreadWord: String, Sendable, CaseIterable {
    case ready, asleep, blocked, finished
}

extension ValueType {
    /// The record that it leads to or is.
    public var record: Int? {
        switch self {
        case .reference(let record), .embedded(let record): record
        default: nil
        }
    }

    /// Whether two values can be the same.
    public func isComparable(to other: ValueType) -> Bool {
        func value(_ type: ValueType) -> ValueType {
            switch type {
            case .embedded(let record): .reference(record)
            case .referenceCount: .number
            default: type
            }
        }
        let (one, other) = (value(self), value(other))
        return one.isValue && other.isValue && (one.accepts(other) || other.accepts(one))
    }
}

extension Program {
    /// A field by its name, or by a name that only one field ends in or that ends in it: `seq` for `invalidate_seq`,
    /// `notifier_subscriptions` for `subscriptions`.
    public func field(_ name: String, of record: Int) throws(EvaluationError) -> FieldInfo {
        let fields = records[record].fields
        if let exact = fields.first(where: { $0.name == name }) { return exact }
        let near = fields.filter { $0.name.hasSuffix("_\(name)") || name.hasSuffix("_\($0.name)") }
        if near.count == 1 { return near[0] }
        let names = fields.map(\.name)
        throw EvaluationError(
            .name, "the record \(records[record].name) has no field '\(name)'",
            hint: hint(for: name, among: names) ?? "it has \(names.joined(separator: ", "))")
    }

    /// "did you mean 'invalidate_seq'?"
    func hint(for name: String, among names: [String]) -> String? {
        let containing = names.filter { $0.lowercased().contains(name.lowercased()) }.sorted()
        // Of a long name people keep a word: `seq`, or `sec`.
        let word = nearestName(to: name, among: names.flatMap { $0.split(separator: "_").map(String.init) })
        let worded = word.flatMap { word in names.sorted().first { $0.split(separator: "_").contains(Substring(word)) } }
        let best = nearestName(to: name, among: names) ?? (name.count > 2 ? containing.first ?? worded : nil)
        return best.map { "did you mean '\($0)'?" }
    }

    /// A type in words: "a lock", "a reference to Page".
    public func describe(_ type: ValueType) -> String {
        switch type {
        case .integer: "a number"
        case .boolean: "a condition"
        case .enumeration(let index): "a case of \(enumerations[index].name)"
        case .reference(let record): "a reference to \(records[record].name)"
        case .embedded(let record): "a record \(records[record].name)"
        case .null: "none"
        case .spinlock, .mutex, .pageLock, .semaphore: "a lock"
        case .waitQueue: "a wait queue"
        case .completion: "a completion"
        case .srcu: "an SRCU domain"
        case .referenceCount: "a reference count"
        case .intervalSet: "an interval set"
        case .list: "a list"
        case .table: "a table"
        case .void, .mistake: "nothing"
        }
    }
}
