import Glibc
import Scene

/// Runs a ``Player`` on a thread of its own.
///
/// The user interface posts commands and the newest ``SceneRequest``; the loop publishes the newest
/// ``Scene``, at most sixty times a second while running and at once after a command or another request.
/// While paused it sleeps. ``wakeDescriptor`` becomes readable when there is something new to look at.
public final class PlayerLoop: Sendable {
    /// How far the session has come.
    public enum Phase: Sendable, Equatable {
        /// The player is being made.
        case loading
        case ready
        /// It could not be made; why, in words.
        case failed(String)
        case stopped
    }

    /// What the loop last published.
    public struct Snapshot: Sendable {
        /// How far the session has come.
        public var phase: Phase
        /// `nil` until the first scene is there.
        public var scene: Scene?
        /// Grows with every publication.
        public var generation: Int
    }

    private let core: Core

    /// Starts the thread. `makePlayer` runs on it, and may take its time.
    public init(request: SceneRequest = SceneRequest(), makePlayer: @escaping @Sendable () throws -> any Player) {
        core = Core(request: request)
        core.start(makePlayer)
    }

    deinit { core.stop() }

    /// Readable once something was published; -1 if the system refused one. See ``acknowledge()``.
    public var wakeDescriptor: Int32 { core.outbox.descriptor }

    /// Lowers ``wakeDescriptor``: call it before ``latest`` is read.
    public func acknowledge() { core.outbox.drain() }

    /// The newest scene and phase.
    public var latest: Snapshot { core.mailbox.withLock { $0.published } }

    /// Has a command carried out: within a few milliseconds, commands in the order of posting.
    public func post(_ command: PlaybackCommand) { core.post { $0.commands.append(command) } }

    /// Has scenes answer this request from now on.
    public func post(_ request: SceneRequest) {
        core.post { mailbox in
            mailbox.request = request
            mailbox.requestNumber += 1
        }
    }

    /// Ends the thread; with `wait`, returns only when it has ended and the player is gone, or when
    /// `seconds` have passed.
    public func stop(wait: Bool = false, atMost seconds: Int? = nil) {
        core.stop()
        if wait { core.finished.wait(nanoseconds: seconds.map { Int64($0) * 1_000_000_000 }) }
    }
}

extension PlayerLoop {
    /// What the thread and the handle share. It outlives the handle until the thread has ended.
    fileprivate final class Core: Sendable {
        struct Mailbox: Sendable {
            var commands: [PlaybackCommand] = []
            var request: SceneRequest
            var requestNumber = 0
            var isStopping = false
            var published = Snapshot(phase: .loading, scene: nil, generation: 0)
        }

        let mailbox: Locked<Mailbox>
        /// Raised for the thread, for the user interface, and at the thread's end.
        let inbox = WakeFlag()
        let outbox = WakeFlag()
        let finished = WakeFlag()

        init(request: SceneRequest) { mailbox = Locked(Mailbox(request: request)) }

        deinit {
            inbox.close()
            outbox.close()
            finished.close()
        }

        func post(_ change: (inout Mailbox) -> Void) {
            mailbox.withLock { change(&$0) }
            inbox.raise()
        }

        func stop() { post { $0.isStopping = true } }

        func start(_ makePlayer: @escaping @Sendable () throws -> any Player) {
            let job = Unmanaged.passRetained(Job(core: self, makePlayer: makePlayer))
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
            pthread_attr_setstacksize(&attributes, 8 << 20)
            var thread = pthread_t()
            let status = pthread_create(&thread, &attributes, { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, job.toOpaque())
            pthread_attr_destroy(&attributes)
            if status != 0 {
                job.release()
                publish(.failed("no thread could be started: \(String(cString: strerror(status)))"), nil)
                finished.raise()
            }
        }

        func publish(_ phase: Phase, _ scene: Scene?) {
            mailbox.withLock { mailbox in
                mailbox.published.phase = phase
                if let scene { mailbox.published.scene = scene }
                mailbox.published.generation += 1
            }
            outbox.raise()
        }
    }

    /// What the thread does.
    private final class Job {
        let core: Core
        let makePlayer: @Sendable () throws -> any Player

        init(core: Core, makePlayer: @escaping @Sendable () throws -> any Player) {
            self.core = core
            self.makePlayer = makePlayer
        }

        func run() {
            do {
                var worker = Worker(core: core, player: try makePlayer())
                worker.run()
                core.publish(.stopped, nil)
            } catch {
                core.publish(.failed("\(error)"), nil)
            }
            core.finished.raise()
        }
    }
}

/// The loop itself: owns the player.
private struct Worker {
    /// Nanoseconds between two publications while running.
    private static let frame: Int64 = 16_000_000
    /// Nanoseconds a batch may take, so that a command never waits for long.
    private static let batchTarget: Int64 = 4_000_000
    /// Nanoseconds between two looks at what goes on beside the steps.
    private static let glance: Int64 = 100_000_000

