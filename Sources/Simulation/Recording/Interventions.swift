import Machine
import Scene

/// What was decided otherwise than the policy would have, at one step.
public struct Intervention: Sendable, Equatable {
    /// The thread that takes the step.
    public var thread: Int?
    /// Which way it goes at a `choose`; the seed says when this is `nil`. Means something with ``thread`` only.
    public var choice: Int?
    /// What was changed before the step is taken, in this order.
    var changes: [Interventions.Change.Kind] = []

    /// - Parameters:
    ///   - thread: 0 ..< ``Machine/threadCount``.
    ///   - choice: 0 or more; modulo the number of ways.
    ///   - policy: the policy from this step on.
    public init(thread: Int? = nil, choice: Int? = nil, policy: Policy? = nil) {
        self.thread = thread
        self.choice = choice
        self.policy = policy
    }

    /// The policy from this step on.
    public var policy: Policy? {
        get {
            for case .policy(let policy) in changes.reversed() { return policy }
            return nil
        }
        set {
            changes.removeAll { if case .policy = $0 { true } else { false } }
            if let newValue { changes.append(.policy(newValue)) }
        }
    }

    /// Whether a workload's threads come to rest, or no longer, from this step on.
    var isDrained: Bool { changes.contains { if case .draining = $0 { true } else { false } } }
}

/// The interventions of a run by the step that they were made at: two bytes for a step that was chosen.
public struct Interventions: Sendable, Equatable {
    /// Steps in a row that were all chosen.
    struct Stretch: Sendable, Equatable {
        var first: Int
        var steps: [Packed]
        var end: Int { first + steps.count }
    }

    /// A chosen step: the thread in the lower six bits (a program has at most 61), above them the choice plus one.
    struct Packed: Sendable, Equatable {
        static let noChoice: UInt16 = 0
        /// The choice is too great and stands in ``Interventions/wide``.
        static let wide: UInt16 = 1023
        var bits: UInt16
        var thread: Int { Int(bits & 63) }
        var choice: UInt16 { bits >> 6 }
    }

    /// A decision that holds from a step on.
    struct Change: Sendable, Equatable {
        enum Kind: Sendable, Equatable {
            case policy(Policy)
            case draining(Bool)
            /// An operation of the program's begins, by its name.
            case operation(String, [PerturbationArgument])
            case fault(String, isOn: Bool)
            case hold(Int, isHeld: Bool)
            /// For so many steps of others.
            case delay(Int, steps: Int)
            /// The invalidate_seq of the mm of this number among the live ones, so many additions before its wrap.
            case sequence(mm: Int, distance: Int)
        }
        var step: Int
        var kind: Kind
    }

    /// Ascending, and none empty.
    private(set) var stretches: [Stretch] = []
    /// Ascending by step.
    private(set) var changes: [Change] = []
    private var wide: [Int: Int] = [:]
    /// No step from this one on has an intervention.
    private(set) var end = 0

    /// None.
    public init() {}

    /// Every step chosen, from step 0 on.
    public init(_ schedule: some Sequence<ScheduledStep>) {
        for (step, chosen) in schedule.enumerated() { append(thread: chosen.thread, choice: chosen.choice, at: step) }
    }

    /// Whether nothing was decided at any step.
    public var isEmpty: Bool { end == 0 }

    /// Whether a thread was ever chosen by hand.
    public var hasChosenSteps: Bool { !stretches.isEmpty }

    /// What was decided at a step; `nil` when nothing was.
    public subscript(step: Int) -> Intervention? {
        guard step < end else { return nil }
        var result = Intervention()
        if let packed = packed(at: step) {
            result.thread = packed.thread
            result.choice = choice(packed, at: step)
        }
        var index = firstChange(from: step)
        while index < changes.count, changes[index].step == step {
            result.changes.append(changes[index].kind)
            index += 1
        }
        return result.thread == nil && result.changes.isEmpty ? nil : result
    }

    /// How many changes were made at a step.
    func changeCount(at step: Int) -> Int { firstChange(from: step + 1) - firstChange(from: step) }

    /// Whether threads alone were chosen, or nothing was.
    var hasChanges: Bool { !changes.isEmpty }

    func choice(_ packed: Packed, at step: Int) -> Int? {
        switch packed.choice {
        case Packed.noChoice: nil
        case Packed.wide: wide[step]
        case let choice: Int(choice) - 1
        }
    }

    func packed(at step: Int) -> Packed? {
        let index = firstStretch(endingAfter: step)
        guard index < stretches.count, stretches[index].first <= step else { return nil }
        return stretches[index].steps[step - stretches[index].first]
    }

    func firstStretch(endingAfter step: Int) -> Int {
        lowerBound(stretches.count) { stretches[$0].end > step }
    }

    func firstChange(from step: Int) -> Int {
        lowerBound(changes.count) { changes[$0].step >= step }
    }

