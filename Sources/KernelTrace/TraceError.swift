/// Why a recording can't be shown. Each case describes itself in one sentence that says what and where.
public enum TraceError: Error, Sendable, Equatable {
    /// The system refused to open or read it: the reason in the system's words.
    case unreadable(name: String, reason: String)
    case isDirectory(name: String)
    case empty(name: String)
    /// It was read, but holds no ftrace line; what it looks like instead.
    case noEvents(name: String, looksLike: String)
    /// The gzip data ends before anything could be unpacked.
    case truncatedGzip(name: String)
    /// The gzip data is wrong at this byte of the file, before anything could be unpacked.
    case damagedGzip(name: String, offset: Int)
    /// There was no room to keep the text: the reason in the system's words.
    case noRoom(reason: String)
    /// More lines or bytes than can be indexed.
    case tooLarge(name: String)
}

extension TraceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let name, let reason): "\(name): cannot be read: \(reason)."
        case .isDirectory(let name): "\(name): is a directory, not a trace."
        case .empty(let name): "\(name): is empty."
        case .noEvents(let name, let looksLike): "\(name): has no ftrace lines; it looks like \(looksLike)."
        case .truncatedGzip(let name): "\(name): the gzip data is cut off before the first line."
        case .damagedGzip(let name, let offset): "\(name): the gzip data is damaged at byte \(offset)."
        case .noRoom(let reason): "There is no room to keep the trace's text: \(reason)."
        case .tooLarge(let name): "\(name): is too large (more than 16 GiB or four thousand million lines)."
        }
    }
}

/// Something to tell about a recording that was opened nevertheless.
public enum TraceWarning: Sendable, Equatable {
    /// The gzip data ends early, at this byte of the file: the whole lines before that are shown.
    case truncatedGzip(offset: Int, lines: Int)
    /// The gzip data is damaged at this byte of the file: the whole lines before that are shown.
    case damagedGzip(offset: Int, lines: Int)
    /// Something that isn't gzip follows the gzip data at this byte.
    case trailingBytes(offset: Int)
    /// Lines that are no ftrace events; the first one's number.
    case unknownLines(count: Int, first: Int)
    /// Places where the kernel dropped events; how many events it said, where it said so.
    case lostEvents(gaps: Int, events: Int)
    /// No interval notifier's state can be told from these events.
    case nothingKnown
}

extension TraceWarning: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncatedGzip(let offset, let lines):
            "the gzip data is cut off at byte \(offset), in line \(lines + 1): what comes before that line is shown."
        case .damagedGzip(let offset, let lines):
            "the gzip data is damaged at byte \(offset), in line \(lines + 1): what comes before that line is shown."
        case .trailingBytes(let offset):
            "what follows the gzip data at byte \(offset) is not gzip and was left out."
        case .unknownLines(let count, let first):
            count == 1 ? "line \(first) is no event." : "\(count) lines are no events, line \(first) the first."
        case .lostEvents(let gaps, let events):
            "the kernel dropped \(events == 0 ? "an unknown number of" : "\(events)") events at \(gaps) "
                + "place\(gaps == 1 ? "" : "s"): what was under way there is unknown afterwards."
        case .nothingKnown:
            "none of the events are about notifiers: see `mmuscope probes` for the ones to record."
        }
    }
}
