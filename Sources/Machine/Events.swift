import Language

/// Something that a user would want to see said, as the machine notes it: the sentence is made when it is shown.
public struct MachineEvent: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// A sentence of the program's, by number.
        case sentence(Int)
        /// The thread wakes another.
        case wakes(thread: Int)
        case finishes
    }

    public var kind: Kind
    public var thread: Int
    /// The statement that said it.
    public var statement: Int
    /// The first `count` are the sentence's values.
    var values: SIMD8<Int64>
    var count: Int
}

/// Where a step puts what it has to say. Switched off, nothing is kept.
public struct EventLog: Sendable {
    public var isOn: Bool
    public private(set) var events: [MachineEvent] = []

    public init(isOn: Bool = true) { self.isOn = isOn }

    /// Slots that a sentence computes in, as they were, and the first of them.
    private var kept: [Int64] = []
    private var keptFirst = 0

    mutating func keep(_ first: Int, _ values: UnsafeBufferPointer<Int64>) {
        keptFirst = first
        kept.removeAll(keepingCapacity: true)
        kept.append(contentsOf: values)
    }

    func putBack(_ slots: UnsafeMutablePointer<Int64>) {
        for (offset, value) in kept.enumerated() { slots[keptFirst + offset] = value }
    }

    mutating func append(_ event: MachineEvent) { events.append(event) }

    public mutating func removeAll() { events.removeAll(keepingCapacity: true) }
}

/// A property that failed.
public struct MachineFinding: Sendable, Equatable {
    /// The property's name, as kernel-semantics lists it: "no-stale-spte".
    public var property: String
    /// What happened, as a sentence.
    public var sentence: String
    public var thread: Int
    /// Where: the statement that was being carried out.
    public var statement: Int
    /// Where the check stands that failed, if it is one that the code has at a place of its own.
    public var check: Place?

    /// A line of one of the program's texts.
    public struct Place: Sendable, Equatable {
        public var file: Int
        /// 1-based.
        public var line: Int

        public init(file: Int, line: Int) {
            self.file = file
            self.line = line
        }
    }

    /// The line to show: of the check, or of the statement; nil where there is none.
    public func place(in program: Program) -> Place? {
        if let check { return check }
        guard program.statements.indices.contains(statement) else { return nil }
        return Place(file: program.statements[statement].file, line: program.statements[statement].line)
    }

    public init(property: String, sentence: String, thread: Int, statement: Int) {
        self.property = property
        self.sentence = sentence
        self.thread = thread
        self.statement = statement
    }
}

/// What became of a step.
public enum StepOutcome: Sendable, Equatable {
    case stepped
    /// It can't go on now; the state is unchanged.
    case blocked
    /// It had finished before.
    case finished
    case finding(MachineFinding)
}

/// What a thread could do now.
public enum Standing: Sendable, Equatable {
    /// It can step, in this many ways (more than one at a `choose`).
    case ready(choices: Int)
    case blocked(Blockage)
    case finished
}

/// What a thread waits for, as a step finds it: cheap to make, for it is made often.
struct Wait {
    var cause: Blockage.Cause
    /// The slot of the lock or queue; 0 where there is none.
    var slot: Int
}

/// What keeps a thread from going on.
public struct Blockage: Sendable, Equatable {
    public enum Cause: Sendable, Equatable {
        case spinlock, mutex, semaphoreRead, semaphoreWrite
        /// Asleep on a wait queue until woken.
        case sleep
        case completion, gracePeriod
        /// A condition of the scenario.
        case condition
        /// Other threads have to finish first.
        case teardown
    }

    public var cause: Cause
    /// The slot of the lock or queue, where there is one.
    public var slot: Int?
    /// The threads that hold the lock.
    public var holders: [Int]
}

extension MachineEvent {
    /// The first of the sentence's values, taken as a reference; nil when there is none.
    public var firstReference: Reference? { count > 0 ? Reference(bits: values[0]) : nil }

    /// A value of the sentence, as the state holds it; nil when it has fewer.
    public func value(_ index: Int) -> Int64? { index >= 0 && index < min(count, 8) ? values[index] : nil }
}

/// One step of a schedule: which thread takes it, and which way it goes at a `choose`.
public struct ScheduledStep: Sendable, Hashable {
    /// The thread's number, 0 ..< ``Machine/threadCount``.
    public var thread: Int
    /// 0 ..< the number of ways that ``Standing/ready(choices:)`` tells; 0 where there is no choice.
    public var choice: Int

    public init(thread: Int, choice: Int = 0) {
        self.thread = thread
        self.choice = choice
    }
}
