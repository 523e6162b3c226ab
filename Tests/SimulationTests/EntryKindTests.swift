import Language
import Machine
import Playback
import Scene
import Simulation
import Testing

/// Every kind of CPU entry, device entries over them, VMAs of each kind, and two address spaces: made up, so that it stays
/// as it is when the library's models change.
@Suite("Kinds of entries, VMAs and address spaces in a scene")
struct EntryKindTests {
    static let text = """
        param pages = 12
        enum Pte { NONE, PRESENT, SWAPPED, MIGRATION, DEVICE_PRIVATE, DEVICE_EXCLUSIVE, HWPOISON, SPECIAL }
        enum VmaKind { ANON, FILE, SHARED, HUGETLB }
        enum Event { UNMAP, CLEAR }
        record Page "page" pool 16 { data: u8 }
        record Vma "vma" pool 8 { start: u32; last: u32; kind: VmaKind; readable: bool; writable: bool; locked: bool; thp: bool }
        record Interval { mm: ref MM; start: u32; last: u32; invalidate_seq: wrapping 64 }
        record Range { mm: ref MM; start: u32; last: u32; event: Event; blockable: bool; in_flight: bool }
        record Subscriptions "subscriptions" {
            has_itree: bool; invalidate_seq: wrapping 64; active_invalidate_ranges: u8
            itree: interval_set of Interval; deferred_list: list of Interval
        }
        record MM "mm" pool 3 {
            vmas: interval_set of Vma
            watched pte: ref Page[pages]; watched pte_write: bool[pages]; watched pte_kind: Pte[pages]
            subscriptions: ref Subscriptions
        }
        record Device "dev" {
            mm: ref MM
            device spte: ref Page[pages] of mm writable spte_write
            spte_write: bool[pages]; spte_atomic: bool[pages]
        }
        map(mm: MM, page: int, kind: Pte, write: bool) {
            mm.pte_kind[page] = kind; mm.pte_write[page] = write; mm.pte[page] = new Page
        }
        copy(dev: Device, page: int, write: bool, atomic_access: bool) {
            dev.spte[page] = dev.mm.pte[page]; dev.spte_write[page] = write; dev.spte_atomic[page] = atomic_access
        }
        area(mm: MM, page: int, kind: VmaKind, readable: bool, writable: bool, locked: bool, thp: bool) {
            let vma = new Vma { start: page, last: page + 1, kind: kind, readable: readable, writable: writable, locked: locked, thp: thp }
            tree_insert(mm.vmas, vma)
        }
        scenario kinds {
            let other = new MM
            let mm = new MM
            let dev = new Device
            let range = new Range
            thread t {
                dev.mm = mm
                map(mm, 0, NONE, true)
                map(mm, 1, PRESENT, true)
                map(mm, 2, PRESENT, false)
                mm.pte_kind[3] = SWAPPED
                map(mm, 4, MIGRATION, true)
                map(mm, 5, DEVICE_PRIVATE, true)
                map(mm, 6, DEVICE_EXCLUSIVE, true)
                map(mm, 7, HWPOISON, true)
                map(mm, 8, SPECIAL, false)
                for page in 0..8 { copy(dev, page, page != 8, page == 6) }
                dev.spte[9] = mm.pte[1]
                area(mm, 0, ANON, true, true, false, false)
                area(mm, 2, FILE, true, false, true, false)
                area(mm, 4, SHARED, true, true, false, true)
                area(mm, 6, HUGETLB, false, false, false, false)
                mm.subscriptions = new Subscriptions
                other.pte_kind[5] = SWAPPED
                range.mm = mm; range.start = 0; range.last = 0; range.in_flight = true
            }
        }
        """

    private func scene(_ text: String = text, mm: Int? = nil, columns: Int = 12, scale: UInt64? = nil) throws -> Scene {
        let program = try compile(SourceFile(name: "kinds", text: text), modules: { _ in nil })
        var simulation = Simulation(program, seed: 1, policy: .random)
        while simulation.stepForward() {}
        #expect(simulation.finding == nil)
        return simulation.scene(for: SceneRequest(
            mmIndex: mm, addresses: AddressWindow(columns: columns, origin: 0, unitsPerColumn: scale)))
    }

    @Test("a CPU entry is what its kind says, whatever page it has")
    func cpuEntries() throws {
        #expect(try scene().addressSpace.cpuPTEs.value == [
            .none, .writable, .readable, .swapped, .migration, .devicePrivate, .exclusive, .poisoned, .readable, .none, .none, .none,
        ])
    }

    @Test("a device's entry is stale where the CPU's is none that it may follow, has another page, or forbids writing")
    func deviceEntries() throws {
        let cells = try #require(try scene().addressSpace.devices.first).cells
        #expect(cells.map(\.entry) == [
            .writable, .writable, .writable, .none, .writable, .writable, .exclusive, .writable, .readable, .readable, .none, .none,
        ])
        // 0: empty; 2: read-only; 4: under migration; 7: poisoned; 9: another page.
        #expect(cells.indices.filter { cells[$0].isStale } == [0, 2, 4, 7, 9])
        #expect(cells.indices.filter { cells[$0].isExcused } == [0])
    }

    @Test("a column of several pages shows the rarest")
    func columns() throws {
        let space = try scene(columns: 3, scale: 4).addressSpace
        #expect(space.cpuPTEs.value == [.swapped, .poisoned, .readable])
        #expect(space.devices.first?.cells.map(\.entry) == [.writable, .exclusive, .readable])
    }

    @Test("a VMA tells protection, kind and what else is special")
    func vmas() throws {
        #expect(try scene().addressSpace.vmas.value?.map(\.label) == [
            "rw anon", "r file locked", "rw shared thp", "none hugetlb",
        ])
    }

    @Test("the mm with notifiers is shown first, and each that is asked for")
    func addressSpaces() throws {
        let first = try scene()
        #expect(first.header.mm == "mm#2" && first.header.mmCount == 2 && first.header.mmIndex == 1)
        let other = try scene(mm: 0)
        #expect(other.header.mm == "mm#1" && other.header.mmIndex == 0)
        #expect(other.addressSpace.cpuPTEs.value?.firstIndex(of: .swapped) == 5)
        #expect(other.addressSpace.devices.isEmpty && other.addressSpace.invalidations.isEmpty)
        #expect(try scene(mm: 7).header.mmIndex == 1)
    }

    @Test("a model that keeps no kinds has entries that are mapped or not")
    func withoutKinds() throws {
        let plain = Self.text.split(separator: "\n").map { line in
            line.replacing("; watched pte_kind: Pte[pages]", with: "").replacing("mm.pte_kind[page] = kind; ", with: "")
        }.filter { !$0.contains("pte_kind") }.joined(separator: "\n")
        let space = try scene(plain).addressSpace
        #expect(space.cpuPTEs.value?.prefix(5) == [.writable, .writable, .readable, .none, .writable])
        let cells = try #require(space.devices.first).cells
        #expect(cells.indices.filter { cells[$0].isStale } == [2, 9])
    }
}
