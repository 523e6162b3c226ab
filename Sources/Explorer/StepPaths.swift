import Language

/// The ways through a program's instructions that one step of a thread can take.
///
/// A step is known by where it began and where it ended. What lies on every way between the two was passed; where two ways
/// lead to the same end (both arms of an `if` only say something), which of them it was can't be told and is not asked for.
struct StepPaths {
    private let instructions: [Instruction]
    private let functions: [FunctionInfo]
    private let implementations: [[Int]]
    /// Callbacks that a driver may leave out: a call may go on behind itself.
    private let isOptional: [Bool]
    /// Functions without a step of their own, which only ask or compute: they are passed over.
    private var isSilent: [Bool] = []
    /// For each function: where it goes back to.
    private var returns: [[Int]]
    private let faultSlots: Set<Int32>
    /// Points passed on the way from one instruction to another: by where it leads to, from where, and which.
    private var ways: [Int: [(heads: Range<Int>, point: Int)]] = [:]
    /// For each statement that may begin without a step of its own, its line's point.
    private var lines: [Int] = []
    private(set) var points: [CoveragePoint] = []
    private var numbers: [CoveragePoint: Int] = [:]
    /// What the ways are called, by point.
    private(set) var names: [Int: String] = [:]
    /// Functions that some thread can come to.
    private(set) var called: Set<Int> = []
    let entries: [Int]

    init(_ program: Program) {
        instructions = program.instructions
        functions = program.functions
        isOptional = program.callbacks.map(\.isOptional)
        implementations = program.callbacks.map { callback in Set(callback.implementations.values.map(\.function)).sorted() }
        faultSlots = Set(program.faults.map { Int32($0.slot) })
        returns = [[Int]](repeating: [], count: program.functions.count)
        let roots = program.threads.filter { $0.role != .setup }.map(\.function)
        entries = Set(roots.map { program.functions[$0].entry }).sorted()
        isSilent = functions.map { function in
            !instructions[function.entry..<function.end].contains { instruction in
                switch instruction.op {
                case .statement, .call, .dispatch, .finish: true
                case .nothing: instruction.a > 0
                default: false
                }
            }
        }
        let files = program.sources.map(\.name)
        lines = program.statements.map { number(of: CoveragePoint(file: files[$0.file], line: $0.line)) }
        for branch in program.branches {
            for (index, way) in branch.ways.enumerated() {
                let point = CoveragePoint(file: files[branch.file], line: branch.line, column: branch.column, way: index)
                let number = number(of: point)
                names[number] = way.name
                ways[way.target, default: []].append((way.heads, number))
            }
        }
        noteCalls(from: roots)
    }

    private mutating func number(of point: CoveragePoint) -> Int {
        if let known = numbers[point] { return known }
        points.append(point)
        numbers[point] = points.count - 1
        return points.count - 1
    }

    private mutating func noteCalls(from roots: [Int]) {
        called = Set(roots)
        var pending = Set(roots).sorted()
        while let function = pending.popLast() {
            for pc in functions[function].entry..<functions[function].end {
                for callee in callees(instructions[pc]) {
                    returns[callee].append(pc + 1)
                    if called.insert(callee).inserted { pending.append(callee) }
                }
            }
        }
    }

    private func callees(_ instruction: Instruction) -> [Int] {
        switch instruction.op {
        case .call: [Int(instruction.a)]
        case .dispatch: implementations[Int(instruction.a)]
        default: []
        }
    }

    /// The line of the statement that begins at an instruction.
    func line(at pc: Int) -> Int? {
        guard pc >= 0 else { return nil }
        switch instructions[pc].op {
        case .statement: return lines[Int(instructions[pc].a)]
        case .nothing where instructions[pc].a > 0: return lines[Int(instructions[pc].a) - 1]
        default: return nil
        }
    }

    // MARK: One step

