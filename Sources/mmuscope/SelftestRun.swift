import Foundation
import Language
import Simulation
import Synchronization

/// A self-test, compiled as it was asked for.
struct SelftestTask: Sendable {
    /// Values of parameters. A test that has no such parameter goes without.
    struct Settings: Sendable {
        /// By the user: some test has to know each.
        var asked: [String: Int64]
        /// What holds where the user says nothing.
        var standard: [String: Int64]
    }

    var name: String
    var program: Program

    /// Compiles a self-test; what it doesn't know of settings and faults is not for it.
    ///
    /// Some tests are of kernels that do what was never posted, or of what was posted and never merged. Where nobody asks for a
    /// kernel, a test that can't pass as posted goes by the rules of 6.1.
    init(
        _ name: String, _ catalogue: Catalogue, settings: Settings, faults: [String], known: inout KnownNames
    ) throws {
        let name = try catalogue.selftest(named: name)
        self.name = name
        func compiled(_ settings: [String: Int64], _ faults: [String]) throws -> Program {
            try catalogue.program(name, settings: settings, faults: faults, prefersSelftests: true)
        }
        let names = try known.names(for: name, catalogue) { try compiled([:], []) }
        let wanted = settings.standard.merging(settings.asked) { $1 }.filter { names.parameters.contains($0.key) }
        let faults = faults.filter(names.faults.contains)
        program = try compiled(wanted, faults)
        guard case .fails? = program.scenario.expectation, wanted[Self.vintage] == nil else { return }
        program = try compiled(wanted.merging([Self.vintage: Self.recordedVintage]) { $1 }, faults)
    }

    /// What the scenarios of a text know of parameters and faults: the same for all of them, so it is looked up once.
    struct KnownNames {
        typealias Names = (parameters: Set<String>, faults: Set<String>)
        private var byPath: [String: Names] = [:]

        fileprivate mutating func names(
            for name: String, _ catalogue: Catalogue, _ compiled: () throws -> Program
        ) throws -> Names {
            let path = catalogue.selftests.first { $0.outline.name == name }?.path
            if let path, let names = byPath[path] { return names }
            let program = try compiled()
            let names = (Set(program.scenario.parameters.map(\.name)), Set(program.faults.map(\.name)))
            if let path { byPath[path] = names }
            return names
        }
    }

    /// The parameter that says by which kernel's rules it goes.
    static let vintage = "vintage"
    /// Linux 6.1, which the self-tests were recorded on.
    static let recordedVintage: Int64 = 601

    /// By which kernel's rules it goes: "6.1".
    var kernel: String {
        let value = program.scenario.parameters.first { $0.name == Self.vintage }?.value ?? 0
        return value == 0 ? "posted" : "\(value / 100).\(value % 100)"
    }

    /// Compiles self-tests.
    /// - Throws: when one isn't there, or none knows a setting or a fault.
    static func all(
        _ names: [String], _ catalogue: Catalogue, settings: Settings, faults: [String]
    ) throws -> [SelftestTask] {
        var lookup = KnownNames()
        let tasks = try names.map {
            try SelftestTask($0, catalogue, settings: settings, faults: faults, known: &lookup)
        }
        let parameters = Set(tasks.flatMap { $0.program.scenario.parameters.map(\.name) })
        for name in settings.asked.keys.sorted() where !parameters.contains(name) {
            throw Failure("no self-test has a parameter '\(name)'" + hint(name, parameters))
        }
        let known = Set(tasks.flatMap { $0.program.faults.map(\.name) })
        for fault in faults where !known.contains(fault) {
            throw Failure("no self-test has a fault '\(fault)'" + hint(fault, known))
        }
        return tasks
    }

    private static func hint(_ name: String, _ among: Set<String>) -> String {
        nearestName(to: name, among: among.sorted()).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// Runs each once, as many at a time as there are processors.
    /// - Returns: the results, in the tasks' order.
    static func run(_ tasks: [SelftestTask]) -> [SelftestResult] {
        let results = Mutex([SelftestResult?](repeating: nil, count: tasks.count))
        DispatchQueue.concurrentPerform(iterations: tasks.count) { index in
            let result = tasks[index].run()
            results.withLock { $0[index] = result }
        }
        return results.withLock { $0.compactMap { $0 } }
    }

    /// Runs it once.
    func run() -> SelftestResult {
        var simulation = Simulation(program)
        while simulation.step < Self.stepLimit, simulation.stepForward() {}
        let failure: String? =
            if let finding = simulation.finding {
                "\(finding.property): \(finding.sentence)"
            } else if !simulation.hasEnded {
                "no end after \(Self.stepLimit) steps"
            } else {
                nil
            }
        return SelftestResult(name: name, kernel: kernel, counters: simulation.counters, steps: simulation.step, failure: failure)
    }

    private static let stepLimit = 100_000_000
}

/// What came of a self-test.
struct SelftestResult: Sendable {
    var name: String
    var kernel: String
    var counters: EventCounters
    var steps: Int
    /// What failed, in a sentence; nil when it passed.
    var failure: String?
}

/// Results as a table with a total, or as JSON.
struct SelftestReport {
    var json: Bool
    private var rows: [[String]] = []
    /// What failed, for each row.
    private var reasons: [String?] = []
    private(set) var failures = 0

    init(json: Bool) { self.json = json }

    mutating func add(_ result: SelftestResult) {
        if result.failure != nil { failures += 1 }
        let counters = result.counters
        rows.append([
            result.name, result.failure == nil ? "ok" : "FAIL", result.kernel, "\(counters.invalidations)",
            "\(counters.callbackCount)", "\(counters.collisions)", "\(result.steps)",
        ])
        reasons.append(result.failure)
        if json { Output.write(object(result)) }
    }

    func finish() {
        guard !json else { return }
        let head = ["self-test", "", "kernel", "invalidations", "callbacks", "collisions", "steps"]
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        for (row, reason) in zip([head] + rows, [nil] + reasons) {
            let cells = row.indices.map { column -> String in
                let blanks = String(repeating: " ", count: widths[column] - row[column].count)
                return (3...6).contains(column) ? blanks + row[column] : row[column] + blanks
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            Output.write(line + "\n")
            // Below its row: beside it there is no room.
            for words in reason.map({ Page.wrapped($0, Columns.available - 4) }) ?? [] { Output.write("    \(words)\n") }
        }
        Output.write("\(rows.count - failures) of \(rows.count) pass\n")
    }

    private func object(_ result: SelftestResult) -> String {
        let counters = result.counters
        return "{\"selftest\":\(CheckReport.quoted(result.name)),\"pass\":\(result.failure == nil),\"kernel\":\"\(result.kernel)\","
            + "\"invalidations\":\(counters.invalidations),\"callbacks\":\(counters.callbackCount),"
            + "\"collisions\":\(counters.collisions),\"steps\":\(result.steps),"
            + "\"failure\":\(result.failure.map(CheckReport.quoted) ?? "null")}\n"
    }
}
