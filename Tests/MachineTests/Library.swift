import Foundation
import Language
import Machine
import Models
import Testing

/// A scenario of an embedded text, compiled.
func scenario(_ name: String, in path: String, faults: [String] = []) throws -> Program {
    let text = try #require(Asset.named("\(path).model")?.text)
    return try compile(
        SourceFile(name: path, text: text), options: CompileOptions(scenario: name, faults: faults), modules: modules)
}

/// A scenario of the library, by its text.
struct Embedded: CustomTestStringConvertible {
    var path: String
    var outline: ScenarioOutline

    var testDescription: String { outline.name }

    static let all: [Embedded] = embeddedAssets.map(\.path)
        .filter { $0.hasPrefix("scenarios/") && $0.hasSuffix(".model") }.sorted()
        .flatMap { file -> [Embedded] in
            let path = String(file.dropLast(".model".count))
            let source = SourceFile(name: path, text: Asset.named(file)?.text ?? "")
            return Language.outline(of: source).map { Embedded(path: path, outline: $0) }
        }

    static let scenarios = all.filter { !$0.outline.isWorkload }
}
