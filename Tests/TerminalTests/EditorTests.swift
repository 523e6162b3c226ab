import Foundation
import Testing

@testable import Terminal

@Suite("Editors")
struct EditorTests {
    @Test(
        "are told the line as they take it",
        arguments: [
            ("vi", ["+12", "a b.model"]), ("/usr/bin/nano -w", ["+12", "a b.model"]), ("emacsclient -nw", ["+12", "a b.model"]),
            ("code", ["--wait", "--goto", "a b.model:12"]), ("/opt/hx", ["a b.model:12"]), ("ed", ["a b.model"]),
        ])
    func arguments(_ editor: String, _ arguments: [String]) throws {
        let command = Editor.command("a b.model", line: 12, editor: editor)
        #expect(Array(command.prefix(2)) == ["/bin/sh", "-c"])
        #expect(Array(command.dropFirst(4)) == arguments)
        #expect(command[2].hasPrefix(editor))
    }

    @Test("a file's name is never an option, a line never below 1")
    func names() {
        #expect(Editor.command("-rf", line: 0, editor: "vi").suffix(2) == ["+1", "./-rf"])
    }

    @Test("a child that reads is given the text, and one that fails is told apart")
    func children() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("child-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(Child.run(["sh", "-c", "cat > '\(file)'"], input: "text×\n"))
        #expect(Child.content(of: file) == Array("text×\n".utf8))
        #expect(!Child.run(["false"], input: ""))
        #expect(!Child.run(["/nowhere/at/all"], input: ""))
        #expect(Child.content(of: "/nowhere/at/all") == nil)
    }
}
