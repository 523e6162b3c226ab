import Language
import Machine

/// Makes readers and invalidations meet, knowing from what threads say, and from where they stand, what each is at.
///
/// A reader that has looked at the page tables stands still before it takes the lock under which it asks whether to retry, until
/// an invalidation has been through its notifier's callback. An invalidation that has been through one stands still before its
/// end, so that whoever begins to read collides.
struct CollisionSeeker: Sendable {
    /// One step in this many is anybody's, so that nobody is kept back for ever.
    static let noise = 8

    /// Threads between read_begin and read_retry, as bits.
    private var reading: UInt64 = 0
    /// How deep in calls each of them was when it began.
    private var depths: [UInt16]
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
    }

    init(_ program: Program, threads: Int) {
        table = Table(program)
        depths = [UInt16](repeating: 0, count: threads)
        called = [Int](repeating: 0, count: threads)
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
            let stack = machine.callStack(of: event.thread)
            // It stands in read_begin still, or is back where that was called.
            let isInside = stack.first?.function == machine.program.statements[event.statement].function
            depths[event.thread] = UInt16(clamping: stack.count - (isInside ? 1 : 0))
        case .endsReading: reading &= ~bit
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
    func groups(of threads: UInt64, _ machine: Machine) -> (UInt64, UInt64, UInt64) {
        if isColliding(machine) { return (threads & ~invalidating, threads & invalidating, 0) }
        let parked = reading & parked(machine)
        return (threads & ~parked & ~invalidating, threads & invalidating, threads & parked & ~invalidating)
    }

    /// A notifier whose callback was called has its mm's number: its readers have to retry, or to wait.
    private func isColliding(_ machine: Machine) -> Bool {
        guard invalidating != 0, let offsets = table.offsets else { return false }
        return called.contains { address in
            guard address > 0 else { return false }
            let mm = machine.reference(at: address + offsets.mm)
            guard machine.isLive(mm) else { return false }
            let subscriptions = machine.reference(at: mm.address + offsets.subscriptions)
            return machine.isLive(subscriptions)
                && machine.slot(address + offsets.seq) == machine.slot(subscriptions.address + offsets.current)
        }
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
