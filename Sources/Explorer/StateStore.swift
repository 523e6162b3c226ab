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
    /// Where each row begins in ``open``.
    private let starts: [Int]
    private let inner = PairTable()
    private let whole = PairTable()
    /// The rows of the state that was loaded last: what others are compared with, place by place.
    private let open: UnsafeMutablePointer<UInt32>
    /// What differs from it in the state that is being put in, row by row: places in ascending order, and what is there.
    private let changed: UnsafeMutablePointer<Change>
    private let changedAbove: UnsafeMutablePointer<Change>

    private struct Change {
        var place: UInt32
        var value: UInt32
    }

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
        changed = .allocate(capacity: lengths[0])
        changedAbove = .allocate(capacity: lengths[0])
        // Number 0 is the pair of zeros: nothing is nothing at every height.
        _ = inner.number(of: 0)
    }

    deinit {
        open.deallocate()
        changed.deallocate()
        changedAbove.deallocate()
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
        unfold(UInt32(truncatingIfNeeded: pair >> 32), at: place, of: row)
        unfold(UInt32(truncatingIfNeeded: pair), at: place + 1, of: row)
    }

    @inline(__always)
    private func unfold(_ part: UInt32, at place: Int, of row: Int) {
        let own = open + starts[row] + place
        guard own.pointee != part || !isOpen else { return }
        own.pointee = part
        if row > 0 { unfold(inner[Int(part)], into: 2 * place, of: row - 1) }
    }

    /// Puts a state in, unless it is there already. Costs what differs from the state that is open: a new pair for each place
    /// on the way from a changed word to the top. (Until a state has been loaded, zeros are open: they fold to zeros.)
    func insert(_ words: [UInt32]) -> (state: Int, isNew: Bool) {
        precondition(words.count == wordCount)
        var count = words.withUnsafeBufferPointer { differences($0) }
        var (own, above) = (changed, changedAbove)
        let top = lengths.count - 1
        for row in 0..<top {
            // Bounds: a row has no more changes than places, and a place's half is a place of the row above.
            let places = open + starts[row]
            var next = 0
            var index = 0
            while index < count {
                let place = Int(own[index].place)
                let pair = place & ~1
                var (left, right) = (places[pair], places[pair + 1])
                if place == pair { left = own[index].value } else { right = own[index].value }
                index += 1
                if place == pair, index < count, Int(own[index].place) == pair + 1 {
                    right = own[index].value
                    index += 1
                }
                let number = inner.number(of: UInt64(left) << 32 | UInt64(right)).number
                above[next] = Change(place: UInt32(pair / 2), value: UInt32(number))
                next += 1
            }
            count = next
            swap(&own, &above)
        }
        var (left, right) = (open[starts[top]], open[starts[top] + 1])
        for index in 0..<count {
            if own[index].place == 0 { left = own[index].value } else { right = own[index].value }
        }
        let (number, isNew) = whole.number(of: UInt64(left) << 32 | UInt64(right))
        return (number, isNew)
    }

    /// Lists the words that differ from the open state's. Returns how many.
    private func differences(_ words: UnsafeBufferPointer<UInt32>) -> Int {
        guard let base = words.baseAddress else { return 0 }
        var count = 0
        var place = 0
        // Bounds: sixteen at a time as long as there are sixteen left; `open` has a place for each word.
        let (own, other) = (UnsafeRawPointer(base), UnsafeRawPointer(open))
        while place < words.count {
            if place + 16 <= words.count {
                var difference: UInt64 = 0
                for eight in 0..<8 {
                    let offset = place &* 4 &+ eight &* 8
                    difference |= own.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                        ^ other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                }
                if difference == 0 {
                    place += 16
                    continue
                }
            }
            for place in place..<min(place + 16, words.count) where words[place] != open[place] {
                changed[count] = Change(place: UInt32(place), value: words[place])
                count += 1
            }
            place += 16
        }
        return count
    }
}
