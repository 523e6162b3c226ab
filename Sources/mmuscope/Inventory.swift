import Foundation
import Language
import Models

/// All that the binary has in it, and what it has not: what `list --all` tells.
struct Inventory {
    /// A text that others use.
    struct Model {
        /// As `use` names it.
        var path: String
        var outline: ModuleOutline
    }

    struct Scenario {
        /// The text that declares it, without its extension.
        var path: String
        var outline: ScenarioOutline
    }

    var models: [Model] = []
    var scenarios: [Scenario] = []
    var selfTests: [Scenario] = []
    var workloads: [Scenario] = []
    /// What the seeds name: what a model has, then what none has.
    var scope: [ScopeEntry] = []

    /// - Parameter assets: the texts to look through, in the order of the list.
    init(_ assets: [Asset] = embeddedAssets.sorted { $0.path < $1.path }) {
        for asset in assets where asset.path.hasSuffix(".model") {
            let path = String(asset.path.dropLast(".model".count))
            let outline = moduleOutline(of: SourceFile(name: path, text: asset.text ?? ""))
            let declared = outline.scenarios.map { Scenario(path: path, outline: $0) }
            scope += outline.scope
            switch path.split(separator: "/").first {
            case "kernel", "drivers": models.append(Model(path: path, outline: outline))
            case "selftests": selfTests += declared
            default:
                scenarios += declared.filter { !$0.outline.isWorkload }
                workloads += declared.filter(\.outline.isWorkload)
            }
        }
        // The kernel stands before the drivers that stand on it.
        models = models.filter { $0.path.hasPrefix("kernel/") } + models.filter { !$0.path.hasPrefix("kernel/") }
        scope = scope.filter { $0.model != nil } + scope.filter { $0.model == nil }
    }
}

extension Inventory {
    /// As text for so many columns.
    func text(width: Int) -> String {
        var page = Page(width: width)
        page.section("Models", "(use NAME)", models) { model, page in
            page.entry(model.path, [model.outline.summary])
            page.passages(model.outline.passages)
            for driver in model.outline.drivers where !driver.passages.isEmpty {
                page.line("driver \(driver.name)")
                page.passages(driver.passages)
            }
        }
        page.section("Scenarios", "(mmuscope check NAME, or run)", scenarios) { $1.add($0.outline) }
        page.section("Self-tests", "(mmuscope selftest)", selfTests) { $1.add($0.outline) }
        page.section("Workloads", "(mmuscope run NAME)", workloads) { $1.add($0.outline) }
        page.section("Named in the patch series, and here", "", scope.filter { $0.model != nil }) { entry, page in
            page.entry(entry.name, [entry.model ?? "", entry.note])
        }
        page.section("Named in the patch series, and not here", "", scope.filter { $0.model == nil }) { entry, page in
            page.entry(entry.name, [entry.note])
        }
        return page.text
    }

    /// As JSON, one object a line.
    func json() throws -> String {
        var objects: [JSONEntry] = models.map { model in
            JSONEntry(
                kind: "model", name: model.path, summary: model.outline.summary,
                passages: model.outline.passages.map(JSONPassage.init),
                drivers: model.outline.drivers.map {
                    JSONDriver(name: $0.name, passages: $0.passages.map(JSONPassage.init))
                })
        }
        objects += scenarios.map { JSONEntry("scenario", $0) } + selfTests.map { JSONEntry("selftest", $0) }
        objects += workloads.map { JSONEntry("workload", $0) }
        objects += scope.map { entry in
            JSONEntry(kind: entry.model == nil ? "outside" : "inside", name: entry.name, model: entry.model, why: entry.note)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return try objects.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }.joined()
    }
}

/// One line of JSON; what an entry has nothing of is left out.
private struct JSONEntry: Encodable {
    var kind: String
    var name: String
    var summary: String?
    var file: String?
    var expected: String?
    var exceptions: [JSONExpectation]?
    var passages: [JSONPassage]?
    var drivers: [JSONDriver]?
    var model: String?
    var why: String?
}

extension JSONEntry {
    fileprivate init(_ kind: String, _ scenario: Inventory.Scenario) {
        let outline = scenario.outline
        self.init(
            kind: kind, name: outline.name, summary: outline.summary, file: scenario.path,
            expected: outline.expectation?.text,
            exceptions: outline.exceptions.map { JSONExpectation(expected: $0.expectation.text, condition: $0.condition) },
            passages: outline.passages.map(JSONPassage.init))
    }
}

private struct JSONExpectation: Encodable {
    var expected: String
    var condition: String
}

private struct JSONDriver: Encodable {
    var name: String
    var passages: [JSONPassage]
}

private struct JSONPassage: Encodable {
    var place: String
    var says: String

    init(_ passage: Passage) { (place, says) = (passage.text, passage.says) }
}