    /// A place inside of a step: an instruction, and where the calls that the step has made go back to.
    private struct Spot: Hashable {
        var pc: Int
        var stack: [Int]
    }

    /// Where a step from an instruction can end, and which points every way there passes.
    /// - Parameter withFaults: also the ways that are open only while some fault is on.
    func ends(from start: Int, withFaults: Bool) -> [Int: Set<Int>] {
        // Forwards until nothing changes: a spot's points are those that all ways to it have in common.
        let first = Spot(pc: start, stack: [])
        var passed: [Spot: Set<Int>] = [first: Set(line(at: start).map { [$0] } ?? [])]
        var ends: [Int: Set<Int>] = [:]
        var pending = [first]
        while let spot = pending.popLast() {
            guard let before = passed[spot] else { continue }
            for next in successors(of: spot, withFaults: withFaults) {
                let points = before.union(self.points(from: spot.pc, to: next.pc))
                let isEnd = next.pc < 0 || instructions[next.pc].op == .statement
                if isEnd {
                    ends[next.pc] = ends[next.pc].map { $0.intersection(points) } ?? points
                    continue
                }
                let common = passed[next].map { $0.intersection(points) } ?? points
                if passed[next] != common {
                    passed[next] = common
                    pending.append(next)
                }
            }
        }
        return ends
    }

    private func points(from pc: Int, to next: Int) -> [Int] {
        var result = instructions[pc].op == .nothing ? line(at: pc).map { [$0] } ?? [] : []
        for way in ways[next] ?? [] where way.heads.contains(pc) { result.append(way.point) }
        return result
    }

    private func successors(of spot: Spot, withFaults: Bool) -> [Spot] {
        let instruction = instructions[spot.pc]
        func at(_ pc: Int) -> Spot { Spot(pc: pc, stack: spot.stack) }
        switch instruction.op {
        case .finish: return [Spot(pc: Coverage.finished, stack: [])]
        // Nobody listens while exploring.
        case .jump, .jumpIfQuiet: return [at(Int(instruction.c))]
        case .jumpIfFalse, .jumpIfTrue:
            if !withFaults, asksFault(spot.pc) {
                return [at(instruction.op == .jumpIfFalse ? Int(instruction.c) : spot.pc + 1)]
            }
            return [at(spot.pc + 1), at(Int(instruction.c))]
        case .jumpIfEqual, .jumpIfNotEqual, .jumpIfLess, .jumpIfLessOrEqual:
            return [at(spot.pc + 1), at(Int(instruction.c))]
        case .call where isSilent[Int(instruction.a)]: return [at(spot.pc + 1)]
        case .call, .dispatch:
            let inside = callees(instruction).map { Spot(pc: functions[$0].entry, stack: spot.stack + [spot.pc + 1]) }
            return instruction.op == .dispatch && isOptional[Int(instruction.a)] ? inside + [at(spot.pc + 1)] : inside
        case .giveBack:
            if let back = spot.stack.last { return [Spot(pc: back, stack: spot.stack.dropLast())] }
            return returns[Int(instruction.a)].map { Spot(pc: $0, stack: []) }
        default: return [at(spot.pc + 1)]
        }
    }

    /// Whether a jump goes by nothing but a fault.
    private func asksFault(_ pc: Int) -> Bool {
        guard pc > 0, instructions[pc - 1].op == .loadGlobal, instructions[pc - 1].a == instructions[pc].b else {
            return false
        }
        return faultSlots.contains(instructions[pc - 1].b)
    }

    // MARK: All steps

    /// The points that some thread can come to.
    func reachable(withFaults: Bool) -> Set<Int> {
        var result: Set<Int> = []
        var known = Set(entries)
        var pending = entries
        while let start = pending.popLast() {
            for (end, points) in ends(from: start, withFaults: withFaults) {
                result.formUnion(points)
                if end >= 0, known.insert(end).inserted { pending.append(end) }
            }
        }
        return result
    }
}
