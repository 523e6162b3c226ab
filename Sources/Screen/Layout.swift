import Scene

/// Where everything goes on a screen of a given size.
public struct Layout: Sendable, Equatable {
    /// The arrangements.
    public enum Kind: Sendable, Equatable {
        /// Smaller than ``minimum``: one line says so.
        case tooSmall
        /// Tabs: an overview, or one pane.
        case compact
        case panes
        case wide
        /// As wide, and so tall that special pages have a place of their own.
        case large
    }

    /// The smallest size that is drawn.
    public static let minimum = Size(60, 16)

    /// Which arrangement this is.
    public var kind: Kind
    /// The two lines at the top, and the watches if there are any.
    public var header: Rect
    /// The finding, if there is one.
    public var banner: Rect
    /// The tab bar of a compact screen.
    public var tabs: Rect
    /// The panes that are shown, and where.
    public var panes: [(id: PaneID, rect: Rect)]
    /// The compact overview's last box: the current code line above the latest events.
    public var overviewEvents: Rect?
    /// The compact overview's strip of the whole history, where there is room for it.
    public var strip: Rect?
    /// The bottom line.
    public var hints: Rect

    /// What of a scene decides about heights: things that seldom change in a session.
    public struct Facts: Sendable, Equatable {
        /// How many threads there are.
        public var threads: Int
        /// Threads may take a second line: what a recording knows of a task fits into one.
        public var hasTallThreads: Bool
        /// How many notifiers are registered.
        public var notifiers: Int
        /// The notifiers are few and their number seldom changes.
        public var hasFewNotifiers: Bool
        /// Rows that the tree pane would like: in leaps, so that the panes stay put while nodes come and go.
        public var treeRows: Int
        /// Rows that the address pane would like.
        public var addressRows: Int
        /// What a banner has to say, if there is one.
        public var finding: String?
        /// Lines of the header that watches take.
        public var watches = 0

        public init(_ scene: Scene) {
            threads = scene.threads.total
            hasTallThreads = scene.source == .simulation
            notifiers = scene.notifiers.total
            hasFewNotifiers = scene.source == .simulation && scene.notifiers.total <= 4
            treeRows = scene.tree.total <= 3 ? 3 : scene.tree.total <= 7 ? 7 : 15
            addressRows = AddressPane.settledRows(scene)
            finding = scene.finding?.sentence
        }

        /// Rows of the banner on a screen of this width.
        func bannerRows(width: Int) -> Int { finding.map { 1 + HeaderPane.bannerLines($0, width).count } ?? 0 }
    }

    /// Whether everything is at the same place.
    public static func == (a: Layout, b: Layout) -> Bool {
        a.kind == b.kind && a.header == b.header && a.banner == b.banner && a.tabs == b.tabs
            && a.panes.elementsEqual(b.panes) { $0.id == $1.id && $0.rect == $1.rect }
            && a.overviewEvents == b.overviewEvents && a.strip == b.strip && a.hints == b.hints
    }

    /// The layout of a screen.
    ///
    /// - Parameters:
    ///   - zoomed: the only pane to show, if any.
    ///   - raised: panes that were brought to the front of their place, the latest last.
    ///   - isPresenting: few panes, with gaps between them.
    public init(size: Size, facts: Facts, zoomed: PaneID?, raised: [PaneID] = [], isPresenting: Bool = false) {
        let all = Rect(x: 0, y: 0, width: size.width, height: size.height)
        let empty = Rect(x: 0, y: 0, width: 0, height: 0)
        kind = Layout.kind(size)
        panes = []
        (header, banner, tabs, hints) = (empty, empty, empty, empty)
        if kind == .tooSmall { return }
        var body: Rect
        (header, body) = all.splitTop(2 + facts.watches)
        (body, hints) = body.splitTop(body.height - 1)
        (banner, body) = body.splitTop(facts.bannerRows(width: size.width))
        if kind == .compact { (tabs, body) = body.splitTop(1) }
        if let zoomed {
            panes = [(zoomed, body)]
            return
        }
        switch kind {
        case .tooSmall: break
        case .compact: layOutOverview(body, facts)
        case .panes, .wide, .large:
            if isPresenting {
                layOutPresented(body, facts)
            } else if kind == .panes {
                layOutPanes(body, facts, raised)
            } else {
                layOutWide(body, facts)
            }
            panes = panes.map { (Layout.shown($0.id, raised, kind), $0.rect) }
        }
    }

