/// The window of the virtual address space that is shown, column by column.
public struct AddressSpace: Sendable, Equatable {
    /// What one address counts.
    public enum Unit: Sendable, Equatable {
        /// Addresses are page numbers (models).
        case pages
        /// Addresses are bytes (recordings).
        case bytes
    }

    public var unit: Unit
    /// The address at the left edge of the first column.
    public var origin: UInt64
    /// Addresses a column covers: 1 shows every page of a model.
    public var unitsPerColumn: UInt64
    /// How many columns were answered.
    public var columns: Int
    /// Everything that there is to see lies in here; the window may show less. `nil` when there is nothing.
    public var extent: AddressRange?
    public var vmas: Known<[VMA]>
    /// One entry a column; a column that covers several pages shows the most telling of them.
    public var cpuPTEs: Known<[PTECell]>
    /// All start..end regions in flight, oldest first, also those outside of the window.
    public var invalidations: [InvalidationSpan]
    /// The notifiers whose interval touches the window, in ascending start order, as many as were asked for. Where
    /// that isn't all of them, those that an invalidation in flight is over may come first.
    public var intervals: [IntervalSpan]
    /// How many notifiers touch the window in all.
    public var intervalCount: Int
    /// A device page table each.
    public var devices: [DeviceTable]

    public init(
        unit: Unit, origin: UInt64 = 0, unitsPerColumn: UInt64 = 1, columns: Int = 0,
        extent: AddressRange? = nil, vmas: Known<[VMA]> = .unknown, cpuPTEs: Known<[PTECell]> = .unknown,
        invalidations: [InvalidationSpan] = [], intervals: [IntervalSpan] = [], intervalCount: Int = 0,
        devices: [DeviceTable] = []
    ) {
        self.unit = unit
        self.origin = origin
        self.unitsPerColumn = unitsPerColumn
        self.columns = columns
        self.extent = extent
        self.vmas = vmas
        self.cpuPTEs = cpuPTEs
        self.invalidations = invalidations
        self.intervals = intervals
        self.intervalCount = intervalCount
        self.devices = devices
    }
}

public struct VMA: Sendable, Equatable {
    public var range: AddressRange
    /// Protection and kind in words: "rw anon".
    public var label: String

    public init(range: AddressRange, label: String) {
        self.range = range
        self.label = label
    }
}

/// What a CPU or device page-table entry is, as far as one glyph can tell.
public enum PTECell: Sendable, Equatable {
    case none
    case readable
    case writable
    case swapped
    case migration
    case devicePrivate
    case exclusive
    case poisoned

    /// What kind of entry it is, in words.
    public var words: String {
        switch self {
        case .none: "not mapped"
        case .readable: "read-only"
        case .writable: "writable"
        case .swapped: "swapped"
        case .migration: "migrating"
        case .devicePrivate: "on a device"
        case .exclusive: "exclusive"
        case .poisoned: "poisoned"
        }
    }
}

/// What one column of a device page table is.
public struct DeviceCell: Sendable, Equatable {
    public var entry: PTECell
    /// The CPU's entry is none that a device may follow, or has another page, or forbids what this one allows.
    public var isStale: Bool
    /// A stale entry is allowed for now: an invalidation that covers it is still in flight.
    public var isExcused: Bool

    public init(entry: PTECell, isStale: Bool = false, isExcused: Bool = false) {
        self.entry = entry
        self.isStale = isStale
        self.isExcused = isExcused
    }
}

/// A device's page table (SPTEs) over the window.
public struct DeviceTable: Sendable, Equatable {
    public var name: String
    /// One entry a column.
    public var cells: [DeviceCell]

    public init(name: String, cells: [DeviceCell]) {
        self.name = name
        self.cells = cells
    }
}

/// A start..end region in flight.
public struct InvalidationSpan: Sendable, Equatable {
    public var range: AddressRange
    public var thread: ThreadID
    public var threadName: String
    /// The event's kernel name: UNMAP, CLEAR, …
    public var event: String
    public var isBlockable: Bool

    public init(range: AddressRange, thread: ThreadID, threadName: String, event: String, isBlockable: Bool) {
        self.range = range
        self.thread = thread
        self.threadName = threadName
        self.event = event
        self.isBlockable = isBlockable
    }
}

/// An interval notifier drawn on the address axis.
public struct IntervalSpan: Sendable, Equatable {
    public var id: NotifierID
    public var name: String
    public var range: AddressRange
    public var seq: Known<UInt64>
    public var state: NotifierState

    public init(id: NotifierID, name: String, range: AddressRange, seq: Known<UInt64>, state: NotifierState) {
        self.id = id
        self.name = name
        self.range = range
        self.seq = seq
        self.state = state
    }
}
