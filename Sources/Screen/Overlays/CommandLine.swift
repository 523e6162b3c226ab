import Playback
import Scene

/// A word that the command line knows.
struct CommandVerb: Equatable {
    var name: String
    /// The name with what follows it: "goto STEP".
    var usage: String
    var words: String

    init(_ usage: String, _ words: String) {
        self.usage = usage
        self.words = words
        name = String(usage.prefix { $0 != " " })
    }

    static let all: [CommandVerb] = [
        CommandVerb("goto STEP|MARK", "to a step, or a mark; +10 and -10 count from here"),
        CommandVerb("watch EXPR", "keep a value in the header"),
        CommandVerb("unwatch [EXPR]", "no longer; without one, none"),
        CommandVerb("break WHERE", "LINE, FILE:LINE, seq N, a notifier, or an expression"),
        CommandVerb("unbreak", "take all breakpoints away"),
        CommandVerb("mark [NAME]", "name this step, or take its name away"),
        CommandVerb("branch NAME", "go on with a branch, or give this one a name"),
        CommandVerb("policy NAME", "who steps next when nobody says so"),
        CommandVerb("speed N|max", "steps a second"),
        CommandVerb("fault NAME [on|off]", "switch a fault of the models"),
        CommandVerb("hold THREAD", "it takes no step until it is released"),
        CommandVerb("release THREAD", "it may step again"),
        CommandVerb("delay THREAD N", "it takes no step for N steps of others"),
        CommandVerb("perturb OPERATION …", "munmap 0x12-0x15: at this very step"),
        CommandVerb("wrap N", "seq so many additions before its wrap"),
        CommandVerb("undo", "take back what was decided by hand"),
        CommandVerb("explain WHAT", "a thread, notifier, address, number"),
        CommandVerb("find TEXT", "in the pane that has the focus"),
        CommandVerb("pane NAME", "show a pane"),
        CommandVerb("theme NAME", "dark, light, contrast, mono"),
        CommandVerb("check", "explore every schedule from here"),
        CommandVerb("record", "record the session to a file; end that"),
        CommandVerb("story", "what led to the finding, told"),
        CommandVerb("copy schedule|table", "to the clipboard"),
        CommandVerb("present", "presenter view, and back"),
        CommandVerb("help", "every key"),
        CommandVerb("quit", "leave"),
    ]
}

/// Reading and completing what is typed after `:`.
enum CommandLine {
    struct Completion: Equatable {
        /// The whole line with it.
        var line: String
        var label: String
        var words: String
    }

    /// What could be meant by a line that isn't finished.
    static func completions(_ text: String, _ scene: Scene, _ state: ScreenState) -> [Completion] {
        guard let space = text.firstIndex(of: " ") else {
            return CommandVerb.all.filter { $0.name.hasPrefix(text) }.map {
                Completion(line: $0.name + ($0.usage == $0.name ? "" : " "), label: $0.usage, words: $0.words)
            }
        }
        let verb = String(text[..<space])
        let before = text.lastIndex(of: " ").map { String(text[...$0]) } ?? ""
        let last = String(text.dropFirst(before.count))
        return names(verb, before, scene, state).filter { $0.name.lowercased().hasPrefix(last.lowercased()) }.prefix(40).map {
            Completion(line: before + $0.name, label: $0.name, words: $0.words)
        }
    }

    /// The names that may follow a verb.
    private static func names(_ verb: String, _ before: String, _ scene: Scene, _ state: ScreenState) -> [(name: String, words: String)] {
        let isFirst = before.split(separator: " ").count == 1
        switch verb {
        case "goto": return isFirst ? scene.marks.map { ($0.name, "step \($0.step)") } : []
        case "branch": return isFirst ? scene.branches.map { ($0.name, "steps \($0.from) to \($0.last)") } : []
        case "policy": return isFirst ? (scene.menu?.policies ?? []).map { ($0, "") } : []
        case "theme": return isFirst ? Theme.allCases.map { ($0.rawValue, "") } : []
        case "pane": return isFirst ? PaneID.allCases.map { ($0.shortTitle.lowercased(), $0.title) } : []
        case "copy": return isFirst ? [("schedule", "as one line"), ("table", "of CPUs")] : []
        case "speed": return isFirst ? SpeedLadder.speeds.map { ("\($0)", "a second") } + [("max", "as fast as it goes")] : []
        case "unwatch": return isFirst ? state.watches.map { ($0, "") } : []
        case "hold", "release", "delay": return isFirst ? threads(scene) : []
        case "break": return isFirst ? [("seq", "when seq becomes a number"), ("property", "when it fails")] + notifiers(scene) : []
        case "fault":
            return isFirst ? (scene.menu?.faults ?? []).map { ($0.name, $0.isOn ? "on" : "off") } : [("on", ""), ("off", "")]
        case "perturb": return perturbNames(before, scene)
        case "explain": return isFirst ? threads(scene) + notifiers(scene) + HeaderNumber.allCases.map { ($0.rawValue, "in the header") } : []
        default: return []
        }
    }

    private static func perturbNames(_ before: String, _ scene: Scene) -> [(name: String, words: String)] {
        let words = before.split(separator: " ").dropFirst().map(String.init)
        let operations = scene.menu?.operations ?? []
        guard let name = words.first else { return operations.map { ($0.name, $0.words) } }
        guard let operation = operations.first(where: { $0.name == name }) else { return [] }
        let index = words.count - 1
        guard operation.parameters.indices.contains(index) else { return [] }
        switch operation.parameters[index] {
        case .record(_, let instances): return instances.map { ($0, "") }
        case .flag(let name): return [("yes", name), ("no", name)]
        default: return []
        }
    }

    private static func threads(_ scene: Scene) -> [(name: String, words: String)] { scene.threads.rows.map { ($0.label, $0.name) } }

    private static func notifiers(_ scene: Scene) -> [(name: String, words: String)] {
        scene.notifiers.rows.map { ($0.name, Words.range($0.range)) }
    }

    /// A number, decimal or 0x….
    static func number(_ text: some StringProtocol) -> UInt64? {
        let lower = text.lowercased()
        return lower.hasPrefix("0x") ? UInt64(lower.dropFirst(2), radix: 16) : UInt64(lower)
    }

    static func signed(_ text: String) -> Int64? {
        if text.hasPrefix("-") { return number(text.dropFirst()).flatMap { Int64(exactly: $0) }.map { -$0 } }
        return number(text).flatMap { Int64(exactly: $0) }
    }

    /// `0x12-0x15`, `0x12..0x15`, `0x12–0x15`, or one address.
    static func range(_ text: String) -> AddressRange? {
        for mark in ["..", "–", "-"] {
            let parts = text.split(separator: mark, maxSplits: 1)
            if parts.count == 2, let first = number(parts[0]), let last = number(parts[1]), first <= last { return AddressRange(first, last) }
        }
        return number(text).map { AddressRange($0, $0) }
    }
}
