import Explorer
import Testing

/// What the workloads are made of, in scenarios that are small enough to explore: a race that a run meets once in eighty
/// million steps is found here.
@Suite("The workloads' load, explored") struct LoadTests {
    private static let audit = """
        use drivers/load
        scenario audit-vs-swap-in {
            "Somebody sums up what lies in a page that another brings back from the swap at the same time."
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
            thread read { cpu_touch(mm, 0, false) }
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
        """

    private static let fork = """
        use drivers/load
        scenario fork-refused {
            "A process forks while reclaim looks at a page that a device has to itself: there may be no child."
            set vintage = 601
            set pages = 1
            set hpage = 1
            set batch = 1
            set mms = 2
            let mm = new_mm()
            let shared = new Shared
            let device = dmirror.probe(1)
            let d: dmirror.Dmirror
            let cmd = new dmirror.Cmd { npages: 1 }
            setup {
                mmap(mm, 0..0, true)
                d = dmirror.open(device, mm)
                let ret = dmirror.exclusive(d, cmd)
                assert ret == 0
            }
            thread reclaim { let freed = shrink_page(mm, 0) }
            thread fork { load.fork_beside_devices(mm, 1, shared) }
            teardown {
                dmirror.release(d)
                free cmd
                mmput(mm)
                dmirror.remove(device)
                free shared
            }
            expect holds
        }
        """

    private static let visit = """
        use scenarios/workloads_memory
        scenario visit-vs-fault {
            "A device faults on a page in its own memory while a CPU fetches it."
            set vintage = 601
            set pages = 25
            set hpage = 5
            let mm = new_mm()
            let device = dmirror.probe(1)
            let slot = new Slot
            let d: dmirror.Dmirror
            let cmd = new dmirror.Cmd { addr: own, npages: 1 }
            setup {
                mmap(mm, own..own, true)
                d = dmirror.open(device, mm)
                let ret = dmirror.migrate_to_device(d, cmd)
                assert ret == 0
                clear_soft_dirty(mm)
            }
            thread device {
                down_read slot.in_use
                let ret = dmirror.fault(d, own..own, false)
                up_read slot.in_use
            }
            thread process { visit(slot, mm, own) }
            teardown {
                dmirror.release(d)
                mmput(mm)
                dmirror.remove(device)
                free cmd
                free slot
            }
            expect holds
        }
        """

    @Test("the sum is taken while whoever only reads brings a page back from the swap", arguments: [true, false])
    func auditWhileSwappingIn(isFine: Bool) throws { try expectHolds(Self.audit, isFine) }

    @Test("there may be no child: since 5.14 fork fails where a page of a device's is locked", arguments: [true, false])
    func forkRefused(isFine: Bool) throws { try expectHolds(Self.fork, isFine) }

    @Test("nobody fetches a page home while its device faults on it: test_hmm would not notice", arguments: [true, false])
    func visitWhileFaulting(isFine: Bool) throws { try expectHolds(Self.visit, isFine) }

    private func expectHolds(_ text: String, _ isFine: Bool) throws {
        #expect(Explorer(try model(text), isFine: isFine).explore().verdict.text == "holds")
    }
}
