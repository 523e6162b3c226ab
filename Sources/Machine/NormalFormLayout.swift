import IntervalTree
import Language

/// Where in a program's states what lies, for ``NormalForm``: the same for every state.
struct NormalFormLayout {
    enum Kind: UInt8 {
        /// A number, and what else is never moved: locks, queues, counts.
        case number
        case reference
        case sequence
        /// Of a record, or of one inside of it.
        case header
        /// Where an element keeps its handle in an interval set.
        case node
        /// The list that an element is on, by its place.
        case membership
        /// The number of a set's tree.
        case set
    }

    struct Field {
        /// In slots, from the header of the outermost record.
        var offset: Int
        var kind: Kind
        /// The width of a sequence number.
        var bits = 0
    }

    /// A pool: the segment of a record that is inside of no other.
    struct Pool {
        var base: Int
        var stride: Int
        var count: Int
        var hintSlot: Int
        var fields: [Field]
    }

    /// A place where an element of a set keeps its handle.
    struct Node {
        var slot: Int
        /// The element's own header, and the bounds that it was inserted with: its fields may have changed since.
        var element: Int
        var start: Int
        var last: Int
    }

    let wordCount: Int
    let threadCount: Int
    let threadBase: Int
    let threadStride: Int
    let pools: [Pool]
    let instanceCount: Int
    /// By slot: the pool, the instance (counted over all pools) and its header; -1 outside of the pools.
    private(set) var poolOf: [Int32]
    private(set) var instanceOf: [Int32]
    private(set) var rootOf: [Int32]
    /// By slot.
    private(set) var kinds: [Kind]
    /// By slot of the handle, and by the element's header: -1 where there is none.
    private var nodeAt: [Int32]
    private var nodeOf: [Int32]
    private var nodes: [Node] = []
    /// The slots before anything has run.
    let blank: [Int64]
    /// By instruction.
    let functions: [Int32]
    /// What the sequence numbers are relative to; empty when they aren't.
    private let epochSlots: [(header: Int, slot: Int)]
    let isRelative: Bool
    /// The width of the narrowest number that others are relative to.
    let sequenceBits: Int
    /// Numbers of so few bits come round before long: they are told apart as they are.
    private static let exactBits = 16

    /// - Parameter isAbsolute: sequence numbers stay what they are.
    init(_ program: Program, isAbsolute: Bool = false, flaws: Flaws = []) {
        threadCount = program.threads.count - 1
        threadBase = program.threadBase
        threadStride = program.threadStride
        wordCount = program.threadBase + program.threadStride * threadCount
        blank = program.blankState().slots
        poolOf = [Int32](repeating: -1, count: program.slotCount)
        instanceOf = poolOf
        rootOf = poolOf
        nodeAt = poolOf
        nodeOf = poolOf
        kinds = [Kind](repeating: .number, count: program.slotCount)
        sequenceBits = Self.sequenceBits(program)
        let isNarrow = sequenceBits <= Self.exactBits && !flaws.contains(.narrowNumbersAreRelative)
        isRelative = program.hasRelativeSequences && !isAbsolute && !isNarrow && !Self.makesAndFrees(program)
        pools = program.segments.filter { $0.parent == nil }.map { segment in
            Pool(
                base: segment.base, stride: segment.stride, count: segment.count, hintSlot: segment.hintSlot,
                fields: Self.fields(of: segment.record, at: 0, program))
        }
        instanceCount = pools.reduce(0) { $0 + $1.count }
        functions = Self.functions(program)
        epochSlots = Self.epochSlots(program)
        place()
        for segment in program.segments { placeNodes(of: segment, program) }
    }

    private mutating func place() {
        var instance: Int32 = 0
        for (number, pool) in pools.enumerated() {
            for index in 0..<pool.count {
                let root = pool.base + index * pool.stride
                for slot in root..<(root + pool.stride) {
                    poolOf[slot] = Int32(number)
                    instanceOf[slot] = instance
                    rootOf[slot] = Int32(root)
                }
                for field in pool.fields { kinds[root + field.offset] = field.kind }
                instance += 1
            }
        }
    }

    private mutating func placeNodes(of segment: SegmentInfo, _ program: Program) {
        let record = program.records[segment.record]
        guard let node = record.nodeOffset else { return }
        for index in 0..<segment.count {
            let element = segment.base + index * segment.stride
            nodeAt[element + node] = Int32(nodes.count)
            nodeOf[element] = Int32(nodes.count)
            nodes.append(Node(slot: element + node, element: element, start: element + node + 1, last: element + node + 2))
        }
    }

