import CNcurses
import Glibc
import Screen

/// The terminal by way of ncurses: shows canvases cell by cell where they differ, and reads keys. Used from
/// one thread.
final class CursesTerminal {
    /// None, eight colours, sixteen, or the 256 of a palette.
    enum Depth { case none, basic, bright, rich }

    let depth: Depth
    /// Colours are red, green and blue rather than places in a palette: as terminfo's entries for direct colour have it.
    private let isDirect: Bool
    /// The best glyphs that the locale and the terminal have.
    let glyphs: GlyphSet
    let input: Int32
    private let keys: UnsafeMutablePointer<WINDOW>?
    private let terminal: OpaquePointer?
    private var inputFile: UnsafeMutablePointer<FILE>?
    private let outputFile: UnsafeMutablePointer<FILE>
    private let frames: FrameOutput
    /// ncurses has switched the terminal to its own screen and modes.
    private var hasStarted = false
    private var shown: Canvas?
    private var shownTheme: Theme?
    private var isOpen = true
    private let hidesCursor: Bool
    private var mouse = MouseReader()
    /// It would take reports of the mouse being asked for.
    private let knowsMouse: Bool
    /// The user wants them.
    private var wantsMouse: Bool
    private var hasMouse = false
    /// Faint is fainter, not a grey that can't be read: what the Linux console makes of it.
    private let knowsFaint: Bool

    /// Takes the terminal over.
    init(options: App.Options, signals: Signals) throws {
        guard isatty(1) == 1 else { throw TerminalError.outputIsNotATerminal }
        let name = getenv("TERM").map { String(cString: $0) } ?? ""
        if name.isEmpty || name == "dumb" || name == "unknown" { throw TerminalError.poorTerminal(name) }
        setlocale(LC_ALL, "")
        let codeset = mmu_codeset().map { String(cString: $0) } ?? ""
        if options.settings.usesASCII || codeset != "UTF-8" {
            glyphs = .ascii
        } else {
            glyphs = name == "linux" ? .square : .unicode
        }
        // With a recording on standard input, keys come from the terminal itself.
        guard let keyboard = fopen("/dev/tty", "r+e") ?? (isatty(0) == 1 ? fdopen(dup(0), "r") : nil),
            let display = fdopen(dup(1), "w")
        else { throw TerminalError.inputIsNotATerminal }
        inputFile = keyboard
        outputFile = display
        input = fileno(keyboard)
        var modes = termios()
        tcgetattr(input, &modes)
        terminal = newterm(nil, display, keyboard)
        guard terminal != nil, mmu_capability("cup") != nil else {
            if terminal != nil { endwin() }
            throw TerminalError.poorTerminal(name)
        }
        let isModern = FrameOutput.knowsMarks(name)
        frames = FrameOutput(display: fileno(display), isSynchronised: isModern)
        (knowsMouse, wantsMouse) = (isModern, options.settings.usesMouse)
        knowsFaint = name != "linux"
        // A pad reads keys without ever refreshing the screen.
        keys = newpad(1, 1)
        depth = CursesTerminal.prepare(keys, options)
        isDirect = mmu_colours() > 256 && mmu_has_direct_colour() != 0
        hidesCursor = curs_set(0) != ERR
        if isModern { for beginning in MouseReader.beginnings { define_key(beginning.text, beginning.code) } }
        let release = isModern ? FrameOutput.release + MouseReader.off : []
        signals.armCrashRestore(
            output: frames.terminal >= 0 ? frames.terminal : fileno(display),
            bytes: release + CursesTerminal.farewell(), modes: modes)
    }

    private static func prepare(_ keys: UnsafeMutablePointer<WINDOW>?, _ options: App.Options) -> Depth {
        raw()
        noecho()
        nonl()
        set_escdelay(25)
        keypad(keys, true)
        nodelay(keys, true)
        scrollok(mmu_stdscr(), false)
        // Otherwise a refresh breaks off half-way when a key has been typed meanwhile.
        typeahead(-1)
        guard !options.noColour, mmu_colours() != 0 || start_color() == OK else { return .none }
        start_color()
        use_default_colors()
        switch mmu_colours() {
        case 256...: return .rich
        case 16...: return .bright
        case 8...: return .basic
        default: return .none
        }
    }

    /// What leaves the terminal as it was found, for the crash handler.
    private static func farewell() -> [UInt8] {
        var bytes: [UInt8] = []
        for name in ["rmkx", "sgr0", "cnorm", "rmcup"] {
            guard let value = mmu_capability(name) else { continue }
            bytes += withoutPadding(Array(String(cString: value).utf8))
        }
        return bytes
    }

