extension Canvas {
    /// The canvas as a picture of a terminal window: SVG text, one element for each run of one style.
    ///
    /// The window's background is dark, except in the light theme.
    public func svg(theme: Theme = .dark, title: String = "mmuscope") -> String {
        let palette = SVGPalette(theme: theme)
        let width = Double(size.width) * SVGPalette.cellWidth + 2 * SVGPalette.margin
        let height =
            Double(size.height) * SVGPalette.cellHeight + SVGPalette.margin + SVGPalette.titleHeight
        var out = """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)" role="img" aria-label="\(SVGPalette.escaped(title))">
            <rect width="100%" height="100%" rx="9" fill="\(palette.background)" stroke="\(palette.frame)"/>
            <circle cx="20" cy="17" r="5.5" fill="#ff5f57"/><circle cx="38" cy="17" r="5.5" fill="#febc2e"/>\
            <circle cx="56" cy="17" r="5.5" fill="#28c840"/>
            <text x="\(width / 2)" y="21" text-anchor="middle" font-family="sans-serif" font-size="12" \
            fill="\(palette.quiet)">\(SVGPalette.escaped(title))</text>
            <g font-family="'JetBrains Mono','DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,monospace" \
            font-size="13.95" xml:space="preserve">\n
            """
        for y in 0..<size.height { out += svgRow(y, palette) }
        out += "</g>\n</svg>\n"
        return out
    }

    private func svgRow(_ y: Int, _ palette: SVGPalette) -> String {
        var out = ""
        let top = SVGPalette.titleHeight + Double(y) * SVGPalette.cellHeight
        var x = 0
        while x < size.width {
            let style = self[x, y].style
            var end = x
            var text = String.UnicodeScalarView()
            while end < size.width, self[end, y].style == style {
                if self[end, y].scalar != Cell.continuation { text.append(self[end, y].scalar) }
                end += 1
            }
            let look = palette.look(style)
            let left = SVGPalette.margin + Double(x) * SVGPalette.cellWidth
            let run = Double(end - x) * SVGPalette.cellWidth
            if let fill = look.background {
                out +=
                    "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(run)\" height=\"\(SVGPalette.cellHeight)\" fill=\"\(fill)\"/>\n"
            }
            if text.contains(where: { $0 != " " }) {
                let bold = look.isBold ? " font-weight=\"bold\"" : ""
                out +=
                    "<text x=\"\(left)\" y=\"\(top + 12.8)\" textLength=\"\(run)\" fill=\"\(look.foreground)\"\(bold)>"
                    + SVGPalette.escaped(String(text)).map { $0 == " " ? "\u{a0}" : String($0) }.joined() + "</text>\n"
            }
            x = end
        }
        return out
    }
}

/// Colours and measures of the SVG export, in pixels.
private struct SVGPalette {
    static let cellWidth = 8.4
    static let cellHeight = 16.5
    static let margin = 14.0
    static let titleHeight = 36.0

    let theme: Theme
    var isLight: Bool { theme == .light }
    var background: String { isLight ? "#fbfbfa" : theme.background?.rich.map(SVGPalette.hex) ?? "#14161b" }
    var foreground: String { isLight ? "#24292f" : "#d7dae0" }
    var frame: String { isLight ? "#d0d4da" : "#2b2f38" }
    var quiet: String { isLight ? "#6b7280" : "#8b919d" }

    func look(_ style: Style) -> (foreground: String, background: String?, isBold: Bool) {
        let ink = theme.ink(for: style)
        let colour = ink.rich.map(SVGPalette.hex) ?? (ink.isFaint ? quiet : foreground)
        if let ground = ink.ground { return (colour, SVGPalette.hex(ground), ink.isBold) }
        return ink.isReversed ? (background, colour, ink.isBold) : (colour, nil, ink.isBold)
    }

    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(character)
            }
        }
        return out
    }

    /// The 256-colour palette as `#rrggbb`.
    static func hex(_ index: UInt8) -> String {
        let rgb = Ink.rgb(ofPalette: index)
        let digits = String(rgb, radix: 16)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }
}
