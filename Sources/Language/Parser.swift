/// Tokens to syntax. On a mistake it reports, skips to where the next statement or declaration may begin, and
/// goes on.
struct Parser {
    let file: Int
    let source: SourceFile
    private let tokens: [Token]
    private(set) var position = 0
    /// How deep inside of braces and brackets, and of how many parts the expression at hand is by now.
    private var depth = 0
    var parts = 0
    private(set) var mistakes: [(message: String, hint: String?, range: SourceRange)] = []
    var result = FileSyntax()
    /// The driver whose braces we are in.
    var driver: String?

    /// Thrown to unwind to the nearest place where parsing can go on; the mistake is already recorded.
    struct Unwind: Error {}

    /// - Parameter part: the bytes to look at, for an expression inside of a text; nil for all.
    init(_ source: SourceFile, file: Int, part: Range<Int>? = nil, namesInstances: Bool = false) {
        self.file = file
        self.source = source
        var lexer = Lexer(source, file: file, part: part, namesInstances: namesInstances)
        tokens = lexer.tokens()
        mistakes = lexer.mistakes.map { ($0.message, nil, $0.range) }
    }

    // MARK: Tokens

    var token: Token { tokens[position] }
    var previousEnd: Int { position > 0 ? tokens[position - 1].range.end : 0 }

    func token(ahead: Int) -> Token { tokens[min(position + ahead, tokens.count - 1)] }

    var atEnd: Bool { token.kind == .end }

    mutating func advance() {
        if position < tokens.count - 1 { position += 1 }
    }

    func isSymbol(_ text: String) -> Bool { token.kind == .symbol(text) }

    func isWord(_ text: String) -> Bool { token.kind == .name(text) }

    mutating func take(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard isWord(word) else { return false }
        advance()
        return true
    }

    /// The range from a token's start to the last token taken.
    func range(from start: SourceRange) -> SourceRange {
        SourceRange(file: file, start: start.start, end: max(start.end, previousEnd))
    }

    // MARK: Mistakes

    mutating func report(_ message: String, hint: String? = nil, at range: SourceRange) {
        // One mistake a place: what follows from it in the same spot only distracts.
        if mistakes.contains(where: { $0.range.start == range.start }) { return }
        mistakes.append((message, hint, range))
    }

    func describe(_ token: Token) -> String {
        switch token.kind {
        case .name(let text), .symbol(let text): "'\(text)'"
        case .number(let value): "'\(value)'"
        case .text: "a text"
        case .end: "the end of the file"
        }
    }

    /// Everything that nests goes through here: a text, however it was made, must not exhaust the stack.
    mutating func nested<Result>(_ body: (inout Parser) throws(Unwind) -> Result) throws(Unwind) -> Result {
        guard depth < 64 else { throw fail("this is nested too deep", hint: "64 levels are the limit") }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    /// Counts a part of an expression: a long chain is a deep tree.
    mutating func countPart() throws(Unwind) {
        parts += 1
        guard parts <= 256 else { throw fail("this expression has too many parts", hint: "256 are the limit; use 'let'") }
    }

    mutating func fail(_ message: String, hint: String? = nil, at range: SourceRange? = nil) -> Unwind {
        report(message, hint: hint, at: range ?? token.range)
        return Unwind()
    }

    mutating func expect(_ symbol: String, _ context: String) throws(Unwind) {
        guard !take(symbol) else { return }
        throw fail("expected '\(symbol)' \(context), found \(describe(token))")
    }

    mutating func name(_ context: String) throws(Unwind) -> Name {
        guard case .name(let text) = token.kind else {
            throw fail("expected \(context), found \(describe(token))")
        }
        defer { advance() }
        return Name(text: text, range: token.range)
    }

    /// A name in which dashes may stand, as properties and scenarios have: `no-stale-spte`.
    mutating func dashedName(_ context: String) throws(Unwind) -> Name {
        var result = try name(context)
        while isSymbol("-"), token.range.start == result.range.end {
            let next = token(ahead: 1)
            guard next.range.start == token.range.end else { break }
            switch next.kind {
            case .name(let text): result.text += "-" + text
            case .number(let value): result.text += "-\(value)"
            default: return result
            }
            result.range.end = next.range.end
            advance()
            advance()
        }
        return result
    }

    mutating func text(_ context: String) throws(Unwind) -> String {
        guard case .text(let text) = token.kind else {
            throw fail("expected \(context) in quotes, found \(describe(token))")
        }
        advance()
        return text
    }

    mutating func optionalText() -> String? {
        guard case .text(let text) = token.kind, !token.startsLine else { return nil }
        advance()
        return text
    }

    /// After a mistake: on to the start of the next line that is not inside braces opened since.
    mutating func skipToNextLine() {
        var depth = 0
        while !atEnd {
            if depth == 0, token.startsLine || isSymbol("}") { return }
            if isSymbol("{") { depth += 1 }
            if isSymbol("}") { depth -= 1 }
            advance()
        }
    }

    /// Where the braces don't match, if they don't. Told by the indentation, since the place where the parser notices
    /// is often far from where one is missing.
    func unmatchedBrace() -> (message: String, range: SourceRange)? {
        var open: [(range: SourceRange, indentation: Int)] = []
        var suspect: SourceRange?
        var indentation = 0
        for token in tokens {
            if token.startsLine { indentation = source.lineAndColumn(at: token.range.start).column }
            if token.kind == .symbol("{") { open.append((token.range, indentation)) }
            guard token.kind == .symbol("}") else { continue }
            guard let last = open.popLast() else { return ("this '}' closes nothing", token.range) }
            if token.startsLine, indentation < last.indentation, suspect == nil { suspect = last.range }
        }
        return open.first.map { ("this '{' is never closed", suspect ?? $0.range) }
    }

    /// What is wrong, for a reader: while braces don't match, all else may only follow from that.
    func findings() -> [(message: String, hint: String?, range: SourceRange)] {
        guard let brace = unmatchedBrace() else { return mistakes }
        if let first = mistakes.min(by: { $0.range.start < $1.range.start }), first.range.start < brace.range.start {
            return [first]
        }
        return [(brace.message, nil, brace.range)]
    }

    /// `{ … }` around items; a mistake in one item doesn't cost the others.
    mutating func block(_ context: String, _ item: (inout Parser) throws(Unwind) -> Void) throws(Unwind) {
        try nested { (parser: inout Parser) throws(Unwind) in try parser.items(context, item) }
    }

    private mutating func items(_ context: String, _ item: (inout Parser) throws(Unwind) -> Void) throws(Unwind) {
        try expect("{", context)
        while !isSymbol("}") {
            // That it is never closed is told by ``unmatchedBrace()``.
            if atEnd { throw Unwind() }
            if take(";") { continue }
            let before = position
            parts = 0
            do {
                try item(&self)
            } catch {
                // Something must be consumed, or the same mistake would be met for ever.
                if position == before { advance() }
                skipToNextLine()
            }
        }
        advance()
    }
}
