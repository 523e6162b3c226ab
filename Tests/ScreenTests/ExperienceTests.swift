import Playback
import Scene
import Testing

@testable import Screen

@Suite struct SelectionTests {
    /// The rows of a pane that are marked in its margin.
    private func marked(_ pane: PaneID, _ driver: Driver) -> [String] {
        let scene = driver.scene
        let layout = driver.state.layout(scene, size: driver.size)
        guard let rect = layout.rect(of: pane) else { return [] }
        let canvas = driver.state.render(scene, size: driver.size)
        return (rect.y + 1..<rect.maxY - 1).filter { canvas[rect.x + 1, $0].scalar == "»" }.map { y in
            var view = String.UnicodeScalarView()
            for x in rect.x + 2..<rect.maxX - 1 { view.append(canvas[x, y].scalar) }
            return String(view)
        }
    }

    @Test(arguments: [Theme.dark, .mono]) func aNotifierLightsUpEverywhere(_ theme: Theme) {
        var driver = Driver(state: ScreenState(theme: theme), size: Size(200, 60))
        driver.press(.character("4"), .down)
        #expect(driver.state.selection == .notifier(NotifierID(0)))
        #expect(marked(.notifiers, driver).first?.hasPrefix("odp#1") ?? false)
        #expect(marked(.tree, driver).first?.contains("odp#1") ?? false)
        #expect(marked(.addressSpace, driver).first?.hasPrefix("odp#1") ?? false)
        #expect(marked(.deferred, driver).first?.contains("T1 in read_begin(odp#1)") ?? false, "who sleeps on it")
        #expect(marked(.timeline, driver).first?.hasPrefix("T1") ?? false, "the sleeper's lane")
        #expect(marked(.threads, driver).first?.contains("T1") ?? false)
        driver.press(.escape)
        for pane in PaneID.allCases { #expect(marked(pane, driver).isEmpty) }
        // A deferred entry is its notifier too.
        driver.press(.character("3"), .down)
        #expect(driver.state.selection == .notifier(NotifierID(5)))
        #expect(marked(.notifiers, driver).first?.hasPrefix("hfi1#4") ?? false)
        #expect(marked(.addressSpace, driver).first?.hasPrefix("hfi1#4") ?? false)
    }

    @Test func aThreadLightsUpInItsLocks() {
        var driver = Driver(size: Size(200, 60))
        _ = driver.command("pane locks")
        driver.press(.character("5"), .end)
        driver.press(.home)
        #expect(driver.state.selection == .thread(Fixture.t0))
        #expect(marked(.locks, driver).count == 2)
        #expect(marked(.timeline, driver).count == 1)
    }

    @Test func aPageIsAColumn() throws {
        var driver = Driver(size: Size(120, 40))
        driver.press(.character("1"), .right, .right, .right)
        #expect(driver.state.selection == .page(0x12))
        let canvas = driver.state.render(driver.scene, size: driver.size)
        #expect(canvas.text.contains("▼0x12"))
        let rect = try #require(driver.state.layout(driver.scene, size: driver.size).rect(of: .addressSpace))
        let selected = (rect.x..<rect.maxX).filter { canvas[$0, rect.y + 3].style.isSelected }
        #expect(selected.count >= 1 && selected.allSatisfy { AddressPane.address(driver.scene, rect, x: $0, magnification: nil) == 0x12 })
        driver.press(.character("9"))
        #expect(marked(.tables, driver).first?.hasPrefix("0x12") ?? false)
        driver.press(.down)
        #expect(driver.state.selection == .page(0x13))
    }

    @Test func aClickSelectsAndATitleRaises() throws {
        var driver = Driver(size: Size(120, 40))
        let layout = driver.state.layout(driver.scene, size: driver.size)
        let threads = try #require(layout.rect(of: .threads))
        driver.press(.mouse(Mouse(.press, x: threads.x + 4, y: threads.y + 1 + (ThreadsPane.isTall(driver.scene, rows: threads.height - 2) ? 2 : 1))))
        #expect(driver.state.focus == .threads && driver.state.selection == .thread(Fixture.t1))
        driver.press(.mouse(Mouse(.doubleClick, x: threads.x + 4, y: threads.y + 2)))
        #expect(driver.state.isZoomed)
        driver.press(.character("z"))
        let notifiers = try #require(layout.rect(of: .notifiers))
        let row = driver.state.render(driver.scene, size: driver.size).rowText(notifiers.y)
        let at = try #require(row.unicodeScalars.enumerated().first { $0.offset > notifiers.x && $0.element == "9" }).offset
        driver.press(.mouse(Mouse(.press, x: at, y: notifiers.y)))
        #expect(driver.state.focus == .tables)
        #expect(driver.text.contains("9 ► Page tables"))
    }

    @Test func hintsAndTabsCanBeClicked() throws {
        var driver = Driver(size: Size(80, 24))
        let row = driver.state.render(driver.scene, size: driver.size).rowText(23)
        let at = try #require(row.range(of: " back").map { row.distance(from: row.startIndex, to: $0.lowerBound) })
        #expect(driver.press(.mouse(Mouse(.press, x: at + 1, y: 23))) == [.playback(.back)])
        let tabs = driver.state.render(driver.scene, size: driver.size).rowText(2)
        let eight = try #require(tabs.firstIndex(of: "8").map { tabs.distance(from: tabs.startIndex, to: $0) })
        driver.press(.mouse(Mouse(.press, x: eight, y: 2)))
        #expect(driver.state.focus == .timeline && driver.state.isZoomed)
    }
}

@Suite struct TimelineTests {
    @Test func movingIsTimeTravel() {
        var driver = Driver()
        driver.press(.character("8"))
        #expect(driver.press(.left) == [.playback(.back)])
        #expect(driver.press(.right) == [.playback(.step)])
        #expect(driver.press(.home) == [.playback(.jumpToStart)])
        #expect(driver.press(.end) == [.playback(.jumpToEnd)])
        #expect(driver.press(.character("5")) == [.playback(.jump(to: 155))])
        #expect(driver.press(.character("0")) == [.playback(.jump(to: 0))])
        let columns = driver.scene.timeline.columns
        #expect(driver.press(.pageUp) == [.playback(.jump(to: 142 - columns / 2))])
        #expect(driver.press(.down) == [])
        #expect(driver.state.selection == .thread(Fixture.t0))
        driver.press(.character("<"))
        #expect(driver.state.stepsPerColumn == 2)
        #expect(driver.text.contains("2 steps a column"))
        driver.press(.character(">"))
        #expect(driver.state.stepsPerColumn == 1)
        driver.press(.character("z"))
        #expect(driver.state.isZoomed)
    }

