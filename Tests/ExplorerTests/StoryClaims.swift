import Language
import Machine

@testable import Explorer

/// Holds a story against the states along its schedule: every sentence is read, and what it says is looked up there, by other
/// means than those that it was told by. A sentence of a kind that isn't known here is a mistake, too.
struct StoryClaims {
    let example: Counterexample
    let program: Program
    let places: Places
    /// Slots by name, as long as records that are told apart by it are there.
    private var slots: [String: Int] = [:]
    private(set) var falsehoods: [String] = []
    private(set) var kinds: Set<String> = []
    /// The step in which the last thread was told to have taken a page, and to have started an invalidation.
    private var taken: Int?
    private var started: (step: Int, thread: Int, end: Int)?

    init(_ example: Counterexample) {
        self.example = example
        program = example.program
        places = Places(program)
        for slot in 0..<program.threadBase where !places.isHeader(slot) {
            // Records of two drivers may be called the same; a scenario makes those of one.
            let isUsed = example.machines.contains { places.isLive(slot, in: $0) }
            if isUsed, program.globals.contains(where: { $0.slot == slot }) || places.field(at: slot) != nil {
                slots[places.name(of: slot, in: example.machines[0])] = slot
            }
        }
        for sentence in example.storySentences() {
            if let wrong = judge(String(sentence.text.dropLast())) { falsehoods.append("\(sentence.text) [\(wrong)]") }
        }
    }

    private var count: Int { example.steps.count }
    private var final: Machine { example.machines[count] }

    /// What is wrong with a sentence; nil when it is so.
    private mutating func judge(_ text: String) -> String? {
        for claim in Self.claims {
            guard let match = try? claim.pattern.wholeMatch(in: text) else { continue }
            kinds.insert(claim.name)
            let parts = match.output.map { $0.substring.map(String.init) ?? "" }
            return claim.check(&self, parts)
        }
        return "nobody knows how to check this"
    }

    private struct Claim: @unchecked Sendable {
        var name: String
        var pattern: Regex<AnyRegexOutput>
        var check: (inout StoryClaims, [String]) -> String?

