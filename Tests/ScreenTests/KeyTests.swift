import Playback
import Scene
import Testing

@testable import Screen

@Suite struct KeyTests {
    /// Keys that a terminal may send.
    static let allKeys: [Key] =
        (0x20...0x7e).compactMap { Unicode.Scalar($0).map { .character(Character($0)) } }
        + "abcdefghijklmnopqrstuvwxyz".map { .control($0) }
        + [.enter, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .left, .right, .pageUp, .pageDown, .home, .end]
        + (1...12).map { .function($0) }

    @Test func everyKeyIsInTheTableOnce() {
        // A key may do something else in some panes, but not two things in one.
        for pane in [nil] + PaneID.allCases.map(Optional.some) {
            let keys = KeyMap.bindings.filter { pane == nil ? $0.panes.isEmpty : $0.panes.contains(pane ?? .code) }.flatMap(\.keys)
            #expect(Set(keys).count == keys.count)
        }
        for binding in KeyMap.bindings {
            #expect(binding.commands.count == 1 || binding.commands.count == binding.keys.count)
            for key in binding.keys { #expect(KeyMap.command(for: key, in: binding.panes.first) != nil) }
        }
    }

    /// Whether a key does anything, from one of a few states, since it may have nothing to do in some of them.
    private static func works(_ key: Key, in pane: PaneID?, _ size: Size) -> Bool {
        let starts: [[Key]] = [
            [], [.character("3")], [.character("z")], [.character("5")], [.character("7"), .up], [.right], [.character("2"), .down],
        ]
        return starts.contains { start in
            var driver = Driver(state: ScreenState(hasHome: true), size: size)
            driver.state.stepsPerColumn = 4
            driver.change = { $0.events.total = 500 }
            driver.press(.character("1"))
            for key in start { driver.press(key) }
            if let pane { driver.state.show(pane, size) }
            let before = driver.state
            let actions = driver.press(key)
            return !actions.isEmpty || driver.state != before
        }
    }

    @Test func everyKeyInTheHelpWorksAndOnlyThose() {
        let documented = Set(KeyMap.bindings.filter(\.panes.isEmpty).flatMap(\.keys))
        for key in Self.allKeys {
            #expect(Self.works(key, in: nil, Size(120, 40)) == documented.contains(key), "\(key.label)")
        }
        for binding in KeyMap.bindings {
            for pane in binding.panes {
                for key in binding.keys { #expect(Self.works(key, in: pane, Size(120, 40)), "\(key.label) in \(pane)") }
            }
        }
    }

    @Test func everyKeyInTheHelpOfTheHomeScreenWorksAndOnlyThose() {
        let size = Size(120, 40)
        let items = (0..<40).map { HomeItem(section: .scenarios, name: "s\($0)", summary: "of \($0)") }
        let documented = Set(HomeState.bindings.flatMap(\.keys))
        #expect(documented.count == HomeState.bindings.flatMap(\.keys).count)
        for key in Self.allKeys {
            var hasEffect = false
            for prepare in [[], [.pageDown], [.character("/"), .character("s"), .enter]] as [[Key]] {
                var home = HomeState(items: items)
                for key in prepare { _ = home.handle(key, size: size) }
                let before = home
                if !home.handle(key, size: size).isEmpty || home != before { hasEffect = true }
            }
            #expect(hasEffect == documented.contains(key), "\(key.label)")
        }
    }

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(60, 16)]) func theHomeScreenHasHelp(_ size: Size) {
        var home = HomeState(items: [HomeItem(section: .scenarios, name: "one", summary: "of one")])
        #expect(home.render(size: size).text.contains("? help"))
        #expect(home.handle(.character("?"), size: size) == [])
        var shown = home.render(size: size).text
        _ = home.handle(.end, size: size)
        _ = home.handle(.end, size: size)
        shown += home.render(size: size).text
        for binding in HomeState.bindings where size.height >= 24 {
            #expect(shown.contains(binding.label) && shown.contains(binding.words), "\(binding.words)")
        }
        #expect(home.handle(.character("q"), size: size) == [], "it closes the help, as in a session")
        #expect(!home.isHelpOpen)
        #expect(home.handle(.character("q"), size: size) == [.quit])
    }

