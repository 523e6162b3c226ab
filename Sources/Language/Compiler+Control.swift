extension Compiler {
    /// The head of a compound statement ends here.
    private mutating func endHead(_ start: Int) { headEnds[start] = here }

    /// Notes the ways that a head goes on in, for who asks which of them were gone.
    mutating func noteBranch(at range: SourceRange, _ ways: [BranchInfo.Way]) {
        let (line, column) = program.sources[range.file].lineAndColumn(at: range.start)
        program.branches.append(BranchInfo(file: range.file, line: line, column: column, ways: ways))
    }

    mutating func branch(_ condition: Expression, _ first: [Statement], _ second: [Statement], base: Int32) {
        let start = headStart
        let toElse = emitJumps(condition, when: false)
        endHead(start)
        let head = start..<here
        defer {
            // Where the jumps of the head lead to is known at the end.
            if let jump = toElse.first {
                noteBranch(
                    at: condition.range,
                    [
                        BranchInfo.Way(name: "true", heads: head, target: head.upperBound),
                        BranchInfo.Way(name: "false", heads: head, target: Int(program.instructions[jump].c)),
                    ])
            }
        }
        body.nextSlot = max(base, body.nextSlot)
        // What the condition changed is asked about on both ways.
        let asks = body.asks
        flushInvariants()
        emit(first)
        if second.isEmpty, asks.isEmpty { return patch(toElse, to: here) }
        let toEnd = emit(Instruction(.jump))
        patch(toElse, to: here)
        body.asks = asks
        flushInvariants()
        emit(second)
        patch([toEnd], to: here)
    }

    /// The statement instruction of the compound statement that begins to be emitted; in `atomic` it has none.
    private var headStart: Int { body.atomicDepth == 0 ? here - 1 : here }

    mutating func loop(_ condition: Expression?, _ statements: [Statement], base: Int32) {
        // A `while` is back at its own statement each time round.
        let start = condition == nil ? here : headStart
        body.loops.append(FunctionBody.Loop(next: start, heldOutside: body.held.count))
        var exits: [Int] = []
        if let condition {
            exits += emitJumps(condition, when: false)
            endHead(start)
        }
        let head = start..<here
        let asks = body.asks
        flushInvariants()
        emit(statements)
        emit(Instruction(.jump, c: Int32(start)))
        let leaving = here
        if !asks.isEmpty {
            // The condition changed something on the way out, too.
            patch(exits, to: leaving)
            exits = []
            body.asks = asks
            flushInvariants()
        }
        finishLoop(exits, next: start)
        if let condition {
            noteBranch(
                at: condition.range,
                [
                    BranchInfo.Way(name: "true", heads: head, target: head.upperBound),
                    BranchInfo.Way(name: "false", heads: head, target: leaving),
                ])
        }
    }

    private mutating func finishLoop(_ exits: [Int], next: Int) {
        guard let loop = body.loops.popLast() else { return }
        patch(exits + loop.exits, to: here)
        patch(loop.continues, to: next)
    }

    mutating func count(_ name: Name, _ first: Expression, _ last: Expression?, _ statements: [Statement]) {
        let start = headStart
        body.scopes.append([:])
        let locals = body.locals.count
        defer { body.endScope(after: locals) }
        let (low, high) = bounds(first, last)
        let variable = body.declare(name.text, low.type)
        let limit = body.slot()
        emit(Instruction(.move, a: limit, b: high.code))
        emit(Instruction(.move, a: variable, b: low.code))
        flushInvariants()
        endHead(start)
        let top = here
        let exit = emit(Instruction(.jumpIfLess, b: limit, d: variable))
        body.loops.append(FunctionBody.Loop(next: nil, heldOutside: body.held.count))
        emit(statements)
        let next = here
        var exits = [exit]
        // The greatest number has none after it.
        if high.code >= 0 || high.code == constant(.max) {
            exits.append(emit(Instruction(.jumpIfEqual, b: variable, d: constant(.max))))
        }
        var wraps = false
        if case .integer(let width) = low.type { wraps = width.wraps }
        emit(Instruction(wraps ? .wrappingAdd : .add, a: variable, b: variable, c: constant(1)))
        emit(Instruction(.jump, c: Int32(top)))
        finishLoop(exits, next: next)
        noteBranch(
            at: name.range,
            [
                BranchInfo.Way(name: "goes round", heads: top..<(top + 1), target: top + 1),
                BranchInfo.Way(name: "ends", heads: top..<(top + 1), target: here),
            ])
    }

    /// `a..b`, or a record's start and last.
    private mutating func bounds(_ first: Expression, _ last: Expression?) -> (Operand, Operand) {
        if let last { return (expect(first, .number), expect(last, .number)) }
        func field(_ name: String) -> Expression {
            Expression(kind: .member(first, Name(text: name, range: first.range)), range: first.range)
        }
        return (expect(field("start"), .number), expect(field("last"), .number))
    }

    mutating func leaveLoop(_ statement: Statement) {
        guard var loop = body.loops.last else {
            report("there is no loop here to leave or go on with", at: statement.range)
            return
        }
        if let atomic = body.atomic, body.loops.count <= atomic.loops {
            leavingAtomic { $0.undo(down: loop.heldOutside, at: statement.range) }
        } else {
            undo(down: loop.heldOutside, at: statement.range)
        }
        let jump = emit(Instruction(.jump))
        if case .exit = statement.kind { loop.exits.append(jump) } else { loop.continues.append(jump) }
        body.loops[body.loops.count - 1] = loop
    }

    mutating func giveBack(_ expression: Expression?, at range: SourceRange) {
        var code = constant(0)
        if let expression {
            if body.result == .void {
                report("this gives nothing back", at: expression.range)
                _ = value(expression)
            } else {
                let value = expect(expression, body.result)
                noteMixture(value, body.result)
                // Locks are let go after the value is known: it may be what they protect.
                code = value.code
            }
        } else if body.result != .void {
            report("expected \(describe(body.result)) after 'return'", at: range)
        }
        leavingAtomic { $0.undo(down: 0, at: range) }
        emitLeave(code, hasValue: expression != nil)
    }

    /// Back to the caller, or the end of the thread.
    mutating func emitLeave(_ code: Int32, hasValue: Bool) {
        if body.setupExits != nil {
            let exit = emit(Instruction(.jump))
            body.setupExits?.append(exit)
        } else if body.isThread {
            emit(Instruction(.finish))
        } else {
            emit(Instruction(.giveBack, a: Int32(body.function), b: code, c: hasValue ? 1 : 0))
        }
    }

    // MARK: Locks

    mutating func holding(_ lock: Expression, _ statements: [Statement], at range: SourceRange) {
        guard let take = Builtin.all["lock"] else { return }
        if body.atomicDepth > 0 { report("'holding' may have to wait: it can't stand in 'atomic'", at: range) }
        emit(Instruction(.statement, a: beginStatement(at: range)))
        let slots = body.nextSlot
        _ = applyLock(take, Name(text: "lock", range: range), lock)
        flushInvariants()
        body.nextSlot = slots
        body.held.append(.unlock(lock))
        emit(statements)
        body.held.removeLast()
        unlock(lock, at: range)
    }

    private mutating func unlock(_ lock: Expression, at range: SourceRange) {
        guard let release = Builtin.all["unlock"] else { return }
        emit(Instruction(.statement, a: beginStatement(at: range)))
        _ = applyLock(release, Name(text: "unlock", range: range), lock)
        flushInvariants()
    }

    /// Leaves `holding` and `with fault` blocks from the inside.
    private mutating func undo(down depth: Int, at range: SourceRange) {
        let held = body.held
        for undo in held.dropFirst(depth).reversed() {
            switch undo {
            case .unlock(let lock): unlock(lock, at: range)
            case .restore(let global, let before):
                emit(Instruction(.storeGlobal, a: before, b: global))
                touch(.global(Int(global)))
            }
        }
    }

    // MARK: Choice, faults

    mutating func refuseChoiceInSetup(at range: SourceRange) {
        if body.setupExits != nil {
            report("the setup can't choose: every run has the same one", hint: "let a thread choose, or set a parameter", at: range)
        }
    }

    mutating func choose(_ bodies: [[Statement]], base: Int32, at range: SourceRange) {
        refuseChoiceInSetup(at: range)
        let start = headStart
        let choice = body.slot()
        emit(Instruction(.choose, a: choice, b: constant(0), d: constant(Int64(bodies.count - 1))))
        let test = body.slot()
        var exits: [Int] = []
        var ways: [BranchInfo.Way] = []
        endHead(start)
        for (index, statements) in bodies.enumerated() {
            emit(Instruction(.equal, a: test, b: choice, c: constant(Int64(index))))
            let skip = emit(Instruction(.jumpIfFalse, b: test))
            ways.append(BranchInfo.Way(name: "way \(index + 1)", heads: skip..<(skip + 1), target: skip + 1))
            emit(statements)
            exits.append(emit(Instruction(.jump)))
            patch([skip], to: here)
        }
        patch(exits, to: here)
        noteBranch(at: range, ways)
    }

    mutating func withFault(_ name: Name, _ statements: [Statement]) {
        guard let index = faultIndex[name.text] else {
            reportMissing("there is no fault '\(name.text)'", name.text,
                hint: suggestion(for: name.text, among: faultIndex.keys), at: name.range)
            return emit(statements)
        }
        let slot = Int32(program.faults[index].slot)
        let before = body.slot()
        emit(Instruction(.loadGlobal, a: before, b: slot))
        emit(Instruction(.storeGlobal, a: constant(1), b: slot))
        touch(.global(Int(slot)))
        body.held.append(.restore(global: slot, from: before))
        emit(statements)
        body.held.removeLast()
        emit(Instruction(.storeGlobal, a: before, b: slot))
        touch(.global(Int(slot)))
    }
}
