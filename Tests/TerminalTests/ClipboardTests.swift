import Foundation
import Testing

@testable import Terminal

@Suite("Clipboard")
struct ClipboardTests {
    /// What a terminal makes of a sequence: everything between `52;c;` and BEL, decoded.
    private func received(_ sequence: [UInt8]) -> String? {
        let text = String(decoding: sequence, as: UTF8.self)
        guard let match = text.firstMatch(of: /\e\]52;c;([A-Za-z0-9+\/=]*)\u{7}/) else { return nil }
        return Data(base64Encoded: String(match.1)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("arrives as it was, whatever its length", arguments: 0...7)
    func whole(_ count: Int) throws {
        let text = String("mmuscope:1 ×").prefix(count)
        #expect(received(try #require(Clipboard(.nothing).sequence(for: String(text)))) == String(text))
    }

    @Test("control characters become pictures, lines stay lines")
    func controls() throws {
        let sequence = try #require(Clipboard(.nothing).sequence(for: "a\u{1b}[2J\r\u{7}\u{7f}\u{9b}\n\tb"))
        #expect(received(sequence) == "a␛[2J␍␇␡\u{fffd}\n\tb")
    }

    @Test("nothing but the sequence's own characters are sent, and those are ASCII")
    func printable() throws {
        let everything = String(String.UnicodeScalarView((0..<0x300).compactMap(Unicode.Scalar.init)))
        let sequence = try #require(Clipboard(.nothing).sequence(for: everything))
        #expect(sequence.first == 0x1b && sequence.last == 7)
        #expect(sequence.dropFirst().dropLast().allSatisfy { (0x20..<0x7f).contains($0) })
    }

    @Test("what is too long is refused whole")
    func limit() throws {
        let most = String(repeating: "x", count: Clipboard.limit)
        #expect(try #require(Clipboard(.nothing).sequence(for: most)).count < 100_020)
        #expect(Clipboard(.nothing).sequence(for: most + "x") == nil)
    }

    @Test("tmux gets it twice: for itself, and to pass on")
    func tmux() throws {
        let plain = try #require(Clipboard(.nothing).sequence(for: "text"))
        let sequence = try #require(Clipboard(.tmux).sequence(for: "text"))
        #expect(sequence == plain + Array("\u{1b}Ptmux;\u{1b}".utf8) + plain + Array("\u{1b}\\".utf8))
    }

    @Test("screen gets pieces that it takes, and passes on the whole")
    func screen() throws {
        let text = String(repeating: "0123456789", count: 100)
        let sequence = try #require(Clipboard(.screen).sequence(for: text))
        let pieces = String(decoding: sequence, as: UTF8.self).components(separatedBy: "\u{1b}\\").dropLast()
        #expect(pieces.count > 1 && pieces.allSatisfy { $0.hasPrefix("\u{1b}P") && $0.utf8.count < 256 })
        #expect(received(pieces.flatMap { Array($0.utf8.dropFirst(2)) }) == text)
    }
}
