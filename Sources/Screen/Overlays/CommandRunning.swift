import Playback
import Scene

/// Carrying out what was typed after `:`.
extension ScreenState {
    mutating func run(_ line: String, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        let words = line.split(separator: " ").map(String.init)
        guard let verb = words.first else { return [] }
        let rest = Words.trimmed(String(line.dropFirst(verb.count)))
        if let step = stepNamed(line, scene) { return goTo(step) }
        if CommandVerb.all.contains(where: { $0.name == verb }) { return run(verb, rest, Array(words.dropFirst()), scene, size) }
        // A word and something after it that is no operator can be no expression.
        if words.count > 1, words[1].first?.isLetter ?? false || words[1].first?.isNumber ?? false, verb.allSatisfy(\.isLetter) {
            message = NearestName.missing("command", verb, among: CommandVerb.all.map(\.name))
            return []
        }
        return [.playback(.evaluate(line))]
    }

    /// `142`, `+10`, `-10`.
    private func stepNamed(_ text: String, _ scene: Scene) -> Int? {
        if text.hasPrefix("+") || text.hasPrefix("-"), let offset = Int(text) { return max(0, scene.position.step.addingReportingOverflow(offset).partialValue) }
        return Int(text).map { max(0, $0) }
    }

    private mutating func run(_ verb: String, _ rest: String, _ words: [String], _ scene: Scene, _ size: Size) -> [ScreenAction] {
        switch verb {
        case "goto": return goTo(named: rest, scene)
        case "watch": return watch(rest)
        case "unwatch": return unwatch(rest)
        case "break": return setBreakpoint(rest, words, scene)
        case "unbreak": return [.playback(.clearBreakpoints)]
        case "mark": return [.playback(.toggleMark(rest))]
        case "branch": return branch(rest, scene)
        case "policy": return policy(rest, scene)
        case "speed": return speed(rest)
        case "fault": return fault(words, scene)
        case "hold", "release", "delay": return schedule(verb, words, scene)
        case "perturb": return perturb(words, scene, size)
        case "wrap": return wrap(rest, scene)
        case "undo": return [.playback(.undo)]
        case "explain": return explain(rest, scene, size)
        case "find": return find(rest, scene, size)
        case "pane": return pane(rest, size)
        case "theme": return theme(rest)
        case "check": return [.playback(.check)]
        case "record": return [.playback(.toggleRecording)]
        case "story": return [.playback(.tellStory)]
        case "copy": return copy(rest)
        case "present": return perform(.presenter, scene, size)
        case "help": return perform(.help, scene, size)
        default: return [.quit]
        }
    }

    private mutating func fail(_ words: String) -> [ScreenAction] {
        message = words
        return []
    }

    private mutating func goTo(named text: String, _ scene: Scene) -> [ScreenAction] {
        if let step = stepNamed(text, scene) { return goTo(step) }
        if let mark = scene.marks.first(where: { $0.name == text }) { return goTo(mark.step) }
        return fail(text.isEmpty ? "goto a step, or a mark" : NearestName.missing("mark", text, among: scene.marks.map(\.name)))
    }

    private mutating func watch(_ text: String) -> [ScreenAction] {
        if text.isEmpty { return fail("watch an expression: watch count(tree)") }
        watches.removeAll { $0 == text }
        watches.append(text)
        return []
    }

    private mutating func unwatch(_ text: String) -> [ScreenAction] {
        if text.isEmpty {
            if watches.isEmpty { return fail("nothing is watched") }
            watches = []
        } else if let number = Int(text), watches.indices.contains(number - 1) {
            watches.remove(at: number - 1)
        } else if let index = watches.firstIndex(of: text) {
            watches.remove(at: index)
        } else {
            return fail(NearestName.missing("watch", text, among: watches))
        }
        return []
    }

