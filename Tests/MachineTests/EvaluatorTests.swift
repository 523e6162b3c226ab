import Foundation
import Language
import Machine
import Models
import Testing

@Suite("Expressions that somebody types") struct EvaluatorTests {
    static let model = """
        const EAGAIN = 11
        param depth = 3 "how deep"
        type va = hex u32
        enum Kind { EMPTY, FULL }
        record Inner "inner" {
            start: va
            last: va
            invalidate_seq: wrapping 64
        }
        record Box "box" pool 3 {
            inner: Inner
            kind: Kind
            kinds: Kind[4]
            next: ref Box
            m: mutex
            sem: rwsem
            wq: wait_queue
            refs: refcount
            ret: int
            tree: interval_set of Inner
            queue: list of Inner
        }
        take(b: Box, n: int) -> int {
            let twice = n + n
            lock b.m
            down_read b.sem
            b.ret = -EAGAIN
            wait_event(b.wq, b.kind == EMPTY)
            up_read b.sem
            unlock b.m
            return twice
        }
        """
    static let bed = """
        let box = new Box { kind: FULL }
        let empty: Box
        let gone: Box
        let total = 5
        setup {
            box.inner.start = 0x10
            box.inner.last = 0x1f
            box.inner.invalidate_seq = 7
            tree_insert(box.tree, box.inner)
            gone = new Box
            list_add_tail(gone.queue, gone.inner)
            list_del(gone.queue, gone.inner)
            box.kinds[2] = FULL
            get box.refs
            get box.refs
            box.next = gone
            free gone
        }
        thread taker { let done = take(box, depth) }
        thread other { lock box.m }
        """

    private func bench() throws -> Bench {
        var bench = try Bench(Self.model, Self.bed)
        try bench.run("taker")
        return bench
    }

    @Test(arguments: [
        ("box", "box#1"), ("box.inner.start", "0x10"), ("box#1.inner.last", "0x1f"), ("box1.inner.last + 1", "0x20"),
        ("box.inner.seq", "7"), ("odd(box.inner.invalidate_seq)", "true"), ("box.kind", "FULL"), ("box.kind == FULL", "true"),
        ("box.kinds[2] != EMPTY && !false", "true"), ("box.kinds[depth]", "EMPTY"), ("empty", "none"), ("empty == none", "true"),
        ("box == box#1", "true"), ("depth * 2 - 1", "5"), ("-7 / 2", "-3"), ("1 << 3 | 1", "9"), ("total > 4 ? box : none", "box#1"),
        ("box.ret", "-EAGAIN"), ("-box.ret", "11"), ("held(box.m)", "true"), ("is_locked(box.sem)", "true"),
        ("box.m", "held by T0 taker"), ("box.sem", "held for reading by T0 taker"), ("box.wq", "T0 taker waits"),
        ("box.refs", "2"), ("refcount_read(box.refs) == 2", "true"), ("box.refs > 1", "true"),
        ("tree_first(box.tree, 0..0xff)", "box#1"), ("tree_first(box.tree, 0..0xf) == none", "true"),
        ("tree_next(box.tree, box.inner, 0..0xff)", "none"), ("in_tree(box.tree, box.inner)", "true"),
        ("tree_empty(box.tree)", "false"), ("count(box.tree)", "1"), ("count(box.tree, 0x20..0x30)", "0"),
        ("count(box.kinds, 0..3)", "1"), ("box.tree", "1: box#1 0x10..0x1f"), ("list_empty(box.queue)", "true"),
        ("list_first(box.queue)", "none"), ("in_list(box.queue, box.inner)", "false"), ("box.queue", "empty"),
        ("box.kinds", "1 of 4: 0x2: FULL"), ("exists b in Box: b.kind == FULL", "true"), ("all b in Box: b == box", "true"),
        ("count b in Box: b.refs > 0", "1"), ("taker.twice", "6"), ("T0.b", "box#1"), ("taker.n == depth", "true"),
        ("T0.asleep", "true"), ("other.ready || other.blocked", "true"), ("taker.finished", "false"),
        ("T0", "T0 taker: sleeps on box#1.wq"), ("box.inner.seq - 8", "18446744073709551615"),
        ("(((total)))", "5"), ("9223372036854775807 + 1 < 0", "true"), ("1 << 200", "0"),
    ])
    func value(text: String, expected: String) throws {
        let bench = try bench()
        #expect(try Evaluator(bench.machine.program).value(of: text, in: bench.machine).text == expected)
    }

