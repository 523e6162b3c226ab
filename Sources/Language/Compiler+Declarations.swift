extension Compiler {
    // MARK: Types

    mutating func declareTypes() {
        for file in syntax {
            for enumeration in file.enumerations {
                let index = program.enumerations.count
                refuseDuplicateType(enumeration.name)
                aliases[enumeration.name.text] = .enumeration(index)
                for (value, name) in enumeration.cases.enumerated() {
                    define(name, Int64(value), .enumeration(index))
                }
                program.enumerations.append(
                    EnumerationInfo(name: enumeration.name.text, cases: enumeration.cases.map(\.text)))
            }
            for driver in file.drivers where !drivers.insert(driver.text).inserted {
                report("the driver '\(driver.text)' is declared twice", at: driver.range)
            }
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
            for alias in file.types {
                refuseDuplicateType(alias.name)
                aliases[alias.name.text] = type(alias.type, driver: nil)
            }
        }
    }

    private mutating func refuseDuplicateType(_ name: Name) {
        if aliases[name.text] != nil { report("the type '\(name.text)' is declared twice", at: name.range) }
        if Self.typeWords.contains(name.text) { report("'\(name.text)' means something already", at: name.range) }
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
            case "mutex": return .mutex
            case "page_lock": return .pageLock
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
        let written = name.driver.map { "\($0.text).\(name.name.text)" } ?? name.name.text
        let isWidth = written.hasPrefix("u") && Int(written.dropFirst()) != nil
        let hint = isWidth ? "widths go from u1 to u62; 'wrapping 64' begins again at 0"
            : suggestion(for: written, among: Array(aliases.keys) + Self.typeWords)
                ?? recordSuggestion(for: name, driver: driver)
        reportMissing("there is no type '\(written)'", name.name.text, hint: hint, at: name.range)
        return .mistake
    }

    private func recordSuggestion(for name: TypeName, driver: String?) -> String? {
        let written = name.driver.map { "\($0.text).\(name.name.text)" } ?? name.name.text
        if name.driver == nil {
            let elsewhere = recordIndex.keys.filter { $0.hasSuffix(".\(written)") }.sorted()
            if let found = elsewhere.first { return "did you mean '\(found)'?" }
        }
        let own = driver.map { driver in
            recordIndex.keys.filter { $0.hasPrefix("\(driver).") }.map { String($0.dropFirst(driver.count + 1)) }
        }
        return suggestion(for: written, among: recordIndex.keys + (own ?? []))
    }

    /// The record that a text means; a mistake reported when there is none.
    mutating func record(_ name: TypeName, driver: String?) -> Int? {
        if let record = recordIndex(of: name, driver: driver) { return record }
        let written = name.driver.map { "\($0.text).\(name.name.text)" } ?? name.name.text
        reportMissing("there is no record '\(written)'", name.name.text,
            hint: recordSuggestion(for: name, driver: driver), at: name.range)
        return nil
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
            return record(name, driver: driver).map { .reference($0) } ?? .mistake
        case .mistake: return .mistake
        case .collection(let kind, let name):
            guard let record = record(name, driver: driver) else { return .mistake }
            return kind == "list" ? .list(record) : .intervalSet(record)
        case .wrapping(let bits):
            guard let bits = constantValue(bits) else { return .mistake }
            guard (1...64).contains(bits) else {
                report("a wrapping number has 1 to 64 bits, not \(bits)", at: syntax.range)
                return .mistake
            }
            return .integer(IntegerType(bits: Int(bits), wraps: true))
        case .hex(let inner):
            let inner = type(inner, driver: driver)
            guard case .integer(var width) = inner else {
                if inner == .mistake { return .mistake }
                report("'hex' goes before a type of numbers", at: syntax.range)
                return .mistake
            }
            width.isHex = true
            return .integer(width)
        case .array(let element, let size):
            let element = type(element, driver: driver)
            guard element.isValue else {
                report("a table holds numbers, flags or references, not \(describe(element))", at: syntax.range)
                return .mistake
            }
            guard let count = constantValue(size) else { return .mistake }
            guard (1...65535).contains(count) else {
                report("a table has 1 to 65535 entries, not \(count)", at: size.range)
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
            report("a variable can't hold \(describe(type)); pass the record that it is in", at: syntax.range)
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
        case .reference(let record), .embedded(let record): "a record \(recordSyntax[record].name.text)"
        case .null: "none"
        case .void: "nothing"
        case .mistake: "something mistaken"
        case .spinlock: "a spinlock"
        case .mutex: "a mutex"
        case .pageLock: "a page lock"
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
        let own = syntax.prefix(firstAddedFile).reduce(0) { $0 + $1.faults.count }
        for (number, fault) in syntax.flatMap(\.faults).enumerated() {
            let slot = program.globals.count
            if faultIndex[fault.name.text] != nil {
                report("the fault '\(fault.name.text)' is declared twice", at: fault.name.range)
            }
            faultIndex[fault.name.text] = program.faults.count
            program.globals.append(GlobalInfo(name: "fault \(fault.name.text)", slot: slot, type: .boolean))
            program.faults.append(
                FaultInfo(name: fault.name.text, note: fault.note, slot: slot, isAdded: number >= own))
        }
        for name in options.faults where faultIndex[name] == nil {
            report("there is no fault '\(name)'", hint: suggestion(for: name, among: faultIndex.keys),
                at: SourceRange(file: 0, start: 0, end: 0))
        }
    }

    mutating func declareFunctions() {
        for file in syntax {
            for callback in file.callbacks {
                if callbackIndex[callback.name.text] != nil {
                    report("the callback '\(callback.name.text)' is declared twice", at: callback.name.range)
                }
                callbackIndex[callback.name.text] = callbackSignatures.count
                callbackSignatures.append(signature(callback))
                program.callbacks.append(
                    CallbackInfo(
                        name: callback.name.text, parameterCount: callback.parameters.count,
                        isOptional: file.optionalCallbacks.contains(callback.name.text), implementations: [:]))
            }
            for invariant in file.invariants { declare(invariant) }
            for property in file.properties {
                if self.property != nil { report("there is already a device property", at: property.name.range) }
                self.property = property
            }
        }
        for function in syntax.flatMap(\.functions) {
            let key = function.driver.map { "\($0).\(function.name.text)" } ?? function.name.text
            if Builtin.all[function.name.text] != nil {
                report("'\(function.name.text)' means something already", at: function.name.range)
            } else if functionIndex[key] != nil {
                report("the function '\(key)' is declared twice", at: function.name.range)
            }
            functionIndex[key] = signatures.count
            signatures.append(signature(function))
        }
    }

    private mutating func signature(_ function: FunctionSyntax) -> Signature {
        let parameters = function.parameters.map { ($0.name, valueType($0.type, driver: function.driver)) }
        let result = function.result.map { valueType($0, driver: function.driver) } ?? .void
        for (index, parameter) in parameters.enumerated()
        where parameters[..<index].contains(where: { $0.0.text == parameter.0.text }) {
            report("the parameter '\(parameter.0.text)' is declared twice", at: parameter.0.range)
        }
        return Signature(
            name: function.name, driver: function.driver, parameters: parameters, result: result, syntax: function)
    }
}
