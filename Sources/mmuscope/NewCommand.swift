import ArgumentParser
import Foundation
import Language
import Models

struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Begin a model of your own: a text with comments that lints, checks and runs as it is.")

    @Argument(help: ArgumentHelp("A name; the text goes to NAME.model.", valueName: "name"))
    var name: String

    @Flag(help: "A driver and a scenario for it (this is what you get when you say nothing).")
    var driver = false

    @Flag(help: "Only a scenario, for a driver that is there already.")
    var scenario = false

    func run() throws {
        if driver, scenario { throw Failure("--driver has a scenario with it: choose one") }
        let path = name.hasSuffix(".model") ? name : name + ".model"
        let text = try Template.text(scenario ? "scenario" : "driver", file: path)
        try Self.write(text, path)
        Output.write(
            """
            \(path): \(scenario ? "a scenario" : "a driver and a scenario"), to be changed

              mmuscope lint \(Self.quoted(path))
              mmuscope check \(Self.quoted(path))
              mmuscope run \(Self.quoted(path))

            """)
    }

    /// Writes a file that isn't there yet.
    private static func write(_ text: String, _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw Failure("\(path): " + (errno == EEXIST ? "is there already, and stays as it is" : String(cString: strerror(errno))))
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do { try file.write(contentsOf: Data(text.utf8)) } catch { throw Failure("\(path): cannot be written") }
    }

    /// As a shell takes it.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.allSatisfy { $0.isLetter || $0.isNumber || "-_./".contains($0) }
        return isPlain ? path : "'" + path.replacing("'", with: #"'\''"#) + "'"
    }
}

/// Texts to begin with.
enum Template {
    /// A template for a file of this path.
    static func text(_ kind: String, file path: String) throws -> String {
        guard let template = Asset.named("templates/\(kind).txt")?.text else {
            throw Failure("this binary has no template for a \(kind)")
        }
        let stem = String(URL(filePath: path).lastPathComponent.dropLast(".model".count))
        let isName = stem.first.map { $0.isASCII && $0.isLetter } ?? false
        guard isName, stem.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }) else {
            throw Failure("a model's name begins with a letter and has letters, digits, - and _ in it, unlike '\(stem)'")
        }
        let name = stem.lowercased()
        let text = template.replacing("IDENTIFIER", with: name.replacing("-", with: "_")).replacing("NAME", with: name)
            .replacing("FILE", with: path)
        // A name may be one of the language's own words, or one that the kernel's models have.
        let source = SourceFile(name: path, text: text)
        if let mistake = lint(source, moduleNames: Catalogue.moduleNames, modules: Catalogue.modules()).first {
            throw Failure("'\(stem)' can't be the name: \(mistake.message)")
        }
        return text
    }
}
