extension Parser {
    private static let precedence: [[String]] = [
        ["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">="], ["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"],
        ["*", "/", "%"],
    ]

    /// Functions that are written in front of what they apply to: `trylock m.lock`.
    static let prefixFunctions: Set<String> = [
        "trylock", "down_read_trylock", "down_write_trylock", "held", "odd",
    ]

    mutating func expression() throws(Unwind) -> Expression {
        let condition = try binary(level: 0)
        guard isSymbol("?"), !token.startsLine else { return condition }
        advance()
        let first = try expression()
        try expect(":", "between the two values of '?'")
        let second = try expression()
        return Expression(
            kind: .conditional(condition, first, second), range: condition.range.joined(second.range))
    }

    private mutating func binary(level: Int) throws(Unwind) -> Expression {
        guard level < Self.precedence.count else { return try unary() }
        var left = try binary(level: level + 1)
        while case .symbol(let op) = token.kind, Self.precedence[level].contains(op), !token.startsLine {
            advance()
            let right = try binary(level: level + 1)
            left = Expression(kind: .binary(op, left, right), range: left.range.joined(right.range))
        }
        return left
    }

    private mutating func unary() throws(Unwind) -> Expression {
        let start = token.range
        for op in ["!", "-"] where isSymbol(op) {
            advance()
            let operand = try unary()
            return Expression(kind: .unary(op, operand), range: start.joined(operand.range))
        }
        return try postfix()
    }

    mutating func postfix() throws(Unwind) -> Expression {
        var value = try primary()
        while !token.startsLine {
            if take(".") {
                let member = try name("a field's name after '.'")
                if isSymbol("("), !token.startsLine, case .name(let driver) = value.kind {
                    value = try call(driver: Name(text: driver, range: value.range), member)
                } else {
                    value = Expression(kind: .member(value, member), range: value.range.joined(member.range))
                }
            } else if take("[") {
                let index = try expression()
                try expect("]", "after an index")
                value = Expression(kind: .index(value, index), range: range(from: value.range))
            } else {
                break
            }
        }
        return value
    }

    mutating func call(driver: Name?, _ callee: Name) throws(Unwind) -> Expression {
        try expect("(", "before arguments")
        var arguments: [Expression] = []
        while !isSymbol(")") {
            arguments.append(try expression())
            // A range among the arguments is its two ends.
            if take("..") { arguments.append(try expression()) }
            if !take(",") { break }
        }
        try expect(")", "after the arguments of '\(callee.text)'")
        return Expression(
            kind: .call(driver: driver, callee, arguments), range: range(from: driver?.range ?? callee.range))
    }

    private mutating func primary() throws(Unwind) -> Expression {
        let start = token.range
        switch token.kind {
        case .number(let value):
            advance()
            return Expression(kind: .number(value), range: start)
        case .symbol("("):
            advance()
            let inner = try expression()
            try expect(")", "to close the bracket")
            return inner
        case .name(let word):
            return try named(word, start)
        default:
            throw fail("expected a value, found \(describe(token))")
        }
    }

    private mutating func named(_ word: String, _ start: SourceRange) throws(Unwind) -> Expression {
        advance()
        switch word {
        case "true", "false": return Expression(kind: .boolean(word == "true"), range: start)
        case "none": return Expression(kind: .none, range: start)
        case "new": return try new(start)
        case "choose":
            let first = try expression()
            try expect("..", "between the ends of what to choose from")
            let last = try expression()
            return Expression(kind: .choose(first, last), range: range(from: start))
        case "fault":
            try expect("(", "before the fault's name")
            let fault = try name("a fault's name")
            try expect(")", "after the fault's name")
            return Expression(kind: .fault(fault), range: range(from: start))
        case "exists", "all", "count":
            if isSymbol("(") { break }
            return try quantified(word, start)
        case _ where Self.prefixFunctions.contains(word) && !isSymbol("("):
            let operand = try postfix()
            return Expression(
                kind: .call(driver: nil, Name(text: word, range: start), [operand]), range: range(from: start))
        default: break
        }
        if isSymbol("("), !token.startsLine { return try call(driver: nil, Name(text: word, range: start)) }
        return Expression(kind: .name(word), range: start)
    }

    private mutating func new(_ start: SourceRange) throws(Unwind) -> Expression {
        let type = try typeName()
        var fields: [(Name, Expression)] = []
        if isSymbol("{"), !token.startsLine {
            advance()
            while !isSymbol("}") {
                let field = try name("a field's name")
                try expect(":", "after the field '\(field.text)'")
                fields.append((field, try expression()))
                if !take(",") { break }
            }
            try expect("}", "after the fields")
        }
        return Expression(kind: .new(type, fields), range: range(from: start))
    }

    private mutating func quantified(_ word: String, _ start: SourceRange) throws(Unwind) -> Expression {
        let variable = try name("a name after '\(word)'")
        guard takeWord("in") else { throw fail("expected 'in' after '\(word) \(variable.text)'") }
        let record = try typeName()
        try expect(":", "before the condition")
        let condition = try expression()
        let quantifier = Expression.Quantifier(rawValue: word) ?? .exists
        return Expression(
            kind: .quantified(quantifier, variable: variable, record: record, condition),
            range: range(from: start))
    }

    // MARK: Types and sentences

    mutating func typeName() throws(Unwind) -> TypeName {
        let first = try name("a type")
        guard isSymbol("."), !token.startsLine else { return TypeName(driver: nil, name: first) }
        advance()
        return TypeName(driver: first, name: try name("a type after '.'"))
    }

    mutating func type() throws(Unwind) -> TypeSyntax {
        let start = token.range
        let kind: TypeSyntax.Kind
        if takeWord("ref") {
            kind = .reference(try typeName())
        } else if takeWord("wrapping") {
            kind = .wrapping(try postfix())
        } else if takeWord("hex") {
            kind = .hex(try type())
        } else if isWord("interval_set") || isWord("list") {
            let collection = isWord("list") ? "list" : "interval_set"
            advance()
            guard takeWord("of") else { throw fail("expected 'of' and a record after '\(collection)'") }
            kind = .collection(collection, try typeName())
        } else {
            kind = .named(try typeName())
        }
        let element = TypeSyntax(kind: kind, range: range(from: start))
        guard isSymbol("["), !token.startsLine else { return element }
        advance()
        let count = try expression()
        try expect("]", "after the table's size")
        return TypeSyntax(kind: .array(element, count: count), range: range(from: start))
    }

    /// What a check means when it fails: said, or left to its name.
    mutating func optionalTemplate() throws(Unwind) -> Template {
        guard case .text = token.kind else { return Template(parts: []) }
        return try template("what it means when it fails")
    }

    /// A quoted sentence, its `{…}` parsed as expressions.
    mutating func template(_ context: String) throws(Unwind) -> Template {
        let place = token.range
        let sentence = try text(context)
        var parts: [Template.Part] = []
        var rest = Substring(sentence)
        while let open = rest.firstIndex(of: "{") {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            guard let close = rest[open...].firstIndex(of: "}") else {
                throw fail("this text has a '{' without its '}'", at: place)
            }
            let inner = String(rest[rest.index(after: open)..<close])
            // The inner text is parsed on its own; its places are those of the whole sentence.
            var parser = Parser(SourceFile(name: "", text: inner), file: file)
            do {
                let value = try parser.expression()
                guard parser.atEnd, parser.mistakes.isEmpty else { throw Unwind() }
                parts.append(.value(relocated(value, to: place)))
            } catch {
                throw fail("'{\(inner)}' in this text is not an expression", at: place)
            }
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        return Template(parts: parts)
    }

    private func relocated(_ expression: Expression, to range: SourceRange) -> Expression {
        func move(_ name: Name) -> Name { Name(text: name.text, range: range) }
        func move(_ inner: Expression) -> Expression { relocated(inner, to: range) }
        let kind: Expression.Kind =
            switch expression.kind {
            case .number, .boolean, .none, .name: expression.kind
            case .member(let base, let member): .member(move(base), move(member))
            case .index(let base, let index): .index(move(base), move(index))
            case .call(let driver, let callee, let arguments):
                .call(driver: driver.map(move), move(callee), arguments.map(move))
            case .unary(let op, let operand): .unary(op, move(operand))
            case .binary(let op, let left, let right): .binary(op, move(left), move(right))
            case .conditional(let test, let first, let second): .conditional(move(test), move(first), move(second))
            case .new(let type, let fields): .new(type, fields.map { (move($0.0), move($0.1)) })
            case .quantified(let quantifier, let variable, let record, let condition):
                .quantified(quantifier, variable: move(variable), record: record, move(condition))
            case .choose(let first, let last): .choose(move(first), move(last))
            case .fault(let name): .fault(move(name))
            }
        return Expression(kind: kind, range: range)
    }
}
