import Scene
import Testing

@testable import Screen

/// Colours that can be told from their background, and never tell something alone.
@Suite struct ThemeTests {
    /// Red, green and blue of a colour of the 256-colour palette, as xterm has them.
    private static func components(_ index: UInt8) -> [Double] {
        let basic: [[Double]] = [
            [0, 0, 0], [205, 0, 0], [0, 205, 0], [205, 205, 0], [0, 0, 238], [205, 0, 205], [0, 205, 205], [229, 229, 229],
            [127, 127, 127], [255, 0, 0], [0, 255, 0], [255, 255, 0], [92, 92, 255], [255, 0, 255], [0, 255, 255], [255, 255, 255],
        ]
        let value = Int(index)
        if value < 16 { return basic[value] }
        if value >= 232 { return Array(repeating: Double(8 + (value - 232) * 10), count: 3) }
        let cube = [(value - 16) / 36, (value - 16) / 6 % 6, (value - 16) % 6]
        return cube.map { $0 == 0 ? 0 : Double(55 + $0 * 40) }
    }

    /// Relative luminance, as WCAG 2 defines it.
    private static func luminance(_ components: [Double]) -> Double {
        let linear = components.map { component -> Double in
            let share = component / 255
            return share <= 0.04045 ? share / 12.92 : Self.power((share + 0.055) / 1.055)
        }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    /// To the power of 2.4, by square roots: x² · x^(2/5), the fifth root by Newton's steps.
    private static func power(_ base: Double) -> Double {
        let square = base * base
        var root = 1.0
        for _ in 0..<60 { root -= (root * root * root * root * root - square) / (5 * root * root * root * root) }
        return square * root
    }

    static func contrast(_ first: [Double], _ second: [Double]) -> Double {
        let (one, other) = (luminance(first), luminance(second))
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)
    }

    private static let black: [Double] = [0, 0, 0], white: [Double] = [255, 255, 255]
    /// Lines: what they say, the words beside them say too.
    private static let ornaments: Set<Role> = [.border, .focusBorder, .lane]

    /// What a theme is drawn on: itself, or the backgrounds of well-known terminals.
    private static func grounds(_ theme: Theme) -> [[Double]] {
        switch theme {
        // Black, nearly black, One Dark, Ubuntu, Solarized.
        case .dark: [black, [24, 24, 24], [0x28, 0x2c, 0x34], [0x30, 0x0a, 0x24], [0x00, 0x2b, 0x36]]
        // White, nearly white, Solarized.
        case .light: [white, [250, 250, 245], [0xfd, 0xf6, 0xe3]]
        case .contrast: [theme.background?.rich.map(components) ?? white]
        case .mono: []
        }
    }

    @Test func theMeasureIsRight() {
        #expect(abs(Self.contrast(Self.black, Self.white) - 21) < 0.01)
        #expect(abs(Self.contrast([119, 119, 119], Self.white) - 4.48) < 0.01)
    }

