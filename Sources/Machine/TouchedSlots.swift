/// Which stretches of a state's slots were written since the machine started. What wasn't is as it was then, so that a place
/// of a run can be kept, and come back to, without reading the rest.
struct TouchedSlots: Sendable {
    /// Slots of one stretch.
    static let stretch = 1 << shift
    fileprivate static let shift = 9

    /// One for each stretch; 0 is untouched.
    var flags: [UInt8]

    init(slotCount: Int) {
        flags = [UInt8](repeating: 0, count: (slotCount + Self.stretch - 1) / Self.stretch)
    }

    mutating func insert(_ slots: Range<Int>) {
        guard !slots.isEmpty else { return }
        for index in (slots.lowerBound >> Self.shift)...((slots.upperBound - 1) >> Self.shift) { flags[index] = 1 }
    }

    mutating func insertAll() { for index in flags.indices { flags[index] = 1 } }
    mutating func removeAll() { for index in flags.indices { flags[index] = 0 } }

    func contains(stretch: Int) -> Bool { flags[stretch] != 0 }

    /// The slots of a stretch, of so many in all.
    static func slots(of stretch: Int, count: Int) -> Range<Int> {
        (stretch << shift)..<min(count, (stretch + 1) << shift)
    }
}

/// The slots of a state while a step works on them: what is written through it is noted as touched.
///
/// In bounds: ``Machine`` makes it with one flag for each stretch, and the interpreter's addresses lie inside the state.
struct Slots {
    /// For what a thread computes in, of which no note is taken: threads' blocks always count as touched.
    let base: UnsafeMutablePointer<Int64>
    private let flags: UnsafeMutablePointer<UInt8>

    init(base: UnsafeMutablePointer<Int64>, flags: UnsafeMutablePointer<UInt8>) {
        self.base = base
        self.flags = flags
    }

    subscript(slot: Int) -> Int64 {
        @inline(__always) get { base[slot] }
        @inline(__always) nonmutating set {
            base[slot] = newValue
            flags[slot >> TouchedSlots.shift] = 1
        }
    }
}
