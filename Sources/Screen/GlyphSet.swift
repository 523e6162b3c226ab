/// The glyphs that a terminal can show. Panes draw in Unicode (box drawing, block elements and a few
/// shapes that every font has); a poorer set replaces them cell by cell.
public enum GlyphSet: Sendable, Hashable, CaseIterable {
    /// Box drawing with round corners.
    case unicode
    /// Box drawing with square corners, for fonts of 256 or 512 glyphs (the Linux console).
    case square
    /// Printable ASCII only.
    case ascii

    /// What stands for a scalar in this set.
    public func glyph(for scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch self {
        case .unicode: return scalar
        case .square: return GlyphSet.squareTable[scalar] ?? scalar
        case .ascii:
            if scalar.value < 0x80 { return scalar }
            return GlyphSet.asciiTable[scalar] ?? "?"
        }
    }

    private static let squareTable: [Unicode.Scalar: Unicode.Scalar] = [
        "╭": "┌", "╮": "┐", "╰": "└", "╯": "┘", "…": "»", "↻": "@",
    ]

    private static let asciiTable: [Unicode.Scalar: Unicode.Scalar] = [
        "╭": "+", "╮": "+", "╰": "+", "╯": "+", "┌": "+", "┐": "+", "└": "`", "┘": "+",
        "─": "-", "│": "|", "├": "|", "┤": "|", "┬": "+", "┴": "+", "┼": "+", "╵": "'", "╷": ",",
        "═": "=", "╞": "[", "╡": "]", "╪": "=", "║": "|", "━": "/", "≡": "#", "┃": "#", "▔": "-", "▁": "_",
        "█": "#", "▓": "&", "▒": "%", "░": ";", "▌": "|", "▐": "|", "▄": "_", "▀": "-",
        "►": ">", "◄": "<", "▲": "^", "▼": "v", "↑": "^", "↓": "v", "→": ">", "←": "<",
        "●": "*", "○": "o", "■": "#", "□": "_", "▪": "=", "◆": "*", "√": "+", "×": "x",
        "↻": "@", "§": "$", "•": "*", "¶": "$",
        "…": "~", "·": ".", "–": "-", "—": "-", "−": "-", "≠": "!", "≤": "<", "≥": ">",
        "«": "<", "»": ">", "±": "+", "’": "'", "‘": "'", "“": "\"", "”": "\"",
    ]
}
