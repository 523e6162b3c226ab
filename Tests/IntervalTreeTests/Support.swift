import IntervalTree

/// A small generator whose whole state is its seed, so that a failure can be run again from the printed seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// What the tree should be, the naive way: an array in order.
struct SortedArrayModel {
    struct Entry: Equatable {
        var first: UInt64
        var last: UInt64
        var tag: UInt32
        var handle: IntervalTree.Handle
    }

    var entries: [Entry] = []

    mutating func insert(_ entry: Entry) {
        let place = entries.firstIndex { $0.first > entry.first } ?? entries.endIndex
        entries.insert(entry, at: place)
    }

    mutating func remove(_ handle: IntervalTree.Handle) {
        entries.removeAll { $0.handle == handle }
    }

    func overlaps(first: UInt64, last: UInt64) -> [IntervalTree.Handle] {
        entries.filter { $0.first <= last && $0.last >= first }.map(\.handle)
    }

    /// By definition: the overlapping ones among those behind the given one.
    func nextOverlap(after handle: IntervalTree.Handle, first: UInt64, last: UInt64) -> IntervalTree.Handle? {
        guard let place = entries.firstIndex(where: { $0.handle == handle }) else { return nil }
        return entries[(place + 1)...].first { $0.first <= last && $0.last >= first }?.handle
    }
}

extension IntervalTree {
    /// Every range in order, as the structure's accessors tell it.
    var entriesInOrder: [SortedArrayModel.Entry] {
        var entries: [SortedArrayModel.Entry] = []
        var current = minimum
        while let handle = current {
            entries.append(.init(first: first(of: handle), last: last(of: handle), tag: tag(of: handle), handle: handle))
            current = successor(of: handle)
        }
        return entries
    }

    var tagsInOrder: [UInt32] { entriesInOrder.map(\.tag) }

    func overlappingTags(_ first: UInt64, _ last: UInt64) -> [UInt32] {
        overlaps(first: first, last: last).map { tag(of: $0) }
    }
}

/// Every order of the elements.
func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard !elements.isEmpty else { return [[]] }
    return elements.indices.flatMap { index in
        var rest = elements
        let chosen = rest.remove(at: index)
        return permutations(rest).map { [chosen] + $0 }
    }
}
