import Foundation
import Testing

/// What a schedule ends in, said again by whoever replays it.
@Suite("What a replay ends in") struct EndTests {
    private static let box = "record Box { a: mutex; b: mutex; w: wait_queue; go: bool; x: int }\n"

    static let deadlock = box + """
        scenario deadlock {
            "Each takes what the other waits for."
            let k = new Box
            thread p { lock k.a
                lock k.b
                unlock k.b
                unlock k.a }
            thread q { lock k.b
                lock k.a
                unlock k.a
                unlock k.b }
            expect fails no-deadlock
        }
        """

    static let sleeper = box + """
        scenario sleeper {
            "Nobody wakes it."
            let k = new Box
            thread p { wait_event(k.w, k.go) }
            thread q { k.go = true }
            expect fails no-lost-wakeup
        }
        """

    static let spin = box + """
        scenario spin {
            "It waits for what nobody does."
            let k = new Box
            thread p { while !k.go { k.x = 1 - k.x } }
            expect fails no-livelock
        }
        """

    /// Threads that are blocked for ever beside a daemon that never is.
    static let besideDaemon = deadlock.replacing("scenario deadlock", with: "scenario daemon").replacing(
        "expect fails", with: "daemon thread tick { repeat { k.x = 1 - k.x } }\n    expect fails")

    /// A state folder of its own, removed at the end.
    private func inFolder(_ work: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mmuscope-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try work(folder)
    }

    /// What `check` says to replay: a file, and a line.
    private func replays(_ run: CommandRun) throws -> [String] {
        let start = "  mmuscope replay "
        let found = run.lines.filter { $0.hasPrefix(start) }.map { $0.dropFirst(start.count).filter { $0 != "'" } }
        try #require(found.count == 2, "\(run.output)\(run.errors)")
        return found
    }

    @Test(
        "a deadlock, a lost wake-up and a livelock are told by whoever replays them, and are exit status 1",
        arguments: [(deadlock, "no-deadlock"), (sleeper, "no-lost-wakeup"), (spin, "no-livelock")])
    func told(_ text: String, _ property: String) throws {
        let model = try Files.make("end.model", text.utf8)
        try inFolder { folder in
            let check = try CommandRun(["check", model], state: folder)
            #expect(check.status == 0, "\(check.output)\(check.errors)")
            for what in try replays(check) {
                let replayed = try CommandRun("replay", what, "--headless")
                #expect(replayed.status == 1, "\(what): \(replayed.output)\(replayed.errors)")
                #expect(replayed.lines.last?.contains("\(property): ") == true, "\(what): \(replayed.output)")
                let json = try CommandRun("replay", what, "--headless", "--json")
                #expect(json.status == 1)
                let last = try #require(json.lines.last)
                let object = try #require(try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
                #expect(object["kind"] as? String == "finding" && (object["text"] as? String)?.hasPrefix(property) == true)
                #expect(try CommandRun("replay", what, "--verify").status == 0, "it is as recorded")
                // A file that holds what was found gives a line that does.
                guard what.hasSuffix(".mmurec") else { continue }
                let line = try CommandRun("replay", what, "--line").output.trimmingCharacters(in: .newlines)
                #expect(try CommandRun("replay", line, "--headless").output == replayed.output)
            }
        }
    }

    @Test("who is blocked for ever beside a daemon is told, and what isn't so isn't believed")
    func besideADaemon() throws {
        let model = try Files.make("daemon.model", Self.besideDaemon.utf8)
        func replay(_ rest: String, _ options: String...) throws -> CommandRun {
            try CommandRun(["replay", "mmuscope:1 \(model):daemon \(rest)", "--headless"] + options)
        }
        let stuck = try replay("p,q,tick !no-deadlock:p")
        #expect(stuck.status == 1)
        #expect(stuck.lines.last?.contains("no-deadlock: it waits for ever, whatever tick may do: p waits for") == true, "\(stuck.output)\(stuck.errors)")
        #expect(try replay("p,q,tick").status == 0, "nobody has said so")
        for (rest, words) in [
            ("p,tick !no-deadlock:q", "but it isn't blocked here"), ("p,q,tick !no-livelock:p", "but nothing comes round here"),
        ] {
            let untrue = try replay(rest)
            #expect(untrue.status == 1)
            #expect(untrue.errors.contains("goes astray: check found no-") && untrue.errors.contains(words), "\(untrue.errors)")
        }
        for (rest, words) in [
            ("p !no-deadlock", "isn't what a schedule ends in"), ("p !good:p", "isn't what a schedule ends in"),
            ("p !no-deadlock:pp", "there is no thread 'pp'"),
        ] {
            let wrong = try replay(rest)
            #expect(wrong.status == 2 && wrong.complaints.count == 1 && wrong.errors.contains(words), "\(wrong.errors)")
        }
    }

