import Scene

/// A rich scene: an odd mm, two invalidations in flight, five notifiers with a tree, deferred changes,
/// sleepers, a stale device page, code, events.
enum Fixture {
    static let t0 = ThreadID(0), t1 = ThreadID(1), t2 = ThreadID(2), t3 = ThreadID(3)

    static func scene(
        _ request: SceneRequest, step: Int = 142, finding: Bool = false, title: String = "odp-vs-munmap",
        running: Bool = false
    ) -> Scene {
        var scene = Scene(
            title: title, source: .simulation,
            position: Position(
                step: step, last: 310, isOpenEnded: true, isRunning: running, speed: 20, policy: "random", seed: 7),
            header: Header(
                mm: "A", mmCount: 1, seq: .known(7), active: .known(2), exclusion: .known(.full),
                hasIntervalTree: .known(true), subscriptions: 5, deferredInserts: 1, deferredRemovals: 1, asleep: 1,
                plainNotifiers: .known(1), counters: Counters(invalidations: 12, collisions: 3, retries: 2)),
            addressSpace: space(request.addresses))
        scene.tree = window(tree, request.tree)
        scene.deferred = [
            DeferredEntry(change: .insert, id: NotifierID(5), name: "hfi1#4", range: AddressRange(0x30, 0x31)),
            DeferredEntry(change: .removal, id: NotifierID(3), name: "radeon#2", range: AddressRange(0x12, 0x13)),
        ]
        scene.sleepers = [
            Sleeper(thread: t1, threadName: "T1", reason: "read_begin(odp#1)", sinceStep: 131, notifier: NotifierID(0))
        ]
        scene.notifiers = window(notifiers, request.notifiers)
        scene.threads = window(threads, request.threads)
        scene.code = code(request.code)
        scene.events = Rows(Array(events.suffix(max(0, request.events.count))), offset: request.events.offset, total: events.count)
        if finding {
            scene.finding = Finding(
                property: "no-stale-spte",
                sentence: "odp maps 0x13 to page 21, which was freed at step 138 while no invalidation was in flight.",
                step: step, thread: t1, threadLabel: "T1 odp fault", place: "drivers/odp:87")
            scene.position.stopped = "a property failed"
        }
        fill(&scene, request)
        return scene
    }

    static func window<Row>(_ rows: [Row], _ window: RowWindow) -> Rows<Row> {
        let first = max(0, min(window.offset, rows.count))
        return Rows(Array(rows[first...].prefix(max(0, window.count))), offset: first, total: rows.count)
    }

    static func space(_ window: AddressWindow) -> AddressSpace {
        let origin = window.origin ?? 0x10
        let units = window.unitsPerColumn ?? 1
        let columns = max(0, window.columns)
        func address(_ column: Int) -> UInt64 { origin + UInt64(column) * units }
        let ptes = (0..<columns).map { column -> PTECell in
            switch address(column) {
            case 0x10...0x11: .writable
            case 0x12...0x15: .none
            case 0x16...0x1b: .writable
            case 0x20...0x25: .readable
            case 0x26: .swapped
            case 0x27: .exclusive
            default: .none
            }
        }
        func device(_ name: String, _ range: ClosedRange<UInt64>, stale: Set<UInt64>, excused: Set<UInt64>) -> DeviceTable {
            DeviceTable(
                name: name,
                cells: (0..<columns).map { column in
                    let at = address(column)
                    guard range.contains(at) else { return DeviceCell(entry: .none) }
                    return DeviceCell(
                        entry: name == "odp" ? .writable : .readable, isStale: stale.contains(at) || excused.contains(at),
                        isExcused: excused.contains(at))
                })
        }
        let spans = notifiers.map { IntervalSpan(id: $0.id, name: $0.name, range: $0.range, seq: $0.seq, state: $0.state) }
        return AddressSpace(
            unit: .pages, origin: origin, unitsPerColumn: units, columns: columns, extent: AddressRange(0x10, 0x2f),
            vmas: .known([
                VMA(range: AddressRange(0x10, 0x1b), label: "rw anon"), VMA(range: AddressRange(0x20, 0x27), label: "r file"),
            ]),
            cpuPTEs: .known(ptes),
            invalidations: [
                InvalidationSpan(range: AddressRange(0x12, 0x15), thread: t0, threadName: "T0", event: "UNMAP", isBlockable: true),
                InvalidationSpan(range: AddressRange(0x26, 0x27), thread: t3, threadName: "T3", event: "EXCLUSIVE", isBlockable: false),
            ],
            intervals: Array(spans.dropFirst(window.intervals.offset).prefix(max(0, window.intervals.count))),
            intervalCount: spans.count,
            devices: [
                device("odp", 0x10...0x13, stale: [0x13], excused: [0x12]),
                device("gntdev", 0x20...0x25, stale: [], excused: []),
            ])
    }

    static let notifiers: [NotifierRow] = [
        NotifierRow(
            id: NotifierID(0), name: "odp#1", range: AddressRange(0x10, 0x17), seq: .known(7), state: .colliding,
            callbacks: .known(3), sleepers: 1),
        NotifierRow(
            id: NotifierID(3), name: "radeon#2", range: AddressRange(0x12, 0x13), seq: .known(3),
            state: .removalDeferred, callbacks: .known(1)),
        NotifierRow(
            id: NotifierID(1), name: "nouveau#1", range: AddressRange(0x18, 0x1f), seq: .known(5), state: .idle,
            callbacks: .known(0)),
        NotifierRow(
            id: NotifierID(2), name: "gntdev", range: AddressRange(0x20, 0x2f), seq: .known(7), state: .colliding,
            callbacks: .known(2)),
        NotifierRow(
            id: NotifierID(5), name: "hfi1#4", range: AddressRange(0x28, 0x29), seq: .known(6), state: .insertDeferred),
    ]

