// Ratios to a peer in the same run.
//
// The two take turns (A B A B …), so that what the machine does meanwhile meets both, and the ratio is taken within each
// round: the median of those moves much less than the times themselves do.

import Foundation

/// One thing measured for us and for the peer, round by round, in nanoseconds per operation.
struct PairedSamples {
    private(set) var ours: [Double] = []
    private(set) var peer: [Double] = []

    mutating func add(ours: Double, peer: Double) {
        self.ours.append(ours)
        self.peer.append(peer)
    }

    var ratio: Double { zip(ours, peer).map { $0 / $1 }.median }
}

extension [Double] {
    /// The middle value; not a number if there is none.
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = self.sorted()
        let middle = count / 2
        return count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

/// How long the work takes, in processor time of this thread: what other programs take meanwhile doesn't count.
func nanoseconds(_ work: () -> Void) -> Double {
    let start = threadTime()
    work()
    return threadTime() - start
}

private func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// Rows of text in columns as wide as they need: the first to the left, the others to the right.
struct Table {
    private var rows: [[String]]

    init(_ titles: String...) {
        rows = [titles]
    }

    mutating func add(_ cells: String...) {
        rows.append(cells)
    }

    func print() {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        for row in rows {
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            Swift.print("  " + cells.joined(separator: "  "))
        }
    }
}

extension Double {
    /// With so many digits behind the point.
    func digits(_ count: Int) -> String {
        String(format: "%.\(count)f", self)
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
