import Language
import Machine

/// Makes readers and invalidations meet, knowing from what threads say, and from where they stand, what each is at.
///
/// Who may come to read goes first. A reader that has looked at the page tables stands still before it takes the lock under which it asks whether to retry, until
/// an invalidation has been through its notifier's callback. An invalidation that has been through one stands still before its
/// end, so that whoever begins to read collides.
struct CollisionSeeker: Sendable {
    /// One step in this many is anybody's, so that nobody is kept back for ever.
    static let noise = 64

    /// Threads between read_begin and read_retry, as bits.
    private var reading: UInt64 = 0
    /// How deep in calls each of them was when it began.
    private var depths: [UInt16]
    /// The notifier that each of them reads under, by its header; 0 for none.
    private var readers: [Int]
    /// Threads between the start that counted them in and the end, as bits.
    private var invalidating: UInt64 = 0
    /// The notifier that each of them called last, by its header; 0 for none.
    private var called: [Int]
    private let table: Table

    /// What a sentence says of who says it.
    private enum Turn: UInt8 { case nothing, beginsReading, endsReading, beginsInvalidating, calls, endsInvalidating }

    /// What is the same for every state of a program.
    private final class Table: Sendable {
        let turns: [Turn]
        let isBegin: [Bool]
        /// Threads that may come to read at all, as bits.
        let readers: UInt64
        /// By statement: whether it takes a lock.
        let locks: [Bool]
        /// Where a notifier has its mm and its number, an mm its subscriptions, and those theirs.
        let offsets: (mm: Int, seq: Int, subscriptions: Int, current: Int)?

        init(_ program: Program) {
            turns = program.sentences.map { sentence in
                switch sentence.kind {
                case "begin", "wake": .beginsReading
                case "retry", "success", "collide": .endsReading
                case "odd", "join", "partial": .beginsInvalidating
                case "callback": .calls
                case "end", "refuse": .endsInvalidating
                default: .nothing
                }
            }
            isBegin = program.sentences.map { $0.kind == "begin" }
            readers = Self.readers(program)
            var locks = [Bool](repeating: false, count: program.statements.count)
            var statement = 0
            for instruction in program.instructions {
                if instruction.op == .statement { statement = Int(instruction.a) }
                if instruction.op == .spinLock || instruction.op == .mutexLock { locks[statement] = true }
            }
            self.locks = locks
            let schema = Schema(program)
            if let interval = schema.interval, let mm = schema.mm?.subscriptions, let subs = schema.subscriptions {
                offsets = (interval.mm, interval.seq, mm, subs.seq)
            } else {
                offsets = nil
            }
        }

        /// Those that can come to a function that says that it begins to read.
        private static func readers(_ program: Program) -> UInt64 {
            var isReader = [Bool](repeating: false, count: program.functions.count)
            var callers = [[Int]](repeating: [], count: program.functions.count)
            for (number, function) in program.functions.enumerated() {
                for instruction in program.instructions[function.entry..<max(function.entry, function.end)] {
                    switch instruction.op {
                    case .say where program.sentences[Int(instruction.a)].kind == "begin": isReader[number] = true
                    case .call: callers[Int(instruction.a)].append(number)
                    default: break
                    }
                }
            }
            var pending = isReader.indices.filter { isReader[$0] }
            while let function = pending.popLast() {
                for caller in callers[function] where !isReader[caller] {
                    isReader[caller] = true
                    pending.append(caller)
                }
            }
            return program.threads.indices.reduce(0) { $0 | (isReader[program.threads[$1].function] ? 1 << UInt64($1) : 0) }
        }
    }

    init(_ program: Program, threads: Int) {
        table = Table(program)
        depths = [UInt16](repeating: 0, count: threads)
        called = [Int](repeating: 0, count: threads)
        readers = called
    }

    // MARK: What threads say

    /// Right behind a step.
    mutating func note(_ event: MachineEvent, _ machine: Machine) {
        guard case .sentence(let number) = event.kind else { return }
        let bit: UInt64 = 1 << UInt64(event.thread)
        switch table.turns[number] {
        case .nothing: break
        case .beginsReading:
            reading |= bit
            // Who was woken says only that it goes on: it is the notifier that it collided on.
            if table.isBegin[number] { readers[event.thread] = event.firstReference?.address ?? 0 }
            let stack = machine.callStack(of: event.thread)
            // It stands in read_begin still, or is back where that was called.
            let isInside = stack.first?.function == machine.program.statements[event.statement].function
            depths[event.thread] = UInt16(clamping: stack.count - (isInside ? 1 : 0))
        case .endsReading:
            reading &= ~bit
            readers[event.thread] = event.firstReference?.address ?? 0
        case .beginsInvalidating: invalidating |= bit
        case .calls: called[event.thread] = event.firstReference?.address ?? 0
        case .endsInvalidating:
            invalidating &= ~bit
            called[event.thread] = 0
        }
    }

    mutating func forget() {
        (reading, invalidating) = (0, 0)
        for thread in called.indices { called[thread] = 0 }
    }

    mutating func forget(_ thread: Int) {
        reading &= ~(1 << UInt64(thread))
        invalidating &= ~(1 << UInt64(thread))
        called[thread] = 0
    }

    // MARK: Who goes

    /// The threads that may step in groups, as bits: the first goes first.
    func groups(of threads: UInt64, _ machine: Machine) -> [UInt64] {
        let parked = reading & parked(machine)
        let invalidating = threads & invalidating
        let neutral = threads & ~reading & ~invalidating
        let isMet = called.contains { isColliding($0, machine) }
        guard isMet else {
            // A reader comes as far as it can before anybody invalidates, or else it finds nothing to map.
            let readers = neutral & table.readers
            return [
                threads & reading & ~parked & ~invalidating, readers, neutral & ~readers, invalidating,
                threads & parked & ~invalidating,
            ]
        }
        var stale: UInt64 = 0
        for thread in readers.indices where parked & (1 << UInt64(thread)) != 0 && isColliding(readers[thread], machine) {
            stale |= 1 << UInt64(thread)
        }
        let others = threads & ~invalidating & ~(parked & ~stale)
        return [others, invalidating, threads & ~invalidating & ~others]
    }

    /// Whether a notifier has its mm's number, set by a callback: its readers have to retry, or to wait.
    private func isColliding(_ address: Int, _ machine: Machine) -> Bool {
        guard address > 0, let offsets = table.offsets else { return false }
        let mm = machine.reference(at: address + offsets.mm)
        guard machine.isLive(mm) else { return false }
        let subscriptions = machine.reference(at: mm.address + offsets.subscriptions)
        return machine.isLive(subscriptions)
            && machine.slot(address + offsets.seq) == machine.slot(subscriptions.address + offsets.current)
    }

    /// Readers that are about to take a lock, back where they began.
    private func parked(_ machine: Machine) -> UInt64 {
        var result: UInt64 = 0
        var left = reading
        while left != 0 {
            let thread = left.trailingZeroBitCount
            left &= left &- 1
            guard let statement = machine.statement(of: thread), table.locks[statement],
                machine.callStack(of: thread).count <= Int(depths[thread])
            else { continue }
            result |= 1 << UInt64(thread)
        }
        return result
    }
}
