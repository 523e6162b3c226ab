import CZlib

/// Numbers and texts put one behind the other, as a recording holds them.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(_ other: some Sequence<UInt8>) { bytes.append(contentsOf: other) }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(varint value: Int) { append(varint: UInt64(bitPattern: Int64(value))) }

    /// The sign goes to the lowest bit, so that small negative numbers are short too.
    mutating func append(signed value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Little-endian, all of its bytes.
    mutating func append<Number: FixedWidthInteger>(fixed value: Number) {
        for index in 0..<(Number.bitWidth / 8) { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }

    mutating func append(_ text: String) {
        append(varint: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }
}

/// Takes apart what a ``ByteWriter`` has put together. Bytes that can't have come from one are an error, never a trap.
struct ByteReader {
    struct Damage: Error {}

    private let bytes: ArraySlice<UInt8>
    private(set) var offset: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    var isAtEnd: Bool { offset == bytes.endIndex }
    var remaining: Int { bytes.endIndex - offset }

    mutating func byte() throws(Damage) -> UInt8 {
        guard offset < bytes.endIndex else { throw Damage() }
        offset += 1
        return bytes[offset - 1]
    }

    mutating func take(_ count: Int) throws(Damage) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw Damage() }
        offset += count
        return bytes[(offset - count)..<offset]
    }

    mutating func varint() throws(Damage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw Damage() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Damage()
    }

    /// A number that counts something: 0 ... `limit`.
    mutating func count(_ limit: Int) throws(Damage) -> Int {
        let value = try varint()
        guard value <= UInt64(limit) else { throw Damage() }
        return Int(value)
    }

    mutating func signed() throws(Damage) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type) throws(Damage) -> Number {
        var value: Number = 0
        for index in 0..<(Number.bitWidth / 8) { value |= Number(truncatingIfNeeded: try byte()) << (8 * index) }
        return value
    }

    mutating func text() throws(Damage) -> String {
        let bytes = try take(try count(remaining))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Damage() }
        return text
    }
}

/// What zlib does for recordings.
enum Packing {
    /// Text is packed; nobody's models are longer.
    static let largestText = 64 << 20

    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return UInt32(truncatingIfNeeded: crc32(0, start, UInt32(buffer.count)))
        }
    }

    /// `nil` when there is no memory.
    static func pack(_ bytes: [UInt8]) -> [UInt8]? {
        var length = compressBound(UInt(bytes.count))
        var packed = [UInt8](repeating: 0, count: Int(length))
        guard compress(&packed, &length, bytes, UInt(bytes.count)) == Z_OK else { return nil }
        return Array(packed.prefix(Int(length)))
    }

    /// `nil` when it isn't what ``pack(_:)`` made of `count` bytes.
    static func unpack(_ packed: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
        guard count <= largestText else { return nil }
        var length = UInt(count)
        var bytes = [UInt8](repeating: 0, count: max(1, count))
        guard uncompress(&bytes, &length, Array(packed), UInt(packed.count)) == Z_OK, length == UInt(count) else {
            return nil
        }
        return Array(bytes.prefix(count))
    }
}
