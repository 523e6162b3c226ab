import IntervalTree
import Language
import Machine

/// Every interleaving of single steps over whole states: what the explorer is judged by. It has the machine's step, and
/// nothing of the explorer; which ends are wrong, which rounds are, and whether an invariant holds it decides itself.
///
/// As short as can be, so that it can be seen to be right; slow, and only for small programs.
struct ReferenceChecker {
    /// What a step found, and where.
    struct StepFinding: Hashable {
        var property: String
        var thread: Int
        var line: Int
    }

    /// A condition that holds in every state, in words of the model's language.
    struct Invariant {
        var name: String
        var condition: String
    }

    private(set) var stepFindings: Set<StepFinding> = []
    /// Of invariants, rounds and states in which nothing goes on.
    private(set) var otherProperties: Set<String> = []
    /// It has seen every state.
    private(set) var isComplete = true
    var stateCount: Int { states.count }
    var properties: Set<String> { otherProperties.union(stepFindings.map(\.property)) }

    private var machine: Machine
    private var program: Program { machine.program }
    private let invariants: [(name: String, condition: PreparedExpression)]
    private(set) var states: [State] = []
    private var numbers: [Key: Int] = [:]
    private var steps: [[Step]] = []
    /// Who could step, be it into a finding; and the states from which somebody does that.
    private var enabled: [UInt64] = []

    /// Ways that one step may go.
    private static let mostWays: UInt64 = 1 << 14

    private struct Step {
        var thread: Int
        var target: Int
    }

    /// A state as it is; of a tree, the elements in their order.
    struct Key: Hashable {
        private var words: [Int64]

        init(_ machine: Machine) {
            words = machine.state.slots
            for tree in machine.state.trees {
                words.append(-1)
                words += tree.overlaps(first: 0, last: .max).map { Int64(tree.tag(of: $0)) }
            }
        }

        func hash(into hasher: inout Hasher) { words.withUnsafeBytes { hasher.combine(bytes: $0) } }
    }

    /// - Parameters:
    ///   - program: without its invariants, which are asked here.
    ///   - limit: states beyond which it gives up.
    init(_ program: Program, invariants: [Invariant] = [], limit: Int = 20_000) throws {
        machine = Machine(program)
        let evaluator = Evaluator(program)
        self.invariants = try invariants.map { ($0.name, try evaluator.expression($0.condition)) }
        if let finding = machine.setupFinding { note(finding) }
        guard machine.setupFinding == nil, enter() != nil else { return }
        var next = 0
        while next < states.count {
            isComplete = isComplete && states.count <= limit
            guard isComplete else { return }
            expand(next)
            next += 1
        }
        guard isComplete else { return }
        for component in components(of: Array(states.indices)) { judge(component) }
    }

    // MARK: States

    /// The number of the state that the machine is in; nil where an invariant is broken.
    private mutating func enter() -> Int? {
        let key = Key(machine)
        if let known = numbers[key] { return known }
        for (name, condition) in invariants where !condition.isTrue(in: machine) {
            otherProperties.insert(name)
            return nil
        }
        numbers[key] = states.count
        states.append(machine.state)
        for finding in machine.holdingFindings() { note(finding) }
        return states.count - 1
    }

    private mutating func note(_ finding: MachineFinding) {
        stepFindings.insert(
            StepFinding(
                property: finding.property, thread: finding.thread, line: program.statements[finding.statement].line))
    }

    private mutating func expand(_ state: Int) {
        var log = EventLog(isOn: false)
        var found: [Step] = []
        var mask: UInt64 = 0
        for thread in 0..<machine.threadCount {
            // The step itself tells in which other way it could have gone.
            var choice: UInt64? = 0
            while let way = choice {
                machine.load(states[state])
                let outcome = machine.step(thread, choice: way, log: &log)
                choice = machine.nextChoice == 0 ? nil : machine.nextChoice
                isComplete = isComplete && way < Self.mostWays
                switch outcome {
                case .blocked, .finished: continue
                case .finding(let finding):
                    note(finding)
                case .stepped:
                    if let target = enter() { found.append(Step(thread: thread, target: target)) }
                }
                mask |= 1 << UInt64(thread)
                guard isComplete else { return }
            }
        }
        steps.append(found)
        enabled.append(mask)
    }

    // MARK: Rounds and ends

    /// A set of states in which each can be come to from each other, or a single one.
    private mutating func judge(_ component: [Int]) {
        let members = Set(component)
        let isLeft = component.contains { steps[$0].contains { !members.contains($0.target) } }
        // Where all that anybody could do is a finding, the way has ended: nobody is kept waiting by that.
        let goesOn = component.contains { !steps[$0].isEmpty } || component.allSatisfy { enabled[$0] == 0 }
        if !isLeft, goesOn { judgeEnd(component) }
        if hasFairRound(members) { otherProperties.insert("no-livelock") }
    }

