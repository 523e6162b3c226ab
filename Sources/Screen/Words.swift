import Scene

/// Values in words, shared by the panes.
enum Words {
    /// An address: `0x1f`.
    static func address(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    /// So many bytes, in the largest unit that divides them: "4 KiB", "2 MiB".
    static func bytes(_ count: UInt64) -> String {
        let units: [(String, UInt64)] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        for (name, size) in units where count >= size && count % size == 0 { return "\(count / size) \(name)" }
        return "\(count) bytes"
    }

    /// A range with both ends: `0x10–0x1f`, or one address.
    static func range(_ range: AddressRange) -> String {
        if range.first == range.last { return address(range.first) }
        let first = address(range.first)
        return first + "–" + shortened(address(range.last), after: first)
    }

    /// A long address after another: only the digits from where it differs.
    static func shortened(_ last: String, after first: String) -> String {
        guard last.utf8.count > 8, last.utf8.count == first.utf8.count else { return last }
        let common = zip(first.utf8, last.utf8).prefix { $0 == $1 }.count
        return common < 6 ? last : "…" + last.dropFirst(common)
    }

    /// A sentence that is too wide, without what stands in parentheses at its end: the rest is cut short then, or not
    /// at all.
    static func withoutAside(_ text: String, width: Int) -> String {
        guard Canvas.width(of: text) > width, text.last == ")", let start = text.lastIndex(of: "(") else { return text }
        return trimmed(String(text[..<start]))
    }

    /// Without the blanks at both ends.
    static func trimmed(_ text: String) -> String {
        var part = text[...]
        while part.first?.isWhitespace ?? false { part.removeFirst() }
        while part.last?.isWhitespace ?? false { part.removeLast() }
        return String(part)
    }

    /// The glyph of a mark of the timeline.
    static func mark(_ kind: TimelineMark.Kind) -> (scalar: Unicode.Scalar, role: Role) {
        switch kind {
        case .mark: ("◆", .accent)
        case .branch: ("┬", .partial)
        case .perturbation: ("!", .invalidation)
        case .finding: ("×", .colliding)
        }
    }

    /// An argument of an operation, as it can be typed.
    static func argument(_ argument: PerturbationArgument) -> String {
        switch argument {
        case .number(let number): "\(number)"
        case .flag(let flag): flag ? "yes" : "no"
        case .range(let first, let last): range(AddressRange(first, last))
        case .record(let name): name
        }
    }

    static func exclusion(_ exclusion: Known<Exclusion>) -> Span {
        switch exclusion {
        case .unknown: Span("? parity unknown", .dim)
        case .known(.idle): Span("□ even: nothing in flight", .even)
        case .known(.partial): Span("▪ even: partially excluded", .partial)
        case .known(.full): Span("■ odd: fully excluded", .odd)
        }
    }

    static func state(_ state: NotifierState) -> Span {
        switch state {
        case .idle: Span("○ idle", .dim)
        case .colliding: Span("● colliding", .colliding)
        case .insertDeferred: Span("+ insert deferred", .deferInsert)
        case .removalDeferred: Span("− removal deferred", .deferRemove)
        case .detached: Span("· not registered", .dim)
        }
    }

    /// What a thread is doing, in `width` columns: who holds the lock matters more than that it is waited for.
    static func status(_ status: ThreadStatus, width: Int) -> Span {
        let words = self.status(status)
        guard Canvas.width(of: words.text) > width, case .blocked(let lock, let holder?) = status else { return words }
        return Span("× \(lock) held by \(holder)", .blocked)
    }

    static func status(_ status: ThreadStatus) -> Span {
        switch status {
        case .ready: Span("○ ready", .ready)
        case .asleep(let reason): Span("z asleep: \(reason)", .asleep)
        case .blocked(let lock, let holder):
            Span("× blocked on \(lock)" + (holder.map { ", held by \($0)" } ?? ""), .blocked)
        case .waiting(let condition):
            Span(condition.hasPrefix("waits") ? "… \(condition)" : "… waiting: \(condition)", .blocked)
        case .finished: Span("√ finished", .finished)
        case .unseen: Span("· nothing under way", .dim)
        }
    }

    /// Why a thread that could step does not.
    static func hold(_ hold: ThreadRow.Hold) -> Span {
        switch hold {
        case .untilReleased: Span("■ HELD (H releases)  ", .partial, bold: true)
        case .steps(let steps): Span("■ kept for \(steps) more step\(steps == 1 ? "" : "s")  ", .partial, bold: true)
        }
    }

    /// The glyph of a page-table entry.
    static func entry(_ cell: PTECell) -> (scalar: Unicode.Scalar, role: Role) {
        switch cell {
        case .none: ("·", .unmapped)
        case .readable: ("r", .readable)
        case .writable: ("W", .writable)
        case .swapped: ("s", .swapped)
        case .migration: ("m", .special)
        case .devicePrivate: ("d", .special)
        case .exclusive: ("x", .special)
        case .poisoned: ("!", .stale)
        }
    }

    /// The glyph of a device's entry: one for atomic access is what makes the CPU's exclusive.
    static func deviceEntry(_ cell: PTECell) -> (scalar: Unicode.Scalar, role: Role) {
        cell == .exclusive ? ("A", .special) : entry(cell)
    }

    /// The glyph of an event. What is applied can be either change, which only its sentence tells.
    static func event(_ row: EventRow) -> (glyph: String, role: Role) {
        if row.kind == .apply, row.text.split(separator: " ").contains("removal") { return event(.remove) }
        return event(row.kind)
    }

    static func event(_ kind: EventKind) -> (glyph: String, role: Role) {
        switch kind {
        case .start: ("▒", .invalidation)
        case .end: ("░", .invalidation)
        case .odd, .join: ("■", .odd)
        case .even: ("□", .even)
        case .leave: ("·", .partial)
        case .partial: ("▪", .partial)
        case .callback: ("»", .invalidation)
        case .refuse: ("×", .colliding)
        case .insert, .apply: ("+", .deferInsert)
        case .remove, .release: ("−", .deferRemove)
        case .defer: ("…", .partial)
        case .begin: ("○", .interval)
        case .collide: ("●", .colliding)
        case .wake: ("↑", .good)
        case .retry: ("←", .colliding)
        case .success: ("√", .good)
        case .map: ("→", .good)
        case .unmap: ("×", .vma)
        case .fault: ("?", .interval)
        case .access: ("→", .interval)
        case .protect: ("↓", .vma)
        case .fork: ("+", .vma)
        case .migrate: ("→", .vma)
        case .exclusive: ("◆", .odd)
        case .restore: ("↑", .vma)
        case .result: ("√", .dim)
        case .free: ("×", .dim)
        case .thread, .lock, .note: ("·", .dim)
        case .sleep: ("z", .asleep)
        case .finding: ("×", .colliding)
        }
    }
}
