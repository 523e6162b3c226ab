extension Compiler {
    /// The scenario's variables, its setup, its threads.
    mutating func emitScenario(_ scenario: ScenarioSyntax) {
        program.scenario.name = scenario.name.text
        program.scenario.summary = scenario.summary
        program.scenario.isWorkload = scenario.isWorkload
        // Every condition is looked at, so that mistakes in any are found.
        let met = scenario.exceptions.filter { constantValue($0.condition).map { $0 != 0 } ?? false }
        program.scenario.expectation = met.first?.expectation ?? scenario.expectation
        for fault in scenario.faults where faultIndex[fault.text] == nil {
            reportMissing("there is no fault '\(fault.text)'", fault.text,
                hint: suggestion(for: fault.text, among: faultIndex.keys), at: fault.range)
        }
        emitSetup(scenario)
        for thread in scenario.threads { emitThread(thread) }
        if let teardown = scenario.teardown { emitTeardown(teardown, scenario) }
        addPerturbationThreads()
        program.threads.append(
            ThreadInfo(name: "setup", role: .setup, function: program.setupFunction, index: nil))
        resolveSchedule(scenario)
        refuseUnknownProperty(scenario)
        if scenario.threads.isEmpty, diagnostics.isEmpty {
            report("the scenario '\(scenario.name.text)' has no thread", hint: "thread name { … }", at: scenario.name.range)
        }
        if program.threads.count > 62 {
            report("a scenario has at most 60 threads, not \(program.threads.count - 1)", at: scenario.name.range)
        }
    }

    mutating func beginThread(_ name: Name, driver: String? = nil) {
        body = FunctionBody()
        body.function = program.functions.count
        body.driver = driver
        body.isThread = true
        reserveFunction(name, driver: driver)
        program.functions[body.function].entry = here
    }

    mutating func endThread() -> Int {
        emit(Instruction(.finish))
        finishFunction(body.function)
        return body.function
    }

    private mutating func emitSetup(_ scenario: ScenarioSyntax) {
        beginThread(Name(text: "setup", range: scenario.name.range))
        body.setupExits = []
        let faults = options.faults + scenario.faults.map(\.text)
        for name in faults {
            guard let index = faultIndex[name] else { continue }
            emit(Instruction(.storeGlobal, a: constant(1), b: Int32(program.faults[index].slot)))
        }
        for (name, type, value) in scenario.variables { emitVariable(name, type, value) }
        learnIncompleteInvariants()
        emit(scenario.setup)
        patch(body.setupExits ?? [], to: here)
        emitFirstInvariants()
        // A scenario in which nothing happens still has a place to stand at.
        if program.statements.isEmpty { _ = beginStatement(at: scenario.name.range) }
        program.setupFunction = endThread()
    }

    /// Properties of the machine's own, which no text declares.
    private static let machineProperties: Set<String> = [
        "no-use-after-free", "tree-stable", "lock-discipline", "refs-balanced", "pool-overflow", "assertion",
        "no-deadlock", "no-lost-wakeup", "no-livelock",
    ]

    private mutating func refuseUnknownProperty(_ scenario: ScenarioSyntax) {
        var known = Self.machineProperties.union(program.checks.map(\.property))
        known.formUnion(syntax.flatMap { $0.invariants + $0.properties }.map(\.name.text))
        for name in scenario.failing where !known.contains(name.text) {
            reportMissing("no check has the name '\(name.text)'", name.text,
                hint: suggestion(for: name.text, among: known) ?? "among others: \(known.sorted().joined(separator: ", "))",
                at: name.range)
        }
    }

    private mutating func emitVariable(_ name: Name, _ type: TypeSyntax?, _ expression: Expression?) {
        let base = body.nextSlot
        var operand: Operand?
        if let expression {
            emit(Instruction(.statement, a: beginStatement(at: name.range)))
            operand = value(expression)
        }
        var declared = type.map { valueType($0, driver: nil) } ?? operand?.type ?? .mistake
        if declared == .null || declared == .void {
            report("'\(name.text)' needs a type: let \(name.text): Record", at: name.range)
            declared = .mistake
        }
        if globalIndex[name.text] != nil || constants[name.text] != nil { report("'\(name.text)' is declared twice", at: name.range) }
        let slot = program.globals.count
        globalIndex[name.text] = slot
        program.globals.append(GlobalInfo(name: name.text, slot: slot, type: declared))
        if let operand { store(operand, to: .global(slot: slot, declared), at: expression?.range ?? name.range) }
        body.nextSlot = base
    }

    private mutating func emitThread(_ thread: ThreadSyntax) {
        beginThread(thread.name)
        if let index = thread.index { _ = body.declare(index.name.text, .number) }
        program.functions[body.function].parameterCount = thread.index == nil ? 0 : 1
        emitBody(thread.body)
        let function = endThread()
        let role: ThreadInfo.Role = thread.isDaemon ? .daemon : .scenario
        if program.threads.contains(where: { $0.name == thread.name.text }) {
            report("the thread '\(thread.name.text)' is declared twice", at: thread.name.range)
        }
        guard let index = thread.index else {
            program.threads.append(ThreadInfo(name: thread.name.text, role: role, function: function, index: nil))
            return
        }
        guard let row = rowBounds(index) else { return }
        for value in row {
            program.threads.append(
                ThreadInfo(name: "\(thread.name.text)\(value)", role: role, function: function, index: value))
        }
    }

    /// A thread's statements. What lies before the first that is a step of its own belongs to the start state, unless it
    /// depends on what others do: then it is a step.
    private mutating func emitBody(_ statements: [Statement]) {
        if let first = statements.first {
            var trial = self
            trial.emit(statements)
            if trial.headDependsOnOthers(from: here) {
                emit(Instruction(.statement, a: beginStatement(at: first.range)))
            }
        }
        emit(statements)
    }

    /// Whether a thread that begins at an instruction checks, reads or changes anything shared before its first statement.
    private func headDependsOnOthers(from entry: Int) -> Bool {
        var known: Set<Int> = []
        var pending = [entry]
        while let pc = pending.popLast() {
            guard pc < here, known.insert(pc).inserted else { continue }
            let instruction = program.instructions[pc]
            switch instruction.op {
            case .statement, .finish, .giveBack: continue
            case .check: return true
            case let op where op.isShared: return true
            case .jump, .jumpIfQuiet: pending.append(Int(instruction.c))
            case .jumpIfFalse, .jumpIfTrue, .jumpIfEqual, .jumpIfNotEqual, .jumpIfLess, .jumpIfLessOrEqual:
                pending += [pc + 1, Int(instruction.c)]
            default: pending.append(pc + 1)
            }
        }
        return false
    }

    private mutating func emitTeardown(_ statements: [Statement], _ scenario: ScenarioSyntax) {
        let range = statements.first?.range ?? scenario.name.range
        beginThread(Name(text: "teardown", range: range))
        emit(Instruction(.statement, a: beginStatement(at: range)))
        emit(Instruction(.awaitAllFinished))
        emit(statements)
        let function = endThread()
        program.threads.append(ThreadInfo(name: "teardown", role: .teardown, function: function, index: nil))
    }

    private mutating func resolveSchedule(_ scenario: ScenarioSyntax) {
        for entry in scenario.schedule {
            let name = entry.thread.text + (entry.index.map(String.init) ?? "")
            guard let thread = program.threads.firstIndex(where: { $0.name == name && $0.role != .setup }) else {
                reportMissing("there is no thread '\(name)'", name,
                    hint: suggestion(for: name, among: program.threads.map(\.name)), at: entry.thread.range)
                continue
            }
            switch entry.extent {
            case .toRest: program.schedule.append(PinnedStep(thread: thread, extent: .toRest))
            case .steps(let count): program.schedule.append(PinnedStep(thread: thread, extent: .steps(count)))
            case .until(let function):
                let names = program.functions.map(\.name)
                guard let index = names.firstIndex(of: function.text) else {
                    reportMissing("there is no function '\(function.text)'", function.text,
                        hint: suggestion(for: function.text, among: names), at: function.range)
                    continue
                }
                program.schedule.append(PinnedStep(thread: thread, extent: .until(function: index)))
            }
        }
    }
}
