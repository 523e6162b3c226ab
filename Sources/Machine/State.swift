import IntervalTree
import Language

/// The whole state of a model: one row of slots and the interval trees. A value: a copy is a memory copy.
public struct State: Sendable, Equatable {
    /// Globals, records' pools, threads' blocks, as ``Program`` lays them out.
    public internal(set) var slots: [Int64]
    public internal(set) var trees: [IntervalTree]

    /// How many bytes a copy takes at most.
    public var byteCount: Int {
        slots.count * MemoryLayout<Int64>.stride + trees.reduce(0) { $0 + $1.count * 40 }
    }
}

/// A reference as it stands in a slot: which generation of which record.
///
/// A record that is freed and made anew lies at the same address with another generation, so that an old reference
/// is recognised even after reuse.
public struct Reference: Hashable, Sendable {
    public let bits: Int64

    public init(bits: Int64) { self.bits = bits }

    /// Generations count from here, so that no reference looks like a number that a model is likely to compute with.
    static let firstGeneration: Int64 = 1 << 30

    init(generation: Int64, address: Int) { bits = generation << 32 | Int64(address) }

    public var isNone: Bool { bits == 0 }
    /// The slot of the record's header.
    public var address: Int { Int(bits & 0xFFFF_FFFF) }
    var generation: Int64 { bits >> 32 }
}

/// The header of a record: `generation << 32 | segment << 1 | live`.
enum Header {
    static func isLive(_ header: Int64) -> Bool { header & 1 != 0 }
    static func segment(_ header: Int64) -> Int { Int(header & 0xFFFF_FFFE) >> 1 }
    static func generation(_ header: Int64) -> Int64 { header >> 32 }
    static func make(generation: Int64, segment: Int, live: Bool) -> Int64 {
        generation << 32 | Int64(segment) << 1 | (live ? 1 : 0)
    }
}

extension Program {
    /// The state before anything has run: pools empty, threads at their first statement.
    func blankState() -> State {
        var slots = [Int64](repeating: 0, count: slotCount)
        for (number, segment) in segments.enumerated() {
            for instance in 0..<segment.count {
                let address = segment.base + instance * segment.stride
                slots[address] = Header.make(generation: Reference.firstGeneration, segment: number, live: false)
                for (index, offset) in segment.sets.enumerated() {
                    slots[address + offset] = Int64(segment.firstTree + instance * segment.sets.count + index)
                }
            }
        }
        for (index, thread) in threads.enumerated() {
            let block = threadBase + index * threadStride
            let function = functions[thread.function]
            slots[block + ThreadSlot.programCounter] = thread.role == .perturbation ? -1 : Int64(function.entry)
            if let value = thread.index { slots[block + function.frame.lowerBound + 1] = value }
        }
        return State(slots: slots, trees: [IntervalTree](repeating: IntervalTree(), count: treeCount))
    }
}

extension State {
    /// The value of a slot.
    public func slot(_ slot: Int) -> Int64 { slots[slot] }
}
