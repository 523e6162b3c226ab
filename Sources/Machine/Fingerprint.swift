import IntervalTree
import Language

/// Makes numbers that stand for states: the same on every machine and in every run of a program, and others as soon
/// as anything differs that a model can tell.
///
/// Things go in by their names, not by where they lie: records by label and number, threads by name with the functions
/// that they are in, references by what they lead to. So the number outlives a compiler that lays states out in
/// another way, and a comment that moves lines.
public struct Fingerprinter: Sendable {
    private enum Kind: Sendable {
        /// So many slots as they are.
        case plain(count: Int)
        case references(count: Int)
        case intervalSet, list
        /// A slot that variables of several kinds share, one after the other: its value says what it is.
        case numberOrReference
    }

    private struct Field: Sendable {
        /// From the record's header, the thread's block, or the start of the state.
        var offset: Int
        var name: UInt64
        var kind: Kind
    }

    private let program: Program
    private let globals: [Field]
    /// Which of them don't count while they are 0: faults that only operations know of.
    private let passing: [Bool]
    /// By record, with the fields of the records inside of it.
    private let fields: [[Field]]
    /// By segment.
    private let segmentNames: [UInt64]
    private let threadNames: [UInt64]
    private let functionNames: [UInt64]
    /// By place in a function: the variables that are alive there. What a variable was left with by the last call is no part of a state.
    private let locals: [[Field]]
    /// By instruction, which of them; -1 where no thread can stand.
    private let localsIndex: [Int32]
    /// By statement: which of its function's statements it is.
    private let ordinals: [UInt64]

    /// Works out what a state of this program is made of.
    public init(_ program: Program) {
        self.program = program
        // That a workload comes to rest is an order to the machine, which is given between two steps.
        let counted = program.globals.filter { $0.slot != Program.drainingSlot }
        globals = counted.map { Self.field($0.name, $0.type, at: $0.slot) }
        let added = Set(program.faults.filter(\.isAdded).map(\.slot))
        passing = counted.map { added.contains($0.slot) }
        fields = program.records.indices.map { Self.fields(of: $0, at: 0, program) }
        segmentNames = program.segments.map { segment in
            let own = Hash64.of(program.records[segment.record].name)
            guard let parent = segment.parent else { return own }
            return Hash64.of(program.records[program.segments[parent].record].name, from: own)
        }
        threadNames = program.threads.map { Hash64.of($0.name) }
        functionNames = program.functions.map { Hash64.of($0.qualifiedName) }
        (locals, localsIndex) = Self.locals(program)
        var counts = [UInt64](repeating: 0, count: program.functions.count)
        ordinals = program.statements.map { statement in
            counts[statement.function] += 1
            return counts[statement.function]
        }
    }

    /// Functions may share a frame layout, and call what lies there by other names.
    private static func locals(_ program: Program) -> (fields: [[Field]], index: [Int32]) {
        var fields: [[Field]] = []
        var index = [Int32](repeating: -1, count: program.instructions.count)
        for function in program.functions {
            var known: [Int32: Int32] = [:]
            for pc in function.entry..<function.end where program.frameLayoutIndex[pc] >= 0 {
                let layout = program.frameLayoutIndex[pc]
                if known[layout] == nil {
                    let frame = program.frameLayouts[Int(layout)]
                    let alive = Set(frame.plain + frame.sequences.map(\.slot))
                    known[layout] = Int32(fields.count)
                    fields.append(Self.variables(function.locals.filter { alive.contains(Int32($0.slot)) }))
                }
                index[pc] = known[layout] ?? -1
            }
        }
        return (fields, index)
    }

    private static func variables(_ locals: [LocalInfo]) -> [Field] {
        let references = Set(locals.filter(isReference).map(\.slot))
        return locals.map { local in
            var field = field(local.name, local.type, at: local.slot)
            if references.contains(local.slot), !isReference(local) { field.kind = .numberOrReference }
            return field
        }
    }

    private static func isReference(_ local: LocalInfo) -> Bool { if case .reference = local.type { true } else { false } }

    private static func field(_ name: String, _ type: ValueType, at offset: Int) -> Field {
        let kind: Kind =
            switch type {
            case .reference: .references(count: 1)
            case .table(.reference, let count): .references(count: count)
            case .table(_, let count): .plain(count: count)
            case .intervalSet: .intervalSet
            case .list: .list
            case .semaphore: .plain(count: 3)
            case .srcu: .plain(count: 4)
            default: .plain(count: 1)
            }
        return Field(offset: offset, name: Hash64.of(name), kind: kind)
    }

    private static func fields(of record: Int, at offset: Int, _ program: Program) -> [Field] {
        program.records[record].fields.flatMap { field -> [Field] in
            if case .embedded(let inner) = field.type {
                return fields(of: inner, at: offset + field.offset, program)
            }
            return [Self.field(field.name, field.type, at: offset + field.offset)]
        }
    }

