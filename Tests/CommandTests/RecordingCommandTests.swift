import Foundation
import Glibc
import Testing

/// Recordings at the command line: written, killed, replayed.
@Suite("Recording and replaying")
struct RecordingCommandTests {
    /// A path in a folder of its own at which there is nothing.
    private func path(_ name: String) throws -> String {
        let path = try Files.make(name, [])
        try FileManager.default.removeItem(atPath: path)
        return path
    }

    @Test("a replay prints what the run printed", arguments: ["odp-vs-munmap", "remove-vs-last-end", "ten-thousand"])
    func replay(_ name: String) throws {
        let file = try path("run.mmurec")
        let options = name == "ten-thousand" ? ["--set", "notifiers=20", "--set", "pages=256", "--steps", "3000"] : []
        for format in [[], ["--json"]] {
            try? FileManager.default.removeItem(atPath: file)
            let run = try CommandRun(["run", name, "--headless", "--seed", "7", "--record", file] + options + format)
            #expect(run.errors.isEmpty)
            let replay = try CommandRun(["replay", file, "--headless"] + format)
            #expect(replay.output == run.output)
            #expect(replay.status == run.status)
            #expect(replay.errors.isEmpty)
        }
        let verify = try CommandRun("replay", file, "--verify")
        #expect(verify.status == 0)
        #expect(verify.lines.count == 1)
        #expect(verify.output.contains("all as recorded"))
        let current = try CommandRun("replay", file, "--verify", "--current")
        #expect(current.status == 0, "\(current.output)")
        #expect(current.output.contains("today's models do the same"))
    }

    @Test("its line is replayed, also from standard input")
    func line() throws {
        let file = try path("run.mmurec")
        let run = try CommandRun("run", "two-invalidations", "--headless", "--seed", "3", "--record", file)
        let line = try CommandRun("replay", file, "--line")
        #expect(line.output.hasPrefix("mmuscope:1 two-invalidations seed=3 policy=random steps="))
        let text = line.output.trimmingCharacters(in: .newlines)
        #expect(try CommandRun("replay", text, "--headless").output == run.output)
        #expect(try CommandRun("replay", text, "--verify").status == 0)
        let other = text.dropLast(8) + "00000000"
        let astray = try CommandRun("replay", String(other), "--verify")
        #expect(astray.status == 1)
        #expect(astray.output.contains("they lead to another state than they did"))
    }

    @Test("with models that were changed since, it says where they differ")
    func current() throws {
        let model = """
            record Counter { value: u8 }
            scenario two {
                "Two threads count."
                let counter = new Counter
                thread a { for i in 1..9 { counter.value += 1 } }
                thread b { for i in 1..9 { counter.value += 1 } }
                expect holds
            }
            """
        let source = try Files.make("two.model", model.utf8)
        let file = try path("run.mmurec")
        let run = try CommandRun("run", source, "--headless", "--record", file)
        #expect(run.status == 0, "\(run.errors)")
        try model.replacing("b { for i in 1..9 { counter.value += 1", with: "b { for i in 1..9 { counter.value += 2")
            .write(toFile: source, atomically: true, encoding: .utf8)
        #expect(try CommandRun("replay", file, "--verify").status == 0, "the recorded text runs")
        for mode in ["--verify", "--headless"] {
            let current = try CommandRun("replay", file, "--current", mode)
            #expect(current.status == 1)
            #expect((current.output + current.errors).contains("two.model:6"), "\(current.output) \(current.errors)")
        }
        try model.replacing("counter.value", with: "countr.value").write(toFile: source, atomically: true, encoding: .utf8)
        #expect(try CommandRun("replay", file, "--current", "--verify").status == 1)
    }

