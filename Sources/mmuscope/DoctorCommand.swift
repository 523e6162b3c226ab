import ArgumentParser
import Foundation
import Terminal

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at this terminal: what mmuscope can do in it, and what would help.",
        discussion: "Each line is ok, a note, or a problem with what to do. Exit status: 0 fine, 1 something prevents use.")

    @OptionGroup var display: DisplayOptions

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let report = TerminalReport()
        let findings = Diagnosis(report, environment, display).findings
        let width = findings.map(\.what.count).max() ?? 0
        for finding in findings {
            let blanks = String(repeating: " ", count: width - finding.what.count)
            Output.write("\(finding.grade.label)  \(finding.what)\(blanks)  \(Clipboard.cleaned(finding.words))\n")
        }
        if findings.contains(where: { $0.grade == .problem }) { throw ExitCode(Failure.finding) }
    }
}

/// What there is to say about the surroundings.
struct Diagnosis {
    enum Grade {
        case ok, note, problem

        var label: String {
            switch self {
            case .ok: "ok     "
            case .note: "note   "
            case .problem: "problem"
            }
        }
    }

    struct Finding {
        var grade: Grade
        var what: String
        var words: String
    }

    private(set) var findings: [Finding] = []
    private let report: TerminalReport
    private let environment: [String: String]

    init(_ report: TerminalReport, _ environment: [String: String], _ display: DisplayOptions) {
        self.report = report
        self.environment = environment
        terminal()
        size()
        colours(display)
        glyphs(display)
        mouse(display)
        wholeFrames()
        clipboard()
        multiplexer()
        settings(display)
        folders()
        editor()
    }

    private mutating func add(_ grade: Grade, _ what: String, _ words: String) {
        findings.append(Finding(grade: grade, what: what, words: words))
    }

    private func isSet(_ name: String) -> Bool { !(environment[name] ?? "").isEmpty }
    private var isTmux: Bool { isSet("TMUX") }
    private var isScreen: Bool { isSet("STY") }

    private mutating func terminal() {
        let name = report.name
        if name.isEmpty {
            add(.problem, "terminal", "TERM is not set: set it to the terminal's kind (xterm-256color), or use --plain")
        } else if !report.isKnown {
            add(.problem, "terminal", "nothing is known of '\(name)': install ncurses-term, set TERM=xterm-256color, or use --plain")
        } else if !report.movesCursor || name == "dumb" || name == "unknown" {
            add(.problem, "terminal", "'\(name)' can't move its cursor: set TERM to another kind, or use --plain")
        } else {
            add(.ok, "terminal", name)
        }
    }

    private mutating func size() {
        let needed = TerminalReport.neededSize
        guard let size = report.size else {
            return add(.note, "size", "there is no terminal to look at: the screen needs \(needed.width)x\(needed.height)")
        }
        let words = "\(size.width)x\(size.height)"
        if size.width < needed.width || size.height < needed.height {
            add(.problem, "size", "\(words) is too small: make it \(needed.width)x\(needed.height) or more, or use --plain")
        } else if size.width < 100 || size.height < 30 {
            add(.ok, "size", "\(words): an overview and tabs; from 100x30 every pane is in sight")
        } else {
            add(.ok, "size", words)
        }
    }

