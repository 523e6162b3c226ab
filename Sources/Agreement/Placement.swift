import KernelTrace
import Language
import Machine

/// Where a self-test's mappings have to lie so that huge pages begin where they did when it was recorded.
public enum Placement {
    /// The parameter that says where a model puts a process's mappings.
    public static let parameter = "mmap_base"

    /// The value of ``parameter`` with which a program's first access by a device lies where the recorded one does in its
    /// huge page.
    /// - Returns: nil where the program has no such parameter, or nothing is accessed.
    public static func base(for program: Program, along run: RecordedRun) throws(AgreementError) -> Int64? {
        guard let base = program.scenario.parameters.first(where: { $0.name == parameter })?.value,
            let recorded = run.entries.lazy.compactMap({ access($0.event) }).first(where: isMapping),
            let modelled = try firstAccess(of: program)
        else { return nil }
        return base + Int64((recorded &- modelled) % Translation.hugePage)
    }

    private static func isMapping(_ page: UInt64) -> Bool { Translation.region(of: page) == .mappings }

    /// The first page of what a device accesses or watches.
    private static func access(_ event: AgreementEvent) -> UInt64? {
        switch event.action {
        case .rangeFault, .migrate, .exclusive: event.first
        case .insert where event.first != 0: event.first
        default: nil
        }
    }

    /// Runs each thread as far as it goes until a device accesses something.
    private static func firstAccess(of program: Program) throws(AgreementError) -> UInt64? {
        var machine = Machine(program)
        var sentences = try ModelSentences(program)
        var log = EventLog()
        var isMoving = true
        var steps = 0
        while isMoving {
            isMoving = false
            for thread in 0..<machine.threadCount {
                while steps < GuidedRun.patience {
                    log.removeAll()
                    guard machine.step(thread, log: &log) == .stepped else { break }
                    isMoving = true
                    steps += 1
                    guard !log.events.isEmpty else { continue }
                    if let page = sentences.read(log.events, machine).lazy.compactMap(access).first { return page }
                }
            }
        }
        return nil
    }
}
