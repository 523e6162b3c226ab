/// A lock, a wait queue, a grace period or a completion that somebody holds or waits for.
public struct LockRow: Sendable, Equatable {
    public enum Kind: String, Sendable, Equatable {
        case spinlock, mutex, rwsem, waitQueue = "wait queue", gracePeriod = "grace period", completion, condition
    }

    /// "mm A.mmap_sem".
    public var name: String
    public var kind: Kind
    public var holders: [LockUser]
    /// In the order in which they came.
    public var waiters: [LockUser]
    /// It is part of a circle of threads that wait for each other.
    public var isInCycle: Bool

    public init(name: String, kind: Kind, holders: [LockUser], waiters: [LockUser], isInCycle: Bool = false) {
        self.name = name
        self.kind = kind
        self.holders = holders
        self.waiters = waiters
        self.isInCycle = isInCycle
    }
}

/// A thread that holds a lock or waits for one.
public struct LockUser: Sendable, Equatable {
    public var thread: ThreadID
    /// "T0 munmap".
    public var name: String
    /// "for reading", or where it waits; empty where there is nothing to add.
    public var manner: String
    /// Since when it waits; `nil` for a holder.
    public var sinceStep: Int?
    /// It was woken but has not run yet.
    public var isWoken: Bool

    public init(thread: ThreadID, name: String, manner: String = "", sinceStep: Int? = nil, isWoken: Bool = false) {
        self.thread = thread
        self.name = name
        self.manner = manner
        self.sinceStep = sinceStep
        self.isWoken = isWoken
    }
}

/// Threads of which each waits for something that the next one holds, and the last for the first.
public struct LockCycle: Sendable, Equatable {
    public var threads: [ThreadID]
    /// "T0 waits for umem.mutex, held by T1, which waits for mmap_sem, held by T0".
    public var sentence: String

    public init(threads: [ThreadID], sentence: String) {
        self.threads = threads
        self.sentence = sentence
    }
}
