/// A name as written, with its place.
struct Name: Equatable {
    var text: String
    var range: SourceRange
}

/// An expression as written.
struct Expression {
    indirect enum Kind {
        case number(Int64)
        case boolean(Bool)
        case none
        case name(String)
        case member(Expression, Name)
        case index(Expression, Expression)
        /// `name(args)` or `driver.name(args)`; a range `a..b` among the arguments counts as two.
        case call(driver: Name?, Name, [Expression])
        case unary(String, Expression)
        case binary(String, Expression, Expression)
        case conditional(Expression, Expression, Expression)
        case new(TypeName, [(Name, Expression)])
        case quantified(Quantifier, variable: Name, record: TypeName, Expression)
        case choose(Expression, Expression)
        case fault(Name)
        /// Could not be read; it has been reported and fits anywhere.
        case mistake
    }

    enum Quantifier: String { case exists, all, count }

    var kind: Kind
    var range: SourceRange
}

/// A type's name as written: `seq`, `odp.Umem`.
struct TypeName {
    var driver: Name?
    var name: Name
    var range: SourceRange { driver.map { $0.range.joined(name.range) } ?? name.range }
}

/// A type as written in a field, a parameter or a `let`.
struct TypeSyntax {
    indirect enum Kind {
        case named(TypeName)
        case reference(TypeName)
        case array(TypeSyntax, count: Expression)
        /// `interval_set of T`, `list of T`.
        case collection(String, TypeName)
        /// `wrapping BITS`, `hex T`.
        case wrapping(Expression)
        case hex(TypeSyntax)
        /// Could not be read; it has been reported.
        case mistake
    }

    var kind: Kind
    var range: SourceRange
}

struct Statement {
    indirect enum Kind {
        case declare(Name, TypeSyntax?, Expression)
        case assign(Expression, op: String, Expression)
        case call(Expression)
        case branch(Expression, [Statement], [Statement])
        case loop(Expression?, [Statement])
        /// `for name in first..last`; `last` is nil for `for page in range` (a record's start and last).
        case count(Name, Expression, Expression?, [Statement])
        case exit
        case next
        case giveBack(Expression?)
        case holding(Expression, [Statement])
        case atomic([Statement])
        case choose([[Statement]])
        case withFault(Name, [Statement])
        case say(Name, Template)
        case check(Name?, Expression, Template)
        case free(Expression)
        case await(Expression)
    }

    var kind: Kind
    /// The statement's first line is where a thread is shown to stand.
    var range: SourceRange
}

/// A sentence with `{expression}` in it.
struct Template {
    var parts: [Part]
    enum Part {
        case text(String)
        case value(Expression)
    }
}

struct Parameter {
    var name: Name
    var type: TypeSyntax
}

struct FunctionSyntax {
    var name: Name
    var driver: String?
    var parameters: [Parameter]
    var result: TypeSyntax?
    /// What the kernel calls it, if the text says so.
    var kernelName: String?
    var body: [Statement]
}

/// `operation memory munmap(mm: MM, start: va, last: va) "words" { … }`
struct OperationSyntax {
    var name: Name
    var driver: String?
    var group: Name
    var parameters: [Parameter]
    var words: String
    var body: [Statement]
}

struct FieldSyntax {
    var name: Name
    var type: TypeSyntax
    /// `device … of path`: this table is what a device can use; the path leads to its mm.
    var mirrors: Expression?
    /// `writable name`: the table of write permissions beside it.
    var writable: Name?
    /// `watched`: a store to it asks the device tables' property again.
    var isWatched: Bool
    /// `epoch`: the counter that other values of its type are relative to.
    var isEpoch: Bool
}

extension FieldSyntax {
    init(broken name: Name) {
        self.init(
            name: name, type: TypeSyntax(kind: .mistake, range: name.range), mirrors: nil, writable: nil,
            isWatched: false, isEpoch: false)
    }
}

struct RecordSyntax {
    var name: Name
    var driver: String?
    var label: String?
    var pool: Expression?
    var fields: [FieldSyntax]
}

struct ThreadSyntax {
    var name: Name
    var index: (name: Name, first: Expression, last: Expression)?
    var isDaemon: Bool
    var body: [Statement]
}

/// What a scenario's author says must come out.
public enum Expectation: Sendable, Equatable {
    case holds
    /// The named property fails under some schedule.
    case fails(String)
    /// Nobody has said; the explorer decides.
    case undecided

    /// "holds", "fails no-stale-spte", "undecided".
    public var text: String {
        switch self {
        case .holds: "holds"
        case .fails(let property): "fails \(property)"
        case .undecided: "undecided"
        }
    }
}

/// One entry of a pinned schedule: `device`, `device 3`, `device until read_retry`.
struct ScheduleEntry {
    enum Extent {
        case toRest
        case steps(Int)
        case until(Name)
    }
    var thread: Name
    var index: Int?
    var extent: Extent
}

struct ScenarioSyntax {
    var name: Name
    var isWorkload: Bool
    var summary: String
    var variables: [(name: Name, type: TypeSyntax?, value: Expression?)] = []
    var settings: [(name: Name, value: Expression)] = []
    var faults: [Name] = []
    var setup: [Statement] = []
    var teardown: [Statement]?
    var threads: [ThreadSyntax] = []
    var schedule: [ScheduleEntry] = []
    var expectation: Expectation?
    /// What is expected instead under a condition.
    var exceptions: [(expectation: Expectation, condition: Expression, written: SourceRange)] = []
    /// The properties of `expect fails`.
    var failing: [Name] = []
    var passages: [Passage] = []
}

struct InvariantSyntax {
    var name: Name
    var parameters: [Parameter]
    var condition: Expression
    var message: Template
}

/// Everything that one text declares.
struct FileSyntax {
    var uses: [Name] = []
    var parameters: [(name: Name, value: Expression, note: String)] = []
    /// Values for parameters of other files, for all scenarios.
    var settings: [(name: Name, value: Expression)] = []
    var constants: [(name: Name, value: Expression)] = []
    var types: [(name: Name, type: TypeSyntax)] = []
    var enumerations: [(name: Name, cases: [Name])] = []
    var records: [RecordSyntax] = []
    var faults: [(name: Name, note: String)] = []
    var callbacks: [FunctionSyntax] = []
    /// Names of the callbacks that a driver may leave out.
    var optionalCallbacks: Set<String> = []
    var invariants: [InvariantSyntax] = []
    /// `property name(mm, page, entry, writable)`: asked of every device table entry.
    var properties: [InvariantSyntax] = []
    var functions: [FunctionSyntax] = []
    var operations: [OperationSyntax] = []
    var drivers: [Name] = []
    var scenarios: [ScenarioSyntax] = []
    /// `source`: what the text, or a driver in it, follows.
    var passages: [(driver: String?, passage: Passage)] = []
    /// `inside` and `outside`.
    var scope: [ScopeEntry] = []
    /// Names whose declaration could not be read: to use one is no second mistake.
    var broken: Set<String> = []
}
