/// How a cell is meant: a role, which a ``Theme`` turns into colours, and three attributes.
public struct Style: Sendable, Hashable {
    /// What the cell means.
    public var role: Role
    /// The cell belongs to a selected row.
    public var isSelected: Bool
    /// The cell belongs to the row that its pane stands at.
    public var isCurrent = false
    /// Bold whatever the theme says.
    public var isBold: Bool

    public init(_ role: Role, selected: Bool = false, bold: Bool = false) {
        self.role = role
        isSelected = selected
        isBold = bold
    }

    /// The terminal's own look.
    public static let plain = Style(.text)
}

/// What a cell means. The raw value indexes theme tables; ``code`` names it in style maps.
public enum Role: UInt8, Sendable, CaseIterable {
    case text, dim, title, accent
    case border, focusBorder, paneTitle, focusTitle
    case keyHint, keyWords
    // The collision-retry lock.
    case odd, even, partial, colliding
    // Pages.
    case stale, excused, writable, readable, swapped, special, unmapped
    // The address axis.
    case axis, vma, invalidation, interval, device
    // Threads.
    case running, ready, asleep, blocked, finished
    // The interval tree.
    case redNode, blackNode
    case deferInsert, deferRemove
    // The code pane.
    case codeComment, codeKeyword, codeNumber, codeFocus, lineNumber
    case eventStep
    case finding, good, message
    // The timeline.
    case lane, future
    /// What isn't as it ought to be, where it is one of many.
    case bad

    /// One letter for the style maps of tests.
    public var code: Character {
        Character(Unicode.Scalar(rawValue < 26 ? 0x61 + rawValue : 0x41 + rawValue - 26))
    }
}
