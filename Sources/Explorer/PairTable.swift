/// Pairs of 32-bit numbers, each kept once, under a number of its own: the order in which they came, from 0.
///
/// Numbers stay when it grows. Not shared between tasks.
final class PairTable {
    private(set) var count = 0
    private var capacity: Int
    private var pairs: UnsafeMutablePointer<UInt64>
    /// Number + 1 of a pair, at the place that its hash leads to or behind it; 0 is free.
    private var index: UnsafeMutablePointer<UInt32>
    private var mask: Int

    init() {
        capacity = 1 << 10
        pairs = .allocate(capacity: capacity)
        mask = 1 << 11 - 1
        index = .allocate(capacity: mask + 1)
        index.initialize(repeating: 0, count: mask + 1)
    }

    deinit {
        pairs.deallocate()
        index.deallocate()
    }

    /// Bytes that it takes.
    var byteCount: Int { capacity * MemoryLayout<UInt64>.stride + (mask + 1) * MemoryLayout<UInt32>.stride }

    /// More pairs than this have no number.
    static let limit = Int(UInt32.max) - 1

    subscript(number: Int) -> UInt64 {
        precondition(number < count)
        return pairs[number]
    }

    /// The pair's number, and whether it came only now.
    func number(of pair: UInt64) -> (number: Int, isNew: Bool) {
        // Bounds: `place` is masked to the index's length, which is a power of two and never full; what the index holds is
        // the number + 1 of a pair below `count`.
        var place = Int(truncatingIfNeeded: Self.mixed(pair)) & mask
        while index[place] != 0 {
            let number = Int(index[place]) - 1
            if pairs[number] == pair { return (number, false) }
            place = (place + 1) & mask
        }
        precondition(count < Self.limit, "more states than there are numbers")
        if count == capacity { makeRoom() }
        // Four fifths full, chains are still short.
        if 5 * (count + 1) > 4 * (mask + 1) {
            makeIndex()
            return number(of: pair)
        }
        pairs[count] = pair
        count += 1
        index[place] = UInt32(count)
        return (count - 1, true)
    }

    private static func mixed(_ pair: UInt64) -> UInt64 {
        var z = pair &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 32)) &* 0xD6E8_FEB8_6659_FD93
        return z ^ (z >> 29)
    }

    /// A quarter more: of what a table takes, little is room.
    private func makeRoom() {
        capacity += capacity / 4
        let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        larger.update(from: pairs, count: count)
        pairs.deallocate()
        pairs = larger
    }

    private func makeIndex() {
        index.deallocate()
        mask = 2 * mask + 1
        index = .allocate(capacity: mask + 1)
        index.initialize(repeating: 0, count: mask + 1)
        for number in 0..<count {
            var place = Int(truncatingIfNeeded: Self.mixed(pairs[number])) & mask
            while index[place] != 0 { place = (place + 1) & mask }
            index[place] = UInt32(number + 1)
        }
    }
}