    @Test func aGoesThroughTheAddressSpaces() {
        let size = Size(120, 40)
        var state = ScreenState()
        var scene = Fixture.scene(state.request(for: size))
        _ = state.handle(.character("a"), scene: scene, size: size)
        #expect(state.mmIndex == nil && state.message == "there is no other mm")
        (scene.header.mmCount, scene.header.mmIndex) = (3, 1)
        state.origin = 0x20
        _ = state.handle(.character("a"), scene: scene, size: size)
        #expect(state.request(for: size).mmIndex == 2 && state.origin == nil)
        scene.header.mmIndex = 2
        #expect(state.render(scene, size: size).text.contains("(3 of 3"))
        _ = state.handle(.character("a"), scene: scene, size: size)
        #expect(state.mmIndex == 0)
        _ = state.handle(.escape, scene: scene, size: size)
        #expect(state.mmIndex == nil, "and the producer chooses again")
    }

    @Test func theHelpShowsEveryBinding() {
        var state = ScreenState()
        let scene = Fixture.scene(state.request(for: Size(120, 40)))
        _ = state.handle(.character("?"), scene: scene, size: Size(120, 40))
        let text = state.render(scene, size: Size(120, 40)).text
        for binding in KeyMap.bindings {
            #expect(text.contains(binding.label))
            #expect(text.contains(binding.words))
        }
        #expect(state.handle(.escape, scene: scene, size: Size(120, 40)).isEmpty)
        #expect(state.overlay == nil)
    }

    @Test(arguments: [60, 80, 100, 120, 200]) func hintsFitAndEndWithQuit(_ width: Int) {
        for pane in PaneID.allCases {
            let hints = KeyMap.hints(width: width, HintFacts(pane: pane))
            #expect(Canvas.width(of: hints) <= width)
            #expect(hints.last?.text.contains("quit") == true)
            #expect(hints.contains { $0.text.contains("run/pause") })
        }
    }

    @Test func playbackKeys() {
        let size = Size(120, 40)
        var state = ScreenState()
        var scene = Fixture.scene(state.request(for: size))
        func actions(_ key: Key) -> [ScreenAction] { state.handle(key, scene: scene, size: size) }
        #expect(actions(.character(" ")) == [.playback(.run)])
        scene.position.isRunning = true
        #expect(actions(.character(" ")) == [.playback(.pause)])
        #expect(actions(.character("s")) == [.playback(.step)])
        #expect(actions(.character(",")) == [.playback(.back)])
        #expect(actions(.character("n")) == [.playback(.nextEvent)])
        #expect(actions(.character("+")) == [.playback(.setSpeed(50))])
        scene.position.speed = nil
        #expect(actions(.character("-")) == [.playback(.setSpeed(10_000))])
        #expect(actions(.character("t")) == [])
        #expect(state.selection == .thread(Fixture.t0))
        #expect(actions(.character("t")) == [.playback(.stepThread(Fixture.t0))])
        #expect(actions(.down) == [])
        #expect(state.selectedThread == Fixture.t1)
        #expect(state.request(for: size).codeThread == Fixture.t1)
    }

    @Test func tabsGoAroundOnASmallScreen() {
        let size = Size(80, 24)
        var state = ScreenState()
        let scene = Fixture.scene(state.request(for: size))
        #expect(state.render(scene, size: size).text.contains("0 Overview ◄"))
        for pane in PaneID.allCases {
            _ = state.handle(.tab, scene: scene, size: size)
            #expect(state.focus == pane)
            #expect(state.isZoomed)
        }
        _ = state.handle(.tab, scene: scene, size: size)
        #expect(!state.isZoomed)
    }

    @Test func escapeGoesOneLevelBack() {
        let size = Size(120, 40)
        var state = ScreenState(hasHome: true)
        let scene = Fixture.scene(state.request(for: size))
        for key in [Key.character("z"), .right, .pageDown, .character("?")] { _ = state.handle(key, scene: scene, size: size) }
        #expect(state.handle(.escape, scene: scene, size: size).isEmpty && state.overlay == nil && state.isZoomed)
        #expect(state.handle(.escape, scene: scene, size: size).isEmpty && !state.isZoomed && state.selection != nil)
        #expect(state.handle(.escape, scene: scene, size: size).isEmpty && state.selection == nil && state.origin != nil)
        #expect(state.handle(.escape, scene: scene, size: size).isEmpty && state.origin == nil)
        #expect(state.handle(.escape, scene: scene, size: size) == [.openHome])
    }

