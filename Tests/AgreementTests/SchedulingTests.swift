import Testing

@testable import Agreement

/// Which thread goes when: as recorded, and where the recording doesn't tell, as it has to have been.
@Suite("Who goes when") struct SchedulingTests {
    /// What is made up has no exit: the run ends where the recording does, or comes to the exit.
    private func expectAgreement(_ scenario: String, _ recording: MadeUp) throws {
        let run = try recordedRun(text: recording.text)
        let result = try compared(scenario, run)
        #expect(result.agreeing == run.entries.count, "\(result.divergence?.what ?? ""): \(result.divergence?.text ?? "")")
        #expect(result.divergence == nil, "\(result.divergence?.what ?? ""): \(result.divergence?.text ?? "")")
    }

    @Test("a child of which nothing is told exits when the recording needs it to have: after any number of copies", arguments: 0...16)
    func unwatched(_ copies: Int) throws {
        var recording = MadeUp()
        recording.opens(1)
        for page in 0..<copies { recording.changes(1, 1, 0x400 + UInt64(page), pages: 1) }
        recording.changes(1, 0, 0x400, pages: 16)
        recording.closes(1)
        try expectAgreement("unwatched", recording)
    }

    @Test("a copy left out in the middle can't be explained by when the child exits")
    func notEverything() throws {
        var recording = MadeUp()
        recording.opens(1)
        for page: UInt64 in [0, 1, 3] { recording.changes(1, 1, 0x400 + page, pages: 1) }
        recording.changes(1, 0, 0x400, pages: 16)
        recording.closes(1)
        let result = try compared("unwatched", recordedRun(text: recording.text))
        #expect(result.divergence?.line == 22 && result.agreeing == 11)
    }

    @Test("a read before, between and after the steps of an unmapping: where the callback has come to shows in the result")
    func interleaved() throws {
        var before = MadeUp()
        before.opens(1)
        for _ in 0..<2 {
            before.begins(1)
            before.reads(1, 0, 0x400, pages: 64)
        }
        before.changes(2, 0, 0x400, pages: 1024)
        before.closes(1)
        try expectAgreement("two-threads", before)

        // The callback has begun; whether it has set the seq yet shows in what the read gives.
        for result in [0, -16] {
            var between = MadeUp()
            between.opens(1)
            between.begins(1)
            between.starts(2, 0, 0x400, pages: 1024)
            between.reads(1, result, 0x400, pages: 64)
            between.started(2)
            between.ends(2, 0, 0x400, pages: 1024)
            between.begins(1)
            between.reads(1, 0, 0x400, pages: 64)
            between.closes(1)
            try expectAgreement("two-threads", between)
        }
    }

    @Test("a task is one thread: what another does under its name doesn't agree")
    func tasks() throws {
        var recording = MadeUp()
        recording.opens(1)
        recording.changes(1, 0, 0x400, pages: 1024)
        let result = try compared("two-threads", recordedRun(text: recording.text))
        #expect(result.divergence?.line == 6 && result.divergence?.what == "what happens")
    }
}