    private mutating func setBreakpoint(_ text: String, _ words: [String], _ scene: Scene) -> [ScreenAction] {
        func toggle(_ breakpoint: Breakpoint) -> [ScreenAction] { [.playback(.toggleBreakpoint(breakpoint))] }
        if text.isEmpty { return fail("break at LINE, FILE:LINE, seq N, a notifier, or an expression") }
        if let line = Int(text) {
            if scene.code.file.isEmpty || line < 1 { return fail("there is no line \(line) to stop at") }
            return toggle(.line(file: scene.code.file, line: line))
        }
        if words.first == "seq", words.count == 2, let number = CommandLine.number(words[1]) { return toggle(.sequence(number)) }
        if words.first == "property", words.count == 2 { return toggle(.property(words[1])) }
        if words.count == 1, let colon = text.lastIndex(of: ":"), let line = Int(text[text.index(after: colon)...]), line > 0 {
            return toggle(.line(file: String(text[..<colon]), line: line))
        }
        if let row = scene.notifiers.rows.first(where: { $0.name == text }) { return toggle(.notifier(row.id)) }
        return toggle(.expression(text))
    }

    private mutating func branch(_ name: String, _ scene: Scene) -> [ScreenAction] {
        if name.isEmpty { return fail("branch NAME: one of \(scene.branches.map(\.name).joined(separator: ", ")), or a new name for this one") }
        return [.playback(scene.branches.contains { $0.name == name && !$0.isCurrent } ? .switchBranch(name) : .nameBranch(name))]
    }

    private mutating func policy(_ name: String, _ scene: Scene) -> [ScreenAction] {
        let names = scene.menu?.policies ?? []
        if name.isEmpty || (!names.isEmpty && !names.contains(name)) { return fail(NearestName.missing("policy", name, among: names)) }
        return [.playback(.perturb(.policy(name)))]
    }

    private mutating func speed(_ text: String) -> [ScreenAction] {
        if text == "max" { return [.playback(.setSpeed(nil))] }
        guard let speed = Int(text), speed > 0 else { return fail("speed in steps a second, or max") }
        return [.playback(.setSpeed(speed))]
    }

    private mutating func fault(_ words: [String], _ scene: Scene) -> [ScreenAction] {
        let faults = scene.menu?.faults ?? []
        let name = words.first ?? ""
        let row = faults.first { $0.name == name }
        if name.isEmpty || (row == nil && !faults.isEmpty) { return fail(NearestName.missing("fault", name, among: faults.map(\.name))) }
        switch words.dropFirst().first {
        case "on": return [.playback(.perturb(.fault(name: name, isOn: true)))]
        case "off": return [.playback(.perturb(.fault(name: name, isOn: false)))]
        case nil: return [.playback(.perturb(.fault(name: name, isOn: !(row?.isOn ?? false))))]
        default: return fail("fault \(name) on, or off")
        }
    }

    private mutating func schedule(_ verb: String, _ words: [String], _ scene: Scene) -> [ScreenAction] {
        let rows = scene.threads.rows
        let name = words.first ?? ""
        guard let thread = rows.first(where: { $0.label.lowercased() == name.lowercased() || $0.name == name }) else {
            return fail(NearestName.missing("thread", name, among: rows.map(\.label)))
        }
        if verb != "delay" { return [.playback(.perturb(.hold(thread.id, isHeld: verb == "hold")))] }
        guard words.count == 2, let steps = Int(words[1]), steps > 0 else { return fail("delay \(thread.label) for how many steps?") }
        return [.playback(.perturb(.delay(thread.id, steps: steps)))]
    }

    /// With everything that it needs an operation is carried out; what is missing is asked for.
    mutating func perturb(_ words: [String], _ scene: Scene, _ size: Size) -> [ScreenAction] {
        guard let menu = scene.menu else {
            // Typed faster than a scene came that says what can be done: it is carried out with that one.
            unansweredPerturbation = words
            return []
        }
        if let obstacle = menu.obstacle { return fail(obstacle) }
        guard let name = words.first, let operation = menu.operations.first(where: { $0.name == name }) else {
            if words.isEmpty { return perform(.perturb, scene, size) }
            return fail(NearestName.missing("operation", words[0], among: menu.operations.map(\.name)))
        }
        var flow = PerturbFlow(operation: operation)
        for word in words.dropFirst() {
            // A record that nobody is asked for may be left out.
            while case .record(_, let instances) = flow.next, instances.count == 1, !instances.contains(word) {
                flow = flow.answered(.record(instances[0]))
            }
            guard let parameter = flow.next else { return fail("\(name) takes no '\(word)'") }
            guard let argument = Self.argument(word, parameter) else { return fail("\(name): '\(word)' is no \(parameter.kind) for \(parameter.name)") }
            flow = flow.answered(argument)
        }
        return proceed(flow, scene, size)
    }

