import CZlib

/// Unpacks gzip data as it arrives, one member after the other.
struct GzipStream: ~Copyable {
    enum Failure: Error {
        /// At this byte of the input.
        case damaged(offset: Int)
        case noMemory
        case store(TraceError)
    }

    private var stream: UnsafeMutablePointer<z_stream>
    private var output: UnsafeMutableBufferPointer<UInt8>
    private var consumed = 0
    /// Between members: nothing is open that the end of the input could cut off.
    private var isBetweenMembers = false
    /// Where bytes follow that aren't a gzip member.
    private(set) var trailingOffset: Int?

    init() throws(Failure) {
        // On the heap, because zlib remembers the address of the structure.
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(capacity: 256 << 10)
        // 16: gzip only; 15: the largest window.
        let status = inflateInit2_(stream, 16 + 15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw .noMemory }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Where the input ends too early, if it ends here.
    var cut: Int? { isBetweenMembers ? nil : consumed }

    /// Unpacks a chunk into the spool.
    mutating func unpack(_ chunk: Bytes, into spool: inout Spool) throws(Failure) {
        guard trailingOffset == nil, let base = chunk.baseAddress else { return }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: base)
        stream.pointee.avail_in = UInt32(chunk.count)
        while stream.pointee.avail_in > 0 {
            if isBetweenMembers && !startMember(chunk) { return }
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(output.count)
            let before = Int(stream.pointee.avail_in)
            let status = inflate(stream, Z_NO_FLUSH)
            consumed += before - Int(stream.pointee.avail_in)
            try store(output.count - Int(stream.pointee.avail_out), in: &spool)
            switch status {
            case Z_STREAM_END: isBetweenMembers = true
            case Z_OK, Z_BUF_ERROR: break
            case Z_MEM_ERROR: throw .noMemory
            default: throw .damaged(offset: consumed)
            }
        }
        try drain(into: &spool)
    }

    /// Output may be left inside zlib when its buffer was filled by the last of the input.
    private mutating func drain(into spool: inout Spool) throws(Failure) {
        while !isBetweenMembers {
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(output.count)
            let status = inflate(stream, Z_NO_FLUSH)
            let produced = output.count - Int(stream.pointee.avail_out)
            try store(produced, in: &spool)
            if status == Z_STREAM_END { isBetweenMembers = true }
            if status == Z_DATA_ERROR { throw .damaged(offset: consumed) }
            if produced < output.count { return }
        }
    }

    /// - Returns: whether another member begins at the next byte.
    private mutating func startMember(_ chunk: Bytes) -> Bool {
        let next = chunk[chunk.count - Int(stream.pointee.avail_in)]
        guard next == 0x1f else {
            // Zeros are the padding of tapes and block devices.
            if next != 0 { trailingOffset = consumed; return false }
            stream.pointee.next_in += 1
            stream.pointee.avail_in -= 1
            consumed += 1
            return stream.pointee.avail_in > 0 && startMember(chunk)
        }
        isBetweenMembers = false
        return inflateReset(stream) == Z_OK
    }

    private func store(_ count: Int, in spool: inout Spool) throws(Failure) {
        guard count > 0 else { return }
        do throws(TraceError) {
            try spool.append(Bytes(start: output.baseAddress, count: count))
        } catch {
            throw .store(error)
        }
    }
}
