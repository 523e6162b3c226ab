import Language
import Machine
import Scene

/// What can be perturbed, what is held, where runs stop and which ways there are.
extension Projection {
    /// Adds what the session keeps beside its state.
    func addSession(to scene: inout Scene) {
        scene.position.isBackwards = simulation.motion == .backwards
        scene.marks = simulation.marks.sorted { ($0.step, $0.name) < ($1.step, $1.name) }
            .map { MarkRow(step: $0.step, name: $0.name) }
        scene.branches = simulation.branchRows
        scene.breakpoints = simulation.breakpointRows
        if request.wantsMenu { scene.menu = menu() }
    }

    /// Whether a thread is one to show: those for operations are while they have one.
    func isShown(_ thread: Int) -> Bool { simulation.cursor.isActive(thread) }

    func hold(of thread: Int) -> ThreadRow.Hold? {
        let kept = simulation.cursor.kept
        if kept.isHeld(thread) { return .untilReleased }
        let left = (kept.delays[thread] ?? 0) - simulation.step
        return left > 0 ? .steps(left) : nil
    }

    /// The 1-based lines of a text at which runs stop.
    func breakpointLines(in file: String) -> Set<Int> {
        Set(
            simulation.breakpoints.entries.compactMap { entry in
                if case .line(file, let line) = entry.breakpoint { line } else { nil }
            })
    }

    // MARK: The menu

    func menu() -> PerturbationMenu {
        let policy = simulation.policy
        let others = simulation.policies.filter { $0 != policy }
        return PerturbationMenu(
            operations: program.operations.map(operation), faults: program.faults.indices.map(fault),
            policies: ([policy] + others).map(\.rawValue), obstacle: obstacle)
    }

    private var obstacle: String? {
        if let finding = simulation.finding { return "the run has stopped at \(finding.property): step back first" }
        if simulation.hasEnded { return "all threads have finished: step back first" }
        return nil
    }

    private func fault(_ index: Int) -> FaultRow {
        let fault = program.faults[index]
        return FaultRow(name: fault.name, words: fault.note, isOn: machine.isOn(fault: index))
    }

    private func operation(_ declaration: OperationDeclaration) -> OperationInfo {
        var missing: String?
        let parameters = declaration.parameters.map { parameter -> OperationInfo.Parameter in
            switch parameter {
            case .address(let name, _): return .address(name: name)
            case .range(let name, _): return .range(name: name)
            case .flag(let name): return .flag(name: name)
            case .number(let name, _): return .number(name: name)
            case .record(let name, let record):
                let all = machine.liveRecords(record).map { machine.name(ofRecordAt: $0) }
                if all.isEmpty { missing = "there is no \(program.records[record].label) now" }
                return .record(name: name, instances: all)
            }
        }
        let free = machine.perturbationThreads.contains(where: machine.hasFinished)
        let count = machine.perturbationThreads.count
        let busy = count == 0
            ? "this scenario has so many threads that none is left for operations"
            : "\(count) operations are under way already"
        return OperationInfo(
            name: declaration.name, words: declaration.words, group: group(declaration.group), parameters: parameters,
            obstacle: missing ?? (free ? nil : busy))
    }

    private func group(_ group: OperationGroup) -> OperationInfo.Group {
        switch group {
        case .memory: .memory
        case .task: .task
        case .device: .device
        case .notifier: .notifier
        }
    }
}
