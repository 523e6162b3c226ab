/// An invariant fails when it is false between two steps: a step asks those that it may have made so, at its end.
extension Compiler {
    // MARK: What they depend on

    mutating func declare(_ invariant: InvariantSyntax) {
        guard invariant.parameters.count == 1, let parameter = invariant.parameters.first,
            case .reference(let record) = valueType(parameter.type, driver: nil)
        else {
            // A type that doesn't exist has been reported.
            if let only = invariant.parameters.first, invariant.parameters.count == 1,
                valueType(only.type, driver: nil) == .mistake
            {
                return
            }
            report("an invariant speaks of one record: (name: Record)", at: invariant.name.range)
            return
        }
        var result = Invariant(syntax: invariant, record: record)
        result.noteLocks(invariant.condition, .positive)
        invariants.append(result)
    }

    /// Finds out what each invariant reads, by compiling it aside.
    mutating func learnInvariants() {
        for index in invariants.indices {
            var trial = self
            trial.body = FunctionBody()
            let subject = trial.enter(invariants[index], trial.body.slot())
            trial.reads = Invariant.Reads(subject: subject)
            trial.body.ghostDepth = 1
            _ = trial.emitJumps(invariants[index].syntax.condition, when: true)
            invariants[index].reads = trial.reads ?? Invariant.Reads()
            invariants[index].isIncomplete = trial.diagnostics.count > diagnostics.count
            invariants[index].holdsWhenFresh = freshValue(invariants[index].syntax.condition, invariants[index]).map { $0 != 0 } ?? false
        }
    }

    /// Some mention variables of the scenario's, which are known only now.
    mutating func learnIncompleteInvariants() {
        if invariants.contains(where: \.isIncomplete) { learnInvariants() }
    }

    /// Nothing means anything to an invariant but its record and what the text declares.
    private mutating func enter(_ invariant: Invariant, _ subject: Int32) -> Int32 {
        body.driver = nil
        body.scopes = [
            [invariant.syntax.parameters[0].name.text: FunctionBody.Variable(slot: subject, type: .reference(invariant.record))]
        ]
        return subject
    }

    /// Notes that a condition reads a field, for who wants to know.
    mutating func noteRead(_ field: Place.Field, _ reference: Int32, base: Int) {
        guard let subject = reads?.subject else { return }
        if reference == subject, base == 0 { reads?.own.insert(field) } else { reads?.others.insert(field) }
    }

    /// A condition's value for a record that has just been made; nil where it can't be told.
    private func freshValue(_ expression: Expression, _ invariant: Invariant) -> Int64? {
        func isSubject(_ base: Expression) -> Bool {
            if case .name(invariant.syntax.parameters[0].name.text) = base.kind { true } else { false }
        }
        switch expression.kind {
        case .number(let value): return value
        case .boolean(let value): return value ? 1 : 0
        case .none: return 0
        case .name(let name): return isSubject(expression) ? nil : constants[name]?.value
        case .member(let base, let field):
            let info = program.records[invariant.record].fields.first { $0.name == field.text }
            return isSubject(base) && info?.type.isValue == true ? 0 : nil
        case .unary("!", let operand): return freshValue(operand, invariant).map { $0 == 0 ? 1 : 0 }
        case .binary(let op, let left, let right):
            let first = freshValue(left, invariant)
            if op == "||", let first, first != 0 { return 1 }
            if op == "&&", first == 0 { return 0 }
            guard let first, let second = freshValue(right, invariant) else { return nil }
            return Self.fold(op, first, second)
        case .call(nil, let name, let arguments):
            guard arguments.count == 1 else { return nil }
            switch name.text {
            case "odd": return freshValue(arguments[0], invariant).map { $0 & 1 }
            case "held", "refcount_read", "list_empty", "tree_empty":
                guard case .member(let base, _) = arguments[0].kind, isSubject(base) else { return nil }
                return name.text.hasSuffix("_empty") ? 1 : 0
            default: return nil
            }
        default: return nil
        }
    }

    // MARK: What a step changes

    /// Notes what a statement changes: the invariants that depend on it are asked at the end of the step.
    /// - Parameters:
    ///   - reference: the slot that refers to the record; nil when it isn't known which one it is.
    ///   - base: how far into it the record lies that the field is declared in.
    mutating func touch(_ change: Invariant.Change, reference: Int32? = nil, base: Int = 0) {
        var ofSubject: [Int] = []
        for (index, invariant) in invariants.enumerated() {
            switch invariant.scope(after: change) {
            case .none: break
            case .subject where reference != nil: ofSubject.append(index)
            case .subject, .all: ask(ofAll: index)
            }
        }
        if let reference, let first = ofSubject.first { ask(ofSubject, invariants[first].record, reference, base: base) }
    }

