/// An invariant, and what it depends on.
struct Invariant {
    var syntax: InvariantSyntax
    /// The record that it speaks of.
    var record: Int
    var reads = Reads()
    /// It may become false when a lock that it mentions is taken (`!held(l) || …`), or when one is let go of (`held(l) || …`).
    var mindsTaking = false
    var mindsRelease = false
    /// True of every record that has just been made: all its fields are 0, false or none.
    var holdsWhenFresh = false
    /// It mentions something that has no meaning where functions are compiled: a scenario's variable.
    var isIncomplete = false

    /// What a condition looks at.
    struct Reads {
        /// The slot of the reference that the condition is given.
        var subject: Int32 = -1
        /// Fields of the subject itself.
        var own: Set<Place.Field> = []
        /// Fields of whatever else it comes to.
        var others: Set<Place.Field> = []
        var globals: Set<Int> = []
        /// Records of which it goes through all.
        var all: Set<Int> = []
    }

    /// What a statement does that an invariant may depend on.
    enum Change {
        case field(Place.Field)
        /// A lock was taken, or let go of.
        case taken(Place.Field)
        case released(Place.Field)
        case global(Int)
        /// A record was made or freed.
        case life(record: Int)
    }

    /// Which records it has to be asked of after a change.
    enum Scope { case none, subject, all }

    func scope(after change: Change) -> Scope {
        switch change {
        case .field(let field): scope(field)
        case .taken(let field): mindsTaking ? scope(field) : .none
        case .released(let field): mindsRelease ? scope(field) : .none
        case .global(let slot): reads.globals.contains(slot) ? .all : .none
        case .life(let record): reads.all.contains(record) ? .all : .none
        }
    }

    private func scope(_ field: Place.Field) -> Scope {
        reads.others.contains(field) ? .all : reads.own.contains(field) ? .subject : .none
    }

    /// The sense in which `held(l)` stands in a condition.
    mutating func noteLocks(_ expression: Expression, _ sense: Sense) {
        switch expression.kind {
        case .unary("!", let operand): noteLocks(operand, sense.reversed)
        case .binary("&&", let left, let right), .binary("||", let left, let right):
            noteLocks(left, sense)
            noteLocks(right, sense)
        case .conditional(let test, let first, let second):
            noteLocks(test, .both)
            noteLocks(first, sense)
            noteLocks(second, sense)
        case .quantified(let quantifier, _, _, let condition): noteLocks(condition, quantifier == .count ? .both : sense)
        case .call(nil, let name, _) where name.text == "held":
            if sense != .negative { mindsRelease = true }
            if sense != .positive { mindsTaking = true }
        case .binary(_, let left, let right), .index(let left, let right):
            noteLocks(left, .both)
            noteLocks(right, .both)
        case .unary(_, let operand): noteLocks(operand, .both)
        case .member(let base, _): noteLocks(base, .both)
        case .call(_, _, let arguments): for argument in arguments { noteLocks(argument, .both) }
        case .number, .boolean, .none, .name, .new, .choose, .fault, .mistake: break
        }
    }

    enum Sense {
        case positive, negative, both

        var reversed: Sense {
            switch self {
            case .positive: .negative
            case .negative: .positive
            case .both: .both
            }
        }
    }
}

/// Invariants to be asked at the end of a step: of one record, or of all that are alive.
struct InvariantAsk: Equatable {
    /// By number.
    var invariants: [Int]
    var record: Int
    /// The slot that refers to the record; nil for all.
    var reference: Int32?
}

/// The `atomic` block that is being emitted, as far as invariants go: they are asked at its end, of the records that it came
/// across. Each place that changes one keeps a reference to it, none as long as it wasn't come to.
struct AtomicAsks {
    /// What is found out in a first pass, so that the slots are known in the second, on every way out of the block.
    var asks: [InvariantAsk] = []
    /// Asked of all.
    var all: Set<Int> = []
    /// It is the first pass.
    var isTrial: Bool
    /// Loops around the block.
    var loops: Int
    /// The first of the kept references, in the second pass.
    var firstSlot: Int32 = 0
    /// Which of them is the next to be kept.
    var next = 0
}
