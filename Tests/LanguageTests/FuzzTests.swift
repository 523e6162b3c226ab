import Foundation
import Language
import Models
import Testing

/// Numbers that follow from their seed on every machine.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    init(seed: Int) { state = UInt64(seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Damaged models: whatever comes out, it is diagnostics or a program, never a trap.
@Suite struct FuzzTests {
    private static let rounds = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? 3

    @Test(arguments: modelPaths)
    func aDamagedModelNeverTraps(path: String) throws {
        let text = try #require(Asset.named("\(path).model")?.text)
        let first = ProcessInfo.processInfo.environment["MMUSCOPE_SEED"].flatMap(Int.init) ?? 1
        for seed in first..<(first + Self.rounds) {
            var numbers = SeededNumbers(seed: seed)
            let damaged = damage(text, &numbers)
            if ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"] != nil {
                // What was being compiled when it trapped stays on the disk.
                try damaged.write(toFile: "/tmp/mmuscope-fuzz.model", atomically: false, encoding: .utf8)
            }
            let source = SourceFile(name: "\(path) seed \(seed)", text: damaged)
            let found = lint(source, moduleNames: modelPaths, modules: modules)
            for diagnostic in found { #expect(!diagnostic.rendered.isEmpty) }
            _ = outline(of: source)
        }
    }

    private func damage(_ text: String, _ numbers: inout SeededNumbers) -> String {
        var result = text
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
            result = Bool.random(using: &numbers) ? damageBytes(result, &numbers) : damageTokens(result, &numbers)
        }
        return result
    }

    private func damageBytes(_ text: String, _ numbers: inout SeededNumbers) -> String {
        var bytes = Array(text.utf8)
        let place = Int.random(in: 0..<max(1, bytes.count), using: &numbers)
        guard place < bytes.count else { return text }
        let end = min(bytes.count, place + Int.random(in: 1...40, using: &numbers))
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 2: bytes[place] ^= UInt8.random(in: 1...255, using: &numbers)
        default: bytes.removeSubrange(place...)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let words = [
        "0", "-1", "1", "64", "9223372036854775807", "99999999999999999999", "<<", ">>", "/", "%", "-", "none", "true",
        "(", ")", "{", "}", "[", "]", "..", "\"", "ref", "record", "pool", "if", "atomic", "choose", "lock", "u62", "mm",
        "wrapping", "hex", "device", "of", "interval_set", "list", "fault", "return", "new", "exists", "in", "é",
    ]

    /// Deletes, doubles, swaps or replaces words and signs.
    private func damageTokens(_ text: String, _ numbers: inout SeededNumbers) -> String {
        var tokens: [Substring] = []
        var rest = Substring(text)
        while let character = rest.first {
            let isWord = character.isLetter || character.isNumber || character == "_"
            let token = isWord ? rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" } : rest.prefix(1)
            tokens.append(token)
            rest = rest.dropFirst(token.count)
        }
        let places = tokens.indices.filter { !(tokens[$0].first?.isWhitespace ?? true) }
        guard let place = places.randomElement(using: &numbers), let other = places.randomElement(using: &numbers) else {
            return text
        }
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0: tokens.remove(at: place)
        case 1: tokens.insert(tokens[place], at: other)
        case 2: tokens.swapAt(place, other)
        default: tokens[place] = Substring(Self.words.randomElement(using: &numbers) ?? "0")
        }
        return tokens.joined()
    }
}
