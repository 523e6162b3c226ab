import Language
import Models
import Testing

@Test(arguments: modelPaths)
func everyEmbeddedModelIsSound(path: String) throws {
    let text = try #require(Asset.named("\(path).model")?.text)
    let found = lint(SourceFile(name: path, text: text), modules: modules)
    #expect(found.isEmpty, "\(found.map(\.rendered).joined(separator: "\n"))")
}
