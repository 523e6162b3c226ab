extension HomeState {
    /// Every key that works on the home screen, in the order of its help.
    public static let bindings: [KeyBinding] = [
        KeyBinding([.up, .down], .look, "choose"),
        KeyBinding([.character("k"), .character("j")], .look, "the same, as in vi"),
        KeyBinding([.backTab, .tab], .look, "the same"),
        KeyBinding([.pageUp, .pageDown], .look, "ten up, ten down"),
        KeyBinding([.home, .end, .character("g"), .character("G")], .look, "the first, the last"),
        KeyBinding([.character("{"), .character("}"), .left, .right], .look, "the previous, the next group"),
        KeyBinding([.character("/")], .look, "filter by name, summary and heading"),
        KeyBinding([.enter], .run, "open what is chosen"),
        KeyBinding([.character("c"), .character("C")], .run, "check a scenario: explore every schedule of it"),
        KeyBinding([.character("T")], .program, "next theme"),
        KeyBinding([.character("?"), .function(1)], .program, "this help"),
        KeyBinding([.escape], .program, "everything again, after a filter"),
        KeyBinding([.control("l")], .program, "draw the screen again"),
        KeyBinding([.control("z")], .program, "suspend"),
        KeyBinding([.character("q"), .control("c")], .program, "quit"),
    ]

    /// What a key does; `size` is that of the screen.
    public mutating func handle(_ key: Key, size: Size) -> [ScreenAction] {
        if case .mouse(let mouse) = key { return handle(mouse, size) }
        message = nil
        if isHelpOpen, handleInHelp(key, size) { return [] }
        if isFiltering, edit(key) { return [] }
        switch key {
        case .up, .character("k"), .backTab: selection -= 1
        case .down, .character("j"), .tab: selection += 1
        case .pageUp: selection -= 10
        case .pageDown: selection += 10
        case .home, .character("g"): selection = 0
        case .end, .character("G"): selection = max(0, shown.count - 1)
        case .character("{"), .left: jumpGroup(forward: false)
        case .character("}"), .right: jumpGroup(forward: true)
        case .character("/"): isFiltering = true
        case .character("T"):
            theme = theme.next
            settings.theme = theme
            message = "theme: \(theme.rawValue)"
            return [.keep(settings)]
        case .character("?"), .function(1):
            isHelpOpen = true
            helpScroll = 0
        case .enter:
            if shown.indices.contains(selection) { return [.open(shown[selection])] }
        case .character("c"), .character("C"):
            if shown.indices.contains(selection) { return check(shown[selection]) }
        case .escape: filter = ""
        case .character("q"), .control("c"): return [.quit]
        case .control("z"): return [.suspend]
        case .control("l"): return [.redraw]
        default: break
        }
        selection = max(0, min(max(0, shown.count - 1), selection))
        return []
    }

    /// Every schedule can be explored of what has an end and no history.
    static func canCheck(_ section: HomeItem.Section) -> Bool { section == .scenarios || section == .selftests }

    /// To the first item of the next group, or of this one, or of the one before.
    private mutating func jumpGroup(forward: Bool) {
        let shown = self.shown
        guard shown.indices.contains(selection) else { return }
        let starts = shown.indices.filter { $0 == 0 || shown[$0 - 1].heading != shown[$0].heading }
        let target = forward ? starts.first { $0 > selection } : starts.last { $0 < selection }
        selection = target ?? (forward ? shown.count - 1 : 0)
    }

    /// A click chooses, a second one opens, the wheel scrolls.
    private mutating func handle(_ mouse: Mouse, _ size: Size) -> [ScreenAction] {
        guard settings.usesMouse, Layout.kind(size) != .tooSmall else { return [] }
        if isHelpOpen {
            if mouse.action == .press { isHelpOpen = false }
            return []
        }
        switch mouse.action {
        case .wheelUp: selection = max(0, selection - 3)
        case .wheelDown: selection = max(0, min(shown.count - 1, selection + 3))
        case .press, .doubleClick:
            guard let index = item(at: mouse, size: size), shown.indices.contains(index) else { return [] }
            message = nil
            isFiltering = false
            if index == selection || mouse.action == .doubleClick { return [.open(shown[index])] }
            selection = index
        case .release, .drag: break
        }
        return []
    }

    private mutating func check(_ item: HomeItem) -> [ScreenAction] {
        switch item.section {
        case .scenarios, .selftests: return [.check(item)]
        case .workloads: message = "a workload has no end to explore to: check a scenario"
        case .recordings: message = "a recording has one schedule: check a scenario"
        }
        return []
    }

    /// While the help is open, keys move in it or close it, as in a session.
    /// - Returns: whether the key was used up.
    private mutating func handleInHelp(_ key: Key, _ size: Size) -> Bool {
        let last = HelpOverlay.lastScroll(HelpOverlay.home, size)
        switch key {
        case .up, .character("k"): helpScroll = max(0, helpScroll - 1)
        case .down, .character("j"): helpScroll = min(last, helpScroll + 1)
        case .pageUp, .home: helpScroll = max(0, helpScroll - 10)
        case .pageDown, .end: helpScroll = min(last, helpScroll + 10)
        case .control, .character("T"): return false
        default: isHelpOpen = false
        }
        return true
    }

    /// Typing into the filter.
    /// - Returns: whether the key was used up.
    private mutating func edit(_ key: Key) -> Bool {
        switch key {
        case .character(let character):
            if filter.count < 60 { filter.append(character) }
        case .backspace, .delete:
            if filter.isEmpty { isFiltering = false } else { filter.removeLast() }
        case .escape:
            filter = ""
            isFiltering = false
        case .enter where shown.isEmpty: return true
        default:
            // Who chooses has typed enough: letters are commands again.
            isFiltering = false
            return false
        }
        selection = 0
        return true
    }
}