        init(_ name: String, _ pattern: String, _ check: @escaping (inout StoryClaims, [String]) -> String?) {
            self.name = name
            // WHEN: a step and its place. SEQ: numbers then.
            let whole = pattern.replacing("WHEN", with: #"in step (\d+) \(([^()]*(?:\(\), )?[^()]*)\)"#)
                .replacing("SINCE", with: #"since (?:the setup|(\S+) stored it in step (\d+) \([^()]*(?:\(\), )?[^()]*\))"#)
                .replacing("SEQ", with: #"(?:, when the mm's seq is (\d+)(?: and the notifier's (\d+))?)?"#)
            self.pattern = try! Regex(whole)
            self.check = check
        }
    }

    // MARK: Looking things up

    private func thread(_ name: String) -> Int? { program.threads.firstIndex { $0.name == name } }

    /// The header of a record by its name.
    private func record(_ name: String) -> Int? {
        for segment in program.segments where segment.parent == nil {
            for address in (0..<segment.count).map({ segment.base + $0 * segment.stride }) where final.name(ofRecordAt: address) == name {
                if example.machines.contains(where: { $0.isLiveRecord(at: address) }) { return address }
            }
        }
        return nil
    }

    private func slots(of record: Int) -> Range<Int> {
        let segment = program.segments.first { $0.parent == nil && $0.base <= record && record < $0.base + $0.stride * $0.count }
        return record..<(record + (segment.map { program.records[$0.record].size } ?? 1))
    }

    private func leads(_ bits: Int64, to record: Int) -> Bool { bits > 1 << 60 && slots(of: record).contains(Reference(bits: bits).address) }

    /// Step `number` (from 1) is that thread's, and stands where it is said to.
    private func isStep(_ number: String, of name: String, at place: String? = nil) -> Int? {
        guard let number = Int(number), (1...count).contains(number), example.steps[number - 1].thread == thread(name) else { return nil }
        let step = example.steps[number - 1]
        if let place {
            let info = program.statements[step.statement]
            let where_ = "\(program.sources[info.file].name):\(info.line)"
            let function = program.functions[info.function].qualifiedName
            guard place == where_ || place == "\(function)(), \(where_)" else { return nil }
        }
        return number - 1
    }

    private func value(_ name: String, _ index: Int) -> String? {
        guard let slot = slots[name], let type = places.type(at: slot) else { return nil }
        return example.machines[index].text(of: example.machines[index].slot(slot), as: type)
    }

    /// The CPU's entries of an address.
    private func entries(_ page: String) -> [Int] { slots.filter { $0.key.hasSuffix(".pte[0x\(page)]") }.map(\.value) }

    private func changes(_ slot: Int, _ index: Int) -> Bool { example.machines[index].slot(slot) != example.machines[index + 1].slot(slot) }

    private func deviceEntry(_ owner: String, _ page: String) -> Int? {
        program.deviceTables.lazy.compactMap { slots["\(owner).\(program.records[$0.record].fields[$0.field].name)[0x\(page)]"] }.first
    }

    private func sequences(_ mm: String, _ own: String, _ owner: String, _ index: Int) -> Bool {
        let isOfAnMM = mm.isEmpty || slots.contains { $0.key.hasPrefix("subscriptions#") && $0.key.hasSuffix(".invalidate_seq") && value($0.key, index) == mm }
        return isOfAnMM && (own.isEmpty || value("\(owner).invalidate_seq", index) == own)
    }

    /// Whether a thread is inside of a callback for a record, in the state before a step.
    private func isCalled(_ owner: Int?, by thread: Int, _ index: Int, _ name: String? = nil) -> Bool {
        let machine = example.machines[index]
        return machine.callStack(of: thread).contains { frame in
            let function = program.functions[frame.function]
            guard function.callback != nil, name == nil || function.qualifiedName == name, let first = function.locals.first else { return false }
            return owner == nil || Reference(bits: machine.value(of: first, thread: thread)).address == owner
        }
    }

    /// Whether a variable can be seen from where a frame stands, by the text alone: declared above, in a block that is still open.
    private func isVisible(_ name: String, _ frame: Machine.Frame) -> Bool {
        let function = program.functions[frame.function]
        guard let statement = frame.statement else { return false }
        let lines = program.sources[function.file].lines
        var blocks: [Set<String>] = [[]]
        for number in function.line...program.statements[statement].line {
            let line = lines[number - 1].firstRange(of: "//").map { String(lines[number - 1][..<$0.lowerBound]) } ?? lines[number - 1]
            if number == function.line, line.contains(where: { $0 == "(" }) {
                blocks[0].formUnion(line.matches(of: /(\w+):/).map { String($0.1) })
            }
            // What stands on the line itself counts only where it is behind the frame's place: the next line's.
            let isOwn = number == program.statements[statement].line
            for word in line.split(whereSeparator: { " (),".contains($0) }) {
                // Of its own line only a brace that stands first.
                if isOwn, !line.drop(while: { $0 == " " }).hasPrefix(word) || word != "}" { continue }
                if word == "{" || word.hasSuffix("{") { blocks.append([]) }
                if word == "}" || word.hasPrefix("}") { if blocks.count > 1 { blocks.removeLast() } }
            }
            if !isOwn {
                for match in line.matches(of: /\b(?:let|for) (\w+)/) {
                    blocks[blocks.count - 1].insert(String(match.1))
                }
            } else if let head = line.firstMatch(of: /\bfor (\w+)/) {
                blocks[blocks.count - 1].insert(String(head.1))
            }
        }
        return blocks.contains { $0.contains(name) }
    }

    // MARK: What sentences say

    private static let claims: [Claim] = mapping + invalidations + lives + waits + writes

    private static let mapping: [Claim] = [
        Claim("maps", #"(\S+) maps (\S+) at 0x(\w+) for (\S+) WHENSEQ"#) { its, parts in
            guard let index = its.isStep(parts[5], of: parts[1], at: parts[6]) else { return "no such step" }
            guard let slot = its.deviceEntry(parts[4], parts[3]), let page = its.record(parts[2]) else { return "no such entry" }
            guard its.changes(slot, index), its.leads(its.example.machines[index + 1].slot(slot), to: page) else { return "it doesn't" }
            return its.sequences(parts[7], parts[8], parts[4], index) ? nil : "other numbers"
        },
        Claim("has been mapped", #"(\S+) has been mapped at 0x(\w+) for (\S+) since the setup"#) { its, parts in
            guard let slot = its.deviceEntry(parts[3], parts[2]), let page = its.record(parts[1]) else { return "no such entry" }
            return its.example.machines.allSatisfy { its.leads($0.slot(slot), to: page) } ? nil : "it hasn't"
        },
        Claim("takes", #"(\S+) takes (\S+) from (the CPU's entry|\S+) WHENSEQ"#) { its, parts in
            guard let index = its.isStep(parts[4], of: parts[1], at: parts[5]), let page = its.record(parts[2]) else { return "no such step" }
            its.taken = index
            let sources = parts[3] == "the CPU's entry" ? its.slots.filter { $0.key.contains(".pte[") }.map(\.value) : [its.slots[parts[3]] ?? 0]
            guard sources.contains(where: { its.leads(its.example.machines[index].slot($0), to: page) }) else { return "it isn't there" }
            return nil
        },
        Claim("has not asked", #"(\S+) has not asked read_retry in between"#) { its, parts in
            guard let taken = its.taken, let last = its.example.storySentences().first(where: { $0.text.contains(" maps ") })?.step else { return "between what?" }
            let asks = (taken..<last).contains { index in
                its.example.steps[index].thread == its.thread(parts[1]) && its.example.machines[index].callStack(of: its.example.steps[index].thread).contains {
                    its.program.functions[$0.function].name.hasSuffix("_retry")
                }
            }
            return asks ? "it has" : nil
        },
        Claim("takes out of the CPU's entry", #"(\S+) takes (\S+) out of the CPU's entry of 0x(\w+) WHEN"#) { its, parts in
            guard let index = its.isStep(parts[4], of: parts[1], at: parts[5]), let page = its.record(parts[2]) else { return "no such step" }
            return its.entries(parts[3]).contains { its.leads(its.example.machines[index].slot($0), to: page) && its.example.machines[index + 1].slot($0) == 0 }
                ? nil : "it doesn't"
        },
        Claim("puts in the place", #"(\S+) puts (\S+) in the place of (\S+) in the CPU's entry of 0x(\w+) WHEN"#) { its, parts in
            guard let index = its.isStep(parts[5], of: parts[1], at: parts[6]), let new = its.record(parts[2]), let old = its.record(parts[3]) else { return "no such step" }
            return its.entries(parts[4]).contains { its.leads(its.example.machines[index].slot($0), to: old) && its.leads(its.example.machines[index + 1].slot($0), to: new) }
                ? nil : "it doesn't"
        },
        Claim("makes read-only", #"(\S+) makes the CPU's entry of 0x(\w+) read-only WHEN"#) { its, parts in
            guard let index = its.isStep(parts[3], of: parts[1], at: parts[4]) else { return "no such step" }
            return its.slots.contains { $0.key.hasSuffix(".pte_write[0x\(parts[2])]") && its.changes($0.value, index) && its.final.slot($0.value) == 0 }
                ? nil : "it doesn't"
        },
        Claim("makes the CPU's entry", #"(\S+) makes the CPU's entry of 0x(\w+) (\S+)(?: for (\S+))?, where it was (\S+)(?: for (\S+))?, WHEN"#) { its, parts in
            guard let index = its.isStep(parts[7], of: parts[1], at: parts[8]) else { return "no such step" }
            let isSo = its.slots.keys.contains { key in
                guard key.hasSuffix(".pte[0x\(parts[2])]") else { return false }
                let kind = key.replacing(".pte[", with: ".pte_kind[")
                func named(_ name: String, _ index: Int) -> Bool { its.value(key, index) == (name.isEmpty ? "none" : name) }
                return its.value(kind, index + 1) == parts[3] && its.value(kind, index) == parts[5] && named(parts[4], index + 1) && named(parts[6], index)
            }
            return isSo ? nil : "it doesn't"
        },
        Claim("never led", #"The CPU's entry of 0x(\w+) never led to (\S+)"#) { its, parts in
            guard let page = its.record(parts[2]) else { return "no such page" }
            let mms = its.example.machines.flatMap { machine in its.entries(parts[1]).filter { its.leads(machine.slot($0), to: page) } }
            return mms.isEmpty ? nil : "it did"
        },
    ]

    private static let invalidations: [Claim] = [
        Claim("no invalidation", #"No invalidation over 0x(\w+) is in flight in step (\d+)"#) { its, parts in
            guard let page = Int(parts[1], radix: 16), let number = Int(parts[2]) else { return "no such step" }
            let machine = its.example.machines[number - 1]
            let isOver = its.slots.contains { key, slot in
                guard key.hasSuffix(".in_flight"), machine.slot(slot) != 0, let start = its.slots[key.replacing(".in_flight", with: ".start")],
                    let last = its.slots[key.replacing(".in_flight", with: ".last")]
                else { return false }
                return machine.slot(start) <= page && page <= machine.slot(last) && places(its, slot, machine)
            }
            return isOver && its.slots.keys.filter({ $0.hasPrefix("mm#") && $0.hasSuffix(".pte[0x0]") }).count < 2 ? "one is" : nil
            func places(_ its: StoryClaims, _ slot: Int, _ machine: Machine) -> Bool { its.places.isLive(slot, in: machine) }
        },
        Claim("starts", #"(\S+) starts to invalidate (?:(\S+) )?0x(\w+)\.\.0x(\w+) WHEN"#) { its, parts in
            guard let index = its.isStep(parts[5], of: parts[1], at: parts[6]), let thread = its.thread(parts[1]) else { return "no such step" }
            for (key, slot) in its.slots where key.hasSuffix(".in_flight") && its.changes(slot, index) && its.example.machines[index + 1].slot(slot) != 0 {
                let name = key.dropLast("in_flight".count)
                guard its.value("\(name)start", index + 1) == "0x\(parts[3])", its.value("\(name)last", index + 1) == "0x\(parts[4])",
                    parts[2].isEmpty || its.value("\(name)event", index + 1) == parts[2]
                else { continue }
                its.started = (index, thread, (index + 1..<its.count).first { its.example.machines[$0 + 1].slot(slot) == 0 } ?? its.count)
                return nil
            }
            return "it doesn't"
        },
        Claim("has been invalidating", #"(\S+) has been invalidating (?:\S+ )?0x(\w+)\.\.0x(\w+) since the setup"#) { its, _ in
            its.slots.contains { $0.key.hasSuffix(".in_flight") && its.example.machines[0].slot($0.value) != 0 } ? nil : "nobody has"
        },
        Claim("calls", #"(\S+) calls (\S+)\(\) for (\S+) in step (\d+)(.*)"#) { its, parts in
            guard let index = its.isStep(parts[4], of: parts[1]), let owner = its.record(parts[3]), let thread = its.thread(parts[1]),
                its.isCalled(owner, by: thread, index, parts[2])
            else { return "it doesn't" }
            if index > 0, its.isCalled(owner, by: thread, index - 1, parts[2]) { return "it was called before" }
            let steps = (index..<(its.started?.end ?? its.count)).filter { its.example.steps[$0].thread == thread && its.isCalled(owner, by: thread, $0, parts[2]) }
            let seq = its.slots["\(parts[3]).invalidate_seq"]
            if let match = parts[4 + 1].firstMatch(of: /leaves the notifier's seq at (\d+)/) {
                guard let seq, !steps.contains(where: { its.changes(seq, $0) }), its.value("\(parts[3]).invalidate_seq", index) == String(match.1) else { return "another seq" }
            }
            if let match = parts[5].firstMatch(of: /sets the notifier's seq from (\d+) to (\d+)/) {
                let changed = seq.map { seq in steps.filter { its.changes(seq, $0) } } ?? []
                guard let first = changed.first, let last = changed.last, its.value("\(parts[3]).invalidate_seq", first) == String(match.1),
                    its.value("\(parts[3]).invalidate_seq", last + 1) == String(match.2)
                else { return "another seq" }
            }
            if parts[5].contains("leaves the device's entry"), !its.program.deviceTables.contains(where: { table in
                let field = its.program.records[table.record].fields[table.field].name
                return its.slots.contains { key, slot in
                    key.contains(".\(field)[") && its.example.machines[index].slot(slot) != 0 && !steps.contains { its.changes(slot, $0) }
                }
            }) { return "it removes it" }
            return nil
        },
        Claim("doesn't call", #"(\S+) (?:doesn't call|has not called) the notifier of (\S+?)(?: by the end)?(?:: in step (\d+) it is (on the deferred list, )?not in the tree)?"#) { its, parts in
            guard let started = its.started, its.thread(parts[1]) == started.thread, let owner = its.record(parts[2]) else { return "in which invalidation?" }
            let isCalled = (started.step..<min(started.end + 1, its.count)).contains {
                its.example.steps[$0].thread == started.thread && its.isCalled(owner, by: started.thread, $0)
            }
            return isCalled ? "it does" : nil
        },
        Claim("calls nobody", #"(\S+) (?:calls no notifier|has called no notifier by the end)"#) { its, parts in
            guard let started = its.started, its.thread(parts[1]) == started.thread else { return "in which invalidation?" }
            let isCalled = (started.step..<min(started.end + 1, its.count)).contains {
                its.example.steps[$0].thread == started.thread && its.isCalled(nil, by: started.thread, $0)
            }
            return isCalled ? "it does" : nil
        },
        Claim("has not ended", #"(\S+)'s invalidation of (?:\S+ )?0x\w+\.\.0x\w+ has not ended yet"#) { its, parts in
            its.started.map { its.thread(parts[1]) == $0.thread && $0.end == its.count } ?? true ? nil : "it has"
        },
        Claim("ends", #"(\S+)'s invalidation of (?:\S+ )?0x\w+\.\.0x\w+ ends WHEN(, before the device's entry is made)?"#) { its, parts in
            guard let index = its.isStep(parts[2], of: parts[1], at: parts[3]) else { return "no such step" }
            guard its.started.map({ $0.thread == its.thread(parts[1]) && $0.end == index }) ?? true else { return "it doesn't" }
            guard !parts[4].isEmpty else { return nil }
            return its.example.storySentences().contains { $0.text.contains(" maps ") && ($0.step ?? 0) > index + 1 } ? nil : "it was made before"
        },
    ]

    private static let lives: [Claim] = [
        Claim("says", #"In step (\d+) (\S+) (.*)"#) { its, parts in
            guard let index = its.isStep(parts[1], of: parts[2]) else { return "no such step" }
            let said = its.example.steps[index].events.map { Counterexample.ascii($0) }
            return said.contains(parts[3]) || said.contains(Counterexample.ascii(parts[3])) ? nil : "it doesn't say so"
        },
        Claim("not freed", #"(\S+) itself is not freed yet"#) { its, parts in
            its.record(parts[1]).map { its.final.isLiveRecord(at: $0) } ?? false ? nil : "it is"
        },
        Claim("frees", #"(\S+) frees (\S+) WHEN"#) { its, parts in
            guard let index = its.isStep(parts[3], of: parts[1], at: parts[4]), let record = its.record(parts[2]) else { return "no such step" }
            return its.example.machines[index].isLiveRecord(at: record) && !its.example.machines[index + 1].isLiveRecord(at: record) ? nil : "it doesn't"
        },
        Claim("has been there", #"(\S+) has been there since the setup"#) { its, parts in
            its.record(parts[1]).map { its.example.machines[0].isLiveRecord(at: $0) } ?? false ? nil : "it hasn't"
        },
        Claim("makes", #"(\S+) makes (\S+) WHEN"#) { its, parts in
            guard let index = its.isStep(parts[3], of: parts[1], at: parts[4]), let record = its.record(parts[2]) else { return "no such step" }
            return !its.example.machines[index].isLiveRecord(at: record) && its.example.machines[index + 1].isLiveRecord(at: record) ? nil : "it doesn't"
        },
        Claim("puts into the tree", #"(\S+) puts (\S+) into the interval tree WHEN, where it still is at the end"#) { its, parts in
            guard let index = its.isStep(parts[3], of: parts[1], at: parts[4]), let record = its.record(parts[2]) else { return "no such step" }
            func isIn(_ machine: Machine) -> Bool { its.slots(of: record).contains { its.places.isHeader($0) && machine.isInTree($0) } }
            return !isIn(its.example.machines[index]) && its.example.machines[(index + 1)...].allSatisfy(isIn) ? nil : "it isn't"
        },
        Claim("in the tree", #"(\S+) has been in the interval tree since the setup"#) { its, parts in
            guard let record = its.record(parts[1]) else { return "no such record" }
            return its.example.machines.allSatisfy { machine in its.slots(of: record).contains { its.places.isHeader($0) && machine.isInTree($0) } } ? nil : "it hasn't"
        },
        Claim("puts on a list", #"(\S+) puts (\S+) on (\S+) WHEN, where it still is at the end"#) { its, parts in
            guard let index = its.isStep(parts[4], of: parts[1], at: parts[5]), let record = its.record(parts[2]), let list = its.slots[parts[3]] else { return "no such step" }
            func isOn(_ machine: Machine) -> Bool { machine.list(at: list).contains { its.slots(of: record).contains($0) } }
            return !isOn(its.example.machines[index]) && its.example.machines[(index + 1)...].allSatisfy(isOn) ? nil : "it isn't"
        },
        Claim("on a list", #"(\S+) has been on (\S+) since the setup"#) { its, parts in
            guard let record = its.record(parts[1]), let list = its.slots[parts[2]] else { return "no such record" }
            return its.example.machines.allSatisfy { $0.list(at: list).contains { its.slots(of: record).contains($0) } } ? nil : "it hasn't"
        },
        Claim("has led", #"(\S+) has led to (\S+) SINCE"#) { its, parts in
            guard let slot = its.slots[parts[1]], case .reference? = its.places.type(at: slot), let record = its.record(parts[2]) else { return "it can't" }
            let from = parts[4].isEmpty ? 0 : its.isStep(parts[4], of: parts[3])
            guard let from else { return "no such step" }
            let first = parts[4].isEmpty ? 0 : from + 1
            return its.example.machines[first..<its.count].allSatisfy { its.leads($0.slot(slot), to: record) } ? nil : "it hasn't"
        },
        Claim("has had", #"(\S+) has had (\S+) in '(\w+)' of (\S+)\(\) since (?:step (\d+)|the setup)"#) { its, parts in
            guard let thread = its.thread(parts[1]), let record = its.record(parts[2]) else { return "no such thread" }
            for index in (Int(parts[5]) ?? 0)..<its.count {
                let machine = its.example.machines[index]
                guard let frame = machine.callStack(of: thread).first(where: { its.program.functions[$0.function].qualifiedName == parts[4] }) else {
                    return "it isn't in that function in step \(index + 1)"
                }
                let locals = its.program.functions[frame.function].locals.filter { $0.name == parts[3] }
                guard locals.contains(where: { its.leads(machine.value(of: $0, thread: thread), to: record) }) else { return "it hasn't in step \(index + 1)" }
                guard its.isVisible(parts[3], frame) else { return "there is no such variable in step \(index + 1)" }
            }
            return nil
        },
        Claim("meanwhile", #"Meanwhile (\S+?)(?:, holding (.+),)? is on its way to take (\S+) out: (.*)"#) { its, parts in
            guard let thread = its.thread(parts[1]), its.record(parts[3]) != nil else { return "no such thread" }
            for lock in parts[2].replacing(" and ", with: " ").split(separator: " ") {
                let isHeld = its.slots[String(lock)].map { its.example.machines[its.count - 1].slot($0) == Int64(thread + 1) } ?? false
                guard isHeld else { return "it doesn't hold \(lock)" }
            }
            return its.example.unlinking?.thread == thread ? nil : "it isn't"
        },
    ]

    private static let waits: [Claim] = [
        Claim("waits", #"(\S+) ((?:waits|sleeps) .*) in (\S+)\(\), (\S+):(\d+)"#) { its, parts in
            guard let thread = its.thread(parts[1]), case .blocked(let blockage) = its.final.standing(of: thread), its.final.describe(blockage) == parts[2] else { return "it doesn't" }
            let info = its.final.statement(of: thread).map { its.program.statements[$0] }
            return info.map { its.program.sources[$0.file].name == parts[4] && String($0.line) == parts[5] } ?? false ? nil : "not there"
        },
        Claim("circle", #"They wait in a circle: (.*)"#) { its, parts in
            let names = parts[1].pieces(by: " -> ")
            for (one, other) in zip(names, names.dropFirst()) {
                guard let thread = its.thread(one), case .blocked(let blockage) = its.final.standing(of: thread), blockage.holders.contains(its.thread(other) ?? -1) else {
                    return "\(one) doesn't wait for \(other)"
                }
            }
            return names.first == names.last ? nil : "that is no circle"
        },
        Claim("takes a lock", #"(\S+) (takes|write-locks|read-locks|queues to write-lock) (\S+) WHEN"#) { its, parts in
            guard let index = its.isStep(parts[4], of: parts[1], at: parts[5]), let slot = its.slots[parts[3]], let thread = its.thread(parts[1]) else { return "no such step" }
            func has(_ machine: Machine) -> Bool {
                switch parts[2] {
                case "read-locks": machine.slot(slot + 1) & (1 << Int64(thread)) != 0
                case "queues to write-lock": machine.slot(slot + 2) & (1 << Int64(thread)) != 0
                default: machine.slot(slot) == Int64(thread + 1)
                }
            }
            return !has(its.example.machines[index]) && its.example.machines[(index + 1)...].allSatisfy(has) ? nil : "it doesn't"
        },
        Claim("goes round", #"From step (\d+) to step (\d+) (.*) (?:goes|go) round, and may do so again and again"#) { its, parts in
            guard let first = Int(parts[1]), let last = Int(parts[2]), last == its.count else { return "not to the end" }
            let names = Set(its.example.steps[(first - 1)...].map { its.program.threads[$0.thread].name })
            guard Set(parts[3].pieces(by: " and ")) == names else { return "others do" }
            return its.example.machines[first - 1].canonicalKey == its.final.canonicalKey ? nil : "it comes elsewhere"
        },
        Claim("goes to wait", #"(\S+) (goes to wait|comes to where it waits) WHEN"#) { its, parts in
            guard let index = its.isStep(parts[3], of: parts[1], at: parts[4]), let thread = its.thread(parts[1]) else { return "no such step" }
            guard !its.example.steps[(index + 1)...].contains(where: { $0.thread == thread }) else { return "it steps after that" }
            if parts[2] == "goes to wait", case .ready = its.example.machines[index + 1].standing(of: thread) { return "it could go on then" }
            return nil
        },
        Claim("nobody wakes", #"Nobody wakes (\S+) any more"#) { its, parts in
            let last = its.example.steps.lastIndex { $0.thread == its.thread(parts[1]) } ?? -1
            return its.example.steps[(last + 1)...].contains { $0.events.contains("wakes \(parts[1])") } ? "somebody does" : nil
        },
        Claim("nobody completes", #"Nobody completes (\S+) any more"#) { its, parts in
            guard let slot = its.slots[parts[1]] else { return "no such completion" }
            return its.final.slot(slot) == 0 ? nil : "it is complete"
        },
        Claim("changes what is waited on", #"(\S+) changes (\S+), which (\S+) waits on, WHEN(?: and nobody wakes (\S+) after that)?"#) { its, parts in
            guard let index = its.isStep(parts[4], of: parts[1], at: parts[5]), let slot = its.slots[parts[2]], its.changes(slot, index) else { return "it doesn't" }
            guard let sleeper = its.thread(parts[3]), let statement = its.final.statement(of: sleeper) else { return "who?" }
            let field = parts[2].split(separator: ".").last.map { $0.prefix { $0 != "[" } } ?? ""
            let info = its.program.statements[statement]
            // What it waits for stands in the statement, or in a function that it asks.
            let line = its.program.sources[info.file].lines[info.line - 1]
            guard line.contains(field) || line.contains("(") else { return "it waits for something else" }
            if !parts[6].isEmpty, its.example.steps[(index + 1)...].contains(where: { $0.events.contains("wakes \(parts[3])") }) { return "somebody does" }
            return nil
        },
    ]

    private static let writes: [Claim] = [
        Claim("down to 0", #"(\S+) brings (\S+) down to 0 WHEN"#) { its, parts in
            guard let index = its.isStep(parts[3], of: parts[1], at: parts[4]), let slot = its.slots[parts[2]] else { return "no such step" }
            return its.example.machines[index].slot(slot) == 1 && its.example.machines[index + 1].slot(slot) == 0 ? nil : "it doesn't"
        },
        Claim("last changes", #"(\S+) last changes (\S+), to (.+), WHEN"#) { its, parts in
            guard let index = its.isStep(parts[4], of: parts[1], at: parts[5]), let slot = its.slots[parts[2]], its.changes(slot, index) else { return "it doesn't" }
            guard its.value(parts[2], index + 1).map(Counterexample.ascii) == parts[3] else { return "to something else" }
            return (index + 1..<its.count - 1).contains { its.changes(slot, $0) } ? "it is changed again" : nil
        },
    ]
}

extension String {
    fileprivate func pieces(by separator: String) -> [String] {
        var result: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            result.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return result + [String(rest)]
    }
}
