import Screen

/// Puts together the reports that a terminal sends for the mouse.
///
/// ncurses would turn them into events of its own, but only as its description of the terminal says: many descriptions
/// have the old reports, which end at column 95 or 223, and none has the reports of a button held down. So the reports are asked
/// for and read here; ncurses only recognises how they begin.
struct MouseReader {
    /// Presses, releases and the wheel; movement with a button held; positions as decimal numbers (SGR 1006).
    static let on = Array("\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h".utf8)
    /// None of that, harmless where it never was.
    static let off = Array("\u{1b}[?1006l\u{1b}[?1002l\u{1b}[?1000l".utf8)

    /// How a report begins, and the number that ncurses gives for it: beyond those of keys.
    static let beginnings: [(text: String, code: Int32, format: Format)] = [
        ("\u{1b}[<", 0x1000, .decimal), ("\u{1b}[M", 0x1001, .bytes),
    ]

    enum Format {
        /// `button;column;row` and `M`, or `m` for a release.
        case decimal
        /// A character each for button, column and row: what terminals send that don't know the other.
        case bytes
    }

    /// What became of a character.
    enum Taken: Equatable {
        /// No report is under way: it was typed.
        case typed
        /// It belongs to a report, which goes on or tells nothing that counts.
        case used
        case mouse(Mouse)
    }

    /// Milliseconds between the presses of a double click.
    static let doubleClick: Int64 = 400
    /// No report is longer: what goes on is none.
    private static let longest = 24

    private var format: Format?
    private var report: [UInt8] = []
    /// The press before, unless it was the second of two.
    private var press: (x: Int, y: Int, time: Int64)?

    /// A report begins.
    mutating func begin(_ format: Format) {
        self.format = format
        report = []
    }

    /// The next character that was read; `time` in milliseconds, monotonic.
    mutating func take(_ character: UInt32, at time: Int64) -> Taken {
        guard let format else { return .typed }
        guard let byte = UInt8(exactly: character), report.count < Self.longest else { return abandon() }
        report.append(byte)
        switch format {
        case .decimal:
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ";"): return .used
            case UInt8(ascii: "M"), UInt8(ascii: "m"): return finish(decimal: byte == UInt8(ascii: "m"), time)
            default: return abandon()
            }
        case .bytes: return report.count < 3 ? .used : finishBytes(time)
        }
    }

    /// What came is no report after all.
    private mutating func abandon() -> Taken {
        format = nil
        return .used
    }

    private mutating func finish(decimal isRelease: Bool, _ time: Int64) -> Taken {
        format = nil
        let numbers = report.dropLast().split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 3, let button = numbers[0], let column = numbers[1], let row = numbers[2] else { return .used }
        return told(button, isRelease: isRelease, column - 1, row - 1, time)
    }

    private mutating func finishBytes(_ time: Int64) -> Taken {
        format = nil
        let (button, column, row) = (Int(report[0]) - 32, Int(report[1]) - 33, Int(report[2]) - 33)
        // These don't say which button was released.
        let isRelease = button & 3 == 3 && button < 32
        return told(isRelease ? 0 : button, isRelease: isRelease, column, row, time)
    }

    private mutating func told(_ button: Int, isRelease: Bool, _ x: Int, _ y: Int, _ time: Int64) -> Taken {
        guard x >= 0, y >= 0 else { return .used }
        // Shift, meta and control change nothing here.
        let action: Mouse.Action
        switch button & ~0b1_1100 {
        case 0 where isRelease: action = .release
        case 0: action = pressed(x, y, time)
        case 32: action = .drag
        case 64: action = .wheelUp
        case 65: action = .wheelDown
        default: return .used
        }
        return .mouse(Mouse(action, x: x, y: y))
    }

    private mutating func pressed(_ x: Int, _ y: Int, _ time: Int64) -> Mouse.Action {
        if let press, press.x == x, press.y == y, time - press.time <= Self.doubleClick {
            self.press = nil
            return .doubleClick
        }
        press = (x, y, time)
        return .press
    }
}
