import Foundation
import Language

/// Names at the left, text at the right, wrapped under its own column.
struct Page {
    private let width: Int
    private(set) var text = ""

    /// Columns before the text: the longest name of a scenario or a model and two blanks on either side.
    private static let gutter = 32
    /// Columns of a passage's place.
    private static let place = 19

    init(width: Int) { self.width = max(Self.gutter + Self.place + 16, width) }

    /// A heading and its entries; nothing where there are none.
    mutating func section<Item>(
        _ title: String, _ note: String, _ items: [Item], _ body: (Item, inout Page) -> Void
    ) {
        guard !items.isEmpty else { return }
        text += (text.isEmpty ? "" : "\n") + title + (note.isEmpty ? "" : " " + note) + "\n"
        for item in items { body(item, &self) }
    }

    /// A name, and its first paragraph beside it; the others follow below. A name that is too long has lines of its own.
    mutating func entry(_ name: String, _ paragraphs: [String]) {
        let lines = paragraphs.flatMap { Self.wrapped($0, width - Self.gutter) }
        let names = Self.wrapped(name, Self.gutter - 4)
        for row in 0..<max(names.count, lines.count) {
            let left = row < names.count ? "  " + names[row] : ""
            write(left, row < lines.count ? lines[row] : "", Self.gutter)
        }
    }

    /// A line of its own in the column of the text.
    mutating func line(_ words: String) { write("", words, Self.gutter) }

    /// What a scenario is about, what is expected of it, and where it comes from.
    mutating func add(_ scenario: ScenarioOutline) {
        let exceptions = scenario.exceptions.map { "\($0.expectation.text) if \($0.condition)" }
        let verdicts = [scenario.expectation?.text ?? "nothing is expected"] + exceptions
        entry(scenario.name, ["[" + verdicts.joined(separator: "; ") + "]", scenario.summary])
        passages(scenario.passages)
    }

    mutating func passages(_ passages: [Passage]) {
        let column = Self.gutter + Self.place
        for passage in passages {
            let places = Self.wrapped(passage.text, Self.place - 2)
            let words = Self.wrapped(passage.says, width - column)
            for row in 0..<max(places.count, words.count) {
                let place = row < places.count ? places[row] : ""
                let left = String(repeating: " ", count: Self.gutter) + place
                write(left, row < words.count ? words[row] : "", column)
            }
        }
    }

    private mutating func write(_ left: String, _ right: String, _ column: Int) {
        let blanks = right.isEmpty ? 0 : max(1, column - left.count)
        text += left + String(repeating: " ", count: blanks) + right + "\n"
    }

    /// Broken at blanks, and after a comma or a slash in what has none.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        func isFull(_ word: String) -> Bool { !line.isEmpty && line.count + word.count > width }
        for word in pieces(text) {
            // The blank at the end of a line counts for nothing.
            if isFull(String(word.reversed().drop { $0 == " " })) {
                lines.append(line)
                line = ""
            }
            line += word
        }
        lines.append(line)
        return lines.map { String($0.reversed().drop { $0 == " " }.reversed()) }.filter { !$0.isEmpty }
    }

    /// Words, each with the blank or the comma that ends it.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var word = ""
        for character in text {
            word.append(character)
            if character == " " || character == "," {
                pieces.append(word)
                word = ""
            }
        }
        return word.isEmpty ? pieces : pieces + [word]
    }
}

/// How wide a list may be.
enum Columns {
    /// The terminal's width; `COLUMNS` where that is set, 80 where neither tells. Longer lines than 120 are hard to read.
    static var available: Int { min(120, fromEnvironment ?? fromTerminal ?? 80) }

    private static var fromEnvironment: Int? {
        ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
    }

    private static var fromTerminal: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
