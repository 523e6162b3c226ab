#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The text of a recording, read from wherever it comes from and unpacked where needed.
struct TraceInput: Sendable {
    /// What messages call it.
    var name: String
    var text: TraceText
    var warnings: [TraceWarning]

    /// Reads a file, or standard input when `path` is `-`.
    static func open(path: String) throws(TraceError) -> TraceInput {
        if path == "-" { return try read(descriptor: 0, name: "standard input") }
        #if canImport(Musl)
        let descriptor = Musl.open(path, O_RDONLY | O_CLOEXEC)
        #else
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        #endif
        guard descriptor >= 0 else { throw .unreadable(name: path, reason: lastErrorText()) }
        defer { close(descriptor) }
        var status = stat()
        if fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR {
            throw .isDirectory(name: path)
        }
        return try read(descriptor: descriptor, name: path)
    }

    /// Takes bytes that are in memory already, packed or not.
    static func bytes(_ bytes: [UInt8], name: String) throws(TraceError) -> TraceInput {
        var reader = Reader(name: name)
        var failure: TraceError?
        bytes.withUnsafeBufferPointer { all in
            do throws(TraceError) { try reader.take(all) } catch { failure = error }
        }
        if let failure { throw failure }
        return try reader.finish()
    }

    private static func read(descriptor: Int32, name: String) throws(TraceError) -> TraceInput {
        let chunk = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 256 << 10)
        defer { chunk.deallocate() }
        var reader = Reader(name: name)
        while !reader.isDone {
            #if canImport(Musl)
            let count = Musl.read(descriptor, chunk.baseAddress, chunk.count)
            #else
            let count = Glibc.read(descriptor, chunk.baseAddress, chunk.count)
            #endif
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(name: name, reason: lastErrorText())
            }
            try reader.take(Bytes(start: chunk.baseAddress, count: count))
        }
        return try reader.finish()
    }
}

/// Decides by the first two bytes whether to unpack, then passes everything on to the spool.
private struct Reader: ~Copyable {
    private static let sizeLimit = 16 << 30

    let name: String
    private var spool = Spool()
    private var gzip: GzipStream?
    private var head: [UInt8] = []
    private var hasDecided = false
    private var warnings: [TraceWarning] = []
    /// Nothing more is wanted: the rest is damaged.
    private(set) var isDone = false
    /// Where in the file the damage was met.
    private var damage: Int?

    init(name: String) { self.name = name }

    mutating func take(_ chunk: Bytes) throws(TraceError) {
        guard !isDone else { return }
        if hasDecided { return try pass(chunk) }
        // A pipe may hand over a single byte first.
        head.append(contentsOf: chunk)
        if head.count >= 2 { try decide() }
    }

    private mutating func decide() throws(TraceError) {
        hasDecided = true
        if head.count >= 2 && head[0] == 0x1f && head[1] == 0x8b {
            do throws(GzipStream.Failure) { gzip = try GzipStream() } catch { throw storeError(error) }
        }
        let first = head
        head = []
        var failure: TraceError?
        first.withUnsafeBufferPointer { bytes in
            do throws(TraceError) { try pass(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private mutating func pass(_ chunk: Bytes) throws(TraceError) {
        do throws(GzipStream.Failure) {
            if try gzip?.unpack(chunk, into: &spool) == nil {
                do throws(TraceError) { try spool.append(chunk) } catch { throw .store(error) }
            }
        } catch {
            guard case .damaged(let offset) = error else { throw storeError(error) }
            if spool.count == 0 { throw .damagedGzip(name: name, offset: offset) }
            damage = offset
            isDone = true
        }
        if spool.count > Reader.sizeLimit { throw .tooLarge(name: name) }
    }

    private func storeError(_ failure: GzipStream.Failure) -> TraceError {
        switch failure {
        case .store(let error): error
        case .noMemory, .damaged: .noRoom(reason: "out of memory")
        }
    }

    mutating func finish() throws(TraceError) -> TraceInput {
        if !hasDecided { try decide() }
        if let trailing = gzip?.trailingOffset { warnings.append(.trailingBytes(offset: trailing)) }
        let cut = gzip?.cut
        if cut != nil, !isDone, spool.count == 0 { throw .truncatedGzip(name: name) }
        if spool.count == 0 { throw .empty(name: name) }
        let text = try spool.finish(isCutOff: isDone || cut != nil)
        if let damage {
            if text.bytes.isEmpty { throw .damagedGzip(name: name, offset: damage) }
            warnings.append(.damagedGzip(offset: damage, lines: text.wholeLines))
        } else if let cut {
            if text.bytes.isEmpty { throw .truncatedGzip(name: name) }
            warnings.append(.truncatedGzip(offset: cut, lines: text.wholeLines))
        }
        return TraceInput(name: name, text: text, warnings: warnings)
    }
}
