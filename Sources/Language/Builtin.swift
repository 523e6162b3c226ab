/// What the kernel has and a model uses: locks, queues, sets, by name.
struct Builtin {
    enum Kind { case lock, waitEvent, plain, set, list, odd, recheck }

    var kind: Kind
    var op: Opcode?
    var argumentCount: Int
    /// `.null` stands for a reference to what the set or list holds.
    var result: ValueType
    /// The field that it works on, for the plain ones.
    var operand: ValueType = .void
    /// Its second argument is an element of the set.
    var takesElement = false
    var usage: String

    /// It changes nothing: it may stand in what is only said or checked.
    var onlyLooks: Bool {
        switch op {
        case .held, .treeFirst, .treeNext, .inTree, .treeEmpty, .listEmpty, .listFirst, .inList, .refRead: true
        default: kind == .odd
        }
    }

    static let all: [String: Builtin] = [
        "lock": lock(.mutexLock, "lock m.lock"),
        "unlock": lock(.unlock, "unlock m.lock"),
        "trylock": lock(.tryLock, "if trylock m.lock { … }", .boolean),
        "held": lock(.held, "held(m.lock)", .boolean),
        "down_read": lock(.downRead, "down_read mm.mmap_sem"),
        "up_read": lock(.upRead, "up_read mm.mmap_sem"),
        "down_write": lock(.downWriteQueue, "down_write mm.mmap_sem"),
        "up_write": lock(.upWrite, "up_write mm.mmap_sem"),
        "downgrade_write": semaphore(.downgradeWrite, "downgrade_write mm.mmap_sem"),
        "down_read_trylock": lock(.downReadTry, "if down_read_trylock mm.mmap_sem { … }", .boolean),
        "down_write_trylock": lock(.downWriteTry, "if down_write_trylock mm.mmap_sem { … }", .boolean),

        "wait_event": Builtin(
            kind: .waitEvent, op: nil, argumentCount: 2, result: .void, usage: "wait_event(mm.wq, mm.seq != seq)"),
        "wake_all": plain(.wakeAll, .waitQueue, "wake_all mm.wq"),
        "complete_all": plain(.completeAll, .completion, "complete_all m.done"),
        "reinit_completion": plain(.reinitCompletion, .completion, "reinit_completion m.done"),
        "wait_for_completion": plain(.waitCompletion, .completion, "wait_for_completion m.done"),
        "srcu_read_lock": plain(.srcuLock, .srcu, "let idx = srcu_read_lock(s.srcu)", .number),
        "srcu_read_unlock": plain(.srcuUnlock, .srcu, "srcu_read_unlock(s.srcu, idx)", arguments: 2),
        "synchronize_srcu": plain(.srcuFlip, .srcu, "synchronize_srcu s.srcu"),
        "get": plain(.refGet, .referenceCount, "get page.refs"),
        "put": plain(.refPut, .referenceCount, "if put(page.refs) { free page }", .boolean),
        "get_not_zero": plain(.refGetNotZero, .referenceCount, "if get_not_zero(mm.users) { … }", .boolean),

        "refcount_read": plain(.refRead, .referenceCount, "if refcount_read(mm.users) == 0 { … }", .number),

        "tree_insert": set(.treeInsert, 2, "tree_insert(mm.itree, sub)", element: true),
        "tree_remove": set(.treeRemove, 2, "tree_remove(mm.itree, sub)", element: true),
        "tree_first": set(.treeFirst, 3, "tree_first(mm.itree, start..last)", .null),
        "tree_next": set(.treeNext, 4, "tree_next(mm.itree, sub, start..last)", .null, element: true),
        "in_tree": set(.inTree, 2, "in_tree(mm.itree, sub)", .boolean, element: true),
        "tree_empty": set(.treeEmpty, 1, "tree_empty(mm.itree)", .boolean),
        "freeze": set(.treeFreeze, 1, "freeze mm.itree"),
        "thaw": set(.treeThaw, 1, "thaw mm.itree"),

        "list_add_head": list(.listAddHead, 2, "list_add_head(mm.deferred, sub)"),
        "list_add_tail": list(.listAddTail, 2, "list_add_tail(mm.deferred, sub)"),
        "list_del": list(.listDelete, 2, "list_del(mm.deferred, sub)"),
        "list_pop": list(.listPop, 1, "let sub = list_pop(mm.deferred)", .null),
        "list_first": list(.listFirst, 1, "let sub = list_first(mm.deferred)", .null),
        "list_empty": list(.listEmpty, 1, "list_empty(mm.deferred)", .boolean),
        "in_list": list(.inList, 2, "in_list(mm.deferred, sub)", .boolean),

        "odd": Builtin(kind: .odd, op: nil, argumentCount: 1, result: .boolean, usage: "odd(mm.seq)"),
        "recheck": Builtin(
            kind: .recheck, op: nil, argumentCount: 3, result: .void, usage: "recheck(mm, start..last)"),
    ]

    private static func lock(_ op: Opcode, _ usage: String, _ result: ValueType = .void) -> Builtin {
        Builtin(kind: .lock, op: op, argumentCount: 1, result: result, usage: usage)
    }

    private static func semaphore(_ op: Opcode, _ usage: String) -> Builtin {
        Builtin(kind: .plain, op: op, argumentCount: 1, result: .void, operand: .semaphore, usage: usage)
    }

    private static func plain(
        _ op: Opcode, _ operand: ValueType, _ usage: String, _ result: ValueType = .void, arguments: Int = 1
    ) -> Builtin {
        Builtin(kind: .plain, op: op, argumentCount: arguments, result: result, operand: operand, usage: usage)
    }

    private static func set(
        _ op: Opcode, _ arguments: Int, _ usage: String, _ result: ValueType = .void, element: Bool = false
    ) -> Builtin {
        Builtin(
            kind: .set, op: op, argumentCount: arguments, result: result, takesElement: element, usage: usage)
    }

    private static func list(
        _ op: Opcode, _ arguments: Int, _ usage: String, _ result: ValueType = .void
    ) -> Builtin {
        Builtin(kind: .list, op: op, argumentCount: arguments, result: result, usage: usage)
    }
}
