import Scene

/// Turns a replay's state into what a screen asked for.
struct SceneBuilder {
    let recording: TraceRecording
    let state: ReplayState
    let position: Int
    /// What was worked out before.
    var sketches = TraceSketches()
    /// The user's.
    var marks: [MarkRow] = []

    /// Why nothing can be perturbed.
    static let nothingToPerturb = "what was recorded has happened: there is nothing to perturb"

    func scene(for request: SceneRequest, isRunning: Bool, speed: Int?, message: String?) -> Scene {
        let mm = request.mmIndex.map { state.mms.indices.contains($0) ? $0 : nil } ?? state.currentMM
        let atEnd = position == recording.eventCount
        var scene = Scene(
            title: recording.title, source: .recording,
            position: Position(
                step: position, last: recording.eventCount, isOpenEnded: false, isRunning: isRunning,
                speed: speed, clock: position > 0 ? recording.clock(position - 1) : nil,
                stopped: atEnd ? "end of the recording" : nil),
            header: header(mm), addressSpace: addressSpace(mm, request.addresses),
            tree: tree(mm, request.tree), deferred: deferred(mm), sleepers: sleepers(mm),
            notifiers: notifierRows(mm, request.notifiers), threads: threads(mm, request.threads),
            code: code(request), events: eventRows(request), message: message)
        scene.timeline = timeline(request.timeline)
        if request.wantsMenu { scene.menu = PerturbationMenu(obstacle: Self.nothingToPerturb) }
        scene.explanation = request.explain.map { TraceExplainer(builder: self, mm: mm).explanation(of: $0) }
        scene.watches = watches(request, mm: mm)
        return scene
    }

    // MARK: - Header

    private func header(_ index: Int?) -> Header {
        guard let index else { return Header(mmCount: state.mms.count) }
        let mm = state.mms[index]
        return Header(
            mm: mm.name, mmCount: state.mms.count, mmIndex: index, seq: known(mm.seq), active: known(mm.active),
            exclusion: exclusion(mm), hasIntervalTree: known(mm.hasTree),
            subscriptions: mm.members.count + mm.deferred.count { $0.isInsert },
            deferredInserts: mm.deferred.count { $0.isInsert },
            deferredRemovals: mm.deferred.count { !$0.isInsert }, asleep: mm.sleepers.count,
            plainNotifiers: known(mm.plain), counters: mm.counters)
    }

    private func exclusion(_ mm: ReplayState.MM) -> Known<Exclusion> {
        guard let seq = mm.seq else { return .unknown }
        if seq & 1 == 1 { return .known(.full) }
        return known(mm.active).map { $0 == 0 ? .idle : .partial }
    }

    // MARK: - Notifiers

    func name(_ notifier: ReplayState.Notifier) -> String {
        recording.notifierName(number: notifier.number, notifier.address)
    }

    func status(_ notifier: ReplayState.Notifier) -> NotifierState {
        switch notifier.phase {
        case .entering, .leaving: return .detached
        case .insertDeferred: return .insertDeferred
        case .removalDeferred: return .removalDeferred
        case .inTree:
            guard let seq = notifier.seq, seq == state.mms[notifier.mm].seq, seq & 1 == 1 else { return .idle }
            return .colliding
        }
    }

    /// Everything registered on an mm, in ascending start order: the tree and the deferred inserts.
    func registered(_ mm: ReplayState.MM) -> [ReplayState.Member] {
        var members = mm.members
        let waiting = mm.deferred.filter(\.isInsert).compactMap { state.notifiers[$0.address] }
        guard !waiting.isEmpty else { return members }
        members += waiting.map { ReplayState.Member(first: $0.first, last: $0.last, address: $0.address) }
        return members.sorted { ($0.first, $0.last, $0.address) < ($1.first, $1.last, $1.address) }
    }

