import Foundation
import KernelTrace
import Models
import Playback
import Screen
import Simulation
import Terminal

/// Opens what the home screen or the command line names.
enum Sessions {
    static func open(_ item: HomeItem, _ catalogue: Catalogue) throws -> any Player {
        switch item.section {
        case .recordings where item.name == Catalogue.lastSession || item.name.hasSuffix(".mmurec"):
            let path = item.name == Catalogue.lastSession ? nil : item.name
            return try Replayed(path, current: false, catalogue, isLive: true).session()
        case .recordings:
            guard let asset = Asset.named("traces/\(item.name)") else {
                throw Failure("\(item.name) is not in this binary")
            }
            return TracePlayer(try TraceRecording.read(Array(asset.data), name: item.name))
        default:
            let program = try catalogue.program(item.name, settings: [:], faults: [], operations: true)
            return RecordedSession(Simulation(program), RunSetup(program), recovery: RecoveryFile.path)
        }
    }

    /// Takes the terminal over; a terminal that can't be used is said in one line.
    static func show(_ start: App.Start, _ options: App.Options) throws {
        do {
            let status = try App.run(start: start, options: options)
            guard status == 0 else { Foundation.exit(status) }
        } catch let error as TerminalError {
            throw Failure(error.description)
        }
    }
}

extension Failure: CustomStringConvertible {
    var description: String { message }
}