    /// Which arrangement a size gets.
    public static func kind(_ size: Size) -> Kind {
        if size.width < minimum.width || size.height < minimum.height { return .tooSmall }
        if size.width >= 170, size.height >= 44 { return size.height >= 56 ? .large : .wide }
        if size.width >= 100, size.height >= 30 { return .panes }
        return .compact
    }

    /// The rectangle of a pane, if it is shown.
    public func rect(of pane: PaneID) -> Rect? { panes.first { $0.id == pane }?.rect }

    private mutating func layOutOverview(_ body: Rect, _ facts: Facts) {
        let threads = min(max(1, facts.threads), max(2, body.height / 5)) + 1
        var rest = body
        if body.height >= 18 {
            let (upper, low) = body.splitTop(body.height - 2)
            strip = low
            rest = upper
        }
        let address = max(6, min(facts.addressRows + 1, rest.height - threads - 4))
        var part: Rect
        (part, rest) = rest.splitTop(address)
        panes.append((.addressSpace, part))
        (part, rest) = rest.splitTop(threads)
        panes.append((.threads, part))
        overviewEvents = rest
    }

    /// Two columns above the timeline. What has little to show takes little.
    private mutating func layOutPanes(_ body: Rect, _ facts: Facts, _ raised: [PaneID]) {
        // Beneath the lanes there is room for the newest events.
        let bottom = min(Layout.timelineRows(facts, most: 8) + 4, max(8, body.height * 2 / 5))
        let (upper, low) = body.splitTop(body.height - bottom)
        let most = upper.height
        let deferred = most >= 24 ? 5 : 4
        let tree = facts.treeRows + 2
        let address = facts.addressRows + 3
        // Page tables are longer than a few notifiers.
        let isOwn = Layout.shown(.notifiers, raised, .panes) == .notifiers
        let notifiers = isOwn ? max(4, min(facts.notifiers + 3, most / 3)) : max(8, most / 3)
        let threads = Layout.threadRows(facts, most: most * 2 / 5)
        let explains = Layout.explains(raised)
        let (left, right) = upper.splitLeft(Layout.leftWidth(body.width, .panes))
        // Few notifiers stand below the tree; many share the right column with the code.
        let least = min(tree, max(5, left.height / 4))
        let hasRoom = min(address, 12) + least + deferred + notifiers <= left.height
        let beneath = facts.hasFewNotifiers && hasRoom ? notifiers : 0
        let top = max(8, min(address, left.height - deferred - beneath - least))
        let middle = left.height - top - deferred - beneath
        stack(left, [(.addressSpace, top), (.tree, middle), (.deferred, deferred)])
        if beneath > 0 {
            let low = Rect(x: left.x, y: left.maxY - beneath, width: left.width, height: beneath)
            panes.append((.notifiers, low))
            stack(right, [(.threads, threads), (.code, right.height - threads)])
        } else {
            // What explains takes room to be read.
            let code = right.height - threads - (explains ? 0 : notifiers)
            stack(right, [(.threads, threads), (.code, code)] + (explains ? [] : [(.notifiers, notifiers)]))
        }
        panes.append((.timeline, low))
    }

    /// Addresses, lists and events at the left, threads, code and page tables at the right, the timeline beneath.
    private mutating func layOutWide(_ body: Rect, _ facts: Facts) {
        let (upper, low) = body.splitTop(body.height - Layout.timelineRows(facts, most: max(6, body.height / 5)))
        let (left, right) = upper.splitLeft(Layout.leftWidth(body.width, .wide))
        let address = max(12, min(facts.addressRows + 4, upper.height * 2 / 5))
        let deferred = 6
        let notifiers = max(4, min(facts.notifiers + 3, upper.height / 4))
        let tree = facts.treeRows + 2
        let (top, lower) = left.splitTop(address)
        panes.append((.addressSpace, top))
        let middle = min(max(tree, notifiers + deferred), max(10, lower.height - 8))
        let (row, bottom) = lower.splitTop(middle)
        let (treeRect, beside) = row.splitLeft(row.width / 2)
        panes.append((.tree, treeRect))
        stack(beside, [(.notifiers, beside.height - deferred), (.deferred, deferred)])
        let threads = Layout.threadRows(facts, most: upper.height * 2 / 5)
        let tables = max(7, min(upper.height / 4, 14))
        // Special pages are few.
        let entries = kind == .large ? 7 : 0
        stack(right, [(.threads, threads), (.code, right.height - threads - tables - entries), (.tables, tables)])
        if entries > 0 {
            panes.append((.entries, Rect(x: right.x, y: right.maxY - entries, width: right.width, height: entries)))
        }
        panes.append((.events, bottom))
        panes.append((.timeline, low))
    }

