import IntervalTree

/// What a state has other than the state that its machine started with: how the many places of a run are kept that are
/// only come back to.
///
/// Most of a large state stays as the setup left it (room for records, names, ranges), so this takes a fraction of the
/// bytes of a copy, and neither making it nor going back to it looks at what was never touched.
public struct StateDifference: Sendable {
    /// Slots that one mask stands for.
    private static let group = 64
    private static let groupsPerStretch = TouchedSlots.stretch / group

    /// The stretches in which something may differ, ascending.
    fileprivate private(set) var stretches: [UInt32] = []
    /// For each group of slots in those, the ones that differ.
    private var masks: [UInt64] = []
    /// The values, in order; of those that take more than 32 bits the index into `wideValues` with ``wideMark`` before it.
    private var values: [Int32] = []
    private var wideValues: [Int64] = []
    fileprivate private(set) var trees: [IntervalTree.Difference]
    /// Who had been found waiting, and for what: so that going on from here finds the same as it did then.
    fileprivate var waiting: (mask: UInt64, memories: [Machine.Memory]) = (0, [])

    /// What no value is kept as: the next is found among the wide ones.
    private static let wideMark = Int32.min

    fileprivate init(of state: State, from start: State, touched: TouchedSlots) {
        trees = zip(state.trees, start.trees).map { $0.difference(from: $1) }
        let count = state.slots.count
        for stretch in touched.flags.indices where touched.contains(stretch: stretch) {
            let slots = TouchedSlots.slots(of: stretch, count: count)
            let first = masks.count
            for group in stride(from: slots.lowerBound, to: slots.upperBound, by: Self.group) {
                masks.append(Self.mask(state.slots, start.slots, group..<min(group + Self.group, slots.upperBound)))
            }
            while masks.count < first + Self.groupsPerStretch { masks.append(0) }
            guard masks[first...].contains(where: { $0 != 0 }) else {
                masks.removeLast(Self.groupsPerStretch)
                continue
            }
            stretches.append(UInt32(stretch))
            for group in 0..<Self.groupsPerStretch {
                keep(state.slots, slots.lowerBound + group * Self.group, masks[first + group])
            }
        }
        giveBackRoom()
    }

    /// Thousands of these are kept: what they were grown with isn't.
    private mutating func giveBackRoom() {
        func exact<Element>(_ array: [Element]) -> [Element] { array.withUnsafeBufferPointer { Array($0) } }
        stretches = exact(stretches)
        masks = exact(masks)
        values = exact(values)
        wideValues = exact(wideValues)
    }

    private static func mask(_ slots: [Int64], _ start: [Int64], _ range: Range<Int>) -> UInt64 {
        slots.withUnsafeBufferPointer { slots in
            start.withUnsafeBufferPointer { start in
                // In bounds: the range ends at the count that both have.
                var difference: Int64 = 0
                for slot in range { difference |= slots[slot] ^ start[slot] }
                // Most are the same: what differs is looked for only where something does.
                guard difference != 0 else { return 0 }
                var mask: UInt64 = 0
                for slot in range where slots[slot] != start[slot] { mask |= 1 << UInt64(slot - range.lowerBound) }
                return mask
            }
        }
    }

    private mutating func keep(_ slots: [Int64], _ first: Int, _ mask: UInt64) {
        var rest = mask
        while rest != 0 {
            let value = slots[first + rest.trailingZeroBitCount]
            rest &= rest &- 1
            if let narrow = Int32(exactly: value), narrow != Self.wideMark {
                values.append(narrow)
            } else {
                values.append(Self.wideMark)
                wideValues.append(value)
            }
        }
    }

    /// Puts what differs into slots that are otherwise as at the start.
    fileprivate func apply(to slots: inout [Int64]) {
        var (next, nextWide) = (0, 0)
        for (index, stretch) in stretches.enumerated() {
            let start = Int(stretch) * TouchedSlots.stretch
            for group in 0..<Self.groupsPerStretch {
                var rest = masks[index * Self.groupsPerStretch + group]
                while rest != 0 {
                    let slot = start + group * Self.group + rest.trailingZeroBitCount
                    rest &= rest &- 1
                    let value = values[next]
                    next += 1
                    guard value == Self.wideMark else {
                        slots[slot] = Int64(value)
                        continue
                    }
                    slots[slot] = wideValues[nextWide]
                    nextWide += 1
                }
            }
        }
    }

    /// Bytes that it takes at most.
    public var byteCount: Int {
        stretches.count * 4 + masks.count * 8 + values.count * 4 + wideValues.count * 8
            + trees.reduce(0) { $0 + $1.byteCount + MemoryLayout<IntervalTree.Difference>.stride }
    }
}

extension Machine {
    /// What its state has other than the one that it started with.
    public func difference() -> StateDifference {
        var touched = touched
        touched.insert(threadSlots)
        var difference = StateDifference(of: state, from: start, touched: touched)
        difference.waiting = (waitingMask, waiting)
        return difference
    }

    /// Goes to the state that a difference was taken of, by a machine of the same program.
    public mutating func restore(_ difference: StateDifference) {
        touched.insert(threadSlots)
        let count = state.slots.count
        precondition(count == start.slots.count && difference.trees.count == start.trees.count, "a state of another program")
        let (started, written) = (start.slots, touched)
        state.slots.withUnsafeMutableBufferPointer { own in
            started.withUnsafeBufferPointer { started in
                // In bounds: both have as many, and stretches end there.
                for stretch in written.flags.indices where written.contains(stretch: stretch) {
                    for slot in TouchedSlots.slots(of: stretch, count: count) { own[slot] = started[slot] }
                }
            }
        }
        difference.apply(to: &state.slots)
        touched.removeAll()
        for stretch in difference.stretches { touched.insert(TouchedSlots.slots(of: Int(stretch), count: count)) }
        for (index, tree) in difference.trees.enumerated() { state.trees[index].become(tree, from: start.trees[index]) }
        (waitingMask, waiting) = difference.waiting
    }

    /// Goes back to where it started.
    public mutating func restoreStart() {
        state = start
        touched.removeAll()
        waitingMask = 0
    }

    /// All threads' blocks.
    private var threadSlots: Range<Int> {
        program.threadBase..<(program.threadBase + program.threads.count * program.threadStride)
    }
}
