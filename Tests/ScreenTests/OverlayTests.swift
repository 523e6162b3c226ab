import Playback
import Scene
import Testing

@testable import Screen

@Suite struct PerturbTests {
    @Test(arguments: [Size(80, 24), Size(120, 40), Size(60, 16)]) func aRangeIsPickedOnTheAddresses(_ size: Size) {
        var driver = Driver(size: size)
        driver.press(.character("p"))
        #expect(driver.text.contains("asking") || driver.text.contains("munmap"))
        driver.type("munm")
        #expect(driver.text.contains("unmap pages of the process"))
        driver.press(.enter)
        // The only mm is not asked for; the range is.
        guard case .picking(let picking) = driver.state.overlay else { Issue.record("no picking"); return }
        #expect(picking.cursor == 0x10)
        #expect(driver.text.contains("munmap: range"))
        driver.press(.right, .right, .character(" "), .right)
        #expect(driver.text.contains("0x12–0x13 (2 pages)"))
        let actions = driver.press(.right, .enter)
        #expect(actions == [.playback(.perturb(.operation(name: "munmap", arguments: [.record("mm#1"), .range(first: 0x12, last: 0x14)])))])
        #expect(driver.state.overlay == nil)
    }

    @Test func oneParameterAfterAnother() {
        var driver = Driver()
        driver.press(.character("p"))
        driver.type("device_fault")
        driver.press(.enter)
        #expect(driver.text.contains("umem#2"))
        driver.press(.down, .enter, .right, .enter)
        #expect(driver.text.contains("device_fault: times:"))
        driver.type("x")
        #expect(driver.press(.enter).isEmpty && driver.text.contains("is no number"))
        driver.press(.backspace)
        driver.type("3")
        #expect(
            driver.press(.enter)
                == [.playback(.perturb(.operation(name: "device_fault", arguments: [.record("umem#2"), .number(0x11), .number(3)])))])
    }

    @Test func aFlagIsAsked() {
        var driver = Driver()
        driver.press(.character("p"))
        driver.type("touch")
        driver.press(.enter, .enter)
        #expect(driver.text.contains("touch: writes?"))
        #expect(driver.press(.character("y")) == [.playback(.perturb(.operation(name: "touch", arguments: [.number(0x10), .flag(true)])))])
    }

    @Test func whatCanNotBeDoneSaysWhy() {
        var driver = Driver()
        driver.press(.character("p"))
        driver.type("fork")
        #expect(driver.text.contains("not now: the process has gone"))
        #expect(driver.press(.enter).isEmpty)
        #expect(driver.state.message == "fork: the process has gone")
        driver = Driver()
        driver.change = { scene in if scene.menu != nil { scene.menu = PerturbationMenu(obstacle: "what was recorded has happened") } }
        driver.press(.character("p"))
        #expect(driver.state.overlay == nil && driver.state.message == "what was recorded has happened")
    }

    @Test func faultsPoliciesAndTheSchedule() {
        func pick(_ filter: String) -> [ScreenAction] {
            var driver = Driver()
            driver.press(.character("p"))
            driver.type(filter)
            return driver.press(.enter)
        }
        #expect(pick("no_retry") == [.playback(.perturb(.fault(name: "no_retry", isOn: true)))])
        #expect(pick("no_lock") == [.playback(.perturb(.fault(name: "no_lock", isOn: false)))])
        #expect(pick("seek") == [.playback(.perturb(.policy("seek-collision")))])
        #expect(pick("hold T1") == [.playback(.perturb(.hold(Fixture.t1, isHeld: true)))])
        var driver = Driver()
        driver.press(.character("p"))
        driver.type("delay T2")
        driver.press(.enter)
        driver.type("12")
        #expect(driver.press(.enter) == [.playback(.perturb(.delay(Fixture.t2, steps: 12)))])
        driver.press(.character("p"))
        driver.type("wrap")
        driver.press(.enter)
        driver.type("3")
        #expect(driver.press(.enter) == [.playback(.perturb(.sequenceNearWrap(mmIndex: 0, distance: 3)))])
    }

    @Test func theMousePicksARange() throws {
        var driver = Driver()
        driver.press(.character("p"))
        driver.type("insert")
        driver.press(.enter)
        let rect = try #require(driver.state.layout(driver.scene, size: driver.size).rect(of: .addressSpace))
        let columns = (rect.x..<rect.maxX).filter {
            AddressPane.address(driver.scene, rect, x: $0, magnification: nil) == 0x14
        }
        let ends = (rect.x..<rect.maxX).filter { AddressPane.address(driver.scene, rect, x: $0, magnification: nil) == 0x17 }
        let start = try #require(columns.first), end = try #require(ends.first)
        driver.press(.mouse(Mouse(.press, x: start, y: rect.y + 3)), .mouse(Mouse(.drag, x: end, y: rect.y + 3)))
        #expect(driver.text.contains("0x14–0x17 (4 pages)"))
        #expect(
            driver.press(.mouse(Mouse(.release, x: end, y: rect.y + 3)))
                == [.playback(.perturb(.operation(name: "insert", arguments: [.range(first: 0x14, last: 0x17)])))])
    }
}

