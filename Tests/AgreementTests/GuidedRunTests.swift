import Foundation
import KernelTrace
import Testing

@testable import Agreement

/// The harness itself: small models against recordings, real and made up.
@Suite("Holding a run against a recording") struct GuidedRunTests {
    @Test("runs that do what was recorded agree, to the last event")
    func agrees() throws {
        let opened = try compared("open-close", recordedRun("t_hmm_open_close"))
        #expect(opened.divergence == nil && opened.agreeing == 9)
        #expect(opened.differences == ["device memory is emptied at the end": 2, "the subscriptions' end": 1])
        let recorded = try recordedRun("t_hmm_anon_read")
        let aslr = try #require(try Placement.settings(for: lab("anon-read"), along: recorded)["aslr"])
        #expect(aslr == 0x19, "the buffer lay at page 0x7f0d8a619")
        let read = try compared("anon-read", recorded, settings: ["aslr": aslr])
        #expect(read.divergence == nil && read.agreeing == recorded.entries.count)
    }

    @Test("a mapping that lies otherwise in its huge page doesn't agree")
    func placement() throws {
        let result = try compared("anon-read", recordedRun("t_hmm_anon_read"))
        #expect(result.divergence?.what == "the first page" && result.divergence?.line == 34)
    }

    @Test("a callback that forgets set_seq is told at the next event that shows it, in two lines that stand in columns")
    func fault() throws {
        let recorded = try recordedRun("t_hmm_anon_read")
        let aslr = try #require(try Placement.settings(for: lab("anon-read"), along: recorded)["aslr"])
        let result = try compared("anon-read", recorded, settings: ["aslr": aslr], faults: ["no_set_seq"])
        let divergence = try #require(result.divergence)
        #expect(divergence.what == "sub_seq" && divergence.line == 28)
        let lines = divergence.text.split(separator: "\n")
        let step = try #require(divergence.step)
        #expect(step > 99 && step < 1000)
        #expect(lines == [
            "  recording  line 28   callback  CLEAR  0x800..0x9ff  of mm#1  for notifier#1  sub_seq 3  cur_seq 5",
            "  model      step \(step)  callback  CLEAR  0x800..0x9ff  of mm#1  for notifier#1  sub_seq 1  cur_seq 5",
        ])
    }

    private func reading() -> MadeUp {
        var recording = MadeUp()
        recording.opens(1)
        recording.changes(1, 1, 0x300, pages: 1)
        recording.changes(1, 1, 0x600, pages: 512)
        recording.changes(1, 2, 0x400, pages: 1024)
        for piece in 0..<16 {
            recording.begins(1)
            recording.reads(1, 0, 0x400 + UInt64(piece) * 64, pages: 64)
        }
        recording.changes(1, 0, 0x400, pages: 1024)
        recording.changes(1, 0, 0x800, pages: 1025)
        recording.closes(1)
        return recording
    }

    @Test("whichever number of whichever line is changed, the run parts from the recording at that line or, for a call, at its end")
    func everyNumber() throws {
        // Without the exit: what is made up ends at remove, and so the run goes on.
        let sound = reading()
        let whole = try compared("anon-read", recordedRun(text: sound.text))
        #expect(whole.divergence?.what == "the recording ends here", "\(whole.divergence?.text ?? "")")
        let told = [
            "range_start: start end event", "inv_start_lk: seq active", "cb_dmirror: sub_seq cur_seq start end event",
            "range_end: start end event", "inv_end_lk_final: seq active", "insert_lk: sub_seq seq active",
            "remove_lk_now: seq active", "read_begin_lk: seq active", "range_fault_ret: ret",
        ]
        var tried = 0
        for (index, line) in sound.lines.enumerated() {
            for entry in told {
                let parts = entry.split(separator: " ")
                guard line.contains(" \(parts[0]) ") else { continue }
                for field in parts.dropFirst() {
                    var changed = sound.lines
                    changed[index] = try #require(with(line, " \(field)="))
                    let run = try recordedRun(text: changed.joined(separator: "\n") + "\n")
                    let result = try compared("anon-read", run)
                    #expect(result.divergence?.line == index + 1, "\(field) of \(line): \(result.divergence?.text ?? "agrees")")
                    tried += 1
                }
            }
        }
        #expect(tried > 100)
    }

    /// The line with another number in a field: two more, or a page more.
    private func with(_ line: String, _ key: String) -> String? {
        guard let start = line.range(of: key) else { return nil }
        let end = line[start.upperBound...].firstIndex(of: " ") ?? line.endIndex
        let old = line[start.upperBound..<end]
        let new: String
        if old.hasPrefix("0x") {
            guard let value = UInt64(old.dropFirst(2), radix: 16) else { return nil }
            new = "0x" + String(value ^ 0x1000, radix: 16)
        } else {
            guard let value = Int(old) else { return nil }
            new = "\(value + 2)"
        }
        return line.replacingCharacters(in: start.upperBound..<end, with: new)
    }

    @Test("an event that only one side has is told where it is missed")
    func missing() throws {
        let sound = reading()
        // The second invalidation left out: the model has it, at the line where the third begins.
        let second = sound.lines.indices.filter { sound.lines[$0].contains("range_start:") }[1]
        var fewer = sound.lines
        fewer.removeSubrange(second..<second + 8)
        let less = try compared("anon-read", recordedRun(text: fewer.joined(separator: "\n")))
        #expect(less.divergence?.line == second + 1 && less.agreeing == 6)
        // The recording goes on when the model has ended.
        var longer = MadeUp()
        longer.opens(1)
        longer.closes(1)
        longer.changes(1, 1, 0x300, pages: 1)
        let more = try compared("open-close", recordedRun(text: longer.text))
        #expect(more.divergence?.line == 9 && more.agreeing == 2)
        #expect(more.divergence?.recorded.hasPrefix("start") == true)
        #expect(more.divergence?.modelled.hasPrefix("release") == true)
    }
}
