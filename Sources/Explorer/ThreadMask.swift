/// Some of a program's threads: there are never more than 62.
struct ThreadMask: Hashable, Sendable {
    private(set) var bits: UInt64 = 0

    init() {}
    init(_ threads: some Sequence<Int>) { for thread in threads { insert(thread) } }
    private init(bits: UInt64) { self.bits = bits }

    var isEmpty: Bool { bits == 0 }
    /// In ascending order.
    var threads: [Int] { (0..<64).filter(contains) }

    func contains(_ thread: Int) -> Bool { bits & (1 << UInt64(thread)) != 0 }
    mutating func insert(_ thread: Int) { bits |= 1 << UInt64(thread) }
    mutating func formUnion(_ other: ThreadMask) { bits |= other.bits }
    func union(_ other: ThreadMask) -> ThreadMask { ThreadMask(bits: bits | other.bits) }
    func intersection(_ other: ThreadMask) -> ThreadMask { ThreadMask(bits: bits & other.bits) }
    func subtracting(_ other: ThreadMask) -> ThreadMask { ThreadMask(bits: bits & ~other.bits) }
    var complement: ThreadMask { ThreadMask(bits: ~bits) }
}
