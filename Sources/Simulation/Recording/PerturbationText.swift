import Language
import Scene

/// Perturbations as text: "munmap(mm#1,0x10..0x13)", "fault radeon_no_lock on", "hold 1", "delay 1 20", "policy bursts",
/// "wrap 0 3".
enum PerturbationText {
    // MARK: To text

    /// - Parameter areAddresses: which of them are shown in hexadecimal.
    static func arguments(_ arguments: [PerturbationArgument], areAddresses: [Bool], separator: String = ", ") -> String {
        zip(arguments, areAddresses).map { text(of: $0, isAddress: $1) }.joined(separator: separator)
    }

    private static func text(of argument: PerturbationArgument, isAddress: Bool) -> String {
        switch argument {
        case .number(let value): isAddress && value >= 0 ? hexadecimal(UInt64(value)) : "\(value)"
        case .flag(let isOn): isOn ? "on" : "off"
        case .range(let first, let last): "\(hexadecimal(first))..\(hexadecimal(last))"
        case .record(let name): name
        }
    }

    private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    /// The words of a line, without a blank inside of one.
    static func words(_ perturbation: Perturbation) -> [String] {
        switch perturbation {
        case .operation(let name, let arguments):
            let texts = arguments.map { argument -> String in
                // A record's name begins as somebody labelled it.
                if case .record(let name) = argument { return OneLineSchedule.escaped(name, also: ",()") }
                return text(of: argument, isAddress: true)
            }
            return ["\(name)(\(texts.joined(separator: ",")))"]
        case .fault(let name, let isOn): return ["fault", name, isOn ? "on" : "off"]
        case .hold(let thread, let isHeld): return [isHeld ? "hold" : "release", "\(thread.number)"]
        case .delay(let thread, let steps): return ["delay", "\(thread.number)", "\(steps)"]
        case .policy(let name): return ["policy", Policy(word: name)?.word ?? name]
        case .sequenceNearWrap(let mm, let distance): return ["wrap", "\(mm)", "\(distance)"]
        }
    }

    // MARK: From text

    /// Reads what stands behind `@142`.
    static func read(_ words: inout ArraySlice<String>) throws(OneLineError) -> Perturbation {
        guard let word = words.popFirst() else { throw OneLineError("something to do is missing behind @ and its step") }
        if word.contains("(") { return try operation(word) }
        switch word {
        case "fault":
            let name = try next(&words, "a fault's name")
            return .fault(name: name, isOn: try flag(try next(&words, "on or off")))
        case "hold", "release": return .hold(ThreadID(try number(&words, "a thread's number")), isHeld: word == "hold")
        case "delay":
            let thread = ThreadID(try number(&words, "a thread's number"))
            return .delay(thread, steps: try number(&words, "a number of steps"))
        case "policy":
            let name = try next(&words, "a policy's name")
            guard Policy(word: name) != nil else { throw OneLineSchedule.noPolicy(name) }
            return .policy(name)
        case "wrap":
            let mm = try number(&words, "an address space's number")
            return .sequenceNearWrap(mmIndex: mm, distance: try number(&words, "a distance"))
        default:
            let known = ["fault", "hold", "release", "delay", "policy", "wrap"]
            let hint = nearestName(to: word, among: known).map { "did you mean '\($0)'?" }
                ?? "an operation is name(values); else there are \(known.joined(separator: ", "))"
            throw OneLineError("'\(word)' is nothing that can be done at a step; \(hint)")
        }
    }

    private static func operation(_ word: String) throws(OneLineError) -> Perturbation {
        guard word.hasSuffix(")"), let brace = word.firstIndex(of: "("), brace != word.startIndex else {
            throw OneLineError("'\(word)' isn't an operation: name(value,…)")
        }
        let inside = word[word.index(after: brace)...].dropLast()
        var arguments: [PerturbationArgument] = []
        for piece in inside.split(separator: ",", omittingEmptySubsequences: true) {
            guard let argument = argument(String(piece)) else {
                throw OneLineError("'\(piece)' in '\(word)' is no number, on or off, range or record")
            }
            arguments.append(argument)
        }
        return .operation(name: String(word[..<brace]), arguments: arguments)
    }

    /// One value, as a user may write it too: `0x10`, `7`, `on`, `0x10..0x13`, `mm#1`.
    static func argument(_ text: String) -> PerturbationArgument? {
        if text == "on" || text == "off" { return .flag(text == "on") }
        if text.contains("#") { return OneLineSchedule.unescaped(text).map { .record($0) } }
        if let dots = text.firstRange(of: "..") {
            guard let first = value(text[..<dots.lowerBound]), let last = value(text[dots.upperBound...]), first >= 0,
                last >= first
            else { return nil }
            return .range(first: UInt64(first), last: UInt64(last))
        }
        return value(text[...]).map { .number($0) }
    }

    private static func value(_ text: Substring) -> Int64? {
        text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
    }

    private static func next(_ words: inout ArraySlice<String>, _ what: String) throws(OneLineError) -> String {
        guard let word = words.popFirst() else { throw OneLineError("\(what) is missing at the end") }
        return word
    }

    private static func flag(_ word: String) throws(OneLineError) -> Bool {
        guard word == "on" || word == "off" else { throw OneLineError("'\(word)' is neither on nor off") }
        return word == "on"
    }

    private static func number(_ words: inout ArraySlice<String>, _ what: String) throws(OneLineError) -> Int {
        let word = try next(&words, what)
        guard let value = Int(word), value >= 0, value <= Int(Int32.max) else {
            throw OneLineError("'\(word)' isn't \(what)")
        }
        return value
    }
}

extension Perturbation {
    /// `nil` for what can't be said of a step: that a workload comes to rest.
    init?(_ change: Interventions.Change.Kind) {
        switch change {
        case .draining: return nil
        case .policy(let policy): self = .policy(policy.word)
        case .operation(let name, let arguments): self = .operation(name: name, arguments: arguments)
        case .fault(let name, let isOn): self = .fault(name: name, isOn: isOn)
        case .hold(let thread, let isHeld): self = .hold(ThreadID(thread), isHeld: isHeld)
        case .delay(let thread, let steps): self = .delay(ThreadID(thread), steps: steps)
        case .sequence(let mm, let distance): self = .sequenceNearWrap(mmIndex: mm, distance: distance)
        }
    }
}
