import Language
import Machine

/// One breadth-first search.
struct Search {
    private let program: Program
    private let memoryLimit: Int
    private let form: NormalForm
    private let store: StateStore
    private var machine: Machine
    /// How each state was first come to: from which, by which step.
    private var parents: [UInt32] = []
    private var steps: [UInt32] = []
    private var figures = ExplorationFigures()
    /// Some step leads to a state that is no further from the start than the one before it: there may be a cycle.
    private var mayHaveCycle = false

    // What expanding a state works in.
    private var base: State
    private var words: [UInt32]
    private var log = EventLog(isOn: false)

    init(_ machine: Machine, memoryLimit: Int) {
        program = machine.program
        self.machine = machine
        self.memoryLimit = memoryLimit
        form = NormalForm(program)
        store = StateStore(wordCount: form.wordCount)
        base = machine.state
        words = [UInt32](repeating: 0, count: form.wordCount)
    }

    /// States between two looks at the memory and at whoever waits.
    private static let interval = 4_096

    mutating func run(_ progress: (ExplorationFigures) -> Bool) -> ExplorationResult {
        form.encode(machine.state, into: &words)
        _ = store.insert(words)
        parents.append(0)
        steps.append(0)
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
            if let (finding, last) = expand(state, levelStart: levelEnd) {
                return result(.fails(finding), schedule(to: state) + last)
            }
            state += 1
        }
        return result(.holds)
    }

    private mutating func measure() {
        figures.states = store.count
        figures.bytes = store.byteCount + parents.capacity * 4 + steps.capacity * 4
    }

    private mutating func result(_ verdict: Verdict, _ schedule: [ScheduledStep] = []) -> ExplorationResult {
        measure()
        return ExplorationResult(verdict: verdict, schedule: schedule, figures: figures)
    }

    /// Every step from a state; the first finding among them, with the step that makes it.
    private mutating func expand(_ state: Int, levelStart: Int) -> (MachineFinding, [ScheduledStep])? {
        store.load(state, into: &words)
        form.decode(words, into: &base)
        machine.load(base)
        var isStuck = true
        var isFresh = true
        for thread in 0..<machine.threadCount {
            var choice = 0
            var choices = 1
            while choice < choices {
                if !isFresh { machine.load(base) }
                if choice == 0 { choices = machine.choices(of: thread) }
                let step = ScheduledStep(thread: thread, choice: choice)
                choice += 1
                isFresh = false
                switch machine.step(thread, choice: UInt64(step.choice), log: &log) {
                case .blocked, .finished:
                    isFresh = true
                    continue
                case .finding(let finding): return (finding, [step])
                case .stepped: break
                }
                isStuck = false
                figures.transitions += 1
                form.encode(machine.state, into: &words)
                let (next, isNew) = store.insert(words)
                if isNew {
                    parents.append(UInt32(state))
                    steps.append(UInt32(step.thread) << 24 | UInt32(step.choice))
                } else if next < levelStart {
                    mayHaveCycle = true
                }
            }
        }
        guard isStuck else { return nil }
        machine.load(base)
        return machine.restFinding().map { ($0, []) }
    }

    /// The steps from the start to a state.
    private func schedule(to state: Int) -> [ScheduledStep] {
        var result: [ScheduledStep] = []
        var state = state
        while state != 0 {
            result.append(ScheduledStep(thread: Int(steps[state] >> 24), choice: Int(steps[state] & 0xFF_FFFF)))
            state = Int(parents[state])
        }
        return result.reversed()
    }
}
