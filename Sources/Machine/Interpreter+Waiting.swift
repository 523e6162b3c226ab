import Language

/// A wait queue is the mask of the threads that are on it: waking takes them off, and a sleeper goes on once it is
/// off. A completion is a flag. An srcu is four slots: which counter is current, the two counters, a grace
/// period under way.
extension Interpreter {
    func wait(_ instruction: Instruction, _ log: inout EventLog) throws(Fault) -> Outcome? {
        let slot = try record(instruction.b) &+ Int(instruction.c)
        let myBit: Int64 = 1 << Int64(thread)
        switch instruction.op {
        case .refGet, .refPut, .refGetNotZero: trace.note(.write, slot)
        case .refRead: trace.note(.read, slot)
        default: trace.note(.signal, slot)
        }
        switch instruction.op {
        case .waitEnqueue:
            try refuseAtomicSleep()
            slots[slot] |= myBit
        case .waitDequeue: slots[slot] &= ~myBit
        case .waitSleep:
            if slots[slot] & myBit != 0 || isQueued { return blocked(.sleep, slot: slot) }
            if isProbe { return .ready(choices: 1) }
        case .wakeAll:
            let mask = slots[slot]
            slots[slot] = 0
            guard log.isOn, mask != 0 else { return nil }
            for sleeper in 0..<62 where mask & (1 << Int64(sleeper)) != 0 {
                note(.wakes(thread: sleeper), &log)
            }
        case .completeAll: slots[slot] = 1
        case .reinitCompletion: slots[slot] = 0
        case .waitCompletion:
            try refuseAtomicSleep()
            if slots[slot] == 0 { return blocked(.completion, slot: slot) }
            if isProbe { return .ready(choices: 1) }
        case .refGet, .refPut, .refGetNotZero, .refRead: try referenceCount(instruction, slot)
        default: return try gracePeriod(instruction, slot)
        }
        return nil
    }

    private func gracePeriod(_ instruction: Instruction, _ slot: Int) throws(Fault) -> Outcome? {
        let (current, busy) = (slot, slot + 3)
        switch instruction.op {
        case .srcuLock:
            if Holding.readers(frame[Program.ThreadSlot.holding]) == Holding.most { throw fault(.tooManyHeld) }
            hold(Holding.reader)
            let index = slots[current]
            slots[slot + 1 + Int(index)] += 1
            set(instruction.a, index)
        case .srcuUnlock:
            let index = value(instruction.d)
            guard index == 0 || index == 1, slots[slot + 1 + Int(index)] > 0, Holding.readers(frame[Program.ThreadSlot.holding]) > 0
            else {
                throw fault(.unlockByStranger(slot))
            }
            slots[slot + 1 + Int(index)] -= 1
            hold(-Holding.reader)
        case .srcuFlip:
            try refuseAtomicSleep()
            if slots[busy] != 0 { return blocked(.gracePeriod, slot: slot) }
            if isProbe { return .ready(choices: 1) }
            slots[busy] = Int64(thread + 1)
            set(instruction.d, slots[current])
            slots[current] ^= 1
        case .srcuWait:
            // Readers that began before the flip still count on the old side.
            if slots[slot + 1 + Int(value(instruction.d) & 1)] > 0 { return blocked(.gracePeriod, slot: slot) }
            if isProbe { return .ready(choices: 1) }
            slots[busy] = 0
        default: return nil
        }
        return nil
    }

    private func referenceCount(_ instruction: Instruction, _ slot: Int) throws(Fault) {
        switch instruction.op {
        case .refGet: slots[slot] += 1
        case .refRead: set(instruction.a, slots[slot])
        case .refPut:
            guard slots[slot] > 0 else { throw fault(.countBelowZero(slot)) }
            slots[slot] -= 1
            set(instruction.a, slots[slot] == 0 ? 1 : 0)
        case .refGetNotZero:
            let isPositive = slots[slot] > 0
            if isPositive { slots[slot] += 1 }
            set(instruction.a, isPositive ? 1 : 0)
        default: break
        }
    }
}
