import ArgumentParser
import Foundation

@main
struct Mmuscope: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mmuscope",
        abstract: "See how Linux keeps device page tables in step with CPU page tables.",
        discussion: """
            Without a subcommand it opens the home screen: scenarios, workloads and real kernel recordings.
            Exit status: 0 fine, 1 a finding, 2 bad usage or input, 3 a check's bound, 4 a mistake of mmuscope's, 130 interrupted.
            """,
        version: "0.1.0",
        subcommands: [
            Home.self, Run.self, Check.self, Selftest.self, Replay.self, Trace.self, List.self, Lint.self, New.self,
            Doctor.self,
        ],
        defaultSubcommand: Home.self)

    /// Errors are one line on standard error, and the exit status says which kind they are.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as Failure {
            complain(failure.message)
            Foundation.exit(failure.status)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            guard exitCode(for: error).isSuccess else {
                complain(message(for: error))
                Foundation.exit(Failure.usage)
            }
            exit(withError: error)
        }
    }

    private static func complain(_ message: String) {
        FileHandle.standardError.write(Data("mmuscope: \(message)\n".utf8))
    }
}

/// Why a command can't be carried out, in a sentence, with the exit status that it ends with.
struct Failure: Error {
    static let usage: Int32 = 2
    static let finding: Int32 = 1
    static let bound: Int32 = 3
    static let inconsistent: Int32 = 4

    var message: String
    var status = Failure.usage

    init(_ message: String, status: Int32 = Failure.usage) {
        self.message = message
        self.status = status
    }
}

/// Standard output, in large pieces.
struct Output {
    private var buffer: [UInt8] = []

    /// Bytes that are collected before they are written.
    private static let piece = 64 << 10

    mutating func write(_ text: String) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.piece { flush() }
    }

    mutating func flush() {
        buffer.withUnsafeBytes(Self.write)
        buffer.removeAll(keepingCapacity: true)
    }

    static func write(_ text: String) { Array(text.utf8).withUnsafeBytes(write) }

    /// All of the bytes, however many calls it takes; a reader that went away ends the program as it does others.
    static func write(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Foundation.write(STDOUT_FILENO, rest.baseAddress, rest.count)
            if written > 0 { rest = rest.dropFirst(written) } else if errno != EINTR { return }
        }
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    fileprivate var baseAddress: UnsafeRawPointer? { base.baseAddress.map { $0 + startIndex } }
}
