/// Bytes of JSON in the making. Whatever goes in, valid JSON in valid UTF-8 comes out.
struct JSONBytes {
    var bytes: [UInt8] = []

    /// Text of ours that needs no escapes.
    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Text for people: control characters become U+FFFD, so that a task's name can't drive a terminal.
    mutating func printable(_ text: String) {
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            bytes.append(contentsOf: UTF8.encode(isControl ? "\u{fffd}" : scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    /// A quoted string of bytes that may not be UTF-8.
    mutating func string(_ text: Slice<Bytes>) {
        bytes.append(UInt8(ascii: "\""))
        if text.allSatisfy(isPlain) {
            bytes.append(contentsOf: text)
        } else {
            for scalar in String(decoding: text, as: UTF8.self).unicodeScalars { escape(scalar) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A number as it stands when it is one in JSON too, otherwise a string.
    mutating func number(_ text: Slice<Bytes>) {
        if isNumber(text) { bytes.append(contentsOf: text) } else { string(text) }
    }

    private func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": raw("\\\"")
        case "\\": raw("\\\\")
        case "\n": raw("\\n")
        case "\t": raw("\\t")
        case "\r": raw("\\r")
        default:
            if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
                let digits = String(scalar.value, radix: 16)
                raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    /// JSON's grammar without exponents: no leading zeros, digits on both sides of a point.
    private func isNumber(_ text: Slice<Bytes>) -> Bool {
        var rest = text
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let whole = rest.prefix(while: isDigit)
        guard let first = whole.first, whole.count == 1 || first != UInt8(ascii: "0") else { return false }
        rest = rest.dropFirst(whole.count)
        guard !rest.isEmpty else { return true }
        guard rest.first == UInt8(ascii: "."), rest.count > 1 else { return false }
        return rest.dropFirst().allSatisfy(isDigit)
    }
}
