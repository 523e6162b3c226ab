import ArgumentParser

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List scenarios, workloads and recordings.")

    func run() throws {
        let catalogue = Catalogue()
        let scenarios = catalogue.entries.filter { !$0.outline.isWorkload }
        let workloads = catalogue.entries.filter(\.outline.isWorkload)
        let width = (catalogue.entries.map(\.outline.name.count) + catalogue.recordings.map(\.path.count)).max() ?? 0
        section("Scenarios (mmuscope run NAME)", scenarios, width)
        section("Workloads (mmuscope run NAME)", workloads, width)
        Output.write("Recordings (on the home screen)\n")
        for asset in catalogue.recordings { Output.write("  \(asset.path.dropFirst("traces/".count))\n") }
    }

    private func section(_ title: String, _ entries: [Catalogue.Entry], _ width: Int) {
        Output.write("\(title)\n")
        for entry in entries {
            let name = entry.outline.name
            let blanks = String(repeating: " ", count: width - name.count)
            let verdict = entry.outline.expectation.map { "  [\($0.text)]" } ?? ""
            Output.write("  \(name)\(blanks)  \(entry.outline.summary)\(verdict)\n")
        }
        Output.write("\n")
    }
}
