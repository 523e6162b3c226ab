import Playback
import Scene
import Testing

@testable import KernelTrace

/// A small generator with a seed to print: failures can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct PlayerTests {
    static let full = SceneRequest(
        addresses: AddressWindow(columns: 80, intervals: RowWindow(offset: 0, count: 100)),
        tree: RowWindow(offset: 0, count: 100), notifiers: RowWindow(offset: 0, count: 100),
        threads: RowWindow(offset: 0, count: 100), events: RowWindow(offset: 0, count: 20),
        code: CodeWindow(count: 20))

    @Test func aWalkBackAndForthIsAFreshReplay() throws {
        let recording = try recording("d0_mni_tiny")
        var states = [ReplayState()]
        for event in 0..<recording.eventCount {
            var next = states[event]
            recording.advance(&next, from: event, to: event + 1)
            states.append(next)
        }
        let seed = UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        var player = TracePlayer(recording)
        for _ in 0..<2000 {
            let before = player.position
            switch Int.random(in: 0..<8, using: &random) {
            case 0: player.perform(.jump(to: Int.random(in: -5..<recording.eventCount + 5, using: &random)))
            case 1, 2, 3: player.perform(.back)
            case 4: player.perform(.nextEvent)
            case 5: player.perform(.previousEvent)
            case 6: player.perform(.stepThread(ThreadID(Int.random(in: 0..<8, using: &random))))
            default:
                player.perform(.step)
                #expect(player.position == min(before + 1, recording.eventCount))
            }
            #expect(player.state == states[player.position], "seed \(seed), at \(player.position)")
        }
    }

    @Test func checkpointsAreThinnedAndStillRight() throws {
        let recording = try recording("d0_mni_tiny")
        var checkpoints = Checkpoints()
        checkpoints.budget = 12_000
        var states = [ReplayState()]
        checkpoints.offer(states[0], after: 0)
        for event in 0..<recording.eventCount {
            var next = states[event]
            recording.advance(&next, from: event, to: event + 1)
            states.append(next)
            checkpoints.offer(next, after: event + 1)
        }
        #expect(checkpoints.spacing > 512)
        for target in stride(from: 0, to: recording.eventCount, by: 100) {
            let (state, count) = checkpoints.nearest(to: target)
            #expect(count <= target && target - count < checkpoints.spacing)
            #expect(state == states[count])
        }
    }

    @Test func endsAndInterestingEvents() throws {
        let recording = try recording("t_hmm_open_close")
        var player = TracePlayer(recording)
        player.perform(.back)
        #expect(player.position == 0)
        player.perform(.nextEvent)
        #expect(player.position == 12)  // release
        player.perform(.nextEvent)
        #expect(player.position == 12)
        #expect(player.scene(for: Self.full).message != nil)
        player.perform(.jumpToEnd)
        player.perform(.step)
        #expect(player.position == 22)
        #expect(player.scene(for: Self.full).position.stopped != nil)
        player.perform(.previousEvent)
        #expect(player.position == 12)
        player.perform(.jumpToStart)
        player.perform(.run)
        #expect(player.isRunning)
        #expect(player.advance(by: 20) == 20)
        #expect(player.advance(by: 20) == 2)
        #expect(!player.isRunning)
    }

    @Test func callsCanBeSteppedOverAndLeft() throws {
        let recording = try recording("t_hmm_open_close")
        var player = TracePlayer(recording)
        player.perform(.step)  // in insert
        player.perform(.finishFunction)
        #expect(player.position == 5)  // behind insert_ret
        player.perform(.jump(to: 1))
        player.perform(.stepOver)
        #expect(player.position == 3)  // behind register_ret
    }

    @Test func theStartIsUnknown() throws {
        let player = TracePlayer(try recording("d0_mni_tiny"))
        let scene = player.scene(for: Self.full)
        #expect(scene.header.seq == .unknown)
        #expect(scene.header.mm == nil)
        #expect(scene.notifiers.total == 0)
        #expect(scene.events.rows.isEmpty)
        #expect(scene.addressSpace.vmas == .unknown)
    }

    @Test func aSceneInTheMiddle() throws {
        let recording = try recording("d0_mni_tiny")
        var player = TracePlayer(recording)
        // The first sleeper.
        let event = try #require((0..<recording.eventCount).first { recording.facts[$0].row == .collide })
        player.perform(.jump(to: event + 1))
        let scene = player.scene(for: Self.full)
        #expect(scene.header.exclusion == .known(.full))
        // Two removes were deferred before.
        #expect(scene.header.asleep == 3)
        #expect(scene.sleepers.map { String($0.reason.prefix(8)) } == ["remove(m", "remove(m", "read_beg"])
        #expect(scene.header.deferredRemovals == 2)
        #expect(scene.tree.rows.count == scene.tree.total)
        #expect(scene.header.subscriptions == scene.notifiers.total)
        #expect(scene.events.rows.last?.step == event + 1)
        #expect(scene.events.rows.last?.kind == .collide)
        #expect(scene.events.rows.last?.text.contains("is colliding") == true)
        #expect(scene.code.lines.count == 20)
        #expect(scene.code.lines.first { $0.isFocus }?.text.contains("read_begin_lk") == true)
        #expect(scene.tree.rows.allSatisfy { $0.colour != .unknown })
        #expect(scene.tree.rows.first?.colour == .known(.black))
        #expect(scene.threads.rows.contains { if case .asleep = $0.status { true } else { false } })
        #expect(scene.addressSpace.unit == .bytes)
        #expect(!scene.addressSpace.invalidations.isEmpty)
        #expect(!scene.addressSpace.intervals.isEmpty)
        // The window is over the intervals, a megabyte or so, and leaves none out.
        #expect(scene.addressSpace.intervalCount == scene.notifiers.total)
        #expect(scene.addressSpace.unitsPerColumn <= 1 << 15)
        let starts = scene.notifiers.rows.map(\.range.first)
        #expect(starts == starts.sorted())
    }

    @Test func everySceneHoldsTogether() throws {
        for name in ["d0_mni_tiny", "t_hmm2_double_map", "t_hmm_anon_teardown", "d7_hlist_only"] {
            let recording = try recording(name)
            var player = TracePlayer(recording)
            for _ in 0..<recording.eventCount {
                player.perform(.step)
                let scene = player.scene(for: Self.full)
                #expect(scene.header.active.value.map { $0 >= 0 } ?? true)
                #expect(scene.tree.rows.count == scene.tree.total)
                #expect(scene.deferred.count == scene.header.deferredInserts + scene.header.deferredRemovals)
                if scene.header.exclusion == .known(.idle) { #expect(scene.deferred.isEmpty) }
                for row in scene.tree.rows { #expect(row.subtreeMaximum >= row.range.last) }
            }
        }
    }

    @Test func windowsArePartsOfTheWhole() throws {
        var player = TracePlayer(try recording("d0_mni_tiny"))
        player.perform(.jump(to: 1200))
        let whole = player.scene(for: Self.full)
        var request = Self.full
        for offset in 0..<whole.tree.total {
            request.tree = RowWindow(offset: offset, count: 3)
            request.notifiers = RowWindow(offset: offset, count: 3)
            request.events = RowWindow(offset: offset, count: 3)
            let part = player.scene(for: request)
            #expect(part.tree.rows == Array(whole.tree.rows[offset..<min(offset + 3, whole.tree.total)]))
            #expect(part.notifiers.rows == Array(whole.notifiers.rows[offset..<min(offset + 3, whole.notifiers.total)]))
        }
        request.tree = RowWindow(offset: .max, count: .max)
        request.notifiers = RowWindow(offset: -7, count: .max)
        request.events = RowWindow(offset: .max / 2, count: .max / 2)
        request.code = CodeWindow(count: .max, shift: .min)
        request.addresses = AddressWindow(columns: 10, origin: .max - 3, unitsPerColumn: .max)
        _ = player.scene(for: request)
    }

    @Test func severalMMs() throws {
        var player = TracePlayer(try recording("t_hmm_anon_teardown"))
        player.perform(.jump(to: 500))
        var request = Self.full
        request.mmIndex = 0
        #expect(player.scene(for: request).header.mmIndex == 0)
        request.mmIndex = 99
        #expect(player.scene(for: request).header.mm == nil)
    }
}
