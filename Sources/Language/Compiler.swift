/// Where `use` finds its texts: the path, as written, to the text, or nil.
public typealias ModuleLoader = @Sendable (String) -> String?

/// What a text declares to run, without compiling it.
public struct ScenarioOutline: Sendable, Equatable {
    public var name: String
    public var summary: String
    public var isWorkload: Bool
    public var expectation: Expectation?
}

/// What to compile of a text, and with which values.
public struct CompileOptions: Sendable {
    /// The scenario's name; nil takes the text's only one.
    public var scenario: String?
    /// Values for parameters, over their defaults and over the scenario's own settings.
    public var settings: [String: Int64]
    /// Faults that are on from the start.
    public var faults: [String]

    public init(scenario: String? = nil, settings: [String: Int64] = [:], faults: [String] = []) {
        self.scenario = scenario
        self.settings = settings
        self.faults = faults
    }
}

/// Compiles one scenario of a text.
/// - Throws: every mistake found in the text and in what it uses.
public func compile(
    _ source: SourceFile, options: CompileOptions = CompileOptions(), modules: ModuleLoader
) throws(DiagnosticList) -> Program {
    var compiler = Compiler(options: options)
    compiler.load(source, modules)
    return try compiler.program(of: compiler.chosenScenario())
}

/// Everything that is wrong with a text and what it uses, each scenario compiled; empty when it is sound.
public func lint(_ source: SourceFile, modules: ModuleLoader) -> [Diagnostic] {
    var base = Compiler(options: CompileOptions())
    base.load(source, modules)
    var found: [Diagnostic] = []
    let own = base.syntax.first?.scenarios ?? []
    let scenarios: [ScenarioSyntax?] = own.isEmpty ? [nil] : own
    for scenario in scenarios {
        var compiler = base
        do {
            _ = try compiler.program(of: scenario)
        } catch {
            // What several scenarios share is wrong once.
            for diagnostic in error.diagnostics where !found.contains(diagnostic) { found.append(diagnostic) }
        }
    }
    return found
}

/// The scenarios and workloads that a text declares itself, in its order.
public func outline(of source: SourceFile) -> [ScenarioOutline] {
    var parser = Parser(source, file: 0)
    return parser.parse().scenarios.map {
        ScenarioOutline(
            name: $0.name.text, summary: $0.summary, isWorkload: $0.isWorkload, expectation: $0.expectation)
    }
}

/// Syntax to program: resolves names, checks types, emits code. Collects mistakes instead of stopping.
struct Compiler {
    let options: CompileOptions
    var syntax: [FileSyntax] = []
    var program = Program()
    private(set) var diagnostics: [Diagnostic] = []

    // What names mean. Records and functions of a driver stand under "driver.name".
    var constants: [String: (value: Int64, type: ValueType)] = [:]
    var aliases: [String: ValueType] = [:]
    var recordIndex: [String: Int] = [:]
    var functionIndex: [String: Int] = [:]
    var callbackIndex: [String: Int] = [:]
    var faultIndex: [String: Int] = [:]
    var globalIndex: [String: Int] = [:]
    var drivers: Set<String> = []

    var recordSyntax: [RecordSyntax] = []
    var signatures: [Signature] = []
    var callbackSignatures: [Signature] = []
    var invariants: [Int: [InvariantSyntax]] = [:]
    var property: InvariantSyntax?
    var watchedFields: Set<Place.Field> = []
    /// The synthesised function that asks the device tables' property of a stretch of pages.
    var recheckFunction: Int?

    /// The function that is being emitted.
    var body = FunctionBody()
    var constantIndex: [Int64: Int32] = [:]
    /// Where the head of a compound statement ends, by its `statement` instruction.
    var headEnds: [Int: Int] = [:]
    /// The furthest instruction that a jump leads to so far: what stands right before it may be passed over.
    var lastTarget = 0
    /// Who calls whom, and where: for frames, and to refuse recursion.
    var calls: [(caller: Int, callee: Int, range: SourceRange)] = []

    struct Signature {
        var name: Name
        var driver: String?
        var parameters: [(name: Name, type: ValueType)]
        var result: ValueType
        var syntax: FunctionSyntax
    }

    init(options: CompileOptions) {
        self.options = options
    }

    // MARK: Mistakes

    mutating func report(_ message: String, hint: String? = nil, at range: SourceRange) {
        let diagnostic = Diagnostic(message, hint: hint, at: range, in: program.sources)
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }

