/// What a step does to what others can see, told while it is done. Which one is used is known when the interpreter is
/// compiled: without a trace nothing is told and nothing costs.
protocol AccessTrace {
    func note(_ kind: AccessRecorder.Kind, _ slot: Int)
}

/// Nobody wants to know.
struct NoTrace: AccessTrace {
    @inline(__always) func note(_ kind: AccessRecorder.Kind, _ slot: Int) {}
}

/// Keeps what a step did to what other threads can see: slots of globals and records, never of the thread itself.
///
/// A class, so that the interpreter can tell it while it runs; not shared between tasks.
public final class AccessRecorder: AccessTrace {
    public enum Kind: UInt8, Sendable {
        /// A slot; a record's header when only whether the record is alive makes a difference.
        case read, write
        /// A lock was taken for the thread alone, or with other readers.
        case acquire, acquireShared
        case release
        /// A lock was looked at or tried: whether somebody else holds it makes a difference.
        case observe
        /// A reference was stored where others may find it: the slot is the record's header.
        case publish
        /// A record was made or freed: the slot is its header.
        case make, free
        /// All live records of a kind were looked at: the slot is the record's number. Or all threads were, for whether they
        /// have ended.
        case quantify
        /// Waiting, waking and what else takes part in it.
        case signal
        /// The thread has ended: the slot means nothing.
        case end
    }

    public struct Access: Sendable {
        public var kind: Kind
        public var slot: Int
    }

    public private(set) var accesses: [Access] = []

    public init() {}

    public func removeAll() { accesses.removeAll(keepingCapacity: true) }

    func note(_ kind: Kind, _ slot: Int) { accesses.append(Access(kind: kind, slot: slot)) }
}
