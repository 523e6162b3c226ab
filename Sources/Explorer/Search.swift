import Language
import Machine

/// One breadth-first search.
struct Search {
    /// What is looked for, and what is assumed.
    struct Plan {
        var memoryLimit: Int
        /// Nil for single steps.
        var sections: Sections?
        /// What has been reached so far; nil when nobody asks.
        var coverage: Coverage?
        /// A path ends at its finding, the search goes on.
        var findsAll: Bool
        /// The property that ends it; nil for any.
        var wanted: String?
        var flaws: Flaws
        /// Sequence numbers are told as they are.
        var hasAbsoluteSequences = false

        /// There are findings that don't end it.
        var goesOn: Bool { findsAll || wanted != nil }

        func isEnough(_ finding: MachineFinding) -> Bool { !findsAll && (wanted == nil || finding.property == wanted) }
    }

    /// How it ended.
    enum End {
        case ended(ExplorationResult)
        /// What was assumed isn't so: nothing that was found out counts.
        case mistaken(Mistake)
    }

    enum Mistake {
        /// About what locks protect.
        case sections(Sections)
        /// About what sequence numbers are compared with.
        case sequences
    }

    private let plan: Plan
    let program: Program
    private let form: NormalForm
    private let store: StateStore
    var stepper: Stepper
    /// By which stretch of steps each state was first come to.
    private var edges: [Edge] = []
    private var figures = ExplorationFigures()
    private(set) var transitions = Transitions()
    private var hasTooManyChoices = false
    private var findings: [FoundFinding] = []
    private var known: Set<FoundFinding.Identity> = []
    /// How far the number that others are relative to has been counted on, over all steps.
    private var advance: Int64 = 0
    private var premises: [Premise] = []
    private var mistake: Mistake?
    /// What can't be if the search is right.
    private var contradiction: String?

    // What expanding a state works in.
    private var base: State
    private var words: [UInt32]
    private var published: [Bool]
    /// With single steps nobody asks who could have come to a record.
    private let noMarks: [Bool] = []

    init(_ machine: Machine, _ plan: Plan) {
        self.plan = plan
        program = machine.program
        form = NormalForm(program, isAbsolute: plan.hasAbsoluteSequences, flaws: plan.flaws)
        store = StateStore(wordCount: form.wordCount)
        base = machine.state
        words = [UInt32](repeating: 0, count: form.wordCount)
        // What there is at the start, others may have come to.
        published = plan.sections?.allPublished ?? []
        stepper = Stepper(machine, plan)
    }

    /// States between two looks at the memory and at whoever waits.
    private static let interval = 4_096

    /// Searches to the verdict, or until an assumption turns out wrong.
    mutating func run(_ progress: (ExplorationFigures) -> Bool) -> End {
        form.encode(base, marks: published, into: &words)
        _ = store.insert(words)
        edges.append(Edge(thread: 0, choice: 0, length: 0))
        var state = 0
        var levelEnd = 1
        while state < store.count {
            if state == levelEnd {
                levelEnd = store.count
                figures.depth += 1
            }
            if state.isMultiple(of: Self.interval) {
                measure()
                if figures.bytes > plan.memoryLimit { return end(.memory(plan.memoryLimit)) }
                if !progress(figures) { return end(.interrupted) }
            }
            if let enough = expand(state, levelEnd: levelEnd) { return end(with: enough) }
            if let mistake { return .mistaken(mistake) }
            transitions.close()
            state += 1
        }
        if figures.hasCycle, let enough = judgeCycles() { return end(with: enough) }
        if let mistake { return .mistaken(mistake) }
        return end(hasTooManyChoices ? .choices : nil)
    }

    // MARK: The end

    private mutating func measure() {
        figures.states = store.count
        figures.bytes = store.byteCount + transitions.byteCount + edges.count * MemoryLayout<Edge>.stride
    }

