/// The nodes while an operation works on them.
///
/// Why no access goes out of bounds. The operations follow links, and a link leads to a node of the same
/// arena or is `none`, which leads to the header: that is the first invariant of the tree (see `checkInvariants`). Every
/// operation keeps it, because the links that it stores are copies of links that it has read, or the one that it was
/// given, which its caller has checked. So every subscript is in bounds as long as the arena has its header, and the
/// array neither grows nor goes away while an arena exists: arenas live only inside
/// `withUnsafe(Mutable)BufferPointer`. Debug builds check each access all the same; release builds leave that out,
/// which is what this type is for.
struct Arena {
    private let base: UnsafeMutableRawPointer
    private let slots: Int

    /// For an array that has at least the header.
    init(_ buffer: UnsafeMutableBufferPointer<Node>) {
        base = UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
        slots = buffer.count
    }

    /// The node itself, not a copy: fields are read and written in place.
    subscript(link: Link) -> Node {
        unsafeAddress {
            assert(link.isValid(slots: slots))
            return UnsafePointer((base + link.bytes).assumingMemoryBound(to: Node.self))
        }
        nonmutating unsafeMutableAddress {
            assert(link.isValid(slots: slots))
            return (base + link.bytes).assumingMemoryBound(to: Node.self)
        }
    }

    /// One child or the other, for ways down, where the comparison that chooses can't be foreseen.
    ///
    /// Reads both at once, as one word, while the comparison is under way, and then takes its half. Indexing would load
    /// after the comparison, a branch would guess wrong every other time, and two loads the optimiser turns into
    /// one of these.
    func child(of link: Link, isRight: Bool) -> Link {
        assert(link.isValid(slots: slots))
        let both = (base + link.bytes).load(fromByteOffset: Node.bytesBeforeChildren, as: UInt64.self)
        #if _endian(little)
            let (left, right) = (both, both &>> 32)
        #else
            let (left, right) = (both &>> 32, both)
        #endif
        return Link(words: UInt32(truncatingIfNeeded: isRight ? right : left))
    }

    /// On which side of its parent a node is. The root is on the header's left.
    func side(of child: Link, under parent: Link) -> Side {
        Side(isRight: self[parent].left != child)
    }

    func isRed(_ link: Link) -> Bool {
        // The header, which stands for no node, is black.
        self[link].isRed
    }
}

/// The nodes while a search reads them: as ``Arena``, and in bounds for the same reason.
struct ArenaReader {
    private let base: UnsafeRawPointer
    private let slots: Int

    /// `nil` for an array without a header, in which there is nothing to read.
    init?(_ buffer: UnsafeBufferPointer<Node>) {
        guard let base = buffer.baseAddress, !buffer.isEmpty else { return nil }
        self.base = UnsafeRawPointer(base)
        slots = buffer.count
    }

    subscript(link: Link) -> Node {
        unsafeAddress {
            assert(link.isValid(slots: slots))
            return (base + link.bytes).assumingMemoryBound(to: Node.self)
        }
    }
}
