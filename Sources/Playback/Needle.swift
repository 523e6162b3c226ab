/// What is looked for in a list: a piece of text, whatever the case, and, where it reads as one, an address.
public struct Needle: Sendable, Equatable {
    /// ASCII letters in lower case.
    private let bytes: [UInt8]
    /// What the text is as an address: "0x12", or "12" where nothing else could be meant by it.
    public let address: UInt64?

    /// - Parameter text: blanks around it don't count.
    public init(_ text: String) {
        var trimmed = Substring(text)
        while trimmed.first == " " { trimmed.removeFirst() }
        while trimmed.last == " " { trimmed.removeLast() }
        bytes = trimmed.utf8.map(Self.folded)
        let digits = trimmed.utf8.starts(with: "0x".utf8) || trimmed.utf8.starts(with: "0X".utf8) ? trimmed.dropFirst(2) : nil
        address = digits.flatMap { UInt64($0, radix: 16) }
    }

    /// Nothing is looked for: nothing is found.
    public var isEmpty: Bool { bytes.isEmpty }

    private static func folded(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    /// Whether it occurs in a text. Nothing occurs nowhere.
    public func occurs(in text: String) -> Bool {
        guard !bytes.isEmpty else { return false }
        var text = text
        return text.withUTF8 { Self.contains($0, bytes) }
    }

    private static func contains(_ text: UnsafeBufferPointer<UInt8>, _ bytes: [UInt8]) -> Bool {
        guard text.count >= bytes.count else { return false }
        let first = bytes[0]
        for start in 0...(text.count - bytes.count) where folded(text[start]) == first {
            var length = 1
            while length < bytes.count, folded(text[start + length]) == bytes[length] { length += 1 }
            if length == bytes.count { return true }
        }
        return false
    }

    /// Whether its address lies in `first ... last`.
    public func lies(from first: UInt64, to last: UInt64) -> Bool {
        address.map { first <= $0 && $0 <= last } ?? false
    }

    /// The next row of `count` that is one, behind (or before) a row; round the end to that row itself.
    /// - Parameter from: -1 (or `count`, backwards) begins at the end of the list.
    public func next(of count: Int, from: Int, isForward: Bool, _ isOne: (Int) -> Bool) -> Int? {
        guard count > 0, !isEmpty else { return nil }
        let from = min(max(-1, from), count)
        if isForward {
            return (min(from + 1, count)..<count).first(where: isOne) ?? (0..<min(from + 1, count)).first(where: isOne)
        }
        return (0..<max(0, from)).last(where: isOne) ?? (max(0, from)..<count).last(where: isOne)
    }
}
