import Screen
import Testing

@testable import Terminal

@Suite("Mouse reports")
struct MouseReaderTests {
    /// Everything that a report's characters come to.
    private func read(_ text: String, _ format: MouseReader.Format = .decimal, at time: Int64 = 0, by reader: inout MouseReader) -> [Mouse] {
        reader.begin(format)
        return text.unicodeScalars.compactMap { scalar in
            guard case .mouse(let mouse) = reader.take(scalar.value, at: time) else { return nil }
            return mouse
        }
    }

    @Test(
        "tells what was done and where, whatever keys were held",
        arguments: [
            ("0;1;1M", Mouse(.press, x: 0, y: 0)), ("0;200;60m", Mouse(.release, x: 199, y: 59)),
            ("32;300;100M", Mouse(.drag, x: 299, y: 99)), ("64;5;6M", Mouse(.wheelUp, x: 4, y: 5)),
            ("65;5;6M", Mouse(.wheelDown, x: 4, y: 5)), ("4;5;6M", Mouse(.press, x: 4, y: 5)),
            ("20;5;6M", Mouse(.press, x: 4, y: 5)), ("80;5;6M", Mouse(.wheelUp, x: 4, y: 5)),
        ])
    func decimal(_ text: String, _ mouse: Mouse) {
        var reader = MouseReader()
        #expect(read(text, by: &reader) == [mouse])
        // Nothing of it is left.
        #expect(reader.take(0x71, at: 0) == .typed)
    }

    @Test("other buttons, movement without one and what is no report mean nothing", arguments: ["1;5;5M", "2;5;5M", "35;5;5M", "0;0;5M", "0;5M", ";;M", "0;5;5;5M", "66;5;5M"])
    func ignored(_ text: String) {
        var reader = MouseReader()
        #expect(read(text, by: &reader).isEmpty)
        #expect(reader.take(0x71, at: 0) == .typed)
    }

    @Test("a report that breaks off takes no more than the character that broke it")
    func broken() {
        var reader = MouseReader()
        #expect(read("0;5q", by: &reader).isEmpty)
        #expect(reader.take(0x71, at: 0) == .typed)
        #expect(read(String(repeating: "1", count: 100), by: &reader).isEmpty)
        #expect(reader.take(0x71, at: 0) == .typed)
    }

    @Test("old reports are understood as far as they go")
    func bytes() {
        var reader = MouseReader()
        #expect(read(" !!", .bytes, by: &reader) == [Mouse(.press, x: 0, y: 0)])
        #expect(read("#%&", .bytes, by: &reader) == [Mouse(.release, x: 4, y: 5)])
        #expect(read("`%&", .bytes, by: &reader) == [Mouse(.wheelUp, x: 4, y: 5)])
    }

    @Test("two presses at one place within a moment are a double click; a third begins anew")
    func doubleClick() {
        var reader = MouseReader()
        #expect(read("0;3;4M", at: 1000, by: &reader) == [Mouse(.press, x: 2, y: 3)])
        #expect(read("0;3;4M", at: 1000 + MouseReader.doubleClick, by: &reader) == [Mouse(.doubleClick, x: 2, y: 3)])
        #expect(read("0;3;4M", at: 1001 + MouseReader.doubleClick, by: &reader) == [Mouse(.press, x: 2, y: 3)])
        #expect(read("0;4;4M", at: 1002 + MouseReader.doubleClick, by: &reader) == [Mouse(.press, x: 3, y: 3)])
        #expect(read("0;4;4M", at: 9000, by: &reader) == [Mouse(.press, x: 3, y: 3)])
    }

    @Test("what is switched on is switched off")
    func modes() {
        let on = String(decoding: MouseReader.on, as: UTF8.self).matches(of: /\[\?(\d+)h/).map { String($0.1) }
        let off = String(decoding: MouseReader.off, as: UTF8.self).matches(of: /\[\?(\d+)l/).map { String($0.1) }
        #expect(on == off.reversed())
        #expect(on == ["1000", "1002", "1006"])
    }
}
