import CNcurses
import Glibc
import Screen

/// What this terminal is and can do, as far as that can be found out.
public struct TerminalReport: Sendable {
    /// The value of TERM; empty where it isn't set.
    public var name: String
    /// There is a description of such a terminal, and one that can move its cursor.
    public var isKnown: Bool
    public var movesCursor: Bool
    /// 0 for none.
    public var colours: Int
    /// `nil` where there is no terminal.
    public var size: Size?
    /// What the locale's texts are encoded in: "UTF-8".
    public var codeset: String
    /// Reports of the mouse are asked for.
    public var asksForMouse: Bool
    /// What it says itself: whether it can hold the display still, and takes text for the clipboard; `nil` where it didn't answer.
    public var isSynchronised: Bool?
    public var takesClipboard: Bool?

    public init() {
        name = getenv("TERM").map { String(cString: $0) } ?? ""
        setlocale(LC_ALL, "")
        codeset = mmu_codeset().map { String(cString: $0) } ?? ""
        var status: Int32 = 0
        isKnown = !name.isEmpty && mmu_describe(name, &status) == 0
        movesCursor = isKnown && mmu_capability("cup") != nil
        colours = isKnown ? max(0, Int(mmu_number("colors"))) : 0
        asksForMouse = movesCursor && FrameOutput.knowsMarks(name)
        let descriptor = mmu_open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var (rows, columns): (Int32, Int32) = (0, 0)
        if mmu_terminal_size(descriptor, &rows, &columns) != 0 { size = Size(Int(columns), Int(rows)) }
        if asksForMouse { ask(descriptor) }
    }

    /// What a screen needs.
    public static var neededSize: Size { Layout.minimum }

    /// Asks the terminal. Every terminal answers the second question, so the first needs no waiting for.
    private mutating func ask(_ descriptor: Int32) {
        var before = termios()
        guard tcgetpgrp(descriptor) == getpgrp(), tcgetattr(descriptor, &before) == 0 else { return }
        var modes = before
        cfmakeraw(&modes)
        tcsetattr(descriptor, TCSANOW, &modes)
        defer { tcsetattr(descriptor, TCSAFLUSH, &before) }
        let question = Array("\u{1b}[?2026$p\u{1b}[c".utf8)
        guard write(descriptor, question, question.count) == question.count else { return }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 256)
        while answer.count < 1024, answer.last != UInt8(ascii: "c") {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&polled, 1, 500) > 0 else { break }
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { break }
            answer += piece[..<count]
        }
        understand(String(decoding: answer, as: UTF8.self))
    }

    /// - Parameter answer: to the questions for mode 2026 and for what the terminal is.
    mutating func understand(_ answer: String) {
        guard let attributes = answer.firstMatch(of: /\e\[\?([0-9;]*)c/) else { return }
        takesClipboard = attributes.1.split(separator: ";").contains("52")
        // 1 set, 2 not set, 3 always set; 0 and 4 are no support.
        isSynchronised = answer.firstMatch(of: /\e\[\?2026;([0-9])\$y/).map { ["1", "2", "3"].contains($0.1) } ?? false
    }

    /// An option of the tmux around this program, as tmux says it; `nil` where it doesn't.
    public static func tmuxOption(_ name: String) -> String? {
        Child.output(of: ["tmux", "show-options", "-Agv", name])?.split(separator: "\n").first.map(String.init)
    }

    /// The editor that `E` opens.
    public static var editor: String { Editor.name }
}
