import Language

/// What each slot of a program's states is: which field of which kind of record, and which lock could protect it. The same
/// for every state.
public struct LocationMap: Sendable {
    /// A place where a lock can be.
    public struct Lock: Sendable {
        /// The slot that holds its holder's number + 1; an rwsem's readers are a mask in the next.
        public var slot: Int
        public var isSemaphore: Bool
        /// Which of the program's locks, counted by field.
        public var number: Int
    }

    /// Fields and globals have keys, 0 ..< `keyCount`; the entries of a table share one.
    public let keyCount: Int
    public let locks: [Lock]
    /// By slot: which of ``locks`` lies there; -1 for none.
    private let lockAt: [Int32]
    private let keys: [Int32]
    private let layout: NormalFormLayout
    private let keysOfPool: [Set<Int>]
    /// Pools whose live records are looked at as a whole.
    private let quantified: Set<Int>
    /// Pools of records with a number that others are relative to.
    private let references: Set<Int>
    /// Whether a program asks if its threads have ended.
    public let isEndAskedFor: Bool
    /// A mark for each record of the program.
    public let allInstances: [Bool]

    public init(_ program: Program) {
        let layout = NormalFormLayout(program)
        var keys = [Int32](repeating: -1, count: program.slotCount)
        var keyCount = 0
        for global in program.globals {
            keys[global.slot] = Int32(keyCount)
            keyCount += 1
        }
        var keysOfPool: [Set<Int>] = Array(repeating: [], count: layout.pools.count)
        var locks: [Lock] = []
        var lockCount = 0
        for segment in program.segments {
            let info = program.records[segment.record]
            // The header is read by who only asks whether the record is still there.
            let hidden = [(0, 1), (info.nodeOffset, Program.nodeSize), (info.linkOffset, 3)]
                .compactMap { offset, size in offset.map { (offset: $0, size: size) } }
            let ends = info.fields.dropFirst().map(\.offset) + [info.size]
            let fields = zip(info.fields, ends).map { (offset: $0.offset, size: $1 - $0.offset) }
            for field in hidden + fields {
                for instance in 0..<segment.count {
                    let start = segment.base + instance * segment.stride + field.offset
                    for slot in start..<(start + field.size) { keys[slot] = Int32(keyCount) }
                    if let pool = layout.pool(of: start) { keysOfPool[pool].insert(keyCount) }
                }
                keyCount += 1
            }
            for field in info.fields {
                guard let isSemaphore = field.type.isSemaphoreLock else { continue }
                locks += (0..<segment.count).map {
                    Lock(slot: segment.base + $0 * segment.stride + field.offset, isSemaphore: isSemaphore, number: lockCount)
                }
                lockCount += 1
            }
        }
        self.keys = keys
        self.keyCount = keyCount
        self.locks = locks
        var lockAt = [Int32](repeating: -1, count: program.slotCount)
        for (index, lock) in locks.enumerated() { lockAt[lock.slot] = Int32(index) }
        self.lockAt = lockAt
        self.layout = layout
        self.keysOfPool = keysOfPool
        quantified = Self.quantified(program, layout)
        references = Set(layout.epochHeaders.compactMap(layout.pool(of:)))
        isEndAskedFor = program.instructions.contains { $0.op == .scenarioOver }
        allInstances = Array(repeating: true, count: layout.instanceCount)
    }

    private static func quantified(_ program: Program, _ layout: NormalFormLayout) -> Set<Int> {
        let records = Set(program.instructions.filter { $0.op == .nextLive }.map { Int($0.c) })
        return Set(
            program.segments.indices.filter { records.contains(program.segments[$0].record) }
                .compactMap { layout.pool(of: program.segments[$0].base) })
    }

    /// The key of a slot; nil for a thread's own.
    public func key(of slot: Int) -> Int? { keys[slot] < 0 ? nil : Int(keys[slot]) }

    /// The lock that lies at a slot.
    public func lock(at slot: Int) -> Lock? { lockAt[slot] < 0 ? nil : locks[Int(lockAt[slot])] }

    /// Every key of the records of this slot's pool.
    public func keys(aroundHeader slot: Int) -> Set<Int> { layout.pool(of: slot).map { keysOfPool[$0] } ?? [] }

    /// The number of the record that a slot lies in, counted over all pools: an index into what
    /// ``NormalForm/decode(_:into:marks:)`` tells; nil for globals and threads.
    public func instance(of slot: Int) -> Int? {
        layout.instanceOf.indices.contains(slot) && layout.instanceOf[slot] >= 0 ? Int(layout.instanceOf[slot]) : nil
    }

    /// For each record, who refers to it: the threads as bits 0 ... 61, and globals and records as bit 63.
    package func referrers(in state: State) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: layout.instanceCount)
        // The setup, whose block is the last, is over.
        for (slot, value) in state.slots.prefix(layout.wordCount).enumerated() where value >> 32 > Reference.firstGeneration {
            guard let instance = instance(of: Int(value & 0xFFFF_FFFF)), layout.kinds.indices.contains(slot), layout.kinds[slot] != .header
            else { continue }
            let isThread = slot >= layout.threadBase
            result[instance] |= isThread ? 1 << UInt64((slot - layout.threadBase) / max(1, layout.threadStride)) : 1 << 63
        }
        // An element of an interval set is referred to by the set.
        for tree in state.trees {
            var handle = tree.firstOverlap(first: 0, last: .max)
            while let element = handle {
                if let instance = instance(of: Int(tree.tag(of: element))) { result[instance] |= 1 << 63 }
                handle = tree.nextOverlap(after: element, first: 0, last: .max)
            }
        }
        return result
    }

    /// Whether there can be only one record of this slot's pool.
    public func isAlone(_ slot: Int) -> Bool { layout.pool(of: slot).map { layout.pools[$0].count == 1 } ?? false }

    /// Whether records of this slot's pool have a number that others are relative to.
    public func isReference(_ slot: Int) -> Bool { layout.pool(of: slot).map(references.contains) ?? false }

    public var hasReferences: Bool { !references.isEmpty }

    /// Whether somebody looks at all live records of this slot's pool.
    public func isQuantified(_ slot: Int) -> Bool { layout.pool(of: slot).map { quantified.contains($0) } ?? false }
}

extension NormalFormLayout {
    func pool(of slot: Int) -> Int? { poolOf[slot] < 0 ? nil : Int(poolOf[slot]) }
}

extension ValueType {
    /// Whether it is an rwsem or another lock; nil when it is none.
    fileprivate var isSemaphoreLock: Bool? {
        switch self {
        case .spinlock, .mutex, .pageLock: false
        case .semaphore: true
        default: nil
        }
    }
}
