import Foundation
import Testing

/// `mmuscope selftest`: the table, how it ends, and what it says of a run that parts from a recording.
@Suite("Self-tests") struct SelftestTests {
    private static let text = """
        use kernel/interval_notifier
        use kernel/address_space

        param npages = 2 "pages of a buffer"
        fault no_set_seq "the callback sets no seq"

        driver dev {
            record Dev "dev" pool 2 { notifier: Interval; lock: mutex }
            invalidate(d: Dev, range: Range, cur_seq: seq) -> bool {
                lock d.lock
                if !fault(no_set_seq) { set_seq(d.notifier, cur_seq) }
                unlock d.lock
                return true
            }
        }

        scenario opens {
            "A device is opened and closed."
            thread process {
                let mm = new_mm()
                let d = new dev.Dev
                let ret = interval_insert(d.notifier, mm, 0, VA_MAX)
                interval_remove(d.notifier)
                free d
                mmput(mm)
            }
        }

        scenario counts {
            "A device's notifier is called for each page."
            thread process {
                let mm = new_mm()
                let d = new dev.Dev
                let ret = interval_insert(d.notifier, mm, 0, VA_MAX)
                for page in 1..npages {
                    let range = new Range { mm: mm, start: page, last: page, event: CLEAR, blockable: true }
                    ret = invalidate_range_start(range)
                    invalidate_range_end(range)
                    free range
                    let current = mm.subscriptions.invalidate_seq - 1
                    assert d.notifier.invalidate_seq == current "the device has not heard of {page}"
                }
                interval_remove(d.notifier)
                free d
                mmput(mm)
            }
        }
        """

    private static let file: String = (try? Files.make("own.model", text.utf8)) ?? "/nowhere.model"

    private static func recording(_ name: String) -> String {
        Files.root.appendingPathComponent("Tests/AgreementTests/Recordings/\(name).trace.gz").path
    }

    @Test("a line for each with what it did, and a total; 1024 pages unless told otherwise")
    func table() throws {
        let run = try CommandRun("selftest", "\(Self.file):opens", "\(Self.file):counts")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.lines.count == 4 && run.lines.last == "2 of 2 pass", "\(run.output)")
        let columns = run.lines[2].split(separator: " ")
        #expect(columns.dropFirst().prefix(5).map(String.init) == ["ok", "posted", "1025", "1024", "0"], "\(run.output)")
        let few = try CommandRun("selftest", "\(Self.file):counts", "--pages", "3", "--json")
        let object = try JSONSerialization.jsonObject(with: Data(few.output.utf8)) as? [String: Any]
        #expect(object?["callbacks"] as? Int == 3 && object?["invalidations"] as? Int == 4)
        #expect(object?["pass"] as? Bool == true && object?["failure"] is NSNull)
        #expect((object?["steps"] as? Int ?? 0) > 0)
    }

    @Test("what fails is told below its line, and is exit status 1; a fault is for those that know it")
    func failing() throws {
        let run = try CommandRun("selftest", "\(Self.file):opens", "\(Self.file):counts", "--fault", "no_set_seq")
        #expect(run.status == 1 && run.lines.last == "1 of 2 pass", "\(run.output)")
        #expect(run.lines[1].contains(" ok ") && run.lines[2].contains(" FAIL "))
        #expect(run.lines[3] == "    assertion: the device has not heard of 1", "\(run.lines[3])")
    }

    @Test("a run that does what was recorded agrees; else the first event that differs is told twice, with its line")
    func against() throws {
        let recording = Self.recording("t_hmm_open_close")
        let agreeing = try CommandRun("selftest", "\(Self.file):opens", "--against", recording)
        #expect(agreeing.status == 0 && agreeing.lines.first == "agrees: 9 events", "\(agreeing.output)\(agreeing.errors)")
        #expect(agreeing.output.contains("left out 2: "))
        let parting = try CommandRun("selftest", "\(Self.file):counts", "--against", recording)
        #expect(parting.status == 1 && parting.lines.count == 3, "\(parting.output)\(parting.errors)")
        #expect(parting.lines[0].hasSuffix("after 1 events: what happens"))
        #expect(parting.lines[1].hasPrefix("  recording  line 19  remove"), "\(parting.lines[1])")
        #expect(parting.lines[2].hasPrefix("  model      step "), "\(parting.lines[2])")
    }

    @Test("another test's recording, or another size of the buffer, is said; as JSON too")
    func mistaken() throws {
        let recording = Files.root.appendingPathComponent("assets/traces/t_hmm_anon_read.trace.gz").path
        let other = try CommandRun("selftest", "anon-write", "--against", recording)
        #expect(other.status == 1 && other.output.contains("this is a recording of anon-read, not of anon-write"), "\(other.output)")
        let size = try CommandRun("selftest", "anon-read", "--against", recording, "--pages", "512", "--json")
        #expect(size.status == 1 && size.lines.count == 1, "\(size.output)\(size.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(size.output.utf8)) as? [String: Any]
        let parting = try #require(object?["divergence"] as? [String: Any])
        #expect(object?["agrees"] as? Bool == false && (parting["line"] as? Int ?? 0) > 0)
        #expect(parting["hints"] as? [String] == ["the recording's buffer may have another size: --pages 1024"])
    }

    @Test("what can't be done is one line, and exit status 2", arguments: [
        ["nothing-like-it"], ["FILE:opens", "--pages", "0"], ["FILE:opens", "--fault", "none_such"],
        ["FILE:opens", "--set", "none_such=1"], ["FILE:opens", "FILE:counts", "--against", "OPEN"], ["--against", "OPEN"],
        ["FILE:opens", "--against", "/nowhere.trace.gz"],
    ])
    func usage(_ arguments: [String]) throws {
        let given = arguments.map {
            $0.replacingOccurrences(of: "FILE", with: Self.file)
                .replacingOccurrences(of: "OPEN", with: Self.recording("t_hmm_open_close"))
        }
        let run = try CommandRun(["selftest"] + given)
        #expect(run.status == 2 && run.complaints.count == 1 && run.output.isEmpty, "\(run.output)\(run.errors)")
    }
}

