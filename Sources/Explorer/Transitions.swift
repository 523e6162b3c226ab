/// Every step between states, state by state: what cycles are looked for in.
struct Transitions {
    /// Where each state's begin; the last is where the next would.
    private(set) var starts: [UInt32] = [0]
    private(set) var targets: [UInt32] = []
    private(set) var threads: [UInt8] = []

    var byteCount: Int { starts.count * 4 + targets.count * 5 }

    mutating func append(_ target: Int, by thread: Int) {
        targets.append(UInt32(target))
        threads.append(UInt8(thread))
    }

    /// The state that has been appended to is complete.
    mutating func close() { starts.append(UInt32(targets.count)) }

    subscript(state: Int) -> Range<Int> { Int(starts[state])..<Int(starts[state + 1]) }

    /// The sets of states, of more than one or with a step to itself, in which every state can be come to from every other
    /// (Tarjan, without recursion).
    func cycles(count: Int) -> [[Int]] {
        var index = [UInt32](repeating: 0, count: count)
        var low = index
        var isOpen = [Bool](repeating: false, count: count)
        var stack: [Int] = []
        var path: [(state: Int, next: Int)] = []
        var number: UInt32 = 0
        var result: [[Int]] = []
        for root in 0..<count where index[root] == 0 {
            path.append((root, Int(starts[root])))
            while let (state, next) = path.last {
                if next == Int(starts[state]) {
                    number += 1
                    index[state] = number
                    low[state] = number
                    stack.append(state)
                    isOpen[state] = true
                }
                if next < Int(starts[state + 1]) {
                    path[path.count - 1].next = next + 1
                    let target = Int(targets[next])
                    if index[target] == 0 {
                        path.append((target, Int(starts[target])))
                    } else if isOpen[target] {
                        low[state] = min(low[state], index[target])
                    }
                    continue
                }
                path.removeLast()
                if let above = path.last?.state { low[above] = min(low[above], low[state]) }
                guard low[state] == index[state] else { continue }
                var component: [Int] = []
                while let member = stack.popLast() {
                    isOpen[member] = false
                    component.append(member)
                    if member == state { break }
                }
                if component.count > 1 || self[state].contains(where: { Int(targets[$0]) == state }) {
                    result.append(component.sorted())
                }
            }
        }
        return result
    }
}
