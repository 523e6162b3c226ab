import Language
import Models
import Testing

/// What `use` finds: the embedded models.
let modules: ModuleLoader = { path in Asset.named("\(path).model")?.text }

/// Paths of the embedded models, without their extension.
let modelPaths = embeddedAssets.filter { $0.path.hasSuffix(".model") }.map { String($0.path.dropLast(6)) }.sorted()

func lint(_ text: String) -> [Diagnostic] {
    lint(SourceFile(name: "mine.model", text: text), moduleNames: modelPaths, modules: modules)
}

/// A text with exactly one mistake, what is said of it, and, between « and », what the caret stands under.
struct Mistake: CustomTestStringConvertible {
    var text: String
    var message: String
    var hint: String?

    init(_ message: String, hint: String? = nil, _ text: String) {
        self.text = text
        self.message = message
        self.hint = hint
    }

    var testDescription: String { message }

    /// The text without its marks.
    var plain: String { text.filter { $0 != "«" && $0 != "»" } }

    /// Line, column and length of what is marked; a mark that goes over the end of a line ends with it.
    var place: (line: Int, column: Int, length: Int) {
        let before = text.prefix { $0 != "«" }
        let line = before.split(separator: "\n", omittingEmptySubsequences: false)
        let marked = text.drop { $0 != "«" }.dropFirst().prefix { $0 != "»" && $0 != "\n" }
        return (line.count, (line.last?.count ?? 0) + 1, max(1, marked.count))
    }
}
