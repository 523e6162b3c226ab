extension Parser {
    static let declarationWords = [
        "use", "param", "set", "const", "type", "enum", "record", "fault", "optional", "callback", "invariant",
        "property", "driver", "scenario", "workload", "source", "inside", "outside", "operation",
    ]

    /// The whole text.
    mutating func parse() -> FileSyntax {
        while !atEnd {
            let before = position
            parts = 0
            do {
                try declaration()
            } catch {
                if position == before { advance() }
                skipToNextLine()
            }
        }
        return result
    }

    private mutating func declaration() throws(Unwind) {
        try remembering { (parser: inout Parser) throws(Unwind) in try parser.readDeclaration() }
    }

    /// Remembers what a declaration that can't be read was to declare.
    mutating func remembering(_ body: (inout Parser) throws(Unwind) -> Void) throws(Unwind) {
        let words = [token, token(ahead: 1)]
        do throws(Unwind) {
            try body(&self)
        } catch {
            for case .name(let word) in words.map(\.kind) where !Self.declarationWords.contains(word) {
                result.broken.insert(word)
            }
            throw error
        }
    }

    private mutating func readDeclaration() throws(Unwind) {
        let start = token.range
        guard case .name(let word) = token.kind else {
            throw fail("expected a declaration, found \(describe(token))")
        }
        // A word of the language only where what follows fits: a function may be called `record`.
        guard Self.declarationWords.contains(word), token(ahead: 1).kind != .symbol("(") else {
            return try function(word, start)
        }
        advance()
        switch word {
        case "use": result.uses.append(try path("a path after 'use'"))
        case "param": try parameterDeclaration()
        case "set": result.settings.append(try setting())
        case "const":
            let constant = try name("the constant's name")
            try expect("=", "after the constant's name")
            result.constants.append((constant, try expression()))
        case "type":
            let alias = try name("the type's name")
            try expect("=", "after the type's name")
            result.types.append((alias, try type()))
        case "enum": try enumeration()
        case "record": try record()
        case "fault":
            let fault = try name("the fault's name")
            result.faults.append((fault, optionalText() ?? ""))
        case "callback": result.callbacks.append(try signature())
        case "optional":
            guard takeWord("callback") else { throw fail("expected 'callback' after 'optional', found \(describe(token))") }
            let callback = try signature()
            result.callbacks.append(callback)
            result.optionalCallbacks.insert(callback.name.text)
        case "invariant": result.invariants.append(try invariant())
        case "property": result.properties.append(try invariant())
        case "operation": try operation()
        case "driver": try driverDeclaration(start)
        case "source": result.passages.append((driver, try passage()))
        case "inside", "outside": result.scope.append(try scopeEntry(word))
        default: result.scenarios.append(try scenario(isWorkload: word == "workload"))
        }
    }

    private mutating func function(_ word: String, _ start: SourceRange) throws(Unwind) {
        guard token(ahead: 1).kind == .symbol("(") else {
            let hint = nearestName(to: word, among: Self.declarationWords).map { "did you mean '\($0)'?" }
            throw fail("'\(word)' begins no declaration", hint: hint ?? "a function is written name(parameters) { … }")
        }
        var function = try signature()
        function.kernelName = optionalText()
        function.body = try statements("after the parameters of '\(function.name.text)'")
        result.functions.append(function)
    }

    private mutating func signature() throws(Unwind) -> FunctionSyntax {
        let function = try name("the function's name")
        let parameters = try parameters(of: function.text)
        let type = take("->") ? try type() : nil
        return FunctionSyntax(name: function, driver: driver, parameters: parameters, result: type, body: [])
    }

    private mutating func operation() throws(Unwind) {
        let group = try name("a group after 'operation': \(OperationGroup.allWords)")
        let operation = try name("the operation's name")
        let parameters = try parameters(of: operation.text)
        let words = try text("what it does")
        let body = try statements("after the words of '\(operation.text)'")
        result.operations.append(
            OperationSyntax(
                name: operation, driver: driver, group: group, parameters: parameters, words: words, body: body))
    }

    private mutating func parameters(of owner: String) throws(Unwind) -> [Parameter] {
        try expect("(", "before the parameters of '\(owner)'")
        var parameters: [Parameter] = []
        while !isSymbol(")") {
            let parameter = try name("a parameter's name")
            try expect(":", "and a type after '\(parameter.text)'")
            parameters.append(Parameter(name: parameter, type: try type()))
            if !take(",") { break }
        }
        try expect(")", "after the parameters of '\(owner)'")
        return parameters
    }

    /// `kernel/interval_notifier`
    mutating func path(_ context: String) throws(Unwind) -> Name {
        var result = try dashedName(context)
        while take("/") {
            let next = try dashedName("a name after '/'")
            result.text += "/" + next.text
            result.range = result.range.joined(next.range)
        }
        return result
    }

    private mutating func parameterDeclaration() throws(Unwind) {
        let parameter = try name("the parameter's name")
        try expect("=", "and a default after the parameter's name")
        let value = try expression()
        result.parameters.append((parameter, value, optionalText() ?? ""))
    }

    private mutating func enumeration() throws(Unwind) {
        let type = try name("the enum's name")
        var cases: [Name] = []
        try block("after the enum's name") { (parser: inout Parser) throws(Unwind) in
            cases.append(try parser.name("a case"))
            _ = parser.take(",")
        }
        if cases.isEmpty { report("the enum '\(type.text)' needs at least one case", at: type.range) }
        result.enumerations.append((type, cases))
    }

    private mutating func record() throws(Unwind) {
        let record = try name("the record's name")
        let label = optionalText()
        let pool = takeWord("pool") ? try expression() : nil
        var fields: [FieldSyntax] = []
        try block("after the record's name") { (parser: inout Parser) throws(Unwind) in
            let words = [parser.token, parser.token(ahead: 1)]
            do throws(Unwind) {
                fields.append(try parser.field())
            } catch {
                // Its name stands, so that its uses are no mistakes.
                if let name = words.lazy.compactMap(Parser.fieldName).first { fields.append(FieldSyntax(broken: name)) }
                throw error
            }
        }
        result.records.append(
            RecordSyntax(name: record, driver: driver, label: label, pool: pool, fields: fields))
    }

    private static func fieldName(_ token: Token) -> Name? {
        guard case .name(let text) = token.kind, !["device", "watched", "epoch"].contains(text) else { return nil }
        return Name(text: text, range: token.range)
    }

    private mutating func field() throws(Unwind) -> FieldSyntax {
        // `device`, `watched` and `epoch` are fields' names too, when a colon follows.
        let isModifier = token(ahead: 1).kind != .symbol(":")
        let isDevice = isModifier && takeWord("device")
        let isWatched = isModifier && !isDevice && takeWord("watched")
        let isEpoch = isModifier && !isDevice && !isWatched && takeWord("epoch")
        let field = try name("a field's name")
        try expect(":", "and a type after '\(field.text)'")
        var result = FieldSyntax(
            name: field, type: try type(), mirrors: nil, writable: nil, isWatched: isWatched,
            isEpoch: isEpoch)
        if isDevice {
            guard takeWord("of") else {
                throw fail("expected 'of' and the path to the mm that the device table mirrors")
            }
            result.mirrors = try postfix()
            if takeWord("writable") { result.writable = try name("the table of write permissions") }
        }
        return result
    }

    private mutating func invariant() throws(Unwind) -> InvariantSyntax {
        let invariant = try dashedName("the property's name")
        let parameters = try parameters(of: invariant.text)
        try expect("=", "and a condition")
        let condition = try expression()
        let message = try optionalTemplate()
        return InvariantSyntax(name: invariant, parameters: parameters, condition: condition, message: message)
    }

    private mutating func driverDeclaration(_ start: SourceRange) throws(Unwind) {
        if let outer = driver { throw fail("a driver cannot stand inside the driver '\(outer)'", at: start) }
        let driver = try name("the driver's name")
        result.drivers.append(driver)
        self.driver = driver.text
        defer { self.driver = nil }
        try block("after the driver's name") { (parser: inout Parser) throws(Unwind) in
            try parser.declaration()
        }
    }
}
