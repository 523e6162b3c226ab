import Language
import Machine
import Scene

extension Recording {
    /// The recording as one line of text that `mmuscope replay` takes; `nil` where that would be too long, or where it
    /// can't be said in a line (a workload that was told to come to rest), or where the recorded text doesn't compile.
    /// - Parameters:
    ///   - limit: characters that it may have.
    ///   - name: what `mmuscope run` calls the scenario, where that doesn't follow from the text's name.
    public func oneLine(limit: Int = 1_000, name: String? = nil) -> String? {
        guard let program = try? setup.program(),
            !setup.settings.contains(where: { OneLineSchedule.reserved.contains($0.name) })
        else { return nil }
        var simulation = Simulation(program, replaying: self)
        let body: OneLineSchedule.Body
        let made = interventions.part(0..<(end + 1)).changes
        let perturbations = made.compactMap { change in
            Perturbation(change.kind).map { OneLineSchedule.Perturbed(step: change.step, perturbation: $0) }
        }
        guard perturbations.count == made.count else { return nil }
        let isSeeded = !interventions.part(0..<end).hasChosenSteps
        if isSeeded {
            simulation.jump(to: end)
            body = .policy(setup.policy, seed: setup.seed, steps: end)
        } else {
            guard let runs = Self.runs(&simulation, end, limit) else { return nil }
            body = .steps(runs)
        }
        guard simulation.step == end else { return nil }
        let value = Fingerprinter(program).value(of: simulation.arrival.machine)
        var schedule = OneLineSchedule(
            scenario: name ?? setup.commandName, settings: setup.settings, faults: setup.faults, body: body,
            check: UInt32(truncatingIfNeeded: value))
        schedule.perturbations = perturbations
        schedule.claim = claim.map { .init(property: $0.property, thread: program.scheduleName(of: $0.thread)) }
        if !isSeeded, !schedule.canBeFollowed(on: program) {
            // A delay ends early when nobody else can step, which steps that are told one by one don't know of. As each is
            // told, whose turn it would have been makes no difference to where they lead.
            schedule.perturbations.removeAll { $0.perturbation.isAboutTurns }
            guard schedule.canBeFollowed(on: program) else { return nil }
        }
        let line = schedule.description
        return line.count <= limit ? line : nil
    }

    /// The recording as one line of text; see ``oneLine(limit:name:)``.
    public var oneLine: String? { oneLine() }

    /// Who took each step, and which way; `nil` when it becomes too long.
    private static func runs(_ simulation: inout Simulation, _ end: Int, _ limit: Int) -> [OneLineSchedule.Run]? {
        var runs: [OneLineSchedule.Run] = []
        while simulation.step < end {
            simulation.settle()
            guard simulation.stepForward(), let thread = simulation.cursor.lastThread else { return nil }
            let way = simulation.machine.takenChoice.map { Int(clamping: $0) }
            let name = simulation.program.scheduleName(of: thread)
            if let last = runs.indices.last, runs[last].thread == name, runs[last].way == way {
                runs[last].count += 1
            } else {
                runs.append(OneLineSchedule.Run(thread: name, way: way, count: 1))
            }
            // Each takes two characters at least.
            if runs.count > limit / 2 { return nil }
        }
        return runs
    }
}

extension Perturbation {
    /// It changes who steps when, and nothing else.
    fileprivate var isAboutTurns: Bool {
        switch self {
        case .policy, .hold, .delay: true
        case .operation, .fault, .sequenceNearWrap: false
        }
    }
}

extension RunSetup {
    /// What `mmuscope run` calls the scenario: its name, or where a user's file has it.
    public var commandName: String {
        guard let source = sources.first, !Self.isCarried(source.name) else { return scenario }
        return "\(source.name):\(scenario)"
    }

    /// Whether a text is one of the binary's own. They are called by their path without its extension.
    public static func isCarried(_ name: String) -> Bool {
        ["scenarios/", "selftests/"].contains(where: name.hasPrefix) && !name.hasSuffix(".model")
    }
}

extension OneLineSchedule {
    /// The schedule on a program: as a recording that goes as far as it can be followed, and where it can't.
    /// - Parameter program: today's, compiled with this line's settings and faults.
    /// - Throws: when it names a thread that the program doesn't have.
    public func recording(on program: Program) throws(OneLineError) -> (recording: Recording, astray: Astray?) {
        var values: [String: Int64] = [:]
        for setting in settings { values[setting.name] = setting.value }
        switch body {
        case .policy(let policy, let seed, let steps):
            let setup = RunSetup(program, settings: values, faults: faults, seed: seed, policy: policy)
            var simulation = Simulation(program, seed: seed, policy: policy)
            simulation.interventions = withPerturbations(simulation.interventions)
            simulation.settle()
            while simulation.step < steps, simulation.stepForward() {}
            return try finished(simulation, setup, wanted: steps, nil)
        case .steps(let runs):
            let schedule = try schedule(runs, program)
            let setup = RunSetup(program, settings: values, faults: faults, policy: .byHand)
            var simulation = Simulation(program, schedule: schedule.map { ScheduledStep(thread: $0.thread, choice: $0.way ?? 0) })
            simulation.interventions = withPerturbations(simulation.interventions)
            simulation.settle()
            var astray: Astray?
            while simulation.step < schedule.count, astray == nil {
                astray = Self.difference(simulation, schedule[simulation.step])
                if astray == nil, !simulation.stepForward() { break }
            }
            return try finished(simulation, setup, wanted: schedule.count, astray)
        }
    }