    @Test(arguments: [Size(60, 16), Size(80, 24), Size(120, 40), Size(200, 60)]) func randomKeysNeverCrash(_ size: Size) {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("random keys at \(size.width)×\(size.height): seed \(seed)")
        var random = SplitMix(state: seed)
        var state = ScreenState(hasHome: true)
        for turn in 0..<1500 {
            let now = turn % 97 == 0 ? Size(Int.random(in: 0...210, using: &random), Int.random(in: 0...70, using: &random)) : size
            let scene = Fixture.scene(state.request(for: now), finding: turn % 50 == 49)
            var key = Self.allKeys.randomElement(using: &random) ?? .tab
            if turn % 4 == 0 {
                let actions: [Mouse.Action] = [.press, .release, .doubleClick, .wheelUp, .wheelDown, .drag]
                key = .mouse(Mouse(
                    actions.randomElement(using: &random) ?? .press, x: Int.random(in: 0...max(0, now.width), using: &random),
                    y: Int.random(in: 0...max(0, now.height), using: &random)))
            }
            _ = state.handle(key, scene: scene, size: now)
            _ = state.receive(scene, size: now)
            if turn % 3 == 0 {
                let canvas = state.render(scene, size: now)
                #expect(canvas.cells.count == now.width * now.height)
            }
        }
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

@Suite struct HomeTests {
    static let items = [
        HomeItem(section: .workloads, name: "two-devices", summary: "Two devices share one mm under a random load."),
        HomeItem(
            section: .scenarios, name: "odp-vs-munmap", summary: "A device fault races the munmap of the same page.",
            verdict: "holds", details: ["The reader must retry: mmu_interval_read_retry() says so."]),
        HomeItem(
            section: .scenarios, name: "no-retry", summary: "A driver that forgets to ask read_retry.",
            verdict: "fails: no-stale-spte"),
        HomeItem(section: .recordings, name: "t_hmm_anon_read", summary: "A kernel recording of the HMM self-test."),
    ]

    @Test(arguments: [Size(80, 24), Size(120, 40), Size(200, 60), Size(60, 16)]) func golden(_ size: Size) throws {
        try expectGolden(HomeState(items: Self.items).render(size: size).text, "home-\(size.width)x\(size.height).txt")
    }

    @Test func checkingIsForScenarios() {
        let size = Size(80, 24)
        var home = HomeState(items: Self.items)
        for item in home.shown {
            let actions = home.handle(.character("c"), size: size)
            #expect(actions == (item.section == .scenarios ? [.check(item)] : []))
            #expect((home.message == nil) == (item.section == .scenarios))
            _ = home.handle(.down, size: size)
        }
        // Who chooses after a filter has typed enough.
        _ = home.handle(.escape, size: size)
        for key in [Key.character("/"), .character("f"), .character("o"), .character("r"), .character("c"), .backspace, .down, .character("c")] {
            let actions = home.handle(key, size: size)
            #expect(actions == (key == .character("c") && !home.isFiltering ? [.check(Self.items[2])] : []))
        }
    }

    @Test func escapeGivesUpACheckFirst() {
        let size = Size(120, 40)
        var state = ScreenState(hasHome: true)
        var scene = Fixture.scene(state.request(for: size))
        scene.isChecking = true
        #expect(state.handle(.escape, scene: scene, size: size) == [.playback(.cancelCheck)])
        #expect(state.handle(.character("C"), scene: scene, size: size) == [.playback(.check)])
        scene.isChecking = false
        #expect(state.handle(.escape, scene: scene, size: size) == [.openHome])
    }

    @Test func filterAndOpen() {
        let size = Size(80, 24)
        var home = HomeState(items: Self.items)
        #expect(home.handle(.enter, size: size) == [.open(Self.items[1])])
        for key in [Key.character("/"), .character("f"), .character("o"), .character("r"), .character("g")] {
            _ = home.handle(key, size: size)
        }
        #expect(home.shown.map(\.name) == ["no-retry"])
        #expect(home.render(size: size).text.contains("/ forg"))
        #expect(home.handle(.enter, size: size) == [.open(Self.items[2])])
        _ = home.handle(.escape, size: size)
        #expect(home.shown.count == 4)
        for _ in 0..<9 { _ = home.handle(.down, size: size) }
        #expect(home.handle(.enter, size: size) == [.open(Self.items[3])])
        #expect(home.handle(.character("q"), size: size) == [.quit])
    }
}