@Suite struct CommandLineTests {
    @Test(arguments: [
        ("goto 142", .jump(to: 142)), ("+10", .jump(to: 152)), ("-200", .jump(to: 0)), ("99", .jump(to: 99)), ("goto unmapped", .jump(to: 139)),
        ("break 90", .toggleBreakpoint(.line(file: "drivers/odp", line: 90))),
        ("break kernel/hmm:12", .toggleBreakpoint(.line(file: "kernel/hmm", line: 12))), ("break seq 9", .toggleBreakpoint(.sequence(9))),
        ("break gntdev", .toggleBreakpoint(.notifier(NotifierID(2)))), ("break count(tree) > 3", .toggleBreakpoint(.expression("count(tree) > 3"))),
        ("break property no-stale-spte", .toggleBreakpoint(.property("no-stale-spte"))),
        ("unbreak", .clearBreakpoints), ("mark here", .toggleMark("here")), ("branch device first", .switchBranch("device first")),
        ("branch mine", .nameBranch("mine")), ("policy round-robin", .perturb(.policy("round-robin"))), ("speed 50", .setSpeed(50)),
        ("speed max", .setSpeed(nil)), ("fault no_retry", .perturb(.fault(name: "no_retry", isOn: true))),
        ("fault no_lock off", .perturb(.fault(name: "no_lock", isOn: false))), ("hold t1", .perturb(.hold(Fixture.t1, isHeld: true))),
        ("release T1", .perturb(.hold(Fixture.t1, isHeld: false))), ("delay T0 4", .perturb(.delay(Fixture.t0, steps: 4))),
        ("perturb munmap 0x12-0x13", .perturb(.operation(name: "munmap", arguments: [.record("mm#1"), .range(first: 0x12, last: 0x13)]))),
        ("perturb munmap mm#1 0x12..0x13", .perturb(.operation(name: "munmap", arguments: [.record("mm#1"), .range(first: 0x12, last: 0x13)]))),
        ("perturb touch 0x12 yes", .perturb(.operation(name: "touch", arguments: [.number(0x12), .flag(true)]))),
        ("wrap 2", .perturb(.sequenceNearWrap(mmIndex: 0, distance: 2))), ("undo", .undo), ("check", .check), ("record", .toggleRecording),
        ("story", .tellStory), ("copy schedule", .copySchedule), ("copy table", .copyTable), ("odp1.notifier.seq", .evaluate("odp1.notifier.seq")),
        ("count(tree, 0x10..0x1f)", .evaluate("count(tree, 0x10..0x1f)")), ("a + b", .evaluate("a + b")),
    ] as [(String, PlaybackCommand)])
    func whatIsTypedIsDone(_ line: String, _ command: PlaybackCommand) {
        var driver = Driver()
        #expect(driver.command(line) == [.playback(command)], "\(driver.state.message ?? "")")
    }

