/// Where it is written what a model, a function or a scenario follows.
public struct Passage: Sendable, Equatable {
    /// The place.
    public enum Place: Sendable, Equatable {
        /// A seed, by the number that its file's name begins with; one of its patches; lines of that file, in order.
        case seed(Int, patch: Int?, lines: [ClosedRange<Int>])
        /// No seed tells: a kernel of this version.
        case kernel(major: Int, minor: Int)
        /// No seed tells, and no kernel has been looked at: put together from what is known.
        case reconstructed
    }

    /// The place, read.
    public var place: Place
    /// The place as written: "000/02:1018-1032".
    public var text: String
    /// What it says there, in a model's own words; may be empty.
    public var says: String

    /// Reads a place; nil when it has no such form.
    public init?(_ text: String, says: String = "") {
        guard let place = Self.place(text) else { return nil }
        self.place = place
        self.text = text
        self.says = says
    }

    /// The forms that there are, for a reader who missed them.
    static let forms = "\"000/02:1018-1032\" (seed, patch, lines), \"000/02\", \"004:62-75,93-95\", \"6.1\" or \"reconstructed\""

    private static func place(_ text: String) -> Place? {
        if text == "reconstructed" { return .reconstructed }
        if let version = kernel(text) { return version }
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        let names = (halves.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2, names.count <= 2, let seed = number(names.first, digits: 3...3) else { return nil }
        var patch: Int?
        if names.count == 2 {
            guard let number = number(names[1], digits: 2...2) else { return nil }
            patch = number
        }
        guard halves.count == 2 else { return .seed(seed, patch: patch, lines: []) }
        guard let lines = ranges(halves[1]) else { return nil }
        return .seed(seed, patch: patch, lines: lines)
    }

    private static func kernel(_ text: String) -> Place? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = number(parts[0], digits: 1...2), let minor = number(parts[1], digits: 1...2)
        else { return nil }
        return .kernel(major: major, minor: minor)
    }

    /// `62-75,93`: each after the one before.
    private static func ranges(_ text: Substring) -> [ClosedRange<Int>]? {
        var result: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let first = number(ends.first, digits: 1...6), first > (result.last?.upperBound ?? 0),
                let last = ends.count == 2 ? number(ends[1], digits: 1...6) : first, last >= first
            else { return nil }
            result.append(first...last)
        }
        return result
    }

    private static func number(_ text: Substring?, digits: ClosedRange<Int>) -> Int? {
        guard let text, digits.contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}
