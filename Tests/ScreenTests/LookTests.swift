import Scene
import Testing

@testable import Screen

/// What stands out, and what gives way to it.
@Suite struct LookTests {
    private func rendered(_ size: Size, _ change: (inout ScreenState) -> Void = { _ in }, finding: Bool = false) -> Canvas {
        var state = ScreenState(theme: .dark)
        change(&state)
        return state.render(Fixture.scene(state.request(for: size), finding: finding), size: size)
    }

    /// Under a list to choose from everything else is of one quiet colour, the keys that don't work now too.
    @Test func whatLiesUnderAnOverlayRecedes() {
        let size = Size(120, 40)
        let canvas = rendered(size, { $0.overlay = .help })
        for x in 0..<size.width {
            for y in [0, size.height - 1] { #expect(canvas[x, y].style == Style(.border)) }
        }
        #expect(canvas.text.contains("Travel in time"))
        let told = rendered(size, { state in
            state.overlay = .picker(Picker(.marks))
            state.message = "not now"
        })
        #expect(told[1, size.height - 1].style.role == .message)
    }

    @Test func theLineThatRunsIsOnAGroundOfItsOwn() throws {
        let size = Size(120, 40)
        let canvas = rendered(size)
        let rect = try #require(Layout(size: size, facts: Layout.Facts(Fixture.scene(ScreenState().request(for: size))), zoomed: nil).rect(of: .code))
        let rows = (rect.y..<rect.maxY).filter { y in canvas[rect.x + 3, y].style.isCurrent }
        #expect(rows.count == 1)
        for y in rows { #expect(canvas.rowText(y).contains("►")) }
    }

    /// A thread of two lines is selected with both.
    @Test func anEntryOfTwoLinesIsSelectedWhole() throws {
        let size = Size(120, 40)
        var state = ScreenState()
        let scene = Fixture.scene(state.request(for: size))
        state.focus = .threads
        state.selection = .thread(try #require(scene.threads.rows.first).id)
        let canvas = state.render(scene, size: size)
        let rect = try #require(state.layout(scene, size: size).rect(of: .threads))
        let lines = (rect.y..<rect.maxY).filter { canvas[rect.x + 4, $0].style.isSelected }
        #expect(lines.count == (ThreadsPane.isTall(scene, rows: rect.height - 2) ? 2 : 1))
    }

    /// The banner says that a property failed: the event that is the same thing isn't as loud.
    @Test func nothingIsAsLoudAsTheBanner() throws {
        let size = Size(200, 60)
        let canvas = rendered(size, finding: true)
        let rows = (0..<size.height).filter { y in canvas.row(y).contains { $0.style.role == .finding } }
        #expect(!rows.isEmpty && rows.allSatisfy { (2..<6).contains($0) }, "\(rows)")
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60)]) func whatKeysDoStandsInOneColumn(_ size: Size) throws {
        let text = rendered(size, { $0.overlay = .help }).text.split(separator: "\n").map(String.init)
        func column(_ words: String) -> Int? {
            text.lazy.compactMap { line in line.firstRange(of: words).map { Canvas.width(of: String(line[..<$0.lowerBound])) } }.first
        }
        #expect(column("run, or pause") == column("one step back"))
        if size.width >= 120 { #expect(column("next, previous pane") == column("select and move in the pane")) }
    }

    /// In a list of commands the keys stand beside the words.
    @Test func keysOfCommandsAreBesideTheirWords() throws {
        let text = rendered(Size(120, 40), { $0.overlay = .picker(Picker(.palette)) }).text
        let line = try #require(text.split(separator: "\n").first { $0.contains("check every schedule; Esc gives up") })
        #expect(line.contains(#/Esc gives up {2,8}C /#))
    }

    @Test func aRepeatedPartOfAnArgumentIsNamedOnce() {
        let sentences = [(Explanation.Sentence.Role.fact, "a"), (.fact, "b"), (.cause, "c")].map { Explanation.Sentence($0.0, $0.1, step: 7) }
        let lines = ExplainPane.lines(Explanation(subject: nil, title: "", sentences: sentences), width: 60)
        let words = lines.map { $0.spans.map(\.text).joined() }
        #expect(words == ["• so it is   a [step 7]", "•            b [step 7]", "← because    c [step 7]"])
        #expect(lines.allSatisfy { $0.spans.last == Span("[step 7]", .dim) })
    }

    @Test func aTraceWithoutPagesExplainsNone() {
        var space = Fixture.scene(ScreenState().request(for: Size(120, 40))).addressSpace
        #expect(!AddressLegend(space, cells: 1).spans(width: 80).isEmpty)
        space.cpuPTEs = .unknown
        space.devices = []
        #expect(!AddressLegend(space, cells: 1).spans(width: 80).contains { $0.text.contains("writable") || $0.text.contains("stale") })
    }

    /// The keys that only a model has a use for aren't offered in a kernel recording.
    @Test(arguments: [PaneID.threads, .code, .addressSpace]) func aRecordingOffersNoKeysOfModels(_ pane: PaneID) {
        let size = Size(200, 60)
        var state = ScreenState()
        state.focus = pane
        var scene = Fixture.scene(state.request(for: size))
        #expect(state.render(scene, size: size).rowText(59).contains("p perturb"))
        scene.source = .recording
        let text = state.render(scene, size: size).text
        for hint in ["H hold", "t step", "B breakpoint", "S over", "f finish", "p perturb", "E editor"] {
            #expect(!text.contains(hint), "\(hint)")
        }
        #expect(text.contains("n next event"))
    }

    @Test func aLongMessageGivesUpItsAsideFirst() {
        #expect(Words.withoutAside("fails, b steps back (9 states)", width: 40) == "fails, b steps back (9 states)")
        #expect(Words.withoutAside("fails, b steps back (9 states)", width: 20) == "fails, b steps back")
        #expect(Words.withoutAside("f(x) is 3", width: 4) == "f(x) is 3")
    }

    @Test func theHomeScreenSaysWhatIsExpected() {
        let items = [
            HomeItem(section: .scenarios, name: "good", summary: "", verdict: "holds"),
            HomeItem(section: .scenarios, name: "wrong", summary: "", verdict: "fails no-stale-spte"),
            HomeItem(section: .recordings, name: "real", summary: ""),
        ]
        let text = HomeState(items: items).render(size: Size(80, 24)).text
        #expect(text.contains("√ good") && text.contains("× wrong") && text.contains("  real"))
        #expect(text.contains("√ holds  × fails"))
    }
}