    private func notifierRows(_ index: Int?, _ window: RowWindow) -> Rows<NotifierRow> {
        guard let index else { return Rows() }
        let all = registered(state.mms[index])
        let shown = slice(all, window)
        var sleepers: [UInt64: Int] = [:]
        for task in state.mms[index].sleepers {
            if let call = state.tasks[task].calls.last(where: \.isAsleep) { sleepers[call.address, default: 0] += 1 }
        }
        let rows = shown.compactMap { member -> NotifierRow? in
            guard let notifier = state.notifiers[member.address] else { return nil }
            return NotifierRow(
                id: NotifierID(notifier.number), name: name(notifier),
                range: AddressRange(notifier.first, notifier.last), seq: known(notifier.seq),
                state: status(notifier), callbacks: .known(notifier.callbacks),
                sleepers: sleepers[member.address] ?? 0)
        }
        return Rows(rows, offset: shown.startIndex, total: all.count)
    }

    private func deferred(_ index: Int?) -> [DeferredEntry] {
        guard let index else { return [] }
        return state.mms[index].deferred.reversed().compactMap { entry in
            guard let notifier = state.notifiers[entry.address] else { return nil }
            return DeferredEntry(
                change: entry.isInsert ? .insert : .removal, id: NotifierID(notifier.number),
                name: name(notifier), range: AddressRange(notifier.first, notifier.last))
        }
    }

    private func sleepers(_ index: Int?) -> [Sleeper] {
        guard let index else { return [] }
        return state.mms[index].sleepers.compactMap { task in
            guard let call = state.tasks[task].calls.last(where: \.isAsleep) else { return nil }
            return Sleeper(
                thread: ThreadID(task), threadName: taskName(task), reason: sleepWords(call),
                sinceStep: call.event + 1, notifier: call.notifier.map(NotifierID.init),
                isWoken: call.isWoken)
        }
    }

    func sleepWords(_ call: ReplayState.Call) -> String {
        let function = call.kind == .remove ? "remove" : "read_begin"
        return "\(function)(\(recording.notifierName(number: call.notifier, call.address)))"
    }

    // MARK: - Threads

    /// The tasks that are busy with the mm or were so last, in order of first appearance.
    private func threads(_ mm: Int?, _ window: RowWindow) -> Rows<ThreadRow> {
        let current = position > 0 ? Int(recording.events[position - 1].task) : nil
        let all = listedTasks(mm)
        let shown = slice(all, window)
        let rows = shown.map { task in
            let (status, doing) = activity(state.tasks[task])
            return ThreadRow(
                id: ThreadID(task), label: "\(recording.tasks[task].pid)", name: comm(task),
                cpu: state.tasks[task].lastEvent.map { Int(recording.events[$0].cpu) }, status: status,
                doing: doing, isCurrent: task == current)
        }
        return Rows(rows, offset: shown.startIndex, total: all.count)
    }

    func listedTasks(_ mm: Int?) -> [Int] {
        let current = position > 0 ? Int(recording.events[position - 1].task) : nil
        return state.tasks.indices.filter { $0 == current || mm == nil || state.tasks[$0].mm == mm }
    }

    /// The name that the task had at its last event.
    private func comm(_ task: Int) -> String {
        guard let event = state.tasks[task].lastEvent, let header = recording.header(event) else { return "?" }
        return recording.string(header.comm)
    }

    func taskName(_ task: Int) -> String { "\(comm(task))-\(recording.tasks[task].pid)" }

    func activity(_ task: ReplayState.Task) -> (ThreadStatus, String) {
        guard let call = task.calls.last else { return (.unseen, "") }
        if call.isAsleep && !call.isWoken { return (.asleep(on: sleepWords(call)), "in \(sleepWords(call))") }
        return (.ready, "in \(words(call))")
    }

