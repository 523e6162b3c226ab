import ArgumentParser
import Foundation
import Language

struct Lint: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a model of your own: every mistake with its place.")

    @Argument(help: ArgumentHelp("The model.", valueName: "file"))
    var file: String

    func run() throws {
        let source = try Catalogue.source(file)
        let folder = URL(filePath: file).deletingLastPathComponent()
        let found = lint(source, modules: Catalogue.modules(beside: folder))
        guard found.isEmpty else {
            FileHandle.standardError.write(Data((found.map(\.rendered).joined(separator: "\n\n") + "\n\n").utf8))
            throw Failure("\(found.count) mistake\(found.count == 1 ? "" : "s") in \(file)")
        }
        Output.write("\(file): no mistakes\n")
    }
}
