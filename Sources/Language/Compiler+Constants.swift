extension Compiler {
    mutating func declareConstants(_ scenario: ScenarioSyntax?) {
        let known = Set(syntax.flatMap { $0.parameters.map(\.name.text) })
        // A scenario's own go before those of files.
        let settings = [syntax.flatMap(\.settings), scenario?.settings ?? []]
        for settings in settings {
            var set: Set<String> = []
            for (name, _) in settings {
                if !set.insert(name.text).inserted { report("'\(name.text)' is set twice", at: name.range) }
                guard !known.contains(name.text) else { continue }
                reportMissing("there is no parameter '\(name.text)'", name.text,
                    hint: suggestion(for: name.text, among: known), at: name.range)
            }
        }
        for name in options.settings.keys.sorted() where !known.contains(name) {
            let listed = known.sorted().joined(separator: ", ")
            report("there is no parameter '\(name)' to set",
                hint: suggestion(for: name, among: known) ?? "parameters: \(listed)",
                at: SourceRange(file: 0, start: 0, end: 0))
        }
        // A value may be computed from others, wherever they are declared: whatever can be told is, until no more can.
        var pending = syntax.flatMap(\.constants).map { (name: $0.name, value: $0.value, note: String?.none) }
        for parameter in syntax.flatMap(\.parameters) {
            let setting = settings.joined().last { $0.name.text == parameter.name.text }?.value
            pending.append((parameter.name, setting ?? parameter.value, parameter.note))
        }
        while let next = pending.firstIndex(where: { options.settings[$0.name.text] != nil || isKnown($0.value) })
            ?? pending.indices.first
        {
            let (name, expression, note) = pending.remove(at: next)
            waiting = Set(pending.map(\.name.text)).union([name.text])
            let value = options.settings[name.text] ?? constantValue(expression) ?? 0
            define(name, value, .number)
            if let note { program.scenario.parameters.append((name.text, value, note)) }
        }
        waiting = []
        program.scenario.parameters.sort { $0.name < $1.name }
    }

    mutating func define(_ name: Name, _ value: Int64, _ type: ValueType) {
        if ["threads", "draining", "over"].contains(name.text) {
            return report("'\(name.text)' means something already", at: name.range)
        }
        if constants[name.text] != nil { report("'\(name.text)' is declared twice", at: name.range) }
        constants[name.text] = (value, type)
    }

    /// What an expression that is typed later may name.
    mutating func noteConstants() {
        program.namedConstants = constants
        for (name, constant) in constants where constant.type == .number && (1...133).contains(constant.value) {
            // As errno.h names them: an E and capitals.
            guard name.hasPrefix("E"), name.dropFirst().allSatisfy({ $0.isUppercase || $0.isNumber }), name.count > 2 else {
                continue
            }
            program.errorNames[constant.value] = min(name, program.errorNames[constant.value] ?? name)
        }
    }

    /// Whether every name in an expression of constants has its value already.
    private func isKnown(_ expression: Expression) -> Bool {
        switch expression.kind {
        case .name(let name): constants[name] != nil
        case .unary(_, let operand): isKnown(operand)
        case .binary(_, let left, let right): isKnown(left) && isKnown(right)
        case .conditional(let test, let first, let second): isKnown(test) && isKnown(first) && isKnown(second)
        default: true
        }
    }

    /// The value of an expression of numbers, parameters and constants.
    mutating func constantValue(_ expression: Expression) -> Int64? {
        switch expression.kind {
        case .number(let value): return value
        case .boolean(let value): return value ? 1 : 0
        case .name(let name):
            if let constant = constants[name] { return constant.value }
            if waiting.contains(name) {
                report("the value of '\(name)' depends on itself", at: expression.range)
            } else {
                reportMissing("'\(name)' is no constant", name,
                    hint: suggestion(for: name, among: constants.keys), at: expression.range)
            }
            return nil
        case .mistake: return nil
        case .unary("-", let operand): return constantValue(operand).map { 0 &- $0 }
        case .unary("!", let operand): return constantValue(operand).map { $0 == 0 ? 1 : 0 }
        case .binary(let op, let left, let right):
            guard let left = constantValue(left), let right = constantValue(right) else { return nil }
            if let value = Self.fold(op, left, right) { return value }
            report("'\(op)' of these numbers has no value", at: expression.range)
            return nil
        case .conditional(let test, let first, let second):
            guard let test = constantValue(test) else { return nil }
            return constantValue(test != 0 ? first : second)
        default:
            report("a constant is needed here", at: expression.range)
            return nil
        }
    }

    static func fold(_ op: String, _ a: Int64, _ b: Int64) -> Int64? {
        switch op {
        case "+": exact(a.addingReportingOverflow(b))
        case "-": exact(a.subtractingReportingOverflow(b))
        case "*": exact(a.multipliedReportingOverflow(by: b))
        case "/": b == 0 ? nil : exact(a.dividedReportingOverflow(by: b))
        case "%": b == 0 ? nil : a.remainderReportingOverflow(dividingBy: b).partialValue
        case "&": a & b
        case "|": a | b
        case "^": a ^ b
        case "<<": (0..<64).contains(b) && (a << b) >> b == a ? a << b : nil
        case ">>": (0..<64).contains(b) ? a >> b : nil
        case "==": a == b ? 1 : 0
        case "!=": a != b ? 1 : 0
        case "<": a < b ? 1 : 0
        case "<=": a <= b ? 1 : 0
        case ">": a > b ? 1 : 0
        case ">=": a >= b ? 1 : 0
        case "&&": a != 0 && b != 0 ? 1 : 0
        case "||": a != 0 || b != 0 ? 1 : 0
        default: nil
        }
    }

    /// A result that overflows is none.
    private static func exact(_ result: (partialValue: Int64, overflow: Bool)) -> Int64? {
        result.overflow ? nil : result.partialValue
    }

    /// The numbers of a row of threads; nil (reported once) when they can't be told or are too many.
    mutating func rowBounds(_ index: (name: Name, first: Expression, last: Expression)) -> ClosedRange<Int64>? {
        guard let first = constantValue(index.first), let last = constantValue(index.last) else { return nil }
        let (distance, overflows) = last.subtractingReportingOverflow(first)
        guard !overflows, distance < 60 else {
            report("a row has at most 60 threads, not \(first)..\(last)", at: index.first.range.joined(index.last.range))
            return nil
        }
        return first <= last ? first...last : nil
    }

    func threadCount(of scenario: ScenarioSyntax) -> Int {
        // Pools may be sized by `threads` before the rows of threads are known: evaluated on a copy.
        var copy = self
        return scenario.threads.reduce(0) { total, thread in
            guard let index = thread.index else { return total + 1 }
            return total + (copy.rowBounds(index)?.count ?? 0)
        }
    }
}
