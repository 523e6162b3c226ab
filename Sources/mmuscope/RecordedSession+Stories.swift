import Explorer
import Foundation
import Machine
import Playback
import Scene
import Simulation

/// What is told of a run as a whole: the story of what failed, the schedule of one line, the table of a commit message.
extension RecordedSession {
    mutating func tell(_ command: PlaybackCommand) {
        switch command {
        case .tellStory: tellStory()
        case .copySchedule: copySchedule()
        case .copyTable: copyTable()
        default: break
        }
    }

    /// What is looked at again: each step's state is kept while it is told.
    private static func limit(_ simulation: Simulation) -> Int {
        min(20_000, (128 << 20) / max(1, simulation.machine.state.byteCount))
    }

    private mutating func tellStory() {
        guard let finding = simulation.finding else {
            note = "nothing has failed so far: there is no story to tell yet"
            return
        }
        let stretch = simulation.lastStretch(limit: Self.limit(simulation))
        do {
            let example = try Counterexample(simulation.program, from: stretch.machine, schedule: stretch.schedule)
            // A line each: whoever shows them knows how wide a line may be.
            let lines = Array(example.storyParagraphs(behind: stretch.start).map { [$0] }.joined(separator: [""]))
            simulation.give(.text(title: "How \(finding.property) fails", lines: lines))
        } catch {
            note = "this can't be told as a story: \(error.words)"
        }
    }

    private mutating func copySchedule() {
        guard let line = simulation.recording(setup).oneLine else {
            note = "this run is too long for one line, or changed otherwise than by who steps: r records it"
            return
        }
        simulation.give(.copy(text: line, what: "the schedule"))
    }

    /// Lines that a commit message bears.
    private static let longestTable = 60

    private mutating func copyTable() {
        var stretch = simulation.lastStretch(limit: min(2_000, Self.limit(simulation)))
        guard !stretch.schedule.isEmpty else {
            note = "no step has been taken: there is nothing for a table"
            return
        }
        do {
            var table = try Counterexample.table(simulation.program, from: stretch.machine, schedule: stretch.schedule)
            // Too long: the last steps, fewer each time.
            while table.split(separator: "\n").count > Self.longestTable, stretch.schedule.count > 16 {
                stretch = simulation.lastStretch(limit: stretch.schedule.count * 2 / 3)
                table = try Counterexample.table(simulation.program, from: stretch.machine, schedule: stretch.schedule)
            }
            if stretch.start > 0 { table = "(behind step \(stretch.start))\n\(table)" }
            simulation.give(.copy(text: table, what: "the table"))
        } catch {
            note = "no table can be drawn of this: \(error)"
        }
    }

    /// Adds to the explanation of what failed how it came to that.
    func completeExplanation(_ scene: inout Scene, _ request: SceneRequest) {
        guard request.explain == .finding, let finding = simulation.finding else { return }
        let sentences = stories.sentences(step: simulation.step, finding) {
            let stretch = simulation.lastStretch(limit: Self.limit(simulation))
            do throws(Counterexample.ReplayError) {
                let example = try Counterexample(simulation.program, from: stretch.machine, schedule: stretch.schedule)
                return example.storySentences(behind: stretch.start).map { Explanation.Sentence(.cause, $0.text, step: $0.step) }
            } catch {
                return [Explanation.Sentence(.cause, "How it came to that can't be told: \(error.words).", step: nil)]
            }
        }
        scene.explanation?.sentences += sentences
    }
}

/// The story of a finding, kept from frame to frame: to tell it the run is run again.
final class StoryMemory: Sendable {
    private struct Kept: Sendable {
        var step: Int
        var finding: MachineFinding
        var sentences: [Explanation.Sentence]
    }

    private let kept = Locked<Kept?>(nil)

    func sentences(
        step: Int, _ finding: MachineFinding, _ tell: () -> [Explanation.Sentence]
    ) -> [Explanation.Sentence] {
        kept.withLock { kept in
            if let kept, kept.step == step, kept.finding == finding { return kept.sentences }
            let told = tell()
            kept = Kept(step: step, finding: finding, sentences: told)
            return told
        }
    }

    /// The run goes on, or another way.
    func forget() { kept.withLock { $0 = nil } }
}
