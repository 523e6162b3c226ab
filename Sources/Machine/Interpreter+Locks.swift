import Language

/// A spinlock or mutex is one slot: its holder's number + 1. An rwsem is three: the writer + 1, the readers as a
/// mask, the writers that queue as a mask.
extension Interpreter {
    private var me: Int64 { Int64(thread + 1) }
    private var myBit: Int64 { 1 << Int64(thread) }

    func lock(_ instruction: Instruction) throws(Fault) -> Outcome? {
        let slot = try record(instruction.b) &+ Int(instruction.c)
        switch instruction.op {
        case .spinLock, .mutexLock: return try take(slot, instruction)
        case .tryLock:
            let isFree = slots[slot] == 0
            trace.note(.observe, slot)
            if isFree {
                trace.note(.acquire, slot)
                slots[slot] = me
                try count(instruction.d)
            }
            set(instruction.a, isFree ? 1 : 0)
        case .unlock: try release(slot, instruction.d)
        default: return try semaphore(instruction, slot)
        }
        return nil
    }

    private func take(_ slot: Int, _ instruction: Instruction) throws(Fault) -> Outcome? {
        let isSpinlock = instruction.op == .spinLock
        if slots[slot] == me { throw refusal(.doubleLock(slot), at: slot) }
        if !isSpinlock { try refuseAtomicSleep() }
        guard slots[slot] == 0 else {
            return blocked(isSpinlock ? .spinlock : .mutex, slot: slot)
        }
        if isProbe { return .ready(choices: 1) }
        trace.note(.acquire, slot)
        slots[slot] = me
        try count(instruction.d)
        return nil
    }

    private func release(_ slot: Int, _ kind: Int32) throws(Fault) {
        if kind == LockKind.page.rawValue {
            guard slots[slot] != 0 else {
                // Whether it is locked made the difference.
                trace.note(.observe, slot)
                throw fault(.unlockOfFree(slot))
            }
            // Of another's: that moves past nobody.
            if slots[slot] != me { trace.note(.signal, slot) }
        } else {
            guard slots[slot] == me else { throw refusal(.unlockByStranger(slot), at: slot) }
        }
        trace.note(.release, slot)
        slots[slot] = 0
        switch kind {
        case LockKind.spinlock.rawValue: hold(-Holding.spinlock)
        case LockKind.page.rawValue: break
        default: hold(-Holding.other)
        }
    }

    /// Counts a lock that was taken; a page's is nobody's.
    private func count(_ kind: Int32) throws(Fault) {
        switch kind {
        case LockKind.spinlock.rawValue:
            if Holding.spinlocks(frame[Program.ThreadSlot.holding]) == Holding.most { throw fault(.tooManyHeld) }
            hold(Holding.spinlock)
        case LockKind.page.rawValue: break
        default: hold(Holding.other)
        }
    }

    /// A lock that is used as it must not be: that it is there at all made the difference, too.
    private func refusal(_ cause: Fault.Cause, at slot: Int) -> Fault {
        trace.note(.read, slot)
        return fault(cause)
    }

    /// Counts what the thread holds.
    @inline(__always) func hold(_ change: Int64) { frame[Program.ThreadSlot.holding] += change }

    /// Whoever holds a spinlock must not sleep.
    func refuseAtomicSleep() throws(Fault) {
        if Holding.spinlocks(frame[Program.ThreadSlot.holding]) > 0 { throw fault(.sleepInSpinlock) }
    }

    private func semaphore(_ instruction: Instruction, _ slot: Int) throws(Fault) -> Outcome? {
        let (writer, readers, queued) = (slot, slot + 1, slot + 2)
        switch instruction.op {
        case .downRead:
            try refuseAtomicSleep()
            if slots[readers] & myBit != 0 || slots[writer] == me { throw refusal(.doubleLock(slot), at: slot) }
            // A writer that queues blocks new readers.
            guard slots[writer] == 0, slots[queued] == 0 else {
                return blocked(.semaphoreRead, slot: slot)
            }
            if isProbe { return .ready(choices: 1) }
            trace.note(.signal, slot)
            trace.note(.acquireShared, slot)
            slots[readers] |= myBit
            hold(Holding.other)
        case .downReadTry:
            let isFree = slots[writer] == 0 && slots[queued] == 0 && slots[readers] & myBit == 0
            trace.note(.observe, slot)
            if isFree { trace.note(.acquireShared, slot) }
            if isFree {
                slots[readers] |= myBit
                hold(Holding.other)
            }
            set(instruction.a, isFree ? 1 : 0)
        case .upRead:
            guard slots[readers] & myBit != 0 else { throw refusal(.unlockByStranger(slot), at: slot) }
            trace.note(.release, slot)
            slots[readers] &= ~myBit
            hold(-Holding.other)
        case .downWriteQueue:
            try refuseAtomicSleep()
            if slots[readers] & myBit != 0 || slots[writer] == me { throw refusal(.doubleLock(slot), at: slot) }
            trace.note(.signal, slot)
            slots[queued] |= myBit
        case .downWrite:
            guard slots[writer] == 0, slots[readers] == 0 else {
                return blocked(.semaphoreWrite, slot: slot)
            }
            if isProbe { return .ready(choices: 1) }
            trace.note(.acquire, slot)
            slots[queued] &= ~myBit
            slots[writer] = me
            hold(Holding.other)
        case .downWriteTry:
            let isFree = slots[writer] == 0 && slots[readers] == 0
            trace.note(.observe, slot)
            if isFree { trace.note(.acquire, slot) }
            if isFree {
                slots[writer] = me
                hold(Holding.other)
            }
            set(instruction.a, isFree ? 1 : 0)
        default:
            guard slots[writer] == me else { throw refusal(.unlockByStranger(slot), at: slot) }
            trace.note(.release, slot)
            slots[writer] = 0
            if instruction.op == .upWrite {
                hold(-Holding.other)
            } else {
                trace.note(.signal, slot)
                trace.note(.acquireShared, slot)
                slots[readers] |= myBit
            }
        }
        return nil
    }

    func held(_ instruction: Instruction) throws(Fault) {
        let slot = try record(instruction.b) &+ Int(instruction.c)
        let isSemaphore = instruction.d == LockKind.semaphore.rawValue
        // Nobody else can change that it holds it, but for a page's.
        if slots[slot] != me || instruction.d == LockKind.page.rawValue { trace.note(.observe, slot) }
        let isHeld = slots[slot] != 0 || isSemaphore && slots[slot + 1] != 0
        set(instruction.a, isHeld ? 1 : 0)
    }
}
