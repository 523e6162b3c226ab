import Language
import Machine

extension Counterexample {
    /// A counterexample to the same property with as few context switches as any has, and of those one with the fewest steps.
    ///
    /// Schedules with no switch are tried first, then with one, two and so on, over every state of the unreduced graph. When that
    /// takes more than `stateLimit` states, the best that moving and leaving out stretches of this one leads to, and
    /// ``hasFewestSwitches`` says so. Of a round that is gone for ever the shortest along this schedule.
    /// - Parameter keepsPlace: it has to be the same statement of the same thread that fails.
    public func minimised(stateLimit: Int = 2_000_000, keepsPlace: Bool = false) -> Counterexample {
        if finding.property == Self.livelock { return shortestRound() }
        // That it is for ever a search has told of this state, and of no other.
        guard !isBesideOthers else { return self }
        let improved = rearranged(keepsPlace: keepsPlace)
        guard improved.switches > 0 else { return improved.judged(true) }
        let goal = SwitchSearch.Goal(finding, keepsPlace: keepsPlace)
        // Sequence numbers are told relative to each other; should that be wrong here, what comes out doesn't replay.
        for isAbsolute in [false, true] {
            var search = SwitchSearch(self, goal, maximum: improved.switches, stateLimit: stateLimit, isAbsolute: isAbsolute)
            let schedule: [ScheduledStep]
            switch search.run() {
            case .found(let found): schedule = found
            case .bound: return improved.judged(false)
            case .none: continue
            }
            guard let found = try? Counterexample(program, from: machines[0], schedule: schedule), goal.isMet(by: found.finding) else {
                continue
            }
            let isBetter = (found.switches, found.steps.count) < (improved.switches, improved.steps.count)
            return (isBetter ? found : improved).judged(true)
        }
        return improved.judged(false)
    }

    private func judged(_ hasFewestSwitches: Bool) -> Counterexample {
        var result = self
        result.hasFewestSwitches = hasFewestSwitches
        return result
    }

    private func shortestRound() -> Counterexample {
        guard let lasso = Livelock.shortestRound(of: schedule, from: machines[0]),
            lasso.prefix.count + lasso.round.count < schedule.count
        else { return self }
        return (try? Counterexample(program, from: machines[0], schedule: lasso.prefix + lasso.round, finding: finding)) ?? self
    }

    /// Stretches of one thread are moved together or left out as long as the property still fails and there are fewer
    /// switches for it, or as many in fewer steps.
    func rearranged(keepsPlace: Bool = false) -> Counterexample {
        let goal = SwitchSearch.Goal(finding, keepsPlace: keepsPlace)
        var best = self
        var isBetter = true
        while isBetter {
            isBetter = false
            for schedule in best.rearrangements() {
                guard let found = best.prefix(of: schedule), goal.isMet(by: found.finding),
                    (found.switches, found.steps.count) < (best.switches, best.steps.count)
                else { continue }
                best = found
                isBetter = true
                break
            }
        }
        return best
    }

    /// Where a schedule first fails, if it does.
    private func prefix(of schedule: [ScheduledStep]) -> Counterexample? {
        do throws(ReplayError) {
            return try Counterexample(program, from: machines[0], schedule: schedule)
        } catch .failsEarly(let step, _) {
            return try? Counterexample(program, from: machines[0], schedule: Array(schedule.prefix(step)))
        } catch {
            return nil
        }
    }

    private func rearrangements() -> [[ScheduledStep]] {
        var stretches: [[ScheduledStep]] = []
        for step in schedule {
            if stretches.last?.last?.thread == step.thread {
                stretches[stretches.count - 1].append(step)
            } else {
                stretches.append([step])
            }
        }
        var result: [[ScheduledStep]] = []
        for index in stretches.indices {
            var without = stretches
            let stretch = without.remove(at: index)
            result.append(without.flatMap { $0 })
            // Behind the stretch of the same thread before it, and before the one after it.
            for other in without.indices where without[other].first?.thread == stretch.first?.thread {
                var moved = without
                moved[other] = other < index ? moved[other] + stretch : stretch + moved[other]
                result.append(moved.flatMap { $0 })
            }
        }
        return result
    }
}

/// Searches by the number of context switches: first everything that none leads to, then one, and so on; and among those of as
/// many by the number of steps.
struct SwitchSearch {
    /// What a schedule has to end in.
    struct Goal {
        var property: String
        /// By whom and where, if that matters.
        var place: (thread: Int, statement: Int)?

        init(_ finding: MachineFinding, keepsPlace: Bool) {
            property = finding.property
            place = keepsPlace ? (finding.thread, finding.statement) : nil
        }

        func isMet(by finding: MachineFinding) -> Bool {
            finding.property == property && place.map { $0 == (finding.thread, finding.statement) } ?? true
        }
    }

    enum End {
        /// The schedule with the fewest switches, and of those the shortest.
        case found([ScheduledStep])
        /// More states than there is time for.
        case bound
        /// There is none with so few.
        case none
    }

