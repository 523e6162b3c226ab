import Language
import Machine
import Playback
import Scene
@testable import Simulation
import Testing

/// Recordings that were cut off, changed, or made up.
@Suite("Damaged recordings")
struct DamagedRecordingTests {
    static let text = """
        record Counter { value: u8 }
        scenario three {
            "Three threads count."
            let counter = new Counter
            thread a { for i in 1..90 { counter.value += 1 } }
            thread b { for i in 1..90 { counter.value += 1 } }
            daemon thread c { repeat { counter.value = 0 } }
            expect holds
        }
        """

    /// A small one with everything in it: policies, steps by hand, a rewind, marks.
    private func small() throws -> (bytes: [UInt8], headEnd: Int, recording: Recording) {
        let program = try compile(SourceFile(name: "three", text: Self.text), modules: { _ in nil })
        var simulation = Simulation(program, seed: 4)
        let setup = RunSetup(program, seed: 4)
        var recorder = RunRecorder()
        var bytes = RecordingFormat.start(setup)
        let headEnd = bytes.count
        func follow() {
            for piece in recorder.news(of: simulation, isLast: false) { bytes += RecordingFormat.chunk(piece) }
        }
        for step in 0..<130 {
            simulation.perform(step % 3 == 0 ? .stepThread(ThreadID(step % 2)) : .step)
            if step % 10 == 0 { follow() }
            if step == 50 { simulation.perform(.jump(to: 20)) }
            if step == 51 { simulation.perform(.nextPolicy) }
        }
        for piece in recorder.end(of: simulation).dropLast() { bytes += RecordingFormat.chunk(piece) }
        bytes += RecordingFormat.chunk(.mark(Recording.Mark(name: "here", step: 7)))
        bytes += RecordingFormat.chunk(.end(hasEnded: false))
        let opened = try Recording.open(bytes)
        #expect(opened.warning == nil)
        #expect(opened.recording.end == 99)
        return (bytes, headEnd, opened.recording)
    }

    /// What was opened is the whole or a part of what was written, and plays.
    private func isSound(_ opened: OpenedRecording, _ states: [Int: UInt64], _ whole: Recording) -> Bool {
        let recording = opened.recording
        guard recording.setup == whole.setup, recording.checks.allSatisfy({ $0.step <= recording.end }) else { return false }
        if opened.warning == nil { return recording == whole }
        return true
    }

    @Test("every byte that is changed is noticed")
    func flips() throws {
        let (bytes, headEnd, whole) = try small()
        for index in bytes.indices {
            for mask in [UInt8(0x01), 0x10, 0x80, 0xFF] {
                var damaged = bytes
                damaged[index] ^= mask
                guard let opened = try? Recording.open(damaged) else {
                    #expect(index < headEnd, "byte \(index)")
                    continue
                }
                #expect(index >= headEnd, "byte \(index)")
                #expect(opened.warning?.contains("damaged or cut off at byte") == true, "byte \(index)")
                #expect(isSound(opened, [:], whole), "byte \(index)")
                plays(opened.recording, whole, "byte \(index)")
            }
        }
    }

    /// The part that was opened has the check values that it says.
    private func plays(_ recording: Recording, _ whole: Recording, _ comment: String) {
        guard let program = try? recording.setup.program() else {
            Issue.record("\(comment): doesn't compile")
            return
        }
        var simulation = Simulation(program, replaying: recording)
        simulation.jump(to: recording.end)
        #expect(simulation.astray == nil, "\(comment)")
        #expect(simulation.step == recording.end, "\(comment)")
    }

    @Test("cut off anywhere, it opens up to there")
    func truncation() throws {
        let (bytes, headEnd, whole) = try small()
        var last = 0
        for length in bytes.indices {
            guard let opened = try? Recording.open(Array(bytes.prefix(length))) else {
                #expect(length < headEnd, "\(length) bytes")
                continue
            }
            #expect(length >= headEnd)
            #expect(opened.warning != nil)
            plays(opened.recording, whole, "\(length) bytes")
            last = opened.recording.end
        }
        #expect(last == whole.end)
    }

    @Test("what isn't a recording, and what is a newer one, is told by name")
    func refusals() throws {
        let (bytes, _, _) = try small()
        func error(_ bytes: [UInt8]) -> RecordingError? {
            do {
                _ = try Recording.open(bytes)
                return nil
            } catch { return error }
        }
        #expect(error([]) == .notARecording)
        #expect(error(Array("{}".utf8)) == .notARecording)
        var newer = bytes
        (newer[6], newer[7]) = (4, ~4)
        #expect(error(newer) == .newer(version: 4))
        #expect(error(newer)?.description.contains("format 4") == true)
        var older = bytes
        (older[6], older[7]) = (1, ~1)
        #expect(error(older) == nil)
        var torn = bytes
        torn[6] = 3
        #expect(error(torn) == .damagedHead(offset: 6))
        #expect(try Recording.open(bytes + [0, 0]).warning?.contains("2 bytes behind its end") == true)
    }

    @Test("sound chunks with nonsense in them open up to there, or change nothing")
    func nonsense() throws {
        let (bytes, headEnd, whole) = try small()
        let seed: UInt64 = 77
        var random = SeededGenerator(state: seed)
        for round in 0..<2_000 {
            // A chunk whose check sum is right, and whose content was changed before that was made.
            var offset = headEnd
            var starts: [Int] = []
            while let chunk = RecordingFormat.chunk(in: bytes, at: offset) {
                starts.append(offset)
                offset = chunk.end
                if offset >= bytes.count { break }
            }
            let start = starts[Int(random.next() % UInt64(starts.count))]
            guard let chunk = RecordingFormat.chunk(in: bytes, at: start), !chunk.payload.isEmpty else { continue }
            var body = Array(bytes[start..<(chunk.end - 4)])
            body[body.count - 1 - Int(random.next() % UInt64(chunk.payload.count))] = UInt8(truncatingIfNeeded: random.next())
            var writer = ByteWriter()
            writer.append(body)
            writer.append(fixed: Packing.checksum(body[...]))
            let made = Array(bytes[..<start]) + writer.bytes + Array(bytes[chunk.end...])
            guard let opened = try? Recording.open(made) else {
                Issue.record("seed \(seed), round \(round)")
                continue
            }
            let recording = opened.recording
            guard recording.end <= 1_000, let program = try? whole.setup.program() else { continue }
            var simulation = Simulation(program, replaying: recording)
            simulation.jump(to: recording.end)
            #expect(simulation.step <= recording.end, "seed \(seed), round \(round)")
        }
    }

    @Test("heads with nonsense in them are refused or compile, and never trap")
    func heads() throws {
        let (bytes, headEnd, _) = try small()
        let seed: UInt64 = 78
        var random = SeededGenerator(state: seed)
        for _ in 0..<2_000 {
            var body = Array(bytes[8..<(headEnd - 4)])
            for _ in 0...Int(random.next() % 3) {
                body[3 + Int(random.next() % UInt64(body.count - 3))] = UInt8(truncatingIfNeeded: random.next())
            }
            var writer = ByteWriter()
            writer.append(body)
            writer.append(fixed: Packing.checksum(body[...]))
            let made = Array(bytes[..<8]) + writer.bytes + Array(bytes[headEnd...])
            guard let opened = try? Recording.open(made), let program = try? opened.recording.setup.program() else { continue }
            var simulation = Simulation(program, replaying: opened.recording)
            simulation.jump(to: min(1_000, opened.recording.end))
        }
    }
}
