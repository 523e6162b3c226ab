/// Finds short names for notifiers: by the callback that they are called with, by another notifier with the
/// same operations, or by the driver that inserts them.
struct NotifierNaming {
    private var addresses: [UInt64] = []
    private var operations: [UInt64] = []
    private var kinds: [String?] = []
    private var kindOfOperations: [UInt64: String] = [:]

    mutating func seen(_ number: Int32, at address: UInt64) {
        guard number >= 0 else { return }
        grow(to: Int(number))
        if addresses[Int(number)] == 0 { addresses[Int(number)] = address }
    }

    mutating func inserted(_ number: Int32, ops: UInt64) {
        guard number >= 0 else { return }
        grow(to: Int(number))
        operations[Int(number)] = ops
    }

    mutating func calledBack(_ number: Int32, _ event: KernelEvent) {
        guard number >= 0 else { return }
        grow(to: Int(number))
        guard kinds[Int(number)] == nil else { return }
        let kind = event == .dmirror ? "dmirror" : event == .snapshot ? "snapshot" : "mni"
        kinds[Int(number)] = kind
        let ops = operations[Int(number)]
        if ops != 0 { kindOfOperations[ops] = kind }
    }

    /// The function that insert returned to begins with the driver's name, as kernel style has it.
    mutating func insertReturned(_ number: Int32, to caller: Slice<Bytes>) {
        guard number >= 0, Int(number) < operations.count else { return }
        let ops = operations[Int(number)]
        guard ops != 0, kindOfOperations[ops] == nil, caller.starts(with: "dmirror_fops".utf8) else { return }
        kindOfOperations[ops] = "dmirror"
    }

    private mutating func grow(to number: Int) {
        while kinds.count <= number {
            addresses.append(0)
            operations.append(0)
            kinds.append(nil)
        }
    }

    /// All names, numbered from 1 within their kind.
    func names(count: Int) -> [NotifierInfo] {
        var used: [String: Int] = [:]
        return (0..<count).map { number in
            let isNoted = number < kinds.count
            let kind = isNoted ? kinds[number] ?? kindOfOperations[operations[number]] ?? "sub" : "sub"
            used[kind, default: 0] += 1
            return NotifierInfo(name: "\(kind)#\(used[kind] ?? 0)", address: isNoted ? addresses[number] : 0)
        }
    }
}
