import Explorer
import Testing

/// What the workloads share (drivers/load), in scenarios that are small enough to explore: a race that a run meets once in
/// eighty million steps is found here.
@Suite("The workloads' load, explored") struct LoadTests {
    @Test("the sum is taken while whoever only reads brings a page back from the swap", arguments: [true, false])
    func auditWhileSwappingIn(isFine: Bool) throws {
        let program = try model(
            """
            use drivers/load
            scenario audit-vs-swap-in {
                "A test."
                set pages = 2
                set hpage = 2
                set page_pool = 6
                let mm = new_mm()
                let shared = new Shared
                setup {
                    mmap(mm, 0..1, true)
                    cpu_atomic(mm, 0, false, shared)
                    let freed = shrink_page(mm, 0)
                    assert mm.pte_kind[0] == SWAPPED
                }
                thread reader { cpu_touch(mm, 0, false) }
                thread audit {
                    down_write shared.quiet
                    audit(mm, shared)
                    up_write shared.quiet
                }
                teardown {
                    mmput(mm)
                    free shared
                }
                expect holds
            }
            """)
        #expect(Explorer(program, isFine: isFine).explore().verdict.text == "holds")
    }
}
