/// Colours and attributes in the palettes that terminals have. `nil` where a terminal's own colour is meant.
public struct Ink: Sendable, Hashable {
    /// Index into the 256-colour palette (16…255), or `nil` for the terminal's own foreground.
    public var rich: UInt8?
    /// Index into the first eight colours (0…7; never 8, which many terminals can't show), or `nil`.
    public var basic: UInt8?
    /// Index into the first sixteen colours for terminals that have those; `nil` is ``basic``.
    public var bright: UInt8?
    /// What it is drawn on, as an index into the 256-colour palette; `nil` is what everything is drawn on.
    public var ground: UInt8?
    /// What it is drawn on where there are eight or sixteen colours.
    public var basicGround: UInt8?
    /// Bold where the terminal can.
    public var isBold: Bool
    /// Bold where there are but eight colours: bold is brighter then as a rule, and some of the eight are dark.
    public var isBoldOfEight = false
    /// Drawn in reverse video where it has no ground.
    public var isReversed: Bool
    /// Faint where the terminal can and there is no colour for it.
    public var isFaint: Bool

    init(_ rich: UInt8?, _ basic: UInt8?, bright: UInt8? = nil, bold: Bool = false, reversed: Bool = false, faint: Bool = false) {
        self.rich = rich
        self.basic = basic
        self.bright = bright
        isBold = bold
        isReversed = reversed
        isFaint = faint
    }

    /// The same on a ground of its own, where the terminal has one of these.
    func on(_ rich: UInt8?, _ basic: UInt8? = nil) -> Ink {
        var ink = self
        ink.ground = rich
        ink.basicGround = basic
        return ink
    }
}

extension Ink {
    /// A colour of the 256-colour palette as red, green and blue of 8 bits each: 0xrrggbb. The first sixteen are what the
    /// terminal's owner likes; here they are some of that kind.
    public static func rgb(ofPalette index: UInt8) -> Int {
        let value = Int(index)
        if value < 16 {
            return [0x1d1f21, 0xe05561, 0x8cc265, 0xd9a343, 0x4aa5f0, 0xc162de, 0x42b3c2, 0xd7dae0][value % 8]
        }
        guard value < 232 else { return (8 + (value - 232) * 10) * 0x010101 }
        let steps = [0, 0x5f, 0x87, 0xaf, 0xd7, 0xff]
        let cube = value - 16
        return steps[cube / 36] << 16 | steps[cube / 6 % 6] << 8 | steps[cube % 6]
    }
}
