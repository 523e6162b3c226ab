import CNcurses
import Glibc

// Signal handlers reach only globals. All of these are set before the handlers are installed, and the
// handlers call nothing that isn't async-signal-safe.
nonisolated(unsafe) private var signalPipe: Int32 = -1
nonisolated(unsafe) private var restoreBytes: UnsafeMutablePointer<UInt8>?
nonisolated(unsafe) private var restoreCount = 0
nonisolated(unsafe) private var restoreOutput: Int32 = -1
nonisolated(unsafe) private var savedModes: UnsafeMutablePointer<termios>?
nonisolated(unsafe) private var isTerminalOurs = false

/// Sends a signal's number through the pipe that the event loop polls.
private func forward(_ number: Int32) {
    let saved = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe, &byte, 1)
    errno = saved
}

/// A crash: gives the terminal back, then lets the signal do what it does by default.
private func crash(_ number: Int32) {
    if isTerminalOurs {
        isTerminalOurs = false
        if let restoreBytes { _ = write(restoreOutput, restoreBytes, restoreCount) }
        if let savedModes { _ = tcsetattr(restoreOutput, TCSANOW, savedModes) }
    }
    mmu_default_signal(number)
    raise(number)
}

/// The signals of a session with the terminal: a descriptor to poll, and a terminal given back on a crash.
final class Signals {
    /// Signals that arrive as bytes.
    private static let forwarded = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]
    private static let crashing = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP]

    private var ends: [Int32] = [-1, -1]
    private var before: [(number: Int32, action: sigaction)] = []
    private var alternateStack: UnsafeMutableRawPointer?

    /// Readable when a signal has arrived.
    var descriptor: Int32 { ends[0] }

    init() {
        guard pipe(&ends) == 0 else { return }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        signalPipe = ends[1]
        for number in Self.forwarded where !(number == SIGHUP && mmu_ignores_signal(number) != 0) {
            install(number, forward, onStack: false)
        }
        let size = 64 << 10
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        var stack = stack_t(ss_sp: memory, ss_flags: 0, ss_size: size)
        sigaltstack(&stack, nil)
        alternateStack = memory
        for number in Self.crashing { install(number, crash, onStack: true) }
    }

    private func install(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void, onStack: Bool) {
        var old = sigaction()
        if mmu_on_signal(number, handler, onStack ? 1 : 0, &old) == 0 { before.append((number, old)) }
    }

    /// Says how the terminal is given back on a crash: what to write, and the modes to set.
    func armCrashRestore(output: Int32, bytes: [UInt8], modes: termios) {
        let text = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
        text.initialize(from: bytes, count: bytes.count)
        let kept = UnsafeMutablePointer<termios>.allocate(capacity: 1)
        kept.initialize(to: modes)
        (restoreBytes, restoreCount, restoreOutput, savedModes) = (text, bytes.count, output, kept)
        isTerminalOurs = true
    }

    /// Whether the terminal is in our hands now: a crash outside of that leaves it alone.
    func setTerminalOurs(_ ours: Bool) { isTerminalOurs = ours }

    /// The signals that have arrived, in order.
    func take() -> [Int32] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(ends[0], &bytes, bytes.count)
        return count > 0 ? bytes[0..<count].map(Int32.init) : []
    }

    /// Stops this process (and its job) as if it had never caught the signal; returns when it is continued.
    func stopProcess() {
        mmu_default_signal(SIGTSTP)
        kill(0, SIGTSTP)
        catchStop()
    }

    /// Catches Ctrl-Z's signal again, after it had its default effect for a while.
    func catchStop() {
        var old = sigaction()
        _ = mmu_on_signal(SIGTSTP, forward, 0, &old)
    }

    /// Puts every signal back as it was.
    func restore() {
        isTerminalOurs = false
        for index in before.indices.reversed() { sigaction(before[index].number, &before[index].action, nil) }
        before = []
        var off = stack_t(ss_sp: nil, ss_flags: Int32(SS_DISABLE), ss_size: 0)
        sigaltstack(&off, nil)
        alternateStack?.deallocate()
        alternateStack = nil
        signalPipe = -1
        for end in ends where end >= 0 { close(end) }
        ends = [-1, -1]
        restoreBytes?.deallocate()
        savedModes?.deallocate()
        (restoreBytes, savedModes, restoreCount) = (nil, nil, 0)
    }
}
