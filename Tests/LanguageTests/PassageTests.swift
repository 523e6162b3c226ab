import Language
import Models
import Testing

@Suite("What models follow")
struct PassageTests {
    @Test("places are read", arguments: [
        ("000/02:1018-1032", Passage.Place.seed(0, patch: 2, lines: [1018...1032])),
        ("000/02", .seed(0, patch: 2, lines: [])), ("004:74", .seed(4, patch: nil, lines: [74...74])),
        ("003/05:2136-2140,2225", .seed(3, patch: 5, lines: [2136...2140, 2225...2225])), ("001", .seed(1, patch: nil, lines: [])),
        ("6.1", .kernel(major: 6, minor: 1)), ("5.18", .kernel(major: 5, minor: 18)), ("reconstructed", .reconstructed),
    ])
    func reads(_ text: String, _ place: Passage.Place) {
        #expect(Passage(text)?.place == place)
    }

    @Test("other forms are refused", arguments: [
        "", "0/02", "0000", "000/2", "000/", "000:", "000/02:", "000/02:0", "000/02:9-3", "000/02:5,4", "000/02:3-5,5", "000/02:1-2-3",
        "000/02/03", "000/02:1:2", "6", "6.", "6.1.2", "6.100", "Reconstructed", " 000", "000/02: 1", "000/+2", "000/02:1234567", "٠٠٠",
    ])
    func refuses(_ text: String) {
        #expect(Passage(text) == nil)
    }

    @Test("a text's outline tells its summary, its passages and its drivers'")
    func outlines() {
        let text = """
            // What it is: 6.1 and others. And more
            // of that.
            use kernel/interval_notifier
            source "000/02:3-4,9" "all of it"
            driver one {
                source "6.1"
                record R { n: int }
            }
            driver two { record R { n: int } }
            inside "a thing" kernel/interval_notifier "its half"
            outside "another" "nobody asked"
            scenario s {
                "It is."
                source "reconstructed" "made up"
                thread t { let x = 1 }
                expect holds
                expect fails assertion if vintage < (1 + 2)
            }
            """
        let outline = moduleOutline(of: SourceFile(name: "mine", text: text))
        #expect(outline.summary == "What it is: 6.1 and others.")
        #expect(outline.passages == [Passage("000/02:3-4,9", says: "all of it")].compactMap { $0 })
        #expect(outline.drivers.map(\.name) == ["one", "two"])
        #expect(outline.drivers.map(\.passages) == [[Passage("6.1")].compactMap { $0 }, []])
        #expect(outline.scope.map(\.name) == ["a thing", "another"])
        #expect(outline.scope.map(\.model) == ["kernel/interval_notifier", nil])
        #expect(outline.scope.map(\.note) == ["its half", "nobody asked"])
        #expect(outline.scenarios.map(\.passages) == [[Passage("reconstructed", says: "made up")].compactMap { $0 }])
        #expect(outline.scenarios.first?.exceptions.map(\.condition) == ["vintage < (1 + 2)"])
        #expect(lint(text).isEmpty)
    }

    @Test("a text without a comment, or with one that doesn't end, has a summary all the same", arguments: [
        ("use a", ""), ("// No stop", "No stop"), ("// Two\n// lines\n//\n// of it.", "Two lines"), ("//", ""),
    ])
    func summaries(_ text: String, _ summary: String) {
        #expect(moduleOutline(of: SourceFile(name: "mine", text: text)).summary == summary)
    }

    @Test("it is no statement: the compiled program is the same without it")
    func isNoStep() throws {
        func compiled(_ source: String) throws -> Program {
            let text = "\(source)\nscenario s {\n\(source)\n thread t { let x = 1 }\n }"
            return try compile(SourceFile(name: "mine", text: text), modules: modules)
        }
        let with = try compiled("source \"000/02:7\" \"says\"")
        let without = try compiled("")
        #expect(with.statements.count == without.statements.count)
        #expect(with.instructions == without.instructions)
        #expect(with.slotCount == without.slotCount)
    }
}

/// Every model and scenario says what it follows.
@Suite("The library's passages")
struct LibraryPassageTests {
    static let outlines = modelPaths.map { path in
        (path: path, outline: moduleOutline(of: SourceFile(name: path, text: Asset.named("\(path).model")?.text ?? "")))
    }

    /// Lines of each seed, and from which line to which each of its patches goes.
    static let seeds: [Int: (lines: Int, patches: [Int: ClosedRange<Int>])] = [
        0: (6980, [
            1: 127...266, 2: 267...1195, 3: 1196...1339, 4: 1340...1484, 5: 1485...2315, 6: 2316...2654, 7: 2655...2981,
            8: 2982...3237, 9: 3238...3576, 10: 3577...3708, 11: 3709...4294, 12: 4295...4856, 13: 4857...5626, 14: 5627...5983,
        ]),
        1: (235, [:]),
        2: (1, [:]),
        3: (3941, [
            1: 113...526, 2: 527...1009, 3: 1010...1140, 4: 1141...1695, 5: 1696...2345, 6: 2346...2784, 7: 2785...2888,
            8: 2889...3146,
        ]),
        4: (120, [:]),
    ]

    static let passages: [(owner: String, passage: Passage)] = outlines.flatMap { module in
        module.outline.passages.map { (module.path, $0) }
            + module.outline.drivers.flatMap { driver in driver.passages.map { ("\(module.path): \(driver.name)", $0) } }
            + module.outline.scenarios.flatMap { scenario in scenario.passages.map { (scenario.name, $0) } }
    }

    @Test("every model and every scenario has one")
    func complete() {
        for module in Self.outlines where module.path != "scope" {
            for driver in module.outline.drivers { #expect(!driver.passages.isEmpty, "\(module.path): \(driver.name)") }
            for scenario in module.outline.scenarios { #expect(!scenario.passages.isEmpty, "\(scenario.name)") }
            if module.outline.drivers.isEmpty, module.outline.scenarios.isEmpty {
                #expect(!module.outline.passages.isEmpty, "\(module.path)")
            }
            #expect(!module.outline.summary.isEmpty, "\(module.path)")
        }
    }

    @Test("a model's summary is one sentence, and short", arguments: outlines.map(\.path))
    func summaries(_ path: String) throws {
        let summary = try #require(Self.outlines.first { $0.path == path }).outline.summary
        #expect(summary.hasSuffix("."))
        #expect(summary.count < 240)
    }

    @Test("lines lie inside of the seed, and of the patch that is named")
    func lines() {
        for (owner, passage) in Self.passages {
            guard case .seed(let number, let patch, let lines) = passage.place else { continue }
            guard let seed = Self.seeds[number] else {
                Issue.record("\(owner): there is no seed \(passage.text)")
                continue
            }
            var whole = 1...seed.lines
            if let patch {
                guard let part = seed.patches[patch] else {
                    Issue.record("\(owner): there is no patch \(passage.text)")
                    continue
                }
                whole = part
            }
            for range in lines {
                #expect(whole.lowerBound <= range.lowerBound && range.upperBound <= whole.upperBound, "\(owner): \(passage.text)")
            }
        }
    }

    @Test("what is said to be in a model is in one that there is")
    func scope() {
        let entries = Self.outlines.flatMap(\.outline.scope)
        #expect(entries.count > 20)
        for entry in entries { #expect(entry.model.map(modelPaths.contains) ?? true, "\(entry.name)") }
        #expect(Set(entries.map(\.name)).count == entries.count)
    }
}