    @Test(arguments: [
        ("", EvaluationError.Kind.syntax, "nothing to evaluate"), ("  \n ", .syntax, "nothing to evaluate"),
        ("box.", .syntax, "field's name"), ("box)", .syntax, "expected the end"), ("1 +", .syntax, "the end"),
        ("\"text\"", .syntax, "expected a value"), ("é", .syntax, "no meaning"),
        ("bix", .name, "did you mean 'box'?"), ("box.innr", .name, "did you mean 'inner'?"),
        ("box.inner.invalidate_sec", .name, "did you mean 'invalidate_seq'?"), ("box#9", .name, "box#1 to box#3"),
        ("bax#1", .name, "did you mean 'box'?"), ("T0.twise", .name, "did you mean 'twice'?"), ("fault(none_such)", .name, "no fault"),
        ("exists b in Bax: true", .name, "did you mean 'Box'?"), ("held(box.m", .syntax, "expected ')'"),
        ("hold(box.m)", .name, "did you mean 'held'?"), ("FUL", .name, "did you mean 'FULL'?"),
        ("total.x", .type, "not a record"), ("box + 1", .type, "not a number"), ("box.m + 1", .type, "not a number"),
        ("!total", .type, "not a condition"), ("total[1]", .type, "not a table"), ("box == 1", .type, "can't be compared"),
        ("box.kind == 1", .type, "can't be compared"), ("held(box)", .type, "not a lock"), ("count(total)", .type, "a set"),
        ("tree_first(box.tree)", .type, "can't take 1 value;"), ("tree_empty(box.queue)", .type, "not an interval set"),
        ("new Box", .effect, "changes nothing"), ("take(box, 1)", .effect, "takes steps"), ("lock(box.m)", .effect, "takes steps"),
        ("put(box.refs)", .effect, "takes steps"), ("choose 1..2", .effect, "schedule"),
        ("empty.kind", .state, "'empty' is none"), ("none.kind", .type, "not a record"), ("gone.kind", .state, "box#2, which has been freed"),
        ("box.next.next.next", .state, "'box.next' leads to box#2"), ("box#2", .state, "box#2 has been freed"),
        ("box#3.kind", .state, "box#3 has not been made yet"), ("box.kinds[4]", .state, "0 to 3"), ("box.kinds[-1]", .state, "no entry -1"),
        ("1 / 0", .state, "no value"), ("1 % (total - 5)", .state, "no value"), ("other.twice", .state, "has no 'twice' where it is"),
        ("tree_next(box.tree, gone.inner, 0..1)", .state, "freed"),
    ])
    func mistake(text: String, kind: EvaluationError.Kind, words: String) throws {
        let bench = try bench()
        do {
            let value = try Evaluator(bench.machine.program).value(of: text, in: bench.machine)
            Issue.record("\(text) is \(value.text)")
        } catch {
            #expect(error.kind == kind, "\(error)")
            #expect(error.description.contains(words), "\(error)")
        }
    }

    @Test("read once, it follows the state; what has no value is not true") func prepared() throws {
        var bench = try Bench(Self.model, Self.bed)
        let evaluator = Evaluator(bench.machine.program)
        let locked = try evaluator.expression("held(box.m)")
        let local = try evaluator.expression("taker.twice == 6")
        #expect(!locked.isTrue(in: bench.machine))
        #expect(!local.isTrue(in: bench.machine))
        try bench.run("taker")
        #expect(locked.isTrue(in: bench.machine))
        #expect(local.isTrue(in: bench.machine))
    }

