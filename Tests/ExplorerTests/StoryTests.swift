import Foundation
import Language
import Machine
import Testing

@testable import Explorer

/// A story says only what the states along its schedule bear out.
@Suite("Stories") struct StoryTests {
    /// How a program fails, if it does within a few thousand states.
    private func found(_ program: Program, isMinimised: Bool = true) throws -> Counterexample? {
        let result = Explorer(program).explore { $0.states < 20_000 }
        guard case .fails(let finding) = result.verdict else { return nil }
        let example = try Counterexample(program, schedule: result.schedule, finding: finding)
        return isMinimised ? example.minimised(stateLimit: 20_000) : example
    }

    private func told(_ text: String) throws -> String {
        let example = try #require(try found(model(text)))
        let claims = StoryClaims(example)
        #expect(claims.falsehoods.isEmpty, "\(claims.falsehoods)")
        return example.story.replacing("\n", with: " ")
    }

    @Test("every sentence is so: scenarios that fail", arguments: libraryScenarios.map(\.name).filter { $0 != "collide" })
    func library(name: String) throws {
        let program = try scenario(name)
        guard case .fails? = program.scenario.expectation, let example = try found(program) else { return }
        let claims = StoryClaims(example)
        #expect(claims.falsehoods.isEmpty, "\(name): \(claims.falsehoods)\n\(example.story)")
    }

    @Test("every sentence is so: faults", arguments: LibraryTests.catches.map { [$0.fault, $0.scenario] })
    func faults(names: [String]) throws {
        // As it is found, and as it is told: two schedules of each.
        for isMinimised in [false, true] {
            guard let example = try found(scenario(names[1], faults: [names[0]]), isMinimised: isMinimised) else { return }
            let claims = StoryClaims(example)
            #expect(claims.falsehoods.isEmpty, "\(names): \(claims.falsehoods)\n\(example.story)")
        }
    }

    @Test("every sentence is so: random models") func random() throws {
        let count = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? 150
        let seed = UInt64.random(in: 0...UInt64.max)
        var told = 0
        for round in 0..<count {
            var generator = HostileModel(seed: seed &+ UInt64(round))
            let text = generator.text()
            let program = try model(text)
            for isMinimised in [false, true] {
                guard let example = try found(program, isMinimised: isMinimised) else { break }
                let claims = StoryClaims(example)
                told += 1
                #expect(claims.falsehoods.isEmpty, "seed \(seed &+ UInt64(round)): \(claims.falsehoods)\n\(example.story)\n\(text)")
            }
        }
        #expect(told > count / 10, "seed \(seed)")
    }

    @Test("the header of a record leads nowhere") func embedded() throws {
        let story = try told(Self.embedded)
        #expect(!story.contains("outer#1"), "\(story)")
        #expect(story.contains("holder#1.bo has led to bo#1 since the setup."), "\(story)")
    }

    @Test("a variable of the branch that was not taken has nothing") func branch() throws {
        let story = try told(Self.branch)
        #expect(!story.contains("'mine'"), "\(story)")
        #expect(story.contains("b has had bo#1 in 'bo' of use_bo() since step"), "\(story)")
    }

    @Test("two branches, a variable each in the same place: only that of the branch taken is told") func sharedSlot() throws {
        let story = try told(Self.sharedSlot)
        #expect(!story.contains("'mine'"), "\(story)")
        #expect(story.contains("b has had bo#1 in 'yours' of either() since step"), "\(story)")
    }

    @Test("an object without a notifier of its own: the notifier that is called is told") func otherNotifier() throws {
        let found = try #require(try found(model(Self.freedObject), isMinimised: false))
        #expect(StoryClaims(found).falsehoods.isEmpty, "\(StoryClaims(found).falsehoods)")
        let story = try told(Self.freedObject)
        #expect(!story.contains("doesn't call"), "\(story)")
        let mapped = try told(Self.freedObject.replacing("gtt: ref Page[pages]  ", with: "device gtt: ref Page[pages] of parent.mn.mm"))
        #expect(!mapped.contains("doesn't call"), "\(mapped)")
    }

    @Test("the second life of a place: what is told is told of the record that was used") func secondLife() throws {
        let story = try told(Self.secondLife)
        #expect(story.contains("a frees bo#1 in step"), "\(story)")
        #expect(story.contains("b has had bo#1 in 'mine' of"), "\(story)")
    }

    static let embedded = """
        record Bo "bo" pool 1 { n: u8 }
        record Inner { self: ref Outer }
        record Outer "outer" pool 1 { inner: Inner }
        record Holder "holder" pool 1 { bo: ref Bo }
        scenario story {
            "A false sentence: outer#1 has no bo."
            let o = new Outer
            let h = new Holder
            setup { o.inner.self = o; h.bo = new Bo }
            thread a { free h.bo }
            thread b { h.bo.n = 1 }
            expect fails no-use-after-free
        }
        """

