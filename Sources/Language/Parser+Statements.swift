extension Parser {
    /// Statements that are a word and what it applies to: `lock m.lock`.
    static let prefixStatements: Set<String> = [
        "lock", "unlock", "down_read", "up_read", "down_write", "up_write", "downgrade_write", "wake_all",
        "complete_all", "reinit_completion", "wait_for_completion", "srcu_read_unlock",
        "synchronize_srcu", "freeze", "thaw", "get", "put",
    ]

    private static let keywords = [
        "let", "if", "while", "repeat", "for", "break", "continue", "return", "atomic", "with", "free", "await",
        "holding", "choose", "say", "check", "assert",
    ]

    mutating func statements(_ context: String) throws(Unwind) -> [Statement] {
        var result: [Statement] = []
        try block(context) { (parser: inout Parser) throws(Unwind) in
            let (start, count) = (parser.position, result.count)
            let words = (parser.token, parser.token(ahead: 1))
            do throws(Unwind) {
                result.append(try parser.statement())
                try parser.endOfStatement()
            } catch {
                // The variable stands, so that its uses are no mistakes.
                if let broken = Parser.brokenVariable(words.0, words.1), parser.position > start, result.count == count {
                    result.append(broken)
                }
                throw error
            }
        }
        return result
    }

    private static func brokenVariable(_ word: Token, _ next: Token) -> Statement? {
        guard word.kind == .name("let") || word.kind == .name("var"), case .name(let text) = next.kind else { return nil }
        let value = Expression(kind: .mistake, range: next.range)
        return Statement(kind: .declare(Name(text: text, range: next.range), nil, value), range: next.range)
    }

    private mutating func endOfStatement() throws(Unwind) {
        if take(";") || token.startsLine || isSymbol("}") || atEnd { return }
        throw fail("expected the end of the statement, found \(describe(token))",
            hint: "one statement a line; ';' separates two on one line")
    }

    mutating func statement() throws(Unwind) -> Statement {
        let start = token.range
        guard case .name(let word) = token.kind else {
            throw fail("expected a statement, found \(describe(token))")
        }
        if let kind = try keywordStatement(word, start) { return Statement(kind: kind, range: range(from: start)) }
        return Statement(kind: try simpleStatement(word, start), range: range(from: start))
    }

    /// Statements that begin with a word of the language; nil if `word` is none.
    private mutating func keywordStatement(_ word: String, _ start: SourceRange) throws(Unwind) -> Statement.Kind? {
        switch word {
        case "let", "var": return try declaration()
        case "if": return try branch()
        case "while", "repeat": return try loop()
        case "for": return try counting()
        case "break": advance(); return .exit
        case "continue": advance(); return .next
        case "return":
            advance()
            let ends = token.startsLine || isSymbol("}") || isSymbol(";") || atEnd
            return .giveBack(ends ? nil : try expression())
        case "atomic": advance(); return .atomic(try statements("after 'atomic'"))
        case "with":
            advance()
            guard takeWord("fault") else { throw fail("expected 'fault' and its name after 'with'") }
            let fault = try name("a fault's name")
            return .withFault(fault, try statements("after 'with fault \(fault.text)'"))
        case "free": advance(); return .free(try expression())
        case "await": advance(); return .await(try expression())
        default: return try checkStatement(word)
        }
    }

    private mutating func checkStatement(_ word: String) throws(Unwind) -> Statement.Kind? {
        switch word {
        case "holding":
            advance()
            let lock = try postfix()
            return .holding(lock, try statements("after 'holding' and its lock"))
        case "choose":
            advance()
            var bodies = [try statements("after 'choose'")]
            while takeWord("or") { bodies.append(try statements("after 'or'")) }
            return .choose(bodies)
        case "say":
            advance()
            let kind = try name("an event's kind after 'say'")
            try expect(":", "after the event's kind")
            return .say(kind, try template("what to say"))
        case "check", "assert":
            advance()
            var property: Name?
            if word == "check" {
                property = try dashedName("a property's name after 'check'")
                try expect(":", "after the property's name")
            }
            let condition = try expression()
            let message = try optionalTemplate()
            return .check(property, condition, message)
        default: return nil
        }
    }

    private mutating func declaration() throws(Unwind) -> Statement.Kind {
        advance()
        let variable = try name("a name after 'let'")
        let type = take(":") ? try type() : nil
        try expect("=", "and a value for '\(variable.text)'")
        return .declare(variable, type, try expression())
    }

    private mutating func branch() throws(Unwind) -> Statement.Kind {
        advance()
        let condition = try expression()
        let body = try statements("after the condition of 'if'")
        guard takeWord("else") else { return .branch(condition, body, []) }
        if isWord("if") {
            let next = try nested { (parser: inout Parser) throws(Unwind) in try parser.statement() }
            return .branch(condition, body, [next])
        }
        return .branch(condition, body, try statements("after 'else'"))
    }

    private mutating func loop() throws(Unwind) -> Statement.Kind {
        let isWhile = isWord("while")
        advance()
        let condition = isWhile ? try expression() : nil
        return .loop(condition, try statements(isWhile ? "after the condition of 'while'" : "after 'repeat'"))
    }

    private mutating func counting() throws(Unwind) -> Statement.Kind {
        advance()
        let variable = try name("a name after 'for'")
        guard takeWord("in") else { throw fail("expected 'in' after 'for \(variable.text)'") }
        let first = try expression()
        let last = take("..") ? try expression() : nil
        return .count(variable, first, last, try statements("after the range of 'for'"))
    }

    /// A built-in that stands in front, an assignment, or a call.
    private mutating func simpleStatement(_ word: String, _ start: SourceRange) throws(Unwind) -> Statement.Kind {
        if Self.prefixStatements.contains(word), case .name = token(ahead: 1).kind, !token(ahead: 1).startsLine {
            advance()
            let operand = try postfix()
            return .call(
                Expression(
                    kind: .call(driver: nil, Name(text: word, range: start), [operand]), range: range(from: start)))
        }
        let target = try postfix()
        for op in ["=", "+=", "-=", "|=", "&="] where isSymbol(op) {
            advance()
            return .assign(target, op: op, try expression())
        }
        guard case .call = target.kind else {
            let words = Array(Self.prefixStatements) + Self.keywords
            let near = nearestName(to: word, among: words).map { "did you mean '\($0)'?" }
            throw fail(
                "this is not a statement", hint: near ?? "expected an assignment or a call", at: target.range)
        }
        return .call(target)
    }
}
