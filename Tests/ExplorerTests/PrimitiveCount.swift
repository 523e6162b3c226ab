/// What of the language stands in random programs, and how often.
struct PrimitiveCount {
    /// What is counted, each by the texts of which one stands in a program that uses it.
    static let all: [(name: String, texts: [String])] = [
        ("spinlock", ["\nlock b.s\n", "\nlock b.ns\n", ".lock\n"]), ("mutex", ["\nlock b.m\n", "\nlock b.nm\n"]), ("two locks", ["lock b.m2"]),
        ("page lock", ["b.p.pl", "b.o.pl", " r.pl"]), ("teardown that frees", ["\nfree b\n"]), ("choose of hundreds", ["0..299"]), ("lock in a record", ["lock one", "lock two", "lock b.p.mm", "lock old"]), ("trylock", ["trylock b."]), ("holding", ["holding "]),
        ("held", ["held("]), ("down_read", ["down_read "]), ("down_write", ["down_write "]), ("down_read_trylock", ["down_read_trylock"]),
        ("down_write_trylock", ["down_write_trylock"]), ("downgrade_write", ["downgrade_write"]), ("wait_event", ["wait_event"]),
        ("wake_all", ["wake_all"]), ("complete_all", ["complete_all"]), ("wait_for_completion", ["wait_for_completion"]),
        ("reinit_completion", ["reinit_completion"]), ("srcu_read_lock", ["srcu_read_lock"]), ("synchronize_srcu", ["synchronize_srcu"]),
        ("get", ["get b."]), ("get_not_zero", ["get_not_zero"]), ("put", ["put("]), ("tree_insert", ["tree_insert"]), ("tree_remove", ["tree_remove"]),
        ("tree_first", ["tree_first"]), ("tree_next", ["tree_next"]), ("in_tree", ["in_tree"]), ("tree_empty", ["tree_empty"]),
        ("freeze", ["freeze "]), ("list_add_head", ["list_add_head"]), ("list_add_tail", ["list_add_tail"]), ("list_del", ["list_del"]),
        ("list_first", ["list_first"]), ("list_pop", ["list_pop"]), ("list_empty", ["list_empty"]), ("in_list", ["in_list"]), ("new", ["= new Node"]),
        ("free", ["free "]), ("choose a..b", ["= choose "]), ("choose", ["choose {"]), ("await", ["await "]), ("atomic", ["atomic {"]),
        ("daemon", ["daemon "]), ("setup", ["setup {"]), ("teardown", ["teardown {"]), ("invariant", ["invariant "]), ("assert", ["assert "]),
        ("check", ["check own"]), ("say", ["say note"]), ("fault", ["fault(broken)"]), ("with fault", ["with fault"]), ("call", ["sum(", "next_of(r)"]),
        ("callback", ["n = poke("]), ("exists", ["exists u"]), ("all", ["all u"]), ("count", ["count u"]), ("while", ["while "]), ("repeat", ["repeat {"]),
        ("for", ["for "]), ("table", ["tab["]), ("global", ["g = "]), ("part of a record", [".sub"]), ("epoch += 1", ["b.q += 1"]),
        ("epoch |= 1", ["b.q |= 1"]), ("epoch compared", ["== b.q"]), ("4 bits", ["wrapping 4"]), ("8 bits", ["wrapping 8"]), ("16 bits", ["wrapping 16"]),
        ("32 bits", ["wrapping 32"]), ("64 bits", ["wrapping 64"]), ("odd", ["odd("]), ("two boxes", ["let d = "]),
    ]

    private(set) var counts = [Int](repeating: 0, count: all.count)

    mutating func add(_ program: RandomProgram) {
        let text = program.text
        for (index, primitive) in Self.all.enumerated() where primitive.texts.contains(where: { text.contains($0) }) { counts[index] += 1 }
    }

    /// Those that stand in fewer programs than so many.
    func rare(below least: Int) -> [String] {
        zip(Self.all, counts).filter { $1 < least }.map { "\($0.name) \($1)" }
    }
}