    /// Notes that a record was made, and those inside of it.
    mutating func touchFresh(_ record: Int, reference: Int32) {
        for (inner, offset) in recordsInside(record) {
            let asked = invariants.indices.filter { invariants[$0].record == inner && !invariants[$0].holdsWhenFresh }
            if !asked.isEmpty { ask(asked, inner, reference, base: offset) }
            touch(.life(record: inner))
        }
    }

    /// Notes that a record was freed.
    mutating func touchFreed(_ record: Int) {
        for (inner, _) in recordsInside(record) { touch(.life(record: inner)) }
    }

    /// A record and those embedded in it, with their offsets.
    private func recordsInside(_ record: Int) -> [(record: Int, offset: Int)] {
        [(record, 0)]
            + program.records[record].fields.flatMap { field -> [(record: Int, offset: Int)] in
                guard case .embedded(let inner) = field.type else { return [] }
                return recordsInside(inner).map { ($0.record, $0.offset + field.offset) }
            }
    }

    private mutating func ask(ofAll invariant: Int) {
        if body.atomic != nil {
            body.atomic?.all.insert(invariant)
        } else {
            body.asks.append(InvariantAsk(invariants: [invariant], record: invariants[invariant].record, reference: nil))
        }
    }

    private mutating func ask(_ asked: [Int], _ record: Int, _ reference: Int32, base: Int) {
        if let atomic = body.atomic {
            // In a loop it may be another record each time.
            guard body.loops.count == atomic.loops else {
                body.atomic?.all.formUnion(asked)
                return
            }
        } else if body.maybeDepth > 0 {
            // Whether it is come to is open, and so what the slot holds.
            for invariant in asked { ask(ofAll: invariant) }
            return
        }
        var slot = reference
        if base > 0 {
            slot = body.slot()
            emit(Instruction(.embed, a: slot, b: reference, c: Int32(base)))
        }
        guard let atomic = body.atomic else {
            return body.asks.append(InvariantAsk(invariants: asked, record: record, reference: slot))
        }
        if atomic.isTrial {
            body.atomic?.asks.append(InvariantAsk(invariants: asked, record: record, reference: 0))
        } else {
            emit(Instruction(.move, a: atomic.firstSlot + Int32(atomic.next), b: slot))
            body.atomic?.next += 1
        }
    }

    // MARK: Asking

    /// Asks the invariants that the statement may have made false.
    mutating func flushInvariants() {
        guard !body.asks.isEmpty else { return }
        let asks = body.asks
        body.asks = []
        // The setup asks at its end: what it builds need not make sense before it is complete.
        if body.setupExits != nil { return }
        let all = Set(asks.filter { $0.reference == nil }.flatMap(\.invariants))
        noteInvariantCode { compiler in
            var done: [InvariantAsk] = []
            for var ask in asks where ask.reference != nil {
                ask.invariants.removeAll { all.contains($0) }
                // What was asked of the same record already is left out.
                for earlier in done where earlier.reference == ask.reference && earlier.record == ask.record {
                    ask.invariants.removeAll { earlier.invariants.contains($0) }
                }
                done.append(ask)
                if let reference = ask.reference { compiler.emitInvariants(ask.invariants, of: reference) }
            }
            compiler.emitInvariants(ofAll: all)
        }
    }

    /// Notes where invariants are asked: the setup passes over it.
    private mutating func noteInvariantCode(_ emit: (inout Compiler) -> Void) {
        let start = here
        emit(&self)
        if here > start { program.invariantCode.append(start..<here) }
    }

    private mutating func emitInvariants(_ asked: [Int], of reference: Int32) {
        var exits: [Int] = []
        // (To ask is not to change, and in no block.)
        let (scopes, driver) = (body.scopes, body.driver)
        defer { (body.scopes, body.driver) = (scopes, driver) }
        let syntax = asked.map { invariants[$0].syntax }
        for (index, number) in asked.enumerated() {
            let invariant = invariants[number]
            _ = enter(invariant, reference)
            // Most speak of moments when a lock is free: while it is held, one look passes over all of them.
            if index == 0, let guarding = syntax.first.flatMap({ Self.heldLock($0) }),
                syntax.allSatisfy({ Self.heldLock($0)?.field == guarding.field })
            {
                exits = emitJumps(guarding.test, when: true)
            }
            emitCheck(
                invariant.syntax.name.text, invariant.syntax.condition, invariant.syntax.message,
                at: invariant.syntax.name.range)
        }
        patch(exits, to: here)
    }