    /// Whether all of its steps can be taken, to the state that its check value says.
    fileprivate func canBeFollowed(on program: Program) -> Bool {
        guard let replayed = try? recording(on: program) else { return false }
        return replayed.astray == nil
    }

    private func withPerturbations(_ steps: Interventions) -> Interventions {
        var result = steps
        for perturbed in perturbations {
            guard let change = Interventions.Change.Kind(perturbed.perturbation) else { continue }
            result.append(change, at: perturbed.step)
        }
        return result
    }

    private func finished(
        _ simulation: Simulation, _ setup: RunSetup, wanted: Int, _ found: Astray?
    ) throws(OneLineError) -> (recording: Recording, astray: Astray?) {
        var interventions = simulation.interventions
        interventions.removeSteps(from: simulation.step)
        interventions.removeAll(from: simulation.step + 1)
        var whole = simulation
        whole.frontier = simulation.step
        let value = Fingerprinter(simulation.program).value(of: whole.arrival.machine)
        var recording = Recording(
            setup: setup, interventions: interventions, checks: [Recording.Check(step: simulation.step, value: value)],
            end: simulation.step, hasEnded: simulation.hasEnded, claim: try claim(on: simulation.program))
        var astray = found ?? simulation.astray
        if astray == nil, simulation.step < wanted {
            astray = Astray(step: simulation.step, sentence: "the run ends at step \(simulation.step) of \(wanted)")
        }
        let now = UInt32(truncatingIfNeeded: value)
        if astray == nil, let check, check != now {
            astray = Astray(
                step: wanted,
                sentence: "all \(wanted) steps can be taken, but they lead to another state than they did (check value "
                    + "\(UInt64(check).hexadecimal.suffix(8)), now \(UInt64(now).hexadecimal.suffix(8)))")
        }
        // What was found where it led doesn't matter where it doesn't lead.
        if astray != nil { recording.claim = nil }
        return (recording, astray)
    }

    private func schedule(_ runs: [Run], _ program: Program) throws(OneLineError) -> [(thread: Int, way: Int?)] {
        let names = program.threads.indices.dropLast().map(program.scheduleName)
        var result: [(thread: Int, way: Int?)] = []
        for run in runs {
            let thread = try Self.thread(run.thread, names, program)
            result += repeatElement((thread: thread, way: run.way), count: run.count)
        }
        return result
    }

    private static func thread(_ name: String, _ names: [String], _ program: Program) throws(OneLineError) -> Int {
        if let thread = names.firstIndex(of: name) { return thread }
        let hint = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
            ?? "there are \(program.threads.filter { ![.setup, .perturbation].contains($0.role) }.map(\.name).joined(separator: ", "))"
        throw OneLineError("there is no thread '\(name)' in \(program.scenario.name); \(hint)")
    }

    private func claim(on program: Program) throws(OneLineError) -> Recording.Claim? {
        guard let claim else { return nil }
        let names = program.threads.indices.dropLast().map(program.scheduleName)
        return Recording.Claim(property: claim.property, thread: try Self.thread(claim.thread, names, program))
    }

    /// Why a step of the schedule isn't one of the program's now.
    private static func difference(_ simulation: Simulation, _ step: (thread: Int, way: Int?)) -> Astray? {
        guard simulation.finding == nil else { return nil }
        let name = simulation.name(of: step.thread)
        let place = simulation.place(of: step.thread).map { " at \($0)" } ?? ""
        func astray(_ words: String) -> Astray {
            Astray(step: simulation.step, sentence: "step \(simulation.step): \(name) \(words)")
        }
        guard case .ready = simulation.machine.standing(of: step.thread) else {
            return astray("can't step\(place): \(simulation.reason(step.thread))")
        }
        // Which ways there are shows when one has been gone.
        guard step.way != nil || simulation.standsAtChoice(step.thread) else { return nil }
        var machine = simulation.machine
        var log = EventLog(isOn: false)
        if machine.step(step.thread, choice: UInt64(step.way ?? 0), log: &log) == .blocked {
            return astray("can't step that way\(place)")
        }
        switch (machine.takenChoice, step.way) {
        case (nil, nil): return nil
        case (nil, _?): return astray("had a choice, and has none now\(place)")
        case (_?, nil): return astray("had no choice, and has one now\(place)")
        case (let taken?, let way?): return taken == UInt64(way) ? nil : astray("went way \(way), and there is no such way now\(place)")
        }
    }
}

extension Simulation {
    /// The statement that a thread stands at: "kernel/interval_notifier:12 'lock subs.lock'".
    func place(of thread: Int) -> String? {
        machine.statement(of: thread).map { program.place(of: $0) }
    }
}

extension Program {
    /// What a schedule of one line calls a thread: its name, or "P0" for the first of those for operations.
    func scheduleName(of thread: Int) -> String {
        guard threads[thread].role == .perturbation else { return threads[thread].name }
        return "P\(thread - (threads.firstIndex { $0.role == .perturbation } ?? 0))"
    }

    func place(of statement: Int) -> String {
        let info = statements[statement]
        return "\(sources[info.file].name):\(info.line) '\(text(of: statement))'"
    }

    /// The line of a statement without the blanks around it.
    func text(of statement: Int) -> String {
        let info = statements[statement]
        let line = sources[info.file].lines[info.line - 1]
        return String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
