/// Who steps next when nobody says so.
public enum Policy: String, Sendable, Equatable, CaseIterable {
    /// Each in turn, as far as it can.
    case roundRobin = "round-robin"
    /// Any that can, all equally likely.
    case random
    /// One for a while, then any other: some races need many steps of one thread between two of another.
    case bursts
    /// The highest of those that can, by priorities that change at random points (PCT); see ``PriorityOrder``.
    case priority
    /// Whoever makes readers and invalidations meet; see ``CollisionSeeker``.
    case seekCollision = "seek-collision"
    /// As the scenario's `schedule` says, then round-robin.
    case pinned
    /// Nobody: every step is chosen by hand.
    case byHand = "by hand"

    /// Its name without a blank, as in a line of text.
    var word: String { self == .byHand ? "by-hand" : rawValue }

    /// By either form of its name.
    init?(word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word || $0.rawValue == word }) else { return nil }
        self = found
    }
}

/// Numbers that look random and depend on the seed, the step and the draw alone: a step's choice is the same however
/// it was come to.
struct StepRandom {
    private var state: UInt64

    init(seed: UInt64, step: Int) {
        state = seed &* 0xD6E8_FEB8_6659_FD93 &+ UInt64(bitPattern: Int64(step)) &* 0x9E37_79B9_7F4A_7C15
        _ = next()
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 ..< bound.
    mutating func next(below bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}

/// Priorities as in probabilistic concurrency testing (Burckhardt and others, ASPLOS 2010): the highest thread that can step
/// does, and at a few random points the one that runs becomes the lowest.
///
/// A bug that needs d steps in a given order is met with a probability of at least 1 / (threads · stepsᵈ⁻¹), whatever
/// else happens. That takes the length of the run to be known, which it isn't here: each stretch of ``window`` steps has
/// ``changePoints`` of its own. Both order and points follow from the seed.
struct PriorityOrder: Sendable, Equatable {
    static let window = 256
    static let changePoints = 3

    /// Threads, highest first.
    private(set) var threads: [UInt8]

    /// - Parameters:
    ///   - own: the scenario's threads.
    ///   - others: those for operations, which leave the order among the scenario's own as it is.
    init(seed: UInt64, own: Int, others: Int) {
        threads = (0..<UInt8(own)).map { $0 }
        // A step before the first: no draw of the run's is the same.
        var random = StepRandom(seed: seed, step: -1)
        for index in threads.indices.reversed() { threads.swapAt(index, random.next(below: index + 1)) }
        for other in 0..<others { threads.insert(UInt8(own + other), at: random.next(below: threads.count + 1)) }
    }

    /// Whether the thread that runs is to become the lowest before a step.
    static func isChangePoint(_ step: Int, seed: UInt64) -> Bool {
        var random = StepRandom(seed: ~seed, step: step / window)
        for _ in 0..<changePoints where random.next(below: window) == step % window { return true }
        return false
    }

    mutating func demote(_ thread: Int) {
        guard let index = threads.firstIndex(of: UInt8(thread)) else { return }
        threads.append(threads.remove(at: index))
    }
}
