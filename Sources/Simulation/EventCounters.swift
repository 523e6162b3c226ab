import Language
import Machine

/// How often what happened so far.
public struct EventCounters: Sendable, Equatable {
    public private(set) var invalidations = 0
    public private(set) var collisions = 0
    public private(set) var retries = 0
    /// Callbacks of all notifiers.
    public private(set) var callbackCount = 0
    /// Callbacks of each notifier: for each segment, those of its records; empty where there were none.
    private var callbacks: [[UInt32]]

    init(_ program: Program) { callbacks = [[UInt32]](repeating: [], count: program.segments.count) }

    /// Bytes that it takes at most.
    var byteCount: Int { callbacks.reduce(0) { $0 + $1.count * MemoryLayout<UInt32>.stride } }

    mutating func count(_ event: MachineEvent, _ kinds: Kinds) {
        guard case .sentence(let number) = event.kind else { return }
        switch kinds.sentences[number] {
        case .nothing: break
        case .invalidation: invalidations += 1
        case .collision: collisions += 1
        case .retry: retries += 1
        case .callback:
            callbackCount += 1
            guard let subject = event.firstReference, let place = kinds.place(of: subject.address) else { return }
            if callbacks[place.segment].isEmpty {
                callbacks[place.segment] = [UInt32](repeating: 0, count: kinds.rows[place.segment].count)
            }
            callbacks[place.segment][place.record] += 1
        }
    }

    /// Callbacks of the notifier whose header is at a slot.
    func callbacks(of header: Int, _ kinds: Kinds) -> Int {
        guard let place = kinds.place(of: header), !callbacks[place.segment].isEmpty else { return 0 }
        return Int(callbacks[place.segment][place.record])
    }

    /// What each sentence of a program counts as, and where its records lie.
    struct Kinds: Sendable {
        enum Kind: Sendable { case nothing, invalidation, collision, retry, callback }

        let sentences: [Kind]
        let rows: [(base: Int, stride: Int, count: Int)]

        init(_ program: Program) {
            sentences = program.sentences.map { sentence in
                switch sentence.kind {
                case "start": .invalidation
                case "collide": .collision
                case "retry": .retry
                case "callback": .callback
                default: .nothing
                }
            }
            rows = program.segments.map { ($0.base, $0.stride, $0.count) }
        }

        func place(of header: Int) -> (segment: Int, record: Int)? {
            for (segment, row) in rows.enumerated() where header >= row.base && header < row.base + row.stride * row.count {
                let (record, rest) = (header - row.base).quotientAndRemainder(dividingBy: row.stride)
                // A record that is embedded in others lies between theirs.
                if rest == 0 { return (segment, record) }
            }
            return nil
        }
    }
}