    static let branch = """
        param fixed = 0 "branch"
        record Bo "bo" pool 1 { n: u8; flag: bool }
        record Holder "holder" pool 1 { bo: ref Bo }
        use_bo(bo: Bo) { bo.n = 1 }
        either(h: Holder) {
            if fixed > 0 {
                let mine = h.bo.flag
                if mine { use_bo(h.bo) }
            } else {
                use_bo(h.bo)
            }
        }
        scenario story2 {
            "The story names a variable of the branch that wasn't taken."
            let h = new Holder
            setup { h.bo = new Bo }
            thread a { free h.bo }
            thread b { either(h) }
            expect fails no-use-after-free
        }
        """

    static let sharedSlot = """
        param fixed = 0 "branch"
        record Bo "bo" pool 1 { n: u8 }
        record Holder "holder" pool 1 { bo: ref Bo }
        use_bo(bo: Bo) { bo.n = 1 }
        either(h: Holder) {
            if fixed > 0 {
                let mine = h.bo
                use_bo(mine)
                use_bo(mine)
            } else {
                let yours = h.bo
                use_bo(yours)
                use_bo(yours)
            }
        }
        scenario shared-slot {
            "Two variables in one place, one after the other."
            let h = new Holder
            setup { h.bo = new Bo }
            thread a { free h.bo }
            thread b { either(h) }
            expect fails no-use-after-free
        }
        """

    static let secondLife = """
        record Bo "bo" pool 1 { n: u8 }
        record Holder "holder" pool 1 { bo: ref Bo }
        scenario second-life {
            "Used after it was freed, and after another was made where it lay."
            let h = new Holder
            setup { h.bo = new Bo }
            thread a {
                free h.bo
                h.bo = new Bo
                h.bo.n = 2
            }
            thread b {
                let mine = h.bo
                await h.bo.n == 2
                mine.n = 1
            }
            expect fails no-use-after-free
        }
        """

    static let freedObject = """
        // As i915 userptr, 2015 ("Prevent use-after-free in invalidate_range_start callback"): objects are in a tree of the notifier's under its spinlock. An object leaves the tree only when it
        // is being destroyed, after its last reference has gone; until then range_start finds it there and takes a reference that
        // no longer counts. The fix takes one only where there still is one.

        use kernel/mmu_notifier
        use kernel/interval_notifier
        use kernel/address_space

        param fixed = 0 "1: kref_get_unless_zero"

        driver userptr {
            record Notify "i915_mn" pool 1 {
                mn: Notifier
                lock: spinlock
                objects: interval_set of Obj
                struct_mutex: mutex
            }

            record Obj "obj" pool 1 {
                start: va
                last: va
                refs: refcount
                parent: ref Notify
                gtt: ref Page[pages]           // not `device`: the GPU is idle by then, its entries may be stale
                pinned: ref Page[pages]
            }

            obj_put(o: Obj) {
                let n = o.parent
                if put(o.refs) {
                    // Destruction: under struct_mutex; the notifier's tree comes last.
                    lock n.struct_mutex
                    put_pages(o)
                    lock n.lock
                    tree_remove(n.objects, o)
                    unlock n.lock
                    free o
                    unlock n.struct_mutex
                }
            }

            // Under struct_mutex.
            put_pages(o: Obj) {
                for page in o.start..o.last {
                    let target = o.pinned[page]
                    o.gtt[page] = none
                    o.pinned[page] = none
                    if target != none { put_page(target) }
                }
            }

            cancel_userptr(n: Notify, o: Obj) {
                lock n.struct_mutex
                put_pages(o)
                unlock n.struct_mutex
                obj_put(o)
            }

            notifier_start(n: Notify, range: Range) -> int {
                let start = range.start
                repeat {
                    let obj: ref Obj = none
                    lock n.lock
                    let it = start <= range.last ? tree_first(n.objects, start..range.last) : none
                    if it != none {
                        start = it.last + 1
                        if fixed == 0 {
                            get it.refs
                            obj = it
                        } else if get_not_zero(it.refs) {
                            obj = it
                        }
                    }
                    unlock n.lock
                    if it == none { return 0 }
                    if obj != none { cancel_userptr(n, obj) }
                }
            }

            create(n: Notify, start: va, last: va) -> Obj {
                let o = new Obj { start: start, last: last, parent: n }
                get o.refs
                lock n.lock
                tree_insert(n.objects, o)
                unlock n.lock
                for page in start..last {
                    let target = get_user_page(n.mn.mm, page, true)
                    lock n.struct_mutex
                    o.pinned[page] = target
                    o.gtt[page] = target
                    unlock n.struct_mutex
                }
                return o
            }
        }

        scenario i915-freed-object {
            "The last handle of an object is closed while its pages are thrown away."
            set pages = 8
            let mm = new_mm()
            let n = new userptr.Notify
            let o: userptr.Obj
            setup {
                mmap(mm, 2..5, true)
                let ret = mmu_notifier_register(n.mn, mm)
                o = userptr.create(n, 3, 3)
            }
            thread close { userptr.obj_put(o) }
            thread zap { madvise_dontneed(mm, 2..5) }
            teardown { mmu_notifier_unregister(n.mn, mm); free n; mmput(mm) }
            expect holds if fixed == 1
            expect fails no-use-after-free if fixed == 0
        }
        """
}