    /// "did you mean 'read_begin'?"
    func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
        nearestName(to: name, among: candidates).map { "did you mean '\($0)'?" }
    }

    // MARK: Texts

    mutating func load(_ source: SourceFile, _ modules: ModuleLoader) {
        // What a text uses comes after it in the list: its own file keeps number 0.
        var pending = [source]
        var known: Set<String> = [source.name]
        while !pending.isEmpty {
            let next = pending.removeFirst()
            let file = program.sources.count
            program.sources.append(next)
            var parser = Parser(next, file: file)
            let parsed = parser.parse()
            for mistake in parser.mistakes { report(mistake.message, hint: mistake.hint, at: mistake.range) }
            syntax.append(parsed)
            for use in parsed.uses where !known.contains(use.text) {
                known.insert(use.text)
                if let text = modules(use.text) {
                    pending.append(SourceFile(name: use.text, text: text))
                } else {
                    report("there is no '\(use.text)' to use", at: use.range)
                }
            }
        }
    }

    mutating func chosenScenario() -> ScenarioSyntax? {
        let all = syntax.first?.scenarios ?? []
        if let name = options.scenario {
            if let found = all.first(where: { $0.name.text == name }) { return found }
            let place = SourceRange(file: 0, start: 0, end: 0)
            report(
                "there is no scenario '\(name)' here",
                hint: suggestion(for: name, among: all.map(\.name.text)), at: place)
        } else if all.count != 1 {
            let names = all.map(\.name.text).joined(separator: ", ")
            let place = SourceRange(file: 0, start: 0, end: 0)
            report(
                all.isEmpty ? "there is no scenario here" : "there are several scenarios here: name one",
                hint: names.isEmpty ? nil : names, at: place)
        }
        return all.first
    }

    /// Runs every phase; a phase goes on after mistakes as far as it makes sense.
    mutating func program(of scenario: ScenarioSyntax?) throws(DiagnosticList) -> Program {
        declareConstants(scenario)
        declareTypes()
        declareRecords(threads: scenario.map { threadCount(of: $0) } ?? 0)
        declareFaults(scenario)
        declareFunctions()
        emitFunctions()
        if let scenario { emitScenario(scenario) }
        if diagnostics.isEmpty { link() }
        guard diagnostics.isEmpty else {
            throw DiagnosticList(
                diagnostics: diagnostics.sorted { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) })
        }
        return program
    }

    // MARK: Constants

    mutating func declareConstants(_ scenario: ScenarioSyntax?) {
        let known = Set(syntax.flatMap { $0.parameters.map(\.name.text) })
        for (name, _) in scenario?.settings ?? [] where !known.contains(name.text) {
            report("there is no parameter '\(name.text)'",
                hint: suggestion(for: name.text, among: known), at: name.range)
        }
        for name in options.settings.keys.sorted() where !known.contains(name) {
            let listed = known.sorted().joined(separator: ", ")
            report("there is no parameter '\(name)' to set",
                hint: suggestion(for: name, among: known) ?? "parameters: \(listed)",
                at: SourceRange(file: 0, start: 0, end: 0))
        }
        // A value may be computed from others, wherever they are declared: whatever can be told is, until no more can.
        var pending = syntax.flatMap(\.constants).map { (name: $0.name, value: $0.value, note: String?.none) }
        for parameter in syntax.flatMap(\.parameters) {
            let setting = scenario?.settings.last { $0.name.text == parameter.name.text }?.value
            pending.append((parameter.name, setting ?? parameter.value, parameter.note))
        }
        while let next = pending.firstIndex(where: { options.settings[$0.name.text] != nil || isKnown($0.value) })
            ?? pending.indices.first
        {
            let (name, expression, note) = pending.remove(at: next)
            let value = options.settings[name.text] ?? constantValue(expression) ?? 0
            define(name, value, .number)
            if let note { program.scenario.parameters.append((name.text, value, note)) }
        }
        program.scenario.parameters.sort { $0.name < $1.name }
    }

    mutating func define(_ name: Name, _ value: Int64, _ type: ValueType) {
        if constants[name.text] != nil { report("'\(name.text)' is declared twice", at: name.range) }
        constants[name.text] = (value, type)
    }

    /// Whether every name in an expression of constants has its value already.
    private func isKnown(_ expression: Expression) -> Bool {
        switch expression.kind {
        case .name(let name): constants[name] != nil
        case .unary(_, let operand): isKnown(operand)
        case .binary(_, let left, let right): isKnown(left) && isKnown(right)
        case .conditional(let test, let first, let second): isKnown(test) && isKnown(first) && isKnown(second)
        default: true
        }
    }

    /// The value of an expression of numbers, parameters and constants.
    mutating func constantValue(_ expression: Expression) -> Int64? {
        switch expression.kind {
        case .number(let value): return value
        case .boolean(let value): return value ? 1 : 0
        case .name(let name):
            if let constant = constants[name] { return constant.value }
            report("'\(name)' is no constant",
                hint: suggestion(for: name, among: constants.keys), at: expression.range)
            return nil
        case .unary("-", let operand): return constantValue(operand).map { 0 &- $0 }
        case .binary(let op, let left, let right):
            guard let left = constantValue(left), let right = constantValue(right) else { return nil }
            if let value = Self.fold(op, left, right) { return value }
            report("'\(op)' of these numbers has no value", at: expression.range)
            return nil
        case .conditional(let test, let first, let second):
            guard let test = constantValue(test) else { return nil }
            return constantValue(test != 0 ? first : second)
        default:
            report("a constant is needed here", at: expression.range)
            return nil
        }
    }

    static func fold(_ op: String, _ a: Int64, _ b: Int64) -> Int64? {
        switch op {
        case "+": a &+ b
        case "-": a &- b
        case "*": a &* b
        case "/": b == 0 ? nil : a / b
        case "%": b == 0 ? nil : a % b
        case "&": a & b
        case "|": a | b
        case "^": a ^ b
        case "<<": a << b
        case ">>": a >> b
        case "==": a == b ? 1 : 0
        case "!=": a != b ? 1 : 0
        case "<": a < b ? 1 : 0
        case "<=": a <= b ? 1 : 0
        case ">": a > b ? 1 : 0
        case ">=": a >= b ? 1 : 0
        default: nil
        }
    }

    func threadCount(of scenario: ScenarioSyntax) -> Int {
        // Pools may be sized by `threads` before the rows of threads are known: evaluated on a copy.
        var copy = self
        return scenario.threads.reduce(0) { total, thread in
            guard let index = thread.index else { return total + 1 }
            let first = copy.constantValue(index.first) ?? 0
            let last = copy.constantValue(index.last) ?? 0
            return total + Int(max(0, last - first + 1))
        }
    }
}
