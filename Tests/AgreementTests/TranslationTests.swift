import Testing

@testable import Agreement

@Suite("Which page stands for which") struct TranslationTests {
    private func event(_ first: UInt64, _ last: UInt64) -> AgreementEvent {
        var event = AgreementEvent(.start)
        event.first = first
        event.last = last
        return event
    }

    @Test("inside of a region the distance stays; each region has its own")
    func offsets() {
        var translation = Translation()
        #expect(translation.match(event(0x4d0, 0x4d0), event(0x10, 0x10)) == nil)
        #expect(translation.match(event(0x4d1, 0x4d3), event(0x11, 0x13)) == nil)
        #expect(translation.match(event(0x4d1, 0x4d3), event(0x11, 0x12)) == "the last page")
        #expect(translation.match(event(0x1ba33, 0x1ba33), event(0x20, 0x20)) == nil)
        #expect(translation.match(event(0x1ba34, 0x1ba34), event(0x20, 0x20)) == "the first page")
        #expect(translation.match(event(0, 0xf_ffff_ffff_fffe), event(0, 0xffff_fffe)) == nil)
        #expect(translation.match(event(0, 0xf_ffff_ffff_ffff), event(0, 0xffff_ffff)) == nil)
        #expect(translation.match(event(0, 0xf_ffff_ffff_ffff), event(1, 0xffff_ffff)) == "the first page")
        #expect(translation.modelPage(0x1ba35) == 0x22 && translation.modelPage(0x7_f000_0000) == nil)
    }

    @Test("mappings keep their place in a huge page")
    func hugePages() {
        var translation = Translation()
        #expect(translation.match(event(0x7_f0d8_a619, 0x7_f0d8_aa18), event(0x400, 0x7ff)) == "the first page")
        #expect(translation.match(event(0x7_f0d8_a619, 0x7_f0d8_aa18), event(0x419, 0x818)) == nil)
    }

    @Test("regions come in the same order")
    func order() {
        var translation = Translation()
        #expect(translation.match(event(0x4d0, 0x4d3), event(0x100, 0x103)) == nil)
        #expect(translation.match(event(0x1ba33, 0x1ba33), event(0x20, 0x20)) == "the first page")
        #expect(translation.match(event(0x1ba33, 0x1ba33), event(0x102, 0x102)) == "the first page")
        #expect(translation.match(event(0x1ba33, 0x1ba33), event(0x104, 0x104)) == nil)
        // What would make the first region reach into the second.
        #expect(translation.match(event(0x4d4, 0x4d4), event(0x104, 0x104)) == "the first page")
    }

    @Test("an mm and a notifier stand for one other, and what didn't fit is not remembered")
    func identities() {
        var translation = Translation()
        #expect(translation.match(AgreementEvent(.release, mm: 1), AgreementEvent(.release, mm: 70)) == nil)
        #expect(translation.match(AgreementEvent(.release, mm: 2), AgreementEvent(.release, mm: 70)) == "the mm")
        #expect(translation.match(AgreementEvent(.release, mm: 1), AgreementEvent(.release, mm: 71)) == "the mm")
        var one = AgreementEvent(.remove, mm: 2, notifier: 5)
        var other = AgreementEvent(.remove, mm: 71, notifier: 9)
        one[.seq] = 4
        other[.seq] = 6
        #expect(translation.match(one, other) == "seq")
        #expect(translation.match(AgreementEvent(.remove, mm: 2, notifier: 5), AgreementEvent(.remove, mm: 72, notifier: 9)) == nil)
        #expect(translation.match(AgreementEvent(.remove, mm: 2, notifier: 5), AgreementEvent(.remove, mm: 72, notifier: 8)) == "the notifier")
    }
}