    /// No step leaves these states: whoever is blocked in every one of them is for ever.
    private mutating func judgeEnd(_ component: [Int]) {
        let everEnabled = component.reduce(0) { $0 | enabled[$1] }
        machine.load(states[component[0]])
        var causes: [Blockage.Cause] = []
        for thread in 0..<machine.threadCount where everEnabled & (1 << UInt64(thread)) == 0 {
            guard program.threads[thread].role != .daemon, case .blocked(let blockage) = machine.standing(of: thread),
                blockage.cause != .teardown
            else { continue }
            causes.append(blockage.cause)
        }
        if !causes.isEmpty {
            otherProperties.insert(causes.allSatisfy { $0 == .sleep } ? "no-lost-wakeup" : "no-deadlock")
        } else if isPageLocked(in: component) {
            otherProperties.insert("lock-discipline")
        } else if program.threads.contains(where: { $0.role == .teardown }), areLeft(in: component) {
            otherProperties.insert("refs-balanced")
        }
    }

    /// Everybody has ended but the daemons, and a page is locked by one who has.
    private mutating func isPageLocked(in component: [Int]) -> Bool {
        component.allSatisfy { state in
            machine.load(states[state])
            guard machine.isAtRest else { return false }
            return program.records.indices.contains { record in
                program.records[record].fields.contains { field in
                    field.type == .pageLock && machine.liveRecords(record).contains {
                        let holder = Int(machine.slot($0 + field.offset)) - 1
                        return holder >= 0 && (holder >= machine.threadCount || machine.hasFinished(holder))
                    }
                }
            }
        }
    }

    /// Everybody has ended but the daemons, and of some kind of record there always is one.
    private mutating func areLeft(in component: [Int]) -> Bool {
        var left = Set(program.records.indices)
        for state in component {
            machine.load(states[state])
            guard machine.isAtRest else { return false }
            left = left.filter { !machine.liveRecords($0).isEmpty }
        }
        return !left.isEmpty
    }

    /// Whether one can go round in these states for ever, and fairly: whoever always could step does, and whoever waits for a
    /// lock that is free now and then gets it.
    private mutating func hasFairRound(_ members: Set<Int>) -> Bool {
        var (stepping, everEnabled, excused): (UInt64, UInt64, UInt64) = (0, 0, 0)
        for state in members {
            for step in steps[state] where members.contains(step.target) { stepping |= 1 << UInt64(step.thread) }
            everEnabled |= enabled[state]
        }
        guard stepping != 0 else { return false }
        for state in members { excused |= ~(enabled[state] | waitingForLock(in: state)) }
        let neglected = everEnabled & ~stepping & ~excused
        guard neglected != 0 else {
            return program.threads.indices.contains {
                [.scenario, .teardown].contains(program.threads[$0].role) && stepping & (1 << UInt64($0)) != 0
            }
        }
        let rest = members.filter { enabled[$0] & neglected == 0 }
        for component in components(of: Array(rest)) where hasFairRound(Set(component)) { return true }
        return false
    }

    private mutating func waitingForLock(in state: Int) -> UInt64 {
        machine.load(states[state])
        return (0..<machine.threadCount).reduce(0) { mask, thread in
            guard enabled[state] & (1 << UInt64(thread)) == 0, case .blocked(let blockage) = machine.standing(of: thread) else {
                return mask
            }
            switch blockage.cause {
            case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite: return mask | 1 << UInt64(thread)
            default: return mask
            }
        }
    }

    /// The strongly connected components of some states (Tarjan).
    private func components(of members: [Int]) -> [[Int]] {
        var result: [[Int]] = []
        var isMember = [Bool](repeating: false, count: states.count)
        for state in members { isMember[state] = true }
        var index = [Int](repeating: -1, count: states.count)
        var low = index
        var isOpen = [Bool](repeating: false, count: states.count)
        var (open, path, count): ([Int], [(state: Int, next: Int)], Int) = ([], [], 0)
        func enter(_ state: Int) {
            (index[state], low[state], isOpen[state]) = (count, count, true)
            count += 1
            open.append(state)
            path.append((state, 0))
        }
        for root in members where index[root] < 0 {
            enter(root)
            while let (state, next) = path.last {
                if next < steps[state].count {
                    path[path.count - 1].next += 1
                    let target = steps[state][next].target
                    if !isMember[target] { continue }
                    if index[target] < 0 { enter(target) } else if isOpen[target] { low[state] = min(low[state], index[target]) }
                    continue
                }
                path.removeLast()
                if let above = path.last?.state { low[above] = min(low[above], low[state]) }
                guard low[state] == index[state] else { continue }
                var component: [Int] = []
                repeat {
                    component.append(open.removeLast())
                    isOpen[component[component.count - 1]] = false
                } while component[component.count - 1] != state
                result.append(component)
            }
        }
        return result
    }
}
