import Language
import Machine
import Playback
import Scene
import Simulation
import Testing

@Suite("Page tables, page by page")
struct PageTableTests {
    private static func request(_ window: RowWindow = RowWindow(count: 100)) -> SceneRequest {
        var request = SceneRequest(addresses: AddressWindow(columns: 64))
        request.pages = window
        request.specialPages = window
        return request
    }

    private func find(
        _ name: String, settings: [String: Int64] = [:], _ isDone: (Scene) -> Bool
    ) throws -> Scene {
        let program = try program(name, settings: settings)
        for seed in 0..<200 {
            var simulation = Simulation(program, seed: UInt64(seed), policy: .random)
            while simulation.stepForward() {
                let scene = simulation.scene(for: Self.request())
                if isDone(scene) { return scene }
            }
        }
        throw MissingScenario(name: "\(name) as it was looked for")
    }

    private func rows(_ scene: Scene) -> [PageRow] { scene.pageTables.pages.value?.rows ?? [] }
    private func special(_ scene: Scene) -> [PageRow] { scene.pageTables.special.value?.rows ?? [] }

    @Test("an exclusive entry tells whose it is, and its page who has it locked")
    func exclusive() throws {
        let scene = try find("exclusive-fault-revokes") { scene in
            rows(scene).contains { $0.cpu.cell == .exclusive && $0.cpu.owner != nil }
        }
        let row = try #require(rows(scene).first { $0.cpu.cell == .exclusive })
        #expect(row.address == 2 && row.isSpecial && row.cpu.isWritable)
        #expect(row.cpu.page.hasPrefix("page#"))
        #expect(row.cpu.note.contains("mapcount 0") && row.cpu.note.contains("refs "))
        #expect(scene.pageTables.devices.contains(row.cpu.owner ?? ""))
        let device = try #require(row.devices.first)
        #expect(device.cell.entry == .exclusive && device.page == row.cpu.page && device.reason.isEmpty)
        let locked = try find("exclusive-fault-revokes") { scene in
            rows(scene).contains { $0.cpu.cell == .exclusive && $0.cpu.note.contains("locked by T0 device") }
        }
        #expect(rows(locked).contains { $0.cpu.cell == .exclusive })
    }

    @Test("a stale entry tells why, and what excuses it")
    func stale() throws {
        let program = try compile(SourceFile(name: "kinds", text: EntryKindTests.text), modules: { _ in nil })
        var simulation = Simulation(program, seed: 1, policy: .random)
        while simulation.stepForward() {}
        let scene = simulation.scene(for: Self.request())
        let reasons = Dictionary(uniqueKeysWithValues: rows(scene).map { ($0.address, $0.devices[0].reason) })
        #expect(reasons[0] == "the CPU has nothing here; UNMAP of T0 t is still in flight over it")
        #expect(reasons[2] == "the CPU's entry is read-only")
        #expect(reasons[4] == "the CPU's page is being moved")
        #expect(reasons[7] == "the CPU's entry is poisoned")
        #expect(reasons[9] == "the CPU has nothing here")
        #expect([1, 3, 5, 6, 8].allSatisfy { reasons[$0] == "" } && reasons[10] == nil)
        #expect(rows(scene).filter(\.isSpecial).map(\.address) == [3, 4, 5, 6, 7])
        #expect(rows(scene).filter { $0.devices[0].cell.isExcused }.map(\.address) == [0])
        #expect(special(scene).map(\.address) == [0, 2, 3, 4, 5, 6, 7, 9])
        // What the axis shows of the same pages is the same.
        let cells = try #require(scene.addressSpace.devices.first).cells
        for row in rows(scene) { #expect(row.devices[0].cell == cells[Int(row.address)]) }
    }

    @Test("an entry that has another page than the CPU's tells which the CPU has")
    func otherPage() throws {
        let scene = try find("radeon-gup-unguarded") { scene in
            rows(scene).contains { $0.devices.contains { $0.reason.hasPrefix("the CPU has page#") } } || scene.finding != nil
        }
        let entry = try #require(rows(scene).flatMap(\.devices).first { $0.cell.isStale })
        #expect(!entry.page.isEmpty && entry.reason.hasPrefix("the CPU"))
    }

    @Test("a page under migration tells where it goes; one in the swap that it is there")
    func elsewhere() throws {
        let moving = try find("migrate-vs-device-fault") { scene in
            rows(scene).contains { $0.cpu.cell == .migration && $0.cpu.note.contains("being moved to page#") }
        }
        #expect(rows(moving).contains { $0.isSpecial })
        let swapped = try find("device-vs-reclaim") { scene in rows(scene).contains { $0.cpu.cell == .swapped } }
        let row = try #require(rows(swapped).first { $0.cpu.cell == .swapped })
        #expect(row.isSpecial && row.cpu.note.contains("its slot in the swap") && row.cpu.page.hasPrefix("page#"))
    }

    @Test("the special ones beside all of them; windows are pieces of the whole list, and totals are right")
    func windows() throws {
        let whole = try find("exclusive-fault-revokes") { scene in rows(scene).contains(where: \.isSpecial) }
        #expect(special(whole) == rows(whole).filter { row in row.isSpecial || row.devices.contains { $0.cell.isStale } })
        #expect(whole.pageTables.special.value?.total == special(whole).count)
        #expect(whole.pageTables.pages.value?.total == rows(whole).count)
        var simulation = Simulation(try program("odp-vs-munmap"), seed: 1)
        simulation.jump(to: 5)
        let all = simulation.scene(for: Self.request()).pageTables
        let piece = simulation.scene(for: Self.request(RowWindow(offset: 2, count: 3))).pageTables
        #expect(all.pages.value?.total == 8 && all.special.value?.total == 0)
        #expect(piece.pages.value?.rows == all.pages.value.map { Array($0.rows[2..<5]) })
        #expect(piece.pages.value?.total == 8 && piece.pages.value?.offset == 2)
        #expect(all.pages.value?.rows.map(\.address) == Array(0x10...0x17))
        #expect(all.devices == ["umem#1 mtt"])
        #expect(simulation.scene(for: SceneRequest()).pageTables == PageTables())
    }
}
