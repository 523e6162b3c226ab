import Language
import Scene

/// A schedule that fits into a line of a mail: what ran, who stepped, and what it led to. The models aren't in it:
/// today's run.
///
///     mmuscope:1 remove-vs-last-end vintage=601 +set_seq_missing zap*31,remove*16,zap/1*4 ~1a2b3c4d
///     mmuscope:1 odp-vs-munmap seed=7 policy=random steps=475 ~1a2b3c4d
///     mmuscope:1 odp-vs-munmap seed=7 policy=random steps=475 @142 munmap(mm#1,0x10..0x13) @150 hold 1 ~1a2b3c4d
///     mmuscope:1 odp-vs-munmap device*23,munmap*40,device*9 @23 hold 0 @63 release 0 ~1a2b3c4d
///     mmuscope:1 toy.model:toy device*23,munmap*40 !no-deadlock:munmap ~1a2b3c4d
public struct OneLineSchedule: Sendable, Equatable {
    /// Steps of one thread in a row.
    public struct Run: Sendable, Equatable {
        /// Its name.
        public var thread: String
        /// Which way each of them goes; `nil` where there is no choice.
        public var way: Int?
        /// 1 or more.
        public var count: Int

        public init(thread: String, way: Int? = nil, count: Int) {
            self.thread = thread
            self.way = way
            self.count = count
        }
    }

    /// Who steps.
    public enum Body: Sendable, Equatable {
        case steps([Run])
        /// So many steps as a seeded policy takes them.
        case policy(Policy, seed: UInt64, steps: Int)
    }

    /// What an explorer found at the end; see ``Recording/Claim``.
    public struct Claim: Sendable, Equatable {
        /// The property that fails.
        public var property: String
        /// The name of the first thread that it is about.
        public var thread: String

        public init(property: String, thread: String) {
            self.property = property
            self.thread = thread
        }
    }

    /// Something that was made to happen.
    public struct Perturbed: Sendable, Equatable {
        /// It acts before this step is taken; 0 is the first.
        public var step: Int
        public var perturbation: Perturbation

        public init(step: Int, perturbation: Perturbation) {
            self.step = step
            self.perturbation = perturbation
        }
    }

    /// What `mmuscope run` calls it.
    public var scenario: String
    /// Parameters that differ from what the text says, by name.
    public var settings: [RunSetup.Setting]
    /// Faults that are switched on.
    public var faults: [String]
    /// Who steps.
    public var body: Body
    /// What was made to happen, by the step before which it was; ascending. A line that lists its steps leaves out who was
    /// held, delayed or preferred where it could not be followed with that.
    public var perturbations: [Perturbed] = []
    /// What was found at the end where no step shows it.
    public var claim: Claim?
    /// The lower half of the end state's check value; `nil` doesn't compare.
    public var check: UInt32?

    public init(
        scenario: String, settings: [RunSetup.Setting] = [], faults: [String] = [], body: Body, check: UInt32? = nil
    ) {
        self.scenario = scenario
        self.settings = settings
        self.faults = faults
        self.body = body
        self.check = check
    }

    /// How such a line begins.
    public static let prefix = "mmuscope:"
    static let version = 1
    /// Words that can't be a parameter's name in a line.
    static let reserved = ["seed", "policy", "steps"]
    /// Steps that a line may stand for.
    static let longest = 10_000_000
}

/// What is wrong with a line, in a sentence.
public struct OneLineError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence, without a full stop.
    public var description: String

    init(_ description: String) { self.description = description }
}

// MARK: To text

extension OneLineSchedule: CustomStringConvertible {
    /// The line.
    public var description: String {
        var words = ["\(Self.prefix)\(Self.version)", Self.escaped(scenario)]
        words += settings.map { "\($0.name)=\($0.value)" }
        words += faults.map { "+\($0)" }
        switch body {
        case .steps(let runs):
            words.append(runs.isEmpty ? "steps=0" : runs.map(Self.text).joined(separator: ","))
        case .policy(let policy, let seed, let steps):
            words += ["seed=\(seed)", "policy=\(policy.word)", "steps=\(steps)"]
        }
        for perturbed in perturbations {
            words += ["@\(perturbed.step)"] + PerturbationText.words(perturbed.perturbation)
        }
        if let claim { words.append("!\(claim.property):\(claim.thread)") }
        if let check { words.append("~\(UInt64(check).hexadecimal.suffix(8))") }
        return words.joined(separator: " ")
    }

    private static func text(_ run: Run) -> String {
        run.thread + (run.way.map { "/\($0)" } ?? "") + (run.count == 1 ? "" : "*\(run.count)")
    }