    @Test(arguments: Theme.allCases) func everyRoleHasAColour(_ theme: Theme) {
        for role in Role.allCases {
            let ink = theme.ink(for: role)
            if let rich = ink.rich { #expect(rich >= 16, "\(theme) \(role): a user may have changed the first sixteen") }
            if let basic = ink.basic { #expect(basic < 8, "\(theme) \(role)") }
            // Bright black can't be seen on many backgrounds.
            if let bright = ink.bright { #expect((9...15).contains(bright), "\(theme) \(role)") }
            if theme == .mono { #expect(ink.rich == nil && ink.basic == nil, "\(role)") }
            // A selected row looks the same whatever it says.
            let selected = theme.ink(for: Style(role, selected: true))
            #expect(selected.isReversed && selected == theme.selection, "\(theme) \(role)")
            // Without colours there is reverse video for what stands on a ground.
            if ink.ground != nil { #expect(ink.isReversed && theme.ink(for: role).basicGround != nil, "\(theme) \(role)") }
        }
    }

    /// 4.5 for what is read and 3 for lines, on everything that it may be drawn on.
    @Test(arguments: [Theme.dark, .light, .contrast]) func everythingIsReadable(_ theme: Theme) {
        let least = theme == .contrast ? 7 : 4.5
        for role in Role.allCases {
            let ink = theme.ink(for: role)
            guard let rich = ink.rich else { continue }
            let isOrnament = Self.ornaments.contains(role) && theme != .contrast
            let grounds = isOrnament ? Array(Self.grounds(theme).prefix(2)) : Self.grounds(theme)
            for ground in ink.ground.map({ [Self.components($0)] }) ?? grounds {
                let ratio = Self.contrast(Self.components(rich), ground)
                #expect(ratio >= (isOrnament ? 3 : least), "\(theme) \(role): \(ratio) on \(ground)")
            }
            // What stands out on its ground has a ground that stands out.
            if let own = ink.ground {
                let seen = Self.grounds(theme).map { Self.contrast(Self.components(own), $0) }
                #expect(seen.allSatisfy { $0 >= 2.5 }, "\(theme) \(role): \(seen)")
            }
        }
    }

    @Test(arguments: [Theme.dark, .light]) func theLineThatAPaneStandsAtIsReadable(_ theme: Theme) {
        for role in Role.allCases where !Self.ornaments.contains(role) {
            var style = Style(role)
            style.isCurrent = true
            let ink = theme.ink(for: style)
            guard let rich = ink.rich, let ground = ink.ground else { continue }
            let ratio = Self.contrast(Self.components(rich), Self.components(ground))
            #expect(ratio >= 4.5, "\(theme) \(role): \(ratio)")
        }
    }

    @Test(arguments: [Theme.dark, .light]) func theSelectionIsReadableAndSeen(_ theme: Theme) throws {
        let ground = Self.components(try #require(theme.selection.ground))
        #expect(Self.contrast(Self.components(try #require(theme.selection.rich)), ground) >= 4.5)
        for around in Self.grounds(theme) { #expect(Self.contrast(ground, around) >= 2, "\(around)") }
    }

    /// The sixteen colours as xterm has them: others are often brighter, seldom darker.
    @Test(arguments: [Theme.dark, .light, .contrast]) func sixteenColoursAreReadable(_ theme: Theme) {
        let plain = theme == .light ? Self.white : Self.black
        for role in Role.allCases {
            let ink = theme.ink(for: role)
            guard let colour = ink.bright ?? ink.basic else { continue }
            let ratio = Self.contrast(Self.components(colour), ink.basicGround.map(Self.components) ?? plain)
            #expect(ratio >= 4.5, "\(theme) \(role): \(ratio)")
            // Of eight the dark ones are bold, which is bright in most terminals that have no more.
            guard let basic = ink.basic, !ink.isBold, !ink.isBoldOfEight else { continue }
            #expect(Self.contrast(Self.components(basic), ink.basicGround.map(Self.components) ?? plain) >= 4.5, "\(theme) \(role)")
        }
    }

    @Test func highContrastBringsItsOwnBackground() {
        // No colour stands out on every one.
        #expect(Theme.contrast.background?.rich.map(Self.components) == Self.black)
        #expect(Theme.contrast.background?.basic == 0)
    }

    /// Three steps without a colour: what matters, the rest, what gives way.
    @Test func monoHasAHierarchy() {
        let mono = Theme.mono
        for role in [Role.colliding, .odd, .codeFocus, .keyHint, .title] { #expect(mono.ink(for: role).isBold, "\(role)") }
        for role in [Role.border, .dim, .codeComment, .unmapped] { #expect(mono.ink(for: role).isFaint, "\(role)") }
        for role in [Role.stale, .finding, .focusTitle] { #expect(mono.ink(for: role).isReversed, "\(role)") }
        for role in Role.allCases {
            let ink = mono.ink(for: role)
            #expect(!(ink.isFaint && (ink.isBold || ink.isReversed)), "\(role): faint and bold say the opposite")
        }
    }

    /// What marks trouble is a glyph or a word, so that it is there without colours too.
    @Test func nothingIsToldByColourAlone() {
        let size = Size(120, 40)
        let state = ScreenState(theme: .mono)
        var scene = Fixture.scene(state.request(for: size))
        let text = state.render(scene, size: size).text
        for words in ["● colliding", "▲ STALE", "■ odd: fully excluded", "R [", "B [", "+ insert", "− remove", "z asleep"] {
            #expect(text.contains(words), "\(words)")
        }
        // Every state, entry and kind of event has a glyph or words of its own within its pane.
        let states = [NotifierState.idle, .colliding, .insertDeferred, .removalDeferred, .detached].map { Words.state($0).text }
        #expect(Set(states).count == states.count)
        let entries = [PTECell.none, .readable, .writable, .swapped, .migration, .devicePrivate, .exclusive, .poisoned]
            .map { Words.entry($0).scalar }
        #expect(Set(entries).count == entries.count)
        scene = Fixture.scene(state.request(for: size), finding: true)
        #expect(state.render(scene, size: size).text.contains("PROPERTY FAILED"))
    }

    @Test func anAppliedChangeHasTheGlyphOfTheChange() {
        func glyph(_ text: String) -> String {
            Words.event(EventRow(step: 1, thread: nil, threadLabel: "T0", kind: .apply, text: text)).glyph
        }
        #expect(glyph("applies the deferred removal of odp#1") == "−")
        #expect(glyph("applies the deferred insert of odp#1") == "+")
    }

    @Test func whatIsCutBetweenSpansEndsInDots() {
        var canvas = Canvas(Size(6, 3))
        canvas.write([Span("abc"), Span("def"), Span(" ghi", .dim)], in: canvas.bounds)
        canvas.write([Span("abc"), Span("def"), Span("  ", .dim)], in: canvas.bounds, y: 1)
        canvas.write([Span("abc"), Span("de "), Span("f", .dim)], in: canvas.bounds, y: 2)
        #expect(canvas.text == "abcde…\nabcdef\nabcde…\n")
    }
}
