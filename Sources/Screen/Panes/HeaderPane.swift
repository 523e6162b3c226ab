import Scene

/// The two lines at the top: the session, and the mm's state in words; a third for watches.
enum HeaderPane {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect, lights: Highlights) {
        let line = Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2, height: rect.height)
        session(scene, into: &canvas, line)
        state(scene, into: &canvas, line, lights)
        if rect.height > 2 { watches(scene, into: &canvas, line) }
    }

    /// What is watched, those that changed marked.
    private static func watches(_ scene: Scene, into canvas: inout Canvas, _ line: Rect) {
        var x = canvas.write([Span("watch ", .dim)], in: line, y: 2)
        for (index, watch) in scene.watches.enumerated() {
            let role: Role = watch.isMistaken ? .colliding : watch.hasChanged ? .partial : .text
            let mark = watch.isMistaken ? "× " : watch.hasChanged ? "◆ " : ""
            let gap = index == 0 ? "" : "   "
            x = canvas.write(
                [Span(gap), Span(watch.expression + " = ", .dim), Span(mark + watch.value, role, bold: watch.hasChanged)], in: line, x: x, y: 2)
            if x >= line.width { break }
        }
        if scene.watches.isEmpty { canvas.write("…", in: line, x: x, y: 2, .dim) }
    }

    private static func session(_ scene: Scene, into canvas: inout Canvas, _ line: Rect) {
        let position = scene.position
        var right: [Span] = []
        if let policy = position.policy { right += [Span("policy ", .dim), Span(policy)] }
        if let seed = position.seed { right += [Span("   seed ", .dim), Span("\(seed)")] }
        if let clock = position.clock { right += [Span("   at ", .dim), Span("\(clock) s")] }
        let motion: Span =
            if position.isRunning {
                Span("► running", .good, bold: true)
            } else if scene.finding != nil {
                Span("× stopped: a property failed", .colliding)
            } else if let stopped = position.stopped {
                Span("√ \(stopped)", .good)
            } else {
                Span("▌▌ paused", .accent)
            }
        let noun = scene.source == .recording ? "event" : "step"
        let last = "\(position.last)" + (position.isOpenEnded ? "+" : "")
        let pace = position.stopped == nil ? "  " + (position.speed.map { "\($0)/s" } ?? "full speed") : ""
        var middle: [Span] = [
            Span("\(noun) ", .dim), Span("\(position.step)", .text, bold: true), Span("/\(last)   ", .dim),
            motion, Span(pace, .dim),
        ]
        if scene.isRecorded { middle.append(Span("   ● rec", .colliding)) }
        let start = canvas.write(
            [Span("mmuscope", .title), Span(" ► ", .dim), Span(scene.title, .text, bold: true)], in: line)
        let middleWidth = Canvas.width(of: middle)
        let rightWidth = Canvas.width(of: right)
        let fitsAll = start + middleWidth + rightWidth + 6 <= line.width
        if fitsAll {
            let free = line.width - start - middleWidth - rightWidth
            canvas.write(middle, in: line, x: start + max(3, free / 2))
            canvas.writeRight(right, in: line)
        } else if middleWidth + 12 <= line.width {
            let room = line.width - middleWidth
            canvas.fill(Rect(x: line.x + room - 2, y: line.y, width: middleWidth + 2, height: 1))
            if start > room - 2 { canvas.set("…", x: line.x + room - 3, y: line.y, Style(.text)) }
            canvas.writeRight(middle, in: line)
        }
    }

    /// The most telling first: what doesn't fit at the right is left out whole.
    private static func state(_ scene: Scene, into canvas: inout Canvas, _ line: Rect, _ lights: Highlights) {
        let header = scene.header
        guard header.mm != nil else {
            let counters = header.counters
            let totals = [
                ("invalidations", counters.invalidations), ("collisions", counters.collisions), ("retries", counters.retries),
            ]
            var spans = [Span(scene.position.step == 0 ? "no mm yet" : "the mm is gone", .dim)]
            if scene.position.step > 0 { spans += totals.flatMap { [Span("   \($0.0) ", .dim), Span("\($0.1)")] } }
            canvas.write(spans, in: line, y: 1)
            return
        }
        for (number, x, spans) in facts(scene, width: line.width) {
            canvas.write(spans, in: line, x: x, y: 1)
            let room = Rect(x: line.x + x, y: line.y, width: Canvas.width(of: spans), height: line.height)
            if let number, lights.selection == .number(number) { canvas.select(room, y: 1) }
        }
    }

    /// The number under a column of the second line.
    static func number(at column: Int, _ scene: Scene, width: Int) -> HeaderNumber? {
        guard scene.header.mm != nil else { return nil }
        return facts(scene, width: width).first { $0.x <= column && column < $0.x + Canvas.width(of: $0.spans) }?.number
    }

    /// The pieces of the second line, and where each stands.
    private static func facts(_ scene: Scene, width: Int) -> [(number: HeaderNumber?, x: Int, spans: [Span])] {
        let header = scene.header
        var name = header.mm ?? ""
        let hasMany = header.mmCount > 1
        if hasMany { name += " (\(header.mmIndex + 1) of \(header.mmCount)" + (width >= 100 ? ", a: next)" : ")") }
        var pieces: [(number: HeaderNumber?, x: Int, spans: [Span])] = []
        var x = 0
        func add(_ number: HeaderNumber?, _ spans: [Span]) {
            pieces.append((number, x, spans))
            x += Canvas.width(of: spans)
        }
        add(nil, [Span("mm ", .dim), Span(name, .text, bold: true), Span("   ")])
        if isBare(header) {
            add(nil, [Span("no notifiers registered", .dim)])
        } else {
            add(.seq, [Span("seq ", .dim), Span(header.seq.description + " ", .text, bold: true), Words.exclusion(header.exclusion)])
        }
        let deferred = "+\(header.deferredInserts) −\(header.deferredRemovals)"
        let hasDeferred = header.deferredInserts + header.deferredRemovals > 0
        let facts: [(HeaderNumber, String, Role)] = [
            (.active, header.active.description, (header.active.value ?? 0) > 0 ? .invalidation : .text),
            (.asleep, "\(header.asleep)", header.asleep > 0 ? .asleep : .text),
            (.deferred, deferred, hasDeferred ? .partial : .text),
            (.tree, header.hasIntervalTree == .known(false) ? "none" : "\(header.subscriptions)", .text),
            (.collisions, "\(header.counters.collisions)", .text),
            (.retries, "\(header.counters.retries)", .text),
            (.plain, header.plainNotifiers.description, .text),
            (.invalidations, "\(header.counters.invalidations)", .text),
        ]
        for (number, value, role) in facts where number != .plain || value != "?" {
            if isBare(header), value == "?" || number == .deferred || number == .tree { continue }
            let spans = [Span("\(number.rawValue) ", .dim), Span(value, role)]
            if x + 3 + Canvas.width(of: spans) > width { break }
            x += 3
            add(number, spans)
        }
        return pieces
    }

    /// Nobody has registered anything with the mm, so that it has no sequence number either.
    private static func isBare(_ header: Header) -> Bool {
        header.seq == .unknown && header.subscriptions == 0 && header.hasIntervalTree == .known(false)
            && (header.plainNotifiers.value ?? 0) == 0
    }

    /// The finding, over the whole width and in reverse: what, when, who, where; then the sentence.
    static func banner(_ finding: Finding, into canvas: inout Canvas, _ rect: Rect) {
        guard rect.height > 0 else { return }
        canvas.fill(rect, " ", Style(.finding))
        let line = Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2, height: rect.height)
        let heading = "× PROPERTY FAILED: \(finding.property)   \(finding.threadLabel) at \(finding.place)"
        let x = canvas.write(heading, in: line, .finding)
        let step = "   step \(finding.step)"
        if x + step.count <= line.width { canvas.write(step, in: line, x: x, .finding) }
        for (y, text) in bannerLines(finding.sentence, rect.width).enumerated() {
            canvas.write("  " + text, in: line, y: y + 1, .finding)
        }
    }

    /// The sentence of a finding, broken to fit a banner: three lines at most.
    static func bannerLines(_ sentence: String, _ width: Int) -> [String] {
        Array(Notices.wrapped(sentence, width - 4).prefix(3))
    }
}
