import CNcurses
import Glibc

/// Has all that ncurses writes for a frame reach the terminal as one piece, without waiting for a slow one.
///
/// ncurses writes whenever its buffer is full and once for every refresh, so a terminal could show rows of
/// two frames. While ``gather(_:)`` runs, the descriptor that ncurses writes to stands for a piece of memory;
/// what was collected there then goes out in one write, between the marks that hold the display still in
/// terminals that know them ("synchronized output"). What the terminal doesn't take at once is kept: until it has, no other
/// frame is made, so that a slow link skips frames instead of falling behind.
final class FrameOutput {
    /// The terminal, whatever the descriptor of ncurses stands for at the moment. Writing to it may wait.
    let terminal: Int32
    /// The terminal, without waiting; the same as ``terminal`` where that can't be had.
    let writer: Int32
    private let display: Int32
    private let memory: Int32
    private let begin: [UInt8]
    private let end: [UInt8]
    private var bytes: [UInt8] = []
    /// What of ``bytes`` is still to be written.
    private var rest = 0..<0

    /// - Parameters:
    ///   - display: the descriptor that ncurses writes to.
    ///   - isSynchronised: whether to put the marks around each frame.
    init(display: Int32, isSynchronised: Bool) {
        self.display = display
        terminal = fcntl(display, F_DUPFD_CLOEXEC, 0)
        memory = terminal >= 0 ? mmu_memory_file() : -1
        begin = isSynchronised ? Array("\u{1b}[?2026h".utf8) : []
        end = isSynchronised ? FrameOutput.release : []
        // Opened anew: not to wait would otherwise be set for the shell and all others with this descriptor, too.
        let own = mmu_open("/proc/self/fd/\(display)", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        writer = own >= 0 ? own : terminal
    }

    /// Lets the display go on; harmless where it was never held.
    static let release = Array("\u{1b}[?2026l".utf8)

    /// Whether a terminal of this name may be sent the marks: real ones and consoles of old could print them.
    static func knowsMarks(_ name: String) -> Bool {
        !["linux", "vt", "ansi", "cons", "sun", "wy", "hft", "ibm", "adm"].contains { name.hasPrefix($0) }
    }

    /// The terminal hasn't taken yet what it was sent: poll ``writer``, then ``flush()``.
    var isBlocked: Bool { !rest.isEmpty }

    /// Runs `draw`, then writes what it had to say. Without descriptors to spare it writes as it goes.
    func gather(_ draw: () -> Void) {
        drain(milliseconds: -1)
        guard memory >= 0, mmu_redirect(memory, display) >= 0 else { return draw() }
        draw()
        _ = mmu_redirect(terminal, display)
        let count = Int(lseek(memory, 0, SEEK_CUR))
        _ = lseek(memory, 0, SEEK_SET)
        guard count > 0 else { return }
        let space = begin.count + count + end.count
        if bytes.count < space { bytes = [UInt8](repeating: 0, count: space) }
        bytes.replaceSubrange(0..<begin.count, with: begin)
        let read = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { pread(memory, $0 + begin.count, count, 0) } ?? 0
        }
        guard read == count else { return }
        bytes.replaceSubrange(begin.count + count..<space, with: end)
        rest = 0..<space
        flush()
    }

    /// Writes something beside the frames, behind what is still to be written.
    func send(_ more: [UInt8]) {
        bytes = Array(bytes[rest]) + more
        rest = 0..<bytes.count
        flush()
    }

    /// Writes as much as the terminal takes now.
    func flush() {
        while !rest.isEmpty {
            let written = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { Glibc.write(writer, $0 + rest.lowerBound, rest.count) } ?? 0
            }
            if written > 0 {
                rest = rest.lowerBound + written..<rest.upperBound
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // It has gone away.
                rest = 0..<0
            }
        }
    }

    /// Writes the rest, waiting for the terminal at most so long; -1 is for as long as it takes.
    /// - Returns: whether it took everything.
    @discardableResult
    func drain(milliseconds: Int32) -> Bool {
        let deadline = Clock.milliseconds() + Int64(milliseconds)
        flush()
        while isBlocked {
            let left = milliseconds < 0 ? -1 : Int32(clamping: deadline - Clock.milliseconds())
            guard milliseconds < 0 || left > 0 else { return false }
            var polled = pollfd(fd: writer, events: Int16(POLLOUT), revents: 0)
            let count = poll(&polled, 1, left)
            if count > 0, polled.revents & Int16(POLLOUT) == 0 {
                rest = 0..<0
                return false
            }
            flush()
        }
        return true
    }

    /// Gives up what is still to be written, here and on its way.
    func discard() {
        rest = 0..<0
        tcflush(terminal, TCOFLUSH)
    }

    deinit {
        for descriptor in Set([terminal, writer, memory]) where descriptor >= 0 { close(descriptor) }
    }
}

/// The monotonic clock.
enum Clock {
    static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