    func words(_ call: ReplayState.Call) -> String {
        let name = recording.notifierName(number: call.notifier, call.address)
        switch call.kind {
        case .rangeStart, .rangeEnd:
            let side = call.kind == .rangeStart ? "start" : "end"
            return "range_\(side) \(recording.rangeWords(recording.fields(call.event)))"
        case .dmirror, .snapshot, .mni: return "the callback of \(name)"
        case .readBegin: return "read_begin(\(name))\(call.isWoken ? ", woken" : "")"
        case .remove: return "remove(\(name))\(call.isWoken ? ", woken" : "")"
        case .insert, .insertLocked: return "insert(\(name))"
        case .rangeFault: return "hmm_range_fault(\(name))"
        case .deviceFault: return "a fault on a device's page at \(hex(recording.fields(call.event)[.addr]))"
        default: return call.kind.function ?? call.kind.rawValue
        }
    }

    // MARK: - Text

    /// The lines around the last event, or around the last one of a task.
    private func code(_ request: SceneRequest) -> CodeView {
        var event = position > 0 ? position - 1 : nil
        if let thread = request.codeThread, state.tasks.indices.contains(thread.number) {
            event = state.tasks[thread.number].lastEvent
        }
        let total = recording.lineCount
        let focus = event.map { Int(recording.events[$0].line) }
        let task = event.map { Int(recording.events[$0].task) }
        let title = task.map { "\(taskName($0)) — \(recording.title)" } ?? recording.title
        guard request.code.count > 0, total > 0 else {
            return CodeView(title: title, thread: task.map(ThreadID.init), totalLines: total)
        }
        let count = min(request.code.count, total)
        let middle = (focus ?? 0) - count / 2
        let first = min(max(0, middle.addingReportingOverflow(request.code.shift).partialValue), total - count)
        let lines = (first..<(first + count)).map { line in
            // A line of a damaged file can be of any length.
            let range = recording.lineRange(line).prefix(2000)
            let isFocus = line == focus
            return CodeLine(
                number: line + 1, text: Self.narrowed(recording.string(range.startIndex..<range.endIndex)),
                threads: isFocus ? task.map { [ThreadID($0)] } ?? [] : [], isFocus: isFocus)
        }
        return CodeView(title: title, thread: task.map(ThreadID.init), lines: lines, totalLines: total)
    }

    /// The columns of ftrace are wide apart: one blank instead of several, and none at the start.
    private static func narrowed(_ line: String) -> String {
        line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    func eventRow(_ event: Int) -> [EventRow] {
        var rows: [EventRow] = []
        let task = Int(recording.events[event].task)
        let fact = recording.facts[event]
        if recording.events[event].isAfterGap {
            rows.append(
                EventRow(
                    step: event + 1, thread: nil, threadLabel: "", kind: .note,
                    text: recording.gapWords(before: event)))
        }
        if let kind = fact.row {
            rows.append(
                EventRow(
                    step: event + 1, thread: ThreadID(task), threadLabel: recording.taskLabel(ofEvent: event),
                    kind: kind, text: recording.sentence(event), clock: recording.clock(event)))
        }
        return rows
    }
}

extension TraceRecording {
    /// "The kernel dropped 12 events here: …".
    func gapWords(before event: Int) -> String {
        let lost = gaps[gaps.partition(where: { $0.event < event })...].prefix { $0.event == event }
        let count = lost.reduce(0) { $0.addingReportingOverflow($1.count ?? 0).partialValue }
        return "The kernel dropped \(count == 0 ? "" : "\(count) ")events here: what was under way is unknown now."
    }
}

extension ReplayState.MM {
    /// Its address, or that of its subscriptions where only they were seen.
    var name: String {
        if let address { return hex(address) }
        return subscriptions.map { "subs \(hex($0))" } ?? "?"
    }
}

func known<Value>(_ value: Value?) -> Known<Value> { value.map { .known($0) } ?? .unknown }

/// The window's part of a list; the slice's start index is its offset.
func slice<Element>(_ all: [Element], _ window: RowWindow) -> ArraySlice<Element> {
    let start = min(max(0, window.offset), all.count)
    return all[start..<min(all.count, start.addingReportingOverflow(max(0, window.count)).partialValue)]
}

extension Array {
    /// How many leading elements satisfy a condition that all later ones don't.
    func partition(where isBefore: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
