import Foundation
import Testing

@testable import KernelTrace

/// Finds a recording among the tests' resources.
func recordingPath(_ name: String) throws -> String {
    let url = Bundle.module.url(forResource: "\(name).trace", withExtension: "gz", subdirectory: "Recordings")
    return try #require(url).path
}

func recording(_ name: String) throws -> TraceRecording { try TraceRecording.open(path: recordingPath(name)) }

@Suite struct RecordingTests {
    @Test func d0HasTheStatedNumbers() throws {
        let summary = try recording("d0_mni_tiny").summary
        #expect(summary.events == 2446)
        #expect(summary.ranges == ["PROTECTION_VMA": 6, "CLEAR": 94, "UNMAP": 18])
        #expect(summary.rangeFaults == [0: 26, -16: 5])
        #expect(([summary.insertsIdle, summary.insertsDeferred, summary.insertsActive] as [Int]) == [36, 34, 2] as [Int])
        #expect(([summary.removesNow, summary.removesDeferred, summary.removesCancelling] as [Int]) == [32, 34, 6] as [Int])
        #expect(summary.collisions == 9)
        #expect(([summary.retriesNeeded, summary.retriesNotNeeded] as [Int]) == [8, 63] as [Int])
        #expect(summary.maxActive == 3)
        #expect(summary.refusedStarts == 0)
        #expect(summary.unknownLines == 0)
    }

    @Test func openCloseHasTheStatedNumbers() throws {
        let recording = try recording("t_hmm_open_close")
        #expect(recording.eventCount == 22)
        #expect(recording.lineCount == 34)
        #expect(recording.summary.ranges == ["UNMAP": 1])
        #expect(recording.summary.mms == 1)
        #expect(recording.notifiers.map(\.name) == ["dmirror#1"])
        #expect(recording.warnings.isEmpty)
        let end = recording.state(after: 22)
        #expect(!end.mms[0].isAlive)
        #expect(end.notifiers.isEmpty)
        let before = recording.state(after: 21)
        #expect(before.mms[0].seq == 2)
        #expect(before.mms[0].active == 0)
        #expect(before.mms[0].isComplete)
    }

    @Test(arguments: [
        ("t_hmm_anon_read", 142, ["CLEAR": 2, "PROTECTION_VMA": 1, "UNMAP": 3], [0: 16]),
        ("t_hmm2_double_map", 222, ["CLEAR": 2, "PROTECTION_VMA": 1, "MIGRATE": 7, "UNMAP": 2], [0: 3, -16: 1]),
        ("t_hmm_mixedmap", 57, ["CLEAR": 2, "UNMAP": 2], [0: 1]),
        ("t_hmm_anon_teardown", 1096, ["CLEAR": 41, "PROTECTION_VMA": 1, "UNMAP": 12], [0: 116, -14: 6, -16: 8]),
        ("d7_hlist_only", 2252, ["CLEAR": 297, "PROTECTION_VMA": 26, "UNMAP": 60, "PROTECTION_PAGE": 54], [:]),
    ] as [(String, Int, [String: Int], [Int: Int])])
    func othersHaveTheStatedNumbers(_ name: String, _ events: Int, _ ranges: [String: Int], _ faults: [Int: Int]) throws {
        let summary = try recording(name).summary
        #expect(summary.events == events)
        #expect(summary.ranges == ranges)
        #expect(summary.rangeFaults == faults)
    }

    @Test(arguments: [
        "d0_mni_tiny", "t_hmm_open_close", "t_hmm_anon_read", "t_hmm2_double_map", "t_hmm_mixedmap",
        "t_hmm_anon_teardown", "d7_hlist_only",
    ])
    func everyRecordingObeysTheRules(_ name: String) throws {
        let report = TraceVerifier.verify(try recording(name))
        #expect(report.divergences == [])
        #expect(report.checks > 0 || name == "d7_hlist_only")
    }

    @Test func plainNotifiersLeaveSeqAndActiveAlone() throws {
        let recording = try recording("d7_hlist_only")
        for count in 1..<recording.eventCount {
            let state = recording.state(after: count)
            guard let mm = state.mms.first, mm.isAlive, mm.hasTree != nil else { continue }
            #expect(mm.hasTree == false)
            #expect(mm.seq == 2)
            #expect(mm.active == 0)
        }
    }

    @Test func unlockedSeqIsKnownOrUnknownButNeverWrong() throws {
        // What callbacks, faults and reads see of a notifier's seq is what the replay says, where it says so.
        for name in ["t_hmm_anon_read", "t_hmm2_double_map", "t_hmm_anon_teardown", "t_hmm_mixedmap"] {
            let recording = try recording(name)
            var state = ReplayState()
            var compared = 0
            for event in 0..<recording.eventCount {
                let occurrence = recording.occurrence(event, sharedFieldTable)
                let fields = occurrence.fields
                if fields.has(.subSeq), let seq = state.notifiers[fields[.sub]]?.seq {
                    if occurrence.kind != .insertUnderLock {
                        #expect(fields[.subSeq] == seq, "\(name), event \(event)")
                        compared += 1
                    }
                }
                _ = state.apply(occurrence)
            }
            #expect(compared > 0)
        }
    }

