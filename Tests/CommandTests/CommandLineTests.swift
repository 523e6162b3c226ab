import Foundation
import Testing

/// The program without a terminal: what it prints, what it complains about, how it ends.
@Suite("Command line")
struct CommandLineTests {
    @Test("names the nearest scenario")
    func unknownScenario() throws {
        let run = try CommandRun("run", "odp-vs-munmup")
        #expect(run.status == 2)
        #expect(run.complaints == ["mmuscope: there is no scenario 'odp-vs-munmup'; did you mean 'odp-vs-munmap'?"])
        #expect(run.output.isEmpty)
    }

    @Test(
        "complains in one line",
        arguments: [
            ["run", "odp-vs-munmap", "--bogus"], ["--bogus"], ["trace"], ["run", "odp-vs-munmap", "--policy", "fair"],
            ["run", "odp-vs-munmap", "--json"], ["run", "odp-vs-munmap", "--theme", "drak"],
            ["run", "odp-vs-munmap", "--size", "80x24"], ["run", "odp-vs-munmap", "--svg", "-", "--size", "8x2"],
            ["run", "odp-vs-munmap", "--svg", "/nowhere/x.svg"], ["run", "odp-vs-munmap", "--headless", "--set", "pages"],
            ["run", "/nowhere.model"], ["run", Files.emptyModel],
        ])
    func usage(_ arguments: [String]) throws {
        let run = try CommandRun(arguments)
        #expect(run.status == 2)
        #expect(run.complaints.count == 1, "\(run.errors)")
        #expect(run.errors.hasPrefix("mmuscope: "))
        #expect(run.output.isEmpty)
    }

    @Test("a model without a scenario is named")
    func emptyModel() throws {
        let run = try CommandRun("run", Files.emptyModel)
        #expect(run.errors == "mmuscope: \(Files.emptyModel): there is no scenario here\n")
    }

    @Test("says what to do without a terminal")
    func noTerminal() throws {
        for arguments in [[], ["run", "odp-vs-munmap"], ["trace", Files.recording]] {
            let run = try CommandRun(arguments)
            #expect(run.status == 2)
            #expect(run.complaints.count == 1)
            #expect(run.errors.contains("not a terminal") && run.errors.contains("--headless"))
            #expect(run.output.isEmpty)
        }
    }

    @Test("a workload that goes on after it was told to rest is a finding")
    func restless() throws {
        let text = "record Box { value: u8 }\nworkload restless {\n    \"It never rests.\"\n    let box = new Box\n"
            + "    thread a { repeat { box.value = 1 } }\n}\n"
        let file = try Files.make("restless.model", text.utf8)
        let run = try CommandRun("run", file, "--headless", "--steps", "10")
        #expect(run.status == 1 && run.complaints.count == 1 && run.errors.contains("did not come to rest"), "\(run.errors)")
    }

