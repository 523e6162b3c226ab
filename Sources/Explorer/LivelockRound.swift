import Language
import Machine

/// A way into a round that can be gone for ever, and once round it.
struct Lasso: Equatable {
    var prefix: [ScheduledStep]
    var round: [ScheduledStep]
}

/// Rounds along a schedule that ends where it has been before.
///
/// Steps that were taken together may go round more than once. Any stretch of the schedule that ends in the state that it begins
/// in is a round, too, and it is still a livelock when the same of those who should come to an end step in it and it is as
/// fair as the whole one: the same threads step, or whoever could always step does (see ``Livelock``).
struct LassoSearch {
    private let schedule: [ScheduledStep]
    /// For each state, from the start to the end: a number that it shares with those that nothing can tell from it.
    private var states: [Int] = []
    /// Who can step in it, and who waits for a lock.
    private var enabled: [ThreadMask] = []
    private var waitingForLock: [ThreadMask] = []
    /// Who should come to an end.
    private let busy: ThreadMask

    /// Nil when a step can't be taken, or fails.
    init?(_ schedule: [ScheduledStep], from start: Machine) {
        self.schedule = schedule
        let threads = start.program.threads
        busy = ThreadMask(threads.indices.filter { [.scenario, .teardown].contains(threads[$0].role) })
        let form = NormalForm(start.program)
        let store = StateStore(wordCount: form.wordCount)
        var words = [UInt32](repeating: 0, count: form.wordCount)
        var machine = start
        var log = EventLog(isOn: false)
        for index in 0...schedule.count {
            form.encode(machine.state, into: &words)
            states.append(store.insert(words).state)
            look(at: machine)
            guard index < schedule.count else { break }
            let next = schedule[index]
            guard next.thread >= 0, next.thread < machine.threadCount, next.choice >= 0 else { return nil }
            guard machine.step(next.thread, choice: UInt64(next.choice), log: &log) == .stepped else { return nil }
        }
    }

    private mutating func look(at machine: Machine) {
        var (ready, waiting) = (ThreadMask(), ThreadMask())
        for thread in 0..<machine.threadCount {
            switch machine.standing(of: thread) {
            case .ready: ready.insert(thread)
            case .blocked(let blockage):
                switch blockage.cause {
                case .spinlock, .mutex, .semaphoreRead, .semaphoreWrite: waiting.insert(thread)
                case .sleep, .completion, .gracePeriod, .condition, .teardown: break
                }
            case .finished: break
            }
        }
        enabled.append(ready)
        waitingForLock.append(waiting)
    }

    private func stepping(_ range: Range<Int>) -> ThreadMask { ThreadMask(schedule[range].map(\.thread)) }

    /// All of the schedule from where it first is in the state that it ends in; nil when it never was.
    private var whole: Range<Int>? {
        guard let last = states.last, let first = states.firstIndex(of: last), first < schedule.count else { return nil }
        return first..<schedule.count
    }

    /// Whether a stretch that ends where it begins stands for the whole round.
    private func isRound(_ range: Range<Int>, of whole: Range<Int>) -> Bool {
        let (some, all) = (stepping(range), stepping(whole))
        if some == all { return true }
        guard some.intersection(busy) == all.intersection(busy) else { return false }
        var (ever, excused) = (ThreadMask(), ThreadMask())
        for index in range {
            ever.formUnion(enabled[index])
            excused.formUnion(enabled[index].union(waitingForLock[index]).complement)
        }
        return ever.subtracting(some).subtracting(excused).isEmpty
    }

    /// Where the last round of the schedule begins, as an index of a step.
    var lastRound: Int? {
        guard let whole, let last = states.last else { return nil }
        return whole.last { states[$0] == last && isRound($0..<schedule.count, of: whole) }
    }

    /// The shortest round along the schedule, and the shortest way along it to where it begins.
    var shortest: Lasso? {
        guard let whole, let round = shortestRound(in: whole) else { return nil }
        // One may come into it elsewhere before that.
        let members = Dictionary(round.map { (states[$0], $0) }) { first, _ in first }
        let entry = states.indices.first { members[states[$0]] != nil } ?? round.lowerBound
        let place = members[states[entry]] ?? round.lowerBound
        let steps = Array(schedule[place..<round.upperBound] + schedule[round.lowerBound..<place])
        return Lasso(prefix: way(to: entry), round: steps)
    }

    private func shortestRound(in whole: Range<Int>) -> Range<Int>? {
        for length in 1...whole.count {
            for start in whole.lowerBound...(whole.upperBound - length) where states[start] == states[start + length] {
                if isRound(start..<(start + length), of: whole) { return start..<(start + length) }
            }
        }
        return nil
    }

    /// The schedule up to a state, without the rounds on the way.
    private func way(to entry: Int) -> [ScheduledStep] {
        let last = Dictionary(states[...entry].enumerated().map { ($0.element, $0.offset) }) { max($0, $1) }
        var result: [ScheduledStep] = []
        var index = 0
        while index < entry {
            index = last[states[index]] ?? index
            guard index < entry else { break }
            result.append(schedule[index])
            index += 1
        }
        return result
    }
}

extension Livelock {
    /// The shortest round that a schedule which goes round for ever holds, and the shortest way to it along that schedule.
    /// - Parameter schedule: ends in a state that it was in before; other schedules have no round.
    static func shortestRound(of schedule: [ScheduledStep], from start: Machine) -> Lasso? {
        guard let shortest = LassoSearch(schedule, from: start)?.shortest else { return nil }
        // What was left out may have given records other places; nothing can tell, and so it still ends where the round begins.
        guard LassoSearch(shortest.prefix + shortest.round, from: start)?.lastRound == shortest.prefix.count else { return nil }
        return shortest
    }

    /// That everything is as it was so many steps ago.
    static func sentence(steps: Int, with others: [String]) -> String {
        let company = others.isEmpty ? "" : " with \(others.joined(separator: ", "))"
        return "can go on for ever\(company): \(afterSteps(steps)) everything is as it was, and nothing has been completed"
    }

    /// The same sentence of a round of another length.
    static func sentence(_ sentence: String, steps: Int) -> String {
        sentence.replacing(/after \d+ steps?/, with: afterSteps(steps))
    }

    private static func afterSteps(_ steps: Int) -> String { "after \(steps) step\(steps == 1 ? "" : "s")" }
}
