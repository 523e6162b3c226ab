import IntervalTree
import Scene

/// What is known of the kernel's state after some of the events. A value: a copy is a checkpoint.
///
/// Nothing is guessed: what the events don't tell is `nil` or ``Scene/Known/unknown``.
struct ReplayState: Sendable, Equatable {
    /// All mms so far, the dead ones too: addresses are used again, the index isn't.
    var mms: [MM] = []
    /// Living mms by their address, and by the address of their subscriptions.
    var mmByAddress: [UInt64: Int] = [:]
    var mmBySubscriptions: [UInt64: Int] = [:]
    /// Living interval notifiers by address.
    var notifiers: [UInt64: Notifier] = [:]
    /// By the recording's task number.
    var tasks: [Task] = []
    /// Notifiers ever seen: the next one's number.
    var notifierCount = 0
    /// The mm that the last event with one was about.
    var currentMM: Int?

    init() {}
}

extension ReplayState {
    /// One mm's `notifier_subscriptions`, from register to subs_destroy.
    struct MM: Sendable, Equatable {
        var address: UInt64?
        var subscriptions: UInt64?
        var seq: UInt64?
        var active: Int?
        var hasTree: Bool?
        /// Plain notifiers on the list.
        var plain: Int?
        /// Every change since the subscriptions were made was seen, so predictions can be made.
        var isComplete = false
        var isAlive = true
        /// In the tree, in the tree's order: ascending start, equal starts in order of insertion.
        var members: [Member] = []
        /// The same members in the tree that the kernel has: its shape is the kernel's while `isComplete`.
        var tree = IntervalTree()
        /// In order of addition: the kernel applies them from the end.
        var deferred: [Deferred] = []
        /// Ranges between start and end, oldest first.
        var ranges: [OpenRange] = []
        /// Tasks asleep in read_begin or remove.
        var sleepers: [Int] = []
        var counters = Counters()

        init(address: UInt64?, subscriptions: UInt64?) {
            self.address = address
            self.subscriptions = subscriptions
        }
    }

    struct Member: Sendable, Equatable {
        var first: UInt64
        var last: UInt64
        var address: UInt64
        /// Its node; `nil` for what isn't in the tree.
        var node: IntervalTree.Handle?
    }

    struct Deferred: Sendable, Equatable {
        var address: UInt64
        var isInsert: Bool
    }

    struct OpenRange: Sendable, Equatable {
        /// The event that opened it.
        var opened: Int
        var task: Int
        /// The range structure's address, on the task's stack; `nil` for a release.
        var address: UInt64?
        var first: UInt64
        var last: UInt64
        var event: UInt8
        var isBlockable: Bool
    }

    /// An interval notifier, from insert to remove.
    struct Notifier: Sendable, Equatable {
        enum Phase: Sendable, Equatable { case entering, inTree, insertDeferred, removalDeferred, leaving }

        var number: Int
        var address: UInt64
        var mm: Int
        var first: UInt64
        var last: UInt64
        var seq: UInt64?
        var phase: Phase
        var callbacks = 0
        /// Callbacks of it that run now: the driver may set its seq at any moment.
        var running = 0

        /// Takes a seq that was read without the driver's lock, when that is more than was known.
        mutating func learn(_ seq: UInt64?) {
            if self.seq == nil && running == 0 { self.seq = seq }
        }
    }

    /// A task, and the calls that it is in, outermost first.
    struct Task: Sendable, Equatable {
        var calls: [Call] = []
        /// Its last event; `nil` before its first.
        var lastEvent: Int?
        /// The mm that it was last about.
        var mm: Int?
        /// An -EBUSY was counted as a retry; the retry check after it is the same one.
        var hasCountedRetry = false
    }

    struct Call: Sendable, Equatable {
        var kind: KernelEvent
        /// The entry event.
        var event: Int
        var mm: Int?
        var notifier: Int?
        /// The notifier's or range's address, where the call has one.
        var address: UInt64 = 0
        var curSeq: UInt64 = 0
        var isMigrate = false
        /// A register on an mm without subscriptions: the first.
        var isFirst = false
        var isAsleep = false
        var isWoken = false
    }
}

