import IntervalTree
import Language
import Machine

/// Every state as it is, without normal form or stretches: what the explorer is judged by.
struct BruteForce {
    struct Key: Hashable { var slots: [Int64]; var trees: [[UInt64]] }
    var properties: Set<String> = []
    var states = 0
    var isComplete = true

    static func key(_ machine: Machine) -> Key {
        var trees: [[UInt64]] = []
        for tree in machine.state.trees {
            var row: [UInt64] = []
            var handle = tree.firstOverlap(first: 0, last: .max)
            while let element = handle {
                row.append(UInt64(tree.tag(of: element)))
                handle = tree.nextOverlap(after: element, first: 0, last: .max)
            }
            trees.append(row)
        }
        return Key(slots: machine.state.slots, trees: trees)
    }

    init(_ program: Program, limit: Int) {
        let start = Machine(program)
        if let finding = start.setupFinding { properties.insert(finding.property); return }
        var numbers: [Key: Int] = [Self.key(start): 0]
        var list = [start.state]
        var edges: [[(Int, Int)]] = []
        var machine = start
        var log = EventLog(isOn: false)
        var next = 0
        while next < list.count {
            if list.count > limit { isComplete = false; states = list.count; return }
            let base = list[next]
            next += 1
            var out: [(Int, Int)] = []
            var isStuck = true
            for thread in 0..<start.threadCount {
                machine.restore(base)
                let choices = machine.choices(of: thread)
                for choice in 0..<choices {
                    machine.restore(base)
                    switch machine.step(thread, choice: UInt64(choice), log: &log) {
                    case .blocked, .finished: continue
                    case .finding(let finding): properties.insert(finding.property); isStuck = false
                    case .stepped:
                        isStuck = false
                        let key = Self.key(machine)
                        if let known = numbers[key] { out.append((known, thread)) } else {
                            numbers[key] = list.count
                            out.append((list.count, thread))
                            list.append(machine.state)
                        }
                    }
                }
            }
            if isStuck {
                machine.restore(base)
                if let finding = machine.restFinding() { properties.insert(finding.property) }
            }
            edges.append(out)
        }
        states = list.count
        if Self.livelock(program, edges) { properties.insert("no-livelock") }
    }

    /// Whether a cycle is fair although a thread of the scenario goes round it (components by Kosaraju).
    static func livelock(_ program: Program, _ edges: [[(Int, Int)]]) -> Bool {
        let count = edges.count
        var back: [[Int]] = Array(repeating: [], count: count)
        for (from, out) in edges.enumerated() { for (to, _) in out { back[to].append(from) } }
        var seen = [Bool](repeating: false, count: count), order: [Int] = []
        for root in 0..<count where !seen[root] {
            var path = [(root, 0)]
            seen[root] = true
            while let (state, index) = path.last {
                if index < edges[state].count {
                    path[path.count - 1].1 += 1
                    let to = edges[state][index].0
                    if !seen[to] { seen[to] = true; path.append((to, 0)) }
                } else { order.append(state); path.removeLast() }
            }
        }
        var component = [Int](repeating: -1, count: count)
        for root in order.reversed() where component[root] < 0 {
            var stack = [root], members: [Int] = []
            component[root] = root
            while let state = stack.popLast() {
                members.append(state)
                for to in back[state] where component[to] < 0 { component[to] = root; stack.append(to) }
            }
            var stepping: UInt64 = 0, always = UInt64.max
            for state in members {
                var enabled: UInt64 = 0
                for (to, thread) in edges[state] {
                    enabled |= 1 << UInt64(thread)
                    if component[to] == root { stepping |= 1 << UInt64(thread) }
                }
                always &= enabled
            }
            guard stepping != 0, always & ~stepping == 0 else { continue }
            if program.threads.indices.contains(where: { program.threads[$0].role == .scenario && stepping & (1 << UInt64($0)) != 0 }) { return true }
        }
        return false
    }
}
