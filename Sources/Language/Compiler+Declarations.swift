extension Compiler {
    // MARK: Types

    mutating func declareTypes() {
        for file in syntax {
            for enumeration in file.enumerations {
                let index = program.enumerations.count
                aliases[enumeration.name.text] = .enumeration(index)
                for (value, name) in enumeration.cases.enumerated() {
                    define(name, Int64(value), .enumeration(index))
                }
                program.enumerations.append(
                    EnumerationInfo(name: enumeration.name.text, cases: enumeration.cases.map(\.text)))
            }
            drivers.formUnion(file.drivers.map(\.text))
        }
        for file in syntax {
            for record in file.records {
                let key = record.driver.map { "\($0).\(record.name.text)" } ?? record.name.text
                if recordIndex[key] != nil { report("the record '\(key)' is declared twice", at: record.name.range) }
                recordIndex[key] = recordSyntax.count
                recordSyntax.append(record)
            }
        }
        // Libraries first, so that an alias may stand on one of theirs.
        for file in syntax.reversed() {
            for alias in file.types { aliases[alias.name.text] = type(alias.type, driver: nil) }
        }
    }

    func recordIndex(of name: TypeName, driver: String?) -> Int? {
        if let explicit = name.driver { return recordIndex["\(explicit.text).\(name.name.text)"] }
        if let driver, let own = recordIndex["\(driver).\(name.name.text)"] { return own }
        return recordIndex[name.name.text]
    }

    /// A named type as a value: a record's name means a reference to it.
    private mutating func named(_ name: TypeName, driver: String?) -> ValueType {
        if name.driver == nil {
            if let alias = aliases[name.name.text] { return alias }
            switch name.name.text {
            case "bool": return .boolean
            case "int": return .number
            case "spinlock": return .spinlock
            case "mutex", "page_lock": return .mutex
            case "rwsem": return .semaphore
            case "wait_queue": return .waitQueue
            case "completion": return .completion
            case "srcu": return .srcu
            case "refcount": return .referenceCount
            default: break
            }
            if let width = Self.width(name.name.text) { return .integer(width) }
        }
        if let record = recordIndex(of: name, driver: driver) { return .embedded(record) }
        let candidates = Array(aliases.keys) + recordIndex.keys + Self.typeWords
        let written = name.driver.map { "\($0.text).\(name.name.text)" } ?? name.name.text
        report("there is no type '\(written)'", hint: suggestion(for: written, among: candidates), at: name.range)
        return .mistake
    }

    private static let typeWords = [
        "bool", "int", "u8", "u16", "u32", "spinlock", "mutex", "page_lock", "rwsem", "wait_queue",
        "completion", "srcu", "refcount",
    ]

    /// `u1` … `u62`.
    private static func width(_ name: String) -> IntegerType? {
        guard name.hasPrefix("u"), let bits = Int(name.dropFirst()), (1...62).contains(bits) else { return nil }
        return IntegerType(bits: bits)
    }

    /// A type as it stands in a field: a record's name embeds it, `ref` refers to it.
    mutating func type(_ syntax: TypeSyntax, driver: String?) -> ValueType {
        switch syntax.kind {
        case .named(let name): return named(name, driver: driver)
        case .reference(let name):
            if let record = recordIndex(of: name, driver: driver) { return .reference(record) }
            report("there is no record '\(name.name.text)'",
                hint: suggestion(for: name.name.text, among: recordIndex.keys), at: name.range)
            return .mistake
        case .collection(let kind, let name):
            guard let record = recordIndex(of: name, driver: driver) else {
                report("there is no record '\(name.name.text)'",
                    hint: suggestion(for: name.name.text, among: recordIndex.keys), at: name.range)
                return .mistake
            }
            return kind == "list" ? .list(record) : .intervalSet(record)
        case .wrapping(let bits):
            guard let bits = constantValue(bits) else { return .mistake }
            guard (1...64).contains(bits) else {
                report("a wrapping number has 1 to 64 bits, not \(bits)", at: syntax.range)
                return .mistake
            }
            return .integer(IntegerType(bits: Int(bits), wraps: true))
        case .hex(let inner):
            guard case .integer(var width) = type(inner, driver: driver) else {
                report("'hex' goes before a type of numbers", at: syntax.range)
                return .mistake
            }
            width.isHex = true
            return .integer(width)
        case .array(let element, let count):
            let element = type(element, driver: driver)
            guard element.isValue else {
                report("a table holds numbers, flags or references, not \(describe(element))", at: syntax.range)
                return .mistake
            }
            guard let count = constantValue(count) else { return .mistake }
            guard (1...65535).contains(count) else {
                report("a table has 1 to 65535 entries, not \(count)", at: syntax.range)
                return .mistake
            }
            return .table(element, count: Int(count))
        }
    }

    /// A type as it stands in a parameter or a `let`: a record's name means a reference.
    mutating func valueType(_ syntax: TypeSyntax, driver: String?) -> ValueType {
        let type = type(syntax, driver: driver)
        if case .embedded(let record) = type { return .reference(record) }
        if !type.isValue {
            report("a variable cannot hold \(describe(type)); pass the record that it is in", at: syntax.range)
            return .mistake
        }
        return type
    }

    func describe(_ type: ValueType) -> String {
        switch type {
        case .integer(let width):
            width.bits == 63
                ? "a number" : width.wraps ? "a wrapping number of \(width.bits) bits" : "a number of \(width.bits) bits"
        case .boolean: "a truth value"
        case .enumeration(let index): "one of \(program.enumerations[index].name)"
        case .reference(let record), .embedded(let record): "a \(recordSyntax[record].name.text)"
        case .null: "none"
        case .void: "nothing"
        case .mistake: "something mistaken"
        case .spinlock: "a spinlock"
        case .mutex: "a mutex"
        case .semaphore: "an rwsem"
        case .waitQueue: "a wait queue"
        case .completion: "a completion"
        case .srcu: "an srcu"
        case .referenceCount: "a refcount"
        case .intervalSet(let record): "an interval set of \(recordSyntax[record].name.text)"
        case .list(let record): "a list of \(recordSyntax[record].name.text)"
        case .table(let element, let count): "a table of \(count) times \(describe(element))"
        }
    }

    static func slots(of type: ValueType) -> Int {
        switch type {
        case .semaphore: 3
        case .srcu: 4
        case .intervalSet, .list: 2
        case .table(_, let count): count
        default: 1
        }
    }

    // MARK: Faults, functions

    mutating func declareFaults(_ scenario: ScenarioSyntax?) {
        program.globals.append(GlobalInfo(name: "draining", slot: Program.drainingSlot, type: .boolean))
        globalIndex["draining"] = 0
        for fault in syntax.flatMap(\.faults) {
            let slot = program.globals.count
            faultIndex[fault.name.text] = program.faults.count
            program.globals.append(GlobalInfo(name: "fault \(fault.name.text)", slot: slot, type: .boolean))
            program.faults.append(FaultInfo(name: fault.name.text, note: fault.note, slot: slot))
        }
        for name in options.faults where faultIndex[name] == nil {
            report("there is no fault '\(name)'", hint: suggestion(for: name, among: faultIndex.keys),
                at: SourceRange(file: 0, start: 0, end: 0))
        }
    }

    mutating func declareFunctions() {
        for file in syntax {
            for callback in file.callbacks {
                callbackIndex[callback.name.text] = callbackSignatures.count
                callbackSignatures.append(signature(callback))
                program.callbacks.append(CallbackInfo(name: callback.name.text, implementations: [:]))
            }
            for invariant in file.invariants { declare(invariant) }
            for property in file.properties {
                if self.property != nil { report("there is already a device property", at: property.name.range) }
                self.property = property
            }
        }
        for function in syntax.flatMap(\.functions) {
            let key = function.driver.map { "\($0).\(function.name.text)" } ?? function.name.text
            if functionIndex[key] != nil || Builtin.all[function.name.text] != nil {
                report("the function '\(key)' is declared twice", at: function.name.range)
            }
            functionIndex[key] = signatures.count
            signatures.append(signature(function))
        }
    }

    private mutating func signature(_ function: FunctionSyntax) -> Signature {
        let parameters = function.parameters.map { ($0.name, valueType($0.type, driver: function.driver)) }
        let result = function.result.map { valueType($0, driver: function.driver) } ?? .void
        return Signature(
            name: function.name, driver: function.driver, parameters: parameters, result: result, syntax: function)
    }

    private mutating func declare(_ invariant: InvariantSyntax) {
        guard invariant.parameters.count == 1, let parameter = invariant.parameters.first,
            case .reference(let record) = valueType(parameter.type, driver: nil)
        else {
            report("an invariant speaks of one record: (name: Record)", at: invariant.name.range)
            return
        }
        invariants[record, default: []].append(invariant)
    }
}
