import Scene

/// What the panes of the experience show: a timeline, page tables, locks, an explanation, a menu.
extension Fixture {
    static func fill(_ scene: inout Scene, _ request: SceneRequest) {
        scene.timeline = timeline(request.timeline, step: scene.position.step, last: scene.position.last)
        let special = pages.filter { $0.isSpecial || $0.devices.contains { $0.cell.isStale } }
        scene.pageTables = PageTables(
            devices: ["odp", "gntdev"], pages: .known(window(pages, request.pages)),
            special: .known(window(special, request.specialPages)))
        scene.locks = window(locks, request.locks)
        scene.lockCycles = request.locks.count > 0 ? cycles : []
        if let subject = request.explain { scene.explanation = explanation(subject) }
        scene.watches = request.watches.enumerated().map { index, text in
            text.contains("?") ? WatchRow(expression: text, value: "no such name", isMistaken: true)
                : WatchRow(expression: text, value: "\(index + 5)", hasChanged: index == 0)
        }
        if request.wantsMenu { scene.menu = menu }
        scene.marks = [MarkRow(step: 118, name: "before"), MarkRow(step: 139, name: "unmapped")]
        scene.branches = [
            BranchRow(name: "main", from: 0, last: 310, isCurrent: true), BranchRow(name: "device first", from: 120, last: 180, isCurrent: false),
        ]
        scene.breakpoints = [BreakpointRow(breakpoint: .line(file: "drivers/odp", line: 87), words: "drivers/odp:87", hits: 2)]
        scene.code.file = "drivers/odp"
        scene.code.focusLine = 87
        for index in scene.code.lines.indices where scene.code.lines[index].number == 90 { scene.code.lines[index].hasBreakpoint = true }
        var events = events
        if let kinds = request.eventKinds { events = events.filter { kinds.contains($0.kind) } }
        if !request.eventText.isEmpty { events = events.filter { $0.text.contains(request.eventText) } }
        let end = max(0, events.count - max(0, request.events.offset))
        scene.events = Rows(Array(events[..<end].suffix(max(0, request.events.count))), offset: request.events.offset, total: events.count)
    }

    static func timeline(_ window: TimelineWindow, step: Int, last: Int) -> Timeline {
        guard window.columns > 0 else { return Timeline() }
        let units = window.scale(history: last)
        let first = window.isWhole ? 0 : window.firstStep ?? max(0, step - window.columns * units * 3 / 4)
        let lanes = threads.map { thread in
            TimelineLane(
                thread: thread.id, label: thread.label, name: thread.name,
                cells: (0..<window.columns).map { cell(thread.id, first + $0 * units + 1, first + ($0 + 1) * units, last) })
        }
        return Timeline(
            firstStep: first, stepsPerColumn: units, columns: window.columns, lanes: self.window(lanes, window.lanes),
            marks: [
                TimelineMark(step: 118, kind: .mark, name: "before"), TimelineMark(step: 120, kind: .branch, name: "device first"),
                TimelineMark(step: 127, kind: .perturbation, name: "munmap"), TimelineMark(step: 139, kind: .mark, name: "unmapped"),
                TimelineMark(step: 150, kind: .finding, name: "no-stale-spte"),
            ], knownFrom: 0)
    }

    private static func cell(_ thread: ThreadID, _ from: Int, _ to: Int, _ last: Int) -> TimelineCell {
        if from > last { return TimelineCell(.unknown) }
        let event = events.last { $0.thread == thread && from <= $0.step && $0.step <= to }?.kind
        let isInvalidating = thread == t0 && to >= 124 || thread == t3 && to >= 133
        if thread == t1, from > 131 { return TimelineCell(.asleep) }
        if thread == t2, from > 128 { return TimelineCell(.blocked, event: event) }
        if thread == t3, to < 100 { return TimelineCell(.absent) }
        let isStepping = (from / 5) % 4 == thread.number || event != nil
        return TimelineCell(isStepping ? .stepped : .idle, isInvalidating: isInvalidating, event: event)
    }

    private static let none = DevicePageEntry(cell: DeviceCell(entry: .none))

