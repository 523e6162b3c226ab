import Language

/// What an operation is given for one of its parameters.
public enum OperationArgument: Sendable, Equatable {
    /// A number, or one page by its address.
    case number(Int64)
    case flag(Bool)
    /// Pages, both ends included.
    case range(first: Int64, last: Int64)
    /// A record by its name: "umem#1".
    case record(String)
}

/// Why an operation can't be begun; nothing has changed then.
public enum OperationRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The program has no such operation.
    case unknown(String)
    /// The scenario is over and takes itself apart: what an operation works on may go under it.
    case tearingDown
    /// Each thread that there is for operations is at one: how many there are.
    case noFreeThread(count: Int)
    /// No live record has this name.
    case notLive(parameter: String, record: String)
    /// Something else was given than the parameter takes.
    case unfit(parameter: String, wanted: String)
    /// The wrong number of arguments.
    case count(wanted: Int, given: Int)

    /// The sentence, without its subject (the operation) and without a full stop.
    public var description: String {
        switch self {
        case .unknown(let name): "there is no operation '\(name)'"
        case .tearingDown: "the scenario is over and is being taken apart"
        case .noFreeThread(0): "this scenario has so many threads that none is left for operations"
        case .noFreeThread(let count): "\(count) operations are under way already: one of them has to finish first"
        case .notLive(let parameter, let record): "\(parameter): there is no \(record) now"
        case .unfit(let parameter, let wanted): "\(parameter) takes \(wanted)"
        case .count(let wanted, let given): "it takes \(wanted) value\(wanted == 1 ? "" : "s"), not \(given)"
        }
    }
}

extension Machine {
    /// The threads that operations run on, those that have none too.
    public var perturbationThreads: Range<Int> { code.perturbationThreads }

    /// Whether the teardown has done more than to wait for everybody.
    public var isTearingDown: Bool {
        guard let thread = program.threads.firstIndex(where: { $0.role == .teardown }) else { return false }
        let pc = Int(state.slots[block(of: thread)])
        guard pc >= 0 else { return true }
        return pc + 1 >= program.instructions.count || program.instructions[pc + 1].op != .awaitAllFinished
    }

    /// The operation that a thread carries out now, by its number in the program; `nil` when it has none.
    public func operation(of thread: Int) -> Int? {
        guard perturbationThreads.contains(thread), let function = callStack(of: thread).last?.function else { return nil }
        return program.operations.firstIndex { $0.function == function }
    }

    /// A thread's name; that of one for operations tells what it does.
    public func threadName(_ thread: Int) -> String {
        guard perturbationThreads.contains(thread) else { return program.threads[thread].name }
        let number = "P\(thread - perturbationThreads.lowerBound)"
        return operation(of: thread).map { "\(number) \(program.operations[$0].name)" } ?? number
    }

    /// Begins an operation on a thread that has none: from here on that is a thread like any other, standing at the head of
    /// the operation.
    /// - Parameter operation: its number in ``Program/operations``.
    /// - Returns: the thread.
    @discardableResult
    public mutating func begin(operation: Int, arguments: [OperationArgument]) throws(OperationRefusal) -> Int {
        guard program.operations.indices.contains(operation) else { throw .unknown("\(operation)") }
        let declaration = program.operations[operation]
        guard !isTearingDown else { throw .tearingDown }
        guard arguments.count == declaration.parameters.count else {
            throw .count(wanted: declaration.parameters.count, given: arguments.count)
        }
        var values: [Int64] = []
        for (parameter, argument) in zip(declaration.parameters, arguments) {
            values += try self.values(of: argument, for: parameter)
        }
        guard let thread = perturbationThreads.first(where: hasFinished) else {
            throw .noFreeThread(count: perturbationThreads.count)
        }
        restart(thread, at: declaration.function, arguments: values)
        return thread
    }

    private func values(
        of argument: OperationArgument, for parameter: OperationDeclaration.Parameter
    ) throws(OperationRefusal) -> [Int64] {
        let name = parameter.name
        switch (parameter, argument) {
        case (.address(_, let bits), .number(let value)):
            guard value >= 0, value >> Int64(min(bits, 62)) == 0 else { throw .unfit(parameter: name, wanted: "an address") }
            return [value]
        case (.range(_, let bits), .range(let first, let last)):
            guard first >= 0, last >= first, last >> Int64(min(bits, 62)) == 0 else {
                throw .unfit(parameter: name, wanted: "a range of addresses")
            }
            return [first, last]
        case (.flag, .flag(let isOn)): return [isOn ? 1 : 0]
        case (.number(_, let type), .number(let value)):
            guard type.isSigned || type.bits >= 63 || (value >= 0 && value >> Int64(type.bits) == 0) else {
                throw .unfit(parameter: name, wanted: "a number of \(type.bits) bits")
            }
            return [value]
        case (.record(_, let record), .record(let wanted)):
            guard let address = liveRecords(record).first(where: { self.name(ofRecordAt: $0) == wanted }) else {
                throw .notLive(parameter: name, record: wanted)
            }
            return [Reference(generation: Header.generation(state.slots[address]), address: address).bits]
        case (.address, _): throw .unfit(parameter: name, wanted: "an address")
        case (.range, _): throw .unfit(parameter: name, wanted: "a range of addresses")
        case (.flag, _): throw .unfit(parameter: name, wanted: "on or off")
        case (.number, _): throw .unfit(parameter: name, wanted: "a number")
        case (.record, _): throw .unfit(parameter: name, wanted: "the name of a record")
        }
    }

