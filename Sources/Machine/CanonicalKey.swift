import IntervalTree
import Language

/// What matters of a state: two states that no future can tell apart have the same key, two that some future can have
/// different ones.
///
/// Left out: a tree's shape (an interval set is its elements in order), where in its pool a record lies and which
/// generation it is (records are numbered as they are reached), what a thread has computed and won't read again, and
/// how far sequence numbers have come (they count from their mm's, and old ones only differ from each other).
public struct CanonicalKey: Hashable, Sendable {
    public let words: [Int64]
}

extension Machine {
    /// The key of the present state.
    public var canonicalKey: CanonicalKey {
        var builder = KeyBuilder(machine: self)
        return builder.key()
    }
}

/// Walks a state from its globals and threads, and writes down what it meets.
private struct KeyBuilder {
    let machine: Machine
    let program: Program
    /// The mm's sequence number (made even) that others count from; nil when there is none, or more than one.
    let epoch: Int64?
    private var words: [Int64] = []
    /// Positions in ``words`` that hold sequence numbers, relative to the epoch.
    private var sequences: [Int] = []
    private var numbers: [Int: Int64] = [:]
    private var reached: [Int] = []
    private var dead: [Int64: Int64] = [:]

    /// Marks that begin what isn't a plain number, so that no two things look alike.
    private enum Mark: Int64 {
        case reference = 0x7EF0_0000_0000_0001
        case dangling
        case sequence
        case record
        case end
    }

    init(machine: Machine) {
        self.machine = machine
        program = machine.program
        epoch = Self.epoch(machine)
    }

    private static func epoch(_ machine: Machine) -> Int64? {
        let places = machine.program.epochs.flatMap { place -> [Int] in
            let field = machine.program.records[place.record].fields[place.field]
            // In a scenario about wrapping the numbers themselves matter.
            guard case .integer(let width) = field.type, width.bits >= 16 else { return [] }
            return machine.liveRecords(place.record).map { $0 + field.offset }
        }
        guard places.count == 1, let place = places.first else { return nil }
        return machine.slot(place) & ~1
    }

    mutating func key() -> CanonicalKey {
        for global in program.globals { append(machine.slot(global.slot), global.type) }
        for thread in program.threads.indices { appendThread(thread) }
        var next = 0
        while next < reached.count {
            appendRecord(reached[next])
            next += 1
        }
        // What nobody reaches any more is there all the same: a leak, and a slot less in its pool.
        for segment in program.segments where segment.parent == nil {
            for address in machine.liveRecords(segment.record) where numbers[root(of: address)] == nil {
                _ = number(root(of: address))
                appendRecord(root(of: address))
            }
        }
        rankSequences()
        return CanonicalKey(words: words)
    }

    /// Numbers of earlier phases can only be compared with each other: they become their order.
    private mutating func rankSequences() {
        let old = Set(sequences.map { words[$0] }.filter { $0 < 0 }).sorted(by: >)
        let ranks = Dictionary(uniqueKeysWithValues: old.enumerated().map { ($0.element, Int64(-1 - $0.offset)) })
        for position in sequences { words[position] = ranks[words[position]] ?? words[position] }
    }

    // MARK: Threads

    private mutating func appendThread(_ thread: Int) {
        let base = machine.block(of: thread)
        words.append(machine.slot(base))
        words.append(machine.slot(base + Program.ThreadSlot.spinDepth))
        for frame in machine.callStack(of: thread) {
            let function = program.functions[frame.function]
            words.append(Int64(frame.function))
            words.append(machine.slot(base + function.frame.lowerBound))
            let isInnermost = frame == machine.callStack(of: thread).first
            let scratch = frame.statement.map { program.statements[$0].scratch }
            // What the next step computes in is dead; behind a call it may be alive.
            let end = (isInnermost ? scratch?.lowerBound : scratch?.upperBound) ?? function.frame.upperBound
            for slot in (function.frame.lowerBound + 1)..<max(function.frame.lowerBound + 1, end) {
                append(slot: slot, of: function, thread)
            }
            words.append(Mark.end.rawValue)
        }
    }

