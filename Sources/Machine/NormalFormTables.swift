import Language

/// What ``NormalForm`` looks up for every state, as plain memory: no counting of references, no checks of exclusivity.
///
/// Owned from init to deinit, and never changed in between.
final class NormalFormTables {
    typealias Kind = NormalFormLayout.Kind

    /// A field of a pool's records.
    struct Field {
        var offset: Int32
        var kind: Kind
        /// The width of a sequence number.
        var bits: UInt8
    }

    /// A pool of records.
    struct Pool {
        var base: Int32
        var stride: Int32
        var count: Int32
        var hintSlot: Int32
        var firstField: Int32
        var endOfFields: Int32
    }

    /// A slot whose value matters, and how wide it is if it holds a sequence number; ``FrameLayout/plainNumber`` if it holds another.
    struct Slot {
        var slot: Int32
        var bits: Int32
    }

    /// What can be told of an instruction that a thread may stand at.
    struct Place {
        /// The function that it belongs to is one that threads begin in.
        var isOutermost: Bool
        /// Where that function's frame begins in a thread's block.
        var frame: Int32
        /// The live slots.
        var first: Int32
        var end: Int32
    }

    nonisolated(unsafe) let pools: UnsafePointer<Pool>
    let poolCount: Int
    nonisolated(unsafe) let fields: UnsafePointer<Field>
    nonisolated(unsafe) let globals: UnsafePointer<Slot>
    let globalCount: Int
    nonisolated(unsafe) let places: UnsafePointer<Place>
    nonisolated(unsafe) let slots: UnsafePointer<Slot>
    nonisolated(unsafe) let poolOf: UnsafePointer<Int32>
    nonisolated(unsafe) let instanceOf: UnsafePointer<Int32>
    nonisolated(unsafe) let rootOf: UnsafePointer<Int32>
    nonisolated(unsafe) let kinds: UnsafePointer<Kind>
    nonisolated(unsafe) let blank: UnsafePointer<Int64>

    init(_ layout: NormalFormLayout, _ program: Program) {
        var fields: [Field] = []
        let pools = layout.pools.map { pool -> Pool in
            let first = fields.count
            fields += pool.fields.map { Field(offset: Int32($0.offset), kind: $0.kind, bits: UInt8($0.bits)) }
            return Pool(
                base: Int32(pool.base), stride: Int32(pool.stride), count: Int32(pool.count), hintSlot: Int32(pool.hintSlot),
                firstField: Int32(first), endOfFields: Int32(fields.count))
        }
        self.pools = plainMemory(pools)
        poolCount = pools.count
        self.fields = plainMemory(fields)
        globals = plainMemory(program.globals.map { Slot(slot: Int32($0.slot), bits: Int32($0.type.sequenceBits ?? ($0.type.isPlainNumber ? FrameLayout.plainNumber : 0))) })
        globalCount = program.globals.count
        var slots: [Slot] = []
        let outermost = program.outermostFunctions
        places = plainMemory(
            layout.functions.indices.map { pc -> Place in
                let function = Int(layout.functions[pc])
                let first = slots.count
                if program.frameLayoutIndex.indices.contains(pc), program.frameLayoutIndex[pc] >= 0 {
                    let frame = program.frameLayouts[Int(program.frameLayoutIndex[pc])]
                    slots += frame.plain.map { Slot(slot: $0, bits: 0) }
                    slots += frame.sequences.map { Slot(slot: $0.slot, bits: $0.bits) }
                }
                return Place(
                    isOutermost: outermost[function], frame: Int32(program.functions[function].frame.lowerBound),
                    first: Int32(first), end: Int32(slots.count))
            })
        self.slots = plainMemory(slots)
        poolOf = plainMemory(layout.poolOf)
        instanceOf = plainMemory(layout.instanceOf)
        rootOf = plainMemory(layout.rootOf)
        kinds = plainMemory(layout.kinds)
        blank = plainMemory(layout.blank)
    }

    deinit {
        pools.deallocate()
        fields.deallocate()
        globals.deallocate()
        places.deallocate()
        slots.deallocate()
        poolOf.deallocate()
        instanceOf.deallocate()
        rootOf.deallocate()
        kinds.deallocate()
        blank.deallocate()
    }
}
