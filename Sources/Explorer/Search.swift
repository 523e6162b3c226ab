import Language
import Machine

/// One breadth-first search.
struct Search {
    private let program: Program
    private let memoryLimit: Int
    private let form: NormalForm
    private let store: StateStore
    private var stepper: Stepper
    /// By which stretch of steps each state was first come to.
    private var edges: [Edge] = []
    private var figures = ExplorationFigures()
    private var transitions = Transitions()
    private var hasTooManyChoices = false

    // What expanding a state works in.
    private var base: State
    private var words: [UInt32]
    private var referrers: [UInt64] = []

    /// - Parameters:
    ///   - sections: nil for single steps.
    ///   - coverage: what has been reached so far; nil when nobody asks.
    init(_ machine: Machine, memoryLimit: Int, sections: Sections?, coverage: Coverage?) {
        program = machine.program
        self.memoryLimit = memoryLimit
        form = NormalForm(program)
        store = StateStore(wordCount: form.wordCount)
        base = machine.state
        words = [UInt32](repeating: 0, count: form.wordCount)
        stepper = Stepper(machine, sections: sections, coverage: coverage)
    }

    /// States between two looks at the memory and at whoever waits.
    private static let interval = 4_096

    /// Searches to the verdict, or until an assumption turns out wrong: then what is told of the verdict means nothing.
    mutating func run(_ progress: (ExplorationFigures) -> Bool) -> (result: ExplorationResult, sections: Sections?) {
        form.encode(base, into: &words)
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
                if figures.bytes > memoryLimit { return result(.bound(.memory(memoryLimit))) }
                if !progress(figures) { return result(.bound(.interrupted)) }
            }
            if let (finding, last) = expand(state, levelEnd: levelEnd) {
                return result(.fails(finding), schedule(to: state, last))
            }
            if stepper.isWrong { return result(.holds) }
            transitions.close()
            state += 1
        }
        return conclude()
    }

    /// Nothing fails on the way to any state; what is left is to go round for ever.
    private mutating func conclude() -> (ExplorationResult, Sections?) {
        guard figures.hasCycle, let livelock = livelock() else {
            return result(hasTooManyChoices ? .bound(.choices) : .holds)
        }
        let round = cycle(from: livelock.state, within: livelock.component)
        let others = livelock.threads.dropFirst().map { program.threads[$0].name }.joined(separator: ", ")
        let thread = livelock.threads.first ?? 0
        let steps = round.reduce(0) { $0 + $1.length }
        let finding = MachineFinding(
            property: "no-livelock",
            sentence: "can go on for ever\(others.isEmpty ? "" : " with \(others)"): after \(steps) steps everything is as it was, "
                + "and nothing has been completed",
            thread: thread, statement: stepper.statement(of: thread, in: load(livelock.state)))
        var schedule = schedule(to: livelock.state, nil)
        schedule += round.flatMap(\.steps)
        return result(.fails(finding), schedule)
    }

    private mutating func livelock() -> Livelock? {
        for component in transitions.cycles().sorted(by: { $0[0] < $1[0] }) {
            let found = Livelock(component, program) { state in
                Livelock.Look(
                    steps: successors(of: state).map { ($0.0.thread, $0.1) },
                    waitingForLock: stepper.threadsWaitingForLock(in: load(state)))
            }
            if let found { return found }
        }
        return nil
    }

    private mutating func load(_ state: Int) -> State {
        store.load(state, into: &words)
        form.decode(words, into: &base, referrers: &referrers)
        return base
    }

    /// The shortest way from a state back to itself.
    private mutating func cycle(from start: Int, within members: Set<Int>) -> [Edge] {
        var cameFrom: [Int: (state: Int, edge: Edge)] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count, cameFrom[start] == nil {
            let state = queue[next]
            next += 1
            for (edge, target) in successors(of: state) where members.contains(target) && cameFrom[target] == nil {
                cameFrom[target] = (state, edge)
                queue.append(target)
            }
        }
        var result: [Edge] = []
        var state = start
        repeat {
            guard let (before, edge) = cameFrom[state] else { break }
            result.append(edge)
            state = before
        } while state != start
        return result.reversed()
    }

    /// The stretches that lead from a state to others, all of which are known by now.
    private mutating func successors(of state: Int) -> [(Edge, Int)] {
        let base = load(state)
        var result: [(Edge, Int)] = []
        for thread in 0..<stepper.threadCount {
            for choice in 0..<min(stepper.choices(of: thread, in: base), Edge.mostChoices) {
                let (outcome, length) = stepper.advance(Edge(thread: thread, choice: choice, length: 0), from: base, referrers)
                guard outcome == .stepped else { continue }
                form.encode(stepper.machine.state, into: &words)
                result.append((Edge(thread: thread, choice: choice, length: length), store.insert(words).state))
            }
        }
        return result
    }

    private mutating func measure() {
        figures.states = store.count
        figures.bytes = store.byteCount + transitions.byteCount + edges.count * MemoryLayout<Edge>.stride
    }

    private mutating func result(
        _ verdict: Verdict, _ schedule: [ScheduledStep] = []
    ) -> (ExplorationResult, Sections?) {
        measure()
        let result = ExplorationResult(
            verdict: verdict, schedule: schedule, figures: figures, coverage: stepper.coverage)
        return (result, stepper.sections)
    }

    /// More ways than an edge can tell apart are not gone, and not kept quiet about.
    private mutating func countChoices(of thread: Int) -> Int {
        let choices = stepper.choices(of: thread, in: base)
        if choices > Edge.mostChoices { hasTooManyChoices = true }
        return min(choices, Edge.mostChoices)
    }

    /// Every stretch of steps from a state; the first finding among them, with the stretch that makes it.
    private mutating func expand(_ state: Int, levelEnd: Int) -> (MachineFinding, Edge?)? {
        store.load(state, into: &words)
        form.decode(words, into: &base, referrers: &referrers)
        var isStuck = true
        for thread in 0..<stepper.threadCount {
            var choice = 0
            var choices = 1
            while choice < choices {
                if choice == 0 { choices = countChoices(of: thread) }
                let edge = Edge(thread: thread, choice: choice, length: 0)
                choice += 1
                let (outcome, length) = stepper.advance(edge, from: base, referrers)
                if stepper.isWrong { return nil }
                let taken = Edge(thread: thread, choice: edge.choice, length: length)
                switch outcome {
                case .blocked, .finished: continue
                case .finding(let finding): return (finding, taken)
                case .stepped: break
                }
                isStuck = false
                figures.transitions += 1
                form.encode(stepper.machine.state, into: &words)
                let (next, isNew) = store.insert(words)
                if isNew {
                    transitions.appendNew(from: state)
                    edges.append(taken)
                } else {
                    transitions.append(next)
                    if next < levelEnd { figures.hasCycle = true }
                }
            }
        }
        return isStuck ? stepper.restFinding(in: base).map { ($0, nil) } : nil
    }

    /// The steps from the start to a state, and those of one more stretch.
    private func schedule(to state: Int, _ last: Edge?) -> [ScheduledStep] {
        var stretches = last.map { [$0] } ?? []
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
