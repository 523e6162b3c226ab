/// The type of a value or of a place in the state.
public indirect enum ValueType: Sendable, Equatable {
    case integer(IntegerType)
    case boolean
    case enumeration(Int)
    /// A reference to a record, or none.
    case reference(Int)
    /// The type of `none` before it meets a reference.
    case null
    case void
    /// Something was wrong and has been reported: it fits anywhere.
    case mistake

    // Places only.
    /// (A page's lock has no owner: one thread may take it and another let go of it.)
    case spinlock, mutex, pageLock, semaphore, waitQueue, completion, srcu, referenceCount
    case intervalSet(Int)
    case list(Int)
    case embedded(Int)
    case table(ValueType, count: Int)

    /// Whether a variable can hold it.
    var isValue: Bool {
        switch self {
        case .integer, .boolean, .enumeration, .reference, .null, .mistake: true
        default: false
        }
    }

    /// A number, but no sequence number: no reference, however large it is.
    public var isPlainNumber: Bool { if case .integer = self { sequenceBits == nil } else { false } }

    /// How wide a sequence number is that may be told relative to its mm's: one so narrow that it wraps within a run may not.
    public var sequenceBits: Int? {
        if case .integer(let width) = self, width.wraps, width.bits >= 16 { width.bits } else { nil }
    }

    /// A plain number, as wide as a number can be.
    public static let number = ValueType.integer(IntegerType(bits: 63, isSigned: true))

    /// Whether a value of type `other` may stand where this type is expected.
    func accepts(_ other: ValueType) -> Bool {
        switch (self, other) {
        case (.mistake, _), (_, .mistake), (.integer, .integer), (.reference, .null), (.null, .reference): true
        default: self == other
        }
    }
}

/// An integer of a declared width.
public struct IntegerType: Sendable, Equatable {
    public var bits: Int
    public var isSigned = false
    /// Beyond its width it begins again at 0, instead of being a finding.
    public var wraps = false
    /// Shown in hexadecimal.
    public var isHex = false

    public init(bits: Int, isSigned: Bool = false, wraps: Bool = false, isHex: Bool = false) {
        self.bits = bits
        self.isSigned = isSigned
        self.wraps = wraps
        self.isHex = isHex
    }
}