    /// Of every live record.
    private mutating func emitInvariants(ofAll asked: Set<Int>, next: Opcode = .nextLive) {
        for record in Set(asked.map { invariants[$0].record }).sorted() {
            let slots = body.nextSlot
            let cursor = body.slot()
            emit(Instruction(.move, a: cursor, b: constant(0)))
            let start = here
            emit(Instruction(next, a: cursor, c: Int32(record)))
            let end = emit(Instruction(.jumpIfFalse, b: cursor))
            emitInvariants(asked.sorted().filter { invariants[$0].record == record }, of: cursor)
            emit(Instruction(.jump, c: Int32(start)))
            patch([end], to: here)
            body.nextSlot = slots
        }
    }

    /// Asks all of them of the state that the setup leaves.
    mutating func emitFirstInvariants() {
        emitInvariants(ofAll: Set(invariants.indices), next: .nextLiveAtStart)
    }

    /// The lock in an invariant of the form `held(record.lock) || …`.
    private static func heldLock(_ invariant: InvariantSyntax) -> (test: Expression, field: String)? {
        var first = invariant.condition
        while case .binary("||", let left, _) = first.kind { first = left }
        guard case .call(nil, let name, let arguments) = first.kind, name.text == "held", arguments.count == 1,
            case .member(let base, let field) = arguments[0].kind, case .name(invariant.parameters[0].name.text) = base.kind
        else { return nil }
        return (first, field.text)
    }

    // MARK: Atomic blocks

    /// The statements of an `atomic` block; invariants are asked at its end.
    mutating func emitAtomic(_ statements: [Statement]) {
        body.atomicDepth += 1
        defer { body.atomicDepth -= 1 }
        guard !invariants.isEmpty, body.setupExits == nil else { return emit(statements) }
        // Once aside, to see what has to be asked.
        var trial = self
        trial.body.atomic = AtomicAsks(isTrial: true, loops: body.loops.count)
        trial.emit(statements)
        guard var plan = trial.body.atomic, !plan.asks.isEmpty || !plan.all.isEmpty else { return emit(statements) }
        plan.isTrial = false
        plan.firstSlot = body.slots(plan.asks.count)
        for index in plan.asks.indices {
            emit(Instruction(.move, a: plan.firstSlot + Int32(index), b: constant(0)))
            plan.asks[index].reference = plan.firstSlot + Int32(index)
        }
        body.atomic = plan
        emit(statements)
        flushAtomic()
        body.atomic = nil
    }

    /// On the way out of an `atomic` block: asks what it may have made false so far.
    mutating func flushAtomic() {
        guard let atomic = body.atomic, !atomic.isTrial else { return }
        let slots = body.nextSlot
        noteInvariantCode { compiler in
            for (index, ask) in atomic.asks.enumerated() {
                guard let reference = ask.reference else { continue }
                let asked = ask.invariants.filter { !atomic.all.contains($0) }
                guard !asked.isEmpty else { continue }
                let isAlive = compiler.body.slot()
                compiler.emit(Instruction(.isLive, a: isAlive, b: reference))
                var skips = [compiler.emit(Instruction(.jumpIfFalse, b: isAlive))]
                // Two changes of one record.
                for earlier in atomic.asks[..<index]
                where earlier.record == ask.record && asked.allSatisfy(earlier.invariants.contains) {
                    guard let other = earlier.reference else { continue }
                    skips.append(compiler.emit(Instruction(.jumpIfEqual, b: other, d: reference)))
                }
                compiler.emitInvariants(asked, of: reference)
                compiler.patch(skips, to: compiler.here)
            }
            compiler.emitInvariants(ofAll: atomic.all)
        }
        body.nextSlot = slots
    }

    /// Leaves an `atomic` block from the inside: what is undone on the way has steps of its own.
    mutating func leavingAtomic(_ undo: (inout Compiler) -> Void) {
        flushAtomic()
        flushInvariants()
        let atomic = body.atomic
        body.atomic = nil
        undo(&self)
        body.atomic = atomic
    }
}