    // MARK: Other changes from outside

    /// Switches a fault of the program's on or off.
    public mutating func setFault(_ fault: Int, isOn: Bool) {
        change([program.faults[fault].slot]) { _ in isOn ? 1 : 0 }
    }

    public func isOn(fault: Int) -> Bool { slot(program.faults[fault].slot) != 0 }

    /// Moves the number that all sequence numbers are relative to close before its wrap, and all of them by as much: whatever was
    /// equal stays so, and odd ones stay odd. 0, which stands for none, stays.
    /// - Parameter distance: how many additions before the wrap: 1 or more; one more where the parity asks for it.
    /// - Returns: the number now.
    @discardableResult
    public mutating func moveSequences(distance: Int) throws(SequenceRefusal) -> UInt64 {
        guard let epoch = program.epochs.first else { throw .noNumber }
        let field = program.records[epoch.record].fields[epoch.field]
        guard let bits = field.type.sequenceBits else { throw .tooNarrow(bits: field.type.width) }
        // Anything else could tell that they have been moved.
        guard program.hasRelativeSequences else { throw .computed }
        let live = liveRecords(epoch.record)
        guard let address = live.first else { throw .noNumber }
        guard live.count == 1 else { throw .several }
        let mask: Int64 = bits >= 64 ? -1 : 1 << Int64(bits) &- 1
        let before = slot(address + field.offset)
        var target = (0 &- Int64(max(1, distance))) & mask
        if (target ^ before) & 1 != 0 { target = (target &- 1) & mask }
        let shift = target &- before
        // 0 stands for none.
        change(sequencePlaces(bits)) { $0 == 0 ? 0 : ($0 &+ shift) & mask }
        return UInt64(bitPattern: target)
    }

    /// Every slot that holds a sequence number of so many bits now: of records and globals, and what threads will still read.
    private func sequencePlaces(_ bits: Int) -> [Int] {
        var places = program.globals.filter { $0.type.sequenceBits == bits }.map(\.slot)
        for record in program.records.indices {
            let offsets = program.records[record].fields.flatMap { field -> [Int] in
                switch field.type {
                case .table(let element, let count) where element.sequenceBits == bits:
                    (0..<count).map { field.offset + $0 }
                case let type where type.sequenceBits == bits: [field.offset]
                default: []
                }
            }
            guard !offsets.isEmpty else { continue }
            for address in liveRecords(record) { places += offsets.map { address + $0 } }
        }
        for thread in 0..<threadCount where !hasFinished(thread) { places += liveSequences(of: thread, bits) }
        return places
    }

    private func liveSequences(of thread: Int, _ bits: Int) -> [Int] {
        let block = block(of: thread)
        var pc = Int(state.slots[block])
        var places: [Int] = []
        for frame in callStack(of: thread) {
            if program.frameLayoutIndex.indices.contains(pc), program.frameLayoutIndex[pc] >= 0 {
                let layout = program.frameLayouts[Int(program.frameLayoutIndex[pc])]
                places += layout.sequences.filter { Int($0.bits) == bits }.map { block + Int($0.slot) }
            }
            pc = Int(state.slots[block + program.functions[frame.function].frame.lowerBound])
        }
        return places
    }
}

/// Why sequence numbers can't be moved.
public enum SequenceRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case noNumber
    case several
    case tooNarrow(bits: Int)
    case computed

    /// The sentence, without a full stop.
    public var description: String {
        switch self {
        case .noNumber: "no address space has a sequence number yet: the first notifier brings it"
        case .several: "several address spaces have sequence numbers, and whose a thread has in its hands can't be told"
        case .tooNarrow(let bits): "with \(bits) bits it wraps by itself before long"
        case .computed: "this model calculates with sequence numbers: to move them would change what it does"
        }
    }
}

extension ValueType {
    fileprivate var width: Int { if case .integer(let width) = self { width.bits } else { 0 } }
}
