/// Replays a recording against the rules of the interval notifiers.
///
/// Only what can be predicted is judged: an mm whose whole history is in the recording, without gaps.
public struct TraceVerifier: Sendable {
    /// An event that isn't what the rules say.
    public struct Divergence: Sendable, Equatable, CustomStringConvertible {
        /// The event's step: going there shows its effect.
        public var step: Int
        /// The text's line, from 1.
        public var line: Int
        /// What the rule says, and what was recorded.
        public var rule: String

        public var description: String { "line \(line): \(rule)" }
    }

    /// How many values were compared, and which of them differed.
    public struct Report: Sendable, Equatable {
        public var checks = 0
        public var divergences: [Divergence] = []
    }

    /// Further divergences than these are only consequences of the first.
    private static let limit = 1000

    private var report = Report()
    /// By task: the callbacks that its invalidation still has to make.
    private var pending: [Int: Pending] = [:]
    /// By task: the seq that it went to sleep on.
    private var asleepOn: [Int: UInt64] = [:]
    private var event = 0
    private var line = 0

    private struct Pending {
        var addresses: ArraySlice<UInt64>
        var seq: UInt64
        var isRefused = false
    }

    /// Replays all events.
    public static func verify(_ recording: TraceRecording) -> Report {
        var verifier = TraceVerifier()
        var state = ReplayState()
        let table = sharedFieldTable
        for event in 0..<recording.eventCount {
            let occurrence = recording.occurrence(event, table)
            if occurrence.isAfterGap {
                verifier.pending = [:]
                verifier.asleepOn = [:]
            }
            verifier.event = event
            verifier.line = Int(recording.events[event].line) + 1
            while state.tasks.count <= occurrence.task { state.tasks.append(ReplayState.Task()) }
            verifier.judge(occurrence, state)
            _ = state.apply(occurrence)
            if verifier.report.divergences.count >= limit { break }
        }
        return verifier.report
    }

    private mutating func expect(_ holds: Bool, _ rule: @autoclosure () -> String) {
        report.checks += 1
        if !holds { report.divergences.append(Divergence(step: event + 1, line: line, rule: rule())) }
    }

    private mutating func judge(_ event: Occurrence, _ state: ReplayState) {
        guard let mm = mm(of: event, state), mm.isComplete, !event.isAfterGap else {
            pending[event.task] = nil
            asleepOn[event.task] = nil
            return
        }
        switch event.kind {
        case .invStart: judgeStart(event, mm, state)
        case .dmirror, .snapshot, .mni: judgeCallback(event, mm)
        case .dmirrorReturn, .snapshotReturn, .mniReturn:
            if event.fields[.ret] == 0 { pending[event.task]?.isRefused = true }
        case .rangeStartReturn, .releaseReturn: judgeStarted(event)
        case .invEndPart, .invEndFinal: judgeEnd(event, mm)
        case .deferredInsert, .deferredRemove: judgeDeferred(event, mm)
        case .insertUnderLock: judgeInsert(event, mm)
        case .removeNow, .removeDeferred, .removeCancelling: judgeRemove(event, mm)
        case .readBeginUnderLock, .readBeginReturn, .removeReturn, .observedReadRetry: judgeReader(event, mm)
        default: break
        }
    }

    private func mm(of event: Occurrence, _ state: ReplayState) -> ReplayState.MM? {
        let fields = event.fields
        let index: Int? =
            if fields[.mm] != 0 {
                state.mmByAddress[fields[.mm]]
            } else if fields[.subs] != 0, let bound = state.mmBySubscriptions[fields[.subs]] {
                bound
            } else if event.kind == .observedReadRetry {
                state.notifiers[fields[.sub]]?.mm
            } else {
                state.tasks[event.task].calls.last?.mm
            }
        return index.map { state.mms[$0] }
    }

    // MARK: - Invalidations

    private mutating func judgeStart(_ event: Occurrence, _ mm: ReplayState.MM, _ state: ReplayState) {
        guard let seq = mm.seq, let active = mm.active,
            let call = state.innermost([.rangeStart, .release], task: event.task)
        else { return }
        let entry = state.tasks[event.task].calls[call].event
        guard let range = mm.ranges.last(where: { $0.opened == entry }) else { return }
        let hits = mm.members.filter { $0.first <= range.last && range.first <= $0.last }
        let first = hits.first?.address ?? 0
        let fields = event.fields
        expect(
            fields[.first] == first,
            "the first overlapping interval is \(hex(first)), recorded \(hex(fields[.first]))")
        let expected = hits.isEmpty ? seq : seq | 1
        expect(fields[.seq] == expected, "a start makes seq \(seq) \(expected), recorded \(fields[.seq])")
        expect(
            fields[.active] == UInt64(active) &+ 1,
            "a start makes active \(active) one more, recorded \(fields[.active])")
        pending[event.task] = Pending(addresses: hits.map(\.address)[...], seq: fields[.seq])
    }

