import Foundation
import Language
@testable import Machine
import Testing

/// What a step doesn't tell of must make no difference to it: all that stretches are built on.
@Suite("What a step depends on, it tells") struct AccessTests {
    @Test func whatIsNotToldMakesNoDifference() throws {
        let count = ProcessInfo.processInfo.environment["MMUSCOPE_FUZZ"].flatMap(Int.init) ?? 600
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = ProgramGenerator(seed: seed)
        var tried = 0
        for round in 0..<count {
            let random = generator.program()
            var walk = Walk(random.program, seed: seed &+ UInt64(round))
            walk.run()
            tried += walk.tried
            if let difference = walk.difference { Issue.record("seed \(seed), program \(round): \(difference)\n\(random.text)") }
        }
        #expect(tried > count * 20, "seed \(seed): \(tried) changes tried")
    }
}

/// One random schedule, each step of which is taken again in states that differ from the one it was taken in by one slot.
private struct Walk {
    private let program: Program
    private let map: LocationMap
    private let places: [Place]
    private var numbers: SeededNumbers
    private(set) var tried = 0
    private(set) var difference: String?

    /// A slot that another thread could have changed, and what is there.
    private struct Place {
        var slot: Int
        var type: ValueType
        /// The header of the record.
        var header: Int
        var isLock: Bool { [.spinlock, .mutex, .pageLock, .semaphore].contains(type) }
    }

    init(_ program: Program, seed: UInt64) {
        self.program = program
        map = LocationMap(program)
        numbers = SeededNumbers(seed: seed)
        places = program.segments.flatMap { segment -> [Place] in
            (0..<segment.count).flatMap { instance -> [Place] in
                let header = segment.base + instance * segment.stride
                return program.records[segment.record].fields.flatMap { field -> [Place] in
                    switch field.type {
                    case .embedded, .intervalSet, .list: []
                    case .table(let element, let count): (0..<count).map { Place(slot: header + field.offset + $0, type: element, header: header) }
                    case .semaphore: (0..<3).map { Place(slot: header + field.offset + $0, type: field.type, header: header) }
                    case .srcu: (1..<3).map { Place(slot: header + field.offset + $0, type: field.type, header: header) }
                    default: [Place(slot: header + field.offset, type: field.type, header: header)]
                    }
                }
            }
        }
    }

    mutating func run() {
        var machine = Machine(program)
        guard machine.setupFinding == nil, !places.isEmpty else { return }
        let recorder = AccessRecorder()
        var log = EventLog(isOn: false)
        for _ in 0..<60 {
            let thread = numbers.below(machine.threadCount)
            guard program.threads[thread].role != .teardown, !machine.hasFinished(thread) else { continue }
            let (before, choice) = (machine.state, UInt64(numbers.below(4)))
            let isWaitingForLock = [.spinlock, .mutex, .semaphoreRead, .semaphoreWrite].contains(machine.obstacle(of: thread))
            recorder.removeAll()
            let outcome = machine.step(thread, choice: choice, recorder: recorder, log: &log)
            for _ in 0..<6 {
                self.try(thread, choice, from: before, outcome, machine.state, recorder.accesses, isWaitingForLock)
                guard difference == nil else { return }
            }
            if case .finding = outcome { return }
        }
    }

    /// Changes one slot of those that the step didn't tell of.
    private mutating func `try`(
        _ thread: Int, _ choice: UInt64, from before: State, _ outcome: StepOutcome, _ after: State,
        _ accesses: [AccessRecorder.Access], _ isWaitingForLock: Bool
    ) {
        guard !accesses.contains(where: { [.quantify, .make].contains($0.kind) }) else { return }
        let place = places[numbers.below(places.count)]
        guard Header.isLive(before.slots[place.header]), let key = map.key(of: place.slot) else { return }
        var told = Set(accesses.compactMap { map.key(of: $0.slot) })
        for access in accesses where access.kind == .free { told.formUnion(map.keys(aroundHeader: access.slot)) }
        // What somebody frees, he writes all of. (With a lock that is held, that would be a finding; who queues for one stands
        // between two stretches, and finds out with his next step.)
        let isHeld = places.contains { $0.header == place.header && $0.isLock && before.slots[$0.slot] != 0 }
        let isFree = numbers.oneIn(4) && !isHeld && told.isDisjoint(with: map.keys(aroundHeader: place.header)) && isWhole(place.header)
        guard isFree || !told.contains(key) else { return }
        var changed = before
        if isFree {
            changed.slots[place.header] &= ~1
        } else if let value = other(than: before.slots[place.slot], place, thread, isWaitingForLock) {
            changed.slots[place.slot] = value
        } else {
            return
        }
        tried += 1
        var machine = Machine(program)
        machine.restore(changed)
        var log = EventLog(isOn: false)
        let again = machine.step(thread, choice: choice, log: &log)
        let slot = isFree ? place.header : place.slot
        var expected = after
        expected.slots[slot] = changed.slots[slot]
        guard again.kind != outcome.kind || machine.state.slots != expected.slots else { return }
        difference = "\(machine.threadName(thread)) at line \(program.statements[machine.statement(of: thread) ?? 0].line) depends on "
            + "\(machine.placeName(slot)): \(outcome), \(again)"
    }

    /// A record that is inside of no other, with nothing inside, that no set and no list has.
    private func isWhole(_ header: Int) -> Bool {
        program.segments.contains { segment in
            segment.parent == nil && segment.inner.isEmpty && header >= segment.base && header < segment.base + segment.stride * segment.count
                && program.records[segment.record].nodeOffset == nil && program.records[segment.record].linkOffset == nil
        }
    }

    /// What another thread could have left there; nil where this isn't for others to change.
    private mutating func other(than value: Int64, _ place: Place, _ thread: Int, _ isWaitingForLock: Bool) -> Int64? {
        let stranger = (thread + 1) % (program.threads.count - 1)
        guard stranger != thread else { return nil }
        let bit: Int64 = 1 << Int64(stranger)
        switch place.type {
        case .spinlock, .mutex, .pageLock:
            guard !isWaitingForLock, value != Int64(thread + 1) else { return nil }
            return value == 0 ? Int64(stranger + 1) : 0
        case .semaphore:
            let isWriter = map.lock(at: place.slot) != nil
            guard !isWaitingForLock, !isWriter || value != Int64(thread + 1) else { return nil }
            return isWriter ? (value == 0 ? Int64(stranger + 1) : 0) : value ^ bit
        case .reference: return value == 0 ? nil : 0
        case .waitQueue: return value ^ (numbers.oneIn(2) ? bit : 1 << Int64(thread))
        case .completion, .boolean: return value == 0 ? 1 : 0
        case .srcu, .referenceCount: return value + 1
        case .integer: return value ^ 1
        default: return nil
        }
    }
}

extension StepOutcome {
    fileprivate var kind: String {
        switch self {
        case .stepped: "stepped"
        case .blocked: "blocked"
        case .finished: "finished"
        case .finding(let finding): "finding \(finding.property) \(finding.statement)"
        }
    }
}
