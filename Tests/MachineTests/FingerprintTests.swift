import Language
import Machine
import Testing

@Suite("Fingerprints")
struct FingerprintTests {
    private static let text = """
        record Counter { value: u8; next: ref Counter; table: u8[3] }
        scenario two {
            "Two threads count."
            let counter = new Counter
            thread a { for i in 1..3 { counter.value += 1 } }
            thread b {
                let other = new Counter
                counter.next = other
                counter.table[1] = 7
                free other
            }
            expect holds
        }
        """

    private func run(_ text: String, _ schedule: [Int]) throws -> [UInt64] {
        let program = try compile(SourceFile(name: "two", text: text), modules: { _ in nil })
        let fingerprinter = Fingerprinter(program)
        var machine = Machine(program)
        var log = EventLog(isOn: false)
        return [fingerprinter.value(of: machine)] + schedule.map { thread in
            #expect(machine.step(thread, log: &log) == .stepped)
            return fingerprinter.value(of: machine)
        }
    }

    @Test("every step of these leads to another number")
    func differ() throws {
        let values = try run(Self.text, [0, 1, 0, 1, 1, 0, 1])
        #expect(Set(values).count == values.count)
    }

    @Test("they are the same on every machine and in every version: recordings hold them")
    func fixed() throws {
        let value = try #require(try run(Self.text, [0, 1, 1]).last)
        #expect(value == 0xe303_d751_a0bd_a3a6, "\(String(value, radix: 16))")
    }

    @Test("where things lie, and what a comment says, doesn't matter")
    func names() throws {
        let schedule = [0, 1, 1, 1, 0]
        let other = Self.text.replacing("thread a {", with: "// why\n    thread a {\n // because\n")
        #expect(try run(other, schedule) == run(Self.text, schedule))
        let renamed = Self.text.replacing("value", with: "number")
        #expect(try run(renamed, schedule).last != run(Self.text, schedule).last)
    }

    @Test("parts tell in what states differ")
    func parts() throws {
        let program = try compile(SourceFile(name: "two", text: Self.text), modules: { _ in nil })
        let fingerprinter = Fingerprinter(program)
        var machine = Machine(program)
        let before = fingerprinter.parts(of: machine)
        var log = EventLog(isOn: false)
        _ = machine.step(0, log: &log)
        let after = fingerprinter.parts(of: machine)
        #expect(before.map(\.name) == after.map(\.name))
        let changed = zip(before, after).filter { $0.value != $1.value }.map(\.0.name)
        #expect(changed.contains { $0.contains("#1") } || changed == ["the thread a"])
        #expect(changed.contains("the thread a"))
    }
}
