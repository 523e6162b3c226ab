import Language
import Testing

/// A first driver, written in a hurry: ten mistakes, ten messages.
@Suite struct TenMistakesTests {
    @Test func tenMistakesGetTenMessagesInOrder() {
        let found = lint(Self.text)
        #expect(found.map(\.rendered).joined(separator: "\n") == Self.messages)
    }

    private static let text = """
        use kernel/interval_notifier
        use kernel/address_space

        driver toy {
            record Mirror {
                notifier: Interval
                lock: mutx
                device spte: ref Page[pages] of notifier.mn
            }

            invalidate(m: Mirror, range: Range) -> bool {
                lock m.lok
                set_seq(m.notifier)
                return 1
            }

            fault(m: Mirror, page: va) -> bool {
                let seq = read_begn(m.notifier)
                let target = get_user_page(m.notifier.mm, page true)
                if seq { return false }
                m.spte[page] = target
                say maps: "maps {page}"
            }
        }

        scenario toy-vs-munmap {
            let mm = new_mm()
            let m: toy.Mirror
            thread device { let ok = toy.fault(m, 0x12) }
            expect holds
        }
        """

    private static let messages = """
        mine.model:7:15: error: there is no type 'mutx'
         7 |         lock: mutx
           |               ^~~~
           = did you mean 'mutex'?
        mine.model:8:50: error: the record Interval has no field 'mn'
         8 |         device spte: ref Page[pages] of notifier.mn
           |                                                  ^~
           = did you mean 'mm'?
        mine.model:11:5: error: 'invalidate' doesn't fit the callback of that name
         11 |     invalidate(m: Mirror, range: Range) -> bool {
            |     ^~~~~~~~~~
            = after its own record it takes range: a record Range, cur_seq: a wrapping number of 64 bits, and gives back a truth value
        mine.model:12:16: error: the record Mirror has no field 'lok'
         12 |         lock m.lok
            |                ^~~
            = did you mean 'lock'?
        mine.model:13:9: error: 'set_seq' takes 2 values, not 1
         13 |         set_seq(m.notifier)
            |         ^~~~~~~~~~~~~~~~~~~
            = set_seq(sub, cur_seq)
        mine.model:14:16: error: expected a truth value, found a number
         14 |         return 1
            |                ^
        mine.model:17:5: error: 'fault' can end without giving back a truth value
         17 |     fault(m: Mirror, page: va) -> bool {
            |     ^~~~~
        mine.model:18:19: error: there is no function 'read_begn'
         18 |         let seq = read_begn(m.notifier)
            |                   ^~~~~~~~~
            = did you mean 'read_begin'?
        mine.model:19:56: error: expected ')' after the arguments of 'get_user_page', found 'true'
         19 |         let target = get_user_page(m.notifier.mm, page true)
            |                                                        ^~~~
        mine.model:22:13: error: there is no kind of event 'maps'
         22 |         say maps: "maps {page}"
            |             ^~~~
            = did you mean 'map'?
        """
}
