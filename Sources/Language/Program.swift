/// A scenario compiled to flat code: everything that a machine needs, and nothing of the text but its places.
///
/// State is one row of 64-bit slots: globals, then the records' pools, then a block for each thread. A
/// reference is `generation << 32 | slot of the record's header`; 0 is none. Operands of an instruction are
/// slots of the running thread's block when they are not negative, and constants (`~operand`) when they are.
public struct Program: Sendable {
    public internal(set) var sources: [SourceFile] = []
    public internal(set) var scenario = ScenarioInfo()
    public internal(set) var instructions: [Instruction] = []
    public internal(set) var constants: [Int64] = []
    public internal(set) var statements: [StatementInfo] = []
    public internal(set) var functions: [FunctionInfo] = []
    /// Where the text decides between ways to go on.
    public internal(set) var branches: [BranchInfo] = []
    public internal(set) var callbacks: [CallbackInfo] = []
    public internal(set) var records: [RecordInfo] = []
    public internal(set) var segments: [SegmentInfo] = []
    public internal(set) var deviceTables: [DeviceTableInfo] = []
    /// Whether sequence numbers are only compared for equality, tested for parity and counted on by one: then only their distance
    /// from their mm's matters. 0 stands for none, and is not counted from.
    public internal(set) var hasRelativeSequences = true
    /// Fields that other values of their type are relative to, as record and field number.
    public internal(set) var epochs: [(record: Int, field: Int)] = []
    public internal(set) var globals: [GlobalInfo] = []
    public internal(set) var threads: [ThreadInfo] = []
    public internal(set) var sentences: [SentenceInfo] = []
    /// Instructions that ask invariants after a step. The setup passes over them.
    public internal(set) var invariantCode: [Range<Int>] = []
    public internal(set) var checks: [CheckInfo] = []
    public internal(set) var faults: [FaultInfo] = []
    public internal(set) var enumerations: [EnumerationInfo] = []
    /// Constants, parameters and cases by their names, for expressions that somebody types.
    public internal(set) var namedConstants: [String: (value: Int64, type: ValueType)] = [:]
    /// "EAGAIN" by 11: the models' constants that are called as the kernel's error numbers are.
    public internal(set) var errorNames: [Int64: String] = [:]
    public internal(set) var schedule: [PinnedStep] = []
    /// What can be made to happen while it runs; empty unless it was compiled with operations.
    public internal(set) var operations: [OperationDeclaration] = []
    /// Whether it was.
    public internal(set) var hasOperations = false
    /// What of a frame is alive where a thread can stand: at a statement, or behind a call. By instruction; -1 elsewhere.
    public internal(set) var frameLayoutIndex: [Int32] = []
    public internal(set) var frameLayouts: [FrameLayout] = []
    /// The function that builds the start state; run to its end before step 1.
    public internal(set) var setupFunction = 0

    /// Slots of a whole state.
    public internal(set) var slotCount = 0
    /// Where the first thread's block begins, and how far it is to the next.
    public internal(set) var threadBase = 0
    public internal(set) var threadStride = 0
    /// How many interval sets there are.
    public internal(set) var treeCount = 0
    /// The global that tells a workload's threads to come to rest.
    public static let drainingSlot = 0

    /// What the first slots of a thread's block are.
    public enum ThreadSlot {
        public static let programCounter = 0
        public static let result = 1
        /// How many locks it holds: see ``Holding``.
        public static let holding = 2
        public static let count = 3
    }
}

/// What a thread holds, counted in one slot: spinlocks in the lowest ten bits (it must not sleep while there are any), SRCU
/// readers' sections in the next ten, other locks above.
public enum Holding {
    public static let spinlock: Int64 = 1
    public static let reader: Int64 = 1 << 10
    public static let other: Int64 = 1 << 20
    /// More spinlocks or sections at once can't be counted.
    public static let most: Int64 = 1 << 10 - 1