    private let goal: Goal
    private let maximumSwitches: Int
    private let stateLimit: Int
    private let form: NormalForm
    private let store: StateStore
    private var machine: Machine
    private let threads: Int

    /// A thread that is to step next from a state, and how it came there.
    private struct Node {
        var state: UInt32
        var parent: Int32
        var thread: UInt8
        /// The thread of the step that led here, and its choice.
        var last: UInt8
        var choice: UInt32
        var depth: UInt32
    }

    /// What has been done about a thread that steps next from a state. Whoever comes first has the fewest switches, and among
    /// those who have as many the fewest steps: nodes are taken in that order.
    private struct Progress: OptionSet {
        var rawValue: UInt8
        /// It waits to be taken: as one who goes on, or at the cost of a switch.
        static let goesOn = Progress(rawValue: 1), switches = Progress(rawValue: 2)
        static let isTaken = Progress(rawValue: 4)
    }

    private var nodes: [Node] = []
    /// Nodes of this number of switches by depth, and those of the next.
    private var layer: [[Int32]] = []
    private var nextLayer: [[Int32]] = []
    /// By state and thread.
    private var progress: [Progress] = []

    private var words: [UInt32]
    private var base: State
    private var log = EventLog(isOn: false)

    init(_ example: Counterexample, _ goal: Goal, maximum: Int, stateLimit: Int, isAbsolute: Bool) {
        self.goal = goal
        maximumSwitches = maximum
        self.stateLimit = stateLimit
        form = NormalForm(example.program, isAbsolute: isAbsolute, flaws: [])
        store = StateStore(wordCount: form.wordCount)
        machine = example.machines[0]
        threads = machine.threadCount
        words = [UInt32](repeating: 0, count: form.wordCount)
        base = machine.state
    }

    mutating func run() -> End {
        form.encode(machine.state, into: &words)
        let start = store.insert(words).state
        for thread in 0..<threads {
            add(Node(state: UInt32(start), parent: -1, thread: UInt8(thread), last: 0, choice: 0, depth: 0), isSwitch: false)
        }
        for _ in 0...maximumSwitches {
            var depth = 0
            while depth < layer.count {
                var index = 0
                while index < layer[depth].count {
                    let node = Int(layer[depth][index])
                    index += 1
                    if let schedule = expand(node) { return .found(schedule) }
                    if store.count > stateLimit || nodes.count > 4 * stateLimit { return .bound }
                }
                layer[depth] = []
                depth += 1
            }
            (layer, nextLayer) = (nextLayer, [])
        }
        return .none
    }

    private mutating func add(_ node: Node, isSwitch: Bool) {
        let place = Int(node.state) * threads + Int(node.thread)
        while progress.count <= place { progress.append([]) }
        // Who was first is better, be it that it goes on where the other switches.
        if isSwitch ? !progress[place].isEmpty : progress[place].contains(.goesOn) || progress[place].contains(.isTaken) { return }
        progress[place].insert(isSwitch ? .switches : .goesOn)
        let number = Int32(nodes.count)
        nodes.append(node)
        if isSwitch { Self.put(number, Int(node.depth), &nextLayer) } else { Self.put(number, Int(node.depth), &layer) }
    }

    private static func put(_ node: Int32, _ depth: Int, _ layer: inout [[Int32]]) {
        while layer.count <= depth { layer.append([]) }
        layer[depth].append(node)
    }

    /// The steps of a node's thread; a schedule when one of them, or that there is none, is a finding.
    private mutating func expand(_ number: Int) -> [ScheduledStep]? {
        let node = nodes[number]
        let (state, thread) = (Int(node.state), Int(node.thread))
        let place = state * threads + thread
        guard !progress[place].contains(.isTaken) else { return nil }
        progress[place].insert(.isTaken)
        store.load(state, into: &words)
        form.decode(words, into: &base)
        machine.load(base)
        let choices = min(machine.choices(of: thread), Edge.mostChoices)
        for choice in 0..<choices {
            if choice > 0 { machine.load(base) }
            switch machine.step(thread, choice: UInt64(choice), log: &log) {
            case .blocked, .finished:
                guard Counterexample.isStuck(machine), machine.restFindings().contains(where: goal.isMet) else { return nil }
                return schedule(to: number)
            case .finding(let finding):
                guard goal.isMet(by: finding) else { continue }
                return schedule(to: number) + [ScheduledStep(thread: thread, choice: choice)]
            case .stepped: break
            }
            form.encode(machine.state, into: &words)
            let next = UInt32(store.insert(words).state)
            for other in 0..<threads {
                let following = Node(
                    state: next, parent: Int32(number), thread: UInt8(other), last: UInt8(thread), choice: UInt32(choice),
                    depth: node.depth + 1)
                add(following, isSwitch: other != thread)
            }
        }
        return nil
    }

    private func schedule(to number: Int) -> [ScheduledStep] {
        var result: [ScheduledStep] = []
        var node = nodes[number]
        while node.parent >= 0 {
            result.append(ScheduledStep(thread: Int(node.last), choice: Int(node.choice)))
            node = nodes[Int(node.parent)]
        }
        return result.reversed()
    }
}
