import Language
import Machine
import Playback
import Scene
import Simulation
import Testing

@Suite("Filters of the log, and looking for something")
struct FilterAndFindTests {
    private func played(_ name: String, seed: UInt64 = 7, to step: Int = 400) throws -> Simulation {
        var simulation = Simulation(try program(name), seed: seed)
        simulation.jump(to: step)
        return simulation
    }

    private func events(_ simulation: Simulation, kinds: Set<EventKind>? = nil, text: String = "", _ window: RowWindow) -> Rows<EventRow> {
        var request = SceneRequest(events: window)
        request.eventKinds = kinds
        request.eventText = text
        return simulation.scene(for: request).events
    }

    private let all = RowWindow(count: 100_000)

    @Test("a filter lets through what it says, wherever the cursor stands; totals and windows count what is let through")
    func filters() throws {
        var simulation = try played("odp-vs-munmap")
        for step in [400, 90, 250, 30, 400] {
            simulation.jump(to: step)
            let whole = events(simulation, all).rows
            let kinds: Set<EventKind> = [.start, .end, .callback]
            let some = events(simulation, kinds: kinds, all)
            #expect(some.rows == whole.filter { kinds.contains($0.kind) } && some.total == some.rows.count)
            let texts = events(simulation, text: "MUNMAP", all)
            #expect(texts.rows == whole.filter { $0.threadLabel.contains("munmap") || $0.text.contains("munmap") })
            let both = events(simulation, kinds: kinds, text: "umem#1", all)
            #expect(both.rows == whole.filter { kinds.contains($0.kind) && $0.text.contains("umem#1") })
            guard some.total > 5 else { continue }
            let piece = events(simulation, kinds: kinds, RowWindow(offset: 2, count: 3))
            #expect(piece.rows == Array(some.rows.dropLast(2).suffix(3)) && piece.total == some.total)
        }
        #expect(events(simulation, kinds: [], all).rows.isEmpty)
        #expect(events(simulation, text: "no such thing", all).total == 0)
    }

    @Test("the finding is an event like others")
    func finding() throws {
        let program = try program("radeon-gup-unguarded")
        var simulation = Simulation(program, seed: 0)
        for seed in 0..<200 where simulation.finding == nil {
            simulation = Simulation(program, seed: UInt64(seed), policy: .random)
            while simulation.stepForward() {}
        }
        #expect(simulation.finding != nil)
        #expect(events(simulation, kinds: [.finding], all).rows.map(\.kind) == [.finding])
        #expect(events(simulation, text: "no-stale", all).rows.last?.kind == .finding)
        #expect(!events(simulation, kinds: [.start], all).rows.contains { $0.kind == .finding })
    }

    private func find(
        _ simulation: inout Simulation, _ list: FindQuery.List, _ text: String, from: Int = -1, isForward: Bool = true,
        shown: SceneRequest = SceneRequest()
    ) -> (row: Int?, number: Int) {
        var query = FindQuery(list: list, text: text, from: from, isForward: isForward)
        query.shown = shown
        simulation.perform(.find(query))
        let reply = simulation.scene(for: SceneRequest()).reply
        if case .found(query, let row)? = reply?.content { return (row, reply?.number ?? 0) }
        #expect(reply?.content == .notFound(query))
        return (nil, reply?.number ?? 0)
    }

    @Test("the rows found are rows of the lists")
    func lists() throws {
        var simulation = Simulation(try program("ten-thousand", settings: ["notifiers": 40, "pages": 512]), seed: 1)
        simulation.jump(to: 500)
        var request = SceneRequest(tree: all, notifiers: all, threads: all, events: all, code: CodeWindow(count: 10_000))
        request.pages = all
        request.locks = all
        let scene = simulation.scene(for: request)
        let name = scene.notifiers.rows[20].name
        #expect(find(&simulation, .notifiers, name.uppercased()).row == scene.notifiers.rows.firstIndex { $0.name == name })
        #expect(find(&simulation, .tree, name).row == scene.tree.rows.firstIndex { $0.name == name })
        let address = scene.tree.rows[7].range.first
        let hits = scene.tree.rows.indices.filter { scene.tree.rows[$0].range.contains(address) }
        let text = "0x" + String(address, radix: 16)
        #expect(find(&simulation, .tree, text).row == hits.first)
        #expect(find(&simulation, .tree, text, from: scene.tree.total, isForward: false).row == hits.last)
        #expect(find(&simulation, .threads, "t1 ").row == 1)
        let line = try #require(scene.code.lines.first { $0.text.contains("thread") })
        let found = try #require(find(&simulation, .code, "THREAD").row)
        #expect(scene.code.lines[found] == line)
        let event = try #require(scene.events.rows.last).text
        #expect(find(&simulation, .events, event).row == scene.events.rows.firstIndex { $0.text.contains(event) })
        #expect(find(&simulation, .addresses, name).row == Int(scene.notifiers.rows[20].range.first))
    }

    @Test("pages by address and by what is in them; locks; addresses")
    func pagesAndLocks() throws {
        var simulation = try played("odp-vs-munmap", to: 60)
        var request = SceneRequest(addresses: AddressWindow(columns: 32))
        request.pages = all
        request.locks = all
        let scene = simulation.scene(for: request)
        let pages = try #require(scene.pageTables.pages.value)
        let address = try #require(pages.rows.last).address
        #expect(find(&simulation, .pages, "0x" + String(address, radix: 16)).row == pages.total - 1)
        let page = pages.rows[2].cpu.page
        #expect(find(&simulation, .pages, page.uppercased()).row
            == pages.rows.firstIndex { row in row.cpu.page.contains(page) || row.devices.contains { $0.page.contains(page) } })
        let lock = try #require(scene.locks.rows.last)
        #expect(find(&simulation, .locks, lock.name).row == scene.locks.rows.firstIndex { $0.name.contains(lock.name) })
        #expect(find(&simulation, .addresses, "0x12").row == 0x12)
        #expect(find(&simulation, .addresses, "0xffff").row == nil)
        #expect(find(&simulation, .addresses, "UMEM").row == 0x10)
    }

    @Test("it goes on behind or before a row, round the end; replies are numbered; what isn't there isn't found")
    func order() throws {
        var simulation = try played("odp-vs-munmap")
        let rows = events(simulation, all).rows
        let hits = rows.indices.filter { rows[$0].text.contains("umem#1") }
        #expect(hits.count > 3)
        let first = find(&simulation, .events, "umem#1")
        let second = find(&simulation, .events, "umem#1", from: hits[0])
        #expect(first.row == hits[0] && second.row == hits[1] && second.number == first.number + 1)
        #expect(find(&simulation, .events, "umem#1", from: hits[1], isForward: false).row == hits[0])
        #expect(find(&simulation, .events, "umem#1", from: hits[hits.count - 1]).row == hits[0])
        #expect(find(&simulation, .events, "umem#1", from: hits[0], isForward: false).row == hits.last)
        #expect(find(&simulation, .events, "no such thing").row == nil)
        #expect(find(&simulation, .events, "  ").row == nil)
        // Behind a filter the rows are those that are let through.
        var shown = SceneRequest()
        shown.eventKinds = [.callback]
        let callbacks = rows.filter { $0.kind == .callback }
        #expect(find(&simulation, .events, callbacks[0].text, shown: shown).row == 0)
    }
}
