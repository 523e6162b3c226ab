import Language
import Machine

/// Which steps of a program were taken: from where to where. What that says of its text, ``CoverageReport`` works out.
public struct Coverage: Sendable, Equatable {
    /// Where a step leads that ends the thread.
    public static let finished = -1
    /// Where a step leads that ends in a finding.
    public static let found = -2

    private let threadBase: Int
    private let threadStride: Int
    /// For each instruction: where the steps from it led, in the order in which that was seen first.
    private var ends: [[Int32]]

    public init(_ program: Program) {
        threadBase = program.threadBase
        threadStride = program.threadStride
        ends = [[Int32]](repeating: [], count: program.instructions.count)
    }

    /// Where a thread stands.
    public func place(of thread: Int, in machine: borrowing Machine) -> Int {
        max(Self.finished, Int(machine.state.slots[threadBase + thread * threadStride + Program.ThreadSlot.programCounter]))
    }

    /// One step was taken.
    /// - Parameters:
    ///   - from: where the thread stood.
    ///   - to: where it stands now, ``finished`` or ``found``.
    public mutating func note(from: Int, to: Int) {
        let end = Int32(to)
        // Few ends: to look through them costs less than to hash.
        if !ends[from].contains(end) { ends[from].append(end) }
    }

    /// One step was taken of a thread, which stood at `from` before it.
    public mutating func note(from: Int, toPlaceOf thread: Int, in machine: borrowing Machine) {
        note(from: from, to: place(of: thread, in: machine))
    }

    /// What lies before the threads' first statements was carried out before the first step.
    mutating func noteStart(_ machine: Machine) {
        for thread in 0..<machine.threadCount {
            let entry = machine.program.functions[machine.program.threads[thread].function].entry
            if machine.program.instructions[entry].op != .statement { note(from: entry, to: place(of: thread, in: machine)) }
        }
    }

    /// Every pair of places that a step led between.
    var steps: [(from: Int, to: Int)] {
        ends.enumerated().flatMap { from, ends in ends.map { (from, Int($0)) } }
    }
}

/// What can be reached in a text: a line, or one of the ways that a branch goes on in.
struct CoveragePoint: Hashable, Sendable {
    var file: String
    var line: Int
    /// Only a branch has one: there may be several on a line.
    var column = 0
    /// Counted from 0; -1 for the line itself.
    var way = -1
}
