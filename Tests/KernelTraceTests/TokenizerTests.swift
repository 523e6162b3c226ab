import Testing

@testable import KernelTrace

@Suite struct TokenizerTests {
    struct Parts: Equatable {
        var comm: String
        var pid: Int32
        var cpu: UInt16
        var time: String
        var name: String
        var arguments: String
    }

    private func line(_ bytes: [UInt8]) -> (TraceLine, Parts?) {
        bytes.withUnsafeBufferPointer { text in
            let range = trimmedLine(text, 0, text.count)
            let line = LineTokenizer(text: text).line(range)
            guard case .event(let header) = line else { return (line, nil) }
            func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
            return (
                line,
                Parts(
                    comm: string(header.comm), pid: header.pid, cpu: header.cpu, time: string(header.time),
                    name: string(header.name), arguments: string(header.arguments..<range.upperBound))
            )
        }
    }

    private func parts(_ text: String) -> Parts? { line(Array(text.utf8)).1 }

    private func expect(
        _ text: String, _ comm: String, _ pid: Int32, _ cpu: UInt16, _ time: String, _ name: String,
        _ arguments: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            parts(text) == Parts(comm: comm, pid: pid, cpu: cpu, time: time, name: name, arguments: arguments),
            sourceLocation: sourceLocation)
    }

    @Test func aPlainLine() {
        expect(
            "       hmm-tests-120     [001] d.Z..     6.556256: insert_lk: (f+0x8e/0x110) sub=0x1",
            "hmm-tests", 120, 1, "6.556256", "insert_lk", " (f+0x8e/0x110) sub=0x1")
    }

    @Test func namesWithBlanksDashesBracketsAndColons() {
        expect("   Web Content-977     [003] .....   1.000002: e: a=1", "Web Content", 977, 3, "1.000002", "e", " a=1")
        expect(
            "kworker/u16:1-77-4242    [000] .....   1.000002: e: a=1", "kworker/u16:1-77", 4242, 0, "1.000002", "e",
            " a=1")
        expect(
            " a-1 [2] 3.4: x:-5     [006] ..... 7.000008: real: a=1", "a-1 [2] 3.4: x:", 5, 6, "7.000008", "real",
            " a=1")
        expect("          [migr]-9     [002] d..1. 5.5: e: x", "[migr]", 9, 2, "5.5", "e", " x")
    }

    @Test func aTaskWithoutANameAndTheIdleTask() {
        expect("           <...>-4711  [002] ..... 1.000001: e:", "<...>", 4711, 2, "1.000001", "e", "")
        expect("          <idle>-0     [000] dNh3. 1.000001: e: ", "<idle>", 0, 0, "1.000001", "e", " ")
        expect("                -12    [000] ..... 1.000001: e: ", "", 12, 0, "1.000001", "e", " ")
    }

    @Test func threadGroups() {
        expect("    bash-977     (    977) [001] .....  1.000001: e: a", "bash", 977, 1, "1.000001", "e", " a")
        expect("    bash-977     (-------) [001] .....  1.000001: e: a", "bash", 977, 1, "1.000001", "e", " a")
        expect("    bash-977     (-----) [001] ....  1.000001: e: a", "bash", 977, 1, "1.000001", "e", " a")
    }

    @Test(arguments: ["", "d...", "d..2.", "dNZff.", ".N.1.", "d1h2", "12345"])
    func flagsOfAnyLengthOrNone(_ flags: String) {
        expect("  bash-977 [001] \(flags) 12.345678: e: a", "bash", 977, 1, "12.345678", "e", " a")
    }

    @Test func noGapBeforeTheTime() {
        expect("  bash-977 [001] d..2.12.345678: e: a", "bash", 977, 1, "12.345678", "e", " a")
        expect("  bash-977 [001] d..2 12.345678: e: a", "bash", 977, 1, "12.345678", "e", " a")
    }

    @Test func bigNumbers() {
        expect("  a-4194304 [1023] ..... 1.000001: e: a", "a", 4_194_304, 1023, "1.000001", "e", " a")
    }

    @Test func clocks() {
        func ticks(_ time: String) -> UInt64? {
            guard case .event(let header) = line(Array("  a-1 [001] ..... \(time): e: a".utf8)).0 else { return nil }
            return header.ticks
        }
        #expect(ticks("6.000001") == 6_000_001_000)
        #expect(ticks("6.000000001") == 6_000_000_001)
        #expect(ticks("123456789012") == 123_456_789_012)
        #expect(ticks("6.0000000001") == nil)
    }

    @Test func carriageReturns() {
        expect("  a-1 [001] ..... 1.000001: e: a=1\r\n", "a", 1, 1, "1.000001", "e", " a=1")
    }

    @Test func groupsInFrontOfNames() {
        expect("  a-1 [001] 1.000001: mni:insert: a=1", "a", 1, 1, "1.000001", "insert", " a=1")
        expect("  a-1 [001] 1.000001: insert:               a=1", "a", 1, 1, "1.000001", "insert", "               a=1")
    }

    @Test func perfScript() {
        expect(
            "       hmm-tests   120 [001]     6.556256:   mni:insert: (ffffffff81) sub=0x1", "hmm-tests", 120, 1,
            "6.556256", "insert", " (ffffffff81) sub=0x1")
        expect("Web Content    97/120     [001]     6.556256: mni:e: a", "Web Content", 120, 1, "6.556256", "e", " a")
    }

    @Test func bytesThatArentText() {
        let (_, parts) = line([0x20, 0xff, 0xfe, 0x1b] + Array("-7 [001] ..... 1.000001: e: a".utf8))
        #expect(parts?.pid == 7)
        #expect(parts?.comm == "\u{fffd}\u{fffd}\u{1b}")
    }

    @Test func otherLines() {
        #expect(line(Array("# tracer: nop".utf8)).0 == .header)
        #expect(line([]).0 == .header)
        #expect(line(Array("cpus=8".utf8)).0 == .header)
        #expect(line(Array("CPU:3 [LOST 12 EVENTS]".utf8)).0 == .lost(count: 12))
        #expect(line(Array("CPU:3 [LOST EVENTS]\r\n".utf8)).0 == .lost(count: nil))
        #expect(line(Array("CPU:7 [204600 EVENTS DROPPED]".utf8)).0 == .lost(count: 204600))
        #expect(line(Array(" => do_syscall_64".utf8)).0 == .continuation)
        #expect(line(Array("  a-1 [001] ..... 1.000001: <stack trace>".utf8)).0 == .continuation)
        #expect(line(Array("hello world".utf8)).0 == .unknown)
        #expect(line(Array(" 0)   1.234 us    |  foo();".utf8)).0 == .unknown)
        #expect(line(Array("  a-1 [001] ..... 1.000001: func <-caller".utf8)).0 == .unknown)
    }

    @Test func aMiddleInsideAnEventsTextIsNotTheMiddle() {
        expect(
            "            bash-977     [001] .....   1.000001: print: b-2 [003] 4.5: y: z", "bash", 977, 1, "1.000001",
            "print", " b-2 [003] 4.5: y: z")
    }

    @Test func fields() {
        let text = Array("(f+0x0/0x70 [mod]) sub=0xffff8880128e6318 ret=-11 active=13602149286599505545 x name=\"a b=1\" rb=0x1 seq=2z end=".utf8)
        text.withUnsafeBufferPointer { bytes in
            let fields = sharedFieldTable.parse(bytes, 0..<bytes.count)
            #expect(fields.value(.sub) == 0xffff_8880_128e_6318)
            #expect(fields.result == -11)
            #expect(fields[.active] == 13_602_149_286_599_505_545)
            #expect(fields[.rb] == 1)
            #expect(fields.value(.seq) == nil)
            #expect(fields.value(.end) == nil)
            let raw = RawFields(bytes, 0..<bytes.count)
            #expect(raw.callSite.map { String(decoding: bytes[$0], as: UTF8.self) } == "f+0x0/0x70 [mod]")
            #expect(
                raw.map { String(decoding: bytes[$0.key], as: UTF8.self) }
                    == ["sub", "ret", "active", "name", "rb", "seq", "end"])
        }
    }

    @Test func everyFieldHasAPlaceOfItsOwn() {
        for field in Field.allCases {
            let text = Array("\(field.key)=77".utf8)
            text.withUnsafeBufferPointer { bytes in
                let fields = sharedFieldTable.parse(bytes, 0..<bytes.count)
                #expect(fields.value(field) == 77)
                #expect(Field.allCases.count { fields.has($0) } == 1)
            }
        }
    }
}
