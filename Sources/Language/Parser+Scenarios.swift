extension Parser {
    private static let memberWords = [
        "let", "set", "fault", "setup", "teardown", "thread", "daemon", "schedule", "expect", "source",
    ]

    mutating func scenario(isWorkload: Bool) throws(Unwind) -> ScenarioSyntax {
        let name = try dashedName("the scenario's name")
        var scenario = ScenarioSyntax(name: name, isWorkload: isWorkload, summary: "")
        try block("after the scenario's name") { (parser: inout Parser) throws(Unwind) in
            try parser.remembering { (parser: inout Parser) throws(Unwind) in try parser.member(of: &scenario) }
        }
        return scenario
    }

    private mutating func member(of scenario: inout ScenarioSyntax) throws(Unwind) {
        if case .text(let summary) = token.kind {
            advance()
            scenario.summary += (scenario.summary.isEmpty ? "" : " ") + summary
            return
        }
        guard case .name(let word) = token.kind else {
            throw fail("expected a part of the scenario, found \(describe(token))")
        }
        switch word {
        case "let": try variable(&scenario)
        case "set":
            advance()
            scenario.settings.append(try setting())
        case "fault":
            advance()
            scenario.faults.append(try name("a fault's name"))
        case "setup":
            advance()
            scenario.setup += try statements("after 'setup'")
        case "teardown":
            advance()
            scenario.teardown = (scenario.teardown ?? []) + (try statements("after 'teardown'"))
        case "thread", "daemon": scenario.threads.append(try thread())
        case "schedule": scenario.schedule += try schedule()
        case "expect":
            try addExpectation(to: &scenario)
        case "source":
            advance()
            scenario.passages.append(try passage())
        default:
            let hint = nearestName(to: word, among: Self.memberWords).map { "did you mean '\($0)'?" }
            throw fail("'\(word)' is no part of a scenario", hint: hint ?? "parts: \(Self.memberWords.joined(separator: ", "))")
        }
    }

    private mutating func variable(_ scenario: inout ScenarioSyntax) throws(Unwind) {
        advance()
        let variable = try name("a name after 'let'")
        let type = take(":") ? try type() : nil
        let value = take("=") ? try expression() : nil
        if type == nil, value == nil {
            throw fail("'\(variable.text)' needs a type or a value", at: variable.range)
        }
        scenario.variables.append((variable, type, value))
    }

    /// What stands after `set`: in a scenario, or in a file for all of its scenarios.
    mutating func setting() throws(Unwind) -> (name: Name, value: Expression) {
        let parameter = try name("a parameter's name after 'set'")
        try expect("=", "after the parameter's name")
        return (parameter, try expression())
    }

    private mutating func thread() throws(Unwind) -> ThreadSyntax {
        let isDaemon = takeWord("daemon")
        guard takeWord("thread") else { throw fail("expected 'thread' after 'daemon'") }
        let thread = try name("the thread's name")
        var index: (name: Name, first: Expression, last: Expression)?
        if take("[") {
            let variable = try name("the index's name")
            guard takeWord("in") else { throw fail("expected 'in' after '\(variable.text)'") }
            let first = try expression()
            try expect("..", "between the ends of the index")
            let last = try expression()
            try expect("]", "after the index's range")
            index = (variable, first, last)
        }
        let body = try statements("after the thread's name")
        return ThreadSyntax(name: thread, index: index, isDaemon: isDaemon, body: body)
    }

    private mutating func schedule() throws(Unwind) -> [ScheduleEntry] {
        advance()
        var entries: [ScheduleEntry] = []
        try block("after 'schedule'") { (parser: inout Parser) throws(Unwind) in
            let thread = try parser.name("a thread's name")
            var index: Int?
            if parser.take("[") {
                index = try parser.wholeNumber("the thread's index")
                try parser.expect("]", "after the thread's index")
            }
            var extent = ScheduleEntry.Extent.toRest
            if case .number = parser.token.kind, !parser.token.startsLine {
                extent = .steps(try parser.wholeNumber("a number of steps"))
            } else if parser.takeWord("until") {
                extent = .until(try parser.name("a function's name after 'until'"))
            }
            entries.append(ScheduleEntry(thread: thread, index: index, extent: extent))
        }
        return entries
    }

    private mutating func wholeNumber(_ context: String) throws(Unwind) -> Int {
        guard case .number(let value) = token.kind else {
            throw fail("expected \(context), found \(describe(token))")
        }
        advance()
        return Int(value)
    }

    /// One for all cases, and others for parameters' values: `expect holds if vintage >= 518`.
    private mutating func addExpectation(to scenario: inout ScenarioSyntax) throws(Unwind) {
        let range = token.range
        let expectation = try expectation(of: &scenario)
        if takeWord("if") {
            let start = token.range
            let condition = try expression()
            scenario.exceptions.append((expectation, condition, written: self.range(from: start)))
        } else {
            if scenario.expectation != nil { report("there is an expectation already", at: range) }
            scenario.expectation = expectation
        }
    }

    private mutating func expectation(of scenario: inout ScenarioSyntax) throws(Unwind) -> Expectation {
        advance()
        if takeWord("holds") { return .holds }
        if takeWord("undecided") { return .undecided }
        if takeWord("fails") {
            let property = try dashedName("the property that fails")
            scenario.failing.append(property)
            return .fails(property.text)
        }
        var near: String?
        if case .name(let word) = token.kind { near = nearestName(to: word, among: ["holds", "fails", "undecided"]) }
        throw fail(
            "expected 'holds', 'fails' and a property, or 'undecided', found \(describe(token))",
            hint: near.map { "did you mean '\($0)'?" })
    }
}