/// What an event turned out to be about, once and for all: small enough to keep one for each event.
struct Fact: Sendable, Equatable {
    /// How the log shows it; `nil` when it isn't worth a row.
    var row: EventKind?
    var detail: Detail = []
    var mm: Int32 = -1
    var notifier: Int32 = -1
    /// The event that this one belongs to: the start of an ending range, the entry of a return.
    var related: Int32 = -1

    struct Detail: OptionSet, Sendable, Equatable {
        let rawValue: UInt8
        /// seq turned odd or even here.
        static let turned = Detail(rawValue: 1)
        /// The state before was known.
        static let wasKnown = Detail(rawValue: 2)
        /// The call slept.
        static let slept = Detail(rawValue: 4)
        /// The insert didn't go into the tree.
        static let postponed = Detail(rawValue: 8)
    }
}

// MARK: - Finding and making

extension ReplayState {
    /// The mm that an event is about, by its address, its subscriptions or what its task is doing.
    mutating func mm(of fields: EventFields, task: Int, creates: Bool = true) -> Int? {
        let subscriptions = fields[.subs] == 0 ? nil : fields[.subs]
        if fields.has(.mm) && fields[.mm] != 0 {
            return mm(address: fields[.mm], subscriptions: subscriptions, creates: creates)
        }
        if let subscriptions, let index = mmBySubscriptions[subscriptions] { return index }
        if let index = tasks[task].calls.last?.mm, mms[index].isAlive {
            guard let subscriptions else { return index }
            if mms[index].subscriptions == nil {
                bind(index, subscriptions)
                return index
            }
        }
        guard creates, let subscriptions else { return nil }
        mms.append(MM(address: nil, subscriptions: subscriptions))
        mmBySubscriptions[subscriptions] = mms.count - 1
        return mms.count - 1
    }

    private mutating func mm(address: UInt64, subscriptions: UInt64?, creates: Bool) -> Int? {
        if let index = mmByAddress[address] {
            guard let subscriptions, mms[index].subscriptions != subscriptions else { return index }
            if mms[index].subscriptions == nil {
                bind(index, subscriptions)
                return index
            }
            // Other subscriptions at the same address: another mm, whose predecessor's end wasn't seen.
            guard creates else { return nil }
            retire(index)
        } else if let subscriptions, let index = mmBySubscriptions[subscriptions], mms[index].address == nil {
            mms[index].address = address
            mmByAddress[address] = index
            return index
        }
        guard creates else { return nil }
        mms.append(MM(address: address, subscriptions: nil))
        let index = mms.count - 1
        mmByAddress[address] = index
        if let subscriptions { bind(index, subscriptions) }
        return index
    }

    private mutating func bind(_ index: Int, _ subscriptions: UInt64) {
        if let other = mmBySubscriptions[subscriptions], other != index { retire(other) }
        mms[index].subscriptions = subscriptions
        mmBySubscriptions[subscriptions] = index
    }

    /// The mm is gone, with all that was registered on it.
    mutating func retire(_ index: Int) {
        if let address = mms[index].address, mmByAddress[address] == index { mmByAddress[address] = nil }
        if let subscriptions = mms[index].subscriptions, mmBySubscriptions[subscriptions] == index {
            mmBySubscriptions[subscriptions] = nil
        }
        for member in mms[index].members { notifiers[member.address] = nil }
        for entry in mms[index].deferred { notifiers[entry.address] = nil }
        mms[index].members = []
        mms[index].tree = IntervalTree()
        mms[index].deferred = []
        mms[index].ranges = []
        mms[index].sleepers = []
        mms[index].isAlive = false
        mms[index].isComplete = false
    }

    /// Events were dropped: whatever was under way is unknown from here on.
    mutating func forget() {
        for index in mms.indices where mms[index].isAlive {
            for entry in mms[index].deferred { drop(entry.address) }
            mms[index].seq = nil
            mms[index].active = nil
            mms[index].plain = nil
            mms[index].isComplete = false
            mms[index].deferred = []
            mms[index].ranges = []
            mms[index].sleepers = []
        }
        for address in notifiers.keys {
            if notifiers[address]?.phase == .entering || notifiers[address]?.phase == .leaving {
                drop(address)
            } else {
                notifiers[address]?.seq = nil
                notifiers[address]?.running = 0
            }
        }
        for index in tasks.indices { tasks[index].calls = [] }
    }