    @Test("a run whose last step allowed is the last possible says what it has come to")
    func lastStep() throws {
        let model = try Files.make("end.model", Self.deadlock.utf8)
        var failing = 0
        for seed in 0..<20 {
            let options = ["--headless", "--seed", "\(seed)", "--policy", "random"]
            let run = try CommandRun(["run", model] + options)
            guard run.status == 1 else { continue }
            failing += 1
            let steps = try #require(run.lines.last?.split(separator: " ").first)
            let cut = try CommandRun(["run", model, "--steps", String(steps)] + options)
            #expect(cut.status == 1 && cut.output == run.output, "seed \(seed): \(cut.output)")
        }
        #expect(failing > 0)
    }

    // MARK: Lines of files

    /// One run in a folder.
    private func run(in folder: String, state: String? = nil, _ arguments: String...) throws -> CommandRun {
        CommandRun(try Spawn(
            ["env", "-C", folder, "XDG_STATE_HOME=\(state ?? "/dev/null")", "XDG_CONFIG_HOME=/dev/null", TerminalSession.program]
                + arguments))
    }

    @Test("a line of a file's scenario replays elsewhere with --model, and says which file it misses", arguments: ["end.model", "end"])
    func elsewhere(_ name: String) throws {
        let model = try Files.make(name, Self.deadlock.utf8)
        let home = URL(filePath: model).deletingLastPathComponent().path
        try inFolder { folder in
            let line = try replays(try run(in: home, state: folder, "check", name))[1]
            #expect(line.hasPrefix("mmuscope:1 \(name):deadlock "), "\(line)")
            let here = try run(in: home, "replay", line, "--headless")
            #expect(here.status == 1 && here.output.contains("no-deadlock"))
            let missing = try run(in: folder, "replay", line, "--headless")
            #expect(missing.status == 2 && missing.complaints.count == 1 && missing.output.isEmpty)
            for words in ["'deadlock' in the file \(name)", "there is no \(folder)/\(name)", "--model"] {
                #expect(missing.errors.contains(words), "\(missing.errors)")
            }
            #expect(try run(in: folder, "replay", line, "--headless", "--model", model).output == here.output)
            #expect(try run(in: folder, "replay", "mmuscope:1 odp-vs-munmap steps=0", "--headless", "--model", model).status == 2)
            let file = "\(folder)/mmuscope/counterexamples/\(name).mmurec"
            #expect(try run(in: folder, "replay", file, "--headless").output == here.output, "a recording has its text in it")
            #expect(try run(in: folder, "replay", file, "--headless", "--model", model).status == 2)
        }
    }

    @Test("a user's folder that is called as one of the binary's is not taken for it", arguments: ["own.model", "own"])
    func calledAlike(_ name: String) throws {
        let text = Self.deadlock.replacing("scenario deadlock", with: "scenario odp-vs-munmap")
        try inFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/scenarios", withIntermediateDirectories: true)
            try text.write(toFile: "\(folder)/scenarios/\(name)", atomically: true, encoding: .utf8)
            let line = try replays(try run(in: folder, state: folder, "check", "scenarios/\(name)"))[1]
            let again = try run(in: folder, "replay", line, "--headless")
            #expect(again.status == 1 && again.output.contains("no-deadlock"), "\(line): \(again.output)\(again.errors)")
        }
    }

    @Test("the line of a self-test that fails replays")
    func selftest() throws {
        try inFolder { folder in
            let check = try CommandRun(["check", "anon-write", "--fault", "dmirror_keeps_entries"], state: folder)
            #expect(check.status == 1)
            for what in try replays(check) {
                let replayed = try CommandRun("replay", what, "--headless")
                #expect(replayed.status == 1, "\(what): \(replayed.errors)")
                #expect(replayed.lines.last?.contains("no-stale-spte: ") == true, "\(what)")
            }
            let file = try replays(check)[0]
            #expect(try CommandRun("replay", file, "--verify", "--current").status == 0)
        }
    }
}
