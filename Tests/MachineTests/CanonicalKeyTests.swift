import Language
import Machine
import Testing

@Suite("Canonical keys")
struct CanonicalKeyTests {
    private static let text = """
        record Node { start: u8; last: u8; next: ref Node }
        record Root { nodes: interval_set of Node; head: ref Node; other: ref Node }
        scenario s {
            "Two threads make a node each."
            let root = new Root
            thread a { let n = new Node { start: 1, last: 2 }; tree_insert(root.nodes, n); root.head = n }
            thread b { let n = new Node { start: 5, last: 6 }; tree_insert(root.nodes, n); root.other = n }
            expect holds
        }
        """

    private func machine() throws -> Machine {
        Machine(try compile(SourceFile(name: "s", text: Self.text), modules: { _ in nil }))
    }

    private func run(_ schedule: [Int]) throws -> Machine {
        var machine = try machine()
        var log = EventLog(isOn: false)
        for thread in schedule { #expect(machine.step(thread, log: &log) == .stepped) }
        return machine
    }

    @Test("the order in which records were made leaves no trace in the key")
    func order() throws {
        let one = try run([0, 0, 0, 1, 1, 1])
        let other = try run([1, 1, 1, 0, 0, 0])
        #expect(one.state != other.state, "the nodes lie in each other's place")
        #expect(one.canonicalKey == other.canonicalKey)
    }

    @Test("states that a future can tell apart have different keys")
    func different() throws {
        var keys: Set<CanonicalKey> = []
        let schedules = [[], [0], [0, 0], [0, 0, 0], [1], [1, 1], [0, 1], [0, 0, 1]]
        for schedule in schedules { keys.insert(try run(schedule).canonicalKey) }
        #expect(keys.count == schedules.count)
    }

    @Test("rounds of invalidation come back to the same key, however far seq has come")
    func sequences() throws {
        let text = """
            use drivers/mirror
            scenario rounds {
                "The same invalidation again and again."
                set pages = 4
                let mm = new_mm()
                let m = new mirror.Mirror
                setup { mmap(mm, 0..3, true); let ret = mirror.open(m, mm, 1..1) }
                thread zap { repeat { madvise_dontneed(mm, 1..2) } }
                expect holds
            }
            """
        var machine = Machine(try compile(SourceFile(name: "rounds", text: text), modules: modules))
        var log = EventLog(isOn: false)
        var keys: [CanonicalKey: Int] = [:]
        var firstAgain: Int?
        for step in 0..<400 {
            let key = machine.canonicalKey
            // The first round differs: until then the notifier's seq was the one that it began with.
            if let before = keys[key], firstAgain == nil { firstAgain = step - before }
            keys[key] = step
            _ = machine.step(0, log: &log)
        }
        #expect(keys.count < 150, "\(keys.count) keys in 400 steps")
        #expect(firstAgain != nil)
    }
}
