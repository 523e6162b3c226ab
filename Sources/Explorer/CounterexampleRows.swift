import Language
import Machine

/// What a table says of which step.
extension Counterexample {
    /// One line of the table, before it is wrapped.
    struct Row: Equatable {
        var thread: Int
        var depth: Int
        var text: String
        var isComment = false
    }

    func rows(_ form: TableForm = TableForm()) -> [Row] {
        let relevance = Relevance(self)
        let places = Places(program)
        let callbacks = CallbackSteps(self, relevance, places, isShort: form.isShort)
        var builder = RowBuilder(program: program, form: form)
        for (index, step) in steps.enumerated() { builder.add(step, told(index, relevance, places, callbacks, form)) }
        for step in waits {
            let text = Row(thread: step.thread, depth: step.depth, text: text(of: step, form))
            builder.add(step, [text] + step.events.map { Row(thread: step.thread, depth: step.depth, text: $0, isComment: true) })
        }
        if let next = unlinking, steps.contains(where: { $0.thread == next.thread }) {
            builder.addComment("not reached: \(text(of: next, form))", by: next)
        }
        let told = participants
        return builder.rows.filter { told.contains($0.thread) }.reduce(into: []) { result, row in
            if result.last != row { result.append(row) }
        }
    }

    /// A step's statement, with functions by the names that are wanted.
    private func text(of step: Step, _ form: TableForm) -> String {
        form.hasKernelNames ? program.withKernelNames(step.text, in: step.stack.last?.function) : step.text
    }

    /// Puts the calls above what is shown of them: all of them, or in a short form the outermost, the innermost and drivers' callbacks.
    private struct RowBuilder {
        let program: Program
        let form: TableForm
        var rows: [Row] = []
        /// For each thread, the calls that it is in and whether they have been shown.
        private var open: [Int: [(function: Int, caller: Int?, isShown: Bool)]] = [:]

        init(program: Program, form: TableForm) {
            self.program = program
            self.form = form
        }

        mutating func add(_ step: Step, _ shown: [Row]) {
            var calls = open[step.thread] ?? []
            var common = 0
            while common < calls.count, common + 1 < step.stack.count,
                calls[common].function == step.stack[common + 1].function,
                calls[common].caller == step.stack[common].statement
            {
                common += 1
            }
            calls.removeSubrange(common...)
            for depth in (common + 1)..<max(common + 1, step.stack.count) {
                calls.append((step.stack[depth].function, step.stack[depth - 1].statement, false))
            }
            if !shown.isEmpty {
                for depth in calls.indices where !calls[depth].isShown && isTold(calls[depth].function, depth, of: calls.count) {
                    let above = calls[..<depth].count(where: \.isShown)
                    calls[depth].isShown = true
                    let function = program.functions[calls[depth].function]
                    let name = form.hasKernelNames ? function.kernelName ?? function.qualifiedName : function.qualifiedName
                    rows.append(Row(thread: step.thread, depth: above, text: "\(name)()"))
                }
                for var row in shown where !row.text.isEmpty {
                    row.depth = calls.count(where: \.isShown)
                    if rows.last != row { rows.append(row) }
                }
            }
            open[step.thread] = calls
        }

        private func isTold(_ function: Int, _ depth: Int, of count: Int) -> Bool {
            !form.isShort || depth == 0 || depth == count - 1 || program.functions[function].callback != nil
        }

        mutating func addComment(_ text: String, by step: Step) {
            let depth = form.isShort ? open[step.thread]?.count(where: \.isShown) ?? 0 : step.depth
            rows.append(Row(thread: step.thread, depth: depth, text: text, isComment: true))
        }
    }

    /// Where threads wait for ever, when that is what was found; their reason is their event.
    private var waits: [Step] {
        guard let final = machines.last, !steps.isEmpty else { return [] }
        return waiting.map { thread, blockage in
            var step = Self.step(of: thread, from: final, to: final, EventLog())
            step.events = ["BUG: \(final.describe(blockage))"]
            step.kinds = ["finding"]
            return step
        }
    }

