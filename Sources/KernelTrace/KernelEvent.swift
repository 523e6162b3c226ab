/// The probes that a recording may hold; the raw value is the event's name in it.
public enum KernelEvent: String, CaseIterable, Sendable {
    case register, registerReturn = "register_ret"
    case unregister, unregisterReturn = "unregister_ret"
    case getLocked = "get_locked", getLockedReturn = "get_locked_ret", put

    case insert, insertReturn = "insert_ret"
    case insertLocked = "insert_locked", insertLockedReturn = "insert_locked_ret"
    case insertUnderLock = "insert_lk"
    case remove, removeReturn = "remove_ret"
    case removeNow = "remove_lk_now", removeDeferred = "remove_lk_defer", removeCancelling = "remove_lk_cancel"

    case readBegin = "read_begin", readBeginUnderLock = "read_begin_lk", readBeginReturn = "read_begin_ret"

    case rangeStart = "range_start", invStart = "inv_start_lk", rangeStartReturn = "range_start_ret"
    case rangeEnd = "range_end", rangeEndReturn = "range_end_ret"
    case invEndPart = "inv_end_lk_part", invEndFinal = "inv_end_lk_final"
    case deferredInsert = "inv_end_defer_add", deferredRemove = "inv_end_defer_del"
    case release, releaseReturn = "release_ret", destroy = "subs_destroy"

    case dmirror = "cb_dmirror", dmirrorReturn = "cb_dmirror_ret"
    case snapshot = "cb_dmirror_snap", snapshotReturn = "cb_dmirror_snap_ret"
    case mni = "cb_mni", mniReturn = "cb_mni_ret"
    case plainStart = "hl_start", plainEnd = "hl_end", plainRelease = "hl_release", plainFree = "hl_free"

    case rangeFault = "range_fault", rangeFaultReturn = "range_fault_ret"
    case exclusiveRange = "excl_range", exclusiveRangeReturn = "excl_range_ret"
    case exclusiveOne = "excl_one", exclusiveOneReturn = "excl_one_ret"
    case exclusiveRestore = "excl_restore"
    case migrateSetup = "migrate_setup", migrateSetupReturn = "migrate_setup_ret"
    case migratePages = "migrate_pages", migratePagesReturn = "migrate_pages_ret"
    case migrateFinalize = "migrate_finalize", migrateFinalizeReturn = "migrate_finalize_ret"
    case migrateDeviceRange = "migdev_range", migrateDevicePages = "migdev_pages"
    case migrateDeviceFinalize = "migdev_finalize"
    case deviceFault = "devmem_fault", deviceFaultReturn = "devmem_fault_ret"

    case observedInsert = "obs_inserted", observedRemove = "obs_removed"
    case observedReadBegin = "obs_read_begin", observedReadRetry = "obs_read_retry"
    case observedSetSeq = "obs_set_seq", observedCallbackDone = "obs_cb_done"

    /// An event that nothing here knows about.
    case other = ""

    /// The entry event that this return event belongs to.
    public var entry: KernelEvent? {
        switch self {
        case .registerReturn: .register
        case .unregisterReturn: .unregister
        case .getLockedReturn: .getLocked
        case .insertReturn: .insert
        case .insertLockedReturn: .insertLocked
        case .removeReturn: .remove
        case .readBeginReturn: .readBegin
        case .rangeStartReturn: .rangeStart
        case .rangeEndReturn: .rangeEnd
        case .releaseReturn: .release
        case .dmirrorReturn: .dmirror
        case .snapshotReturn: .snapshot
        case .mniReturn: .mni
        case .rangeFaultReturn: .rangeFault
        case .exclusiveRangeReturn: .exclusiveRange
        case .exclusiveOneReturn: .exclusiveOne
        case .migrateSetupReturn: .migrateSetup
        case .migratePagesReturn: .migratePages
        case .migrateFinalizeReturn: .migrateFinalize
        case .deviceFaultReturn: .deviceFault
        default: nil
        }
    }

    /// The function that the event is an entry of, as the kernel spells it; `nil` for other events.
    var function: String? {
        switch self {
        case .register: "mmu_notifier_register"
        case .unregister: "mmu_notifier_unregister"
        case .getLocked: "mmu_notifier_get_locked"
        case .put: "mmu_notifier_put"
        case .insert: "mmu_interval_notifier_insert"
        case .insertLocked: "mmu_interval_notifier_insert_locked"
        case .remove: "mmu_interval_notifier_remove"
        case .readBegin: "mmu_interval_read_begin"
        case .rangeStart: "invalidate_range_start"
        case .rangeEnd: "invalidate_range_end"
        case .release: "mmu_notifier_release"
        case .rangeFault: "hmm_range_fault"
        case .exclusiveRange: "make_device_exclusive_range"
        case .exclusiveOne: "page_make_device_exclusive_one"
        case .migrateSetup: "migrate_vma_setup"
        case .migratePages: "migrate_vma_pages"
        case .migrateFinalize: "migrate_vma_finalize"
        case .deviceFault: "migrate_to_ram"
        default: nil
        }
    }

    var isCallback: Bool {
        switch self {
        case .dmirror, .snapshot, .mni: true
        default: false
        }
    }
}

/// Finds an event's kind by its name's bytes.
struct KernelEventTable: Sendable {
    private var kinds: [UInt64: KernelEvent] = [:]

    init() {
        for kind in KernelEvent.allCases where kind != .other {
            kinds[KernelEventTable.hash(kind.rawValue.utf8)] = kind
        }
    }

    subscript(_ hash: UInt64) -> KernelEvent { kinds[hash] ?? .other }

    /// FNV-1a: the tokenizer computes it while it walks over the name.
    static let hashSeed: UInt64 = 0xcbf2_9ce4_8422_2325

    static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    static func hash(_ name: some Sequence<UInt8>) -> UInt64 { name.reduce(hashSeed, mix) }
}

/// What an invalidation is for: the kernel's `enum mmu_notifier_event`, as 6.1 numbers it.
enum RangeEvent {
    static let migrate: UInt8 = 6
    static let release: UInt8 = 5
    static let names = [
        "UNMAP", "CLEAR", "PROTECTION_VMA", "PROTECTION_PAGE", "SOFT_DIRTY", "RELEASE", "MIGRATE", "EXCLUSIVE",
    ]

    static func name(_ number: UInt64) -> String {
        number < UInt64(names.count) ? names[Int(number)] : "event \(number)"
    }
}

/// A kernel function's negative return value by its name.
func errorName(_ value: Int64) -> String {
    switch value {
    case -1: "-EPERM"
    case -4: "-EINTR"
    case -11: "-EAGAIN"
    case -12: "-ENOMEM"
    case -14: "-EFAULT"
    case -16: "-EBUSY"
    case -17: "-EEXIST"
    case -22: "-EINVAL"
    case -75: "-EOVERFLOW"
    default: "\(value)"
    }
}
