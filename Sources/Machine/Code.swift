import Language

/// A program as the interpreter reads it: the same for every machine that runs it, and never changed.
///
/// A class so that a step costs no counting of the program's many arrays; it is no part of a ``State``.
final class Code: Sendable {
    let program: Program
    /// Copies of the program's instructions and constants, owned from init to deinit.
    nonisolated(unsafe) let instructions: UnsafePointer<Instruction>
    /// One past the last of the constants, which lie in reverse: operand -1 is the first, right before it.
    nonisolated(unsafe) let constants: UnsafeMutablePointer<Int64>
    private let constantCount: Int
    nonisolated(unsafe) let statements: UnsafePointer<Statement>
    let threadBase: Int
    let threadStride: Int
    /// Threads that a schedule chooses among: all but the setup, which is the last.
    let threadCount: Int

    /// Rows of instances, those of one record after another; `rows(of:)` tells where.
    nonisolated(unsafe) let rows: UnsafePointer<Row>
    nonisolated(unsafe) private let rowStarts: UnsafePointer<Int32>
    /// For each segment: where its records keep their hidden slots, or 0.
    nonisolated(unsafe) let nodeOffsets: UnsafePointer<Int32>
    nonisolated(unsafe) let linkOffsets: UnsafePointer<Int32>
    /// For each record: the pool that fresh ones come from.
    nonisolated(unsafe) let pools: UnsafePointer<Pool>
    nonisolated(unsafe) private let poolOffsets: UnsafePointer<Int32>
    /// For each callback and segment: what implements it.
    nonisolated(unsafe) private let targets: UnsafePointer<Target>
    private let segmentCount: Int

    /// A segment, as far as a walk over it needs.
    struct Row {
        var base: Int32
        var stride: Int32
        var count: Int32
    }

    /// Where fresh records come from; `count` is 0 for a record that has no pool of its own.
    struct Pool {
        var row: Row
        var segment: Int32
        var hintSlot: Int32
        /// Into the offsets to clear, and into the headers inside (offset and segment in turn).
        var clearStart: Int32
        var clearEnd: Int32
        var innerStart: Int32
        var innerEnd: Int32
        /// Where slots lie that are not 0 while somebody holds a lock in it, or is in a reader's section.
        var lockStart: Int32 = 0
        var lockEnd: Int32 = 0
        /// What else must be empty: lists, then interval sets.
        var listEnd: Int32 = 0
        var setEnd: Int32 = 0
    }

    /// The implementation of a callback; `entry` is -1 where there is none.
    struct Target {
        var entry: Int32
        var ownerOffset: Int32
        /// How many arguments to forget where it may be left out, -1 where it may not.
        var forgotten: Int32
    }

    /// By statement: its step may change something before it chooses, or choose more than once.
    let choosesLate: [Bool]