    /// All that there is to see has been seen, or a bound was reached before.
    private mutating func end(_ bound: Verdict.Bound?) -> End {
        let found = findings.first { $0.finding.property == plan.wanted } ?? findings.first
        if let bound, found == nil || plan.wanted != nil && found?.finding.property != plan.wanted {
            return end(.bound(bound), bound)
        }
        guard let found else { return end(.holds, nil) }
        return end(.fails(found.finding), bound, found.schedule)
    }

    /// This finding was enough.
    private mutating func end(with found: FoundFinding) -> End { end(.fails(found.finding), nil, found.schedule) }

    private mutating func end(_ verdict: Verdict, _ bound: Verdict.Bound?, _ schedule: [ScheduledStep] = []) -> End {
        measure()
        if contradiction == nil, let bits = form.takesForGranted, comesRound(bits) { premises.append(.neverComesRound(bits: bits)) }
        return .ended(
            ExplorationResult(
                verdict: contradiction.map { .inconsistent($0) } ?? verdict, schedule: schedule, figures: figures,
                coverage: stepper.coverage, findings: findings, bound: bound, premises: premises))
    }

    /// So far a number of so many bits may have been counted on that it could have come round on some way.
    private func comesRound(_ bits: Int) -> Bool { premises.isEmpty && bits < 63 && advance >= 1 << Int64(bits - 1) }

    /// Takes a finding in that was made behind a state, or in it.
    /// - Parameter way: the stretches from that state on that belong to it.
    /// - Returns: it, if nothing more is looked for.
    mutating func note(_ finding: MachineFinding, behind state: Int, _ way: [Edge] = []) -> FoundFinding? {
        let identity = FoundFinding(finding: finding, schedule: []).identity
        guard known.insert(identity).inserted else { return nil }
        let found = FoundFinding(finding: finding, schedule: schedule(to: state) + way.flatMap(\.steps))
        findings.append(found)
        return plan.isEnough(finding) ? found : nil
    }

    /// A number goes on for ever on a way round: that it never comes to where it was is taken for granted.
    mutating func notePremise() {
        guard premises.isEmpty, let bits = form.takesForGranted else { return }
        premises.append(.neverComesRound(bits: bits))
    }

    mutating func contradict(_ sentence: String) { contradiction = contradiction ?? sentence }

    func has(_ flaw: Flaws) -> Bool { plan.flaws.contains(flaw) }

    // MARK: Steps

    mutating func load(_ state: Int) -> State {
        store.load(state, into: &words)
        form.decode(words, into: &base, marks: &published)
        return base
    }

    /// The way to go after the one that was gone last; nil behind the last. More ways than an edge can tell apart are not gone, and
    /// not kept quiet about.
    private mutating func nextChoice() -> Int? {
        let next = stepper.nextChoice
        guard next != 0, !(has(.onlyFewWays) && next >= 200) else { return nil }
        guard next < UInt64(Edge.mostChoices) else {
            hasTooManyChoices = true
            return nil
        }
        return Int(next)
    }

    private func marks() -> [Bool] { stepper.sections?.published ?? noMarks }

    /// Every stretch of steps from a state; the first finding among them that is enough.
    private mutating func expand(_ state: Int, levelEnd: Int) -> FoundFinding? {
        store.load(state, into: &words)
        form.decode(words, into: &base, marks: &published)
        var isStuck = true
        for thread in 0..<stepper.threadCount {
            var choice: Int? = 0
            while let way = choice {
                let edge = Edge(thread: thread, choice: way, length: 0)
                let (outcome, length) = stepper.advance(edge, from: base, published: published)
                choice = nextChoice()
                if isMistaken() { return giveUp() }
                let taken = Edge(thread: thread, choice: way, length: length)
                switch outcome {
                case .blocked, .finished: continue
                case .finding(let finding):
                    isStuck = false
                    if let enough = note(finding, behind: state, [taken]) { return enough }
                    continue
                case .stepped: break
                }
                isStuck = false
                figures.transitions += 1
                if let enough = come(from: state, by: taken, levelEnd: levelEnd) { return enough }
                if mistake != nil { return nil }
            }
        }
        return isStuck ? rest(in: state) : nil
    }

