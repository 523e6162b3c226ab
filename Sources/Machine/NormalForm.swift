import IntervalTree
import Language

/// A state as a row of 32-bit words in which everything is gone that no future can tell: states whose words are the same
/// behave the same, and the words can be turned back into such a state.
///
/// Left out: a tree's shape (an interval set is its elements in order), where in its pool a record lies and which
/// generation it is (records move to where they are first reached from the globals and the threads), variables that will
/// not be read again, what is only said, and how far sequence numbers have come (they are moved so that their mm's is
/// always the same; see ``Program/hasRelativeSequences``). Numbers further than ``oldest`` behind it only keep their order
/// and their parity: nothing that is counted on can come to equal them.
///
/// A class because it owns the room that it works in; not to be shared between tasks.
public final class NormalForm {
    let program: Program
    let layout: NormalFormLayout
    /// How many words a state takes.
    public var wordCount: Int { layout.wordCount }

    /// Where the mm's sequence number (made even) is moved to.
    private static let epochBase: Int64 = 1 << 14
    /// Distances from the mm's number that are kept as they are.
    private static let oldest: Int64 = -7
    /// The generation of the first dangling reference: none that a machine ever counts to.
    private static let danglingGeneration: Int64 = 0x7000_0000
    /// Bits of a node's word that tell which element of its set it is, from 1; above them stands the tree's number.
    private static let rankBits = 14

    /// Numbers that don't fit a word, by the index that their word holds.
    private(set) var wide: [Int64] = []
    private var wideIndex: [Int64: Int] = [:]

    // What one encoding works in.
    /// For each instance of each pool: its new header, or 0.
    private var moved: [Int32]
    /// For each pool: how many of its instances have been reached.
    private var reachedCount: [Int]
    /// Old headers, in the order in which they were reached.
    private var reached: [Int] = []
    private var dangling: [Int64] = []
    private var oldSequences: [(word: Int, distance: Int64)] = []
    private var sets: [(old: Int, new: Int)] = []
    private var reference = NormalFormLayout.SequenceReference.none
    /// For each tree, its elements' places as decoding finds them.
    private var members: [[(rank: Int, node: Int)]]

    public init(_ program: Program) {
        self.program = program
        layout = NormalFormLayout(program)
        moved = [Int32](repeating: 0, count: layout.instanceCount)
        reachedCount = [Int](repeating: 0, count: layout.pools.count)
        members = Array(repeating: [], count: program.treeCount)
    }

    private typealias Slots = UnsafeBufferPointer<Int64>
    private typealias Words = UnsafeMutableBufferPointer<UInt32>

    // MARK: State to words

    /// Writes a state's words.
    /// - Parameter words: as many as ``wordCount``; what was in them is overwritten.
    public func encode(_ state: State, into words: inout [UInt32]) {
        precondition(words.count == wordCount && state.slots.count == program.slotCount)
        forget()
        // Bounds: every place that is read or written is a slot of this program: globals and frames as the compiler
        // placed them, records as `layout` lists them, and references only after they were found to lead to a header.
        words.withUnsafeMutableBufferPointer { words in
            state.slots.withUnsafeBufferPointer { slots in
                words.update(repeating: 0)
                reference = layout.sequenceReference(slots)
                for global in program.globals {
                    words[global.slot] = word(slots[global.slot], global.type.sequenceBits ?? 0, global.slot, slots)
                }
                for thread in 0..<layout.threadCount { encodeThread(thread, slots, words) }
                encodeReached(state.trees, slots, words)
                encodeLeft(state.trees, slots, words)
            }
            encodeSets(state.trees, words)
            for (pool, info) in layout.pools.enumerated() { words[info.hintSlot] = UInt32(reachedCount[pool]) }
            rankOldSequences(words)
        }
    }

    private func forget() {
        for index in moved.indices { moved[index] = 0 }
        for index in reachedCount.indices { reachedCount[index] = 0 }
        reached.removeAll(keepingCapacity: true)
        dangling.removeAll(keepingCapacity: true)
        oldSequences.removeAll(keepingCapacity: true)
        sets.removeAll(keepingCapacity: true)
    }

    private func encodeThread(_ thread: Int, _ slots: Slots, _ words: Words) {
        let block = program.threadBase + thread * program.threadStride
        var pc = Int(slots[block])
        words[block] = number(Int64(pc))
        for slot in 1..<Program.ThreadSlot.count { words[block + slot] = number(slots[block + slot]) }
        guard pc >= 0 else { return }
        let outermost = program.threads[thread].function
        var function = Int(layout.functions[pc])
        // No function calls itself: there are no more frames than functions.
        for _ in program.functions.indices {
            encodeFrame(at: pc, block, slots, words)
            guard function != outermost else { return }
            let frame = block + program.functions[function].frame.lowerBound
            pc = Int(slots[frame])
            words[frame] = number(Int64(pc))
            function = Int(layout.functions[pc - 1])
        }
    }

