import Models
import Scene
import Testing

@testable import KernelTrace

@Suite("What a recording can say of why") struct ExplainingTests {
    private func explained(_ player: TracePlayer, _ subject: Subject) throws -> Explanation {
        var request = SceneRequest()
        request.explain = subject
        let explanation = try #require(player.scene(for: request).explanation)
        #expect(!explanation.sentences.isEmpty)
        for sentence in explanation.sentences {
            #expect(sentence.text.hasSuffix("."), "\(sentence.text)")
            if let step = sentence.step { #expect((1...player.position).contains(step), "\(sentence.text)") }
        }
        return explanation
    }

    private func text(_ explanation: Explanation) -> String {
        ([explanation.title] + explanation.sentences.map(\.text)).joined(separator: "\n")
    }

    private func collision() throws -> (player: TracePlayer, event: Int) {
        let recording = try recording("d0_mni_tiny")
        var player = TracePlayer(recording)
        let event = try #require((0..<recording.eventCount).first { recording.facts[$0].row == .collide })
        player.perform(.jump(to: event + 1))
        return (player, event)
    }

    @Test("a sleeper: what it sleeps in, which event made seq odd, who is in flight") func sleeper() throws {
        let (player, event) = try collision()
        let task = Int(player.recording.events[event].task)
        let words = text(try explained(player, .thread(ThreadID(task))))
        #expect(words.hasPrefix("Why "), "\(words)")
        #expect(words.contains("It sleeps in read_begin("), "\(words)")
        #expect(words.contains("(odd)"), "\(words)")
        #expect(words.contains("In flight: "), "\(words)")
        #expect(words.contains("the last to end makes seq even"), "\(words)")
    }

    @Test("numbers, notifiers, events; what it can't know is said so") func others() throws {
        let (player, event) = try collision()
        let seq = text(try explained(player, .number(.seq)))
        #expect(seq.contains("is odd: an invalidation in flight overlaps a notifier"), "\(seq)")
        for number in HeaderNumber.allCases { _ = try explained(player, .number(number)) }
        for row in player.scene(for: SceneRequest(notifiers: RowWindow(count: 9))).notifiers.rows {
            #expect(text(try explained(player, .notifier(row.id))).contains("Its invalidate_seq is"))
        }
        #expect(text(try explained(player, .event(step: event + 1))).contains("is colliding"))
        #expect(text(try explained(player, .page(0x1000))).contains("no page-table entries"))
        #expect(try explained(player, .finding).subject == nil)
        #expect(try explained(player, .thread(ThreadID(9_999))).subject == nil)
        #expect(try explained(player, .event(step: 0)).subject == nil)
        let start = TracePlayer(player.recording)
        #expect(try explained(start, .number(.seq)).subject == nil)
    }

    @Test("the few expressions that it knows, and an honest word for others") func watches() throws {
        var (player, _) = try collision()
        var request = SceneRequest()
        request.watches = ["seq", "umem#1.npages"]
        let scene = player.scene(for: request)
        #expect(scene.watches.map(\.value) == ["\(scene.header.seq)", SceneBuilder.noModel])
        #expect(scene.watches.map(\.isMistaken) == [false, true])
        player.perform(.evaluate("active"))
        #expect(player.scene(for: request).message == "active = \(scene.header.active)")
        player.perform(.evaluate("nonsense"))
        #expect(player.scene(for: request).message == SceneBuilder.noModel)
    }
}
