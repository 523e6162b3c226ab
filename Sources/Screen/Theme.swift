/// Colours for roles. Backgrounds are the terminal's own, but for what has to stand out; only high contrast, which no
/// colour has on every background, brings one of its own.
public enum Theme: String, Sendable, CaseIterable {
    case dark, light, contrast, mono

    /// The theme after this one.
    public var next: Theme {
        let all = Theme.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }

    /// What everything is drawn on; `nil` is the terminal's own.
    public var background: Ink? { self == .contrast ? Ink(16, 0) : nil }

    /// How a role looks.
    public func ink(for role: Role) -> Ink {
        switch self {
        case .dark: Theme.darkTable[Int(role.rawValue)]
        case .light: Theme.lightTable[Int(role.rawValue)]
        case .contrast: Theme.contrastTable[Int(role.rawValue)]
        case .mono: Theme.monoTable[Int(role.rawValue)]
        }
    }

    /// How a cell looks. A selected row is in one colour: its own would make it patchy on so strong a ground.
    public func ink(for style: Style) -> Ink {
        var ink = style.isSelected ? selection : ink(for: style.role)
        if style.isCurrent, ink.ground == nil, let currentGround {
            ink.ground = currentGround
            // The terminal's own may be unreadable on it: whoever tries another theme has another background.
            if ink.rich == nil { ink.rich = self == .light ? 235 : 252 }
        }
        if style.isBold { ink.isBold = true }
        return ink
    }

    /// A selected row: a ground that no text is on otherwise; reverse video where there is none to be had.
    public var selection: Ink {
        var ink = ink(for: .text)
        ink.isReversed = true
        if self == .dark || self == .light {
            ink.rich = 231
            ink.ground = 25
        }
        return ink
    }

    /// What the line is drawn on that a pane stands at, just off the background.
    private var currentGround: UInt8? {
        switch self {
        case .dark: 236
        case .light: 255
        case .contrast, .mono: nil
        }
    }

    /// On a dark background the brighter eight of sixteen colours are the legible ones.
    private static let darkTable = Role.allCases.map { role in
        var ink = dark(role)
        ink.bright = ink.basic.map { $0 == 7 ? 15 : $0 + 8 }
        ink.isBoldOfEight = ink.basic == 1 || ink.basic == 5
        return ink
    }
    private static let lightTable = Role.allCases.map(light)
    private static let contrastTable = Role.allCases.map(contrast)
    private static let monoTable = Role.allCases.map(mono)

    /// What gives way to what is read first.
    private static func isQuiet(_ role: Role) -> Bool {
        switch role {
        case .dim, .border, .finished, .codeComment, .lineNumber, .eventStep, .axis, .unmapped, .lane, .future: true
        default: false
        }
    }

    private static func quiet(_ rich: UInt8) -> Ink { Ink(rich, nil, faint: true) }

    private static func dark(_ role: Role) -> Ink {
        switch role {
        case .text, .codeFocus: Ink(nil, nil, bold: role == .codeFocus)
        case .dim, .finished, .codeComment, .axis, .eventStep, .unmapped, .lineNumber, .future: quiet(247)
        case .keyWords: Ink(247, nil)
        case .lane: quiet(245)
        case .border: quiet(242)
        case .title: Ink(81, 6, bold: true)
        case .accent, .running: Ink(81, 6)
        case .focusBorder: Ink(74, 6)
        case .paneTitle: Ink(252, nil, bold: true)
        case .focusTitle, .keyHint: Ink(81, 6, bold: true)
        case .odd: Ink(208, 3, bold: true)
        case .even, .good, .ready: Ink(114, 2)
        case .partial: Ink(221, 3)
        case .colliding: Ink(204, 1, bold: true)
        case .bad: Ink(204, 1)
        case .stale, .finding: Ink(231, 7, bold: true, reversed: true).on(161, 1)
        case .excused: Ink(221, 3)
        case .writable: Ink(114, 2)
        case .readable: Ink(110, 6)
        case .swapped, .special: Ink(176, 5)
        case .vma: Ink(109, 6)
        case .invalidation: Ink(208, 3)
        case .interval: Ink(110, 6)
        case .device: Ink(252, nil)
        case .asleep: Ink(141, 5)
        case .blocked: Ink(215, 3)
        case .redNode: Ink(210, 1, bold: true)
        case .blackNode: Ink(252, nil, bold: true)
        case .deferInsert: Ink(114, 2)
        case .deferRemove: Ink(204, 1)
        case .codeKeyword: Ink(176, 5)
        case .codeNumber: Ink(150, 2)
        case .message: Ink(221, 3, bold: true)
        }
    }

    /// Of eight or sixteen colours red, magenta and blue can be read on white: red is for what is wrong, magenta for
    /// what is being invalidated, and what they leave out has its glyph and its word.
    private static func light(_ role: Role) -> Ink {
        switch role {
        case .text, .codeFocus, .device: Ink(nil, nil, bold: role == .codeFocus)
        case .dim, .finished, .codeComment, .axis, .eventStep, .unmapped, .lineNumber, .future: quiet(241)
        case .keyWords: Ink(241, nil)
        case .lane: quiet(242)
        case .border: quiet(245)
        case .title, .focusTitle, .keyHint: Ink(25, 4, bold: true)
        case .accent, .running: Ink(25, 4)
        case .focusBorder: Ink(25, 4)
        case .paneTitle, .blackNode: Ink(nil, nil, bold: true)
        case .odd, .invalidation: Ink(94, 5, bold: role == .odd)
        case .even, .good, .ready, .writable, .deferInsert, .codeNumber: Ink(22, nil)
        case .partial, .excused, .blocked: Ink(58, nil)
        case .message: Ink(58, 4, bold: true)
        case .colliding, .redNode: Ink(160, 1, bold: true)
        case .deferRemove, .bad: Ink(160, 1)
        case .stale, .finding: Ink(231, 7, bright: 15, bold: true, reversed: true).on(161, 1)
        case .readable, .interval, .vma: Ink(25, 4)
        case .swapped, .special, .asleep: Ink(91, nil)
        case .codeKeyword: Ink(91, 4)
        }
    }

    /// Light colours on black. What is quiet elsewhere is a light grey: it can be read as well as anything, but
    /// what is white comes first.
    private static func contrast(_ role: Role) -> Ink {
        let basis = dark(role)
        switch role {
        case .border: return Ink(247, 7)
        case .keyWords: return Ink(251, 7)
        case .stale, .finding: return Ink(16, 0, bold: true, reversed: true).on(210, 3)
        case .odd, .invalidation, .blocked: return Ink(214, 7, bright: 15, bold: basis.isBold)
        default: break
        }
        if isQuiet(role) { return Ink(251, 7) }
        // Of the eight basic colours red, blue and magenta are too dark on black: yellow is for what is wrong.
        let (rich, basic): (UInt8, UInt8) =
            switch basis.basic {
            case 1: (210, 3)
            case 2: (120, 2)
            case 3: (227, 7)
            case 5: (219, 7)
            case 6: (123, 6)
            default: (231, 7)
            }
        return Ink(rich, basic, bright: basic + 8, bold: basis.isBold)
    }

    /// No colours: bold, faint and reverse video tell what matters from what gives way.
    private static func mono(_ role: Role) -> Ink {
        let basis = dark(role)
        return Ink(nil, nil, bold: basis.isBold, reversed: basis.isReversed || role == .focusTitle, faint: isQuiet(role))
    }
}
