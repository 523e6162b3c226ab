/// One text of models: a file of a user's own, or one of the embedded assets.
public struct SourceFile: Sendable, Equatable {
    /// As it is named in diagnostics and in the code pane: "kernel/interval_notifier".
    public let name: String
    /// The lines, without their ends; line n is `lines[n - 1]`.
    public let lines: [String]
    let bytes: [UInt8]
    private let lineStarts: [Int]

    public init(name: String, text: String) {
        self.name = name
        bytes = Array(text.utf8)
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
        lineStarts = starts
        let content = bytes
        lines = starts.indices.map { index in
            let end = index + 1 < starts.count ? starts[index + 1] - 1 : content.count
            let line = String(decoding: content[starts[index]..<end], as: UTF8.self)
            return line.hasSuffix("\r") ? String(line.dropLast()) : line
        }
    }

    /// The whole text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// A stretch of the text.
    func text(in range: SourceRange) -> String {
        String(decoding: bytes[min(range.start, bytes.count)..<min(max(range.start, range.end), bytes.count)], as: UTF8.self)
    }

    /// The offset at which a line begins.
    func start(ofLine line: Int) -> Int { lineStarts[line - 1] }

    /// 1-based line and column (in characters) of a byte offset.
    func lineAndColumn(at offset: Int) -> (line: Int, column: Int) {
        var low = 0
        var high = lineStarts.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle - 1 }
        }
        let end = min(max(offset, lineStarts[low]), bytes.count)
        let before = String(decoding: bytes[lineStarts[low]..<end], as: UTF8.self)
        return (low + 1, before.count + 1)
    }
}

/// A stretch of one source text: bytes `start ..< end` of file number `file`.
public struct SourceRange: Sendable, Equatable {
    public var file: Int
    public var start: Int
    public var end: Int

    func joined(_ other: SourceRange) -> SourceRange {
        SourceRange(file: file, start: min(start, other.start), end: max(end, other.end))
    }
}

/// One thing that is wrong with a text, said so that it can be mended.
public struct Diagnostic: Error, Sendable, Equatable {
    /// What is wrong, in one sentence without a full stop.
    public let message: String
    /// What would help: the nearest name, what was expected.
    public let hint: String?
    public let file: String
    /// 1-based.
    public let line: Int
    /// 1-based, in characters.
    public let column: Int
    /// The text of the line.
    public let sourceLine: String
    /// How many characters the caret underlines; at least 1.
    public let length: Int

    init(_ message: String, hint: String? = nil, at range: SourceRange, in files: [SourceFile]) {
        self.message = Self.visible(message)
        self.hint = hint.map(Self.visible)
        let source = files[range.file]
        let place = source.lineAndColumn(at: range.start)
        file = source.name
        line = place.line
        column = place.column
        sourceLine = Self.visible(source.lines[place.line - 1])
        let end = source.lineAndColumn(at: max(range.start, range.end))
        let stop = end.line == place.line ? end.column : sourceLine.count + 1
        length = max(1, stop - place.column)
    }

    /// A text of a stranger's must not move the cursor of whoever reads about it.
    private static func visible(_ text: String) -> String {
        String(text.map { $0.isASCII && $0 != "\t" && ($0.asciiValue ?? 32) < 32 || $0 == "\u{7F}" ? "\u{FFFD}" : $0 })
    }

    /// The message with its place, the line and a caret under what is meant: several lines of text.
    public var rendered: String {
        let margin = String(repeating: " ", count: String(line).count)
        // A tab before the caret stays a tab, so that the caret stands under what it means.
        let indent = String(sourceLine.prefix(column - 1).map { $0 == "\t" ? "\t" : " " })
        let caret = "^" + String(repeating: "~", count: length - 1)
        var text = "\(file):\(line):\(column): error: \(message)\n"
        text += " \(line) | \(sourceLine)\n \(margin) | \(indent)\(caret)"
        if let hint { text += "\n \(margin) = \(hint)" }
        return text
    }
}

/// Everything that is wrong with a text, in the order of the text.
public struct DiagnosticList: Error, Sendable {
    public let diagnostics: [Diagnostic]

    /// Every diagnostic rendered, with an empty line between.
    public var rendered: String { diagnostics.map(\.rendered).joined(separator: "\n\n") }
}

/// The candidate nearest to a misspelt name, if one is near enough to be meant.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    var best: (distance: Int, name: String)?
    for candidate in candidates where candidate != name {
        let distance = editDistance(Array(name.lowercased().utf8), Array(candidate.lowercased().utf8))
        let limit = max(1, min(name.utf8.count, candidate.utf8.count) / 3)
        guard distance <= limit else { continue }
        // The alphabet decides between equals, so that a message doesn't depend on the order of a set.
        if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
        best = (distance, candidate)
    }
    return best?.name
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var rows = [[Int](0...b.count)]
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var cost = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), row[j] + 1, rows[i][j + 1] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
            row.append(cost)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
