import Playback
import Scene

/// What each command does.
extension PlainSession {
    mutating func carryOut(_ line: PlainCommand.Line) throws(Failure) {
        if try move(line) { return }
        if try decide(line) { return }
        if try look(line) { return }
        try ask(line)
    }

    private func count(_ line: PlainCommand.Line, standard: Int?) throws(Failure) -> Int? {
        guard let word = line.words.first else { return standard }
        guard line.words.count == 1, let number = PlainArguments.number(word), number <= Int.max / 2 else {
            throw Failure("\(line.command.rawValue) takes a number of steps, not '\(line.text)'")
        }
        return Int(number)
    }

    private mutating func move(_ line: PlainCommand.Line) throws(Failure) -> Bool {
        switch line.command {
        case .step:
            let steps = try count(line, standard: 1) ?? 1
            // By hand nothing runs by itself; one step may still be decided.
            if steps == 1 { perform(.step, tellsEvents: true) } else if steps > 0 { run(steps) }
        case .back:
            let here = scene().position.step
            perform(.jump(to: max(0, here - (try count(line, standard: 1) ?? 1))))
            if here == 0 { say("This is the start.") }
        case .run: run(try count(line, standard: nil))
        case .goto:
            guard let step = try count(line, standard: nil) else { throw Failure("to which step? goto N") }
            perform(.jump(to: step))
        case .start: perform(.jumpToStart)
        case .end: perform(.jumpToEnd)
        case .next:
            let kinds = try PlainArguments.kinds(line.words)
            perform(kinds.map { .nextEventOf($0) } ?? .nextEvent, tellsEvents: true)
        case .previous:
            let kinds = try PlainArguments.kinds(line.words)
            perform(kinds.map { .previousEventOf($0) } ?? .previousEvent)
        case .over: perform(.stepOver, tellsEvents: true)
        case .finish: perform(.finishFunction, tellsEvents: true)
        case .thread: perform(.stepThread(try thread(line.text).id), tellsEvents: true)
        default: return false
        }
        return true
    }

    private func thread(_ text: String) throws(Failure) -> ThreadRow {
        try PlainArguments.thread(text, scene(threads: true).threads.rows)
    }

    private mutating func decide(_ line: PlainCommand.Line) throws(Failure) -> Bool {
        switch line.command {
        case .perturb: try perturb(line)
        case .fault: try switchFault(line)
        case .policy:
            guard line.text.isEmpty else { return try choosePolicy(line.text) }
            let policies = menu().policies
            say(policies.enumerated().map { $0 == 0 ? "\($1) (in force)" : $1 }, none: "There is no policy to choose.")
        case .hold, .release:
            perform(.perturb(.hold(try thread(line.text).id, isHeld: line.command == .hold)))
        case .delay:
            guard line.words.count == 2, let steps = Int(line.words[1]), steps > 0 else { throw Failure("delay takes a thread and a number of steps") }
            perform(.perturb(.delay(try thread(line.words[0]).id, steps: steps)))
        case .undo: perform(.undo)
        case .break:
            guard !line.text.isEmpty else { return try decide(PlainCommand.Line(command: .breaks, text: "")) }
            let scene = scene { $0.notifiers = RowWindow(count: Self.most) }
            perform(.toggleBreakpoint(try PlainArguments.breakpoint(line.text, scene)))
        case .breaks:
            let rows = scene().breakpoints
            say(rows.map { "\($0.words): stopped at \($0.hits) times." }, none: "There are no breakpoints.")
        case .clear: perform(.clearBreakpoints)
        case .mark: perform(.toggleMark(line.text))
        case .marks: say(scene().marks.map { "Step \($0.step): \($0.name)" }, none: "There are no marks.")
        case .branch: perform(.switchBranch(line.text))
        case .branches:
            say(
                scene().branches.map { "\($0.name)\($0.isCurrent ? " (this one)" : ""): from step \($0.from) to \($0.last)." },
                none: "There is one way only so far.")
        case .check: perform(.check)
        case .record: perform(.toggleRecording)
        default: return false
        }
        return true
    }

