import Machine

/// What a recording is written in, one chunk each: together, in order, they make it up.
enum RecordingPiece: Sendable, Equatable {
    /// Steps `from ..< to` with what was decided at them, and the check value of the state behind them.
    case span(from: Int, to: Int, Interventions, check: UInt64?)
    /// Everything from this step on was taken back.
    case rewind(to: Int)
    case mark(Recording.Mark)
    case claim(Recording.Claim)
    /// It was closed; whether nothing more could happen.
    case end(hasEnded: Bool)
}

extension Recording {
    /// Steps are numbered below this.
    static let largestStep = 1 << 48

    /// Goes on by a piece; false when the piece doesn't fit here.
    @discardableResult
    mutating func add(_ piece: RecordingPiece) -> Bool {
        switch piece {
        case .span(let from, let to, let part, let check):
            guard from == end, to >= from, to <= Self.largestStep, part.end <= to + 1 else { return false }
            interventions.append(part)
            if let check { checks.append(Check(step: to, value: check)) }
            end = to
        case .rewind(let step):
            guard step <= end else { return false }
            interventions.removeAll(from: step)
            while let last = checks.last, last.step > step { checks.removeLast() }
            marks.removeAll { $0.step > step }
            end = step
            hasEnded = false
            claim = nil
        case .mark(let mark): marks.append(mark)
        case .claim(let claim): self.claim = claim
        case .end(let hasEnded): self.hasEnded = hasEnded
        }
        return true
    }

    /// The pieces of a recording that is complete.
    var pieces: [RecordingPiece] {
        var pieces: [RecordingPiece] = []
        var from = 0
        func addSpans(to: Int, check: UInt64?) {
            while from < to {
                let next = min(to, from + Self.longestSpan)
                pieces.append(.span(from: from, to: next, interventions.part(from..<next), check: next == to ? check : nil))
                from = next
            }
        }
        for check in checks where check.step > from && check.step <= end { addSpans(to: check.step, check: check.value) }
        addSpans(to: end, check: nil)
        let last = interventions.part(end..<(end + 1))
        if !last.isEmpty { pieces.append(.span(from: end, to: end, last, check: nil)) }
        pieces += marks.map { .mark($0) }
        if let claim { pieces.append(.claim(claim)) }
        return pieces + [.end(hasEnded: hasEnded)]
    }

    /// A chunk is lost as a whole.
    private static let longestSpan = 65_536
}

/// Follows a run and tells what is new of it, piece by piece.
struct RunRecorder: Sendable {
    /// The steps that were told.
    private var told = 0
    private var rewinds = 0
    private var fingerprinter: Fingerprinter?
    private var lastCheck = 0

    private static let checksAtOnce = 16

    init() {}

    /// What has happened since the last time.
    /// - Parameter isLast: whether a check value stands at the end in any case.
    mutating func news(of simulation: Simulation, isLast: Bool = true) -> [RecordingPiece] {
        var pieces: [RecordingPiece] = []
        let redone = simulation.rewinds.dropFirst(rewinds).min()
        rewinds = simulation.rewinds.count
        if let redone, redone < told {
            pieces.append(.rewind(to: redone))
            told = redone
            lastCheck = min(lastCheck, redone)
        }
        // Running at full speed leaves hundreds of checkpoints behind in the time between two looks.
        let gap = (simulation.frontier - told) / Self.checksAtOnce
        for place in simulation.checkpoints.between(told, simulation.frontier) where place.step - told >= gap {
            pieces.append(span(simulation, to: place.step, check: place.cursor.machine))
        }
        // A check value is that of the state as the step was come to, before what was changed at it.
        let isHere = simulation.step == simulation.frontier && !simulation.hasChangedState
        let isDue = isLast || simulation.frontier - lastCheck >= CheckSpacing.first
        if simulation.frontier > told {
            pieces.append(span(simulation, to: simulation.frontier, check: isHere && isDue ? simulation.machine : nil))
        } else if isLast, isHere, lastCheck < told {
            // All of it is told, but not what it has led to.
            pieces.append(span(simulation, to: told, check: simulation.machine))
        }
        return pieces
    }

    private mutating func span(_ simulation: Simulation, to step: Int, check machine: Machine?) -> RecordingPiece {
        defer { told = step }
        let part = simulation.interventions.part(told..<step)
        guard let machine else { return .span(from: told, to: step, part, check: nil) }
        let fingerprinter = self.fingerprinter ?? Fingerprinter(simulation.program)
        self.fingerprinter = fingerprinter
        lastCheck = step
        return .span(from: told, to: step, part, check: fingerprinter.value(of: machine))
    }

    /// The last pieces: what was decided behind the last step, the marks, and the end.
    mutating func end(of simulation: Simulation) -> [RecordingPiece] {
        var pieces = news(of: simulation.arrival)
        let rest = simulation.interventions.part(told..<(told + 1))
        // A thread for a step that was never taken is no part of the run.
        let changes = rest.withoutSteps
        if !changes.isEmpty { pieces.append(.span(from: told, to: told, changes, check: nil)) }
        pieces += simulation.marks.filter { $0.step <= simulation.frontier }.map { .mark($0) }
        pieces.append(.end(hasEnded: simulation.hasEnded && simulation.step == simulation.frontier))
        return pieces
    }
}

extension Interventions {
    /// The changes alone.
    var withoutSteps: Interventions {
        var result = self
        result.removeSteps(from: 0)
        return result
    }
}