    @Test(arguments: [
        ("gto 142", "did you mean 'goto'?"), ("theme drak", "did you mean 'dark'?"), ("pane tabels", "did you mean 'tables'?"),
        ("policy randm", "did you mean 'random'?"), ("fault no_rety", "did you mean 'no_retry'?"), ("perturb mnmap", "did you mean 'munmap'?"),
        ("hold T9", "there is no thread 'T9'"), ("perturb munmap x", "is no range"), ("perturb munmap 1 2", "takes no '2'"),
        ("speed fast", "steps a second"), ("goto nowhere", "there is no mark 'nowhere'"), ("delay T0", "how many steps"), ("wrap 0", "1 or more"),
        ("explain gntdv", "did you mean 'gntdev'?"), ("watch", "watch an expression"), ("perturb fork", "the process has gone"),
    ])
    func mistakesAreToldInOneLine(_ line: String, _ words: String) {
        var driver = Driver()
        #expect(driver.command(line).isEmpty)
        #expect(driver.state.message?.contains(words) ?? false, "\(driver.state.message ?? "nothing")")
        #expect(!(driver.state.message ?? "").contains("\n"))
    }

    @Test func watchesStandInTheHeader() {
        var driver = Driver()
        _ = driver.command("watch count(tree)")
        _ = driver.command("watch odp1.seq?")
        #expect(driver.state.request(for: driver.size).watches == ["count(tree)", "odp1.seq?"])
        #expect(driver.text.contains("watch count(tree) = ◆ 5   odp1.seq? = × no such name"))
        _ = driver.command("unwatch 1")
        #expect(driver.state.watches == ["odp1.seq?"])
        _ = driver.command("unwatch")
        #expect(driver.state.watches.isEmpty)
        #expect(!driver.text.contains("watch "))
    }

    @Test func tabCompletesAndUpRecalls() {
        var driver = Driver()
        driver.type(":pol")
        #expect(driver.text.contains("policy NAME"))
        driver.press(.tab)
        driver.type("see")
        driver.press(.tab)
        #expect(driver.press(.enter) == [.playback(.perturb(.policy("seek-collision")))])
        driver.type(":")
        driver.press(.up)
        #expect(driver.text.contains(":policy seek-collision"))
        driver.press(.escape)
        driver.type(":")
        driver.press(.tab)
        #expect(driver.text.contains("Commands"))
        driver.type("goto step")
        driver.press(.enter)
        driver.type("7")
        #expect(driver.press(.enter) == [.playback(.jump(to: 7))])
    }

    @Test func everyVerbDoesSomething() {
        for verb in CommandVerb.all {
            var driver = Driver()
            let before = driver.state
            let actions = driver.command(verb.name)
            driver.state.history = []
            #expect(!actions.isEmpty || driver.state != before, "\(verb.name)")
        }
    }

    @Test func everyVerbIsInThePaletteAndEveryKey() {
        var driver = Driver()
        driver.press(.control("p"))
        guard case .picker(let picker) = driver.state.overlay else { Issue.record("no palette"); return }
        let items = driver.state.items(picker, driver.scene)
        for verb in CommandVerb.all { #expect(items.contains { $0.label == verb.usage }) }
        for binding in KeyMap.bindings {
            for (index, _) in binding.keys.enumerated() {
                guard let command = binding.command(at: index), Palette.offers(command) else { continue }
                #expect(items.contains { $0.choice == .command(command) })
            }
        }
        driver.type("presenter")
        driver.press(.enter)
        #expect(driver.state.isPresenting)
    }
}

@Suite struct ReplyTests {
    @Test("a perturbation that is typed before the scene says what there is waits for that")
    func typedFast() {
        var state = ScreenState()
        let size = Size(120, 40)
        let early = Fixture.scene(state.request(for: size))
        #expect(early.menu == nil)
        #expect(state.run("perturb munmap 0x10..0x13", early, size) == [])
        #expect(state.request(for: size).wantsMenu && state.message == nil)
        #expect(state.receive(early, size: size) == [])
        let late = Fixture.scene(state.request(for: size))
        let actions = state.receive(late, size: size)
        #expect(actions.count == 1, "\(actions)")
        #expect(state.receive(late, size: size) == [] && !state.request(for: size).wantsMenu)
    }