    @Test("headless runs are JSON, the same again, and others with another seed")
    func headless() throws {
        func run(_ seed: String) throws -> CommandRun {
            try CommandRun("run", "two-invalidations", "--headless", "--json", "--seed", seed)
        }
        let first = try run("1")
        #expect(first.status == 0)
        #expect(first.errors.isEmpty)
        #expect(first.lines.count > 10)
        var last = 0
        for line in first.lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let step = try #require(object["step"] as? Int)
            #expect(step >= last)
            #expect(object["text"] is String && object["kind"] is String && object["line"] is Int)
            last = step
        }
        #expect(try run("1").output == first.output)
        #expect(try run("2").output != first.output)
    }

    @Test("a finding is exit status 1, and the last line")
    func finding() throws {
        let seed = try #require(try CommandRun.seed(of: "radeon-gup-unguarded", saying: "finding"))
        let run = try CommandRun("run", "radeon-gup-unguarded", "--headless", "--seed", seed)
        #expect(run.status == 1)
        #expect(run.lines.last?.contains("no-stale-spte: ") == true)
    }

    @Test("check --coverage tells the lines and branches that no schedule reaches, as text and as JSON")
    func coverage() throws {
        let scenarios = ["nested-invalidation", "release-vs-fault", "oom-nonblocking"]
        let text = try CommandRun(["check"] + scenarios + ["--coverage"])
        #expect(text.status == 0)
        #expect(text.output.contains("kernel/interval_notifier: not reached\n"))
        // Nobody removes a notifier while an invalidation is in flight.
        let missedLine = /kernel\/interval_notifier:[0-9]+  list_add_head/
        #expect(text.output.firstMatch(of: missedLine) != nil)
        #expect(text.output.contains("  never true  if seq != 0 && "))
        let json = try CommandRun(["check"] + scenarios + ["--coverage", "--json"])
        let last = try #require(json.lines.last)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: [[String: Any]]])
        let files = try #require(object["coverage"])
        let kernel = try #require(files.first { $0["file"] as? String == "kernel/interval_notifier" })
        let lines = try #require(kernel["lines"] as? [String: Int])
        let missed = try #require(kernel["missed"] as? [[String: Any]])
        #expect(try #require(lines["all"]) - (try #require(lines["reached"])) == missed.count)
        #expect(missed.contains { $0["text"] as? String == "list_add_head(subs.deferred_list, sub)" })
    }

    @Test("lists what there is")
    func list() throws {
        let run = try CommandRun("list")
        #expect(run.status == 0)
        for name in ["odp-vs-munmap", "ten-thousand", "d0_mni_tiny.trace.gz"] { #expect(run.output.contains(name)) }
    }

    @Test("lists everything, its text wrapped under its own column", arguments: [80, 100, 120])
    func listAll(_ columns: Int) throws {
        let run = try CommandRun(["COLUMNS=\(columns)"], then: ["list", "--all"])
        #expect(run.status == 0 && run.errors.isEmpty)
        #expect(run.lines.allSatisfy { $0.count <= columns && $0.last != " " })
        // Most of the width is used.
        #expect(run.lines.contains { $0.count > columns - 6 })
        for words in [
            "\nModels (use NAME)", "\nScenarios ", "\nWorkloads ", "\nNamed in the patch series, and here", "\nNamed in the patch series, and not here",
            "\n  drivers/umem_odp  ", "driver radeon_corrected\n", "  000/05:2047-2089   the callback", "  reconstructed      ",
            "  [fails no-use-after-free; holds if vintage >=", "\n  DAX, pmem  ",
        ] {
            #expect(("\n" + run.output).contains(words), "\(words)")
        }
        // A name, or text under a column.
        let columnsOfText = Set(run.lines.map { $0.prefix { $0 == " " }.count })
        #expect(columnsOfText.isSubset(of: [0, 2, 32, 51]))
    }

    @Test("lists everything as JSON, one object a line")
    func listAllAsJSON() throws {
        let run = try CommandRun("list", "--all", "--json")
        #expect(run.status == 0)
        var kinds: [String: Int] = [:]
        for line in run.lines {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let kind = try #require(object["kind"] as? String)
            #expect(object["name"] is String)
            kinds[kind, default: 0] += 1
            if kind == "scenario" {
                let passages = try #require(object["passages"] as? [[String: String]])
                #expect(passages.allSatisfy { $0["place"] != nil && $0["says"] != nil })
                #expect(object["expected"] is String)
            }
            if kind == "outside" { #expect(object["why"] is String) }
        }
        #expect(Set(kinds.keys).isSuperset(of: ["model", "scenario", "workload", "inside", "outside"]))
        #expect(kinds["scenario", default: 0] >= 18)
        for wrong in [["list", "--json"], ["list", "collide", "--all"]] {
            let refused = try CommandRun(wrong)
            #expect(refused.status == 2 && refused.complaints.count == 1 && refused.output.isEmpty)
        }
    }

    @Test("a recording is as many lines as it has events")
    func trace() throws {
        let json = try CommandRun("trace", Files.recording, "--headless", "--json")
        #expect(json.status == 0)
        let text = try CommandRun("trace", Files.recording, "--headless")
        #expect(text.status == 0)
        let told = try #require(text.errors.firstMatch(of: /(\d+) events;/))
        #expect(json.lines.count == Int(told.1))
        for line in json.lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }

    @Test("files that are no recordings are complained about in one line")
    func badFiles() throws {
        let recording = try Data(contentsOf: URL(fileURLWithPath: Files.recording))
        let paths = [
            "/nowhere.trace", "/tmp", try Files.make("picture.png", Array("\u{89}PNG\r\n\u{1a}\n".unicodeScalars.map { UInt8($0.value) }) + [0, 0]),
            try Files.make("stump.gz", recording.prefix(30)), try Files.make("empty.trace", []),
        ]
        for path in paths {
            for mode in [[], ["--headless"]] {
                let run = try CommandRun(["trace", path] + mode)
                #expect(run.status == 2, "\(path): \(run.errors)")
                #expect(run.complaints.count == 1, "\(path): \(run.errors)")
                #expect(run.output.isEmpty)
            }
        }
    }

    @Test("a recording that is cut off is shown up to there, with a warning")
    func truncated() throws {
        let recording = try Data(contentsOf: URL(fileURLWithPath: Files.recording))
        let half = recording.count / 2
        let path = try Files.make("cut.gz", recording.prefix(half))
        let run = try CommandRun("trace", path, "--headless", "--json")
        #expect(run.status == 0)
        // One line, also though the cut goes through a line of the text.
        #expect(run.complaints.count == 1, "\(run.errors)")
        #expect(run.complaints.first?.hasPrefix("mmuscope: \(path): the gzip data is cut off at byte \(half), in line ") == true)
        #expect(run.lines.count > 10)
    }

    @Test("a recording that is damaged is shown up to there, with a warning")
    func damaged() throws {
        var recording = try Data(contentsOf: URL(fileURLWithPath: Files.recording))
        let middle = recording.count / 2
        for index in middle..<(middle + 64) { recording[index] ^= 0xa5 }
        let path = try Files.make("damaged.gz", recording)
        let run = try CommandRun("trace", path, "--headless", "--json")
        #expect(run.status == 0)
        // Lines that were spoilt before the damage showed itself may be told besides.
        #expect(run.complaints.first?.hasPrefix("mmuscope: \(path): the gzip data is damaged at byte ") == true)
    }

    @Test("pictures are the same each time, of the size and theme asked for", arguments: ["dark", "light", "contrast", "mono"])
    func pictures(_ theme: String) throws {
        let path = try Files.make("screen.svg", [])
        let run = try CommandRun(
            "run", "odp-vs-munmap", "--seed", "1", "--at", "60", "--svg", path, "--size", "100x30", "--theme", theme)
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        let written = try String(contentsOfFile: path, encoding: .utf8)
        #expect(written.hasPrefix("<svg ") && written.hasSuffix("</svg>\n"))
        #expect(written.contains("odp-vs-munmap"))
        let again = try CommandRun(
            "run", "odp-vs-munmap", "--seed", "1", "--at", "60", "--svg", "-", "--size", "100x30", "--theme", theme)
        #expect(again.output == written)
    }

    @Test("recordings have pictures too")
    func recordingPicture() throws {
        let run = try CommandRun("trace", Files.recording, "--at", "140", "--svg", "-")
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("<svg "))
    }
}
