import CNcurses
import Glibc

/// Programs that are started from here.
enum Child {
    /// What is in a file; `nil` when it can't be read.
    static func content(of path: String) -> [UInt8]? {
        let descriptor = mmu_open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count == 0 { return content }
            if count > 0 { content += piece[..<count] } else if errno != EINTR { return nil }
        }
    }

    /// Runs a program that needs no terminal, and not for long.
    /// - Returns: whether it succeeded in the time that it had.
    static func run(_ command: [String], input: String) -> Bool {
        let nowhere = mmu_open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard nowhere >= 0 else { return false }
        defer { close(nowhere) }
        return run(command, input: input, output: nowhere, errors: nowhere)
    }

    /// What such a program prints; `nil` when it fails.
    static func output(of command: [String]) -> String? {
        let (memory, nowhere) = (mmu_memory_file(), mmu_open("/dev/null", O_WRONLY | O_CLOEXEC))
        defer { for descriptor in [memory, nowhere] where descriptor >= 0 { close(descriptor) } }
        guard memory >= 0, nowhere >= 0, run(command, input: "", output: memory, errors: nowhere) else { return nil }
        var text = [UInt8](repeating: 0, count: max(0, Int(lseek(memory, 0, SEEK_END))))
        return pread(memory, &text, text.count, 0) == text.count ? String(decoding: text, as: UTF8.self) : nil
    }

    private static func run(_ command: [String], input: String, output: Int32, errors: Int32) -> Bool {
        let memory = mmu_memory_file()
        guard memory >= 0 else { return false }
        defer { close(memory) }
        let bytes = Array(input.utf8)
        guard write(memory, bytes, bytes.count) == bytes.count, lseek(memory, 0, SEEK_SET) == 0,
            let process = start(command, descriptors: [memory, output, errors])
        else { return false }
        for _ in 0..<patience {
            var status: Int32 = 0
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process { return status == 0 }
            if ended < 0, errno != EINTR { return false }
            usleep(2000)
        }
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return false
    }

    /// Looks, two milliseconds apart, at whether a program has ended.
    private static let patience = 250

    /// Runs a program that has the terminal to itself, to its end.
    /// - Parameter ended: is called with a signal that ends this program, too.
    /// - Returns: its exit status, 128 + the signal's number after a signal, 127 when it can't be started.
    static func runInTerminal(
        _ command: [String], input: Int32, output: Int32, signals: Signals, ended: (Int32) -> Void
    ) -> Int32 {
        // Ctrl-Z stops the whole job, as in any shell.
        mmu_default_signal(SIGTSTP)
        defer { signals.catchStop() }
        let errors = isatty(2) == 1 ? 2 : output
        guard let process = start(command, descriptors: [input, output, errors]) else { return 127 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
            for number in signals.take() where number == SIGTERM || number == SIGHUP {
                kill(process, number)
                ended(number)
            }
        }
        // Ctrl-C was meant for it; the size is asked for in any case.
        for number in signals.take() where number == SIGTERM || number == SIGHUP { ended(number) }
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }

    /// Starts a program that is found along PATH, with these descriptors as 0, 1 and 2 and no others of ours.
    private static func start(_ command: [String], descriptors: [Int32]) -> pid_t? {
        guard let program = command.first else { return nil }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // By way of copies: one that has the number of another's place would be lost otherwise.
        let copies = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
        defer { for copy in copies where copy >= 0 { close(copy) } }
        guard !copies.contains(where: { $0 < 0 }) else { return nil }
        for (place, copy) in copies.enumerated() { posix_spawn_file_actions_adddup2(&actions, copy, Int32(place)) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        return posix_spawnp(&process, program, &actions, &attributes, &arguments, mmu_environment()) == 0 ? process : nil
    }
}
