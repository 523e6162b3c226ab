import Playback
import Scene

/// Kinds of events that belong together.
enum EventGroup: String, CaseIterable {
    case writeSide = "invalidations (write side)"
    case subscriptions = "notifiers registered and removed"
    case readSide = "readers: begin, collide, retry"
    case pages = "pages and mappings"
    case memories = "migration and device-exclusive"
    case threads = "threads and locks"
    case notes = "notes and findings"

    var kinds: Set<EventKind> {
        switch self {
        case .writeSide: [.start, .end, .odd, .join, .even, .leave, .partial, .callback, .refuse]
        case .subscriptions: [.insert, .remove, .defer, .apply, .release]
        case .readSide: [.begin, .collide, .wake, .retry, .success]
        case .pages: [.map, .unmap, .fault, .access, .free, .protect, .fork]
        case .memories: [.migrate, .exclusive, .restore]
        case .threads: [.thread, .lock, .sleep]
        case .notes: [.result, .note, .finding]
        }
    }
}

extension ScreenState {
    /// Everything that a picker offers.
    func items(_ picker: Picker, _ scene: Scene) -> [PickerItem] {
        switch picker.kind {
        case .palette: paletteItems(scene)
        case .perturb: perturbItems(scene)
        case .records(let flow): recordItems(flow)
        case .marks: scene.marks.map { PickerItem("Marks", $0.name, "step \($0.step)", does: .step($0.step)) }
        case .branches:
            scene.branches.map { branch in
                PickerItem(
                    "Branches", branch.name,
                    "from step \(branch.from) to \(branch.last)" + (branch.isCurrent ? ", the one that is shown" : ""), does: .branch(branch.name))
            }
        case .travelKinds: travelItems
        case .eventFilter: filterItems
        }
    }

    private func paletteItems(_ scene: Scene) -> [PickerItem] {
        var items: [PickerItem] = []
        for binding in KeyMap.bindings {
            var seen: Set<KeyCommand> = []
            for (index, key) in binding.keys.enumerated() {
                guard let command = binding.command(at: index), Palette.offers(command), seen.insert(command).inserted else { continue }
                let words = Palette.names[command] ?? binding.words
                items.append(PickerItem(binding.group.rawValue, words, key: key.label, does: .command(command)))
            }
        }
        for pane in PaneID.allCases {
            items.append(PickerItem("Panes", pane.title, key: pane.digit.map(String.init) ?? "", does: .pane(pane)))
        }
        for verb in CommandVerb.all {
            items.append(PickerItem("Typed after :", verb.usage, verb.words, does: .verb(verb.name + (verb.usage == verb.name ? "" : " "))))
        }
        return items
    }

    private func recordItems(_ flow: PerturbFlow) -> [PickerItem] {
        guard case .record(let name, let instances) = flow.next else { return [] }
        return instances.map { PickerItem(name, $0, does: .record(flow, $0)) }
    }

    private func perturbItems(_ scene: Scene) -> [PickerItem] {
        guard let menu = scene.menu, menu.obstacle == nil else { return [] }
        var items: [PickerItem] = []
        for group in OperationInfo.Group.allCases {
            for operation in menu.operations where operation.group == group {
                items.append(PickerItem(Self.heading(group), operation.name, operation.words, obstacle: operation.obstacle, does: .operation(operation)))
            }
        }
        for thread in scene.threads.rows.prefix(32) where thread.status != .finished {
            let isHeld = thread.hold != nil
            let name = "\(thread.label) \(thread.name)"
            items.append(PickerItem(
                "Schedule", isHeld ? "release \(name)" : "hold \(name)", isHeld ? "it may step again" : "it takes no step until it is released",
                does: .hold(thread.id, isHeld: !isHeld)))
            items.append(PickerItem("Schedule", "delay \(name)", "it takes no step for so many steps of others", does: .delay(thread.id, name)))
        }
        for (index, policy) in menu.policies.enumerated() {
            items.append(PickerItem("Policy", policy, index == 0 ? "in force" : "", isOn: index == 0, does: .policy(policy)))
        }
        for fault in menu.faults {
            items.append(PickerItem("Faults", fault.name, fault.words, isOn: fault.isOn, does: .fault(fault.name, isOn: !fault.isOn)))
        }
        if scene.header.mm != nil {
            items.append(PickerItem("Sequence number", "seq near its wrap", "invalidate_seq so many additions before it wraps", does: .nearWrap))
        }
        return items
    }

    private static func heading(_ group: OperationInfo.Group) -> String {
        switch group {
        case .memory: "Memory"
        case .task: "Task"
        case .device: "Device"
        case .notifier: "Notifier"
        }
    }

    private var travelItems: [PickerItem] {
        let interesting = Set(EventKind.allCases.filter(\.isInteresting))
        var items = [PickerItem("Groups", "interesting events", "those that n and N go to", does: .travel(interesting, "interesting events"))]
        for group in EventGroup.allCases { items.append(PickerItem("Groups", group.rawValue, does: .travel(group.kinds, group.rawValue))) }
        for kind in EventKind.allCases {
            let glyph = Words.event(EventRow(step: 0, thread: nil, threadLabel: "", kind: kind, text: "")).glyph
            items.append(PickerItem("One kind", "\(glyph) \(kind.rawValue)", does: .travel([kind], kind.rawValue)))
        }
        return items
    }

    private var filterItems: [PickerItem] {
        let shown = eventKinds ?? Set(EventKind.allCases)
        var items = EventGroup.allCases.map { group in
            PickerItem("Kinds", group.rawValue, isOn: group.kinds.isSubset(of: shown), does: .toggle(group.kinds))
        }
        items.append(PickerItem("Text", "only with a text in them", eventText.isEmpty ? "none" : "“\(eventText)”", does: .eventText))
        items.append(PickerItem("Text", "show everything again", does: .everyEvent))
        return items
    }
}

/// What the palette calls commands that share a row of the help.
enum Palette {
    static let names: [KeyCommand: String] = [
        .nextEvent: "next interesting event", .previousEvent: "previous interesting event",
        .nextOfKind: "next event of the chosen kind", .previousOfKind: "previous event of the chosen kind",
        .jumpToStart: "to the start", .jumpToEnd: "to the end", .previousMark: "previous mark", .nextMark: "next mark",
        .nextPane: "next pane", .previousPane: "previous pane", .zoomIn: "zoom the address axis in",
        .zoomOut: "zoom the address axis out", .copySchedule: "copy the schedule as one line",
        .copyTable: "copy the table of CPUs", .finer: "timeline: fewer steps a column", .coarser: "timeline: more steps a column",
        .goToSelected: "go to the step of the selected event",
    ]

    /// Movements and numbers make no sense by name.
    static func offers(_ command: KeyCommand) -> Bool {
        switch command {
        case .move, .pane, .tenth, .timelinePage, .palette, .commandLine, .levelBack: false
        default: true
        }
    }
}