    @Test("the header's words, in a scenario of the library") func headerWords() throws {
        let machine = Machine(try scenario("odp-vs-munmap", in: "scenarios/umem_odp"))
        let evaluator = Evaluator(machine.program)
        for (text, expected) in [
            ("seq", "2"), ("active", "0"), ("count(tree, 0x10..0x1f)", "1"), ("deferred", "empty"), ("tree", "1: umem#1 0x10..0x17"),
            ("mm.notifier_subscriptions.invalidate_seq", "2"), ("umem#1.notifier.seq", "1"), ("umem.notifier.start", "0x10"),
            ("mm#1.pte[0x12]", "page#3"), ("mm#1.pte_kind[0x12]", "PRESENT"), ("EAGAIN", "11"), ("fault(odp_retry_ignored)", "false"),
        ] {
            #expect(try evaluator.value(of: text, in: machine).text == expected, "\(text)")
        }
    }

    /// Whatever is typed, there is a value or a sentence; the state is as it was.
    @Test("damaged expressions never trap") func fuzz() throws {
        let rounds = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? 20_000
        let seed = ProcessInfo.processInfo.environment["MMUSCOPE_SEED"].flatMap(Int.init) ?? 1
        var numbers = SeededNumbers(seed: seed)
        let bench = try bench()
        let (machine, evaluator) = (bench.machine, Evaluator(bench.machine.program))
        let words = [
            "box", "box#1", "box#2", "empty", "gone", ".", ".", "inner", "start", "kinds", "[", "]", "(", ")", "tree", "queue", "held",
            "count", "exists", "b", "in", "Box", ":", "T0", "twice", "odd", "tree_next", ",", "..", "+", "-", "/", "%", "<<", ">>",
            "==", "<", "&&", "||", "!", "?", "0", "1", "-1", "9223372036854775807", "0xffffffffffffffff", "none", "true", "FULL", "#",
            "\"", "next", "wq", "m", "sem", "refs", "é", "\u{1B}", "total", "in_tree", "list_first", "seq", "new", "choose", "fault",
        ]
        var values = 0
        for round in 0..<rounds {
            let text = (0...numbers.below(9)).map { _ in words[numbers.below(words.count)] }
                .joined(separator: numbers.below(3) == 0 ? "" : " ")
            do {
                #expect(try !evaluator.value(of: text, in: machine).text.isEmpty)
                values += 1
            } catch {
                #expect(!error.description.isEmpty, "seed \(seed) round \(round): \(text)")
            }
        }
        #expect(values > rounds / 100, "seed \(seed): hardly any of them meant something")
        #expect(machine.state == bench.machine.state)
    }

    @Test("nested as deep as it likes, and as long") func depth() throws {
        let bench = try bench()
        let evaluator = Evaluator(bench.machine.program)
        for text in [
            String(repeating: "(", count: 400) + "1" + String(repeating: ")", count: 400), String(repeating: "!", count: 900) + "true",
            String(repeating: "1+", count: 450) + "1", "box" + String(repeating: ".next", count: 190),
            String(repeating: "odd ", count: 200) + "1", String(repeating: "x", count: 100_000),
        ] {
            #expect(throws: EvaluationError.self) { try evaluator.value(of: text, in: bench.machine) }
        }
    }
}

extension EvaluatorTests {
    @Test("a variable has no value before it is given one") func early() throws {
        var bench = try Bench(
            """
            give(n: int) -> int { return n }
            busy(n: int) -> int {
                let first = give(n + 40)
                let second = give(first + 1)
                return second
            }
            """, """
            let result = 0
            thread one { result = busy(1) }
            """)
        let evaluator = Evaluator(bench.machine.program)
        var seen: [String] = []
        while try bench.step("one") == .stepped {
            let value = (try? evaluator.value(of: "one.second", in: bench.machine).text) ?? "-"
            if seen.last != value { seen.append(value) }
        }
        #expect(seen == ["-", "42", "-"] || seen == ["-", "42"], "\(seen)")
        #expect(bench["result"] == 42)
    }
}