    /// Where the blocks of the threads begin that have to finish before the teardown.
    nonisolated(unsafe) private let awaitedBlocks: UnsafePointer<Int32>
    private let awaitedCount: Int
    var awaited: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: awaitedBlocks, count: awaitedCount) }
    /// Of these, the scenario's own, which come first.
    var scenarioBlocks: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: awaitedBlocks, count: scenarioCount) }
    private let scenarioCount: Int

    /// The threads for operations, which lie together.
    let perturbationThreads: Range<Int>
    /// Whether threads begin in a function: then nobody calls it.
    func isOutermost(_ function: Int) -> Bool { outermost[function] }
    private let outermost: [Bool]

    /// What a step has to know of its statement.
    struct Statement {
        var mayBlock: Bool
        /// ``StatementInfo/scratch``.
        var scratchStart: Int32
        var scratchEnd: Int32
        /// What it may wait for is known without looking at anything shared: once it waits it waits for that.
        var hasFixedPlace: Bool
    }

    init(_ program: Program) {
        self.program = program
        threadBase = program.threadBase
        threadStride = program.threadStride
        threadCount = program.threads.count - 1
        instructions = plainMemory(program.instructions)
        constantCount = program.constants.count
        constants = UnsafeMutablePointer(mutating: plainMemory(program.constants.reversed())) + constantCount
        statements = plainMemory(
            program.statements.map {
                Statement(
                    mayBlock: $0.mayBlock, scratchStart: Int32($0.scratch.lowerBound),
                    scratchEnd: Int32($0.scratch.upperBound), hasFixedPlace: $0.hasFixedPlace)
            })
        choosesLate = program.statementsThatChooseLate
        segmentCount = program.segments.count
        (rows, rowStarts) = Self.rows(program)
        nodeOffsets = plainMemory(program.segments.map { Int32(program.records[$0.record].nodeOffset ?? 0) })
        linkOffsets = plainMemory(program.segments.map { Int32(program.records[$0.record].linkOffset ?? 0) })
        (pools, poolOffsets) = Self.pools(program)
        targets = Self.targets(program)
        let awaited = program.threads.indices.filter { [.scenario, .perturbation].contains(program.threads[$0].role) }
        awaitedCount = awaited.count
        scenarioCount = awaited.count { program.threads[$0].role == .scenario }
        outermost = program.outermostFunctions
        let first = program.threads.firstIndex { $0.role == .perturbation } ?? 0
        perturbationThreads = first..<(first + program.threads.count { $0.role == .perturbation })
        awaitedBlocks = plainMemory(awaited.map { Int32(program.threadBase + $0 * program.threadStride) })
    }

    /// The segments of a record.
    @inline(__always) func rows(of record: Int) -> Range<Int> {
        Int(rowStarts[record])..<Int(rowStarts[record + 1])
    }

    @inline(__always) func target(callback: Int, segment: Int) -> Target {
        targets[callback * segmentCount + segment]
    }

    /// The offsets of a pool's instance that are zero in a fresh one.
    func clearOffsets(_ pool: Pool) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: poolOffsets + Int(pool.clearStart), count: Int(pool.clearEnd - pool.clearStart))
    }

    /// The headers inside of a pool's instance: offset, segment, offset, segment…
    func innerHeaders(_ pool: Pool) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: poolOffsets + Int(pool.innerStart), count: Int(pool.innerEnd - pool.innerStart))
    }

    /// Where a pool's instance has lists, and where it has interval sets.
    func listOffsets(_ pool: Pool) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: poolOffsets + Int(pool.lockEnd), count: Int(pool.listEnd - pool.lockEnd))
    }

    func setOffsets(_ pool: Pool) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: poolOffsets + Int(pool.listEnd), count: Int(pool.setEnd - pool.listEnd))
    }

    /// The offsets of a pool's instance where a lock that is held shows.
    func lockOffsets(_ pool: Pool) -> UnsafeBufferPointer<Int32> {
        UnsafeBufferPointer(start: poolOffsets + Int(pool.lockStart), count: Int(pool.lockEnd - pool.lockStart))
    }

    // MARK: Tables

    private static func row(_ segment: SegmentInfo) -> Row {
        Row(base: Int32(segment.base), stride: Int32(segment.stride), count: Int32(segment.count))
    }

    private static func rows(_ program: Program) -> (UnsafePointer<Row>, UnsafePointer<Int32>) {
        var rows: [Row] = []
        var starts: [Int32] = [0]
        for record in program.records {
            rows += record.segments.map { row(program.segments[$0]) }
            starts.append(Int32(rows.count))
        }
        return (plainMemory(rows), plainMemory(starts))
    }

    private static func pools(_ program: Program) -> (UnsafePointer<Pool>, UnsafePointer<Int32>) {
        var offsets: [Int32] = []
        let pools = program.records.map { record -> Pool in
            guard let number = record.segments.first(where: { program.segments[$0].parent == nil }) else {
                return Pool(
                    row: Row(base: 0, stride: 0, count: 0), segment: 0, hintSlot: 0, clearStart: 0, clearEnd: 0,
                    innerStart: 0, innerEnd: 0)
            }
            let segment = program.segments[number]
            // Interval sets keep their number, and the headers inside are set, not cleared.
            let keep = Set(
                segment.sets
                    + segment.inner.flatMap { inner in
                        [inner.offset] + program.segments[inner.segment].sets.map { inner.offset + $0 }
                    })
            let clearStart = Int32(offsets.count)
            offsets += (1..<record.size).filter { !keep.contains($0) }.map(Int32.init)
            let innerStart = Int32(offsets.count)
            for (inner, offset) in segment.inner { offsets += [Int32(offset), Int32(inner)] }
            let lockStart = Int32(offsets.count)
            offsets += lockOffsets(program, segment)
            let lockEnd = Int32(offsets.count)
            offsets += holderOffsets(program, segment) { if case .list = $0 { true } else { false } }
            let listEnd = Int32(offsets.count)
            offsets += holderOffsets(program, segment) { if case .intervalSet = $0 { true } else { false } }
            return Pool(
                row: row(segment), segment: Int32(number), hintSlot: Int32(segment.hintSlot),
                clearStart: clearStart, clearEnd: innerStart, innerStart: innerStart,
                innerEnd: lockStart, lockStart: lockStart, lockEnd: lockEnd, listEnd: listEnd, setEnd: Int32(offsets.count))
        }
        return (plainMemory(pools), plainMemory(offsets))
    }

    private static func holderOffsets(
        _ program: Program, _ segment: SegmentInfo, _ isWanted: (ValueType) -> Bool
    ) -> [Int32] {
        let parts: [(record: Int, offset: Int)] =
            [(segment.record, 0)] + segment.inner.map { (program.segments[$0.segment].record, $0.offset) }
        return parts.flatMap { part in
            program.records[part.record].fields.filter { isWanted($0.type) }.map { Int32(part.offset + $0.offset) }
        }
    }

    private static func lockOffsets(_ program: Program, _ segment: SegmentInfo) -> [Int32] {
        let parts: [(record: Int, offset: Int)] =
            [(segment.record, 0)] + segment.inner.map { (program.segments[$0.segment].record, $0.offset) }
        return parts.flatMap { part in
            program.records[part.record].fields.flatMap { field -> [Int32] in
                let place = Int32(part.offset + field.offset)
                return switch field.type {
                case .spinlock, .mutex, .pageLock: [place]
                case .semaphore: [place, place + 1]
                case .srcu: [place + 1, place + 2]
                default: []
                }
            }
        }
    }

    private static func targets(_ program: Program) -> UnsafePointer<Target> {
        plainMemory(
            program.callbacks.flatMap { callback in
                let forgotten = callback.isOptional ? Int32(callback.parameterCount) : -1
                return program.segments.indices.map { segment in
                    guard let target = callback.implementations[segment] else {
                        return Target(entry: -1, ownerOffset: 0, forgotten: forgotten)
                    }
                    return Target(
                        entry: Int32(program.functions[target.function].entry),
                        ownerOffset: Int32(target.ownerOffset), forgotten: forgotten)
                }
            })
    }

    deinit {
        instructions.deallocate()
        (constants - constantCount).deallocate()
        statements.deallocate()
        rows.deallocate()
        rowStarts.deallocate()
        nodeOffsets.deallocate()
        linkOffsets.deallocate()
        pools.deallocate()
        poolOffsets.deallocate()
        targets.deallocate()
        awaitedBlocks.deallocate()
    }
}