    /// The threads that matter to what was found. When threads wait for ever, all others have run to their ends, and most have
    /// nothing to do with it: only those that hold what is waited for, or changed what a sleeper looks at.
    private var participants: Set<Int> {
        let all = Set(steps.map(\.thread))
        guard !waits.isEmpty, let final = machines.last else { return all }
        var result: Set<Int> = []
        let places = Places(program)
        for wait in waits {
            result.insert(wait.thread)
            guard case .blocked(let blockage) = final.standing(of: wait.thread) else { continue }
            result.formUnion(blockage.holders)
            guard let last = steps.indices.last(where: { steps[$0].thread == wait.thread }) else { continue }
            for slot in Footprint(of: wait.thread, in: machines[last]).looked where places.isTold(slot) {
                if let writer = steps.last(where: { $0.changes.contains { $0.slot == slot } }) { result.insert(writer.thread) }
            }
        }
        return result
    }

    /// What is shown of a step: its text where it matters, its sentences as comments.
    private func told(_ index: Int, _ relevance: Relevance, _ places: Places, _ callbacks: CallbackSteps, _ form: TableForm) -> [Row] {
        let step = steps[index]
        let isLast = index == steps.count - 1
        var rows: [Row] = []
        func comment(_ text: String) { rows.append(Row(thread: step.thread, depth: step.depth, text: text, isComment: true)) }
        if firstStepOfRound == index + 1 { comment("here the round begins") }
        if isLast || relevance.conflicts[index] || relevance.guards[index] || callbacks.told.contains(index)
            || isAloneBeforeSwitch(index, relevance) || isOfRound(index)
        {
            var text = text(of: step, form)
            if step.events.isEmpty || form.isShort, let change = change(index, places), form.isShort || !isSaid(change, after: index) {
                text += " " + "/* \(change) */".replacing(" ", with: String(Self.tie))
            }
            rows.append(Row(thread: step.thread, depth: step.depth, text: text))
        }
        if callbacks.idle.contains(index) { comment("changes nothing") }
        for (event, kind) in zip(step.events, step.kinds) where !form.isShort || Self.readSide.contains(kind) { comment(event) }
        if isLast, isFoundByStep, hasFinding {
            comment(sentence == finding.sentence || form.isShort ? "BUG: \(finding.property)" : "BUG: \(finding.sentence)")
        } else if isLast, let first = firstStepOfRound {
            let count = steps.count - first + 1
            comment("BUG: everything is as it was \(count) step\(count == 1 ? "" : "s") before")
        }
        return rows
    }

    /// What a reader says who asks whether anything has come in between: without it no table convinces.
    private static let readSide: Set<String> = ["begin", "retry", "success", "collide"]
    /// Steps of a round that are all shown.
    private static let shortRound = 16

    /// A short round is shown whole: there is no step of it that doesn't matter.
    private func isOfRound(_ index: Int) -> Bool {
        firstStepOfRound.map { index >= $0 - 1 && steps.count - $0 < Self.shortRound } ?? false
    }

    /// Whether the thread is about to say so itself.
    private func isSaid(_ change: String, after index: Int) -> Bool {
        steps[(index + 1)...].lazy.filter { $0.thread == steps[index].thread }.prefix(6)
            .contains { $0.events.contains { Self.ascii($0).contains(change) } }
    }

    /// The last step of a stretch of which nothing else is shown.
    private func isAloneBeforeSwitch(_ index: Int, _ relevance: Relevance) -> Bool {
        guard index + 1 < steps.count, steps[index + 1].thread != steps[index].thread else { return false }
        var step = index
        while step >= 0, steps[step].thread == steps[index].thread {
            if relevance.conflicts[step] || relevance.guards[step] || !steps[step].events.isEmpty { return false }
            step -= 1
        }
        return true
    }

