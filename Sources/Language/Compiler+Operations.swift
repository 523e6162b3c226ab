/// Operations: bodies like a thread's, that a program compiled for it has threads for which wait until one is begun.
extension Compiler {
    private static let mostPerturbationThreads = 4
    /// All threads have a bit in a mask of 62; the setup is one of them.
    static let mostThreads = 62

    /// How many threads there are for operations.
    /// - Parameter threads: the scenario's own; its teardown is not counted.
    func perturbationThreads(beside threads: Int) -> Int {
        // The teardown may take one, the setup takes one.
        options.operations ? max(0, min(Self.mostPerturbationThreads, Self.mostThreads - 2 - threads)) : 0
    }

    mutating func addPerturbationThreads() {
        let own = program.threads.count { $0.role == .scenario || $0.role == .daemon }
        for number in 0..<perturbationThreads(beside: own) {
            // They begin as threads that have finished: until an operation's is set, the function is never entered.
            program.threads.append(
                ThreadInfo(name: "perturb \(number)", role: .perturbation, function: program.setupFunction, index: nil))
        }
    }

    mutating func emitOperations() {
        var names: Set<String> = []
        for operation in syntax.flatMap(\.operations) {
            let name = operation.driver.map { "\($0).\(operation.name.text)" } ?? operation.name.text
            if !names.insert(name).inserted {
                report("the operation '\(name)' is declared twice", at: operation.name.range)
            }
            emit(operation, name)
        }
    }

    private mutating func emit(_ operation: OperationSyntax, _ name: String) {
        let group = OperationGroup(rawValue: operation.group.text)
        if group == nil {
            report("'\(operation.group.text)' is no group of operations",
                hint: suggestion(for: operation.group.text, among: OperationGroup.allCases.map(\.rawValue))
                    ?? "groups: \(OperationGroup.allWords)",
                at: operation.group.range)
        }
        beginThread(operation.name, driver: operation.driver)
        body.isOperation = true
        let types = operation.parameters.map { valueType($0.type, driver: operation.driver) }
        for (index, (parameter, type)) in zip(operation.parameters, types).enumerated() {
            if operation.parameters[..<index].contains(where: { $0.name.text == parameter.name.text }) {
                report("the parameter '\(parameter.name.text)' is declared twice", at: parameter.name.range)
            }
            _ = body.declare(parameter.name.text, type)
        }
        program.functions[body.function].parameterCount = types.count
        let parameters = self.parameters(of: operation, types)
        // Who begins it makes it stand at its head: nothing of it happens before its first step.
        emit(Instruction(.statement, a: beginStatement(at: operation.name.range)))
        emit(operation.body)
        let function = endThread()
        guard let group else { return }
        program.operations.append(
            OperationDeclaration(
                name: name, words: operation.words, group: group, function: function, parameters: parameters))
    }

    /// Whether the scenario's own threads have finished: what an operation leaves behind goes then, before the teardown.
    mutating func scenarioOver(at range: SourceRange) -> Operand {
        if !body.isOperation { report("only an operation can ask whether the scenario is over", at: range) }
        let result = body.slot()
        emit(Instruction(.scenarioOver, a: result))
        return Operand(code: result, type: .boolean)
    }

    /// What has to be told to begin it: two addresses of which the second is called `last` are a range.
    private mutating func parameters(of operation: OperationSyntax, _ types: [ValueType]) -> [OperationDeclaration.Parameter] {
        var result: [OperationDeclaration.Parameter] = []
        for (parameter, type) in zip(operation.parameters, types) {
            let name = parameter.name.text
            switch type {
            case .mistake: continue
            case .reference(let record): result.append(.record(name: name, record: record))
            case .boolean: result.append(.flag(name: name))
            case .integer(let width):
                guard Self.isAddress(parameter.type) else {
                    result.append(.number(name: name, type: width))
                    continue
                }
                if name == "last", case .address(let first, let bits)? = result.last {
                    result[result.count - 1] = .range(name: first, bits: bits)
                } else {
                    result.append(.address(name: name, bits: width.bits))
                }
            default:
                report("an operation takes records, addresses, truth values and numbers, not \(describe(type))",
                    at: parameter.name.range)
            }
        }
        return result
    }

    private static func isAddress(_ type: TypeSyntax) -> Bool {
        if case .named(let name) = type.kind { name.driver == nil && name.name.text == "va" } else { false }
    }
}
