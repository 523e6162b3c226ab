/// What a text declares to run, without compiling it.
public struct ScenarioOutline: Sendable, Equatable {
    public var name: String
    public var summary: String
    public var isWorkload: Bool
    public var expectation: Expectation?
    /// What is expected instead under a condition, which stands as written: "vintage >= 518".
    public var exceptions: [ConditionalExpectation] = []
    public var passages: [Passage] = []

    /// `expect holds if vintage >= 518`.
    public struct ConditionalExpectation: Sendable, Equatable {
        public var expectation: Expectation
        public var condition: String
    }
}

/// What a text is about, without compiling it.
public struct ModuleOutline: Sendable, Equatable {
    /// The first sentence of the comment that the text begins with; empty when there is none.
    public var summary: String
    public var passages: [Passage]
    public var drivers: [DriverOutline]
    public var scenarios: [ScenarioOutline]
    /// What the seeds name, and where it has its place.
    public var scope: [ScopeEntry]

    public struct DriverOutline: Sendable, Equatable {
        public var name: String
        public var passages: [Passage]
    }
}

/// Something that the seeds name: the model that has it, or why none does.
public struct ScopeEntry: Sendable, Equatable {
    public var name: String
    /// The model that has it, as `use` names it; nil when it is left out.
    public var model: String?
    /// What of it is there, or why it is left out.
    public var note: String
}

/// The scenarios and workloads that a text declares itself, in its order.
public func outline(of source: SourceFile) -> [ScenarioOutline] { moduleOutline(of: source).scenarios }

/// What a text says of itself: what can be read of it, where it has mistakes.
public func moduleOutline(of source: SourceFile) -> ModuleOutline {
    var parser = Parser(source, file: 0)
    let syntax = parser.parse()
    return ModuleOutline(
        summary: leadingSentence(of: source),
        passages: syntax.passages.filter { $0.driver == nil }.map(\.passage),
        drivers: syntax.drivers.map { driver in
            ModuleOutline.DriverOutline(
                name: driver.text, passages: syntax.passages.filter { $0.driver == driver.text }.map(\.passage))
        },
        scenarios: syntax.scenarios.map { outline(of: $0, in: source) },
        scope: syntax.scope)
}

private func outline(of scenario: ScenarioSyntax, in source: SourceFile) -> ScenarioOutline {
    ScenarioOutline(
        name: scenario.name.text, summary: scenario.summary, isWorkload: scenario.isWorkload,
        expectation: scenario.expectation,
        exceptions: scenario.exceptions.map {
            ScenarioOutline.ConditionalExpectation(
                expectation: $0.expectation, condition: source.text(in: $0.written))
        },
        passages: scenario.passages)
}

/// The first sentence of the comment on the first lines. One ends with a full stop before a blank or at a line's end.
private func leadingSentence(of source: SourceFile) -> String {
    let comment = source.lines.prefix { $0.hasPrefix("//") }.map { $0.dropFirst(2) }
    // An empty line ends the first paragraph.
    let paragraph = comment.prefix { $0.contains { $0 != " " } }
    var sentence: [Substring] = []
    for word in paragraph.flatMap({ $0.split(separator: " ") }) {
        sentence.append(word)
        if word.hasSuffix(".") { break }
    }
    return sentence.joined(separator: " ")
}
