/// Every state that was met, exactly, each under a number of its own in the order in which they came.
///
/// A row of words is folded in two again and again: each pair of neighbours is kept once in a table and stands for
/// itself by its number in the row above, until a single pair is left. States share whatever halves, quarters and smaller
/// parts they have in common, so one more costs little over 8 bytes; and since each pair can be looked up
/// by its number, the row can be had back. (Tree compression, as LTSmin has it.)
final class StateStore {
    /// How many words a state has.
    let wordCount: Int
    /// Rows from the words up, each half as long as the one below it and made even; the last has two places.
    private let lengths: [Int]
    /// Where each row begins in ``open`` and ``next``.
    private let starts: [Int]
    private let inner = PairTable()
    private let whole = PairTable()
    /// The rows of the state that was loaded last: what others are compared with, place by place.
    private let open: UnsafeMutablePointer<UInt32>
    /// The rows of the state that is being put in.
    private let next: UnsafeMutablePointer<UInt32>
    private var isOpen = false

    init(wordCount: Int) {
        self.wordCount = wordCount
        var lengths = [max(2, wordCount + wordCount & 1)]
        var starts = [0]
        while let last = lengths.last, let start = starts.last, last > 2 {
            let half = last / 2
            lengths.append(half + half & 1)
            starts.append(start + last)
        }
        self.lengths = lengths
        self.starts = starts
        let total = lengths.reduce(0, +)
        open = .allocate(capacity: total)
        open.initialize(repeating: 0, count: total)
        next = .allocate(capacity: total)
        next.initialize(repeating: 0, count: total)
        // Number 0 is the pair of zeros: nothing is nothing at every height.
        _ = inner.number(of: 0)
    }

    deinit {
        open.deallocate()
        next.deallocate()
    }

    var count: Int { whole.count }

    /// Bytes that all states take.
    var byteCount: Int { inner.byteCount + whole.byteCount }

    /// The words of a state, which from now on is the one that others are compared with.
    func load(_ state: Int, into words: inout [UInt32]) {
        precondition(words.count == wordCount)
        let top = lengths.count - 1
        unfold(whole[state], into: 0, of: top)
        isOpen = true
        words.withUnsafeMutableBufferPointer { words in
            for place in 0..<words.count { words[place] = open[place] }
        }
    }

    /// Puts a pair into places `place` and `place + 1` of a row and unfolds what lies below them, as far as it differs
    /// from what is there.
    private func unfold(_ pair: UInt64, into place: Int, of row: Int) {
        // Bounds: a row has two places for each place of the row above it but for the one that makes that even, which holds 0
        // and is passed over.
        guard place + 1 < lengths[row] else { return }
        let places = open + starts[row] + place
        for (offset, part) in [UInt32(truncatingIfNeeded: pair >> 32), UInt32(truncatingIfNeeded: pair)].enumerated()
        where places[offset] != part || !isOpen {
            places[offset] = part
            if row > 0 { unfold(inner[Int(part)], into: 2 * (place + offset), of: row - 1) }
        }
    }

    /// Puts a state in, unless it is there already.
    func insert(_ words: [UInt32]) -> (state: Int, isNew: Bool) {
        precondition(words.count == wordCount)
        words.withUnsafeBufferPointer { words in
            for place in 0..<words.count { next[place] = words[place] }
        }
        let top = lengths.count - 1
        for row in 0..<top {
            // Bounds: as in `unfold`.
            let (own, other) = (next + starts[row], open + starts[row])
            let (above, otherAbove) = (next + starts[row + 1], open + starts[row + 1])
            for place in 0..<(lengths[row] / 2) {
                let (left, right) = (own[2 * place], own[2 * place + 1])
                if isOpen, left == other[2 * place], right == other[2 * place + 1] {
                    above[place] = otherAbove[place]
                } else {
                    above[place] = UInt32(inner.number(of: UInt64(left) << 32 | UInt64(right)).number)
                }
            }
        }
        let last = next + starts[top]
        let (number, isNew) = whole.number(of: UInt64(last[0]) << 32 | UInt64(last[1]))
        return (number, isNew)
    }
}
