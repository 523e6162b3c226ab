import Explorer
import Language
import Machine
import Models
import Testing

/// The kernel's own tests of HMM: as posted and as 6.1 has them, under every schedule.
@Suite("The kernel's self-tests, explored") struct SelftestTests {
    struct Selftest: CustomTestStringConvertible {
        var name: String
        var source: SourceFile

        var testDescription: String { name }

        func program(vintage: Int64, faults: [String] = []) throws -> Program {
            try compile(
                source, options: CompileOptions(scenario: name, settings: ["vintage": vintage], faults: faults),
                modules: modules)
        }
    }

    static let all: [Selftest] = embeddedAssets.filter { $0.path.hasPrefix("selftests/") }
        .sorted { $0.path < $1.path }
        .flatMap { asset -> [Selftest] in
            let source = SourceFile(name: String(asset.path.dropLast(".model".count)), text: asset.text ?? "")
            return outline(of: source).map { Selftest(name: $0.name, source: source) }
        }

    @Test("there are thirty") func count() { #expect(Self.all.count == 30) }

    @Test(arguments: all)
    func comesOutAsItSays(selftest: Selftest) throws {
        for vintage: Int64 in [0, 514, 601] {
            let program = try selftest.program(vintage: vintage)
            let verdict = Explorer(program).explore().verdict
            #expect(verdict.text == program.scenario.expectation?.text, "\(selftest.name), vintage \(vintage)")
        }
    }
}