extension Program {
    /// For each statement, whether its step can't be told the number of its ways by looking as far as the first choice.
    fileprivate var statementsThatChooseLate: [Bool] {
        var result = [Bool](repeating: false, count: statements.count)
        var (current, start, hasChosen, mayChange): (Int?, Int, Bool, Bool) = (nil, 0, false, false)
        for (pc, instruction) in instructions.enumerated() {
            switch instruction.op {
            case .statement: (current, start, hasChosen, mayChange) = (Int(instruction.a), pc, false, false)
            case .choose:
                if let current, hasChosen || mayChange { result[current] = true }
                hasChosen = true
            // It goes round, and may choose each time.
            case .jump, .jumpIfFalse, .jumpIfTrue, .jumpIfEqual, .jumpIfNotEqual, .jumpIfLess, .jumpIfLessOrEqual:
                let target = Int(instruction.c)
                guard let current, hasChosen, target > start, target <= pc else { continue }
                result[current] = result[current] || instructions[target...pc].contains { $0.op == .choose }
            case let op where op.isShared && !op.isProbed: mayChange = true
            default: break
            }
        }
        return result
    }

    /// For each function, whether threads begin in it.
    var outermostFunctions: [Bool] {
        var result = [Bool](repeating: false, count: functions.count)
        for thread in threads { result[thread.function] = true }
        for operation in operations { result[operation.function] = true }
        return result
    }
}

/// A copy of the elements as plain memory; whoever asks for it gives it back.
func plainMemory<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    memory.initialize(from: elements, count: elements.count)
    return UnsafePointer(memory)
}
