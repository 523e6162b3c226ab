import Foundation
import Testing

@testable import KernelTrace

@Suite struct InputTests {
    private static let header = "# tracer: nop\n#\n"
    static let line = "  a-1 [001] ..... 1.000001: range_start: (f+0x0/0x50) range=0x10 mm=0x20 start=0x1000 end=0x2000 "
        + "rflags=1 event=1 owner=0x0 subs=0x30 has_itree=1 seq=2 active=0\n"

    private func read(_ text: String) throws -> TraceRecording { try TraceRecording.read(Array(text.utf8), name: "x") }

    private func packed(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: recordingPath(name)))) }

    @Test func whatCannotBeOpened() {
        #expect(throws: TraceError.self) { try TraceRecording.open(path: "/nonexistent/trace") }
        #expect(throws: TraceError.isDirectory(name: "/tmp")) { try TraceRecording.open(path: "/tmp") }
        #expect(throws: TraceError.empty(name: "x")) { try TraceRecording.read([], name: "x") }
        #expect(throws: TraceError.noEvents(name: "x", looksLike: "other text")) { try read("hello\nworld\n") }
        #expect(throws: TraceError.noEvents(name: "x", looksLike: "an ftrace buffer without events")) {
            try read(Self.header)
        }
        #expect(throws: TraceError.noEvents(name: "x", looksLike: "JSON")) { try read("{}\n") }
        #expect(throws: TraceError.noEvents(name: "x", looksLike: "binary data")) { try read("a\0b") }
        #expect(TraceError.unreadable(name: "f", reason: "no").description == "f: cannot be read: no.")
    }

    @Test func aCutOffFileKeepsWhatWasRead() throws {
        let whole = try packed("d0_mni_tiny")
        let recording = try TraceRecording.read(Array(whole[..<(whole.count / 2)]), name: "x")
        #expect(recording.eventCount > 500 && recording.eventCount < 2446)
        // The line that the cut goes through is left out, and isn't told a second time.
        #expect(recording.warnings == [.truncatedGzip(offset: whole.count / 2, lines: recording.lineCount)])
        #expect(recording.summary.unknownLines == 0)
        #expect(throws: TraceError.truncatedGzip(name: "x")) { try TraceRecording.read(Array(whole[..<14]), name: "x") }
    }

    @Test func aDamagedFileIsTold() throws {
        var bytes = try packed("d0_mni_tiny")
        let middle = bytes.count / 2
        for index in middle..<(middle + 64) { bytes[index] ^= 0xa5 }
        let recording = try TraceRecording.read(bytes, name: "x")
        guard case .damagedGzip(_, let lines) = recording.warnings.first else { Issue.record("no warning"); return }
        #expect(lines == recording.lineCount)
        #expect(throws: TraceError.self) { try TraceRecording.read([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], name: "x") }
    }

    @Test func severalMembersAndWhatFollows() throws {
        let one = try packed("t_hmm_open_close")
        #expect(try TraceRecording.read(one + one, name: "x").eventCount == 44)
        let padded = try TraceRecording.read(one + [0, 0, 0], name: "x")
        #expect(padded.eventCount == 22 && padded.warnings.isEmpty)
        let trailed = try TraceRecording.read(one + [1, 2, 3], name: "x")
        #expect(trailed.warnings == [.trailingBytes(offset: one.count)])
    }

    @Test func plainTextIsTheSame() throws {
        let gzip = try recording("d0_mni_tiny")
        let plain = try TraceRecording.read(plain(gzip), name: "x")
        #expect(plain.summary == gzip.summary)
        let crlf = gzip.string(0..<gzip.text.bytes.count).split(separator: "\n").joined(separator: "\r\n")
        #expect(try read(crlf).summary == gzip.summary)
    }

    @Test func aPipeIsReadToItsEnd() throws {
        let path = NSTemporaryDirectory() + "mmuscope-test-\(UUID().uuidString)"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let packed = try packed("t_hmm_open_close")
        let writer = Thread {
            guard let handle = FileHandle(forWritingAtPath: path) else { return }
            // Byte by byte at first: the magic may come in two reads.
            for byte in packed.prefix(3) { handle.write(Data([byte])) }
            handle.write(Data(packed.dropFirst(3)))
            try? handle.close()
        }
        writer.start()
        #expect(try TraceRecording.open(path: path).eventCount == 22)
    }

    @Test func unknownLinesAreCountedAndKept() throws {
        let recording = try read(Self.header + "what is this\n" + Self.line + " => a stack\n" + "and this?\n")
        #expect(recording.eventCount == 1)
        #expect(recording.lineCount == 6)
        #expect(recording.warnings.contains(.unknownLines(count: 2, first: 3)))
    }

    @Test func lostEventsMakeUnknown() throws {
        let whole = try recording("d0_mni_tiny")
        let event = try #require(whole.facts.indices.first { whole.facts[$0].row == .callback && $0 > 800 })
        let cut = whole.lines[Int(whole.events[event].line)]
        let bytes = plain(whole)
        let lossy = try TraceRecording.read(
            bytes[..<cut] + Array("CPU:0 [LOST 12 EVENTS]\n".utf8) + bytes[cut...], name: "x")
        #expect(lossy.eventCount == 2446)
        #expect(lossy.warnings == [.lostEvents(gaps: 1, events: 12)])
        #expect(whole.state(after: event).mms[0].ranges.count > 0)
        let after = lossy.state(after: event + 1).mms[0]
        #expect(after.ranges.isEmpty)
        #expect(after.seq == nil && after.active == nil && !after.isComplete)
        #expect(TraceVerifier.verify(lossy).divergences == [])
        #expect(lossy.gapWords(before: event).contains("12"))
    }

    @Test func mutatedInputsNeverTrap() throws {
        let (small, stress) = (try recording("t_hmm2_double_map"), try recording("d0_mni_tiny"))
        for (corpus, rounds) in [(plain(small), 120), (Array(plain(stress).prefix(60_000)), 40)] {
            // More seeds by hand: MMUSCOPE_FUZZ=10.
            let factor = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(UInt64.init) ?? 1
            for seed in 0..<UInt64(rounds) * factor {
                var random = SeededGenerator(seed: seed)
                let bytes = mutated(corpus, &random)
                guard let recording = try? TraceRecording.read(bytes, name: "seed \(seed)") else { continue }
                exercise(recording, &random)
            }
        }
    }

    @Test func mutatedGzipNeverTraps() throws {
        let packed = try packed("t_hmm_anon_read")
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var bytes = packed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 2..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? TraceRecording.read(bytes, name: "seed \(seed)")
        }
    }

    private func plain(_ recording: TraceRecording) -> [UInt8] {
        withExtendedLifetime(recording) { Array(recording.text.bytes) }
    }

    private func mutated(_ corpus: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = corpus
        for _ in 0..<Int.random(in: 1...60, using: &random) {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[at] = [10, 32, 61, 58, 91, 45, 48, 57, 102].randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...300, using: &random)))
            case 3: bytes.insert(contentsOf: corpus[min(corpus.count, at)..<min(corpus.count, at + 400)], at: at)
            case 4: bytes.insert(contentsOf: Array("\nCPU:1 [LOST 3 EVENTS]\n".utf8), at: at)
            default: bytes.insert(contentsOf: Array("ffffffffffffffff9999999999999999999".utf8), at: at)
            }
            if bytes.isEmpty { return corpus }
        }
        return bytes
    }

    private func exercise(_ recording: TraceRecording, _ random: inout SeededGenerator) {
        var player = TracePlayer(recording)
        for _ in 0..<8 {
            player.perform(.jump(to: Int.random(in: 0...recording.eventCount, using: &random)))
            _ = player.scene(for: PlayerTests.full)
        }
        _ = TraceVerifier.verify(recording)
        var lines = 0
        TraceHeadless(recording, format: .json).run { lines += $0.count { $0 == 10 } }
        #expect(lines == recording.eventCount)
        TraceHeadless(recording, format: .text).run { _ in }
    }
}
