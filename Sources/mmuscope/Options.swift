import ArgumentParser
import Foundation
import Language
import Playback
import Screen
import Terminal

/// How it looks, for every command that draws.
struct DisplayOptions: ParsableArguments {
    @Flag(help: "Draw with ASCII characters only.")
    var ascii = false

    @Flag(name: .customLong("no-color"), help: "Draw without colours (as NO_COLOR does).")
    var noColour = false

    @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal: it selects text.")
    var noMouse = false

    @Option(help: "The colours to begin with: dark, light, contrast, mono.")
    var theme: String?

    /// The settings that are kept, and over them what the command line says.
    func app(_ catalogue: Catalogue) throws -> App.Options {
        let store = SettingsStore()
        let (file, complaint) = store?.read() ?? (SettingsFile(""), nil)
        var settings = file.settings
        if let theme = try namedTheme() { settings.theme = theme }
        if ascii { settings.usesASCII = true }
        if noMouse { settings.usesMouse = false }
        let speed = settings.speed
        return App.Options(
            settings: settings, noColour: noColour, notice: complaint,
            open: { Sessions.opening($0, catalogue, speed: speed) },
            keep: { before, after in
                guard let store else { throw Failure("neither XDG_CONFIG_HOME nor HOME is set") }
                try store.keep(before, after)
            })
    }

    func chosenTheme() throws -> Theme { try namedTheme() ?? .dark }

    private func namedTheme() throws -> Theme? {
        guard let theme else { return nil }
        guard let chosen = Theme(rawValue: theme) else {
            let names = Theme.allCases.map(\.rawValue)
            throw Failure(
                "there is no theme '\(theme)'; "
                    + (nearestName(to: theme, among: names).map { "did you mean '\($0)'?" }
                        ?? "there are \(names.joined(separator: ", "))"))
        }
        return chosen
    }
}

/// A picture of the screen in place of the screen.
struct PictureOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write a picture of the screen (SVG) instead of showing it; - is standard output.", valueName: "file"))
    var svg: String?

    @Option(help: ArgumentHelp("With --svg: columns and rows.", valueName: "columns x rows"))
    var size: String?

    /// Draws one look at a player.
    /// - Returns: whether a picture was asked for.
    func draw(_ player: @autoclosure () -> any Player, title: String, _ display: DisplayOptions) throws -> Bool {
        guard let svg else {
            if size != nil { throw Failure("--size goes with --svg") }
            return false
        }
        let size = try chosenSize()
        let theme = display.noColour ? .mono : try display.chosenTheme()
        let state = ScreenState(theme: theme, glyphs: display.ascii ? .ascii : .unicode)
        let canvas = state.render(player().scene(for: state.request(for: size)), size: size)
        let picture = canvas.svg(theme: theme, title: title)
        guard svg != "-" else {
            Output.write(picture)
            return true
        }
        do {
            try Data(picture.utf8).write(to: URL(filePath: svg))
        } catch {
            throw Failure("\(svg): cannot be written")
        }
        return true
    }

    private func chosenSize() throws -> Size {
        let text = size ?? "120x40"
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1],
            Self.widths.contains(width), Self.heights.contains(height)
        else {
            let least = Layout.minimum
            throw Failure(
                "--size takes columns x rows from \(least.width)x\(least.height) to "
                    + "\(Self.widths.upperBound)x\(Self.heights.upperBound), as in 120x40, not '\(text)'")
        }
        return Size(width, height)
    }

    private static let widths = Layout.minimum.width...500
    private static let heights = Layout.minimum.height...200
}

/// What a model is compiled with.
struct SettingOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("Set a parameter of the model.", valueName: "name=value"))
    var set: [String] = []

    @Option(name: .long, help: "Switch a fault on.")
    var fault: [String] = []

    func settings() throws -> [String: Int64] {
        var result: [String: Int64] = [:]
        for entry in set {
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let value = Self.number(parts[1]) else {
                throw Failure("--set takes name=value with a number, not '\(entry)'")
            }
            result[parts[0]] = value
        }
        return result
    }

    /// A decimal or hexadecimal number, or a kernel: "posted" is 0, "6.1" is 601.
    private static func number(_ text: String) -> Int64? {
        if text == "posted" { return 0 }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
        if parts.count == 2, let major = parts[0], let minor = parts[1], (0..<100).contains(minor) {
            return major * 100 + minor
        }
        return parse(text)
    }

    private static func parse(_ text: String) -> Int64? {
        text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
    }
}

/// What a model is compiled and run with.
struct ModelOptions: ParsableArguments {
    @OptionGroup var compiled: SettingOptions

    @Option(name: .long, help: "The seed of the policy's choices.")
    var seed: UInt64 = 0

    var fault: [String] { compiled.fault }

    func settings() throws -> [String: Int64] { try compiled.settings() }
}
