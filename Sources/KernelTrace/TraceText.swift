#if canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Bytes of a line or a whole text, addressed by offset.
typealias Bytes = UnsafeBufferPointer<UInt8>

/// The whole text of a recording: in memory when it is small, in an unlinked temporary file otherwise.
///
/// Never a mapping of the user's own file, which could shrink under us.
final class TraceText: @unchecked Sendable {
    // Unchecked: the bytes are never written after init, and live until deinit.
    let bytes: Bytes
    /// Length of the mapping, or 0 without one.
    private let mapped: Int

    fileprivate init(bytes: Bytes, mapped: Int) {
        self.bytes = bytes
        self.mapped = mapped
    }

    /// How many lines end in a newline.
    var wholeLines: Int { bytes.count { $0 == 10 } }

    deinit {
        guard let base = bytes.baseAddress else { return }
        let start = UnsafeMutableRawPointer(mutating: base)
        if mapped > 0 { munmap(start, mapped) } else { free(start) }
    }
}

/// Takes the text chunk by chunk while it is read.
struct Spool: ~Copyable {
    /// Up to here the text stays in memory.
    private static let memoryLimit = 32 << 20

    private var memory: UnsafeMutablePointer<UInt8>?
    private var capacity = 0
    private var file: Int32 = -1
    private(set) var count = 0

    deinit {
        free(memory)
        if file >= 0 { close(file) }
    }

    mutating func append(_ chunk: Bytes) throws(TraceError) {
        guard let base = chunk.baseAddress, !chunk.isEmpty else { return }
        if file < 0 && count + chunk.count > Spool.memoryLimit { try moveToFile() }
        if file >= 0 {
            try Spool.write(base, chunk.count, to: file)
        } else {
            try reserve(count + chunk.count)
            memory?.advanced(by: count).update(from: base, count: chunk.count)
        }
        count += chunk.count
    }

    /// The text, once everything was appended; without the last line when the input ended in the middle of it:
    /// half a line may read as an event that never was.
    mutating func finish(isCutOff: Bool = false) throws(TraceError) -> TraceText {
        if file >= 0 {
            let mapping = mmap(nil, count, PROT_READ, MAP_SHARED | Int32(MAP_POPULATE), file, 0)
            guard let mapping, mapping != UnsafeMutableRawPointer(bitPattern: -1) else {
                throw .noRoom(reason: lastErrorText())
            }
            let start = mapping.bindMemory(to: UInt8.self, capacity: count)
            let bytes = Spool.whole(Bytes(start: start, count: count), isCutOff)
            return TraceText(bytes: bytes, mapped: count)
        }
        let bytes = Spool.whole(Bytes(start: memory, count: memory == nil ? 0 : count), isCutOff)
        let text = TraceText(bytes: bytes, mapped: 0)
        memory = nil
        return text
    }

    private static func whole(_ bytes: Bytes, _ isCutOff: Bool) -> Bytes {
        guard isCutOff else { return bytes }
        let end = bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0
        return Bytes(rebasing: bytes[..<end])
    }

    private mutating func reserve(_ needed: Int) throws(TraceError) {
        guard needed > capacity else { return }
        let larger = max(needed, capacity * 2, 64 << 10)
        guard let grown = realloc(memory, larger) else { throw .noRoom(reason: lastErrorText()) }
        memory = grown.bindMemory(to: UInt8.self, capacity: larger)
        capacity = larger
    }

    private mutating func moveToFile() throws(TraceError) {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/mmuscope-XXXXXX".utf8CString)
        file = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return -1 }
            let descriptor = mkstemp(base)
            // Unlinked at once: no end of the program leaves it behind.
            if descriptor >= 0 { unlink(base) }
            return descriptor
        }
        guard file >= 0 else { throw .noRoom(reason: "\(folder): \(lastErrorText())") }
        if let memory { try Spool.write(memory, count, to: file) }
        free(memory)
        memory = nil
        capacity = 0
    }

    private static func write(_ start: UnsafePointer<UInt8>, _ length: Int, to file: Int32) throws(TraceError) {
        var done = 0
        while done < length {
            #if canImport(Musl)
            let written = Musl.write(file, start + done, length - done)
            #else
            let written = Glibc.write(file, start + done, length - done)
            #endif
            if written > 0 {
                done += written
            } else if errno != EINTR {
                throw .noRoom(reason: lastErrorText())
            }
        }
    }
}

/// The system's words for the last failed call.
func lastErrorText() -> String {
    guard let text = strerror(errno) else { return "error \(errno)" }
    return String(cString: text)
}
