import Glibc

/// Why a recording can't be opened or written, in a sentence.
public enum RecordingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It doesn't begin as a recording does.
    case notARecording
    /// Written by a newer mmuscope, in this version of the format.
    case newer(version: Int)
    /// Nothing of it can be read: even what it began with is damaged.
    case damagedHead(offset: Int)
    /// The system refused; why.
    case system(String)

    /// The sentence, without its subject: the file.
    public var description: String {
        switch self {
        case .notARecording: "is not a recording of a run (.mmurec); mmuscope trace opens those of a kernel"
        case .newer(let version):
            "is a recording in format \(version); this mmuscope knows formats up to \(RecordingFormat.version): "
                + "open it with a newer one"
        case .damagedHead(let offset): "is damaged at byte \(offset), in what it begins with: nothing of it can be opened"
        case .system(let reason): reason
        }
    }
}

/// A recording as it was found.
public struct OpenedRecording: Sendable {
    /// As far as it is sound.
    public var recording: Recording
    /// Where it ends too early or is damaged, in a sentence; what is before that was opened.
    public var warning: String?
    /// What is behind the sound part is not just the beginning of more, as a killed program leaves it.
    public var isDamaged = false
}

extension Recording {
    /// The bytes of a file that holds this.
    public var bytes: [UInt8] {
        pieces.reduce(into: RecordingFormat.start(setup, hasClaim: claim != nil)) { $0 += RecordingFormat.chunk($1) }
    }

    /// Takes a file's bytes apart, as far as they are sound.
    public static func open(_ bytes: [UInt8]) throws(RecordingError) -> OpenedRecording {
        let magic = RecordingFormat.magic
        guard bytes.starts(with: magic) else { throw .notARecording }
        guard bytes.count >= magic.count + 2, bytes[magic.count] == ~bytes[magic.count + 1] else {
            throw .damagedHead(offset: min(bytes.count, magic.count))
        }
        let version = bytes[magic.count]
        guard version <= RecordingFormat.version else { throw .newer(version: Int(version)) }
        var offset = magic.count + 2
        guard version > 0, let head = RecordingFormat.chunk(in: bytes, at: offset), head.kind == .head,
            let setup = try? RecordingFormat.setup(head.payload)
        else { throw .damagedHead(offset: offset) }
        var recording = Recording(setup: setup)
        offset = head.end
        var isClosed = false
        while offset < bytes.count, !isClosed, let chunk = RecordingFormat.chunk(in: bytes, at: offset),
            let piece = try? RecordingFormat.piece(chunk), recording.add(piece)
        {
            offset = chunk.end
            if chunk.kind == .end { isClosed = true }
        }
        let isCutOff = !isClosed && RecordingFormat.isCutOff(in: bytes, at: offset)
        return OpenedRecording(
            recording: recording, warning: warning(recording, at: offset, of: bytes.count, isClosed: isClosed),
            isDamaged: offset < bytes.count && !isCutOff)
    }

    private static func warning(_ recording: Recording, at offset: Int, of count: Int, isClosed: Bool) -> String? {
        if isClosed {
            return offset == count ? nil : "has \(count - offset) bytes behind its end, which were left alone"
        }
        let upTo = "opened up to step \(recording.end)"
        if offset == count { return "was not closed: \(upTo)" }
        return "is damaged or cut off at byte \(offset) of \(count): \(upTo)"
    }

    /// What a file holds.
    public static func bytes(at path: String) throws(RecordingError) -> [UInt8] { try FileBytes.read(path) }

    /// Opens a file.
    public static func read(_ path: String) throws(RecordingError) -> OpenedRecording {
        try open(try FileBytes.read(path))
    }

    /// Writes a file: in whole, or not at all.
    public func write(to path: String) throws(RecordingError) {
        let draft = path + ".\(getpid()).part"
        let file = try AppendingFile(path: draft)
        do throws(RecordingError) {
            try file.append(bytes)
            guard rename(draft, path) == 0 else { throw .system(systemReason()) }
        } catch {
            unlink(draft)
            throw error
        }
    }
}

/// What the system says went wrong.
private func systemReason() -> String { "cannot be written or read: \(String(cString: strerror(errno)))" }

/// A file that is only ever appended to.
public final class AppendingFile: Sendable {
    private let descriptor: Int32

    /// Begins a new file; one of that name must not be there.
    public init(path: String) throws(RecordingError) {
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .system(systemReason()) }
    }

    deinit { close(descriptor) }

    /// All of the bytes, or an error.
    func append(_ bytes: [UInt8]) throws(RecordingError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done) }
            if count > 0 { done += count } else if count == 0 || errno != EINTR { throw .system(systemReason()) }
        }
    }
}

private enum FileBytes {
    static func read(_ path: String) throws(RecordingError) -> [UInt8] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(systemReason()) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count > 0 { bytes += buffer[..<count] } else if errno != EINTR { throw .system(systemReason()) }
        }
    }
}

/// Writes a run down while it goes on: what was written stays readable wherever the process ends.
public struct RunWriter: Sendable {
    private let path: String
    private let file: AppendingFile
    private var recorder = RunRecorder()
    /// Bytes written behind the head.
    private var size = 0

    /// Begins a new file; one of that name must not be there.
    public init(path: String, setup: RunSetup) throws(RecordingError) {
        self.path = path
        file = try AppendingFile(path: path)
        try file.append(RecordingFormat.start(setup))
    }

    /// Writes what has happened since the last time.
    public mutating func follow(_ simulation: Simulation) throws(RecordingError) {
        try write(recorder.news(of: simulation, isLast: false))
    }

    /// Writes the rest, and that this is the end.
    public mutating func finish(_ simulation: Simulation) throws(RecordingError) {
        try write(recorder.end(of: simulation))
        guard size > max(Self.worthPacking, simulation.frontier) else { return }
        // Steps that came one by one have a chunk each. All of it is safe now, so this may go wrong.
        guard let whole = try? Recording.read(path), whole.warning == nil else { return }
        try? whole.recording.write(to: path)
    }

    /// Bytes behind the head from which on it is put together at the end, if that is more than a byte a step.
    private static let worthPacking = 1_024

    private mutating func write(_ pieces: [RecordingPiece]) throws(RecordingError) {
        guard !pieces.isEmpty else { return }
        let bytes = pieces.reduce(into: []) { $0 += RecordingFormat.chunk($1) }
        size += bytes.count
        try file.append(bytes)
    }
}
