/// Something that the user makes happen at the present step.
public enum Perturbation: Sendable, Equatable {
    /// Another task carries out one of the model's operations, from this step on.
    case operation(name: String, arguments: [PerturbationArgument])
    /// A fault of the models is switched on or off.
    case fault(name: String, isOn: Bool)
    /// A thread takes no step until it is released.
    case hold(ThreadID, isHeld: Bool)
    /// A thread takes no step for so many steps of others.
    case delay(ThreadID, steps: Int)
    /// Who steps next when nobody says so, by the policy's name.
    case policy(String)
    /// The shown mm's invalidate_seq is set so many additions before its wrap; 1 or more.
    case sequenceNearWrap(mmIndex: Int, distance: Int)
}

/// What an operation is given for one of its parameters.
public enum PerturbationArgument: Sendable, Equatable {
    case number(Int64)
    case flag(Bool)
    /// Pages from `first` to `last`, both included.
    case range(first: UInt64, last: UInt64)
    /// A record, by the name that the screen calls it: "umem#1", "mm#1".
    case record(String)
}

/// An operation of the menu: what there is to choose, and what it needs to be told.
public struct OperationInfo: Sendable, Equatable {
    public enum Group: String, Sendable, Equatable, CaseIterable {
        case memory, task, device, notifier
    }

    public enum Parameter: Sendable, Equatable {
        /// One page of the address space.
        case address(name: String)
        case range(name: String)
        /// One of these records; where there is only one nobody is asked.
        case record(name: String, instances: [String])
        case flag(name: String)
        case number(name: String)

        public var name: String {
            switch self {
            case .address(let name), .range(let name), .flag(let name), .number(let name): name
            case .record(let name, _): name
            }
        }
    }

    /// The operation's name in the model: "munmap".
    public var name: String
    /// One line of what it does.
    public var words: String
    public var group: Group
    public var parameters: [Parameter]
    /// Why it can't be done now; `nil` when it can.
    public var obstacle: String?

    public init(name: String, words: String, group: Group, parameters: [Parameter], obstacle: String? = nil) {
        self.name = name
        self.words = words
        self.group = group
        self.parameters = parameters
        self.obstacle = obstacle
    }
}

/// A fault that the models know, and whether it is on.
public struct FaultRow: Sendable, Equatable {
    public var name: String
    public var words: String
    public var isOn: Bool

    public init(name: String, words: String, isOn: Bool) {
        self.name = name
        self.words = words
        self.isOn = isOn
    }
}

/// Everything that can be perturbed at this step.
public struct PerturbationMenu: Sendable, Equatable {
    public var operations: [OperationInfo]
    public var faults: [FaultRow]
    /// The policies' names; the first is in force.
    public var policies: [String]
    /// Why nothing can be perturbed ("what was recorded has happened"); `nil` when something can.
    public var obstacle: String?

    public init(operations: [OperationInfo] = [], faults: [FaultRow] = [], policies: [String] = [], obstacle: String? = nil) {
        self.operations = operations
        self.faults = faults
        self.policies = policies
        self.obstacle = obstacle
    }
}