    public static func spinlocks(_ value: Int64) -> Int64 { value & most }
    public static func readers(_ value: Int64) -> Int64 { value >> 10 & most }
}

/// One instruction. What the operands mean stands with each ``Opcode``.
public struct Instruction: Sendable, Equatable {
    public var op: Opcode
    /// A width in bits, a table's length or a number of arguments.
    public var bits: UInt16
    public var a: Int32
    public var b: Int32
    public var c: Int32
    public var d: Int32

    init(_ op: Opcode, a: Int32 = 0, b: Int32 = 0, c: Int32 = 0, d: Int32 = 0, bits: UInt16 = 0) {
        self.op = op
        self.bits = bits
        self.a = a
        self.b = b
        self.c = c
        self.d = d
    }
}

public struct ScenarioInfo: Sendable {
    public var name = ""
    public var summary = ""
    public var isWorkload = false
    public var expectation: Expectation?
    /// The parameters that the text declares, with the values that this program was compiled with.
    public var parameters: [(name: String, value: Int64, note: String)] = []
}

public struct StatementInfo: Sendable, Equatable {
    public var file: Int
    /// 1-based.
    public var line: Int
    public var function: Int
    /// It may find itself unable to go on (a lock, a sleep, a condition).
    public var mayBlock: Bool
    /// It offers a choice.
    public var hasChoice: Bool
    /// What it may wait for follows from the thread's own variables alone.
    public var hasFixedPlace: Bool
    /// The thread's slots that the statement computes in; they are 0 between steps where a step may block.
    public var scratch: Range<Int>
}

/// A statement that goes on in one of several ways: `if`, `while`, `for`, `choose`, `wait_event`.
public struct BranchInfo: Sendable, Equatable {
    /// One of the ways: it is gone when control passes from an instruction in `heads` right to `target`.
    public struct Way: Sendable, Equatable {
        /// As in "never true".
        public var name: String
        public var heads: Range<Int>
        public var target: Int
    }
    public var file: Int
    /// 1-based, as the column is.
    public var line: Int
    public var column: Int
    public var ways: [Way]
}

public struct FunctionInfo: Sendable {
    public var name: String
    /// What the kernel calls it, where that is something else and the text says so.
    public var kernelName: String?
    public var driver: String?
    /// The first instruction.
    public var entry: Int
    public var end: Int
    /// Where its frame lies in a thread's block, and how long it is. Slot 0 of a frame is the return address.
    public var frame: Range<Int>
    /// Parameters first.
    public var locals: [LocalInfo]
    public var parameterCount: Int
    /// The callback that it implements.
    public var callback: Int?
    public var file: Int
    public var line: Int

    /// "odp.invalidate".
    public var qualifiedName: String { driver.map { "\($0).\(name)" } ?? name }
}

public struct LocalInfo: Sendable {
    public var name: String
    /// Slot in a thread's block.
    public var slot: Int
    public var type: ValueType
    /// The instructions from which it has its value on: those behind its declaration, to the end of the block that it stands in.
    /// Elsewhere its slot is others'. Parameters have theirs always.
    public var scope: Range<Int>
}

/// The slots of a frame whose values are still needed, in a thread's block.
public struct FrameLayout: Sendable, Equatable {
    /// Numbers, and references: what is one can be told by its value.
    public var plain: [Int32] = []
    /// Sequence numbers, with their width; and what is known to be a number like any other, with ``plainNumber`` in its place.
    public var sequences: [(slot: Int32, bits: Int32)] = []

    /// In the place of a width.
    public static let plainNumber = -1

    public static func == (one: FrameLayout, other: FrameLayout) -> Bool {
        one.plain == other.plain && one.sequences.elementsEqual(other.sequences, by: ==)
    }
}

public struct GlobalInfo: Sendable {
    public var name: String
    public var slot: Int
    public var type: ValueType
}

