import Testing

@testable import IntervalTree

/// The checker is what the other tests rely on: it must see every kind of damage.
@Suite("Interval tree: the checker notices damage")
struct InvariantTests {
    /// A way to damage a tree, and a word of what should be said about it.
    struct Damage: Sendable, CustomStringConvertible {
        let description: String
        let inflict: @Sendable (inout IntervalTree) -> Void
    }

    /// 31 ranges in ascending order, of which slot 31 has been freed.
    static var tree: IntervalTree {
        var tree = IntervalTree()
        for tag in UInt32(1)...31 {
            tree.insert(first: UInt64(tag) * 10, last: UInt64(tag) * 10 + 5, tag: tag)
        }
        tree.remove(.init(index: 31))
        return tree
    }

    static let damages: [Damage] = [
        Damage(description: "before") { $0.nodes[3].first = 1000 },
        Damage(description: "wrong maximum") { $0.nodes[3].last = 1000 },
        Damage(description: "wrong maximum") { $0.nodes[0][maximum: .left] = 1 },
        Damage(description: "ends before it starts") { $0.nodes[1].first = 19; $0.nodes[2].first = 19 ; $0.nodes[1].last = 15 },
        Damage(description: "marked as free") { $0.nodes[Int($0.nodes[0].left.slot)].isRed = true },
        Damage(description: "red") {
            let child = Int($0.nodes[Int($0.nodes[0].left.slot)].right.slot)
            $0.nodes[child].isRed = true
            $0.nodes[Int($0.nodes[child].right.slot)].isRed = true
        },
        Damage(description: "black nodes") { $0.nodes[1].isRed.toggle() },
        Damage(description: "parent") { $0.nodes[1].parent = Link(slot: 9) },
        Damage(description: "out of the arena") { $0.nodes[1].left = Link(slot: 99) },
        Damage(description: "another parent") { $0.nodes[1].left = Link(slot: 5) },
        Damage(description: "free or has another parent") { $0.nodes[1].left = Link(slot: 31) },
        Damage(description: "free list comes") { $0.nodes[31].left = Link(slot: 31) },
        Damage(description: "free list leads out") { $0.freeHead = Link(slot: 1000) },
        Damage(description: "neither") { $0.freeHead = Link(slot: 0) },
        Damage(description: "not marked as free") { $0.nodes[31].isRed = false },
        Damage(description: "header") { $0.nodes[0].right = Link(slot: 5) },
        Damage(description: "neighbours") { $0.nodes[7][neighbour: .left] = Link(slot: 3) },
        Damage(description: "neighbours") { $0.nodes[0][neighbour: .right] = Link(slot: 3) },
        Damage(description: "counts") { $0.count = 3 },
        Damage(description: "without slots") { $0.nodes = [] },
        Damage(description: "without slots") { $0.used = 0 },
    ]

    @Test("an undamaged tree passes")
    func sound() throws {
        try Self.tree.checkInvariants()
    }

    @Test("damage is named", arguments: damages)
    func damaged(damage: Damage) throws {
        var tree = Self.tree
        damage.inflict(&tree)
        let error = try #require(throws: IntervalTree.BrokenInvariant.self) { try tree.checkInvariants() }
        #expect(error.description.contains(damage.description))
    }

    @Test("a node is 56 bytes without padding")
    func size() {
        #expect(MemoryLayout<Node>.size == 56)
        #expect(MemoryLayout<Node>.stride == 56)
    }
}