    /// The first index for which the condition holds, given that it holds for all behind it.
    private func lowerBound(_ count: Int, _ condition: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if condition(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    // MARK: Changing

    /// A thread for a step. What was chosen from that step on before is forgotten.
    mutating func append(thread: Int, choice: Int?, at step: Int) {
        removeSteps(from: step)
        let packed: Packed
        switch choice {
        case nil: packed = Packed(bits: UInt16(thread & 63))
        case let choice? where choice >= 0 && choice < Int(Packed.wide) - 1:
            packed = Packed(bits: UInt16(choice + 1) << 6 | UInt16(thread & 63))
        case let choice?:
            packed = Packed(bits: Packed.wide << 6 | UInt16(thread & 63))
            wide[step] = choice
        }
        if let last = stretches.indices.last, stretches[last].end == step {
            stretches[last].steps.append(packed)
        } else {
            stretches.append(Stretch(first: step, steps: [packed]))
        }
        end = max(end, step + 1)
    }

    /// A change at a step, behind those that were made at it; what was changed later is forgotten. Of policies at one step
    /// only the last counts.
    mutating func append(_ kind: Change.Kind, at step: Int) {
        changes.removeSubrange(firstChange(from: step + 1)...)
        let replaced = changes.lastIndex { change in
            guard change.step == step else { return false }
            switch (change.kind, kind) {
            case (.policy, .policy), (.draining, .draining): return true
            default: return false
            }
        }
        if let replaced { changes.remove(at: replaced) }
        changes.append(Change(step: step, kind: kind))
        end = max(end, step + 1)
    }

    /// Forgets what was decided at this step and behind it.
    mutating func removeAll(from step: Int) {
        removeSteps(from: step)
        changes.removeSubrange(firstChange(from: step)...)
        settleEnd()
    }

    /// Forgets the threads that were chosen at this step and behind it.
    mutating func removeSteps(from step: Int) {
        guard let last = stretches.last, last.end > step else { return }
        while let last = stretches.indices.last, stretches[last].end > step {
            if stretches[last].first >= step {
                stretches.removeLast()
            } else {
                stretches[last].steps.removeLast(stretches[last].end - step)
            }
        }
        if !wide.isEmpty { wide = wide.filter { $0.key < step } }
        settleEnd()
    }

    /// The last thing decided by hand at or before a step: a thread for it, or a change.
    func lastDecision(upTo step: Int) -> (step: Int, change: Change.Kind?)? {
        let change = changes[..<firstChange(from: step + 1)].last
        var chosen: Int?
        let index = firstStretch(endingAfter: step)
        if index < stretches.count, stretches[index].first <= step {
            chosen = step
        } else if index > 0 {
            chosen = stretches[index - 1].end - 1
        }
        switch (chosen, change) {
        case (nil, nil): return nil
        case (let chosen?, nil): return (chosen, nil)
        case (nil, let change?): return (change.step, change.kind)
        // A thread is chosen for the step when the changes have been made.
        case (let chosen?, let change?): return chosen >= change.step ? (chosen, nil) : (change.step, change.kind)
        }
    }

    /// Takes back the last change at a step, and all that was decided behind it.
    mutating func removeLastChange(at step: Int) {
        removeSteps(from: step)
        changes.removeSubrange(firstChange(from: step + 1)...)
        if changes.last?.step == step { changes.removeLast() }
        settleEnd()
    }

    /// The first step at which something else was decided than in another run; `.max` where nothing was.
    func firstDifference(from other: Interventions) -> Int {
        var result = Int.max
        let pair = zip(changes, other.changes).first { $0 != $1 }
        if let pair {
            result = min(pair.0.step, pair.1.step)
        } else if changes.count != other.changes.count {
            let shorter = min(changes.count, other.changes.count)
            result = (changes.count > shorter ? changes[shorter] : other.changes[shorter]).step
        }
        var index = 0
        while index < stretches.count || index < other.stretches.count {
            guard index < stretches.count, index < other.stretches.count else {
                let rest = index < stretches.count ? stretches[index] : other.stretches[index]
                return min(result, rest.first)
            }
            let (one, two) = (stretches[index], other.stretches[index])
            if one.first != two.first { return min(result, one.first, two.first) }
            for offset in 0..<max(one.steps.count, two.steps.count) {
                let step = one.first + offset
                if step >= result { return result }
                guard offset < one.steps.count, offset < two.steps.count, one.steps[offset] == two.steps[offset],
                    wide[step] == other.wide[step]
                else { return min(result, step) }
            }
            index += 1
        }
        return result
    }

    /// How much there is of it: chosen steps and changes.
    var weight: Int { stretches.reduce(changes.count) { $0 + $1.steps.count } }

    // MARK: Parts

    /// What was decided at the steps of a range.
    func part(_ range: Range<Int>) -> Interventions {
        var result = Interventions()
        var index = firstStretch(endingAfter: range.lowerBound)
        while index < stretches.count, stretches[index].first < range.upperBound {
            let stretch = stretches[index]
            let first = max(stretch.first, range.lowerBound)
            let end = min(stretch.end, range.upperBound)
            let steps = stretch.steps[(first - stretch.first)..<(end - stretch.first)]
            result.stretches.append(Stretch(first: first, steps: Array(steps)))
            index += 1
        }
        result.wide = wide.isEmpty ? [:] : wide.filter { range.contains($0.key) }
        result.changes = changes[firstChange(from: range.lowerBound)..<firstChange(from: range.upperBound)].map { $0 }
        result.settleEnd()
        return result
    }

    /// Puts a part behind what is here already.
    mutating func append(_ part: Interventions) {
        for stretch in part.stretches {
            if let last = stretches.indices.last, stretches[last].end == stretch.first {
                stretches[last].steps.append(contentsOf: stretch.steps)
            } else {
                stretches.append(stretch)
            }
        }
        wide.merge(part.wide) { $1 }
        for change in part.changes { append(change.kind, at: change.step) }
        settleEnd()
    }

    private mutating func settleEnd() {
        end = max(stretches.last?.end ?? 0, changes.last.map { $0.step + 1 } ?? 0)
    }
}
