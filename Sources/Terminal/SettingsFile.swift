import Screen

/// The settings as a text that is kept in a file (TOML): read leniently, changed without touching anything else in it.
public struct SettingsFile: Sendable {
    /// What a key is, and how it is said.
    private struct Key: Sendable {
        var name: String
        /// Takes a value over. Returns what would be right where it can't.
        var read: @Sendable (TOMLScanner.Value, inout Settings) -> String?
        var write: @Sendable (Settings) -> String
    }

    private let text: String
    /// Every key's value where the file has one.
    public private(set) var settings = Settings()
    /// What is wrong, each with its line: "3: there is no theme 'drak'".
    public private(set) var mistakes: [String] = []
    /// It can't be told what is in it: nothing is written to it either.
    public private(set) var isDamaged = false

    /// - Parameter text: the file's; empty where there is none.
    public init(_ text: String) {
        self.text = text
        do {
            for entry in try TOMLScanner(text).entries where entry.table.isEmpty {
                guard let key = Self.keys.first(where: { $0.name == entry.key }) else { continue }
                if let wanted = key.read(entry.value, &settings) {
                    mistakes.append("\(entry.line): \(key.name) \(wanted)")
                }
            }
        } catch {
            isDamaged = true
            settings = Settings()
            mistakes = ["\(error.line): \(error.words)"]
        }
    }

    /// The text with what differs between two settings; everything else in it stays as it is.
    /// - Returns: `nil` where the text is damaged.
    public func changed(from before: Settings, to after: Settings) -> String? {
        guard !isDamaged, let scanner = try? TOMLScanner(text) else { return nil }
        var bytes = Array((text.isEmpty ? Self.heading : text).utf8)
        let entries = text.isEmpty ? [] : scanner.entries.filter(\.table.isEmpty)
        let end = text.isEmpty ? bytes.count : scanner.firstTable
        let differing = Self.keys.filter { $0.write(before) != $0.write(after) }
        let missing = differing.filter { key in !entries.contains { $0.key == key.name } }
        if !missing.isEmpty {
            var lines = missing.map { "\($0.name) = \($0.write(after))\n" }.joined()
            if end > 0, bytes[end - 1] != 10 { lines = "\n" + lines }
            if end < bytes.count { lines += "\n" }
            bytes.insert(contentsOf: Array(lines.utf8), at: end)
        }
        // From the last to the first: the places before stay where they are.
        for entry in entries.reversed() {
            guard let key = differing.first(where: { $0.name == entry.key }) else { continue }
            bytes.replaceSubrange(entry.place, with: Array(key.write(after).utf8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let heading = "# What mmuscope looks like and does. The command line goes before it.\n"

    private static let keys = [
        Key(name: "theme", read: readTheme) { "\"\($0.theme.rawValue)\"" },
        flag("ascii") { \.usesASCII },
        flag("mouse") { \.usesMouse },
        flag("presenter") { \.isPresenting },
        Key(name: "speed", read: readSpeed) { "\($0.speed ?? 0)" },
    ]

    private static func flag(_ name: String, _ path: @escaping @Sendable () -> WritableKeyPath<Settings, Bool>) -> Key {
        Key(
            name: name,
            read: { value, settings in
                guard case .flag(let flag) = value else { return "takes true or false" }
                settings[keyPath: path()] = flag
                return nil
            },
            write: { "\($0[keyPath: path()])" })
    }

    private static let readTheme: @Sendable (TOMLScanner.Value, inout Settings) -> String? = { value, settings in
        let names = Theme.allCases.map(\.rawValue)
        guard case .text(let name) = value, let theme = Theme(rawValue: name) else {
            return "takes one of " + names.map { "\"\($0)\"" }.joined(separator: ", ")
        }
        settings.theme = theme
        return nil
    }

    /// 0 leaves it to the scenario.
    private static let readSpeed: @Sendable (TOMLScanner.Value, inout Settings) -> String? = { value, settings in
        guard case .number(let speed) = value, (0...1_000_000).contains(speed) else {
            return "takes steps a second, from 1; 0 leaves it to the scenario"
        }
        settings.speed = speed == 0 ? nil : speed
        return nil
    }
}