    static let tree: [TreeRow] = [
        TreeRow(
            id: NotifierID(1), name: "nouveau#1", range: AddressRange(0x18, 0x1f), subtreeMaximum: 0x2f,
            colour: .known(.black), side: .root, depth: 0, continues: []),
        TreeRow(
            id: NotifierID(0), name: "odp#1", range: AddressRange(0x10, 0x17), subtreeMaximum: 0x17,
            colour: .known(.black), side: .left, depth: 1, continues: [true], isVisited: true),
        TreeRow(
            id: NotifierID(3), name: "radeon#2", range: AddressRange(0x12, 0x13), subtreeMaximum: 0x13,
            colour: .known(.red), side: .right, depth: 2, continues: [true, false]),
        TreeRow(
            id: NotifierID(2), name: "gntdev", range: AddressRange(0x20, 0x2f), subtreeMaximum: 0x2f,
            colour: .known(.black), side: .right, depth: 1, continues: [false]),
    ]

    static let threads: [ThreadRow] = [
        ThreadRow(
            id: t0, label: "T0", name: "munmap", cpu: 0, status: .ready, doing: "set_seq(umem.notifier, cur_seq)",
            holds: ["umem.mutex"], isCurrent: true),
        ThreadRow(
            id: t1, label: "T1", name: "odp fault", cpu: 1, status: .asleep(on: "until seq ≠ 7"),
            doing: "read_begin(umem.notifier)"),
        ThreadRow(id: t2, label: "T2", name: "insert", cpu: 2, status: .blocked(on: "umem.mutex", holder: "T0"), doing: "lock umem.mutex"),
        ThreadRow(id: t3, label: "T3", name: "migrate", cpu: 3, status: .ready, doing: "make_exclusive(A, 0x26)", isDaemon: true),
    ]

    static let text: [String] = [
        "use kernel/interval_notifier", "", "driver odp {",
        "    record Umem { notifier: Interval; mutex: mutex; spte: pfn[pages] }", "",
        "    // Called for every invalidation that overlaps the umem.",
        "    invalidate(umem: Umem, range: Range, cur_seq: seq) -> bool {",
        "        if range.blockable { lock umem.mutex } else if !trylock umem.mutex { return false }",
        "        set_seq(umem.notifier, cur_seq)", "        for page in range { umem.spte[page] = none }",
        "        unlock umem.mutex", "        return true", "    }", "",
        "    fault(umem: Umem, page: va) {", "        repeat {", "            let seq = read_begin(umem.notifier)",
        "            let pfn = cpu_fault(umem.notifier.mm, page)",
        "            if pfn == none { return }          // nothing is mapped there any more",
        "            lock umem.mutex",
        "            if read_retry(umem.notifier, seq) { unlock umem.mutex; continue }",
        "            umem.spte[page] = pfn", "            unlock umem.mutex", "            return", "        }", "    }", "}",
    ]

    static func code(_ window: CodeWindow) -> CodeView {
        let lines = text.enumerated().map { index, line in
            CodeLine(
                number: index + 79, text: line, threads: index == 8 ? [t0] : index == 16 ? [t1] : index == 19 ? [t2] : [],
                isFocus: index == 8)
        }
        let first = max(0, min(8 - window.count / 3 + window.shift, lines.count - 1))
        return CodeView(
            title: "T0 munmap — drivers/odp", thread: t0, lines: Array(lines[first...].prefix(max(0, window.count))),
            totalLines: 120)
    }

    static let events: [EventRow] = [
        EventRow(step: 118, thread: t1, threadLabel: "T1", kind: .begin, text: "read_begin(odp#1) reads seq 5: not colliding"),
        EventRow(step: 121, thread: t1, threadLabel: "T1", kind: .fault, text: "faults 0x13 in: page 21, writable"),
        EventRow(step: 124, thread: t0, threadLabel: "T0", kind: .start, text: "munmap starts UNMAP 0x12–0x15"),
        EventRow(step: 125, thread: t0, threadLabel: "T0", kind: .odd, text: "makes seq odd: 6 → 7 because odp#1 overlaps"),
        EventRow(step: 127, thread: t2, threadLabel: "T2", kind: .defer, text: "insert of hfi1#4 is deferred: seq is odd"),
        EventRow(step: 129, thread: t1, threadLabel: "T1", kind: .retry, text: "read_retry: seq 5 ≠ 7, begins again"),
        EventRow(step: 131, thread: t1, threadLabel: "T1", kind: .collide, text: "read_begin(odp#1) collides: seq 7 = mm seq 7, sleeps"),
        EventRow(step: 136, thread: t3, threadLabel: "T3", kind: .partial, text: "joins the exclusion: active 1 → 2"),
        EventRow(step: 139, thread: t0, threadLabel: "T0", kind: .unmap, text: "clears 0x12–0x15, frees page 21"),
        EventRow(step: 142, thread: t0, threadLabel: "T0", kind: .callback, text: "calls odp.invalidate(0x12–0x15, cur_seq 7)"),
    ]
}