    static let pages: [PageRow] = [
        PageRow(
            address: 0x10, cpu: PageEntry(cell: .writable, isWritable: true, page: "page#20", note: "refs 2, mapcount 1"),
            devices: [DevicePageEntry(cell: DeviceCell(entry: .writable), page: "page#20"), none]),
        PageRow(
            address: 0x12, cpu: PageEntry(cell: .none),
            devices: [
                DevicePageEntry(cell: DeviceCell(entry: .writable, isStale: true, isExcused: true), page: "page#22", reason: "UNMAP in flight"), none,
            ]),
        PageRow(
            address: 0x13, cpu: PageEntry(cell: .none),
            devices: [DevicePageEntry(cell: DeviceCell(entry: .writable, isStale: true), page: "page#21", reason: "the CPU has nothing here"), none]),
        PageRow(
            address: 0x20, cpu: PageEntry(cell: .readable, page: "page#30", note: "refs 3, mapcount 2"),
            devices: [none, DevicePageEntry(cell: DeviceCell(entry: .readable), page: "page#30")]),
        PageRow(address: 0x26, cpu: PageEntry(cell: .swapped, note: "slot 4"), devices: [none, none], isSpecial: true),
        PageRow(
            address: 0x27, cpu: PageEntry(cell: .exclusive, isWritable: true, page: "page#37", note: "locked by T3", owner: "nouveau"),
            devices: [none, DevicePageEntry(cell: DeviceCell(entry: .exclusive), page: "page#37")], isSpecial: true),
    ]

    static let locks: [LockRow] = [
        LockRow(
            name: "umem.mutex", kind: .mutex, holders: [LockUser(thread: t0, name: "T0 munmap")],
            waiters: [LockUser(thread: t2, name: "T2 insert", sinceStep: 129)], isInCycle: true),
        LockRow(
            name: "mm A.mmap_sem", kind: .rwsem, holders: [LockUser(thread: t2, name: "T2 insert", manner: "for reading")],
            waiters: [LockUser(thread: t0, name: "T0 munmap", manner: "for writing", sinceStep: 141)], isInCycle: true),
        LockRow(
            name: "subs.wq", kind: .waitQueue, holders: [],
            waiters: [LockUser(thread: t1, name: "T1 odp fault", manner: "read_begin(odp#1)", sinceStep: 131, isWoken: true)]),
    ]

    static let cycles = [
        LockCycle(
            threads: [t0, t2], sentence: "T0 waits for mm A.mmap_sem, held by T2, which waits for umem.mutex, held by T0: nobody can go on.")
    ]

    static func explanation(_ subject: Subject) -> Explanation {
        Explanation(
            subject: subject, title: "Why T1 waits",
            sentences: [
                .init(.fact, "T1 is asleep in mmu_interval_read_begin() of odp#1.", step: 131),
                .init(.cause, "odp#1 has invalidate_seq 7, and so has the mm: an invalidation is over its range.", step: 125),
                .init(.cause, "T0 munmap began it, and has not ended it yet.", step: 124),
                .init(.rule, "A reader that begins while its notifier collides would have to retry in any case, so it sleeps until seq changes."),
                .init(.consequence, "T1 wakes when T0 ends the last invalidation in flight."),
            ], seeAlso: ["odp-vs-munmap", "collision and retry"])
    }

    static let menu = PerturbationMenu(
        operations: [
            OperationInfo(
                name: "munmap", words: "unmap pages of the process", group: .memory,
                parameters: [.record(name: "mm", instances: ["mm#1"]), .range(name: "range")]),
            OperationInfo(name: "touch", words: "the CPU reads or writes a page", group: .memory, parameters: [.address(name: "page"), .flag(name: "writes")]),
            OperationInfo(name: "fork", words: "copy the process", group: .task, parameters: [], obstacle: "the process has gone"),
            OperationInfo(
                name: "device_fault", words: "the device faults a page in", group: .device,
                parameters: [.record(name: "umem", instances: ["umem#1", "umem#2"]), .address(name: "page"), .number(name: "times")]),
            OperationInfo(name: "insert", words: "register a notifier", group: .notifier, parameters: [.range(name: "interval")]),
        ],
        faults: [
            FaultRow(name: "no_retry", words: "the driver never asks read_retry", isOn: false),
            FaultRow(name: "no_lock", words: "set_seq without the lock", isOn: true),
        ],
        policies: ["random", "round-robin", "seek-collision"])
}
