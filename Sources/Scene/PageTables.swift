/// One page of the shown mm: the CPU's entry, and beside it that of each device that has one.
public struct PageRow: Sendable, Equatable {
    public var address: UInt64
    public var cpu: PageEntry
    /// One for each of ``PageTables/devices``, in their order.
    public var devices: [DevicePageEntry]
    /// The CPU's entry is none that a page stands behind as usual: swapped, migrating, on a device, exclusive, poisoned.
    public var isSpecial: Bool

    public init(address: UInt64, cpu: PageEntry, devices: [DevicePageEntry] = [], isSpecial: Bool = false) {
        self.address = address
        self.cpu = cpu
        self.devices = devices
        self.isSpecial = isSpecial
    }
}

/// A CPU page-table entry in words.
public struct PageEntry: Sendable, Equatable {
    public var cell: PTECell
    /// Whether it allows writing.
    public var isWritable: Bool
    /// What it leads to: "page#21"; empty where it leads nowhere.
    public var page: String
    /// What is known of the page: "refs 2, mapcount 1, locked by T3".
    public var note: String
    /// For an exclusive entry, whose it is.
    public var owner: String?

    public init(cell: PTECell, isWritable: Bool = false, page: String = "", note: String = "", owner: String? = nil) {
        self.cell = cell
        self.isWritable = isWritable
        self.page = page
        self.note = note
        self.owner = owner
    }
}

/// A device's entry in words.
public struct DevicePageEntry: Sendable, Equatable {
    public var cell: DeviceCell
    public var page: String
    /// Why it is stale: "the CPU has page#3 here"; empty where it is not.
    public var reason: String

    public init(cell: DeviceCell, page: String = "", reason: String = "") {
        self.cell = cell
        self.page = page
        self.reason = reason
    }
}

/// The shown mm's pages that anybody has an entry for, ascending by address.
public struct PageTables: Sendable, Equatable {
    /// The device tables' names.
    public var devices: [String]
    public var pages: Known<Rows<PageRow>>
    /// Of these the ones whose CPU entry is special, or that a device has a stale entry for.
    public var special: Known<Rows<PageRow>>

    public init(
        devices: [String] = [], pages: Known<Rows<PageRow>> = .unknown, special: Known<Rows<PageRow>> = .unknown
    ) {
        self.devices = devices
        self.pages = pages
        self.special = special
    }
}
