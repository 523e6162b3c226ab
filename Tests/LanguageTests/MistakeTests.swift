import Language
import Testing

/// Each kind of mistake: its sentence, its place, its caret, its hint; and nothing else that follows from it.
@Suite struct MistakeTests {
    @Test(arguments: lexical + grammatical + names + types + calls + structure + limits)
    func isToldOnceAndInItsPlace(mistake: Mistake) throws {
        let found = lint(mistake.plain)
        try #require(found.count == 1, "\(found.map(\.rendered).joined(separator: "\n"))")
        let told = found[0]
        #expect(told.message == mistake.message)
        #expect(told.hint == mistake.hint)
        #expect((told.line, told.column, told.length) == mistake.place, "\(told.rendered)")
    }

    @Test func aMistakeIsRenderedWithItsLineAndACaret() {
        let found = lint("f() {\n\tlet a = 1 +\u{1B} 2\n}\n")
        #expect(found.map(\.rendered) == [
            """
            mine.model:2:13: error: '\u{FFFD}' has no meaning here
             2 | \tlet a = 1 +\u{FFFD} 2
               | \t           ^
            """
        ])
    }

    static let lexical = [
        Mistake("'@' has no meaning here", "f() {\n    let a = 1 «@»+ 2\n}"),
        Mistake("'→' has no meaning here", "f() {\n    let a = 1 «→»+ 2\n}"),
        Mistake("'12ab' is not a number (decimal or 0x hexadecimal, at most 63 bits)", "const A = «12ab»"),
        Mistake("'99999999999999999999' is not a number (decimal or 0x hexadecimal, at most 63 bits)",
            "const A = «99999999999999999999»"),
        Mistake("'0x' is not a number (decimal or 0x hexadecimal, at most 63 bits)", "const A = «0x»"),
        Mistake("this text has no closing quote on its line", "f() {\n    say note: «\"never ends»\n}"),
    ]

    static let grammatical = [
        Mistake("expected a declaration, found '='", "«=» 3\nconst A = 1"),
        Mistake("'scenarios' begins no declaration", hint: "did you mean 'scenario'?", "«scenarios» x { }"),
        Mistake("this '{' is never closed", "driver d {\n    f() «{»\n        let a = 1\n\n    g() { }\n}"),
        Mistake("this '}' closes nothing", "f() { }\n«}»\ng() { }"),
        Mistake("expected '{' after the parameters of 'f', found 'let'", "f()\n    «let» a = 1\n}\ng() { }"),
        Mistake("expected ')' after the parameters of 'f', found 'int'", "f(a: int «int») {\n}\ng() { f(1) }"),
        Mistake("expected ':' and a type after 'a', found ')'", "f(a«)» { let b = a }\ng() { f(1) }"),
        Mistake("expected a value, found '*'", "f() {\n    let a = «*» 2\n    let b = a + 1\n}"),
        Mistake("expected the end of the statement, found 'let'", hint: "one statement a line; ';' separates two on one line",
            "f() {\n    let a = 1 «let» b = 2\n}"),
        Mistake("this is not a statement", hint: "expected an assignment or a call", "f(a: int) {\n    «a» == 1\n}"),
        Mistake("expected '..' between the ends of what to choose from, found '}'", "f() { let a = choose 1 «}»"),
        Mistake("expected 'in' after 'for i'", "f() {\n    for i «=» 1 { let b = i }\n}"),
        Mistake("this text has a '{' without its '}'", "f(a: int) {\n    say note: \"a is «{»a\"\n}"),
        Mistake("expected a value, found '+'", "f(a: int) {\n    say note: \"a is {a + «+»}\"\n}"),
        Mistake("'threat' is no part of a scenario", hint: "did you mean 'thread'?",
            "scenario s {\n    «threat» a { }\n    thread b { }\n}"),
        Mistake("expected 'holds', 'fails' and a property, or 'undecided', found 'hold'", hint: "did you mean 'holds'?",
            "scenario s {\n    thread b { }\n    expect «hold»\n}"),
        Mistake("the enum 'E' needs at least one case", "enum «E» { }"),
    ]

    static let names = [
        Mistake("there is nothing called 'pagse' here", hint: "did you mean 'pages'?",
            "param pages = 4\nf() {\n    let a = «pagse» + 1\n    let b = a\n}"),
        Mistake("there is nothing called 'spet' here", hint: "did you mean 'spte'?",
            "f(spte: int) {\n    say note: \"maps {«spet»}\"\n}"),
        Mistake("there is no type 'mutx'", hint: "did you mean 'mutex'?", "record R { l: «mutx» }\nf(r: R) { lock r.l }"),
        Mistake("there is no type 'u64'", hint: "widths go from u1 to u62; 'wrapping 64' begins again at 0",
            "record R { l: «u64» }"),
        Mistake("there is no record 'Umen'", hint: "did you mean 'Umem'?",
            "driver d {\n    record Umem { a: int }\n    f() { let u = new «Umen» }\n}"),
        Mistake("there is no type 'Umem'", hint: "did you mean 'd.Umem'?",
            "driver d { record Umem { a: int } }\nf(u: «Umem») { let a = u.a }"),
        Mistake("the record R has no field 'strat'", hint: "did you mean 'start'?",
            "record R { start: int }\nf(r: R) { let a = r.«strat» }"),
        Mistake("there is no function 'read_begn'", hint: "did you mean 'read_begin'?",
            "use kernel/interval_notifier\nf(i: Interval) { let s = «read_begn»(i) }"),
        Mistake("there is no function 'pagefault'", hint: "did you mean 'd.pagefault'?",
            "driver d { pagefault() { } }\nf() { «pagefault»() }"),
        Mistake("there is no driver 'mirrow'", hint: "did you mean 'mirror'?",
            "driver mirror { f() { } }\ng() { «mirrow».f() }"),
        Mistake("there is no parameter 'page'", hint: "did you mean 'pages'?",
            "param pages = 4\nscenario s {\n    set «page» = 3\n    thread t { }\n}"),
        Mistake("there is no fault 'forget_it'", hint: "did you mean 'forgets_it'?",
            "fault forgets_it\nf() {\n    if fault(«forget_it») { return }\n}"),
        Mistake("there is no fault 'x'", "f() {\n    with fault «x» { let a = 1 }\n}"),
        Mistake("there is no kind of event 'maps'", hint: "did you mean 'map'?", "f() { say «maps»: \"x\" }"),
        Mistake("there is no 'kernel/interval_notifer' to use", hint: "did you mean 'kernel/interval_notifier'?",
            "use «kernel/interval_notifer»\ndriver d {\n    record R { n: Interval }\n    f(r: R) { let s = read_begin(r.n) }\n}"),
        Mistake("no check has the name 'no-stale-pte'", hint: "did you mean 'no-stale-spte'?",
            "use kernel/address_space\nscenario s {\n    thread t { }\n    expect fails «no-stale-pte»\n}"),
        Mistake("there is no thread 'devise'", hint: "did you mean 'device'?",
            "scenario s {\n    thread device { }\n    schedule { «devise» 3 }\n}"),
        Mistake("'page' is a constant: it keeps its value", "const page = 1\nf() { «page» = 2 }"),
        Mistake("'b' is no constant", "f(b: int) { }\nrecord R { t: u8[«b»] }"),
        Mistake("the value of 'b' depends on itself", "const a = «b»\nconst b = a"),
    ]

    static let types = [
        Mistake("expected a truth value, found a number", "f(a: int) {\n    if «a» { return }\n}"),
        Mistake("expected a number, found a truth value", "f(a: int) { let b = a + «true» }"),
        Mistake("a number and a record R can't be compared", "record R { x: int }\nf(r: R) { let b = «1 == r» }"),
        Mistake("a record R and a record R can't be compared", "record R { x: int }\nf(r: R, s: R) { let b = «r < s» }"),
        Mistake("expected a number, found none", "f(a: int) {\n    a = «none»\n}"),
        Mistake("a mutex can't be assigned to", "record R { l: mutex }\nf(r: R) { «r.l» = 1 }"),
        Mistake("a mutex is not a value", "record R { l: mutex }\nf(r: R) { let a = «r.l» }"),
        Mistake("a number has no fields", "f(a: int) { let b = «a».start }"),
        Mistake("a number has no entries", "f(a: int) { let b = «a»[1] }"),
        Mistake("expected a spinlock or a mutex, found an rwsem", "record R { s: rwsem }\nf(r: R) { lock «r.s» }"),
        Mistake("expected an rwsem, found a mutex", "record R { l: mutex }\nf(r: R) { down_read «r.l» }"),
        Mistake("expected a wait queue, found a completion",
            "record R { c: completion }\nf(r: R) { wake_all «r.c» }"),
        Mistake("expected a record S, found a record R",
            "record R { start: int; last: int }\nrecord S { start: int; last: int; set: interval_set of S }\n"
                + "f(r: R, s: S) { tree_insert(s.set, «r») }"),
        Mistake("a variable can't hold a mutex; pass the record that it is in", "f(l: «mutex») { }"),
        Mistake("'x' needs a type: let x: Record = …", "f() { let «x» = none }"),
        Mistake("a wrapping number has 1 to 64 bits, not 65", "type seq = «wrapping 65»"),
        Mistake("only a record can be freed, not a number", "f(a: int) { free «a» }"),
        Mistake("this gives nothing back where a value is needed", "f() { }\ng() { let a = «f()» == 1 }"),
        Mistake("expected a number after 'return'", "f() -> int {\n    «return»\n}"),
        Mistake("this gives nothing back", "f() {\n    return «1»\n}"),
    ]

    static let calls = [
        Mistake("'f' takes 2 values, not 1", hint: "f(a, b)", "f(a: int, b: int) { }\ng() { «f(1)» }"),
        Mistake("'odd' takes 1 value, not 2", hint: "odd(mm.seq)", "f(a: int) { let b = «odd(a, a)» }"),
        Mistake("a function may not come to call itself", hint: "f → g → f", "f() { g() }\ng() { «f()» }"),
        Mistake("'f' can end without giving back a number", "«f»(a: int) -> int {\n    if a == 1 { return 2 }\n}"),
        Mistake("'invalidate' doesn't fit the callback of that name",
            hint: "after its own record it takes range: a record Range, cur_seq: a wrapping number of 64 bits, and gives back a truth value",
            "use kernel/interval_notifier\ndriver d {\n    record R { n: Interval }\n"
                + "    «invalidate»(r: R, range: Range) -> bool { return true }\n}"),
        Mistake("'invalidate' is a callback: its first value is the record with its Interval inside",
            "use kernel/interval_notifier\ndriver d {\n    record R { x: int }\n"
                + "    invalidate(«r»: R, range: Range, cur_seq: seq) -> bool { return true }\n}"),
        Mistake("what implements a callback may not come to call another that does", hint: "b.go → a.go",
            "record N { x: int }\ncallback go(n: N)\ndriver a { record A { n: N }\n go(a: A) { } }\n"
                + "driver b { record B { n: N; a: ref A2 }\n go(b: B) { let x = new a.A\n «a.go(x)» } }\nrecord A2 { x: int }"),
        Mistake("a call takes steps: it can't stand in 'atomic'", "f() { }\ng() {\n    atomic { «f()» }\n}"),
        Mistake("the setup can't choose: every run has the same one", hint: "let a thread choose, or set a parameter",
            "scenario s {\n    \"A test.\"\n    let x: int\n    setup { x = «choose 0..1» }\n    thread t { }\n}"),
        Mistake("the setup can't choose: every run has the same one", hint: "let a thread choose, or set a parameter",
            "scenario s {\n    \"A test.\"\n    let x: int\n    setup {\n        «choose { x = 1 } or { x = 2 }»\n    }\n    thread t { }\n}"),
        Mistake("'lock' may have to wait: it can't stand in 'atomic'",
            "record R { l: mutex }\ng(r: R) {\n    atomic { «lock r.l» }\n}"),
        Mistake("'down_write' may have to wait: it can't stand in 'atomic'",
            "record R { l: rwsem }\ng(r: R) {\n    atomic { «down_write r.l» }\n}"),
        Mistake("'holding' may have to wait: it can't stand in 'atomic'",
            "record R { l: mutex }\ng(r: R) {\n    atomic {\n        «holding r.l { let a = 1 }»\n    }\n}"),
        Mistake("'await' may have to wait: it can't stand in 'atomic'",
            "g(a: int) {\n    atomic { «await a == 1» }\n}"),
        Mistake("a call can't stand in what is only looked at", hint: "take its value before, with 'let'",
            "f() -> bool { return true }\ng() { assert «f()» }"),
        Mistake("'trylock' can't stand in what is only looked at", hint: "take its value before, with 'let'",
            "record R { l: mutex }\ng(r: R) { await «trylock r.l» }"),
        Mistake("there is no loop here to leave or go on with", "f() {\n    «break»\n}"),
    ]

    private static let passageForms =
        "passages are \"000/02:1018-1032\" (seed, patch, lines), \"000/02\", \"004:62-75,93-95\", \"6.1\" or \"reconstructed\""

    static let structure = [
        Mistake("the record 'R' is declared twice", "record R { x: int }\nrecord «R» { y: int }"),
        Mistake("the function 'f' is declared twice", "f() { }\n«f»() { }"),
        Mistake("'lock' means something already", "«lock»() { }"),
        Mistake("'threads' means something already", "const «threads» = 3"),
        Mistake("'a' is declared twice", "const a = 1\nparam «a» = 2"),
        Mistake("'a' is declared twice", "f() {\n    let a = 1\n    let «a» = 2\n}"),
        Mistake("the parameter 'a' is declared twice", "f(a: int, «a»: int) { }"),
        Mistake("the field 'x' is declared twice", "record R { x: int; «x»: int }"),
        Mistake("the fault 'x' is declared twice", "fault x\nfault «x»"),
        Mistake("the type 'va' is declared twice", "type va = u8\ntype «va» = u16"),
        Mistake("the driver 'd' is declared twice", "driver d { }\ndriver «d» { }"),
        Mistake("the scenario 's' is declared twice", "scenario s { thread t { } }\nscenario «s» { thread t { } }"),
        Mistake("the thread 't' is declared twice", "scenario s {\n    thread t { }\n    thread «t» { }\n}"),
        Mistake("'pages' is set twice", "param pages = 4\nscenario s {\n    set pages = 1\n    set «pages» = 2\n    thread t { }\n}"),
        Mistake("'pages' is set twice", "param pages = 4\nset pages = 1\nset «pages» = 2\nscenario s { thread t { } }"),
        Mistake("the scenario 's' has no thread", hint: "thread name { … }", "scenario «s» { }"),
        Mistake("there is an expectation already", "scenario s {\n    thread t { }\n    expect holds\n    «expect» undecided\n}"),
        Mistake("a driver cannot stand inside the driver 'a'", "driver a {\n    «driver» b { }\n}"),
        Mistake("the record 'R' would contain itself", hint: "refer to it with 'ref'", "record R { inner: «R» }"),
        Mistake("a device table is a table of references to pages",
            "use kernel/address_space\ndriver d { record R { mm: ref MM; device «t»: bool[pages] of mm } }"),
        Mistake("the table of write permissions is a 'bool' for each of the 32 entries",
            "use kernel/address_space\ndriver d {\n    record R {\n        mm: ref MM\n"
                + "        device t: ref Page[pages] of mm writable «w»\n        w: bool[4]\n    }\n}"),
        Mistake("an invariant speaks of one record: (name: Record)", "invariant «i»(a: int) = a == 1"),
        Mistake("'000/02:9-3' is no passage", hint: passageForms, "source «\"000/02:9-3\"»"),
        Mistake("'v3' is no passage", hint: passageForms, "scenario s {\n    source «\"v3\"» \"what it says\"\n    thread t { }\n}"),
        Mistake("expected a passage after 'source' in quotes, found '0'", "driver d {\n    source «0»\n}"),
        Mistake("expected why it is left out in quotes, found the end of the file", "outside \"this\"«»"),
        Mistake("'this' needs a reason", "outside \"this\" «\"\"»"),
        Mistake("expected the model that has it, found a text", "inside \"this\" «\"kernel/mm\"» \"all of it\""),
        Mistake("'outsde' begins no declaration", hint: "did you mean 'outside'?", "«outsde» \"a\" \"b\""),
    ]

    static let limits = [
        Mistake("a pool has 1 to 1000000 records, not 2000000", "record R pool «2000000» { x: int }"),
        Mistake("a pool has 1 to 1000000 records, not -1", "record R pool «-1» { x: int }"),
        Mistake("a pool has 1 to 1000000 records, not 0", "record R pool «0» { x: int }"),
        Mistake("a table has 1 to 65535 entries, not 0", "record R { t: u8[«0»] }"),
        Mistake("a table has 1 to 65535 entries, not 65536", "record R { t: u8[«1 << 16»] }"),
        Mistake("'/' of these numbers has no value", "const A = «1 / 0»"),
        Mistake("'+' of these numbers has no value", "const A = «9223372036854775807 + 1»"),
        Mistake("'<<' of these numbers has no value", "const A = «1 << 63»"),
        Mistake("a row has at most 60 threads, not 1..1000", "scenario s {\n    thread t[i in «1..1000»] { }\n}"),
        Mistake("a row has at most 60 threads, not -9223372036854775807..9223372036854775807",
            "scenario s {\n    thread t[i in «0 - 0x7fffffffffffffff..0x7fffffffffffffff»] { }\n}"),
        Mistake("a sentence has room for 8 values",
            "f(a: int) { say note: \"{a}{a}{a}{a}{a}{a}{a}{a}{«a»}\" }"),
        Mistake("this is nested too deep", hint: "64 levels are the limit",
            "const A = " + String(repeating: "(", count: 64) + "«(»" + String(repeating: "(", count: 5000) + "1"),
        Mistake("this is nested too deep", hint: "64 levels are the limit",
            "f() {" + String(repeating: " repeat {", count: 63) + " repeat «{»" + String(repeating: " repeat {", count: 999)
                + String(repeating: "}", count: 1063) + "}"),
        Mistake("this expression has too many parts", hint: "256 are the limit; use 'let'",
            "const A = 1" + String(repeating: " + 1", count: 256) + " + «1»" + String(repeating: " + 1", count: 9999)),
        Mistake("a state of this would have 500001000010 numbers", hint: "16777216 are the limit",
            "«»record R pool 1000000 { \((0..<10).map { "t\($0): u8[50000]" }.joined(separator: "; ")) }\n"
                + "scenario s { thread t { } }"),
    ]
}
