/// What an instruction does. `a b c d` are its operands; *value* operands are slots or constants, the others
/// are plain numbers (offsets, indices, targets).
public enum Opcode: UInt8, Sendable {
    /// A statement begins: a step ends here. a: statement.
    case statement
    /// a: 1 + the statement that begins here without a step of its own; 0 when there is none.
    case nothing

    // Arithmetic: a ← b op c.
    case move, add, subtract, multiply, divide, remainder, and, or, xor, shiftLeft, shiftRight
    case equal, notEqual, less, lessOrEqual
    /// a ← op b.
    case not, negate, odd
    /// The same for numbers that wrap, and for what is only said: what overflows is cut off. The others find it.
    case wrappingAdd, wrappingSubtract, wrappingMultiply, wrappingShiftLeft
    /// a is cut to `bits` bits.
    case wrap
    /// A finding unless a fits `bits` bits unsigned (c = 0) or signed (c = 1).
    case narrow

    // Memory. c: offset in the record, d: index of a table of `bits` entries.
    case loadGlobal, storeGlobal
    case loadField, storeField, loadElement, storeElement
    /// a ← the reference to the record that lies at offset c in record b.
    case embed

    // Control. c: target.
    case jump, jumpIfFalse, jumpIfTrue
    /// To c when b compares so with d.
    case jumpIfEqual, jumpIfNotEqual, jumpIfLess, jumpIfLessOrEqual
    /// To c when nobody listens to what is said. Otherwise the `bits` slots from a on are kept for `say` to put back:
    /// listening leaves no trace in the state.
    case jumpIfQuiet
    /// Parameter a of function (or, from 1 << 20 on, callback) c is b: becomes a move when linked.
    case argument
    /// a: function.
    case call
    /// a: callback, d: slot of the first parameter once linked.
    case dispatch
    /// a ← what the function gave back.
    case takeResult
    /// Gives back b (or nothing when c is 0). a: function.
    case giveBack
    case finish

    // Locks. b: record, c: offset.
    case spinLock, mutexLock, unlock
    case downRead, upRead, downWriteQueue, downWrite, upWrite, downgradeWrite
    /// a ← got it. d: which lock (``LockKind``).
    case tryLock, downReadTry, downWriteTry
    /// a ← somebody holds it.
    case held
    // Waiting. b: record, c: offset.
    case waitEnqueue, waitDequeue, waitSleep, wakeAll
    case completeAll, reinitCompletion, waitCompletion
    /// a ← which of the two counters; d: that counter again.
    case srcuLock, srcuUnlock, srcuFlip, srcuWait
    /// Goes on when b is true.
    case await
    /// Goes on when every other thread but daemons has finished.
    case awaitAllFinished
    /// a ← every thread of the scenario's own but daemons and the teardown has finished.
    case scenarioOver

    // References and records.
    case refGet, refPut, refGetNotZero, refRead
    /// a ← a fresh record c.
    case new
    case free
    /// a ← the live record c after a (0: the first; 0 when there is none).
    case nextLive
    /// The same, of the state that the setup leaves: nobody could come between.
    case nextLiveAtStart
    /// a ← whether b refers to a live record.
    case isLive

    // Interval sets. b: record, c: offset, d: element, or the first of element, start, last.
    case treeInsert, treeRemove, treeFirst, treeNext, inTree, treeFreeze, treeThaw, treeEmpty
    // Lists. b: record, c: offset, d: element.
    case listAddHead, listAddTail, listDelete, listPop, listFirst, listEmpty, inList

    /// a ← one of b...d.
    case choose
    /// a: sentence, d: first of `bits` values.
    case say
    /// A finding unless b. a: check, d: first of `bits` values.
    case check