    @Test(
        "complains in one line",
        arguments: [
            ["replay", "/nowhere.mmurec"], ["replay", "/tmp"], ["replay", Files.recording], ["replay", "mmuscope:1 odp-vs-munmup zap"],
            ["replay", "mmuscope:1 odp-vs-munmap zapp*3"], ["replay", "mmuscope:1 odp-vs-munmap"],
            ["run", "odp-vs-munmap", "--headless", "--record", "/nowhere/x.mmurec"],
            ["run", "odp-vs-munmap", "--headless", "--record", "/tmp"], ["replay", Files.recording, "--json"],
            ["replay", Files.recording, "--line", "--verify"],
        ])
    func usage(_ arguments: [String]) throws {
        let run = try CommandRun(arguments)
        #expect(run.status == 2)
        #expect(run.complaints.count == 1, "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test("a recording that is cut off is replayed up to there, with one line of warning")
    func truncated() throws {
        let file = try path("run.mmurec")
        _ = try CommandRun("run", "odp-vs-munmap", "--headless", "--record", file)
        let bytes = try Data(contentsOf: URL(filePath: file))
        let cut = try CommandRun("replay", try Files.make("cut.mmurec", bytes.dropLast(20)), "--verify")
        #expect(cut.status == 0)
        #expect(cut.complaints.count == 1)
        #expect(cut.errors.contains("damaged or cut off at byte"))
        var newer = bytes
        (newer[6], newer[7]) = (9, ~9)
        let refused = try CommandRun("replay", try Files.make("newer.mmurec", newer), "--verify")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("format 9"))
    }

    @Test("never writes over a file")
    func existing() throws {
        let file = try Files.make("there.mmurec", Array("mine".utf8))
        let run = try CommandRun("run", "odp-vs-munmap", "--headless", "--record", file)
        #expect(run.status == 2)
        #expect(run.complaints.count == 1)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "mine")
    }

    /// How often the program is killed: MMUSCOPE_KILLS, or a hundred times.
    private static let kills = ProcessInfo.processInfo.environment["MMUSCOPE_KILLS"].flatMap { Int($0) } ?? 100

    @Test("killed at any moment, what was written opens and verifies")
    func killed() throws {
        let seed: UInt64 = 0x6B69_6C6C
        var random = SystemSeeded(state: seed)
        let arguments = ["run", "ten-thousand", "--headless", "--set", "notifiers=20", "--set", "pages=256", "--steps", "9000", "--record"]
        let whole = try path("whole.mmurec")
        _ = try CommandRun(arguments + [whole])
        let reference = try Data(contentsOf: URL(filePath: whole))
        // Magic, version, then the head: its kind, a length in groups of seven bits, and a check sum behind it.
        let groups = 1 + reference[9...].prefix { $0 >= 0x80 }.count
        let length = (0..<groups).reduce(0) { $0 | Int(reference[9 + $1] & 0x7F) << (7 * $1) }
        let head = 8 + 1 + groups + length + 4
        var known: [Int: Int32] = [:]
        for round in 0..<Self.kills {
            let file = try path("killed.mmurec")
            // The head is most of the file, and written at once: moments behind it are the ones of interest.
            let size = round % 10 == 0 ? 0 : head - 1 + Int(random.next() % UInt64(reference.count - head))
            try kill(arguments + [file], whenLarger: size, file, after: UInt32(random.next() % 3_000))
            let written = (try? Data(contentsOf: URL(filePath: file))) ?? Data()
            #expect(written == reference.prefix(written.count), "seed \(seed), round \(round)")
            // What was written up to the same byte is the same file.
            if known[written.count] == nil, written.count >= head {
                let verify = try CommandRun("replay", file, "--verify")
                known[written.count] = verify.status
                #expect(verify.status == 0, "seed \(seed), round \(round): \(verify.errors)")
                #expect(verify.complaints.count <= 1)
                #expect(verify.output.contains("all as recorded"))
            }
        }
        #expect(known.count > 1, "moments behind the head were among them")
    }

    /// Starts the program, waits until its file has grown larger than so many bytes (or the program has ended), and kills it a
    /// little later.
    private func kill(_ arguments: [String], whenLarger size: Int, _ file: String, after microseconds: UInt32) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0) }
        var words = ([TerminalSession.program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var process = pid_t()
        let failure = posix_spawn(&process, TerminalSession.program, &actions, nil, &words, environ)
        guard failure == 0 else { throw Spawn.Failure(description: String(cString: strerror(failure))) }
        var status: Int32 = 0
        while waitpid(process, &status, WNOHANG) == 0 {
            var info = stat()
            if stat(file, &info) == 0, Int(info.st_size) > size {
                usleep(microseconds)
                Glibc.kill(process, SIGKILL)
                waitpid(process, &status, 0)
                return
            }
            usleep(100)
        }
    }
}

/// Numbers from a printed seed.
private struct SystemSeeded {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
