import Playback
import Scene

extension ScreenState {
    /// Keys while something lies over the panes.
    /// - Returns: `nil` for a key that does what it does without it.
    mutating func handle(_ key: Key, in overlay: Overlay, _ scene: Scene, _ size: Size) -> [ScreenAction]? {
        switch overlay {
        case .help: return handleInHelp(key, size) ? [] : nil
        case .picker(let picker): return handle(key, in: picker, scene, size)
        case .text(let text): return handle(key, in: text, size)
        case .prompt(let prompt): return handle(key, in: prompt, scene, size)
        case .picking(let picking): return handle(key, in: picking, scene, size)
        case .question(let flow): return handle(key, in: flow, scene, size)
        }
    }

    /// While the help is open, keys move in it or close it; the theme can be changed.
    private mutating func handleInHelp(_ key: Key, _ size: Size) -> Bool {
        let last = HelpOverlay.lastScroll(HelpOverlay.session, size)
        switch KeyMap.command(for: key) {
        case .move(.up): helpScroll = max(0, helpScroll - 1)
        case .move(.down): helpScroll = min(last, helpScroll + 1)
        case .move(.pageUp), .move(.home): helpScroll = max(0, helpScroll - 10)
        case .move(.pageDown), .move(.end): helpScroll = min(last, helpScroll + 10)
        case .nextTheme: return false
        default: overlay = nil
        }
        return true
    }
}
