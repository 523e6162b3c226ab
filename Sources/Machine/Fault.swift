import Language

/// What stopped a step: a property of the machine's own, or a check of the program's. Never a trap.
struct Fault: Error {
    /// Indirect: a step that fails is rare, one that might is not, and what might be thrown should be small.
    indirect enum Cause {
        case nullReference
        case useAfterFree(Reference)
        case freeOfPart(Reference)
        case freeWhileInTree(Reference)
        case freeWhileInList(Reference)
        /// The slot is that of the list or set that still has some.
        case freeWithElements(Reference, Int)
        case treeChangedWhileFrozen(Reference)
        case alreadyLinked(Reference)
        case notLinked(Reference)
        case emptyInterval(Int64, Int64)
        case unlockByStranger(Int)
        case doubleLock(Int)
        case sleepInSpinlock
        case unlockOfFree(Int)
        case freeWhileHeld(Reference, Int)
        case tooManyHeld
        case countBelowZero(Int)
        case poolOverflow(Int)
        case noImplementation(Int, Reference)
        case index(Int64, Int)
        case overflow(Int64, Int)
        case divisionByZero
        /// What is computed of two numbers is none, or too large.
        case arithmetic(Opcode, Int64, Int64)
        case emptyChoice(Int64, Int64)
        case choiceInSetup
        case negativeRange(Int64, Int64)
        case endlessStep
        case check(Int, SIMD8<Int64>)
    }

    var cause: Cause
    var statement: Int

    /// The property's name.
    func property(in program: Program) -> String {
        switch cause {
        case .check(let check, _): program.checks[check].property
        case .useAfterFree, .freeOfPart, .freeWhileInTree, .freeWhileInList, .freeWithElements: "no-use-after-free"
        case .treeChangedWhileFrozen: "tree-stable"
        case .unlockByStranger, .doubleLock, .sleepInSpinlock, .unlockOfFree, .freeWhileHeld,
            .tooManyHeld:
            "lock-discipline"
        case .countBelowZero: "refs-balanced"
        case .poolOverflow: "pool-overflow"
        default: "assertion"
        }
    }

    private static func sentence(_ op: Opcode, _ a: Int64, _ b: Int64) -> String {
        let signs: [Opcode: String] = [.add: "+", .subtract: "-", .multiply: "*", .divide: "/", .shiftLeft: "<<"]
        switch op {
        case .negate: return "computes -(\(a)), which 63 bits and a sign don't hold"
        case .shiftLeft where (0..<64).contains(b), .add, .subtract, .multiply, .divide:
            return "computes \(a) \(signs[op] ?? "?") \(b), which 63 bits and a sign don't hold"
        default: return "shifts \(a) by \(b) bits"
        }
    }

    func sentence(in machine: Machine) -> String {
        switch cause {
        case .nullReference: "reads through a reference that is none"
        case .useAfterFree(let reference): "uses \(machine.name(of: reference)) after it was freed"
        case .freeOfPart(let reference): "frees \(machine.name(of: reference)), which is part of another record"
        case .freeWhileInTree(let reference):
            "frees \(machine.name(of: reference)) while an interval tree still holds it"
        case .freeWhileInList(let reference): "frees \(machine.name(of: reference)) while a list still holds it"
        case .freeWithElements(let reference, let slot):
            "frees \(machine.name(of: reference)) while \(machine.placeName(slot)) still has elements"
        case .treeChangedWhileFrozen(let reference):
            "changes the tree (\(machine.name(of: reference))) while seq is odd"
        case .alreadyLinked(let reference): "adds \(machine.name(of: reference)), which is linked already"
        case .notLinked(let reference): "takes out \(machine.name(of: reference)), which is not linked there"
        case .emptyInterval(let start, let last): "inserts an interval that ends before it starts (\(start)..\(last))"
        case .unlockByStranger(let slot): "lets go of \(machine.placeName(slot)), which it doesn't hold"
        case .doubleLock(let slot): "takes \(machine.placeName(slot)), which it holds already"
        case .unlockOfFree(let slot): "unlocks \(machine.placeName(slot)), which isn't locked"
        case .freeWhileHeld(let reference, let slot):
            "frees \(machine.name(of: reference)) while \(machine.holding(slot))"
        case .tooManyHeld: "holds more than \(Holding.most) spinlocks or SRCU sections at once"
        case .sleepInSpinlock: "may sleep while it holds a spinlock"
        case .countBelowZero(let slot): "puts \(machine.placeName(slot)) once too often"
        case .poolOverflow(let record): "finds no free \(machine.program.records[record].name): the pool is full"
        case .noImplementation(let callback, let reference):
            "calls \(machine.program.callbacks[callback].name) of \(machine.name(of: reference)), whose driver has none"
        case .index(let index, let count): "uses entry \(index) of a table of \(count)"
        case .overflow(let value, let bits): "stores \(value) in \(bits) bits"
        case .divisionByZero: "divides by zero"
        case .arithmetic(let op, let a, let b): Self.sentence(op, a, b)
        case .emptyChoice(let low, let high): "chooses one of \(low)..\(high), where there is none"
        case .choiceInSetup: "chooses in the setup, of which every run has the same"
        case .negativeRange(let start, let last): "uses the range \(start)..\(last) in an interval set, whose ranges begin at 0"
        case .endlessStep: "goes round for ever without a step"
        case .check(let check, let values):
            machine.sentence(machine.program.checks[check].sentence, values)
        }
    }
}