    private static func fields(of record: Int, at base: Int, _ program: Program) -> [Field] {
        let info = program.records[record]
        var result = [Field(offset: base, kind: .header)]
        if let node = info.nodeOffset {
            result.append(Field(offset: base + node, kind: .node))
            result += (1..<Program.nodeSize).map { Field(offset: base + node + $0, kind: .number) }
        }
        if let link = info.linkOffset {
            result += (0..<2).map { Field(offset: base + link + $0, kind: .reference) }
            result.append(Field(offset: base + link + 2, kind: .membership))
        }
        for field in info.fields {
            let offset = base + field.offset
            switch field.type {
            case .embedded(let inner): result += fields(of: inner, at: offset, program)
            case .table(let element, let count):
                result += (0..<count).map { Self.field(element, at: offset + $0) }
            case .intervalSet:
                result += [Field(offset: offset, kind: .set), Field(offset: offset + 1, kind: .number)]
            case .list: result += (0..<2).map { Field(offset: offset + $0, kind: .reference) }
            case .semaphore: result += (0..<3).map { Field(offset: offset + $0, kind: .number) }
            case .srcu: result += (0..<4).map { Field(offset: offset + $0, kind: .number) }
            default: result.append(Self.field(field.type, at: offset))
            }
        }
        return result
    }

    private static func field(_ type: ValueType, at offset: Int) -> Field {
        if case .reference = type { return Field(offset: offset, kind: .reference) }
        if let bits = type.sequenceBits { return Field(offset: offset, kind: .sequence, bits: bits) }
        return Field(offset: offset, kind: .number)
    }

    private static func functions(_ program: Program) -> [Int32] {
        var result = [Int32](repeating: 0, count: program.instructions.count + 1)
        for (index, function) in program.functions.enumerated() {
            for pc in function.entry..<max(function.entry, function.end) { result[pc] = Int32(index) }
        }
        return result
    }

    /// Every place in which a number may lie that others count from.
    private static func epochSlots(_ program: Program) -> [(header: Int, slot: Int)] {
        program.epochs.flatMap { epoch -> [(header: Int, slot: Int)] in
            let field = program.records[epoch.record].fields[epoch.field]
            guard field.type.sequenceBits != nil else { return [] }
            return program.records[epoch.record].segments.flatMap { number -> [(header: Int, slot: Int)] in
                let segment = program.segments[number]
                return (0..<segment.count).map {
                    let header = segment.base + $0 * segment.stride
                    return (header, header + field.offset)
                }
            }
        }
    }

    /// The place of a handle.
    func node(at slot: Int) -> Node? { nodeAt[slot] < 0 ? nil : nodes[Int(nodeAt[slot])] }

    /// How far behind an element's header its handle lies.
    func nodeOffset(of element: Int) -> Int? {
        nodeOf[element] < 0 ? nil : nodes[Int(nodeOf[element])].slot - element
    }

    private static func sequenceBits(_ program: Program) -> Int {
        program.epochs.compactMap { program.records[$0.record].fields[$0.field].type.sequenceBits }.min() ?? 64
    }

    /// What sequence numbers are told relative to.
    enum SequenceReference: Equatable {
        /// Nothing: they are what they are.
        case none
        /// The number of the only live mm, made even.
        case mm(Int64)
        /// An mm that is no more: they can only be compared with each other, for once there is another one they are told as they are.
        case gone
    }

    func sequenceReference(_ slots: UnsafeBufferPointer<Int64>) -> SequenceReference {
        guard isRelative, !epochSlots.isEmpty else { return .none }
        var found = SequenceReference.gone
        for place in epochSlots where Header.isLive(slots[place.header]) {
            guard found == .gone else { return .none }
            // Close to 0 a number could be the 0 that is never moved, because it may mean none.
            let epoch = slots[place.slot] & ~1
            guard epoch != 0 else { return .none }
            found = .mm(epoch)
        }
        return found
    }

    /// The headers of all records with a number that others are relative to.
    var epochHeaders: [Int] { epochSlots.map(\.header) }

    /// Whether a number that others are relative to has come to be between two states, and there were others before it.
    /// - Parameter count: how many sequence numbers other than 0 there are in the second.
    func mixesReferences(_ before: State, _ after: State, count: Int) -> Bool {
        var (isNew, others) = (false, count)
        for place in epochSlots {
            let (old, new) = (before.slots[place.header], after.slots[place.header])
            guard Header.isLive(new), !Header.isLive(old) || Header.generation(old) != Header.generation(new) else { continue }
            isNew = true
            if after.slots[place.slot] != 0 { others -= 1 }
        }
        return isNew && (others > 0 || epochSlots.contains { Header.isLive(before.slots[$0.header]) })
    }

    /// Whether some step makes a record with a number that others are relative to and frees one: nobody sees it between two
    /// steps.
    private static func makesAndFrees(_ program: Program) -> Bool {
        let records = Set(program.epochs.map(\.record))
        var (makes, frees) = (false, false)
        for instruction in program.instructions {
            switch instruction.op {
            case .statement: (makes, frees) = (false, false)
            case .new where program.holds(Int(instruction.c), anyOf: records): makes = true
            case .free: frees = true
            default: continue
            }
            if makes, frees { return true }
        }
        return false
    }
}

extension Program {
    /// Whether a record is one of these, or has one of them inside.
    fileprivate func holds(_ record: Int, anyOf others: Set<Int>) -> Bool {
        others.contains(record) || records[record].fields.contains {
            if case .embedded(let inner) = $0.type { holds(inner, anyOf: others) } else { false }
        }
    }
}