    let core: PlayerLoop.Core
    var player: any Player
    private var requestNumber = -1
    private var batch = 1
    private var lastPublished = Int64.min / 2
    /// When the next paced step is due.
    private var nextStep: Int64 = 0
    private var nextLook: Int64 = 0
    private var wasRunning = false
    /// Steps were taken that no published scene shows yet.
    private var hasNews = false

    init(core: PlayerLoop.Core, player: any Player) {
        self.core = core
        self.player = player
    }

    mutating func run() {
        while true {
            core.inbox.drain()
            let (commands, request, number, isStopping) = core.mailbox.withLock { mailbox in
                let taken = mailbox.commands
                mailbox.commands = []
                return (taken, mailbox.request, mailbox.requestNumber, mailbox.isStopping)
            }
            if isStopping { return player.finish() }
            for command in commands { player.perform(command.completed(by: request)) }
            var isDue = !commands.isEmpty || number != requestNumber
            requestNumber = number
            if !commands.isEmpty { nextStep = min(nextStep, Monotonic.now() + pace) }
            var sleep: Int64?
            if player.isRunning {
                if !wasRunning { nextStep = Monotonic.now() }
                wasRunning = true
                let done = advance()
                hasNews = hasNews || done > 0
                let untilFrame = lastPublished + Self.frame - Monotonic.now()
                isDue = isDue || !player.isRunning || (hasNews && untilFrame <= 0)
                sleep = player.isRunning ? pause(afterSteps: done) : nil
                if let until = sleep, hasNews, !isDue { sleep = min(until, untilFrame) }
            }
            if !player.isRunning { wasRunning = false }
            isDue = look() || isDue
            if isDue {
                core.publish(.ready, player.scene(for: request))
                lastPublished = Monotonic.now()
                hasNews = false
            }
            if player.isWorking { sleep = min(sleep ?? .max, max(1, nextLook - Monotonic.now())) }
            if sleep != 0 { core.inbox.wait(nanoseconds: sleep) }
        }
    }

    /// - Returns: whether there is something new to see.
    private mutating func look() -> Bool {
        guard player.isWorking, Monotonic.now() >= nextLook else { return false }
        nextLook = Monotonic.now() + Self.glance
        return player.look()
    }

    /// Nanoseconds between two paced steps; 0 when there is no pace.
    private var pace: Int64 {
        guard let speed = player.speed else { return 0 }
        return 1_000_000_000 / Int64(max(1, min(speed, 1_000_000)))
    }

    /// Carries out what is due.
    /// - Returns: how many steps.
    private mutating func advance() -> Int {
        let start = Monotonic.now()
        guard pace > 0 else {
            let done = player.advance(by: batch)
            adapt(Monotonic.now() - start)
            return done
        }
        if start < nextStep { return 0 }
        // Steps that were missed by more than a batch's time are not caught up with.
        let due = Int(min((start - nextStep) / pace + 1, Int64(batch) * 2 + 1))
        let done = player.advance(by: due)
        if due >= batch { adapt(Monotonic.now() - start) }
        nextStep = max(nextStep + Int64(due) * pace, start - pace)
        return done
    }

    /// Keeps batches near the time that they may take.
    private mutating func adapt(_ elapsed: Int64) {
        if elapsed > Self.batchTarget {
            batch = max(1, batch / 2)
        } else if elapsed < Self.batchTarget / 4, batch < 1 << 20 {
            batch *= 2
        }
    }

    /// How long to sleep before the next step is due; 0 for not at all. A player that runs but had nothing
    /// to do (a recording that is still arriving) is asked again a little later.
    private func pause(afterSteps done: Int) -> Int64 {
        guard pace > 0 else { return done > 0 ? 0 : 10_000_000 }
        return max(0, nextStep - Monotonic.now())
    }
}
