import Foundation
import Testing

@testable import Terminal

@Suite("A slow terminal")
struct FrameOutputTests {
    /// A terminal that takes nothing until it is read from.
    private func openTerminal() throws -> (master: Int32, terminal: Int32) {
        let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (locked, number): (Int32, Int32) = (0, 0)
        // TIOCSPTLCK and TIOCGPTN, which are no constants in Swift.
        try #require(master >= 0 && ioctl(master, 0x4004_5431, &locked) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
        let terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        var modes = termios()
        tcgetattr(terminal, &modes)
        cfmakeraw(&modes)
        tcsetattr(terminal, TCSANOW, &modes)
        return (master, terminal)
    }

    private func takeAll(_ master: Int32, _ output: FrameOutput, count: Int) -> [UInt8] {
        var taken: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 14)
        while taken.count < count {
            let got = read(master, &piece, piece.count)
            guard got > 0 else { break }
            taken += piece[..<got]
            output.flush()
        }
        return taken
    }

    @Test("is not waited for, and gets every byte in order in the end")
    func blocked() throws {
        let (master, terminal) = try openTerminal()
        defer { for descriptor in [master, terminal] { close(descriptor) } }
        let output = FrameOutput(display: terminal, isSynchronised: false)
        let content = (0..<200_000).map { UInt8(0x20 + $0 % 90) }
        output.gather { _ = write(terminal, content, content.count) }
        #expect(output.isBlocked)
        #expect(!output.drain(milliseconds: 0))
        output.send(Array("behind".utf8))
        let expected = content + Array("behind".utf8)
        #expect(takeAll(master, output, count: expected.count) == expected)
        #expect(!output.isBlocked && output.drain(milliseconds: 0))
    }

    @Test("can be given up")
    func discarded() throws {
        let (master, terminal) = try openTerminal()
        defer { for descriptor in [master, terminal] { close(descriptor) } }
        let output = FrameOutput(display: terminal, isSynchronised: true)
        let content = [UInt8](repeating: 0x61, count: 200_000)
        output.gather { _ = write(terminal, content, content.count) }
        #expect(output.isBlocked)
        output.discard()
        #expect(!output.isBlocked)
    }

    @Test("leaves the descriptor of others as it is")
    func flags() throws {
        let (master, terminal) = try openTerminal()
        defer { for descriptor in [master, terminal] { close(descriptor) } }
        let output = FrameOutput(display: terminal, isSynchronised: false)
        #expect(fcntl(terminal, F_GETFL) & O_NONBLOCK == 0)
        #expect(fcntl(output.writer, F_GETFL) & O_NONBLOCK != 0)
    }
}
