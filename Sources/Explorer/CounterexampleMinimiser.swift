import Language
import Machine

extension Counterexample {
    /// A counterexample to the same property, no longer than this one, with as few context switches as any has.
    ///
    /// Schedules with no switch are tried first, then with one, two and so on, over every state of the unreduced graph, each up to
    /// this one's length. When that takes more than `stateLimit` states, the best that moving and leaving out
    /// stretches of this one leads to.
    public func minimised(stateLimit: Int = 2_000_000) -> Counterexample {
        // The shortest way round is what a search for cycles has found.
        guard steps.count > 1, switches > 0, finding.property != Self.livelock, !isBesideOthers else { return self }
        let improved = rearranged()
        guard improved.switches > 0 else { return improved }
        var search = SwitchSearch(self, maximum: improved.switches, stateLimit: stateLimit)
        guard let schedule = search.run(), let found = try? Counterexample(program, from: machines[0], schedule: schedule),
            found.finding.property == finding.property, found.steps.count <= steps.count,
            (found.switches, found.steps.count) < (improved.switches, improved.steps.count)
        else { return improved }
        return found
    }

    /// Stretches of one thread are moved together or left out as long as the property still fails and there are fewer
    /// switches for it, or as many in fewer steps.
    func rearranged() -> Counterexample {
        var best = self
        var isBetter = true
        while isBetter {
            isBetter = false
            for schedule in best.rearrangements() {
                guard let found = best.prefix(of: schedule), found.finding.property == finding.property,
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

/// Searches by the number of context switches: first everything that none leads to, then one, and so on.
private struct SwitchSearch {
    private let property: String
    private let maximumDepth: Int
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
        /// It waits for its turn: one more switch than the node before it.
        var isSwitch: Bool
    }

    private var nodes: [Node] = []
    /// Nodes of this number of switches by depth, and those of the next.
    private var layer: [[Int32]]
    private var nextLayer: [[Int32]]
    /// By state and thread: the fewest steps that it was come to in, whatever the switches.
    private var best: [UInt32] = []

    private var words: [UInt32]
    private var base: State
    private var log = EventLog(isOn: false)

    init(_ example: Counterexample, maximum: Int, stateLimit: Int) {
        property = example.finding.property
        maximumDepth = example.steps.count
        maximumSwitches = maximum
        self.stateLimit = stateLimit
        form = NormalForm(example.program)
        store = StateStore(wordCount: form.wordCount)
        machine = example.machines[0]
        threads = machine.threadCount
        layer = Array(repeating: [], count: maximumDepth + 1)
        nextLayer = layer
        words = [UInt32](repeating: 0, count: form.wordCount)
        base = machine.state
    }

    /// The schedule with the fewest switches, and of those the shortest.
    mutating func run() -> [ScheduledStep]? {
        form.encode(machine.state, into: &words)
        let start = store.insert(words).state
        for thread in 0..<threads { add(start, thread, parent: -1, last: 0, choice: 0, depth: 0, isSwitch: false) }
        for _ in 0...maximumSwitches {
            for depth in 0...maximumDepth {
                var index = 0
                while index < layer[depth].count {
                    let node = Int(layer[depth][index])
                    index += 1
                    if let schedule = expand(node) { return schedule }
                    if store.count > stateLimit || nodes.count > 4 * stateLimit { return nil }
                }
                layer[depth] = []
            }
            swap(&layer, &nextLayer)
        }
        return nil
    }

    private mutating func add(
        _ state: Int, _ thread: Int, parent: Int, last: Int, choice: Int, depth: Int, isSwitch: Bool
    ) {
        let place = state * threads + thread
        while best.count <= place { best.append(.max) }
        guard depth <= maximumDepth, UInt32(depth) < best[place] else { return }
        // What needs one more switch isn't known to be best before its turn comes.
        if !isSwitch { best[place] = UInt32(depth) }
        let node = Int32(nodes.count)
        nodes.append(
            Node(
                state: UInt32(state), parent: Int32(parent), thread: UInt8(thread), last: UInt8(last),
                choice: UInt32(choice), depth: UInt32(depth), isSwitch: isSwitch))
        if isSwitch { nextLayer[depth].append(node) } else { layer[depth].append(node) }
    }

    /// The steps of a node's thread; a schedule when one of them, or that there is none, is a finding.
    private mutating func expand(_ number: Int) -> [ScheduledStep]? {
        let node = nodes[number]
        let (state, thread) = (Int(node.state), Int(node.thread))
        let place = state * threads + thread
        // Somebody was quicker, or as quick with fewer switches.
        if node.isSwitch ? node.depth >= best[place] : node.depth > best[place] { return nil }
        best[place] = node.depth
        store.load(state, into: &words)
        form.decode(words, into: &base)
        machine.load(base)
        let choices = min(machine.choices(of: thread), Edge.mostChoices)
        for choice in 0..<choices {
            if choice > 0 { machine.load(base) }
            switch machine.step(thread, choice: UInt64(choice), log: &log) {
            case .blocked, .finished:
                guard Counterexample.isStuck(machine), machine.restFinding()?.property == property else { return nil }
                return schedule(to: number)
            case .finding(let finding):
                guard finding.property == property, Int(node.depth) < maximumDepth else { continue }
                return schedule(to: number) + [ScheduledStep(thread: thread, choice: choice)]
            case .stepped: break
            }
            guard Int(node.depth) < maximumDepth else { continue }
            form.encode(machine.state, into: &words)
            let next = store.insert(words).state
            for other in 0..<threads {
                add(
                    next, other, parent: number, last: thread, choice: choice, depth: Int(node.depth) + 1,
                    isSwitch: other != thread)
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
