import Glibc
import Playback
import Scene
import Testing

/// Counts steps; stops by itself at `limit`.
private struct CountingPlayer: Player {
    var isRunning = false
    var speed: Int?
    var step = 0
    var limit = Int.max

    mutating func perform(_ command: PlaybackCommand) {
        switch command {
        case .run: isRunning = true
        case .pause: isRunning = false
        case .step: step += 1
        case .back: step = max(0, step - 1)
        case .jump(let target): step = target
        case .setSpeed(let speed): self.speed = speed
        default: break
        }
    }

    mutating func advance(by steps: Int) -> Int {
        let done = min(steps, limit - step)
        step += done
        if step == limit { isRunning = false }
        return done
    }

    func scene(for request: SceneRequest) -> Scene {
        Scene(
            title: "rows \(request.tree.count)", source: .simulation,
            position: Position(step: step, last: step, isOpenEnded: true, isRunning: isRunning), header: Header(),
            addressSpace: AddressSpace(unit: .pages))
    }
}

/// Works beside its steps: for so many looks.
private struct WorkingPlayer: Player {
    var isRunning: Bool { false }
    var speed: Int? { nil }
    var looks = 0
    var isWorking: Bool { looks < 3 }

    mutating func perform(_ command: PlaybackCommand) {}
    mutating func advance(by steps: Int) -> Int { 0 }

    mutating func look() -> Bool {
        looks += 1
        return true
    }

    func scene(for request: SceneRequest) -> Scene {
        Scene(
            title: "", source: .simulation, position: Position(step: looks, last: looks, isOpenEnded: true), header: Header(),
            addressSpace: AddressSpace(unit: .pages))
    }
}

private struct Refusal: Error, CustomStringConvertible { var description: String { "no such file" } }

extension PlayerLoop {
    /// Waits on the descriptor until the newest snapshot is as wanted.
    fileprivate func waitUntil(_ isWanted: (Snapshot) -> Bool) -> Snapshot {
        while true {
            acknowledge()
            let snapshot = latest
            if isWanted(snapshot) { return snapshot }
            var polled = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&polled, 1, -1)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct PlayerLoopTests {
    @Test func whatGoesOnBesideTheStepsIsLookedAt() {
        let loop = PlayerLoop { WorkingPlayer() }
        let snapshot = loop.waitUntil { $0.scene?.position.step == 3 }
        #expect(snapshot.phase == .ready)
    }

    @Test func commandsAreCarriedOutInOrder() {
        let loop = PlayerLoop { CountingPlayer() }
        for _ in 0..<100 { loop.post(.step) }
        loop.post(.jump(to: 500))
        loop.post(.back)
        let scene = loop.waitUntil { $0.scene?.position.step == 499 }.scene
        #expect(scene?.position.isRunning == false)
        loop.stop(wait: true)
        #expect(loop.latest.phase == .stopped)
    }

    @Test func runsToTheLimitAndSaysSo() {
        let loop = PlayerLoop { CountingPlayer(limit: 1_000_000) }
        loop.post(.run)
        let scene = loop.waitUntil { $0.scene?.position.step == 1_000_000 }.scene
        #expect(scene?.position.isRunning == false)
    }

    @Test func answersTheNewestRequestWhileRunningFlatOut() {
        let loop = PlayerLoop { CountingPlayer() }
        loop.post(.run)
        for count in 1...50 { loop.post(SceneRequest(tree: RowWindow(count: count))) }
        let scene = loop.waitUntil { $0.scene?.title == "rows 50" }.scene
        #expect(scene?.position.isRunning == true)
        loop.post(.pause)
        let paused = loop.waitUntil { $0.scene?.position.isRunning == false }
        loop.post(.step)
        let next = loop.waitUntil { $0.generation > paused.generation && $0.scene?.position.isRunning == false }
        #expect(next.scene?.position.step == (paused.scene?.position.step ?? 0) + 1)
    }

    @Test func runsAtAPace() {
        let loop = PlayerLoop { CountingPlayer(speed: 500, limit: 20) }
        loop.post(.run)
        _ = loop.waitUntil { $0.scene?.position.step == 20 }
    }

    @Test func aPausedLoopPublishesNothing() {
        let loop = PlayerLoop { CountingPlayer() }
        loop.post(.step)
        _ = loop.waitUntil { $0.scene?.position.step == 1 }
        loop.stop(wait: true)
        let end = loop.latest.generation
        // One for the first request and the command each at most, one for the end.
        #expect(end <= 3)
    }

    @Test func aPlayerThatCannotBeMadeIsAnError() {
        let loop = PlayerLoop { throw Refusal() }
        #expect(loop.waitUntil { $0.phase != .loading }.phase == .failed("no such file"))
        loop.stop(wait: true)
    }
}
