/// Where `use` finds its texts: the path, as written, to the text, or nil.
public typealias ModuleLoader = @Sendable (String) -> String?

/// What to compile of a text, and with which values.
public struct CompileOptions: Sendable {
    /// The scenario's name; nil takes the text's only one.
    public var scenario: String?
    /// Values for parameters, over their defaults and over the scenario's own settings.
    public var settings: [String: Int64]
    /// Faults that are on from the start.
    public var faults: [String]
    /// Whether the operations that the texts declare can be begun while it runs. Takes room for them in every state; what
    /// runs as long as none is begun is the same.
    public var operations: Bool
    /// With operations, texts to use beside those that the scenario uses: where it has address spaces, and as far as they are
    /// found.
    public var additionalModules: [String]

    public init(
        scenario: String? = nil, settings: [String: Int64] = [:], faults: [String] = [], operations: Bool = false,
        additionalModules: [String] = CompileOptions.operationModules
    ) {
        self.scenario = scenario
        self.settings = settings
        self.faults = faults
        self.operations = operations
        self.additionalModules = additionalModules
    }

    /// Where the library has its operations.
    public static let operationModules = ["kernel/operations"]
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
/// - Parameter moduleNames: what there is to `use`, for the nearest name.
public func lint(_ source: SourceFile, moduleNames: [String] = [], modules: ModuleLoader) -> [Diagnostic] {
    var base = Compiler(options: CompileOptions())
    base.load(source, modules, moduleNames)
    var found: [Diagnostic] = []
    let own = base.syntax.first?.scenarios ?? []
    let scenarios: [ScenarioSyntax?] = own.isEmpty ? [nil] : own
    for scenario in scenarios {
        var compiler = base
        compiler.isLint = true
        do {
            _ = try compiler.program(of: scenario)
        } catch {
            // What several scenarios share is wrong once.
            for diagnostic in error.diagnostics where !found.contains(diagnostic) { found.append(diagnostic) }
        }
    }
    return base.inOrder(found)
}

/// Syntax to program: resolves names, checks types, emits code. Collects mistakes instead of stopping.
struct Compiler {
    let options: CompileOptions
    var syntax: [FileSyntax] = []
    /// Texts from this one on were added for the sake of operations.
    private(set) var firstAddedFile = Int.max
    /// Operations are looked at for mistakes, whether or not they can be begun.
    var isLint = false
    var program = Program()
    private(set) var diagnostics: [Diagnostic] = []
    /// While braces don't match, what would follow says nothing.
    private var bracesMatch = true

    // What names mean. Records and functions of a driver stand under "driver.name".
    var constants: [String: (value: Int64, type: ValueType)] = [:]
    var aliases: [String: ValueType] = [:]
    var recordIndex: [String: Int] = [:]
    var functionIndex: [String: Int] = [:]
    var callbackIndex: [String: Int] = [:]
    var faultIndex: [String: Int] = [:]
    var globalIndex: [String: Int] = [:]
    var drivers: Set<String> = []
    /// Constants whose values are being worked out.
    var waiting: Set<String> = []
    /// Names whose declaration could not be read.
    var broken: Set<String> = []
    /// A text that is used could not be found: what it would declare is not missed as well.
    var lacksModule = false

    var recordSyntax: [RecordSyntax] = []
    /// Some record is larger than a state can hold: pools are not placed.
    var isTooLarge = false
    var signatures: [Signature] = []
    var callbackSignatures: [Signature] = []
    var invariants: [Invariant] = []
    /// What is being compiled reads these: noted for who wants to know.
    var reads: Invariant.Reads?
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
    /// For each function, from which instruction on a slot of its frame holds sequence numbers (of so many bits, 0: no longer).
    var sequenceNotes: [Int: [(from: Int, slot: Int32, bits: Int)]] = [:]
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

