/// The fields that are read. The raw value is the field's place in ``EventFields``.
public enum Field: UInt8, CaseIterable, Sendable {
    case sub, mm, subs, start, end, last, length, ops, seq, active, hasTree, rb, subSeq, first, range, flags
    case event, owner, ret, mn, curSeq, subStart, subLast, readSeq, retry, users, addr, pages, collected

    /// As the recordings spell it.
    var key: String {
        switch self {
        case .sub: "sub"
        case .mm: "mm"
        case .subs: "subs"
        case .start: "start"
        case .end: "end"
        case .last: "last"
        case .length: "length"
        case .ops: "ops"
        case .seq: "seq"
        case .active: "active"
        case .hasTree: "has_itree"
        case .rb: "rb"
        case .subSeq: "sub_seq"
        case .first: "first"
        case .range: "range"
        case .flags: "rflags"
        case .event: "event"
        case .owner: "owner"
        case .ret: "ret"
        case .mn: "mn"
        case .curSeq: "cur_seq"
        case .subStart: "sstart"
        case .subLast: "slast"
        case .readSeq: "rseq"
        case .retry: "retry"
        case .users: "users"
        case .addr: "addr"
        case .pages: "npages"
        case .collected: "cpages"
        }
    }
}

/// The known fields of one event, as bit patterns of 64 bits.
public struct EventFields: Sendable {
    private var values = InlineArray<29, UInt64>(repeating: 0)
    private var present: UInt32 = 0

    /// The field's value, or 0 when the event has none.
    public subscript(_ field: Field) -> UInt64 { values[Int(field.rawValue)] }

    /// Whether the event has the field.
    public func has(_ field: Field) -> Bool { present & (1 << UInt32(field.rawValue)) != 0 }

    /// The field's value, if the event has it.
    public func value(_ field: Field) -> UInt64? { has(field) ? self[field] : nil }

    /// The return value with its sign.
    public var result: Int64 { Int64(bitPattern: self[.ret]) }

    fileprivate mutating func set(_ field: Field, _ value: UInt64) {
        values[Int(field.rawValue)] = value
        present |= 1 << UInt32(field.rawValue)
    }
}

/// Finds a field by its key: a small open-addressed table over the key's first eight bytes and length.
struct FieldTable: Sendable {
    private var keys = [UInt64](repeating: 0, count: 128)
    private var fields = [Field](repeating: .sub, count: 128)

    init() {
        for field in Field.allCases {
            let key = FieldTable.pack(field.key.utf8)
            var slot = FieldTable.slot(key)
            while keys[slot] != 0 { slot = (slot + 1) & 127 }
            keys[slot] = key
            fields[slot] = field
        }
    }

    private static func slot(_ key: UInt64) -> Int { Int((key &* 0x9e37_79b9_7f4a_7c15) >> 57) }

    private static func pack(_ bytes: some Collection<UInt8>) -> UInt64 {
        var packed: UInt64 = 0
        for (index, byte) in bytes.prefix(8).enumerated() { packed |= UInt64(byte) << (8 * UInt64(index)) }
        return packed ^ (UInt64(bytes.count) << 56)
    }

    fileprivate func field(_ packed: UInt64) -> Field? {
        guard packed != 0 else { return nil }
        var slot = FieldTable.slot(packed)
        while keys[slot] != 0 {
            if keys[slot] == packed { return fields[slot] }
            slot = (slot + 1) & 127
        }
        return nil
    }

    /// Reads the known fields of an event whose own text is `range`.
    func parse(_ text: Bytes, _ range: Range<Int>) -> EventFields {
        var result = EventFields()
        var cursor = skipCallSite(text, range)
        let end = range.upperBound
        while cursor < end {
            // A key, up to its '='.
            var packed: UInt64 = 0
            var shift: UInt64 = 0
            let keyStart = cursor
            while cursor < end, text[cursor] != UInt8(ascii: "="), !isBlank(text[cursor]) {
                if shift < 64 { packed |= UInt64(text[cursor]) << shift; shift += 8 }
                cursor += 1
            }
            guard cursor < end, text[cursor] == UInt8(ascii: "=") else { cursor += 1; continue }
            packed ^= UInt64(truncatingIfNeeded: cursor - keyStart) << 56
            cursor += 1
            let valueStart = cursor
            let value = number(text, &cursor, end)
            if let value, let field = field(packed) { result.set(field, value) }
            skipValue(text, valueStart, &cursor, end)
        }
        return result
    }
}