    private mutating func choosePolicy(_ name: String) throws(Failure) -> Bool {
        perform(.perturb(.policy(name)))
        return true
    }

    private func menu() -> PerturbationMenu { scene { $0.wantsMenu = true }.menu ?? PerturbationMenu() }

    private mutating func perturb(_ line: PlainCommand.Line) throws(Failure) {
        let menu = menu()
        guard let name = line.words.first else {
            if let obstacle = menu.obstacle { return say(PlainWords.ended(obstacle)) }
            return say(menu.operations.map(PlainWords.operation), none: "There is nothing that could be made to happen here.")
        }
        guard let info = menu.operations.first(where: { $0.name == name }) else {
            if let obstacle = menu.obstacle { throw Failure(obstacle) }
            throw Failure("there is no '\(name)' to make happen; perturb lists what there is")
        }
        perform(.perturb(try PlainArguments.operation(info, Array(line.words.dropFirst()))), tellsEvents: true)
    }

    private mutating func switchFault(_ line: PlainCommand.Line) throws(Failure) {
        let faults = menu().faults
        guard let name = line.words.first else {
            return say(faults.map { "\($0.name) (\($0.isOn ? "on" : "off")): \($0.words)" }, none: "There are no faults to switch.")
        }
        guard line.words.count == 2, let isOn = PlainArguments.flag(line.words[1]) else { throw Failure("fault takes a name, and on or off") }
        perform(.perturb(.fault(name: name, isOn: isOn)))
    }

    private mutating func look(_ line: PlainCommand.Line) throws(Failure) -> Bool {
        switch line.command {
        case .where:
            let scene = scene(threads: true, events: 1)
            say(PlainWords.position(scene))
            for words in PlainWords.header(scene.header) { say(words) }
            for event in scene.events.rows { say(PlainWords.event(event, [:])) }
            tell(scene)
        case .threads:
            let scene = scene(threads: true)
            say(scene.threads.rows.map { PlainWords.thread($0, scene.source) }, none: "There are no threads.")
        case .notifiers:
            let scene = scene { $0.notifiers = RowWindow(count: Self.most) }
            say(scene.notifiers.rows.map(PlainWords.notifier), none: "There are no notifiers.")
            for entry in scene.deferred { say(PlainWords.deferred(entry)) }
            sayRest(scene.notifiers)
        case .mm: tellAddressSpace()
        case .tree:
            let scene = scene { $0.tree = RowWindow(count: Self.most) }
            say(scene.tree.rows.map(PlainWords.tree), none: "The interval tree is empty.")
            sayRest(scene.tree)
        case .pages: tellPages()
        case .locks:
            let scene = scene { $0.locks = RowWindow(count: Self.most) }
            say(scene.locks.rows.map(PlainWords.lock), none: "Nobody holds or awaits anything.")
            for cycle in scene.lockCycles { say("A circle: \(PlainWords.ended(cycle.sentence))") }
        case .code: try tellCode(line)
        case .events:
            let wanted = min(Self.most, try count(line, standard: 20) ?? 20)
            let scene = scene(threads: true, events: wanted)
            let names = Dictionary(scene.threads.rows.map { ($0.id, $0.name) }) { first, _ in first }
            say(scene.events.rows.map { PlainWords.event($0, names) }, none: "Nothing has happened yet.")
        case .timeline: tellTimeline()
        default: return false
        }
        return true
    }

    private mutating func sayRest<Row>(_ rows: Rows<Row>) {
        if rows.total > rows.rows.count { say("\(rows.total - rows.rows.count) more: find looks among them.") }
    }

    private mutating func tellAddressSpace() {
        let scene = scene { $0.addresses = AddressWindow(columns: 64) }
        for words in PlainWords.header(scene.header) { say(words) }
        for vma in scene.addressSpace.vmas.value ?? [] { say("Mapped: \(PlainWords.range(vma.range)), \(vma.label).") }
        for span in scene.addressSpace.invalidations {
            say("In flight: \(span.threadName) invalidates \(PlainWords.range(span.range)), \(span.event)\(span.isBlockable ? "" : ", must not sleep").")
        }
    }

