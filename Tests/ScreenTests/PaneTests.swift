import Scene
import Testing

@testable import Screen

private let sizes = [Size(80, 24), Size(120, 40), Size(200, 60), Size(60, 16), Size(40, 10), Size(100, 30), Size(400, 120), Size(1, 1), Size(0, 0)]

private func render(
    _ size: Size, _ state: ScreenState = ScreenState(), finding: Bool = false, change: (inout Scene) -> Void = { _ in }
) -> Canvas {
    var scene = Fixture.scene(state.request(for: size), finding: finding)
    change(&scene)
    return state.render(scene, size: size)
}

@Suite struct PaneTests {
    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60), Size(100, 30), Size(60, 16), Size(40, 10)], [GlyphSet.unicode, .ascii])
    func golden(_ size: Size, _ glyphs: GlyphSet) throws {
        let canvas = render(size, ScreenState(glyphs: glyphs))
        try expectGolden(canvas.text, "session-\(size.width)x\(size.height)-\(glyphs).txt")
    }

    @Test(arguments: PaneID.allCases) func goldenZoomed(_ pane: PaneID) throws {
        var state = ScreenState()
        state.focus = pane
        state.isZoomed = true
        try expectGolden(render(Size(80, 24), state).text, "zoom-\(pane)-80x24.txt")
    }

    @Test func goldenFindingAndStyles() throws {
        let canvas = render(Size(120, 40), finding: true)
        try expectGolden(canvas.text, "finding-120x40.txt")
        try expectGolden(canvas.styleMap, "finding-120x40-styles.txt")
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60), Size(60, 16)]) func tellsWhatMatters(_ size: Size) {
        let text = render(size).text
        #expect(text.contains("seq 7 ■ odd: fully excluded"))
        #expect(text.contains("step 142/310+"))
        #expect(text.contains("▌▌ paused"))
        #expect(text.contains("odp-vs-munmap"))
        #expect(text.contains("UNMAP 0x12–0x15"))
        #expect(text.contains("asleep: until seq ≠ 7"))
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60)]) func tellsTheCollisionAndTheStalePage(_ size: Size) {
        let text = render(size).text
        #expect(text.contains("seq 7 ● colliding"))
        #expect(text.contains("▲ STALE"))
        #expect(text.contains("non-blockable") || text.contains("EXCLUSIVE nonblock"))
        #expect(text.contains("makes seq odd: 6 → 7") || text.contains("calls odp.invalidate"))
    }

    @Test func theStaleMarkStandsUnderItsColumn() throws {
        let canvas = render(Size(120, 40))
        let lines = canvas.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let marks = try #require(lines.first { $0.contains("▲ STALE") })
        let y = try #require(lines.firstIndex { $0.contains("▲ STALE") })
        let scalars = Array(marks.unicodeScalars)
        let columns = scalars.indices.filter { scalars[$0] == "▲" }
        let x = try #require(columns.dropFirst().first)
        #expect(canvas[x, y - 1].scalar == "W")
        #expect(canvas[x, y - 1].style.role == .stale)
        #expect(scalars.firstIndex(of: "~").map { $0 < x } == true)
    }

    @Test func theTreeIsDrawnWithItsBranches() {
        let text = render(Size(120, 40)).text
        #expect(text.contains("B [0x18–0x1f] max 0x2f  nouveau#1"))
        #expect(text.contains("├─B [0x10–0x17] max 0x17  odp#1  ◄ visiting"))
        #expect(text.contains("│ └─R [0x12–0x13] max 0x13  radeon#2"))
        #expect(text.contains("└─B [0x20–0x2f]"))
    }

    @Test func listsAreInWords() {
        let text = render(Size(200, 60)).text
        #expect(text.contains("+ insert  hfi1#4 [0x30–0x31]  when seq turns even"))
        #expect(text.contains("z asleep  T1 in read_begin(odp#1)"))
        #expect(text.contains("× blocked on umem.mutex, held by T0"))
        #expect(text.contains("holds umem.mutex"))
        #expect(text.contains("87 ►"))
        #expect(text.contains("● read_begin(odp#1) collides"))
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60), Size(60, 16)]) func aFindingIsUnmistakable(_ size: Size) {
        let canvas = render(size, finding: true)
        #expect(canvas.rowText(2).contains("× PROPERTY FAILED: no-stale-spte   T1 odp fault at driver"))
        #expect(canvas.rowText(3).contains("odp maps 0x13 to page 21"))
        #expect(canvas.row(2).allSatisfy { $0.style.role == .finding })
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60)], [GlyphSet.unicode, .ascii])
    func everyKindOfEntryHasItsLetterAndItsName(_ size: Size, _ glyphs: GlyphSet) throws {
        func change(_ scene: inout Scene) {
            var cells = scene.addressSpace.cpuPTEs.value ?? []
            let kinds: [PTECell] = [.swapped, .migration, .devicePrivate, .exclusive, .poisoned, .readable]
            for (column, kind) in kinds.enumerated() where column < cells.count { cells[column] = kind }
            scene.addressSpace.cpuPTEs = .known(cells)
            for column in 0..<2 { scene.addressSpace.devices[0].cells[column].entry = .exclusive }
        }
        let text = render(size, ScreenState(glyphs: glyphs), change: change).text
        let cpu = try #require(text.split(separator: "\n").first { $0.contains("CPU pte") })
        let letters = cpu.filter { "smdx!r".contains($0) }
        #expect(String(letters).contains("s") && letters.contains("m") && letters.contains("d") && letters.contains("!"))
        let device = try #require(text.split(separator: "\n").first { $0.contains("odp  ") && $0.contains("A") })
        #expect(device.filter { $0 != " " }.contains("AA"))
        #expect(text.contains("s swapped  m migrating"))
        if size.width >= 200 {
            for words in ["W writable", "d on a device", "x exclusive", "! poisoned", "A atomic", "stale"] { #expect(text.contains(words)) }
        }
    }

    @Test func aSmallTerminalSaysWhatIsNeeded() {
        #expect(render(Size(40, 10)).text.contains("mmuscope needs 60×16, this is 40×10"))
        let lines = render(Size(40, 10)).text.split(separator: "\n").filter { !$0.isEmpty }
        #expect(lines.count == 1)
    }

    @Test func whatIsUnknownIsNeverZero() {
        let text = render(Size(120, 40)) { scene in
            scene.header.seq = .unknown
            scene.header.exclusion = .unknown
            scene.header.active = .unknown
            scene.addressSpace.cpuPTEs = .unknown
            scene.addressSpace.vmas = .unknown
        }.text
        #expect(text.contains("seq ? ? parity unknown"))
        #expect(text.contains("active ?"))
        #expect(text.contains("not in the recording"))
    }

    @Test(arguments: GlyphSet.allCases) func escapeCharactersAreNeutralised(_ glyphs: GlyphSet) {
        let canvas = render(Size(200, 60), ScreenState(glyphs: glyphs)) { scene in
            scene.title = "evil\u{1b}[2J\u{7}\u{9b}31m\u{202e}name"
            scene.threads.rows[0].name = "\u{1b}]0;x\u{7}"
            scene.code.lines[0].text = "\tlet\u{0} x\r\n"
        }
        for cell in canvas.cells {
            #expect(cell.scalar == Cell.continuation || cell.scalar.value >= 0x20)
            #expect(!(0x7f...0x9f).contains(cell.scalar.value))
            #expect(cell.scalar != "\u{202e}")
        }
        if glyphs == .unicode { #expect(canvas.text.contains("evil␛[2J␇�31m�name")) }
        if glyphs == .ascii { #expect(canvas.text.allSatisfy { $0.isASCII }) }
    }

    @Test(arguments: sizes) func everySizeAndEmptySceneCanBeDrawn(_ size: Size) {
        let state = ScreenState()
        let empty = Scene(
            title: "", source: .recording, position: Position(step: 0, last: 0, isOpenEnded: false), header: Header(),
            addressSpace: AddressSpace(unit: .bytes))
        let canvas = state.render(empty, size: size)
        #expect(canvas.cells.count == size.width * size.height)
        #expect(HomeState(items: []).render(size: size).cells.count == size.width * size.height)
    }

    @Test func boxesAreClosed() {
        for size in [Size(80, 24), Size(120, 40), Size(200, 60), Size(100, 30)] {
            let text = render(size).text.unicodeScalars
            for pair in [("╭", "╮"), ("╰", "╯"), ("╭", "╰")] as [(Unicode.Scalar, Unicode.Scalar)] {
                #expect(text.filter { $0 == pair.0 }.count == text.filter { $0 == pair.1 }.count)
            }
        }
    }
}

@Suite struct CanvasTests {
    @Test func clipsAndCountsWideCharacters() {
        var canvas = Canvas(Size(6, 2))
        let end = canvas.write("日本x", in: Rect(x: 0, y: 0, width: 6, height: 2))
        #expect(end == 5)
        #expect(canvas.rowText(0) == "日本x")
        #expect(canvas[1, 0].scalar == Cell.continuation)
        canvas.write("日本日本", in: Rect(x: 0, y: 1, width: 5, height: 1))
        #expect(canvas.rowText(1) == "日本…")
        canvas.set("y", x: 1, y: 0, .plain)
        #expect(canvas.rowText(0) == " y本x")
        canvas.write("far", in: Rect(x: 4, y: 5, width: 9, height: 9))
        canvas.write("abc", in: Rect(x: 0, y: 0, width: 6, height: 1), x: -2, .text)
        #expect(canvas.rowText(0) == "cy本x")
    }

    @Test func svgIsWellFormedText() {
        let svg = render(Size(120, 40)).svg(title: "a<b & \u{22}c\u{22}")
        #expect(svg.hasPrefix("<svg xmlns"))
        #expect(svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("a&lt;b &amp; &quot;c&quot;"))
        #expect(svg.contains("colliding"))
        #expect(svg.components(on: "<text").count == svg.components(on: "</text>").count)
    }

    @Test func noThemeUsesBrightBlackOrBlackOnTheTerminalsOwn() {
        for theme in Theme.allCases {
            for role in Role.allCases {
                let ink = theme.ink(for: role)
                #expect(ink.basic.map { $0 < 8 && ($0 != 0 || ink.basicGround != nil) } ?? true)
                #expect(ink.rich.map { $0 != 8 && $0 != 0 } ?? true)
            }
        }
    }

    @Test func glyphSetsAreTotal() {
        for value in UInt32(0x20)...0x2fff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect(GlyphSet.ascii.glyph(for: scalar).value < 0x7f || value == 0x7f)
        }
    }
}

extension String {
    fileprivate func components(on mark: String) -> [Substring] { split(separator: mark, omittingEmptySubsequences: false) }
}
