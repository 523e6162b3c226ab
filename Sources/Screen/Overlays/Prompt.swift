import Playback
import Scene

/// A line that is typed in place of the hint bar.
public struct Prompt: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case command, find, mark, eventText
        /// A parameter of an operation.
        case number(PerturbFlow)
        /// For how many steps a thread is kept.
        case delay(ThreadID, String)
        /// How many additions before the wrap.
        case nearWrap
    }

    public var kind: Kind
    public private(set) var text: String
    /// The place of the cursor, in characters from the start.
    public private(set) var cursor: Int
    /// Which line of the history is shown, counted from the newest.
    var recalled: Int?
    /// Which completion is shown, and what was typed before it.
    var completing: (index: Int, typed: String)?

    init(_ kind: Kind, text: String = "") {
        self.kind = kind
        self.text = text
        cursor = text.count
    }

    public static func == (a: Prompt, b: Prompt) -> Bool {
        a.kind == b.kind && a.text == b.text && a.cursor == b.cursor && a.recalled == b.recalled
            && a.completing?.index == b.completing?.index && a.completing?.typed == b.completing?.typed
    }

    /// What stands before the text.
    var label: String {
        switch kind {
        case .command: ":"
        case .find: "/"
        case .mark: "name of the mark (empty: one is chosen): "
        case .eventText: "events with: "
        case .number(let flow): "\(flow.question): "
        case .delay(_, let name): "keep \(name) for how many steps: "
        case .nearWrap: "how many additions before the wrap: "
        }
    }

    mutating func replace(_ text: String) {
        self.text = text
        cursor = text.count
    }

    /// Typing and moving in the line.
    /// - Returns: whether the key was one of those.
    mutating func edit(_ key: Key) -> Bool {
        var characters = Array(text)
        switch key {
        case .character(let character):
            guard characters.count < 400 else { return true }
            characters.insert(character, at: cursor)
            cursor += 1
        case .backspace:
            guard cursor > 0 else { return !characters.isEmpty }
            cursor -= 1
            characters.remove(at: cursor)
        case .delete: if characters.indices.contains(cursor) { characters.remove(at: cursor) }
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = characters.count
        case .control("u"):
            characters.removeFirst(cursor)
            cursor = 0
        case .control("w"):
            let end = cursor
            while cursor > 0, characters[cursor - 1] == " " { cursor -= 1 }
            while cursor > 0, characters[cursor - 1] != " " { cursor -= 1 }
            characters.removeSubrange(cursor..<end)
        default: return false
        }
        text = String(characters)
        recalled = nil
        completing = nil
        return true
    }
}

extension ScreenState {
    /// Keys while a line is typed.
    mutating func handle(_ key: Key, in prompt: Prompt, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        var prompt = prompt
        switch key {
        case .escape: overlay = nil
        case .enter:
            overlay = nil
            return enter(prompt, scene, size)
        case .control("p") where prompt.kind == .command: overlay = .picker(Picker(.palette))
        case .tab where prompt.kind == .command, .backTab where prompt.kind == .command:
            if prompt.text.isEmpty {
                overlay = .picker(Picker(.palette))
            } else {
                complete(&prompt, by: key == .tab ? 1 : -1, scene)
                overlay = .prompt(prompt)
            }
        case .up where prompt.kind == .command: recall(&prompt, older: true)
        case .down where prompt.kind == .command: recall(&prompt, older: false)
        default:
            // Backspace in an empty line leaves it, as in vi.
            if prompt.edit(key) { overlay = .prompt(prompt) } else if key == .backspace { overlay = nil }
        }
        return []
    }

    private mutating func recall(_ prompt: inout Prompt, older: Bool) {
        let index = (prompt.recalled ?? -1) + (older ? 1 : -1)
        if history.indices.contains(history.count - 1 - index) {
            prompt.replace(history[history.count - 1 - index])
            prompt.recalled = index
        } else if index < 0 {
            prompt.replace("")
            prompt.recalled = nil
        }
        overlay = .prompt(prompt)
    }

    private func complete(_ prompt: inout Prompt, by offset: Int, _ scene: Scene) {
        let typed = prompt.completing?.typed ?? prompt.text
        let candidates = CommandLine.completions(typed, scene, self)
        guard !candidates.isEmpty else { return }
        let last = prompt.completing?.index ?? (offset > 0 ? -1 : 0)
        let index = (last + offset + candidates.count) % candidates.count
        prompt.replace(candidates[index].line)
        prompt.completing = (index, typed)
    }

