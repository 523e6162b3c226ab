import ArgumentParser
import Foundation
import KernelTrace
import Models
import Playback
import Screen
import Simulation
import Terminal

/// Opens what the home screen or the command line names.
enum Sessions {
    /// What the home screen has; opened when it is asked for.
    /// - Parameter speed: steps a second that scenarios run with at first.
    static func opening(_ item: HomeItem, _ catalogue: Catalogue, speed: Int?) -> Opening {
        switch item.section {
        case .recordings where item.name == Catalogue.lastSession || item.name.hasSuffix(".mmurec"):
            let path = item.name == Catalogue.lastSession ? nil : item.name
            return Opening(name: item.name) { step in
                try Replayed(path, Replayed.Wanted(), catalogue).session(at: step)
            }
        case .recordings:
            return Opening(name: item.name) { _ in
                guard let asset = Asset.named("traces/\(item.name)") else {
                    throw Failure("\(item.name) is not in this binary")
                }
                return TracePlayer(try TraceRecording.read(Array(asset.data), name: item.name))
            }
        default:
            let source = ModelSource(catalogue: catalogue, name: item.name, speed: speed)
            do {
                return source.opening(try source.program())
            } catch {
                return Opening(name: item.name) { _ in throw error }
            }
        }
    }

    /// Commands from standard input instead of keys.
    static func plain(_ player: any Player, _ display: DisplayOptions) throws {
        var session = PlainSession(player, ascii: display.ascii)
        let status = session.run()
        if status != 0 { throw ExitCode(status) }
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
