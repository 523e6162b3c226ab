import Foundation
import Glibc

/// A program run to its end, with what it printed.
///
/// `Foundation.Process` won't do: its descriptors leak into programs that are started at the same time, and a tmux
/// server that keeps one open makes `waitUntilExit` wait for ever.
struct Spawn {
    var status: Int32
    var output: String
    var errors: String

    struct Failure: Error { let description: String }

    /// Runs a program that is found along PATH; its standard input is a file, or empty.
    init(_ command: [String], mergesErrors: Bool = false, input: String = "/dev/null") throws {
        // One at a time: between its making and its marking, a pipe could leak into another's program.
        Spawn.lock.lock()
        let (out, err): (Ends, Ends)
        do { (out, err) = (try Spawn.pipe(), try Spawn.pipe()) } catch {
            Spawn.lock.unlock()
            throw error
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, out.write, 1)
        posix_spawn_file_actions_adddup2(&actions, mergesErrors ? out.write : err.write, 2)
        var arguments = command.map { strdup($0) } + [nil]
        var process = pid_t()
        let failure = posix_spawnp(&process, command[0], &actions, nil, &arguments, environ)
        Spawn.lock.unlock()
        arguments.forEach { free($0) }
        posix_spawn_file_actions_destroy(&actions)
        close(out.write)
        close(err.write)
        defer {
            close(out.read)
            close(err.read)
        }
        guard failure == 0 else { throw Failure(description: "\(command[0]): \(String(cString: strerror(failure)))") }
        let texts = Spawn.read([out.read, err.read])
        (output, errors) = (texts[0], texts[1])
        var ended: Int32 = 0
        while waitpid(process, &ended, 0) < 0, errno == EINTR {}
        status = ended & 0x7f == 0 ? (ended >> 8) & 0xff : 128 + ended & 0x7f
    }

    private typealias Ends = (read: Int32, write: Int32)
    private static let lock = NSLock()

    private static func pipe() throws -> Ends {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (read: ends[0], write: ends[1])
    }

    /// Everything that comes out of several descriptors, whichever fills first.
    private static func read(_ descriptors: [Int32]) -> [String] {
        var texts = descriptors.map { _ in [UInt8]() }
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while polled.contains(where: { $0.fd >= 0 }) {
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
            for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
                let count = Glibc.read(polled[index].fd, &buffer, buffer.count)
                if count > 0 { texts[index] += buffer[..<count] } else { polled[index].fd = -1 }
            }
        }
        return texts.map { String(decoding: $0, as: UTF8.self) }
    }
}
