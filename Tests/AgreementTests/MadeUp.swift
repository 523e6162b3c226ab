/// Writes a recording as the kernel would: one process, one device.
struct MadeUp {
    private(set) var lines: [String] = []
    private var time = 1000
    var seq = 2
    var ownSeq = 1
    var active = 0

    static let pageOfMappings: UInt64 = 0x7_f000_0000

    var text: String { lines.map { $0 + "\n" }.joined() }

    mutating func add(_ task: Int, _ event: String, _ fields: String) {
        time += 1
        lines.append("  test-\(task)  [000] .....  1.\(time)00: \(event): (f+0x0/0x1) \(fields)")
    }

    private var subs: String { "subs=0xffff888000000100 has_itree=1 seq=\(seq) active=\(active)" }

    mutating func opens(_ task: Int) {
        add(task, "insert", "sub=0x5000 mm=0x6000 start=0x0 length=0xffffffffffffffff ops=0x1 subs=0x0 has_itree=0 seq=9 active=9")
        add(task, "register", "mn=0x0 mm=0x6000 subs=0x0 has_itree=0 seq=9 active=9")
        add(task, "register_ret", "ret=0")
        add(task, "insert_lk", "sub=0x5000 start=0x0 last=0xffffffffffffefff rb=0x1 sub_seq=\(ownSeq) \(subs)")
        add(task, "insert_ret", "ret=0")
    }

    mutating func starts(_ task: Int, _ event: Int, _ first: UInt64, pages: UInt64) {
        add(task, "range_start", range(event, first, pages))
        (seq, active) = (seq | 1, active + 1)
        add(task, "inv_start_lk", "first=0x5000 \(subs)")
        add(task, "cb_dmirror", "sub=0x5000 sub_seq=\(ownSeq) sstart=0x0 slast=0xffffffffffffefff cur_seq=\(seq) \(range(event, first, pages))")
        ownSeq = seq
    }

    /// The callback comes to its end, and the start with it.
    mutating func started(_ task: Int) {
        add(task, "cb_dmirror_ret", "ret=1")
        add(task, "range_start_ret", "ret=0")
    }

    mutating func ends(_ task: Int, _ event: Int, _ first: UInt64, pages: UInt64) {
        add(task, "range_end", range(event, first, pages))
        (seq, active) = (active == 1 ? seq + 1 : seq, active - 1)
        add(task, active == 0 ? "inv_end_lk_final" : "inv_end_lk_part", subs)
        add(task, "range_end_ret", "")
    }

    mutating func changes(_ task: Int, _ event: Int, _ first: UInt64, pages: UInt64) {
        starts(task, event, first, pages: pages)
        started(task)
        ends(task, event, first, pages: pages)
    }

    private func range(_ event: Int, _ first: UInt64, _ pages: UInt64) -> String {
        let start = (Self.pageOfMappings + first) << 12
        return "range=0x7000 mm=0x6000 start=0x\(hex(start)) end=0x\(hex(start + pages << 12)) rflags=1 event=\(event) owner=0x0 \(subs)"
    }

    mutating func begins(_ task: Int) {
        add(task, "read_begin", "sub=0x5000 mm=0x6000 sub_seq=\(ownSeq) \(subs)")
        add(task, "read_begin_lk", "sub_seq=\(ownSeq) \(subs)")
    }

    mutating func reads(_ task: Int, _ result: Int, _ first: UInt64, pages: UInt64) {
        let start = (Self.pageOfMappings + first) << 12
        add(task, "range_fault", "range=0x7100 sub=0x5000 notifier_seq=1 start=0x\(hex(start)) end=0x\(hex(start + pages << 12)) sub_seq=1")
        add(task, "range_fault_ret", "ret=\(result)")
    }

    mutating func closes(_ task: Int) {
        add(task, "remove", "sub=0x5000 mm=0x6000 start=0x0 last=0xffffffffffffefff rb=0x1 sub_seq=\(ownSeq) \(subs)")
        add(task, "remove_lk_now", "sub=0x5000 \(subs)")
        add(task, "remove_ret", "")
    }

    private func hex(_ value: UInt64) -> String { String(value, radix: 16) }
}
