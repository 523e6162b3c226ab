/// What a line of the text is.
enum TraceLine: Equatable {
    case event(LineHeader)
    /// A `#` line, or an empty one.
    case header
    /// The kernel dropped events of a CPU; how many, where it says so.
    case lost(count: Int?)
    /// A line that belongs to the event before it, such as a stack entry.
    case continuation
    case unknown
}

/// Where the parts of an event's line are. All offsets are into the text.
struct LineHeader: Equatable {
    var comm: Range<Int>
    var pid: Int32
    var cpu: UInt16
    /// As printed, without the colon.
    var time: Range<Int>
    /// Nanoseconds where the clock has a point, else the bare counter.
    var ticks: UInt64
    var name: Range<Int>
    var nameHash: UInt64
    /// Where the event's own text begins.
    var arguments: Int
}

/// Takes a line apart by finding its middle: a dash and a pid, perhaps a tgid in parentheses, a CPU in
/// brackets, perhaps flags, a time, a colon, a name, a colon. Columns are never counted: a task's name may
/// hold blanks, dashes, brackets and colons.
struct LineTokenizer {
    /// A task's name has at most so many bytes.
    private static let commLimit = 15
    /// A bracket further along than this after the line's first byte can't be the CPU's.
    private static let middleLimit = 72
    private static let nameLimit = 128

    let text: Bytes

    /// Tells what the line in `range` is; `range` has neither the newline nor a carriage return.
    func line(_ range: Range<Int>) -> TraceLine {
        var first = range.lowerBound
        while first < range.upperBound && isBlank(text[first]) { first += 1 }
        guard first < range.upperBound, text[first] != UInt8(ascii: "#") else { return .header }
        if let header = header(from: first, to: range.upperBound) { return .event(header) }
        if let lost = lost(first, range.upperBound) { return lost }
        if range.upperBound - first >= 2 && text[first] == UInt8(ascii: "=") && text[first + 1] == UInt8(ascii: ">") {
            return .continuation
        }
        if ends(range, "<stack trace>") { return .continuation }
        if starts(first, range.upperBound, "cpus=") || starts(first, range.upperBound, "version = ") { return .header }
        return .unknown
    }

    /// The last place that fits with a name of legal length wins, because a name may look like a middle;
    /// when a name is longer than the kernel allows, the first.
    private func header(from first: Int, to end: Int) -> LineHeader? {
        var found: LineHeader?
        var bracket = first
        let limit = min(end, first + LineTokenizer.middleLimit)
        while bracket < limit {
            if text[bracket] == UInt8(ascii: "["), let header = match(bracket, first, end) {
                let isLegal = header.comm.count <= LineTokenizer.commLimit
                if found == nil || isLegal { found = header }
                if !isLegal { break }
            }
            bracket += 1
        }
        return found
    }

    private func match(_ bracket: Int, _ first: Int, _ end: Int) -> LineHeader? {
        var cursor = bracket + 1
        guard let cpu = number(&cursor, end), cpu <= UInt64(UInt16.max), cursor < end,
            text[cursor] == UInt8(ascii: "]"), let (pid, commEnd) = task(before: bracket, first)
        else { return nil }
        cursor += 1
        skipFlags(&cursor, end)
        let timeStart = cursor
        guard let ticks = time(&cursor, end) else { return nil }
        let timeEnd = cursor
        guard cursor < end, text[cursor] == UInt8(ascii: ":") else { return nil }
        cursor += 1
        while cursor < end && isBlank(text[cursor]) { cursor += 1 }
        var name = cursor
        var hash = KernelEventTable.hashSeed
        while cursor < end && isNameByte(text[cursor]) {
            hash = KernelEventTable.mix(hash, text[cursor])
            cursor += 1
            // perf prints the group too: group:name:
            if cursor + 1 < end && text[cursor] == UInt8(ascii: ":") && isNameByte(text[cursor + 1]) {
                cursor += 1
                name = cursor
                hash = KernelEventTable.hashSeed
            }
        }
        guard cursor > name, cursor - name <= LineTokenizer.nameLimit, cursor < end,
            text[cursor] == UInt8(ascii: ":")
        else { return nil }
        return LineHeader(
            comm: first..<commEnd, pid: pid, cpu: UInt16(cpu), time: timeStart..<timeEnd, ticks: ticks,
            name: name..<cursor, nameHash: hash, arguments: cursor + 1)
    }

