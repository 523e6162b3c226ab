/// Something that can be made to happen while a scenario runs: another task does it, step by step beside the others.
public struct OperationDeclaration: Sendable {
    public enum Parameter: Sendable, Equatable {
        /// One page of an address space; must fit so many bits.
        case address(name: String, bits: Int)
        /// Two values: the first page and the last, both included.
        case range(name: String, bits: Int)
        /// A reference to a live instance of this record.
        case record(name: String, record: Int)
        case flag(name: String)
        /// A number of so many bits, or of 63 and a sign.
        case number(name: String, type: IntegerType)

        public var name: String {
            switch self {
            case .address(let name, _), .range(let name, _), .record(let name, _), .flag(let name), .number(let name, _): name
            }
        }
    }

    /// With its driver's: "mirror.fault".
    public var name: String
    /// One line of what it does.
    public var words: String
    public var group: OperationGroup
    /// What a perturbation thread runs; its parameters' slots are in the order of ``parameters``, two for a range.
    public var function: Int
    public var parameters: [Parameter]
}

/// What kind of thing an operation does.
public enum OperationGroup: String, Sendable, CaseIterable {
    case memory, task, device, notifier

    static var allWords: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