    /// The number of a machine's present state. Takes time in proportion to the state's size.
    public func value(of machine: Machine) -> UInt64 {
        var hash = Hash64()
        for (global, isPassing) in zip(globals, passing)
        where !isPassing || machine.state.slots[global.offset] != 0 {
            add(global, at: 0, machine, to: &hash)
        }
        for (number, segment) in program.segments.enumerated() where segment.parent == nil {
            for instance in 0..<segment.count {
                let address = segment.base + instance * segment.stride
                guard Header.isLive(machine.state.slots[address]) else { continue }
                hash.add(segmentNames[number])
                hash.add(UInt64(instance))
                for field in fields[segment.record] { add(field, at: address, machine, to: &hash) }
            }
        }
        for thread in program.threads.indices where !isIdle(thread, machine) { addThread(thread, machine, to: &hash) }
        return hash.value
    }

    /// The numbers of a state's parts by name: a variable, a record, a thread. To tell in what two states differ.
    public func parts(of machine: Machine) -> [(name: String, value: UInt64)] {
        var parts: [(name: String, value: UInt64)] = []
        func part(_ name: String, _ add: (inout Hash64) -> Void) {
            var hash = Hash64()
            add(&hash)
            parts.append((name, hash.value))
        }
        let counted = program.globals.filter { $0.slot != Program.drainingSlot }
        for ((global, info), isPassing) in zip(zip(globals, counted), passing)
        where !isPassing || machine.state.slots[global.offset] != 0 {
            part(info.name) { add(global, at: 0, machine, to: &$0) }
        }
        for segment in program.segments where segment.parent == nil {
            for address in (0..<segment.count).lazy.map({ segment.base + $0 * segment.stride }) {
                guard Header.isLive(machine.state.slots[address]) else { continue }
                part(machine.name(ofRecordAt: address)) { hash in
                    for field in fields[segment.record] { add(field, at: address, machine, to: &hash) }
                }
            }
        }
        for thread in program.threads.indices where !isIdle(thread, machine) {
            part("the thread \(program.threads[thread].name)") { addThread(thread, machine, to: &$0) }
        }
        return parts
    }

    /// A thread for operations that has none: a program without operations doesn't have it, and does the same.
    private func isIdle(_ thread: Int, _ machine: Machine) -> Bool {
        program.threads[thread].role == .perturbation && machine.hasFinished(thread)
    }

    private func addThread(_ thread: Int, _ machine: Machine, to hash: inout Hash64) {
        hash.add(threadNames[thread])
        let block = machine.block(of: thread)
        var pc = Int(machine.state.slots[block])
        for frame in machine.callStack(of: thread) {
            hash.add(functionNames[frame.function])
            hash.add(frame.statement.map { ordinals[$0] } ?? 0)
            let alive = localsIndex.indices.contains(pc) ? Int(localsIndex[pc]) : -1
            if alive >= 0 { for local in locals[alive] { add(local, at: block, machine, to: &hash) } }
            pc = Int(machine.state.slots[block + program.functions[frame.function].frame.lowerBound])
        }
    }

    private func add(_ field: Field, at address: Int, _ machine: Machine, to hash: inout Hash64) {
        let slot = address + field.offset
        hash.add(field.name)
        switch field.kind {
        case .plain(let count):
            machine.state.slots.withUnsafeBufferPointer { slots in
                for index in slot..<(slot + count) { hash.add(UInt64(bitPattern: slots[index])) }
            }
        case .references(let count):
            for index in slot..<(slot + count) { addReference(machine.state.slots[index], machine, to: &hash) }
        case .numberOrReference:
            let bits = machine.state.slots[slot]
            // A reference has a generation; no number of a model is that great.
            if Reference(bits: bits).generation >= Reference.firstGeneration { addReference(bits, machine, to: &hash) } else { hash.add(UInt64(bitPattern: bits)) }
        case .list:
            for element in machine.list(at: slot) { addRecord(at: element, machine, to: &hash) }
        case .intervalSet:
            let tree = machine.tree(at: slot)
            // In order: a tree's shape tells nothing.
            for handle in tree.overlaps(first: 0, last: .max) {
                hash.add(tree.first(of: handle))
                hash.add(tree.last(of: handle))
                addRecord(at: Int(tree.tag(of: handle)), machine, to: &hash)
            }
        }
    }

    private func addReference(_ bits: Int64, _ machine: Machine, to hash: inout Hash64) {
        let reference = Reference(bits: bits)
        guard !reference.isNone, reference.address < program.threadBase else { return hash.add(UInt64(bitPattern: bits)) }
        hash.add(machine.isLive(reference) ? 1 : 2)
        addRecord(at: reference.address, machine, to: &hash)
    }

    private func addRecord(at address: Int, _ machine: Machine, to hash: inout Hash64) {
        let number = Header.segment(machine.state.slots[address])
        guard program.segments.indices.contains(number) else { return hash.add(UInt64(address)) }
        let segment = program.segments[number]
        hash.add(segmentNames[number])
        hash.add(UInt64(bitPattern: Int64((address - segment.base) / segment.stride)))
    }
}

/// A hash of numbers in a row that is the same everywhere, which Swift's own isn't meant to be.
struct Hash64 {
    private(set) var value: UInt64 = 0x6D6D_7573_636F_7065

    mutating func add(_ word: UInt64) {
        // An odd factor carries every bit upwards, the shift brings the upper ones down again.
        value = (value ^ word) &* 0x9FB2_1C65_1E98_DF25
        value ^= value &>> 29
    }

    static func of(_ text: String, from start: UInt64 = 0) -> UInt64 {
        var hash = Hash64()
        hash.add(start)
        for byte in text.utf8 { hash.add(UInt64(byte)) }
        return hash.value
    }
}
