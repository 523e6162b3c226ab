/// Which ways a step goes where its statement chooses, as one number: the way at the first `choose`, plus so often as the first
/// has ways the way at the second, and so on. A step takes its ways from it, and tells which number comes next.
struct Choices: Sendable {
    private var rest: UInt64
    /// How many numbers tell apart what could be chosen so far; `UInt64.max` stands for more.
    private(set) var ways: UInt64 = 1
    private var number: UInt64 = 0
    /// The least number that goes the way that was gone; nil as long as nothing was chosen among several.
    var taken: UInt64? { ways > 1 ? number : nil }
    /// The number of the next way to go, after the one that was gone: the last `choose` that has another way takes it, those
    /// before it stay, those behind it begin again. 0 when all have been gone.
    private(set) var next: UInt64 = 0

    init(_ number: UInt64) { rest = number }

    /// The way at a `choose` of so many: 0 ..< count.
    mutating func take(of count: UInt64) -> UInt64 {
        let way = rest % count
        rest /= count
        // More ways than there are numbers: who looks for all of them has given up long before.
        let step = ways.multipliedReportingOverflow(by: way &+ 1)
        if way &+ 1 < count { next = step.overflow ? .max : number &+ step.partialValue }
        number = number &+ ways &* way
        let all = ways.multipliedReportingOverflow(by: count)
        ways = all.overflow ? .max : all.partialValue
        return way
    }
}
