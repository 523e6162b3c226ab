/// A value that its source may not be able to tell.
///
/// A model knows everything; a kernel recording doesn't know page-table entries, or what happened before
/// it began. What isn't known is never drawn as zero.
public enum Known<Value: Sendable & Equatable>: Sendable, Equatable {
    case known(Value)
    case unknown

    /// The value, or `nil` when it is unknown.
    public var value: Value? {
        switch self {
        case .known(let value): value
        case .unknown: nil
        }
    }

    public func map<Other>(_ transform: (Value) -> Other) -> Known<Other> {
        switch self {
        case .known(let value): .known(transform(value))
        case .unknown: .unknown
        }
    }
}

extension Known: CustomStringConvertible {
    /// The value as text, or `?`.
    public var description: String {
        switch self {
        case .known(let value): "\(value)"
        case .unknown: "?"
        }
    }
}