    /// A name that means nothing, unless what would have declared it has been reported already.
    mutating func reportMissing(_ message: String, _ name: String, hint: String?, at range: SourceRange) {
        if !lacksModule, !broken.contains(name) { report(message, hint: hint, at: range) }
    }

    /// "did you mean 'read_begin'?"
    func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
        nearestName(to: name, among: candidates).map { "did you mean '\($0)'?" }
    }

    // MARK: Texts

    mutating func load(_ source: SourceFile, _ modules: ModuleLoader, _ moduleNames: [String] = []) {
        // What a text uses comes after it in the list: its own file keeps number 0.
        var known: Set<String> = [source.name]
        load([source], &known, modules, moduleNames)
        guard options.operations, syntax.contains(where: { $0.records.contains(where: Self.isAddressSpace) }) else { return }
        firstAddedFile = syntax.count
        for name in options.additionalModules where !known.contains(name) {
            guard let text = modules(name) else { continue }
            known.insert(name)
            load([SourceFile(name: name, text: text)], &known, modules, moduleNames)
        }
    }

    private static func isAddressSpace(_ record: RecordSyntax) -> Bool { record.name.text == "MM" && record.driver == nil }

    private mutating func load(
        _ sources: [SourceFile], _ known: inout Set<String>, _ modules: ModuleLoader, _ moduleNames: [String]
    ) {
        var pending = sources
        while !pending.isEmpty {
            let next = pending.removeFirst()
            let file = program.sources.count
            program.sources.append(next)
            var parser = Parser(next, file: file)
            let parsed = parser.parse()
            for mistake in parser.findings() { report(mistake.message, hint: mistake.hint, at: mistake.range) }
            syntax.append(parsed)
            broken.formUnion(parsed.broken)
            if parser.unmatchedBrace() != nil { bracesMatch = false }
            for use in parsed.uses where !known.contains(use.text) {
                known.insert(use.text)
                // A text of the library that is opened as a file (assets/kernel/vma.model) is what others use by its short name.
                if program.sources[0].name.hasSuffix("/\(use.text).model") { continue }
                if let text = modules(use.text) {
                    pending.append(SourceFile(name: use.text, text: text))
                } else {
                    lacksModule = true
                    report("there is no '\(use.text)' to use", hint: suggestion(for: use.text, among: moduleNames)
                        ?? "a text beside this one, or one of the library: kernel/interval_notifier", at: use.range)
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
        try refuseUnlessSound(bracesMatch)
        declareConstants(scenario)
        declareTypes()
        let threads = scenario.map { threadCount(of: $0) } ?? 0
        declareRecords(threads: threads + perturbationThreads(beside: threads))
        declareFaults(scenario)
        declareFunctions()
        learnInvariants()
        emitFunctions()
        refuseDuplicateScenarios()
        if let scenario { emitScenario(scenario) }
        if options.operations || isLint { emitOperations() }
        program.hasOperations = options.operations
        refuseRecursion()
        if diagnostics.isEmpty {
            noteConstants()
            link()
        }
        try refuseUnlessSound(diagnostics.isEmpty)
        return program
    }

    private func refuseUnlessSound(_ isSound: Bool) throws(DiagnosticList) {
        if !isSound { throw DiagnosticList(diagnostics: inOrder(diagnostics)) }
    }

    /// The text's own mistakes first, then those of what it uses.
    func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        let order = program.sources.map(\.name)
        func file(_ diagnostic: Diagnostic) -> Int { order.firstIndex(of: diagnostic.file) ?? order.count }
        return diagnostics.sorted { (file($0), $0.line, $0.column) < (file($1), $1.line, $1.column) }
    }

    private mutating func refuseDuplicateScenarios() {
        var names: Set<String> = []
        for scenario in syntax.first?.scenarios ?? [] where !names.insert(scenario.name.text).inserted {
            report("the scenario '\(scenario.name.text)' is declared twice", at: scenario.name.range)
        }
    }
}
