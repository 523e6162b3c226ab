/// Finds the values in a TOML text, with their places, so that one can be replaced and everything else stays to the letter:
/// comments, order, keys of others. Values that aren't text, a flag or a whole number are passed over.
struct TOMLScanner {
    enum Value: Equatable {
        case text(String)
        case flag(Bool)
        case number(Int)
        case other
    }

    struct Entry: Equatable {
        /// The table that it is in; empty at the top.
        var table: String
        var key: String
        var value: Value
        /// The value's bytes in the text.
        var place: Range<Int>
        /// 1-based.
        var line: Int
    }

    /// What is wrong, and in which line (1-based).
    struct Mistake: Error, Equatable {
        var line: Int
        var words: String
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private(set) var entries: [Entry] = []
    /// Where the first table begins; the end of the text where there is none.
    private(set) var firstTable: Int

    init(_ text: String) throws(Mistake) {
        bytes = Array(text.utf8)
        firstTable = bytes.count
        var table = ""
        while true {
            skipBlankLines()
            guard let byte = peek() else { return }
            if byte == UInt8(ascii: "[") {
                firstTable = min(firstTable, index)
                table = try header()
            } else {
                try entry(in: table)
            }
            try endOfLine()
        }
    }

    private func peek(_ offset: Int = 0) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }

    private mutating func advance() {
        if bytes[index] == 10 { line += 1 }
        index += 1
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while let byte = peek(), condition(byte) { advance() }
    }

    private mutating func skipBlanks() { skip { $0 == 32 || $0 == 9 } }

    private mutating func skipBlankLines() {
        while let byte = peek() {
            if byte == UInt8(ascii: "#") { skip { $0 != 10 } } else if [32, 9, 10, 13].contains(byte) { advance() } else { return }
        }
    }

    private mutating func endOfLine() throws(Mistake) {
        skipBlanks()
        if peek() == UInt8(ascii: "#") { skip { $0 != 10 } }
        if peek() == 13 { advance() }
        guard let byte = peek() else { return }
        guard byte == 10 else { throw Mistake(line: line, words: "there is more than a value") }
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private mutating func header() throws(Mistake) -> String {
        let start = index
        skip { $0 != 10 && $0 != UInt8(ascii: "]") }
        guard peek() == UInt8(ascii: "]") else { throw Mistake(line: line, words: "a table's name has no ']'") }
        while peek() == UInt8(ascii: "]") { advance() }
        return text(start..<index)
    }

    private mutating func entry(in table: String) throws(Mistake) {
        let start = index
        skip { $0 != UInt8(ascii: "=") && $0 != 10 && $0 != UInt8(ascii: "#") }
        let first = line
        let key = text(start..<index).filter { $0 != " " && $0 != "\t" && $0 != "\r" }
        guard peek() == UInt8(ascii: "="), !key.isEmpty else {
            throw Mistake(line: first, words: "'\(Clipboard.cleaned(String(key.prefix(20))))' is no 'key = value'")
        }
        advance()
        skipBlanks()
        let from = index
        let value = try self.value()
        guard !entries.contains(where: { $0.table == table && $0.key == key }) else {
            throw Mistake(line: first, words: "'\(key)' is set twice")
        }
        entries.append(Entry(table: table, key: key, value: value, place: from..<index, line: first))
    }

    private mutating func value() throws(Mistake) -> Value {
        guard let byte = peek(), byte != 10, byte != UInt8(ascii: "#") else { throw Mistake(line: line, words: "a value is missing") }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return try string(byte)
        case UInt8(ascii: "["), UInt8(ascii: "{"): return try group()
        default:
            let start = index
            skip { ![32, 9, 10, 13, UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}")].contains($0) }
            let word = text(start..<index)
            if word == "true" || word == "false" { return .flag(word == "true") }
            if let number = Int(word.replacing("_", with: "")) { return .number(number) }
            guard word.first.map({ $0.isNumber || "+-.in".contains($0) }) ?? false else {
                throw Mistake(line: line, words: "'\(Clipboard.cleaned(String(word.prefix(20))))' is no value: text goes in quotes")
            }
            return .other
        }
    }

    /// In quotes of either kind, on one line or several.
    private mutating func string(_ quote: UInt8) throws(Mistake) -> Value {
        let first = line
        let isLong = peek(1) == quote && peek(2) == quote
        for _ in 0..<(isLong ? 3 : 1) { advance() }
        var content: [UInt8] = []
        while let byte = peek() {
            if byte == quote, !isLong || (peek(1) == quote && peek(2) == quote) {
                for _ in 0..<(isLong ? 3 : 1) { advance() }
                return .text(String(decoding: content, as: UTF8.self))
            }
            if byte == 10, !isLong { break }
            // What an escape stands for doesn't matter: none of our values has one.
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), peek(1) != nil {
                content.append(byte)
                advance()
            }
            content.append(bytes[index])
            advance()
        }
        throw Mistake(line: first, words: "a text has no end: a quote is missing")
    }

    /// An array or an inline table, with all that is in it.
    private mutating func group() throws(Mistake) -> Value {
        let first = line
        var open = 0
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): open -= 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                _ = try string(byte)
                continue
            case UInt8(ascii: "#"):
                skip { $0 != 10 }
                continue
            default: break
            }
            advance()
            if open == 0 { return .other }
        }
        throw Mistake(line: first, words: "a list has no end: a bracket is missing")
    }
}
