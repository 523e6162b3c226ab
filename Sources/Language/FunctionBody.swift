/// A value while code is emitted: a slot of the function's frame (0 or more) or a constant (negative).
struct Operand {
    var code: Int32
    var type: ValueType
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

    struct Loop {
        /// Where `continue` goes, once known.
        var next: Int?
        var exits: [Int] = []
        var continues: [Int] = []
        /// Locks held by `holding` outside of the loop.
        var heldOutside: Int
    }

    var function = 0
    var driver: String?
    var result = ValueType.void
    /// A thread's body ends the thread where a function goes back.
    var isThread = false
    var scopes: [[String: Variable]] = [[:]]
    /// Slot 0 is the return address.
    var nextSlot: Int32 = 1
    var frameSize: Int32 = 1
    var loops: [Loop] = []
    /// `holding` blocks around, innermost last.
    var held: [Expression] = []
    var atomicDepth = 0
    /// Records whose fields this statement changed, with the slot that refers to them.
    var touched: [(record: Int, reference: Int32)] = []
    var locals: [LocalInfo] = []

    mutating func slot() -> Int32 {
        defer { nextSlot += 1 }
        frameSize = max(frameSize, nextSlot + 1)
        return nextSlot
    }

    mutating func slots(_ count: Int) -> Int32 {
        let first = nextSlot
        for _ in 0..<count { _ = slot() }
        return first
    }

    mutating func declare(_ name: String, _ type: ValueType) -> Int32 {
        let slot = slot()
        scopes[scopes.count - 1][name] = Variable(slot: slot, type: type)
        locals.append(LocalInfo(name: name, slot: Int(slot), type: type))
        return slot
    }

    func variable(_ name: String) -> Variable? {
        for scope in scopes.reversed() {
            if let variable = scope[name] { return variable }
        }
        return nil
    }
}
