import Glibc

/// Text for the clipboard of whoever sits at the terminal, however many machines away (OSC 52).
public struct Clipboard: Sendable {
    /// What there is between this program and the terminal.
    public enum Between: Sendable, Equatable { case nothing, tmux, screen }

    public let between: Between

    public init(_ between: Between) { self.between = between }

    /// As the environment says.
    public init() {
        func isSet(_ name: String) -> Bool { getenv(name).map { $0.pointee != 0 } ?? false }
        between = isSet("TMUX") ? .tmux : isSet("STY") ? .screen : .nothing
    }

    /// Bytes of text that are sent at most: terminals commonly take 100 000 characters, which these become.
    public static let limit = 74_994

    /// What has the terminal take the text; `nil` when it is too long.
    public func sequence(for text: String) -> [UInt8]? {
        let bytes = Array(Self.cleaned(text).utf8)
        guard bytes.count <= Self.limit else { return nil }
        let plain = Array("\u{1b}]52;c;".utf8) + Self.base64(bytes) + [7]
        switch between {
        case .nothing: return plain
        // tmux takes it for itself where it was told to (set-clipboard on), and passes on what is wrapped where that was allowed.
        case .tmux: return plain + Array("\u{1b}Ptmux;\u{1b}".utf8) + plain + Array("\u{1b}\\".utf8)
        case .screen:
            // It passes on strings, but only short ones.
            return stride(from: 0, to: plain.count, by: Self.screenPiece).flatMap { start in
                Array("\u{1b}P".utf8) + plain[start..<min(start + Self.screenPiece, plain.count)] + Array("\u{1b}\\".utf8)
            }
        }
    }

    private static let screenPiece = 240

    /// Characters that would act on the terminal it is pasted into, as pictures; line ends and tabs stay.
    public static func cleaned(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 9, 10: result.append(scalar)
            case 0..<32: result.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
            case 127: result.append("\u{2421}")
            case 0x80..<0xa0: result.append("\u{fffd}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? Int(bytes[start + offset]) : 0) }
            for place in 0..<4 {
                result.append(place <= count ? digits[group >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return result
    }
}
