/// Which variables a thread will still read, from where it stands: backwards over each function until nothing changes.
///
/// What is dead tells no two states apart.
extension Program {
    /// - Parameter notes: for each function, from which instruction on a slot (counted from the frame) holds sequence
    ///   numbers of so many bits.
    mutating func layOutFrames(_ notes: [Int: [(from: Int, slot: Int32, bits: Int)]]) {
        frameLayoutIndex = [Int32](repeating: -1, count: instructions.count + 1)
        for (index, function) in functions.enumerated() where function.end > function.entry {
            let alive = LiveSlots(self, function)
            var cursor = SequenceSlots(notes[index] ?? [])
            for pc in function.entry..<function.end {
                cursor.advance(to: pc)
                let isBehindCall = pc > function.entry && instructions[pc - 1].op.isCall
                guard instructions[pc].op == .statement || isBehindCall else { continue }
                var layout = FrameLayout()
                for slot in alive.slots(at: pc) {
                    let bits = cursor.bits[slot - Int32(function.frame.lowerBound)] ?? 0
                    if bits == 0 { layout.plain.append(slot) } else { layout.sequences.append((slot, Int32(bits))) }
                }
                frameLayoutIndex[pc] = Int32(frameLayouts.count)
                frameLayouts.append(layout)
            }
        }
    }
}

/// Which slots hold sequence numbers, as one reads on.
private struct SequenceSlots {
    private let notes: [(from: Int, slot: Int32, bits: Int)]
    private var next = 0
    private(set) var bits: [Int32: Int] = [:]

    init(_ notes: [(from: Int, slot: Int32, bits: Int)]) { self.notes = notes }

    mutating func advance(to pc: Int) {
        while next < notes.count, notes[next].from <= pc {
            bits[notes[next].slot] = notes[next].bits
            next += 1
        }
    }
}

/// The live slots of one function before each of its instructions.
private struct LiveSlots {
    private let entry: Int
    private let frame: Range<Int>
    private let words: Int
    private var live: [UInt64]

    init(_ program: Program, _ function: FunctionInfo) {
        entry = function.entry
        frame = function.frame
        words = (function.frame.count + 63) / 64
        live = [UInt64](repeating: 0, count: (function.end - function.entry + 1) * words)
        var row = [UInt64](repeating: 0, count: words)
        var changed = true
        while changed {
            changed = false
            for pc in (function.entry..<function.end).reversed() {
                merge(program.instructions[pc], at: pc, into: &row)
                let start = (pc - entry) * words
                for word in 0..<words where live[start + word] != row[word] {
                    live[start + word] = row[word]
                    changed = true
                }
            }
        }
    }

    /// What is alive before an instruction, from what is alive behind it.
    private func merge(_ instruction: Instruction, at pc: Int, into row: inout [UInt64]) {
        for word in 0..<words { row[word] = 0 }
        if instruction.op.fallsThrough { add(pc + 1, to: &row) }
        if let target = instruction.jumpTarget { add(target, to: &row) }
        if let written = instruction.written, frame.contains(Int(written)) {
            let slot = Int(written) - frame.lowerBound
            row[slot / 64] &= ~(1 << UInt64(slot % 64))
        }
        instruction.forEachRead { read in
            guard frame.contains(Int(read)) else { return }
            let slot = Int(read) - frame.lowerBound
            row[slot / 64] |= 1 << UInt64(slot % 64)
        }
    }

    private func add(_ pc: Int, to row: inout [UInt64]) {
        let start = (pc - entry) * words
        for word in 0..<words { row[word] |= live[start + word] }
    }

    func slots(at pc: Int) -> [Int32] {
        let start = (pc - entry) * words
        return (0..<frame.count).filter { live[start + $0 / 64] & (1 << UInt64($0 % 64)) != 0 }
            .map { Int32($0 + frame.lowerBound) }
    }
}

extension Opcode {
    var isCall: Bool { self == .call || self == .dispatch }

    /// What comes next may be the instruction behind it.
    fileprivate var fallsThrough: Bool {
        switch self {
        // Nobody listens to an explorer: what is only said keeps nothing alive.
        case .jump, .giveBack, .finish, .jumpIfQuiet: false
        default: true
        }
    }
}

extension Instruction {
    fileprivate var jumpTarget: Int? {
        switch op {
        case .jump, .jumpIfFalse, .jumpIfTrue, .jumpIfEqual, .jumpIfNotEqual, .jumpIfLess, .jumpIfLessOrEqual,
            .jumpIfQuiet:
            Int(c)
        default: nil
        }
    }

    /// The slot that it writes without regard for what was in it. (`wrap` and `narrow` read what they write.)
    fileprivate var written: Int32? {
        switch op {
        case .tryLock, .downReadTry, .downWriteTry, .held, .refPut, .refGetNotZero, .refRead, .srcuLock, .listPop, .listFirst, .listEmpty,
            .treeEmpty, .treeFirst, .treeNext, .choose, .inTree, .inList, .new, .scenarioOver:
            a
        case .srcuFlip: d
        default: op.onlyWritesItsFirst ? a : nil
        }
    }

    /// The slots that it reads; constants among them are negative.
    fileprivate func forEachRead(_ body: (Int32) -> Void) {
        let values = op.values
        // Slot a is written by most, read by those that work on it in place.
        if values & 1 != 0, written != a, op != .jumpIfQuiet { body(a) }
        if values & 2 != 0 { body(b) }
        if values & 4 != 0 { body(c) }
        if values & 8 != 0, op != .srcuFlip {
            for offset in 0..<operandCount { body(d + offset) }
        }
    }

    /// How many slots it reads from d on.
    private var operandCount: Int32 {
        switch op {
        case .treeInsert, .treeNext: 3
        case .treeFirst: 2
        case .say, .check: Int32(bits)
        default: 1
        }
    }
}
