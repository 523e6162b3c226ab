import Language
import Machine
import Scene

/// What every thread did in each step of a stretch, as running it shows: nothing in it is concluded from what was said.
struct ActivityTrack: Sendable {
    /// One thread in one step.
    struct Cell {
        var rawValue: UInt8

        init(_ activity: TimelineCell.Activity, isInvalidating: Bool) {
            let number: UInt8 =
                switch activity {
                case .unknown: 0
                case .stepped: 1
                case .idle: 2
                case .asleep: 3
                case .blocked: 4
                case .absent: 5
                }
            rawValue = number | (isInvalidating ? 8 : 0)
        }

        init(rawValue: UInt8) { self.rawValue = rawValue }

        var isInvalidating: Bool { rawValue & 8 != 0 }
        var activity: TimelineCell.Activity {
            switch rawValue & 7 {
            case 1: .stepped
            case 2: .idle
            case 3: .asleep
            case 4: .blocked
            case 5: .absent
            default: .unknown
            }
        }
    }

    /// More steps than this are not kept.
    static let limit = 16_384

    let threadCount: Int
    /// The first step that is told is the one behind this.
    private(set) var first: Int
    private var cells: [Cell] = []
    /// The most telling event of each step; `nil` where nothing was said.
    private var events: [EventKind?] = []
    /// Where the last step led to.
    private(set) var cursor: Cursor
    /// The range records in flight, and whose they are.
    private var inFlight: [Int: Int] = [:]
    private let ranges: [Int]
    private let schema: Schema

    /// Begins behind a place.
    init(_ cursor: Cursor, _ schema: Schema) {
        self.cursor = cursor
        self.schema = schema
        first = cursor.step
        threadCount = cursor.lastSteps.count
        let program = cursor.machine.program
        ranges = schema.range.map { range in
            program.records[range.record].segments.flatMap { number in
                (0..<program.segments[number].count).map { program.segments[number].base + $0 * program.segments[number].stride }
            }
        } ?? []
        for address in ranges where isInFlight(address) {
            inFlight[address] = RangeOwners.owner(ofRange: address, cursor.machine, schema)
        }
    }

    /// The last step that is told.
    var last: Int { cursor.step }

    private func isInFlight(_ address: Int) -> Bool {
        guard let range = schema.range else { return false }
        return cursor.machine.isLiveRecord(at: address) && cursor.machine.slot(address + range.inFlight) != 0
    }

    /// Goes on to a step, if the run comes so far.
    mutating func extend(to step: Int, _ advance: (inout Cursor, inout EventLog) -> Bool, kinds: (MachineEvent) -> EventKind) {
        var log = EventLog()
        while cursor.step < step {
            log.removeAll()
            guard advance(&cursor, &log) else { break }
            record(log.events, kinds)
        }
        guard cursor.step - first > Self.limit else { return }
        let surplus = cursor.step - first - Self.limit / 2
        cells.removeFirst(surplus * threadCount)
        events.removeFirst(surplus)
        first += surplus
    }

    private mutating func record(_ said: [MachineEvent], _ kinds: (MachineEvent) -> EventKind) {
        let stepped = cursor.lastThread ?? -1
        for address in ranges {
            let isOpen = isInFlight(address)
            if isOpen, inFlight[address] == nil {
                inFlight[address] = stepped
            } else if !isOpen, inFlight[address] != nil {
                inFlight[address] = nil
            }
        }
        for thread in 0..<threadCount {
            let isInvalidating = !inFlight.isEmpty && inFlight.values.contains(thread)
            let activity = thread == stepped ? .stepped : waiting(thread)
            cells.append(Cell(activity, isInvalidating: isInvalidating))
        }
        events.append(said.lazy.filter { $0.thread == stepped }.map(kinds).max { $0.weight < $1.weight })
    }

    private mutating func waiting(_ thread: Int) -> TimelineCell.Activity {
        if cursor.machine.hasFinished(thread) { return .absent }
        switch cursor.machine.obstacle(of: thread) {
        case nil: return .idle
        case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite: return .blocked
        case .sleep, .completion, .gracePeriod: return .asleep
        // What waits for its turn to come at all has not begun.
        case .condition: return cursor.lastSteps[thread] == 0 ? .absent : .asleep
        case .teardown: return .absent
        }
    }

    /// What a thread did in the steps `from ... to`, all of them told.
    func cell(_ thread: Int, from: Int, to: Int) -> TimelineCell {
        var counts = ActivityCounts()
        var result = TimelineCell(.unknown)
        for step in from...max(from, to) {
            let index = step - first - 1
            let cell = cells[index * threadCount + thread]
            counts.add(cell.activity)
            result.isInvalidating = result.isInvalidating || cell.isInvalidating
            guard cell.activity == .stepped, let event = events[index] else { continue }
            if event.weight >= result.event?.weight ?? -1 { result.event = event }
        }
        result.activity = counts.activity
        if let event = result.event, !counts.shows(event) { result.event = nil }
        return result
    }

    /// Whether a thread was there at all in the steps `from ... to`.
    func isPresent(_ thread: Int, from: Int, to: Int) -> Bool {
        (from...max(from, to)).contains { cells[($0 - first - 1) * threadCount + thread].activity != .absent }
    }
}

/// Whose a start..end region is: the models don't say so in the record, the thread has it in one of its variables.
enum RangeOwners {
    static func owner(ofRange address: Int, _ machine: Machine, _ schema: Schema) -> Int? {
        guard let record = schema.range?.record else { return nil }
        for thread in 0..<machine.threadCount {
            for frame in machine.callStack(of: thread) {
                for local in machine.program.functions[frame.function].locals {
                    guard case .reference(record) = local.type else { continue }
                    if Reference(bits: machine.value(of: local, thread: thread)).address == address { return thread }
                }
            }
        }
        return nil
    }
}