    /// Four panes with gaps between them.
    private mutating func layOutPresented(_ body: Rect, _ facts: Facts) {
        let room = body.inset(columns: 1, rows: 0)
        let bottom = Layout.timelineRows(facts, most: max(4, room.height / 4)) + 3
        let (upper, low) = room.splitTop(room.height - bottom)
        panes.append((.timeline, low))
        let (left, right) = upper.splitTop(upper.height - 1).top.splitLeft(Layout.presentedWidth(body.width))
        panes.append((.addressSpace, left))
        let (_, column) = right.splitLeft(2)
        let threads = Layout.threadRows(facts, most: column.height / 2)
        let (top, rest) = column.splitTop(threads)
        panes.append((.threads, top))
        panes.append((.code, rest.splitTop(1).rest))
    }

    /// The panes of the presenter view.
    static let presented: [PaneID] = [.addressSpace, .threads, .code, .timeline]

    /// Columns of the address pane in the presenter view.
    static func presentedWidth(_ width: Int) -> Int { (width - 2) * 54 / 100 }

    /// A frame, a ruler, the marks and a lane for each thread: four at least, so that the panes stay put when an
    /// operation joins a few threads.
    private static func timelineRows(_ facts: Facts, most: Int) -> Int { 4 + max(4, min(facts.threads, most)) }

    /// An explanation was asked for after anything that it might cover.
    private static func explains(_ raised: [PaneID]) -> Bool {
        raised.last { group(.code, .panes).contains($0) || group(.notifiers, .panes).contains($0) } == .explain
    }

    /// The panes that have a place of their own; others share one (see ``group(_:_:)``).
    static func places(_ kind: Kind) -> [PaneID] {
        switch kind {
        case .tooSmall: []
        case .compact: [.addressSpace, .threads]
        case .panes: [.addressSpace, .tree, .deferred, .notifiers, .threads, .code, .timeline]
        case .wide: [.addressSpace, .tree, .deferred, .notifiers, .threads, .code, .tables, .events, .timeline]
        case .large: [.addressSpace, .tree, .deferred, .notifiers, .threads, .code, .tables, .entries, .events, .timeline]
        }
    }

    /// The panes that share a place, the one that is shown at first in front.
    static func group(_ place: PaneID, _ kind: Kind) -> [PaneID] {
        switch place {
        case .deferred: [.deferred, .locks]
        case .code: [.code, .explain]
        case .notifiers: kind == .panes ? [.notifiers, .tables, .entries] : [.notifiers]
        case .tables: kind == .large ? [.tables] : [.tables, .entries]
        case .timeline: kind == .panes ? [.timeline, .events] : [.timeline]
        default: [place]
        }
    }

    /// The panes that share the place of one, itself among them.
    static func mates(of pane: PaneID, _ kind: Kind) -> [PaneID] {
        places(kind).map { group($0, kind) }.first { $0.contains(pane) } ?? [pane]
    }

    /// The pane that is in front at a place.
    static func shown(_ place: PaneID, _ raised: [PaneID], _ kind: Kind) -> PaneID {
        let mates = group(place, kind)
        return raised.last { mates.contains($0) } ?? place
    }

    /// Two lines for each thread where that leaves room for the rest, else one.
    private static func threadRows(_ facts: Facts, most: Int) -> Int {
        let tall = facts.threads * 2 + 2
        return facts.hasTallThreads && tall <= most ? max(6, tall) : max(5, min(facts.threads + 2, most))
    }

    /// Columns of the left half: they depend on the size alone, as a request for addresses does.
    static func leftWidth(_ width: Int, _ kind: Kind) -> Int {
        switch kind {
        case .tooSmall, .compact: width
        case .panes: width * 54 / 100
        case .wide, .large: width * 63 / 100
        }
    }

    private mutating func stack(_ column: Rect, _ parts: [(PaneID, Int)]) {
        var rest = column
        for (pane, height) in parts {
            let (part, below) = rest.splitTop(height)
            panes.append((pane, part))
            rest = below
        }
    }
}
