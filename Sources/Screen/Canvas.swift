/// One cell of a canvas: what it shows and how it is meant.
public struct Cell: Sendable, Hashable {
    /// The scalar that is shown; the right half of a wide character has ``Cell/continuation``.
    public var scalar: Unicode.Scalar
    /// How it is meant.
    public var style: Style

    public init(_ scalar: Unicode.Scalar, _ style: Style = .plain) {
        self.scalar = scalar
        self.style = style
    }

    /// Marks the right half of a wide character.
    public static let continuation: Unicode.Scalar = "\0"
    static let blank = Cell(" ")
}

/// A piece of text in one style.
public struct Span: Sendable, Hashable {
    /// What is written.
    public var text: String
    /// How it is meant.
    public var style: Style

    public init(_ text: String, _ role: Role = .text, bold: Bool = false) {
        self.text = text
        style = Style(role, bold: bold)
    }
}

/// A grid of cells that panes draw into. Nothing is ever drawn outside of it, and no control character
/// gets into it.
public struct Canvas: Sendable, Equatable {
    /// Columns and rows.
    public let size: Size
    /// Row after row, `size.width * size.height` of them.
    public private(set) var cells: [Cell]

    /// A blank canvas.
    public init(_ size: Size) {
        self.size = size
        cells = Array(repeating: .blank, count: size.width * size.height)
    }

    /// The whole area.
    public var bounds: Rect { Rect(x: 0, y: 0, width: size.width, height: size.height) }

    /// The cell at a column and row that lie inside.
    public subscript(x: Int, y: Int) -> Cell { cells[y * size.width + x] }

    /// The cells of row `y`, which lies inside.
    public func row(_ y: Int) -> ArraySlice<Cell> { cells[y * size.width..<(y + 1) * size.width] }

    /// Puts one scalar at a place that may lie outside, in which case nothing happens.
    public mutating func set(_ scalar: Unicode.Scalar, x: Int, y: Int, _ style: Style) {
        guard x >= 0, y >= 0, x < size.width, y < size.height else { return }
        breakWide(x: x, y: y)
        cells[y * size.width + x] = Cell(scalar, style)
    }

    /// Overwriting half of a wide character blanks its other half.
    private mutating func breakWide(x: Int, y: Int) {
        let index = y * size.width + x
        if cells[index].scalar == Cell.continuation, x > 0 { cells[index - 1].scalar = " " }
        if x + 1 < size.width, cells[index + 1].scalar == Cell.continuation { cells[index + 1].scalar = " " }
    }

    /// Writes text into a rectangle at a column and row counted from its corner, clipped to it; text that
    /// doesn't fit ends in `…`.
    /// - Returns: the column after the text, counted from the rectangle's left edge.
    @discardableResult
    public mutating func write(
        _ text: String, in rect: Rect, x: Int = 0, y: Int = 0, _ style: Style = .plain, ellipsis: Bool = true
    ) -> Int {
        guard y >= 0, y < rect.height else { return x }
        var column = x
        for scalar in text.unicodeScalars {
            let shown = CellWidth.neutralised(scalar)
            let width = CellWidth.columns(shown)
            if width == 0 { continue }
            if column + width > rect.width {
                if ellipsis, column > x || x < rect.width {
                    set("…", x: rect.x + rect.width - 1, y: rect.y + y, style)
                }
                return rect.width
            }
            if column >= 0 {
                set(shown, x: rect.x + column, y: rect.y + y, style)
                if width == 2 { set(Cell.continuation, x: rect.x + column + 1, y: rect.y + y, style) }
            }
            column += width
        }
        return column
    }

    /// Writes text in one role.
    @discardableResult
    public mutating func write(_ text: String, in rect: Rect, x: Int = 0, y: Int = 0, _ role: Role) -> Int {
        write(text, in: rect, x: x, y: y, Style(role))
    }

    /// Writes spans one after another.
    @discardableResult
    public mutating func write(_ spans: [Span], in rect: Rect, x: Int = 0, y: Int = 0) -> Int {
        var column = x
        for (index, span) in spans.enumerated() {
            if column >= rect.width, column > x {
                // The span before ended right at the edge: what is left out shows only if it isn't blank.
                let isCut = spans[index...].contains { $0.text.unicodeScalars.contains { $0 != " " } }
                if isCut, y >= 0, y < rect.height { set("…", x: rect.maxX - 1, y: rect.y + y, spans[index - 1].style) }
                break
            }
            column = write(span.text, in: rect, x: column, y: y, span.style)
        }
        return column
    }

