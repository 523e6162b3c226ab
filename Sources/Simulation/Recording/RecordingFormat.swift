import Language
import Scene

/// How a recording lies in a file.
///
///     "mmurec"  version  ~version                      8 bytes
///     kind  length (varint)  payload  CRC32            a chunk; the CRC covers all before it
///
/// The first chunk is the head. Bytes are only ever appended.
enum RecordingFormat {
    static let magic = Array("mmurec".utf8)
    /// 2: with perturbations; whether the program had operations is in the byte of the policy. 3: with what was found.
    static let version: UInt8 = 3
    /// That of files without what was found: older programs read them.
    private static let plainVersion: UInt8 = 2

    enum Kind: UInt8 {
        case head = 0x48, span = 0x53, rewind = 0x52, mark = 0x4D, claim = 0x46, end = 0x45
    }

    // MARK: Writing

    static func start(_ setup: RunSetup, hasClaim: Bool = false) -> [UInt8] {
        let version = hasClaim ? version : plainVersion
        return magic + [version, ~version] + chunk(.head, head(setup))
    }

    static func chunk(_ piece: RecordingPiece) -> [UInt8] {
        var payload = ByteWriter()
        switch piece {
        case .span(let from, let to, let interventions, let check):
            payload.append(varint: from)
            payload.append(varint: (to - from) << 1 | (check == nil ? 0 : 1))
            if let check { payload.append(fixed: check) }
            InterventionCoding.write(interventions, from: from, to: &payload)
            return chunk(.span, payload.bytes)
        case .rewind(let step):
            payload.append(varint: step)
            return chunk(.rewind, payload.bytes)
        case .mark(let mark):
            payload.append(varint: mark.step)
            payload.append(mark.name)
            return chunk(.mark, payload.bytes)
        case .claim(let claim):
            payload.append(claim.property)
            payload.append(varint: claim.thread)
            return chunk(.claim, payload.bytes)
        case .end(let hasEnded):
            return chunk(.end, [hasEnded ? 1 : 0])
        }
    }

    private static func chunk(_ kind: Kind, _ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(kind.rawValue)
        writer.append(varint: payload.count)
        writer.append(payload)
        writer.append(fixed: Packing.checksum(writer.bytes[...]))
        return writer.bytes
    }

    private static func head(_ setup: RunSetup) -> [UInt8] {
        var writer = ByteWriter()
        writer.append(setup.scenario)
        writer.append(varint: setup.settings.count)
        for setting in setup.settings {
            writer.append(setting.name)
            writer.append(signed: setting.value)
        }
        writer.append(varint: setup.faults.count)
        for fault in setup.faults { writer.append(fault) }
        writer.append(fixed: setup.seed)
        writer.append(setup.policy.code | (setup.hasOperations ? operations : 0))
        var texts = ByteWriter()
        texts.append(varint: setup.sources.count)
        for source in setup.sources {
            texts.append(source.name)
            texts.append(source.text)
        }
        // Without memory for packing there would be none for the run either; the texts then stand as they are.
        let packed = Packing.pack(texts.bytes)
        writer.append(varint: texts.bytes.count << 1 | (packed == nil ? 0 : 1))
        writer.append(packed ?? texts.bytes)
        return writer.bytes
    }

    /// The bit that stands for them beside the policy.
    private static let operations: UInt8 = 0x80

    /// No thread has a greater number.
    private static let mostThreads = 63

    // MARK: Reading

    struct Chunk {
        var kind: Kind
        var payload: ArraySlice<UInt8>
        /// Where the next one begins.
        var end: Int
    }

    /// The chunk at an offset; `nil` when what is there is none, or damaged.
    static func chunk(in bytes: [UInt8], at offset: Int) -> Chunk? {
        var reader = ByteReader(bytes[offset...])
        guard let byte = try? reader.byte(), let kind = Kind(rawValue: byte), let length = try? reader.count(bytes.count),
            let payload = try? reader.take(length)
        else { return nil }
        let sum = Packing.checksum(bytes[offset..<reader.offset])
        guard let stored = try? reader.fixed(UInt32.self), stored == sum else { return nil }
        return Chunk(kind: kind, payload: payload, end: reader.offset)
    }

    /// Whether what is there is the beginning of a chunk whose end is missing, as a killed program leaves it.
    static func isCutOff(in bytes: [UInt8], at offset: Int) -> Bool {
        var reader = ByteReader(bytes[offset...])
        guard let byte = try? reader.byte() else { return true }
        guard Kind(rawValue: byte) != nil else { return false }
        // The length itself may be cut, or say more than there is.
        guard let length = try? reader.count(Int.max) else { return bytes.count - offset < 10 }
        let left = bytes.count - reader.offset
        return length > left - MemoryLayout<UInt32>.size
    }

