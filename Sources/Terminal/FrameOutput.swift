import CNcurses
import Glibc

/// Has all that ncurses writes for a frame reach the terminal as one piece.
///
/// ncurses writes whenever its buffer is full and once for every refresh, so a terminal could show rows of
/// two frames. While ``gather(_:)`` runs, the descriptor that ncurses writes to stands for a piece of memory;
/// what was collected there then goes out in one write, between the marks that hold the display still in
/// terminals that know them ("synchronized output").
final class FrameOutput {
    /// The terminal, whatever the descriptor of ncurses stands for at the moment.
    let terminal: Int32
    private let display: Int32
    private let memory: Int32
    private let begin: [UInt8]
    private let end: [UInt8]
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - display: the descriptor that ncurses writes to.
    ///   - isSynchronised: whether to put the marks around each frame.
    init(display: Int32, isSynchronised: Bool) {
        self.display = display
        terminal = fcntl(display, F_DUPFD_CLOEXEC, 0)
        memory = terminal >= 0 ? mmu_memory_file() : -1
        begin = isSynchronised ? Array("\u{1b}[?2026h".utf8) : []
        end = isSynchronised ? FrameOutput.release : []
    }

    /// Lets the display go on; harmless where it was never held.
    static let release = Array("\u{1b}[?2026l".utf8)

    /// Whether a terminal of this name may be sent the marks: real ones and consoles of old could print them.
    static func knowsMarks(_ name: String) -> Bool {
        !["linux", "vt", "ansi", "cons", "sun", "wy", "hft", "ibm", "adm"].contains { name.hasPrefix($0) }
    }

    /// Runs `draw`, then writes what it had to say. Without descriptors to spare it writes as it goes.
    func gather(_ draw: () -> Void) {
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
        bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[..<space])) }
    }

    /// All of it: a signal or a terminal that is slow mustn't tear a frame.
    private func write(_ frame: UnsafeRawBufferPointer) {
        var done = 0
        while done < frame.count {
            let written = Glibc.write(terminal, frame.baseAddress.map { $0 + done }, frame.count - done)
            if written > 0 {
                done += written
            } else if errno == EAGAIN {
                var polled = pollfd(fd: terminal, events: Int16(POLLOUT), revents: 0)
                _ = poll(&polled, 1, -1)
                if polled.revents & Int16(POLLOUT) == 0 { return }
            } else if errno != EINTR {
                return
            }
        }
    }

    deinit {
        for descriptor in [terminal, memory] where descriptor >= 0 { close(descriptor) }
    }
}