    /// The pid before the CPU, over an optional tgid; and where the name ends.
    private func task(before bracket: Int, _ first: Int) -> (pid: Int32, commEnd: Int)? {
        var end = bracket
        while end > first && isBlank(text[end - 1]) { end -= 1 }
        if end > first && text[end - 1] == UInt8(ascii: ")") {
            end -= 1
            while end > first && isGroupByte(text[end - 1]) { end -= 1 }
            guard end > first, text[end - 1] == UInt8(ascii: "(") else { return nil }
            end -= 1
            while end > first && isBlank(text[end - 1]) { end -= 1 }
        }
        var start = end
        while start > first && isDigit(text[start - 1]) { start -= 1 }
        guard start > first, start < end, end - start <= 9 else { return nil }
        var cursor = start
        guard let pid = number(&cursor, end), let commEnd = commEnd(before: start, first) else { return nil }
        return (Int32(truncatingIfNeeded: pid), commEnd)
    }

    /// ftrace and trace-cmd put a dash in front of the pid; perf script blanks, or the process and a slash.
    private func commEnd(before pid: Int, _ first: Int) -> Int? {
        var end = pid - 1
        if text[end] == UInt8(ascii: "-") { return end }
        if text[end] == UInt8(ascii: "/") {
            while end > first && isDigit(text[end - 1]) { end -= 1 }
            guard end < pid - 1, end > first, isBlank(text[end - 1]) else { return nil }
        } else if !isBlank(text[end]) {
            return nil
        }
        while end > first && isBlank(text[end - 1]) { end -= 1 }
        return end > first ? end : nil
    }

    /// Up to six flag characters, which may be missing, and may touch the time when there is no gap.
    private func skipFlags(_ cursor: inout Int, _ end: Int) {
        while cursor < end && isBlank(text[cursor]) { cursor += 1 }
        var word = cursor
        while word < end && !isBlank(text[word]) && text[word] != UInt8(ascii: ":") { word += 1 }
        if word < end && isBlank(text[word]) {
            cursor = word
            while cursor < end && isBlank(text[cursor]) { cursor += 1 }
        } else if word < end && cursor < word && !isDigit(text[cursor]) {
            // No gap: the time is what reads as one from the end, the flags what is left.
            var start = word
            while start > cursor && isDigit(text[start - 1]) { start -= 1 }
            if start > cursor && text[start - 1] == UInt8(ascii: ".") {
                start -= 1
                while start > cursor && isDigit(text[start - 1]) { start -= 1 }
            }
            if start - cursor <= 6 { cursor = start }
        }
    }

    private func time(_ cursor: inout Int, _ end: Int) -> UInt64? {
        guard let whole = number(&cursor, end) else { return nil }
        guard cursor < end, text[cursor] == UInt8(ascii: ".") else { return whole }
        cursor += 1
        let start = cursor
        guard var fraction = number(&cursor, end) else { return nil }
        guard cursor - start <= 9 else { return nil }
        for _ in (cursor - start)..<9 { fraction &*= 10 }
        return whole &* 1_000_000_000 &+ fraction
    }

    private func number(_ cursor: inout Int, _ end: Int) -> UInt64? {
        let start = cursor
        var value: UInt64 = 0
        while cursor < end && isDigit(text[cursor]) {
            value = value &* 10 &+ UInt64(text[cursor] &- UInt8(ascii: "0"))
            cursor += 1
        }
        return cursor > start && cursor - start <= 20 ? value : nil
    }

    /// `CPU:3 [LOST 12 EVENTS]`, `CPU:3 [LOST EVENTS]`, and the older `CPU:3 [12 EVENTS DROPPED]`.
    private func lost(_ first: Int, _ end: Int) -> TraceLine? {
        guard starts(first, end, "CPU:") else { return nil }
        var cursor = first + 4
        guard number(&cursor, end) != nil else { return nil }
        while cursor < end && isBlank(text[cursor]) { cursor += 1 }
        guard cursor < end, text[cursor] == UInt8(ascii: "[") else { return nil }
        cursor += 1
        if starts(cursor, end, "LOST EVENTS]") { return .lost(count: nil) }
        let isNew = starts(cursor, end, "LOST ")
        if isNew { cursor += 5 }
        guard let count = number(&cursor, end), starts(cursor, end, isNew ? " EVENTS]" : " EVENTS DROPPED]") else {
            return nil
        }
        return .lost(count: Int(clamping: count))
    }

    private func ends(_ range: Range<Int>, _ suffix: StaticString) -> Bool {
        starts(max(range.lowerBound, range.upperBound - suffix.utf8CodeUnitCount), range.upperBound, suffix)
    }

    private func starts(_ first: Int, _ end: Int, _ prefix: StaticString) -> Bool {
        guard end - first >= prefix.utf8CodeUnitCount else { return false }
        for offset in 0..<prefix.utf8CodeUnitCount where text[first + offset] != prefix.utf8Start[offset] {
            return false
        }
        return true
    }
}

func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

/// What may stand in the parentheses of a thread group.
private func isGroupByte(_ byte: UInt8) -> Bool { isDigit(byte) || isBlank(byte) || byte == UInt8(ascii: "-") }

private func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
}
