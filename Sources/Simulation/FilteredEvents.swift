import Scene

/// The events that a filter lets through, found once and then only looked for in what is new.
struct FilteredEvents: Sendable {
    /// What it was asked for.
    struct Filter: Sendable, Equatable {
        var kinds: Set<EventKind>?
        /// In lower case.
        var text: String

        init(kinds: Set<EventKind>?, text: String) {
            self.kinds = kinds
            self.text = text.lowercased()
        }

        /// Whether everything passes.
        var isOpen: Bool { kinds == nil && text.isEmpty }
    }

    let filter: Filter
    /// The history that `matches` are indices in.
    private let generation: Int
    private var scanned = 0
    /// Indices of entries, ascending.
    private(set) var matches: [Int] = []

    init(_ filter: Filter, generation: Int) {
        self.filter = filter
        self.generation = generation
    }

    func isFor(_ filter: Filter, generation: Int) -> Bool { self.filter == filter && self.generation == generation }

    /// Looks at the entries up to one.
    mutating func extend(to count: Int, _ isWanted: (Int) -> Bool) {
        guard count > scanned else { return }
        for index in scanned..<count where isWanted(index) { matches.append(index) }
        scanned = count
    }

    /// How many matches lie before an entry.
    func count(before entry: Int) -> Int {
        var low = 0
        var high = matches.count
        while low < high {
            let middle = (low + high) / 2
            if matches[middle] < entry { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