/// A function that each driver gives for its own record.
public struct CallbackInfo: Sendable {
    public var name: String
    public var parameterCount: Int
    /// A driver may leave it out: then a call does nothing and gives 0, false or none.
    public var isOptional: Bool
    /// For each segment: the function, and how far the owner's header lies before the notifier's.
    public var implementations: [Int: (function: Int, ownerOffset: Int)]
}

public struct RecordInfo: Sendable {
    public var name: String
    public var driver: String?
    /// What its instances are called, with their number: "umem#1".
    public var label: String
    /// Slots of one instance, header and hidden slots included.
    public var size: Int
    /// Every place instances live in: its own pool, and inside of other records.
    public var segments: [Int]
    public var fields: [FieldInfo]
    /// Offset of the hidden slots for an interval set: its handle, 0 when it is in none, and the bounds that it was inserted
    /// with.
    public var nodeOffset: Int?
    /// Offset of the hidden slots next, previous and list; 0 when it is in none.
    public var linkOffset: Int?
}

public struct FieldInfo: Sendable {
    public var name: String
    public var offset: Int
    public var type: ValueType
    /// Entries, for a table; 1 otherwise.
    public var count: Int
}

/// A row of instances of one record, one every `stride` slots.
public struct SegmentInfo: Sendable {
    public var record: Int
    /// The segment that this one is inside of, and at which offset.
    public var parent: Int?
    public var offset: Int
    public var base: Int
    public var stride: Int
    public var count: Int
    /// Segments inside of this one, with their offset; nested ones included.
    public var inner: [(segment: Int, offset: Int)] = []
    /// Offsets of interval sets in an instance, and the number of the first instance's first set.
    public var sets: [Int] = []
    public var firstTree = 0
    /// The slot of a lower bound for the first free instance, for a pool of its own.
    public var hintSlot = 0
}

/// A table that a device translates through.
public struct DeviceTableInfo: Sendable {
    public var record: Int
    public var field: Int
    /// The table of write permissions.
    public var writable: Int?
    /// Field offsets that lead from the record to its mm, each but the last through a reference.
    public var mirrors: [Int]
}

public struct ThreadInfo: Sendable {
    public enum Role: Sendable, Equatable {
        case scenario, daemon, teardown, setup
        /// It has nothing to do until an operation is begun on it.
        case perturbation
    }
    public var name: String
    public var role: Role
    public var function: Int
    /// The value of the index for a thread of a row.
    public var index: Int64?
}

/// What `say` says.
public struct SentenceInfo: Sendable {
    public enum Part: Sendable {
        case text(String)
        case value(ValueType)
    }
    /// The event's kind, by name.
    public var kind: String
    public var parts: [Part]
}

public struct CheckInfo: Sendable {
    public var property: String
    /// What it means when it fails.
    public var sentence: Int
    public var file: Int
    public var line: Int
    /// It stands in the code, as a statement: no invariant, and no device's property.
    public var isStatement: Bool
}

public struct FaultInfo: Sendable {
    public var name: String
    public var note: String
    public var slot: Int
    /// Only a module that was added to the scenario's own knows of it.
    public var isAdded = false
}

public struct EnumerationInfo: Sendable {
    public var name: String
    public var cases: [String]
}

/// One entry of a pinned schedule.
public struct PinnedStep: Sendable, Equatable {
    public enum Extent: Sendable, Equatable {
        /// Until it can't go on.
        case toRest
        case steps(Int)
        /// Until it stands at the first statement of this function.
        case until(function: Int)
    }
    public var thread: Int
    public var extent: Extent
}

extension Program {
    /// The same program without some of its instructions.
    public func passingOver(_ passages: [Range<Int>]) -> Program {
        var result = self
        for passage in passages { result.instructions[passage.lowerBound] = Instruction(.jump, c: Int32(passage.upperBound)) }
        return result
    }

    /// Slots that an element of an interval set has for it: the handle, the first and the last that it was inserted with.
    public static let nodeSize = 3
}