/// Those that the binary carries.
@Suite("The kernel's self-tests") struct KernelSelftestTests {
    @Test("all 30 pass, with as many pages as the kernel's have")
    func all() throws {
        let run = try CommandRun("selftest")
        #expect(run.status == 0 && run.lines.last == "30 of 30 pass", "\(run.output)\(run.errors)")
        // What 5.17 made possible; what was posted and not merged.
        #expect(run.lines.contains { $0.hasPrefix("mixedmap ") && $0.contains(" 6.1 ") })
        #expect(run.lines.contains { $0.hasPrefix("hmm-exclusive-shared ") && $0.contains(" posted ") })
    }

    @Test("a callback that drops no entry fails those that change memory under the device, and not the others")
    func broken() throws {
        let names = ["open-close", "anon-read-prot", "gup-test", "anon-read", "snapshot", "exclusive"]
        let run = try CommandRun(["selftest"] + names + ["--pages", "16", "--fault", "dmirror_keeps_entries"])
        #expect(run.status == 1 && run.lines.last == "3 of 6 pass", "\(run.output)\(run.errors)")
        for (line, name) in zip(run.lines.dropFirst().filter { !$0.hasPrefix(" ") }, names) {
            #expect(line.contains(" ok ") == names.prefix(3).contains(name), "\(line)")
        }
    }

    @Test("the kernel's names do, other scenarios are no self-tests")
    func names() throws {
        let run = try CommandRun("selftest", "open_close", "hmm2.double_map", "exclusive_mprotect", "hmm_gup_test", "--pages", "8")
        #expect(run.status == 0 && run.lines.last == "4 of 4 pass", "\(run.output)\(run.errors)")
        #expect(run.output.contains("hmm-exclusive-mprotect"))
        let other = try CommandRun("selftest", "migrate-vs-dontneed")
        #expect(other.status == 2 && other.errors.contains("there is no self-test 'migrate-vs-dontneed'"), "\(other.errors)")
    }

    @Test("they are listed under their own heading, and can be run and checked as scenarios are")
    func known() throws {
        let list = try CommandRun("list").output
        #expect(list.contains("Self-tests (mmuscope selftest NAME)\n") && list.contains("  anon-write-child-shared "))
        let run = try CommandRun("run", "anon-read", "--headless", "--json")
        #expect(run.status == 0 && run.output.contains("hmm_range_fault("), "\(run.errors)")
        let check = try CommandRun("check", "open-close", "--json")
        #expect(check.status == 0 && check.output.contains("\"verdict\":\"holds\""), "\(check.output)\(check.errors)")
    }
}