    @Test func repliesAreShownOnce() {
        var state = ScreenState()
        let size = Size(120, 40)
        func scene(_ number: Int, _ content: Reply.Content) -> Scene {
            var scene = Fixture.scene(state.request(for: size))
            scene.reply = Reply(number: number, content: content)
            return scene
        }
        #expect(state.receive(scene(1, .copy(text: "odp s1", what: "the schedule")), size: size) == [.copy("odp s1")])
        #expect(state.message == "copied: the schedule")
        #expect(state.receive(scene(1, .copy(text: "odp s1", what: "the schedule")), size: size) == [])
        _ = state.receive(scene(2, .value(expression: "a", value: "5")), size: size)
        #expect(state.message == "a = 5")
        _ = state.receive(scene(3, .text(title: "The story", lines: ["one", "two"])), size: size)
        var shown = state.render(scene(3, .value(expression: "", value: "")), size: size).text
        #expect(shown.contains("The story") && shown.contains("two"))
        #expect(state.handle(.character("y"), scene: scene(3, .value(expression: "", value: "")), size: size) == [.copy("one\ntwo\n")])
        _ = state.handle(.escape, scene: scene(3, .value(expression: "", value: "")), size: size)
        #expect(state.overlay == nil)
        let query = FindQuery(list: .notifiers, text: "gntdev", from: -1)
        state.focus = .notifiers
        _ = state.receive(scene(4, .found(query, row: 3)), size: size)
        #expect(state.selection == .notifier(NotifierID(2)))
        #expect(state.handle(.character(";"), scene: scene(4, .found(query, row: 3)), size: size)
            == [.playback(.find(FindQuery(list: .notifiers, text: "gntdev", from: 3)))])
        _ = state.receive(scene(5, .notFound(FindQuery(list: .tree, text: "zzz", from: 0))), size: size)
        #expect(state.message == "“zzz” isn't in the tree")
        _ = state.receive(scene(6, .found(FindQuery(list: .addresses, text: "0x27", from: 0), row: 0x27)), size: size)
        #expect(state.selection == .page(0x27))
        shown = state.render(scene(6, .value(expression: "", value: "")), size: size).text
        #expect(shown.contains("▼0x27") || shown.contains("0x27▼"))
    }

    @Test func findAsksInThePane() {
        var driver = Driver()
        driver.press(.character("7"), .character("/"))
        driver.type("odd")
        #expect(driver.press(.enter) == [.playback(.find(FindQuery(list: .events, text: "odd", from: -1)))])
    }
}

@Suite struct OverlayGoldenTests {
    @Test(arguments: [Size(80, 24), Size(120, 40)], [GlyphSet.unicode, .ascii]) func golden(_ size: Size, _ glyphs: GlyphSet) throws {
        func look(_ name: String, _ keys: [Key]) throws {
            var driver = Driver(state: ScreenState(glyphs: glyphs), size: size)
            for key in keys { driver.press(key) }
            try expectGolden(driver.text, "overlay-\(name)-\(size.width)x\(size.height)-\(glyphs).txt")
        }
        func typed(_ text: String) -> [Key] { text.map { .character($0) } }
        try look("help", [.character("?")])
        try look("palette", [.control("p")] + typed("event"))
        try look("perturb", [.character("p")])
        try look("picking", [.character("p")] + typed("munmap") + [.enter, .right, .right, .character(" "), .right, .right])
        try look("command", typed(":perturb munmap 0x12-0x13 ") + typed("x"))
        try look("completions", typed(":p") + [.tab])
        try look("kinds", [.character("K")])
        try look("filter", [.character("F"), .enter])
        try look("present", [.character("P")])
        try look("watch", typed(":watch count(tree)") + [.enter] + typed(":watch odp1.seq") + [.enter])
        try look("explain", [.character("5"), .down, .down, .character("e")])
    }
}