    private static func argument(_ word: String, _ parameter: OperationInfo.Parameter) -> PerturbationArgument? {
        switch parameter {
        case .range: CommandLine.range(word).map { .range(first: $0.first, last: $0.last) }
        case .address: CommandLine.number(word).map { .number(Int64(clamping: $0)) }
        case .number: CommandLine.signed(word).map { .number($0) }
        case .record(_, let instances): instances.contains(word) ? .record(word) : nil
        case .flag: ["yes", "y", "true", "on"].contains(word) ? .flag(true) : ["no", "n", "false", "off"].contains(word) ? .flag(false) : nil
        }
    }

    private mutating func wrap(_ text: String, _ scene: Scene) -> [ScreenAction] {
        guard let distance = Int(text), distance > 0 else { return fail("wrap N: so many additions before the wrap, 1 or more") }
        return [.playback(.perturb(.sequenceNearWrap(mmIndex: scene.header.mmIndex, distance: distance)))]
    }

    private mutating func explain(_ text: String, _ scene: Scene, _ size: Size) -> [ScreenAction] {
        if text.isEmpty { return perform(.explain, scene, size) }
        let threads = scene.threads.rows, notifiers = scene.notifiers.rows
        if text == "finding", scene.finding != nil {
            explain(.finding, size)
        } else if let thread = threads.first(where: { $0.label.lowercased() == text.lowercased() || $0.name == text }) {
            explain(.thread(thread.id), size)
        } else if let notifier = notifiers.first(where: { $0.name == text }) {
            explain(.notifier(notifier.id), size)
        } else if let number = HeaderNumber(rawValue: text) {
            explain(.number(number), size)
        } else if let lock = scene.locks.rows.first(where: { $0.name == text }) {
            explain(.lock(lock.name), size)
        } else if let page = CommandLine.number(text) {
            explain(.page(page), size)
        } else {
            let names = threads.map(\.label) + notifiers.map(\.name) + HeaderNumber.allCases.map(\.rawValue)
            return fail(NearestName.missing("such thing", text, among: names))
        }
        return []
    }

    private mutating func pane(_ name: String, _ size: Size) -> [ScreenAction] {
        let lower = name.lowercased()
        let pane = PaneID.allCases.first { $0.shortTitle.lowercased() == lower || $0.title.lowercased() == lower || $0.digit.map(String.init) == lower }
        guard let pane else { return fail(NearestName.missing("pane", name, among: PaneID.allCases.map { $0.shortTitle.lowercased() })) }
        show(pane, size)
        return []
    }

    private mutating func theme(_ name: String) -> [ScreenAction] {
        guard let theme = Theme(rawValue: name) else { return fail(NearestName.missing("theme", name, among: Theme.allCases.map(\.rawValue))) }
        return choose(theme)
    }

    private mutating func copy(_ what: String) -> [ScreenAction] {
        switch what {
        case "schedule", "": return [.playback(.copySchedule)]
        case "table": return [.playback(.copyTable)]
        default: return fail(NearestName.missing("copy of", what, among: ["schedule", "table"]))
        }
    }
}

extension OperationInfo.Parameter {
    /// What has to be typed for it.
    fileprivate var kind: String {
        switch self {
        case .address: "address"
        case .range: "range (0x12-0x15, the lower first)"
        case .record: "record"
        case .flag: "yes or no"
        case .number: "number"
        }
    }
}