    @Test func aRecordingThatStartsInTheMiddleKnowsNothingAtFirst() throws {
        let whole = try recording("d0_mni_tiny")
        let start = whole.lines[1000]
        let bytes = withExtendedLifetime(whole) { Array(whole.text.bytes[start...]) }
        let middle = try TraceRecording.read(bytes, name: "middle")
        #expect(TraceVerifier.verify(middle).divergences == [])
        let state = middle.state(after: 1)
        #expect(!(state.mms.first?.isComplete ?? false))
        // From the first event under the lock on, both agree on seq and active.
        let offset = whole.eventCount - middle.eventCount
        for count in stride(from: 200, to: middle.eventCount, by: 97) {
            #expect(middle.state(after: count).mms.last?.seq == whole.state(after: count + offset).mms.last?.seq)
        }
    }

    /// Every insert shows the new node's parent and colour: they are those of our tree.
    private func treeMismatches(_ recording: TraceRecording) -> (compared: Int, mismatches: [Int]) {
        var state = ReplayState()
        var compared = 0
        var mismatches: [Int] = []
        for event in 0..<recording.eventCount {
            let occurrence = recording.occurrence(event, sharedFieldTable)
            let fact = state.apply(occurrence)
            guard occurrence.kind == .insertUnderLock, fact.mm >= 0, state.mms[Int(fact.mm)].isComplete,
                !fact.detail.contains(.postponed)
            else { continue }
            let mm = state.mms[Int(fact.mm)]
            guard let node = mm.members.first(where: { $0.address == occurrence.fields[.sub] })?.node else {
                mismatches.append(event)
                continue
            }
            let parent = mm.tree.parent(of: node).flatMap { parent in mm.members.first { $0.node == parent } }
            let expected = (parent?.address ?? 0) | (mm.tree.isRed(node) ? 0 : 1)
            compared += 1
            if expected != occurrence.fields[.rb] { mismatches.append(event) }
        }
        return (compared, mismatches)
    }

    @Test func theTreeHasTheKernelsShape() throws {
        let (compared, mismatches) = treeMismatches(try recording("d0_mni_tiny"))
        #expect(compared == 38)
        #expect(mismatches == [])
    }

    @Test func everyRecordingOfAFolderIsAsItsReadmeSays() throws {
        guard let folder = ProcessInfo.processInfo.environment["MMUSCOPE_TRACES"] else { return }
        let readme = try String(contentsOfFile: folder + "/README.md", encoding: .utf8)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".trace.gz") }
        #expect(!names.isEmpty)
        for file in names.sorted() {
            let name = String(file.dropLast(".trace.gz".count))
            let line = try #require(
                readme.split(separator: "\n").first { $0.hasPrefix("**\(name)**") || $0.hasPrefix("- \(name):") || $0.hasPrefix("- \(name) ") })
            let stated = try #require(line.split(separator: "[").last?.split(separator: "]").first)
            let recording = try TraceRecording.open(path: folder + "/" + file)
            #expect(statement(recording.summary, like: stated) == String(stated), "\(name)")
            #expect(recording.summary.unknownLines == 0, "\(name)")
            let report = TraceVerifier.verify(recording)
            #expect(report.divergences.prefix(3).isEmpty, "\(name): \(report.divergences.prefix(3))")
            #expect(treeMismatches(recording).mismatches == [], "\(name)")
            let json = jsonLineCount(recording)
            #expect(json == recording.eventCount, "\(name)")
        }
    }

    /// The summary in the README's words: the parts that the README states, in its order.
    private func statement(_ summary: TraceSummary, like stated: Substring) -> String {
        stated.split(separator: ";").map { part -> String in
            let part = part.drop { $0 == " " }
            let words = part.split(separator: " ")
            func pairs(_ title: String, _ separator: String, _ counts: [String: Int]) -> String {
                let keys = part.dropFirst(title.count + 1).split(separator: " ").compactMap { $0.split(separator: separator[separator.startIndex]).first }
                var all = counts
                let text = keys.map { key in "\(key)\(separator)\(all.removeValue(forKey: String(key)) ?? 0)" }
                return "\(title) \((text + all.map { "\($0.key)\(separator)\($0.value)" }).joined(separator: " "))"
            }
            if part.hasPrefix("ranges") { return pairs("ranges", "=", summary.ranges) }
            if part.hasPrefix("nested") { return pairs("nested in one task", "=", summary.nested) }
            if part.hasPrefix("hmm_range_fault") {
                return pairs(
                    "hmm_range_fault returns", ":",
                    Dictionary(uniqueKeysWithValues: summary.rangeFaults.map { ("\($0.key)", $0.value) }))
            }
            if part.hasPrefix("inserts") {
                return "inserts idle/odd-deferred/active-even \(summary.insertsIdle)/\(summary.insertsDeferred)/\(summary.insertsActive)"
            }
            if part.hasPrefix("removes") {
                return "removes now/deferred/cancelling \(summary.removesNow)/\(summary.removesDeferred)/\(summary.removesCancelling)"
            }
            if part.hasPrefix("read_begin") { return "read_begin collided \(summary.collisions)" }
            if part.hasPrefix("retry") { return "retry 1/0 \(summary.retriesNeeded)/\(summary.retriesNotNeeded)" }
            if part.hasPrefix("max") { return "max active \(summary.maxActive)" }
            if part.hasPrefix("refused") { return "refused starts (-11) \(summary.refusedStarts)" }
            return words.count == 2 && words[1] == "events" ? "\(summary.events) events" : "?"
        }.joined(separator: "; ")
    }

    private func jsonLineCount(_ recording: TraceRecording) -> Int {
        var lines = 0
        TraceHeadless(recording, format: .json).run { piece in lines += piece.count { $0 == 10 } }
        return lines
    }
}