    static func setup(_ payload: ArraySlice<UInt8>) throws(ByteReader.Damage) -> RunSetup {
        var reader = ByteReader(payload)
        let scenario = try reader.text()
        var settings: [String: Int64] = [:]
        for _ in 0..<(try reader.count(payload.count)) { settings[try reader.text()] = try reader.signed() }
        var faults: [String] = []
        for _ in 0..<(try reader.count(payload.count)) { faults.append(try reader.text()) }
        let seed = try reader.fixed(UInt64.self)
        let how = try reader.byte()
        guard let policy = Policy(code: how & ~operations) else { throw ByteReader.Damage() }
        let length = try reader.count(Packing.largestText << 1)
        let rest = try reader.take(reader.remaining)
        guard let texts = length & 1 == 0 ? Array(rest) : Packing.unpack(rest, count: length >> 1) else {
            throw ByteReader.Damage()
        }
        return RunSetup(
            sources: try sources(texts), scenario: scenario, settings: settings, faults: faults, seed: seed, policy: policy,
            hasOperations: how & operations != 0)
    }

    private static func sources(_ texts: [UInt8]) throws(ByteReader.Damage) -> [SourceFile] {
        var reader = ByteReader(texts[...])
        var sources: [SourceFile] = []
        for _ in 0..<(try reader.count(texts.count)) {
            sources.append(SourceFile(name: try reader.text(), text: try reader.text()))
        }
        guard !sources.isEmpty else { throw ByteReader.Damage() }
        return sources
    }

    static func piece(_ chunk: Chunk) throws(ByteReader.Damage) -> RecordingPiece {
        var reader = ByteReader(chunk.payload)
        switch chunk.kind {
        case .head: throw ByteReader.Damage()
        case .span:
            let from = try reader.count(Recording.largestStep)
            let count = try reader.count(Recording.largestStep << 1)
            let to = from + count >> 1
            let check = count & 1 == 0 ? nil : try reader.fixed(UInt64.self)
            let part = try InterventionCoding.read(&reader, from: from, to: to)
            return .span(from: from, to: to, part, check: check)
        case .rewind: return .rewind(to: try reader.count(Recording.largestStep))
        case .mark:
            let step = try reader.count(Recording.largestStep)
            return .mark(Recording.Mark(name: try reader.text(), step: step))
        case .claim: return .claim(Recording.Claim(property: try reader.text(), thread: try reader.count(mostThreads)))
        case .end: return .end(hasEnded: try reader.byte() != 0)
        }
    }
}

/// How interventions lie in a span: one byte for a step that was chosen, two with the way that it goes.
///
/// Each item begins with a byte: in the upper two bits which kind it is, in the lower six the thread.
enum InterventionCoding {
    /// A step of a thread; several of it; one that goes a given way; or something else, told by the lower bits.
    private static let (one, run, choice, other): (UInt8, UInt8, UInt8, UInt8) = (0, 1 << 6, 2 << 6, 3 << 6)
    /// Steps that one item stands for, so that a few bytes can't ask for all memory.
    private static let longestRun = 65_536
    /// What the lower bits of `other` say.
    private static let (gap, policy, draining): (UInt8, UInt8, UInt8) = (0, 1, 2)
    private static let (operation, fault, hold, delay, sequence): (UInt8, UInt8, UInt8, UInt8, UInt8) = (3, 4, 5, 6, 7)
    /// What an operation is given for one of its parameters.
    private static let (aNumber, aFlag, aRange, aRecord): (UInt8, UInt8, UInt8, UInt8) = (0, 1, 2, 3)
    private static let mostArguments = 256

    static func write(_ interventions: Interventions, from: Int, to writer: inout ByteWriter) {
        var step = from
        var nextChange = interventions.changes[...]
        func skip(to target: Int, _ writer: inout ByteWriter) {
            guard target > step else { return }
            writer.append(other | gap)
            writer.append(varint: target - step)
            step = target
        }
        func writeChanges(before end: Int, _ writer: inout ByteWriter) {
            while let change = nextChange.first, change.step < end {
                skip(to: change.step, &writer)
                write(change.kind, to: &writer)
                nextChange.removeFirst()
            }
        }
        for stretch in interventions.stretches {
            writeChanges(before: stretch.first, &writer)
            skip(to: stretch.first, &writer)
            var index = 0
            while index < stretch.steps.count {
                writeChanges(before: step + 1, &writer)
                let end = nextChange.first.map { $0.step - stretch.first } ?? .max
                let limit = min(stretch.steps.count, end, index + longestRun)
                let count = length(of: stretch, from: index, before: limit)
                write(stretch.steps[index], count, interventions.choice(stretch.steps[index], at: step), to: &writer)
                index += count
                step += count
            }
        }
        writeChanges(before: .max, &writer)
    }

    /// How many of a stretch's steps are the same one from an index on; 1 where it goes a given way.
    private static func length(of stretch: Interventions.Stretch, from index: Int, before end: Int) -> Int {
        let first = stretch.steps[index]
        guard first.choice == Interventions.Packed.noChoice else { return 1 }
        var next = index + 1
        while next < end, stretch.steps[next] == first { next += 1 }
        return next - index
    }