    /// Writes spans so that they end at the rectangle's right edge.
    public mutating func writeRight(_ spans: [Span], in rect: Rect, y: Int = 0) {
        let width = Canvas.width(of: spans)
        write(spans, in: rect, x: max(0, rect.width - width), y: y)
    }

    /// Fills a rectangle, clipped to the canvas.
    public mutating func fill(_ rect: Rect, _ scalar: Unicode.Scalar = " ", _ style: Style = .plain) {
        for y in max(0, rect.y)..<max(0, min(rect.maxY, size.height), rect.y) {
            for x in max(0, rect.x)..<max(0, min(rect.maxX, size.width), rect.x) {
                set(scalar, x: x, y: y, style)
            }
        }
    }

    /// Shows one row of a rectangle as selected.
    public mutating func select(_ rect: Rect, y: Int) {
        guard y >= 0, y < rect.height, rect.y + y < size.height else { return }
        for x in max(0, rect.x)..<max(0, min(rect.maxX, size.width), rect.x) {
            cells[(rect.y + y) * size.width + x].style.isSelected = true
        }
    }

    /// Shows one row of a rectangle in bold.
    public mutating func embolden(_ rect: Rect, y: Int) {
        guard y >= 0, y < rect.height, rect.y + y < size.height, rect.y + y >= 0 else { return }
        for x in max(0, rect.x)..<max(0, min(rect.maxX, size.width), rect.x) {
            cells[(rect.y + y) * size.width + x].style.isBold = true
        }
    }

    /// Shows one row of a rectangle as the one that its pane stands at.
    public mutating func markCurrent(_ rect: Rect, y: Int) {
        guard y >= 0, y < rect.height, rect.y + y < size.height, rect.y + y >= 0 else { return }
        for x in max(0, rect.x)..<max(0, min(rect.maxX, size.width), rect.x) {
            cells[(rect.y + y) * size.width + x].style.isCurrent = true
        }
    }

    /// Has the first rows recede: what is drawn over them afterwards is all that counts now.
    public mutating func recede(rows: Int) {
        for index in cells.indices.prefix(max(0, rows) * size.width) { cells[index].style = Style(.border) }
    }

    /// Replaces every shown scalar by what the glyph set has for it.
    public mutating func apply(_ glyphs: GlyphSet) {
        if glyphs == .unicode { return }
        for index in cells.indices { cells[index].scalar = glyphs.glyph(for: cells[index].scalar) }
    }

    /// Columns that text takes.
    public static func width(of text: String) -> Int {
        var width = 0
        for scalar in text.unicodeScalars { width += CellWidth.columns(CellWidth.neutralised(scalar)) }
        return width
    }

    /// Columns that spans take.
    public static func width(of spans: [Span]) -> Int { spans.reduce(0) { $0 + width(of: $1.text) } }
}

extension Canvas {
    /// The rows as text, without the blanks at their ends, each ended by a newline.
    public var text: String {
        var result = ""
        for y in 0..<size.height { result += rowText(y) + "\n" }
        return result
    }

    /// One row as text, without the blanks at its end.
    public func rowText(_ y: Int) -> String {
        var line = String.UnicodeScalarView()
        var pending = 0
        for cell in row(y) where cell.scalar != Cell.continuation {
            if cell.scalar == " " {
                pending += 1
            } else {
                line.append(contentsOf: String(repeating: " ", count: pending).unicodeScalars)
                pending = 0
                line.append(cell.scalar)
            }
        }
        return String(line)
    }

    /// The rows as one letter per cell (``Role/code``), `#` where selected, a blank where nothing is shown.
    public var styleMap: String {
        var result = ""
        for y in 0..<size.height {
            var line = ""
            for cell in row(y) {
                let code: Character = cell.scalar == " " ? " " : cell.style.role.code
                line.append(cell.style.isSelected ? "#" : code)
            }
            while line.last == " " { line.removeLast() }
            result += line + "\n"
        }
        return result
    }
}
