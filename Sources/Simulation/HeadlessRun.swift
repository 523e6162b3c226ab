import Language
import Machine

/// A run without a screen: every event as one line, a sentence or a JSON object.
public struct HeadlessRun {
    public enum Format: Sendable { case text, json }

    public private(set) var simulation: Simulation
    private let format: Format
    /// Is told of the run every so many steps, and at its end.
    private let progress: (Simulation) throws -> Void
    private var nextProgress = CheckSpacing.first

    /// - Parameter progress: is shown the run every so many steps, and at its end: often at first.
    public init(_ simulation: Simulation, format: Format, progress: @escaping (Simulation) throws -> Void = { _ in }) {
        self.simulation = simulation
        self.format = format
        self.progress = progress
    }

    /// What a run ended with.
    public enum End: Sendable, Equatable {
        case rest
        /// The number of steps was reached first.
        case steps
        case finding(MachineFinding)
        /// A recording says something that isn't so.
        case astray(Astray)
    }

    /// Runs up to `steps` steps; a workload is then told to come to rest, and runs on until it has.
    /// - Parameter output: takes the lines, each with its end.
    /// - Throws: what `progress` throws.
    public mutating func run(steps: Int, _ output: (String) -> Void) throws -> End {
        sayStart(output)
        try advance(to: steps, output)
        if simulation.program.scenario.isWorkload, !simulation.hasEnded {
            simulation.drain()
            try advance(to: steps + Self.drainLimit, output)
        }
        try progress(simulation)
        return end(output)
    }

    /// Runs along a recording to its end: the lines are those of the run that was recorded.
    /// - Parameter simulation: made with ``Simulation/init(_:replaying:)``.
    /// - Throws: what `progress` throws.
    public mutating func replay(_ recording: Recording, _ output: (String) -> Void) throws -> End {
        sayStart(output)
        try advance(to: recording.end, output)
        let end = simulation.conclude(recording)
        try progress(simulation)
        switch end {
        case .rest: return .rest
        case .open: return .steps
        case .astray(let astray): return .astray(astray)
        case .finding(let finding):
            output(line(finding))
            return .finding(finding)
        }
    }

    /// Steps that a workload may take to come to rest.
    private static let drainLimit = 10_000_000

    private func sayStart(_ output: (String) -> Void) {
        for event in simulation.machine.setupEvents { output(line(event, step: 0)) }
    }

    private mutating func advance(to steps: Int, _ output: (String) -> Void) throws {
        while simulation.step < steps, simulation.astray == nil, simulation.stepForward() {
            for event in simulation.lastEvents { output(line(event, step: simulation.step)) }
            guard simulation.step >= nextProgress else { continue }
            nextProgress = CheckSpacing.next(after: simulation.step, simulation.program)
            try progress(simulation)
        }
    }

    private mutating func end(_ output: (String) -> Void) -> End {
        // The last step allowed may have been the last possible.
        simulation.noticeRest()
        if let finding = simulation.finding {
            output(line(finding))
            return .finding(finding)
        }
        return simulation.hasEnded ? .rest : .steps
    }

    // MARK: Lines

    private func line(_ event: MachineEvent, step: Int) -> String {
        line(
            step: step, thread: event.thread, kind: simulation.machine.kindName(of: event),
            text: simulation.machine.sentence(of: event),
            at: place(event.statement))
    }

    private func line(_ finding: MachineFinding) -> String {
        line(
            step: simulation.step, thread: finding.thread, kind: "finding",
            text: "\(finding.property): \(finding.sentence)", at: finding.place(in: simulation.program))
    }

    private func place(_ statement: Int) -> MachineFinding.Place {
        let info = simulation.program.statements[statement]
        return MachineFinding.Place(file: info.file, line: info.line)
    }

    private func line(step: Int, thread: Int, kind: String, text: String, at place: MachineFinding.Place?) -> String {
        let program = simulation.program
        let name = simulation.cursor.threadName(thread, at: step - 1)
        let file = place.map { program.sources[$0.file].name } ?? ""
        switch format {
        case .text:
            let number = String(step)
            let blanks = String(repeating: " ", count: max(0, 6 - number.count))
            return "\(blanks)\(number)  \(name)  \(text)\n"
        case .json:
            return "{\"step\":\(step),\"thread\":\(thread),\"name\":\(json(name)),\"kind\":\(json(kind)),"
                + "\"text\":\(json(text)),\"file\":\(json(file)),\"line\":\(place?.line ?? 0)}\n"
        }
    }

    /// A JSON string: quotes, backslashes and control characters escaped.
    private func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
