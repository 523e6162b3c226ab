import Machine
import Playback
import Scene

/// The values of watched expressions at a step, kept from frame to frame.
struct WatchMemory: Sendable {
    /// The step that they are of.
    var step: Int
    var values: [String: String]
    /// The values that these were compared with.
    var before: [String: String]
}

/// Expressions that are kept in sight.
///
/// What "changed" compares with: while the run stands, the state before the last step, which is had by running to it again
/// once and remembered; while it runs, what the last frame showed, which is what an eye compares with.
extension Projection {
    func watches() -> [WatchRow] {
        guard !request.watches.isEmpty else { return [] }
        let now = values(in: machine)
        let before = simulation.chronicle.sketches.watches.withLock { memory -> [String: String] in
            let before = earlier(memory)
            memory = WatchMemory(step: simulation.step, values: now.mapValues(\.text), before: before)
            return before
        }
        return request.watches.map { text in
            let value = now[text] ?? ("", true)
            return WatchRow(
                expression: text, value: value.text, isMistaken: value.isMistaken,
                hasChanged: before[text].map { $0 != value.text } ?? false)
        }
    }

    private func earlier(_ memory: WatchMemory?) -> [String: String] {
        let wanted = Set(request.watches)
        if let memory, wanted.isSubset(of: memory.before.keys), memory.step == simulation.step { return memory.before }
        if let memory, wanted.isSubset(of: memory.values.keys) {
            // A step was taken since, or it runs: what was shown last.
            if memory.step == simulation.step - 1 || simulation.isRunning { return memory.values }
        }
        guard simulation.step > 0, !simulation.isRunning else { return values(in: machine).mapValues(\.text) }
        var copy = simulation
        copy.jump(to: simulation.step - 1)
        return values(in: copy.machine).mapValues(\.text)
    }

    private func values(in machine: Machine) -> [String: (text: String, isMistaken: Bool)] {
        let evaluator = Evaluator(program)
        var result: [String: (text: String, isMistaken: Bool)] = [:]
        for text in request.watches {
            do {
                result[text] = (try evaluator.value(of: text, in: machine).text, false)
            } catch {
                result[text] = (error.description, true)
            }
        }
        return result
    }
}

extension Simulation {
    /// Evaluates an expression once and tells its value, or what is wrong with it.
    mutating func evaluate(_ text: String) {
        do {
            replies.give(.value(expression: text, value: try Evaluator(program).value(of: text, in: machine).text))
        } catch {
            replies.give(.value(expression: text, value: error.description))
            message = error.description
        }
    }
}
