import Playback
import Scene
import Testing

@testable import KernelTrace

@Suite struct PaneTests {
    private func request(_ columns: Int, first: Int? = nil, scale: Int? = nil) -> SceneRequest {
        var request = PlayerTests.full
        request.timeline = TimelineWindow(
            columns: columns, firstStep: first, stepsPerColumn: scale, lanes: RowWindow(count: 1_000))
        return request
    }

    /// Every step of who took it, who slept, and who had an invalidation in flight, as a replay shows it.
    @Test func theTimelineIsWhatAReplayShows() throws {
        let recording = try recording("d0_mni_tiny")
        let player = TracePlayer(recording)
        let count = min(2_000, recording.eventCount)
        let timeline = player.scene(for: request(count, first: 0)).timeline
        #expect(timeline.columns == count && timeline.stepsPerColumn == 1 && timeline.firstStep == 0)
        var state = ReplayState()
        var sleepers = 0
        var invalidators = 0
        for event in 0..<count {
            recording.advance(&state, from: event, to: event + 1)
            let open = Set(state.mms.flatMap(\.ranges).map(\.task))
            for lane in timeline.lanes.rows {
                let task = lane.thread.number
                let cell = lane.cells[event]
                #expect((cell.activity == .stepped) == (Int(recording.events[event].task) == task), "event \(event)")
                if Int(recording.events[event].task) == task { #expect(cell.event == recording.facts[event].row) }
                let isAsleep = task < state.tasks.count
                    && state.tasks[task].calls.contains { $0.isAsleep && !$0.isWoken }
                if cell.activity != .stepped { #expect((cell.activity == .asleep) == isAsleep, "event \(event), task \(task)") }
                #expect(cell.isInvalidating == open.contains(task), "event \(event), task \(task)")
                sleepers += cell.activity == .asleep ? 1 : 0
                invalidators += cell.isInvalidating ? 1 : 0
            }
        }
        #expect(sleepers > 10 && invalidators > 10)
        #expect(timeline.lanes.rows.allSatisfy { !$0.name.isEmpty && $0.name != "?" })
        // The same from any position, and in parts.
        var other = player
        other.perform(.jump(to: 700))
        #expect(other.scene(for: request(count, first: 0)).timeline == timeline)
        let part = other.scene(for: request(50, first: 600)).timeline
        for lane in part.lanes.rows {
            let whole = try #require(timeline.lanes.rows.first { $0.thread == lane.thread })
            #expect(lane.cells == Array(whole.cells[600..<650]))
        }
    }

    @Test func theWholeRecordingIsScaledToTheColumns() throws {
        let recording = try recording("d0_mni_tiny")
        var player = TracePlayer(recording)
        player.perform(.jump(to: 700))
        var request = request(62, first: 500)
        let part = player.scene(for: request).timeline
        #expect(part.firstStep == 500 && part.stepsPerColumn == 1)
        request.timeline.isWhole = true
        let whole = player.scene(for: request).timeline
        #expect(whole.firstStep == 0 && whole.stepsPerColumn == 64)
        #expect(whole.column(ofStep: 700) != nil && whole.column(ofStep: recording.eventCount) != nil)
        #expect(whole.lanes.rows.contains { $0.cells.contains { $0.event == .collide } })
    }

    @Test func columnsOfSeveralEvents() throws {
        let recording = try recording("d0_mni_tiny")
        let player = TracePlayer(recording)
        let fine = player.scene(for: request(1_000, first: 0)).timeline
        let coarse = player.scene(for: request(50, first: 0, scale: 20)).timeline
        for lane in coarse.lanes.rows {
            let cells = fine.lanes.rows.first { $0.thread == lane.thread }?.cells ?? []
            for column in cells.isEmpty ? 0..<0 : 0..<50 {
                let some = cells[(column * 20)..<((column + 1) * 20)]
                #expect((lane.cells[column].activity == .stepped) == some.contains { $0.activity == .stepped })
                if lane.cells[column].activity == .asleep { #expect(some.allSatisfy { $0.activity == .asleep }) }
                if some.contains(where: \.isInvalidating) { #expect(lane.cells[column].isInvalidating) }
            }
        }
        // Behind the recording's end nothing is known.
        let end = player.scene(for: request(20, first: recording.eventCount - 5)).timeline
        #expect(end.lanes.rows.allSatisfy { $0.cells.suffix(15).allSatisfy { $0.activity == .unknown } })
        _ = player.scene(for: request(.max / 4, first: .max, scale: .max)).timeline.columns
    }

    @Test func thePositionStaysInView() throws {
        var player = TracePlayer(try recording("d0_mni_tiny"))
        for step in stride(from: 1, through: player.recording.eventCount, by: 37) {
            player.perform(.jump(to: step))
            #expect(player.scene(for: request(60)).timeline.column(ofStep: step) != nil)
        }
    }

    @Test func filters() throws {
        var player = TracePlayer(try recording("d0_mni_tiny"))
        for position in [1_500, 400, 2_446] {
            player.perform(.jump(to: position))
            var request = SceneRequest(events: RowWindow(count: 100_000))
            let whole = player.scene(for: request).events.rows
            request.eventKinds = [.collide, .odd, .even]
            let kinds = player.scene(for: request).events
            #expect(kinds.rows == whole.filter { [.collide, .odd, .even].contains($0.kind) } && kinds.total == kinds.rows.count)
            request.eventText = "SEQ"
            let both = player.scene(for: request).events
            #expect(both.rows == kinds.rows.filter { $0.text.lowercased().contains("seq") || $0.threadLabel.contains("seq") })
            #expect(both.total > 3 && both.total == both.rows.count)
            request.events = RowWindow(offset: 1, count: 2)
            #expect(player.scene(for: request).events.rows == Array(both.rows.dropLast().suffix(2)))
        }
    }

    @Test func looking() throws {
        var player = TracePlayer(try recording("d0_mni_tiny"))
        player.perform(.jump(to: 1_200))
        let scene = player.scene(for: PlayerTests.full)
        func find(_ list: FindQuery.List, _ text: String, from: Int = -1, isForward: Bool = true) -> Int? {
            let query = FindQuery(list: list, text: text, from: from, isForward: isForward)
            player.perform(.find(query))
            if case .found(query, let row)? = player.scene(for: SceneRequest()).reply?.content { return row }
            #expect(player.scene(for: SceneRequest()).reply?.content == .notFound(query))
            return nil
        }
        let name = try #require(scene.notifiers.rows.last).name
        #expect(find(.notifiers, name.uppercased()) == scene.notifiers.rows.firstIndex { $0.name.contains(name) })
        let node = try #require(scene.tree.rows.last)
        #expect(find(.tree, node.name) == scene.tree.rows.firstIndex { $0.name.contains(node.name) })
        let address = "0x" + String(node.range.last, radix: 16)
        #expect(find(.tree, address) == scene.tree.rows.firstIndex { $0.range.contains(node.range.last) })
        #expect(find(.addresses, node.name) == Int(node.range.first))
        let task = try #require(scene.threads.rows.last)
        #expect(find(.threads, task.label, from: scene.threads.total, isForward: false) == scene.threads.total - 1)
        let line = try #require(find(.code, "inv_end_lk_final"))
        #expect(player.recording.string(player.recording.lineRange(line)).contains("inv_end_lk_final"))
        #expect(find(.locks, "mmap") == nil && find(.pages, "0x0") == nil && find(.events, "no such thing") == nil)
        let number = player.scene(for: SceneRequest()).reply?.number ?? 0
        let all = player.scene(for: SceneRequest(events: RowWindow(count: 100_000))).events.rows
        #expect(find(.events, "makes seq") == all.firstIndex { $0.text.contains("makes seq") } || all.allSatisfy { !$0.text.contains("makes seq") })
        #expect(player.scene(for: SceneRequest()).reply?.number == number + 1)
    }

    @Test func marksKindsAndBackwards() throws {
        var player = TracePlayer(try recording("d0_mni_tiny"))
        player.perform(.nextEventOf([.collide]))
        let collide = player.position
        #expect(player.recording.facts[collide - 1].row == .collide)
        player.perform(.toggleMark(""))
        player.perform(.jump(to: 1_000))
        player.perform(.toggleMark("here"))
        #expect(player.scene(for: SceneRequest()).marks == [MarkRow(step: collide, name: "mark 1"), MarkRow(step: 1_000, name: "here")])
        player.perform(.previousMark)
        #expect(player.position == collide)
        let timeline = player.scene(for: request(2_000, first: 0)).timeline
        #expect(timeline.marks == [TimelineMark(step: collide, kind: .mark, name: "mark 1"), TimelineMark(step: 1_000, kind: .mark, name: "here")])
        player.perform(.nextMark)
        player.perform(.toggleMark(""))
        #expect(player.position == 1_000 && player.marks.count == 1)
        player.perform(.previousEventOf([.collide]))
        #expect(player.recording.facts[player.position - 1].row == .collide && player.position < 1_000)
        player.perform(.runBackwards)
        #expect(player.isRunning && player.scene(for: SceneRequest()).position.isBackwards)
        let before = player.position
        #expect(player.advance(by: 3) == 3 && player.position == before - 3)
        #expect(player.state == player.recording.state(after: player.position))
        _ = player.advance(by: 10_000)
        #expect(player.position == 0 && !player.isRunning)
        player.perform(.runBackwards)
        #expect(!player.isRunning && player.message != nil)
    }

    @Test func whatARecordingCannotDoIsTold() throws {
        var player = TracePlayer(try recording("d7_hlist_only"))
        let commands: [PlaybackCommand] = [
            .perturb(.fault(name: "x", isOn: true)), .undo, .switchBranch("x"), .nameBranch("x"), .runToBreakpoint,
            .toggleBreakpoint(.sequence(3)), .clearBreakpoints, .nextPolicy, .check, .tellStory, .copyTable, .nextMark,
        ]
        for command in commands {
            player.perform(command)
            let message = player.message ?? ""
            #expect(message.count > 15 && !message.contains("not yet"), "\(command)")
        }
        var request = SceneRequest()
        request.wantsMenu = true
        request.locks = RowWindow(count: 10)
        request.pages = RowWindow(count: 10)
        let scene = player.scene(for: request)
        #expect(scene.menu?.obstacle == "what was recorded has happened: there is nothing to perturb")
        #expect(scene.menu?.operations.isEmpty == true)
        #expect(scene.locks.rows.isEmpty && scene.pageTables.pages == .unknown)
    }
}