    /// terminfo strings may hold delays as `$<5>`: left out.
    private static func withoutPadding(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "$"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "<"),
                let end = bytes[index...].firstIndex(of: UInt8(ascii: ">"))
            {
                index = end + 1
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// Columns and rows.
    var size: Size { Size(Int(mmu_columns()), Int(mmu_rows())) }

    /// The terminal may have another size now.
    func resize() {
        var rows: Int32 = 0
        var columns: Int32 = 0
        guard mmu_terminal_size(fileno(outputFile), &rows, &columns) != 0 else { return }
        if rows != mmu_rows() || columns != mmu_columns() {
            resizeterm(rows, columns)
            shown = nil
            mmu_clear_next()
        }
    }

    /// Draws everything anew at the next ``show(_:theme:)``.
    func forget() {
        shown = nil
        mmu_clear_next()
    }

    /// Brings the terminal to show a canvas. Writes nothing when it does already.
    /// - Returns: whether anything was written.
    @discardableResult
    func show(_ canvas: Canvas, theme: Theme) -> Bool {
        // Without colours only bold, faint and reverse video are left, as in the theme that has no others.
        let theme = depth == .none ? .mono : theme
        if shownTheme != theme { adopt(theme) }
        let old = shown?.size == canvas.size ? shown : nil
        if let old, old == canvas { return false }
        if old == nil { werase(mmu_stdscr()) }
        if !hasStarted {
            // The terminal's modes can only be set while the descriptor is the terminal's.
            wrefresh(mmu_stdscr())
            hasStarted = true
            switchMouse()
        }
        frames.gather { draw(canvas, over: old, theme) }
        shown = canvas
        return true
    }

    /// Has ncurses write the cells that differ.
    private func draw(_ canvas: Canvas, over old: Canvas?, _ theme: Theme) {
        for y in 0..<canvas.size.height {
            var isChanged = false
            for x in 0..<canvas.size.width {
                let cell = canvas[x, y]
                if let old, old[x, y] == cell { continue }
                isChanged = true
                put(cell, x, y, theme, isAfterWide: x > 0 && cell.scalar == Cell.continuation)
            }
            // Row by row: given several at once, ncurses tries to scroll parts of the screen into place, which
            // not every terminal gets right and which idlok() doesn't keep it from.
            if isChanged { wrefresh(mmu_stdscr()) }
        }
        // A cursor that can't be hidden waits in a corner.
        if !hidesCursor { wmove(mmu_stdscr(), Int32(canvas.size.height) - 1, Int32(canvas.size.width) - 1) }
        wrefresh(mmu_stdscr())
    }

    private func put(_ cell: Cell, _ x: Int, _ y: Int, _ theme: Theme, isAfterWide: Bool) {
        // The wide character to the left has drawn this half.
        if isAfterWide { return }
        let ink = theme.ink(for: cell.style)
        let isReversed = ink.isReversed && ground(of: ink) == nil
        let isFaint = ink.isFaint && knowsFaint && colour(of: ink) == nil
        mmu_put(
            Int32(y), Int32(x), wchar_t(bitPattern: cell.scalar.value), pair(for: cell.style),
            ink.isBold || (depth == .basic && ink.isBoldOfEight) ? 1 : 0, isReversed ? 1 : 0, isFaint ? 1 : 0)
    }

    /// The pair of colours that a style is drawn in: eight colours leave too few of them for more than the roles.
    private func pair(for style: Style) -> Int32 {
        let roles = Int32(Role.allCases.count)
        let role = Int32(style.role.rawValue)
        switch depth {
        case .none: return 0
        case .bright, .basic: return style.isSelected ? Int32(Role.text.rawValue) + 1 : role + 1
        case .rich: return style.isSelected ? 2 * roles + 1 : (style.isCurrent ? roles : 0) + role + 1
        }
    }

    private func colour(of ink: Ink) -> UInt8? {
        switch depth {
        case .none: nil
        case .basic: ink.basic
        case .bright: ink.bright ?? ink.basic
        case .rich: ink.rich
        }
    }

    private func ground(of ink: Ink) -> UInt8? {
        switch depth {
        case .none: nil
        case .basic, .bright: ink.basicGround
        case .rich: ink.ground
        }
    }

    /// What ncurses knows a colour by; -1 is the terminal's own.
    private func number(of colour: UInt8?) -> Int32 {
        guard let colour else { return -1 }
        return isDirect ? Int32(Ink.rgb(ofPalette: colour)) : Int32(colour)
    }

    private func adopt(_ theme: Theme) {
        shownTheme = theme
        shown = nil
        guard depth != .none else { return }
        let background = theme.background.flatMap(colour(of:))
        func set(_ style: Style) {
            let ink = theme.ink(for: style)
            init_extended_pair(pair(for: style), number(of: colour(of: ink)), number(of: ground(of: ink) ?? background))
        }
        for role in Role.allCases {
            set(Style(role))
            guard depth == .rich else { continue }
            var style = Style(role)
            style.isCurrent = true
            set(style)
        }
        if depth == .rich { set(Style(.text, selected: true)) }
    }

    /// Gives the terminal back until ``resume()``.
    func suspend() { leave() }

    private func leave() {
        if hasMouse { frames.send(MouseReader.off) }
        hasMouse = false
        finishFrame()
        // Without a second screen to go back from, the shell writes over the last row.
        if hasStarted, mmu_capability("rmcup") == nil {
            wmove(mmu_stdscr(), mmu_rows() - 1, 0)
            wclrtoeol(mmu_stdscr())
            wrefresh(mmu_stdscr())
        }
        endwin()
    }

    private static let farewellPatience: Int32 = 2000

    /// What ncurses writes itself, past ``frames``, must not come into the middle of a frame that the terminal has only half taken:
    /// half an escape sequence would take what follows with it, and the other half would come behind it, somewhere else. A
    /// terminal that is stuck is not waited for long.
    private func finishFrame() {
        if !frames.drain(milliseconds: Self.farewellPatience) { frames.discard() }
    }

    func resume() {
        finishFrame()
        reset_prog_mode()
        resize()
        forget()
        wrefresh(mmu_stdscr())
        curs_set(0)
        switchMouse()
    }

    /// Whether the mouse is the program's, or the terminal's own to select with.
    func setMouse(_ wanted: Bool) {
        wantsMouse = wanted
        if hasStarted { switchMouse() }
    }

    private func switchMouse() {
        let wanted = wantsMouse && knowsMouse
        guard wanted != hasMouse else { return }
        frames.send(wanted ? MouseReader.on : MouseReader.off)
        hasMouse = wanted
    }

    /// The terminal hasn't taken the last frame yet: poll ``output``, then ``flush()``.
    var isBlocked: Bool { frames.isBlocked }
    var output: Int32 { frames.writer }
    func flush() { frames.flush() }

    /// Has the terminal do something that isn't seen.
    func send(_ bytes: [UInt8]) { frames.send(bytes) }

    /// A descriptor that a child can be given as its terminal.
    var childOutput: Int32 { frames.terminal }

    /// Gives the terminal back for good.
    func close() {
        guard isOpen else { return }
        isOpen = false
        leave()
        delscreen(terminal)
        if let inputFile { fclose(inputFile) }
        fclose(outputFile)
    }

    deinit { close() }

    /// The next key that has been typed, or `nil`; keys that mean nothing are passed over.
    func nextKey() -> Key? {
        while true {
            var value: UInt32 = 0
            switch mmu_key(keys, &value) {
            case 1:
                switch mouse.take(value, at: Clock.milliseconds()) {
                case .typed: if let key = CursesTerminal.character(value) { return key }
                case .mouse(let mouse) where hasMouse: return .mouse(mouse)
                case .used, .mouse: break
                }
            case 2:
                let code = Int32(bitPattern: value)
                if let beginning = MouseReader.beginnings.first(where: { $0.code == code }) {
                    mouse.begin(beginning.format)
                } else if let key = CursesTerminal.named(code) {
                    return key
                }
            default: return nil
            }
        }
    }

    private static func character(_ value: UInt32) -> Key? {
        switch value {
        case 9: return .tab
        case 10, 13: return .enter
        case 27: return .escape
        case 8, 127: return .backspace
        case 1...26: return Unicode.Scalar(value + 0x60).map { .control(Character($0)) }
        case 0..<32: return nil
        default: return Unicode.Scalar(value).map { .character(Character($0)) }
        }
    }

    private static func named(_ code: Int32) -> Key? {
        switch code {
        case KEY_UP: .up
        case KEY_DOWN: .down
        case KEY_LEFT: .left
        case KEY_RIGHT: .right
        case KEY_PPAGE: .pageUp
        case KEY_NPAGE: .pageDown
        case KEY_HOME: .home
        case KEY_END: .end
        case KEY_BTAB: .backTab
        case KEY_BACKSPACE: .backspace
        case KEY_DC: .delete
        case KEY_ENTER: .enter
        case KEY_F0 + 1...KEY_F0 + 12: .function(Int(code - KEY_F0))
        default: nil
        }
    }
}
