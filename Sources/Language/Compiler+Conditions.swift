extension Compiler {
    /// Emits jumps that are taken when a condition comes out as `sense`; otherwise what follows is reached.
    ///
    /// Conditions are most of what runs: they are compiled to jumps, without a truth value in between.
    /// - Returns: the jumps, to be patched.
    mutating func emitJumps(_ expression: Expression, when sense: Bool) -> [Int] {
        switch expression.kind {
        case .unary("!", let operand): return emitJumps(operand, when: !sense)
        case .binary("&&", let left, let right): return emitJumps(left, right, isAnd: true, when: sense)
        case .binary("||", let left, let right): return emitJumps(left, right, isAnd: false, when: sense)
        case .binary(let op, let left, let right) where Self.jumps[op] != nil:
            guard let (first, second) = comparands(op, left, right, at: expression.range) else { return [] }
            return [emitComparison(op, first, second, when: sense)]
        default:
            let value = expect(expression, .boolean)
            return [emit(Instruction(sense ? .jumpIfTrue : .jumpIfFalse, b: value.code))]
        }
    }

    /// `left && right` is false as soon as one is; `left || right` is true as soon as one is.
    private mutating func emitJumps(
        _ left: Expression, _ right: Expression, isAnd: Bool, when sense: Bool
    ) -> [Int] {
        if isAnd != sense {
            return emitJumps(left, when: sense) + perhaps { $0.emitJumps(right, when: sense) }
        }
        let skip = emitJumps(left, when: !sense)
        let jumps = perhaps { $0.emitJumps(right, when: sense) }
        patch(skip, to: here)
        return jumps
    }

    /// Compiles what may be passed over.
    mutating func perhaps<Result>(_ emit: (inout Compiler) -> Result) -> Result {
        body.maybeDepth += 1
        defer { body.maybeDepth -= 1 }
        return emit(&self)
    }

    /// The jump for each comparison, with its operands swapped or not: as it stands, and when it comes out false.
    private static let jumps: [String: (yes: (Opcode, swapped: Bool), no: (Opcode, swapped: Bool))] = [
        "==": ((.jumpIfEqual, false), (.jumpIfNotEqual, false)),
        "!=": ((.jumpIfNotEqual, false), (.jumpIfEqual, false)),
        "<": ((.jumpIfLess, false), (.jumpIfLessOrEqual, true)),
        "<=": ((.jumpIfLessOrEqual, false), (.jumpIfLess, true)),
        ">": ((.jumpIfLess, true), (.jumpIfLessOrEqual, false)),
        ">=": ((.jumpIfLessOrEqual, true), (.jumpIfLess, false)),
    ]

    private mutating func emitComparison(_ op: String, _ first: Operand, _ second: Operand, when sense: Bool) -> Int {
        guard let both = Self.jumps[op] else { return emit(Instruction(.nothing)) }
        let (jump, swapped) = sense ? both.yes : both.no
        return emit(
            Instruction(jump, b: swapped ? second.code : first.code, d: swapped ? first.code : second.code))
    }

    /// The two sides of a comparison, or nil (reported) when they can't be compared.
    mutating func comparands(
        _ op: String, _ left: Expression, _ right: Expression, at range: SourceRange
    ) -> (Operand, Operand)? {
        let first = definite(left)
        let second = definite(right)
        let isOrdered = op == "==" || op == "!=" || Self.hasOrder(first.type) && Self.hasOrder(second.type)
        guard isOrdered, first.type.accepts(second.type) || second.type.accepts(first.type) else {
            report("\(describe(first.type)) and \(describe(second.type)) can't be compared", at: range)
            return nil
        }
        noteComparison(op, first, second)
        return (first, second)
    }

    private static func hasOrder(_ type: ValueType) -> Bool {
        switch type {
        case .integer, .enumeration, .mistake: true
        default: false
        }
    }
}
