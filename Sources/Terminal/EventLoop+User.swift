import Glibc
import Screen

/// What reaches beyond the screen: the clipboard, the editor, the settings.
extension EventLoop {
    /// Puts text on the clipboard; what the screen says of it stays unless there is something else to say.
    mutating func copy(_ text: String) {
        let clipboard = Clipboard()
        guard let sequence = clipboard.sequence(for: text) else {
            return say("too long for the clipboard: \(text.utf8.count) bytes, and terminals take \(Clipboard.limit)")
        }
        // As it comes, tmux ignores what programs say about the clipboard; its own command it doesn't.
        if clipboard.between == .tmux, Child.run(["tmux", "load-buffer", "-w", "-"], input: Clipboard.cleaned(text)) { return }
        terminal.send(sequence)
    }

    /// Lets the user change a text; the session is opened anew when that was done.
    mutating func edit(_ file: String, _ line: Int) {
        guard let texts = session?.texts else {
            return say("there is nothing to edit here: what was recorded stays as it is")
        }
        do {
            let text = try texts.editable(file)
            let before = Child.content(of: text.path)
            let status = leaveTo(Editor.command(text.path, line: line))
            let isChanged = Child.content(of: text.path) != before
            if !isChanged { text.discard() }
            guard end == nil else { return }
            if status != 0 { return say("the editor (\(Editor.name)) ended with status \(status): nothing is opened anew") }
            guard isChanged else { return say("nothing was changed") }
            reopen(try text.reopen(), text)
        } catch {
            say("\(error)")
        }
    }

    private mutating func reopen(_ opening: Opening, _ text: EditableText) {
        guard let old = session else { return }
        let step = old.scene?.position.step ?? 0
        // What it still has to write comes before the new one's.
        old.loop.stop(wait: true, atMost: 1)
        open(opening, at: step, old.state)
        session?.arrival = "opened anew" + (text.note.map { ": \($0)" } ?? " with what was changed")
    }

    /// Gives the terminal to another program until that ends.
    private mutating func leaveTo(_ command: [String]) -> Int32 {
        signals.setTerminalOurs(false)
        terminal.suspend()
        let status = Child.runInTerminal(
            command, input: terminal.input, output: terminal.childOutput, signals: signals) { end = .status(128 + $0) }
        signals.setTerminalOurs(true)
        terminal.resume()
        needsDrawing = true
        return status
    }

    /// The screens' own key for the theme is one of the settings.
    mutating func keepTheme() {
        guard let theme = session?.state.theme ?? home?.theme, theme != settings.theme else { return }
        var changed = settings
        changed.theme = theme
        keep(changed)
    }

    mutating func keep(_ changed: Settings) {
        guard changed != settings else { return }
        terminal.setMouse(changed.usesMouse)
        let before = settings
        settings = changed
        do { try options.keep(before, changed) } catch { say("not kept: \(error)") }
    }

    private mutating func say(_ words: String) {
        if session != nil { session?.state.message = words } else { home?.message = words }
        needsDrawing = true
    }
}