    private mutating func colours(_ display: DisplayOptions) {
        if display.noColour { return add(.ok, "colours", "none: --no-color") }
        if isSet("NO_COLOR") { return add(.ok, "colours", "none: NO_COLOR is set") }
        let words = "\(report.colours)"
        let knowsMore = ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "")
        switch report.colours {
        case 256...: add(.ok, "colours", words)
        case _ where knowsMore && report.isKnown:
            add(.note, "colours", "\(words), although COLORTERM says that there are more: export TERM=\(report.name.split(separator: "-").first ?? "xterm")-256color")
        case 8...: add(.ok, "colours", "\(words): the themes do with less")
        default: add(.note, "colours", "none: everything has a glyph or a word besides")
        }
    }

    private mutating func glyphs(_ display: DisplayOptions) {
        if display.ascii { return add(.ok, "characters", "ASCII: --ascii") }
        guard report.codeset != "UTF-8" else { return add(.ok, "characters", "UTF-8") }
        add(.note, "characters", "ASCII only, for the locale's are \(report.codeset): export LC_ALL=C.UTF-8 for lines and blocks")
    }

    private mutating func mouse(_ display: DisplayOptions) {
        if display.noMouse { return add(.ok, "mouse", "left to the terminal: --no-mouse") }
        if !report.asksForMouse { return add(.note, "mouse", "not asked for: a terminal of this kind has no reports of it") }
        if isTmux, TerminalReport.tmuxOption("mouse") == "off" {
            return add(.ok, "mouse", "as far as the terminal has one; Shift selects text as usual")
        }
        add(.ok, "mouse", "clicks and the wheel are mmuscope's; Shift selects text as usual, and --no-mouse leaves it all to the terminal")
    }

    private mutating func wholeFrames() {
        switch report.isSynchronised {
        case true?: add(.ok, "frames", "shown whole (synchronized output)")
        case false?: add(.note, "frames", "the terminal doesn't hold still for a frame (no synchronized output): one may be seen half drawn")
        case nil: add(.note, "frames", "the terminal didn't say whether it shows frames whole")
        }
    }

    private mutating func clipboard() {
        if isTmux {
            let option = TerminalReport.tmuxOption("set-clipboard") ?? "unknown"
            switch option {
            case "off": add(.note, "clipboard", "copies go to tmux's buffer only: set -s set-clipboard on")
            default: add(.ok, "clipboard", "through tmux (set-clipboard \(option))")
            }
        } else if isScreen {
            add(.note, "clipboard", "through screen, if it and the terminal let it (OSC 52)")
        } else if report.takesClipboard == true {
            add(.ok, "clipboard", "the terminal takes text (OSC 52)")
        } else {
            add(.note, "clipboard", "the terminal doesn't say whether it takes text (OSC 52): try y; --line prints a schedule instead")
        }
    }

    private mutating func multiplexer() {
        guard isTmux || isScreen else { return add(.ok, "between", "no tmux or screen is known of") }
        let fits = report.name.hasPrefix("screen") || report.name.hasPrefix("tmux")
        if !fits {
            add(.note, "between", "TERM is '\(report.name)' inside of \(isTmux ? "tmux" : "screen"): it should be \(isTmux ? "tmux" : "screen")-256color")
        } else if isTmux, let time = TerminalReport.tmuxOption("escape-time").flatMap(Int.init), time > 100 {
            add(.note, "between", "tmux waits \(time) ms behind Esc: set -s escape-time 20")
        } else {
            add(.ok, "between", isTmux ? "tmux" : "screen")
        }
    }

    private mutating func settings(_ display: DisplayOptions) {
        guard let store = SettingsStore() else {
            return add(.note, "settings", "are not kept: neither XDG_CONFIG_HOME nor HOME is set")
        }
        let (file, complaint) = store.read()
        for mistake in file.mistakes { add(.note, "settings", "\(store.path):\(mistake)") }
        if file.mistakes.isEmpty {
            if let complaint { add(.note, "settings", complaint) } else { folder("settings", of: store.path) }
        }
        if (try? display.app(Catalogue())) == nil { add(.note, "settings", "--theme names none: dark, light, contrast, mono") }
    }

    private mutating func folders() {
        if let path = RecoveryFile.path {
            folder("last session", of: path)
        } else {
            add(.note, "last session", "is not kept: neither XDG_STATE_HOME nor HOME is set")
        }
        if let data = UserFolders.data { folder("copies", of: "\(data)/mmuscope/models/x", named: "\(data)/mmuscope/models") }
    }

    /// Whether a file could be written.
    private mutating func folder(_ what: String, of path: String, named name: String? = nil) {
        let manager = FileManager.default
        if manager.fileExists(atPath: path) {
            if manager.isWritableFile(atPath: path) { return add(.ok, what, name ?? path) }
            return add(.note, what, "\(name ?? path): can't be written")
        }
        var folder = URL(filePath: path).deletingLastPathComponent()
        while !manager.fileExists(atPath: folder.path), folder.path != "/" { folder.deleteLastPathComponent() }
        var isFolder: ObjCBool = false
        _ = manager.fileExists(atPath: folder.path, isDirectory: &isFolder)
        if isFolder.boolValue, manager.isWritableFile(atPath: folder.path) {
            add(.ok, what, "\(name ?? path) (not there yet)")
        } else {
            add(.note, what, "\(name ?? path): can't be made, \(folder.path) is not a folder that can be written to")
        }
    }

    private mutating func editor() {
        let name = TerminalReport.editor
        let program = name.split(separator: " ").first.map(String.init) ?? name
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let isThere = program.contains("/")
            ? FileManager.default.isExecutableFile(atPath: program)
            : folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
        add(isThere ? .ok : .note, "editor", isThere ? name : "'\(program)' isn't there: set VISUAL or EDITOR")
    }
}
