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
    }

    /// The smallest size that is drawn.
    public static let minimum = Size(60, 16)

    /// Which arrangement this is.
    public var kind: Kind
    /// The two lines at the top.
    public var header: Rect
    /// The finding, if there is one.
    public var banner: Rect
    /// The tab bar of a compact screen.
    public var tabs: Rect
    /// The panes that are shown, and where.
    public var panes: [(id: PaneID, rect: Rect)]
    /// The compact overview's last box: the current code line above the latest events.
    public var overviewEvents: Rect?
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
            && a.overviewEvents == b.overviewEvents && a.hints == b.hints
    }

    /// The layout of a screen; `zoomed` is the only pane to show, if any.
    public init(size: Size, facts: Facts, zoomed: PaneID?) {
        let all = Rect(x: 0, y: 0, width: size.width, height: size.height)
        let empty = Rect(x: 0, y: 0, width: 0, height: 0)
        kind = Layout.kind(size)
        panes = []
        (header, banner, tabs, hints) = (empty, empty, empty, empty)
        if kind == .tooSmall { return }
        var body: Rect
        (header, body) = all.splitTop(2)
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
        case .panes: layOutPanes(body, facts)
        case .wide: layOutWide(body, facts)
        }
    }

    /// Which arrangement a size gets.
    public static func kind(_ size: Size) -> Kind {
        if size.width < minimum.width || size.height < minimum.height { return .tooSmall }
        if size.width >= 170, size.height >= 44 { return .wide }
        if size.width >= 100, size.height >= 30 { return .panes }
        return .compact
    }

    /// The rectangle of a pane, if it is shown.
    public func rect(of pane: PaneID) -> Rect? { panes.first { $0.id == pane }?.rect }

    private mutating func layOutOverview(_ body: Rect, _ facts: Facts) {
        let threads = min(max(1, facts.threads), max(2, body.height / 5)) + 1
        let address = max(6, min(facts.addressRows + 1, body.height - threads - 4))
        var rest = body
        var part: Rect
        (part, rest) = rest.splitTop(address)
        panes.append((.addressSpace, part))
        (part, rest) = rest.splitTop(threads)
        panes.append((.threads, part))
        overviewEvents = rest
    }

    /// Two columns above the events. What has little to show takes little; the events take what is left.
    private mutating func layOutPanes(_ body: Rect, _ facts: Facts) {
        let deferred = 5
        let most = body.height - max(7, body.height / 5)
        let tree = facts.treeRows + 2
        let address = facts.addressRows + 3
        let notifiers = max(4, min(facts.notifiers + 3, most / 3))
        let threads = Layout.threadRows(facts, most: most * 2 / 5)
        let code = 11
        // Few notifiers stand below the tree; many share the right column with the code.
        let beneath = facts.hasFewNotifiers ? notifiers : 0
        let wanted = max(address + min(tree, 9) + deferred + beneath, threads + code + notifiers - beneath)
        let (upper, bottom) = body.splitTop(min(most, wanted))
        let (left, right) = upper.splitLeft(Layout.leftWidth(body.width, .panes))
        let least = min(tree, max(5, left.height / 4))
        let top = max(8, min(address, left.height - deferred - beneath - least))
        let middle = left.height - top - deferred - beneath
        stack(left, [(.addressSpace, top), (.tree, middle), (.deferred, deferred)])
        if facts.hasFewNotifiers {
            let low = Rect(x: left.x, y: left.maxY - beneath, width: left.width, height: beneath)
            panes.append((.notifiers, low))
            stack(right, [(.threads, threads), (.code, right.height - threads)])
        } else {
            stack(right, [(.threads, threads), (.code, right.height - threads - notifiers), (.notifiers, notifiers)])
        }
        panes.append((.events, bottom))
    }

    /// Addresses, lists and events at the left, threads over code at the right.
    private mutating func layOutWide(_ body: Rect, _ facts: Facts) {
        let (left, right) = body.splitLeft(Layout.leftWidth(body.width, .wide))
        let address = max(12, min(facts.addressRows + 4, body.height * 2 / 5))
        let deferred = 6
        let notifiers = max(4, min(facts.notifiers + 3, body.height / 4))
        let tree = facts.treeRows + 2
        let (top, lower) = left.splitTop(address)
        panes.append((.addressSpace, top))
        let middle = min(max(tree, notifiers + deferred), max(10, lower.height - 14))
        let (row, bottom) = lower.splitTop(middle)
        let (treeRect, beside) = row.splitLeft(row.width / 2)
        panes.append((.tree, treeRect))
        stack(beside, [(.notifiers, beside.height - deferred), (.deferred, deferred)])
        let threads = Layout.threadRows(facts, most: body.height / 2)
        stack(right, [(.threads, threads), (.code, right.height - threads)])
        panes.append((.events, bottom))
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
        case .wide: width * 63 / 100
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
