import KernelTrace
import Language
import Machine

/// What chance decided when a self-test was recorded: where address space layout randomisation put things, and whether the
/// harness or the test's process went on first after fork. The recording tells, and a model takes it from parameters.
public enum Placement {
    /// Where in a huge page the last page lies that mmap gives out.
    static let mappings = "aslr"
    /// How many pages of the stack lie behind the one that is in use.
    static let stack = "stack_aslr"
    /// Whether the harness writes the page of data first that it shares with the test's process, which needs no copy then.
    static let harness = "harness_first"

    /// Values for those of the program's parameters that a recording tells.
    public static func settings(for program: Program, along run: RecordedRun) throws(AgreementError) -> [String: Int64] {
        let known = Set(program.scenario.parameters.map(\.name))
        var result: [String: Int64] = [:]
        if let value = try mappingPlace(for: program, along: run) { result[mappings] = value }
        if known.contains(stack), let value = stackPlace(run) { result[stack] = value }
        if known.contains(harness) { result[harness] = run.entries.contains { isCopyOfData($0.event) } ? 0 : 1 }
        return result
    }

    private static func isCopyOfData(_ event: AgreementEvent) -> Bool {
        event.action == .start && event.cause == "CLEAR" && event.first.map { Translation.region(of: $0) == .image } == true
    }

    /// Fork goes through the whole stack; the first page of it that is written afterwards is the one in use.
    private static func stackPlace(_ run: RecordedRun) -> Int64? {
        let starts = run.entries.lazy.map(\.event).filter { event in
            event.action == .start && event.first.map { Translation.region(of: $0) == .stack } == true
        }
        guard let last = starts.first(where: { $0.cause == "PROTECTION_PAGE" })?.last,
            let used = starts.first(where: { $0.cause == "CLEAR" })?.first, used <= last
        else { return nil }
        return Int64(last - used)
    }

    /// A range that a program asks for, wherever huge pages begin.
    private struct Stretch {
        var cause: String
        var first: UInt64
        var pages: UInt64
    }

    /// The value of ``mappings`` with which a program's mappings lie as the recorded ones do.
    ///
    /// The ranges that are unmapped, or copied by fork, are the same ones in both, in the same order. The first whose place
    /// in a huge page is chance's tells it.
    /// - Returns: nil where the program has no such parameter, or nothing tells it.
    private static func mappingPlace(
        for program: Program, along run: RecordedRun
    ) throws(AgreementError) -> Int64? {
        guard let value = program.scenario.parameters.first(where: { $0.name == mappings })?.value else { return nil }
        let recorded = run.entries.compactMap { stretch($0.event) }
        let modelled = try stretches(of: program)
        for cause in Self.causes {
            let pairs = zip(recorded.lazy.filter { $0.cause == cause }, modelled.lazy.filter { $0.cause == cause })
            for (one, other) in pairs where Translation.region(of: one.first) == .mappings && one.pages == other.pages {
                guard one.first % Translation.hugePage != 0 else { continue }
                let shift = (one.first &- other.first) % Translation.hugePage
                return (value + Int64(shift)) % Int64(Translation.hugePage)
            }
        }
        return nil
    }

    private static let causes = ["UNMAP", "PROTECTION_PAGE"]

    private static func stretch(_ event: AgreementEvent) -> Stretch? {
        guard event.action == .start, let cause = event.cause, causes.contains(cause), let first = event.first,
            let last = event.last
        else { return nil }
        return Stretch(cause: cause, first: first, pages: last - first + 1)
    }

    /// Runs each thread in turn as far as it goes, to the end.
    private static func stretches(of program: Program) throws(AgreementError) -> [Stretch] {
        var sentences = try ModelSentences(program)
        var result: [Stretch] = []
        var machine = Machine(program) { machine, events in
            result += sentences.read(events, machine).compactMap(stretch)
        }
        var log = EventLog()
        var steps = 0
        var isMoving = true
        while isMoving {
            isMoving = false
            for thread in 0..<machine.threadCount {
                while steps < GuidedRun.patience {
                    log.removeAll()
                    guard machine.step(thread, log: &log) == .stepped else { break }
                    isMoving = true
                    steps += 1
                    guard !log.events.isEmpty else { continue }
                    result += sentences.read(log.events, machine).compactMap(stretch)
                }
            }
        }
        return result
    }
}
