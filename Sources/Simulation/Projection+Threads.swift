import Language
import Machine
import Scene

/// Threads, code, events.
extension Projection {
    private func label(_ thread: Int) -> String { simulation.cursor.label(thread) }

    /// "T0 munmap", "P0 mprotect"; one for operations is called by what it was at then.
    func threadLabel(_ thread: Int, at step: Int) -> String {
        guard thread < machine.threadCount else { return "setup" }
        return "\(label(thread)) \(simulation.cursor.plainName(thread, at: step))"
    }

    private func name(_ thread: Int) -> String { simulation.cursor.plainName(thread, at: simulation.step) }

    func threads() -> (rows: Rows<ThreadRow>, asleep: [Sleeper]) {
        let held = machine.heldLocks()
        var rows: [ThreadRow] = []
        var asleep: [Sleeper] = []
        for thread in 0..<machine.threadCount where isShown(thread) {
            let (status, sleeper) = self.status(of: thread)
            if let sleeper { asleep.append(sleeper) }
            rows.append(
                ThreadRow(
                    id: ThreadID(thread), label: label(thread), name: name(thread), status: status,
                    doing: doing(thread),
                    holds: held.filter { $0.holders.contains(thread) }.map { machine.placeName($0.slot) },
                    isDaemon: program.threads[thread].role == .daemon,
                    isCurrent: simulation.cursor.lastThread == thread))
            rows[rows.count - 1].hold = hold(of: thread)
        }
        let window = request.threads
        let offset = max(0, min(window.offset, rows.count - window.count))
        return (Rows(Array(rows.dropFirst(offset).prefix(window.count)), offset: offset, total: rows.count), asleep)
    }

    func status(of thread: Int) -> (ThreadStatus, Sleeper?) {
        let standing = standings[thread]
        let place = sleepPlace(thread)
        func sleeper(woken: Bool) -> Sleeper? {
            place.map {
                Sleeper(
                    thread: ThreadID(thread), threadName: threadLabel(thread, at: simulation.step),
                    reason: $0.words, sinceStep: simulation.cursor.lastSteps[thread], notifier: $0.notifier,
                    isWoken: woken)
            }
        }
        switch standing {
        case .finished: return (.finished, nil)
        case .ready: return (.ready, sleeper(woken: true))
        case .blocked(let blockage):
            let words = machine.describe(blockage)
            switch blockage.cause {
            case .sleep:
                let entry = sleeper(woken: false)
                return (.asleep(on: entry?.reason ?? words), entry)
            case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite:
                let holders = blockage.holders.map { threadLabel($0, at: simulation.step) }
                return (
                    .blocked(
                        on: blockage.slot.map { machine.placeName($0) } ?? "a lock",
                        holder: holders.isEmpty ? nil : holders.joined(separator: ", ")), nil)
            default: return (.waiting(on: words), nil)
            }
        }
    }

    /// The function that a thread sleeps in, and the notifier that it is about: it stands at the sleep of a
    /// wait_event.
    func sleepPlace(_ thread: Int) -> (words: String, notifier: NotifierID?)? {
        guard let statement = machine.statement(of: thread), program.statements[statement].mayBlock,
            let frame = machine.callStack(of: thread).first, machine.isAtSleep(thread)
        else { return nil }
        let function = program.functions[frame.function]
        let subject = function.locals.prefix(function.parameterCount).first {
            $0.type == .reference(schema.interval?.record ?? -1)
        }
        guard let subject else { return ("\(function.name)()", nil) }
        let reference = Reference(bits: machine.value(of: subject, thread: thread))
        return ("\(function.name)(\(machine.name(of: reference)))", NotifierID(reference.address))
    }

    func sleepers(of notifier: Int) -> Int {
        (0..<machine.threadCount).count { sleepPlace($0)?.notifier == NotifierID(notifier) }
    }

    func doing(_ thread: Int) -> String {
        guard let statement = machine.statement(of: thread) else { return "" }
        let info = program.statements[statement]
        let line = program.sources[info.file].lines[info.line - 1]
        let code = line.prefix { _ in true }.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        var words = code.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        if words.hasSuffix("{") { words = String(words.dropLast()).trimmingSuffixBlanks() }
        let function = program.functions[info.function]
        return function.name == name(thread) ? words : "\(function.name): \(words)"
    }

    // MARK: Code

    /// The text that is shown, whole.
    func codeLines() -> [String] {
        let followed = request.codeThread?.number ?? simulation.cursor.lastThread ?? 0
        guard followed < machine.threadCount else { return [] }
        let file = machine.statement(of: followed).map { program.statements[$0].file }
            ?? program.functions[program.threads[followed].function].file
        return program.sources[file].lines
    }

    func code() -> CodeView {
        let followed = request.codeThread?.number ?? simulation.cursor.lastThread ?? 0
        guard followed < machine.threadCount, request.code.count > 0 else { return CodeView() }
        // A thread that has finished shows where it ended: the end of its text.
        let last = program.functions[program.threads[followed].function]
        let statement = machine.statement(of: followed).map { program.statements[$0] }
        let file = statement?.file ?? last.file
        let line = statement?.line ?? last.line
        let lines = program.sources[file].lines
        var standing: [Int: [ThreadID]] = [:]
        for thread in 0..<machine.threadCount {
            guard let other = machine.statement(of: thread), program.statements[other].file == file else { continue }
            standing[program.statements[other].line, default: []].append(ThreadID(thread))
        }
        let middle = line - 1 - request.code.count / 2 + request.code.shift
        let first = max(0, min(middle, lines.count - request.code.count))
        let stops = breakpointLines(in: program.sources[file].name)
        let window = lines.indices.dropFirst(first).prefix(request.code.count).map { index in
            var row = CodeLine(
                number: index + 1, text: lines[index], threads: standing[index + 1] ?? [],
                isFocus: statement != nil && index + 1 == line)
            row.hasBreakpoint = stops.contains(index + 1)
            return row
        }
        var view = CodeView(
            title: "\(threadLabel(followed, at: simulation.step)) — \(program.sources[file].name)",
            thread: ThreadID(followed), lines: Array(window), totalLines: lines.count)
        view.file = program.sources[file].name
        view.focusLine = statement == nil ? 0 : line
        return view
    }
}

extension String {
    fileprivate func trimmingSuffixBlanks() -> String {
        var result = self
        while result.last == " " { result.removeLast() }
        return result
    }
}
