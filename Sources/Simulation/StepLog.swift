/// Who took each step up to the frontier: a byte a step, in chunks, so that a copy of a simulation shares what was.
///
/// Steps that were passed over (a jump to a recording's checkpoint) are unknown until they are run.
struct StepLog: Sendable {
    /// Steps that one chunk holds: what a copy that goes on otherwise has to copy at most.
    private static let chunkSize = 65_536
    /// Steps that one mask stands for.
    private static let blockSize = 256
    private static let unknown = UInt8.max
    /// Set in a mask where some step of its block is unknown.
    static let unknownBit: UInt64 = 1 << 63

    private struct Chunk: Sendable {
        var threads: [UInt8] = []
        /// For each block, the threads that took a step in it.
        var masks: [UInt64] = []
    }

    private static let unknownChunk = Chunk(
        threads: [UInt8](repeating: unknown, count: chunkSize),
        masks: [UInt64](repeating: unknownBit, count: chunkSize / blockSize))

    private var chunks: [Chunk] = []
    /// The last step that it reaches to.
    private(set) var count = 0

    /// A step was taken.
    mutating func note(step: Int, thread: Int) {
        guard step > count else { return fill(step, thread) }
        while step > count + 1 { skip(to: step - 1) }
        append(UInt8(truncatingIfNeeded: thread), bit: 1 << UInt64(thread & 63))
    }

    private mutating func append(_ byte: UInt8, bit: UInt64) {
        let offset = count % Self.chunkSize
        if offset == 0 { chunks.append(Chunk()) }
        let last = chunks.count - 1
        if offset % Self.blockSize == 0 { chunks[last].masks.append(0) }
        chunks[last].threads.append(byte)
        chunks[last].masks[offset / Self.blockSize] |= bit
        count += 1
    }

    private mutating func skip(to step: Int) {
        if count % Self.chunkSize == 0, step - count >= Self.chunkSize {
            chunks.append(Self.unknownChunk)
            count += Self.chunkSize
        } else {
            append(Self.unknown, bit: Self.unknownBit)
        }
    }

    private mutating func fill(_ step: Int, _ thread: Int) {
        let (chunk, offset) = place(step)
        guard step > 0, chunks[chunk].threads[offset] == Self.unknown else { return }
        chunks[chunk].threads[offset] = UInt8(truncatingIfNeeded: thread)
        // At its end the block may be known as a whole; before that nobody looks.
        if (offset + 1) % Self.blockSize == 0 || step == count {
            setMask(chunk, offset / Self.blockSize)
        } else {
            chunks[chunk].masks[offset / Self.blockSize] |= 1 << UInt64(thread & 63)
        }
    }

    private mutating func setMask(_ chunk: Int, _ block: Int) {
        let first = block * Self.blockSize
        let steps = chunks[chunk].threads[first..<min(first + Self.blockSize, chunks[chunk].threads.count)]
        chunks[chunk].masks[block] = steps.reduce(0) { $0 | Self.bit($1) }
    }

    private static func bit(_ byte: UInt8) -> UInt64 { byte == unknown ? unknownBit : 1 << UInt64(byte & 63) }

    private func place(_ step: Int) -> (chunk: Int, offset: Int) {
        ((step - 1) / Self.chunkSize, (step - 1) % Self.chunkSize)
    }

    /// Forgets the steps behind one.
    mutating func truncate(after step: Int) {
        guard step < count else { return }
        count = max(0, step)
        chunks.removeLast(chunks.count - (count + Self.chunkSize - 1) / Self.chunkSize)
        let rest = count % Self.chunkSize
        guard rest > 0 else { return }
        let last = chunks.count - 1
        chunks[last].threads.removeLast(chunks[last].threads.count - rest)
        let blocks = (rest + Self.blockSize - 1) / Self.blockSize
        chunks[last].masks.removeLast(chunks[last].masks.count - blocks)
        setMask(last, blocks - 1)
    }

    /// The thread that took a step; `nil` where that isn't known.
    func thread(ofStep step: Int) -> Int? {
        guard step >= 1, step <= count else { return nil }
        let (chunk, offset) = place(step)
        let byte = chunks[chunk].threads[offset]
        return byte == Self.unknown ? nil : Int(byte)
    }

    /// The threads that took one of the steps `first ... last`, as a mask, with ``unknownBit`` where some step isn't known.
    func threads(from first: Int, to last: Int) -> UInt64 {
        var mask: UInt64 = 0
        var step = max(1, first)
        let last = min(last, count)
        while step <= last {
            let (chunk, offset) = place(step)
            if offset % Self.blockSize == 0, step + Self.blockSize - 1 <= last {
                mask |= chunks[chunk].masks[offset / Self.blockSize]
                step += Self.blockSize
            } else {
                mask |= Self.bit(chunks[chunk].threads[offset])
                step += 1
            }
        }
        return mask
    }

    /// The last step before one that a thread took, or that isn't known; 0 when there is none.
    func lastStep(of thread: Int, before step: Int) -> Int {
        let sought = Self.unknownBit | 1 << UInt64(thread & 63)
        var last = min(step - 1, count)
        while last > 0 {
            let (chunk, offset) = place(last)
            if chunks[chunk].masks[offset / Self.blockSize] & sought == 0 {
                last -= offset % Self.blockSize + 1
                continue
            }
            let byte = chunks[chunk].threads[offset]
            if byte == Self.unknown || Int(byte) == thread { return last }
            last -= 1
        }
        return 0
    }

    /// The first step from which on every step is known.
    var knownFrom: Int {
        for chunk in chunks.indices.reversed() {
            for block in chunks[chunk].masks.indices.reversed() where chunks[chunk].masks[block] & Self.unknownBit != 0 {
                let first = block * Self.blockSize
                let end = min(first + Self.blockSize, chunks[chunk].threads.count)
                let hole = chunks[chunk].threads[first..<end].lastIndex(of: Self.unknown) ?? first
                return chunk * Self.chunkSize + hole + 1
            }
        }
        return 0
    }
}
