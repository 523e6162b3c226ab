/// Every step between states: what cycles are looked for in.
///
/// The states that were first come to from a state follow each other, so only steps to states that were known already are
/// kept here.
struct Transitions {
    /// For each state but the first, the one that it was first come to from: ascending.
    private(set) var parents: [UInt32] = [0]
    /// Where each state's steps to known states begin; the last is where the next state's would.
    private var starts: [UInt32] = [0]
    private var targets: [UInt32] = []

    var byteCount: Int { (parents.count + starts.count + targets.count) * MemoryLayout<UInt32>.stride }

    /// States, of more than one or with a step to itself, in which every one can be come to from every other.
    struct Component {
        /// In ascending order.
        var states: [Int]
        /// No step leads out of them (but into a finding).
        var isFinal: Bool
    }

    /// A state that was not known has been come to.
    mutating func appendNew(from state: Int) { parents.append(UInt32(state)) }

    mutating func append(_ known: Int) { targets.append(UInt32(known)) }

    /// Every step of the state that has been appended to is known.
    mutating func close() { starts.append(UInt32(targets.count)) }

    /// The states that were first come to from a state.
    private func children(of state: Int) -> Range<Int> { firstChild(from: state)..<firstChild(from: state + 1) }

    /// The first state whose parent is this one or a later one. (State 0 is nobody's.)
    private func firstChild(from state: Int) -> Int {
        var low = 1
        var high = parents.count
        while low < high {
            let middle = (low + high) / 2
            if Int(parents[middle]) < state { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Every component (Tarjan, without recursion).
    func cycles() -> [Component] {
        var search = CycleSearch(self)
        return search.run()
    }

    /// A state on the way of a search, with the steps that are still to be looked at.
    fileprivate struct Visit {
        var state: Int
        var child: Int
        var endOfChildren: Int
        var known: Int
        var endOfKnown: Int
    }

    fileprivate func visit(_ state: Int) -> Visit {
        let children = children(of: state)
        return Visit(
            state: state, child: children.lowerBound, endOfChildren: children.upperBound, known: Int(starts[state]),
            endOfKnown: Int(starts[state + 1]))
    }

    fileprivate func target(_ index: Int) -> Int { Int(targets[index]) }

    fileprivate func hasStepToItself(_ state: Int) -> Bool {
        targets[Int(starts[state])..<Int(starts[state + 1])].contains(UInt32(state))
    }
}

private struct CycleSearch {
    private let transitions: Transitions
    private var index: [UInt32]
    private var low: [UInt32]
    private var isOpen: [Bool]
    /// By state: a step leads to a component that is closed already.
    private var leaves: [Bool]
    private var stack: [Int] = []
    private var path: [Transitions.Visit] = []
    private var number: UInt32 = 0
    private var result: [Transitions.Component] = []

    init(_ transitions: Transitions) {
        self.transitions = transitions
        let count = transitions.parents.count
        index = [UInt32](repeating: 0, count: count)
        low = index
        isOpen = [Bool](repeating: false, count: count)
        leaves = isOpen
    }

    mutating func run() -> [Transitions.Component] {
        // Every state is come to from the first.
        enter(0)
        while let visit = path.last {
            let place = path.count - 1
            if visit.child < visit.endOfChildren {
                path[place].child += 1
                look(at: visit.child, from: visit.state)
            } else if visit.known < visit.endOfKnown {
                path[place].known += 1
                look(at: transitions.target(visit.known), from: visit.state)
            } else {
                path.removeLast()
                if let above = path.last?.state { low[above] = min(low[above], low[visit.state]) }
                guard low[visit.state] == index[visit.state] else { continue }
                close(visit.state)
                if let above = path.last?.state { leaves[above] = true }
            }
        }
        return result
    }

    private mutating func enter(_ state: Int) {
        number += 1
        index[state] = number
        low[state] = number
        stack.append(state)
        isOpen[state] = true
        path.append(transitions.visit(state))
    }

    private mutating func look(at target: Int, from state: Int) {
        if index[target] == 0 {
            enter(target)
        } else if isOpen[target] {
            low[state] = min(low[state], index[target])
        } else {
            leaves[state] = true
        }
    }

    private mutating func close(_ root: Int) {
        var component: [Int] = []
        while let member = stack.popLast() {
            isOpen[member] = false
            component.append(member)
            if member == root { break }
        }
        guard component.count > 1 || transitions.hasStepToItself(root) else { return }
        let isFinal = component.allSatisfy { !leaves[$0] }
        result.append(Transitions.Component(states: component.sorted(), isFinal: isFinal))
    }
}
