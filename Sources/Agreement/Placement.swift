import KernelTrace
import Language
import Machine

/// Where a self-test's mappings have to lie so that huge pages begin where they did when it was recorded: address space
/// layout randomisation decided, and the recording tells what.
public enum Placement {
    /// The parameter that says where in a huge page the last page lies that mmap gives out.
    public static let parameter = "aslr"

    /// A range that a program asks for, wherever huge pages begin.
    private struct Stretch {
        var cause: String
        var first: UInt64
        var pages: UInt64
    }

    /// The value of ``parameter`` with which a program's mappings lie as the recorded ones do.
    ///
    /// The ranges that are unmapped, or copied by fork, are the same ones in both, in the same order. The first whose place
    /// in a huge page is chance's tells it.
    /// - Returns: nil where the program has no such parameter, or nothing tells it.
    public static func value(for program: Program, along run: RecordedRun) throws(AgreementError) -> Int64? {
        guard let value = program.scenario.parameters.first(where: { $0.name == parameter })?.value else { return nil }
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