    private mutating func judgeCallback(_ event: Occurrence, _ mm: ReplayState.MM) {
        guard var waiting = pending[event.task] else { return }
        let next = waiting.addresses.popFirst()
        let sub = event.fields[.sub]
        expect(next == sub, "the next callback is for \(next.map(hex) ?? "nobody"), recorded \(hex(sub))")
        expect(
            event.fields[.curSeq] == waiting.seq,
            "callbacks get seq \(waiting.seq), recorded \(event.fields[.curSeq])")
        expect(!waiting.isRefused, "no callback follows a refusal")
        pending[event.task] = waiting
    }

    private mutating func judgeStarted(_ event: Occurrence) {
        guard let waiting = pending.removeValue(forKey: event.task) else { return }
        let isRefused = event.kind == .rangeStartReturn && event.fields.result != 0
        expect(waiting.isRefused == isRefused, "a start fails exactly when a callback refused")
        if !isRefused {
            expect(waiting.addresses.isEmpty, "\(waiting.addresses.count) overlapping intervals got no callback")
        }
    }

    private mutating func judgeEnd(_ event: Occurrence, _ mm: ReplayState.MM) {
        guard let seq = mm.seq, let active = mm.active else { return }
        let fields = event.fields
        let isFinal = event.kind == .invEndFinal
        // The deferred list's events come after seq was made even and before the lock is given up.
        if !(isFinal && active == 0) {
            expect(
                fields[.active] &+ 1 == UInt64(active),
                "an end makes active \(active) one less, recorded \(fields[.active])")
        }
        if isFinal {
            let expected = seq & 1 == 1 ? seq &+ 1 : seq
            expect(fields[.seq] == expected, "the last end makes seq \(seq) \(expected), recorded \(fields[.seq])")
            expect(fields[.active] == 0, "the end that makes seq even is the last, recorded active \(fields[.active])")
            expect(mm.deferred.isEmpty, "the last end leaves nothing on the deferred list")
        } else {
            expect(fields[.seq] == seq, "an end leaves seq \(seq), recorded \(fields[.seq])")
            expect(
                fields[.active] != 0 || seq & 1 == 0, "the last end of an odd phase makes seq even")
        }
    }

    private mutating func judgeDeferred(_ event: Occurrence, _ mm: ReplayState.MM) {
        let isInsert = event.kind == .deferredInsert
        let entry = mm.deferred.last
        expect(
            entry?.address == event.fields[.sub] && entry?.isInsert == isInsert,
            "the deferred list is applied from its newest entry")
        guard let seq = mm.seq else { return }
        let expected = seq & 1 == 1 ? seq &+ 1 : seq
        expect(
            event.fields[.seq] == expected,
            "the deferred list is applied with seq \(expected), recorded \(event.fields[.seq])")
    }

    // MARK: - Subscriptions and readers

    private mutating func judgeInsert(_ event: Occurrence, _ mm: ReplayState.MM) {
        guard let seq = mm.seq, let active = mm.active else { return }
        let fields = event.fields
        let isInTree = fields[.rb] != fields[.sub]
        let isDeferred = active > 0 && seq & 1 == 1
        expect(isInTree == !isDeferred, "an insert is deferred exactly while seq is odd")
        let expected = active > 0 ? seq | 1 : seq
        expect(fields[.seq] == expected, "an insert makes seq \(seq) \(expected), recorded \(fields[.seq])")
        let own = active > 0 ? expected : seq &- 1
        expect(fields[.subSeq] == own, "the new notifier's seq is \(own), recorded \(fields[.subSeq])")
        expect(fields[.active] == UInt64(active), "an insert leaves active \(active), recorded \(fields[.active])")
    }

    private mutating func judgeRemove(_ event: Occurrence, _ mm: ReplayState.MM) {
        guard let seq = mm.seq, let active = mm.active else { return }
        let fields = event.fields
        expect(fields[.seq] == seq, "a remove leaves seq \(seq), recorded \(fields[.seq])")
        expect(fields[.active] == UInt64(active), "a remove leaves active \(active), recorded \(fields[.active])")
        let isWaiting = mm.deferred.contains { $0.address == fields[.sub] && $0.isInsert }
        let expected: KernelEvent = seq & 1 == 0 ? .removeNow : isWaiting ? .removeCancelling : .removeDeferred
        expect(event.kind == expected, "this remove is \(expected.rawValue), recorded \(event.kind.rawValue)")
        if event.kind == .removeDeferred { asleepOn[event.task] = seq }
    }

    private mutating func judgeReader(_ event: Occurrence, _ mm: ReplayState.MM) {
        let fields = event.fields
        switch event.kind {
        case .readBeginUnderLock:
            guard let seq = mm.seq else { return }
            expect(fields[.seq] == seq, "read_begin finds seq \(seq), recorded \(fields[.seq])")
            asleepOn[event.task] = fields[.subSeq] == fields[.seq] ? seq : nil
        case .observedReadRetry:
            let isStale = fields[.subSeq] != fields[.readSeq]
            expect((fields[.retry] != 0) == isStale, "read_retry is true exactly when the notifier's seq changed")
        default:
            if event.kind == .readBeginReturn {
                expect(fields[.ret] & 1 == 1, "read_begin returns an odd seq, recorded \(fields[.ret])")
            }
            guard let slept = asleepOn.removeValue(forKey: event.task), let seq = mm.seq else { return }
            expect(seq != slept, "a sleeper goes on after the seq \(slept) it waits on has changed")
        }
    }
}