    /// "3 -> 4": what became of a number that a step changes.
    private func change(_ index: Int, _ places: Places) -> String? {
        let told = steps[index].changes.filter { change in
            guard places.isTold(change.slot), !places.isHeader(change.slot) else { return false }
            switch places.type(at: change.slot) {
            case .integer: return true
            default: return false
            }
        }
        guard told.count == 1, let only = told.first, let type = places.type(at: only.slot) else { return nil }
        let machine = machines[index]
        let values = "\(machine.text(of: only.old, as: type)) -> \(machine.text(of: only.new, as: type))"
        // Of several stores in one step it must be said whose the number is.
        let field = places.field(at: only.slot)?.info.name ?? places.name(of: only.slot, in: machine)
        let text = steps[index].text
        return text.contains(field) && text.count(where: { $0 == ";" }) == 0 ? values : "\(field) \(values)"
    }
}

/// Drivers' callbacks, of which little may have mattered to the order of the threads: whose code was called is shown all the same,
/// with what it did, or that it did nothing.
struct CallbackSteps {
    /// Steps of callbacks that are shown.
    private(set) var told: Set<Int> = []
    /// First steps of callbacks that change nothing that threads share.
    private(set) var idle: Set<Int> = []

    /// So many calls are shown whatever they are about; of more only those about what the finding names.
    private static let fewCalls = 4
    /// Steps of one call that are shown.
    private static let fewSteps = 4

    private struct Call {
        var thread: Int
        var subject: Int
        var steps: [Int]
    }

    init(_ example: Counterexample, _ relevance: Relevance, _ places: Places, isShort: Bool) {
        let calls = Self.calls(in: example)
        let teller = StoryTeller(example)
        var subjects = Set(teller.named(in: teller.final))
        if let entry = teller.staleEntry() { subjects.insert(entry.owner) }
        for call in calls where subjects.contains(call.subject) || calls.count <= Self.fewCalls && !isShort {
            let changing = call.steps.filter { index in
                example.steps[index].changes.contains { places.isTold($0.slot) && !places.isHeader($0.slot) }
            }
            guard !changing.isEmpty else {
                // One that has not come to its end may still change something.
                let isOver = call.steps.last.map { !Self.isInside(call, example.machines[$0 + 1], example.program) } ?? false
                let isSilent = call.steps.allSatisfy { example.steps[$0].events.isEmpty }
                if isOver, isSilent || isShort, let first = call.steps.first { idle.insert(first) }
                continue
            }
            let isShown = call.steps.contains { relevance.conflicts[$0] || !example.steps[$0].events.isEmpty && !isShort }
            let numbers = changing.filter { index in
                example.steps[index].changes.contains { places.type(at: $0.slot)?.sequenceBits != nil }
            }
            told.formUnion(isShown ? numbers : Array(changing.prefix(Self.fewSteps)))
        }
    }

    private static func calls(in example: Counterexample) -> [Call] {
        var calls: [Call] = []
        var open: [Int: Int] = [:]
        for (index, step) in example.steps.enumerated() {
            let subject = StoryTeller.subject(of: step, in: example.machines[index])
            guard let subject else {
                open[step.thread] = nil
                continue
            }
            if let number = open[step.thread], calls[number].subject == subject {
                calls[number].steps.append(index)
            } else {
                open[step.thread] = calls.count
                calls.append(Call(thread: step.thread, subject: subject, steps: [index]))
            }
        }
        return calls
    }

    private static func isInside(_ call: Call, _ machine: Machine, _ program: Program) -> Bool {
        machine.callStack(of: call.thread).contains { program.functions[$0.function].callback != nil }
    }
}

extension Program {
    /// A statement with the functions that it calls by the kernel's names.
    func withKernelNames(_ text: String, in function: Int?) -> String {
        let driver = function.flatMap { functions[$0].driver }
        return text.replacing(/\b([A-Za-z_][\w.]*)\(/) { match in
            let name = String(match.1)
            let called = functions.first { $0.driver == driver && driver != nil && $0.name == name } ?? functions.first { $0.qualifiedName == name }
            return "\(called?.kernelName ?? name)("
        }
    }
}
