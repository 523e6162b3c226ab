import Foundation
import Language
import Models
import Testing

let modules: ModuleLoader = { path in Asset.named("\(path).model")?.text }

@Test(arguments: embeddedAssets.filter { $0.path.hasSuffix(".model") }.map(\.path))
func everyEmbeddedModelIsSound(path: String) throws {
    let text = try #require(Asset.named(path)?.text)
    let found = lint(SourceFile(name: String(path.dropLast(6)), text: text), modules: modules)
    #expect(found.isEmpty, "\(found.map(\.rendered).joined(separator: "\n"))")
}
