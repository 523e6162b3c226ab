import Scene

/// The rows of a list pane that the scene has, and what each of them is about.
struct PaneList {
    /// How many rows the whole list has.
    var total = 0
    /// The index of the first row that the scene has.
    var offset = 0
    var subjects: [Subject?] = []

    init(total: Int = 0, offset: Int = 0, subjects: [Subject?] = []) {
        self.total = total
        self.offset = offset
        self.subjects = subjects
    }

    init<Row>(_ rows: Rows<Row>, _ subject: (Row) -> Subject?) {
        self.init(total: rows.total, offset: rows.offset, subjects: rows.rows.map(subject))
    }

    /// The list of a pane, top to bottom; `nil` for a pane that is no list.
    init?(_ pane: PaneID, _ scene: Scene) {
        switch pane {
        case .tree: self.init(scene.tree) { .notifier($0.id) }
        case .notifiers: self.init(scene.notifiers) { .notifier($0.id) }
        case .threads: self.init(scene.threads) { .thread($0.id) }
        case .timeline: self.init(scene.timeline.lanes) { .thread($0.thread) }
        case .locks: self.init(scene.locks) { .lock($0.name) }
        case .tables: self.init(scene.pageTables.pages.value ?? Rows()) { .page($0.address) }
        case .entries: self.init(scene.pageTables.special.value ?? Rows()) { .page($0.address) }
        case .deferred:
            let subjects = scene.deferred.map { Subject.notifier($0.id) } + scene.sleepers.map { .thread($0.thread) }
            self.init(total: subjects.count, subjects: subjects)
        case .events:
            let events = scene.events
            self.init(
                total: events.total, offset: max(0, events.total - max(0, events.offset) - events.rows.count),
                subjects: events.rows.map { .event(step: $0.step) })
        case .addressSpace, .code, .explain: return nil
        }
    }

    /// The index in the whole list of what a subject is about, if the scene has it.
    func index(of subject: Subject?) -> Int? {
        guard let subject else { return nil }
        return subjects.lastIndex { $0 == subject }.map { $0 + offset }
    }

    /// What the row at an index of the whole list is about, if the scene has it.
    func subject(at index: Int) -> Subject? {
        subjects.indices.contains(index - offset) ? subjects[index - offset] : nil
    }
}

/// What lights up in the panes: the selection, and what belongs to it.
struct Highlights: Sendable, Equatable {
    /// How a row is marked.
    enum Light: Sendable, Equatable { case none, related, selected }

    var selection: Subject?
    private var threads: Set<ThreadID> = []
    private var notifiers: Set<NotifierID> = []
    private var locks: Set<String> = []
    /// The addresses that are selected.
    var page: UInt64?
    /// The step of the selected event.
    var step: Int?

    init() {}

    init(_ selection: Subject?, _ scene: Scene) {
        self.selection = selection
        switch selection {
        case .thread(let thread):
            threads = [thread]
            for sleeper in scene.sleepers where sleeper.thread == thread {
                if let notifier = sleeper.notifier { notifiers.insert(notifier) }
            }
            for lock in scene.locks.rows where (lock.holders + lock.waiters).contains(where: { $0.thread == thread }) {
                locks.insert(lock.name)
            }
        case .notifier(let notifier):
            notifiers = [notifier]
            for sleeper in scene.sleepers where sleeper.notifier == notifier { threads.insert(sleeper.thread) }
        case .lock(let name):
            locks = [name]
            for lock in scene.locks.rows where lock.name == name {
                threads.formUnion((lock.holders + lock.waiters).map(\.thread))
            }
        case .page(let address):
            page = address
            for row in scene.notifiers.rows where row.range.contains(address) && row.state != .detached {
                notifiers.insert(row.id)
            }
        case .event(let step):
            self.step = step
            if let thread = scene.events.rows.last(where: { $0.step == step })?.thread { threads.insert(thread) }
        case .finding:
            if let thread = scene.finding?.thread { threads.insert(thread) }
        case .number, nil: break
        }
    }

    func light(_ thread: ThreadID) -> Light { light(.thread(thread), threads.contains(thread)) }
    func light(_ notifier: NotifierID) -> Light { light(.notifier(notifier), notifiers.contains(notifier)) }
    func light(lock: String) -> Light { light(.lock(lock), locks.contains(lock)) }
    func light(page: UInt64) -> Light { light(.page(page), false) }
    func light(step: Int) -> Light { light(.event(step: step), false) }

    private func light(_ subject: Subject, _ isRelated: Bool) -> Light {
        subject == selection ? .selected : isRelated ? .related : .none
    }
}

extension Canvas {
    /// Marks an entry of a pane that is selected, or belongs to what is: a mark in the margin, and the strong ground
    /// of a selection in the pane that has the focus.
    ///
    /// - Parameter rows: how many the entry takes.
    mutating func light(_ light: Highlights.Light, in inside: Rect, y: Int, rows: Int = 1, _ context: PaneContext) {
        guard light != .none, y >= 0, y < inside.height else { return }
        set("»", x: inside.x - 1, y: inside.y + y, Style(.accent, bold: light == .selected))
        for row in y..<y + max(1, rows) {
            if light == .selected, context.isFocused {
                select(inside, y: row)
                continue
            }
            if light == .selected { markCurrent(inside, y: row) }
            if row == y { embolden(inside, y: row) }
        }
    }
}