    private func encodeFrame(at pc: Int, _ block: Int, _ slots: Slots, _ words: Words) {
        let index = Int(program.frameLayoutIndex[pc])
        guard index >= 0 else { return }
        for slot in program.frameLayouts[index].plain {
            let place = block + Int(slot)
            words[place] = word(slots[place], 0, place, slots)
        }
        for (slot, bits) in program.frameLayouts[index].sequences {
            let place = block + Int(slot)
            words[place] = word(slots[place], Int(bits), place, slots)
        }
    }

    /// Every record that has been reached, and with it those that it leads to.
    private func encodeReached(_ trees: [IntervalTree], _ slots: Slots, _ words: Words) {
        var next = 0
        while next < reached.count {
            encodeRecord(reached[next], trees, slots, words)
            next += 1
        }
    }

    private func encodeRecord(_ address: Int, _ trees: [IntervalTree], _ slots: Slots, _ words: Words) {
        let new = Int(moved[Int(layout.instanceOf[address])])
        for field in layout.pools[Int(layout.poolOf[address])].fields {
            let value = slots[address + field.offset]
            let place = new + field.offset
            switch field.kind {
            case .header: words[place] = 1
            case .node: break
            case .number: if value != 0 { words[place] = number(value) }
            case .reference, .sequence: if value != 0 { words[place] = word(value, field.bits, place, slots) }
            case .membership:
                guard value != 0 else { continue }
                let list = Int(value) - 1
                let root = Int(layout.rootOf[list])
                words[place] = number(Int64(move(root) + list - root + 1))
            case .set:
                let tree = Int(value)
                guard !trees[tree].isEmpty else { continue }
                sets.append((tree, Int(layout.blank[place])))
                for handle in trees[tree].overlaps(first: 0, last: .max) {
                    _ = move(Int(layout.rootOf[Int(trees[tree].tag(of: handle))]))
                }
            }
        }
    }

    /// What nobody reaches any more is there all the same: a leak, and a place less in its pool.
    private func encodeLeft(_ trees: [IntervalTree], _ slots: Slots, _ words: Words) {
        for pool in layout.pools {
            for index in 0..<pool.count {
                let address = pool.base + index * pool.stride
                guard Header.isLive(slots[address]), moved[Int(layout.instanceOf[address])] == 0 else { continue }
                let first = reached.count
                _ = move(address)
                var next = first
                while next < reached.count {
                    encodeRecord(reached[next], trees, slots, words)
                    next += 1
                }
            }
        }
    }

    /// Elements by their rank: what a walk meets, whatever the tree looks like.
    private func encodeSets(_ trees: [IntervalTree], _ words: Words) {
        for (old, new) in sets {
            var rank = 1
            for handle in trees[old].overlaps(first: 0, last: .max) {
                let element = Int(trees[old].tag(of: handle))
                let root = Int(layout.rootOf[element])
                let place = Int(moved[Int(layout.instanceOf[element])]) + element - root
                guard let node = layout.nodeOffset(of: place) else { continue }
                words[place + node] = UInt32(new << Self.rankBits | rank)
                rank += 1
            }
        }
    }

    // MARK: Values

    /// The new header of the record whose header lies at `root`.
    private func move(_ root: Int) -> Int {
        let instance = Int(layout.instanceOf[root])
        if moved[instance] != 0 { return Int(moved[instance]) }
        let number = Int(layout.poolOf[root])
        let pool = layout.pools[number]
        let new = pool.base + reachedCount[number] * pool.stride
        reachedCount[number] += 1
        moved[instance] = Int32(new)
        reached.append(root)
        return new
    }

    /// A value's word. What looks like a reference is one: numbers that a model computes with stay below 2³², which is where
    /// references begin, and sequence numbers are known by their type.
    private func word(_ value: Int64, _ sequenceBits: Int, _ place: Int, _ slots: Slots) -> UInt32 {
        if value == 0 { return 0 }
        if sequenceBits > 0 { return sequence(value, sequenceBits, place) }
        guard value >> 32 > 0 else { return number(value) }
        let address = Int(value & 0xFFFF_FFFF)
        guard address < layout.kinds.count, layout.kinds[address] == .header, layout.poolOf[address] >= 0 else {
            return number(value)
        }
        guard Header.isLive(slots[address]), Header.generation(slots[address]) == value >> 32 else {
            return number(danglingReference(value))
        }
        let root = Int(layout.rootOf[address])
        return 0x4000_0000 | UInt32(move(root) + address - root)
    }

    /// Nothing can be done with it but compare it, and be caught using it.
    private func danglingReference(_ value: Int64) -> Int64 {
        let index = dangling.firstIndex(of: value) ?? dangling.count
        if index == dangling.count { dangling.append(value) }
        let pool = layout.pools[Int(layout.poolOf[Int(value & 0xFFFF_FFFF)])]
        return (Self.danglingGeneration + Int64(index)) << 32 | Int64(pool.base)
    }

