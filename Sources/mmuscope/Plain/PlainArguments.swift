import Language
import Scene

/// What is typed behind a command, in the terms of a scene.
enum PlainArguments {
    static func number(_ text: String) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    /// `0x10..0x1f`, `0x10-0x1f`, or one address.
    static func range(_ text: String) -> AddressRange? {
        for separator in ["..", "–", "-"] {
            let parts = text.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { continue }
            guard let first = number(parts[0]), let last = number(parts[1]), first <= last else { return nil }
            return AddressRange(first, last)
        }
        return number(text).map { AddressRange($0, $0) }
    }

    static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes", "true", "on", "1": true
        case "no", "false", "off", "0": false
        default: nil
        }
    }

    /// A thread by its label ("T1"), its number or its name.
    static func thread(_ text: String, _ threads: [ThreadRow]) throws(Failure) -> ThreadRow {
        guard !text.isEmpty else { throw Failure("which thread? there are \(threads.map(\.label).joined(separator: ", "))") }
        if let row = threads.first(where: { $0.label.lowercased() == text.lowercased() || $0.name == text }) { return row }
        if let number = Int(text), let row = threads.first(where: { $0.id.number == number }) { return row }
        throw Failure("there is no thread '\(text)'" + near(text, threads.flatMap { [$0.label, $0.name] }))
    }

    private static func near(_ text: String, _ names: [String]) -> String {
        if let name = nearestName(to: text, among: names) { return "; did you mean '\(name)'?" }
        return names.isEmpty ? "" : "; there are \(names.joined(separator: ", "))"
    }

    /// The kinds of events that were named; `nil` where none was.
    static func kinds(_ words: [String]) throws(Failure) -> Set<EventKind>? {
        var kinds: Set<EventKind> = []
        for word in words.flatMap({ $0.split(separator: ",").map(String.init) }) {
            guard let kind = EventKind(rawValue: word.lowercased()) else {
                throw Failure("there is no kind of event '\(word)'" + near(word, EventKind.allCases.map(\.rawValue)))
            }
            kinds.insert(kind)
        }
        return kinds.isEmpty ? nil : kinds
    }

    /// What `explain` is about.
    static func subject(_ text: String, _ scene: Scene) throws(Failure) -> Subject {
        if text.isEmpty {
            if scene.finding != nil { return .finding }
            if let current = scene.threads.rows.first(where: \.isCurrent) { return .thread(current.id) }
            return .number(.seq)
        }
        if text == "finding" { return .finding }
        if let name = HeaderNumber(rawValue: text.lowercased()) { return .number(name) }
        if let thread = try? thread(text, scene.threads.rows) { return .thread(thread.id) }
        if let notifier = scene.notifiers.rows.first(where: { $0.name == text }) { return .notifier(notifier.id) }
        if text.hasPrefix("0x"), let address = number(text) { return .page(address) }
        if scene.locks.rows.contains(where: { $0.name == text }) { return .lock(text) }
        let names = scene.threads.rows.map(\.label) + scene.notifiers.rows.prefix(20).map(\.name) + scene.locks.rows.map(\.name)
        throw Failure("there is nothing here called '\(text)'" + near(text, names))
    }

    static func breakpoint(_ text: String, _ scene: Scene) throws(Failure) -> Breakpoint {
        let words = text.split(separator: " ").map(String.init)
        guard let first = words.first else { throw Failure("where? help break tells what can be named") }
        if words.count == 2, first == "seq", let value = number(words[1]) { return .sequence(value) }
        if words.count == 2, first == "property" { return .property(words[1]) }
        if words.count == 1, let line = Int(first) {
            guard !scene.code.file.isEmpty else { throw Failure("no text is shown that could have a line \(line): name FILE:LINE") }
            return .line(file: scene.code.file, line: line)
        }
        if words.count == 1, let colon = first.lastIndex(of: ":"), let line = Int(first[first.index(after: colon)...]) {
            return .line(file: String(first[..<colon]), line: line)
        }
        if let notifier = scene.notifiers.rows.first(where: { $0.name == text }) { return .notifier(notifier.id) }
        return .expression(text)
    }

    /// An operation with what it is told, in order or by name.
    static func operation(_ info: OperationInfo, _ words: [String]) throws(Failure) -> Perturbation {
        var named: [String: String] = [:]
        var rest: [String] = []
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2, info.parameters.contains(where: { $0.name == parts[0] }) {
                named[parts[0]] = parts[1]
            } else {
                rest.append(word)
            }
        }
        var arguments: [PerturbationArgument] = []
        for parameter in info.parameters {
            if case .record(_, let instances) = parameter, instances.count == 1, named[parameter.name] == nil,
                rest.first.map({ $0 != instances[0] }) ?? true
            {
                arguments.append(.record(instances[0]))
                continue
            }
            let text = named[parameter.name] ?? (rest.isEmpty ? nil : rest.removeFirst())
            guard let text else { throw Failure("\(info.name) needs to be told more: \(PlainWords.operation(info))") }
            arguments.append(try argument(text, parameter))
        }
        guard rest.isEmpty else { throw Failure("\(info.name) takes no '\(rest[0])': \(PlainWords.operation(info))") }
        return .operation(name: info.name, arguments: arguments)
    }

    private static func argument(
        _ text: String, _ parameter: OperationInfo.Parameter
    ) throws(Failure) -> PerturbationArgument {
        switch parameter {
        case .address(let name):
            guard let address = number(text) else { throw Failure("\(name) takes an address, as in 0x10, not '\(text)'") }
            return .number(Int64(clamping: address))
        case .range(let name):
            guard let range = range(text) else { throw Failure("\(name) takes a range, as in 0x10..0x1f, not '\(text)'") }
            return .range(first: range.first, last: range.last)
        case .record(let name, let instances):
            guard instances.contains(text) else {
                throw Failure("\(name) takes one of \(instances.joined(separator: ", ")), not '\(text)'")
            }
            return .record(text)
        case .flag(let name):
            guard let flag = flag(text) else { throw Failure("\(name) takes yes or no, not '\(text)'") }
            return .flag(flag)
        case .number(let name):
            guard let value = text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text) else {
                throw Failure("\(name) takes a number, not '\(text)'")
            }
            return .number(value)
        }
    }
}
