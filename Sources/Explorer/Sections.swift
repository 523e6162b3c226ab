import Language
import Machine

/// Which steps can be carried along with the one before, because nobody could tell (Lipton): taking a lock moves to the
/// right of others' steps, letting go of it to the left, and what is only ever accessed under one lock, by one thread, or
/// never written moves both ways. A stretch of steps with at most one that doesn't move is as good as one step.
///
/// What a lock protects is assumed at first (everything is), watched on every step that is explored, and corrected: a
/// field that was accessed otherwise is shared from then on, and the exploration begins again. That watching the explored
/// steps is enough is Stoller and Cohen's theorem on optimistic synchronisation-based reduction; *Checking* has the argument
/// for what is watched here. It needs every access that is explored to be noted, with two exceptions:
///
/// - A record that its maker has not published yet: nobody else can have come to it, in any order of steps. Whether it was
///   published is part of the state (``NormalForm`` keeps a mark for each record), for once it was it stays so, even when
///   nobody refers to it any more: somebody may still have been using it a moment ago, in another order.
/// - The teardown, where there are no daemons: it begins when everybody else has ended.
///
/// A step that may have to wait only ever begins a stretch, so that every deadlock is still come to.
struct Sections {
    /// How a step moves among the steps of others.
    enum Mover { case both, right, left, none }

    private let map: LocationMap
    private let daemons: Bool
    private let teardown: Int
    /// What is known of each field, over every step that was ever watched.
    private var fields: [Field]
    /// The fields that are not protected: accesses to them don't move.
    private(set) var isShared: [Bool]
    /// The locks, by number as bits, that somebody else may let go of.
    private var unowned: UInt64 = 0
    /// A field was found to be shared that wasn't known to be.
    private(set) var isWrong = false

    /// The locks that the thread holds, or held when the step began.
    private var held: [Held] = []
    /// For each record, by ``LocationMap/instance(of:)``: a reference to it has lain where others could find it.
    private(set) var published: [Bool] = []
    /// The records that the last step published: it may be taken back.
    private var publishedLast: [Int] = []
    /// The record that this step made.
    private var fresh: Int?
    /// This step looks at all records of a kind.
    private var quantifies = false
    private let flaws: Flaws
    /// With a flaw that judges by who refers to a record now: by record, the threads as bits, and others as bit 63.
    private var referrers: [UInt64] = []

    private struct Held {
        var lock: LocationMap.Lock
        var isForReading: Bool
        /// It was let go of in this very step: what the step did it did under it all the same.
        var isReleased = false
    }

    private struct Field {
        var readers: UInt64 = 0
        var writers: UInt64 = 0
        /// The locks that were held at every access: by number, twice: in the same record, and the only one of its kind.
        var locks: UInt64 = .max

        var isProtected: Bool {
            let threads = readers | writers
            return writers == 0 || threads & (threads &- 1) == 0 || locks != 0
        }
    }

    init(_ program: Program, flaws: Flaws) {
        self.flaws = flaws
        map = LocationMap(program)
        daemons = program.threads.contains { $0.role == .daemon }
        teardown = program.threads.firstIndex { $0.role == .teardown } ?? -1
        fields = Array(repeating: Field(), count: map.keyCount)
        isShared = Array(repeating: false, count: map.keyCount)
    }

    /// What was found wrong is known from now on.
    mutating func correct() {
        isWrong = false
        for key in fields.indices where !fields[key].isProtected { isShared[key] = true }
    }

    /// Whether a step made a record that others' sequence numbers are relative to.
    func makesReference(_ accesses: [AccessRecorder.Access]) -> Bool {
        map.hasReferences && accesses.contains { $0.kind == .make && map.isReference($0.slot) }
    }

    /// For the start, where others may have come to everything that there is.
    var allPublished: [Bool] { map.allInstances }

    /// A stretch of steps of a thread begins.
    /// - Parameter published: the records of the state that are not only their makers'.
    mutating func begin(_ thread: Int, in state: State, published: [Bool]) {
        self.published.removeAll(keepingCapacity: true)
        self.published.append(contentsOf: published)
        if flaws.contains(.privateWhileUnreferred) { referrers = map.referrers(in: state) }
        held.removeAll(keepingCapacity: true)
        let me = Int64(thread + 1)
        for lock in map.locks {
            if state.slot(lock.slot) == me {
                held.append(Held(lock: lock, isForReading: false))
            } else if lock.isSemaphore, state.slot(lock.slot + 1) & (1 << Int64(thread)) != 0 {
                held.append(Held(lock: lock, isForReading: true))
            }
        }
    }

