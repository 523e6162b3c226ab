import IntervalTree
import Language

/// A state as a row of 32-bit words in which everything is gone that no future can tell: states whose words are the same
/// behave the same, and the words can be turned back into such a state.
///
/// Left out: a tree's shape (an interval set is its elements in order), where in its pool a record lies and which
/// generation it is (records move to where they are first reached from the globals and the threads), variables that will
/// not be read again, what is only said, and how far sequence numbers have come (they are moved so that their mm's is
/// always the same; see ``Program/hasRelativeSequences``). Numbers further than ``oldest`` behind it only keep their order
/// and their parity: nothing that is counted on can come to equal them, as long as the mm's number doesn't come round. That
/// is taken for granted of numbers of more than 16 bits (``takesForGranted``); others are kept as they are.
///
/// A mark for each record travels with it, for whoever has something to remember of records.
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
    private let tables: NormalFormTables
    /// For each instance of each pool: its new header, or 0.
    private let moved: UnsafeMutablePointer<Int32>
    /// For each pool: how many of its instances have been reached.
    private let reachedCount: UnsafeMutablePointer<Int32>
    /// Old headers, in the order in which they were reached: never more than there are instances.
    private let reached: UnsafeMutablePointer<Int32>
    private var reachedTotal = 0
    private var dangling: [Int64] = []
    private var oldSequences: [(word: Int, distance: Int64)] = []
    private var sets: [(old: Int, new: Int)] = []
    private var reference = NormalFormLayout.SequenceReference.none
    /// How many sequence numbers other than 0 the state has that was encoded last.
    private var sequenceCount = 0
    private let flaws: Flaws
    /// For each tree, its elements' places as decoding finds them.
    private var members: [[(rank: Int, node: Int)]]
    /// The trees that have any.
    private var filled: [Int] = []

    public convenience init(_ program: Program) { self.init(program, isAbsolute: false, flaws: []) }

    /// - Parameter isAbsolute: sequence numbers are told as they are, whatever is done with them.
    package init(_ program: Program, isAbsolute: Bool, flaws: Flaws) {
        self.program = program
        self.flaws = flaws
        layout = NormalFormLayout(program, isAbsolute: isAbsolute, flaws: flaws)
        tables = NormalFormTables(layout, program)
        let instances = max(1, layout.instanceCount)
        moved = .allocate(capacity: instances)
        reached = .allocate(capacity: instances)
        reachedCount = .allocate(capacity: max(1, tables.poolCount))
        members = Array(repeating: [], count: program.treeCount)
    }

    deinit {
        moved.deallocate()
        reached.deallocate()
        reachedCount.deallocate()
    }

    private typealias Slots = UnsafeBufferPointer<Int64>
    private typealias Words = UnsafeMutableBufferPointer<UInt32>

    // MARK: State to words

    /// Writes a state's words.
    /// - Parameters:
    ///   - marks: one for each record, by ``LocationMap/instance(of:)``; none at all is the same as false for all.
    ///   - words: as many as ``wordCount``; what was in them is overwritten.
    public func encode(_ state: State, marks: [Bool] = [], into words: inout [UInt32]) {
        precondition(words.count == wordCount && state.slots.count == program.slotCount)
        precondition(marks.isEmpty || marks.count == layout.instanceCount)
        forget()
        // Bounds: every place that is read or written is a slot of this program: globals and frames as the compiler
        // placed them, records as `layout` lists them, and references only after they were found to lead to a header.
        words.withUnsafeMutableBufferPointer { words in
            state.slots.withUnsafeBufferPointer { slots in
                words.update(repeating: 0)
                reference = layout.sequenceReference(slots)
                for index in 0..<tables.globalCount { encode(tables.globals[index], 0, slots, words) }
                for thread in 0..<layout.threadCount { encodeThread(thread, slots, words) }
                encodeReached(from: 0, state.trees, slots, words)
                encodeLeft(state.trees, slots, words)
            }
            if !sets.isEmpty { encodeSets(state.trees, words) }
            for pool in 0..<tables.poolCount { words[Int(tables.pools[pool].hintSlot)] = UInt32(reachedCount[pool]) }
            if !oldSequences.isEmpty { rankOldSequences(words) }
            if !marks.isEmpty { mark(marks, words) }
        }
    }

    /// The second bit of a record's header.
    private func mark(_ marks: [Bool], _ words: Words) {
        for index in 0..<reachedTotal {
            let instance = Int(tables.instanceOf[Int(reached[index])])
            if marks[instance] { words[Int(moved[instance])] |= 2 }
        }
    }

    /// How far the mm's number has come since another state; 0 when either is told as it is. The present one is the one that was
    /// encoded last.
    public func advance(since before: State) -> Int64 {
        guard case .mm(let now) = reference,
            case .mm(let old) = before.slots.withUnsafeBufferPointer(layout.sequenceReference)
        else { return 0 }
        return now &- old
    }

    /// The width of numbers that are taken as never coming round; nil when there are none.
    public var takesForGranted: Int? { layout.isRelative && !program.epochs.isEmpty ? layout.sequenceBits : nil }

    /// Whether two states can't be told relative to each other: between them an mm's number has begun, and there are others
    /// that could be compared with it. `after` is the state that was encoded last.
    public func mixesSequences(_ before: State, _ after: State) -> Bool {
        layout.isRelative && !flaws.contains(.newNumbersBesideOld) && layout.mixesReferences(before, after, count: sequenceCount)
    }

    private func forget() {
        moved.update(repeating: 0, count: layout.instanceCount)
        reachedCount.update(repeating: 0, count: tables.poolCount)
        reachedTotal = 0
        sequenceCount = 0
        if !dangling.isEmpty { dangling.removeAll(keepingCapacity: true) }
        if !oldSequences.isEmpty { oldSequences.removeAll(keepingCapacity: true) }
        if !sets.isEmpty { sets.removeAll(keepingCapacity: true) }
    }

    @inline(__always)
    private func encode(_ entry: NormalFormTables.Slot, _ block: Int, _ slots: Slots, _ words: Words) {
        let place = block + Int(entry.slot)
        let value = slots[place]
        if value != 0 { words[place] = word(value, Int(entry.bits), place, slots) }
    }

    private func encodeThread(_ thread: Int, _ slots: Slots, _ words: Words) {
        let block = program.threadBase + thread * program.threadStride
        var pc = Int(slots[block])
        words[block] = number(Int64(pc))
        let first = flaws.contains(.spinDepthIsForgotten) ? Program.ThreadSlot.count : 1
        for slot in first..<Program.ThreadSlot.count where slots[block + slot] != 0 {
            words[block + slot] = number(slots[block + slot])
        }
        guard pc >= 0 else { return }
        // No function calls itself, and the thread's own is the last on the way back.
        while true {
            let place = tables.places[pc]
            for index in Int(place.first)..<Int(place.end) { encode(tables.slots[index], block, slots, words) }
            guard !place.isOutermost else { return }
            // The first slot of a frame is the return address, which lies in the caller.
            let frame = block + Int(place.frame)
            pc = Int(slots[frame])
            words[frame] = number(Int64(pc))
        }
    }

    /// Every record that has been reached, and with it those that it leads to.
    private func encodeReached(from first: Int, _ trees: [IntervalTree], _ slots: Slots, _ words: Words) {
        var next = first
        while next < reachedTotal {
            encodeRecord(Int(reached[next]), trees, slots, words)
            next += 1
        }
    }

    private func encodeRecord(_ address: Int, _ trees: [IntervalTree], _ slots: Slots, _ words: Words) {
        let new = Int(moved[Int(tables.instanceOf[address])])
        let pool = tables.pools[Int(tables.poolOf[address])]
        for index in Int(pool.firstField)..<Int(pool.endOfFields) {
            let field = tables.fields[index]
            let value = slots[address + Int(field.offset)]
            let place = new + Int(field.offset)
            switch field.kind {
            case .header: words[place] = 1
            case .node: break
            case .number: if value != 0 { words[place] = number(value) }
            case .reference, .sequence: if value != 0 { words[place] = word(value, Int(field.bits), place, slots) }
            case .membership:
                guard value != 0 else { continue }
                let list = Int(value) - 1
                let root = Int(tables.rootOf[list])
                words[place] = number(Int64(move(root) + list - root + 1))
            case .set:
                let tree = Int(value)
                guard !trees[tree].isEmpty else { continue }
                sets.append((tree, Int(tables.blank[place])))
                var handle = trees[tree].firstOverlap(first: 0, last: .max)
                while let element = handle {
                    _ = move(Int(tables.rootOf[Int(trees[tree].tag(of: element))]))
                    handle = trees[tree].nextOverlap(after: element, first: 0, last: .max)
                }
            }
        }
    }

    /// What nobody reaches any more is there all the same: a leak, and a place less in its pool.
    private func encodeLeft(_ trees: [IntervalTree], _ slots: Slots, _ words: Words) {
        if flaws.contains(.leaksAreForgotten) { return }
        for number in 0..<tables.poolCount {
            let pool = tables.pools[number]
            for index in 0..<Int(pool.count) {
                let address = Int(pool.base) + index * Int(pool.stride)
                guard Header.isLive(slots[address]), moved[Int(tables.instanceOf[address])] == 0 else { continue }
                let first = reachedTotal
                _ = move(address)
                encodeReached(from: first, trees, slots, words)
            }
        }
    }

    /// Elements by their rank: what a walk meets, whatever the tree looks like.
    private func encodeSets(_ trees: [IntervalTree], _ words: Words) {
        for (old, new) in sets {
            var rank = 1
            var handle = trees[old].firstOverlap(first: 0, last: .max)
            while let current = handle {
                let element = Int(trees[old].tag(of: current))
                let root = Int(tables.rootOf[element])
                let place = Int(moved[Int(tables.instanceOf[element])]) + element - root
                if let node = layout.nodeOffset(of: place) {
                    words[place + node] = UInt32(new << Self.rankBits | rank)
                    rank += 1
                }
                handle = trees[old].nextOverlap(after: current, first: 0, last: .max)
            }
        }
    }

    // MARK: Values

    /// The new header of the record whose header lies at `root`.
    @inline(__always)
    private func move(_ root: Int) -> Int {
        let instance = Int(tables.instanceOf[root])
        let known = Int(moved[instance])
        return known != 0 ? known : place(root, instance)
    }

    private func place(_ root: Int, _ instance: Int) -> Int {
        let number = Int(tables.poolOf[root])
        let pool = tables.pools[number]
        let new = pool.base + reachedCount[number] * pool.stride
        reachedCount[number] += 1
        moved[instance] = new
        reached[reachedTotal] = Int32(root)
        reachedTotal += 1
        return Int(new)
    }

    /// A value's word. What looks like a reference is one: numbers that a model computes with stay below 2⁶², which is where
    /// references begin, and sequence numbers are known by their type.
    private func word(_ value: Int64, _ sequenceBits: Int, _ place: Int, _ slots: Slots) -> UInt32 {
        if value == 0 { return 0 }
        if sequenceBits > 0 { return sequence(value, sequenceBits, place) }
        if sequenceBits == FrameLayout.plainNumber { return number(value) }
        guard value >> 32 > Reference.firstGeneration else { return number(value) }
        let address = Int(value & 0xFFFF_FFFF)
        guard address < program.threadBase, tables.kinds[address] == .header, tables.poolOf[address] >= 0 else {
            return number(value)
        }
        guard Header.isLive(slots[address]), Header.generation(slots[address]) == value >> 32 else {
            return number(danglingReference(value))
        }
        let root = Int(tables.rootOf[address])
        return 0x4000_0000 | UInt32(move(root) + address - root)
    }

    /// Nothing can be done with it but compare it, and be caught using it.
    private func danglingReference(_ value: Int64) -> Int64 {
        if flaws.contains(.danglingIsNone) { return 0 }
        let index = dangling.firstIndex(of: value) ?? dangling.count
        if index == dangling.count { dangling.append(value) }
        let pool = layout.pools[Int(layout.poolOf[Int(value & 0xFFFF_FFFF)])]
        return (Self.danglingGeneration + Int64(index)) << 32 | Int64(pool.base)
    }

    private func sequence(_ value: Int64, _ bits: Int, _ place: Int) -> UInt32 {
        sequenceCount += 1
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
        var next = Self.oldest - 1
        var last: Int64?
        for (word, distance) in oldSequences.sorted(by: { $0.distance > $1.distance }) {
            if let last, last != distance { next -= 1 }
            if distance != last, (next ^ distance) & 1 != 0, !flaws.contains(.oldNumbersLoseParity) { next -= 1 }
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
        case 1: (Reference.firstGeneration + 1) << 32 | Int64(word & 0x3FFF_FFFF)
        default: wide[Int(word & 0x3FFF_FFFF)]
        }
    }

    // MARK: Words to state

    /// The state that a row of words stands for.
    /// - Parameter state: any state of the same program; its room is used again.
    public func decode(_ words: [UInt32], into state: inout State) {
        var marks: [Bool] = []
        decode(words, into: &state, marks: &marks)
    }

    /// The same, and the marks that the records had; what is no record any more has none.
    public func decode(_ words: [UInt32], into state: inout State, marks: inout [Bool]) {
        precondition(words.count == wordCount && state.slots.count == program.slotCount)
        if marks.count != layout.instanceCount { marks = Array(repeating: false, count: layout.instanceCount) }
        for tree in filled { members[tree].removeAll(keepingCapacity: true) }
        filled.removeAll(keepingCapacity: true)
        state.slots.withUnsafeMutableBufferPointer { slots in
            // Bounds: both have a place for each slot, but for the setup thread's block at the end, which is over.
            for place in 0..<words.count {
                let word = words[place]
                switch tables.kinds[place] {
                case .header:
                    slots[place] = tables.blank[place] | (word == 0 ? 0 : 1 << 32 | 1)
                    if Int(tables.rootOf[place]) == place { marks[Int(tables.instanceOf[place])] = word & 2 != 0 }
                case .set: slots[place] = tables.blank[place]
                case _ where word == 0: slots[place] = 0
                case .node:
                    let rank = Int(word) & (1 << Self.rankBits - 1)
                    let tree = Int(word) >> Self.rankBits
                    if members[tree].isEmpty { filled.append(tree) }
                    members[tree].append((rank, place))
                    slots[place] = Int64(rank)
                default: slots[place] = value(word)
                }
            }
        }
        for tree in state.trees.indices where !members[tree].isEmpty || !state.trees[tree].isEmpty { rebuild(tree, &state) }
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
