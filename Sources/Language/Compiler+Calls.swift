extension Compiler {
    /// Callbacks are numbered from here on where functions and callbacks share a number.
    static let callbackBase: Int32 = 1 << 20

    mutating func call(_ driver: Name?, _ name: Name, _ arguments: [Expression], at range: SourceRange) -> Operand {
        if let driver, !drivers.contains(driver.text) {
            reportMissing("there is no driver '\(driver.text)'", driver.text,
                hint: suggestion(for: driver.text, among: drivers), at: driver.range)
            for argument in arguments { _ = value(argument) }
            return Operand(code: 0, type: .mistake)
        }
        let own = (driver?.text ?? body.driver).flatMap { functionIndex["\($0).\(name.text)"] }
        if let function = own ?? (driver == nil ? functionIndex[name.text] : nil) {
            return call(signatures[function], callee: Int32(function), arguments, at: range)
        }
        if driver == nil, let callback = callbackIndex[name.text] {
            return call(callbackSignatures[callback], callee: Self.callbackBase + Int32(callback), arguments, at: range)
        }
        if driver == nil, let builtin = Builtin.all[name.text] {
            return apply(builtin, name, arguments, at: range)
        }
        let names = functionIndex.keys.map { $0.split(separator: ".").last.map(String.init) ?? $0 }
        let written = driver.map { "\($0.text).\(name.text)" } ?? name.text
        let candidates = Set(names + Array(callbackIndex.keys) + Array(Builtin.all.keys))
        let elsewhere = functionIndex.keys.filter { $0.hasSuffix(".\(name.text)") }.sorted().first
        reportMissing("there is no function '\(written)'", name.text,
            hint: elsewhere.map { "did you mean '\($0)'?" } ?? suggestion(for: name.text, among: candidates),
            at: name.range)
        for argument in arguments { _ = value(argument) }
        return Operand(code: 0, type: .mistake)
    }

    private mutating func call(
        _ signature: Signature, callee: Int32, _ arguments: [Expression], at range: SourceRange
    ) -> Operand {
        guard arguments.count == signature.parameters.count else {
            let wanted = signature.parameters.map(\.name.text).joined(separator: ", ")
            report("'\(signature.name.text)' takes \(Self.values(signature.parameters.count)), not \(arguments.count)",
                hint: "\(signature.name.text)(\(wanted))", at: range)
            return Operand(code: 0, type: signature.result == .void ? .void : .mistake)
        }
        if body.atomicDepth > 0 {
            report("a call takes steps: it can't stand in 'atomic'", at: range)
        }
        refuseEffect("a call", at: range)
        var values: [Operand] = []
        for (argument, parameter) in zip(arguments, signature.parameters) {
            let value = expect(argument, parameter.type)
            noteMixture(value, parameter.type)
            values.append(value)
        }
        return emitCall(callee, values, signature.result, at: range)
    }

    private static func values(_ count: Int) -> String { count == 1 ? "1 value" : "\(count) values" }

    private mutating func emitCall(
        _ callee: Int32, _ values: [Operand], _ result: ValueType, at range: SourceRange
    ) -> Operand {
        // The step ends in what is called.
        flushInvariants()
        for (index, value) in values.enumerated() {
            emit(Instruction(.argument, a: Int32(index), b: value.code, c: callee))
        }
        if callee >= Self.callbackBase {
            emit(Instruction(.dispatch, a: callee - Self.callbackBase))
        } else {
            emit(Instruction(.call, a: callee))
        }
        calls.append((body.function, Int(callee), range))
        guard result != .void else {
            emitContinuation(at: range)
            return Operand(code: 0, type: .void)
        }
        let slot = body.slot(of: result)
        emit(Instruction(.takeResult, a: slot))
        emitContinuation(at: range)
        return Operand(code: slot, type: result)
    }

    /// What is left of a statement after a call is a step of its own if it touches anything shared; that is
    /// known only when the statement is complete.
    private mutating func emitContinuation(at range: SourceRange) {
        emit(Instruction(.statement, a: beginStatement(at: range)))
    }

    /// Asks the device tables' property of pages first...last, in the same step.
    mutating func emitRecheck(mm: Int32, first: Int32, last: Int32, at range: SourceRange) {
        guard let function = recheckFunction else { return }
        for (index, value) in [mm, first, last].enumerated() {
            emit(Instruction(.argument, a: Int32(index), b: value, c: Int32(function)))
        }
        emit(Instruction(.call, a: Int32(function)))
        calls.append((body.function, function, range))
    }

    // MARK: Built-ins

    private mutating func apply(
        _ builtin: Builtin, _ name: Name, _ arguments: [Expression], at range: SourceRange
    ) -> Operand {
        guard arguments.count == builtin.argumentCount else {
            report("'\(name.text)' takes \(Self.values(builtin.argumentCount)), not \(arguments.count)",
                hint: builtin.usage, at: range)
            return Operand(code: 0, type: builtin.result)
        }
        let mayWait = builtin.op?.mayBlock == true || builtin.op == .downWriteQueue || builtin.kind == .waitEvent
        if body.atomicDepth > 0, mayWait {
            report("'\(name.text)' may have to wait: it can't stand in 'atomic'", at: range)
        }
        if !builtin.onlyLooks { refuseEffect("'\(name.text)'", at: range) }
        switch builtin.kind {
        case .lock: return applyLock(builtin, name, arguments[0])
        case .waitEvent: return waitEvent(arguments[0], arguments[1], at: range)
        case .plain: return applyPlain(builtin, name, arguments)
        case .set: return applySet(builtin, name, arguments)
        case .list: return applyList(builtin, name, arguments)
        case .odd:
            let operand = operand(arguments[0], .number)
            let result = body.slot()
            emit(Instruction(.odd, a: result, b: operand.code))
            return Operand(code: result, type: .boolean)
        case .recheck:
            let mm = definite(arguments[0])
            if case .reference = mm.type {} else if mm.type != .mistake {
                report("expected an address space, found \(describe(mm.type))", at: arguments[0].range)
            }
            let first = expect(arguments[1], .number)
            let last = expect(arguments[2], .number)
            emitRecheck(mm: mm.code, first: first.code, last: last.code, at: range)
            return Operand(code: 0, type: .void)
        }
    }

    /// The field that a primitive lives in: what refers to its record, and its offset.
    private mutating func primitive(
        _ expression: Expression, _ wanted: String, op: Opcode?, _ accepts: (ValueType) -> Bool
    ) -> (reference: Int32, offset: Int32, type: ValueType)? {
        // A step that has to wait is tried again, its operand with it.
        guard let place = withoutEffect({ $0.place(expression) }) else { return nil }
        guard case .field(let reference, let base, let field, let type) = place, accepts(type) else {
            if place.type != .mistake { report("expected \(wanted), found \(describe(place.type))", at: expression.range) }
            return nil
        }
        switch op?.effect {
        case .looks: noteRead(field, reference, base: base)
        case .changes: touch(.field(field), reference: reference, base: base)
        case .takes: touch(.taken(field), reference: reference, base: base)
        case .releases: touch(.released(field), reference: reference, base: base)
        case nil: break
        }
        return (reference, Int32(base + field.offset), type)
    }

    mutating func applyLock(_ builtin: Builtin, _ name: Name, _ expression: Expression) -> Operand {
        let isSemaphore = name.text.hasPrefix("down") || name.text.hasPrefix("up")
        let wanted = isSemaphore ? "an rwsem" : "a spinlock or a mutex"
        let lock = primitive(expression, wanted, op: builtin.op) { type in
            switch type {
            case .spinlock, .mutex, .pageLock: !isSemaphore
            case .semaphore: isSemaphore || name.text == "held"
            default: false
            }
        }
        guard let lock, var op = builtin.op else { return Operand(code: 0, type: builtin.result) }
        let kind = LockKind(lock.type)
        if op == .mutexLock, kind == .spinlock { op = .spinLock }
        if op == .downWriteQueue {
            emit(Instruction(.downWriteQueue, b: lock.reference, c: lock.offset))
            emit(Instruction(.statement, a: beginStatement(at: expression.range)))
            // The wait is a step of its own: its reference is worked out again, from what is there then.
            guard let again = primitive(expression, wanted, op: .downWrite, { $0 == .semaphore }) else {
                return Operand(code: 0, type: .void)
            }
            emit(Instruction(.downWrite, b: again.reference, c: again.offset))
            return Operand(code: 0, type: .void)
        }
        guard builtin.result != .void else {
            emit(Instruction(op, b: lock.reference, c: lock.offset, d: kind.rawValue))
            return Operand(code: 0, type: .void)
        }
        let result = body.slot()
        emit(Instruction(op, a: result, b: lock.reference, c: lock.offset, d: kind.rawValue))
        return Operand(code: result, type: .boolean)
    }

    /// Test; enqueue; test again; sleep until woken; enqueue again: each a step, as the kernel does it.
    private mutating func waitEvent(_ queue: Expression, _ condition: Expression, at range: SourceRange) -> Operand {
        func isQueue(_ type: ValueType) -> Bool { type == .waitQueue }
        let test = expect(condition, .boolean)
        var exits = [emit(Instruction(.jumpIfTrue, b: test.code))]
        let start = here
        emit(Instruction(.statement, a: beginStatement(at: range)))
        guard let place = primitive(queue, "a wait queue", op: nil, isQueue) else { return Operand(code: 0, type: .void) }
        emit(Instruction(.waitEnqueue, b: place.reference, c: place.offset))
        emit(Instruction(.statement, a: beginStatement(at: range)))
        let again = expect(condition, .boolean)
        let toSleep = emit(Instruction(.jumpIfFalse, b: again.code))
        if let place = primitive(queue, "a wait queue", op: nil, isQueue) {
            emit(Instruction(.waitDequeue, b: place.reference, c: place.offset))
        }
        exits.append(emit(Instruction(.jump)))
        patch([toSleep], to: here)
        emit(Instruction(.statement, a: beginStatement(at: range)))
        if let place = primitive(queue, "a wait queue", op: nil, isQueue) {
            emit(Instruction(.waitSleep, b: place.reference, c: place.offset))
        }
        emit(Instruction(.jump, c: Int32(start)))
        patch(exits, to: here)
        noteWait(at: range, first: exits[0], second: toSleep)
        return Operand(code: 0, type: .void)
    }

    /// The ways that the two looks of a wait come out: one at once, one on the queue.
    private mutating func noteWait(at range: SourceRange, first: Int, second: Int) {
        let sleep = Int(program.instructions[second].c)
        noteBranch(
            at: range,
            [
                BranchInfo.Way(name: "over at the first look", heads: first..<(first + 1), target: here),
                BranchInfo.Way(name: "has to queue up", heads: first..<(first + 1), target: first + 1),
                BranchInfo.Way(name: "over once on the queue", heads: second..<(second + 1), target: second + 1),
                BranchInfo.Way(name: "sleeps", heads: second..<(second + 1), target: sleep),
            ])
    }

    /// Wait queues, completions, SRCU, reference counts.
    private mutating func applyPlain(_ builtin: Builtin, _ name: Name, _ arguments: [Expression]) -> Operand {
        guard let op = builtin.op else { return Operand(code: 0, type: .void) }
        let wanted = builtin.operand
        let place = primitive(arguments[0], describe(wanted), op: op) { $0 == wanted }
        guard let place else { return Operand(code: 0, type: builtin.result) }
        let extra = arguments.count > 1 ? expect(arguments[1], .number).code : constant(0)
        if op == .srcuFlip {
            let index = body.slot()
            emit(Instruction(.srcuFlip, b: place.reference, c: place.offset, d: index))
            emit(Instruction(.statement, a: beginStatement(at: name.range)))
            guard let again = primitive(arguments[0], describe(wanted), op: nil, { $0 == wanted }) else {
                return Operand(code: 0, type: .void)
            }
            emit(Instruction(.srcuWait, b: again.reference, c: again.offset, d: index))
            return Operand(code: 0, type: .void)
        }
        guard builtin.result != .void else {
            emit(Instruction(op, b: place.reference, c: place.offset, d: extra))
            return Operand(code: 0, type: .void)
        }
        let result = body.slot()
        emit(Instruction(op, a: result, b: place.reference, c: place.offset, d: extra))
        return Operand(code: result, type: builtin.result)
    }

    private mutating func applySet(_ builtin: Builtin, _ name: Name, _ arguments: [Expression]) -> Operand {
        let place = primitive(arguments[0], "an interval set", op: builtin.op) { if case .intervalSet = $0 { true } else { false } }
        guard let place, case .intervalSet(let record) = place.type, let op = builtin.op else {
            return Operand(code: 0, type: .mistake)
        }
        var values = arguments.dropFirst().enumerated().map { index, argument in
            let isElement = index == 0 && builtin.takesElement
            return (expect(argument, isElement ? .reference(record) : .number), isElement)
        }
        if op == .treeInsert, let element = values.first?.0 {
            for field in ["start", "last"] {
                guard let info = program.records[record].fields.first(where: { $0.name == field }),
                    ValueType.number.accepts(info.type)
                else {
                    report("the record \(recordSyntax[record].name.text) in an interval set needs a number '\(field)'", at: name.range)
                    continue
                }
                let source = Place.Field(record: record, offset: info.offset)
                values.append((load(.field(reference: element.code, base: 0, source, info.type)), false))
            }
        }
        let block = body.slots(max(1, values.count))
        for (index, value) in values.enumerated() {
            emit(Instruction(.move, a: block + Int32(index), b: value.0.code))
        }
        if let element = values.first?.0, let node = program.records[record].nodeOffset {
            touchMember(Place.Field(record: record, offset: node), op, element.code)
        }
        guard builtin.result != .void else {
            emit(Instruction(op, b: place.reference, c: place.offset, d: block))
            return Operand(code: 0, type: .void)
        }
        let result = body.slot()
        emit(Instruction(op, a: result, b: place.reference, c: place.offset, d: block))
        return Operand(code: result, type: builtin.result == .null ? .reference(record) : builtin.result)
    }

    /// Notes what becomes of an element of a set or list.
    /// - Parameter element: nil when it is the set's choice.
    private mutating func touchMember(_ field: Place.Field, _ op: Opcode, _ element: Int32?) {
        switch op {
        case .inTree, .inList: if let element { noteRead(field, element, base: 0) }
        case .treeInsert, .treeRemove, .listAddHead, .listAddTail, .listDelete, .listPop: touch(.field(field), reference: element)
        default: break
        }
    }

    private mutating func applyList(_ builtin: Builtin, _ name: Name, _ arguments: [Expression]) -> Operand {
        let place = primitive(arguments[0], "a list", op: builtin.op) { if case .list = $0 { true } else { false } }
        guard let place, case .list(let record) = place.type, let op = builtin.op else {
            return Operand(code: 0, type: .mistake)
        }
        let element = arguments.count > 1 ? expect(arguments[1], .reference(record)).code : constant(0)
        if let link = program.records[record].linkOffset {
            touchMember(Place.Field(record: record, offset: link), op, arguments.count > 1 ? element : nil)
        }
        guard builtin.result != .void else {
            emit(Instruction(op, b: place.reference, c: place.offset, d: element))
            return Operand(code: 0, type: .void)
        }
        let result = body.slot()
        emit(Instruction(op, a: result, b: place.reference, c: place.offset, d: element))
        return Operand(code: result, type: builtin.result == .null ? .reference(record) : builtin.result)
    }
}
