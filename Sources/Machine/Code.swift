import Language

/// A program as the interpreter reads it: the same for every machine that runs it, and never changed.
///
/// A class so that a step costs no counting of the program's many arrays; it is no part of a ``State``.
final class Code: Sendable {
    let program: Program
    /// Copies of the program's instructions and constants, owned from init to deinit.
    nonisolated(unsafe) let instructions: UnsafePointer<Instruction>
    nonisolated(unsafe) let constants: UnsafePointer<Int64>
    nonisolated(unsafe) let statements: UnsafePointer<Statement>
    let threadBase: Int
    let threadStride: Int
    /// Threads that a schedule chooses among: all but the setup, which is the last.
    let threadCount: Int

    /// What a step has to know of its statement.
    struct Statement {
        var mayBlock: Bool
        /// ``StatementInfo/scratch``.
        var scratchStart: Int32
        var scratchEnd: Int32
    }

    init(_ program: Program) {
        self.program = program
        threadBase = program.threadBase
        threadStride = program.threadStride
        threadCount = program.threads.count - 1
        instructions = Self.copy(program.instructions)
        constants = Self.copy(program.constants)
        statements = Self.copy(
            program.statements.map {
                Statement(
                    mayBlock: $0.mayBlock, scratchStart: Int32($0.scratch.lowerBound),
                    scratchEnd: Int32($0.scratch.upperBound))
            })
    }

    deinit {
        instructions.deallocate()
        constants.deallocate()
        statements.deallocate()
    }

    private static func copy<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        memory.initialize(from: elements, count: elements.count)
        return UnsafePointer(memory)
    }
}