    @Test(arguments: [Size(80, 24), Size(99, 29)]) func aSmallScreenHasTheHistoryAsAStrip(_ size: Size) throws {
        var driver = Driver(size: size)
        let scene = driver.scene
        #expect(scene.timeline.firstStep == 0 && scene.timeline.columns * scene.timeline.stepsPerColumn >= scene.position.last)
        let canvas = driver.state.render(scene, size: size)
        let strip = try #require(driver.state.layout(scene, size: size).strip)
        let area = TimelineStrip.cells(strip)
        #expect(area.maxX <= size.width && area.y == size.height - 2)
        let column = try #require(scene.timeline.column(ofStep: scene.position.step))
        #expect(canvas[area.x + column, strip.y].scalar == "▼" && canvas[area.x + column, area.y].style.isSelected)
        let finding = try #require(scene.timeline.column(ofStep: 150))
        #expect(canvas[area.x + finding, strip.y].scalar == "×")
        let collision = try #require(scene.timeline.column(ofStep: 131))
        #expect(canvas[area.x + collision, area.y].scalar == "●")
        let quiet = try #require(scene.timeline.column(ofStep: 50))
        #expect(canvas[area.x + quiet, area.y].scalar == "─")
        // What comes behind the end is empty, and a click goes where it points.
        let end = try #require(scene.timeline.column(ofStep: scene.position.last))
        if end + 1 < area.width { #expect(canvas[area.x + end + 1, area.y].scalar == " ") }
        let step = scene.timeline.step(ofColumn: 3)
        #expect(driver.press(.mouse(Mouse(.press, x: area.x + 3, y: area.y))) == [.playback(.jump(to: step))])
        #expect(driver.press(.mouse(Mouse(.press, x: 3, y: area.y))) == [])
        // At the start no step led here: the cursor stands before them all.
        var start = scene
        start.position.step = 0
        let beginning = driver.state.render(start, size: size)
        #expect(beginning[area.x - 1, strip.y].scalar == "▼" && beginning[area.x, area.y].style.role == .future)
        // Where rows are few, what is now counts for more.
        #expect(Driver(size: Size(60, 16)).state.layout(scene, size: Size(60, 16)).strip == nil)
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60)]) func theCursorIsTheStep(_ size: Size) throws {
        var driver = Driver(size: size)
        driver.press(.character("8"))
        let scene = driver.scene
        let canvas = driver.state.render(scene, size: size)
        let rect = try #require(driver.state.layout(scene, size: size).rect(of: .timeline))
        let area = TimelinePane.cells(rect)
        let column = try #require(TimelinePane.cursorColumn(scene))
        #expect(canvas[area.x + column, area.y].scalar == "▼")
        for lane in 1...4 { #expect(canvas[area.x + column, area.y + lane].style.isSelected) }
        #expect(canvas[area.x + column + 1, area.y + 1].style.role == .future)
        let before = canvas[area.x + column - 1, area.y + 1]
        #expect(before.scalar == "≡" && before.style.role == .invalidation || before.scalar == "═" && before.style.role == .lane)
        for words in ["◆unmapped", "!munmap", "▼142", "z asleep", ": blocked"] { #expect(canvas.text.contains(words), "\(words)") }
        // A click goes where it points.
        let step = scene.timeline.step(ofColumn: column - 5)
        #expect(driver.press(.mouse(Mouse(.press, x: area.x + column - 5, y: area.y + 2))) == [.playback(.jump(to: step))])
        // The wheel looks elsewhere and stays in time.
        #expect(driver.press(.mouse(Mouse(.wheelUp, x: area.x + 5, y: area.y + 2))).isEmpty)
        #expect(driver.state.timelineFirst != nil)
        driver.press(.left)
        #expect(driver.state.timelineFirst == nil)
    }

    @Test func theStartHasNoColumn() {
        var driver = Driver()
        driver.state.focus = .timeline
        var scene = driver.scene
        scene.position.step = 0
        scene.timeline.firstStep = 0
        #expect(TimelinePane.cursorColumn(scene) == -1)
        #expect(driver.state.render(scene, size: driver.size).text.contains("▼0"))
    }
}

@Suite struct NewPaneTests {
    @Test(arguments: [PaneID.timeline, .tables, .entries, .locks, .explain], [Theme.dark, .mono]) func goldenInMonoAndASCII(_ pane: PaneID, _ theme: Theme) throws {
        var driver = Driver(state: ScreenState(theme: theme, glyphs: theme == .mono ? .ascii : .unicode), size: Size(100, 20))
        driver.state.explaining = .thread(Fixture.t1)
        driver.state.focus = pane
        driver.state.isZoomed = true
        let canvas = driver.state.render(driver.scene, size: driver.size)
        try expectGolden(canvas.text, "pane-\(pane)-\(theme).txt")
        if theme == .mono { #expect(canvas.text.allSatisfy { $0.isASCII }) }
    }

    @Test func staleEntriesSayWhy() {
        var driver = Driver(size: Size(160, 40))
        driver.press(.character("9"), .character("z"))
        #expect(driver.text.contains("▲ W page#21 STALE: the CPU has nothing here"))
        #expect(driver.text.contains("~ W page#22 excused: UNMAP in flight"))
        #expect(driver.text.contains("▲ 1 stale"))
        driver.press(.tab)
        #expect(driver.state.focus == .entries)
        let request = driver.state.request(for: driver.size)
        #expect(request.specialPages.count > 0 && request.pages.count == 0)
        #expect(driver.text.contains("x exclusive (writable) page#37 of nouveau  locked by T3"))
        #expect(!driver.text.contains("0x20 "))
    }

    @Test func specialPagesHaveAPlaceOfTheirOwnWhereThereIsRoom() {
        let large = Driver(size: Size(200, 60))
        #expect(large.text.contains("9 Page tables ─") && large.text.contains("─ Exclusive & swap ─"))
        #expect(large.text.contains("0x10  W writable page#20") && large.text.split(separator: "0x27  x exclusive").count == 3)
        let wide = Driver(size: Size(200, 50))
        #expect(wide.text.contains("9 Page tables │ Exclusive & swap ─"))
    }

    @Test func circlesAreMarked() {
        var driver = Driver(size: Size(120, 40))
        _ = driver.command("pane locks")
        driver.press(.character("z"))
        #expect(driver.text.contains("↻ T0 waits for mm A.mmap_sem"))
        #expect(driver.text.contains("↻ umem.mutex"))
        #expect(driver.text.contains("held by T0 munmap  × waiting: T2 insert since 129"))
        #expect(driver.text.contains("↑ woken"))
    }

    @Test func anExplanationLeadsToItsSteps() {
        var driver = Driver(size: Size(120, 40))
        driver.press(.character("5"), .down, .down, .character("e"))
        #expect(driver.state.focus == .explain)
        #expect(driver.state.request(for: driver.size).explain == driver.state.selection)
        #expect(driver.text.contains("Explain: Why T1 waits"))
        #expect(driver.text.contains("← because") && driver.text.contains("§ the rule") && driver.text.contains("→ therefore"))
        driver.press(.down)
        #expect(driver.press(.enter) == [.playback(.jump(to: 125))])
        driver.press(.escape)
        #expect(driver.state.explaining == nil && driver.state.focus != .explain)
        #expect(driver.text.contains("Code: T0 munmap"))
        _ = driver.command("explain seq")
        #expect(driver.state.explaining == .number(.seq))
    }

    @Test func eventsAreFilteredAndLeadToTheirStep() {
        var driver = Driver(size: Size(200, 60))
        driver.press(.character("7"), .up, .up)
        #expect(driver.state.selection == .event(step: 139))
        #expect(driver.press(.enter) == [.playback(.jump(to: 139))])
        driver.press(.character("F"), .enter)
        #expect(driver.state.eventKinds?.contains(.odd) == false && driver.state.eventKinds?.contains(.collide) == true)
        driver.press(.escape)
        #expect(driver.text.contains("filtered (F): "))
        driver.press(.character("F"))
        driver.type("everything")
        driver.press(.enter)
        #expect(driver.state.eventKinds == nil)
        driver.press(.character("F"))
        driver.type("text")
        driver.press(.enter)
        driver.type("odp#1")
        driver.press(.enter)
        #expect(driver.state.request(for: driver.size).eventText == "odp#1")
        driver.press(.character("K"))
        driver.type("collide")
        driver.press(.down, .enter)
        #expect(driver.press(.character("}")) == [.playback(.nextEventOf([.collide]))])
        #expect(driver.press(.character("{")) == [.playback(.previousEventOf([.collide]))])
    }

    @Test func breakpointsHoldsMarksBranches() {
        var driver = Driver(size: Size(120, 40))
        driver.press(.character("6"), .down, .down, .down)
        #expect(driver.press(.character("B")) == [.playback(.toggleBreakpoint(.line(file: "drivers/odp", line: 90)))])
        #expect(driver.press(.character("E")) == [.edit(file: "drivers/odp", line: 90)])
        #expect(driver.press(.character("c")) == [.playback(.runToBreakpoint)])
        #expect(driver.text.contains("●"))
        #expect(driver.press(.character("H")).isEmpty)
        driver.press(.character("5"), .down)
        #expect(driver.press(.character("H")) == [.playback(.perturb(.hold(Fixture.t0, isHeld: true)))])
        driver.change = { $0.threads.rows[0].hold = .untilReleased }
        #expect(driver.press(.character("H")) == [.playback(.perturb(.hold(Fixture.t0, isHeld: false)))])
        #expect(driver.text.contains("■ HELD"))
        driver.press(.character("m"))
        driver.type("here")
        #expect(driver.press(.enter) == [.playback(.toggleMark("here"))])
        driver.press(.character("'"))
        #expect(driver.press(.down, .enter) == [.playback(.jump(to: 139))])
        driver.press(.character("v"))
        #expect(driver.press(.down, .enter) == [.playback(.switchBranch("device first"))])
        #expect(driver.press(.character("u")) == [.playback(.undo)])
        #expect(driver.press(.character("R")) == [.playback(.runBackwards)])
        #expect(driver.press(.character("y")) == [.playback(.copySchedule)])
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60)]) func presenting(_ size: Size) {
        var driver = Driver(size: size)
        guard case .keep(let settings)? = driver.press(.character("P")).first else { Issue.record("not kept"); return }
        #expect(settings.isPresenting)
        let panes = driver.state.layout(driver.scene, size: size).panes.map(\.id)
        #expect(size.width == 80 || Set(panes) == [.addressSpace, .threads, .code, .timeline])
        for _ in 0..<5 { driver.press(.tab) }
        #expect(driver.text.contains("►"))
    }

    @Test func hintsFollowThePane() {
        var driver = Driver(size: Size(120, 40))
        #expect(!driver.text.contains("a next mm"))
        driver.change = { $0.header.mmCount = 3 }
        #expect(driver.text.contains("a next mm"))
        #expect(driver.text.contains("(1 of 3, a: next)"))
        driver.change = { _ in }
        driver.press(.character("6"))
        #expect(driver.text.contains("B breakpoint"))
        driver.press(.character("5"))
        #expect(driver.text.contains("H hold"))
        driver.press(.character("8"))
        #expect(driver.text.contains("←→ travel"))
    }

    @Test func anMMWithoutNotifiersSaysSo() {
        var driver = Driver(size: Size(120, 40))
        driver.change = { scene in
            (scene.header.seq, scene.header.exclusion, scene.header.active) = (.unknown, .unknown, .unknown)
            (scene.header.hasIntervalTree, scene.header.subscriptions, scene.header.plainNotifiers) = (.known(false), 0, .unknown)
        }
        #expect(driver.text.contains("no notifiers registered"))
        #expect(!driver.text.contains("?  ") || !driver.text.contains("seq ?"))
    }

    @Test func theRunningThreadStaysInSight() {
        var driver = Driver(size: Size(80, 24))
        driver.change = { scene in
            let rows = (0..<40).map { number in
                ThreadRow(id: ThreadID(number), label: "T\(number)", name: "worker \(number)", status: .ready, doing: "steps", isCurrent: number == 17)
            }
            scene.threads = Rows(rows)
        }
        #expect(driver.text.contains("► T17"))
    }

    @Test func nearestNames() {
        #expect(NearestName.nearest(to: "gto", among: ["goto", "quit"]) == "goto")
        #expect(NearestName.nearest(to: "qiut", among: ["goto", "quit"]) == "quit")
        #expect(NearestName.nearest(to: "xyzzy", among: ["goto", "quit"]) == nil)
        #expect(NearestName.distance(Array("abcd"), Array("acbd")) == 1)
    }
}
