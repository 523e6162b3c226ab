import Glibc

/// A flag that one thread raises and another sleeps on, alone or in `poll` with other descriptors.
struct WakeFlag: Sendable {
    /// The readable end, for `poll`; -1 when the system has no descriptor left.
    let descriptor: Int32
    private let writeEnd: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            descriptor = -1
            writeEnd = -1
            return
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            // A full pipe is a raised flag: nobody ever waits for room in it.
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        descriptor = ends[0]
        writeEnd = ends[1]
    }

    func raise() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Lowers the flag.
    func drain() {
        var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while read(descriptor, &bytes, 32) == 32 {}
    }

    /// Sleeps until the flag is raised: for ever, or for at most so many nanoseconds (rounded up to a
    /// millisecond).
    func wait(nanoseconds: Int64?) {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let timeout = nanoseconds.map { Int32(clamping: (max(0, $0) + 999_999) / 1_000_000) } ?? (descriptor < 0 ? 20 : -1)
        _ = poll(&polled, 1, timeout)
    }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        if writeEnd >= 0 { _ = Glibc.close(writeEnd) }
    }
}

/// The monotonic clock, in nanoseconds.
enum Monotonic {
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
