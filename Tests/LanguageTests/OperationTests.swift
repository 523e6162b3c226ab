import Language
import Testing

@Suite("Operations in the language") struct OperationTests {
    private static let text = """
        type va = hex u32
        record Box "box" { value: u8; other: ref Box }
        fault jam "the lid jams"
        double(box: Box) { box.value = box.value + box.value }
        operation memory double(box: Box) "doubles what is in the box" {
            double(box)
        }
        operation task range(box: Box, start: va, last: va, page: va, last2: va, times: u8, quickly: bool) "everything that can be asked" {
            for i in 1..times { box.value = 1 }
        }
        driver lid {
            operation device open(box: Box) "opens it" { box.value = 0 }
        }
        scenario one {
            "One thread."
            let box = new Box
            thread a { box.value = 1 }
            teardown { free box }
        }
        """

    private func compiled(_ text: String = Self.text, operations: Bool = true) throws -> Program {
        try compile(
            SourceFile(name: "one", text: text), options: CompileOptions(operations: operations), modules: { _ in nil })
    }

    @Test("names, groups and what has to be told")
    func declarations() throws {
        let program = try compiled()
        #expect(program.operations.map(\.name) == ["double", "range", "lid.open"])
        #expect(program.operations.map(\.group) == [.memory, .task, .device])
        #expect(program.operations[0].words == "doubles what is in the box")
        let box = try #require(program.records.firstIndex { $0.name == "Box" })
        let parameters = program.operations[1].parameters
        #expect(Array(parameters.prefix(4)) == [
            .record(name: "box", record: box), .range(name: "start", bits: 32), .address(name: "page", bits: 32),
            .address(name: "last2", bits: 32),
        ])
        guard case .number("times", let type) = parameters[4] else {
            Issue.record("\(parameters[4])")
            return
        }
        #expect(type.bits == 8 && !type.isSigned)
        #expect(Array(parameters.dropFirst(5)) == [.flag(name: "quickly")])
    }

    @Test("without being asked for they leave no trace")
    func offByDefault() throws {
        let plain = try compiled(operations: false)
        let without = Self.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(plain.operations.isEmpty && !plain.hasOperations)
        #expect(plain.threads.map(\.role) == [.scenario, .teardown, .setup])
        // The same text with the operations left blank, so that lines stay.
        var blank = without
        var depth = false
        for index in blank.indices {
            if blank[index].contains("operation ") { depth = true }
            guard depth else { continue }
            if blank[index].hasSuffix("}") && !blank[index].contains("for ") { depth = false }
            blank[index] = ""
        }
        let other = try compiled(blank.joined(separator: "\n"), operations: false)
        #expect(plain.instructions == other.instructions)
        #expect(plain.constants == other.constants)
        #expect(plain.slotCount == other.slotCount)
        #expect(plain.statements == other.statements)
    }

    @Test("with them there are threads and room for four, behind the scenario's and before the setup")
    func threads() throws {
        let program = try compiled()
        #expect(program.threads.map(\.role)
            == [.scenario, .teardown, .perturbation, .perturbation, .perturbation, .perturbation, .setup])
        let plain = try compiled(operations: false)
        #expect(plain.segments.map(\.count) == [8])
        #expect(program.segments.map(\.count) == [20])
    }

    @Test("a scenario with many threads leaves fewer, and one with all of them none", arguments: [(50, 4), (57, 3), (59, 1), (60, 0)])
    func manyThreads(_ own: Int, _ left: Int) throws {
        let text = """
            record R { n: u8 }
            operation task set(r: R) "sets it" { r.n = 1 }
            scenario many { let r = new R thread t[i in 1..\(own)] { r.n = 1 } teardown { free r } }
            """
        let program = try compiled(text)
        #expect(program.threads.count { $0.role == .perturbation } == left)
        #expect(program.threads.count <= 62)
    }

    @Test("a module that is added brings its faults as added, and one that isn't there is no mistake")
    func modules() throws {
        let text = "record MM { n: u8 }\nfault own \"mine\"\nscenario s { let mm = new MM thread t { mm.n = 1 } }"
        let added = "fault foreign \"theirs\"\noperation memory touch(mm: MM) \"touches it\" { mm.n = 2 }"
        func program(_ modules: @escaping ModuleLoader, operations: Bool = true) throws -> Program {
            try compile(SourceFile(name: "s", text: text), options: CompileOptions(operations: operations), modules: modules)
        }
        let with = try program { $0 == "kernel/operations" ? added : nil }
        #expect(with.operations.map(\.name) == ["touch"])
        #expect(with.faults.map(\.isAdded) == [false, true])
        #expect(try program { _ in nil }.operations.isEmpty)
        #expect(try program({ $0 == "kernel/operations" ? added : nil }, operations: false).sources.count == 1)
    }

    @Test("mistakes in operations are told with their place", arguments: [
        ("operation memmory f(r: R) \"words\" { r.n = 1 }", "'memmory' is no group of operations", "did you mean 'memory'?"),
        ("operation memory f(r: R) { r.n = 1 }", "expected what it does in quotes, found '{'", nil),
        ("operation memory f(r: R, r: R) \"words\" { r.n = 1 }", "the parameter 'r' is declared twice", nil),
        ("operation memory f(e: E) \"words\" { }", "an operation takes records, addresses, truth values and numbers, not one of E", nil),
        ("operation memory f(r: R) \"words\" { r.m = 1 }", "the record R has no field 'm'", nil),
        ("operation memory f(r: R) \"words\" { return 1 }", nil, nil),
        ("operation memory f(r: Q) \"words\" { }", "there is no type 'Q'", nil),
        ("operation memory f(r: R) \"a\" { r.n = 1 }\noperation memory f(r: R) \"b\" { r.n = 2 }", "the operation 'f' is declared twice", nil),
        ("operation memory f(r: R) \"words\" { g(r) }", "there is no function 'g'", nil),
        ("operation memory f(r: R) \"words\" { r.n = 1 }\nh(r: R) { f(r) }", "there is no function 'f'", nil),
    ] as [(String, String?, String?)])
    func mistakes(_ declaration: String, _ message: String?, _ hint: String?) {
        let text = "record R { n: u8 }\nenum E { A, B }\n\(declaration)\nscenario s { let r = new R thread t { r.n = 1 } }"
        let found = lint(SourceFile(name: "mine", text: text), modules: { _ in nil })
        #expect(!found.isEmpty, "\(declaration)")
        if let message { #expect(found.first?.message == message, "\(found.map(\.rendered))") }
        if let hint { #expect(found.first?.hint == hint) }
        #expect((found.first?.line ?? 0) >= 3)
    }

    @Test("`operation` is a function's name where a parenthesis follows")
    func notReserved() {
        let text = "record R { n: u8 }\noperation(r: R) { r.n = 1 }\nscenario s { let r = new R thread t { operation(r) } }"
        #expect(lint(SourceFile(name: "mine", text: text), modules: { _ in nil }).isEmpty)
    }
}
