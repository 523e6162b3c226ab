import Foundation

/// Numbers that look random and are the same for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// What `MMUSCOPE_SEED` says, or a seed that is always the same. It is printed, so that a failure can be had again.
    static func seed(for test: String) -> UInt64 {
        let seed = ProcessInfo.processInfo.environment["MMUSCOPE_SEED"].flatMap(UInt64.init) ?? 20_261_126
        print("\(test): MMUSCOPE_SEED=\(seed)")
        return seed
    }
}

/// Keys as somebody's cat would press them: everything but what quits or stops the program.
struct RandomKeys {
    private var numbers: SeededNumbers
    private let columns: Int
    private let rows: Int

    init(seed: UInt64, columns: Int, rows: Int) {
        numbers = SeededNumbers(seed: seed &+ UInt64(columns))
        self.columns = columns
        self.rows = rows
    }

    private static let named = [
        "Up", "Down", "Left", "Right", "PPage", "NPage", "Home", "End", "Enter", "Escape", "Tab", "BTab", "BSpace", "DC", "Space",
        "F1", "F5", "C-l", "C-a", "C-u",
    ]
    /// `q` quits, and so may Q in a list; C has every schedule explored.
    private static let characters = (0x21...0x7e).compactMap(UnicodeScalar.init).map(Character.init).filter { !"qQC".contains($0) }

    /// The bytes of some keys, as a terminal sends them.
    mutating func next(_ count: Int) -> [[UInt8]] { (0..<count).map { _ in key() } }

    private mutating func key() -> [UInt8] {
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0...5: return Self.characters.randomElement(using: &numbers).map { Array(String($0).utf8) } ?? []
        case 6...8: return bytes(of: Self.named.randomElement(using: &numbers) ?? "Up")
        default:
            let button = [0, 0, 0, 32, 64, 65].randomElement(using: &numbers) ?? 0
            let end = button == 0 && Bool.random(using: &numbers) ? "m" : "M"
            // Not on the last row: a click on its `quit` quits.
            let (x, y) = (Int.random(in: 1...columns, using: &numbers), Int.random(in: 1..<rows, using: &numbers))
            return Array("\u{1b}[<\(button);\(x);\(y)\(end)".utf8)
        }
    }

    private func bytes(of name: String) -> [UInt8] {
        let sequences = [
            "Up": "\u{1b}[A", "Down": "\u{1b}[B", "Right": "\u{1b}[C", "Left": "\u{1b}[D", "PPage": "\u{1b}[5~", "NPage": "\u{1b}[6~",
            "Home": "\u{1b}[1~", "End": "\u{1b}[4~", "Enter": "\r", "Escape": "\u{1b}", "Tab": "\t", "BTab": "\u{1b}[Z",
            "BSpace": "\u{7f}", "DC": "\u{1b}[3~", "Space": " ", "F1": "\u{1b}OP", "F5": "\u{1b}[15~", "C-l": "\u{c}", "C-a": "\u{1}",
            "C-u": "\u{15}",
        ]
        return Array((sequences[name] ?? "").utf8)
    }
}