    /// The last step was taken back. That it could be taken stays noted, for that is true.
    mutating func takeBack() {
        for instance in publishedLast { published[instance] = false }
    }

    /// How a step of a thread moves.
    mutating func mover(of accesses: [AccessRecorder.Access], by thread: Int) -> Mover {
        held.removeAll { $0.isReleased }
        fresh = nil
        quantifies = accesses.contains { $0.kind == .quantify }
        publishedLast.removeAll(keepingCapacity: true)
        var (takes, releases, moves) = (false, false, true)
        // One after the other: what a step did before it took a lock it didn't do under it.
        for access in accesses {
            switch access.kind {
            case .acquire, .acquireShared:
                takes = true
                guard let lock = map.lock(at: access.slot) else { continue }
                held.append(Held(lock: lock, isForReading: access.kind == .acquireShared))
            case .release:
                releases = true
                for index in held.indices where held[index].lock.slot == access.slot { held[index].isReleased = true }
            default: break
            }
            if !note(access, by: thread) { moves = false }
        }
        guard moves else { return .none }
        return switch (takes, releases) {
        case (false, false): .both
        case (true, false): .right
        case (false, true): .left
        case (true, true): .none
        }
    }

    /// Takes one access in. Says whether it moves.
    private mutating func note(_ access: AccessRecorder.Access, by thread: Int) -> Bool {
        switch access.kind {
        case .quantify: return flaws.contains(.quantifyingMoves)
        case .signal: return flaws.contains(.waitingMoves)
        case .end: return !map.isEndAskedFor || flaws.contains(.endsMove)
        case .release where !held.contains(where: { $0.lock.slot == access.slot }):
            disown(access.slot)
            return false
        case .acquire, .acquireShared, .release:
            // A lock is read, so that whoever frees it is noticed.
            return map.key(of: access.slot).map { note($0, access.slot, false, thread) } ?? true
        case .observe: return observe(access.slot)
        case .publish:
            publish(access.slot)
            return true
        case .make:
            if let instance = map.instance(of: access.slot) {
                published[instance] = false
                if !referrers.isEmpty { referrers[instance] = 1 << UInt64(thread) }
                fresh = instance
            }
            return flaws.contains(.makingMoves)
        case .free:
            // To free is to write all of it, unless nobody else has ever seen it.
            guard !isPrivate(access.slot, thread), !flaws.contains(.freesAreNotNoted) else { return false }
            for key in map.keys(aroundHeader: access.slot) { _ = note(key, access.slot, true, thread) }
            return false
        case .read, .write:
            guard let key = map.key(of: access.slot) else { return true }
            if access.kind == .read, flaws.contains(.readsAreNotNoted) { return !isShared[key] }
            if isPrivate(access.slot, thread), !isSeen(access) || map.instance(of: access.slot) == fresh { return true }
            return note(key, access.slot, access.kind == .write, thread)
        }
    }

    /// Who looks at all records of a kind looks at those that are not published, too: what its maker writes is noted then, and what
    /// is read by one who looks.
    private func isSeen(_ access: AccessRecorder.Access) -> Bool {
        guard !flaws.contains(.quantifiedIsPrivate), map.isQuantified(access.slot) else { return false }
        return access.kind == .write || quantifies
    }

    /// Whether others hold a lock made a difference.
    private mutating func observe(_ slot: Int) -> Bool {
        if flaws.contains(.observedLocksStayOwn) { return true }
        // That a lock is free which it alone has just let go of is no news. (Of those that had only read-locked it, others may
        // still be there.)
        if held.contains(where: {
            $0.isReleased && $0.lock.slot == slot && (!$0.isForReading || flaws.contains(.readersReleaseAlone))
        }) { return true }
        share(slot)
        return false
    }