/// Passes over the text in parentheses that says where the probe is.
private func skipCallSite(_ text: Bytes, _ range: Range<Int>) -> Int {
    var cursor = range.lowerBound
    while cursor < range.upperBound && isBlank(text[cursor]) { cursor += 1 }
    guard cursor < range.upperBound, text[cursor] == UInt8(ascii: "(") else { return cursor }
    while cursor < range.upperBound && text[cursor] != UInt8(ascii: ")") { cursor += 1 }
    return cursor
}

/// Moves behind the value and the blanks after it; a quoted value may hold blanks.
private func skipValue(_ text: Bytes, _ start: Int, _ cursor: inout Int, _ end: Int) {
    if start < end && text[start] == UInt8(ascii: "\"") {
        cursor = start + 1
        while cursor < end && text[cursor] != UInt8(ascii: "\"") { cursor += 1 }
    }
    while cursor < end && !isBlank(text[cursor]) { cursor += 1 }
    while cursor < end && isBlank(text[cursor]) { cursor += 1 }
}

/// A hexadecimal number with `0x`, or a decimal one with or without a sign; `nil` for anything else.
private func number(_ text: Bytes, _ cursor: inout Int, _ end: Int) -> UInt64? {
    var value: UInt64 = 0
    if cursor + 2 < end && text[cursor] == UInt8(ascii: "0") && text[cursor + 1] | 0x20 == UInt8(ascii: "x") {
        cursor += 2
        let start = cursor
        while cursor < end, let digit = hexDigit(text[cursor]) {
            value = value << 4 | UInt64(digit)
            cursor += 1
        }
        return cursor > start && cursor - start <= 16 && isEnd(text, cursor, end) ? value : nil
    }
    let isNegative = cursor < end && text[cursor] == UInt8(ascii: "-")
    if isNegative { cursor += 1 }
    let start = cursor
    while cursor < end && isDigit(text[cursor]) {
        value = value &* 10 &+ UInt64(text[cursor] &- UInt8(ascii: "0"))
        cursor += 1
    }
    guard cursor > start, cursor - start <= 20, isEnd(text, cursor, end) else { return nil }
    return isNegative ? 0 &- value : value
}

private func isEnd(_ text: Bytes, _ cursor: Int, _ end: Int) -> Bool { cursor >= end || isBlank(text[cursor]) }

private func hexDigit(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte &- UInt8(ascii: "0") }
    let letter = (byte | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter &+ 10 : nil
}

/// One `key=value` of an event as it stands in the text.
struct RawField {
    var key: Range<Int>
    var value: Range<Int>
}

/// Walks over all fields of an event, known or not.
struct RawFields: Sequence, IteratorProtocol {
    let text: Bytes
    let end: Int
    var cursor: Int
    /// The text between the parentheses in front of the fields, if there is one.
    let callSite: Range<Int>?

    init(_ text: Bytes, _ range: Range<Int>) {
        self.text = text
        end = range.upperBound
        cursor = skipCallSite(text, range)
        var open = range.lowerBound
        while open < end && isBlank(text[open]) { open += 1 }
        callSite = cursor < end && open < cursor && text[cursor] == UInt8(ascii: ")") ? (open + 1)..<cursor : nil
        if callSite != nil { cursor += 1 }
        while cursor < end && isBlank(text[cursor]) { cursor += 1 }
    }

    mutating func next() -> RawField? {
        while cursor < end {
            let keyStart = cursor
            while cursor < end && text[cursor] != UInt8(ascii: "=") && !isBlank(text[cursor]) { cursor += 1 }
            let keyEnd = cursor
            guard cursor < end, text[cursor] == UInt8(ascii: "="), keyEnd > keyStart else { cursor += 1; continue }
            cursor += 1
            let valueStart = cursor
            skipValue(text, valueStart, &cursor, end)
            var valueEnd = cursor
            while valueEnd > valueStart && isBlank(text[valueEnd - 1]) { valueEnd -= 1 }
            return RawField(key: keyStart..<keyEnd, value: valueStart..<valueEnd)
        }
        return nil
    }
}
