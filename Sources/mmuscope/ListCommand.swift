import ArgumentParser

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List scenarios, workloads, self-tests and recordings; or what can be set and broken in one of them.")

    @Argument(help: ArgumentHelp("A scenario: its parameters and faults.", valueName: "scenario"))
    var scenario: String?

    @Flag(help: "Everything: models, what of the seeds each follows, verdicts, and what is left out and why.")
    var all = false

    @Flag(help: "With --all: one JSON object a line.")
    var json = false

    func run() throws {
        if json, !all { throw Failure("--json goes with --all") }
        if all {
            if scenario != nil { throw Failure("--all goes without a scenario") }
            return Output.write(json ? try Inventory().json() : Inventory().text(width: Columns.available))
        }
        let catalogue = Catalogue()
        if let scenario { return try describe(scenario, catalogue) }
        let scenarios = catalogue.entries.filter { !$0.outline.isWorkload }
        let workloads = catalogue.entries.filter(\.outline.isWorkload)
        let width = ((catalogue.entries + catalogue.selftests).map(\.outline.name.count) + catalogue.recordings.map(\.path.count)).max() ?? 0
        section("Scenarios (mmuscope run NAME)", scenarios, width)
        section("Workloads (mmuscope run NAME)", workloads, width)
        if !catalogue.selftests.isEmpty { section("Self-tests (mmuscope selftest NAME)", catalogue.selftests, width) }
        Output.write("Recordings (mmuscope trace NAME)\n")
        for asset in catalogue.recordings { Output.write("  \(asset.path.dropFirst("traces/".count))\n") }
    }

    private func describe(_ name: String, _ catalogue: Catalogue) throws {
        let program = try catalogue.program(name, settings: [:], faults: [])
        Output.write("\(program.scenario.summary)\n\nParameters (--set name=value)\n")
        for parameter in program.scenario.parameters {
            row("\(parameter.name)=\(parameter.value)", parameter.note)
        }
        Output.write("\nFaults (--fault name)\n")
        for fault in program.faults { row(fault.name, fault.note) }
    }

    private func row(_ name: String, _ note: String) {
        let blanks = String(repeating: " ", count: max(1, 26 - name.count))
        Output.write("  \(name)\(blanks)\(note)\n")
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
