import Language
import Machine
import Scene

/// The timeline: a stretch of the history up to the frontier, wherever the cursor stands in it.
extension Projection {
    func timeline() -> Timeline {
        let window = request.timeline.bounded
        guard window.columns > 0 else { return Timeline() }
        let scale = window.scale(history: lastStep)
        let span = window.columns * scale
        let first = window.isWhole ? 0 : min(lastStep, max(0, window.firstStep ?? firstStep(columns: window.columns, scale: scale)))
        let last = min(lastStep, first + span)
        var timeline = Timeline(
            firstStep: first, stepsPerColumn: scale, columns: window.columns, marks: marks(from: first, to: first + span))
        // Who asks for the whole wants to know what happened in it, not who waited.
        if !window.isWhole, let track = track(from: first, to: last) {
            timeline.knownFrom = 0
            timeline.lanes = lanes(first, last, scale, isPresent: { track.isPresent($0, from: first + 1, to: last) }) {
                thread, from, to in track.cell(thread, from: from, to: to)
            }
        } else {
            let outline = TimelineOutline(simulation, from: first, to: last, scale: scale, columns: window.columns, wantsWaits: !window.isWhole)
            timeline.knownFrom = simulation.chronicle.steps.knownFrom
            timeline.lanes = lanes(first, last, scale, isPresent: outline.isPresent) { thread, from, _ in
                outline.cell(thread, column: (from - 1 - first) / scale)
            }
        }
        return timeline
    }

    /// The furthest step that something can be told of.
    private var lastStep: Int { max(simulation.frontier, simulation.step) }

    /// A window that holds the position and what comes next, and turns over by quarters rather than step by step.
    private func firstStep(columns: Int, scale: Int) -> Int {
        let quarter = max(1, columns / 4) * scale
        guard lastStep > columns * scale else { return 0 }
        return max(0, (simulation.step / quarter - 2) * quarter)
    }

    private func lanes(
        _ first: Int, _ last: Int, _ scale: Int, isPresent: (Int) -> Bool,
        _ cell: (_ thread: Int, _ from: Int, _ to: Int) -> TimelineCell
    ) -> Rows<TimelineLane> {
        // Who came by for one thing only has a lane while there is something to see of it.
        let threads = (0..<machine.threadCount).filter { isResident($0) || last > first && isPresent($0) }
        let window = request.timeline.lanes
        let offset = max(0, min(window.offset, threads.count - window.count))
        let shown = threads.dropFirst(offset).prefix(window.count).map { thread in
            let cells = (0..<request.timeline.bounded.columns).map { column in
                let from = first + column * scale + 1
                return from > last ? TimelineCell(.unknown) : cell(thread, from, min(last, from + scale - 1))
            }
            return TimelineLane(
                thread: ThreadID(thread), label: simulation.cursor.label(thread),
                name: simulation.laneName(thread, at: min(last, simulation.frontier)), cells: cells)
        }
        return Rows(shown, offset: offset, total: threads.count)
    }

    private func isResident(_ thread: Int) -> Bool {
        switch program.threads[thread].role {
        case .scenario, .daemon, .teardown: true
        default: false
        }
    }

    // MARK: By running it again

    /// Steps that are told exactly at most: more columns than any screen has.
    private static let exactSteps = 4_096
    /// Steps that are run again to get to the stretch at most.
    private static let approach = 16_384

    /// What everybody did in the steps from + 1 ... to; `nil` where finding that out would take too long.
    private func track(from first: Int, to last: Int) -> ActivityTrack? {
        guard last >= first, last - first <= Self.exactSteps else { return nil }
        let simulation = simulation
        return simulation.chronicle.sketches.track.withLock { kept in
            if let track = kept, track.first <= first, track.last >= last { return track }
            guard var track = Self.beginning(&kept, first, simulation) else { return nil }
            let kinds = EventKinds.all
            let tags = simulation.chronicle.events
            track.extend(to: last, { cursor, log in simulation.replay(&cursor, &log) }) { kinds[Int(tags.tag($0).kind)] }
            guard track.first <= first, track.last >= last else { return nil }
            kept = track
            return track
        }
    }

    /// From what is kept, if it leads on to the stretch; else from the latest place before it. What is kept is given up for it:
    /// the states of two would have to be two.
    private static func beginning(_ kept: inout ActivityTrack?, _ first: Int, _ simulation: Simulation) -> ActivityTrack? {
        let isNear = kept.map { $0.first <= first && $0.last + 256 >= first } ?? false
        defer { kept = nil }
        if isNear { return kept.take() }
        // Further on, what lies between is run through without looking at it.
        guard var place = beginning(kept.take()?.cursor, first, simulation) else { return nil }
        if place.step < first {
            var log = EventLog(isOn: false)
            while place.step < first, simulation.replay(&place, &log) {}
        }
        return ActivityTrack(place, simulation.schema)
    }

    /// The latest place known at or before a step; `nil` where it lies too far back.
    /// - Parameter kept: a cursor to go on from, or to go there with.
    private static func beginning(_ kept: consuming Cursor?, _ first: Int, _ simulation: Simulation) -> Cursor? {
        let places = [simulation.checkpoints.nearest(to: first), simulation.trail.nearest(to: first)].compactMap(\.self)
        let place = places.filter { $0.step <= first }.max { $0.step < $1.step }
        let here = simulation.cursor.step <= first ? simulation.cursor.step : -1
        let there = kept.map { $0.step <= first ? $0.step : -1 } ?? -1
        let latest = max(here, there, place?.step ?? -1)
        guard latest >= 0, first - latest <= approach else { return nil }
        if there == latest { return kept }
        guard let place, place.step == latest else { return simulation.cursor }
        guard var cursor = kept.take() else { return place.cursor }
        place.take(&cursor)
        return cursor
    }

    // MARK: Marks

    private func marks(from first: Int, to last: Int) -> [TimelineMark] {
        var marks = simulation.marks.map { TimelineMark(step: $0.step, kind: .mark, name: $0.name) }
        marks += simulation.branchRows.filter { $0.from > 0 }.map { TimelineMark(step: $0.from, kind: .branch, name: $0.name) }
        marks += simulation.interventions.changes.map {
            TimelineMark(step: $0.step, kind: .perturbation, name: simulation.words($0.kind))
        }
        if let finding = simulation.chronicle.finding {
            marks.append(TimelineMark(step: finding.step, kind: .finding, name: finding.property))
        }
        return marks.filter { $0.step > first && $0.step <= last || $0.step == 0 && first == 0 }.sorted { $0.step < $1.step }
    }
}

extension Simulation {
    /// Carries out the run's next step in a cursor of one's own.
    func replay(_ cursor: inout Cursor, _ log: inout EventLog) -> Bool {
        settle(&cursor)
        return cursor.advance(interventions.isEmpty ? nil : interventions[cursor.step], seed: seed, log: &log)
    }
}
