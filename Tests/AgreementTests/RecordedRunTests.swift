import KernelTrace
import Testing

@testable import Agreement

@Suite("A recording as events to compare") struct RecordedRunTests {
    private func count(_ run: RecordedRun, _ action: AgreementEvent.Action) -> Int {
        run.entries.count { $0.event.action == action }
    }

    @Test("each event that tells something is there once")
    func everything() throws {
        let run = try recordedRun("t_hmm2_double_map")
        #expect(count(run, .start) == 12 && count(run, .end) == 12)
        // The release is counted too, though it is no range.
        #expect(count(run, .counted) == 13 && count(run, .even) + count(run, .countedOff) == 13)
        #expect(count(run, .rangeFault) == 4 && count(run, .readBegin) == 4)
        #expect(count(run, .migrate) == 7 && count(run, .deviceFault) == 6)
        #expect(count(run, .insert) == 2 && count(run, .remove) == 2 && count(run, .release) == 1)
        #expect(run.entries.filter { $0.event.action == .migrate }.map { $0.event[.collected] } == [6, 1, 1, 1, 1, 1, 1])
        #expect(run.leftOut == [.migrateDeviceRange: 2, .migrateDevicePages: 2, .destroy: 1])
        for entry in run.entries { #expect(entry.event.first == nil || entry.event.last != nil) }
    }

    @Test("results are told with the pages and the notifier of their call")
    func calls() throws {
        let run = try recordedRun("t_hmm_anon_read_prot")
        let faults = run.entries.filter { $0.event.action == .rangeFault }.map(\.event)
        #expect(faults.map { $0[.result] } == [-14])
        #expect(faults.allSatisfy { $0.notifier != nil && $0.first == 0x7_fbee_6e6a && $0.last == 0x7_fbee_6ea9 })
        let exclusive = try recordedRun("t_hmm_exclusive")
        let made = exclusive.entries.filter { $0.event.action == .exclusive }.map(\.event)
        #expect(made.count == 16 && made.allSatisfy { $0[.result] == 64 })
        for event in made { #expect(try #require(event.last) - #require(event.first) == 63) }
        #expect(count(exclusive, .restore) == 1024)
    }

    @Test("events that nobody has explained are not passed over")
    func unexplained() throws {
        let run = try recordedRun(text: MadeUp.withPlainNotifier)
        #expect(throws: AgreementError.unexplained([.plainStart])) { try compared("open-close", run) }
        #expect(throws: AgreementError.incomplete) {
            try compared("open-close", recordedRun(text: MadeUp.withGap))
        }
    }
}

extension MadeUp {
    static var withPlainNotifier: String {
        var recording = MadeUp()
        recording.opens(1)
        recording.add(1, "hl_start", "mn=0x1 mm=0x6000 start=0x0 end=0x1000 event=0")
        return recording.text
    }

    static var withGap: String {
        var recording = MadeUp()
        recording.opens(1)
        return recording.text + "CPU:0 [LOST 12 EVENTS]\n"
    }
}
