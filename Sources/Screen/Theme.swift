/// A colour in the two palettes that terminals have. `nil` where a terminal's own colour is meant.
public struct Ink: Sendable, Hashable {
    /// Index into the 256-colour palette (16…255), or `nil` for the terminal's own foreground.
    public var rich: UInt8?
    /// Index into the first eight colours (0…7; never 8, which many terminals can't show), or `nil`.
    public var basic: UInt8?
    /// Index into the first sixteen colours for terminals that have those; `nil` is ``basic``.
    public var bright: UInt8?
    /// Bold where the terminal can.
    public var isBold: Bool
    /// Drawn in reverse video whether selected or not.
    public var isReversed: Bool

    init(_ rich: UInt8?, _ basic: UInt8?, bright: UInt8? = nil, bold: Bool = false, reversed: Bool = false) {
        self.rich = rich
        self.basic = basic
        self.bright = bright
        isBold = bold
        isReversed = reversed
    }
}

/// Colours for roles. Backgrounds are the terminal's own, or reverse video; only high contrast, which no colour has on
/// every background, brings one of its own.
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

    /// How a cell looks. A selected row is in plain reverse video: its own colours would make it patchy.
    public func ink(for style: Style) -> Ink {
        var ink = ink(for: style.isSelected ? .text : style.role)
        if style.isSelected { ink.isReversed = true }
        if style.isBold { ink.isBold = true }
        return ink
    }

    /// On a dark background the brighter eight of sixteen colours are the legible ones.
    private static let darkTable = Role.allCases.map { role in
        var ink = dark(role)
        ink.bright = ink.basic.map { $0 == 7 ? 15 : $0 + 8 }
        return ink
    }
    private static let lightTable = Role.allCases.map(light)
    private static let contrastTable = Role.allCases.map(contrast)
    private static let monoTable = Role.allCases.map(mono)

    private static func dark(_ role: Role) -> Ink {
        switch role {
        case .text, .codeFocus: Ink(nil, nil, bold: role == .codeFocus)
        case .dim, .keyWords, .finished, .codeComment: Ink(246, nil)
        case .future: Ink(245, nil)
        case .lane: Ink(245, nil)
        case .title: Ink(81, 6, bold: true)
        case .accent, .running: Ink(81, 6)
        case .border: Ink(240, nil)
        case .focusBorder: Ink(74, 6)
        case .paneTitle: Ink(252, nil, bold: true)
        case .focusTitle, .keyHint: Ink(81, 6, bold: true)
        case .odd: Ink(208, 3, bold: true)
        case .even, .good, .ready: Ink(114, 2)
        case .partial: Ink(221, 3)
        case .colliding: Ink(204, 1, bold: true)
        case .stale: Ink(197, 1, bold: true, reversed: true)
        case .excused: Ink(221, 3)
        case .writable: Ink(114, 2)
        case .readable: Ink(110, 6)
        case .swapped, .special: Ink(176, 5)
        case .unmapped, .axis, .lineNumber, .eventStep: Ink(245, nil)
        case .vma: Ink(109, 6)
        case .invalidation: Ink(208, 3)
        case .interval: Ink(110, 6)
        case .device: Ink(252, nil)
        case .asleep: Ink(141, 5)
        case .blocked: Ink(215, 3)
        case .redNode: Ink(203, 1, bold: true)
        case .blackNode: Ink(252, nil, bold: true)
        case .deferInsert: Ink(114, 2)
        case .deferRemove: Ink(204, 1)
        case .codeKeyword: Ink(176, 5)
        case .codeNumber: Ink(150, 2)
        case .finding: Ink(197, 1, bold: true, reversed: true)
        case .message: Ink(221, 3, bold: true)
        }
    }

    private static func light(_ role: Role) -> Ink {
        switch role {
        case .text, .codeFocus, .device: Ink(nil, nil, bold: role == .codeFocus)
        case .dim, .keyWords, .finished, .codeComment: Ink(241, nil)
        case .future, .lane: Ink(242, nil)
        case .title, .focusTitle, .keyHint: Ink(25, 4, bold: true)
        case .accent, .running: Ink(25, 4)
        case .border: Ink(249, nil)
        case .focusBorder: Ink(25, 4)
        case .paneTitle, .blackNode: Ink(nil, nil, bold: true)
        case .odd, .invalidation: Ink(94, 1, bold: role == .odd)
        case .even, .good, .ready, .writable, .deferInsert: Ink(22, 2)
        case .partial, .excused, .blocked: Ink(58, 1)
        case .message: Ink(58, 1, bold: true)
        case .colliding, .redNode: Ink(160, 1, bold: true)
        case .deferRemove: Ink(160, 1)
        case .stale, .finding: Ink(161, 1, bold: true, reversed: true)
        case .readable, .interval, .vma: Ink(25, 4)
        case .swapped, .special, .asleep, .codeKeyword: Ink(91, 5)
        case .unmapped, .axis, .lineNumber, .eventStep: Ink(242, nil)
        case .codeNumber: Ink(22, 2)
        }
    }

    /// Light colours on black. What is dim elsewhere is as light as the rest.
    private static func contrast(_ role: Role) -> Ink {
        let basis = dark(role)
        // Of the eight basic colours red, blue and magenta are too dark on black.
        let (rich, basic): (UInt8, UInt8) =
            switch basis.basic {
            case 1: (217, 3)
            case 2: (120, 2)
            case 3: (227, 3)
            case 5: (219, 7)
            case 6: (123, 6)
            default: (231, 7)
            }
        return Ink(rich, basic, bright: basic + 8, bold: basis.isBold, reversed: basis.isReversed)
    }

    private static func mono(_ role: Role) -> Ink {
        let basis = dark(role)
        return Ink(nil, nil, bold: basis.isBold, reversed: basis.isReversed)
    }
}
