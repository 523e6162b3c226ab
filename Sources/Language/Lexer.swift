/// A token of the modelling language.
struct Token: Equatable {
    enum Kind: Equatable {
        case name(String)
        case number(Int64)
        /// The characters between the quotes, escapes resolved.
        case text(String)
        /// Punctuation and operators, as written.
        case symbol(String)
        case end
    }

    var kind: Kind
    var range: SourceRange
    /// The first token of its line: it ends the statement before it.
    var startsLine: Bool
}

/// Text to tokens. Anything that is no token is reported and passed over, so that one run finds many mistakes.
struct Lexer {
    private let file: Int
    private let bytes: [UInt8]
    private let limit: Int
    private let namesInstances: Bool
    private var offset: Int
    private var startsLine = true
    private(set) var mistakes: [(message: String, range: SourceRange)] = []

    /// - Parameters:
    ///   - part: the bytes to look at, for an expression inside of a text; nil for all.
    ///   - namesInstances: whether a name may end in "#1", as the screen calls a record.
    init(_ source: SourceFile, file: Int, part: Range<Int>? = nil, namesInstances: Bool = false) {
        self.file = file
        self.namesInstances = namesInstances
        bytes = source.bytes
        offset = part?.lowerBound ?? 0
        limit = part?.upperBound ?? source.bytes.count
    }

    mutating func tokens() -> [Token] {
        var result: [Token] = []
        while true {
            skipBlanksAndComments()
            let start = offset
            guard let kind = nextKind() else {
                if offset >= limit {
                    result.append(Token(kind: .end, range: range(from: offset), startsLine: true))
                    return result
                }
                continue
            }
            result.append(Token(kind: kind, range: range(from: start), startsLine: startsLine))
            startsLine = false
        }
    }

    private func range(from start: Int) -> SourceRange { SourceRange(file: file, start: start, end: offset) }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        offset + ahead < limit ? bytes[offset + ahead] : nil
    }

    private mutating func skipBlanksAndComments() {
        while let byte = peek() {
            if byte == UInt8(ascii: "\n") {
                startsLine = true
                offset += 1
            } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") {
                offset += 1
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
                while let next = peek(), next != UInt8(ascii: "\n") { offset += 1 }
            } else {
                return
            }
        }
    }

    private mutating func nextKind() -> Token.Kind? {
        guard let byte = peek() else { return nil }
        if isNameStart(byte) { return name() }
        if isDigit(byte) { return number() }
        if byte == UInt8(ascii: "\"") { return text() }
        return symbol()
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private func isNameStart(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
    }

    private mutating func word() -> String {
        let start = offset
        while let byte = peek(), isNameStart(byte) || isDigit(byte) { offset += 1 }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func name() -> Token.Kind {
        var text = word()
        if namesInstances, peek() == UInt8(ascii: "#"), let next = peek(1), isDigit(next) {
            offset += 1
            text += "#" + word()
        }
        return .name(text)
    }

    private mutating func number() -> Token.Kind {
        let start = offset
        let digits = word()
        let isHex = digits.hasPrefix("0x")
        if let value = Int64(isHex ? String(digits.dropFirst(2)) : digits, radix: isHex ? 16 : 10) {
            return .number(value)
        }
        mistakes.append(("'\(digits)' is not a number (decimal or 0x hexadecimal, at most 63 bits)", range(from: start)))
        return .number(0)
    }

    private mutating func text() -> Token.Kind {
        let start = offset
        offset += 1
        var content: [UInt8] = []
        while let byte = peek(), byte != UInt8(ascii: "\n") {
            offset += 1
            if byte == UInt8(ascii: "\"") { return .text(String(decoding: content, as: UTF8.self)) }
            if byte == UInt8(ascii: "\\"), let escaped = peek() {
                offset += 1
                content.append(escaped)
            } else {
                content.append(byte)
            }
        }
        mistakes.append(("this text has no closing quote on its line", range(from: start)))
        return .text(String(decoding: content, as: UTF8.self))
    }

    private static let symbols = [
        "->", "..", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>", "+=", "-=", "|=", "&=",
        "{", "}", "(", ")", "[", "]", ",", ";", ":", ".", "=", "<", ">", "+", "-", "*", "/", "%", "!", "&",
        "|", "^", "?",
    ].map { (text: $0, bytes: Array($0.utf8)) }

    private mutating func symbol() -> Token.Kind? {
        for candidate in Self.symbols where bytes[offset..<limit].starts(with: candidate.bytes) {
            offset += candidate.bytes.count
            return .symbol(candidate.text)
        }
        let start = offset
        // A whole character, however many bytes it has.
        offset += 1
        while let byte = peek(), byte & 0xC0 == 0x80 { offset += 1 }
        let character = String(decoding: bytes[start..<offset], as: UTF8.self)
        mistakes.append(("'\(character)' has no meaning here", range(from: start)))
        return nil
    }
}
