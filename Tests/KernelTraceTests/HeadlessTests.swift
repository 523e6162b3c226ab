import Foundation
import Testing

@testable import KernelTrace

@Suite struct HeadlessTests {
    private func output(_ recording: TraceRecording, _ format: TraceHeadless.Format) -> [UInt8] {
        var bytes: [UInt8] = []
        TraceHeadless(recording, format: format).run { bytes.append(contentsOf: $0) }
        return bytes
    }

    private func objects(_ recording: TraceRecording) throws -> [[String: Any]] {
        try output(recording, .json).split(separator: 10).map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line))
            return try #require(object as? [String: Any])
        }
    }

    @Test func oneObjectForEachEvent() throws {
        let recording = try recording("d0_mni_tiny")
        let objects = try objects(recording)
        #expect(objects.count == 2446)
        for (index, object) in objects.enumerated() {
            #expect(object["step"] as? Int == index + 1)
            for key in ["time", "task", "pid", "cpu", "event", "fields", "text"] { #expect(object[key] != nil) }
        }
        let first = objects[3]
        #expect(first["event"] as? String == "insert_lk")
        #expect(first["mm"] as? String == "0xffff888000146580")
        #expect(first["seq"] as? Int == 2)
        #expect(first["active"] as? Int == 0)
        let fields = try #require(first["fields"] as? [String: Any])
        #expect(fields["sub"] as? String == "0xffff8880009ec468")
        #expect(fields["sub_seq"] as? Int == 1)
        // What the kernel printed without having read it isn't taken for the mm's state.
        #expect(objects[0]["seq"] == nil)
        #expect(objects[0]["text"] as? String == "mni_w1-788 inserts mni#1 at 0x7f2b9784d000, 0x1b000 bytes")
    }

    @Test func sentences() throws {
        let text = String(decoding: output(try recording("t_hmm2_double_map"), .text), as: UTF8.self)
        #expect(text.contains("hmm_range_fault returns -EBUSY"))
        #expect(text.contains("(odd) because dmirror#1 overlaps"))
        #expect(text.contains("starts MIGRATE 0x"))
        #expect(!text.contains("\u{fffd}"))
    }

    @Test func namesThatDriveATerminal() throws {
        let line = Array("  \u{1b}[2Jevil\"\\\u{7}-1 [001] ..... 1.000001: insert_ret: (f <- g) ret=-75 s=\u{1b}]0;x\n".utf8)
        var odd = line
        odd[2] = 0xff
        for bytes in [line, odd] {
            let recording = try TraceRecording.read(bytes, name: "x")
            let json = output(recording, .json)
            #expect(json.allSatisfy { $0 >= 0x20 || $0 == 10 })
            let object = try #require(try objects(recording).first)
            #expect(object["pid"] as? Int == 1)
            #expect((object["task"] as? String)?.hasSuffix("evil\"\\\u{7}") == true)
            #expect(String(validating: json, as: UTF8.self) != nil)
            #expect(output(recording, .text).allSatisfy { $0 >= 0x20 || $0 == 10 })
        }
    }

    @Test func numbersThatJSONDoesntHaveAreStrings() throws {
        let line = "  a-1 [001] 007.5: e: a=007 b=-5 c=- d= e=0x10 f=1.50 g=18446744073709551615 a=2\n"
        let object = try #require(try objects(try TraceRecording.read(Array(line.utf8), name: "x")).first)
        let fields = try #require(object["fields"] as? [String: Any])
        #expect(fields["a"] as? String == "007")
        #expect(fields["b"] as? Int == -5)
        #expect(fields["c"] as? String == "-")
        #expect(fields["d"] as? String == "")
        #expect(fields["f"] as? Double == 1.5)
        #expect(fields["g"] as? UInt64 == .max)
        #expect(object["time"] as? String == "007.5")
    }

    @Test func aClosedPipeEndsIt() throws {
        struct Closed: Error {}
        var calls = 0
        #expect(throws: Closed.self) {
            try TraceHeadless(try recording("d0_mni_tiny"), format: .json).run { _ in
                calls += 1
                throw Closed()
            }
        }
        #expect(calls == 1)
    }
}
