import Language
import Models
import Testing

@Test(arguments: modelPaths)
func everyEmbeddedModelIsSound(path: String) throws {
    let text = try #require(Asset.named("\(path).model")?.text)
    let found = lint(SourceFile(name: path, text: text), modules: modules)
    #expect(found.isEmpty, "\(found.map(\.rendered).joined(separator: "\n"))")
}

@Test("a library's text that is opened as a file is the one that others use", arguments: ["kernel/address_space", "kernel/fault", "kernel/page"])
func libraryFile(path: String) throws {
    let text = try #require(Asset.named("\(path).model")?.text)
    let found = lint(SourceFile(name: "assets/\(path).model", text: text + "\n// edited\n"), modules: modules)
    #expect(found.isEmpty, "\(found.map(\.rendered).joined(separator: "\n"))")
}

@Test("a text behind a function's parameters is what the kernel calls it, and changes nothing else")
func kernelNames() throws {
    func program(_ before: String, _ after: String) throws -> Program {
        let text = """
            record R { x: u8 }
            read(r: R) -> int \(before){ return r.x }
            driver d { poke(r: R) \(after){ r.x = 1 } }
            scenario s { let r = new R
                thread t { let x = read(r)
                    d.poke(r) } }
            """
        return try compile(SourceFile(name: "mine", text: text), modules: { _ in nil })
    }
    let (named, plain) = try (program("\"__read_once\" ", "\"d_poke\" "), program("", ""))
    #expect(named.functions.compactMap(\.kernelName) == ["__read_once", "d_poke"])
    #expect(plain.functions.allSatisfy { $0.kernelName == nil })
    #expect(named.instructions == plain.instructions)
    #expect(named.statements == plain.statements)
}

@Test("a variable has its value from behind its declaration to the end of its block")
func scopes() throws {
    let text = """
        record R { x: u8 }
        f(r: R) {
            if r.x > 0 {
                let one = r
                one.x = 1
            } else {
                let other = r
                other.x = 2
            }
            for i in 0..1 { r.x = 3 }
        }
        scenario s { let r = new R
            thread t { f(r) } }
        """
    let program = try compile(SourceFile(name: "mine", text: text), modules: { _ in nil })
    let function = try #require(program.functions.first { $0.name == "f" })
    func scope(_ name: String) throws -> Range<Int> { try #require(function.locals.first { $0.name == name }).scope }
    #expect(try scope("r").contains(function.entry) && scope("r").contains(function.end - 1))
    for (name, line) in [("one", 5), ("other", 8), ("i", 10)] {
        let scope = try scope(name)
        let inside = (function.entry..<function.end).filter { pc in
            program.instructions[pc].op == .statement && scope.contains(pc)
        }.map { program.statements[Int(program.instructions[$0].a)].line }
        #expect(inside == [line], "\(name): \(inside)")
    }
    // Two variables in one slot, one after the other.
    #expect(try !scope("one").overlaps(scope("other")))
}

@Test("a file's set is for all its scenarios; a scenario's own goes before it, the command line's before both")
func settings() throws {
    let text = """
        use parts
        set pages = 2 * width
        set width = 3
        scenario a { thread t { } }
        scenario b {
            set width = 5
            thread t { }
        }
        """
    let parts = "param pages = 1 \"pages\"\nparam width = 1 \"width\""
    func values(_ scenario: String, _ settings: [String: Int64] = [:]) throws -> [Int64] {
        try compile(
            SourceFile(name: "mine", text: text), options: CompileOptions(scenario: scenario, settings: settings),
            modules: { $0 == "parts" ? parts : nil }
        ).scenario.parameters.map(\.value)
    }
    #expect(try values("a") == [6, 3])
    #expect(try values("b") == [10, 5])
    #expect(try values("b", ["width": 7]) == [14, 7])
}
