import Language
import Machine

/// What an invalidation did about a device's entry that it should have removed.
extension StoryTeller {
    /// One invalidation, from its start to its end.
    struct Invalidation {
        var thread: Int
        /// The step that starts it; nil when it was in flight before the first.
        var start: Int?
        var end: Int?
        var name: String
    }

    /// The invalidation that an entry's change belongs to: one of its mm over the page, of the thread that changes it if there is.
    func invalidation(of entry: Entry, at step: Int) -> Invalidation? {
        guard let record = program.record(named: "Range") else { return nil }
        let info = program.records[record]
        guard let flag = info.offset(of: "in_flight"), let start = info.offset(of: "start"), let last = info.offset(of: "last")
        else { return nil }
        let mm = info.offset(of: "mm")
        let machine = example.machines[step]
        let found = machine.liveRecords(record).filter { address in
            machine.slot(address + flag) != 0 && machine.slot(address + start) <= entry.page
                && machine.slot(address + last) >= entry.page && mm.map { machine.slot(address + $0) == entry.mm.bits } ?? true
        }.compactMap { address -> Invalidation? in
            let range = reference(address, in: machine)
            let isInFlight = { (machine: Machine) in machine.isLive(range) && machine.slot(address + flag) != 0 }
            guard let first = beginning(at: step, isInFlight), let thread = thread(of: range, first, step) else { return nil }
            let end = (step..<example.steps.count).first { !isInFlight(example.machines[$0 + 1]) }
            let event = info.fields.first { $0.name == "event" }.map { machine.text(of: machine.slot(address + $0.offset), as: $0.type) }
            let words = "\(hex(Int(machine.slot(address + start))))..\(hex(Int(machine.slot(address + last))))"
            return Invalidation(thread: thread, start: first.step, end: end, name: "\(event.map { $0 + " " } ?? "")\(words)")
        }
        return found.first { $0.thread == example.steps[step].thread } ?? found.first
    }

    /// Whose a range is: who started it, or who has it in a variable where nobody was seen to.
    private func thread(of range: Reference, _ first: Beginning, _ step: Int) -> Int? {
        if let start = first.step { return example.steps[start].thread }
        let machine = example.machines[step]
        return (0..<machine.threadCount).first { thread in
            machine.callStack(of: thread).contains { frame in
                program.functions[frame.function].locals.contains {
                    machine.hasValue($0, in: frame.function, thread: thread) && machine.value(of: $0, thread: thread) == range.bits
                }
            }
        }
    }

    mutating func tell(_ invalidation: Invalidation, _ entry: Entry, _ mapped: Int?) {
        let name = example.name(of: invalidation.thread)
        if let start = invalidation.start {
            say(order(start), "\(name) starts to invalidate \(invalidation.name) \(when(start))")
        } else {
            say(0, "\(name) has been invalidating \(invalidation.name) \(since(nil, ""))")
        }
        let steps = (invalidation.start ?? 0)...max(invalidation.start ?? 0, invalidation.end ?? example.steps.count - 1)
        if hasCallback(entry.owner) {
            let calls = callbacks(of: invalidation, in: steps) { $0 == entry.owner }
            tellEvents(naming: reference(entry.owner, in: final), except: calls + (mapped.map { [$0] } ?? []))
            if calls.isEmpty {
                tellUncalled(invalidation, entry)
            } else {
                tellCall(of: invalidation, calls, on: entry.owner, entry)
            }
        } else {
            tellOthersCalled(invalidation, entry, in: steps)
        }
        tellEnd(of: invalidation, mapped)
    }

    private mutating func tellEnd(of invalidation: Invalidation, _ mapped: Int?) {
        let words = "\(example.name(of: invalidation.thread))'s invalidation of \(invalidation.name)"
        guard let end = invalidation.end else {
            return say(example.steps.count, "\(words) has not ended yet")
        }
        let isLate = mapped.map { $0 > end } ?? false
        say(order(end), "\(words) ends \(when(end))" + (isLate ? ", before the device's entry is made" : ""))
    }

    // MARK: Callbacks

    /// Whether some driver's callback is about this record or one inside of it.
    private func hasCallback(_ owner: Int) -> Bool {
        let own = Set(parts(of: owner).map(\.address))
        return program.callbacks.contains { callback in
            callback.implementations.keys.contains { number in
                let segment = program.segments[number]
                return (0..<segment.count).contains { own.contains(segment.base + $0 * segment.stride) }
            }
        }
    }

