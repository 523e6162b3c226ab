import Playback
import Scene
import Simulation
import Testing

@testable import mmuscope

/// What is copied and told of a session: `y` and the story.
@Suite("Sharing a session")
struct SharingTests {
    private func session(_ name: String, seed: UInt64 = 0, policy: Policy? = nil) throws -> RecordedSession {
        let program = try Catalogue().program(name, settings: [:], faults: [])
        return RecordedSession(Simulation(program, seed: seed, policy: policy), RunSetup(program, seed: seed, policy: policy))
    }

    /// A session that has come to a finding.
    private func failed(_ name: String) throws -> RecordedSession {
        for seed in 0..<100 {
            var session = try session(name, seed: UInt64(seed), policy: .random)
            session.perform(.jumpToEnd)
            for _ in 0..<20 where session.scene(for: SceneRequest()).position.stopped == nil { session.perform(.jump(to: 5_000)) }
            if session.scene(for: SceneRequest()).finding != nil { return session }
        }
        throw Failure("no seed fails")
    }

    private func reply(_ session: RecordedSession) throws -> Reply { try #require(session.scene(for: SceneRequest()).reply) }

    @Test("the schedule is a line that replay takes, and it leads to the same state") func schedule() throws {
        var session = try session("odp-vs-munmap", seed: 7, policy: .random)
        session.perform(.jump(to: 25))
        session.perform(.copySchedule)
        guard case .copy(let line, let what) = try reply(session).content else { throw Failure("no copy") }
        #expect(what == "the schedule")
        #expect(line.hasPrefix("mmuscope:1 odp-vs-munmap seed=7 policy=random steps=25 ~"), "\(line)")
        let replay = try CommandRun("replay", line, "--verify")
        #expect(replay.status == 0, "\(replay.output) \(replay.errors)")
        // By hand it names who stepped.
        session.perform(.stepThread(ThreadID(0)))
        session.perform(.stepThread(ThreadID(1)))
        session.perform(.copySchedule)
        guard case .copy(let byHand, _) = try reply(session).content else { throw Failure("no copy") }
        #expect(byHand.contains("device") && !byHand.contains("seed="), "\(byHand)")
        let again = try CommandRun("replay", byHand, "--verify")
        #expect(again.status == 0, "\(byHand): \(again.output) \(again.errors)")
    }

    @Test("the table: whole when short, else its last steps; plain text in columns") func table() throws {
        var session = try session("odp-vs-munmap", seed: 7, policy: .random)
        session.perform(.copyTable)
        #expect(session.scene(for: SceneRequest()).reply == nil)
        #expect(session.scene(for: SceneRequest()).message?.contains("no step") == true)
        session.perform(.jump(to: 60))
        session.perform(.copyTable)
        let first = try reply(session)
        guard case .copy(let table, let what) = first.content else { throw Failure("no copy") }
        #expect(what == "the table")
        #expect(table.split(separator: "\n").count <= 62, "\(table)")
        #expect(table.split(separator: "\n").allSatisfy { $0.count <= 80 && $0.utf8.allSatisfy { $0 < 127 } })
        #expect(!table.contains("BUG"))
        session.perform(.jump(to: 150))
        session.perform(.copyTable)
        #expect(try reply(session).number > first.number)
    }

    @Test("the story of what failed, and its sentences in the explanation") func story() throws {
        var session = try session("radeon-gup-unguarded")
        session.perform(.tellStory)
        #expect(session.scene(for: SceneRequest()).message?.contains("nothing has failed") == true)
        session = try failed("radeon-gup-unguarded")
        session.perform(.tellStory)
        guard case .text(let title, let lines) = try reply(session).content else { throw Failure("no text") }
        #expect(title == "How no-stale-spte fails")
        let story = lines.joined(separator: " ")
        let step = session.scene(for: SceneRequest()).position.step
        #expect(story.contains("maps page#"), "\(story)")
        #expect(story.contains("Step \(step) "), "\(story)")
        var request = SceneRequest()
        request.explain = .finding
        let explanation = try #require(session.scene(for: request).explanation)
        #expect(explanation.sentences.contains { $0.role == .cause && $0.step != nil && $0.text.contains("maps page#") })
        #expect(explanation == session.scene(for: request).explanation)
        session.perform(.back)
        #expect(session.scene(for: request).explanation?.subject == nil)
    }
}
