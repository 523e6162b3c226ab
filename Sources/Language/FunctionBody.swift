/// A value while code is emitted: a slot of the function's frame (0 or more) or a constant (negative).
struct Operand {
    var code: Int32
    var type: ValueType
    /// It is the number that other sequence numbers are relative to, as it stands.
    var isEpoch = false
    /// It is that number, counted on by one or made odd.
    var isAdvanced = false
}

/// Something that can be read, and perhaps written.
enum Place {
    /// A field by its record and its offset there: what a modifier was declared for.
    struct Field: Hashable {
        var record: Int
        var offset: Int
    }

    case local(slot: Int32, ValueType)
    case global(slot: Int, ValueType)
    /// `owner` is the record that the field is declared in, `base` the offset of that record in what `reference`
    /// refers to.
    case field(reference: Int32, base: Int, Field, ValueType)
    case element(reference: Int32, base: Int, Field, count: Int, index: Int32, ValueType)

    /// The field that it is, or is an entry of.
    var field: Field? {
        switch self {
        case .local, .global: nil
        case .field(_, _, let field, _), .element(_, _, let field, _, _, _): field
        }
    }

    var type: ValueType {
        switch self {
        case .local(_, let type), .global(_, let type), .field(_, _, _, let type), .element(_, _, _, _, _, let type):
            type
        }
    }
}

/// The function that is being emitted: its names, its frame, the loops and locks it is in.
struct FunctionBody {
    struct Variable {
        var slot: Int32
        var type: ValueType
    }

    enum Undo {
        /// A `holding` block's lock.
        case unlock(Expression)
        /// A `with fault` block: what the fault's global was before.
        case restore(global: Int32, from: Int32)
    }

    struct Loop {
        /// Where `continue` goes, once known.
        var next: Int?
        var exits: [Int] = []
        var continues: [Int] = []
        /// How much of `held` lies outside of the loop.
        var heldOutside: Int
    }

    var function = 0
    var driver: String?
    var result = ValueType.void
    /// A thread's body ends the thread where a function goes back.
    var isThread = false
    /// In the setup, the jumps to its end.
    var setupExits: [Int]?
    /// Of an operation.
    var isOperation = false
    var scopes: [[String: Variable]] = [[:]]
    /// Slot 0 is the return address.
    var nextSlot: Int32 = 1
    var frameSize: Int32 = 1
    var loops: [Loop] = []
    /// What has to be undone on the way out of the blocks around, innermost last.
    var held: [Undo] = []
    var atomicDepth = 0
    /// In what is only said or checked: it can't change anything.
    var ghostDepth = 0
    /// In what is only said: it shows what there is.
    var isSaying = false
    /// The invariants that this statement may have made false.
    var asks: [InvariantAsk] = []
    /// The `atomic` block that is being emitted, when invariants have to be asked at its end.
    var atomic: AtomicAsks?
    /// In what may be passed over: the right side of `&&`, the values of `?`.
    var maybeDepth = 0
    var locals: [LocalInfo] = []
    /// Where the next instruction will stand.
    var position = 0
    /// From which instruction on a slot holds sequence numbers of so many bits, or (0) no longer does, or a number that is no reference
    /// however large it is (``FrameLayout/plainNumber``).
    var sequences: [(from: Int, slot: Int32, bits: Int)] = []

    mutating func slot(of type: ValueType = .number) -> Int32 {
        defer { nextSlot += 1 }
        frameSize = max(frameSize, nextSlot + 1)
        sequences.append((position, nextSlot, type.sequenceBits ?? 0))
        return nextSlot
    }

    /// The type of a slot that was taken before its type was known.
    mutating func retype(_ slot: Int32, _ type: ValueType) {
        guard let index = sequences.lastIndex(where: { $0.slot == slot }) else { return }
        sequences[index].bits = type.sequenceBits ?? 0
    }

    mutating func slots(_ count: Int) -> Int32 {
        let first = nextSlot
        for _ in 0..<count { _ = slot() }
        return first
    }

    mutating func declare(_ name: String, _ type: ValueType) -> Int32 {
        let slot = slot(of: type)
        if type.isPlainNumber { sequences[sequences.count - 1].bits = FrameLayout.plainNumber }
        scopes[scopes.count - 1][name] = Variable(slot: slot, type: type)
        locals.append(LocalInfo(name: name, slot: Int(slot), type: type, scope: position..<Int.max))
        return slot
    }

    /// The block of the innermost scope ends here, and with it those of its variables that were declared after so many.
    mutating func endScope(after count: Int) {
        scopes.removeLast()
        for index in count..<locals.count where locals[index].scope.upperBound == .max {
            locals[index].scope = min(locals[index].scope.lowerBound, position)..<position
        }
    }

    func variable(_ name: String) -> Variable? {
        for scope in scopes.reversed() {
            if let variable = scope[name] { return variable }
        }
        return nil
    }
}