    /// Nobody can step: everything that is wrong with that; the first finding that is enough.
    private mutating func rest(in state: Int) -> FoundFinding? {
        for finding in stepper.look(at: base, { $0.restFindings() }) where !(has(.leftoversAreFine) && finding.property == "refs-balanced") {
            if let enough = note(finding, behind: state) { return enough }
        }
        return nil
    }

    private mutating func giveUp() -> FoundFinding? {
        if let sections = stepper.sections { mistake = .sections(sections) }
        return nil
    }

    /// Whether an assumption has turned out wrong; a search with that flaw goes on as if it had known.
    private mutating func isMistaken() -> Bool {
        guard stepper.isWrong else { return false }
        guard plan.flaws.contains(.noNewBeginning) else { return true }
        stepper.correct()
        return false
    }

    /// A stretch has led to the state that the machine stands in. A thread that has ended there with a lock is a finding, but others
    /// go on.
    private mutating func come(from state: Int, by taken: Edge, levelEnd: Int) -> FoundFinding? {
        form.encode(stepper.machine.state, marks: marks(), into: &words)
        if form.mixesSequences(base, stepper.machine.state) {
            mistake = .sequences
            return nil
        }
        advance &+= max(0, form.advance(since: base))
        let (next, isNew) = store.insert(words)
        if isNew {
            transitions.appendNew(from: state)
            edges.append(taken)
            for finding in stepper.machine.holdingFindings() {
                if let enough = note(finding, behind: next) { return enough }
            }
        } else {
            transitions.append(next)
            if next < levelEnd { figures.hasCycle = true }
        }
        return nil
    }

    /// A stretch of steps that can be taken from a state.
    struct Successor {
        var edge: Edge
        /// Where it leads; nil when it ends in a finding.
        var state: Int?
        /// The number that others are relative to was counted on.
        var advances: Bool
    }

    /// The stretches that lead from a state to others, all of which are known by now.
    mutating func successors(of state: Int) -> [Successor] {
        let base = load(state)
        let published = published
        var result: [Successor] = []
        for thread in 0..<stepper.threadCount {
            var choice: Int? = 0
            while let way = choice {
                let edge = Edge(thread: thread, choice: way, length: 0)
                let (outcome, length) = stepper.advance(edge, from: base, published: published)
                choice = nextChoice()
                var successor = Successor(
                    edge: Edge(thread: thread, choice: way, length: length), state: nil, advances: false)
                if case .finding = outcome { result.append(successor) }
                guard outcome == .stepped else { continue }
                form.encode(stepper.machine.state, marks: marks(), into: &words)
                successor.advances = form.advance(since: base) != 0
                let count = store.count
                let (next, isNew) = store.insert(words)
                guard !isNew, count == store.count else {
                    contradict("a state that was seen leads to one that wasn't")
                    continue
                }
                successor.state = next
                result.append(successor)
            }
        }
        return result
    }

    /// The steps from the start to a state.
    private func schedule(to state: Int) -> [ScheduledStep] {
        var stretches: [Edge] = []
        var state = state
        while state != 0 {
            stretches.append(edges[state])
            state = Int(transitions.parents[state])
        }
        return stretches.reversed().flatMap(\.steps)
    }
}

/// A stretch of steps of one thread: only the first can offer a choice.
struct Edge {
    /// Thread in the upper 6 bits, then the number of steps in 10, then the choice in 16.
    private let bits: UInt32

    /// Steps that a stretch has at most.
    static let longest = 1_000
    /// Ways that a choice may have.
    static let mostChoices = 1 << 16

    init(thread: Int, choice: Int, length: Int) {
        bits = UInt32(thread) << 26 | UInt32(length) << 16 | UInt32(choice)
    }

    /// One by one.
    var steps: [ScheduledStep] {
        [ScheduledStep(thread: thread, choice: choice)]
            + repeatElement(ScheduledStep(thread: thread), count: max(0, length - 1))
    }

    var thread: Int { Int(bits >> 26) }
    var length: Int { Int(bits >> 16 & 0x3FF) }
    var choice: Int { Int(bits & 0xFFFF) }
}
