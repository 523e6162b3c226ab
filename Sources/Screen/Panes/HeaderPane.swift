import Scene

/// The two lines at the top: the session, and the mm's state in words.
enum HeaderPane {
    static func draw(_ scene: Scene, into canvas: inout Canvas, _ rect: Rect) {
        let line = Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2, height: rect.height)
        session(scene, into: &canvas, line)
        state(scene, into: &canvas, line)
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
    private static func state(_ scene: Scene, into canvas: inout Canvas, _ line: Rect) {
        let header = scene.header
        guard let mm = header.mm else {
            let counters = header.counters
            let totals = [
                ("invalidations", counters.invalidations), ("collisions", counters.collisions), ("retries", counters.retries),
            ]
            var spans = [Span(scene.position.step == 0 ? "no mm yet" : "the mm is gone", .dim)]
            if scene.position.step > 0 { spans += totals.flatMap { [Span("   \($0.0) ", .dim), Span("\($0.1)")] } }
            canvas.write(spans, in: line, y: 1)
            return
        }
        var name = mm
        if header.mmCount > 1 { name += " (\(header.mmIndex + 1) of \(header.mmCount))" }
        var x = canvas.write(
            [
                Span("mm ", .dim), Span(name, .text, bold: true), Span("   seq ", .dim),
                Span(header.seq.description + " ", .text, bold: true), Words.exclusion(header.exclusion),
            ], in: line, y: 1)
        let deferred = "+\(header.deferredInserts) −\(header.deferredRemovals)"
        let hasDeferred = header.deferredInserts + header.deferredRemovals > 0
        let facts: [(String, String, Role)] = [
            ("active ", header.active.description, (header.active.value ?? 0) > 0 ? .invalidation : .text),
            ("asleep ", "\(header.asleep)", header.asleep > 0 ? .asleep : .text),
            ("deferred ", deferred, hasDeferred ? .partial : .text),
            ("tree ", header.hasIntervalTree == .known(false) ? "none" : "\(header.subscriptions)", .text),
            ("collisions ", "\(header.counters.collisions)", .text),
            ("retries ", "\(header.counters.retries)", .text),
            ("plain ", header.plainNotifiers.description, .text),
            ("invalidations ", "\(header.counters.invalidations)", .text),
        ]
        for (label, value, role) in facts where label != "plain " || value != "?" {
            if x + 3 + Canvas.width(of: label + value) > line.width { break }
            x = canvas.write([Span("   " + label, .dim), Span(value, role)], in: line, x: x, y: 1)
        }
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