    private static func write(
        _ step: Interventions.Packed, _ count: Int, _ way: Int?, to writer: inout ByteWriter
    ) {
        let thread = UInt8(step.thread)
        if let way {
            writer.append(choice | thread)
            writer.append(varint: way)
        } else if count <= 2 {
            for _ in 0..<count { writer.append(one | thread) }
        } else {
            writer.append(run | thread)
            writer.append(varint: count)
        }
    }

    private static func write(_ change: Interventions.Change.Kind, to writer: inout ByteWriter) {
        switch change {
        case .policy(let policy):
            writer.append(other | Self.policy)
            writer.append(policy.code)
        case .draining(let isDraining):
            writer.append(other | draining)
            writer.append(isDraining ? 1 : 0)
        case .operation(let name, let arguments):
            writer.append(other | operation)
            writer.append(name)
            writer.append(varint: arguments.count)
            for argument in arguments { write(argument, to: &writer) }
        case .fault(let name, let isOn):
            writer.append(other | fault)
            writer.append(name)
            writer.append(isOn ? 1 : 0)
        case .hold(let thread, let isHeld):
            writer.append(other | hold)
            writer.append(UInt8(thread & 63))
            writer.append(isHeld ? 1 : 0)
        case .delay(let thread, let steps):
            writer.append(other | delay)
            writer.append(UInt8(thread & 63))
            writer.append(varint: max(0, steps))
        case .sequence(let mm, let distance):
            writer.append(other | sequence)
            writer.append(varint: max(0, mm))
            writer.append(varint: max(0, distance))
        }
    }

    private static func write(_ argument: PerturbationArgument, to writer: inout ByteWriter) {
        switch argument {
        case .number(let value):
            writer.append(aNumber)
            writer.append(signed: value)
        case .flag(let isOn):
            writer.append(aFlag)
            writer.append(isOn ? 1 : 0)
        case .range(let first, let last):
            writer.append(aRange)
            writer.append(varint: first)
            writer.append(varint: last)
        case .record(let name):
            writer.append(aRecord)
            writer.append(name)
        }
    }

    static func read(_ reader: inout ByteReader, from: Int, to: Int) throws(ByteReader.Damage) -> Interventions {
        var result = Interventions()
        var step = from
        while !reader.isAtEnd {
            let byte = try reader.byte()
            let low = byte & 63
            switch byte & (3 << 6) {
            case one:
                result.append(thread: Int(low), choice: nil, at: step)
                step += 1
            case run:
                for _ in 0..<(try reader.count(min(to - step, longestRun))) {
                    result.append(thread: Int(low), choice: nil, at: step)
                    step += 1
                }
            case choice:
                result.append(thread: Int(low), choice: try reader.count(Int(Int32.max)), at: step)
                step += 1
            case _ where low == gap: step += try reader.count(to - step)
            case _ where low == policy:
                guard let policy = Policy(code: try reader.byte()) else { throw ByteReader.Damage() }
                result.append(.policy(policy), at: step)
            default: result.append(try readChange(low, &reader), at: step)
            }
            guard step <= to else { throw ByteReader.Damage() }
        }
        return result
    }

    private static func readChange(
        _ kind: UInt8, _ reader: inout ByteReader
    ) throws(ByteReader.Damage) -> Interventions.Change.Kind {
        switch kind {
        case draining: return .draining(try reader.byte() != 0)
        case operation:
            let name = try reader.text()
            var arguments: [PerturbationArgument] = []
            for _ in 0..<(try reader.count(mostArguments)) { arguments.append(try readArgument(&reader)) }
            return .operation(name, arguments)
        case fault: return .fault(try reader.text(), isOn: try reader.byte() != 0)
        case hold: return .hold(try readThread(&reader), isHeld: try reader.byte() != 0)
        case delay: return .delay(try readThread(&reader), steps: try reader.count(Int(Int32.max)))
        case sequence: return .sequence(mm: try reader.count(Int(Int32.max)), distance: try reader.count(Int(Int32.max)))
        default: throw ByteReader.Damage()
        }
    }

    private static func readThread(_ reader: inout ByteReader) throws(ByteReader.Damage) -> Int {
        let thread = Int(try reader.byte())
        guard thread < 64 else { throw ByteReader.Damage() }
        return thread
    }

    private static func readArgument(_ reader: inout ByteReader) throws(ByteReader.Damage) -> PerturbationArgument {
        switch try reader.byte() {
        case aNumber: return .number(try reader.signed())
        case aFlag: return .flag(try reader.byte() != 0)
        case aRange: return .range(first: try reader.varint(), last: try reader.varint())
        case aRecord: return .record(try reader.text())
        default: throw ByteReader.Damage()
        }
    }
}

extension Policy {
    /// In a file. Never given to another one.
    var code: UInt8 {
        switch self {
        case .roundRobin: 0
        case .random: 1
        case .bursts: 2
        case .pinned: 3
        case .byHand: 4
        case .priority: 5
        case .seekCollision: 6
        }
    }

    init?(code: UInt8) {
        guard let policy = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = policy
    }
}