    /// Makes a notifier that begins its life here or is seen for the first time.
    mutating func make(
        _ address: UInt64, mm: Int, first: UInt64, last: UInt64, phase: Notifier.Phase
    ) -> Notifier {
        drop(address)
        let notifier = Notifier(
            number: notifierCount, address: address, mm: mm, first: first, last: max(first, last), seq: nil,
            phase: phase)
        notifierCount += 1
        notifiers[address] = notifier
        if phase == .inTree { addMember(address) }
        return notifier
    }

    /// Forgets a notifier, wherever it is.
    mutating func drop(_ address: UInt64) {
        guard let notifier = notifiers.removeValue(forKey: address) else { return }
        removeMember(address, of: notifier)
        mms[notifier.mm].deferred.removeAll { $0.address == address }
    }

    mutating func addMember(_ address: UInt64) {
        guard let notifier = notifiers[address] else { return }
        // Never twice, whatever a damaged recording says.
        removeMember(address, of: notifier)
        let node = mms[notifier.mm].tree.insert(
            first: notifier.first, last: notifier.last, tag: UInt32(truncatingIfNeeded: notifier.number))
        let member = Member(first: notifier.first, last: notifier.last, address: address, node: node)
        mms[notifier.mm].members.insert(member, at: mms[notifier.mm].upperBound(notifier.first))
    }

    mutating func removeMember(_ address: UInt64, of notifier: Notifier) {
        var index = mms[notifier.mm].upperBound(notifier.first)
        while index > 0 {
            index -= 1
            let member = mms[notifier.mm].members[index]
            if member.first != notifier.first { return }
            if member.address == address {
                mms[notifier.mm].members.remove(at: index)
                if let node = member.node { mms[notifier.mm].tree.remove(node) }
                return
            }
        }
    }
}

extension ReplayState.MM {
    /// Where a member that starts at `first` goes: behind those with the same start, as in the kernel's tree.
    fileprivate func upperBound(_ first: UInt64) -> Int {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].first <= first { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: - Calls

extension ReplayState {
    /// Deeper than any task can be: returns were missed.
    private static let depthLimit = 32

    mutating func enter(
        _ kind: KernelEvent, _ event: Int, task: Int, mm: Int?, notifier: Int? = nil, address: UInt64 = 0
    ) {
        if tasks[task].calls.count >= ReplayState.depthLimit { tasks[task].calls.removeFirst() }
        tasks[task].calls.append(Call(kind: kind, event: event, mm: mm, notifier: notifier, address: address))
    }

    /// The innermost call of this kind ends, and with it all that it was thought to be in.
    mutating func leave(_ kind: KernelEvent, task: Int) -> Call? {
        guard let index = tasks[task].calls.lastIndex(where: { $0.kind == kind }) else { return nil }
        let call = tasks[task].calls[index]
        for inner in tasks[task].calls[index...] where inner.isAsleep {
            if let mm = inner.mm { mms[mm].sleepers.removeAll { $0 == task } }
        }
        tasks[task].calls.removeSubrange(index...)
        return call
    }

    /// The innermost call of one of these kinds.
    func innermost(_ kinds: [KernelEvent], task: Int) -> Int? {
        tasks[task].calls.lastIndex { kinds.contains($0.kind) }
    }

    mutating func fallAsleep(_ call: Int, task: Int) {
        tasks[task].calls[call].isAsleep = true
        if let mm = tasks[task].calls[call].mm { mms[mm].sleepers.append(task) }
    }

    mutating func wakeAll(of mm: Int) {
        for task in mms[mm].sleepers {
            for index in tasks[task].calls.indices where tasks[task].calls[index].isAsleep {
                tasks[task].calls[index].isWoken = true
            }
        }
    }
}
