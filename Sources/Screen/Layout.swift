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
        /// How many notifiers are registered.
        public var notifiers: Int
        /// Rows that the address pane would like.
        public var addressRows: Int
        /// A banner is needed.
        public var hasFinding: Bool

        public init(_ scene: Scene) {
            threads = scene.threads.total
            notifiers = scene.notifiers.total
            addressRows = AddressPane.settledRows(scene)
            hasFinding = scene.finding != nil
        }
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
        if facts.hasFinding { (banner, body) = body.splitTop(2) }
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

    private mutating func layOutPanes(_ body: Rect, _ facts: Facts) {
        let events = max(6, body.height / 5)
        let (upper, bottom) = body.splitTop(body.height - events)
        let (left, right) = upper.splitLeft(body.width * 54 / 100)
        let deferred = max(4, min(6, upper.height / 5))
        let address = max(8, min(facts.addressRows + 2, upper.height - deferred - 5))
        stack(left, [(.addressSpace, address), (.tree, left.height - address - deferred), (.deferred, deferred)])
        let threads = max(5, min(facts.threads + 2, upper.height / 3))
        let notifiers = max(4, min(facts.notifiers + 3, upper.height / 3))
        stack(right, [(.threads, threads), (.code, right.height - threads - notifiers), (.notifiers, notifiers)])
        panes.append((.events, bottom))
    }

    private mutating func layOutWide(_ body: Rect, _ facts: Facts) {
        let (left, right) = body.splitLeft(body.width * 63 / 100)
        let address = max(16, min(facts.addressRows + 3, body.height * 2 / 5))
        let (top, lower) = left.splitTop(address)
        panes.append((.addressSpace, top))
        let middle = max(10, min(max(facts.notifiers + 4, 12), lower.height / 2))
        let (row, bottom) = lower.splitTop(middle)
        let (treeRect, notifierRect) = row.splitLeft(row.width / 2)
        panes.append((.tree, treeRect))
        let (eventRect, deferredRect) = bottom.splitLeft(bottom.width * 57 / 100)
        let threads = max(8, min(facts.threads * 2 + 2, body.height / 3))
        panes.append((.deferred, deferredRect))
        panes.append((.notifiers, notifierRect))
        stack(right, [(.threads, threads), (.code, right.height - threads)])
        panes.append((.events, eventRect))
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
