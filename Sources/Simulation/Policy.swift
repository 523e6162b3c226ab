/// Who steps next when nobody says so.
public enum Policy: String, Sendable, Equatable, CaseIterable {
    /// Each in turn, as far as it can.
    case roundRobin = "round-robin"
    /// Any that can, all equally likely.
    case random
    /// One for a while, then any other: some races need many steps of one thread between two of another.
    case bursts
    /// As the scenario's `schedule` says, then round-robin.
    case pinned
    /// Nobody: every step is chosen by hand.
    case byHand = "by hand"
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