    /// The steps of an invalidation's thread inside a driver's callback for a record that is wanted.
    private func callbacks(of invalidation: Invalidation, in steps: ClosedRange<Int>, isWanted: (Int) -> Bool) -> [Int] {
        steps.filter { index in
            example.steps[index].thread == invalidation.thread && subject(of: index).map(isWanted) ?? false
        }
    }

    /// The record that a step's callback is for, by its header; nil when it is in none.
    private func subject(of index: Int) -> Int? { Self.subject(of: example.steps[index], in: example.machines[index]) }

    static func subject(of step: Counterexample.Step, in before: Machine) -> Int? {
        for frame in step.stack {
            let function = before.program.functions[frame.function]
            guard function.callback != nil, let parameter = function.locals.first else { continue }
            return Reference(bits: before.value(of: parameter, thread: step.thread)).address
        }
        return nil
    }

    /// The callback that a step is in.
    private func callback(at index: Int) -> String {
        let function = example.steps[index].stack.first { program.functions[$0.function].callback != nil }?.function
        return function.map { "\(program.functions[$0].qualifiedName)()" } ?? "the callback"
    }

    private mutating func tellCall(of invalidation: Invalidation, _ calls: [Int], on subject: Int, _ entry: Entry) {
        guard let first = calls.first else { return }
        let machine = example.machines[first]
        var deeds: [String] = []
        let found = machine.reference(at: entry.slot)
        if subject == entry.owner, found.bits != entry.target.bits {
            deeds.append(found.isNone ? "when the device has no entry there" : "when the device's entry leads to \(machine.name(of: found))")
        }
        deeds += calls.flatMap { example.steps[$0].events }
        if let seq = tellSequence(calls, entry.owner) { deeds.append(seq) }
        if found.bits == entry.target.bits, calls.allSatisfy({ example.machines[$0 + 1].slot(entry.slot) == found.bits }) {
            deeds.append("leaves the device's entry")
        }
        let rest = deeds.isEmpty ? "" : ", " + deeds.dropLast().map { "\($0), " }.joined() + (deeds.count > 1 ? "and " : "") + (deeds.last ?? "")
        say(order(first), "\(example.name(of: invalidation.thread)) calls \(callback(at: first)) for "
            + "\(machine.name(ofRecordAt: subject)) in step \(shown(first))\(rest)")
    }

    /// What a callback does about the notifier's sequence number.
    private func tellSequence(_ calls: [Int], _ owner: Int) -> String? {
        guard let first = calls.first, let field = program.epochs.first.map({ program.records[$0.record].fields[$0.field] }),
            let slot = slot(field.name, of: "Interval", in: owner)
        else { return nil }
        let changes = calls.flatMap { example.steps[$0].changes.filter { $0.slot == slot } }
        guard let from = changes.first, let to = changes.last else {
            return "leaves the notifier's seq at \(final.text(of: value(slot, before: first), as: field.type))"
        }
        return "sets the notifier's seq from \(final.text(of: from.old, as: field.type)) to \(final.text(of: to.new, as: field.type))"
    }

    private mutating func tellUncalled(_ invalidation: Invalidation, _ entry: Entry) {
        let (name, owner) = (example.name(of: invalidation.thread), final.name(ofRecordAt: entry.owner))
        let start = invalidation.start ?? 0
        // What may have been called before the first step nobody has seen.
        guard invalidation.start != nil else { return }
        let words = invalidation.end == nil ? "has not called the notifier of \(owner) by the end" : "doesn't call the notifier of \(owner)"
        say(order(start), "\(name) \(words)\(reason(entry.owner, start))")
    }

    /// The device's table is in a record that has no notifier of its own: which others the invalidation calls.
    private mutating func tellOthersCalled(_ invalidation: Invalidation, _ entry: Entry, in steps: ClosedRange<Int>) {
        let calls = callbacks(of: invalidation, in: steps) { _ in true }
        for subject in Set(calls.compactMap(subject)).sorted() {
            tellCall(of: invalidation, calls.filter { self.subject(of: $0) == subject }, on: subject, entry)
        }
        guard calls.isEmpty, let start = invalidation.start else { return }
        let words = invalidation.end == nil ? "has called no notifier by the end" : "calls no notifier"
        say(order(start), "\(example.name(of: invalidation.thread)) \(words)")
    }

    private func reason(_ owner: Int, _ step: Int) -> String {
        let machine = example.machines[step]
        for part in parts(of: owner) where program.records[part.record].name == "Interval" {
            if machine.isInTree(part.address) { continue }
            return machine.isInList(part.address)
                ? ": in step \(shown(step)) it is on the deferred list, not in the tree"
                : ": in step \(shown(step)) it is not in the tree"
        }
        return ""
    }
}