    private func sequence(_ value: Int64, _ bits: Int, _ place: Int) -> UInt32 {
        switch reference {
        case .none: return number(value)
        case .gone:
            oldSequences.append((place, value))
            return 0
        case .mm(let epoch):
            // The distance, as a signed number of that width.
            let shift = Int64(64 - bits)
            let distance = ((value &- epoch) << shift) >> shift
            if distance < Self.oldest { oldSequences.append((place, distance)) }
            return number(Self.epochBase &+ distance)
        }
    }

    /// Old numbers can only be compared with each other: they become their order, odd ones odd.
    private func rankOldSequences(_ words: Words) {
        guard !oldSequences.isEmpty else { return }
        var next = Self.oldest - 1
        var last: Int64?
        for (word, distance) in oldSequences.sorted(by: { $0.distance > $1.distance }) {
            if let last, last != distance { next -= 1 }
            if distance != last, (next ^ distance) & 1 != 0 { next -= 1 }
            last = distance
            words[word] = number(Self.epochBase + next)
        }
    }

    /// Two bits tell what it is: a number of 30 bits, a reference, the index of a wide number.
    private func number(_ value: Int64) -> UInt32 {
        if value >= -(1 << 29), value < 1 << 29 { return UInt32(truncatingIfNeeded: value) & 0x3FFF_FFFF }
        if let index = wideIndex[value] { return 0xC000_0000 | UInt32(index) }
        wideIndex[value] = wide.count
        wide.append(value)
        return 0xC000_0000 | UInt32(wide.count - 1)
    }

    private func value(_ word: UInt32) -> Int64 {
        switch word >> 30 {
        case 0: Int64(Int32(bitPattern: word << 2) >> 2)
        case 1: 1 << 32 | Int64(word & 0x3FFF_FFFF)
        default: wide[Int(word & 0x3FFF_FFFF)]
        }
    }

    // MARK: Words to state

    /// The state that a row of words stands for.
    /// - Parameter state: any state of the same program; its room is used again.
    public func decode(_ words: [UInt32], into state: inout State) {
        var referrers: [UInt64] = []
        decode(words, into: &state, referrers: &referrers)
    }

    /// The same, and who has a reference to what.
    /// - Parameter referrers: for each record, by ``LocationMap/instance(of:)``, the threads that refer to it as bits
    ///   0 ... 61, and globals and records as bit 63.
    public func decode(_ words: [UInt32], into state: inout State, referrers: inout [UInt64]) {
        precondition(words.count == wordCount && state.slots.count == program.slotCount)
        referrers.removeAll(keepingCapacity: true)
        referrers.append(contentsOf: repeatElement(0, count: layout.instanceCount))
        for tree in members.indices { members[tree].removeAll(keepingCapacity: true) }
        state.slots.withUnsafeMutableBufferPointer { slots in
            // Bounds: both have a place for each slot, but for the setup thread's block at the end, which is over.
            for place in 0..<words.count {
                let word = words[place]
                switch layout.kinds[place] {
                case .header: slots[place] = layout.blank[place] | (word == 0 ? 0 : 1 << 32 | 1)
                case .set: slots[place] = layout.blank[place]
                case _ where word == 0: slots[place] = 0
                case .node:
                    let rank = Int(word) & (1 << Self.rankBits - 1)
                    members[Int(word) >> Self.rankBits].append((rank, place))
                    slots[place] = Int64(rank)
                    referrers[Int(layout.instanceOf[place])] |= Self.notAThread
                default:
                    slots[place] = value(word)
                    guard word >> 30 == 1 else { continue }
                    referrers[Int(layout.instanceOf[Int(word & 0x3FFF_FFFF)])] |= referrer(at: place)
                }
            }
        }
        for tree in members.indices where !members[tree].isEmpty || !state.trees[tree].isEmpty { rebuild(tree, &state) }
    }

    private static let notAThread: UInt64 = 1 << 63

    private func referrer(at place: Int) -> UInt64 {
        guard place >= program.threadBase else { return Self.notAThread }
        return 1 << UInt64((place - program.threadBase) / program.threadStride)
    }

    /// Inserted in their order into an empty tree, elements get their ranks as handles.
    private func rebuild(_ tree: Int, _ state: inout State) {
        state.trees[tree].removeAll(keepingCapacity: true)
        for (_, place) in members[tree].sorted(by: { $0.rank < $1.rank }) {
            guard let node = layout.node(at: place) else { continue }
            state.trees[tree].insert(
                first: UInt64(bitPattern: state.slots[node.start]), last: UInt64(bitPattern: state.slots[node.last]),
                tag: UInt32(node.element))
        }
    }
}
