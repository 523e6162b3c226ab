import Scene

/// Tells a whole recording without a screen: a sentence a line, or a JSON object a line.
public struct TraceHeadless: Sendable {
    public enum Format: Sendable {
        /// "6.550428 [001] hmm-tests-120 inserts dmirror#1 …".
        case text
        /// One JSON object for each kernel event.
        case json
    }

    /// So many bytes are collected before they are handed over.
    private static let chunk = 64 << 10

    let recording: TraceRecording
    let format: Format

    public init(_ recording: TraceRecording, format: Format) {
        self.recording = recording
        self.format = format
    }

    /// Hands over the whole output in order, in pieces of bounded size.
    ///
    /// Throws what `output` throws, at once: a closed pipe ends it.
    public func run(_ output: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        var buffer = JSONBytes()
        var state = ReplayState()
        let table = sharedFieldTable
        for event in 0..<recording.eventCount {
            switch format {
            case .text: appendText(event, to: &buffer)
            case .json:
                let occurrence = recording.occurrence(event, table)
                let fact = state.apply(occurrence)
                appendJSON(event, fact.mm >= 0 ? state.mms[Int(fact.mm)] : nil, fact, to: &buffer)
            }
            if buffer.bytes.count >= TraceHeadless.chunk {
                try buffer.bytes.withUnsafeBytes(output)
                buffer.bytes.removeAll(keepingCapacity: true)
            }
        }
        if !buffer.bytes.isEmpty { try buffer.bytes.withUnsafeBytes(output) }
    }

    private func appendText(_ event: Int, to buffer: inout JSONBytes) {
        if recording.events[event].isAfterGap {
            buffer.raw(recording.gapWords(before: event))
            buffer.bytes.append(10)
        }
        // Log lines only: the entry and return events say nothing that these don't.
        guard recording.facts[event].row != nil, let header = recording.header(event) else { return }
        let cpu = "\(header.cpu)"
        buffer.raw("\(recording.string(header.time)) [\(String(repeating: "0", count: max(0, 3 - cpu.count)))\(cpu)] ")
        buffer.printable("\(recording.string(header.comm))-\(header.pid) \(recording.sentence(event))")
        buffer.bytes.append(10)
    }

    private func appendJSON(_ event: Int, _ mm: ReplayState.MM?, _ fact: Fact, to buffer: inout JSONBytes) {
        guard let header = recording.header(event) else { return }
        let text = recording.text.bytes
        buffer.raw("{\"step\":\(event + 1),\"time\":")
        buffer.number(text[header.time])
        buffer.raw(",\"task\":")
        buffer.string(text[header.comm])
        buffer.raw(",\"pid\":\(header.pid),\"cpu\":\(header.cpu),\"event\":")
        buffer.string(text[header.name])
        appendFields(event, to: &buffer)
        if let mm {
            buffer.raw(",\"mm\":\"\(mm.name)\"")
            if let seq = mm.seq { buffer.raw(",\"seq\":\(seq)") }
            if let active = mm.active { buffer.raw(",\"active\":\(active)") }
        }
        if fact.notifier >= 0 {
            buffer.raw(",\"notifier\":\"\(recording.notifierName(number: Int(fact.notifier), 0))\"")
        }
        if let row = fact.row { buffer.raw(",\"kind\":\"\(row.rawValue)\"") }
        if recording.events[event].isAfterGap { buffer.raw(",\"afterGap\":true") }
        buffer.raw(",\"text\":")
        var sentence = "\(recording.string(header.comm))-\(header.pid) \(recording.sentence(event))"
        sentence.withUTF8 { buffer.string($0[...]) }
        buffer.raw("}\n")
    }

    private func appendFields(_ event: Int, to buffer: inout JSONBytes) {
        let text = recording.text.bytes
        let fields = RawFields(text, recording.arguments(event))
        if let site = fields.callSite {
            buffer.raw(",\"site\":")
            buffer.string(text[site])
        }
        buffer.raw(",\"fields\":{")
        // A key that comes twice would make the object ambiguous: the first counts.
        var keys: [Range<Int>] = []
        for field in fields where !keys.contains(where: { text[$0].elementsEqual(text[field.key]) }) {
            if !keys.isEmpty { buffer.raw(",") }
            keys.append(field.key)
            buffer.string(text[field.key])
            buffer.raw(":")
            buffer.number(text[field.value])
        }
        buffer.raw("}")
    }
}