    /// What Enter does with a line.
    private mutating func enter(_ prompt: Prompt, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        let text = Words.trimmed(prompt.text)
        switch prompt.kind {
        case .command:
            if text.isEmpty { return [] }
            history.removeAll { $0 == text }
            history = history.suffix(99) + [text]
            return run(text, scene, size)
        case .find: return text.isEmpty ? findAgain(scene) : find(text, scene, size)
        case .mark: return [.playback(.toggleMark(text))]
        case .eventText:
            eventText = text
            rows[.events] = nil
            message = text.isEmpty ? "every event is listed" : "only events with “\(text)”: F changes that"
        case .number(let flow):
            guard let number = CommandLine.signed(text) else { return mistaken("“\(text)” is no number", prompt) }
            return proceed(flow.answered(.number(number)), scene, size)
        case .delay(let thread, _):
            guard let steps = Int(text), steps > 0 else { return mistaken("a number of steps, 1 or more", prompt) }
            return [.playback(.perturb(.delay(thread, steps: steps)))]
        case .nearWrap:
            guard let distance = Int(text), distance > 0 else { return mistaken("a number of additions, 1 or more", prompt) }
            return [.playback(.perturb(.sequenceNearWrap(mmIndex: scene.header.mmIndex, distance: distance)))]
        }
        return []
    }

    private mutating func mistaken(_ words: String, _ prompt: Prompt) -> [ScreenAction] {
        message = words
        overlay = .prompt(prompt)
        return []
    }
}

/// Draws a prompt, and what could be meant above it.
enum PromptLine {
    static func draw(_ prompt: Prompt, message: String?, into canvas: inout Canvas, _ rect: Rect) {
        canvas.fill(rect)
        let x = canvas.write([Span(" " + prompt.label, .keyHint)], in: rect)
        let room = max(4, rect.width - x - 2)
        let characters = Array(prompt.text)
        let first = max(0, prompt.cursor - room + 1)
        let shown = String(characters[min(first, characters.count)...].prefix(room))
        canvas.write(shown, in: rect, x: x, .text)
        let at = x + Canvas.width(of: String(characters[min(first, characters.count)..<prompt.cursor]))
        if prompt.cursor < characters.count {
            canvas.select(Rect(x: rect.x + at, y: rect.y, width: 1, height: 1), y: 0)
        } else {
            canvas.write("█", in: rect, x: at, .accent)
        }
        let note = message ?? (prompt.text.isEmpty ? hint(prompt.kind) : "")
        let end = x + Canvas.width(of: shown) + 3
        if end + Canvas.width(of: note) + 1 <= rect.width {
            canvas.writeRight([Span(note + " ", message == nil ? .dim : .message)], in: rect)
        }
    }

    private static func hint(_ kind: Prompt.Kind) -> String {
        switch kind {
        case .command: "Tab lists commands   ↑ earlier lines   Esc closes"
        case .find: "a name, a text or an address; enter finds, ; the next"
        default: "enter   Esc gives up"
        }
    }

    /// Completions above the line.
    static func drawCompletions(_ list: [CommandLine.Completion], chosen: Int?, into canvas: inout Canvas, above rect: Rect) {
        let rows = min(list.count, 8, rect.y - 3)
        guard rows > 0 else { return }
        let box = Rect(x: rect.x, y: rect.y - rows - 1, width: rect.width, height: rows + 1)
        canvas.fill(box)
        for x in box.x..<box.maxX { canvas.set("─", x: x, y: box.y, Style(.focusBorder)) }
        let label = list.reduce(4) { max($0, Canvas.width(of: $1.label)) }
        let first = max(0, min((chosen ?? 0) - rows + 1, list.count - rows))
        let inside = box.splitTop(1).rest.inset(columns: 1, rows: 0)
        for (y, item) in list.dropFirst(first).prefix(rows).enumerated() {
            canvas.write(item.label, in: inside, y: y, .keyHint)
            canvas.write(item.words, in: inside, x: label + 2, y: y, .dim)
            if chosen == first + y { canvas.select(inside, y: y) }
        }
    }
}
