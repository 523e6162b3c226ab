extension Compiler {
    /// Gives every frame, pool and thread its place in the state, and every operand its slot.
    mutating func link() {
        let callbackFrames = placeFrames()
        guard placeState(callbackFrames) else { return }
        relocate(callbackFrames)
        program.markSteps()
        program.layOutFrames(sequenceNotes)
    }

    /// The functions that a call can lead to.
    private func targets(of callee: Int) -> [Int] {
        guard callee >= Int(Self.callbackBase) else { return [callee] }
        return program.callbacks[callee - Int(Self.callbackBase)].implementations.values.map(\.function).sorted()
    }

    /// A state has a fixed size: no function may come to call itself. Implementations of a callback share their
    /// frame, so none of them may come to call another.
    mutating func refuseRecursion() {
        var edges: [Int: [(caller: Int, callee: Int, range: SourceRange)]] = [:]
        for call in calls {
            let group = group(of: call.caller)
            for target in targets(of: call.callee) {
                edges[group, default: []].append((call.caller, target, call.range))
            }
        }
        var finished: Set<Int> = []
        var path: [(group: Int, function: Int)] = []
        func visit(_ function: Int, _ compiler: inout Compiler) {
            let group = compiler.group(of: function)
            guard !finished.contains(group) else { return }
            path.append((group, function))
            for edge in edges[group] ?? [] {
                path[path.count - 1].function = edge.caller
                if let start = path.firstIndex(where: { $0.group == compiler.group(of: edge.callee) }) {
                    let circle = path[start...].map(\.function) + [edge.callee]
                    let names = circle.map { compiler.program.functions[$0].qualifiedName }
                    let message = names.first == names.last
                        ? "a function may not come to call itself"
                        : "what implements a callback may not come to call another that does"
                    compiler.report(message, hint: names.joined(separator: " → "), at: edge.range)
                } else if path.count >= Self.deepestCalls {
                    compiler.report("calls go more than \(Self.deepestCalls) deep here", at: edge.range)
                } else {
                    visit(edge.callee, &compiler)
                }
            }
            path.removeLast()
            finished.insert(group)
        }
        for function in program.functions.indices { visit(function, &self) }
    }

    private static let deepestCalls = 128

    /// The callback that a function implements, or itself.
    private func group(of function: Int) -> Int {
        guard program.functions.indices.contains(function), let callback = program.functions[function].callback else {
            return function
        }
        return Int(Self.callbackBase) + callback
    }

    /// A frame lies behind those of all callers, so that it can stand at one place; implementations of a
    /// callback share theirs. Returns the callbacks' frames.
    private mutating func placeFrames() -> [Int] {
        var starts = [Int](repeating: Program.ThreadSlot.count, count: program.functions.count)
        var callbackStarts = [Int](repeating: Program.ThreadSlot.count, count: program.callbacks.count)
        var changed = true
        while changed {
            changed = false
            for call in calls {
                let end = starts[call.caller] + program.functions[call.caller].frame.count
                if call.callee >= Int(Self.callbackBase) {
                    let callback = call.callee - Int(Self.callbackBase)
                    if callbackStarts[callback] < end { (callbackStarts[callback], changed) = (end, true) }
                } else if starts[call.callee] < end {
                    (starts[call.callee], changed) = (end, true)
                }
            }
            for (callback, info) in program.callbacks.enumerated() {
                for (function, _) in info.implementations.values {
                    let common = max(starts[function], callbackStarts[callback])
                    if starts[function] != common { (starts[function], changed) = (common, true) }
                    if callbackStarts[callback] != common { (callbackStarts[callback], changed) = (common, true) }
                }
            }
        }
        for index in program.functions.indices {
            program.functions[index].frame = starts[index]..<(starts[index] + program.functions[index].frame.count)
            for local in program.functions[index].locals.indices {
                program.functions[index].locals[local].slot += starts[index]
            }
        }
        return callbackStarts
    }

    /// Operands become slots of a thread's block.
    private mutating func relocate(_ callbackFrames: [Int]) {
        for function in program.functions {
            let base = Int32(function.frame.lowerBound)
            for index in function.entry..<function.end {
                program.instructions[index] = relocated(program.instructions[index], base, callbackFrames)
            }
        }
        for index in program.statements.indices {
            let base = program.functions[program.statements[index].function].frame.lowerBound
            let scratch = program.statements[index].scratch
            program.statements[index].scratch = (scratch.lowerBound + base)..<(scratch.upperBound + base)
        }
    }

    private func relocated(_ instruction: Instruction, _ base: Int32, _ callbackFrames: [Int]) -> Instruction {
        var result = instruction
        let values = instruction.op.values
        if values & 1 != 0, result.a >= 0 { result.a += base }
        if values & 2 != 0, result.b >= 0 { result.b += base }
        if values & 4 != 0, result.c >= 0 { result.c += base }
        if values & 8 != 0, result.d >= 0 { result.d += base }
        switch instruction.op {
        case .argument:
            let callee = Int(instruction.c)
            let frame =
                callee >= Int(Self.callbackBase)
                ? callbackFrames[callee - Int(Self.callbackBase)]
                : program.functions[callee].frame.lowerBound
            result.op = .move
            result.a = Int32(frame + 1) + instruction.a
            result.c = 0
        case .call:
            result.b = Int32(program.functions[Int(instruction.a)].frame.lowerBound)
            result.c = Int32(program.functions[Int(instruction.a)].entry)
        case .dispatch:
            result.d = Int32(callbackFrames[Int(instruction.a)])
        case .giveBack:
            result.d = base
            result.bits = UInt16(program.functions[Int(instruction.a)].frame.count)
        default: break
        }
        return result
    }

    /// Globals, pools, then a block for each thread that has room for the deepest of its calls.
    private mutating func placeState(_ callbackFrames: [Int]) -> Bool {
        var next = program.globals.count
        for index in program.segments.indices {
            if let parent = program.segments[index].parent {
                program.segments[index].base = program.segments[parent].base + program.segments[index].offset
            } else {
                program.segments[index].hintSlot = next
                next += 1
                program.segments[index].base = next
                next += program.segments[index].stride * program.segments[index].count
            }
        }
        var reachable = Set(program.threads.map(\.function) + program.operations.map(\.function))
        var pending = Array(reachable)
        var deepest = Program.ThreadSlot.count
        while let function = pending.popLast() {
            deepest = max(deepest, program.functions[function].frame.upperBound)
            for call in calls where call.caller == function {
                // Nobody may implement a callback: its arguments need their place all the same.
                if call.callee >= Int(Self.callbackBase) {
                    let callback = call.callee - Int(Self.callbackBase)
                    deepest = max(deepest, callbackFrames[callback] + 1 + program.callbacks[callback].parameterCount)
                }
                for target in targets(of: call.callee) where reachable.insert(target).inserted { pending.append(target) }
            }
        }
        program.threadBase = next
        program.threadStride = deepest
        program.slotCount = next + program.threadStride * program.threads.count
        guard program.slotCount <= Self.largestState else {
            report("a state of this would have \(program.slotCount) numbers", hint: "\(Self.largestState) are the limit",
                at: SourceRange(file: 0, start: 0, end: 0))
            return false
        }
        return true
    }

    private static let largestState = 1 << 24
}

extension Program {
    /// Which steps may find themselves unable to go on, which offer a choice.
    mutating func markSteps() {
        var current: Int?
        for instruction in instructions {
            if instruction.op == .statement { current = Int(instruction.a) }
            guard let statement = current else { continue }
            if instruction.op.mayBlock {
                statements[statement].mayBlock = true
            } else if instruction.op.isShared, !statements[statement].mayBlock {
                statements[statement].hasFixedPlace = false
            }
            if instruction.op == .choose { statements[statement].hasChoice = true }
            if instruction.op == .giveBack || instruction.op == .finish { current = nil }
        }
    }
}