    /// A page was unlocked by another thread than the one that had locked it: who has taken a lock of this kind may not have it any
    /// more, so that it protects nothing, and to take it doesn't move.
    private mutating func disown(_ slot: Int) {
        share(slot)
        guard let lock = map.lock(at: slot), lock.number < 32, unowned & (1 << UInt64(lock.number)) == 0 else { return }
        unowned |= 1 << UInt64(lock.number)
        for key in fields.indices {
            fields[key].locks &= ~(3 << UInt64(2 * lock.number))
            if !isShared[key], !fields[key].isProtected { isWrong = true }
        }
    }

    private mutating func publish(_ slot: Int) {
        guard let instance = map.instance(of: slot) else { return }
        if !referrers.isEmpty { referrers[instance] |= 1 << 63 }
        guard !published[instance] else { return }
        published[instance] = true
        publishedLast.append(instance)
    }

    /// Only the thread itself has ever had a reference to the record.
    private func isPrivate(_ slot: Int, _ thread: Int) -> Bool {
        guard let instance = map.instance(of: slot) else { return false }
        if flaws.contains(.privateWhileUnreferred) { return referrers[instance] & ~(1 << UInt64(thread)) == 0 }
        return !published[instance]
    }

    private mutating func note(_ key: Int, _ slot: Int, _ isWrite: Bool, _ thread: Int) -> Bool {
        // Whoever tidies up when everybody else has ended disturbs nobody.
        if thread == teardown, !daemons || flaws.contains(.teardownIsNotNoted) { return true }
        if isWrite { fields[key].writers |= 1 << UInt64(thread) } else { fields[key].readers |= 1 << UInt64(thread) }
        var locks: UInt64 = 0
        for entry in held where entry.lock.number < 32 && unowned & (1 << UInt64(entry.lock.number)) == 0 {
            if isWrite, entry.isForReading, !flaws.contains(.readLocksProtectWrites) { continue }
            let lock = entry.lock
            if map.instance(of: lock.slot) == map.instance(of: slot) || flaws.contains(.locksProtectOthers) { locks |= 1 << UInt64(2 * lock.number) }
            if map.isAlone(lock.slot) { locks |= 1 << UInt64(2 * lock.number + 1) }
        }
        fields[key].locks &= locks
        if !isShared[key], !fields[key].isProtected { isWrong = true }
        return !isShared[key]
    }

    /// It makes a difference to somebody when this lock is held.
    private mutating func share(_ slot: Int) {
        guard let key = map.key(of: slot), !isShared[key] else { return }
        fields[key] = Field(readers: .max, writers: .max, locks: 0)
        isWrong = true
    }
}

extension Sections {
    /// Watches a few random schedules, so that most of what is shared is known before the exploration begins. Whatever they
    /// miss is found by it.
    mutating func learn(from start: Machine) {
        // Who is alone shares nothing.
        guard start.program.threads.count(where: { $0.role == .scenario || $0.role == .daemon }) > 1 else { return }
        let form = NormalForm(start.program)
        let recorder = AccessRecorder()
        var words = [UInt32](repeating: 0, count: form.wordCount)
        var published: [Bool] = []
        var base = start.state
        var log = EventLog(isOn: false)
        var numbers: UInt64 = 0x9E37_79B9_7F4A_7C15
        func random(_ limit: Int) -> Int {
            numbers ^= numbers << 13
            numbers ^= numbers >> 7
            numbers ^= numbers << 17
            return Int(numbers % UInt64(limit))
        }
        var machine = start
        for _ in 0..<Self.lessons {
            machine.load(start.state)
            published = map.allInstances
            var (thread, left) = (0, 0)
            lesson: for _ in 0..<Self.lessonLength {
                form.encode(machine.state, marks: published, into: &words)
                form.decode(words, into: &base, marks: &published)
                machine.load(base)
                if left == 0 { (thread, left) = (random(machine.threadCount), random(24)) } else { left -= 1 }
                for offset in 0..<machine.threadCount {
                    let next = (thread + offset) % machine.threadCount
                    recorder.removeAll()
                    let outcome = machine.step(next, choice: UInt64(random(1 << 16)), recorder: recorder, log: &log)
                    if outcome.isFinding { break lesson }
                    guard outcome != .finished else { continue }
                    begin(next, in: base, published: published)
                    _ = mover(of: recorder.accesses, by: next)
                    guard outcome == .stepped else { continue }
                    published = self.published
                    continue lesson
                }
                break
            }
        }
        correct()
    }

    private static let lessons = 24
    private static let lessonLength = 2_000
}
