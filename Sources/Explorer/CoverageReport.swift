import Language

/// What explorations reached of the texts that they ran, merged by file and line.
public struct CoverageReport: Sendable {
    /// One text.
    public struct File: Sendable {
        public var name: String
        public var lines: Count
        public var branches: Count
        /// Lines that no step carried out.
        public var missed: [Line]
        /// Branches that never went some way, of those that were come to.
        public var oneWay: [Line]
        /// What of the text can only be come to with a fault on, and was not.
        public var faultOnly: [Line]
        /// Functions that no thread of these scenarios can come to.
        public var uncalled: [Line]
    }

    /// How many of how many.
    public struct Count: Sendable, Equatable {
        public var reached: Int
        public var all: Int
    }

    /// A line with what there is to say of it.
    public struct Line: Sendable, Equatable {
        public var line: Int
        public var text: String
        /// "never true"; empty for a line as a whole.
        public var note: String
    }

    private var texts: [String: [String]] = [:]
    /// What can be reached, and what can with every fault off.
    private var all: Set<CoveragePoint> = []
    private var plain: Set<CoveragePoint> = []
    private var reached: Set<CoveragePoint> = []
    private var names: [CoveragePoint: String] = [:]
    private var functions: [CoveragePoint: String] = [:]
    private var called: Set<CoveragePoint> = []

    public init() {}

    /// Adds what one exploration reached.
    public mutating func add(_ coverage: Coverage, of program: Program) {
        let paths = StepPaths(program)
        for source in program.sources { texts[source.name] = source.lines }
        func points(_ numbers: Set<Int>) -> [CoveragePoint] { numbers.map { paths.points[$0] } }
        all.formUnion(points(paths.reachable(withFaults: true)))
        plain.formUnion(points(paths.reachable(withFaults: false)))
        for (point, name) in paths.names { names[paths.points[point]] = name }
        noteFunctions(program, paths)

        var known: [Int: [Int: Set<Int>]] = [:]
        for step in coverage.steps {
            if let line = paths.line(at: step.from) { reached.insert(paths.points[line]) }
            guard step.to != Coverage.found else { continue }
            let ends = known[step.from] ?? paths.ends(from: step.from, withFaults: true)
            known[step.from] = ends
            reached.formUnion(points(ends[step.to] ?? []))
        }
    }

    private mutating func noteFunctions(_ program: Program, _ paths: StepPaths) {
        // Threads are functions too: all of them are come to but the setup, which nobody asks about.
        let threads = Set(program.threads.map(\.function))
        let setupCalls = Self.calls(of: program.setupFunction, in: program)
        for (index, function) in program.functions.enumerated() where !threads.contains(index) {
            let place = CoveragePoint(file: program.sources[function.file].name, line: function.line)
            // What the compiler makes up has no statement.
            guard program.statements.contains(where: { $0.function == index }) else { continue }
            functions[place] = function.qualifiedName
            if paths.called.contains(index) || setupCalls.contains(index) { called.insert(place) }
        }
    }

    private static func calls(of function: Int, in program: Program) -> Set<Int> {
        var result: Set<Int> = [function]
        var pending = [function]
        while let next = pending.popLast() {
            for instruction in program.instructions[program.functions[next].entry..<program.functions[next].end] {
                var callees: [Int] = []
                if instruction.op == .call { callees = [Int(instruction.a)] }
                if instruction.op == .dispatch {
                    callees = program.callbacks[Int(instruction.a)].implementations.values.map(\.function)
                }
                for callee in callees where result.insert(callee).inserted { pending.append(callee) }
            }
        }
        return result
    }

    // MARK: What it says

    /// By name.
    public var files: [File] {
        let byFile = Dictionary(grouping: all, by: \.file)
        return texts.keys.sorted().compactMap { name in
            guard let points = byFile[name] else { return nil }
            return file(name, points.sorted { ($0.line, $0.column, $0.way) < ($1.line, $1.column, $1.way) })
        }
    }

    private func file(_ name: String, _ points: [CoveragePoint]) -> File {
        let lines = points.filter { $0.way < 0 && plain.contains($0) }
        let ways = points.filter { $0.way >= 0 && plain.contains($0) }
        let missed = lines.filter { !reached.contains($0) }
        let missedLines = Set(missed.map(\.line))
        let oneWay = ways.filter { !reached.contains($0) && !missedLines.contains($0.line) }
        let faultOnly = points.filter { !plain.contains($0) && !reached.contains($0) }
        // A line that is listed as a whole needn't be listed for its branches.
        let faultLines = Set(faultOnly.filter { $0.way < 0 }.map(\.line))
        let uncalled = functions.keys.filter { $0.file == name && !called.contains($0) }.sorted { $0.line < $1.line }
        return File(
            name: name,
            lines: Count(reached: lines.count - missed.count, all: lines.count),
            branches: Count(reached: ways.count { reached.contains($0) }, all: ways.count),
            missed: missed.map(line), oneWay: oneWay.map(line),
            faultOnly: faultOnly.filter { $0.way < 0 || !faultLines.contains($0.line) }.map(line),
            uncalled: uncalled.map { Line(line: $0.line, text: functions[$0] ?? "", note: "") })
    }

    private func line(_ point: CoveragePoint) -> Line {
        let lines = texts[point.file] ?? []
        let text = lines.indices.contains(point.line - 1) ? lines[point.line - 1] : ""
        return Line(
            line: point.line, text: String(text.drop { $0 == " " || $0 == "\t" }),
            note: names[point].map { "never \($0)" } ?? "")
    }
}