    private mutating func tellPages() {
        let scene = scene { $0.pages = RowWindow(count: Self.most) }
        guard let pages = scene.pageTables.pages.value else { return say("Page-table entries are not known here.") }
        say(pages.rows.map { PlainWords.page($0, scene.pageTables.devices) }, none: "Nobody has an entry for any page.")
        sayRest(pages)
    }

    private mutating func tellCode(_ line: PlainCommand.Line) throws(Failure) {
        let thread = line.text.isEmpty ? nil : try thread(line.text).id
        let scene = scene {
            $0.codeThread = thread
            $0.code = CodeWindow(count: 15)
        }
        if !scene.code.title.isEmpty { say(PlainWords.ended(scene.code.title)) }
        say(
            scene.code.lines.map { "\($0.number)\($0.isFocus ? " (here)" : ""): \($0.text)" }, none: "There is no text to show.")
    }

    private mutating func tellTimeline() {
        let scene = scene { $0.timeline = TimelineWindow(columns: 40, lanes: RowWindow(count: 100)) }
        let timeline = scene.timeline
        say(
            timeline.lanes.rows.map { lane in
                let steps = lane.cells.enumerated().filter { $1.activity == .stepped }.map { timeline.step(ofColumn: $0.offset) }
                return "\(lane.label) \(lane.name): " + (steps.isEmpty ? "no steps." : "stepped up to \(steps.map(String.init).joined(separator: ", ")).")
            }, none: "There is no timeline to tell.")
    }

    private mutating func ask(_ line: PlainCommand.Line) throws(Failure) {
        switch line.command {
        case .explain: try explain(line.text)
        case .eval:
            guard !line.text.isEmpty else { throw Failure("what? eval EXPRESSION") }
            perform(.evaluate(line.text))
        case .watch:
            if !line.text.isEmpty, !watches.contains(line.text) { watches.append(line.text) }
            say(scene().watches.map { "\($0.expression) = \($0.value)" }, none: "Nothing is watched.")
        case .unwatch: watches.removeAll { line.text.isEmpty || $0 == line.text }
        case .find: try find(line)
        case .story: perform(.tellStory)
        case .schedule: perform(.copySchedule)
        case .table: perform(.copyTable)
        default: try help(line)
        }
    }

    private mutating func explain(_ text: String) throws(Failure) {
        let here = scene(threads: true) {
            $0.notifiers = RowWindow(count: Self.most)
            $0.locks = RowWindow(count: Self.most)
        }
        let subject = try PlainArguments.subject(text, here)
        guard let explanation = scene({ $0.explain = subject }).explanation else {
            return say("There is nothing to say about that here.")
        }
        say(PlainWords.ended(explanation.title))
        for sentence in explanation.sentences {
            say(PlainWords.ended(sentence.text) + (sentence.step.map { " (step \($0))" } ?? ""))
        }
        if !explanation.seeAlso.isEmpty { say("See also \(explanation.seeAlso.joined(separator: ", ")).") }
    }

    private mutating func find(_ line: PlainCommand.Line) throws(Failure) {
        let lists: [(String, FindQuery.List)] = [
            ("events", .events), ("notifiers", .notifiers), ("threads", .threads), ("tree", .tree), ("pages", .pages),
            ("locks", .locks), ("code", .code),
        ]
        let words = line.words
        guard words.count > 1, let list = lists.first(where: { $0.0.hasPrefix(words[0]) })?.1 else {
            throw Failure("find takes a list (\(lists.map(\.0).joined(separator: ", "))) and what to look for")
        }
        perform(.find(FindQuery(list: list, text: words.dropFirst().joined(separator: " "), from: -1)))
    }

    private mutating func help(_ line: PlainCommand.Line) throws(Failure) {
        let all = PlainCommand.allCases
        guard let name = line.words.first else {
            for command in all { say("\(command.help.usage): \(command.help.words)") }
            return
        }
        guard let command = try PlainCommand.parse(name)?.command else { return }
        say("\(command.help.usage): \(command.help.words)")
    }
}
