import Language
import Machine
import Playback
import Scene
import Simulation
import Testing

@Suite("What a scene tells of a simulation")
struct ProjectionTests {
    private let request = SceneRequest(
        addresses: AddressWindow(columns: 32, intervals: RowWindow(count: 8)), tree: RowWindow(count: 20),
        notifiers: RowWindow(count: 20), threads: RowWindow(count: 20), events: RowWindow(count: 500),
        code: CodeWindow(count: 20))

    /// Seeds until a step shows what is looked for.
    private func find(
        _ name: String, _ condition: (Scene) -> Bool
    ) throws -> (simulation: Simulation, scene: Scene)? {
        let program = try program(name)
        for seed in 0..<200 {
            var simulation = Simulation(program, seed: UInt64(seed), policy: .random)
            while simulation.stepForward() {
                let scene = simulation.scene(for: request)
                if condition(scene) { return (simulation, scene) }
            }
        }
        return nil
    }

    @Test("a collision: seq odd, the notifier colliding, the reader asleep, a sentence; a step back undoes the sleep")
    func collision() throws {
        let found = try find("odp-vs-munmap") { $0.sleepers.contains { !$0.isWoken } }
        var (simulation, scene) = try #require(found)
        #expect(scene.header.exclusion == .known(.full))
        #expect(scene.header.seq.value.map { $0 % 2 } == 1)
        #expect(scene.header.asleep == 1)
        #expect(scene.notifiers.rows.map(\.state) == [.colliding])
        #expect(scene.notifiers.rows.first?.sleepers == 1)
        #expect(scene.addressSpace.intervals.map(\.state) == [.colliding])
        #expect(scene.sleepers.first?.reason == "read_begin(umem#1)")
        #expect(scene.threads.rows.contains { $0.status == .asleep(on: "read_begin(umem#1)") })
        #expect(scene.events.rows.contains { $0.kind == .collide && $0.text.contains("umem#1") })
        let rows = scene.addressSpace.invalidations
        #expect(rows.map(\.event) == ["UNMAP"])
        #expect(rows.first?.range == AddressRange(0x10, 0x13))
        let collided = try #require(scene.events.rows.last { $0.kind == .collide }).step
        simulation.perform(.jump(to: collided - 1))
        scene = simulation.scene(for: request)
        #expect(scene.sleepers.isEmpty)
        #expect(!scene.events.rows.contains { $0.kind == .collide })
    }

    @Test("the reader wakes and retries")
    func retry() throws {
        let found = try find("odp-vs-munmap") { $0.header.counters.retries > 0 }
        let scene = try #require(found).scene
        #expect(scene.events.rows.contains { $0.kind == .retry })
    }

    @Test("a stale mapping is a mismatch in its column, flagged, and the finding says so")
    func stale() throws {
        let found = try find("radeon-gup-unguarded") { $0.finding != nil }
        let scene = try #require(found).scene
        #expect(scene.finding?.property == "no-stale-spte")
        #expect(scene.position.stopped == "no-stale-spte")
        let stale = scene.addressSpace.devices.flatMap(\.cells).filter { $0.isStale && !$0.isExcused }
        #expect(!stale.isEmpty)
        #expect(scene.finding?.place.contains(":") == true)
    }

    @Test("an insert while seq is odd is seen on the deferred list, and leaves it in the tree")
    func deferredInsert() throws {
        let found = try find("insert-in-flight") { $0.header.deferredInserts == 1 }
        var (simulation, scene) = try #require(found)
        #expect(scene.deferred.map(\.change) == [.insert])
        #expect(scene.tree.total == 1)
        #expect(scene.notifiers.rows.contains { $0.state == .insertDeferred })
        // Seq is even first; then, still under the lock, the tree is changed; then the entry leaves the list.
        while !scene.deferred.isEmpty, simulation.stepForward() {
            scene = simulation.scene(for: request)
            // It is in the tree and on the list for a moment: an insert all the same.
            #expect(scene.deferred.allSatisfy { $0.change == .insert })
            #expect(!scene.notifiers.rows.contains { $0.state == .removalDeferred })
        }
        #expect(scene.tree.total == 2)
        #expect(scene.deferred.isEmpty)
        #expect(scene.header.seq.value.map { $0 % 2 } == 0)
    }

    @Test("a removal while seq is odd is deferred, and the remover sleeps")
    func deferredRemoval() throws {
        let found = try find("remove-in-flight") { scene in
            scene.header.deferredRemovals == 1 && scene.sleepers.contains { $0.reason.hasPrefix("interval_remove") }
        }
        let scene = try #require(found).scene
        #expect(scene.notifiers.rows.contains { $0.state == .removalDeferred })
        #expect(scene.tree.total == 2, "it is still in the tree")
    }

    @Test("what a model can say is what a screen can show")
    func eventKinds() {
        #expect(EventName.all == Set(EventKind.allCases.map(\.rawValue)))
    }

    @Test("windows of rows are pieces of the whole list")
    func windows() throws {
        var simulation = Simulation(try program("ten-thousand", settings: ["notifiers": 40, "pages": 512]), seed: 1)
        simulation.jump(to: 500)
        var whole = SceneRequest(tree: RowWindow(count: 1000), notifiers: RowWindow(count: 1000))
        let all = simulation.scene(for: whole)
        #expect(all.tree.rows.count == all.tree.total)
        #expect(all.tree.total >= 38)
        for offset in [0, 7, 30] {
            whole.tree = RowWindow(offset: offset, count: 5)
            whole.notifiers = RowWindow(offset: offset, count: 5)
            let piece = simulation.scene(for: whole)
            #expect(piece.tree.rows == Array(all.tree.rows[piece.tree.offset..<(piece.tree.offset + 5)]))
            #expect(piece.notifiers.rows == Array(all.notifiers.rows[piece.notifiers.offset..<(piece.notifiers.offset + 5)]))
        }
    }
}