    /// Which of a, b, c, d are value operands (or slots written), as bits 0...3.
    var values: UInt8 {
        switch self {
        case .statement, .nothing, .jump, .call, .finish, .awaitAllFinished: 0
        case .move, .not, .negate, .odd, .isLive: 0b0011
        case .add, .subtract, .multiply, .divide, .remainder, .and, .or, .xor, .shiftLeft, .shiftRight,
            .equal, .notEqual, .less, .lessOrEqual, .wrappingAdd, .wrappingSubtract, .wrappingMultiply, .wrappingShiftLeft:
            0b0111
        case .wrap, .narrow, .jumpIfQuiet, .takeResult, .loadGlobal, .storeGlobal, .new, .nextLive, .nextLiveAtStart,
            .scenarioOver:
            0b0001
        case .loadField, .storeField, .embed: 0b0011
        case .loadElement, .storeElement: 0b1011
        case .jumpIfFalse, .jumpIfTrue, .await, .giveBack, .argument: 0b0010
        case .jumpIfEqual, .jumpIfNotEqual, .jumpIfLess, .jumpIfLessOrEqual: 0b1010
        case .dispatch: 0
        case .spinLock, .mutexLock, .unlock, .downRead, .upRead, .downWriteQueue, .downWrite, .upWrite,
            .downgradeWrite, .waitEnqueue, .waitDequeue, .waitSleep, .wakeAll, .completeAll,
            .reinitCompletion, .waitCompletion, .refGet, .free, .treeFreeze, .treeThaw:
            0b0010
        case .tryLock, .downReadTry, .downWriteTry, .held, .refPut, .refGetNotZero, .refRead, .srcuLock, .listPop,
            .listFirst, .listEmpty, .treeEmpty:
            0b0011
        case .srcuUnlock, .srcuFlip, .srcuWait, .treeInsert, .treeRemove, .listAddHead, .listAddTail,
            .listDelete:
            0b1010
        case .treeFirst, .treeNext, .choose, .inTree, .inList: 0b1011
        case .say: 0b1000
        case .check: 0b1010
        }
    }

    /// The same without a finding where the result is too large.
    var wrapping: Opcode {
        switch self {
        case .add: .wrappingAdd
        case .subtract: .wrappingSubtract
        case .multiply: .wrappingMultiply
        case .shiftLeft: .wrappingShiftLeft
        default: self
        }
    }

    /// It reads or writes what other threads can see, or may block: it can't be carried along with the return
    /// of a call.
    public var isShared: Bool {
        switch self {
        case .statement, .nothing, .move, .add, .subtract, .multiply, .divide, .remainder, .and, .or, .xor,
            .shiftLeft, .shiftRight, .equal, .notEqual, .less, .lessOrEqual, .not, .negate, .odd, .wrap,
            .narrow, .jump, .jumpIfFalse, .jumpIfTrue, .jumpIfEqual, .jumpIfNotEqual, .jumpIfLess,
            .jumpIfLessOrEqual, .jumpIfQuiet, .argument, .takeResult, .giveBack, .finish, .say,
            .check, .embed, .wrappingAdd, .wrappingSubtract, .wrappingMultiply, .wrappingShiftLeft:
            false
        default: true
        }
    }

    /// All it does to the thread's block is to write a, which it doesn't read.
    var onlyWritesItsFirst: Bool {
        switch self {
        case .move, .add, .subtract, .multiply, .divide, .remainder, .and, .or, .xor, .shiftLeft, .shiftRight, .equal,
            .notEqual, .less, .lessOrEqual, .not, .negate, .odd, .loadGlobal, .loadField, .loadElement, .embed,
            .takeResult, .isLive, .wrappingAdd, .wrappingSubtract, .wrappingMultiply, .wrappingShiftLeft:
            true
        default: false
        }
    }

    /// What it does to the field that it works on, as far as a condition can ask about it: nothing does who is on a wait
    /// queue, in a reader's section, or waits for a lock.
    var effect: Effect? {
        switch self {
        case .held, .refRead, .treeFirst, .treeNext, .inTree, .treeEmpty, .listEmpty, .listFirst, .inList: .looks
        case .refGet, .refPut, .refGetNotZero, .treeInsert, .treeRemove, .listAddHead, .listAddTail, .listDelete, .listPop:
            .changes
        case .spinLock, .mutexLock, .tryLock, .downRead, .downReadTry, .downWrite, .downWriteTry: .takes
        case .unlock, .upRead, .upWrite: .releases
        default: nil
        }
    }

    /// See ``effect``.
    enum Effect { case looks, changes, takes, releases }

    /// A step that contains it may find itself unable to go on.
    var mayBlock: Bool {
        switch self {
        case .spinLock, .mutexLock, .downRead, .downWrite, .waitSleep, .waitCompletion, .srcuFlip, .srcuWait,
            .await, .awaitAllFinished:
            true
        default: false
        }
    }
}

/// Which kind of lock an instruction is about.
public enum LockKind: Int32, Sendable {
    case spinlock, mutex, semaphore
    /// Anybody may let go of it.
    case page

    init(_ type: ValueType) {
        self =
            switch type {
            case .spinlock: .spinlock
            case .mutex: .mutex
            case .pageLock: .page
            default: .semaphore
            }
    }
}
