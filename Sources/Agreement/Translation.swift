/// Which of a model's pages, mms and notifiers stand for which of a recording's: found at the first event that names one, and
/// demanded of all later ones.
///
/// A process has regions far apart from each other. In a model they are close together, but inside of each the distances
/// are the same; the order of the regions is too, for it decides in which order a fork goes through them.
public struct Translation: Sendable, Equatable {
    /// A part of an address space, of a program that is linked to a fixed address.
    public enum Region: Int, Sendable, CaseIterable {
        /// Page 0: where ranges over everything begin.
        case bottom
        case image, heap, mappings, stack
        /// The last pages there are: where ranges over everything end.
        case top
    }

    /// What doesn't fit, in a word: "seq".
    public typealias Mismatch = String

    private struct Extent: Sendable, Equatable {
        /// The recording's page less the model's.
        var offset: UInt64
        /// The model's pages that were met.
        var low: UInt64
        var high: UInt64
    }

    private var extents = [Extent?](repeating: nil, count: Region.allCases.count)
    private var mms = Pairs()
    private var notifiers = Pairs()

    public init() {}

    /// Pages of a huge page: what it does to a range depends on where in one the range begins.
    static let hugePage: UInt64 = 512

    /// The region that a page of a recording lies in.
    public static func region(of page: UInt64) -> Region {
        switch page {
        case 0: .bottom
        case ..<0x600: .image
        case ..<0x6_0000_0000: .heap
        case ..<0x7_ffc0_0000: .mappings
        case ..<0x8_0000_0000: .stack
        default: .top
        }
    }

    // MARK: Comparing

    /// Takes a pair of events for the same, if they can be.
    /// - Returns: nil, or what keeps them from it; then nothing is remembered.
    mutating func match(_ recorded: AgreementEvent, _ modelled: AgreementEvent) -> Mismatch? {
        guard recorded.action == modelled.action else { return "what happens" }
        if let cause = recorded.cause, cause != modelled.cause { return "the event" }
        var next = self
        if let mismatch = next.take(recorded, modelled) { return mismatch }
        self = next
        return nil
    }

    private mutating func take(_ recorded: AgreementEvent, _ modelled: AgreementEvent) -> Mismatch? {
        if let one = recorded.mm, let other = modelled.mm, !mms.join(one, other) { return "the mm" }
        if let one = recorded.notifier, let other = modelled.notifier, !notifiers.join(one, other) {
            return "the notifier"
        }
        if let one = recorded.first, !join(one, modelled.first) { return "the first page" }
        if let one = recorded.last, !join(one, modelled.last) { return "the last page" }
        for figure in AgreementEvent.Figure.allCases {
            guard let one = recorded[figure] else { continue }
            if modelled[figure] != one { return figure.rawValue }
        }
        return nil
    }

    private mutating func join(_ recorded: UInt64, _ modelled: UInt64?) -> Bool {
        guard let modelled else { return false }
        let region = Self.region(of: recorded)
        guard region != .bottom else { return modelled == 0 }
        if var extent = extents[region.rawValue] {
            guard recorded &- modelled == extent.offset else { return false }
            extent.low = min(extent.low, modelled)
            extent.high = max(extent.high, modelled)
            extents[region.rawValue] = extent
        } else {
            if region == .mappings, (recorded &- modelled) % Self.hugePage != 0 { return false }
            extents[region.rawValue] = Extent(offset: recorded &- modelled, low: modelled, high: modelled)
        }
        return isInOrder(region)
    }

    /// Whether the regions before this one lie before it in the model too, and those behind it behind.
    private func isInOrder(_ region: Region) -> Bool {
        guard let extent = extents[region.rawValue] else { return true }
        return extents.indices.allSatisfy { other in
            guard other != region.rawValue, let there = extents[other] else { return true }
            return other < region.rawValue ? there.high < extent.low : extent.high < there.low
        }
    }

    // MARK: Telling

    /// The model's page for one of the recording's, where that is known.
    func modelPage(_ recorded: UInt64) -> UInt64? {
        let region = Self.region(of: recorded)
        return region == .bottom ? 0 : extents[region.rawValue].map { recorded &- $0.offset }
    }

    /// The number, from 1, of an mm or notifier of the recording's or the model's that was met; nil for a new one.
    func number(ofMM mm: Int64, inModel: Bool) -> Int? { mms.number(mm, inModel) }
    func number(ofNotifier notifier: Int64, inModel: Bool) -> Int? { notifiers.number(notifier, inModel) }

    /// Who stands for whom, in the order of meeting.
    private struct Pairs: Sendable, Equatable {
        private var recorded: [Int64] = []
        private var modelled: [Int64] = []

        mutating func join(_ one: Int64, _ other: Int64) -> Bool {
            // The latest are the likeliest: a self-test makes many notifiers, and uses the last.
            let place = recorded.lastIndex(of: one)
            if place != nil || modelled.contains(other) { return place.map { modelled[$0] == other } ?? false }
            recorded.append(one)
            modelled.append(other)
            return true
        }

        func number(_ one: Int64, _ inModel: Bool) -> Int? {
            (inModel ? modelled : recorded).firstIndex(of: one).map { $0 + 1 }
        }
    }
}
