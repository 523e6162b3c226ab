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