    /// Slots are used again for other variables: only where all agree is the type known; else the value tells.
    private mutating func append(slot: Int, of function: FunctionInfo, _ thread: Int) {
        let value = machine.slot(machine.block(of: thread) + slot)
        let types = function.locals.filter { $0.slot == slot }.map(\.type)
        if let type = types.first, types.allSatisfy({ $0 == type }) { return append(value, type) }
        if machine.isLive(Reference(bits: value)) { appendReference(value) } else { words.append(value) }
    }

    // MARK: Values

    private mutating func append(_ value: Int64, _ type: ValueType) {
        switch type {
        case .reference: appendReference(value)
        case .integer(let width) where width.wraps && width.bits >= 16:
            guard let epoch else { return words.append(value) }
            words.append(Mark.sequence.rawValue)
            sequences.append(words.count)
            // The distance, as a signed number of that width.
            let shift = Int64(64 - width.bits)
            words.append(((value &- epoch) << shift) >> shift)
        default: words.append(value)
        }
    }

    private mutating func appendReference(_ value: Int64) {
        guard value != 0 else { return words.append(0) }
        let reference = Reference(bits: value)
        guard machine.isLive(reference) else {
            // Nothing can be done with it but compare it, and be caught using it.
            words.append(Mark.dangling.rawValue)
            words.append(dead[value, default: Int64(dead.count + 1)])
            dead[value] = dead[value] ?? Int64(dead.count + 1)
            return
        }
        let root = root(of: reference.address)
        words.append(Mark.reference.rawValue)
        words.append(number(root))
        words.append(Int64(reference.address - root))
    }

    private mutating func number(_ address: Int) -> Int64 {
        if let known = numbers[address] { return known }
        let number = Int64(numbers.count + 1)
        numbers[address] = number
        reached.append(address)
        return number
    }

    /// The header of the outermost record around one.
    private func root(of address: Int) -> Int {
        var address = address
        var segment = Header.segment(machine.slot(address))
        while let parent = program.segments[segment].parent {
            address -= program.segments[segment].offset
            segment = parent
        }
        return address
    }

    // MARK: Records

    private mutating func appendRecord(_ address: Int) {
        let record = program.segments[Header.segment(machine.slot(address))].record
        words.append(Mark.record.rawValue)
        words.append(Int64(record))
        words.append(numbers[address] ?? 0)
        appendFields(of: record, at: address)
    }

    private mutating func appendFields(of record: Int, at address: Int) {
        for field in program.records[record].fields {
            let slot = address + field.offset
            switch field.type {
            case .embedded(let inner): appendFields(of: inner, at: slot)
            case .table(let element, let count):
                for entry in 0..<count { append(machine.slot(slot + entry), element) }
            case .intervalSet: appendSet(at: slot)
            case .list:
                for element in machine.list(at: slot) { appendElement(element) }
                words.append(Mark.end.rawValue)
            case .semaphore: for part in 0..<3 { words.append(machine.slot(slot + part)) }
            case .srcu: for part in 0..<4 { words.append(machine.slot(slot + part)) }
            default: append(machine.slot(slot), field.type)
            }
        }
    }

    /// The elements in order: what a walk meets, whatever the tree looks like.
    private mutating func appendSet(at slot: Int) {
        let tree = machine.tree(at: slot)
        words.append(machine.slot(slot + 1))
        for handle in tree.overlaps(first: 0, last: .max) {
            words.append(Int64(bitPattern: tree.first(of: handle)))
            words.append(Int64(bitPattern: tree.last(of: handle)))
            appendElement(Int(tree.tag(of: handle)))
        }
        words.append(Mark.end.rawValue)
    }

    private mutating func appendElement(_ address: Int) {
        let header = machine.slot(address)
        appendReference(Reference(generation: Header.generation(header), address: address).bits)
    }
}