    /// A file's path may have anything in it; a line's words end at blanks.
    static func escaped(_ text: String, also: String = "") -> String {
        text.utf8.reduce(into: "") { result, byte in
            if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "%"), !also.utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + UInt64(byte).hexadecimal.suffix(2)
            }
        }
    }

    static func unescaped(_ word: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(word.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

// MARK: From text

extension OneLineSchedule {
    /// Reads a line. Blanks and line ends that a mail put between its words, or behind its commas, don't matter.
    public init(_ text: String) throws(OneLineError) {
        var words = Self.words(text)[...]
        guard let first = words.popFirst(), first.hasPrefix(Self.prefix) else {
            throw OneLineError("a schedule begins with \(Self.prefix)\(Self.version)")
        }
        guard let version = Int(first.dropFirst(Self.prefix.count)), version > 0 else {
            throw OneLineError("'\(first)' isn't how a schedule begins: \(Self.prefix)\(Self.version) is")
        }
        guard version <= Self.version else {
            throw OneLineError(
                "this schedule is in format \(version); this mmuscope knows formats up to \(Self.version): use a newer one")
        }
        guard let name = words.popFirst() else { throw OneLineError("a schedule names a scenario") }
        guard let scenario = Self.unescaped(name) else { throw OneLineError("'\(name)' isn't a scenario's name") }
        var parts = Parts()
        while let word = words.popFirst() {
            if word.hasPrefix("@") {
                parts.perturbations.append(try Self.perturbed(word, &words))
            } else {
                try parts.take(word)
            }
        }
        self.init(
            scenario: scenario, settings: parts.settings, faults: parts.faults, body: try parts.body(), check: parts.check)
        claim = parts.claim
        // Those of one step stay in their order.
        perturbations = parts.perturbations.enumerated()
            .sorted { ($0.element.step, $0.offset) < ($1.element.step, $1.offset) }.map(\.element)
    }

    private static func perturbed(_ word: String, _ words: inout ArraySlice<String>) throws(OneLineError) -> Perturbed {
        guard let step = Int(word.dropFirst()), (0...longest).contains(step) else {
            throw OneLineError("'\(word)' isn't a step: @ and a number from 0 to \(longest)")
        }
        return Perturbed(step: step, perturbation: try PerturbationText.read(&words))
    }

    static func noPolicy(_ name: String) -> OneLineError {
        let words = Policy.allCases.map(\.word)
        let hint = nearestName(to: name, among: words).map { "did you mean '\($0)'?" }
            ?? "there are \(words.joined(separator: ", "))"
        return OneLineError("there is no policy '\(name)'; \(hint)")
    }

    /// Words end at blanks, but not behind a comma.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        for piece in text.split(whereSeparator: \.isWhitespace) {
            if let last = words.last, last.hasSuffix(",") || piece.hasPrefix(",") {
                words[words.count - 1] = last + piece
            } else {
                words.append(String(piece))
            }
        }
        return words
    }

    /// The words behind the scenario's name.
    private struct Parts {
        var settings: [RunSetup.Setting] = []
        var faults: [String] = []
        var check: UInt32?
        var perturbations: [Perturbed] = []
        var claim: Claim?
        private var seed: UInt64?
        private var policy: Policy?
        private var steps: Int?
        private var runs: [Run]?

        mutating func take(_ word: String) throws(OneLineError) {
            if word.hasPrefix("+") {
                faults.append(String(word.dropFirst()))
            } else if word.hasPrefix("!") {
                claim = try Self.claim(word)
            } else if word.hasPrefix("~") {
                guard let value = UInt32(word.dropFirst(), radix: 16) else {
                    throw OneLineError("'\(word)' isn't a check value: ~ and up to eight hexadecimal digits")
                }
                check = value
            } else if let sign = word.firstIndex(of: "=") {
                try set(String(word[..<sign]), String(word[word.index(after: sign)...]))
            } else {
                guard runs == nil else {
                    throw OneLineError("'\(word)' is a second list of steps: put a comma between them")
                }
                var list: [Run] = []
                for piece in word.split(separator: ",") { list.append(try Self.run(String(piece))) }
                runs = list
            }
        }

        private mutating func set(_ name: String, _ value: String) throws(OneLineError) {
            switch name {
            case "seed":
                guard let number = UInt64(value) else { throw OneLineError("a seed is a number from 0, not '\(value)'") }
                seed = number
            case "steps":
                guard let number = Int(value), (0...OneLineSchedule.longest).contains(number) else {
                    throw OneLineError("steps is a number from 0 to \(OneLineSchedule.longest), not '\(value)'")
                }
                steps = number
            case "policy":
                guard let found = Policy(word: value) else { throw OneLineSchedule.noPolicy(value) }
                policy = found
            default:
                guard let number = Int64(value) else {
                    throw OneLineError("'\(name)=\(value)' isn't a setting: its value is a number")
                }
                settings.append(RunSetup.Setting(name: name, value: number))
            }
        }

        private static func claim(_ word: String) throws(OneLineError) -> Claim {
            let parts = word.dropFirst().split(separator: ":", maxSplits: 1).map(String.init)
            let known = Recording.Claim.properties
            guard parts.count == 2, known.contains(parts[0]) else {
                throw OneLineError("'\(word)' isn't what a schedule ends in: !property:thread, of \(known.joined(separator: ", "))")
            }
            return Claim(property: parts[0], thread: parts[1])
        }

        private static func run(_ text: String) throws(OneLineError) -> Run {
            let parts = text.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
            let names = (parts.first ?? "").split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let count = parts.count == 2 ? Int(parts[1]) : 1
            let way = names.count == 2 ? Int(names[1]) : nil
            guard let name = names.first, !name.isEmpty, let count, (1...OneLineSchedule.longest).contains(count),
                names.count == 1 || (way ?? -1) >= 0
            else {
                throw OneLineError("'\(text)' isn't a number of steps: thread*count, or thread/way*count at a choice")
            }
            return Run(thread: String(name), way: way, count: count)
        }

        func body() throws(OneLineError) -> Body {
            if let runs {
                guard policy == nil, steps == nil else {
                    throw OneLineError("a schedule has either its steps one by one or a policy that takes them, not both")
                }
                guard runs.reduce(0, { min(OneLineSchedule.longest + 1, $0 + $1.count) }) <= OneLineSchedule.longest else {
                    throw OneLineError("a schedule of one line has at most \(OneLineSchedule.longest) steps")
                }
                return .steps(runs)
            }
            guard let steps else {
                throw OneLineError("a schedule says who steps: thread*count,… or seed=… policy=… steps=…")
            }
            guard let policy else {
                guard steps == 0, seed == nil else { throw OneLineError("steps=\(steps) goes with policy=…") }
                return .steps([])
            }
            return .policy(policy, seed: seed ?? 0, steps: steps)
        }
    }
}
